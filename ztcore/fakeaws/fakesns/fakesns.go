// Package fakesns is the Simple Notification Service of a fakeaws.Cloud.
//
// Modelled: standard and FIFO topics with their policy, encryption, display name, signature version and tags;
// subscriptions of every protocol but SMS, push and Firehose, with the confirmation that e-mail and web addresses have to
// give within 48 hours; raw delivery, filter policy and dead-letter queue. CreateTopic answers the topic that exists already.
// Publish accepts a message, which goes nowhere: the cloud's call log has it. It offers fakeaws.Topics.
//
// Not modelled: delivery, delivery policies and status logging, message archives, data protection policies, SMS and mobile
// push, and permissions, but for the structure that topic policies must have.
package fakesns

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// Service handles SNS.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Topics map[string]*Topic        // by name
	Subs   map[string]*Subscription // by ARN
}

// Topic is a topic.
type Topic struct {
	Name, ARN string
	Policy    resourcepolicy.Policy
	Attrs     map[string]string // as they were set, but for the policy
	Tags      map[string]string
}

// Subscription is a subscription, confirmed or not.
type Subscription struct {
	ARN, Topic, Protocol, Endpoint, Owner string
	Token                                 string // with which it is confirmed
	Pending                               bool
	Created                               time.Time
	Attrs                                 map[string]string
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*sns.Options)

// Install adds SNS to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "sns", fakeaws.Regional, func(string, string) *State {
		return &State{Topics: map[string]*Topic{}, Subs: map[string]*Subscription{}}
	})
	fakeaws.Provide[fakeaws.Topics](c, s)

	fakeaws.On(c, s.CreateTopic, "Name", "Attributes", "Tags")
	fakeaws.On(c, s.DeleteTopic, "TopicArn")
	fakeaws.On(c, s.GetTopicAttributes, "TopicArn")
	fakeaws.On(c, s.SetTopicAttributes, "TopicArn", "AttributeName", "AttributeValue")
	fakeaws.On(c, s.ListTopics, "NextToken")
	fakeaws.On(c, s.Publish, "TopicArn", "TargetArn", "Message", "Subject", "MessageAttributes", "MessageStructure", "MessageGroupId", "MessageDeduplicationId")
	fakeaws.On(c, s.Subscribe, "TopicArn", "Protocol", "Endpoint", "Attributes", "ReturnSubscriptionArn")
	fakeaws.On(c, s.ConfirmSubscription, "TopicArn", "Token", "AuthenticateOnUnsubscribe")
	fakeaws.On(c, s.Unsubscribe, "SubscriptionArn")
	fakeaws.On(c, s.GetSubscriptionAttributes, "SubscriptionArn")
	fakeaws.On(c, s.SetSubscriptionAttributes, "SubscriptionArn", "AttributeName", "AttributeValue")
	fakeaws.On(c, s.ListSubscriptions, "NextToken")
	fakeaws.On(c, s.ListSubscriptionsByTopic, "TopicArn", "NextToken")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
}

// Topic implements fakeaws.Topics.
func (s *Service) Topic(ctx context.Context, arn string) (policy, key string, ok bool) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[2] != "sns" {
		return "", "", false
	}
	t := s.store.At(ctx, parts[4], parts[3]).Topics[parts[5]]
	if t == nil {
		return "", "", false
	}
	return t.Policy.Shown(ctx, s.cloud), t.Attrs["KmsMasterKeyId"], true
}

// Token is the token with which a subscription of the default account's Config can be confirmed, as the e-mail or request
// to the endpoint would carry it; "" if none is pending.
func Token(c *fakeaws.Cloud, endpoint string) (token string) {
	if s, ok := fakeaws.Capability[fakeaws.Topics](c); ok {
		s.(*Service).store.Peek(fakeaws.DefaultAccount, fakeaws.DefaultRegion, func(st *State) {
			for _, sub := range st.Subs {
				if sub.Endpoint == endpoint && sub.Pending {
					token = sub.Token
				}
			}
		})
	}
	return token
}

// topic finds a topic of the request's account and region.
func (st *State) topic(ctx context.Context, arn *string) (*Topic, error) {
	parts, call := strings.Split(aws.ToString(arn), ":"), fakeaws.CallFrom(ctx)
	if len(parts) != 6 || parts[2] != "sns" {
		return nil, invalid("TopicArn Reason: An ARN must have at least 6 elements, not %d", len(parts))
	}
	if parts[3] != call.Region {
		return nil, invalid("TopicArn")
	}
	if t := st.Topics[parts[5]]; t != nil && t.ARN == *arn {
		return t, nil
	}
	return nil, notFound("Topic does not exist")
}

func notFound(message string) error {
	return fakeaws.Status(http.StatusNotFound, &types.NotFoundException{Message: &message})
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: aws.String("Invalid parameter: " + fmt.Sprintf(format, args...))}
}

// page cuts a list into pages of 100, which no caller can change.
func page[E any](ctx context.Context, items []E, token *string) ([]E, *string, error) {
	out, next, ok := fakeaws.Page(ctx, items, token, (*int32)(nil), 100)
	if !ok {
		return nil, nil, invalid("NextToken Reason: Invalid token")
	}
	return out, next, nil
}
