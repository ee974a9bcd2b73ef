package fakeec2

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// AssociateAddress puts an Elastic IP address on an interface, or on the only interface of an instance. A public address that
// AWS had assigned is given up.
func (s *Service) AssociateAddress(ctx context.Context, in *ec2.AssociateAddressInput, _ ...func(*ec2.Options)) (*ec2.AssociateAddressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	a, err := find(&r.Addresses, addressKind, in.AllocationId)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var i *networkInterface
	switch {
	case (in.InstanceId == nil) == (in.NetworkInterfaceId == nil):
		return nil, badCombination("Exactly one of instanceId and networkInterfaceId must be specified")
	case in.NetworkInterfaceId != nil:
		if i, err = find(&r.Interfaces, interfaceKind, in.NetworkInterfaceId); err != nil {
			return nil, err
		}
	default:
		at, err := r.settled(in.InstanceId)
		if err != nil {
			return nil, err
		}
		if i, err = r.onlyInterface(at, now); err != nil {
			return nil, err
		}
	}
	private := ""
	if ip := aws.ToString(in.PrivateIpAddress); ip != "" && ip != i.IP {
		if !slices.Contains(i.Secondary, ip) {
			return nil, invalidParameter("The private IP address '%s' is not assigned to interface %s", ip, i.ID)
		}
		private = ip
	}
	if !r.Gateways.any(func(g *gateway) bool { return g.VPC == i.VPC }) {
		return nil, fakeaws.Error("Gateway.NotAttached", "Network %s is not attached to any internet gateway", i.VPC)
	}
	if u := a.user(r); u != nil && !aws.ToBool(in.AllowReassociation) && (u != i || a.Private != private) {
		return nil, fakeaws.Error("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", a.ID, a.Association)
	}
	for _, o := range r.Addresses.Items { // the address that was there makes way
		if o != a && o.Interface == i.ID && o.Private == private {
			if !aws.ToBool(in.AllowReassociation) {
				return nil, fakeaws.Error("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", i.ID, o.Association)
			}
			o.Interface, o.Association, o.Private = "", "", ""
		}
	}
	if private == "" {
		i.PublicIP = ""
	}
	a.Interface, a.Private, a.Association = i.ID, private, s.cloud.ID("eipassoc-", 17)
	return &ec2.AssociateAddressOutput{AssociationId: aws.String(a.Association)}, nil
}

// DisassociateAddress takes an Elastic IP address off. An instance that AWS gives a public address gets a new one, if it has no
// other interface ("Public IPv4 addresses", EC2 User Guide).
func (s *Service) DisassociateAddress(ctx context.Context, in *ec2.DisassociateAddressInput, _ ...func(*ec2.Options)) (*ec2.DisassociateAddressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	for _, a := range r.Addresses.Items {
		if a.Association == "" || a.Association != aws.ToString(in.AssociationId) {
			continue
		}
		i, primary := a.user(r), a.Private == ""
		if i != nil && i.Managed {
			return nil, fakeaws.Error("AuthFailure", "You do not have permission to access the specified resource.")
		}
		a.Interface, a.Association, a.Private = "", "", ""
		if i != nil && primary {
			return &ec2.DisassociateAddressOutput{}, r.assignPublic(i)
		}
		return &ec2.DisassociateAddressOutput{}, nil
	}
	return nil, fakeaws.Error("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", aws.ToString(in.AssociationId))
}

// assignPublic gives an interface the public address that AWS assigns to a running instance with no other interface.
func (r *region) assignPublic(i *networkInterface) error {
	now := time.Now()
	a := i.attached(now)
	if !i.AutoPublic || i.PublicIP != "" || a == nil || r.Addresses.any(func(o *address) bool { return o.Interface == i.ID && o.Private == "" }) {
		return nil
	}
	at := r.Instances.Index[a.Instance]
	if at == nil || at.down(now) || len(r.interfacesOf(at, now)) > 1 {
		return nil
	}
	if i.PublicIP = r.freePublicIP(); i.PublicIP == "" {
		return fakeaws.Error("AddressLimitExceeded", "The maximum number of addresses has been reached.")
	}
	return nil
}
