package monitoring

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// LogResourcePolicy lets AWS services write to log groups of this account and region: EventBridge and Route 53 ask for one,
// while CloudTrail and VPC flow logs use a role. An account has at most 10 in a region, of 5,120 characters each.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
type LogResourcePolicy struct {
	Name   string
	Policy policy.Document // names services, with a condition on aws:SourceArn or aws:SourceAccount; see LogsFrom
}

// PolicyName is the policy's name, for what has to wait for it.
func (p LogResourcePolicy) PolicyName() string { return logPolicies.Ref(p.Name, "Name") }

// Declare implements ztcore.Resource.
func (p LogResourcePolicy) Declare(d *ztcore.Declaration) {
	logPolicies.Declare(d, p.Name, logPolicyState(p))
}

type logPolicyState struct {
	Name   string `zt:"key"`
	Policy policy.Document
}

var logPolicies = &ztcore.Kind[logPolicyState]{
	Name: "monitoring.LogResourcePolicy", Permissions: &logPoliciesNeed,
	Read: func(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[logPolicyState]) ([]logPolicyState, error) {
		client, in := cloudwatchlogs.NewFromConfig(sc.Config), &cloudwatchlogs.DescribeResourcePoliciesInput{}
		var out []logPolicyState
		for {
			page, err := client.DescribeResourcePolicies(ctx, in)
			if err != nil {
				return nil, err
			}
			for _, p := range page.ResourcePolicies {
				out = append(out, logPolicyState{Name: aws.ToString(p.PolicyName), Policy: parsed(aws.ToString(p.PolicyDocument))})
			}
			if in.NextToken = page.NextToken; in.NextToken == nil {
				return out, nil
			}
		}
	},
	Create: putLogPolicy,
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[logPolicyState]) error {
		return putLogPolicy(ctx, sc, u.Want)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have logPolicyState) error {
		_, err := cloudwatchlogs.NewFromConfig(sc.Config).DeleteResourcePolicy(ctx, &cloudwatchlogs.DeleteResourcePolicyInput{PolicyName: &have.Name})
		if noLogs(err) {
			return nil
		}
		return err
	},
	Check: func(want logPolicyState) []ztcore.Finding {
		out := lint(want.Policy, policy.OtherResource)
		if want.Name == "" || want.Policy.IsZero() {
			out = append(out, ztcore.Finding{Attribute: "Policy", Message: "a name or the policy is missing", Fix: "set Name and Policy"})
		}
		if n := len(want.Policy.JSON()); n > 5120 {
			out = append(out, ztcore.Finding{Attribute: "Policy", Message: "is longer than the 5,120 characters that CloudWatch Logs takes", Fix: "name log groups by a common prefix and *"})
		}
		return out
	},
	Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Visibility and Analytics"},
}

var logPoliciesNeed = ztcore.Permissions{Read: []string{"logs:DescribeResourcePolicies"}, Write: []string{"logs:PutResourcePolicy"}, Delete: []string{"logs:DeleteResourcePolicy"}}

func putLogPolicy(ctx context.Context, sc *ztcore.Scope, want logPolicyState) error {
	_, err := cloudwatchlogs.NewFromConfig(sc.Config).PutResourcePolicy(ctx, &cloudwatchlogs.PutResourcePolicyInput{PolicyName: &want.Name, PolicyDocument: aws.String(want.Policy.JSON())})
	return err
}
