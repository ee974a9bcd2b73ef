package fakeeventbridge

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/eventpattern"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Delivery is one event that a rule has passed to one of its targets.
type Delivery struct {
	Rule     string // its name
	TargetID string
	Target   string // its ARN
	Event    string // as it came, with its envelope
	Input    string // what the target got
	// Failure is why the target did not get it, as the attribute ERROR_CODE of a dead letter has it: NO_PERMISSIONS,
	// NO_RESOURCE or the target's own error; empty if it did.
	Failure string
	// DeadLetter is the queue that the event went to after a failure; empty if the target has none.
	DeadLetter string
	Time       time.Time
}

// Deliveries lists what the rules of an account and region have passed on so far, in the order in which it happened.
func Deliveries(c *fakeaws.Cloud, account, regionName string) (out []Delivery) {
	if s, ok := fakeaws.Capability[fakeaws.Events](c); ok {
		s.(*Service).regions.Peek(account, regionName, func(bus *region) { out = slices.Clone(bus.Deliveries) })
	}
	return out
}

// PutEvents takes up to ten events of the caller's own; one that is wrong fails by itself.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (s *Service) PutEvents(ctx context.Context, in *eventbridge.PutEventsInput, _ ...opt) (*eventbridge.PutEventsOutput, error) {
	if n := len(in.Entries); n == 0 || n > 10 {
		return nil, invalid("1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and 10")
	}
	out, call := &eventbridge.PutEventsOutput{}, fakeaws.CallFrom(ctx)
	for _, e := range in.Entries {
		if err := onDefaultBus(ctx, e.EventBusName); err != nil {
			return nil, err
		}
		if code, message := refusal(e); code != "" {
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: &code, ErrorMessage: &message})
			out.FailedEntryCount++
			continue
		}
		when := time.Now()
		if e.Time != nil {
			when = *e.Time
		}
		id := s.put(ctx, fakeaws.Event{
			Account: call.Account, Region: call.Region, Source: *e.Source, DetailType: *e.DetailType, Detail: *e.Detail, Resources: e.Resources,
		}, when)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: &id})
	}
	return out, nil
}

func refusal(e types.PutEventsRequestEntry) (code, message string) {
	for _, f := range []struct {
		name  string
		value *string
	}{{"Source", e.Source}, {"DetailType", e.DetailType}, {"Detail", e.Detail}} {
		if aws.ToString(f.value) == "" {
			return "InvalidArgument", "Parameter " + f.name + " is not valid. Reason: " + f.name + " is a required argument."
		}
	}
	detail := map[string]any{}
	switch {
	case strings.HasPrefix(*e.Source, "aws."):
		return "NotAuthorizedForSourceException", "Not authorized for the source."
	case json.Unmarshal([]byte(*e.Detail), &detail) != nil:
		return "MalformedDetail", "Detail is malformed."
	}
	return "", ""
}

// PutEvent implements fakeaws.Events: it is how a service reports.
func (s *Service) PutEvent(ctx context.Context, e fakeaws.Event) { s.put(ctx, e, time.Now()) }

// put passes an event to the targets of all rules that match.
func (s *Service) put(ctx context.Context, e fakeaws.Event, when time.Time) (id string) {
	id = s.cloud.UUID()
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": id, "source": e.Source, "detail-type": e.DetailType, "account": e.Account, "region": e.Region,
		"time": when.UTC().Format(time.RFC3339), "resources": append([]string{}, e.Resources...), "detail": json.RawMessage(e.Detail),
	})
	if err != nil {
		panic("fakeeventbridge: the detail of an event of " + e.Source + " is no JSON: " + err.Error())
	}
	bus := s.regions.At(ctx, e.Account, e.Region)
	for _, name := range slices.Sorted(maps.Keys(bus.Rules)) {
		r := bus.Rules[name]
		if !r.matches(string(text)) {
			continue
		}
		for _, t := range r.targets() {
			bus.Deliveries = append(bus.Deliveries, s.deliver(ctx, e, r, t, string(text)))
		}
	}
	return id
}

