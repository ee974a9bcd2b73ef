package fakeec2_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

// documentedFilter is how the SDK's documentation lists the filters of an operation.
var documentedFilter = regexp.MustCompile(`(?m)^\s*//\s+- ([a-z0-9.-]+) ?[:-]`)

// TestDocumentedFiltersAreKnown takes the names of filters from the documentation of the SDK in use.
func TestDocumentedFiltersAreKnown(t *testing.T) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/ec2").Output()
	require.NoError(t, err)
	w := newWorld(t)
	v, _ := w.online("10.0.0.0/16")
	n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
	eip := w.address()
	_, err = w.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &n, AllocationId: &eip})
	require.NoError(t, err)
	_, err = w.CreateFlowLogs(ctx, toLogs(v))
	require.NoError(t, err)
	_, err = w.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &v, ServiceName: aws.String(s3Service)})
	require.NoError(t, err)
	other := w.vpc("10.1.0.0/16")
	_, err = w.CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{VpcId: &v, PeerVpcId: &other})
	require.NoError(t, err)
	for _, name := range []string{"DescribeVpcs", "DescribeSubnets", "DescribeSecurityGroups", "DescribeSecurityGroupRules", "DescribeRouteTables",
		"DescribeInternetGateways", "DescribeNatGateways", "DescribeAddresses", "DescribeNetworkAcls", "DescribeNetworkInterfaces", "DescribeVpcEndpoints",
		"DescribeVpcEndpointServices", "DescribeFlowLogs", "DescribeDhcpOptions", "DescribePrefixLists", "DescribeManagedPrefixLists", "DescribeTags",
		"DescribeInstances", "DescribeInstanceStatus", "DescribeIamInstanceProfileAssociations", "DescribeVolumes", "DescribeSnapshots",
		"DescribeLaunchTemplates",
		"DescribeVpcPeeringConnections", "DescribeRegions", "DescribeAvailabilityZones"} {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "api_op_"+name+".go"))
			require.NoError(t, err)
			call := reflect.ValueOf(w.Client).MethodByName(name)
			in := reflect.New(call.Type().In(1).Elem())
			input := regexp.MustCompile(`(?s)\ntype ` + name + `Input struct.*?\n}`).Find(source)
			found := documentedFilter.FindAllSubmatch(input, -1)
			require.NotEmpty(t, found)
			for _, m := range found {
				filters := in.Elem().FieldByName("Filters")
				if !filters.IsValid() {
					filters = in.Elem().FieldByName("Filter")
				}
				filter := string(m[1])
				if filter == "tag" {
					filter = "tag:some"
				}
				filters.Set(reflect.ValueOf([]types.Filter{{Name: &filter, Values: []string{"?*"}}}))
				out := call.Call([]reflect.Value{reflect.ValueOf(ctx), in})
				require.Nil(t, out[1].Interface(), filter)
			}
		})
	}
}

func TestFiltersFindWhatTheyName(t *testing.T) {
	w := newWorld(t)
	v, igw := w.online("10.0.0.0/16")
	n := w.subnet(v, "10.0.1.0/24", "us-east-1b")
	eip := w.address()
	nat, err := w.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &n, AllocationId: &eip})
	require.NoError(t, err)
	rtb := w.table(v)
	_, err = w.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &rtb, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: nat.NatGateway.NatGatewayId})
	require.NoError(t, err)
	_, err = w.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &rtb, SubnetId: &n})
	require.NoError(t, err)
	acl := w.acl(v)
	_, err = w.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: &acl, Egress: aws.Bool(true), RuleNumber: aws.Int32(7), RuleAction: "allow",
		Protocol: aws.String("udp"), Ipv6CidrBlock: aws.String("2001:db8::/32"), PortRange: &types.PortRange{From: aws.Int32(53), To: aws.Int32(54)}})
	require.NoError(t, err)

	for filter, value := range map[string]string{"subnet-id": n, "availability-zone": "us-east-1b", "availability-zone-id": "use1-az2", "cidr-block": "10.0.1.0/24",
		"available-ip-address-count": "250"} {
		values := []types.Filter{{Name: &filter, Values: []string{value}}, {Name: aws.String("vpc-id"), Values: []string{v}}}
		out, err := w.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: values})
		require.NoError(t, err)
		require.Len(t, out.Subnets, 1, filter)
	}
	for name, value := range map[string]string{"association.subnet-id": n, "route.nat-gateway-id": *nat.NatGateway.NatGatewayId, "association.route-table-id": rtb} {
		out, err := w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filter(name, value)})
		require.NoError(t, err)
		require.Len(t, out.RouteTables, 1, name)
		require.Equal(t, rtb, *out.RouteTables[0].RouteTableId)
	}
	for name, value := range map[string]string{"entry.ipv6-cidr": "2001:db8::/32", "entry.protocol": "17", "entry.port-range.from": "53", "entry.port-range.to": "54", "entry.rule-number": "7"} {
		out, err := w.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filter(name, value)})
		require.NoError(t, err)
		require.Len(t, out.NetworkAcls, 1, name)
		require.Equal(t, acl, *out.NetworkAcls[0].NetworkAclId)
	}
	gateways, err := w.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: filter("internet-gateway-id", igw)})
	require.NoError(t, err)
	require.Len(t, gateways.InternetGateways, 1)
	addresses, err := w.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filter("private-ip-address", "10.0.1.4")})
	require.NoError(t, err)
	require.Equal(t, eip, *addresses.Addresses[0].AllocationId)
	for name, value := range map[string]string{"association.allocation-id": eip, "attachment.status": "attached", "status": "in-use", "requester-managed": "true", "subnet-id": n} {
		out, err := w.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter(name, value)})
		require.NoError(t, err)
		require.Len(t, out.NetworkInterfaces, 1, name)
	}
}

func TestRulesCanBeTagged(t *testing.T) {
	w := newWorld(t)
	g := w.group(w.vpc("10.0.0.0/16"), "g")
	made, err := w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &g, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
		CidrIp: aws.String("203.0.113.0/24"), TagSpecifications: tagged(types.ResourceTypeSecurityGroupRule, "a", "1")})
	require.NoError(t, err, "the older members are one permission")
	id := *made.SecurityGroupRules[0].SecurityGroupRuleId
	_, err = w.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}}})
	require.NoError(t, err)
	out, err := w.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filter("tag:b", "2")})
	require.NoError(t, err)
	require.Len(t, out.SecurityGroupRules[0].Tags, 2)
	_, err = w.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &g, SecurityGroupRuleIds: []string{id}})
	require.NoError(t, err)
	tags, err := w.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: filter("tag:a", "1")})
	require.NoError(t, err)
	require.Empty(t, tags.Tags)
	_, err = w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &g, CidrIp: aws.String("203.0.113.0/24"), IpProtocol: aws.String("-1"),
		IpPermissions: []types.IpPermission{tcp(22, "10.0.0.0/8")}})
	requireCode(t, err, "InvalidParameterCombination")
}
