package webacl_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint/webacl"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakewafv2"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

const (
	alb   id.ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
	group id.ARN = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-main"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakewafv2.Install) }

// standing is the web ACL of a name.
func standing(ctx context.Context, cfg aws.Config, name string) (*wafv2.GetWebACLOutput, error) {
	c := wafv2.NewFromConfig(cfg)
	out, err := c.ListWebACLs(ctx, &wafv2.ListWebACLsInput{Scope: types.ScopeRegional})
	if err != nil {
		return nil, err
	}
	for _, s := range out.WebACLs {
		if *s.Name == name {
			return c.GetWebACL(ctx, &wafv2.GetWebACLInput{Name: s.Name, Id: s.Id, Scope: types.ScopeRegional})
		}
	}
	return nil, &types.WAFNonexistentItemException{}
}

// loosen is drift: somebody takes rules away.
func loosen(ctx context.Context, cfg aws.Config) error {
	a, err := standing(ctx, cfg, "MyWebACL")
	if err != nil {
		return err
	}
	_, err = wafv2.NewFromConfig(cfg).UpdateWebACL(ctx, &wafv2.UpdateWebACLInput{
		Name: a.WebACL.Name, Id: a.WebACL.Id, Scope: types.ScopeRegional, LockToken: a.LockToken, DefaultAction: a.WebACL.DefaultAction, VisibilityConfig: a.WebACL.VisibilityConfig,
		Rules: a.WebACL.Rules[:1], // moto keeps all that stand if none are given
	})
	return err
}

func aclCase() kindtest.Case {
	plain := webacl.WebACL{Name: "MyWebACL"}
	described := plain
	described.Description, described.BlockByDefault, described.Tags = "the shop's", true, map[string]string{"team": "shop"}
	office := webacl.IPSet{Name: "office", Addresses: []string{"192.0.2.0/24"}}
	ruled := described
	ruled.Rules = []webacl.Rule{
		webacl.Addresses{Name: "office", In: office.ARN(), Verdict: webacl.AllowThose},
		webacl.Addresses{Name: "others", In: office.ARN(), Verdict: webacl.BlockOthers, CountBecause: "tried out until May"},
		webacl.ManagedRules{Group: "AWSManagedRulesCommonRuleSet", CountOnly: []string{"SizeRestrictions_BODY"}, CountOnlyBecause: "uploads"},
		webacl.ManagedRules{Group: "AWSManagedRulesLinuxRuleSet", CountBecause: "tried out until May"},
		webacl.SQLInjection{Name: "BlockSQLInjection", Sensitive: true, PassOversizeBecause: "uploads"},
		webacl.RateLimit{Name: "few", Requests: 100, Window: time.Minute},
	}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{plain, office}},
			{Resource: ztcore.List{described, office}, Changes: []string{"endpoint.WebACL/MyWebACL Description", "endpoint.WebACL/MyWebACL Default", "endpoint.WebACL/MyWebACL Tags"}},
			{Resource: ztcore.List{ruled, office}, Changes: []string{"endpoint.WebACL/MyWebACL Rules"}},
		},
		Drift: loosen,
	}
}

func ipSetCase() kindtest.Case {
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: webacl.IPSet{Name: "office", Addresses: []string{"192.0.2.0/24"}}},
			{Resource: webacl.IPSet{Name: "office", Description: "headquarters", Addresses: []string{"198.51.100.7/32", "192.0.2.0/24"}, Tags: map[string]string{"team": "it"}},
				Changes: []string{"endpoint.IPSet/office Description", "endpoint.IPSet/office Addresses", "endpoint.IPSet/office Tags"}},
			{Resource: webacl.IPSet{Name: "office", Description: "headquarters", Addresses: []string{"2001:db8::/32"}, Tags: map[string]string{"team": "it"}},
				Changes: []string{"endpoint.IPSet/office Version", "endpoint.IPSet/office Addresses"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := wafv2.NewFromConfig(cfg)
			out, err := c.ListIPSets(ctx, &wafv2.ListIPSetsInput{Scope: types.ScopeRegional})
			if err != nil {
				return err
			}
			s := out.IPSets[0]
			_, err = c.UpdateIPSet(ctx, &wafv2.UpdateIPSetInput{Name: s.Name, Id: s.Id, Scope: types.ScopeRegional, LockToken: s.LockToken, Addresses: []string{"203.0.113.0/24"}})
			return err
		},
	}
}

