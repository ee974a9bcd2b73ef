package network

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// NetworkACL is a stateless filter around whole subnets: answers need an entry of their own. The zero value lets nothing
// in or out. It is a second line behind security groups, which know who talks, not only from which address.
//
// While entries change, nothing is admitted that is not before or after, and what both admit is not cut off. Where that can't be had entry
// by entry, the new ones stand for moments a second time under lower numbers: numbers from 100 and half of the quota of entries leave room
// for it, and without room the report says what was cut off.
type NetworkACL struct {
	Name    string // the tag Name, by which it can be adopted
	VPC     id.VPC // a change makes another one
	Ingress []ACLEntry
	Egress  []ACLEntry
	Subnets []id.Subnet // each of one ACL only; one that leaves falls back to the VPC's default ACL, which admits everything
	Tags    map[string]string
}

// ACLEntry admits or denies traffic. The entry of the lowest number that matches decides.
type ACLEntry struct {
	Number   int32  // 1 to 32766
	Deny     bool   // otherwise it admits
	Protocol string // "tcp", "udp", "icmp", "icmpv6", a number, or "-1" for all
	FromPort int32  // first port; for ICMP the type, -1 for all
	ToPort   int32  // last port; for ICMP the code, -1 for all
	CIDR     string // an IPv4 or IPv6 block
}

// ID is the ACL's id.
func (a NetworkACL) ID() id.NetworkACL { return id.NetworkACL(acls.Ref(a.Name, "ID")) }

// Declare implements ztcore.Resource.
func (a NetworkACL) Declare(d *ztcore.Declaration) {
	tags := named(a.Name, a.Tags)
	want := aclState{Name: tags[nameTag], VPC: string(a.VPC), Entries: []aclEntry{}, Subnets: texts(a.Subnets), Tags: tags}
	for i, entries := range [][]ACLEntry{a.Ingress, a.Egress} {
		for _, e := range entries {
			want.Entries = append(want.Entries, aclEntry{i == 1, e.normal()})
		}
	}
	acls.Declare(d, a.Name, want)
}

// normal is the entry as it is read. As in security groups, only some protocols have ports.
func (e ACLEntry) normal() ACLEntry {
	r := Rule{Protocol: e.Protocol, FromPort: e.FromPort, ToPort: e.ToPort, CIDR: e.CIDR}.normal()
	e.Protocol, e.FromPort, e.ToPort, e.CIDR = r.Protocol, r.FromPort, r.ToPort, r.CIDR
	return e
}

type aclEntry struct {
	Egress bool
	ACLEntry
}

// MarshalText is how plans show the entry.
func (e aclEntry) MarshalText() ([]byte, error) {
	verb := "allow"
	if e.Deny {
		verb = "deny"
	}
	return fmt.Appendf(nil, "%d %s %s", e.Number, verb, e.rule().traffic()), nil
}

func (e aclEntry) rule() member {
	return member{e.Egress, Rule{Protocol: e.Protocol, FromPort: e.FromPort, ToPort: e.ToPort, CIDR: e.CIDR}}
}

type aclState struct {
	Name         string            `zt:"label,-"` // compared as a tag
	VPC          string            `zt:"immutable"`
	Entries      []aclEntry        `zt:"set"`
	Subnets      []string          `zt:"set,guards,exclusive"`
	Tags         map[string]string `zt:"tags"`
	ID           string            `zt:"output"`
	Associations map[string]string `zt:"-"` // subnet → id of its association
}

var acls = &ztcore.Kind[aclState]{
	Name: "network.NetworkACL", Permissions: &aclsNeed, Read: readACLs, Create: createACL, Update: updateACL, Delete: deleteACL,
	Check: checkACL, CheckAll: checkACLs, Retry: stillDetaching,
	Controls: []string{"CIS AWS 3.0 5.1", "NIST SP 800-207 tenet 2"},
}

var aclsNeed = ztcore.Permissions{
	Read: []string{"ec2:DescribeNetworkAcls"},
	Write: []string{
		"ec2:CreateNetworkAcl", "ec2:CreateNetworkAclEntry", "ec2:CreateTags", "ec2:DeleteNetworkAclEntry", "ec2:ReplaceNetworkAclAssociation", "ec2:ReplaceNetworkAclEntry",
	},
	Delete: []string{"ec2:DeleteNetworkAcl", "ec2:ReplaceNetworkAclAssociation"},
}

const lastEntry = 32767 // AWS's own, which denies the rest

