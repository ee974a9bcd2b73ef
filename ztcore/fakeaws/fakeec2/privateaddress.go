package fakeec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// AssignPrivateIpAddresses gives an interface secondary private addresses.
func (s *Service) AssignPrivateIpAddresses(ctx context.Context, in *ec2.AssignPrivateIpAddressesInput, _ ...func(*ec2.Options)) (*ec2.AssignPrivateIpAddressesOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	i, err := find(&r.Interfaces, interfaceKind, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	if (len(in.PrivateIpAddresses) == 0) == (in.SecondaryPrivateIpAddressCount == nil) {
		return nil, badCombination("Exactly one of privateIpAddresses and secondaryPrivateIpAddressCount must be specified")
	}
	before := len(i.Secondary)
	if err := r.addSecondary(i, aws.ToInt32(in.SecondaryPrivateIpAddressCount), in.PrivateIpAddresses); err != nil {
		return nil, err
	}
	out := &ec2.AssignPrivateIpAddressesOutput{NetworkInterfaceId: aws.String(i.ID)}
	for _, ip := range i.Secondary[before:] {
		out.AssignedPrivateIpAddresses = append(out.AssignedPrivateIpAddresses, types.AssignedPrivateIpAddress{PrivateIpAddress: aws.String(ip)})
	}
	return out, nil
}

// UnassignPrivateIpAddresses takes secondary private addresses away, with the Elastic IP addresses that stand for them.
func (s *Service) UnassignPrivateIpAddresses(ctx context.Context, in *ec2.UnassignPrivateIpAddressesInput, _ ...func(*ec2.Options)) (*ec2.UnassignPrivateIpAddressesOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	i, err := find(&r.Interfaces, interfaceKind, in.NetworkInterfaceId)
	if err != nil {
		return nil, err
	}
	for _, ip := range in.PrivateIpAddresses {
		if !slices.Contains(i.Secondary, ip) {
			return nil, invalidParameter("Some of %v are not assigned to interface %s as secondary addresses", in.PrivateIpAddresses, i.ID)
		}
	}
	i.Secondary = slices.DeleteFunc(i.Secondary, func(ip string) bool { return slices.Contains(in.PrivateIpAddresses, ip) })
	for _, a := range r.Addresses.Items {
		if a.Interface == i.ID && slices.Contains(in.PrivateIpAddresses, a.Private) {
			a.Interface, a.Association, a.Private = "", "", ""
		}
	}
	return &ec2.UnassignPrivateIpAddressesOutput{}, nil
}
