package fakesns

import (
	"context"
	"encoding/json"
	"maps"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// unconfirmed is how long SNS keeps a subscription that nobody confirms.
// https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html
const unconfirmed = 48 * time.Hour

func (sub *Subscription) expired() bool { return sub.Pending && time.Since(sub.Created) >= unconfirmed }

// reported is the ARN as lists show it: one that is pending has none there.
func (sub *Subscription) reported() string {
	if sub.Pending {
		return "PendingConfirmation"
	}
	return sub.ARN
}

func (sub *Subscription) seen() types.Subscription {
	return types.Subscription{SubscriptionArn: aws.String(sub.reported()), TopicArn: aws.String(sub.Topic), Protocol: aws.String(sub.Protocol), Endpoint: aws.String(sub.Endpoint), Owner: aws.String(sub.Owner)}
}

// subs are the subscriptions that have not expired, by ARN.
func (st *State) subs(of string) []*Subscription {
	var out []*Subscription
	for _, arn := range slices.Sorted(maps.Keys(st.Subs)) {
		if sub := st.Subs[arn]; !sub.expired() && (of == "" || sub.Topic == of) {
			out = append(out, sub)
		}
	}
	return out
}

func (st *State) sub(arn *string) (*Subscription, error) {
	if n := len(strings.Split(aws.ToString(arn), ":")); n < 6 {
		return nil, invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not %d", n)
	}
	if sub := st.Subs[*arn]; sub != nil && !sub.expired() {
		return sub, nil
	}
	return nil, notFound("Subscription does not exist")
}

// Subscribe adds a subscription, or answers the one that exists. Those whose receiver has to consent are pending.
func (s *Service) Subscribe(ctx context.Context, in *sns.SubscribeInput, _ ...Options) (*sns.SubscribeOutput, error) {
	st, call := s.store.In(ctx), fakeaws.CallFrom(ctx)
	t, err := st.topic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	protocol, endpoint := aws.ToString(in.Protocol), aws.ToString(in.Endpoint)
	if err := checkEndpoint(protocol, endpoint, strings.HasSuffix(t.Name, ".fifo")); err != nil {
		return nil, err
	}
	made := &Subscription{
		ARN: t.ARN + ":" + s.cloud.UUID(), Topic: t.ARN, Protocol: protocol, Endpoint: endpoint, Owner: call.Account, Token: s.cloud.ID("", 64),
		Created: time.Now().UTC(), Attrs: map[string]string{}, Pending: !slices.Contains([]string{"sqs", "lambda", "firehose"}, protocol),
	}
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		if err := made.set(name, in.Attributes[name]); err != nil {
			return nil, err
		}
	}
	for _, old := range st.subs(t.ARN) {
		if old.Protocol != protocol || old.Endpoint != endpoint {
			continue
		}
		for name := range in.Attributes {
			if old.Attrs[name] != made.Attrs[name] {
				return nil, invalid("Attributes Reason: Subscription already exists with different attributes")
			}
		}
		made = old
	}
	st.Subs[made.ARN] = made
	arn := made.ARN
	if made.Pending && !in.ReturnSubscriptionArn {
		arn = "pending confirmation"
	}
	return &sns.SubscribeOutput{SubscriptionArn: &arn}, nil
}

func checkEndpoint(protocol, endpoint string, fifo bool) error {
	bad := false
	switch protocol {
	case "email", "email-json":
		_, err := mail.ParseAddress(endpoint)
		bad = err != nil || strings.ContainsAny(endpoint, " <>")
		if bad {
			return invalid("Email address")
		}
	case "http", "https":
		u, err := url.Parse(endpoint)
		bad = err != nil || u.Scheme != protocol || u.Host == ""
	case "sqs", "lambda":
		parts := strings.Split(endpoint, ":")
		bad = len(parts) < 6 || parts[0] != "arn" || parts[2] != protocol
		if bad {
			return invalid("%s endpoint ARN", strings.ToUpper(protocol))
		}
	default:
		return invalid("Amazon SNS does not support this protocol string: %s", protocol)
	}
	if bad {
		return invalid("Endpoint must match the specified protocol")
	}
	if fifo && protocol != "sqs" {
		return invalid("Invalid protocol type: %s", protocol)
	}
	return nil
}

