package configrules

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
)

// Compliance reads how rules have come out in the account and region of cfg: those named, or all. A rule that has not been run,
// or found nothing to look at, is INSUFFICIENT_DATA.
func Compliance(ctx context.Context, cfg aws.Config, names ...string) (map[string]types.ComplianceType, error) {
	c := configservice.NewFromConfig(cfg)
	out := map[string]types.ComplianceType{}
	in := &configservice.DescribeComplianceByConfigRuleInput{ConfigRuleNames: names}
	for {
		page, err := c.DescribeComplianceByConfigRule(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.ComplianceByConfigRules {
			out[aws.ToString(r.ConfigRuleName)] = r.Compliance.ComplianceType
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}
