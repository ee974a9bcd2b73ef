package governance

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// WithoutFullAccess detaches AWS's policy FullAWSAccess from a target, where service control policies that allow what is
// needed take its place (an allow list). What they don't allow is denied then. Removing it attaches FullAWSAccess again.
// Without it this package leaves FullAWSAccess alone. AWS refuses to detach a target's last service control policy.
type WithoutFullAccess struct {
	Target  id.OrganizationTarget
	Name    string   // what to call it in the baseline; the Target if empty
	Because string   // required
	After   []string // tokens of what allows in its place, as a Policy's Attached
}

// fullAWSAccess is the same policy in every organization.
const fullAWSAccess = "p-FullAWSAccess"

// Declare implements ztcore.Resource.
func (w WithoutFullAccess) Declare(d *ztcore.Declaration) {
	name := w.Name
	if name == "" {
		name = string(w.Target)
	}
	fullAccess.Declare(d, name, fullAccessState{Target: string(w.Target)}).Except("FullAWSAccess", w.Because).After(w.After...)
}

type fullAccessState struct {
	Target        string `zt:"key"`
	FullAWSAccess bool
}

var fullAccess = &ztcore.Kind[fullAccessState]{
	Name: "governance.FullAccess",
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
	Check: func(want fullAccessState) []ztcore.Finding {
		return checkTargets(ztcore.Set[id.OrganizationTarget]{Members: []id.OrganizationTarget{id.OrganizationTarget(want.Target)}})
	},
	Retry: retries(), Domain: organizationDomain[fullAccessState],
	Controls: []string{"NIST SP 800-207 tenet 3", "NIST SP 800-207 tenet 4"},
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
