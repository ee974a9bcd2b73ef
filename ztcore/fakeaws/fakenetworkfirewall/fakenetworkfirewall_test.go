package fakenetworkfirewall_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakenetworkfirewall"
)

var ctx = context.Background()

func client() (*fakeaws.Cloud, *networkfirewall.Client) {
	cloud := fakeaws.New(fakenetworkfirewall.Install)
	return cloud, networkfirewall.NewFromConfig(cloud.Config())
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func domains(order types.RuleOrder, names ...string) *types.RuleGroup {
	return &types.RuleGroup{
		RulesSource: &types.RulesSource{RulesSourceList: &types.RulesSourceList{
			GeneratedRulesType: types.GeneratedRulesTypeAllowlist, TargetTypes: []types.TargetType{types.TargetTypeTlsSni}, Targets: names,
		}},
		StatefulRuleOptions: &types.StatefulRuleOptions{RuleOrder: order},
	}
}

func group(name string, rules *types.RuleGroup) *networkfirewall.CreateRuleGroupInput {
	return &networkfirewall.CreateRuleGroupInput{RuleGroupName: &name, Type: types.RuleGroupTypeStateful, Capacity: aws.Int32(100), RuleGroup: rules}
}

func strict(groups ...string) *types.FirewallPolicy {
	p := &types.FirewallPolicy{
		StatelessDefaultActions: []string{"aws:forward_to_sfe"}, StatelessFragmentDefaultActions: []string{"aws:forward_to_sfe"},
		StatefulDefaultActions: []string{"aws:drop_established", "aws:alert_established"}, StatefulEngineOptions: &types.StatefulEngineOptions{RuleOrder: types.RuleOrderStrictOrder},
	}
	for i, arn := range groups {
		p.StatefulRuleGroupReferences = append(p.StatefulRuleGroupReferences, types.StatefulRuleGroupReference{ResourceArn: &arn, Priority: aws.Int32(int32(i + 1))})
	}
	return p
}

func policy(name string, rules *types.FirewallPolicy) *networkfirewall.CreateFirewallPolicyInput {
	return &networkfirewall.CreateFirewallPolicyInput{FirewallPolicyName: &name, FirewallPolicy: rules}
}

func firewall(name, policy string, subnets ...string) *networkfirewall.CreateFirewallInput {
	in := &networkfirewall.CreateFirewallInput{FirewallName: &name, FirewallPolicyArn: &policy, VpcId: aws.String("vpc-1"), SubnetMappings: []types.SubnetMapping{}}
	for _, s := range subnets {
		in.SubnetMappings = append(in.SubnetMappings, types.SubnetMapping{SubnetId: &s})
	}
	return in
}

const arns = "arn:aws:network-firewall:us-east-1:123456789012:"

// stack makes a group, a policy and a firewall, all named main.
func stack(t *testing.T, c *networkfirewall.Client) {
	t.Helper()
	_, err := c.CreateRuleGroup(ctx, group("main", domains(types.RuleOrderStrictOrder, ".example.com")))
	require.NoError(t, err)
	_, err = c.CreateFirewallPolicy(ctx, policy("main", strict(arns+"stateful-rulegroup/main")))
	require.NoError(t, err)
	_, err = c.CreateFirewall(ctx, firewall("main", arns+"firewall-policy/main", "subnet-1", "subnet-2"))
	require.NoError(t, err)
}

func TestFirewallBecomesReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c := client()
		fakenetworkfirewall.Of(cloud).SetSettling(5 * time.Minute)
		stack(t, c)
		describe := func() *networkfirewall.DescribeFirewallOutput {
			out, err := c.DescribeFirewall(ctx, &networkfirewall.DescribeFirewallInput{FirewallName: aws.String("main")})
			require.NoError(t, err)
			return out
		}
		require.Equal(t, types.FirewallStatusValueProvisioning, describe().FirewallStatus.Status)
		require.Equal(t, types.AttachmentStatusCreating, describe().FirewallStatus.SyncStates["us-east-1a"].Attachment.Status)
		time.Sleep(5 * time.Minute)
		require.Equal(t, types.FirewallStatusValueReady, describe().FirewallStatus.Status)
		require.Regexp(t, "^vpce-[0-9a-f]{17}$", *describe().FirewallStatus.SyncStates["us-east-1b"].Attachment.EndpointId)

		_, err := c.DeleteFirewall(ctx, &networkfirewall.DeleteFirewallInput{FirewallName: aws.String("main")})
		require.NoError(t, err)
		require.Equal(t, types.FirewallStatusValueDeleting, describe().FirewallStatus.Status)
		_, err = c.DeleteFirewallPolicy(ctx, &networkfirewall.DeleteFirewallPolicyInput{FirewallPolicyName: aws.String("main")})
		require.Equal(t, "InvalidOperationException", code(err), "it is in use as long as the firewall is there")
		time.Sleep(5 * time.Minute)
		_, err = c.DescribeFirewall(ctx, &networkfirewall.DescribeFirewallInput{FirewallName: aws.String("main")})
		var none *types.ResourceNotFoundException
		require.ErrorAs(t, err, &none)
		_, err = c.DeleteFirewallPolicy(ctx, &networkfirewall.DeleteFirewallPolicyInput{FirewallPolicyName: aws.String("main")})
		require.NoError(t, err)
	})
}

