package fakeec2

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// address is an Elastic IP address. Interface, Association and Private are set while something uses it.
type address struct {
	ID, IP, Interface, Association string
	Private                        string // the private address it stands for; empty for the interface's primary one
}

func (a *address) private(i *networkInterface) string {
	if a.Private == "" {
		return i.IP
	}
	return a.Private
}

// AllocateAddress allocates an address of the documentation network 198.51.100.0/24, or of 203.0.113.0/24 when that is used up.
func (s *Service) AllocateAddress(ctx context.Context, in *ec2.AllocateAddressInput, _ ...func(*ec2.Options)) (*ec2.AllocateAddressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if in.Domain != "" && in.Domain != types.DomainTypeVpc {
		return nil, invalidParameter("Value (%s) for parameter domain is invalid.", in.Domain)
	}
	tags, err := specified(in.TagSpecifications, addressKind.resource)
	if err != nil {
		return nil, err
	}
	ip := r.freePublicIP()
	if ip == "" {
		return nil, fakeaws.Error("AddressLimitExceeded", "The maximum number of addresses has been reached.")
	}
	a := &address{ID: s.cloud.ID("eipalloc-", 17), IP: ip}
	r.Addresses.add(a.ID, a)
	r.tag(a.ID, tags)
	return &ec2.AllocateAddressOutput{
		AllocationId: aws.String(a.ID), PublicIp: aws.String(a.IP), Domain: types.DomainTypeVpc,
		PublicIpv4Pool: aws.String("amazon"), NetworkBorderGroup: aws.String(r.Name),
	}, nil
}

func (r *region) freePublicIP() string {
	for _, network := range []string{"198.51.100", "203.0.113"} {
		for n := 1; n < 255; n++ {
			ip := fmt.Sprintf("%s.%d", network, n)
			if !r.Addresses.any(func(a *address) bool { return a.IP == ip }) &&
				!r.Interfaces.any(func(i *networkInterface) bool { return i.PublicIP == ip }) {
				return ip
			}
		}
	}
	return ""
}

// user is the interface that an address is associated with now, or nil.
func (a *address) user(r *region) *networkInterface {
	if i := r.Interfaces.Index[a.Interface]; i != nil && !i.gone(time.Now()) {
		return i
	}
	return nil
}

func (a *address) describe(r *region) types.Address {
	out := types.Address{
		AllocationId: aws.String(a.ID), PublicIp: aws.String(a.IP), Domain: types.DomainTypeVpc,
		PublicIpv4Pool: aws.String("amazon"), NetworkBorderGroup: aws.String(r.Name), Tags: r.tagsOn(a.ID),
	}
	if i := a.user(r); i != nil {
		out.AssociationId, out.NetworkInterfaceId, out.PrivateIpAddress = aws.String(a.Association), aws.String(i.ID), aws.String(a.private(i))
		out.NetworkInterfaceOwnerId = aws.String(r.Account)
		if x := i.attached(time.Now()); x != nil {
			out.InstanceId = text(x.Instance)
		}
	}
	return out
}

var addressQuery = query[address]{kind: addressKind, id: func(a *address) string { return a.ID }, columns: columns[address]{
	"allocation-id":        one(func(a *address) string { return a.ID }),
	"domain":               constant[address]("vpc"),
	"public-ip":            one(func(a *address) string { return a.IP }),
	"network-border-group": func(r *region, _ *address) []string { return []string{r.Name} },
	"instance-id": func(r *region, a *address) []string {
		if i := a.user(r); i != nil && i.attached(time.Now()) != nil && i.Attachment.Instance != "" {
			return []string{i.Attachment.Instance}
		}
		return nil
	},
	"network-interface-owner-id": func(r *region, a *address) []string {
		if a.user(r) == nil {
			return nil
		}
		return []string{r.Account}
	},
	"association-id": func(r *region, a *address) []string {
		if a.user(r) == nil {
			return nil
		}
		return []string{a.Association}
	},
	"network-interface-id": func(r *region, a *address) []string {
		if i := a.user(r); i != nil {
			return []string{i.ID}
		}
		return nil
	},
	"private-ip-address": func(r *region, a *address) []string {
		if i := a.user(r); i != nil {
			return []string{a.private(i)}
		}
		return nil
	},
}}

// DescribeAddresses answers addresses in the order of their allocation. EC2 does not page them.
func (s *Service) DescribeAddresses(ctx context.Context, in *ec2.DescribeAddressesInput, _ ...func(*ec2.Options)) (*ec2.DescribeAddressesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	ids := slices.Clone(in.AllocationIds)
	for _, ip := range in.PublicIps {
		i := slices.IndexFunc(r.Addresses.Items, func(a *address) bool { return a.IP == ip })
		if i < 0 {
			return nil, fakeaws.Error("InvalidAddress.NotFound", "Address '%s' not found.", ip)
		}
		ids = append(ids, r.Addresses.Items[i].ID)
	}
	conditions, err := compile(r, addressQuery, in.Filters)
	if err != nil {
		return nil, err
	}
	items := r.Addresses.Items
	if len(ids) > 0 {
		if items, err = findAll(&r.Addresses, addressKind, ids); err != nil {
			return nil, err
		}
	}
	out := &ec2.DescribeAddressesOutput{}
	for _, a := range items {
		if conditions.hold(r, a) {
			out.Addresses = append(out.Addresses, a.describe(r))
		}
	}
	return out, nil
}

// ReleaseAddress gives up an address that nothing uses.
func (s *Service) ReleaseAddress(ctx context.Context, in *ec2.ReleaseAddressInput, _ ...func(*ec2.Options)) (*ec2.ReleaseAddressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	a, err := find(&r.Addresses, addressKind, in.AllocationId)
	if err != nil {
		return nil, err
	}
	if a.user(r) != nil {
		return nil, fakeaws.Error("InvalidIPAddress.InUse", "Address %s is in use.", a.IP)
	}
	r.Addresses.remove(a.ID)
	r.forget(a.ID)
	return &ec2.ReleaseAddressOutput{}, nil
}