// set changes one attribute; an empty value takes it away.
func (sub *Subscription) set(name, value string) error {
	switch name {
	case "RawMessageDelivery":
		if value != "true" && value != "false" {
			return invalid("RawMessageDelivery: value must be true or false")
		}
		if !slices.Contains([]string{"http", "https", "sqs"}, sub.Protocol) && value == "true" {
			return invalid("Delivery protocol [%s] does not support raw message delivery.", sub.Protocol)
		}
	case "FilterPolicy":
		if value != "" && (!json.Valid([]byte(value)) || value[0] != '{') {
			return invalid("FilterPolicy: failed to parse JSON.")
		}
	case "FilterPolicyScope":
		if value != "MessageAttributes" && value != "MessageBody" {
			return invalid("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", value)
		}
	case "RedrivePolicy":
		var p struct{ DeadLetterTargetArn string }
		if value != "" && (json.Unmarshal([]byte(value), &p) != nil || !strings.Contains(p.DeadLetterTargetArn, ":sqs:")) {
			return invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
		}
	default:
		return invalid("AttributeName")
	}
	sub.Attrs[name] = value
	if value == "" {
		delete(sub.Attrs, name)
	}
	return nil
}

// ConfirmSubscription confirms a pending subscription.
func (s *Service) ConfirmSubscription(ctx context.Context, in *sns.ConfirmSubscriptionInput, _ ...Options) (*sns.ConfirmSubscriptionOutput, error) {
	st := s.store.In(ctx)
	t, err := st.topic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	for _, sub := range st.subs(t.ARN) {
		if sub.Token == aws.ToString(in.Token) {
			sub.Pending = false
			return &sns.ConfirmSubscriptionOutput{SubscriptionArn: aws.String(sub.ARN)}, nil
		}
	}
	return nil, invalid("Token")
}

// Unsubscribe removes a subscription that is confirmed; one that is not there is no error.
func (s *Service) Unsubscribe(ctx context.Context, in *sns.UnsubscribeInput, _ ...Options) (*sns.UnsubscribeOutput, error) {
	st := s.store.In(ctx)
	if n := len(strings.Split(aws.ToString(in.SubscriptionArn), ":")); n < 6 {
		return nil, invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not %d", n)
	}
	sub, err := st.sub(in.SubscriptionArn)
	if err != nil {
		return &sns.UnsubscribeOutput{}, nil
	}
	if sub.Pending {
		return nil, invalid("This operation can not be performed on a pending subscription")
	}
	delete(st.Subs, sub.ARN)
	return &sns.UnsubscribeOutput{}, nil
}

// GetSubscriptionAttributes answers what a subscription is like.
func (s *Service) GetSubscriptionAttributes(ctx context.Context, in *sns.GetSubscriptionAttributesInput, _ ...Options) (*sns.GetSubscriptionAttributesOutput, error) {
	sub, err := s.store.In(ctx).sub(in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	out := map[string]string{
		"SubscriptionArn": sub.ARN, "TopicArn": sub.Topic, "Protocol": sub.Protocol, "Endpoint": sub.Endpoint, "Owner": sub.Owner,
		"ConfirmationWasAuthenticated": "false", "PendingConfirmation": "false", "RawMessageDelivery": "false",
	}
	if sub.Pending {
		out["PendingConfirmation"] = "true"
	} else if sub.Protocol == "sqs" || sub.Protocol == "lambda" {
		out["ConfirmationWasAuthenticated"] = "true"
	}
	maps.Copy(out, sub.Attrs)
	if out["FilterPolicy"] != "" && out["FilterPolicyScope"] == "" {
		out["FilterPolicyScope"] = "MessageAttributes"
	}
	return &sns.GetSubscriptionAttributesOutput{Attributes: out}, nil
}

// SetSubscriptionAttributes changes one attribute.
func (s *Service) SetSubscriptionAttributes(ctx context.Context, in *sns.SetSubscriptionAttributesInput, _ ...Options) (*sns.SetSubscriptionAttributesOutput, error) {
	sub, err := s.store.In(ctx).sub(in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	return &sns.SetSubscriptionAttributesOutput{}, sub.set(aws.ToString(in.AttributeName), aws.ToString(in.AttributeValue))
}

// ListSubscriptions answers the subscriptions of all topics.
func (s *Service) ListSubscriptions(ctx context.Context, in *sns.ListSubscriptionsInput, _ ...Options) (*sns.ListSubscriptionsOutput, error) {
	var found []types.Subscription
	for _, sub := range s.store.In(ctx).subs("") {
		found = append(found, sub.seen())
	}
	some, next, err := page(ctx, found, in.NextToken)
	return &sns.ListSubscriptionsOutput{Subscriptions: some, NextToken: next}, err
}

// ListSubscriptionsByTopic answers the subscriptions of one topic.
func (s *Service) ListSubscriptionsByTopic(ctx context.Context, in *sns.ListSubscriptionsByTopicInput, _ ...Options) (*sns.ListSubscriptionsByTopicOutput, error) {
	st := s.store.In(ctx)
	t, err := st.topic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	var found []types.Subscription
	for _, sub := range st.subs(t.ARN) {
		found = append(found, sub.seen())
	}
	some, next, err := page(ctx, found, in.NextToken)
	return &sns.ListSubscriptionsByTopicOutput{Subscriptions: some, NextToken: next}, err
}
