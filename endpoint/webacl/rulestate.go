package webacl

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// ruleState is a rule as it is compared: its place is its priority, and whatever anybody may put into a rule shows.
type ruleState struct {
	Name      string
	Action    string // BLOCK, ALLOW, COUNT, groupDecides or groupCount; any other as JSON
	Statement string // as JSON, which may hold tokens
	Metric    string // empty while CloudWatch gets none
	Sampled   bool
	Other     string // labels and what else there is, as JSON
}

// What becomes of a match in a rule group.
const (
	groupDecides = "as the group says"
	groupCount   = "COUNT whatever the group says"
)

func stateOf(r Rule) ruleState {
	return ruleState{Name: r.name(), Action: r.action(), Statement: compact(r.statement()), Metric: r.name(), Sampled: true}
}

var actions = map[string]types.RuleAction{"BLOCK": {Block: &types.BlockAction{}}, "ALLOW": {Allow: &types.AllowAction{}}, "COUNT": {Count: &types.CountAction{}}}

// seenRules are a web ACL's rules in the order of their priorities.
func seenRules(rules []types.Rule) []ruleState {
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b types.Rule) int { return int(a.Priority) - int(b.Priority) })
	out := []ruleState{}
	for _, r := range rules {
		s := ruleState{Name: aws.ToString(r.Name), Action: seenAction(r)}
		if r.Statement != nil {
			s.Statement = compact(*r.Statement)
		}
		if v := r.VisibilityConfig; v != nil {
			s.Sampled = v.SampledRequestsEnabled
			if v.CloudWatchMetricsEnabled {
				s.Metric = aws.ToString(v.MetricName)
			}
		}
		if other := compact(types.Rule{RuleLabels: r.RuleLabels, CaptchaConfig: r.CaptchaConfig, ChallengeConfig: r.ChallengeConfig}); other != compact(types.Rule{}) {
			s.Other = other
		}
		out = append(out, s)
	}
	return out
}

func seenAction(r types.Rule) string {
	switch o := r.OverrideAction; {
	case o != nil && o.None != nil:
		return groupDecides
	case o != nil && compact(o) == compact(types.OverrideAction{Count: &types.CountAction{}}):
		return groupCount
	case r.Action == nil:
		return ""
	}
	for name, a := range actions {
		if compact(r.Action) == compact(a) {
			return name
		}
	}
	return compact(r.Action)
}

// request makes the rules of a request of those that are wanted, whose tokens are resolved by now.
func request(rules []ruleState) ([]types.Rule, error) {
	out := []types.Rule{}
	for i, s := range rules {
		r := types.Rule{Name: &s.Name, Priority: int32(i), Statement: &types.Statement{}, VisibilityConfig: visibility(s.Metric)}
		if err := json.Unmarshal([]byte(s.Statement), r.Statement); err != nil {
			return nil, fmt.Errorf("rule %s: %w", s.Name, err)
		}
		switch s.Action {
		case groupDecides:
			r.OverrideAction = &types.OverrideAction{None: &types.NoneAction{}}
		case groupCount:
			r.OverrideAction = &types.OverrideAction{Count: &types.CountAction{}}
		default:
			a := actions[s.Action]
			r.Action = &a
		}
		out = append(out, r)
	}
	return out, nil
}

func visibility(metric string) *types.VisibilityConfig {
	return &types.VisibilityConfig{CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: &metric}
}

// compact is a value of the SDK's as JSON without what is not set, so that what AWS answers compares with what was asked for.
func compact(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("webacl: a rule has no JSON form: " + err.Error())
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		panic("webacl: " + err.Error())
	}
	if b, err = json.Marshal(prune(tree)); err != nil {
		panic("webacl: " + err.Error())
	}
	return string(b)
}

// prune leaves empty objects: {"All":{}} says something.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			if list, ok := member.([]any); member == nil || member == "" || ok && len(list) == 0 {
				delete(v, k)
				continue
			}
			v[k] = prune(member)
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return v
}
