package monitoring

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Topic is a standard SNS topic. The zero value with a name is encrypted, lets this account alone publish and subscribe, and
// takes no message without TLS.
type Topic struct {
	Name        string // 1–256 letters, digits, - and _
	DisplayName string // the sender of e-mails, at most 100 characters
	// Key encrypts messages while SNS keeps them. If empty it is AWS's own key alias/aws/sns, with which no AWS service can
	// publish: a topic with Publishers needs a key whose policy has TopicKeyPolicy.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
	Key id.KeyARN
	// Publishers are the AWS services that publish on this account's behalf: CloudWatch for alarms, EventBridge for rules.
	Publishers []Publisher
	// Policy is added to what the fields above say. A topic's policy names actions one by one: SNS takes no wildcards.
	Policy policy.Document
	// UnencryptedBecause leaves messages unencrypted at rest, and says why.
	UnencryptedBecause string
	Tags               map[string]string
}

// Publisher is a service that publishes to topics.
type Publisher string

// The services that monitoring uses. Any other is named by its principal, as "budgets.amazonaws.com".
const (
	CloudWatch  Publisher = "cloudwatch.amazonaws.com" // alarms
	EventBridge Publisher = "events.amazonaws.com"     // rules
)

// sources are what the services act for.
var sources = map[Publisher]string{CloudWatch: "cloudwatch:" + ztcore.Region + ":" + ztcore.AccountID + ":alarm:*", EventBridge: "events:" + ztcore.Region + ":" + ztcore.AccountID + ":rule/*"}

const awsKey = "alias/aws/sns"

// ARN is the topic's ARN, known before the topic exists.
func (t Topic) ARN() id.TopicARN { return id.TopicARN(topics.Ref(t.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (t Topic) Declare(d *ztcore.Declaration) {
	want := topicState{Name: t.Name, DisplayName: t.DisplayName, Key: string(t.Key), Signature: "2", Policy: t.policy(), Tags: t.Tags, Publishers: t.Publishers}
	if want.Key == "" && t.UnencryptedBecause == "" {
		want.Key = awsKey
	}
	n := topics.Declare(d, t.Name, want)
	if t.UnencryptedBecause != "" {
		n.Except("UnencryptedBecause", t.UnencryptedBecause)
	}
}

// predicted is a topic's ARN in the topic's own policy, which can't refer to the topic.
func predicted(topic string) id.ARN {
	return id.ARN("arn:" + ztcore.Partition + ":sns:" + ztcore.Region + ":" + ztcore.AccountID + ":" + topic)
}

// policy lets the account manage the topic and publish, and the services publish for it.
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
func (t Topic) policy() policy.Document {
	arn := predicted(t.Name)
	doc := policy.Allow("sns:AddPermission", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:Publish", "sns:RemovePermission", "sns:SetTopicAttributes", "sns:Subscribe").
		Named("AccountGovernsByIAM").To(policy.Account(ztcore.AccountID)).On(arn).And(
		policy.Deny("sns:Publish").Named("DenyInsecureTransport").To(policy.Anyone()).On(arn).When("Bool", "aws:SecureTransport", "false"))
	for _, p := range t.Publishers {
		name, _, _ := strings.Cut(string(p), ".")
		publish := policy.Allow("sns:Publish").Named("Publish" + name).To(policy.Service(string(p))).On(arn)
		if source, known := sources[p]; known {
			publish = publish.When("ArnLike", "aws:SourceArn", "arn:"+ztcore.Partition+":"+source)
		} else {
			publish = publish.When("StringEquals", "aws:SourceAccount", ztcore.AccountID)
		}
		doc = doc.And(publish)
	}
	return doc.And(t.Policy)
}

type topicState struct {
	Name        string `zt:"key"`
	DisplayName string
	Key         string // empty for none
	Signature   string // version of the messages' signatures: 2 is SHA-256. What SNS does not tell is not compared
	Policy      policy.Document
	Tags        map[string]string `zt:"tags"`
	ARN         string            `zt:"output"`
	Publishers  []Publisher       `zt:"-"`
}

var topics = &ztcore.Kind[topicState]{
	Name: "monitoring.Topic", Permissions: &topicsNeed, Read: readTopics, Create: createTopic, Update: updateTopic, Delete: deleteTopic,
	Predict: func(sc *ztcore.Scope, want *topicState) { want.ARN = arnOfTopic(sc, want.Name) },
	Check:   checkTopic,
	// A role that the policy names is new and not known to SNS.
	Retry:    []ztcore.Retry{{Code: "InvalidParameter", Message: "PrincipalNotFound"}},
	Controls: []string{"FSBP SNS.1", "FSBP SNS.4", "NIST SP 800-207 tenet 2", "CISA ZTMM Visibility and Analytics"},
}

var topicsNeed = ztcore.Permissions{
	Read:   []string{"sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:ListTopics"},
	Write:  []string{"sns:CreateTopic", "sns:SetTopicAttributes", "sns:TagResource"},
	Delete: []string{"sns:DeleteTopic"},
}

func arnOfTopic(sc *ztcore.Scope, name string) string {
	return "arn:" + sc.Partition + ":sns:" + sc.Region + ":" + sc.Account + ":" + name
}

func readTopics(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[topicState]) ([]topicState, error) {
	client, arns, signature := sns.NewFromConfig(sc.Config), []string{}, map[string]string{}
	for _, w := range q.Want {
		arns = append(arns, arnOfTopic(sc, w.Name))
		signature[arnOfTopic(sc, w.Name)] = w.Signature
	}
	for in := (&sns.ListTopicsInput{}); q.Owned; {
		page, err := client.ListTopics(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Topics {
			if !slices.Contains(arns, *t.TopicArn) {
				arns = append(arns, *t.TopicArn)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	found := make([]*topicState, len(arns))
	err := ztcore.Each(ctx, len(arns), func(ctx context.Context, i int) (err error) {
		found[i], err = readTopic(ctx, client, arns[i], signature[arns[i]])
		if noTopic(err) {
			found[i], err = nil, nil
		}
		return err
	})
	return present(found), err
}

// readTopic reads one topic. signature is what is taken for the version of the signatures where SNS does not tell.
func readTopic(ctx context.Context, client *sns.Client, arn, signature string) (*topicState, error) {
	got, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		return nil, err
	}
	tags, err := client.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		return nil, err
	}
	a := got.Attributes
	if v := a["SignatureVersion"]; v != "" {
		signature = v
	}
	return &topicState{
		Name: arn[strings.LastIndexByte(arn, ':')+1:], DisplayName: a["DisplayName"], Key: a["KmsMasterKeyId"], Signature: signature, Policy: parsed(a["Policy"]), ARN: arn,
		Tags: tagMap(tags.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }),
	}, nil
}

// noTopic recognizes SNS's own answers for what does not exist.
func noTopic(err error) bool {
	missing, untagged := new(types.NotFoundException), new(types.ResourceNotFoundException)
	return errors.As(err, &missing) || errors.As(err, &untagged)
}

func topicTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

// createTopic is idempotent in SNS: what is there already with the same attributes is answered.
func createTopic(ctx context.Context, sc *ztcore.Scope, want topicState) error {
	in := &sns.CreateTopicInput{Name: &want.Name, Tags: topicTags(want.Tags), Attributes: map[string]string{"Policy": want.Policy.JSON(), "SignatureVersion": want.Signature}}
	if want.Key != "" {
		in.Attributes["KmsMasterKeyId"] = want.Key
	}
	if want.DisplayName != "" {
		in.Attributes["DisplayName"] = want.DisplayName
	}
	_, err := sns.NewFromConfig(sc.Config).CreateTopic(ctx, in)
	return err
}

func updateTopic(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[topicState]) error {
	client, want := sns.NewFromConfig(sc.Config), u.Want
	for _, a := range []struct{ field, name, value string }{
		{"Key", "KmsMasterKeyId", want.Key}, {"DisplayName", "DisplayName", want.DisplayName}, {"Signature", "SignatureVersion", want.Signature}, {"Policy", "Policy", want.Policy.JSON()},
	} {
		if u.Changed(a.field) {
			if _, err := client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: &u.Have.ARN, AttributeName: &a.name, AttributeValue: &a.value}); err != nil {
				return err
			}
		}
	}
	if u.Changed("Tags") {
		_, err := client.TagResource(ctx, &sns.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: topicTags(want.Tags)})
		return err
	}
	return nil
}

// deleteTopic takes the subscriptions with it.
func deleteTopic(ctx context.Context, sc *ztcore.Scope, have topicState) error {
	_, err := sns.NewFromConfig(sc.Config).DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: aws.String(have.ARN)})
	return err
}

