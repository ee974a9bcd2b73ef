package fakesns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// topicActions are those that a topic's policy may name; any other, and wildcards, are out of the service's scope.
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
var topicActions = []string{
	"sns:addpermission", "sns:deletetopic", "sns:getdataprotectionpolicy", "sns:gettopicattributes", "sns:listsubscriptionsbytopic", "sns:listtagsforresource",
	"sns:publish", "sns:putdataprotectionpolicy", "sns:receive", "sns:removepermission", "sns:settopicattributes", "sns:subscribe",
}

// CreateTopic makes a topic, or answers the one that has the name if what is asked for is the same.
func (s *Service) CreateTopic(ctx context.Context, in *sns.CreateTopicInput, _ ...Options) (*sns.CreateTopicOutput, error) {
	st, call, name := s.store.In(ctx), fakeaws.CallFrom(ctx), aws.ToString(in.Name)
	fifo := in.Attributes["FifoTopic"] == "true"
	if !topicName.MatchString(strings.TrimSuffix(name, ".fifo")) || strings.HasSuffix(name, ".fifo") != fifo {
		return nil, invalid("Topic Name")
	}
	tags := map[string]string{}
	for _, t := range in.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	t := &Topic{Name: name, ARN: "arn:" + call.Partition() + ":sns:" + call.Region + ":" + call.Account + ":" + name, Attrs: map[string]string{}, Tags: tags}
	if err := s.set(ctx, t, "Policy", t.standardPolicy(call.Account)); err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(in.Attributes)) {
		if k == "FifoTopic" {
			t.Attrs[k] = in.Attributes[k]
		} else if err := s.set(ctx, t, k, in.Attributes[k]); err != nil {
			return nil, err
		}
	}
	if old := st.Topics[name]; old != nil {
		for k := range in.Attributes {
			if k == "Policy" && old.Policy.Text != t.Policy.Text || k != "Policy" && old.Attrs[k] != t.Attrs[k] {
				return nil, invalid("Attributes Reason: Topic already exists with different attributes")
			}
		}
		if len(in.Tags) > 0 && !maps.Equal(old.Tags, tags) {
			return nil, invalid("Tags Reason: Topic already exists with different tags")
		}
		return &sns.CreateTopicOutput{TopicArn: &old.ARN}, nil
	}
	st.Topics[name] = t
	return &sns.CreateTopicOutput{TopicArn: aws.String(t.ARN)}, nil
}

// standardPolicy lets the owner's account do everything, and nobody else.
func (t *Topic) standardPolicy(account string) string {
	return fmt.Sprintf(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},`+
		`"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],`+
		`"Resource":"%s","Condition":{"StringEquals":{"AWS:SourceOwner":"%s"}}}]}`, t.ARN, account)
}

// set changes one attribute; an empty value takes it away.
func (s *Service) set(ctx context.Context, t *Topic, name, value string) error {
	bad := invalid("Attributes Reason: %s: invalid value", name)
	switch name {
	case "Policy":
		return s.setPolicy(ctx, t, value)
	case "KmsMasterKeyId": // a key that is not there shows when something is published
	case "DisplayName":
		if len(value) > 100 {
			return bad
		}
	case "SignatureVersion":
		if value != "1" && value != "2" {
			return bad
		}
	case "TracingConfig":
		if value != "PassThrough" && value != "Active" {
			return bad
		}
	case "ContentBasedDeduplication":
		if t.Attrs["FifoTopic"] == "" && !strings.HasSuffix(t.Name, ".fifo") || value != "true" && value != "false" {
			return bad
		}
	case "MaximumMessageSize":
		if n, err := strconv.Atoi(value); err != nil || n < 1024 || n > 1<<20 {
			return bad
		}
	default:
		return invalid("AttributeName")
	}
	t.Attrs[name] = value
	if value == "" {
		delete(t.Attrs, name)
	}
	return nil
}

func (s *Service) setPolicy(ctx context.Context, t *Topic, text string) error {
	p, doc, err := resourcepolicy.Bind(ctx, s.cloud, text)
	var malformed *resourcepolicy.MalformedError
	var unknown *resourcepolicy.InvalidPrincipalError
	if err == nil {
		err = doc.Complete()
	}
	if errors.As(err, &unknown) {
		return invalid("Policy Error: PrincipalNotFound")
	} else if errors.As(err, &malformed) {
		return invalid("Policy Error: %s", malformed.Reason)
	} else if err != nil {
		return err
	}
	for _, st := range doc.Statements {
		for _, a := range slices.Concat(st.Actions, st.NotActions) {
			if !slices.Contains(topicActions, strings.ToLower(a)) {
				return invalid("Policy statement action out of service scope!")
			}
		}
		for _, r := range slices.Concat(st.Resources, st.NotResources) {
			if r != "*" && !resourcepolicy.Match(r, t.ARN) {
				return invalid("Policy statement resource out of topic scope!")
			}
		}
	}
	if len(text) > 30<<10 {
		return invalid("Policy length exceeded max value 30720")
	}
	t.Policy = p
	return nil
}

