package fakesns_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesns"
)

var ctx = context.Background()

const alerts = "arn:aws:sns:us-east-1:123456789012:alerts"

func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	return api.ErrorCode()
}

func second[O any](_ O, err error) error { return err }

func newTopic(t *testing.T) (*fakeaws.Cloud, *sns.Client) {
	t.Helper()
	cloud := fakeaws.New(fakesns.Install, fakekms.Install)
	client := sns.NewFromConfig(cloud.Config())
	made, err := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("alerts"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}})
	require.NoError(t, err)
	require.Equal(t, alerts, *made.TopicArn)
	return cloud, client
}

func TestRefusals(t *testing.T) {
	_, client := newTopic(t)
	create := func(name string, attributes map[string]string) error {
		return second(client.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name, Attributes: attributes}))
	}
	set := func(name, value string) error {
		return second(client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: aws.String(alerts), AttributeName: &name, AttributeValue: &value}))
	}
	subscribe := func(protocol, endpoint string, attributes map[string]string) error {
		return second(client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: aws.String(alerts), Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes}))
	}
	publish := func(in sns.PublishInput) error {
		in.TopicArn = aws.String(alerts)
		return second(client.Publish(ctx, &in))
	}
	statement := func(action, resource string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"` + action + `","Resource":"` + resource + `"}]}`
	}
	none := aws.String("arn:aws:sns:us-east-1:123456789012:none")
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"name":              {create("a b", nil), "InvalidParameter"},
		"FIFO without name": {create("a", map[string]string{"FifoTopic": "true"}), "InvalidParameter"},
		"unknown attribute": {create("a", map[string]string{"Colour": "red"}), "InvalidParameter"},
		"other attributes":  {create("alerts", map[string]string{"DisplayName": "x"}), "InvalidParameter"},
		"other tags":        {second(client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("alerts"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})), "InvalidParameter"},
		"signature version": {set("SignatureVersion", "3"), "InvalidParameter"},
		"tracing":           {set("TracingConfig", "On"), "InvalidParameter"},
		"deduplication":     {set("ContentBasedDeduplication", "true"), "InvalidParameter"},
		"message size":      {set("MaximumMessageSize", "1"), "InvalidParameter"},
		"policy text":       {set("Policy", "x"), "InvalidParameter"},
		"policy action":     {set("Policy", statement("sns:*", alerts)), "InvalidParameter"},
		"policy resource":   {set("Policy", statement("sns:Publish", *none)), "InvalidParameter"},
		"no topic":          {second(client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: none})), "NotFound"},
		"no ARN":            {second(client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String("alerts")})), "InvalidParameter"},
		"other region":      {second(client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(strings.Replace(alerts, "us-east-1", "eu-west-1", 1))})), "InvalidParameter"},
		"tags of no topic":  {second(client.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: none})), "ResourceNotFound"},
		"token":             {second(client.ListTopics(ctx, &sns.ListTopicsInput{NextToken: aws.String("x")})), "InvalidParameter"},
		"protocol":          {subscribe("pigeon", "x", nil), "InvalidParameter"},
		"e-mail":            {subscribe("email", "nobody", nil), "InvalidParameter"},
		"scheme":            {subscribe("https", "http://example.com", nil), "InvalidParameter"},
		"queue":             {subscribe("sqs", "queue", nil), "InvalidParameter"},
		"raw to a function": {subscribe("lambda", "arn:aws:lambda:us-east-1:123456789012:function:f", map[string]string{"RawMessageDelivery": "true"}), "InvalidParameter"},
		"filter":            {subscribe("sqs", "arn:aws:sqs:us-east-1:123456789012:q", map[string]string{"FilterPolicy": "x"}), "InvalidParameter"},
		"dead letters":      {subscribe("sqs", "arn:aws:sqs:us-east-1:123456789012:q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"x"}`}), "InvalidParameter"},
		"confirm nothing":   {second(client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: aws.String(alerts), Token: aws.String("x")})), "InvalidParameter"},
		"pending is no ARN": {second(client.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: aws.String("PendingConfirmation")})), "InvalidParameter"},
		"no subscription":   {second(client.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(alerts + ":x")})), "NotFound"},
		"empty message":     {publish(sns.PublishInput{Message: aws.String("")}), "InvalidParameter"},
		"subject":           {publish(sns.PublishInput{Message: aws.String("m"), Subject: aws.String(strings.Repeat("x", 101))}), "InvalidParameter"},
		"structure":         {publish(sns.PublishInput{Message: aws.String("m"), MessageStructure: aws.String("json")}), "InvalidParameter"},
	} {
		require.Equal(t, c.code, code(c.err), "%s: %v", name, c.err)
	}
	var missing *types.NotFoundException
	require.ErrorAs(t, second(client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: none})), &missing)
}

