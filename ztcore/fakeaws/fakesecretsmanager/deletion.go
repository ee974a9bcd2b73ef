package fakesecretsmanager

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// The recovery window in days. https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_DeleteSecret.html
const shortestWindow, longestWindow = 7, 30

// DeleteSecret schedules deletion, after 30 days unless asked otherwise, or deletes at once, which
// succeeds also for what is not there.
func (s *Service) DeleteSecret(ctx context.Context, in *secretsmanager.DeleteSecretInput, _ ...Options) (*secretsmanager.DeleteSecretOutput, error) {
	force := aws.ToBool(in.ForceDeleteWithoutRecovery)
	days := int64(longestWindow)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
	}
	switch {
	case force && in.RecoveryWindowInDays != nil:
		return nil, invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	case days < shortestWindow || days > longestWindow:
		return nil, invalidParameter("The RecoveryWindowInDays value must be between %d and %d days (inclusive).", shortestWindow, longestWindow)
	}
	at := time.Now()
	x, err := s.find(ctx, in.SecretId)
	var absent *types.ResourceNotFoundException
	switch {
	case force && errors.As(err, &absent):
		return &secretsmanager.DeleteSecretOutput{Name: aws.String(*in.SecretId), DeletionDate: &at}, nil
	case err != nil:
		return nil, err
	case force:
		delete(s.store.In(ctx).Secrets, x.Name)
	case x.Deletion != nil:
		return nil, invalidRequest("You can't perform this operation on the secret because it was already scheduled for deletion.")
	default:
		at = at.AddDate(0, 0, int(days))
		x.Deletion = &at
	}
	return &secretsmanager.DeleteSecretOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name), DeletionDate: aws.Time(at)}, nil
}

// RestoreSecret ends a scheduled deletion.
func (s *Service) RestoreSecret(ctx context.Context, in *secretsmanager.RestoreSecretInput, _ ...Options) (*secretsmanager.RestoreSecretOutput, error) {
	x, err := s.find(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	x.Deletion = nil
	return &secretsmanager.RestoreSecretOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}, nil
}