func readACLs(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[aclState]) ([]aclState, error) {
	all, err := describeACLs(ctx, sc)
	var out []aclState
	for _, a := range all {
		s := aclState{VPC: aws.ToString(a.VpcId), Tags: tagMap(a.Tags), ID: aws.ToString(a.NetworkAclId), Associations: map[string]string{}}
		s.Name = s.Tags[nameTag]
		for _, e := range a.Entries {
			if aws.ToInt32(e.RuleNumber) < lastEntry {
				s.Entries = append(s.Entries, decodeEntry(e))
			}
		}
		for _, x := range a.Associations {
			s.Subnets = append(s.Subnets, aws.ToString(x.SubnetId))
			s.Associations[aws.ToString(x.SubnetId)] = aws.ToString(x.NetworkAclAssociationId)
		}
		out = append(out, s)
	}
	return out, err
}

func decodeEntry(e types.NetworkAclEntry) aclEntry {
	out := ACLEntry{Number: aws.ToInt32(e.RuleNumber), Deny: e.RuleAction == types.RuleActionDeny, Protocol: aws.ToString(e.Protocol), CIDR: first(e.CidrBlock, e.Ipv6CidrBlock)}
	if e.PortRange != nil {
		out.FromPort, out.ToPort = aws.ToInt32(e.PortRange.From), aws.ToInt32(e.PortRange.To)
	}
	if e.IcmpTypeCode != nil {
		out.FromPort, out.ToPort = aws.ToInt32(e.IcmpTypeCode.Type), aws.ToInt32(e.IcmpTypeCode.Code)
	}
	return aclEntry{aws.ToBool(e.Egress), out.normal()}
}

// request is the entry in a request; that to replace it has the same fields.
func (e aclEntry) request(acl string) *ec2.CreateNetworkAclEntryInput {
	in := &ec2.CreateNetworkAclEntryInput{NetworkAclId: &acl, Egress: &e.Egress, RuleNumber: &e.Number, RuleAction: types.RuleActionAllow, Protocol: aws.String(protocolNumber(e.Protocol))}
	if e.Deny {
		in.RuleAction = types.RuleActionDeny
	}
	if in.CidrBlock = &e.CIDR; strings.Contains(e.CIDR, ":") {
		in.CidrBlock, in.Ipv6CidrBlock = nil, &e.CIDR
	}
	switch {
	case strings.HasPrefix(e.Protocol, "icmp"):
		in.IcmpTypeCode = &types.IcmpTypeCode{Type: &e.FromPort, Code: &e.ToPort}
	case hasPorts(e.Protocol):
		in.PortRange = &types.PortRange{From: &e.FromPort, To: &e.ToPort}
	}
	return in
}

// protocolNumber is what ACLs call a protocol.
func protocolNumber(name string) string {
	for number, n := range protocolNames {
		if n == name && name != allProtocols {
			return number
		}
	}
	return name
}

func createACL(ctx context.Context, sc *ztcore.Scope, want aclState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &want.VPC, TagSpecifications: tagged(types.ResourceTypeNetworkAcl, want.Tags)})
	if err != nil {
		return err
	}
	have := aclState{ID: aws.ToString(out.NetworkAcl.NetworkAclId), VPC: want.VPC}
	if err := putEntries(ctx, sc, have, want); err != nil {
		return err
	}
	return joinACL(ctx, sc, have, want)
}

// updateACL lets go of subnets before the entries change, and takes subnets once these are as wanted: for neither counts what stands between.
func updateACL(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[aclState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if u.Changed("Subnets") {
		if err := leaveACL(ctx, sc, u.Have, u.Want); err != nil {
			return err
		}
	}
	if u.Changed("Entries") {
		if err := putEntries(ctx, sc, u.Have, u.Want); err != nil {
			return err
		}
	}
	if u.Changed("Subnets") {
		return joinACL(ctx, sc, u.Have, u.Want)
	}
	return nil
}

// putEntries makes the entries as wanted, each direction by itself.
func putEntries(ctx context.Context, sc *ztcore.Scope, have, want aclState) error {
	for _, egress := range []bool{false, true} {
		of := func(all []aclEntry) []aclEntry {
			return slices.DeleteFunc(slices.Clone(all), func(e aclEntry) bool { return e.Egress != egress })
		}
		c := aclChange{Scope: sc, acl: have.ID, now: of(have.Entries), want: of(want.Entries)}
		change := c.guarded
		if !slices.ContainsFunc(have.Subnets, func(s string) bool { return slices.Contains(want.Subnets, s) }) {
			change = c.outright // no subnet is behind it meanwhile
		}
		if err := change(ctx); err != nil {
			return err
		}
	}
	return nil
}

// joinACL puts subnets under the ACL.
func joinACL(ctx context.Context, sc *ztcore.Scope, have, want aclState) error {
	for _, s := range difference(want.Subnets, have.Subnets) {
		if err := takeSubnetUnderACL(ctx, sc, have.ID, s); err != nil {
			return err
		}
	}
	return nil
}

// leaveACL puts subnets that are not declared back under the VPC's default ACL.
func leaveACL(ctx context.Context, sc *ztcore.Scope, have, want aclState) error {
	leave := difference(have.Subnets, want.Subnets)
	if len(leave) == 0 {
		return nil
	}
	found, err := describeACLs(ctx, sc, filter("vpc-id", have.VPC), filter("default", "true"))
	if err != nil || len(found) == 0 {
		return err
	}
	for _, s := range leave {
		if err := moveSubnet(ctx, sc, have.Associations[s], aws.ToString(found[0].NetworkAclId)); unless(err, "InvalidAssociationID.NotFound") != nil {
			return err
		}
	}
	return nil
}

// takeSubnetUnderACL moves a subnet from whatever ACL it is under. The association's id changes with each move, so one
// that is not found means that an earlier attempt has succeeded, or that somebody else has moved it.
func takeSubnetUnderACL(ctx context.Context, sc *ztcore.Scope, acl, subnet string) error {
	for again := true; ; again = false {
		found, err := describeACLs(ctx, sc, filter("association.subnet-id", subnet))
		if err != nil || len(found) == 0 || aws.ToString(found[0].NetworkAclId) == acl {
			return err
		}
		i := slices.IndexFunc(found[0].Associations, func(x types.NetworkAclAssociation) bool { return aws.ToString(x.SubnetId) == subnet })
		err = moveSubnet(ctx, sc, aws.ToString(found[0].Associations[i].NetworkAclAssociationId), acl)
		if !again || !refusedWith(err, "InvalidAssociationID.NotFound") {
			return err
		}
	}
}

func moveSubnet(ctx context.Context, sc *ztcore.Scope, association, acl string) error {
	_, err := ec2.NewFromConfig(sc.Config).ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: &association, NetworkAclId: &acl})
	return err
}

