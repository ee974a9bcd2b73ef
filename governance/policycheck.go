package governance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// limits are the quotas of one type: the characters of a policy, and how many can be attached to one target beside AWS's own.
type limits struct{ characters, attachments int }

// limitsOf has the quotas of service control policies as they are since 15 May 2026: 10,240 characters and 10 attachments,
// of which FullAWSAccess is one; until then they were 5,120 and 5, as those of resource control policies are still.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
func limitsOf(t Type) limits {
	switch t {
	case ServiceControl:
		return limits{policy.Limit(policy.SCP), 9}
	case ResourceControl:
		return limits{policy.Limit(policy.RCP), 4}
	case AIOptOut:
		return limits{2500, 5}
	default:
		return limits{10000, 10}
	}
}

func checkPolicy(want policyState) []ztcore.Finding {
	out := checkType(want.Type)
	bad := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if n := len(want.Name); n == 0 || n > 128 || strings.ContainsFunc(want.Name, func(r rune) bool { return r < ' ' || r > '~' }) {
		bad("Name", fmt.Sprintf("%q can't be a policy's name", want.Name), "use 1–128 ASCII characters")
	}
	if utf8.RuneCountInString(want.Description) > 512 {
		bad("Description", "has more than 512 characters", "shorten it")
	}
	switch given := want.Text != ""; {
	case want.Type.controls() && (given || want.Document.IsZero()):
		bad("Document", "a "+string(want.Type)+" is a policy document", "set Document and not JSON")
	case want.Type.controls():
		return append(out, checkDocument(want)...)
	case !given || !want.Document.IsZero():
		bad("JSON", "a "+string(want.Type)+" is no policy document", "set JSON and not Document")
	case !json.Valid([]byte(want.Text)):
		bad("JSON", "is no JSON", "correct it")
	default:
		if n, most := utf8.RuneCountInString(*want.content()), limitsOf(want.Type).characters; n > most {
			bad("JSON", fmt.Sprintf("has %d characters without white space, and AWS takes %d", n, most), "shorten or divide it")
		}
	}
	return out
}

func checkDocument(want policyState) []ztcore.Finding {
	var out []ztcore.Finding
	class := policy.SCP
	if want.Type == ResourceControl {
		class = policy.RCP
	}
	for _, f := range want.Document.Lint(class) {
		if f.Severity == policy.SeverityError {
			out = append(out, ztcore.Finding{Attribute: strings.TrimSpace("Document " + f.Sid), Message: f.Code + " " + f.Element + ": " + f.Message, Fix: f.Fix})
		}
	}
	if len(out) > 0 {
		return out
	}
	if slices.ContainsFunc(want.Document.Statements, deniesEverything) {
		out = append(out, ztcore.Finding{
			Attribute: "Document", Message: "denies everything to everyone, and so ends all work in the accounts it holds for",
			Fix:       "deny the actions that are meant; for a quarantine waive it with an end date, and except the roles that investigate",
			Guardrail: "governance.denies-everything", Controls: []string{"NIST SP 800-207 tenet 4"},
		})
	}
	return append(out, lockouts(want)...)
}

func deniesEverything(s policy.Statement) bool {
	return s.Effect == policy.EffectDeny && slices.Contains(s.Actions, "*") && slices.Contains(s.Resources, "*") && len(s.Conditions) == 0
}

// recovery are the actions without which a locked account can't be opened from within.
var recovery = []string{
	"sts:AssumeRole", "sts:GetCallerIdentity",
	"iam:GetRole", "iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
	"organizations:DescribeOrganization", "organizations:ListPoliciesForTarget", "organizations:DescribePolicy", "organizations:UpdatePolicy", "organizations:DetachPolicy",
}

// lockouts finds whether the roles for emergencies lose what it takes to undo the policy from within an account (from the
// management account it can always be undone). If none is named, it is enough that anybody keeps it.
func lockouts(want policyState) []ztcore.Finding {
	if len(want.BreakGlass) == 0 {
		if denied := deniedTo(want, "anyone", policy.Denied); len(denied) > 0 {
			return []ztcore.Finding{{
				Attribute: "Document", Message: "denies " + strings.Join(denied, ", ") + " to every role, and no role for emergencies is excepted",
				Fix:       "name such roles as BreakGlass, and except them with a condition on aws:PrincipalArn",
				Guardrail: "governance.possible-lockout", Controls: []string{"NIST SP 800-207 tenet 5"},
			}}
		}
		return nil
	}
	var out []ztcore.Finding
	for _, role := range want.BreakGlass {
		if denied := deniedTo(want, role, policy.Denied); len(denied) > 0 {
			out = append(out, ztcore.Finding{
				Attribute: "Document", Message: fmt.Sprintf("locks out %s: it would be denied %s", role, strings.Join(denied, ", ")),
				Fix: "except the role with a condition on aws:PrincipalArn, or leave these actions out",
			})
		} else if unsure := deniedTo(want, role, policy.Undecided); len(unsure) > 0 && want.Type == ServiceControl {
			out = append(out, ztcore.Finding{
				Attribute: "Document", Message: fmt.Sprintf("may lock out %s: whether it is denied %s depends on how it calls", role, strings.Join(unsure, ", ")),
				Fix:       "except the role with a condition on aws:PrincipalArn",
				Guardrail: "governance.possible-lockout", Controls: []string{"NIST SP 800-207 tenet 5"},
			})
		}
	}
	return out
}

// deniedTo are the actions of recovery that come to an outcome for a role that may do anything but for the policy.
func deniedTo(want policyState, role string, outcome policy.Outcome) []string {
	in := policy.Policies{RCP: []policy.Document{want.Document}}
	if want.Type == ServiceControl {
		in = policy.Policies{SCP: [][]policy.Document{{policy.Allow("*").OnAny(), want.Document}}}
	}
	return recoveryUnder(in, role, outcome)
}

// recoveryUnder are the actions of recovery that come to an outcome under the organization's policies.
func recoveryUnder(in policy.Policies, role string, outcome policy.Outcome) []string {
	arn := exampleARN(role)
	in.Identity, in.Resource = []policy.Document{policy.Allow("*").OnAny()}, []policy.Document{policy.Allow("*").To(policy.AWS(arn)).OnAny()}
	var out []string
	for _, action := range recovery {
		d, err := policy.Evaluate(policy.Request{Principal: arn, Action: action, Resource: arn}, in)
		if err != nil || d.Outcome == outcome {
			out = append(out, action)
		}
	}
	return out
}

// exampleARN is a role that a pattern means.
func exampleARN(pattern string) string {
	arn := rolePattern(pattern)
	arn = strings.Replace(arn, "arn:*:", "arn:aws:", 1)
	arn = strings.Replace(arn, ":iam::*:", ":iam::111122223333:", 1)
	return strings.NewReplacer("*", "x", "?", "x").Replace(arn)
}

// rolePattern is the pattern of ARNs for a role of any account, given by its name, or by its own pattern.
func rolePattern(role string) string {
	if strings.HasPrefix(role, "arn:") {
		return role
	}
	return "arn:*:iam::*:role/" + role
}
