package fakenetworkfirewall

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"
)

type policy struct {
	Name, ID, Token string
	Description     *string
	Rules           types.FirewallPolicy
	Tags            map[string]string
}

const policyKind = "firewall-policy"

// CreateFirewallPolicy makes a policy.
func (s *Service) CreateFirewallPolicy(ctx context.Context, in *networkfirewall.CreateFirewallPolicyInput, _ ...opt) (*networkfirewall.CreateFirewallPolicyOutput, error) {
	r := s.regions.In(ctx)
	if err := checkName("FirewallPolicyName", in.FirewallPolicyName); err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if err := r.checkPolicy(ctx, in.FirewallPolicy); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if r.Policies[*in.FirewallPolicyName] != nil {
		return nil, invalid("A resource with the specified name already exists")
	}
	if len(r.Policies) >= mostPolicies {
		return nil, limitExceeded("You may have %d firewall policies", mostPolicies)
	}
	p := &policy{Name: *in.FirewallPolicyName, ID: s.cloud.UUID(), Token: s.cloud.UUID(), Description: in.Description, Rules: clone(*in.FirewallPolicy), Tags: tags}
	r.Policies[p.Name] = p
	return &networkfirewall.CreateFirewallPolicyOutput{FirewallPolicyResponse: r.describePolicy(ctx, p), UpdateToken: aws.String(p.Token)}, nil
}

// UpdateFirewallPolicy replaces the rules and the description.
func (s *Service) UpdateFirewallPolicy(ctx context.Context, in *networkfirewall.UpdateFirewallPolicyInput, _ ...opt) (*networkfirewall.UpdateFirewallPolicyOutput, error) {
	r := s.regions.In(ctx)
	p, err := lookup(ctx, r.Policies, policyKind, in.FirewallPolicyArn, in.FirewallPolicyName)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.UpdateToken) != p.Token {
		return nil, staleToken()
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if err := r.checkPolicy(ctx, in.FirewallPolicy); err != nil {
		return nil, err
	}
	if order(*in.FirewallPolicy) != order(p.Rules) {
		return nil, invalid("The rule order of a firewall policy can't be changed")
	}
	p.Rules, p.Description, p.Token = clone(*in.FirewallPolicy), in.Description, s.cloud.UUID()
	return &networkfirewall.UpdateFirewallPolicyOutput{FirewallPolicyResponse: r.describePolicy(ctx, p), UpdateToken: aws.String(p.Token)}, nil
}

// DescribeFirewallPolicy answers a policy with its rules and tags.
func (s *Service) DescribeFirewallPolicy(ctx context.Context, in *networkfirewall.DescribeFirewallPolicyInput, _ ...opt) (*networkfirewall.DescribeFirewallPolicyOutput, error) {
	r := s.regions.In(ctx)
	p, err := lookup(ctx, r.Policies, policyKind, in.FirewallPolicyArn, in.FirewallPolicyName)
	if err != nil {
		return nil, err
	}
	rules := clone(p.Rules)
	return &networkfirewall.DescribeFirewallPolicyOutput{FirewallPolicy: &rules, FirewallPolicyResponse: r.describePolicy(ctx, p), UpdateToken: aws.String(p.Token)}, nil
}

// ListFirewallPolicies answers the account's policies by name.
func (s *Service) ListFirewallPolicies(ctx context.Context, in *networkfirewall.ListFirewallPoliciesInput, _ ...opt) (*networkfirewall.ListFirewallPoliciesOutput, error) {
	all := []types.FirewallPolicyMetadata{}
	for _, name := range slices.Sorted(maps.Keys(s.regions.In(ctx).Policies)) {
		all = append(all, types.FirewallPolicyMetadata{Name: aws.String(name), Arn: aws.String(arnOf(ctx, policyKind, name))})
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults)
	return &networkfirewall.ListFirewallPoliciesOutput{FirewallPolicies: some, NextToken: next}, err
}

// DeleteFirewallPolicy removes a policy that no firewall uses.
func (s *Service) DeleteFirewallPolicy(ctx context.Context, in *networkfirewall.DeleteFirewallPolicyInput, _ ...opt) (*networkfirewall.DeleteFirewallPolicyOutput, error) {
	r := s.regions.In(ctx)
	p, err := lookup(ctx, r.Policies, policyKind, in.FirewallPolicyArn, in.FirewallPolicyName)
	if err != nil {
		return nil, err
	}
	if r.usesOfPolicy(arnOf(ctx, policyKind, p.Name)) > 0 {
		return nil, inUse()
	}
	delete(r.Policies, p.Name)
	out := r.describePolicy(ctx, p)
	out.FirewallPolicyStatus = types.ResourceStatusDeleting
	return &networkfirewall.DeleteFirewallPolicyOutput{FirewallPolicyResponse: out}, nil
}