func deleteACL(ctx context.Context, sc *ztcore.Scope, have aclState) error {
	if err := leaveACL(ctx, sc, have, aclState{}); err != nil {
		return err
	}
	_, err := ec2.NewFromConfig(sc.Config).DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &have.ID})
	return unless(err, "InvalidNetworkAclID.NotFound")
}

func checkACL(want aclState) []ztcore.Finding {
	var out []ztcore.Finding
	seen := map[string]bool{}
	for _, e := range want.Entries {
		direction := "Ingress"
		if e.Egress {
			direction = "Egress"
		}
		attribute := fmt.Sprintf("%s[%d]", direction, e.Number)
		bad := func(message, fix string) {
			out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
		}
		if seen[attribute] {
			bad("there are two entries of this number", "give each its own")
		}
		seen[attribute] = true
		if e.Number < 1 || e.Number >= lastEntry {
			bad("AWS takes numbers from 1 to 32766", "use another number")
		}
		if problem := e.rule().ports(); problem != "" {
			bad(problem, portsFix)
		}
		if _, err := parseCIDR(e.CIDR); err != nil && !ztcore.HasToken(e.CIDR) {
			bad(err.Error(), "use a block such as 10.0.0.0/16")
		}
	}
	for _, port := range []int32{22, 3389} {
		if e := want.admits(port); e != nil {
			out = append(out, ztcore.Finding{
				Attribute: fmt.Sprintf("Ingress[%d]", e.Number), Guardrail: "network.admin-port-open", Controls: []string{"CIS AWS 3.0 5.1", "FSBP EC2.21", "NIST SP 800-207 tenet 2"},
				Message: fmt.Sprintf("port %d is open to the internet", port), Fix: "use Session Manager, or deny the port under a lower number",
			})
		}
	}
	out = append(out, checkVPCID(want.VPC)...)
	return out
}

// admits is the entry that lets the internet reach a TCP port, if there is one: the first that matches decides.
func (s aclState) admits(port int32) *aclEntry {
	entries := slices.SortedFunc(slices.Values(s.Entries), func(a, b aclEntry) int { return cmp.Compare(a.Number, b.Number) })
	denied := map[bool]bool{} // by whether it is IPv6
	for _, e := range entries {
		v6 := strings.Contains(e.CIDR, ":")
		if e.Egress || !isWorld(e.CIDR) || denied[v6] || e.Protocol != allProtocols && (e.Protocol != "tcp" || port < e.FromPort || e.ToPort < port) {
			continue
		}
		if !e.Deny {
			return &e
		}
		denied[v6] = strings.HasSuffix(e.CIDR, "/0")
	}
	return nil
}

// checkACLs finds subnets of two ACLs.
func checkACLs(g *ztcore.Graph, all []ztcore.Declared[aclState]) []ztcore.Finding {
	var out []ztcore.Finding
	owner := map[string]ztcore.Address{}
	for _, a := range all {
		for _, s := range a.Want.Subnets {
			if other, ok := owner[s]; ok {
				out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Subnets", Message: fmt.Sprintf("%s is already of %s", calledSubnet(g, s), other), Fix: "a subnet has one network ACL"})
			}
			owner[s] = a.Address
		}
	}
	return out
}
