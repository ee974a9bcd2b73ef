package fakeec2_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

var ctx = context.Background()

// world is a cloud with a client of the default account and region.
type world struct {
	*ec2.Client
	cloud *fakeaws.Cloud
	t     *testing.T
}

func newWorld(t *testing.T) *world {
	cloud := fakeaws.New(fakeec2.Install)
	return &world{Client: ec2.NewFromConfig(cloud.Config()), cloud: cloud, t: t}
}

func (w *world) vpc(cidr string) string {
	w.t.Helper()
	out, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr})
	require.NoError(w.t, err)
	return *out.Vpc.VpcId
}

func (w *world) subnet(vpc, cidr, zone string) string {
	w.t.Helper()
	out, err := w.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr, AvailabilityZone: &zone})
	require.NoError(w.t, err)
	return *out.Subnet.SubnetId
}

func (w *world) group(vpc, name string) string {
	w.t.Helper()
	out, err := w.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: &name, Description: aws.String("d")})
	require.NoError(w.t, err)
	return *out.GroupId
}

func (w *world) table(vpc string) string {
	w.t.Helper()
	out, err := w.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc})
	require.NoError(w.t, err)
	return *out.RouteTable.RouteTableId
}

func (w *world) gateway() string {
	w.t.Helper()
	out, err := w.CreateInternetGateway(ctx, nil)
	require.NoError(w.t, err)
	return *out.InternetGateway.InternetGatewayId
}

func (w *world) describeGroup(id string) types.SecurityGroup {
	w.t.Helper()
	out, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	require.NoError(w.t, err)
	require.Len(w.t, out.SecurityGroups, 1)
	return out.SecurityGroups[0]
}

func (w *world) allow(group string, permissions ...types.IpPermission) []types.SecurityGroupRule {
	w.t.Helper()
	out, err := w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions})
	require.NoError(w.t, err)
	return out.SecurityGroupRules
}

func tcp(port int32, cidrs ...string) types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port}
	for _, c := range cidrs {
		p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: aws.String(c)})
	}
	return p
}

func filter(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: &name, Values: values}}
}

func tagged(kind types.ResourceType, pairs ...string) []types.TagSpecification {
	spec := types.TagSpecification{ResourceType: kind}
	for i := 0; i < len(pairs); i += 2 {
		spec.Tags = append(spec.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return []types.TagSpecification{spec}
}

func requireCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
}

func TestFreshRegionHasADefaultVPC(t *testing.T) {
	w := newWorld(t)
	vpcs, err := w.DescribeVpcs(ctx, nil)
	require.NoError(t, err)
	require.Len(t, vpcs.Vpcs, 1)
	v := vpcs.Vpcs[0]
	require.Equal(t, "172.31.0.0/16", *v.CidrBlock)
	require.True(t, *v.IsDefault)

	in := filter("vpc-id", *v.VpcId)
	subnets, err := w.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, subnets.Subnets, 6)
	for i, n := range subnets.Subnets {
		require.True(t, *n.DefaultForAz)
		require.True(t, *n.MapPublicIpOnLaunch)
		require.Equal(t, []string{"172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20", "172.31.48.0/20", "172.31.64.0/20", "172.31.80.0/20"}[i], *n.CidrBlock)
		require.Equal(t, int32(4091), *n.AvailableIpAddressCount)
	}
	gateways, err := w.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: filter("attachment.vpc-id", *v.VpcId)})
	require.NoError(t, err)
	require.Len(t, gateways.InternetGateways, 1)

	tables, err := w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, tables.RouteTables, 1)
	require.True(t, *tables.RouteTables[0].Associations[0].Main)
	require.Len(t, tables.RouteTables[0].Routes, 2)
	require.Equal(t, "0.0.0.0/0", *tables.RouteTables[0].Routes[1].DestinationCidrBlock)
	require.Equal(t, types.RouteStateActive, tables.RouteTables[0].Routes[1].State)

	acls, err := w.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, acls.NetworkAcls, 1)
	require.True(t, *acls.NetworkAcls[0].IsDefault)
	require.Len(t, acls.NetworkAcls[0].Associations, 6)
	require.Len(t, acls.NetworkAcls[0].Entries, 4)
	require.Equal(t, types.RuleActionAllow, acls.NetworkAcls[0].Entries[0].RuleAction)

	groups, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, groups.SecurityGroups, 1)
	g := groups.SecurityGroups[0]
	require.Equal(t, "default", *g.GroupName)
	require.Equal(t, *g.GroupId, *g.IpPermissions[0].UserIdGroupPairs[0].GroupId)
	require.Equal(t, "0.0.0.0/0", *g.IpPermissionsEgress[0].IpRanges[0].CidrIp)

	for name, want := range map[types.VpcAttributeName]bool{types.VpcAttributeNameEnableDnsHostnames: true, types.VpcAttributeNameEnableDnsSupport: true} {
		a, err := w.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: v.VpcId, Attribute: name})
		require.NoError(t, err)
		for _, value := range []*types.AttributeBooleanValue{a.EnableDnsHostnames, a.EnableDnsSupport} {
			if value != nil {
				require.Equal(t, want, *value.Value)
			}
		}
	}
}

