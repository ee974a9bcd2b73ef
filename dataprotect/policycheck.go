package dataprotect

import (
	"fmt"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// lint finds what AWS would refuse in a policy, and as findings of guardrails whom it opens the resource to.
func lint(doc policy.Document, class policy.Class, open string) []ztcore.Finding {
	var out []ztcore.Finding
	for _, f := range doc.Lint(class) {
		found := ztcore.Finding{Attribute: "Policy", Message: f.Message, Fix: f.Fix}
		if f.Sid != "" {
			found.Attribute += " " + f.Sid
		}
		switch {
		case f.Severity == policy.SeverityError:
			found.Message = f.Code + " " + f.Element + ": " + f.Message
		case f.Code == "PUBLIC_ACCESS" || f.Code == "ALLOW_WITH_NOT_PRINCIPAL":
			found.Guardrail, found.Controls = open, []string{"NIST SP 800-207 tenet 3", "FSBP S3.8"}
		case f.Code == "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL":
			found.Guardrail, found.Controls = "dataprotect.confused-deputy", []string{"NIST SP 800-207 tenet 3"}
		default:
			continue
		}
		out = append(out, found)
	}
	return out
}

// lockout finds whether the caller or the account's root could no longer change a policy once it is in force. What depends on
// how they call, as on their address, is left to a person to decide.
func lockout(sc *ztcore.Scope, doc policy.Document, resource string, actions ...string) []ztcore.Finding {
	var out []ztcore.Finding
	for _, who := range []string{sc.Caller, "arn:" + sc.Partition + ":iam::" + sc.Account + ":root"} {
		for _, action := range actions {
			decision, err := doc.KeepsAccess(who, action, resource, nil)
			found := ztcore.Finding{Attribute: "Policy", Fix: "leave " + action + " out of what is denied, or except the roles that manage the policy"}
			switch {
			case err != nil:
				found.Message = "can't be evaluated: " + err.Error()
				found.Fix = "use elements and operators that IAM documents"
			case decision.Outcome == policy.Denied:
				found.Message = fmt.Sprintf("locks out %s: %s %s, and the policy could not be changed back", who, action, decision)
			case decision.Outcome == policy.Undecided:
				found.Message = fmt.Sprintf("may lock out %s: %s is %s", who, action, decision)
				found.Guardrail, found.Controls = "dataprotect.possible-lockout", []string{"NIST SP 800-207 tenet 5"}
			default:
				continue
			}
			out = append(out, found)
		}
	}
	return out
}

// parsed is a policy as AWS answers it. A text that can't be parsed becomes a document that equals no wanted one and
// shows the text, so that it is drift and not an error.
func parsed(text *string) policy.Document {
	if text == nil || *text == "" {
		return policy.Document{}
	}
	doc, err := policy.Parse(*text)
	if err != nil {
		return policy.Document{ID: *text}
	}
	return doc
}