func TestProtections(t *testing.T) {
	_, c := client()
	stack(t, c)
	name := aws.String("main")
	_, err := c.CreateFirewallPolicy(ctx, policy("other", strict()))
	require.NoError(t, err)
	protect := func(on bool) {
		_, err := c.UpdateFirewallDeleteProtection(ctx, &networkfirewall.UpdateFirewallDeleteProtectionInput{FirewallName: name, DeleteProtection: on})
		require.NoError(t, err)
		_, err = c.UpdateFirewallPolicyChangeProtection(ctx, &networkfirewall.UpdateFirewallPolicyChangeProtectionInput{FirewallName: name, FirewallPolicyChangeProtection: on})
		require.NoError(t, err)
		_, err = c.UpdateSubnetChangeProtection(ctx, &networkfirewall.UpdateSubnetChangeProtectionInput{FirewallName: name, SubnetChangeProtection: on})
		require.NoError(t, err)
	}
	changes := func() (errs []error) {
		_, a := c.AssociateFirewallPolicy(ctx, &networkfirewall.AssociateFirewallPolicyInput{FirewallName: name, FirewallPolicyArn: aws.String(arns + "firewall-policy/other")})
		_, b := c.DisassociateSubnets(ctx, &networkfirewall.DisassociateSubnetsInput{FirewallName: name, SubnetIds: []string{"subnet-2"}})
		_, d := c.AssociateSubnets(ctx, &networkfirewall.AssociateSubnetsInput{FirewallName: name, SubnetMappings: []types.SubnetMapping{{SubnetId: aws.String("subnet-3")}}})
		_, e := c.DeleteFirewall(ctx, &networkfirewall.DeleteFirewallInput{FirewallName: name})
		return []error{a, b, d, e}
	}
	protect(true)
	for _, err := range changes() {
		var op *types.InvalidOperationException
		require.ErrorAs(t, err, &op)
	}
	protect(false)
	for _, err := range changes() {
		require.NoError(t, err)
	}
}

func TestLoggingChangesOneAtATime(t *testing.T) {
	_, c := client()
	stack(t, c)
	to := func(kind types.LogType, where types.LogDestinationType, destination map[string]string) types.LogDestinationConfig {
		return types.LogDestinationConfig{LogType: kind, LogDestinationType: where, LogDestination: destination}
	}
	put := func(all ...types.LogDestinationConfig) error {
		_, err := c.UpdateLoggingConfiguration(ctx, &networkfirewall.UpdateLoggingConfigurationInput{FirewallName: aws.String("main"), LoggingConfiguration: &types.LoggingConfiguration{LogDestinationConfigs: append([]types.LogDestinationConfig{}, all...)}})
		return err
	}
	alert := to(types.LogTypeAlert, types.LogDestinationTypeCloudwatchLogs, map[string]string{"logGroup": "alerts"})
	flow := to(types.LogTypeFlow, types.LogDestinationTypeS3, map[string]string{"bucketName": "flows", "prefix": "x"})
	moved := to(types.LogTypeAlert, types.LogDestinationTypeS3, map[string]string{"bucketName": "alerts"})
	var invalid *types.InvalidRequestException
	require.ErrorAs(t, put(alert, flow), &invalid, "two at a time")
	require.NoError(t, put(alert))
	require.NoError(t, put(alert, flow))
	require.ErrorAs(t, put(moved, flow), &invalid, "another type")
	require.ErrorAs(t, put(), &invalid, "two removed at a time")
	require.ErrorAs(t, put(alert, flow, to(types.LogTypeTls, types.LogDestinationTypeS3, map[string]string{"logGroup": "x"})), &invalid, "a member of another type")
	_, err := c.DeleteFirewall(ctx, &networkfirewall.DeleteFirewallInput{FirewallName: aws.String("main")})
	require.Equal(t, "InvalidOperationException", code(err), "it still logs")
	require.NoError(t, put(flow))
	require.NoError(t, put())
	out, err := c.DescribeLoggingConfiguration(ctx, &networkfirewall.DescribeLoggingConfigurationInput{FirewallName: aws.String("main")})
	require.NoError(t, err)
	require.Empty(t, out.LoggingConfiguration.LogDestinationConfigs)
}

