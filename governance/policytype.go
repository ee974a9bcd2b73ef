package governance

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Type is a type of an organization's policies.
type Type string

// The types that this package knows the rules of.
const (
	ServiceControl  Type = "SERVICE_CONTROL_POLICY"    // what principals of member accounts can do at most (SCP)
	ResourceControl Type = "RESOURCE_CONTROL_POLICY"   // what can be done to resources of member accounts at most (RCP)
	DeclarativeEC2  Type = "DECLARATIVE_POLICY_EC2"    // settings of EC2 that hold in all accounts
	TagPolicy       Type = "TAG_POLICY"                // how tags are written
	BackupPolicy    Type = "BACKUP_POLICY"             // backup plans of all accounts
	AIOptOut        Type = "AISERVICES_OPT_OUT_POLICY" // that AWS's AI services don't keep content
)

var allTypes = []Type{ServiceControl, ResourceControl, DeclarativeEC2, TagPolicy, BackupPolicy, AIOptOut}

// PolicyType enables a type of policies on the organization's root; before that none can be attached. It needs an
// organization with all features, in which AWS has enabled service control policies from the start.
//
// It is never disabled again: AWS would detach all policies of the type, everybody's, and not remember to what.
type PolicyType struct{ Type Type }

// Root is the id of the organization's root, known when the type is enabled: what is made in it, or attached to it, comes after.
func (p PolicyType) Root() id.OrganizationTarget {
	return id.OrganizationTarget(policyTypes.Ref(string(p.Type), "Root"))
}

// Declare implements ztcore.Resource.
func (p PolicyType) Declare(d *ztcore.Declaration) {
	policyTypes.Declare(d, string(p.Type), policyTypeState{Type: p.Type, Status: string(types.PolicyTypeStatusEnabled)})
}

type policyTypeState struct {
	Type   Type `zt:"key"`
	Status string
	Root   string `zt:"output"`
}

var policyTypes = &ztcore.Kind[policyTypeState]{
	Name: "governance.PolicyType", Permissions: &policyTypesNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want policyTypeState) (policyTypeState, bool, error) {
		r, err := root(ctx, sc)
		have := policyTypeState{Type: want.Type, Root: aws.ToString(r.Id)}
		for _, t := range r.PolicyTypes {
			if Type(t.Type) == want.Type {
				have.Status = string(t.Status)
			}
		}
		return have, have.Status != "", err
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want policyTypeState) error {
		r, err := root(ctx, sc)
		if err != nil {
			return err
		}
		_, err = client(sc).EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: r.Id, PolicyType: types.PolicyType(want.Type)})
		if done := new(types.PolicyTypeAlreadyEnabledException); errors.As(err, &done) {
			return nil
		}
		return err
	},
	Check: func(want policyTypeState) []ztcore.Finding { return checkType(want.Type) },
	Retry: retries(), Domain: organizationDomain[policyTypeState],
	Controls: []string{"NIST SP 800-207 tenet 4", "CISA ZTMM Governance"},
}

var policyTypesNeed = ztcore.Permissions{Read: []string{"organizations:ListRoots"}, Write: []string{"organizations:EnablePolicyType"}}

func checkType(t Type) []ztcore.Finding {
	if slices.Contains(allTypes, t) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Type", Message: string(t) + " can't be used as a type of policies", Fix: "use one of the package's constants"}}
}
