package fakeec2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

func TestNewGroupAllowsAllEgress(t *testing.T) {
	w := newWorld(t)
	g := w.describeGroup(w.group(w.vpc("10.0.0.0/16"), "g"))
	require.Empty(t, g.IpPermissions)
	require.Len(t, g.IpPermissionsEgress, 1)
	p := g.IpPermissionsEgress[0]
	require.Equal(t, "-1", *p.IpProtocol)
	require.Nil(t, p.FromPort)
	require.Equal(t, "0.0.0.0/0", *p.IpRanges[0].CidrIp)
	require.Empty(t, p.Ipv6Ranges)
	require.Equal(t, "arn:aws:ec2:us-east-1:123456789012:security-group/"+*g.GroupId, *g.SecurityGroupArn)
}

func TestNewGroupOfAnIPv6VPCAllowsIPv6EgressToo(t *testing.T) {
	w := newWorld(t)
	v, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), AmazonProvidedIpv6CidrBlock: aws.Bool(true)})
	require.NoError(t, err)
	g := w.describeGroup(w.group(*v.Vpc.VpcId, "g"))
	require.Equal(t, "::/0", *g.IpPermissionsEgress[0].Ipv6Ranges[0].CidrIpv6)
}

func TestRulesComeBackInNormalForm(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	g, other := w.group(v, "g"), w.group(v, "other")
	six, udp := tcp(443), tcp(53, "10.0.0.0/8")
	six.IpProtocol = aws.String("6")
	six.IpRanges = []types.IpRange{{CidrIp: aws.String("100.68.0.18/18"), Description: aws.String("why")}}
	six.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("2001:DB8::1/32")}}
	udp.IpProtocol = aws.String("UDP")
	all := types.IpPermission{IpProtocol: aws.String("-1"), FromPort: aws.Int32(1), ToPort: aws.Int32(2),
		UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &other}}}
	rules := w.allow(g, six, tcp(443, "192.0.2.0/24"), udp, all)
	require.Len(t, rules, 5)

	p := w.describeGroup(g).IpPermissions
	require.Len(t, p, 3, "rules for the same protocol and ports are one permission")
	require.Equal(t, "tcp", *p[0].IpProtocol)
	require.Equal(t, "100.68.0.0/18", *p[0].IpRanges[0].CidrIp)
	require.Equal(t, "why", *p[0].IpRanges[0].Description)
	require.Equal(t, "192.0.2.0/24", *p[0].IpRanges[1].CidrIp)
	require.Equal(t, "2001:db8::/32", *p[0].Ipv6Ranges[0].CidrIpv6)
	require.Equal(t, "udp", *p[1].IpProtocol)
	require.Nil(t, p[2].FromPort, "a rule for all protocols has no ports")
	require.Equal(t, other, *p[2].UserIdGroupPairs[0].GroupId)
	require.Equal(t, "123456789012", *p[2].UserIdGroupPairs[0].UserId)

	described, err := w.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filter("group-id", g)})
	require.NoError(t, err)
	require.Len(t, described.SecurityGroupRules, 6)
	last := described.SecurityGroupRules[5]
	require.Equal(t, int32(-1), *last.FromPort)
	require.Equal(t, other, *last.ReferencedGroupInfo.GroupId)
}

func TestRulesAreAddedAllOrNone(t *testing.T) {
	w := newWorld(t)
	g := w.group(w.vpc("10.0.0.0/16"), "g")
	w.allow(g, tcp(22, "10.0.0.0/8"))
	_, err := w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &g, IpPermissions: []types.IpPermission{tcp(80, "10.0.0.0/8"), tcp(22, "10.1.2.3/8")},
	})
	requireCode(t, err, "InvalidPermission.Duplicate")
	require.ErrorContains(t, err, `the specified rule "peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW" already exists`)
	require.Len(t, w.describeGroup(g).IpPermissions, 1)
}

func TestRevokingByPermissionAndByID(t *testing.T) {
	w := newWorld(t)
	g := w.group(w.vpc("10.0.0.0/16"), "g")
	rules := w.allow(g, tcp(22, "10.0.0.0/8", "192.0.2.0/24"), tcp(80, "10.0.0.0/8"))

	out, err := w.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &g, IpPermissions: []types.IpPermission{tcp(22, "10.9.9.9/8")}})
	require.NoError(t, err)
	require.Equal(t, *rules[0].SecurityGroupRuleId, *out.RevokedSecurityGroupRules[0].SecurityGroupRuleId)

	_, err = w.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
		GroupId: &g, IpPermissions: []types.IpPermission{tcp(80, "10.0.0.0/8"), tcp(22, "10.0.0.0/8")},
	})
	requireCode(t, err, "InvalidPermission.NotFound")
	require.Len(t, w.describeGroup(g).IpPermissions, 2, "nothing was revoked")

	ids := []string{*rules[1].SecurityGroupRuleId, *rules[2].SecurityGroupRuleId}
	_, err = w.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &g, SecurityGroupRuleIds: ids})
	requireCode(t, err, "InvalidSecurityGroupRuleId.NotFound")
	_, err = w.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &g, SecurityGroupRuleIds: ids})
	require.NoError(t, err)
	require.Empty(t, w.describeGroup(g).IpPermissions)
}

