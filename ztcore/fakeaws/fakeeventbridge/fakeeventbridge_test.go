package fakeeventbridge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
)

var ctx = context.Background()

const (
	topic   = "arn:aws:sns:us-east-1:123456789012:alerts"
	queue   = "arn:aws:sqs:us-east-1:123456789012:dead"
	orders  = `{"source": ["orders"]}`
	account = fakeaws.DefaultAccount
)

func client(also ...func(*fakeaws.Cloud)) (*fakeaws.Cloud, *eventbridge.Client) {
	cloud := fakeaws.New(append(also, fakeeventbridge.Install)...)
	return cloud, eventbridge.NewFromConfig(cloud.Config())
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func put(t *testing.T, c *eventbridge.Client, name, pattern string, targets ...types.Target) {
	t.Helper()
	_, err := c.PutRule(ctx, &eventbridge.PutRuleInput{Name: &name, EventPattern: &pattern})
	require.NoError(t, err)
	if len(targets) > 0 {
		_, err = c.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, Targets: targets})
		require.NoError(t, err)
	}
}

func send(t *testing.T, c *eventbridge.Client, source, detail string) {
	t.Helper()
	out, err := c.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{Source: &source, DetailType: aws.String("Order"), Detail: &detail}}})
	require.NoError(t, err)
	require.Zero(t, out.FailedEntryCount, "%v", out.Entries)
}

func target(id, arn string, change func(*types.Target)) types.Target {
	t := types.Target{Id: &id, Arn: &arn}
	if change != nil {
		change(&t)
	}
	return t
}

func TestEventsReachTheTargetsOfRulesThatMatch(t *testing.T) {
	var got []fakeaws.Delivery
	cloud, c := client(func(c *fakeaws.Cloud) {
		fakeaws.TakeDeliveries(c, "sns", func(_ context.Context, d fakeaws.Delivery) error { got = append(got, d); return nil })
	})
	put(t, c, "all", orders, target("whole", topic, nil),
		target("part", topic, func(t *types.Target) { t.InputPath = aws.String("$.detail.lines[1].sku") }),
		target("fixed", topic, func(t *types.Target) { t.Input = aws.String(`{"a":1}`) }),
		target("text", topic, func(t *types.Target) {
			t.InputTransformer = &types.InputTransformer{
				InputPathsMap: map[string]string{"who": "$.detail.who", "n": "$.detail.n", "o": "$.detail"},
				InputTemplate: aws.String(`{"text": "<who> & <n> by <aws.events.rule-name>", "n": <n>, "who": <who>, "o": <o>}`),
			}
		}))
	put(t, c, "other", `{"source": ["billing"]}`, target("x", topic, nil))
	put(t, c, "off", orders, target("x", topic, nil))
	_, err := c.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String("off")})
	require.NoError(t, err)

	send(t, c, "orders", `{"who":"a \"b\"","n":3,"lines":[{"sku":"s1"},{"sku":"s2"}]}`)
	inputs := map[string]string{}
	for _, d := range fakeeventbridge.Deliveries(cloud, account, fakeaws.DefaultRegion) {
		require.Equal(t, "all", d.Rule)
		require.Empty(t, d.Failure)
		inputs[d.TargetID] = d.Input
	}
	require.Len(t, got, 4)
	require.Equal(t, "arn:aws:events:us-east-1:123456789012:rule/all", got[0].From)
	require.Contains(t, inputs["whole"], `"detail-type":"Order"`)
	require.Equal(t, `"s2"`, inputs["part"])
	require.Equal(t, `{"a":1}`, inputs["fixed"])
	require.JSONEq(t, `{"text":"a \"b\" & 3 by all","n":3,"who":"a \"b\"","o":{"who":"a \"b\"","n":3,"lines":[{"sku":"s1"},{"sku":"s2"}]}}`, inputs["text"])
}

// topics is an SNS with one topic.
type topics struct{ policy string }

