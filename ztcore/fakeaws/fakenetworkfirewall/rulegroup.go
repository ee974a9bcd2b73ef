package fakenetworkfirewall

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html
const (
	mostGroups   = 50
	mostPolicies = 20
	mostRules    = 30_000 // stateful capacity of a policy, and so of a group
)

type ruleGroup struct {
	Name, ID, Token string
	Description     *string
	Capacity        int32
	Rules           types.RuleGroup
	Tags            map[string]string
}

const groupKind = "stateful-rulegroup"

// CreateRuleGroup makes a stateful rule group.
func (s *Service) CreateRuleGroup(ctx context.Context, in *networkfirewall.CreateRuleGroupInput, _ ...opt) (*networkfirewall.CreateRuleGroupOutput, error) {
	r := s.regions.In(ctx)
	if err := checkName("RuleGroupName", in.RuleGroupName); err != nil {
		return nil, err
	}
	if err := stateful(in.Type); err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if c := aws.ToInt32(in.Capacity); c < 1 || c > mostRules {
		return nil, invalid("Capacity must be within 1 and %d", mostRules)
	}
	rules, err := rulesOf(in.RuleGroup, in.Rules, *in.Capacity)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if r.Groups[*in.RuleGroupName] != nil {
		return nil, invalid("A resource with the specified name already exists")
	}
	if len(r.Groups) >= mostGroups {
		return nil, limitExceeded("You may have %d stateful rule groups", mostGroups)
	}
	g := &ruleGroup{Name: *in.RuleGroupName, ID: s.cloud.UUID(), Token: s.cloud.UUID(), Description: in.Description, Capacity: *in.Capacity, Rules: rules, Tags: tags}
	r.Groups[g.Name] = g
	return &networkfirewall.CreateRuleGroupOutput{RuleGroupResponse: r.describeGroup(ctx, g), UpdateToken: aws.String(g.Token)}, nil
}

// UpdateRuleGroup replaces the rules and the description.
func (s *Service) UpdateRuleGroup(ctx context.Context, in *networkfirewall.UpdateRuleGroupInput, _ ...opt) (*networkfirewall.UpdateRuleGroupOutput, error) {
	r := s.regions.In(ctx)
	g, err := lookup(ctx, r.Groups, groupKind, in.RuleGroupArn, in.RuleGroupName)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.UpdateToken) != g.Token {
		return nil, staleToken()
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	rules, err := rulesOf(in.RuleGroup, in.Rules, g.Capacity)
	if err != nil {
		return nil, err
	}
	if orderOf(rules) != orderOf(g.Rules) {
		return nil, invalid("The rule order of a rule group can't be changed")
	}
	g.Rules, g.Description, g.Token = rules, in.Description, s.cloud.UUID()
	return &networkfirewall.UpdateRuleGroupOutput{RuleGroupResponse: r.describeGroup(ctx, g), UpdateToken: aws.String(g.Token)}, nil
}

// DescribeRuleGroup answers a group with its rules and tags.
func (s *Service) DescribeRuleGroup(ctx context.Context, in *networkfirewall.DescribeRuleGroupInput, _ ...opt) (*networkfirewall.DescribeRuleGroupOutput, error) {
	r := s.regions.In(ctx)
	g, err := lookup(ctx, r.Groups, groupKind, in.RuleGroupArn, in.RuleGroupName)
	if err != nil {
		return nil, err
	}
	rules := clone(g.Rules)
	return &networkfirewall.DescribeRuleGroupOutput{RuleGroup: &rules, RuleGroupResponse: r.describeGroup(ctx, g), UpdateToken: aws.String(g.Token)}, nil
}

// ListRuleGroups answers the account's groups by name.
func (s *Service) ListRuleGroups(ctx context.Context, in *networkfirewall.ListRuleGroupsInput, _ ...opt) (*networkfirewall.ListRuleGroupsOutput, error) {
	if in.Scope == types.ResourceManagedStatusManaged {
		return nil, &fakeaws.NotFakedError{Service: "Network Firewall", Operation: "ListRuleGroups", Member: "Scope", Why: "AWS's managed groups are not faked"}
	}
	all := []types.RuleGroupMetadata{}
	if in.Type != types.RuleGroupTypeStateless {
		r := s.regions.In(ctx)
		for _, name := range slices.Sorted(maps.Keys(r.Groups)) {
			all = append(all, types.RuleGroupMetadata{Name: aws.String(name), Arn: aws.String(arnOf(ctx, groupKind, name))})
		}
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults)
	return &networkfirewall.ListRuleGroupsOutput{RuleGroups: some, NextToken: next}, err
}

// DeleteRuleGroup removes a group that no policy refers to.
func (s *Service) DeleteRuleGroup(ctx context.Context, in *networkfirewall.DeleteRuleGroupInput, _ ...opt) (*networkfirewall.DeleteRuleGroupOutput, error) {
	r := s.regions.In(ctx)
	g, err := lookup(ctx, r.Groups, groupKind, in.RuleGroupArn, in.RuleGroupName)
	if err != nil {
		return nil, err
	}
	if r.usesOfGroup(arnOf(ctx, groupKind, g.Name)) > 0 {
		return nil, inUse()
	}
	delete(r.Groups, g.Name)
	out := r.describeGroup(ctx, g)
	out.RuleGroupStatus = types.ResourceStatusDeleting
	return &networkfirewall.DeleteRuleGroupOutput{RuleGroupResponse: out}, nil
}

