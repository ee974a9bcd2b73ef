package webacl

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Rule is one of ManagedRules, SQLInjection, RateLimit and Addresses.
type Rule interface {
	name() string
	statement() types.Statement
	action() string       // see ruleState
	countBecause() string // why the rule only counts
}

// DefaultRules are what a web ACL has that names none: AWS's managed rules for addresses of bad repute, for what every application
// meets, for known exploits and for SQL injection, a limit for each address, and BlockSQLInjection.
//
// AWSManagedRulesCommonRuleSet blocks bodies over 8 KB: an application that takes uploads counts its SizeRestrictions_BODY instead.
func DefaultRules() []Rule {
	return []Rule{
		ManagedRules{Group: "AWSManagedRulesAmazonIpReputationList"},
		RateLimit{Name: "RateLimit"},
		ManagedRules{Group: "AWSManagedRulesCommonRuleSet"},
		ManagedRules{Group: "AWSManagedRulesKnownBadInputsRuleSet"},
		ManagedRules{Group: "AWSManagedRulesSQLiRuleSet"},
		SQLInjection{Name: "BlockSQLInjection"},
	}
}

// ManagedRules applies a rule group that AWS, or a vendor in AWS Marketplace, maintains.
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
type ManagedRules struct {
	Group    string // as "AWSManagedRulesCommonRuleSet"; also the rule's name
	Vendor   string // AWS if empty
	Version  string // the vendor's default version if empty
	Capacity int64  // in WCU, of groups that this package does not know
	// CountOnly are rules of the group that don't block, as "SizeRestrictions_BODY", and CountOnlyBecause says why.
	CountOnly        []string
	CountOnlyBecause string
	// CountBecause says why the whole group does not block, as while it is tried out.
	CountBecause string
}

func (m ManagedRules) name() string         { return m.Group }
func (m ManagedRules) countBecause() string { return m.CountBecause }

func (m ManagedRules) action() string {
	if m.CountBecause != "" {
		return groupCount
	}
	return groupDecides
}

func (m ManagedRules) vendor() string {
	if m.Vendor == "" {
		return "AWS"
	}
	return m.Vendor
}

func (m ManagedRules) statement() types.Statement {
	s := &types.ManagedRuleGroupStatement{Name: &m.Group, VendorName: aws.String(m.vendor())}
	if m.Version != "" {
		s.Version = &m.Version
	}
	for _, rule := range m.CountOnly {
		s.RuleActionOverrides = append(s.RuleActionOverrides, types.RuleActionOverride{Name: &rule, ActionToUse: &types.RuleAction{Count: &types.CountAction{}}})
	}
	return types.Statement{ManagedRuleGroupStatement: s}
}

// SQLInjection blocks requests with malicious SQL in the body, the query string, the path, a header or a cookie, each of which is
// URL-decoded and HTML-entity-decoded first. What is too large for WAF to look at is blocked as well: bodies over 8 KB for load balancers and
// AppSync, 16 KB for others; headers or cookies over 8 KB or more than 200.
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-sqli-match.html
type SQLInjection struct {
	Name string
	// Sensitive detects more attacks, and takes more of what is harmless for one.
	Sensitive bool
	// PassOversizeBecause says why bodies, headers and cookies are looked at only as far as WAF can see, as where uploads are taken.
	PassOversizeBecause string
	CountBecause        string // why it does not block
}

func (s SQLInjection) name() string         { return s.Name }
func (s SQLInjection) countBecause() string { return s.CountBecause }
func (s SQLInjection) action() string       { return blockOrCount(s.CountBecause) }

func (s SQLInjection) statement() types.Statement {
	oversize, level := types.OversizeHandlingMatch, types.SensitivityLevelLow
	if s.PassOversizeBecause != "" {
		oversize = types.OversizeHandlingContinue
	}
	if s.Sensitive {
		level = types.SensitivityLevelHigh
	}
	out := &types.OrStatement{}
	for _, field := range []types.FieldToMatch{
		{Body: &types.Body{OversizeHandling: oversize}},
		{QueryString: &types.QueryString{}},
		{UriPath: &types.UriPath{}},
		{Headers: &types.Headers{MatchPattern: &types.HeaderMatchPattern{ExcludedHeaders: []string{"cookie"}}, MatchScope: types.MapMatchScopeValue, OversizeHandling: oversize}},
		{Cookies: &types.Cookies{MatchPattern: &types.CookieMatchPattern{All: &types.All{}}, MatchScope: types.MapMatchScopeAll, OversizeHandling: oversize}},
	} {
		out.Statements = append(out.Statements, types.Statement{SqliMatchStatement: &types.SqliMatchStatement{
			FieldToMatch: &field, SensitivityLevel: level,
			TextTransformations: []types.TextTransformation{{Priority: 0, Type: types.TextTransformationTypeUrlDecode}, {Priority: 1, Type: types.TextTransformationTypeHtmlEntityDecode}},
		}})
	}
	return types.Statement{OrStatement: out}
}

// RateLimit blocks an address for as long as it sends more than Requests within Window.
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
type RateLimit struct {
	Name         string
	Requests     int64         // 10–2,000,000,000; 2,000 if zero
	Window       time.Duration // 1, 2, 5 or 10 minutes; 5 if zero
	CountBecause string        // why it does not block
}

func (r RateLimit) name() string         { return r.Name }
func (r RateLimit) countBecause() string { return r.CountBecause }
func (r RateLimit) action() string       { return blockOrCount(r.CountBecause) }

func (r RateLimit) statement() types.Statement {
	if r.Requests == 0 {
		r.Requests = 2000
	}
	if r.Window == 0 {
		r.Window = 5 * time.Minute
	}
	return types.Statement{RateBasedStatement: &types.RateBasedStatement{
		Limit: &r.Requests, EvaluationWindowSec: int64(r.Window / time.Second), AggregateKeyType: types.RateBasedStatementAggregateKeyTypeIp,
	}}
}

// Verdict is what becomes of requests by their address.
type Verdict int

// Verdicts.
const (
	BlockThose  Verdict = iota // those in the set are blocked, the default
	BlockOthers                // only those in the set go on to the next rule
	AllowThose                 // those in the set pass, without any further rule
)

// Addresses looks at where a request comes from.
type Addresses struct {
	Name         string
	In           id.ARN // of an IPSet
	Verdict      Verdict
	CountBecause string // why it does not act
}

func (a Addresses) name() string         { return a.Name }
func (a Addresses) countBecause() string { return a.CountBecause }

func (a Addresses) action() string {
	if a.Verdict == AllowThose && a.CountBecause == "" {
		return "ALLOW"
	}
	return blockOrCount(a.CountBecause)
}

func (a Addresses) statement() types.Statement {
	s := types.Statement{IPSetReferenceStatement: &types.IPSetReferenceStatement{ARN: aws.String(string(a.In))}}
	if a.Verdict == BlockOthers {
		return types.Statement{NotStatement: &types.NotStatement{Statement: &s}}
	}
	return s
}

func blockOrCount(because string) string {
	if because != "" {
		return "COUNT"
	}
	return "BLOCK"
}
