// Package fakeeventbridge is the Amazon EventBridge of a fakeaws.Cloud.
//
// Modelled: rules on the default event bus with patterns, schedules, states and tags; their targets with roles, inputs, dead-letter
// queues and retry policies; PutEvents, and the events of other faked services. An event is matched as EventBridge does (package
// eventpattern) and delivered at once: the target's service gets it if it takes deliveries (fakeaws.TakeDeliveries), a topic's
// policy and the target's role are looked at, and what fails goes to the dead-letter queue. Deliveries tells a test what went where.
//
// Not modelled: other event buses, archives, replays, API destinations, partner sources, retries (a failure is final), rules that
// run by their schedule, the size of requests, and rules that other services manage.
package fakeeventbridge

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles EventBridge.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is the default event bus of one account and region.
type region struct {
	Rules      map[string]*rule // by name
	Deliveries []Delivery
}

type opt = func(*eventbridge.Options)

// Install adds EventBridge to a cloud, and offers it the capability fakeaws.Events.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "eventbridge", fakeaws.Regional, func(string, string) *region {
		return &region{Rules: map[string]*rule{}}
	})}
	fakeaws.On(c, s.PutRule, "Name", "Description", "EventBusName", "EventPattern", "RoleArn", "ScheduleExpression", "State", "Tags")
	fakeaws.On(c, s.DescribeRule, "Name", "EventBusName")
	fakeaws.On(c, s.ListRules, "EventBusName", "NamePrefix", "Limit", "NextToken")
	fakeaws.On(c, s.EnableRule, "Name", "EventBusName")
	fakeaws.On(c, s.DisableRule, "Name", "EventBusName")
	fakeaws.On(c, s.DeleteRule, "Name", "EventBusName", "Force")
	fakeaws.On(c, s.PutTargets, "Rule", "EventBusName", "Targets.Id", "Targets.Arn", "Targets.RoleArn", "Targets.Input", "Targets.InputPath",
		"Targets.InputTransformer", "Targets.DeadLetterConfig", "Targets.RetryPolicy", "Targets.SqsParameters")
	fakeaws.On(c, s.RemoveTargets, "Rule", "EventBusName", "Ids", "Force")
	fakeaws.On(c, s.ListTargetsByRule, "Rule", "EventBusName", "Limit", "NextToken")
	fakeaws.On(c, s.PutEvents, "Entries.Source", "Entries.DetailType", "Entries.Detail", "Entries.Resources", "Entries.Time", "Entries.EventBusName")
	fakeaws.On(c, s.TestEventPattern, "Event", "EventPattern")
	fakeaws.On(c, s.TagResource, "ResourceARN", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceARN", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceARN")
	fakeaws.Provide[fakeaws.Events](c, s)
}

// onDefaultBus refuses other buses, of which there are none.
func onDefaultBus(ctx context.Context, bus *string) error {
	call := fakeaws.CallFrom(ctx)
	switch b := aws.ToString(bus); b {
	case "", "default", "arn:" + call.Partition() + ":events:" + call.Region + ":" + call.Account + ":event-bus/default":
		return nil
	default:
		return notFound("Event bus " + b + " does not exist.")
	}
}

// nameRE is that of rules and of the ids of targets.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
var nameRE = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)

// largestPage is that of every listing.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html
const largestPage = 100

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || *limit > largestPage) {
		return nil, nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 100", *limit)
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, largestPage)
	if !ok {
		return nil, nil, invalid("Parameter NextToken is not valid.")
	}
	return out, next, nil
}

func invalid(format string, args ...any) error {
	return fakeaws.Error("ValidationException", format, args...)
}

func notFound(message string) error { return &types.ResourceNotFoundException{Message: &message} }

func exceeded(message string) error { return &types.LimitExceededException{Message: &message} }

// TagResource adds tags to a rule.
func (s *Service) TagResource(ctx context.Context, in *eventbridge.TagResourceInput, _ ...opt) (*eventbridge.TagResourceOutput, error) {
	r, err := s.tagged(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(r.Tags)
	for _, t := range in.Tags {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if err := checkTags(all); err != nil {
		return nil, err
	}
	r.Tags = all
	return &eventbridge.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *eventbridge.UntagResourceInput, _ ...opt) (*eventbridge.UntagResourceOutput, error) {
	r, err := s.tagged(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(r.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &eventbridge.UntagResourceOutput{}, nil
}

// ListTagsForResource answers a rule's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *eventbridge.ListTagsForResourceInput, _ ...opt) (*eventbridge.ListTagsForResourceOutput, error) {
	r, err := s.tagged(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &eventbridge.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, k := range slices.Sorted(maps.Keys(r.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(k), Value: aws.String(r.Tags[k])})
	}
	return out, nil
}

func (s *Service) tagged(ctx context.Context, arn *string) (*rule, error) {
	a := aws.ToString(arn)
	r := s.regions.In(ctx).Rules[a[strings.LastIndexByte(a, '/')+1:]]
	if r == nil || r.ARN != a {
		return nil, notFound("Rule " + a + " does not exist on EventBus default.")
	}
	return r, nil
}

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Tag.html
func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return exceeded("The requested resource exceeds the maximum number of tags allowed.")
	}
	for k, v := range tags {
		if k == "" || len([]rune(k)) > 128 || len([]rune(v)) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("The tag %s is not valid.", k)
		}
	}
	return nil
}
