package fakeeventbridge

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/eventpattern"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/schedule"
)

type rule struct {
	Name        string
	ARN         string
	Description *string
	Pattern     *string
	Schedule    *string
	Role        *string
	State       types.RuleState
	Tags        map[string]string
	Targets     map[string]types.Target // by id
}

// mostRules is the default quota of a bus. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const mostRules = 300

// PutRule makes a rule, or replaces all of an existing one but its tags and targets.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
func (s *Service) PutRule(ctx context.Context, in *eventbridge.PutRuleInput, _ ...opt) (*eventbridge.PutRuleOutput, error) {
	if err := onDefaultBus(ctx, in.EventBusName); err != nil {
		return nil, err
	}
	if err := checkRule(in); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range in.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	bus, call := s.regions.In(ctx), fakeaws.CallFrom(ctx)
	r := bus.Rules[*in.Name]
	if r == nil {
		if len(bus.Rules) >= mostRules {
			return nil, exceeded("The requested resource exceeds the maximum number allowed.")
		}
		r = &rule{Name: *in.Name, Tags: tags, Targets: map[string]types.Target{}}
		r.ARN = "arn:" + call.Partition() + ":events:" + call.Region + ":" + call.Account + ":rule/" + *in.Name
		bus.Rules[r.Name] = r
	}
	r.Description, r.Pattern, r.Schedule, r.Role, r.State = in.Description, in.EventPattern, in.ScheduleExpression, in.RoleArn, in.State
	if r.State == "" {
		r.State = types.RuleStateEnabled
	}
	return &eventbridge.PutRuleOutput{RuleArn: aws.String(r.ARN)}, nil
}

func checkRule(in *eventbridge.PutRuleInput) error {
	if !nameRE.MatchString(aws.ToString(in.Name)) {
		return invalid(`1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`, aws.ToString(in.Name))
	}
	if len([]rune(aws.ToString(in.Description))) > 512 {
		return invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 512")
	}
	if in.State != "" && !slices.Contains(in.State.Values(), in.State) {
		return invalid("1 validation error detected: Value '%s' at 'state' failed to satisfy constraint: Member must satisfy enum value set", in.State)
	}
	if aws.ToString(in.EventPattern) == "" && aws.ToString(in.ScheduleExpression) == "" {
		return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	if p := aws.ToString(in.EventPattern); p != "" {
		if _, err := eventpattern.Parse(p); err != nil {
			return badPattern(err)
		}
	}
	if e := aws.ToString(in.ScheduleExpression); e != "" && (schedule.OneTime(e) || schedule.Check(e) != nil) {
		return invalid("Parameter ScheduleExpression is not valid.")
	}
	return nil
}

func badPattern(err error) error {
	return &types.InvalidEventPatternException{Message: aws.String("Event pattern is not valid. Reason: " + err.Error())}
}

func (s *Service) rule(ctx context.Context, bus, name *string) (*rule, error) {
	if err := onDefaultBus(ctx, bus); err != nil {
		return nil, err
	}
	if r := s.regions.In(ctx).Rules[aws.ToString(name)]; r != nil {
		return r, nil
	}
	return nil, notFound("Rule " + aws.ToString(name) + " does not exist on EventBus default.")
}

// DescribeRule answers one rule.
func (s *Service) DescribeRule(ctx context.Context, in *eventbridge.DescribeRuleInput, _ ...opt) (*eventbridge.DescribeRuleOutput, error) {
	r, err := s.rule(ctx, in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	return &eventbridge.DescribeRuleOutput{
		Arn: aws.String(r.ARN), Name: aws.String(r.Name), CreatedBy: aws.String(fakeaws.CallFrom(ctx).Account), EventBusName: aws.String("default"),
		Description: r.Description, EventPattern: r.Pattern, ScheduleExpression: r.Schedule, RoleArn: r.Role, State: r.State,
	}, nil
}

// ListRules answers the rules by name, without tags.
func (s *Service) ListRules(ctx context.Context, in *eventbridge.ListRulesInput, _ ...opt) (*eventbridge.ListRulesOutput, error) {
	if err := onDefaultBus(ctx, in.EventBusName); err != nil {
		return nil, err
	}
	found, bus := []types.Rule{}, s.regions.In(ctx)
	for _, name := range slices.Sorted(maps.Keys(bus.Rules)) {
		if r := bus.Rules[name]; strings.HasPrefix(name, aws.ToString(in.NamePrefix)) {
			found = append(found, types.Rule{
				Arn: aws.String(r.ARN), Name: aws.String(r.Name), EventBusName: aws.String("default"), Description: r.Description,
				EventPattern: r.Pattern, ScheduleExpression: r.Schedule, RoleArn: r.Role, State: r.State,
			})
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.Limit)
	return &eventbridge.ListRulesOutput{Rules: some, NextToken: next}, err
}

// EnableRule turns a rule on.
func (s *Service) EnableRule(ctx context.Context, in *eventbridge.EnableRuleInput, _ ...opt) (*eventbridge.EnableRuleOutput, error) {
	r, err := s.rule(ctx, in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	r.State = types.RuleStateEnabled
	return &eventbridge.EnableRuleOutput{}, nil
}

// DisableRule turns a rule off.
func (s *Service) DisableRule(ctx context.Context, in *eventbridge.DisableRuleInput, _ ...opt) (*eventbridge.DisableRuleOutput, error) {
	r, err := s.rule(ctx, in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	r.State = types.RuleStateDisabled
	return &eventbridge.DisableRuleOutput{}, nil
}

// DeleteRule removes a rule without targets. One that does not exist is no error.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html
func (s *Service) DeleteRule(ctx context.Context, in *eventbridge.DeleteRuleInput, _ ...opt) (*eventbridge.DeleteRuleOutput, error) {
	if err := onDefaultBus(ctx, in.EventBusName); err != nil {
		return nil, err
	}
	bus := s.regions.In(ctx)
	if r := bus.Rules[aws.ToString(in.Name)]; r != nil && len(r.Targets) > 0 {
		return nil, invalid("Rule can't be deleted since it has targets.")
	}
	delete(bus.Rules, aws.ToString(in.Name))
	return &eventbridge.DeleteRuleOutput{}, nil
}

// TestEventPattern matches an event, which needs the members of the envelope.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html
func (s *Service) TestEventPattern(_ context.Context, in *eventbridge.TestEventPatternInput, _ ...opt) (*eventbridge.TestEventPatternOutput, error) {
	p, err := eventpattern.Parse(aws.ToString(in.EventPattern))
	if err != nil {
		return nil, badPattern(err)
	}
	for _, member := range []string{"id", "account", "source", "time", "region", "resources", "detail-type"} {
		envelope, err := eventpattern.Parse(`{"` + member + `": [{"exists": true}]}`)
		if err != nil {
			return nil, err
		}
		if there, err := envelope.Matches(aws.ToString(in.Event)); err != nil || !there {
			return nil, invalid("Parameter Event is not valid.")
		}
	}
	ok, err := p.Matches(aws.ToString(in.Event))
	return &eventbridge.TestEventPatternOutput{Result: ok}, err
}
