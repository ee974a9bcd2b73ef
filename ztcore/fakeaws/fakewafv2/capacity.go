package fakewafv2

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// managedCapacity is what AWS's own rule groups use.
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
var managedCapacity = map[string]int64{
	"AWSManagedRulesCommonRuleSet": 700, "AWSManagedRulesAdminProtectionRuleSet": 100, "AWSManagedRulesKnownBadInputsRuleSet": 200,
	"AWSManagedRulesSQLiRuleSet": 200, "AWSManagedRulesLinuxRuleSet": 200, "AWSManagedRulesUnixRuleSet": 100, "AWSManagedRulesWindowsRuleSet": 200,
	"AWSManagedRulesPHPRuleSet": 100, "AWSManagedRulesWordPressRuleSet": 100, "AWSManagedRulesAmazonIpReputationList": 25,
	"AWSManagedRulesAnonymousIpList": 50, "AWSManagedRulesBotControlRuleSet": 50, "AWSManagedRulesATPRuleSet": 50, "AWSManagedRulesACFPRuleSet": 50,
	"AWSManagedRulesAntiDDoSRuleSet": 50,
}

// capacityOf is the sum of the statements' base costs, and 10 for each transformation of a component, which counts once in a web
// ACL however many rules apply it.
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html
func capacityOf(rules []types.Rule) (int64, error) {
	total, transformed := int64(0), map[string]bool{}
	for i := range rules {
		n, err := cost(rules[i].Statement, transformed)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total + 10*int64(len(transformed)), nil
}

// cost is a statement's, without its transformations. The figures are those of each statement's page under
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html
func cost(s *types.Statement, transformed map[string]bool) (int64, error) {
	switch {
	case s.AndStatement != nil:
		return costOfAll(s.AndStatement.Statements, transformed)
	case s.OrStatement != nil:
		return costOfAll(s.OrStatement.Statements, transformed)
	case s.NotStatement != nil:
		return cost(s.NotStatement.Statement, transformed)
	case s.SqliMatchStatement != nil:
		base := int64(20)
		if s.SqliMatchStatement.SensitivityLevel == types.SensitivityLevelHigh {
			base = 30
		}
		return match(base, s.SqliMatchStatement.FieldToMatch, s.SqliMatchStatement.TextTransformations, transformed), nil
	case s.XssMatchStatement != nil:
		return match(40, s.XssMatchStatement.FieldToMatch, s.XssMatchStatement.TextTransformations, transformed), nil
	case s.ByteMatchStatement != nil:
		base := int64(2)
		if p := s.ByteMatchStatement.PositionalConstraint; p == types.PositionalConstraintContains || p == types.PositionalConstraintContainsWord {
			base = 10
		}
		return match(base, s.ByteMatchStatement.FieldToMatch, s.ByteMatchStatement.TextTransformations, transformed), nil
	case s.RegexMatchStatement != nil:
		return match(3, s.RegexMatchStatement.FieldToMatch, s.RegexMatchStatement.TextTransformations, transformed), nil
	case s.SizeConstraintStatement != nil:
		return match(1, s.SizeConstraintStatement.FieldToMatch, s.SizeConstraintStatement.TextTransformations, transformed), nil
	case s.GeoMatchStatement != nil, s.LabelMatchStatement != nil, s.AsnMatchStatement != nil:
		return 1, nil
	case s.IPSetReferenceStatement != nil:
		if f := s.IPSetReferenceStatement.IPSetForwardedIPConfig; f != nil && f.Position == types.ForwardedIPPositionAny {
			return 5, nil
		}
		return 1, nil
	case s.RateBasedStatement != nil:
		n := 2 + 30*int64(len(s.RateBasedStatement.CustomKeys))
		if s.RateBasedStatement.ScopeDownStatement == nil {
			return n, nil
		}
		more, err := cost(s.RateBasedStatement.ScopeDownStatement, transformed)
		return n + more, err
	case s.ManagedRuleGroupStatement != nil:
		n := managedCapacity[aws.ToString(s.ManagedRuleGroupStatement.Name)]
		if s.ManagedRuleGroupStatement.ScopeDownStatement == nil {
			return n, nil
		}
		more, err := cost(s.ManagedRuleGroupStatement.ScopeDownStatement, transformed)
		return n + more, err
	}
	return 0, &fakeaws.NotFakedError{Service: "WAFV2", Operation: "a web ACL", Member: "Statement", Why: "the fake does not know statements of this type"}
}

func costOfAll(all []types.Statement, transformed map[string]bool) (total int64, err error) {
	for i := range all {
		n, err := cost(&all[i], transformed)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// match is the cost of looking at a component of the request.
func match(base int64, field *types.FieldToMatch, transformations []types.TextTransformation, transformed map[string]bool) int64 {
	component, err := json.Marshal(field)
	if err != nil {
		panic("fakewafv2: a component has no JSON form: " + err.Error())
	}
	for _, t := range transformations {
		if t.Type != types.TextTransformationTypeNone {
			transformed[string(component)+string(t.Type)] = true
		}
	}
	if field.AllQueryArguments != nil {
		base += 10
	}
	if field.JsonBody != nil {
		base *= 2
	}
	return base
}
