// Package segmentation declares who may talk to whom, and makes networks in which nobody else can.
//
// Environments (production, test, …) are VPCs of their own. Segments are workloads that are trusted alike. Flows name who
// opens connections to whom, on which port. From these follow, with package network's resources, subnets, route tables,
// network ACLs and security groups, whose rules name groups rather than addresses; gateways and endpoints where flows need
// them; and nothing else.
//
//	shop := segmentation.Design{Environments: []segmentation.Environment{{
//		Name: "prod", CIDR: "10.20.0.0/16",
//		Segments: []segmentation.Segment{{Name: "web"}, {Name: "app", Uses: []string{"s3"}}, {Name: "db"}},
//		Flows: []segmentation.Flow{
//			{From: segmentation.Internet, To: "web", Port: 443, Because: "customers"},
//			{From: "web", To: "app", Port: 8443},
//			{From: "app", To: "db", Port: 5432},
//		},
//	}}}
//	baseline := ztcore.NewBaseline("shop", shop)
//
// The same value renders as a table (Matrix) and as a diagram (Mermaid), and Prove works out from the resources, not from
// the flows, that exactly what is declared can be reached, and how a segment gets out. An empty plan then says that the
// account has just these resources.
//
// Preset is three environments with three tiers each.
//
// Steps 33–39 of the guide: a VPC for production and its subnets, the group WebServerSG (Segment.SecurityGroup) without the
// guide's plain HTTP, and an endpoint for S3 with a policy. Not here: networks behind a VPN or a transit gateway, IPv6,
// and peerings with other accounts or regions.
package segmentation
