package monitoring

import (
	"context"
	"encoding/json"
	"net/mail"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Subscription delivers what is published to a topic. Who gets it by e-mail or HTTPS has to consent: until then the
// subscription is pending, and after 48 hours SNS forgets it, so that the next plan makes it again. A report says so. What is
// pending can't be changed, nor removed but with its topic.
// https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html
type Subscription struct {
	Name  string // unique in the baseline; SNS does not know it
	Topic id.TopicARN
	// Protocol and Endpoint say to whom: Email and an address, HTTPS and an https:// URL, SQS and a queue's ARN, Lambda and a
	// function's ARN. The queue's or function's own policy has to let sns.amazonaws.com in.
	Protocol Protocol
	Endpoint string
	// Confirmed asks that the receiver has consented: while it is pending, plans show that as drift, and Apply fails.
	Confirmed bool
	Raw       bool // delivers the bare message, to SQS and HTTPS only
	// DeadLetters is the SQS queue that gets what can't be delivered; nothing is kept if empty.
	DeadLetters id.ARN
}

// Protocol is how a subscription delivers. Plain HTTP is not among them.
type Protocol string

// The protocols of subscriptions.
const (
	Email     Protocol = "email"
	EmailJSON Protocol = "email-json"
	HTTPS     Protocol = "https"
	SQS       Protocol = "sqs"
	Lambda    Protocol = "lambda"
)

// Declare implements ztcore.Resource.
func (s Subscription) Declare(d *ztcore.Declaration) {
	want := subscriptionState{Topic: string(s.Topic), Protocol: string(s.Protocol), Endpoint: s.Endpoint, Raw: s.Raw, DeadLetters: string(s.DeadLetters)}
	if s.Confirmed {
		want.Consent = aws.String(confirmed)
	}
	n := subscriptions.Declare(d, s.Name, want)
	if asks(want.Protocol) {
		n.Note("whoever is behind " + s.Endpoint + " has to confirm it within 48 hours of being asked")
	}
}

const confirmed, pending = "confirmed", "pending confirmation"

// asks reports whether the receiver has to consent.
func asks(protocol string) bool { return protocol != string(SQS) && protocol != string(Lambda) }

type subscriptionState struct {
	Topic       string `zt:"key"`
	Protocol    string `zt:"key"`
	Endpoint    string `zt:"key"`
	Consent     *string
	Raw         bool
	DeadLetters string
	ARN         string `zt:"output"` // "PendingConfirmation" while it is
}

var subscriptions = &ztcore.Kind[subscriptionState]{
	Name: "monitoring.Subscription", Permissions: &subscriptionsNeed, Read: readSubscriptions, Create: subscribe, Update: updateSubscription, Delete: unsubscribe,
	Check: checkSubscription, PartOf: true,
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var subscriptionsNeed = ztcore.Permissions{
	Read:   []string{"sns:GetSubscriptionAttributes", "sns:ListSubscriptionsByTopic"},
	Write:  []string{"sns:SetSubscriptionAttributes", "sns:Subscribe"},
	Delete: []string{"sns:Unsubscribe"},
}

func readSubscriptions(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[subscriptionState]) ([]subscriptionState, error) {
	client, found := sns.NewFromConfig(sc.Config), make([]*subscriptionState, len(q.Want))
	err := ztcore.Each(ctx, len(q.Want), func(ctx context.Context, i int) error {
		all, err := ztcore.Memo(ctx, sc, "sns subscriptions of "+q.Want[i].Topic, func() (map[[2]string]string, error) { return subscribers(ctx, client, q.Want[i].Topic) })
		arn, ok := all[[2]string{q.Want[i].Protocol, q.Want[i].Endpoint}]
		if err != nil || !ok {
			return err
		}
		have := q.Want[i] // of one that is pending SNS tells no more
		have.ARN, have.Consent = arn, aws.String(pending)
		if !strings.HasPrefix(arn, "arn:") {
			if q.Want[i].ARN == "" { // else it is to be removed, which SNS does by itself
				found[i] = &have
			}
			return nil
		}
		got, err := client.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
		if noTopic(err) {
			return nil
		} else if err != nil {
			return err
		}
		var redrive struct{ DeadLetterTargetArn string }
		_ = json.Unmarshal([]byte(got.Attributes["RedrivePolicy"]), &redrive) // empty if there is none
		have.Consent, have.Raw, have.DeadLetters = aws.String(confirmed), got.Attributes["RawMessageDelivery"] == "true", redrive.DeadLetterTargetArn
		found[i] = &have
		return nil
	})
	return present(found), err
}

// subscribers are the ARNs of a topic's subscriptions by protocol and endpoint; none if there is no topic.
func subscribers(ctx context.Context, client *sns.Client, topic string) (map[[2]string]string, error) {
	out := map[[2]string]string{}
	for in := (&sns.ListSubscriptionsByTopicInput{TopicArn: &topic}); ; {
		page, err := client.ListSubscriptionsByTopic(ctx, in)
		if noTopic(err) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		for _, s := range page.Subscriptions {
			out[[2]string{aws.ToString(s.Protocol), aws.ToString(s.Endpoint)}] = aws.ToString(s.SubscriptionArn)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

func subscribe(ctx context.Context, sc *ztcore.Scope, want subscriptionState) error {
	in := &sns.SubscribeInput{TopicArn: &want.Topic, Protocol: &want.Protocol, Endpoint: &want.Endpoint, Attributes: map[string]string{}}
	if want.Raw {
		in.Attributes["RawMessageDelivery"] = "true"
	}
	if want.DeadLetters != "" {
		in.Attributes["RedrivePolicy"] = want.redrive()
	}
	if _, err := sns.NewFromConfig(sc.Config).Subscribe(ctx, in); err != nil {
		return err
	}
	if asks(want.Protocol) {
		ztcore.Remark(ctx, want.Endpoint+" was asked to confirm the subscription, and gets nothing until it does")
	}
	return nil
}

func (s subscriptionState) redrive() string {
	if s.DeadLetters == "" {
		return ""
	}
	return `{"deadLetterTargetArn":"` + s.DeadLetters + `"}`
}

// updateSubscription changes what is confirmed, and asks again for the consent that is missing.
func updateSubscription(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[subscriptionState]) error {
	if u.Changed("Consent") {
		return subscribe(ctx, sc, u.Want)
	}
	client, raw := sns.NewFromConfig(sc.Config), "false"
	if u.Want.Raw {
		raw = "true"
	}
	for _, a := range []struct{ field, name, value string }{{"Raw", "RawMessageDelivery", raw}, {"DeadLetters", "RedrivePolicy", u.Want.redrive()}} {
		if u.Changed(a.field) {
			if _, err := client.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{SubscriptionArn: &u.Have.ARN, AttributeName: &a.name, AttributeValue: &a.value}); err != nil {
				return err
			}
		}
	}
	return nil
}

func unsubscribe(ctx context.Context, sc *ztcore.Scope, have subscriptionState) error {
	if !strings.HasPrefix(have.ARN, "arn:") {
		ztcore.Remark(ctx, "the subscription of "+have.Endpoint+" is pending: SNS lets nobody remove it, and forgets it 48 hours after it was made")
		return nil
	}
	_, err := sns.NewFromConfig(sc.Config).Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: &have.ARN})
	if noTopic(err) {
		return nil
	}
	return err
}

// https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
func checkSubscription(want subscriptionState) []ztcore.Finding {
	var out []ztcore.Finding
	if want.Topic == "" {
		out = append(out, ztcore.Finding{Attribute: "Topic", Message: "no topic is named", Fix: "set it to a Topic's ARN()"})
	}
	bad, fix := false, ""
	switch Protocol(want.Protocol) {
	case Email, EmailJSON:
		_, err := mail.ParseAddress(want.Endpoint)
		bad, fix = err != nil || strings.ContainsAny(want.Endpoint, " <>"), "use a bare address as soc@example.com"
	case HTTPS:
		u, err := url.Parse(want.Endpoint)
		if err == nil && u.User != nil || err != nil && strings.Contains(want.Endpoint, "@") {
			// It would stand in plans, and be shown to whoever may list subscriptions.
			return append(out, ztcore.Finding{Attribute: "Endpoint", Message: "holds a user's name or password", Fix: "leave it out; have the receiver check the signature of each message"})
		}
		bad, fix = err != nil || u.Scheme != "https" || u.Host == "", "use an https:// URL"
	case SQS, Lambda:
		bad, fix = !strings.HasPrefix(want.Endpoint, "arn:") || !strings.Contains(want.Endpoint, ":"+want.Protocol+":"), "use the ARN of the queue or function"
	default:
		out = append(out, ztcore.Finding{Attribute: "Protocol", Message: want.Protocol + " is no protocol of a subscription", Fix: "use Email, EmailJSON, HTTPS, SQS or Lambda; plain HTTP would show every message on the way"})
	}
	if bad && !ztcore.HasToken(want.Endpoint) {
		out = append(out, ztcore.Finding{Attribute: "Endpoint", Message: want.Endpoint + " can't be reached by " + want.Protocol, Fix: fix})
	}
	if want.Raw && want.Protocol != string(SQS) && want.Protocol != string(HTTPS) {
		out = append(out, ztcore.Finding{Attribute: "Raw", Message: want.Protocol + " takes no raw messages", Fix: "leave it out"})
	}
	if want.DeadLetters != "" && !ztcore.HasToken(want.DeadLetters) && !strings.Contains(want.DeadLetters, ":sqs:") {
		out = append(out, ztcore.Finding{Attribute: "DeadLetters", Message: want.DeadLetters + " is no queue", Fix: "use the ARN of an SQS queue"})
	}
	return out
}
