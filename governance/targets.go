package governance

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// policyTargets are all that one policy is attached to. The set belongs to the policy and not to the target: what Control
// Tower or another team has attached to the same unit is theirs, and taking a guard-rail away is never the safe default.
var policyTargets = ztcore.SetKind[id.OrganizationTarget]{
	Name: "governance.PolicyTargets", Permissions: &policyTargetsNeed, ID: func(t id.OrganizationTarget) string { return string(t) },
	List: targetsOf, Add: attach, Remove: detach, Check: checkTargets, CheckAll: checkQuota,
	// A target that is full has room when the policy that makes way is off it.
	Retry:    append(retries(), ztcore.Retry{Code: "ConstraintViolationException", Message: "maximum number of policies"}),
	Domain:   organizationDomain[ztcore.Set[id.OrganizationTarget]],
	Controls: []string{"NIST SP 800-207 tenet 4", "CISA ZTMM Governance"},
}.Kind()

var policyTargetsNeed = ztcore.Permissions{
	Read:   []string{"organizations:ListTargetsForPolicy"},
	Write:  []string{"organizations:AttachPolicy", "organizations:DetachPolicy"},
	Delete: []string{"organizations:DetachPolicy"},
}

func targetsOf(ctx context.Context, sc *ztcore.Scope, policies []string) (map[string][]id.OrganizationTarget, error) {
	found := make([][]id.OrganizationTarget, len(policies))
	err := ztcore.Each(ctx, len(policies), func(ctx context.Context, i int) error {
		found[i] = []id.OrganizationTarget{}
		err := eachPage(func(token *string) (*string, error) {
			page, err := client(sc).ListTargetsForPolicy(ctx, &organizations.ListTargetsForPolicyInput{PolicyId: &policies[i], NextToken: token})
			if err != nil {
				return nil, err
			}
			for _, t := range page.Targets {
				found[i] = append(found[i], id.OrganizationTarget(aws.ToString(t.TargetId)))
			}
			return page.NextToken, nil
		})
		if absent(err) {
			found[i] = nil
		}
		return explain(ctx, sc, unlessAbsent(err))
	})
	out := map[string][]id.OrganizationTarget{}
	for i, p := range policies {
		if found[i] != nil {
			out[p] = found[i]
		}
	}
	return out, err
}

func attach(ctx context.Context, sc *ztcore.Scope, policy string, targets []id.OrganizationTarget) error {
	for _, t := range targets {
		_, err := client(sc).AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: &policy, TargetId: aws.String(string(t))})
		if done := new(types.DuplicatePolicyAttachmentException); err != nil && !errors.As(err, &done) {
			return err
		}
	}
	return nil
}

func detach(ctx context.Context, sc *ztcore.Scope, policy string, targets []id.OrganizationTarget) error {
	for _, t := range targets {
		_, err := client(sc).DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: &policy, TargetId: aws.String(string(t))})
		if done := new(types.PolicyNotAttachedException); err != nil && !errors.As(err, &done) && !absent(err) {
			return err
		}
	}
	return nil
}

func checkTargets(want ztcore.Set[id.OrganizationTarget]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, t := range want.Members {
		if !ztcore.HasToken(string(t)) && !targetRE.MatchString(string(t)) {
			out = append(out, ztcore.Finding{Attribute: "Targets", Message: fmt.Sprintf("nothing can be attached to %q", t), Fix: "use PolicyType.Root, a unit's ID, or an id as ou-ab12-11112222 or 111122223333"})
		}
	}
	return out
}

// checkQuota counts what the baseline attaches to one target, AWS's own policy included.
func checkQuota(g *ztcore.Graph, all []ztcore.Declared[ztcore.Set[id.OrganizationTarget]]) []ztcore.Finding {
	var out []ztcore.Finding
	count := map[string]int{}
	for _, set := range all {
		p, ok := ztcore.Lookup[policyState](g, set.Want.Parent)
		if !ok {
			continue
		}
		limits := limitsOf(p.Want.Type)
		for _, t := range set.Want.Members {
			on := string(p.Want.Type) + "/" + string(t)
			if count[on]++; count[on] == limits.attachments+1 {
				out = append(out, ztcore.Finding{
					Resource: set.Address, Attribute: "Targets", Message: fmt.Sprintf("%s would have more than the %d policies of the type %s that can be added", t, limits.attachments, p.Want.Type),
					Fix: "merge policies (policy.Document.And), or attach some to the unit above",
				})
			}
		}
	}
	return out
}
