package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Target is what a rule passes an event to: a topic, a queue, a function, a state machine, or an SSM Automation document
// (arn:aws:ssm:…:automation-definition/name:$DEFAULT), with what it is given in place of the whole event.
type Target struct {
	ID   string // 1–64 letters, digits and ._-, unique in the rule
	ARN  id.ARN
	Role id.RoleARN // that EventBridge assumes; SSM, Step Functions, Kinesis and others need one, topics and queues have policies

	Input     string    // a JSON text, the same each time
	InputPath string    // the part of the event at a path, as "$.detail"
	Transform Transform // a text with parts of the event; at most one of the three is set

	// DeadLetters is the standard queue of the same region that takes what could not be delivered; without one it is lost.
	DeadLetters id.QueueARN
	Retry       Retry
	// MessageGroup is for a FIFO queue.
	MessageGroup string
}

// Transform makes a text of an event: Template with each <name> replaced by what is at the path of that name.
type Transform struct {
	Paths    map[string]string // name → path, as "severity" → "$.detail.severity"; at most 100
	Template string            // a JSON text, or a quoted string; at most 8,192 characters
}

// Retry is for how long and how often a delivery is tried again. The zero value is AWS's default, 24 hours and 185 times.
type Retry struct {
	For      time.Duration // 1 minute to 24 hours, in whole seconds
	Attempts int32         // 1 to 185
	Never    bool          // not at all
}

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html
const (
	longestRetry  = 86400 // seconds
	shortestRetry = 60
	mostRetries   = 185
	mostTargets   = 5 // of a rule
)

func (r Retry) normal() (seconds, attempts int32) {
	seconds, attempts = int32(r.For/time.Second), cmp.Or(r.Attempts, mostRetries)
	if r.Never {
		attempts = 0
	}
	return cmp.Or(seconds, longestRetry), attempts
}

// target is a Target as AWS has it.
type target struct {
	ID            string
	ARN           string
	Role          string
	Input         string
	InputPath     string
	Paths         map[string]string
	Template      string
	DeadLetters   string
	RetrySeconds  int32
	RetryAttempts int32
	MessageGroup  string
}

func (t Target) state() target {
	out := target{
		ID: t.ID, ARN: string(t.ARN), Role: string(t.Role), Input: t.Input, InputPath: t.InputPath, Paths: maps.Clone(t.Transform.Paths),
		Template: t.Transform.Template, DeadLetters: string(t.DeadLetters), MessageGroup: t.MessageGroup,
	}
	out.RetrySeconds, out.RetryAttempts = t.Retry.normal()
	if len(out.Paths) == 0 {
		out.Paths = map[string]string{}
	}
	return out
}

var targets = ztcore.SetKind[target]{
	Name: "monitoring.EventTargets", Permissions: &targetsNeed, ID: func(t target) string { return t.ID }, List: listAllTargets, Add: putTargets, Remove: removeTargets,
	Full:  func(err error) bool { return refusedWith(err, "LimitExceededException") },
	Check: checkTargets, Vanishes: true,
	Retry:    []ztcore.Retry{{Code: "ValidationException", Message: "cannot be assumed by principal"}},
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Automation and Orchestration"},
}.Kind()

var targetsNeed = ztcore.Permissions{
	Read:   []string{"events:ListTargetsByRule"},
	Write:  []string{"events:PutTargets", "events:RemoveTargets", "iam:PassRole"},
	Delete: []string{"events:RemoveTargets"},
}

func listAllTargets(ctx context.Context, sc *ztcore.Scope, parents []string) (map[string][]target, error) {
	found := make([][]target, len(parents))
	err := ztcore.Each(ctx, len(parents), func(ctx context.Context, i int) (err error) {
		found[i], err = listTargets(ctx, sc, parents[i])
		return unlessAbsent(err)
	})
	out := map[string][]target{}
	for i, f := range found {
		if f != nil {
			out[parents[i]] = f
		}
	}
	return out, err
}

