package containment

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// refusedWith reports whether AWS's answer was an error with one of the codes.
func refusedWith(err error, codes ...string) bool {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return false
	}
	for _, c := range codes {
		if refused.ErrorCode() == c {
			return true
		}
	}
	return false
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: &name, Values: values}
}

// describeInstances reads all pages of a listing.
func describeInstances(ctx context.Context, cfg aws.Config, in ec2.DescribeInstancesInput) ([]types.Instance, error) {
	var all []types.Instance
	for {
		page, err := ec2.NewFromConfig(cfg).DescribeInstances(ctx, &in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Reservations {
			all = append(all, r.Instances...)
		}
		if aws.ToString(page.NextToken) == "" {
			return all, nil
		}
		in.NextToken = page.NextToken
	}
}

func describeInstance(ctx context.Context, cfg aws.Config, instance string) (types.Instance, error) {
	found, err := describeInstances(ctx, cfg, ec2.DescribeInstancesInput{InstanceIds: []string{instance}})
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("instance %s is not there", instance)
	}
	if err != nil {
		return types.Instance{}, err
	}
	return found[0], nil
}

func describeInterfaces(ctx context.Context, cfg aws.Config, filters ...types.Filter) ([]types.NetworkInterface, error) {
	in := &ec2.DescribeNetworkInterfacesInput{Filters: filters}
	var all []types.NetworkInterface
	for {
		page, err := ec2.NewFromConfig(cfg).DescribeNetworkInterfaces(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.NetworkInterfaces...)
		if aws.ToString(page.NextToken) == "" {
			return all, nil
		}
		in.NextToken = page.NextToken
	}
}

// interfacesOf are the interfaces that are attached to an instance now.
func interfacesOf(ctx context.Context, cfg aws.Config, instance string) ([]types.NetworkInterface, error) {
	return describeInterfaces(ctx, cfg, filter("attachment.instance-id", instance))
}

func describeGroups(ctx context.Context, cfg aws.Config, filters ...types.Filter) ([]types.SecurityGroup, error) {
	in := &ec2.DescribeSecurityGroupsInput{Filters: filters}
	var all []types.SecurityGroup
	for {
		page, err := ec2.NewFromConfig(cfg).DescribeSecurityGroups(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.SecurityGroups...)
		if aws.ToString(page.NextToken) == "" {
			return all, nil
		}
		in.NextToken = page.NextToken
	}
}

func describeACLs(ctx context.Context, cfg aws.Config, filters ...types.Filter) ([]types.NetworkAcl, error) {
	in := &ec2.DescribeNetworkAclsInput{Filters: filters}
	var all []types.NetworkAcl
	for {
		page, err := ec2.NewFromConfig(cfg).DescribeNetworkAcls(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.NetworkAcls...)
		if aws.ToString(page.NextToken) == "" {
			return all, nil
		}
		in.NextToken = page.NextToken
	}
}

func describeRouteTables(ctx context.Context, cfg aws.Config, filters ...types.Filter) ([]types.RouteTable, error) {
	in := &ec2.DescribeRouteTablesInput{Filters: filters}
	var all []types.RouteTable
	for {
		page, err := ec2.NewFromConfig(cfg).DescribeRouteTables(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.RouteTables...)
		if aws.ToString(page.NextToken) == "" {
			return all, nil
		}
		in.NextToken = page.NextToken
	}
}

func describeSnapshots(ctx context.Context, cfg aws.Config, in ec2.DescribeSnapshotsInput) ([]types.Snapshot, error) {
	var all []types.Snapshot
	for {
		page, err := ec2.NewFromConfig(cfg).DescribeSnapshots(ctx, &in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Snapshots...)
		if aws.ToString(page.NextToken) == "" {
			return all, nil
		}
		in.NextToken = page.NextToken
	}
}

func ec2Tags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range sortedKeys(tags) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func tagOf(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}
