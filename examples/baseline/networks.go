package main

import (
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// networks is section 3 of the guide.
func networks(at place) []step {
	vpc := network.VPC{Name: "zero-trust", CIDR: "10.0.0.0/16"}
	first := network.Subnet{Name: "private-a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: at.region + "a"}
	second := network.Subnet{Name: "private-b", VPC: vpc.ID(), CIDR: "10.0.2.0/24", Zone: at.region + "b"}
	subnets := []id.Subnet{first.ID(), second.ID()}
	routes := network.RouteTable{Name: "private", VPC: vpc.ID(), Subnets: subnets}
	logs := flowLogBucket()
	endpoints := ztcore.List{routes, network.GatewayEndpoint{Name: "s3", VPC: vpc.ID(), Service: "s3", RouteTables: []id.RouteTable{routes.ID()}}}
	for _, service := range []string{"ssm", "ssmmessages", "ec2messages"} { // what Session Manager talks to
		endpoints = append(endpoints, network.InterfaceEndpoint{Name: service, VPC: vpc.ID(), Service: service, Subnets: subnets, FromCIDRs: []string{vpc.CIDR}})
	}
	return []step{
		{rows: "5–7", what: "a VPC and two subnets", resources: ztcore.List{vpc, first, second}},
		{rows: "3 +", what: "flow logs, and what delivers them", resources: ztcore.List{
			logs, network.FlowLog{Name: "zero-trust", VPC: vpc.ID(), To: network.FlowLogs{Bucket: id.BucketARN("arn:" + ztcore.Partition + ":s3:::" + string(logs.Delivery()))}},
		}},
		{rows: "8–9", what: "the group SSHAccess", resources: ztcore.List{network.SecurityGroup{
			Name: "SSHAccess", Description: "Allow SSH from specific IP", VPC: vpc.ID(),
			Ingress: []network.Rule{network.AllowTCP(22).From("203.0.113.0/24").Because("as the guide has it. Session Manager needs no open port")},
		}}},
		{rows: "3 +", what: "no default VPC, and none that is public", resources: ztcore.List{network.DefaultVPC{}, network.BlockPublicAccess{}}},
		{rows: "10", what: "endpoints for S3 and Session Manager", resources: endpoints},
	}
}

// flowLogBucket takes the flow logs, as AWS's documentation has its policy.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
func flowLogBucket() dataprotect.Bucket {
	b := dataprotect.Bucket{
		Name:                "zero-trust-flow-logs-" + ztcore.AccountID,
		S3ManagedKeyBecause: "log delivery can't use the AWS managed key",
		EmptyOnDelete:       "an example's logs are not missed",
	}
	delivery, account := policy.Service("delivery.logs.amazonaws.com"), "aws:SourceAccount"
	b.Policy = policy.Allow("s3:PutObject").On(b.ARN()+"/AWSLogs/"+ztcore.AccountID+"/*").To(delivery).
		When("StringEquals", account, ztcore.AccountID).When("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control").Named("FlowLogsWrite").
		And(policy.Allow("s3:GetBucketAcl", "s3:ListBucket").On(b.ARN()).To(delivery).When("StringEquals", account, ztcore.AccountID).Named("FlowLogsCheck"))
	return b
}
