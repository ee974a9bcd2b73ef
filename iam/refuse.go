package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// isCaller reports whether a run is made as this role or user: changing it may end the run's own rights.
func isCaller(sc *ztcore.Scope, part types.EntityType, name string) bool {
	_, resource, _ := strings.Cut(sc.Caller, sc.Account+":")
	parts := strings.Split(resource, "/")
	switch part {
	case types.EntityTypeRole:
		return parts[0] == "assumed-role" && len(parts) > 1 && parts[1] == name
	case types.EntityTypeUser:
		return parts[0] == "user" && parts[len(parts)-1] == name
	}
	return false
}

// undoing are the actions without which a principal can't take back an inline policy that it holds itself.
var undoing = map[types.EntityType][]string{
	types.EntityTypeRole: {"iam:PutRolePolicy", "iam:DeleteRolePolicy"},
	types.EntityTypeUser: {"iam:PutUserPolicy", "iam:DeleteUserPolicy"},
}

// refuseInline keeps a run from denying itself the right to change back what it does.
func (h holder) refuseInline(sc *ztcore.Scope, want ztcore.Set[inlinePolicy]) []ztcore.Finding {
	if !isCaller(sc, h.part, want.Parent) {
		return nil
	}
	documents := []policy.Document{policy.Allow("*").OnAny()} // whatever else the caller holds
	for _, p := range want.Members {
		documents = append(documents, p.Document)
	}
	self := arnOf(sc, strings.ToLower(string(h.part))+"/"+want.Parent)
	for _, action := range undoing[h.part] {
		d, err := policy.Evaluate(policy.Request{Principal: self, Action: action, Resource: self}, policy.Policies{Identity: documents})
		if err == nil && d.Outcome == policy.Denied {
			return []ztcore.Finding{{
				Attribute: "Members", Message: fmt.Sprintf("this run is made as %s, and would deny itself %s", sc.Caller, action),
				Fix: "run as another principal, or except this one from the Deny",
			}}
		}
	}
	return nil
}

// refuseAttached keeps a run from denying itself everything.
func (h holder) refuseAttached(sc *ztcore.Scope, want ztcore.Set[id.PolicyARN]) []ztcore.Finding {
	denied := func(a id.PolicyARN) bool { return strings.HasSuffix(string(a), ":iam::aws:policy/AWSDenyAll") }
	if !isCaller(sc, h.part, want.Parent) || !slices.ContainsFunc(want.Members, denied) {
		return nil
	}
	return []ztcore.Finding{{
		Attribute: "Attached", Message: fmt.Sprintf("this run is made as %s, and would deny itself everything", sc.Caller),
		Fix: "run as another principal",
	}}
}

// refuseRole finds trust in another account on its word alone: whoever works there may assume the role, on behalf of
// whomever. A condition says which of them, or on whose behalf.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func refuseRole(sc *ztcore.Scope, want roleState) []ztcore.Finding {
	var out []ztcore.Finding
	for i, s := range want.Trust.Statements {
		if s.Effect != policy.EffectAllow || len(s.Conditions) > 0 {
			continue
		}
		for _, p := range s.Principals {
			if account := accountOf(p); account != "" && account != sc.Account {
				out = append(out, ztcore.Finding{
					Attribute: fmt.Sprintf("Trust.Statement[%d].Principal", i), Guardrail: "iam.unconditional-cross-account-trust",
					Message:  fmt.Sprintf("account %s is trusted without a condition", account),
					Fix:      "add a condition on sts:ExternalId for a third party, on aws:PrincipalOrgID for an account of your own",
					Controls: []string{"NIST SP 800-207 tenet 4", "NIST SP 800-207 tenet 6"},
				})
			}
		}
	}
	return out
}

// refuseOwnRole keeps a run from deleting the role of its own session, whose rights would end halfway.
func refuseOwnRole(sc *ztcore.Scope, have roleState) []ztcore.Finding {
	if !isCaller(sc, types.EntityTypeRole, have.Name) {
		return nil
	}
	return []ztcore.Finding{{
		Attribute: "Name", Message: fmt.Sprintf("this run is made as %s, and would delete its own role", sc.Caller),
		Fix: "run as another principal, or keep the role out of the plan with ztcore.Ignore",
	}}
}

// accountOf is the account that a principal of the type AWS belongs to; "" for any other.
func accountOf(p policy.Principal) string {
	if p.Type != "AWS" || p.ID == "*" {
		return ""
	}
	if parts := strings.SplitN(p.ID, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	if len(p.ID) == 12 && strings.Trim(p.ID, "0123456789") == "" {
		return p.ID
	}
	return "" // the unique id of what was deleted
}
