package fakeec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func noAttachment(id string) error {
	return fakeaws.Error("InvalidAttachmentID.NotFound", "The network interface attachment '%s' does not exist.", id)
}

// attach ties an interface to an instance.
func (s *Service) attach(r *region, i *networkInterface, to *instance, index int32, deleteOnTermination bool) {
	i.Attachment = &attachment{
		ID: s.cloud.ID("eni-attach-", 17), Owner: r.Account, Since: time.Now(), Instance: to.ID, Index: index, DeleteOnTermination: deleteOnTermination,
	}
}

// AttachNetworkInterface attaches an interface to a running or stopped instance of its zone.
func (s *Service) AttachNetworkInterface(ctx context.Context, in *ec2.AttachNetworkInterfaceInput, _ ...func(*ec2.Options)) (*ec2.AttachNetworkInterfaceOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	i, err := find(&r.Interfaces, interfaceKind, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	to, err := r.settled(in.InstanceId)
	if err != nil {
		return nil, err
	}
	if i.attached(time.Now()) != nil {
		return nil, fakeaws.Error("InvalidNetworkInterface.InUse", "Network interface '%s' is currently in use.", i.ID)
	}
	if i.Zone != to.Zone {
		return nil, invalidParameter("You may not attach a network interface to an instance if they are not in the same availability zone")
	}
	for _, o := range r.interfacesOf(to, time.Now()) {
		if o.Attachment.Index == aws.ToInt32(in.DeviceIndex) {
			return nil, invalidParameter("Instance '%s' already has an interface attached at device index '%d'.", to.ID, o.Attachment.Index)
		}
	}
	s.attach(r, i, to, aws.ToInt32(in.DeviceIndex), false)
	return &ec2.AttachNetworkInterfaceOutput{AttachmentId: aws.String(i.Attachment.ID), NetworkCardIndex: aws.Int32(0)}, nil
}

// DetachNetworkInterface detaches an interface other than the primary one. It is detaching while the cloud settles.
func (s *Service) DetachNetworkInterface(ctx context.Context, in *ec2.DetachNetworkInterfaceInput, _ ...func(*ec2.Options)) (*ec2.DetachNetworkInterfaceOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, i := range r.Interfaces.Items {
		a := i.attached(now)
		if a == nil || a.ID != aws.ToString(in.AttachmentId) {
			continue
		}
		if i.Managed {
			return nil, fakeaws.Status(403, fakeaws.Error("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments."))
		}
		if a.Index == 0 {
			return nil, fakeaws.Error("OperationNotPermitted", "The network interface at device index 0 cannot be detached.")
		}
		a.Ends = now.Add(s.settle())
		return &ec2.DetachNetworkInterfaceOutput{}, nil
	}
	return nil, noAttachment(aws.ToString(in.AttachmentId))
}

// DescribeNetworkInterfaceAttribute answers one attribute.
func (s *Service) DescribeNetworkInterfaceAttribute(ctx context.Context, in *ec2.DescribeNetworkInterfaceAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfaceAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	i, err := find(&r.Interfaces, interfaceKind, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	all := i.describe(r)
	out := &ec2.DescribeNetworkInterfaceAttributeOutput{NetworkInterfaceId: aws.String(i.ID)}
	switch in.Attribute {
	case types.NetworkInterfaceAttributeGroupSet:
		out.Groups = all.Groups
	case types.NetworkInterfaceAttributeDescription:
		out.Description = &types.AttributeValue{Value: all.Description}
	case types.NetworkInterfaceAttributeSourceDestCheck:
		out.SourceDestCheck = &types.AttributeBooleanValue{Value: all.SourceDestCheck}
	case types.NetworkInterfaceAttributeAttachment:
		out.Attachment = all.Attachment
	default:
		return nil, invalidParameter("Value (%s) for parameter attribute is invalid. Unknown network interface attribute", in.Attribute)
	}
	return out, nil
}

// addSecondary gives an interface more private addresses: those named, and a number of free ones.
func (r *region) addSecondary(i *networkInterface, count int32, named []string) error {
	n := r.Subnets.Index[i.Subnet]
	taken := r.takenIn(n.ID)
	var added []string
	for _, ip := range named {
		if err := assignable(n, ip, taken); err != nil {
			return err
		}
		taken[ip] = true
		added = append(added, ip)
	}
	for range count {
		ip, err := freeIn(n, taken)
		if err != nil {
			return err
		}
		taken[ip] = true
		added = append(added, ip)
	}
	i.Secondary = append(i.Secondary, added...)
	return nil
}
