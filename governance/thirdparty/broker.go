package thirdparty

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// BrokerIdentity trusts a vendor to say who somebody is: by SAML for people, or by OpenID Connect for people and workloads. What they may do
// is in the roles. Exactly one of SAML and OIDC is set.
type BrokerIdentity struct {
	Name  string
	SAML  string // the metadata that the broker publishes, as XML
	OIDC  OIDC
	Roles []BrokerRole
	Tags  map[string]string
}

// OIDC is an issuer of tokens.
type OIDC struct {
	Issuer   string // as https://acme.cloudflareaccess.example
	Audience string // the client id that the broker gave this account
}

// BrokerRole is what those may do whom the broker lets.
type BrokerRole struct {
	Name string
	// Subjects are the tokens' subjects that may assume the role; * and ? stand for any text and any character. Needed for OIDC, and not for SAML.
	Subjects   []string
	Inline     policy.Document
	Attached   []id.PolicyARN
	Boundary   id.PolicyARN
	MaxSession time.Duration // 1 hour if zero
}

// Declare implements ztcore.Resource.
func (b BrokerIdentity) Declare(d *ztcore.Declaration) {
	find := func(attribute, message, fix string) {
		d.Reject(ztcore.Finding{Attribute: "BrokerIdentity " + b.Name + " " + attribute, Message: message, Fix: fix})
	}
	saml, oidc := b.SAML != "", b.OIDC != (OIDC{})
	switch {
	case saml == oidc:
		find("SAML", "exactly one of SAML and OIDC is needed", "set the one by which the broker speaks")
		return
	case oidc && (b.OIDC.Issuer == "" || b.OIDC.Audience == ""):
		find("OIDC", "Issuer and Audience need each other", "take both from the broker's console")
		return
	}
	if len(b.Roles) == 0 {
		find("Roles", "nobody could do anything", "name what those may do whom the broker lets")
	}
	var trust policy.Document
	if saml {
		provider := iam.SAMLProvider{Name: b.Name, Metadata: b.SAML, Tags: b.Tags}
		provider.Declare(d)
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html
		trust = policy.Allow("sts:AssumeRoleWithSAML").To(policy.Federated(string(provider.ARN()))).When("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml")
	} else {
		provider := iam.OIDCProvider{URL: b.OIDC.Issuer, Audiences: []string{b.OIDC.Audience}, Tags: b.Tags}
		provider.Declare(d)
		trust = policy.Allow("sts:AssumeRoleWithWebIdentity").To(policy.Federated(string(provider.ARN()))).When("StringEquals", b.host()+":aud", b.OIDC.Audience)
	}
	for _, r := range b.Roles {
		trusted := trust
		if oidc {
			if len(r.Subjects) == 0 || slices.Contains(r.Subjects, "*") {
				find("Roles["+r.Name+"].Subjects", "everybody who has a token of the broker could assume the role", "name the subjects that may")
				continue
			}
			trusted = trust.When("StringLike", b.host()+":sub", r.Subjects...)
		}
		if r.Attached == nil {
			r.Attached = []id.PolicyARN{}
		}
		iam.Role{Name: r.Name, Trust: trusted, Inline: r.Inline, Attached: r.Attached, Boundary: r.Boundary, MaxSession: r.MaxSession, Tags: b.Tags}.Declare(d)
	}
}

// host is the issuer as condition keys have it.
func (b BrokerIdentity) host() string {
	return strings.TrimSuffix(strings.TrimPrefix(b.OIDC.Issuer, "https://"), "/")
}