// DeleteTopic removes a topic and its subscriptions; one that is not there is no error.
func (s *Service) DeleteTopic(ctx context.Context, in *sns.DeleteTopicInput, _ ...Options) (*sns.DeleteTopicOutput, error) {
	st := s.store.In(ctx)
	t, err := st.topic(ctx, in.TopicArn)
	var missing *types.NotFoundException
	if errors.As(err, &missing) {
		return &sns.DeleteTopicOutput{}, nil
	} else if err != nil {
		return nil, err
	}
	delete(st.Topics, t.Name)
	maps.DeleteFunc(st.Subs, func(_ string, sub *Subscription) bool { return sub.Topic == t.ARN })
	return &sns.DeleteTopicOutput{}, nil
}

// GetTopicAttributes answers what a topic is like.
func (s *Service) GetTopicAttributes(ctx context.Context, in *sns.GetTopicAttributesInput, _ ...Options) (*sns.GetTopicAttributesOutput, error) {
	st := s.store.In(ctx)
	t, err := st.topic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(t.Attrs)
	out["TopicArn"], out["Owner"], out["Policy"] = t.ARN, strings.Split(t.ARN, ":")[4], t.Policy.Shown(ctx, s.cloud)
	var pending, confirmed int
	for _, sub := range st.Subs {
		if sub.Topic == t.ARN && sub.Pending && !sub.expired() {
			pending++
		} else if sub.Topic == t.ARN && !sub.Pending {
			confirmed++
		}
	}
	out["SubscriptionsPending"], out["SubscriptionsConfirmed"], out["SubscriptionsDeleted"] = strconv.Itoa(pending), strconv.Itoa(confirmed), "0"
	out["EffectiveDeliveryPolicy"] = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false}}`
	if _, ok := out["DisplayName"]; !ok {
		out["DisplayName"] = ""
	}
	return &sns.GetTopicAttributesOutput{Attributes: out}, nil
}

// SetTopicAttributes changes one attribute.
func (s *Service) SetTopicAttributes(ctx context.Context, in *sns.SetTopicAttributesInput, _ ...Options) (*sns.SetTopicAttributesOutput, error) {
	t, err := s.store.In(ctx).topic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	return &sns.SetTopicAttributesOutput{}, s.set(ctx, t, aws.ToString(in.AttributeName), aws.ToString(in.AttributeValue))
}

// ListTopics answers the ARNs of the topics by name.
func (s *Service) ListTopics(ctx context.Context, in *sns.ListTopicsInput, _ ...Options) (*sns.ListTopicsOutput, error) {
	st := s.store.In(ctx)
	var found []types.Topic
	for _, name := range slices.Sorted(maps.Keys(st.Topics)) {
		found = append(found, types.Topic{TopicArn: aws.String(st.Topics[name].ARN)})
	}
	some, next, err := page(ctx, found, in.NextToken)
	return &sns.ListTopicsOutput{Topics: some, NextToken: next}, err
}

// Publish takes a message for a topic.
func (s *Service) Publish(ctx context.Context, in *sns.PublishInput, _ ...Options) (*sns.PublishOutput, error) {
	arn := in.TopicArn
	if arn == nil {
		arn = in.TargetArn
	}
	t, err := s.store.In(ctx).topic(ctx, arn)
	if err != nil {
		return nil, err
	}
	message := aws.ToString(in.Message)
	switch {
	case message == "":
		return nil, invalid("Empty message")
	case len(message) > 256<<10 && t.Attrs["MaximumMessageSize"] == "":
		return nil, invalid("Message too long")
	case in.Subject != nil && (len(*in.Subject) < 1 || len(*in.Subject) > 100 || strings.ContainsAny(*in.Subject, "\r\n")):
		return nil, invalid("Subject")
	case aws.ToString(in.MessageStructure) == "json" && !json.Valid([]byte(message)):
		return nil, invalid("Message Structure - JSON message body failed to parse")
	case strings.HasSuffix(t.Name, ".fifo") && in.MessageGroupId == nil:
		return nil, invalid("The MessageGroupId parameter is required for FIFO topics")
	}
	if keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud); ok && t.Attrs["KmsMasterKeyId"] != "" {
		switch _, enabled, _, found := keys.Key(ctx, t.Attrs["KmsMasterKeyId"]); {
		case !found:
			return nil, &types.KMSNotFoundException{Message: aws.String("Key '" + t.Attrs["KmsMasterKeyId"] + "' does not exist")}
		case !enabled:
			return nil, &types.KMSDisabledException{Message: aws.String(t.Attrs["KmsMasterKeyId"] + " is disabled.")}
		}
	}
	return &sns.PublishOutput{MessageId: aws.String(s.cloud.UUID())}, nil
}
