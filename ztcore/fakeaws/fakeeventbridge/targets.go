package fakeeventbridge

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html and the model of PutTargets
const (
	mostTargets    = 5 // of a rule
	mostPaths      = 100
	longestInput   = 8192
	shortestRetry  = 60    // seconds
	longestRetry   = 86400 // seconds
	mostRetries    = 185
	mostPutAtOnce  = 100
	longestMessage = 128 // of a message group
)

// needRole are the services whose targets need a role.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html
var needRole = []string{"ssm", "states", "kinesis", "firehose", "ecs", "batch", "codebuild", "codepipeline", "events", "redshift", "sagemaker", "inspector"}

// PutTargets adds targets to a rule, or replaces those of the same id.
func (s *Service) PutTargets(ctx context.Context, in *eventbridge.PutTargetsInput, _ ...opt) (*eventbridge.PutTargetsOutput, error) {
	r, err := s.rule(ctx, in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	if n := len(in.Targets); n == 0 || n > mostPutAtOnce {
		return nil, invalid("1 validation error detected: Value at 'targets' failed to satisfy constraint: Member must have length between 1 and 100")
	}
	all := maps.Clone(r.Targets)
	for _, t := range in.Targets {
		if err := s.checkTarget(ctx, t); err != nil {
			return nil, err
		}
		all[*t.Id] = t
	}
	if len(all) > mostTargets {
		return nil, exceeded("The requested resource exceeds the maximum number allowed.")
	}
	r.Targets = all
	return &eventbridge.PutTargetsOutput{FailedEntries: []types.PutTargetsResultEntry{}}, nil
}

func (s *Service) checkTarget(ctx context.Context, t types.Target) error {
	id, arn := aws.ToString(t.Id), aws.ToString(t.Arn)
	parts := strings.SplitN(arn, ":", 6)
	switch {
	case !nameRE.MatchString(id):
		return invalid(`1 validation error detected: Value '%s' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`, id)
	case len(parts) != 6 || parts[0] != "arn" || parts[2] == "" || parts[5] == "":
		return invalid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", arn)
	case t.RoleArn == nil && slices.Contains(needRole, parts[2]):
		return invalid("RoleArn is required for target %s.", arn)
	case t.SqsParameters != nil && (parts[2] != "sqs" || !strings.HasSuffix(arn, ".fifo")):
		return invalid("Parameter(s) SqsParameters not valid for target %s.", arn)
	case t.SqsParameters == nil && parts[2] == "sqs" && strings.HasSuffix(arn, ".fifo"):
		return invalid("Parameter(s) SqsParameters must be specified for target: %s.", id)
	}
	if t.RoleArn != nil {
		if known, ok := fakeaws.Capability[fakeaws.Principals](s.cloud); ok {
			_, made, found := known.Principal(ctx, *t.RoleArn)
			if !found || time.Since(made) < s.cloud.Propagation() {
				return invalid("Provided role '%s' cannot be assumed by principal 'events.amazonaws.com'.", *t.RoleArn)
			}
		}
	}
	if d := t.DeadLetterConfig; d != nil {
		q := strings.Split(aws.ToString(d.Arn), ":")
		if len(q) != 6 || q[2] != "sqs" || q[3] != fakeaws.CallFrom(ctx).Region || strings.HasSuffix(q[5], ".fifo") {
			return invalid("Parameter DeadLetterConfig.Arn is not valid. Reason: it must be a standard queue of Amazon SQS in the rule's region.")
		}
	}
	if p := t.RetryPolicy; p != nil {
		if age := aws.ToInt32(p.MaximumEventAgeInSeconds); p.MaximumEventAgeInSeconds != nil && (age < shortestRetry || age > longestRetry) {
			return invalid("1 validation error detected: Value '%d' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value between 60 and 86400", age)
		}
		if n := aws.ToInt32(p.MaximumRetryAttempts); n < 0 || n > mostRetries {
			return invalid("1 validation error detected: Value '%d' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value between 0 and 185", n)
		}
	}
	return checkInput(t)
}

var placeholderRE = regexp.MustCompile(`<([^<>"\s]+)>`)

// checkInput looks at what a target is given in place of the whole event.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
func checkInput(t types.Target) error {
	given := 0
	for _, there := range []bool{t.Input != nil, t.InputPath != nil, t.InputTransformer != nil} {
		if there {
			given++
		}
	}
	switch x := t.InputTransformer; {
	case given > 1:
		return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", *t.Id)
	case t.Input != nil && (!json.Valid([]byte(*t.Input)) || len(*t.Input) > longestInput):
		return invalid("JSON syntax error in input for target %s.", *t.Id)
	case t.InputPath != nil && !pathRE.MatchString(*t.InputPath):
		return invalid("Invalid InputPath for target %s.", *t.Id)
	case x != nil && len(x.InputPathsMap) > mostPaths:
		return invalid("1 validation error detected: Value at 'inputPathsMap' failed to satisfy constraint: Member must have length less than or equal to 100")
	case x != nil && (aws.ToString(x.InputTemplate) == "" || len(*x.InputTemplate) > longestInput):
		return invalid("1 validation error detected: Value at 'inputTemplate' failed to satisfy constraint: Member must have length between 1 and 8192")
	case x != nil:
		for name, path := range x.InputPathsMap {
			if !pathRE.MatchString(path) || strings.HasPrefix(strings.ToUpper(name), "AWS") {
				return invalid("Invalid InputPathsMap for target %s.", *t.Id)
			}
		}
		for _, m := range placeholderRE.FindAllStringSubmatch(*x.InputTemplate, -1) {
			if _, ok := x.InputPathsMap[m[1]]; !ok && !strings.HasPrefix(m[1], "aws.events.") {
				return invalid("InputTemplate for target %s contains placeholder %s which is not in InputPathsMap.", *t.Id, m[1])
			}
		}
	}
	return nil
}

// ListTargetsByRule answers a rule's targets by id.
func (s *Service) ListTargetsByRule(ctx context.Context, in *eventbridge.ListTargetsByRuleInput, _ ...opt) (*eventbridge.ListTargetsByRuleOutput, error) {
	r, err := s.rule(ctx, in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, r.targets(), in.NextToken, in.Limit)
	return &eventbridge.ListTargetsByRuleOutput{Targets: some, NextToken: next}, err
}

func (r *rule) targets() []types.Target {
	out := []types.Target{}
	for _, id := range slices.Sorted(maps.Keys(r.Targets)) {
		out = append(out, r.Targets[id])
	}
	return out
}

// RemoveTargets takes targets from a rule; those that are not there are no error.
func (s *Service) RemoveTargets(ctx context.Context, in *eventbridge.RemoveTargetsInput, _ ...opt) (*eventbridge.RemoveTargetsOutput, error) {
	r, err := s.rule(ctx, in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	for _, id := range in.Ids {
		delete(r.Targets, id)
	}
	return &eventbridge.RemoveTargetsOutput{FailedEntries: []types.RemoveTargetsResultEntry{}}, nil
}
