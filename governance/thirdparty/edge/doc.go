// Package edge declares the way to a vendor's edge, or to any other site: an IPsec VPN from a VPC, or a prefix list with the edge's
// addresses for security groups and routes to name. It compiles EC2, which thirdparty does not.
//
//	zscaler := edge.VPN{Name: "zscaler", VPC: vpc.ID(), Peers: []string{"198.51.100.7", "203.0.113.9"}, Routes: []string{"0.0.0.0/0"}}
//	out := network.RouteTable{Name: "out", VPC: vpc.ID(), Routes: []network.Route{{To: "0.0.0.0/0", Target: string(zscaler.GatewayID())}}}
//
//	cloudflare := edge.PrefixList{Name: "cloudflare", Entries: []edge.Entry{{CIDR: "198.51.100.0/24", Description: "published in March"}}}
//	origin := network.SecurityGroup{
//		Name: "origin", VPC: vpc.ID(), Description: "Cloudflare alone",
//		Ingress: []network.Rule{network.AllowTCP(443).FromPrefixList(cloudflare.ID())},
//	}
//
// Tunnels speak IKEv2 alone, with AES-256-GCM, SHA-2 and elliptic-curve groups unless a Suite says otherwise. AWS makes the pre-shared keys and keeps
// them in Secrets Manager, from where whoever sets up the other side reads them: they are never part of a plan, a state or a log.
//
//	guide step 48   VPN: CustomerGateway, VPNGateway, VPNConnection; PrefixList
//
// Left out are transit gateways, accelerated and private VPNs, IPv6 inside tunnels, and pre-shared keys of one's own.
package edge