// matches tells whether a rule takes an event. What CloudTrail records of read-only calls needs its own state.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func (r *rule) matches(event string) bool {
	if r.State == types.RuleStateDisabled || r.Pattern == nil {
		return false
	}
	if matches(readOnly, event) && r.State != types.RuleStateEnabledWithAllCloudtrailManagementEvents {
		return false
	}
	return matches(*r.Pattern, event)
}

const readOnly = `{"source": [{"prefix": "aws."}], "detail-type": ["AWS API Call via CloudTrail"], "detail": {"readOnly": [true]}}`

func matches(pattern, event string) bool {
	p, err := eventpattern.Parse(pattern)
	if err != nil {
		return false // PutRule takes none such
	}
	ok, err := p.Matches(event)
	return ok && err == nil
}

func (s *Service) deliver(ctx context.Context, e fakeaws.Event, r *rule, t types.Target, event string) Delivery {
	d := Delivery{Rule: r.Name, TargetID: *t.Id, Target: *t.Arn, Event: event, Input: inputOf(r, t, event), Time: time.Now()}
	out := fakeaws.Delivery{From: r.ARN, By: "events.amazonaws.com", Target: d.Target, Role: aws.ToString(t.RoleArn), Input: d.Input}
	if d.Failure = s.blocked(ctx, e.Account, out); d.Failure == "" {
		if err := fakeaws.Deliver(ctx, s.cloud, out); err != nil {
			d.Failure = err.Error()
		}
	}
	if d.Failure != "" && t.DeadLetterConfig != nil {
		out.Target, out.Role, out.Input = aws.ToString(t.DeadLetterConfig.Arn), "", event
		if fakeaws.Deliver(ctx, s.cloud, out) == nil {
			d.DeadLetter = out.Target
		}
	}
	return d
}

// blocked is why EventBridge may not deliver: a role or topic that is gone, a topic whose policy does not let it in.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
func (s *Service) blocked(ctx context.Context, account string, d fakeaws.Delivery) string {
	if known, ok := fakeaws.Capability[fakeaws.Principals](s.cloud); ok && d.Role != "" {
		if _, _, found := known.Principal(ctx, d.Role); !found {
			return "NO_PERMISSIONS"
		}
	}
	topics, ok := fakeaws.Capability[fakeaws.Topics](s.cloud)
	if !ok || !strings.HasPrefix(d.Target, "arn:") || strings.Split(d.Target, ":")[2] != "sns" {
		return ""
	}
	text, key, found := topics.Topic(ctx, d.Target)
	if !found {
		return "NO_RESOURCE"
	}
	if d.Role != "" {
		return "" // the role's policies decide, which no fake evaluates
	}
	from := map[string][]string{"aws:SourceArn": {d.From}, "aws:SourceAccount": {account}, "aws:SecureTransport": {"true"}}
	if !lets(text, d.By, d.Target, from, "sns:Publish") || !s.keyLets(ctx, key, d) {
		return "NO_PERMISSIONS"
	}
	return ""
}

// keyLets looks at the key of an encrypted topic. AWS's own key lets no service publish, and the requests that EventBridge has KMS
// work on carry neither aws:SourceArn nor aws:SourceAccount.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
func (s *Service) keyLets(ctx context.Context, key string, d fakeaws.Delivery) bool {
	keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud)
	if key == "" || !ok {
		return true
	}
	arn, enabled, text, found := keys.Key(ctx, key)
	about := map[string][]string{"kms:EncryptionContext:aws:sns:topicArn": {d.Target}, "aws:SecureTransport": {"true"}}
	return found && enabled && !strings.HasSuffix(key, "alias/aws/sns") && lets(text, d.By, arn, about, "kms:GenerateDataKey", "kms:Decrypt")
}

// lets tells whether a resource's policy lets a service do all of the actions.
func lets(text, service, resource string, conditions map[string][]string, actions ...string) bool {
	doc, err := policy.Parse(text)
	return err == nil && !slices.ContainsFunc(actions, func(action string) bool {
		decision, err := policy.Evaluate(
			policy.Request{Principal: service, Action: action, Resource: resource, Complete: true, Context: conditions},
			policy.Policies{Resource: []policy.Document{doc}})
		return err != nil || decision.Outcome != policy.Allowed
	})
}
