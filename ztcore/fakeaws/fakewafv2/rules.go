package fakewafv2

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

var metricPattern = regexp.MustCompile(`^[\w#:./-]{1,255}$`)

// reservedMetrics are WAF's own. https://docs.aws.amazon.com/waf/latest/APIReference/API_VisibilityConfig.html
var reservedMetrics = []string{"All", "Default_Action"}

func checkVisibility(v *types.VisibilityConfig) error {
	if name := aws.ToString(v.MetricName); !metricPattern.MatchString(name) || slices.Contains(reservedMetrics, name) {
		return invalid(types.ParameterExceptionFieldMetricName, name, "The metric name is not valid.")
	}
	return nil
}

func (r *region) checkRules(rules []types.Rule) error {
	names, priorities := map[string]bool{}, map[int32]bool{}
	for i := range rules {
		rule := &rules[i]
		name := aws.ToString(rule.Name)
		if !namePattern.MatchString(name) {
			return invalid(types.ParameterExceptionFieldRule, name, "The name is not valid.")
		}
		if names[name] {
			return invalid(types.ParameterExceptionFieldRule, name, "Your rule names must be unique.")
		}
		if priorities[rule.Priority] {
			return invalid(types.ParameterExceptionFieldRule, strconv.Itoa(int(rule.Priority)), "Your rules must have unique priorities.")
		}
		names[name], priorities[rule.Priority] = true, true
		if err := checkVisibility(rule.VisibilityConfig); err != nil {
			return err
		}
		if err := checkActions(rule); err != nil {
			return err
		}
		if err := r.checkStatement(rule.Statement, true); err != nil {
			return err
		}
	}
	return nil
}

// checkActions wants an OverrideAction of what refers to a rule group, and an Action of anything else.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html
func checkActions(rule *types.Rule) error {
	group := rule.Statement.ManagedRuleGroupStatement != nil
	if group != (rule.OverrideAction != nil) || group == (rule.Action != nil) {
		return invalid(types.ParameterExceptionFieldRule, aws.ToString(rule.Name), "A reference in your rule statement is not valid: a rule group needs OverrideAction, any other statement Action.")
	}
	if group && (rule.OverrideAction.Count == nil) == (rule.OverrideAction.None == nil) {
		return invalid(types.ParameterExceptionFieldOverrideAction, "OverrideAction", "You must specify exactly one value.")
	}
	if !group && set(rule.Action) != 1 {
		return invalid(types.ParameterExceptionFieldRuleAction, "Action", "You must specify exactly one action.")
	}
	return nil
}

// set counts the members that are given of a struct of which one should be.
func set(union any) int {
	b, err := json.Marshal(union)
	if err != nil {
		panic("fakewafv2: a member has no JSON form: " + err.Error())
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		panic("fakewafv2: " + err.Error())
	}
	n := 0
	for _, m := range members {
		if string(m) != "null" {
			n++
		}
	}
	return n
}

func (r *region) checkStatement(s *types.Statement, top bool) error {
	if s == nil || set(s) != 1 {
		return invalid(types.ParameterExceptionFieldStatement, "Statement", "You must specify exactly one statement.")
	}
	switch {
	case s.AndStatement != nil:
		return r.checkNested(types.ParameterExceptionFieldAndStatement, s.AndStatement.Statements)
	case s.OrStatement != nil:
		return r.checkNested(types.ParameterExceptionFieldOrStatement, s.OrStatement.Statements)
	case s.NotStatement != nil:
		return r.checkStatement(s.NotStatement.Statement, false)
	case s.SqliMatchStatement != nil:
		return checkMatch(s.SqliMatchStatement.FieldToMatch, s.SqliMatchStatement.TextTransformations)
	case s.XssMatchStatement != nil:
		return checkMatch(s.XssMatchStatement.FieldToMatch, s.XssMatchStatement.TextTransformations)
	case s.ByteMatchStatement != nil:
		return checkMatch(s.ByteMatchStatement.FieldToMatch, s.ByteMatchStatement.TextTransformations)
	case s.IPSetReferenceStatement != nil:
		if r.ipSetByARN(s.IPSetReferenceStatement.ARN) == nil {
			return nonexistent()
		}
	case s.RateBasedStatement != nil:
		return r.checkRate(s.RateBasedStatement, top)
	case s.ManagedRuleGroupStatement != nil:
		return r.checkManaged(s.ManagedRuleGroupStatement, top)
	}
	return nil
}

func (r *region) checkNested(field types.ParameterExceptionField, all []types.Statement) error {
	if len(all) < 2 {
		return invalid(field, strconv.Itoa(len(all)), "You haven't met a minimum requirement for a threshold setting. Examples include a rule group capacity setting that's too low and an OR statement with fewer than two statements.")
	}
	for i := range all {
		if err := r.checkStatement(&all[i], false); err != nil {
			return err
		}
	}
	return nil
}

