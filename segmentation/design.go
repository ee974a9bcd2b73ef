package segmentation

import (
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Design says which segments there are and who may talk to whom. Everything else follows: a VPC for each environment;
// for each segment subnets, a route table, a network ACL and a security group; gateways and endpoints where flows need
// them. A flow that is not declared does not exist.
type Design struct {
	Environments []Environment
	Peerings     []Peering // without one, environments can't reach each other
	Tags         map[string]string
}

// Environment is a VPC of its own, such as production. Nothing leads from one environment to another but a declared Peering.
type Environment struct {
	Name string // of the VPC; begins the names of its parts
	// CIDR is the VPC's block, /16 to /22. No two environments' may overlap. Segments take sixteenths of it.
	CIDR     string
	Zones    []string // the region's a and b if they are left out; four at most
	Segments []Segment
	Flows    []Flow
	S3Policy policy.Document  // of the endpoint for S3; network.OwnAccount() if it is left out
	FlowLogs network.FlowLogs // nothing is logged if it is left out
}

// Segment is a set of workloads that are trusted alike: they share a security group, subnets of their own (one in each
// zone) and a network ACL around these. Workloads of one segment can't reach each other, unless a flow says so.
type Segment struct {
	Name string // in its environment, as "web"
	// SecurityGroup is the name of the group that its workloads are put in; <environment>-<segment> if empty.
	SecurityGroup string
	// Block is which sixteenth of the environment's addresses the segment has, 1 to 13; its place in the list, from 1, if
	// zero. Give it when you remove or insert a segment that is not the last, so that the others stay where they are.
	Block int
	// Uses are AWS's services that it may call, as "s3", "dynamodb" or "secretsmanager", each through an endpoint in the VPC.
	Uses []string
}

// Internet stands for everyone outside, in place of a segment.
const Internet = "internet"

// Flow lets From open connections to To. Answers need no flow of their own.
type Flow struct {
	// From and To are names of segments of the environment, or of another as "dev/ci"; Internet; or a public network as
	// 203.0.113.0/24. What comes from outside reaches the segment's public addresses, if it has any, or its load balancer's.
	From, To string
	Port     int32
	LastPort int32  // of a range that begins with Port; Port if zero
	Protocol string // "tcp" if empty, or "udp"
	Because  string // what the flow is for; wanted where one side is outside, shown in the plan and in AWS's console
	// PlainTextBecause says why a connection from outside may be unencrypted, as HTTP on port 80 is.
	PlainTextBecause string
}

// Peering connects two environments, so that flows between their segments can be declared.
type Peering struct {
	A, B    string // names of environments
	Because string
}

func (f Flow) protocol() string {
	if f.Protocol == "" {
		return "tcp"
	}
	return f.Protocol
}

func (f Flow) last() int32 {
	if f.LastPort == 0 {
		return f.Port
	}
	return f.LastPort
}

func (e Environment) zones() []string {
	if e.Zones == nil {
		return defaultZones
	}
	return e.Zones
}
