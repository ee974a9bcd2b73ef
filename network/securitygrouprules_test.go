package network_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

func plan(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.PlanOf(t.Context(), cfg, "test", r, opts...)
	require.NoError(t, err)
	return p
}

func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) {
	t.Helper()
	p := plan(t, cfg, r, opts...)
	_, err := p.Apply(t.Context())
	require.NoError(t, err, p)
}

// rulesOf are the rules of a group, each as one line.
func rulesOf(t *testing.T, cfg aws.Config, group string) map[string]bool {
	t.Helper()
	out, err := ec2.NewFromConfig(cfg).DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}}})
	require.NoError(t, err)
	rules := map[string]bool{}
	for _, r := range out.SecurityGroupRules {
		rules[fmt.Sprint(aws.ToBool(r.IsEgress), aws.ToString(r.IpProtocol), aws.ToInt32(r.FromPort), aws.ToInt32(r.ToPort), aws.ToString(r.CidrIpv4))] = true
	}
	return rules
}

// afterEachWrite calls f when a call that changes something has been answered.
func afterEachWrite(cfg aws.Config, f func()) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("afterEachWrite", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, md, err := next.HandleInitialize(ctx, in)
			if !fakeaws.IsRead(middleware.GetOperationName(ctx)) {
				f()
			}
			return out, md, err
		}), middleware.Before)
	})
	return cfg
}

func group(name string, ingress ...network.Rule) network.SecurityGroup {
	return network.SecurityGroup{Name: name, Description: "group " + name, VPC: vpc.ID(), Ingress: ingress}
}

func tcpFrom(n int) network.Rule {
	return network.AllowTCP(443).From(fmt.Sprintf("203.0.113.%d/32", n))
}

func TestAllowAllEgressIsRevokedAndThePlanSaysSo(t *testing.T) {
	cfg := newCloud().Config()
	r := ztcore.List{vpc, group("web")}
	require.Contains(t, plan(t, cfg, r).String(), "note: EC2 lets a new group send everything to 0.0.0.0/0; that rule is revoked")
	apply(t, cfg, r)
	require.Empty(t, rulesOf(t, cfg, mustByName(t, cfg, types.ResourceTypeSecurityGroup, "web")))
}

func TestDefaultGroupIsEmptied(t *testing.T) {
	cfg := newCloud().Config()
	apply(t, cfg, vpc)
	c := ec2.NewFromConfig(cfg)
	out, err := c.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{mustByName(t, cfg, types.ResourceTypeVpc, "main")}}}})
	require.NoError(t, err)
	require.Len(t, out.SecurityGroups, 1)
	require.Empty(t, out.SecurityGroups[0].IpPermissions)
	require.Empty(t, out.SecurityGroups[0].IpPermissionsEgress)

	kept := network.VPC{Name: "kept", CIDR: "10.1.0.0/16", KeepDefaultGroupBecause: "a vendor's appliance uses it"}
	require.Contains(t, plan(t, cfg, kept).String(), "exception, the default security group is left as it is: a vendor's appliance uses it")
}

// Rules of every form are read as they were written: in other words than asked, but not to be changed for ever.
func TestFormsOfRules(t *testing.T) {
	cfg := newCloud().Config()
	lists, err := ec2.NewFromConfig(cfg).DescribePrefixLists(t.Context(), &ec2.DescribePrefixListsInput{})
	require.NoError(t, err)
	s3 := id.PrefixList(*lists.PrefixLists[0].PrefixListId)
	web := group("web",
		network.Rule{Protocol: "TCP", FromPort: 443, ToPort: 443, CIDR: "2001:DB8:0:0::/32"}, network.Rule{Protocol: "6", FromPort: 80, ToPort: 80, CIDR: "10.0.0.0/8"},
		network.Rule{Protocol: "icmp", FromPort: 8, ToPort: -1, CIDR: "10.0.0.0/8"}, network.Rule{Protocol: "58", FromPort: -1, ToPort: -1, CIDR: "2001:db8::/32"},
		network.Rule{Protocol: "50", CIDR: "10.0.0.0/8"}, network.Rule{Protocol: "all", Group: group("web").ID(), Description: "each other"},
	)
	web.Egress = []network.Rule{network.AllowTCP(443).ToPrefixList(s3)}
	r := ztcore.List{vpc, web}
	apply(t, cfg, r)
	require.True(t, plan(t, cfg, r).Empty())
	require.Len(t, rulesOf(t, cfg, mustByName(t, cfg, types.ResourceTypeSecurityGroup, "web")), 7)

	acl := network.NetworkACL{Name: "acl", VPC: vpc.ID(), Ingress: []network.ACLEntry{
		{Number: 1, Protocol: "icmp", FromPort: 8, ToPort: -1, CIDR: "10.0.0.0/8"}, {Number: 2, Protocol: "TCP", FromPort: 443, ToPort: 443, CIDR: "2001:DB8::/32"},
		{Number: 3, Protocol: "50", CIDR: "10.0.0.0/8"}, {Number: 4, Deny: true, Protocol: "all", CIDR: "0.0.0.0/0"},
	}}
	apply(t, cfg, ztcore.List{vpc, acl})
	require.True(t, plan(t, cfg, ztcore.List{vpc, acl}).Empty())
}