func (t topics) Topic(_ context.Context, arn string) (policy, key string, ok bool) {
	return t.policy, "", arn == topic
}

func TestWhatCanNotBeDeliveredIsADeadLetter(t *testing.T) {
	dead := 0
	sqs := func(c *fakeaws.Cloud) {
		fakeaws.TakeDeliveries(c, "sqs", func(_ context.Context, d fakeaws.Delivery) error { dead++; return nil })
	}
	allow := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topic + `"}]}`
	for name, c := range map[string]struct{ policy, arn, failure string }{
		"let in":       {allow, topic, ""},
		"not let in":   {`{"Version":"2012-10-17","Statement":[]}`, topic, "NO_PERMISSIONS"},
		"of elsewhere": {strings.ReplaceAll(allow, `"Resource"`, `"Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:events:us-east-1:123456789012:rule/other"}},"Resource"`), topic, "NO_PERMISSIONS"},
		"no topic":     {allow, topic + "2", "NO_RESOURCE"},
	} {
		dead = 0
		cloud, cl := client(sqs, func(cloud *fakeaws.Cloud) { fakeaws.Provide[fakeaws.Topics](cloud, topics{c.policy}) })
		put(t, cl, "r", orders, target("1", c.arn, func(t *types.Target) { t.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(queue)} }))
		send(t, cl, "orders", `{}`)
		d := fakeeventbridge.Deliveries(cloud, account, fakeaws.DefaultRegion)
		require.Len(t, d, 1, name)
		require.Equal(t, c.failure, d[0].Failure, name)
		require.Equal(t, c.failure != "", dead == 1, name)
		require.Equal(t, c.failure != "", d[0].DeadLetter == queue, name)
	}
}

func TestReadOnlyCallsNeedAStateOfTheirOwn(t *testing.T) {
	cloud, c := client()
	trail := aws.String(`{"detail-type": ["AWS API Call via CloudTrail"]}`)
	for name, state := range map[string]types.RuleState{"writes": types.RuleStateEnabled, "all": types.RuleStateEnabledWithAllCloudtrailManagementEvents} {
		_, err := c.PutRule(ctx, &eventbridge.PutRuleInput{Name: &name, EventPattern: trail, State: state})
		require.NoError(t, err)
		_, err = c.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, Targets: []types.Target{target("1", topic, nil)}})
		require.NoError(t, err)
	}
	bus, ok := fakeaws.Capability[fakeaws.Events](cloud)
	require.True(t, ok)
	for _, readOnly := range []string{"true", "false"} {
		bus.PutEvent(ctx, fakeaws.Event{Account: account, Region: fakeaws.DefaultRegion, Source: "aws.iam", DetailType: "AWS API Call via CloudTrail", Detail: `{"readOnly": ` + readOnly + `}`})
	}
	var rules []string
	for _, d := range fakeeventbridge.Deliveries(cloud, account, fakeaws.DefaultRegion) {
		rules = append(rules, d.Rule)
	}
	require.Equal(t, []string{"all", "all", "writes"}, rules)
}

func TestRuleIsReplacedAndItsTagsStay(t *testing.T) {
	_, c := client()
	_, err := c.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("r"), EventPattern: aws.String(orders), Description: aws.String("d"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}})
	require.NoError(t, err)
	out, err := c.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("r"), ScheduleExpression: aws.String("rate(1 day)"), Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}}})
	require.NoError(t, err)
	got, err := c.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String("r")})
	require.NoError(t, err)
	require.Nil(t, got.Description)
	require.Nil(t, got.EventPattern)
	require.Equal(t, types.RuleStateEnabled, got.State)
	tags, err := c.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: out.RuleArn})
	require.NoError(t, err)
	require.Len(t, tags.Tags, 1)
	_, err = c.TagResource(ctx, &eventbridge.TagResourceInput{ResourceARN: out.RuleArn, Tags: []types.Tag{{Key: aws.String("c"), Value: aws.String("3")}}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &eventbridge.UntagResourceInput{ResourceARN: out.RuleArn, TagKeys: []string{"a"}})
	require.NoError(t, err)
	tags, err = c.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: out.RuleArn})
	require.NoError(t, err)
	require.Equal(t, "c", *tags.Tags[0].Key)
	require.Len(t, tags.Tags, 1)
}