func (r *region) describeGroup(ctx context.Context, g *ruleGroup) *types.RuleGroupResponse {
	arn := arnOf(ctx, groupKind, g.Name)
	return &types.RuleGroupResponse{
		RuleGroupArn: &arn, RuleGroupId: aws.String(g.ID), RuleGroupName: aws.String(g.Name), Description: g.Description, Capacity: aws.Int32(g.Capacity),
		ConsumedCapacity: aws.Int32(consumed(g.Rules)), NumberOfAssociations: aws.Int32(int32(r.usesOfGroup(arn))), RuleGroupStatus: types.ResourceStatusActive,
		Type: types.RuleGroupTypeStateful, Tags: tagList(g.Tags), EncryptionConfiguration: owned(),
	}
}

func (r *region) usesOfGroup(arn string) (n int) {
	for _, p := range r.Policies {
		if slices.ContainsFunc(p.Rules.StatefulRuleGroupReferences, func(ref types.StatefulRuleGroupReference) bool { return *ref.ResourceArn == arn }) {
			n++
		}
	}
	return n
}

// owned is how everything is encrypted that names no key.
func owned() *types.EncryptionConfiguration {
	return &types.EncryptionConfiguration{Type: types.EncryptionTypeAwsOwnedKmsKey, KeyId: aws.String("AWS_OWNED_KMS_KEY")}
}

func stateful(t types.RuleGroupType) error {
	if t == types.RuleGroupTypeStateless {
		return &fakeaws.NotFakedError{Service: "Network Firewall", Operation: "CreateRuleGroup", Member: "Type", Why: "stateless rule groups are not faked"}
	}
	if t != types.RuleGroupTypeStateful {
		return invalid("Type must be STATEFUL or STATELESS")
	}
	return nil
}

func orderOf(g types.RuleGroup) types.RuleOrder {
	if g.StatefulRuleOptions == nil || g.StatefulRuleOptions.RuleOrder == "" {
		return types.RuleOrderDefaultActionOrder
	}
	return g.StatefulRuleOptions.RuleOrder
}

var (
	domainPattern = regexp.MustCompile(`^\.?([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)*[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$`)
	rulePattern   = regexp.MustCompile(`^(pass|drop|reject|alert)\s+\S+\s+\S.*\s(->|<>)\s.*\(.*\bsid\s*:\s*\d+\s*;.*\)$`)
	sidPattern    = regexp.MustCompile(`\bsid\s*:\s*(\d+)\s*;`)
)

// rulesOf are the rules that a request gives, as a string or as a list.
func rulesOf(group *types.RuleGroup, text *string, capacity int32) (types.RuleGroup, error) {
	if (group == nil) == (text == nil) {
		return types.RuleGroup{}, invalid("Either RuleGroup or Rules must be given")
	}
	rules := types.RuleGroup{RulesSource: &types.RulesSource{RulesString: text}}
	if group != nil {
		rules = clone(*group)
	}
	source := rules.RulesSource
	switch {
	case (source.RulesString == nil) == (source.RulesSourceList == nil):
		return rules, invalid("Exactly one source of rules must be given")
	case source.RulesString != nil:
		if err := checkSuricata(*source.RulesString); err != nil {
			return rules, err
		}
	default:
		if err := checkDomains(source.RulesSourceList); err != nil {
			return rules, err
		}
	}
	if n := consumed(rules); n > capacity {
		return rules, invalid("The rules need a capacity of %d, and the rule group has %d", n, capacity)
	}
	return rules, nil
}

func checkDomains(list *types.RulesSourceList) error {
	if len(list.Targets) == 0 || len(list.TargetTypes) == 0 {
		return invalid("RulesSourceList must name targets and their types")
	}
	if !slices.Contains(list.GeneratedRulesType.Values(), list.GeneratedRulesType) {
		return invalid("GeneratedRulesType %s is not valid", list.GeneratedRulesType)
	}
	for _, t := range list.TargetTypes {
		if !slices.Contains(t.Values(), t) {
			return invalid("TargetType %s is not valid", t)
		}
	}
	for _, d := range list.Targets {
		if !domainPattern.MatchString(d) {
			return invalid("%s is not a domain", d)
		}
	}
	return nil
}

// checkSuricata wants a rule in each line, with a sid of its own.
func checkSuricata(text string) error {
	if len(text) > 2_000_000 {
		return invalid("RulesString may have 2,000,000 characters")
	}
	seen, n := map[string]bool{}, 0
	for _, line := range lines(text) {
		n++
		if !rulePattern.MatchString(line) {
			return invalid("rule is invalid: %s", line)
		}
		sid := sidPattern.FindStringSubmatch(line)[1]
		if seen[sid] {
			return invalid("duplicate sid %s", sid)
		}
		seen[sid] = true
	}
	if n == 0 {
		return invalid("RulesString must hold a rule")
	}
	return nil
}

// lines are those that hold rules.
func lines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out
}

// consumed is one for each rule, or for each domain.
// https://docs.aws.amazon.com/network-firewall/latest/developerguide/nwfw-rule-group-capacity.html
func consumed(rules types.RuleGroup) int32 {
	if list := rules.RulesSource.RulesSourceList; list != nil {
		return int32(len(list.Targets))
	}
	return int32(len(lines(aws.ToString(rules.RulesSource.RulesString))))
}

func clone[T any](v T) T {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic("fakenetworkfirewall: a value has no JSON form: " + err.Error())
	}
	return out
}
