// Package fakeec2 is EC2 in a fakeaws.Cloud: networks, instances and what they are launched from, disks and account-wide settings.
//
// A fresh account and region has what AWS gives it: the default VPC 172.31.0.0/16 with a public subnet in each
// Availability Zone, its internet gateway, main route table, network ACL and default security group. Whatever is created later
// comes with AWS's additions too: a new VPC with its main route table, network ACL and default group, a new security
// group with the rule that allows all egress.
//
// Modelled: VPCs, subnets, security groups and their rules, route tables, internet and NAT gateways, Elastic IP addresses, network
// ACLs, network interfaces, gateway and interface endpoints, AWS's own prefix lists, flow logs, VPC peering, VPC Block Public
// Access, VPNs, tags, regions and zones, EBS encryption by default, snapshot and image block public access, instance metadata defaults;
// launch templates, instances with their metadata options, profiles, protection and states, network interfaces and addresses attached
// to them, volumes, snapshots with sets, copies and sharing, and the public images that Systems Manager's parameters name.
//
// Asynchronous states follow the clock, as SetSettling says. What happens without a request is a test's to do: OpenFlow opens a
// connection that lives by EC2's rules of connection tracking, ShutDown is what is typed inside a guest, InterruptSpot takes capacity
// back, and Credentials is what a process on the instance asks the metadata service for.
//
// Not modelled: an account's own images, key pairs, Spot requests and fleets, dedicated hosts, instance types beside their names and
// architectures; IPv6 addresses of interfaces; IPAM, Outposts, Local Zones; secondary CIDR blocks of a VPC; transit gateways. Quotas
// other than those of Limits are unlimited. The size of a VPC's traffic, idle time-outs of connections and DNS are not either.
//
// EC2 has no modelled error types: errors are smithy.APIError with the code of EC2's "Error codes" page.
package fakeec2
