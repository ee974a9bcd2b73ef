package webacl

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// Capacities in WCU. https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html
const (
	mostCapacity  = 5000 // of a web ACL
	basicCapacity = 1500 // what the price of requests includes
)

// groupCapacity is what AWS's managed rule groups use.
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
var groupCapacity = map[string]int64{
	"AWSManagedRulesCommonRuleSet": 700, "AWSManagedRulesAdminProtectionRuleSet": 100, "AWSManagedRulesKnownBadInputsRuleSet": 200, "AWSManagedRulesSQLiRuleSet": 200,
	"AWSManagedRulesLinuxRuleSet": 200, "AWSManagedRulesUnixRuleSet": 100, "AWSManagedRulesWindowsRuleSet": 200, "AWSManagedRulesPHPRuleSet": 100,
	"AWSManagedRulesWordPressRuleSet": 100, "AWSManagedRulesAmazonIpReputationList": 25, "AWSManagedRulesAnonymousIpList": 50,
}

// Capacity is what rules use of a web ACL's capacity, in WCU, by AWS's documented figures: a transformation of a component counts once
// in a web ACL. WAF refuses more than 5,000, and charges extra from 1,500.
func Capacity(rules ...Rule) int64 {
	total, transformed := int64(0), map[string]bool{}
	for _, r := range rules {
		if m, ok := r.(ManagedRules); ok && m.Capacity > 0 {
			total += m.Capacity
			continue
		}
		s := r.statement()
		total += cost(&s, transformed)
	}
	return total + 10*int64(len(transformed))
}

// cost is a statement's base cost, of the statements that this package makes. transformed collects the transformations.
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html
func cost(s *types.Statement, transformed map[string]bool) (total int64) {
	switch {
	case s.OrStatement != nil:
		for i := range s.OrStatement.Statements {
			total += cost(&s.OrStatement.Statements[i], transformed)
		}
	case s.NotStatement != nil:
		total = cost(s.NotStatement.Statement, transformed)
	case s.SqliMatchStatement != nil:
		total = 20
		if s.SqliMatchStatement.SensitivityLevel == types.SensitivityLevelHigh {
			total = 30
		}
		for _, t := range s.SqliMatchStatement.TextTransformations {
			transformed[compact(s.SqliMatchStatement.FieldToMatch)+string(t.Type)] = true
		}
	case s.RateBasedStatement != nil:
		total = 2
	case s.IPSetReferenceStatement != nil:
		total = 1
	case s.ManagedRuleGroupStatement != nil:
		total = groupCapacity[aws.ToString(s.ManagedRuleGroupStatement.Name)]
	}
	return total
}