func protectionCase() kindtest.Case {
	one, two := webacl.WebACL{Name: "one"}, webacl.WebACL{Name: "two"}
	protects := func(a webacl.WebACL) webacl.Association {
		return webacl.Association{Name: "shop", Resource: alb, WebACL: a.ARN()}
	}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{one, two, protects(one)}},
			{Resource: ztcore.List{one, two, protects(two)}, Changes: []string{"endpoint.WebACLAssociation/shop WebACL"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := wafv2.NewFromConfig(cfg).DisassociateWebACL(ctx, &wafv2.DisassociateWebACLInput{ResourceArn: aws.String(string(alb))})
			return err
		},
	}
}

func loggingCase() kindtest.Case {
	acl := webacl.WebACL{Name: "main"}
	logging := func(to id.ARN, redact ...string) webacl.Logging {
		return webacl.Logging{Name: "main", WebACL: acl.ARN(), To: to, Redact: redact}
	}
	open := logging(group)
	open.KeepCredentialsBecause = "a week of debugging"
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{acl, logging(group)}},
			{Resource: ztcore.List{acl, logging("arn:aws:s3:::aws-waf-logs-acme")}, Changes: []string{"endpoint.WebACLLogging/main To"}},
			{Resource: ztcore.List{acl, logging("arn:aws:s3:::aws-waf-logs-acme", "X-Api-Key")}, Changes: []string{"endpoint.WebACLLogging/main Redacted"}},
			{Resource: ztcore.List{acl, open}, Changes: []string{"endpoint.WebACLLogging/main To", "endpoint.WebACLLogging/main Redacted"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			a, err := standing(ctx, cfg, "main")
			if err != nil {
				return err
			}
			_, err = wafv2.NewFromConfig(cfg).PutLoggingConfiguration(ctx, &wafv2.PutLoggingConfigurationInput{LoggingConfiguration: &types.LoggingConfiguration{
				ResourceArn: a.WebACL.ARN, LogDestinationConfigs: []string{string(group)},
				LoggingFilter: &types.LoggingFilter{DefaultBehavior: types.FilterBehaviorDrop, Filters: []types.Filter{{
					Behavior: types.FilterBehaviorKeep, Requirement: types.FilterRequirementMeetsAny, Conditions: []types.Condition{{ActionCondition: &types.ActionCondition{Action: types.ActionValueBlock}}},
				}}},
			}})
			return err
		},
	}
}

func TestLife(t *testing.T) {
	for name, c := range map[string]kindtest.Case{"WebACL": aclCase(), "IPSet": ipSetCase(), "Association": protectionCase(), "Logging": loggingCase()} {
		t.Run(name, func(t *testing.T) { kindtest.Run(t, c) })
	}
}

// The same on the wire, less what moto does not do: an association stands beside the one that it should take the place of.
func TestWire(t *testing.T) {
	protection := protectionCase()
	protection.Variants = protection.Variants[:1]
	for name, c := range map[string]kindtest.Case{"WebACL": aclCase(), "IPSet": ipSetCase(), "Association": protection, "Logging": loggingCase()} {
		t.Run(name, func(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), c) })
	}
}

// The guide's rule, as it should be: every part of a request, decoded.
func TestSQLInjectionIsLookedForEverywhere(t *testing.T) {
	cfg := newCloud().Config()
	apply(t, cfg, webacl.WebACL{Name: "MyWebACL"})
	a, err := standing(t.Context(), cfg, "MyWebACL")
	require.NoError(t, err)
	rule := a.WebACL.Rules[len(a.WebACL.Rules)-1]
	require.Equal(t, "BlockSQLInjection", *rule.Name)
	require.NotNil(t, rule.Action.Block)
	seen := map[string]bool{}
	for _, s := range rule.Statement.OrStatement.Statements {
		m := s.SqliMatchStatement
		require.Equal(t, []types.TextTransformation{{Priority: 0, Type: types.TextTransformationTypeUrlDecode}, {Priority: 1, Type: types.TextTransformationTypeHtmlEntityDecode}}, m.TextTransformations)
		seen["body"] = seen["body"] || m.FieldToMatch.Body != nil && m.FieldToMatch.Body.OversizeHandling == types.OversizeHandlingMatch
		seen["query"] = seen["query"] || m.FieldToMatch.QueryString != nil
		seen["path"] = seen["path"] || m.FieldToMatch.UriPath != nil
		seen["headers"] = seen["headers"] || m.FieldToMatch.Headers != nil
		seen["cookies"] = seen["cookies"] || m.FieldToMatch.Cookies != nil
	}
	require.Equal(t, map[string]bool{"body": true, "query": true, "path": true, "headers": true, "cookies": true}, seen)
}