func TestAccountsAndRegionsShareNothing(t *testing.T) {
	w := newWorld(t)
	w.vpc("10.0.0.0/16")
	for _, cfg := range []aws.Config{w.cloud.ConfigFor("210987654321", "us-east-1"), w.cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1")} {
		out, err := ec2.NewFromConfig(cfg).DescribeVpcs(ctx, nil)
		require.NoError(t, err)
		require.Len(t, out.Vpcs, 1)
	}
}

func TestErrorsAreTypedAndCarryTheRequestID(t *testing.T) {
	w := newWorld(t)
	_, err := w.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0123456789abcdef0"}})
	requireCode(t, err, "InvalidVpcID.NotFound")
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, 400, response.HTTPStatusCode())
	require.NotEmpty(t, response.RequestID)
}

func TestDryRunChangesNothing(t *testing.T) {
	w := newWorld(t)
	_, err := w.DescribeVpcs(ctx, nil)
	require.NoError(t, err)
	before := w.cloud.Snapshot()
	_, err = w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), DryRun: aws.Bool(true)})
	requireCode(t, err, "DryRunOperation")
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, 412, response.HTTPStatusCode())
	require.Equal(t, before, w.cloud.Snapshot())
}

func TestEveryListPages(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	w.subnet(v, "10.0.1.0/24", "us-east-1a")
	w.table(v)
	w.gateway()
	w.group(v, "a")
	_, err := w.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{v}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("")}, {Key: aws.String("b"), Value: aws.String("")}}})
	require.NoError(t, err)
	w.cloud.SetPageSize(1)
	for name, list := range map[string]func(token *string) (int, *string, error){
		"vpcs": func(token *string) (int, *string, error) {
			out, err := w.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.Vpcs), out.NextToken })
		},
		"subnets": func(token *string) (int, *string, error) {
			out, err := w.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.Subnets), out.NextToken })
		},
		"groups": func(token *string) (int, *string, error) {
			out, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.SecurityGroups), out.NextToken })
		},
		"rules": func(token *string) (int, *string, error) {
			out, err := w.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.SecurityGroupRules), out.NextToken })
		},
		"tables": func(token *string) (int, *string, error) {
			out, err := w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.RouteTables), out.NextToken })
		},
		"gateways": func(token *string) (int, *string, error) {
			out, err := w.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.InternetGateways), out.NextToken })
		},
		"services": func(token *string) (int, *string, error) {
			out, err := w.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.ServiceDetails), out.NextToken })
		},
		"tags": func(token *string) (int, *string, error) {
			out, err := w.DescribeTags(ctx, &ec2.DescribeTagsInput{NextToken: token})
			return pageOf(err, func() (int, *string) { return len(out.Tags), out.NextToken })
		},
	} {
		t.Run(name, func(t *testing.T) {
			pages := 0
			for token := (*string)(nil); ; pages++ {
				n, next, err := list(token)
				require.NoError(t, err)
				require.Equal(t, 1, n)
				if token = next; token == nil {
					break
				}
			}
			require.NotZero(t, pages, "there was more than one page")
			_, _, err := list(aws.String("junk"))
			requireCode(t, err, "InvalidNextToken")
		})
	}
}

func pageOf(err error, page func() (int, *string)) (int, *string, error) {
	if err != nil {
		return 0, nil, err
	}
	n, next := page()
	return n, next, nil
}

func TestMaxResultsIsBounded(t *testing.T) {
	w := newWorld(t)
	for _, n := range []int32{-1, 4, 1001} {
		_, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(n)})
		requireCode(t, err, "InvalidParameterValue")
	}
	_, err := w.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5), NetworkInterfaceIds: []string{"eni-0123456789abcdef0"}})
	requireCode(t, err, "InvalidParameterCombination")
	endpoints, err := w.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{MaxResults: aws.Int32(5000)})
	require.NoError(t, err, "cut, not refused")
	require.Empty(t, endpoints.VpcEndpoints)
}

