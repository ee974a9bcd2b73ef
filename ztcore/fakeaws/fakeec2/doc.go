// Package fakeec2 is the networking half of EC2 in a fakeaws.Cloud, with the account-wide EBS, image and metadata settings.
//
// A fresh account and region has what AWS gives it: the default VPC 172.31.0.0/16 with a public subnet in each
// Availability Zone, its internet gateway, main route table, network ACL and default security group. Whatever is created later
// comes with AWS's additions too: a new VPC with its main route table, network ACL and default group, a new security
// group with the rule that allows all egress.
//
// Modelled: VPCs, subnets, security groups and their rules, route tables, internet and NAT gateways, Elastic IP addresses, network
// ACLs, network interfaces, gateway and interface endpoints, AWS's own prefix lists, flow logs, VPC peering, VPC Block Public
// Access, tags, regions and zones, EBS encryption by default, snapshot and image block public access, instance metadata defaults.
//
// Not modelled: instances, volumes, images and snapshots; IPAM, Outposts, Local Zones; secondary CIDR blocks of a VPC; customer
// prefix lists; transit and VPN gateways; traffic. Quotas other than those of Limits are unlimited.
//
// EC2 has no modelled error types: errors are smithy.APIError with the code of EC2's "Error codes" page.
package fakeec2