// listTargets is nil if there is no such rule, and empty if it has no targets.
func listTargets(ctx context.Context, sc *ztcore.Scope, rule string) ([]target, error) {
	c, in, out := eventbridge.NewFromConfig(sc.Config), &eventbridge.ListTargetsByRuleInput{Rule: &rule}, []target{}
	for {
		page, err := c.ListTargetsByRule(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Targets {
			out = append(out, seen(t))
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

func seen(t types.Target) target {
	out := target{
		ID: aws.ToString(t.Id), ARN: aws.ToString(t.Arn), Role: aws.ToString(t.RoleArn), Input: aws.ToString(t.Input), InputPath: aws.ToString(t.InputPath),
		Paths: map[string]string{}, RetrySeconds: longestRetry, RetryAttempts: mostRetries,
	}
	if x := t.InputTransformer; x != nil {
		out.Template = aws.ToString(x.InputTemplate)
		maps.Copy(out.Paths, x.InputPathsMap)
	}
	if t.DeadLetterConfig != nil {
		out.DeadLetters = aws.ToString(t.DeadLetterConfig.Arn)
	}
	if r := t.RetryPolicy; r != nil && r.MaximumEventAgeInSeconds != nil {
		out.RetrySeconds = *r.MaximumEventAgeInSeconds
	}
	if r := t.RetryPolicy; r != nil && r.MaximumRetryAttempts != nil {
		out.RetryAttempts = *r.MaximumRetryAttempts
	}
	if t.SqsParameters != nil {
		out.MessageGroup = aws.ToString(t.SqsParameters.MessageGroupId)
	}
	return out
}

func (t target) input() types.Target {
	out := types.Target{Id: &t.ID, Arn: &t.ARN, RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: &t.RetrySeconds, MaximumRetryAttempts: &t.RetryAttempts}}
	for _, text := range []struct {
		value string
		to    **string
	}{{t.Role, &out.RoleArn}, {t.Input, &out.Input}, {t.InputPath, &out.InputPath}} {
		if text.value != "" {
			*text.to = aws.String(text.value)
		}
	}
	if t.Template != "" {
		out.InputTransformer = &types.InputTransformer{InputTemplate: &t.Template, InputPathsMap: t.Paths}
	}
	if t.DeadLetters != "" {
		out.DeadLetterConfig = &types.DeadLetterConfig{Arn: &t.DeadLetters}
	}
	if t.MessageGroup != "" {
		out.SqsParameters = &types.SqsParameters{MessageGroupId: &t.MessageGroup}
	}
	return out
}

func putTargets(ctx context.Context, sc *ztcore.Scope, rule string, members []target) error {
	in := &eventbridge.PutTargetsInput{Rule: &rule}
	for _, m := range members {
		in.Targets = append(in.Targets, m.input())
	}
	out, err := eventbridge.NewFromConfig(sc.Config).PutTargets(ctx, in)
	if err != nil {
		return err
	}
	for _, f := range out.FailedEntries {
		return fmt.Errorf("target %s of rule %s: %s: %s", aws.ToString(f.TargetId), rule, aws.ToString(f.ErrorCode), aws.ToString(f.ErrorMessage))
	}
	return nil
}

func removeTargets(ctx context.Context, sc *ztcore.Scope, rule string, members []target) error {
	if len(members) == 0 {
		return nil
	}
	in := &eventbridge.RemoveTargetsInput{Rule: &rule}
	for _, m := range members {
		in.Ids = append(in.Ids, m.ID)
	}
	out, err := eventbridge.NewFromConfig(sc.Config).RemoveTargets(ctx, in)
	if err != nil {
		return unlessAbsent(err)
	}
	for _, f := range out.FailedEntries {
		return fmt.Errorf("target %s of rule %s: %s: %s", aws.ToString(f.TargetId), rule, aws.ToString(f.ErrorCode), aws.ToString(f.ErrorMessage))
	}
	return nil
}

var (
	placeholderRE = regexp.MustCompile(`<([^<>"\s]+)>`)
	needRole      = []string{"ssm", "states", "kinesis", "firehose", "ecs", "batch", "codebuild", "codepipeline", "events", "redshift", "sagemaker"}
)

// service is the service of an ARN, "" if that is not known yet.
func service(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[2]
	}
	return ""
}

// checkTargets holds them to https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
func checkTargets(want ztcore.Set[target]) []ztcore.Finding {
	var out []ztcore.Finding
	ids := map[string]bool{}
	for _, t := range want.Members {
		reject := func(attribute, message, fix string) {
			out = append(out, ztcore.Finding{Attribute: "Targets." + t.ID + "." + attribute, Message: message, Fix: fix})
		}
		out = append(out, checkName("Targets.ID", t.ID)...)
		if ids[t.ID] {
			reject("ID", "two targets have it", "give each its own")
		}
		ids[t.ID] = true
		if service(t.ARN) == "" && !ztcore.HasToken(t.ARN) {
			reject("ARN", t.ARN+" is no ARN", "use the ARN of a topic, queue, function, state machine or document")
		}
		if t.Role == "" && slices.Contains(needRole, service(t.ARN)) {
			reject("Role", "targets of "+service(t.ARN)+" need a role", "set Role to one that trusts events.amazonaws.com")
		}
		if fifo := strings.HasSuffix(t.ARN, ".fifo"); (t.MessageGroup != "") != (fifo && service(t.ARN) == "sqs") && !ztcore.HasToken(t.ARN) {
			reject("MessageGroup", "goes with a FIFO queue, and has to", "set it for a queue whose name ends in .fifo, and only then")
		}
		if q := t.DeadLetters; q != "" && !ztcore.HasToken(q) && (service(q) != "sqs" || strings.HasSuffix(q, ".fifo")) {
			reject("DeadLetters", q+" is no standard queue of Amazon SQS", "use a standard queue of the same region")
		}
		if t.RetrySeconds < shortestRetry || t.RetrySeconds > longestRetry {
			reject("Retry.For", "is not within a minute and 24 hours", "leave it zero for 24 hours")
		}
		if t.RetryAttempts < 0 || t.RetryAttempts > mostRetries {
			reject("Retry.Attempts", "is not within 1 and 185", "leave it zero for 185")
		}
		checkInput(t, reject)
	}
	if len(want.Members) > mostTargets {
		out = append(out, ztcore.Finding{Attribute: "Targets", Message: fmt.Sprintf("%d targets are more than a rule can have, which is %d", len(want.Members), mostTargets), Fix: "declare a second rule of the same pattern"})
	}
	return out
}

func checkInput(t target, reject func(attribute, message, fix string)) {
	given := slices.DeleteFunc([]string{t.Input, t.InputPath, t.Template}, func(s string) bool { return s == "" })
	if len(given) > 1 {
		reject("Input", "more than one of Input, InputPath and Transform is set", "set one")
	}
	if t.Input != "" && !json.Valid([]byte(t.Input)) && !ztcore.HasToken(t.Input) {
		reject("Input", "is no JSON", `quote a plain text: "…"`)
	}
	if max(len(t.Input), len(t.Template)) > 8192 {
		reject("Input", "has more than 8,192 characters", "shorten it")
	}
	if t.InputPath != "" && !strings.HasPrefix(t.InputPath, "$") {
		reject("InputPath", t.InputPath+" is no path", "begin it with $, as $.detail")
	}
	if len(t.Paths) > 0 && t.Template == "" {
		reject("Transform.Template", "is empty", "write the text that Paths are put into")
	}
	if len(t.Paths) > 100 {
		reject("Transform.Paths", "holds more than 100 paths", "take whole objects")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Paths)) {
		if strings.HasPrefix(strings.ToUpper(name), "AWS") || !strings.HasPrefix(t.Paths[name], "$") {
			reject("Transform.Paths", name+" → "+t.Paths[name]+" can't be a path", "begin the path with $, and the name not with AWS")
		}
	}
	for _, m := range placeholderRE.FindAllStringSubmatch(t.Template, -1) {
		if _, ok := t.Paths[m[1]]; !ok && !strings.HasPrefix(m[1], "aws.events.") {
			reject("Transform.Template", "<"+m[1]+"> is not among Paths", "add its path")
		}
	}
}