func TestFilters(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	for _, name := range []string{"web-1", "web-2", "db*1"} {
		_, err := w.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &v, GroupName: &name, Description: aws.String("d"),
			TagSpecifications: tagged(types.ResourceTypeSecurityGroup, "name", name, "empty", "")})
		require.NoError(t, err)
	}
	names := func(filters ...types.Filter) []string {
		out, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters})
		require.NoError(t, err)
		found := []string{}
		for _, g := range out.SecurityGroups {
			found = append(found, *g.GroupName)
		}
		return found
	}
	f := func(name string, values ...string) types.Filter { return types.Filter{Name: &name, Values: values} }
	require.Equal(t, []string{"web-1", "web-2"}, names(f("group-name", "web-*")))
	require.Equal(t, []string{"web-1", "web-2"}, names(f("group-name", "web-?", "nothing")))
	require.Equal(t, []string{"db*1"}, names(f("group-name", `db\*1`)), "an escaped wildcard is literal")
	require.Equal(t, []string{}, names(f("group-name", "WEB-*")), "filters mind case")
	require.Equal(t, []string{"web-1"}, names(f("tag:name", "web-1", "other")))
	require.Equal(t, []string{"web-1", "web-2", "db*1"}, names(f("tag:empty", "")))
	require.Equal(t, []string{"web-2"}, names(f("tag-key", "name"), f("group-name", "*2")))
	require.Equal(t, []string{"default", "web-1", "web-2", "db*1"}, names(f("vpc-id", v)))
	require.Equal(t, []string{"web-1", "web-2", "db*1"}, names(f("vpc-id", v), f("description", "d")))
	require.Equal(t, []string{"default", "default", "web-1", "web-2", "db*1"}, names(f("egress.ip-permission.cidr", "0.0.0.0/0")))
	require.Len(t, names(f("ip-permission.group-name", "default")), 2)

	_, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filter("no-such", "x")})
	requireCode(t, err, "InvalidParameterValue")
	require.ErrorContains(t, err, "The filter 'no-such' is invalid")
	_, err = w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filter("group-name", make([]string, 201)...)})
	requireCode(t, err, "FilterLimitExceeded")
	_, err = w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filter("group-name", make([]string, 200)...)})
	require.NoError(t, err)
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	set := func(pairs ...string) error {
		_, err := w.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{v}, Tags: tagged("", pairs...)[0].Tags})
		return err
	}
	have := func() map[string]string {
		out, err := w.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{v}})
		require.NoError(t, err)
		tags := map[string]string{}
		for _, x := range out.Vpcs[0].Tags {
			tags[*x.Key] = *x.Value
		}
		return tags
	}
	require.NoError(t, set("a", "1", "b", "2", "c", ""))
	require.NoError(t, set("a", "3"))
	require.Equal(t, map[string]string{"a": "3", "b": "2", "c": ""}, have())

	drop := func(tags ...types.Tag) {
		_, err := w.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{v}, Tags: tags})
		require.NoError(t, err)
	}
	drop(types.Tag{Key: aws.String("a"), Value: aws.String("other")})
	require.Contains(t, have(), "a", "another value is no match")
	drop(types.Tag{Key: aws.String("b"), Value: aws.String("")})
	require.Contains(t, have(), "b", "an empty value matches an empty value only")
	drop(types.Tag{Key: aws.String("a")}, types.Tag{Key: aws.String("c"), Value: aws.String("")})
	require.Equal(t, map[string]string{"b": "2"}, have())
	drop()
	require.Empty(t, have())

	for i := range 50 {
		require.NoError(t, set(string(rune('A'+i)), ""))
	}
	requireCode(t, set("one more", ""), "TagLimitExceeded")
	require.NoError(t, set("A", "overwritten"))
	out, err := w.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: filter("resource-type", "vpc")})
	require.NoError(t, err)
	require.Len(t, out.Tags, 50)
	require.Equal(t, "overwritten", *out.Tags[0].Value)
	require.Equal(t, v, *out.Tags[0].ResourceId)

	_, err = w.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &v})
	require.NoError(t, err)
	out, err = w.DescribeTags(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, out.Tags, "tags go with their resource")
}

