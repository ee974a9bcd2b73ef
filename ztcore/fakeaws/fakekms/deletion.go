package fakekms

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// The window in days before a key is gone. https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
const shortestWindow, ordinaryWindow, longestWindow = 7, 30, 30

// ScheduleKeyDeletion starts the window, at the end of which the key and its aliases are gone.
func (s *Service) ScheduleKeyDeletion(ctx context.Context, in *kms.ScheduleKeyDeletionInput, _ ...Options) (*kms.ScheduleKeyDeletionOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "ScheduleKeyDeletion")
	if err != nil {
		return nil, err
	}
	days := int32(ordinaryWindow)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < shortestWindow || days > longestWindow {
		return nil, invalid("PendingWindowInDays must be between %d and %d (inclusive)", shortestWindow, longestWindow)
	}
	if err := k.changeable(); err != nil {
		return nil, err
	}
	at := time.Now().AddDate(0, 0, int(days))
	k.Deletion = &at
	return &kms.ScheduleKeyDeletionOutput{
		KeyId: aws.String(k.ARN), DeletionDate: aws.Time(at), KeyState: k.state(), PendingWindowInDays: &days,
	}, nil
}

// CancelKeyDeletion ends the window and leaves the key disabled.
func (s *Service) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput, _ ...Options) (*kms.CancelKeyDeletionOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "CancelKeyDeletion")
	if err != nil {
		return nil, err
	}
	if k.Deletion == nil {
		return nil, wrongState("%s is not pending deletion.", k.ARN)
	}
	k.Deletion, k.Disabled = nil, true
	return &kms.CancelKeyDeletionOutput{KeyId: aws.String(k.ARN)}, nil
}
