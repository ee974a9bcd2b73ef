package dataprotect

import (
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// policy lets the readers read, and nobody else in spite of what IAM policies say.
func (s Secret) policy() policy.Document {
	if len(s.ReadableBy) == 0 {
		return s.Policy
	}
	var arns []string
	for _, r := range s.ReadableBy {
		arns = append(arns, string(r))
	}
	return policy.Allow("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret").Named("ReadersRead").To(roles(s.ReadableBy)...).OnAny().And(
		policy.Deny("secretsmanager:GetSecretValue").Named("NobodyElseReads").To(policy.Anyone()).OnAny().When("ArnNotEquals", "aws:PrincipalArn", arns...),
		s.Policy)
}

// refuseSecret looks at what takes the account to tell: a lock-out, a key of another region, readers of another account.
func refuseSecret(sc *ztcore.Scope, want secretState) []ztcore.Finding {
	out := lockout(sc, want.Policy, "arn:"+sc.Partition+":secretsmanager:"+sc.Region+":"+sc.Account+":secret:"+want.Name, "secretsmanager:PutResourcePolicy", "secretsmanager:DeleteResourcePolicy")
	out = append(out, keyElsewhere(sc, want.Key)...)
	for _, s := range want.Policy.Statements {
		if s.Effect != policy.EffectAllow {
			continue
		}
		for _, p := range s.Principals {
			if account := accountOf(p); account != "" && account != sc.Account {
				out = append(out, ztcore.Finding{
					Attribute: strings.TrimSpace("Policy " + s.Sid), Message: p.ID + " of another account is let in", Fix: "let a role of account " + sc.Account + " read it, or share what it protects instead",
					Guardrail: "dataprotect.secret-cross-account", Controls: []string{"NIST SP 800-207 tenet 3"},
				})
			}
		}
	}
	return out
}

// accountOf is the account of a principal: 12 digits by themselves or in an ARN; "" if it has none.
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
	return ""
}
