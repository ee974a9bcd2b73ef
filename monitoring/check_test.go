package monitoring_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/logpattern"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// What AWS would refuse, or what would never work, is found without a call.
func TestRefusedOffline(t *testing.T) {
	alarm := func(change func(*monitoring.Alarm)) ztcore.Resource {
		a := highCPU()
		change(&a)
		return a
	}
	filter := monitoring.MetricFilter{Name: "stops", LogGroup: "trail", Pattern: "StopLogging", Namespace: "Audit"}
	filtered := func(change func(*monitoring.Alarm)) ztcore.Resource {
		a := highCPU()
		a.Metric, a.Statistic, a.Threshold = filter.Metric(), "Sum", 1
		change(&a)
		return ztcore.List{filter, a}
	}
	other := filter
	other.MetricName = "Stops"
	quiet := monitoring.Topic{Name: "quiet"}
	mail := monitoring.Subscription{Name: "soc", Topic: topicARN, Protocol: monitoring.Email, Endpoint: "soc@example.com"}
	trail := monitoring.Trail{Name: "my-trail", Bucket: "b", Key: key}
	for name, c := range map[string]struct {
		resource ztcore.Resource
		want     string
	}{
		"never above 100":         {alarm(func(a *monitoring.Alarm) { a.Threshold = 101 }), "can never fire: Average CPUUtilization is never at least 101"},
		"never more than 100":     {alarm(func(a *monitoring.Alarm) { a.Threshold, a.Comparison = 100, monitoring.MoreThan }), "can never fire"},
		"never below 0":           {alarm(func(a *monitoring.Alarm) { a.Threshold, a.Comparison = 0, monitoring.LessThan }), "can never fire"},
		"percentile above 100":    {alarm(func(a *monitoring.Alarm) { a.Threshold, a.Statistic = 101, "p99" }), "can never fire"},
		"sum below 0":             {alarm(func(a *monitoring.Alarm) { a.Threshold, a.Statistic, a.Comparison = -1, "Sum", monitoring.AtMost }), "can never fire"},
		"always":                  {alarm(func(a *monitoring.Alarm) { a.Threshold = 0 }), "fires all the time"},
		"no action":               {alarm(func(a *monitoring.Alarm) { a.Actions = nil }), "nobody is told"},
		"six actions":             {alarm(func(a *monitoring.Alarm) { a.Actions = make([]id.ARN, 6) }), "6 actions are set"},
		"action":                  {alarm(func(a *monitoring.Alarm) { a.Actions = []id.ARN{"my-sns-topic"} }), "nothing that an alarm can tell"},
		"datapoints":              {alarm(func(a *monitoring.Alarm) { a.Datapoints = 3 }), "3 of 2 periods"},
		"more than a day":         {alarm(func(a *monitoring.Alarm) { a.Periods = 289 }), "more than the day"},
		"more than a week":        {alarm(func(a *monitoring.Alarm) { a.Period, a.Periods = 24*time.Hour, 8 }), "more than the week"},
		"no periods":              {alarm(func(a *monitoring.Alarm) { a.Periods = -1 }), "no period is looked at"},
		"period":                  {alarm(func(a *monitoring.Alarm) { a.Period = 90 * time.Second }), "no period of 1m30s"},
		"period of AWS's metrics": {alarm(func(a *monitoring.Alarm) { a.Period = 10 * time.Second }), "once a minute at most"},
		"statistic":               {alarm(func(a *monitoring.Alarm) { a.Statistic = "Median" }), "Median is no statistic"},
		"comparison":              {alarm(func(a *monitoring.Alarm) { a.Comparison = ">=" }), "no comparison"},
		"missing data":            {alarm(func(a *monitoring.Alarm) { a.Missing = "hide" }), "nothing that missing data"},
		"no metric":               {alarm(func(a *monitoring.Alarm) { a.Metric = monitoring.Metric{} }), "no metric is named"},
		"alarm name":              {alarm(func(a *monitoring.Alarm) { a.Name = "a\tb" }), "can't be the name of an alarm"},
		"description":             {alarm(func(a *monitoring.Alarm) { a.Description = strings.Repeat("x", 1025) }), "1,024 characters"},
		"silent without a reason": {alarm(func(a *monitoring.Alarm) { a.SilentBecause = " " }), "without a reason"},
		"silent topic":            {ztcore.List{quiet, alarm(func(a *monitoring.Alarm) { a.Actions = []id.ARN{id.ARN(quiet.ARN())} })}, "CloudWatch may not publish to quiet"},
		"undeclared CIS filter":   {alarm(func(a *monitoring.Alarm) { a.Metric = monitoring.Metric{Namespace: "CISBenchmark", Name: "RootUse"} }), "no declared filter emits CISBenchmark RootUse"},
		"undeclared filter":       {alarm(func(a *monitoring.Alarm) { a.Metric = filter.Metric() }), "filter that emits its metric is not declared"},
		"filter of another name":  {ztcore.List{other, alarm(func(a *monitoring.Alarm) { a.Metric = filter.Metric() })}, "emits Audit Stops, and not Audit stops"},
		"dimension of a filter":   {filtered(func(a *monitoring.Alarm) { a.Metric.Dimensions = map[string]string{"a": "b"} }), "emits its metric without dimensions"},
		"fires once":              {filtered(func(a *monitoring.Alarm) { a.Missing = "ignore" }), "fires once and never again"},
		"average of ones":         {filtered(func(a *monitoring.Alarm) { a.Statistic, a.Threshold = "Average", 5 }), "emits 1 for each event, whose Average is never at least 5"},
		"fires without events":    {filtered(func(a *monitoring.Alarm) { a.Missing = "breaching" }), "fires all the time"},

		"pattern":              {monitoring.MetricFilter{Name: "f", LogGroup: "g", Namespace: "N", Pattern: "{ $.a = }"}, "can't read the pattern: at character 9: a value is missing"},
		"AWS's namespace":      {monitoring.MetricFilter{Name: "f", LogGroup: "g", Namespace: "AWS/EC2"}, "can't emit into the namespace"},
		"no namespace":         {monitoring.MetricFilter{Name: "f", LogGroup: "g"}, "can't emit into the namespace"},
		"filter name":          {monitoring.MetricFilter{Name: "f*", LogGroup: "g", Namespace: "N"}, "can't be the name of a metric filter"},
		"filter of no group":   {monitoring.MetricFilter{Name: "f", Namespace: "N"}, "no log group is named"},
		"value":                {monitoring.MetricFilter{Name: "f", LogGroup: "g", Namespace: "N", Value: "one"}, "no number and no field"},
		"metric name":          {monitoring.MetricFilter{Name: "f", LogGroup: "g", Namespace: "N", MetricName: "a:b"}, "can't be the name of a metric"},
		"retention":            {monitoring.LogGroup{Name: "g", Retention: 100 * 24 * time.Hour, ShorterBecause: "cost"}, "no such retention"},
		"half a day":           {monitoring.LogGroup{Name: "g", Retention: 36 * time.Hour}, "no such retention"},
		"short without reason": {monitoring.LogGroup{Name: "g", Retention: 30 * 24 * time.Hour}, "without a reason"},
		"forever and a year":   {monitoring.LogGroup{Name: "g", Retention: 365 * 24 * time.Hour, KeepForever: true}, "both KeepForever and Retention"},
		"group name":           {monitoring.LogGroup{Name: "a b"}, "can't be the name of a log group"},
		"key by alias":         {monitoring.LogGroup{Name: "g", Key: "alias/logs"}, "takes no id and no alias"},
		"log policy":           {monitoring.LogResourcePolicy{Name: "p"}, "a name or the policy is missing"},
		"long log policy":      {monitoring.LogResourcePolicy{Name: "p", Policy: monitoring.LogsFrom("events.amazonaws.com", id.LogGroupARN("arn:aws:logs:us-east-1:123456789012:log-group:"+strings.Repeat("x", 5120)))}, "5,120 characters"},

		"topic name":           {monitoring.Topic{Name: "a b"}, "can't be the name of a topic"},
		"publisher":            {monitoring.Topic{Name: "t", Key: key, Publishers: []monitoring.Publisher{"CloudWatch"}}, "no service principal"},
		"AWS's key":            {monitoring.Topic{Name: "t", Publishers: []monitoring.Publisher{monitoring.CloudWatch}}, "can't publish to a topic that is encrypted with alias/aws/sns"},
		"wildcard":             {monitoring.Topic{Name: "t", Policy: policy.Allow("sns:*").To(policy.Account("210987654321")).On("arn:aws:sns:us-east-1:123456789012:t")}, "SNS takes no sns:*"},
		"display name":         {monitoring.Topic{Name: "t", DisplayName: strings.Repeat("x", 101)}, "100 characters"},
		"e-mail":               {monitoring.Subscription{Name: "s", Topic: topicARN, Protocol: monitoring.Email, Endpoint: "soc"}, "can't be reached by email"},
		"plain HTTP":           {monitoring.Subscription{Name: "s", Topic: topicARN, Protocol: "http", Endpoint: "http://example.com"}, "http is no protocol"},
		"HTTP as HTTPS":        {monitoring.Subscription{Name: "s", Topic: topicARN, Protocol: monitoring.HTTPS, Endpoint: "http://example.com"}, "can't be reached by https"},
		"queue by URL":         {monitoring.Subscription{Name: "s", Topic: topicARN, Protocol: monitoring.SQS, Endpoint: "https://sqs.us-east-1.amazonaws.com/1/q"}, "can't be reached by sqs"},
		"password in a URL":    {monitoring.Subscription{Name: "s", Topic: topicARN, Protocol: monitoring.HTTPS, Endpoint: "https://soc:canary@example.com"}, "Endpoint: holds a user's name or password"},
		"password, bad URL":    {monitoring.Subscription{Name: "s", Topic: topicARN, Protocol: monitoring.HTTPS, Endpoint: "https://soc:canary %zz@example.com"}, "Endpoint: holds a user's name or password"},
		"subscription of none": {monitoring.Subscription{Name: "s", Protocol: monitoring.Email, Endpoint: "soc@example.com"}, "no topic is named"},
		"raw e-mail":           {with(mail, func(s *monitoring.Subscription) { s.Raw = true }), "takes no raw messages"},
		"dead letters":         {with(mail, func(s *monitoring.Subscription) { s.DeadLetters = "arn:aws:sns:us-east-1:123456789012:t" }), "is no queue"},

		"trail name":         {with(trail, func(t *monitoring.Trail) { t.Name = "my--trail" }), "can't be the name of a trail"},
		"no bucket":          {with(trail, func(t *monitoring.Trail) { t.Bucket = "" }), "no bucket is named"},
		"no key":             {with(trail, func(t *monitoring.Trail) { t.Key = "" }), "without a reason"},
		"key by id":          {with(trail, func(t *monitoring.Trail) { t.Key = "alias/trail" }), "is no ARN"},
		"group without role": {with(trail, func(t *monitoring.Trail) { t.LogGroup = "arn:aws:logs:us-east-1:123456789012:log-group:g" }), "come together"},
		"prefix":             {with(trail, func(t *monitoring.Trail) { t.Prefix = "a/" }), "a slash behind them"},
		"data type":          {with(trail, func(t *monitoring.Trail) { t.DataEvents = []monitoring.DataEvents{{Type: "S3"}} }), "no type of resource"},
		"access": {with(trail, func(t *monitoring.Trail) {
			t.DataEvents = []monitoring.DataEvents{{Type: "AWS::S3::Object", Access: "Read"}}
		}), "Read is no access"},
		"under a name": {with(trail, func(t *monitoring.Trail) {
			t.DataEvents = []monitoring.DataEvents{{Type: "AWS::S3::Object", Under: []id.ARN{"b"}}}
		}), "does not begin as an ARN"},
		"unknown control":       {monitoring.CISAlarms{LogGroup: "g", Topic: topicARN, Without: map[string]string{"4.16": "x"}}, "4.16 is no control"},
		"control and no reason": {monitoring.CISAlarms{LogGroup: "g", Topic: topicARN, Without: map[string]string{"4.1": ""}}, "without a reason"},
	} {
		err := ztcore.NewBaseline("watch", c.resource).Check()
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "canary", name)
	}
	for name, fine := range map[string]ztcore.Resource{
		"sum of a percentage": alarm(func(a *monitoring.Alarm) { a.Threshold, a.Statistic = 500, "Sum" }),
		"own metric": alarm(func(a *monitoring.Alarm) {
			a.Threshold, a.Metric, a.Period = 1e6, monitoring.Metric{Namespace: "App", Name: "Orders"}, 10*time.Second
		}),
		"filter's metric":    filtered(func(a *monitoring.Alarm) { a.Missing = "notBreaching" }),
		"silent for a while": alarm(func(a *monitoring.Alarm) { a.SilentBecause = "migration until June" }),
	} {
		require.NoError(t, ztcore.NewBaseline("watch", fine).Check(), name)
	}
}