// After every call of an update, what stands contains (before ∩ wanted) and lies within (before ∪ wanted).
func TestRulesAreGrantedBeforeTheyAreRevoked(t *testing.T) {
	for _, limit := range []int{60, 3} { // with room, and without
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			cloud := newCloud()
			cfg := cloud.Config()
			fakeec2.Of(cloud).SetLimits(fakeec2.Limits{RulesPerGroup: limit})
			apply(t, cfg, ztcore.List{vpc, group("web", tcpFrom(1), tcpFrom(2), tcpFrom(3))})
			web := mustByName(t, cfg, types.ResourceTypeSecurityGroup, "web")
			before := rulesOf(t, cfg, web)
			wanted := map[string]bool{}
			for _, n := range []int{2, 4, 5} {
				wanted[fmt.Sprintf("falsetcp443 443203.0.113.%d/32", n)] = true
			}
			writes := 0
			watched := afterEachWrite(cfg, func() {
				writes++
				now := rulesOf(t, cfg, web)
				for r := range before {
					require.False(t, wanted[r] && !now[r], "%s was lost on the way", r)
				}
				for r := range now {
					require.True(t, before[r] || wanted[r], "%s came on the way", r)
				}
			})
			apply(t, watched, ztcore.List{vpc, group("web", tcpFrom(2), tcpFrom(4), tcpFrom(5))})
			require.GreaterOrEqual(t, writes, 2)
			require.Len(t, rulesOf(t, cfg, web), 3)
			require.Subset(t, rulesOf(t, cfg, web), wanted)
		})
	}
}

func TestForeignRules(t *testing.T) {
	for foreign, expect := range map[ztcore.Foreign]struct {
		inPlan  string
		removed bool
	}{
		ztcore.RemoveForeign: {`Members: - "ingress from 0.0.0.0/0: tcp 8443"`, true},
		ztcore.ReportForeign: {`not declared, and left: "ingress from 0.0.0.0/0: tcp 8443"`, false},
		ztcore.LeaveForeign:  {"", false},
	} {
		t.Run(fmt.Sprint(foreign), func(t *testing.T) {
			cfg := newCloud().Config()
			declared := group("web", tcpFrom(1))
			declared.Foreign = foreign
			apply(t, cfg, ztcore.List{vpc, declared})
			web := mustByName(t, cfg, types.ResourceTypeSecurityGroup, "web")
			_, err := ec2.NewFromConfig(cfg).AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &web, IpPermissions: []types.IpPermission{
				{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8443), ToPort: aws.Int32(8443), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}},
			}})
			require.NoError(t, err)

			p := plan(t, cfg, ztcore.List{vpc, declared})
			shown := p.String()
			for _, s := range p.Steps {
				shown += fmt.Sprint(s.Notes)
			}
			if expect.inPlan == "" {
				require.NotContains(t, shown, "8443")
			} else {
				require.Contains(t, shown, expect.inPlan)
			}
			_, err = p.Apply(t.Context())
			require.NoError(t, err)
			require.Equal(t, !expect.removed, rulesOf(t, cfg, web)["falsetcp8443 84430.0.0.0/0"])
		})
	}
}

func TestRulesOfAGroupAreDeclaredOnce(t *testing.T) {
	web := group("web")
	err := ztcore.NewBaseline("test", vpc, web, network.SecurityGroupRules{Name: "more", Group: web.ID(), Ingress: []network.Rule{tcpFrom(1)}}).Check()
	require.ErrorContains(t, err, "network.SecurityGroupRules/more: is the same AWS object as network.SecurityGroupRules/web")
}

// ring is three groups that admit each other in a circle, and themselves.
func ring() ztcore.List {
	a, b, c := group("a"), group("b"), group("c")
	a.Ingress = []network.Rule{network.AllowTCP(443).FromGroup(c.ID()), network.AllowTCP(80).FromGroup(a.ID())}
	b.Ingress = []network.Rule{network.AllowTCP(443).FromGroup(a.ID())}
	c.Egress = []network.Rule{network.AllowTCP(443).ToGroup(b.ID())}
	return ztcore.List{vpc, a, b, c}
}

func TestRingOfGroupsIsDestroyedWithoutRetry(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	apply(t, cfg, ring())
	cloud.ResetCalls()
	apply(t, cfg, ring(), ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main"))
	for _, call := range cloud.Calls() {
		require.NoError(t, call.Err, call.Operation)
	}
}

func TestRingOfGroupsIsPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := newCloud().Config()
		apply(t, cfg, ring())
		apply(t, cfg, vpc, ztcore.Prune(network.Kinds()...))
		require.True(t, plan(t, cfg, vpc, ztcore.Prune(network.Kinds()...)).Empty())
	})
}

func TestDeletionNamesWhatIsInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cfg := cloud.Config()
		r := ztcore.List{vpc, a, group("web")}
		apply(t, cfg, r)
		c := ec2.NewFromConfig(cfg)
		vpcID, web := mustByName(t, cfg, types.ResourceTypeVpc, "main"), mustByName(t, cfg, types.ResourceTypeSecurityGroup, "web")
		theirs, err := c.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{VpcId: &vpcID, GroupName: aws.String("theirs"), Description: aws.String("theirs")})
		require.NoError(t, err)
		_, err = c.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: theirs.GroupId, IpPermissions: []types.IpPermission{
			{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &web}}},
		}})
		require.NoError(t, err)
		subnet := mustByName(t, cfg, types.ResourceTypeSubnet, "a")
		eni, err := c.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, Groups: []string{web}, Description: aws.String("of the ledger")})
		require.NoError(t, err)

		cloud.ResetCalls()
		report, err := plan(t, cfg, r, ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main")).Apply(t.Context())
		require.Error(t, err)
		var inUse *network.InUseError
		require.ErrorAs(t, err, &inUse)
		require.Zero(t, report.Took, "it waited for what does not go away")
		attempts := map[string]int{}
		for _, call := range cloud.Writes() {
			attempts[call.Operation]++
		}
		require.Equal(t, 1, attempts["DeleteSecurityGroup"])
		require.Equal(t, 1, attempts["DeleteSubnet"])
		eniID := *eni.NetworkInterface.NetworkInterfaceId
		require.ErrorContains(t, err, "network.SecurityGroup/web: delete: "+web+" is in use by interface "+eniID+" (of the ledger) of account 123456789012, a rule of group "+*theirs.GroupId+" (theirs) of account 123456789012")
		require.ErrorContains(t, err, "network.Subnet/a: delete: "+subnet+" is in use by interface "+eniID)
	})
}

func TestVPCWithAForeignSubnetIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := newCloud().Config()
		apply(t, cfg, vpc)
		vpcID := mustByName(t, cfg, types.ResourceTypeVpc, "main")
		theirs, err := ec2.NewFromConfig(cfg).CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: &vpcID, CidrBlock: aws.String("10.0.9.0/24")})
		require.NoError(t, err)
		report, err := plan(t, cfg, vpc, ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main")).Apply(t.Context())
		require.ErrorContains(t, err, vpcID+" is in use by subnet "+*theirs.Subnet.SubnetId+" (10.0.9.0/24): remove that first")
		require.Zero(t, report.Took)
	})
}

// A plan of a thousand groups reads in pages, not one by one.
func TestCallsOfAPlan(t *testing.T) {
	const n = 1000
	cloud := newCloud()
	cfg := cloud.Config()
	all := ztcore.List{vpc}
	for i := range n {
		all = append(all, group(fmt.Sprintf("g%04d", i), tcpFrom(1)))
	}
	apply(t, cfg, vpc)
	vpcID := mustByName(t, cfg, types.ResourceTypeVpc, "main")
	c := ec2.NewFromConfig(cfg)
	for i := range n {
		name := fmt.Sprintf("g%04d", i)
		_, err := c.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{VpcId: &vpcID, GroupName: &name, Description: aws.String("group " + name), TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeSecurityGroup, Tags: []types.Tag{
				{Key: aws.String(ztcore.TagBaseline), Value: aws.String("test")}, {Key: aws.String(ztcore.TagResource), Value: aws.String("network.SecurityGroup/" + name)}, {Key: aws.String("Name"), Value: &name},
			},
		}}})
		require.NoError(t, err)
	}
	cloud.ResetCalls()
	p := plan(t, cfg, all)
	require.LessOrEqual(t, len(cloud.Calls()), 12)
	updates := 0
	for _, s := range p.Steps {
		if s.Kind == "network.SecurityGroupRules" && s.Action == ztcore.Modify {
			updates++
		}
	}
	require.Equal(t, n, updates, "every group's rules were read, and differ")
}

// What holds a group that is to go is looked for once AWS has refused: who may not look is told so, and not only that it is in use.
func TestADeniedLookAtWhatHoldsAGroupIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		ring := func(description string) ztcore.Resource {
			vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
			a, b := network.SecurityGroup{Name: "a", Description: description, VPC: vpc.ID()}, network.SecurityGroup{Name: "b", Description: description, VPC: vpc.ID()}
			a.Ingress, b.Ingress = []network.Rule{network.AllowTCP(443).FromGroup(b.ID())}, []network.Rule{network.AllowTCP(443).FromGroup(a.ID())}
			return ztcore.List{vpc, a, b}
		}
		apply(t, cloud.Config(), ring("first"))
		p := plan(t, cloud.Config(), ring("second")) // a description can't be changed
		cloud.Inject(t, &fakeaws.Fault{Operation: "DescribeNetworkInterfaces", Before: fakeaws.Denied("ec2:DescribeNetworkInterfaces")})
		_, err := p.Apply(t.Context())
		var missing *ztcore.PermissionError
		require.ErrorAs(t, err, &missing)
		require.Equal(t, "ec2:DescribeNetworkInterfaces", missing.Action)
		cloud.Calm()
		apply(t, cloud.Config(), ring("second"))
		require.True(t, plan(t, cloud.Config(), ring("second")).Empty())
	})
}