func TestUpdatesNeedTheLatestToken(t *testing.T) {
	_, c := client()
	stack(t, c)
	g, err := c.DescribeRuleGroup(ctx, &networkfirewall.DescribeRuleGroupInput{RuleGroupName: aws.String("main"), Type: types.RuleGroupTypeStateful})
	require.NoError(t, err)
	require.EqualValues(t, 1, *g.RuleGroupResponse.NumberOfAssociations)
	update := &networkfirewall.UpdateRuleGroupInput{RuleGroupName: aws.String("main"), UpdateToken: g.UpdateToken, RuleGroup: domains(types.RuleOrderStrictOrder, "a.example.com", "b.example.com")}
	out, err := c.UpdateRuleGroup(ctx, update)
	require.NoError(t, err)
	require.EqualValues(t, 2, *out.RuleGroupResponse.ConsumedCapacity)
	var token *types.InvalidTokenException
	_, err = c.UpdateRuleGroup(ctx, update)
	require.ErrorAs(t, err, &token)

	p, err := c.DescribeFirewallPolicy(ctx, &networkfirewall.DescribeFirewallPolicyInput{FirewallPolicyName: aws.String("main")})
	require.NoError(t, err)
	require.EqualValues(t, 100, *p.FirewallPolicyResponse.ConsumedStatefulRuleCapacity)
	change := &networkfirewall.UpdateFirewallPolicyInput{FirewallPolicyName: aws.String("main"), UpdateToken: p.UpdateToken, FirewallPolicy: strict()}
	_, err = c.UpdateFirewallPolicy(ctx, change)
	require.NoError(t, err)
	_, err = c.UpdateFirewallPolicy(ctx, change)
	require.ErrorAs(t, err, &token)
	_, err = c.DeleteRuleGroup(ctx, &networkfirewall.DeleteRuleGroupInput{RuleGroupName: aws.String("main"), Type: types.RuleGroupTypeStateful})
	require.NoError(t, err, "no policy refers to it any more")
}

func TestListsPage(t *testing.T) {
	cloud, c := client()
	cloud.SetPageSize(1)
	for _, n := range []string{"a", "b", "c"} {
		_, err := c.CreateRuleGroup(ctx, group(n, domains(types.RuleOrderStrictOrder, ".example.com")))
		require.NoError(t, err)
	}
	var names []string
	in := &networkfirewall.ListRuleGroupsInput{Type: types.RuleGroupTypeStateful}
	for {
		out, err := c.ListRuleGroups(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.RuleGroups, 1)
		names = append(names, *out.RuleGroups[0].Name)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, []string{"a", "b", "c"}, names)
}

func TestTags(t *testing.T) {
	_, c := client()
	stack(t, c)
	for _, what := range []string{"stateful-rulegroup/main", "firewall-policy/main", "firewall/main"} {
		_, err := c.TagResource(ctx, &networkfirewall.TagResourceInput{ResourceArn: aws.String(arns + what), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})
		require.NoError(t, err)
		_, err = c.UntagResource(ctx, &networkfirewall.UntagResourceInput{ResourceArn: aws.String(arns + what), TagKeys: []string{"a"}})
		require.NoError(t, err)
		out, err := c.ListTagsForResource(ctx, &networkfirewall.ListTagsForResourceInput{ResourceArn: aws.String(arns + what)})
		require.NoError(t, err)
		require.Len(t, out.Tags, 1)
		require.Equal(t, "b", *out.Tags[0].Key)
	}
}

