package policy

import (
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// The types of principals.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
const (
	typeAWS           = "AWS"
	typeService       = "Service"
	typeFederated     = "Federated"
	typeCanonicalUser = "CanonicalUser"
	typeAnyone        = "*"
)

// Service is an AWS service, by its service principal: ec2.amazonaws.com.
func Service(name string) Principal { return Principal{Type: typeService, ID: name} }

// AWS is a role, user or role session by its ARN, or a whole account by its 12 digits.
func AWS(arnOrAccount string) Principal { return Principal{Type: typeAWS, ID: arnOrAccount} }

// Account is a whole account: whoever in it the account's own policies let. The 12 digits are used as they are, which
// holds in every partition; AWS shows them as the ARN of the account's root.
func Account(account string) Principal { return Principal{Type: typeAWS, ID: account} }

// Federated is an identity provider: the ARN of a SAML or OIDC provider of the account, or one of the names AWS knows
// (accounts.google.com, cognito-identity.amazonaws.com, …).
func Federated(provider string) Principal { return Principal{Type: typeFederated, ID: provider} }

// Anyone is everyone, anonymous callers included. With Allow it makes a resource public unless conditions narrow it.
func Anyone() Principal { return Principal{Type: typeAnyone, ID: "*"} }

// isAnyone reports whether the principal is "*" or {"AWS": "*"}, which mean the same.
func (p Principal) isAnyone() bool {
	return p.Type == typeAnyone || p.Type == typeAWS && p.ID == "*"
}

// Trust is the trust policy of a role that the principals may assume: sts:AssumeRole, or AssumeRoleWithSAML and
// AssumeRoleWithWebIdentity for Federated ones, one statement for each action that is needed.
//
// A web identity provider serves many tenants; name yours with When("StringEquals", "<provider>:sub", …), which Lint asks for.
func Trust(principals ...Principal) Document {
	actions := []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}
	byAction := map[string][]Principal{}
	for _, p := range principals {
		action := actions[0]
		switch {
		case p.Type == typeFederated && isSAML(p.ID):
			action = actions[1]
		case p.Type == typeFederated:
			action = actions[2]
		}
		byAction[action] = append(byAction[action], p)
	}
	if len(principals) == 0 {
		return Allow(actions[0]).To()
	}
	var out Document
	for _, action := range actions {
		if who := byAction[action]; who != nil {
			out = out.And(Allow(action).To(who...))
		}
	}
	return out
}

// isSAML tells a SAML provider from an OIDC one, by its ARN or by the resource that a token names.
func isSAML(provider string) bool {
	return strings.Contains(provider, ":saml-provider/") || isToken(provider) && strings.Contains(strings.ToLower(provider), "saml")
}

// DenyInsecureTransport denies every action on the resources to whoever does not use TLS. For a bucket give both its ARN
// and that of its objects (…/*).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
func DenyInsecureTransport(resources ...id.ARN) Document {
	return Deny("*").Named("DenyInsecureTransport").To(Anyone()).On(resources...).When("Bool", "aws:SecureTransport", "false")
}
