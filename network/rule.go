package network

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Rule admits one kind of traffic from, or for egress to, one peer: a CIDR block, a security group or a prefix list.
//
//	network.AllowTCP(22).From("203.0.113.0/24").Because("operators")
//	network.Rule{Protocol: "tcp", FromPort: 443, ToPort: 443, Group: web.ID()}
type Rule struct {
	Protocol   string           // "tcp", "udp", "icmp", "icmpv6", a number, or "-1" for all
	FromPort   int32            // first port; for ICMP the type, -1 for all
	ToPort     int32            // last port; for ICMP the code, -1 for all
	CIDR       string           // an IPv4 or IPv6 block
	Group      id.SecurityGroup // also "123456789012/sg-…" for a group of a peered VPC in another account
	PrefixList id.PrefixList
	// Description says why: at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*
	Description string
}

// AllowTCP admits a TCP port.
func AllowTCP(port int32) Rule { return AllowTCPRange(port, port) }

// AllowTCPRange admits TCP ports, both ends included.
func AllowTCPRange(from, to int32) Rule { return Rule{Protocol: "tcp", FromPort: from, ToPort: to} }

// AllowUDP admits a UDP port.
func AllowUDP(port int32) Rule { return Rule{Protocol: "udp", FromPort: port, ToPort: port} }

// AllowAll admits every protocol and port.
func AllowAll() Rule { return Rule{Protocol: allProtocols} }

// From is the rule for traffic from a CIDR block.
func (r Rule) From(cidr string) Rule { r.CIDR = cidr; return r }

// FromGroup is the rule for traffic from the members of a security group.
func (r Rule) FromGroup(g id.SecurityGroup) Rule { r.Group = g; return r }

// FromPrefixList is the rule for traffic from the blocks of a prefix list.
func (r Rule) FromPrefixList(l id.PrefixList) Rule { r.PrefixList = l; return r }

// To is From, for egress rules to read well.
func (r Rule) To(cidr string) Rule { return r.From(cidr) }

// ToGroup is FromGroup, for egress rules to read well.
func (r Rule) ToGroup(g id.SecurityGroup) Rule { return r.FromGroup(g) }

// ToPrefixList is FromPrefixList, for egress rules to read well.
func (r Rule) ToPrefixList(l id.PrefixList) Rule { return r.FromPrefixList(l) }

// Because says why the rule is there. AWS shows it as the rule's description.
func (r Rule) Because(reason string) Rule { r.Description = reason; return r }

const allProtocols = "-1"

// protocolNames are the protocols that AWS answers by name, whatever was asked.
var protocolNames = map[string]string{"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": allProtocols}

// hasPorts reports whether a protocol of security groups has ports, or ICMP's type and code.
func hasPorts(protocol string) bool {
	switch protocol {
	case "tcp", "udp", "icmp", "icmpv6":
		return true
	}
	return false
}

// normal is the rule as AWS answers it.
func (r Rule) normal() Rule {
	r.Protocol = strings.ToLower(r.Protocol)
	r.Protocol = cmp.Or(protocolNames[r.Protocol], r.Protocol)
	if !hasPorts(r.Protocol) {
		r.FromPort, r.ToPort = -1, -1
	}
	r.CIDR = canonical(r.CIDR)
	return r
}

// member is a rule in its group.
type member struct {
	Egress bool
	Rule
}

// traffic is what tells a rule from others of its group; the description does not.
func (m member) traffic() string {
	direction, peer := "ingress from ", m.CIDR+string(m.Group)+string(m.PrefixList)
	if m.Egress {
		direction = "egress to "
	}
	what := m.Protocol
	switch {
	case m.Protocol == allProtocols:
		what = "all"
	case !hasPorts(m.Protocol):
		what = "protocol " + m.Protocol
	case strings.HasPrefix(m.Protocol, "icmp") && m.FromPort == -1 && m.ToPort == -1:
	case strings.HasPrefix(m.Protocol, "icmp"):
		what += fmt.Sprintf(" type %d code %d", m.FromPort, m.ToPort)
	case m.FromPort == m.ToPort:
		what += fmt.Sprintf(" %d", m.FromPort)
	default:
		what += fmt.Sprintf(" %d-%d", m.FromPort, m.ToPort)
	}
	return direction + peer + ": " + what
}

// MarshalText is how plans show the rule.
func (m member) MarshalText() ([]byte, error) {
	s := m.traffic()
	if m.Description != "" {
		s += " (" + m.Description + ")"
	}
	return []byte(s), nil
}

// members puts the rules of a group together.
func members(ingress, egress []Rule) []member {
	out := []member{}
	for _, r := range ingress {
		out = append(out, member{Rule: r.normal()})
	}
	for _, r := range egress {
		out = append(out, member{Egress: true, Rule: r.normal()})
	}
	return out
}

// membersOf reads the rules of a group that AWS has answered.
func membersOf(g types.SecurityGroup) []member {
	return append(decodeRules(false, g, g.IpPermissions), decodeRules(true, g, g.IpPermissionsEgress)...)
}

func decodeRules(egress bool, g types.SecurityGroup, permissions []types.IpPermission) []member {
	var out []member
	for _, p := range permissions {
		add := func(r Rule, description *string) {
			r.Protocol, r.FromPort, r.ToPort, r.Description = aws.ToString(p.IpProtocol), aws.ToInt32(p.FromPort), aws.ToInt32(p.ToPort), aws.ToString(description)
			out = append(out, member{egress, r.normal()})
		}
		for _, x := range p.IpRanges {
			add(Rule{CIDR: aws.ToString(x.CidrIp)}, x.Description)
		}
		for _, x := range p.Ipv6Ranges {
			add(Rule{CIDR: aws.ToString(x.CidrIpv6)}, x.Description)
		}
		for _, x := range p.PrefixListIds {
			add(Rule{PrefixList: id.PrefixList(aws.ToString(x.PrefixListId))}, x.Description)
		}
		for _, x := range p.UserIdGroupPairs {
			peer := aws.ToString(x.GroupId)
			if owner := aws.ToString(x.UserId); owner != "" && owner != aws.ToString(g.OwnerId) {
				peer = owner + "/" + peer
			}
			add(Rule{Group: id.SecurityGroup(peer)}, x.Description)
		}
	}
	return out
}

// permissions are the rules of one direction as a request has them.
func permissions(egress bool, rules []member) []types.IpPermission {
	var out []types.IpPermission
	for _, m := range rules {
		if m.Egress != egress {
			continue
		}
		p := types.IpPermission{IpProtocol: aws.String(m.Protocol)}
		if hasPorts(m.Protocol) {
			p.FromPort, p.ToPort = aws.Int32(m.FromPort), aws.Int32(m.ToPort)
		}
		var description *string
		if m.Description != "" {
			description = aws.String(m.Description)
		}
		switch {
		case m.PrefixList != "":
			p.PrefixListIds = []types.PrefixListId{{PrefixListId: aws.String(string(m.PrefixList)), Description: description}}
		case m.Group != "":
			pair := types.UserIdGroupPair{GroupId: aws.String(string(m.Group)), Description: description}
			if owner, group, ok := strings.Cut(string(m.Group), "/"); ok {
				pair.UserId, pair.GroupId = &owner, &group
			}
			p.UserIdGroupPairs = []types.UserIdGroupPair{pair}
		case strings.Contains(m.CIDR, ":"):
			p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String(m.CIDR), Description: description}}
		default:
			p.IpRanges = []types.IpRange{{CidrIp: aws.String(m.CIDR), Description: description}}
		}
		out = append(out, p)
	}
	return out
}
