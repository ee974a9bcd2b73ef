package fakeec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// dhcpOptions is a DHCP options set. There is only the region's default one, which every VPC uses.
type dhcpOptions struct{ ID, Domain string }

func (s *Service) freshDHCPOptions(r *region) (string, *dhcpOptions) {
	d := &dhcpOptions{ID: s.cloud.ID("dopt-", 17), Domain: r.internalDomain()}
	return d.ID, d
}

// internalDomain is the domain of private DNS names ("Amazon DNS server", VPC User Guide).
func (r *region) internalDomain() string {
	if r.Name == "us-east-1" {
		return "ec2.internal"
	}
	return r.Name + ".compute.internal"
}

var dhcpQuery = query[dhcpOptions]{kind: dhcpKind, id: func(d *dhcpOptions) string { return d.ID }, columns: columns[dhcpOptions]{
	"dhcp-options-id": one(func(d *dhcpOptions) string { return d.ID }),
	"key":             func(*region, *dhcpOptions) []string { return []string{"domain-name", "domain-name-servers"} },
	"value":           func(_ *region, d *dhcpOptions) []string { return []string{d.Domain, "AmazonProvidedDNS"} },
	"owner-id":        owner[dhcpOptions],
}}

// DescribeDhcpOptions answers the default DHCP options set.
func (s *Service) DescribeDhcpOptions(ctx context.Context, in *ec2.DescribeDhcpOptionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeDhcpOptionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.DHCPOptions, dhcpQuery, asked{in.DhcpOptionsIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeDhcpOptionsOutput{NextToken: next}
	for _, d := range found {
		out.DhcpOptions = append(out.DhcpOptions, types.DhcpOptions{
			DhcpOptionsId: aws.String(d.ID), OwnerId: aws.String(r.Account), Tags: r.tagsOn(d.ID),
			DhcpConfigurations: []types.DhcpConfiguration{
				{Key: aws.String("domain-name"), Values: []types.AttributeValue{{Value: aws.String(d.Domain)}}},
				{Key: aws.String("domain-name-servers"), Values: []types.AttributeValue{{Value: aws.String("AmazonProvidedDNS")}}},
			},
		})
	}
	return out, nil
}
