package iam

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// seenDocument reads what IAM answers. A document that can't be read stands as a statement that says so: it differs from
// any that is wanted, shows in the plan and is overwritten.
func seenDocument(text *string) policy.Document {
	doc, err := policy.Parse(aws.ToString(text))
	if err != nil {
		return policy.Document{Statements: []policy.Statement{{Sid: "unreadable: " + err.Error()}}}
	}
	return doc
}

// guardrails are the controls behind the security warnings of the policy linter, by its code.
var guardrails = map[string][]string{
	"FULL_ADMINISTRATOR":                         {"CIS AWS 3.0 1.16", "FSBP IAM.1", "NIST SP 800-207 tenet 3"},
	"PUBLIC_ACCESS":                              {"FSBP IAM.21", "NIST SP 800-207 tenet 4"},
	"ALLOW_WITH_NOT_PRINCIPAL":                   {"NIST SP 800-207 tenet 4"},
	"PASS_ROLE_WITH_STAR_IN_RESOURCE":            {"NIST SP 800-207 tenet 3"},
	"PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": {"FSBP IAM.21", "NIST SP 800-207 tenet 3"},
	"WEB_IDENTITY_WITHOUT_SUBJECT":               {"NIST SP 800-207 tenet 6"},
}

// checkDocument turns what the linter finds into findings: errors are invalid input, security warnings are guardrails,
// as iam.full-administrator. What is merely untidy does not stop a baseline.
func checkDocument(attribute string, d policy.Document, class policy.Class) []ztcore.Finding {
	if d.IsZero() {
		return []ztcore.Finding{{Attribute: attribute, Message: "the document is empty", Fix: "build one with policy.Allow, or leave it out"}}
	}
	var out []ztcore.Finding
	for _, l := range d.Lint(class) {
		f := ztcore.Finding{Attribute: attribute + place(l), Message: l.Message, Fix: l.Fix}
		switch l.Severity {
		case policy.SeverityError:
		case policy.SeveritySecurity:
			f.Guardrail = "iam." + strings.ReplaceAll(strings.ToLower(l.Code), "_", "-")
			f.Controls = guardrails[l.Code]
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// place is where in a document the linter found something, as ".Statement[1].Action".
func place(l policy.Finding) string {
	var b strings.Builder
	if l.Statement >= 0 {
		fmt.Fprintf(&b, ".Statement[%d]", l.Statement)
	}
	if l.Element != "" {
		b.WriteString("." + l.Element)
	}
	return b.String()
}
