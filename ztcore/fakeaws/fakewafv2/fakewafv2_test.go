package fakewafv2_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakewafv2"
)

var ctx = context.Background()

const alb = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"

func client() (*fakeaws.Cloud, *wafv2.Client) {
	cloud := fakeaws.New(fakewafv2.Install)
	return cloud, wafv2.NewFromConfig(cloud.Config())
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func visible(name string) *types.VisibilityConfig {
	return &types.VisibilityConfig{CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: &name}
}

func rule(name string, priority int32, s types.Statement) types.Rule {
	r := types.Rule{Name: &name, Priority: priority, Statement: &s, VisibilityConfig: visible(name)}
	if s.ManagedRuleGroupStatement != nil {
		r.OverrideAction = &types.OverrideAction{None: &types.NoneAction{}}
	} else {
		r.Action = &types.RuleAction{Block: &types.BlockAction{}}
	}
	return r
}

func managed(name string) types.Statement {
	return types.Statement{ManagedRuleGroupStatement: &types.ManagedRuleGroupStatement{VendorName: aws.String("AWS"), Name: &name}}
}

func sqli(field types.FieldToMatch, transformations ...types.TextTransformationType) types.Statement {
	s := &types.SqliMatchStatement{FieldToMatch: &field, TextTransformations: []types.TextTransformation{}}
	for i, t := range transformations {
		s.TextTransformations = append(s.TextTransformations, types.TextTransformation{Priority: int32(i), Type: t})
	}
	return types.Statement{SqliMatchStatement: s}
}

var (
	body  = types.FieldToMatch{Body: &types.Body{OversizeHandling: types.OversizeHandlingMatch}}
	query = types.FieldToMatch{QueryString: &types.QueryString{}}
)

func input(name string, rules ...types.Rule) *wafv2.CreateWebACLInput {
	return &wafv2.CreateWebACLInput{Name: &name, Scope: types.ScopeRegional, DefaultAction: &types.DefaultAction{Allow: &types.AllowAction{}}, VisibilityConfig: visible(name), Rules: rules}
}

func create(t *testing.T, c *wafv2.Client, name string, rules ...types.Rule) *types.WebACLSummary {
	t.Helper()
	out, err := c.CreateWebACL(ctx, input(name, rules...))
	require.NoError(t, err)
	return out.Summary
}

func TestWebACLNeedsTheLatestLockToken(t *testing.T) {
	_, c := client()
	made := create(t, c, "main", rule("sqli", 0, sqli(body, types.TextTransformationTypeUrlDecode)))
	update := &wafv2.UpdateWebACLInput{Name: made.Name, Id: made.Id, Scope: types.ScopeRegional, LockToken: made.LockToken, DefaultAction: &types.DefaultAction{Block: &types.BlockAction{}}, VisibilityConfig: visible("main")}
	out, err := c.UpdateWebACL(ctx, update)
	require.NoError(t, err)
	_, err = c.UpdateWebACL(ctx, update)
	var lock *types.WAFOptimisticLockException
	require.ErrorAs(t, err, &lock)

	got, err := c.GetWebACL(ctx, &wafv2.GetWebACLInput{ARN: made.ARN})
	require.NoError(t, err)
	require.Equal(t, *out.NextLockToken, *got.LockToken)
	require.NotNil(t, got.WebACL.DefaultAction.Block)
	require.Empty(t, got.WebACL.Rules)
	require.Zero(t, got.WebACL.Capacity)
}

func TestDefaultsAreAdded(t *testing.T) {
	_, c := client()
	limit := rule("rate", 1, types.Statement{RateBasedStatement: &types.RateBasedStatement{Limit: aws.Int64(100), AggregateKeyType: types.RateBasedStatementAggregateKeyTypeIp}})
	made := create(t, c, "main", limit, rule("sqli", 0, sqli(body, types.TextTransformationTypeNone)))
	require.Zero(t, limit.Statement.RateBasedStatement.EvaluationWindowSec, "the caller's rule stays as it is")
	got, err := c.GetWebACL(ctx, &wafv2.GetWebACLInput{Name: made.Name, Id: made.Id, Scope: types.ScopeRegional})
	require.NoError(t, err)
	require.Equal(t, types.SensitivityLevelLow, got.WebACL.Rules[0].Statement.SqliMatchStatement.SensitivityLevel)
	require.EqualValues(t, 300, got.WebACL.Rules[1].Statement.RateBasedStatement.EvaluationWindowSec)
	require.Equal(t, "awswaf:123456789012:webacl:main:", *got.WebACL.LabelNamespace)
}

// The figures are those of the statements' pages in the developer guide.
func TestCapacity(t *testing.T) {
	_, c := client()
	decoded := []types.TextTransformationType{types.TextTransformationTypeUrlDecode, types.TextTransformationTypeHtmlEntityDecode}
	for want, rules := range map[int64][]types.Rule{
		700: {rule("common", 0, managed("AWSManagedRulesCommonRuleSet"))},
		20:  {rule("sqli", 0, sqli(body, types.TextTransformationTypeNone))},
		40:  {rule("sqli", 0, sqli(body, decoded...))},
		60:  {rule("sqli", 0, sqli(body, decoded...)), rule("again", 1, sqli(body, decoded...))}, // a transformation counts once
		80: {rule("either", 0, types.Statement{OrStatement: &types.OrStatement{Statements: []types.Statement{
			sqli(body, decoded...), sqli(query, decoded...),
		}}})},
		50: {rule("arguments", 0, sqli(types.FieldToMatch{AllQueryArguments: &types.AllQueryArguments{}}, decoded...))},
		2:  {rule("rate", 0, types.Statement{RateBasedStatement: &types.RateBasedStatement{Limit: aws.Int64(100), AggregateKeyType: types.RateBasedStatementAggregateKeyTypeIp}})},
	} {
		for i := range rules {
			rules[i].Name = aws.String(fmt.Sprint("r", i))
		}
		out, err := c.CheckCapacity(ctx, &wafv2.CheckCapacityInput{Scope: types.ScopeRegional, Rules: rules})
		require.NoError(t, err)
		require.Equal(t, want, out.Capacity)
	}
}

func TestIPSetInUseStays(t *testing.T) {
	_, c := client()
	set, err := c.CreateIPSet(ctx, &wafv2.CreateIPSetInput{Name: aws.String("office"), Scope: types.ScopeRegional, IPAddressVersion: types.IPAddressVersionIpv4, Addresses: []string{"192.0.2.0/24"}})
	require.NoError(t, err)
	made := create(t, c, "main", rule("office", 0, types.Statement{IPSetReferenceStatement: &types.IPSetReferenceStatement{ARN: set.Summary.ARN}}))
	remove := &wafv2.DeleteIPSetInput{Name: set.Summary.Name, Id: set.Summary.Id, Scope: types.ScopeRegional, LockToken: set.Summary.LockToken}
	_, err = c.DeleteIPSet(ctx, remove)
	var used *types.WAFAssociatedItemException
	require.ErrorAs(t, err, &used)

	changed, err := c.UpdateIPSet(ctx, &wafv2.UpdateIPSetInput{Name: set.Summary.Name, Id: set.Summary.Id, Scope: types.ScopeRegional, LockToken: set.Summary.LockToken, Addresses: []string{"198.51.100.7/32"}})
	require.NoError(t, err)
	got, err := c.GetIPSet(ctx, &wafv2.GetIPSetInput{Name: set.Summary.Name, Id: set.Summary.Id, Scope: types.ScopeRegional})
	require.NoError(t, err)
	require.Equal(t, []string{"198.51.100.7/32"}, got.IPSet.Addresses)

	_, err = c.DeleteWebACL(ctx, &wafv2.DeleteWebACLInput{Name: made.Name, Id: made.Id, Scope: types.ScopeRegional, LockToken: made.LockToken})
	require.NoError(t, err)
	_, err = c.DeleteIPSet(ctx, remove)
	require.Equal(t, "WAFOptimisticLockException", code(err))
	remove.LockToken = changed.NextLockToken
	_, err = c.DeleteIPSet(ctx, remove)
	require.NoError(t, err)
}

func TestAssociation(t *testing.T) {
	_, c := client()
	one, two := create(t, c, "one"), create(t, c, "two")
	for _, acl := range []*types.WebACLSummary{one, two} { // the second takes the place of the first
		_, err := c.AssociateWebACL(ctx, &wafv2.AssociateWebACLInput{WebACLArn: acl.ARN, ResourceArn: aws.String(alb)})
		require.NoError(t, err)
	}
	got, err := c.GetWebACLForResource(ctx, &wafv2.GetWebACLForResourceInput{ResourceArn: aws.String(alb)})
	require.NoError(t, err)
	require.Equal(t, "two", *got.WebACL.Name)
	listed, err := c.ListResourcesForWebACL(ctx, &wafv2.ListResourcesForWebACLInput{WebACLArn: two.ARN})
	require.NoError(t, err)
	require.Equal(t, []string{alb}, listed.ResourceArns)
	listed, err = c.ListResourcesForWebACL(ctx, &wafv2.ListResourcesForWebACLInput{WebACLArn: two.ARN, ResourceType: types.ResourceTypeApiGateway})
	require.NoError(t, err)
	require.Empty(t, listed.ResourceArns)

	remove := &wafv2.DeleteWebACLInput{Name: two.Name, Id: two.Id, Scope: types.ScopeRegional, LockToken: two.LockToken}
	_, err = c.DeleteWebACL(ctx, remove)
	require.Equal(t, "WAFAssociatedItemException", code(err))
	_, err = c.DisassociateWebACL(ctx, &wafv2.DisassociateWebACLInput{ResourceArn: aws.String(alb)})
	require.NoError(t, err)
	_, err = c.DeleteWebACL(ctx, remove)
	require.NoError(t, err)
}

func TestLogging(t *testing.T) {
	_, c := client()
	made := create(t, c, "main")
	get := &wafv2.GetLoggingConfigurationInput{ResourceArn: made.ARN}
	_, err := c.GetLoggingConfiguration(ctx, get)
	var none *types.WAFNonexistentItemException
	require.ErrorAs(t, err, &none)
	want := types.LoggingConfiguration{
		ResourceArn: made.ARN, LogDestinationConfigs: []string{"arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-main"},
		RedactedFields: []types.FieldToMatch{{SingleHeader: &types.SingleHeader{Name: aws.String("authorization")}}},
	}
	_, err = c.PutLoggingConfiguration(ctx, &wafv2.PutLoggingConfigurationInput{LoggingConfiguration: &want})
	require.NoError(t, err)
	got, err := c.GetLoggingConfiguration(ctx, get)
	require.NoError(t, err)
	require.Equal(t, want.RedactedFields, got.LoggingConfiguration.RedactedFields)
	require.Equal(t, types.LogScopeCustomer, got.LoggingConfiguration.LogScope)
	_, err = c.DeleteLoggingConfiguration(ctx, &wafv2.DeleteLoggingConfigurationInput{ResourceArn: made.ARN})
	require.NoError(t, err)
	all, err := c.ListLoggingConfigurations(ctx, &wafv2.ListLoggingConfigurationsInput{Scope: types.ScopeRegional})
	require.NoError(t, err)
	require.Empty(t, all.LoggingConfigurations)
}

func TestListsPage(t *testing.T) {
	cloud, c := client()
	cloud.SetPageSize(1)
	for _, name := range []string{"a", "b", "c"} {
		create(t, c, name)
	}
	global := input("global")
	global.Scope = types.ScopeCloudfront
	_, err := c.CreateWebACL(ctx, global)
	require.NoError(t, err)
	var names []string
	in := &wafv2.ListWebACLsInput{Scope: types.ScopeRegional}
	for {
		out, err := c.ListWebACLs(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.WebACLs, 1)
		names = append(names, *out.WebACLs[0].Name)
		if in.NextMarker = out.NextMarker; in.NextMarker == nil {
			break
		}
	}
	require.Equal(t, []string{"a", "b", "c"}, names)
}

func TestTags(t *testing.T) {
	cloud, c := client()
	cloud.SetPageSize(1)
	in := input("main")
	in.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}
	made, err := c.CreateWebACL(ctx, in)
	require.NoError(t, err)
	_, err = c.TagResource(ctx, &wafv2.TagResourceInput{ResourceARN: made.Summary.ARN, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("c"), Value: aws.String("3")}}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &wafv2.UntagResourceInput{ResourceARN: made.Summary.ARN, TagKeys: []string{"a", "absent"}})
	require.NoError(t, err)
	first, err := c.ListTagsForResource(ctx, &wafv2.ListTagsForResourceInput{ResourceARN: made.Summary.ARN})
	require.NoError(t, err)
	require.Equal(t, "b", *first.TagInfoForResource.TagList[0].Key)
	second, err := c.ListTagsForResource(ctx, &wafv2.ListTagsForResourceInput{ResourceARN: made.Summary.ARN, NextMarker: first.NextMarker})
	require.NoError(t, err)
	require.Equal(t, "c", *second.TagInfoForResource.TagList[0].Key)
	require.Nil(t, second.NextMarker)
}