func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

// An alarm about too little that takes silence for health needs a waiver.
func TestSilenceIsNoHealth(t *testing.T) {
	a := highCPU()
	a.Comparison, a.Threshold, a.Missing = monitoring.LessThan, 5, "notBreaching"
	p := replan(t, cloud().Config(), a)
	require.Equal(t, "monitoring.silence-is-health", p.Findings[0].Guardrail)
	var blocked *ztcore.BlockedError
	_, err := p.Apply(t.Context())
	require.ErrorAs(t, err, &blocked)
	apply(t, cloud().Config(), ztcore.List{a, ztcore.Waive("monitoring.silence-is-health", "monitoring.Alarm/HighCPU", "scaled to zero at night", time.Now().Add(24*time.Hour))})
}

// Each control's pattern chooses the event it is about, and lets an ordinary one pass.
func TestCISPatternsChooseWhatTheyAreAbout(t *testing.T) {
	events := map[string][]string{
		"4.1":  {`{"errorCode":"Client.UnauthorizedOperation","eventName":"RunInstances","sourceIPAddress":"203.0.113.7"}`, `{"errorCode":"AccessDeniedException","eventName":"GetParameter","sourceIPAddress":"203.0.113.7"}`},
		"4.2":  {`{"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"No"},"userIdentity":{"type":"IAMUser"},"responseElements":{"ConsoleLogin":"Success"}}`},
		"4.3":  {`{"eventName":"CreateBucket","userIdentity":{"type":"Root"},"eventType":"AwsApiCall"}`},
		"4.4":  {`{"eventSource":"iam.amazonaws.com","eventName":"AttachRolePolicy"}`, `{"eventSource":"iam.amazonaws.com","eventName":"PutUserPolicy"}`},
		"4.5":  {`{"eventName":"StopLogging"}`, `{"eventName":"DeleteTrail"}`},
		"4.6":  {`{"eventName":"ConsoleLogin","errorMessage":"Failed authentication"}`},
		"4.7":  {`{"eventSource":"kms.amazonaws.com","eventName":"ScheduleKeyDeletion"}`},
		"4.8":  {`{"eventSource":"s3.amazonaws.com","eventName":"DeleteBucketPolicy"}`},
		"4.9":  {`{"eventSource":"config.amazonaws.com","eventName":"StopConfigurationRecorder"}`},
		"4.10": {`{"eventName":"AuthorizeSecurityGroupIngress"}`},
		"4.11": {`{"eventName":"ReplaceNetworkAclEntry"}`},
		"4.12": {`{"eventName":"AttachInternetGateway"}`},
		"4.13": {`{"eventSource":"ec2.amazonaws.com","eventName":"ReplaceRoute"}`},
		"4.14": {`{"eventName":"AcceptVpcPeeringConnection"}`},
		"4.15": {`{"eventSource":"organizations.amazonaws.com","eventName":"LeaveOrganization"}`},
	}
	ordinary := []string{
		`{"eventSource":"s3.amazonaws.com","eventName":"GetObject","userIdentity":{"type":"AssumedRole"}}`,
		`{"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"Yes"},"userIdentity":{"type":"IAMUser"},"responseElements":{"ConsoleLogin":"Success"}}`,
		`{"eventName":"Decrypt","userIdentity":{"type":"Root","invokedBy":"backup.amazonaws.com"},"eventType":"AwsServiceEvent"}`,
		`{"errorCode":"AccessDenied","eventName":"HeadBucket","sourceIPAddress":"203.0.113.7"}`,
		`{"eventSource":"dms.amazonaws.com","eventName":"CreateRoute53"}`,
	}
	controls := monitoring.CISControls()
	require.Len(t, controls, 15)
	for _, c := range controls {
		p, err := logpattern.Parse(c.Pattern)
		require.NoError(t, err, c.ID)
		require.NotEmpty(t, events[c.ID], c.ID)
		for id, of := range events {
			for _, e := range of {
				require.Equal(t, id == c.ID, p.Matches(e), "%s on %s", c.ID, e)
			}
		}
		for _, e := range ordinary {
			require.False(t, p.Matches(e), "%s on %s", c.ID, e)
		}
	}
}