var (
	topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
	principal = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)
	// topicActions are those that SNS takes in a topic's policy.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
	topicActions = []string{
		"sns:addpermission", "sns:deletetopic", "sns:getdataprotectionpolicy", "sns:gettopicattributes", "sns:listsubscriptionsbytopic", "sns:listtagsforresource",
		"sns:publish", "sns:putdataprotectionpolicy", "sns:receive", "sns:removepermission", "sns:settopicattributes", "sns:subscribe",
	}
)

func checkTopic(want topicState) []ztcore.Finding {
	out := lint(want.Policy, policy.TopicPolicy)
	if !topicName.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Name + " can't be the name of a topic", Fix: "use 1–256 letters, digits, - and _"})
	}
	if len([]rune(want.DisplayName)) > 100 {
		out = append(out, ztcore.Finding{Attribute: "DisplayName", Message: "has more than 100 characters", Fix: "shorten it"})
	}
	for _, p := range want.Publishers {
		if !principal.MatchString(string(p)) {
			out = append(out, ztcore.Finding{Attribute: "Publishers", Message: string(p) + " is no service principal", Fix: "name it as cloudwatch.amazonaws.com"})
		}
	}
	if len(want.Publishers) > 0 && want.Key == awsKey {
		out = append(out, ztcore.Finding{Attribute: "Key", Message: fmt.Sprintf("%s can't publish to a topic that is encrypted with %s: nobody can change that key's policy", want.Publishers[0], awsKey), Fix: "set Key to a key of the account's own, with TopicKeyPolicy in its policy"})
	}
	for _, st := range want.Policy.Statements {
		for _, a := range slices.Concat(st.Actions, st.NotActions) {
			if !slices.Contains(topicActions, strings.ToLower(a)) {
				out = append(out, ztcore.Finding{Attribute: "Policy " + st.Sid, Message: "SNS takes no " + a + " in a topic's policy", Fix: "name actions as sns:Publish one by one, without wildcards"})
			}
		}
	}
	return out
}