func TestRefusals(t *testing.T) {
	cloud, c := client()
	made := create(t, c, "main")
	add := func(in *wafv2.CreateWebACLInput) error {
		_, err := c.CreateWebACL(ctx, in)
		return err
	}
	abroad := func() error {
		in := input("x")
		in.Scope = types.ScopeCloudfront
		_, err := wafv2.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1")).CreateWebACL(ctx, in)
		return err
	}
	logged := func(destination string, f ...types.FieldToMatch) error {
		_, err := c.PutLoggingConfiguration(ctx, &wafv2.PutLoggingConfigurationInput{LoggingConfiguration: &types.LoggingConfiguration{ResourceArn: made.ARN, LogDestinationConfigs: []string{destination}, RedactedFields: f}})
		return err
	}
	addresses := func(v types.IPAddressVersion, a ...string) error {
		_, err := c.CreateIPSet(ctx, &wafv2.CreateIPSetInput{Name: aws.String("x"), Scope: types.ScopeRegional, IPAddressVersion: v, Addresses: a})
		return err
	}
	undecided, both := input("x"), input("x")
	undecided.DefaultAction = &types.DefaultAction{}
	both.DefaultAction = &types.DefaultAction{Allow: &types.AllowAction{}, Block: &types.BlockAction{}}
	var heavy []types.Rule
	for i := range 8 {
		heavy = append(heavy, rule(fmt.Sprint("r", i), int32(i), managed("AWSManagedRulesCommonRuleSet")))
	}
	actionOfGroup, fine := rule("g", 0, managed("AWSManagedRulesSQLiRuleSet")), sqli(body, types.TextTransformationTypeNone)
	actionOfGroup.Action = &types.RuleAction{Block: &types.BlockAction{}}
	noAction := rule("s", 0, fine)
	noAction.Action = nil
	rate := func(limit, window int64) types.Statement {
		return types.Statement{RateBasedStatement: &types.RateBasedStatement{Limit: &limit, EvaluationWindowSec: window, AggregateKeyType: types.RateBasedStatementAggregateKeyTypeIp}}
	}
	either := func(s ...types.Statement) types.Statement {
		return types.Statement{OrStatement: &types.OrStatement{Statements: s}}
	}
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"a name twice":                 {add(input("main")), "WAFDuplicateItemException"},
		"a bad name":                   {add(input("my acl")), "WAFInvalidParameterException"},
		"CLOUDFRONT elsewhere":         {abroad(), "WAFInvalidParameterException"},
		"no default action":            {add(undecided), "WAFInvalidParameterException"},
		"two default actions":          {add(both), "WAFInvalidParameterException"},
		"too much capacity":            {add(input("x", heavy...)), "WAFInvalidParameterException"},
		"a reserved metric":            {add(input("All")), "WAFInvalidParameterException"},
		"a priority twice":             {add(input("x", rule("a", 0, fine), rule("b", 0, fine))), "WAFInvalidParameterException"},
		"a rule's name twice":          {add(input("x", rule("a", 0, fine), rule("a", 1, fine))), "WAFInvalidParameterException"},
		"an action of a group":         {add(input("x", actionOfGroup)), "WAFInvalidParameterException"},
		"no action":                    {add(input("x", noAction)), "WAFInvalidParameterException"},
		"no statement":                 {add(input("x", rule("a", 0, types.Statement{}))), "WAFInvalidParameterException"},
		"no transformation":            {add(input("x", rule("a", 0, sqli(body)))), "WAFInvalidParameterException"},
		"an unknown transformation":    {add(input("x", rule("a", 0, sqli(body, "ROT13")))), "WAFInvalidParameterException"},
		"no component":                 {add(input("x", rule("a", 0, sqli(types.FieldToMatch{}, types.TextTransformationTypeNone)))), "WAFInvalidParameterException"},
		"an OR of one":                 {add(input("x", rule("a", 0, either(fine)))), "WAFInvalidParameterException"},
		"a nested rate limit":          {add(input("x", rule("a", 0, either(fine, rate(100, 0))))), "WAFInvalidParameterException"},
		"a low rate limit":             {add(input("x", rule("a", 0, rate(9, 0)))), "WAFInvalidParameterException"},
		"an odd window":                {add(input("x", rule("a", 0, rate(100, 61)))), "WAFInvalidParameterException"},
		"an unknown group":             {add(input("x", rule("a", 0, managed("AWSManagedRulesNone")))), "WAFNonexistentItemException"},
		"an unknown set":               {add(input("x", rule("a", 0, types.Statement{IPSetReferenceStatement: &types.IPSetReferenceStatement{ARN: aws.String("arn:aws:wafv2:us-east-1:123456789012:regional/ipset/x/y")}}))), "WAFNonexistentItemException"},
		"an address without a length":  {addresses(types.IPAddressVersionIpv4, "192.0.2.1"), "WAFInvalidParameterException"},
		"everybody":                    {addresses(types.IPAddressVersionIpv4, "0.0.0.0/0"), "WAFInvalidParameterException"},
		"an address of the other kind": {addresses(types.IPAddressVersionIpv4, "2001:db8::/32"), "WAFInvalidParameterException"},
		"a destination's name":         {logged("arn:aws:logs:us-east-1:123456789012:log-group:main"), "WAFInvalidParameterException"},
		"a redacted body":              {logged("arn:aws:s3:::aws-waf-logs-main", body), "WAFInvalidParameterException"},
		"a resource of another kind": {func() error {
			_, err := c.AssociateWebACL(ctx, &wafv2.AssociateWebACLInput{WebACLArn: made.ARN, ResourceArn: aws.String("arn:aws:s3:::bucket")})
			return err
		}(), "WAFInvalidParameterException"},
		"a deletion of nothing": {func() error {
			_, err := c.DeleteWebACL(ctx, &wafv2.DeleteWebACLInput{Name: aws.String("main"), Id: aws.String("x"), Scope: types.ScopeRegional, LockToken: made.LockToken})
			return err
		}(), "WAFNonexistentItemException"},
		"a foreign marker": {func() error {
			_, err := c.ListWebACLs(ctx, &wafv2.ListWebACLsInput{Scope: types.ScopeRegional, NextMarker: aws.String("bad")})
			return err
		}(), "WAFInvalidParameterException"},
	} {
		require.Equal(t, c.code, code(c.err), "%s: %v", name, c.err)
	}
	_, err := c.ListTagsForResource(ctx, &wafv2.ListTagsForResourceInput{ResourceARN: aws.String(alb)})
	require.Equal(t, "WAFNonexistentItemException", code(err))
}

func TestUnknownLogGroupIsRefused(t *testing.T) {
	cloud := fakeaws.New(fakewafv2.Install, func(c *fakeaws.Cloud) { fakeaws.Provide[fakeaws.LogGroups](c, noGroups{}) })
	c := wafv2.NewFromConfig(cloud.Config())
	made := create(t, c, "main")
	_, err := c.PutLoggingConfiguration(ctx, &wafv2.PutLoggingConfigurationInput{LoggingConfiguration: &types.LoggingConfiguration{ResourceArn: made.ARN, LogDestinationConfigs: []string{"arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-main"}}})
	var issue *types.WAFLogDestinationPermissionIssueException
	require.ErrorAs(t, err, &issue)
}

type noGroups struct{}

func (noGroups) LogGroup(context.Context, string) bool { return false }