// https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
func (r *region) checkRate(s *types.RateBasedStatement, top bool) error {
	if !top {
		return invalid(types.ParameterExceptionFieldRateBasedStatement, "RateBasedStatement", "You can't nest a rate-based statement.")
	}
	if l := aws.ToInt64(s.Limit); l < 10 || l > 2_000_000_000 {
		return invalid(types.ParameterExceptionFieldRateBasedStatement, strconv.FormatInt(l, 10), "The limit must be within 10 and 2,000,000,000.")
	}
	if !slices.Contains([]int64{0, 60, 120, 300, 600}, s.EvaluationWindowSec) {
		return invalid(types.ParameterExceptionFieldRateBasedStatement, strconv.FormatInt(s.EvaluationWindowSec, 10), "The evaluation window must be 60, 120, 300 or 600 seconds.")
	}
	if !slices.Contains(s.AggregateKeyType.Values(), s.AggregateKeyType) {
		return invalid(types.ParameterExceptionFieldRateBasedStatement, string(s.AggregateKeyType), "The aggregate key type is not valid.")
	}
	if s.AggregateKeyType == types.RateBasedStatementAggregateKeyTypeConstant && s.ScopeDownStatement == nil {
		return invalid(types.ParameterExceptionFieldScopeDown, "ScopeDownStatement", "A scope-down statement is required.")
	}
	if s.ScopeDownStatement != nil {
		return r.checkStatement(s.ScopeDownStatement, false)
	}
	return nil
}

func (r *region) checkManaged(s *types.ManagedRuleGroupStatement, top bool) error {
	if !top {
		return invalid(types.ParameterExceptionFieldManagedRuleSetStatement, "ManagedRuleGroupStatement", "You can't nest a managed rule group statement.")
	}
	if _, known := managedCapacity[aws.ToString(s.Name)]; !known || aws.ToString(s.VendorName) != "AWS" {
		return nonexistent()
	}
	for i := range s.RuleActionOverrides {
		if set(s.RuleActionOverrides[i].ActionToUse) != 1 {
			return invalid(types.ParameterExceptionFieldRuleAction, aws.ToString(s.RuleActionOverrides[i].Name), "You must specify exactly one action.")
		}
	}
	if s.ScopeDownStatement != nil {
		return r.checkStatement(s.ScopeDownStatement, false)
	}
	return nil
}

// checkMatch looks at the component, of which exactly one is named, and at the transformations, of which there is at least one.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_FieldToMatch.html
func checkMatch(field *types.FieldToMatch, transformations []types.TextTransformation) error {
	if set(field) != 1 {
		return invalid(types.ParameterExceptionFieldFieldToMatch, "FieldToMatch", "You must specify exactly one component.")
	}
	switch {
	case field.Headers != nil && (field.Headers.MatchPattern == nil || set(field.Headers.MatchPattern) != 1):
		return invalid(types.ParameterExceptionFieldHeaderMatchPattern, "MatchPattern", "You must specify exactly one pattern.")
	case field.Cookies != nil && (field.Cookies.MatchPattern == nil || set(field.Cookies.MatchPattern) != 1):
		return invalid(types.ParameterExceptionFieldCookieMatchPattern, "MatchPattern", "You must specify exactly one pattern.")
	case field.Headers != nil && !valid(field.Headers.OversizeHandling), field.Cookies != nil && !valid(field.Cookies.OversizeHandling):
		return invalid(types.ParameterExceptionFieldOversizeHandling, "OversizeHandling", "The value is not valid.")
	case field.Headers != nil && !valid(field.Headers.MatchScope), field.Cookies != nil && !valid(field.Cookies.MatchScope):
		return invalid(types.ParameterExceptionFieldMapMatchScope, "MatchScope", "The value is not valid.")
	case field.Body != nil && field.Body.OversizeHandling != "" && !valid(field.Body.OversizeHandling):
		return invalid(types.ParameterExceptionFieldOversizeHandling, string(field.Body.OversizeHandling), "The value is not valid.")
	}
	if len(transformations) < 1 || len(transformations) > 10 {
		return invalid(types.ParameterExceptionFieldTextTransformation, strconv.Itoa(len(transformations)), "There must be 1 to 10 transformations.")
	}
	seen := map[int32]bool{}
	for _, t := range transformations {
		if !valid(t.Type) {
			return invalid(types.ParameterExceptionFieldTextTransformation, string(t.Type), "The value is not valid.")
		}
		if seen[t.Priority] {
			return invalid(types.ParameterExceptionFieldTextTransformation, strconv.Itoa(int(t.Priority)), "The priorities must be unique.")
		}
		seen[t.Priority] = true
	}
	return nil
}

func valid[E interface {
	comparable
	Values() []E
}](value E) bool {
	return slices.Contains(value.Values(), value)
}
