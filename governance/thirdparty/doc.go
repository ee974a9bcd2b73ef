// Package thirdparty declares what a security vendor is given in an account, and nothing more: a role for its scanner, an identity
// provider where it is the broker, and a subscription where it sends findings. The way to its edge, by IPsec or by address, is in the package
// edge below this one, which compiles EC2.
//
//	scanner := thirdparty.PrismaCloud{
//		Scanner: thirdparty.Scanner{Name: "PrismaCloud", VendorAccount: vendorAccount, ExternalID: externalID}, // both from the vendor's console
//	}
//	plan, err := ztcore.NewBaseline("vendors", scanner).Plan(ctx, cfg)
//
// Every account id, address, entity id and product ARN is the caller's, from the vendor's own console or documentation; this package knows
// none, since a wrong one is somebody else's. What is missing is a finding, before any call.
//
//	guide step 48   Scanner, BrokerIdentity, FindingsProduct, edge.VPN, edge.PrefixList; Zscaler, PrismaCloud and Cloudflare put them together
//
// Left out is whatever is set up at the vendor's side, and the vendors' own APIs.
package thirdparty