func TestRevokingInTheDefaultVPCAnswersWhatIsUnknown(t *testing.T) {
	w := newWorld(t)
	out, err := w.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupName: aws.String("default"), IpPermissions: []types.IpPermission{tcp(22, "10.0.0.0/8")}})
	require.NoError(t, err)
	require.Empty(t, out.RevokedSecurityGroupRules)
	require.Equal(t, "10.0.0.0/8", *out.UnknownIpPermissions[0].IpRanges[0].CidrIp)
}

func TestRulesAreModifiedInPlace(t *testing.T) {
	w := newWorld(t)
	g := w.group(w.vpc("10.0.0.0/16"), "g")
	rules := w.allow(g, tcp(22, "10.0.0.0/8"), tcp(80, "10.0.0.0/8"))
	modify := func(id *string, r types.SecurityGroupRuleRequest) error {
		_, err := w.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
			GroupId: &g, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: id, SecurityGroupRule: &r}},
		})
		return err
	}
	id := rules[0].SecurityGroupRuleId
	to := types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIpv4: aws.String("192.0.2.7/24"), Description: aws.String("new")}
	require.NoError(t, modify(id, to))
	out, err := w.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{*id}})
	require.NoError(t, err)
	require.Equal(t, "192.0.2.0/24", *out.SecurityGroupRules[0].CidrIpv4)
	require.Equal(t, "new", *out.SecurityGroupRules[0].Description)

	requireCode(t, modify(rules[1].SecurityGroupRuleId, to), "InvalidPermission.Duplicate")
	to.CidrIpv4, to.CidrIpv6 = nil, aws.String("::/0")
	requireCode(t, modify(id, to), "InvalidParameterValue")
	requireCode(t, modify(aws.String("sgr-0123456789abcdef0"), to), "InvalidSecurityGroupRuleId.NotFound")
}

func TestDescriptionsOfRules(t *testing.T) {
	w := newWorld(t)
	g := w.group(w.vpc("10.0.0.0/16"), "g")
	rules := w.allow(g, tcp(22, "10.0.0.0/8"))
	p := tcp(22)
	p.IpRanges = []types.IpRange{{CidrIp: aws.String("10.0.0.0/8"), Description: aws.String("bastion")}}
	_, err := w.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &g, IpPermissions: []types.IpPermission{p}})
	require.NoError(t, err)
	require.Equal(t, "bastion", *w.describeGroup(g).IpPermissions[0].IpRanges[0].Description)
	_, err = w.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &g,
		SecurityGroupRuleDescriptions: []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: rules[0].SecurityGroupRuleId}}})
	require.NoError(t, err)
	require.Nil(t, w.describeGroup(g).IpPermissions[0].IpRanges[0].Description)
	_, err = w.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &g, IpPermissions: []types.IpPermission{p}})
	requireCode(t, err, "InvalidPermission.NotFound")
}

func TestRuleLimitCountsEachDirectionAndFamilyApart(t *testing.T) {
	w := newWorld(t)
	l := fakeec2.DefaultLimits
	l.RulesPerGroup = 2
	fakeec2.Of(w.cloud).SetLimits(l)
	g := w.group(w.vpc("10.0.0.0/16"), "g")
	w.allow(g, tcp(1, "10.0.0.0/8"), tcp(2, "10.0.0.0/8"))
	six := tcp(3)
	six.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
	w.allow(g, six)
	_, err := w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: []types.IpPermission{tcp(4, "10.0.0.0/8")}})
	requireCode(t, err, "RulesPerSecurityGroupLimitExceeded")
	self := tcp(4)
	self.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &g}}
	_, err = w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: []types.IpPermission{self}})
	requireCode(t, err, "RulesPerSecurityGroupLimitExceeded")
}

