package governance

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Policy is a policy of the organization, with all that it is attached to.
//
//	governance.Policy{
//		Name: "DenyIAMUserCreation", BreakGlass: glass, Targets: []id.OrganizationTarget{workloads.ID()},
//		Document: governance.DenyIAMUserCreation(glass...),
//	}
//
// A service control policy holds for whoever works in member accounts, their root users included, and not in the management
// account, nor for service-linked roles. One that would keep the BreakGlass roles from undoing it is refused.
type Policy struct {
	Name        string // 1–128 characters, unique in the organization; another name is another policy
	Type        Type   // ServiceControl if empty
	Description string // at most 512 characters
	// Document is a service or resource control policy. It is sent without white space: AWS counts that.
	Document policy.Document
	// JSON is the text of a policy of any other type. It is compared by meaning.
	JSON string
	// Targets are all that the policy is attached to; nil means not managed. The type must be enabled first: let the targets
	// follow from PolicyType.Root, or name it in After.
	Targets []id.OrganizationTarget
	// RootBecause says why the policy is attached to the root, where it holds for every account at once.
	RootBecause string
	// BreakGlass are the roles of member accounts for emergencies: names, which may have a path and wildcards, or ARNs.
	BreakGlass []string
	After      []string // tokens of what must stand before it is attached
	Tags       map[string]string
}

// ID is the policy's id.
func (p Policy) ID() id.OrganizationPolicy { return id.OrganizationPolicy(policies.Ref(p.Name, "ID")) }

// Attached is a token for what has to wait until the policy is attached to its Targets.
func (p Policy) Attached() string { return policyTargets.Ref(p.Name, "Parent") }

// Declare implements ztcore.Resource.
func (p Policy) Declare(d *ztcore.Declaration) {
	t := p.Type
	if t == "" {
		t = ServiceControl
	}
	n := policies.Declare(d, p.Name, policyState{Type: t, Name: p.Name, Description: p.Description, Document: p.Document, Text: text(p.JSON), Tags: p.Tags, BreakGlass: p.BreakGlass})
	if t == ServiceControl && p.Document.Size(policy.SCP) > 5120 {
		n.Note("has more than 5,120 characters, which AWS takes since 15 May 2026")
	}
	if p.Targets == nil {
		return
	}
	set := policyTargets.Declare(d, p.Name, ztcore.Set[id.OrganizationTarget]{Parent: string(p.ID()), Members: p.Targets}).After(p.After...)
	if slices.ContainsFunc(p.Targets, isRoot) {
		set.Except("RootBecause", p.RootBecause)
	}
}

// isRoot recognizes the root by its id, or by the token of one.
func isRoot(t id.OrganizationTarget) bool {
	return len(t) > 2 && t[:2] == "r-" || slices.ContainsFunc(allTypes, func(of Type) bool { return PolicyType{Type: of}.Root() == t })
}

// text is JSON that is compared by meaning.
type text string

// Equal reports whether both are the same JSON value.
func (t text) Equal(other text) bool {
	var a, b any
	if json.Unmarshal([]byte(t), &a) != nil || json.Unmarshal([]byte(other), &b) != nil {
		return t == other
	}
	return reflect.DeepEqual(a, b)
}

type policyState struct {
	Type        Type   `zt:"key"`
	Name        string `zt:"key"`
	Description string
	Document    policy.Document
	Text        text
	Tags        map[string]string `zt:"tags"`
	ID          string            `zt:"output"`
	BreakGlass  []string          `zt:"-"`
}

var policies = &ztcore.Kind[policyState]{
	Name: "governance.Policy", Permissions: &policiesNeed, Read: readPolicies, Create: createPolicy, Update: updatePolicy, Delete: deletePolicy, Check: checkPolicy,
	Retry: retries(), Domain: organizationDomain[policyState],
	Controls: []string{"NIST SP 800-207 tenet 4", "CISA ZTMM Governance"},
}

