package fakessmincidents

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// responsePlan is plain data; the API's unions are made of it when it is read.
type responsePlan struct {
	Name, ARN, DisplayName string
	Title, Summary, Dedupe string
	Impact                 int32
	IncidentTags           map[string]string
	Topics, Chat           []string // topics
	Engagements            []string
	Automation             *automation
}

type automation struct {
	Document, Version, Role string
	Target                  types.SsmTargetAccount
	Parameters              map[string][]string
	Dynamic                 map[string]types.VariableType
}

// planName, and the other limits, are those of the model.
// https://docs.aws.amazon.com/incident-manager/latest/APIReference/API_CreateResponsePlan.html
var (
	planName = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,200}$`)
	roleARN  = regexp.MustCompile(`^arn:aws(-cn|-us-gov)?:iam::([0-9]{12})?:role/.+$`)
	topicARN = regexp.MustCompile(`^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:[0-9]{12}:.+$`)
)

// CreateResponsePlan makes a plan, for which Incident Manager must be set up.
func (s *Service) CreateResponsePlan(ctx context.Context, in *ssmincidents.CreateResponsePlanInput, _ ...opt) (*ssmincidents.CreateResponsePlanOutput, error) {
	a := s.accounts.In(ctx)
	if was, ok := a.made(in.ClientToken); ok && a.Plans[aws.ToString(in.Name)] != nil {
		return &ssmincidents.CreateResponsePlanOutput{Arn: &was}, nil
	}
	if err := a.usable(ctx); err != nil {
		return nil, err
	}
	name := aws.ToString(in.Name)
	if !planName.MatchString(name) {
		return nil, invalid("Name must be 1 to 200 letters, digits, - and _")
	}
	if a.Plans[name] != nil {
		return nil, conflict(types.ResourceTypeResponsePlan, name, "exists already")
	}
	t := in.IncidentTemplate
	p := &responsePlan{
		Name: name, ARN: arn(ctx, "response-plan/"+name), DisplayName: aws.ToString(in.DisplayName), Title: aws.ToString(t.Title), Summary: aws.ToString(t.Summary),
		Dedupe: aws.ToString(t.DedupeString), Impact: aws.ToInt32(t.Impact), IncidentTags: maps.Clone(t.IncidentTags), Engagements: slices.Clone(in.Engagements),
	}
	if err := p.targets(t.NotificationTargets, in.ChatChannel, in.Actions); err != nil {
		return nil, err
	}
	if err := s.check(ctx, p); err != nil {
		return nil, err
	}
	a.Plans[name] = p
	a.Tags[p.ARN] = maps.Clone(in.Tags)
	a.remember(in.ClientToken, p.ARN)
	return &ssmincidents.CreateResponsePlanOutput{Arn: aws.String(p.ARN)}, nil
}

// targets takes the unions apart.
func (p *responsePlan) targets(targets []types.NotificationTargetItem, chat types.ChatChannel, actions []types.Action) error {
	p.Topics, p.Chat, p.Automation = nil, nil, nil
	for _, t := range targets {
		topic, ok := t.(*types.NotificationTargetItemMemberSnsTopicArn)
		if !ok {
			return invalid("a notification target is of an unknown type")
		}
		p.Topics = append(p.Topics, topic.Value)
	}
	if c, ok := chat.(*types.ChatChannelMemberChatbotSns); ok {
		p.Chat = slices.Clone(c.Value)
	}
	if len(actions) > 1 {
		return invalid("Actions has at most one entry")
	}
	for _, action := range actions {
		m, ok := action.(*types.ActionMemberSsmAutomation)
		if !ok {
			return invalid("an action is of an unknown type")
		}
		x := m.Value
		p.Automation = &automation{
			Document: aws.ToString(x.DocumentName), Version: aws.ToString(x.DocumentVersion), Role: aws.ToString(x.RoleArn), Target: x.TargetAccount,
			Parameters: maps.Clone(x.Parameters), Dynamic: map[string]types.VariableType{},
		}
		for k, v := range x.DynamicParameters {
			variable, ok := v.(*types.DynamicSsmParameterValueMemberVariable)
			if !ok || !slices.Contains(variable.Value.Values(), variable.Value) {
				return invalid("the dynamic parameter %s is of an unknown type", k)
			}
			p.Automation.Dynamic[k] = variable.Value
		}
	}
	return nil
}

func (s *Service) check(ctx context.Context, p *responsePlan) error {
	switch {
	case p.Title == "" || len(p.Title) > 200:
		return invalid("IncidentTemplate.Title must have 1 to 200 characters")
	case p.Impact < 1 || p.Impact > 5:
		return invalid("IncidentTemplate.Impact must be 1 to 5")
	case len(p.Summary) > 8000:
		return invalid("IncidentTemplate.Summary must have at most 8000 characters")
	case len(p.Topics) > 10 || len(p.Engagements) > 5:
		return invalid("a plan has at most 10 notification targets and 5 engagements")
	}
	for _, topic := range append(slices.Clone(p.Topics), p.Chat...) {
		if !topicARN.MatchString(topic) {
			return invalid("%q is not the ARN of a topic", topic)
		}
		if topics, ok := fakeaws.Capability[fakeaws.Topics](s.cloud); ok {
			if _, _, found := topics.Topic(ctx, topic); !found {
				return invalid("the topic %s does not exist", topic)
			}
		}
	}
	if x := p.Automation; x != nil {
		if x.Document == "" || !roleARN.MatchString(x.Role) {
			return invalid("an SSM automation needs a document and the ARN of a role")
		}
		if principals, ok := fakeaws.Capability[fakeaws.Principals](s.cloud); ok {
			if _, _, found := principals.Principal(ctx, x.Role); !found {
				return invalid("the role %s does not exist", x.Role)
			}
		}
	}
	return nil
}

func (a *account) plan(ref *string) (*responsePlan, error) {
	if a.Set != nil {
		for _, p := range a.Plans {
			if p.ARN == aws.ToString(ref) {
				return p, nil
			}
		}
	}
	return nil, notFound(types.ResourceTypeResponsePlan, aws.ToString(ref))
}

// GetResponsePlan answers a plan.
func (s *Service) GetResponsePlan(ctx context.Context, in *ssmincidents.GetResponsePlanInput, _ ...opt) (*ssmincidents.GetResponsePlanOutput, error) {
	p, err := s.accounts.In(ctx).plan(in.Arn)
	if err != nil {
		return nil, err
	}
	out := &ssmincidents.GetResponsePlanOutput{
		Arn: aws.String(p.ARN), Name: aws.String(p.Name), DisplayName: optional(p.DisplayName), Engagements: slices.Clone(p.Engagements), ChatChannel: &types.ChatChannelMemberEmpty{},
		IncidentTemplate: &types.IncidentTemplate{
			Title: aws.String(p.Title), Impact: aws.Int32(p.Impact), Summary: optional(p.Summary), DedupeString: optional(p.Dedupe), IncidentTags: maps.Clone(p.IncidentTags),
		},
	}
	for _, t := range p.Topics {
		out.IncidentTemplate.NotificationTargets = append(out.IncidentTemplate.NotificationTargets, &types.NotificationTargetItemMemberSnsTopicArn{Value: t})
	}
	if len(p.Chat) > 0 {
		out.ChatChannel = &types.ChatChannelMemberChatbotSns{Value: slices.Clone(p.Chat)}
	}
	if x := p.Automation; x != nil {
		m := types.SsmAutomation{DocumentName: aws.String(x.Document), DocumentVersion: optional(x.Version), RoleArn: aws.String(x.Role), TargetAccount: x.Target, Parameters: maps.Clone(x.Parameters)}
		for k, v := range x.Dynamic {
			if m.DynamicParameters == nil {
				m.DynamicParameters = map[string]types.DynamicSsmParameterValue{}
			}
			m.DynamicParameters[k] = &types.DynamicSsmParameterValueMemberVariable{Value: v}
		}
		out.Actions = []types.Action{&types.ActionMemberSsmAutomation{Value: m}}
	}
	return out, nil
}

// ListResponsePlans answers the plans by name.
func (s *Service) ListResponsePlans(ctx context.Context, in *ssmincidents.ListResponsePlansInput, _ ...opt) (*ssmincidents.ListResponsePlansOutput, error) {
	a := s.accounts.In(ctx)
	if err := a.usable(ctx); err != nil {
		return nil, err
	}
	all := []types.ResponsePlanSummary{}
	for _, name := range slices.Sorted(maps.Keys(a.Plans)) {
		p := a.Plans[name]
		all = append(all, types.ResponsePlanSummary{Arn: aws.String(p.ARN), Name: aws.String(p.Name), DisplayName: optional(p.DisplayName)})
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults)
	return &ssmincidents.ListResponsePlansOutput{ResponsePlanSummaries: some, NextToken: next}, err
}

// UpdateResponsePlan changes what is given and leaves the rest.
func (s *Service) UpdateResponsePlan(ctx context.Context, in *ssmincidents.UpdateResponsePlanInput, _ ...opt) (*ssmincidents.UpdateResponsePlanOutput, error) {
	a := s.accounts.In(ctx)
	p, err := a.plan(in.Arn)
	if err != nil {
		return nil, err
	}
	next := *p
	for value, to := range map[*string]*string{in.DisplayName: &next.DisplayName, in.IncidentTemplateTitle: &next.Title, in.IncidentTemplateSummary: &next.Summary, in.IncidentTemplateDedupeString: &next.Dedupe} {
		if value != nil {
			*to = *value
		}
	}
	if in.IncidentTemplateImpact != nil {
		next.Impact = *in.IncidentTemplateImpact
	}
	if in.IncidentTemplateTags != nil {
		next.IncidentTags = maps.Clone(in.IncidentTemplateTags)
	}
	if in.Engagements != nil {
		next.Engagements = slices.Clone(in.Engagements)
	}
	var given responsePlan
	if err := given.targets(in.IncidentTemplateNotificationTargets, in.ChatChannel, in.Actions); err != nil {
		return nil, err
	}
	if in.IncidentTemplateNotificationTargets != nil {
		next.Topics = given.Topics
	}
	if in.ChatChannel != nil {
		next.Chat = given.Chat
	}
	if in.Actions != nil {
		next.Automation = given.Automation
	}
	if err := s.check(ctx, &next); err != nil {
		return nil, err
	}
	*p = next
	return &ssmincidents.UpdateResponsePlanOutput{}, nil
}

// DeleteResponsePlan deletes a plan; deleting one that is not there succeeds.
func (s *Service) DeleteResponsePlan(ctx context.Context, in *ssmincidents.DeleteResponsePlanInput, _ ...opt) (*ssmincidents.DeleteResponsePlanOutput, error) {
	a := s.accounts.In(ctx)
	if p, err := a.plan(in.Arn); err == nil {
		delete(a.Plans, p.Name)
		delete(a.Tags, p.ARN)
	}
	return &ssmincidents.DeleteResponsePlanOutput{}, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