func TestClientTokens(t *testing.T) {
	w := newWorld(t)
	v, other := w.vpc("10.0.0.0/16"), w.vpc("10.1.0.0/16")
	n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
	token := aws.String("token")
	for name, create := range map[string]func(vpc string) (string, error){
		"CreateRouteTable": func(vpc string) (string, error) {
			out, err := w.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &vpc, ClientToken: token})
			if err != nil {
				return "", err
			}
			return *out.RouteTable.RouteTableId, nil
		},
		"CreateNetworkAcl": func(vpc string) (string, error) {
			out, err := w.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &vpc, ClientToken: token})
			if err != nil {
				return "", err
			}
			return *out.NetworkAcl.NetworkAclId, nil
		},
		"CreateVpcEndpoint": func(vpc string) (string, error) {
			out, err := w.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: aws.String("com.amazonaws.us-east-1.s3"), ClientToken: token})
			if err != nil {
				return "", err
			}
			return *out.VpcEndpoint.VpcEndpointId, nil
		},
		"CreateFlowLogs": func(vpc string) (string, error) {
			out, err := w.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{ResourceIds: []string{vpc}, ResourceType: "VPC", TrafficType: "ALL",
				LogDestinationType: "s3", LogDestination: aws.String("arn:aws:s3:::logs"), ClientToken: token})
			if err != nil {
				return "", err
			}
			return out.FlowLogIds[0], nil
		},
		"CreateNatGateway": func(vpc string) (string, error) {
			in := &ec2.CreateNatGatewayInput{SubnetId: &n, ConnectivityType: "private", ClientToken: token}
			if vpc != v {
				in.PrivateIpAddress = aws.String("10.0.1.77")
			}
			out, err := w.CreateNatGateway(ctx, in)
			if err != nil {
				return "", err
			}
			return *out.NatGateway.NatGatewayId, nil
		},
		"CreateNetworkInterface": func(vpc string) (string, error) {
			in := &ec2.CreateNetworkInterfaceInput{SubnetId: &n, ClientToken: token}
			if vpc != v {
				in.Description = aws.String("other")
			}
			out, err := w.CreateNetworkInterface(ctx, in)
			if err != nil {
				return "", err
			}
			return *out.NetworkInterface.NetworkInterfaceId, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, err := create(v)
			require.NoError(t, err)
			second, err := create(v)
			require.NoError(t, err)
			require.Equal(t, first, second)
			_, err = create(other)
			requireCode(t, err, "IdempotentParameterMismatch")
		})
	}
}

func TestALostAnswerLeavesASecondVPCBehind(t *testing.T) {
	w := newWorld(t)
	w.cloud.Inject(t, &fakeaws.Fault{Operation: "CreateVpc", Times: 1, After: fakeaws.Lost()})
	w.vpc("10.0.0.0/16")
	out, err := w.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filter("cidr", "10.0.0.0/16")})
	require.NoError(t, err)
	require.Len(t, out.Vpcs, 2, "CreateVpc has no client token")
}

func TestStaleReadsSeeTheOldWorld(t *testing.T) {
	w := newWorld(t)
	g := w.group(w.vpc("10.0.0.0/16"), "g")
	w.cloud.SetStaleReads(time.Hour, false)
	w.allow(g, tcp(443, "10.0.0.0/8"))
	require.Empty(t, w.describeGroup(g).IpPermissions)
	w.cloud.SetStaleReads(0, false)
	require.Len(t, w.describeGroup(g).IpPermissions, 1)
}

func TestUnhonouredMembersFailByName(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{Ipv4IpamPoolId: aws.String("ipam-pool-1")})
	var missing *fakeaws.NotFakedError
	require.True(t, errors.As(err, &missing))
	require.Equal(t, "Ipv4IpamPoolId", missing.Member)
}

func TestTenThousandGroups(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	s := fakeec2.Of(w.cloud)
	for i := range 10_000 {
		name := fmt.Sprintf("g%d", i)
		_, err := s.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &v, GroupName: &name, Description: aws.String("d")})
		require.NoError(t, err)
	}
	start := time.Now()
	seen := 0
	in := &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(1000), Filters: filter("group-name", "g*")}
	for {
		out, err := w.DescribeSecurityGroups(ctx, in)
		require.NoError(t, err)
		seen += len(out.SecurityGroups)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, 10_000, seen)
	require.Less(t, time.Since(start), 10*time.Second, "describing is linear in the groups")
}