func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("edge", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.NoError(t, err, p)
	return p
}

// What is computed offline is what WAF answers.
func TestCapacityIsWAFs(t *testing.T) {
	cloud := newCloud()
	for _, rules := range [][]webacl.Rule{
		webacl.DefaultRules(),
		{webacl.SQLInjection{Name: "a"}},
		{webacl.SQLInjection{Name: "a"}, webacl.SQLInjection{Name: "b", Sensitive: true}},
		{webacl.SQLInjection{Name: "a"}, webacl.SQLInjection{Name: "b", PassOversizeBecause: "uploads"}},
		{webacl.RateLimit{Name: "a"}, webacl.ManagedRules{Group: "AWSManagedRulesWindowsRuleSet"}},
	} {
		cfg := cloud.Config()
		apply(t, cfg, webacl.WebACL{Name: "MyWebACL", Rules: rules})
		a, err := standing(t.Context(), cfg, "MyWebACL")
		require.NoError(t, err)
		require.Equal(t, a.WebACL.Capacity, webacl.Capacity(rules...))
		checked, err := wafv2.NewFromConfig(cfg).CheckCapacity(t.Context(), &wafv2.CheckCapacityInput{Scope: types.ScopeRegional, Rules: a.WebACL.Rules})
		require.NoError(t, err)
		require.Equal(t, a.WebACL.Capacity, checked.Capacity)
	}
	require.EqualValues(t, 1327, webacl.Capacity(webacl.DefaultRules()...))
}

func TestCapacityIsShownAndLimited(t *testing.T) {
	rules := append(webacl.DefaultRules(), webacl.ManagedRules{Group: "AWSManagedRulesWindowsRuleSet"})
	p, err := ztcore.NewBaseline("edge", webacl.WebACL{Name: "main", Rules: rules}).Plan(t.Context(), newCloud().Config())
	require.NoError(t, err)
	require.Contains(t, p.Steps[0].Notes, "uses 1527 WCU; AWS charges extra for what is over 1500")

	rules = append(rules, webacl.ManagedRules{Group: "Everything", Vendor: "Acme", Capacity: 4000})
	require.ErrorContains(t, ztcore.NewBaseline("edge", webacl.WebACL{Name: "main", Rules: rules}).Check(), "use 5527 WCU, and a web ACL may use 5000")
}

func TestInputIsChecked(t *testing.T) {
	for want, r := range map[string]ztcore.Resource{
		`"my acl" can't be a name`:        webacl.WebACL{Name: "my acl"},
		`"All" can't be a name`:           webacl.WebACL{Name: "All"},
		"GLOBAL is no scope":              webacl.WebACL{Name: "main", Scope: "GLOBAL"},
		"more than 256 characters":        webacl.WebACL{Name: "main", Description: strings.Repeat("x", 257)},
		"two rules of this name":          webacl.WebACL{Name: "main", Rules: []webacl.Rule{webacl.RateLimit{Name: "a"}, webacl.SQLInjection{Name: "a"}}},
		"9 requests can't be a limit":     webacl.WebACL{Name: "main", Rules: []webacl.Rule{webacl.RateLimit{Name: "a", Requests: 9}}},
		"1m30s can't be a window":         webacl.WebACL{Name: "main", Rules: []webacl.Rule{webacl.RateLimit{Name: "a", Window: 90 * time.Second}}},
		"AWS's group is not known here":   webacl.WebACL{Name: "main", Rules: []webacl.Rule{webacl.ManagedRules{Group: "AWSManagedRulesTypo"}}},
		"names no set of addresses":       webacl.WebACL{Name: "main", Rules: []webacl.Rule{webacl.Addresses{Name: "a"}}},
		"CountOnly":                       webacl.WebACL{Name: "main", Rules: []webacl.Rule{webacl.ManagedRules{Group: "AWSManagedRulesCommonRuleSet", CountOnly: []string{"SizeRestrictions_BODY"}}}},
		"is no CIDR block":                webacl.IPSet{Name: "a", Addresses: []string{"192.0.2.1"}},
		"bits behind its length":          webacl.IPSet{Name: "a", Addresses: []string{"192.0.2.1/24"}},
		"stands for everybody":            webacl.IPSet{Name: "a", Addresses: []string{"0.0.0.0/0"}},
		"is of IPv4, and others are":      webacl.IPSet{Name: "a", Addresses: []string{"192.0.2.0/24", "2001:db8::/32"}},
		"can't be protected by a web ACL": webacl.Association{Resource: "arn:aws:s3:::bucket", WebACL: "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/b"},
		"can't be associated by WAF":      webacl.Association{Resource: "arn:aws:cloudfront::123456789012:distribution/E1", WebACL: "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"},
		"is for CloudFront only":          webacl.WebACL{Name: "main", Scope: webacl.CloudFront, Protects: []id.ARN{alb}},
		"begins with aws-waf-logs-":       webacl.WebACL{Name: "main", LogTo: "arn:aws:s3:::acme-logs"},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("edge", r).Check(), want)
	}
}