func TestListsPage(t *testing.T) {
	cloud, c := client()
	for _, name := range []string{"a1", "a2", "b1"} {
		put(t, c, name, orders, target("1", topic, nil), target("2", topic, nil))
	}
	cloud.SetPageSize(1)
	var names []string
	in := &eventbridge.ListRulesInput{NamePrefix: aws.String("a")}
	for {
		out, err := c.ListRules(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.Rules, 1)
		names = append(names, *out.Rules[0].Name)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, []string{"a1", "a2"}, names)
	first, err := c.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: aws.String("a1")})
	require.NoError(t, err)
	require.Equal(t, "1", *first.Targets[0].Id)
	require.NotNil(t, first.NextToken)
	_, err = c.ListRules(ctx, &eventbridge.ListRulesInput{NextToken: first.NextToken})
	require.Equal(t, "ValidationException", code(err), "a token of another operation")
}

// The SDK takes LimitExceededException for throttling and tries again, so this is in virtual time.
func TestRefusals(t *testing.T) { synctest.Test(t, refusals) }

func refusals(t *testing.T) {
	_, c := client(fakeiam.Install)
	put(t, c, "r", orders, target("1", topic, nil))
	rule := func(change func(*eventbridge.PutRuleInput)) error {
		in := &eventbridge.PutRuleInput{Name: aws.String("x"), EventPattern: aws.String(orders)}
		change(in)
		_, err := c.PutRule(ctx, in)
		return err
	}
	add := func(arn string, change func(*types.Target)) error {
		_, err := c.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []types.Target{target("x", arn, change)}})
		return err
	}
	for name, want := range map[string]struct {
		err  error
		code string
	}{
		"a bad name":         {rule(func(in *eventbridge.PutRuleInput) { in.Name = aws.String("a b") }), "ValidationException"},
		"neither of the two": {rule(func(in *eventbridge.PutRuleInput) { in.EventPattern = nil }), "ValidationException"},
		"a bad pattern":      {rule(func(in *eventbridge.PutRuleInput) { in.EventPattern = aws.String(`{"source": "x"}`) }), "InvalidEventPatternException"},
		"a bad schedule":     {rule(func(in *eventbridge.PutRuleInput) { in.ScheduleExpression = aws.String("rate(1 days)") }), "ValidationException"},
		"a bad state":        {rule(func(in *eventbridge.PutRuleInput) { in.State = "ON" }), "ValidationException"},
		"another bus":        {rule(func(in *eventbridge.PutRuleInput) { in.EventBusName = aws.String("mine") }), "ResourceNotFoundException"},
		"a reserved tag": {rule(func(in *eventbridge.PutRuleInput) {
			in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}
		}), "ValidationException"},
		"a bad ARN":           {add("alerts", nil), "ValidationException"},
		"no role":             {add("arn:aws:ssm:us-east-1:123456789012:automation-definition/X:$DEFAULT", nil), "ValidationException"},
		"an unknown role":     {add(topic, func(t *types.Target) { t.RoleArn = aws.String("arn:aws:iam::123456789012:role/None") }), "ValidationException"},
		"two inputs":          {add(topic, func(t *types.Target) { t.Input, t.InputPath = aws.String("{}"), aws.String("$.detail") }), "ValidationException"},
		"an input of no JSON": {add(topic, func(t *types.Target) { t.Input = aws.String("{") }), "ValidationException"},
		"a stray placeholder": {add(topic, func(t *types.Target) {
			t.InputTransformer = &types.InputTransformer{InputTemplate: aws.String(`"<x>"`)}
		}), "ValidationException"},
		"too many retries":     {add(topic, func(t *types.Target) { t.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)} }), "ValidationException"},
		"a short age":          {add(topic, func(t *types.Target) { t.RetryPolicy = &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(59)} }), "ValidationException"},
		"a topic as a queue":   {add(topic, func(t *types.Target) { t.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(topic)} }), "ValidationException"},
		"a FIFO without group": {add(queue+".fifo", nil), "ValidationException"},
		"targets of no rule": {func() error {
			_, err := c.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: aws.String("none")})
			return err
		}(), "ResourceNotFoundException"},
		"six targets": {func() error {
			var six []types.Target
			for i := range 6 {
				six = append(six, target(fmt.Sprint(i), topic, nil))
			}
			_, err := c.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: six})
			return err
		}(), "LimitExceededException"},
		"a rule with targets": {func() error {
			_, err := c.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("r")})
			return err
		}(), "ValidationException"},
		"eleven events": {func() error {
			_, err := c.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: make([]types.PutEventsRequestEntry, 11)})
			return err
		}(), "ValidationException"},
	} {
		require.Equal(t, want.code, code(want.err), "%s: %v", name, want.err)
	}
	out, err := c.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		{Source: aws.String("a"), DetailType: aws.String("b"), Detail: aws.String("{}")},
		{Source: aws.String("aws.ec2"), DetailType: aws.String("b"), Detail: aws.String("{}")},
		{Source: aws.String("a"), DetailType: aws.String("b"), Detail: aws.String("[]")},
		{Source: aws.String("a"), Detail: aws.String("{}")},
	}})
	require.NoError(t, err)
	require.EqualValues(t, 3, out.FailedEntryCount)
	require.NotEmpty(t, *out.Entries[0].EventId)
	require.Equal(t, "NotAuthorizedForSourceException", *out.Entries[1].ErrorCode)
	require.Equal(t, "MalformedDetail", *out.Entries[2].ErrorCode)
	require.Equal(t, "InvalidArgument", *out.Entries[3].ErrorCode)
	var missing *types.ResourceNotFoundException
	_, err = c.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String("none")})
	require.ErrorAs(t, err, &missing)

	_, err = c.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: aws.String("r"), Ids: []string{"1", "absent"}})
	require.NoError(t, err)
	for range 2 {
		_, err = c.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("r")})
		require.NoError(t, err)
	}
}

