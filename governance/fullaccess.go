package governance

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// WithoutFullAccess detaches AWS's policy FullAWSAccess from a target, where service control policies that allow what is
// needed take its place (an allow list). What they don't allow is denied then, to everybody, so they have to leave what it takes
// to recover an account. Removing it attaches FullAWSAccess again; without it this package leaves FullAWSAccess alone.
type WithoutFullAccess struct {
	Target  id.OrganizationTarget
	Name    string // what to call it in the baseline; the Target if empty
	Because string // required
	// Instead are the policies that allow in its place, declared as well and attached to the same target.
	Instead []Policy
}

// fullAWSAccess is the same policy in every organization.
const fullAWSAccess = "p-FullAWSAccess"

// Declare implements ztcore.Resource.
func (w WithoutFullAccess) Declare(d *ztcore.Declaration) {
	name := w.Name
	if name == "" {
		name = string(w.Target)
	}
	want := fullAccessState{Target: string(w.Target)}
	var after []string
	for _, p := range w.Instead {
		want.Instead, after = append(want.Instead, p.Document), append(after, p.Attached())
		if !slices.Contains(p.Targets, w.Target) {
			d.Reject(ztcore.Finding{Attribute: "WithoutFullAccess " + name + " Instead", Message: p.Name + " is not attached to " + string(w.Target), Fix: "add it to the policy's Targets"})
		}
	}
	fullAccess.Declare(d, name, want).Except("FullAWSAccess", w.Because).After(after...)
}

type fullAccessState struct {
	Target        string `zt:"key"`
	FullAWSAccess bool
	Instead       []policy.Document `zt:"-"`
}

var fullAccess = &ztcore.Kind[fullAccessState]{
	Name: "governance.FullAccess", Permissions: &fullAccessNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want fullAccessState) (fullAccessState, bool, error) {
		attached, err := attachedTo(ctx, sc, want.Target)
		for _, p := range attached {
			if aws.ToString(p.Id) == fullAWSAccess {
				return fullAccessState{Target: want.Target, FullAWSAccess: true}, false, err
			}
		}
		return fullAccessState{Target: want.Target}, err == nil, err
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want fullAccessState) error {
		return detach(ctx, sc, fullAWSAccess, []id.OrganizationTarget{id.OrganizationTarget(want.Target)})
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have fullAccessState) error {
		return attach(ctx, sc, fullAWSAccess, []id.OrganizationTarget{id.OrganizationTarget(have.Target)})
	},
	Check: checkFullAccess,
	Retry: retries(), Domain: organizationDomain[fullAccessState],
	Controls: []string{"NIST SP 800-207 tenet 3", "NIST SP 800-207 tenet 4"},
}

var fullAccessNeed = ztcore.Permissions{
	Read:   []string{"organizations:ListPoliciesForTarget"},
	Write:  []string{"organizations:DetachPolicy"},
	Delete: []string{"organizations:AttachPolicy"},
}

func checkFullAccess(want fullAccessState) []ztcore.Finding {
	out := checkTargets(ztcore.Set[id.OrganizationTarget]{Members: []id.OrganizationTarget{id.OrganizationTarget(want.Target)}})
	if denied := recoveryUnder(policy.Policies{SCP: [][]policy.Document{want.Instead}}, "anyone", policy.Denied); len(denied) > 0 {
		out = append(out, ztcore.Finding{
			Attribute: "Instead", Message: "without FullAWSAccess nobody could " + strings.Join(denied, ", ") + " in the accounts it holds for",
			Fix: "allow that in a policy that takes its place",
		})
	}
	return out
}

// attachedTo are the service control policies of a target itself.
func attachedTo(ctx context.Context, sc *ztcore.Scope, target string) (out []types.PolicySummary, err error) {
	err = eachPage(func(token *string) (*string, error) {
		page, err := client(sc).ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: types.PolicyTypeServiceControlPolicy, NextToken: token})
		if err != nil {
			return nil, explain(ctx, sc, err)
		}
		out = append(out, page.Policies...)
		return page.NextToken, nil
	})
	return out, err
}