func TestRefusals(t *testing.T) {
	_, c := client()
	stack(t, c)
	addGroup := func(in *networkfirewall.CreateRuleGroupInput) error {
		_, err := c.CreateRuleGroup(ctx, in)
		return err
	}
	addPolicy := func(in *networkfirewall.CreateFirewallPolicyInput) error {
		_, err := c.CreateFirewallPolicy(ctx, in)
		return err
	}
	addFirewall := func(in *networkfirewall.CreateFirewallInput) error {
		_, err := c.CreateFirewall(ctx, in)
		return err
	}
	suricata := func(text string) *types.RuleGroup {
		return &types.RuleGroup{RulesSource: &types.RulesSource{RulesString: &text}}
	}
	tight, order, twoDrops, dropAndDrop, unordered := group("x", domains(types.RuleOrderStrictOrder, "a.example", "b.example")), strict(arns+"stateful-rulegroup/lax"), strict(), strict(), strict()
	tight.Capacity = aws.Int32(1)
	require.NoError(t, addGroup(group("lax", domains("", ".example.com"))))
	twoDrops.StatefulDefaultActions = []string{"aws:drop_strict", "aws:drop_established"}
	dropAndDrop.StatelessDefaultActions = []string{"aws:drop", "aws:pass"}
	unordered.StatefulEngineOptions = nil
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"a bad name":                     {addGroup(group("my group", domains("", ".example.com"))), "InvalidRequestException"},
		"a name twice":                   {addGroup(group("main", domains("", ".example.com"))), "InvalidRequestException"},
		"no rules":                       {addGroup(group("x", nil)), "InvalidRequestException"},
		"no domain":                      {addGroup(group("x", domains("", "exa mple.com"))), "InvalidRequestException"},
		"a wildcard that is none":        {addGroup(group("x", domains("", "*.example.com"))), "InvalidRequestException"},
		"too little capacity":            {addGroup(tight), "InvalidRequestException"},
		"no Suricata rule":               {addGroup(group("x", suricata("allow everything"))), "InvalidRequestException"},
		"a rule without sid":             {addGroup(group("x", suricata(`pass tcp any any -> any any (msg:"x";)`))), "InvalidRequestException"},
		"a sid twice":                    {addGroup(group("x", suricata("pass tcp any any -> any any (sid:1;)\ndrop tcp any any -> any any (sid:1;)"))), "InvalidRequestException"},
		"no stateless action":            {addPolicy(policy("x", &types.FirewallPolicy{StatelessDefaultActions: []string{}, StatelessFragmentDefaultActions: []string{"aws:drop"}})), "InvalidRequestException"},
		"two stateless actions":          {addPolicy(policy("x", dropAndDrop)), "InvalidRequestException"},
		"two drops":                      {addPolicy(policy("x", twoDrops)), "InvalidRequestException"},
		"stateful actions without order": {addPolicy(policy("x", unordered)), "InvalidRequestException"},
		"a group of another order":       {addPolicy(policy("x", order)), "InvalidRequestException"},
		"an unknown group":               {addPolicy(policy("x", strict(arns+"stateful-rulegroup/none"))), "ResourceNotFoundException"},
		"an unknown policy":              {addFirewall(firewall("x", arns+"firewall-policy/none", "subnet-1")), "InvalidRequestException"},
		"no subnet":                      {addFirewall(firewall("x", arns+"firewall-policy/main")), "InvalidRequestException"},
		"a subnet twice":                 {addFirewall(firewall("x", arns+"firewall-policy/main", "subnet-1", "subnet-1")), "InvalidRequestException"},
		"a group in use": {func() error {
			_, err := c.DeleteRuleGroup(ctx, &networkfirewall.DeleteRuleGroupInput{RuleGroupName: aws.String("main"), Type: types.RuleGroupTypeStateful})
			return err
		}(), "InvalidOperationException"},
		"a policy in use": {func() error {
			_, err := c.DeleteFirewallPolicy(ctx, &networkfirewall.DeleteFirewallPolicyInput{FirewallPolicyName: aws.String("main")})
			return err
		}(), "InvalidOperationException"},
		"the last subnets": {func() error {
			_, err := c.DisassociateSubnets(ctx, &networkfirewall.DisassociateSubnetsInput{FirewallName: aws.String("main"), SubnetIds: []string{"subnet-1", "subnet-2"}})
			return err
		}(), "InvalidRequestException"},
		"neither name nor ARN": {func() error {
			_, err := c.DescribeFirewall(ctx, &networkfirewall.DescribeFirewallInput{})
			return err
		}(), "InvalidRequestException"},
		"a foreign token": {func() error {
			_, err := c.ListFirewalls(ctx, &networkfirewall.ListFirewallsInput{NextToken: aws.String("bad")})
			return err
		}(), "InvalidRequestException"},
	} {
		require.Equal(t, c.code, code(c.err), "%s: %v", name, c.err)
	}
}

// A firewall cannot be deleted while it is protected.
func Example() {
	client := networkfirewall.NewFromConfig(fakeaws.New(fakenetworkfirewall.Install).Config())
	made, err := client.CreateFirewallPolicy(ctx, policy("main", strict()))
	if err != nil {
		fmt.Println(err)
		return
	}
	in := firewall("main", *made.FirewallPolicyResponse.FirewallPolicyArn, "subnet-1")
	in.DeleteProtection = true
	if _, err := client.CreateFirewall(ctx, in); err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.DeleteFirewall(ctx, &networkfirewall.DeleteFirewallInput{FirewallName: aws.String("main")})
	var protected *types.InvalidOperationException
	fmt.Println(errors.As(err, &protected), protected.ErrorMessage())
	// Output: true The firewall is protected against deletion
}
