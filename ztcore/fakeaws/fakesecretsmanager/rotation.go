package fakesecretsmanager

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

var (
	rate     = regexp.MustCompile(`^rate\((\d{1,4}) (days?|hours?)\)$`)
	cron     = regexp.MustCompile(`^cron\(\S+ \S+ \S+ \S+ \S+ \S+\)$`)
	duration = regexp.MustCompile(`^\d{1,2}h$`)
)

// checkRules applies https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_RotationRulesType.html
func checkRules(r *types.RotationRulesType) error {
	days, schedule := r.AutomaticallyAfterDays, aws.ToString(r.ScheduleExpression)
	every, isRate := period(schedule)
	switch {
	case days != nil && r.ScheduleExpression != nil:
		return invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
	case days != nil && (*days < 1 || *days > 1000):
		return invalidParameter("AutomaticallyAfterDays must be between 1 and 1000.")
	case r.ScheduleExpression != nil && !isRate && !cron.MatchString(schedule):
		return invalidParameter("The ScheduleExpression is not valid.")
	case isRate && (every < 4*time.Hour || every > 999*24*time.Hour):
		return invalidParameter("The ScheduleExpression must be between 4 hours and 999 days.")
	case r.Duration != nil && !duration.MatchString(*r.Duration):
		return invalidParameter("The Duration is not valid.")
	}
	return nil
}

// period reads a rate expression.
func period(schedule string) (time.Duration, bool) {
	m := rate.FindStringSubmatch(schedule)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, false
	}
	unit := time.Hour
	if strings.HasPrefix(m[2], "day") {
		unit = 24 * time.Hour
	}
	return time.Duration(n) * unit, true
}

// next is when rotation is due; nil while it is off or follows a cron expression.
func (r *Rotation) next() *time.Time {
	every, ok := period(aws.ToString(r.Rules.ScheduleExpression))
	if r.Rules.AutomaticallyAfterDays != nil {
		every, ok = time.Duration(*r.Rules.AutomaticallyAfterDays)*24*time.Hour, true
	}
	if !ok || !r.Enabled {
		return nil
	}
	at := r.Since.Add(every)
	for !at.After(time.Now()) {
		at = at.Add(every)
	}
	return &at
}

func copyRules(r types.RotationRulesType) *types.RotationRulesType {
	out := &types.RotationRulesType{}
	if r.AutomaticallyAfterDays != nil {
		out.AutomaticallyAfterDays = aws.Int64(*r.AutomaticallyAfterDays)
	}
	if r.Duration != nil {
		out.Duration = aws.String(*r.Duration)
	}
	if r.ScheduleExpression != nil {
		out.ScheduleExpression = aws.String(*r.ScheduleExpression)
	}
	return out
}

// RotateSecret enables rotation by a function. The function is not run: the value stays, whether rotation is asked for
// at once or not.
func (s *Service) RotateSecret(ctx context.Context, in *secretsmanager.RotateSecretInput, _ ...Options) (*secretsmanager.RotateSecretOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	want := Rotation{Enabled: true, Since: time.Now()}
	if x.Rotation != nil {
		want.Lambda, want.Rules = x.Rotation.Lambda, x.Rotation.Rules
	}
	if in.RotationLambdaARN != nil {
		want.Lambda = *in.RotationLambdaARN
	}
	if in.RotationRules != nil {
		if err := checkRules(in.RotationRules); err != nil {
			return nil, err
		}
		want.Rules = *copyRules(*in.RotationRules)
	}
	switch {
	case want.Lambda == "":
		return nil, invalidRequest("No Lambda rotation function ARN is associated with this secret.")
	case !strings.Contains(want.Lambda, ":lambda:"):
		return nil, invalidParameter("RotationLambdaARN is not the ARN of a Lambda function.")
	case want.Rules.AutomaticallyAfterDays == nil && want.Rules.ScheduleExpression == nil:
		return nil, invalidParameter("RotationRules must name AutomaticallyAfterDays or ScheduleExpression.")
	}
	x.Rotation = &want
	x.Changed = want.Since
	out := &secretsmanager.RotateSecretOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}
	if in.RotateImmediately == nil || *in.RotateImmediately {
		out.VersionId = aws.String(s.token(in.ClientRequestToken))
	}
	return out, nil
}

// CancelRotateSecret turns rotation off and keeps its settings.
func (s *Service) CancelRotateSecret(ctx context.Context, in *secretsmanager.CancelRotateSecretInput, _ ...Options) (*secretsmanager.CancelRotateSecretOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	if x.Rotation == nil {
		return nil, invalidRequest("Rotation was never enabled for this secret.")
	}
	x.Rotation.Enabled = false
	return &secretsmanager.CancelRotateSecretOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}, nil
}
