package webacl

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Logging has every request that a web ACL looks at logged, without the credentials in it: the headers authorization and cookie are
// redacted. Sampled requests are not, which is AWS's doing.
type Logging struct {
	Name   string // in the baseline
	WebACL id.ARN
	// To is a log group, a bucket or a Firehose stream of the web ACL's region, whose name begins with aws-waf-logs-.
	To id.ARN
	// Redact are further headers that are left out, as "x-api-key".
	Redact []string
	// KeepCredentialsBecause says why authorization and cookie are logged.
	KeepCredentialsBecause string
}

// Declare implements ztcore.Resource.
func (l Logging) Declare(d *ztcore.Declaration) {
	want := loggingState{WebACL: string(l.WebACL), To: strings.TrimSuffix(string(l.To), ":*"), Redacted: []string{}}
	if l.KeepCredentialsBecause == "" {
		want.Redacted = []string{"header authorization", "header cookie"}
	}
	for _, h := range l.Redact {
		if field := "header " + strings.ToLower(h); !slices.Contains(want.Redacted, field) {
			want.Redacted = append(want.Redacted, field)
		}
	}
	n := loggings.Declare(d, l.Name, want)
	if l.KeepCredentialsBecause != "" {
		n.Except("Redacted", l.KeepCredentialsBecause)
	}
}

type loggingState struct {
	WebACL   string `zt:"key"`
	To       string
	Redacted []string `zt:"set"` // "header x"; any other field as JSON
	Filter   string   // as JSON; none is wanted, so that everything is logged
}

var loggings = &ztcore.Kind[loggingState]{
	Name: "endpoint.WebACLLogging", Permissions: &loggingsNeed, PermissionsFor: loggingsNeedFor,
	Get: func(ctx context.Context, sc *ztcore.Scope, want loggingState) (loggingState, bool, error) {
		out, err := wafv2.NewFromConfig(sc.Config).GetLoggingConfiguration(ctx, &wafv2.GetLoggingConfigurationInput{ResourceArn: &want.WebACL})
		if err != nil || out.LoggingConfiguration == nil {
			return loggingState{}, false, unlessAbsent(err)
		}
		return seenLogging(out.LoggingConfiguration), true, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want loggingState) error {
		c := &types.LoggingConfiguration{ResourceArn: &want.WebACL, LogDestinationConfigs: []string{want.To}}
		for _, f := range want.Redacted {
			c.RedactedFields = append(c.RedactedFields, types.FieldToMatch{SingleHeader: &types.SingleHeader{Name: aws.String(strings.TrimPrefix(f, "header "))}})
		}
		_, err := wafv2.NewFromConfig(sc.Config).PutLoggingConfiguration(ctx, &wafv2.PutLoggingConfigurationInput{LoggingConfiguration: c})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have loggingState) error {
		_, err := wafv2.NewFromConfig(sc.Config).DeleteLoggingConfiguration(ctx, &wafv2.DeleteLoggingConfigurationInput{ResourceArn: &have.WebACL})
		return unlessAbsent(err)
	},
	Check: checkLogging, Refuse: func(_ *ztcore.Scope, want loggingState) []ztcore.Finding { return checkLogging(want) },
	// The destination, its policy or the service-linked role is new and not known everywhere.
	Retry:    append([]ztcore.Retry{{Code: "WAFLogDestinationPermissionIssueException"}, {Code: "WAFServiceLinkedRoleErrorException"}}, notYet...),
	Controls: []string{"FSBP WAF.11", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var loggingsNeed = ztcore.Permissions{
	Read:   []string{"wafv2:GetLoggingConfiguration"},
	Write:  []string{"iam:CreateServiceLinkedRole", "wafv2:PutLoggingConfiguration"},
	Delete: []string{"wafv2:DeleteLoggingConfiguration"},
}

// loggingsNeedFor depends on where the logs go.
// https://docs.aws.amazon.com/waf/latest/developerguide/logging-destinations.html
func loggingsNeedFor(want loggingState) ztcore.Permissions {
	deliver := []string{"logs:CreateLogDelivery", "logs:DeleteLogDelivery"}
	switch {
	case strings.Contains(want.To, ":firehose:"):
		return ztcore.Permissions{Write: []string{"firehose:ListDeliveryStreams"}}
	case strings.Contains(want.To, ":s3:"):
		return ztcore.Permissions{Write: append(deliver, "s3:GetBucketPolicy", "s3:PutBucketPolicy")}
	}
	return ztcore.Permissions{Write: append(deliver, "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy")}
}

func seenLogging(c *types.LoggingConfiguration) loggingState {
	s := loggingState{WebACL: aws.ToString(c.ResourceArn), To: strings.TrimSuffix(strings.Join(c.LogDestinationConfigs, " "), ":*"), Redacted: []string{}}
	for _, f := range c.RedactedFields {
		if f.SingleHeader != nil {
			s.Redacted = append(s.Redacted, "header "+strings.ToLower(aws.ToString(f.SingleHeader.Name)))
		} else {
			s.Redacted = append(s.Redacted, compact(f))
		}
	}
	if c.LoggingFilter != nil {
		s.Filter = compact(c.LoggingFilter)
	}
	return s
}

// destinationRE. https://docs.aws.amazon.com/waf/latest/developerguide/logging-destinations.html
var destinationRE = regexp.MustCompile(`^arn:[^:]*:(logs:[^:]*:[^:]*:log-group:|s3:::|firehose:[^:]*:[^:]*:deliverystream/)aws-waf-logs-`)

func checkLogging(want loggingState) []ztcore.Finding {
	var out []ztcore.Finding
	if want.WebACL == "" {
		out = append(out, ztcore.Finding{Attribute: "WebACL", Message: "no web ACL is named", Fix: "set it to a WebACL's ARN()"})
	}
	if !ztcore.HasToken(want.To) && !destinationRE.MatchString(want.To) {
		out = append(out, ztcore.Finding{Attribute: "To", Message: want.To + " can't be a destination", Fix: "use the ARN of a log group, a bucket or a Firehose stream whose name begins with aws-waf-logs-"})
	}
	return out
}

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{acls, ipSets, associations, loggings} }
