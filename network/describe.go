package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

const (
	pageSize       = 1000 // what most Describe operations give at most
	routeTablePage = 100  // what DescribeRouteTables gives at most
	maxFilterValue = 200  // values of one filter ("Filtering", EC2 API reference)
)

// filter selects by one attribute.
func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}

// narrow filters by what is looked for: not at all where everything is asked for, or more than a filter takes. The
// engine passes over what nobody looked for.
func narrow[S any](q ztcore.Query[S], name string, value func(S) string) []types.Filter {
	seen := map[string]bool{}
	var values []string
	for _, w := range q.Want {
		if v := value(w); !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	if q.Owned || len(values) == 0 || len(values) > maxFilterValue {
		return nil
	}
	return []types.Filter{filter(name, values...)}
}

func describeVPCs(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.Vpc, err error) {
	in := &ec2.DescribeVpcsInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeVpcs(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Vpcs...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeSubnets(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.Subnet, err error) {
	in := &ec2.DescribeSubnetsInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeSubnets(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Subnets...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeGroups(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.SecurityGroup, err error) {
	in := &ec2.DescribeSecurityGroupsInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeSecurityGroups(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.SecurityGroups...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeRouteTables(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.RouteTable, err error) {
	in := &ec2.DescribeRouteTablesInput{Filters: filters, MaxResults: aws.Int32(routeTablePage)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeRouteTables(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.RouteTables...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeInternetGateways(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.InternetGateway, err error) {
	in := &ec2.DescribeInternetGatewaysInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeInternetGateways(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.InternetGateways...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeNATGateways(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.NatGateway, err error) {
	in := &ec2.DescribeNatGatewaysInput{Filter: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeNatGateways(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.NatGateways...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeACLs(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.NetworkAcl, err error) {
	in := &ec2.DescribeNetworkAclsInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeNetworkAcls(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.NetworkAcls...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeEndpoints(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.VpcEndpoint, err error) {
	in := &ec2.DescribeVpcEndpointsInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeVpcEndpoints(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.VpcEndpoints...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeFlowLogs(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.FlowLog, err error) {
	in := &ec2.DescribeFlowLogsInput{Filter: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeFlowLogs(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.FlowLogs...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describeInterfaces(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.NetworkInterface, err error) {
	in := &ec2.DescribeNetworkInterfacesInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeNetworkInterfaces(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.NetworkInterfaces...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describePeerings(ctx context.Context, sc *ztcore.Scope, filters ...types.Filter) (out []types.VpcPeeringConnection, err error) {
	in := &ec2.DescribeVpcPeeringConnectionsInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribeVpcPeeringConnections(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.VpcPeeringConnections...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func describePrefixLists(ctx context.Context, sc *ztcore.Scope) (out []types.PrefixList, err error) {
	in := &ec2.DescribePrefixListsInput{MaxResults: aws.Int32(pageSize)}
	for {
		page, err := ec2.NewFromConfig(sc.Config).DescribePrefixLists(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.PrefixLists...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}
