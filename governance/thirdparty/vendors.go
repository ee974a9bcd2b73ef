package thirdparty

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Zscaler sends what leaves a VPC through Zscaler's edge, and may have Zscaler look at the account's posture.
type Zscaler struct {
	// Edge is the way there: an edge.VPN, or an edge.PrefixList with the addresses of the tenant's cloud.
	Edge ztcore.Resource
	// Broker, Scanner and Findings are for tenants that have the product; left out if zero.
	Broker   BrokerIdentity
	Scanner  Scanner
	Findings FindingsProduct
}

// Declare implements ztcore.Resource.
func (z Zscaler) Declare(d *ztcore.Declaration) {
	vendor{"Zscaler", z.Edge, z.Broker, z.Scanner, z.Findings}.declare(d, "Edge", z.Edge != nil)
}

// PrismaCloud has Palo Alto's Prisma Cloud look at the account's posture, and may have it send what it finds.
type PrismaCloud struct {
	// Scanner is needed. Prisma Cloud shows its account and the external id where an account is added.
	Scanner Scanner
	// Findings, Broker and Edge are for tenants that have the product; left out if zero.
	Findings FindingsProduct
	Broker   BrokerIdentity
	Edge     ztcore.Resource
}

// Declare implements ztcore.Resource.
func (p PrismaCloud) Declare(d *ztcore.Declaration) {
	vendor{"PrismaCloud", p.Edge, p.Broker, p.Scanner, p.Findings}.declare(d, "Scanner", !p.Scanner.isZero())
}

// Cloudflare is the way in or out by Cloudflare's edge, or its Access as the broker of identities, or both.
type Cloudflare struct {
	// Edge is an edge.PrefixList with the blocks that Cloudflare publishes, for security groups of origins to admit nobody else, or an edge.VPN.
	Edge ztcore.Resource
	// Broker is Cloudflare Access, by its team's domain.
	Broker BrokerIdentity
	// Scanner and Findings are for tenants that have the product; left out if zero.
	Scanner  Scanner
	Findings FindingsProduct
}

// Declare implements ztcore.Resource.
func (c Cloudflare) Declare(d *ztcore.Declaration) {
	vendor{"Cloudflare", c.Edge, c.Broker, c.Scanner, c.Findings}.declare(d, "Edge or Broker", c.Edge != nil || !c.Broker.isZero())
}

// vendor is what any of them may be given.
type vendor struct {
	name     string
	edge     ztcore.Resource
	broker   BrokerIdentity
	scanner  Scanner
	findings FindingsProduct
}

func (v vendor) declare(d *ztcore.Declaration, needed string, there bool) {
	if !there {
		d.Reject(ztcore.Finding{Attribute: v.name + " " + needed, Message: "is missing", Fix: "set it, with the values that the vendor's console shows"})
	}
	if v.edge != nil {
		v.edge.Declare(d)
	}
	if !v.broker.isZero() {
		v.broker.Declare(d)
	}
	if !v.scanner.isZero() {
		v.scanner.Declare(d)
	}
	if v.findings != (FindingsProduct{}) {
		v.findings.Declare(d)
	}
}

func (b BrokerIdentity) isZero() bool {
	return b.Name == "" && b.SAML == "" && b.OIDC == (OIDC{}) && len(b.Roles) == 0
}

func (s Scanner) isZero() bool {
	return s.Name == "" && s.VendorAccount == "" && s.VendorRole == "" && s.ExternalID == "" && s.Allow.IsZero() && len(s.Attached) == 0
}