func (r *region) describePolicy(ctx context.Context, p *policy) *types.FirewallPolicyResponse {
	arn := arnOf(ctx, policyKind, p.Name)
	return &types.FirewallPolicyResponse{
		FirewallPolicyArn: &arn, FirewallPolicyId: aws.String(p.ID), FirewallPolicyName: aws.String(p.Name), Description: p.Description,
		ConsumedStatefulRuleCapacity: aws.Int32(r.reserved(p.Rules)), NumberOfAssociations: aws.Int32(int32(r.usesOfPolicy(arn))),
		FirewallPolicyStatus: types.ResourceStatusActive, Tags: tagList(p.Tags), EncryptionConfiguration: owned(),
	}
}

func (r *region) usesOfPolicy(arn string) (n int) {
	for _, f := range r.Firewalls {
		if f.Policy == arn && !f.gone() {
			n++
		}
	}
	return n
}

// reserved is the capacity of the groups that a policy refers to.
func (r *region) reserved(p types.FirewallPolicy) (total int32) {
	for _, ref := range p.StatefulRuleGroupReferences {
		if g := r.Groups[(*ref.ResourceArn)[strings.LastIndexByte(*ref.ResourceArn, '/')+1:]]; g != nil {
			total += g.Capacity
		}
	}
	return total
}

func order(p types.FirewallPolicy) types.RuleOrder {
	if p.StatefulEngineOptions == nil || p.StatefulEngineOptions.RuleOrder == "" {
		return types.RuleOrderDefaultActionOrder
	}
	return p.StatefulEngineOptions.RuleOrder
}

// statefulActions. https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-rule-evaluation-order.html
var statefulActions = []string{"aws:drop_strict", "aws:drop_established", "aws:alert_strict", "aws:alert_established"}

// https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_FirewallPolicy.html
func (r *region) checkPolicy(ctx context.Context, p *types.FirewallPolicy) error {
	for _, actions := range [][]string{p.StatelessDefaultActions, p.StatelessFragmentDefaultActions} {
		if len(actions) != 1 || !slices.Contains([]string{"aws:pass", "aws:drop", "aws:forward_to_sfe"}, actions[0]) {
			return invalid("the stateless default actions must name one of aws:pass, aws:drop and aws:forward_to_sfe")
		}
	}
	strict, drops := order(*p) == types.RuleOrderStrictOrder, 0
	if len(p.StatefulDefaultActions) > 0 && !strict {
		return invalid("StatefulDefaultActions is only valid with the rule order STRICT_ORDER")
	}
	for _, a := range p.StatefulDefaultActions {
		if !slices.Contains(statefulActions, a) {
			return invalid("%s is not a stateful default action", a)
		}
		if strings.HasPrefix(a, "aws:drop") {
			drops++
		}
	}
	if drops > 1 {
		return invalid("only one drop action may be given")
	}
	return r.checkReferences(ctx, *p, strict)
}

func (r *region) checkReferences(ctx context.Context, p types.FirewallPolicy, strict bool) error {
	if len(p.StatefulRuleGroupReferences) > 20 {
		return limitExceeded("a policy may refer to 20 stateful rule groups")
	}
	priorities := map[int32]bool{}
	for _, ref := range p.StatefulRuleGroupReferences {
		n := aws.ToInt32(ref.Priority)
		if strict != (ref.Priority != nil) || strict && (n < 1 || n > 65535 || priorities[n]) {
			return invalid("with STRICT_ORDER every reference needs a priority of its own, and otherwise none")
		}
		priorities[n] = true
		if strings.Contains(*ref.ResourceArn, ":aws-managed:") {
			continue
		}
		g, err := lookup(ctx, r.Groups, groupKind, ref.ResourceArn, nil)
		if err != nil {
			return err
		}
		if (orderOf(g.Rules) == types.RuleOrderStrictOrder) != strict {
			return invalid("the rule order of %s is not that of the policy", *ref.ResourceArn)
		}
	}
	if n := r.reserved(p); n > mostRules {
		return limitExceeded("the stateful rule groups of a policy may have a capacity of %d, and have %d", mostRules, n)
	}
	return nil
}