var policiesNeed = ztcore.Permissions{
	Read: []string{
		"organizations:DescribePolicy", "organizations:ListPolicies", "organizations:ListRoots", "organizations:ListTagsForResource",
	},
	Write:  []string{"organizations:CreatePolicy", "organizations:TagResource", "organizations:UpdatePolicy"},
	Delete: []string{"organizations:DeletePolicy", "organizations:DetachPolicy", "organizations:ListTargetsForPolicy"},
}

// controls reports whether the policies of a type are written in IAM's language.
func (t Type) controls() bool { return t == ServiceControl || t == ResourceControl }

// content is what is sent: JSON without white space, which AWS would count.
func (s policyState) content() *string {
	if s.Type.controls() {
		return aws.String(s.Document.JSON())
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(s.Text)) != nil {
		return aws.String(string(s.Text)) // not JSON: Check says so
	}
	return aws.String(b.String())
}

func readPolicies(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[policyState]) ([]policyState, error) {
	wanted, of := map[string]bool{}, map[Type]bool{}
	for _, w := range q.Want {
		wanted[w.Name], of[w.Type] = true, true
	}
	if q.Owned {
		r, err := root(ctx, sc)
		if err != nil {
			return nil, err
		}
		for _, t := range r.PolicyTypes {
			of[Type(t.Type)] = true
		}
	}
	var found []*policyState
	for t := range of {
		err := eachPage(func(token *string) (*string, error) {
			page, err := client(sc).ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: types.PolicyType(t), NextToken: token})
			if err != nil {
				return nil, explain(ctx, sc, err)
			}
			for _, p := range page.Policies {
				if name := aws.ToString(p.Name); !p.AwsManaged && (q.Owned || wanted[name]) {
					found = append(found, &policyState{Type: t, Name: name, Description: aws.ToString(p.Description), ID: aws.ToString(p.Id)})
				}
			}
			return page.NextToken, nil
		})
		if err != nil {
			return nil, err
		}
	}
	err := ztcore.Each(ctx, len(found), func(ctx context.Context, i int) error {
		err := complete(ctx, sc, found[i])
		if absent(err) {
			found[i] = nil
		}
		return unlessAbsent(err)
	})
	return present(found), err
}

// complete reads what listings lack: the content and the tags.
func complete(ctx context.Context, sc *ztcore.Scope, s *policyState) (err error) {
	out, err := client(sc).DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: &s.ID})
	if err != nil {
		return err
	}
	if s.Type.controls() {
		s.Document = parsed(aws.ToString(out.Policy.Content))
	} else {
		s.Text = text(aws.ToString(out.Policy.Content))
	}
	s.Tags, err = tagsOf(ctx, sc, s.ID)
	return err
}

// parsed is a policy as AWS answers it. What can't be read becomes a document that equals no wanted one and shows the text.
func parsed(content string) policy.Document {
	d, err := policy.Parse(content)
	if err != nil {
		return policy.Document{ID: content}
	}
	return d
}

func createPolicy(ctx context.Context, sc *ztcore.Scope, want policyState) error {
	_, err := client(sc).CreatePolicy(ctx, &organizations.CreatePolicyInput{
		Name: &want.Name, Type: types.PolicyType(want.Type), Description: &want.Description, Content: want.content(), Tags: toTags(want.Tags),
	})
	return err
}

func updatePolicy(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[policyState]) error {
	if u.Changed("Description", "Document", "Text") {
		_, err := client(sc).UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: &u.Have.ID, Description: &u.Want.Description, Content: u.Want.content()})
		if err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		return setTags(ctx, sc, u.Have.ID, u.Want.Tags)
	}
	return nil
}

// deletePolicy detaches the policy from whatever it is attached to, since AWS deletes none that is in use.
func deletePolicy(ctx context.Context, sc *ztcore.Scope, have policyState) error {
	at, err := targetsOf(ctx, sc, []string{have.ID})
	if err != nil {
		return err
	}
	if err := detach(ctx, sc, have.ID, at[have.ID]); err != nil {
		return err
	}
	_, err = client(sc).DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: &have.ID})
	return unlessAbsent(err)
}
