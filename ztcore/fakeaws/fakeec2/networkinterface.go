package fakeec2

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type networkInterface struct {
	ID, VPC, Subnet, Zone string
	IP, MAC, Description  string
	Secondary             []string // private addresses beside IP
	PublicIP              string   // assigned by AWS; empty while the interface has none or an Elastic IP address
	AutoPublic            bool     // AWS assigns a public address while the instance runs
	Type                  types.NetworkInterfaceType
	Groups                []string
	Managed               bool // by AWS, for a NAT gateway or an endpoint
	NoSourceDestCheck     bool
	Attachment            *attachment
	Gone                  time.Time // when AWS has removed it; zero while nobody deletes it
}

type attachment struct {
	ID    string
	Owner string // account id, or "amazon-aws"
	Since time.Time

	Instance            string // empty for what AWS manages
	Index               int32
	DeleteOnTermination bool
	Ends                time.Time // when it is detached; zero while nobody detaches it
}

func (i *networkInterface) gone(now time.Time) bool { return !i.Gone.IsZero() && !now.Before(i.Gone) }

// attached is the attachment that stands, or nil.
func (i *networkInterface) attached(now time.Time) *attachment {
	if i.Attachment == nil || !i.Attachment.Ends.IsZero() && !now.Before(i.Attachment.Ends) {
		return nil
	}
	return i.Attachment
}

// addresses are all private addresses of an interface, the primary one first.
func (i *networkInterface) addresses() []string { return append([]string{i.IP}, i.Secondary...) }

// takenIn are the private addresses that are in use in a subnet.
func (r *region) takenIn(subnet string) map[string]bool {
	taken := map[string]bool{}
	for _, o := range r.Interfaces.Items {
		if o.Subnet == subnet {
			for _, ip := range o.addresses() {
				taken[ip] = true
			}
		}
	}
	return taken
}

// freeIn is the lowest free address of a subnet.
func freeIn(n *subnet, taken map[string]bool) (string, error) {
	for k := uint32(4); k < 4+usable(n.block()); k++ {
		if ip := nth(n.block(), k).String(); !taken[ip] {
			return ip, nil
		}
	}
	return "", fakeaws.Error("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet '%s' to satisfy the requested number of addresses.", n.ID)
}

// assignable refuses an address that a subnet cannot give.
func assignable(n *subnet, address string, taken map[string]bool) error {
	block := n.block()
	ip, err := netip.ParseAddr(address)
	if err != nil || !block.Contains(ip) {
		return invalidParameter("Address does not fall within the subnet's address range")
	}
	if ip.Less(nth(block, 4)) || !ip.Less(nth(block, 4+usable(block))) {
		return invalidParameter("Address %s is in subnet's reserved address range", ip)
	}
	if taken[address] {
		return fakeaws.Error("InvalidIPAddress.InUse", "Address %s is in use.", ip)
	}
	return nil
}

// addInterface adds an interface in its subnet, with the lowest free address unless one is given.
func (s *Service) addInterface(r *region, i networkInterface) (*networkInterface, error) {
	n := r.Subnets.Index[i.Subnet]
	taken := r.takenIn(n.ID)
	if i.IP == "" {
		ip, err := freeIn(n, taken)
		if err != nil {
			return nil, err
		}
		i.IP = ip
	} else if err := assignable(n, i.IP, taken); err != nil {
		return nil, err
	}
	i.ID, i.VPC, i.Zone = s.cloud.ID("eni-", 17), n.VPC, n.Zone
	hex := s.cloud.ID("", 10)
	i.MAC = fmt.Sprintf("02:%s:%s:%s:%s:%s", hex[:2], hex[2:4], hex[4:6], hex[6:8], hex[8:])
	if i.Managed {
		i.Attachment = &attachment{ID: s.cloud.ID("ela-attach-", 17), Owner: "amazon-aws", Since: time.Now(), Index: 1}
	}
	r.Interfaces.add(i.ID, &i)
	return &i, nil
}

// dropInterface removes an interface and frees the address associated with it.
func (r *region) dropInterface(i *networkInterface) {
	for _, a := range r.Addresses.Items {
		if a.Interface == i.ID {
			a.Interface, a.Association, a.Private = "", "", ""
		}
	}
	r.Interfaces.remove(i.ID)
	r.forget(i.ID)
}