// Tokens of the account in a destination are looked at once they are known.
func TestDestinationWithTokensIsChecked(t *testing.T) {
	bad := webacl.WebACL{Name: "main", LogTo: "arn:aws:logs:" + ztcore.Region + ":" + ztcore.AccountID + ":log-group:main"}
	_, err := ztcore.NewBaseline("edge", bad).Plan(t.Context(), newCloud().Config())
	require.ErrorContains(t, err, "begins with aws-waf-logs-")
}

func TestCloudFrontIsRefusedElsewhere(t *testing.T) {
	cloud := newCloud()
	acl := ztcore.List{webacl.WebACL{Name: "main", Scope: webacl.CloudFront}, webacl.IPSet{Name: "office", Scope: webacl.CloudFront}}
	_, err := ztcore.NewBaseline("edge", acl).Plan(t.Context(), cloud.ConfigFor(fakeaws.DefaultAccount, "eu-central-1"))
	require.ErrorContains(t, err, "CLOUDFRONT can't be used in eu-central-1")
	apply(t, cloud.Config(), acl)
	again, err := ztcore.NewBaseline("edge", acl).Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
}

func TestWebACLThatBlocksNothingIsBlocked(t *testing.T) {
	for _, rules := range [][]webacl.Rule{{}, {webacl.SQLInjection{Name: "a", CountBecause: "tried out"}}, {webacl.Addresses{Name: "a", In: "arn:aws:wafv2:us-east-1:123456789012:regional/ipset/a/b", Verdict: webacl.AllowThose}}} {
		p, err := ztcore.NewBaseline("edge", webacl.WebACL{Name: "main", Rules: rules}).Plan(t.Context(), newCloud().Config())
		require.NoError(t, err)
		require.Len(t, p.Findings, 1)
		require.Equal(t, "endpoint.web-acl-passes-all", p.Findings[0].Guardrail)
	}
}

// What others set on the web ACL that is not the package's business stays when the rules are repaired.
func TestForeignSettingsStay(t *testing.T) {
	cfg := newCloud().Config()
	acl := webacl.WebACL{Name: "MyWebACL"}
	apply(t, cfg, acl)
	a, err := standing(t.Context(), cfg, "MyWebACL")
	require.NoError(t, err)
	_, err = wafv2.NewFromConfig(cfg).UpdateWebACL(t.Context(), &wafv2.UpdateWebACLInput{
		Name: a.WebACL.Name, Id: a.WebACL.Id, Scope: types.ScopeRegional, LockToken: a.LockToken, DefaultAction: a.WebACL.DefaultAction, VisibilityConfig: a.WebACL.VisibilityConfig,
		TokenDomains: []string{"example.com"},
	})
	require.NoError(t, err)
	apply(t, cfg, acl)
	a, err = standing(t.Context(), cfg, "MyWebACL")
	require.NoError(t, err)
	require.Len(t, a.WebACL.Rules, len(webacl.DefaultRules()))
	require.Equal(t, []string{"example.com"}, a.WebACL.TokenDomains)
}

func TestWebACLInUseElsewhereStays(t *testing.T) {
	cfg := newCloud().Config()
	acl := webacl.WebACL{Name: "MyWebACL"}
	apply(t, cfg, acl)
	a, err := standing(t.Context(), cfg, "MyWebACL")
	require.NoError(t, err)
	_, err = wafv2.NewFromConfig(cfg).AssociateWebACL(t.Context(), &wafv2.AssociateWebACLInput{WebACLArn: a.WebACL.ARN, ResourceArn: aws.String(string(alb))})
	require.NoError(t, err)
	p, err := ztcore.NewBaseline("edge", acl).Plan(t.Context(), cfg, ztcore.Destroy())
	require.NoError(t, err)
	_, err = p.Apply(t.Context(), ztcore.WithSettleTimeout(time.Second))
	var used *types.WAFAssociatedItemException
	require.ErrorAs(t, err, &used, "what somebody else protects with it would be open")
}