func TestTopic(t *testing.T) {
	cloud, client := newTopic(t)
	again, err := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("alerts")})
	require.NoError(t, err, "what asks for nothing else gets the topic")
	require.Equal(t, alerts, *again.TopicArn)
	out, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(alerts)})
	require.NoError(t, err)
	require.Contains(t, out.Attributes["Policy"], "__default_statement_ID")
	require.Equal(t, "123456789012", out.Attributes["Owner"])
	require.NotContains(t, out.Attributes, "KmsMasterKeyId")

	_, err = client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: aws.String(alerts), AttributeName: aws.String("KmsMasterKeyId"), AttributeValue: aws.String("alias/none")})
	require.NoError(t, err)
	var noKey *types.KMSNotFoundException
	require.ErrorAs(t, second(client.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m")})), &noKey)
	topics, ok := fakeaws.Capability[fakeaws.Topics](cloud)
	require.True(t, ok)
	policy, key, ok := topics.Topic(ctx, alerts)
	require.True(t, ok)
	require.Equal(t, "alias/none", key)
	require.Equal(t, out.Attributes["Policy"], policy)

	for range 2 {
		_, err = client.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: aws.String(alerts)})
		require.NoError(t, err, "deleting what is gone is no error")
	}
}

func TestConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, client := newTopic(t)
		subscribe := func(endpoint string) string {
			out, err := client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: aws.String(alerts), Protocol: aws.String("email"), Endpoint: &endpoint, ReturnSubscriptionArn: true})
			require.NoError(t, err)
			return *out.SubscriptionArn
		}
		listed := func() (arns []string) {
			out, err := client.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(alerts)})
			require.NoError(t, err)
			for _, s := range out.Subscriptions {
				arns = append(arns, *s.SubscriptionArn)
			}
			return arns
		}
		first := subscribe("a@example.com")
		require.Equal(t, first, subscribe("a@example.com"))
		require.Equal(t, []string{"PendingConfirmation"}, listed())
		require.Equal(t, "InvalidParameter", code(second(client.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: &first}))))
		_, err := client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: aws.String(alerts), Token: aws.String(fakesns.Token(cloud, "a@example.com"))})
		require.NoError(t, err)
		require.Equal(t, []string{first}, listed())
		subscribe("b@example.com")
		require.Len(t, listed(), 2)
		time.Sleep(48 * time.Hour)
		require.Equal(t, []string{first}, listed(), "nobody confirmed the other in time")
		_, err = client.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: &first})
		require.NoError(t, err)
		require.Empty(t, listed())
	})
}

func TestPagesOfOne(t *testing.T) {
	cloud, client := newTopic(t)
	cloud.SetPageSize(1)
	_, err := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("b")})
	require.NoError(t, err)
	var arns []string
	for in := (&sns.ListTopicsInput{}); ; {
		out, err := client.ListTopics(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.Topics, 1)
		arns = append(arns, *out.Topics[0].TopicArn)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Len(t, arns, 2)
}

// Whoever is to be told by e-mail has to consent, within two days.
func Example() {
	cloud := fakeaws.New(fakesns.Install)
	client := sns.NewFromConfig(cloud.Config())
	topic, err := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("alerts")})
	if err != nil {
		fmt.Println(err)
		return
	}
	sub, err := client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("soc@example.com")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*sub.SubscriptionArn)
	_, err = client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: topic.TopicArn, Token: aws.String(fakesns.Token(cloud, "soc@example.com"))})
	fmt.Println(err)
	// Output:
	// pending confirmation
	// <nil>
}