// groupsIn checks the groups for something in a VPC: known, of that VPC, not too many. None given means the default group.
func (s *Service) groupsIn(r *region, vpcID string, ids []string) ([]string, error) {
	if len(ids) == 0 {
		for _, g := range r.Groups.Items {
			if g.VPC == vpcID && g.Name == "default" {
				return []string{g.ID}, nil
			}
		}
	}
	found, err := findAll(&r.Groups, groupKind, ids)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, g := range found {
		if g.VPC != vpcID {
			return nil, fakeaws.Error("InvalidGroup.NotFound", "The security group '%s' does not exist in VPC '%s'", g.ID, vpcID)
		}
		out = append(out, g.ID)
	}
	if max := s.limits.Load().GroupsPerInterface; max > 0 && len(out) > max {
		return nil, fakeaws.Error("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	return out, nil
}

// CreateNetworkInterface makes an interface that is attached to nothing.
func (s *Service) CreateNetworkInterface(ctx context.Context, in *ec2.CreateNetworkInterfaceInput, _ ...func(*ec2.Options)) (*ec2.CreateNetworkInterfaceOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateNetworkInterface", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	i := r.Interfaces.Index[done]
	if i == nil {
		n, err := find(&r.Subnets, subnetKind, in.SubnetId)
		if err != nil {
			return nil, err
		}
		groups, err := s.groupsIn(r, n.VPC, in.Groups)
		if err != nil {
			return nil, err
		}
		tags, err := specified(in.TagSpecifications, interfaceKind.resource)
		if err != nil {
			return nil, err
		}
		kind := types.NetworkInterfaceType(in.InterfaceType)
		if kind == "" {
			kind = types.NetworkInterfaceTypeInterface
		}
		i, err = s.addInterface(r, networkInterface{
			Subnet: n.ID, IP: aws.ToString(in.PrivateIpAddress), Description: aws.ToString(in.Description), Groups: groups, Type: kind,
		})
		if err != nil {
			return nil, err
		}
		if err := r.addSecondary(i, aws.ToInt32(in.SecondaryPrivateIpAddressCount), nil); err != nil {
			r.dropInterface(i)
			return nil, err
		}
		r.tag(i.ID, tags)
		r.remember("CreateNetworkInterface", in.ClientToken, in, i.ID)
	}
	out := i.describe(r)
	out.Status = "pending" // not one of the SDK's enum
	return &ec2.CreateNetworkInterfaceOutput{NetworkInterface: &out, ClientToken: in.ClientToken}, nil
}

func (i *networkInterface) status() types.NetworkInterfaceStatus {
	if i.attached(time.Now()) != nil {
		return types.NetworkInterfaceStatusInUse
	}
	return types.NetworkInterfaceStatusAvailable
}

func (i *networkInterface) privateName(r *region) string { return r.privateName(i.IP) }

func (r *region) privateName(ip string) string {
	return "ip-" + strings.ReplaceAll(ip, ".", "-") + "." + r.internalDomain()
}

// association is the public address of one of an interface's private ones: an Elastic IP address, or one that AWS assigned.
func (r *region) association(i *networkInterface, private string) *types.NetworkInterfaceAssociation {
	for _, a := range r.Addresses.Items {
		if a.Interface == i.ID && a.private(i) == private {
			return &types.NetworkInterfaceAssociation{
				AllocationId: aws.String(a.ID), AssociationId: aws.String(a.Association), PublicIp: aws.String(a.IP), IpOwnerId: aws.String(r.Account),
				PublicDnsName: r.publicName(i, a.IP),
			}
		}
	}
	if private == i.IP && i.PublicIP != "" {
		return &types.NetworkInterfaceAssociation{PublicIp: aws.String(i.PublicIP), IpOwnerId: aws.String("amazon"), PublicDnsName: r.publicName(i, i.PublicIP)}
	}
	return nil
}

// publicName is the public name of an address, which a VPC with DNS hostnames gives.
func (r *region) publicName(i *networkInterface, ip string) *string {
	if v := r.Vpcs.Index[i.VPC]; v == nil || !v.DNSHostnames {
		return nil
	}
	domain := r.Name + ".compute.amazonaws.com"
	if r.Name == "us-east-1" {
		domain = "compute-1.amazonaws.com"
	}
	return aws.String("ec2-" + strings.ReplaceAll(ip, ".", "-") + "." + domain)
}

func (i *networkInterface) describe(r *region) types.NetworkInterface {
	out := types.NetworkInterface{
		NetworkInterfaceId: aws.String(i.ID), VpcId: aws.String(i.VPC), SubnetId: aws.String(i.Subnet), AvailabilityZone: aws.String(i.Zone),
		OwnerId: aws.String(r.Account), Description: aws.String(i.Description), InterfaceType: i.Type, MacAddress: aws.String(i.MAC),
		PrivateIpAddress: aws.String(i.IP), PrivateDnsName: aws.String(i.privateName(r)), RequesterManaged: aws.Bool(i.Managed),
		SourceDestCheck: aws.Bool(!i.NoSourceDestCheck), Status: i.status(), TagSet: r.tagsOn(i.ID), Groups: r.groupNames(i.Groups),
		Association: r.association(i, i.IP),
	}
	for k, ip := range i.addresses() {
		out.PrivateIpAddresses = append(out.PrivateIpAddresses, types.NetworkInterfacePrivateIpAddress{
			Primary: aws.Bool(k == 0), PrivateIpAddress: aws.String(ip), PrivateDnsName: aws.String(r.privateName(ip)), Association: r.association(i, ip),
		})
	}
	if a := i.attached(time.Now()); a != nil {
		out.Attachment = &types.NetworkInterfaceAttachment{
			AttachmentId: aws.String(a.ID), InstanceOwnerId: aws.String(a.Owner), AttachTime: aws.Time(a.Since), DeviceIndex: aws.Int32(a.Index),
			DeleteOnTermination: aws.Bool(a.DeleteOnTermination), Status: a.status(), InstanceId: text(a.Instance),
		}
	}
	return out
}

func (a *attachment) status() types.AttachmentStatus {
	if !a.Ends.IsZero() {
		return types.AttachmentStatusDetaching
	}
	return types.AttachmentStatusAttached
}

func (r *region) groupNames(ids []string) []types.GroupIdentifier {
	var out []types.GroupIdentifier
	for _, id := range ids {
		if g := r.Groups.Index[id]; g != nil {
			out = append(out, types.GroupIdentifier{GroupId: aws.String(id), GroupName: aws.String(g.Name)})
		}
	}
	return out
}

// attached is a column of an interface's attachment.
func attached(f func(*attachment) string) func(*region, *networkInterface) []string {
	return one(func(i *networkInterface) string {
		if a := i.attached(time.Now()); a != nil {
			return f(a)
		}
		return ""
	})
}

// addressed is a column of the Elastic IP address that is associated with an interface.
func addressed(f func(*region, *address) string) func(*region, *networkInterface) []string {
	return func(r *region, i *networkInterface) []string {
		var out []string
		for _, a := range r.Addresses.Items {
			if a.Interface == i.ID {
				out = append(out, f(r, a))
			}
		}
		return out
	}
}

// publicColumn is a column of the public addresses of an interface.
func publicColumn(f func(*types.NetworkInterfaceAssociation) *string) func(*region, *networkInterface) []string {
	return func(r *region, i *networkInterface) []string {
		var out []string
		for _, ip := range i.addresses() {
			if a := r.association(i, ip); a != nil && f(a) != nil {
				out = append(out, *f(a))
			}
		}
		return out
	}
}

var interfaceQuery = query[networkInterface]{
	kind: interfaceKind, id: func(i *networkInterface) string { return i.ID }, idsOrPages: true,
	visible: func(i *networkInterface) bool { return !i.gone(time.Now()) },
	columns: columns[networkInterface]{
		"addresses.private-ip-address":     each((*networkInterface).addresses, func(ip string) string { return ip }),
		"availability-zone":                one(func(i *networkInterface) string { return i.Zone }),
		"attachment.attachment-id":         attached(func(a *attachment) string { return a.ID }),
		"attachment.instance-owner-id":     attached(func(a *attachment) string { return a.Owner }),
		"attachment.status":                attached(func(a *attachment) string { return string(a.status()) }),
		"attachment.delete-on-termination": attached(func(a *attachment) string { return boolText(a.DeleteOnTermination) }),
		"attachment.device-index":          attached(func(a *attachment) string { return intText(a.Index) }),
		"attachment.attach-time":           attached(func(a *attachment) string { return a.Since.UTC().Format(time.RFC3339) }),
		"association.allocation-id":        addressed(func(_ *region, a *address) string { return a.ID }),
		"association.association-id":       addressed(func(_ *region, a *address) string { return a.Association }),
		"association.public-ip":            publicColumn(func(a *types.NetworkInterfaceAssociation) *string { return a.PublicIp }),
		"association.ip-owner-id":          publicColumn(func(a *types.NetworkInterfaceAssociation) *string { return a.IpOwnerId }),
		"addresses.association.public-ip":  publicColumn(func(a *types.NetworkInterfaceAssociation) *string { return a.PublicIp }),
		"addresses.association.owner-id":   publicColumn(func(a *types.NetworkInterfaceAssociation) *string { return a.IpOwnerId }),
		"addresses.primary":                constant[networkInterface]("true"),
		"availability-zone-id":             func(r *region, i *networkInterface) []string { return []string{r.Subnets.Index[i.Subnet].ZoneID} },
		"association.public-dns-name":      publicColumn(func(a *types.NetworkInterfaceAssociation) *string { return a.PublicDnsName }),
		"attachment.instance-id":           attached(func(a *attachment) string { return a.Instance }),
		"ipv6-addresses.ipv6-address":      none[networkInterface],
		"operator.managed":                 none[networkInterface],
		"operator.principal":               none[networkInterface],
		"requester-id":                     none[networkInterface],
		"description":                      one(func(i *networkInterface) string { return i.Description }),
		"group-id":                         each(func(i *networkInterface) []string { return i.Groups }, func(id string) string { return id }),
		"group-name": func(r *region, i *networkInterface) []string {
			var names []string
			for _, g := range r.groupNames(i.Groups) {
				names = append(names, *g.GroupName)
			}
			return names
		},
		"interface-type":       one(func(i *networkInterface) string { return string(i.Type) }),
		"mac-address":          one(func(i *networkInterface) string { return i.MAC }),
		"network-interface-id": one(func(i *networkInterface) string { return i.ID }),
		"owner-id":             owner[networkInterface],
		"private-dns-name":     func(r *region, i *networkInterface) []string { return []string{i.privateName(r)} },
		"private-ip-address":   one(func(i *networkInterface) string { return i.IP }),
		"requester-managed":    one(func(i *networkInterface) string { return boolText(i.Managed) }),
		"source-dest-check":    one(func(i *networkInterface) string { return boolText(!i.NoSourceDestCheck) }),
		"status":               one(func(i *networkInterface) string { return string(i.status()) }),
		"subnet-id":            one(func(i *networkInterface) string { return i.Subnet }),
		"vpc-id":               one(func(i *networkInterface) string { return i.VPC }),
	},
}

// DescribeNetworkInterfaces answers interfaces, those of NAT gateways and endpoints included, in the order of their creation.
func (s *Service) DescribeNetworkInterfaces(ctx context.Context, in *ec2.DescribeNetworkInterfacesInput, _ ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.Interfaces, interfaceQuery, asked{in.NetworkInterfaceIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkInterfacesOutput{NextToken: next}
	for _, i := range found {
		out.NetworkInterfaces = append(out.NetworkInterfaces, i.describe(r))
	}
	return out, nil
}

// ModifyNetworkInterfaceAttribute changes one attribute, as EC2 takes only one at a time.
func (s *Service) ModifyNetworkInterfaceAttribute(ctx context.Context, in *ec2.ModifyNetworkInterfaceAttributeInput, _ ...func(*ec2.Options)) (*ec2.ModifyNetworkInterfaceAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	i, err := find(&r.Interfaces, interfaceKind, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	if i.Managed && in.Description == nil {
		return nil, fakeaws.Status(403, fakeaws.Error("OperationNotPermitted", "You do not have permission to modify attributes of the requester-managed network interface %s.", i.ID))
	}
	given := slices.DeleteFunc([]bool{in.Groups != nil, in.Description != nil, in.SourceDestCheck != nil, in.Attachment != nil, in.AssociatePublicIpAddress != nil},
		func(b bool) bool { return !b })
	if len(given) != 1 {
		return nil, badCombination("Exactly one attribute of a network interface can be modified at a time")
	}
	switch {
	case in.Groups != nil:
		groups, err := s.groupsIn(r, i.VPC, in.Groups)
		if err != nil {
			return nil, err
		}
		i.Groups = groups
	case in.Description != nil:
		i.Description = aws.ToString(in.Description.Value)
	case in.Attachment != nil:
		a := i.attached(time.Now())
		if a == nil || aws.ToString(in.Attachment.AttachmentId) != a.ID {
			return nil, noAttachment(aws.ToString(in.Attachment.AttachmentId))
		}
		if in.Attachment.DeleteOnTermination != nil {
			a.DeleteOnTermination = *in.Attachment.DeleteOnTermination
		}
	case in.AssociatePublicIpAddress != nil:
		if a := i.attached(time.Now()); a == nil || a.Index != 0 {
			return nil, invalidParameter("A public IPv4 address can be changed on the primary network interface of an instance only.")
		}
		i.AutoPublic, i.PublicIP = *in.AssociatePublicIpAddress, ""
		return &ec2.ModifyNetworkInterfaceAttributeOutput{}, r.assignPublic(i)
	default:
		i.NoSourceDestCheck = !aws.ToBool(in.SourceDestCheck.Value)
	}
	return &ec2.ModifyNetworkInterfaceAttributeOutput{}, nil
}

// DeleteNetworkInterface deletes an interface that is attached to nothing.
func (s *Service) DeleteNetworkInterface(ctx context.Context, in *ec2.DeleteNetworkInterfaceInput, _ ...func(*ec2.Options)) (*ec2.DeleteNetworkInterfaceOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	i, err := find(&r.Interfaces, interfaceKind, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	if i.attached(time.Now()) != nil {
		return nil, invalidParameter("Network interface '%s' is currently in use.", i.ID)
	}
	r.dropInterface(i)
	return &ec2.DeleteNetworkInterfaceOutput{}, nil
}