func TestEventPatternIsTested(t *testing.T) {
	_, c := client()
	event := `{"id":"1","account":"1","source":"orders","time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":["x"],"detail-type":"o"}`
	out, err := c.TestEventPattern(ctx, &eventbridge.TestEventPatternInput{Event: &event, EventPattern: aws.String(orders)})
	require.NoError(t, err)
	require.True(t, out.Result)
	_, err = c.TestEventPattern(ctx, &eventbridge.TestEventPatternInput{Event: aws.String(`{"source":"orders"}`), EventPattern: aws.String(orders)})
	require.Equal(t, "ValidationException", code(err))
}

func Example() {
	ctx, cloud := context.Background(), fakeaws.New(fakeeventbridge.Install)
	client := eventbridge.NewFromConfig(cloud.Config())
	rule, pattern := aws.String("orders"), aws.String(`{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}`)
	if _, err := client.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule, EventPattern: pattern}); err != nil {
		fmt.Println(err)
		return
	}
	to := []types.Target{{Id: aws.String("1"), Arn: aws.String("arn:aws:sqs:us-east-1:123456789012:big"), InputPath: aws.String("$.detail.total")}}
	if _, err := client.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: rule, Targets: to}); err != nil {
		fmt.Println(err)
		return
	}
	for _, total := range []string{"99", "101"} {
		event := types.PutEventsRequestEntry{Source: aws.String("shop"), DetailType: aws.String("order"), Detail: aws.String(`{"total":` + total + `}`)}
		if _, err := client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{event}}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, d := range fakeeventbridge.Deliveries(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion) {
		fmt.Println(d.Rule, d.Input)
	}
	// Output: orders 101
}