func TestGroupsInUseAreNotDeleted(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
	referenced, referring, used := w.group(v, "referenced"), w.group(v, "referring"), w.group(v, "used")
	self := tcp(1)
	self.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &referenced}}
	w.allow(referenced, self)
	w.allow(referring, self)
	eni, err := w.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &n, Groups: []string{used}})
	require.NoError(t, err)
	remove := func(id string) error {
		_, err := w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id})
		return err
	}
	requireCode(t, remove(referenced), "DependencyViolation")
	requireCode(t, remove(used), "DependencyViolation")
	require.NoError(t, remove(referring))
	require.NoError(t, remove(referenced), "a group's rule about itself does not keep it")
	_, err = w.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: eni.NetworkInterface.NetworkInterfaceId, Groups: []string{w.group(v, "next")},
	})
	require.NoError(t, err)
	require.NoError(t, remove(used))
}

func TestSecurityGroupRefusals(t *testing.T) {
	w := newWorld(t)
	v, far := w.vpc("10.0.0.0/16"), w.vpc("10.1.0.0/16")
	g, stranger := w.group(v, "g"), w.group(far, "stranger")
	def, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: append(filter("vpc-id", v), filter("group-name", "default")...)})
	require.NoError(t, err)
	create := func(name, description, vpc string) error {
		_, err := w.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &description, VpcId: &vpc})
		return err
	}
	add := func(p types.IpPermission) error {
		_, err := w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &g, IpPermissions: []types.IpPermission{p}})
		return err
	}
	proto := func(p types.IpPermission, name string) types.IpPermission { p.IpProtocol = &name; return p }
	ports := func(from, to int32) types.IpPermission {
		p := tcp(0, "10.0.0.0/8")
		p.FromPort, p.ToPort = &from, &to
		return p
	}
	pair := func(id string) types.IpPermission {
		return types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &id}}}
	}
	for name, c := range map[string]struct {
		err  error
		code string // of "Error codes for the Amazon EC2 API", or as its threads report it
	}{
		"same name in the VPC":       {create("g", "d", v), "InvalidGroup.Duplicate"},
		"the reserved name":          {create("default", "d", v), "InvalidGroup.Reserved"},
		"a name that looks an id":    {create("sg-web", "d", v), "InvalidParameterValue"},
		"a name of other characters": {create("größe", "d", v), "InvalidParameterValue"},
		"a long name":                {create(strings.Repeat("a", 256), "d", v), "InvalidParameterValue"},
		"a description with a quote": {create("x", "it's", v), "InvalidParameterValue"},
		"an empty description":       {create("x", "", v), "InvalidParameterValue"},
		"an unknown VPC":             {create("x", "d", "vpc-0123456789abcdef0"), "InvalidVpcID.NotFound"},
		"a malformed VPC":            {create("x", "d", "vpc-xyz"), "InvalidVpcID.Malformed"},
		"a malformed CIDR":           {add(tcp(22, "10.0.0.0/33")), "InvalidParameterValue"},
		"an address with no mask":    {add(tcp(22, "10.0.0.1")), "InvalidParameterValue"},
		"IPv6 as IPv4":               {add(tcp(22, "::/0")), "InvalidParameterValue"},
		"an unknown protocol":        {add(proto(tcp(22, "10.0.0.0/8"), "foo")), "InvalidParameterValue"},
		"tcp without ports":          {add(types.IpPermission{IpProtocol: aws.String("tcp"), IpRanges: tcp(1, "10.0.0.0/8").IpRanges}), "InvalidParameterValue"},
		"a port out of range":        {add(tcp(70000, "10.0.0.0/8")), "InvalidParameterValue"},
		"ports backwards":            {add(ports(90, 80)), "InvalidParameterValue"},
		"an ICMP code without type":  {add(proto(ports(-1, 3), "icmp")), "InvalidParameterValue"},
		"the same twice":             {add(tcp(22, "10.0.0.0/8", "10.1.1.1/8")), "InvalidParameterValue"},
		"no peer":                    {add(tcp(22)), "MissingParameter"},
		"an unknown group":           {add(pair("sg-0123456789abcdef0")), "InvalidGroup.NotFound"},
		"a malformed group":          {add(pair("sg-x")), "InvalidGroupId.Malformed"},
		"a group of another VPC":     {add(pair(stranger)), "InvalidGroup.NotFound"},
		"an unknown prefix list": {add(types.IpPermission{IpProtocol: aws.String("-1"),
			PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String("pl-01234567")}}}), "InvalidPrefixListID.NotFound"},
		"the default group deleted": {func() error {
			_, err := w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: def.SecurityGroups[0].GroupId})
			return err
		}(), "CannotDelete"},
		"no permissions": {func() error {
			_, err := w.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &g})
			return err
		}(), "MissingParameter"},
		"a name outside the default VPC": {func() error {
			_, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupNames: []string{"g"}})
			return err
		}(), "InvalidGroup.NotFound"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.err, c.code) })
	}
	require.Empty(t, w.describeGroup(g).IpPermissions)
}
