package fakekms

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// The period of rotation in days. https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
const shortestRotation, ordinaryRotation, longestRotation = 90, 365, 2560

// rotatable refuses keys whose material cannot be rotated.
func (k *Key) rotatable() error {
	if k.Spec != types.KeySpecSymmetricDefault {
		return &types.UnsupportedOperationException{Message: aws.String(k.ARN + " is not a symmetric encryption key; automatic key rotation is not supported.")}
	}
	return nil
}

// EnableKeyRotation enables rotation or, where it is enabled, sets another period.
func (s *Service) EnableKeyRotation(ctx context.Context, in *kms.EnableKeyRotationInput, _ ...Options) (*kms.EnableKeyRotationOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "EnableKeyRotation")
	if err != nil {
		return nil, err
	}
	if err := k.rotatable(); err != nil {
		return nil, err
	}
	if err := k.usable(); err != nil {
		return nil, err
	}
	days := int32(ordinaryRotation)
	if in.RotationPeriodInDays != nil {
		days = *in.RotationPeriodInDays
	}
	if days < shortestRotation || days > longestRotation {
		return nil, invalid("1 validation error detected: Value '%d' at 'rotationPeriodInDays' failed to satisfy constraint: Member must be between %d and %d, inclusive", days, shortestRotation, longestRotation)
	}
	if k.RotationFrom == nil {
		k.RotationFrom = aws.Time(time.Now())
	}
	k.RotationDays = days
	return &kms.EnableKeyRotationOutput{}, nil
}

// DisableKeyRotation stops rotation.
func (s *Service) DisableKeyRotation(ctx context.Context, in *kms.DisableKeyRotationInput, _ ...Options) (*kms.DisableKeyRotationOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "DisableKeyRotation")
	if err != nil {
		return nil, err
	}
	if err := k.rotatable(); err != nil {
		return nil, err
	}
	if err := k.usable(); err != nil {
		return nil, err
	}
	k.RotationFrom, k.RotationDays = nil, 0
	return &kms.DisableKeyRotationOutput{}, nil
}

// GetKeyRotationStatus answers false for a key that is pending deletion, whatever its setting.
func (s *Service) GetKeyRotationStatus(ctx context.Context, in *kms.GetKeyRotationStatusInput, _ ...Options) (*kms.GetKeyRotationStatusOutput, error) {
	k, err := s.inspect(ctx, in.KeyId, "GetKeyRotationStatus")
	if err != nil {
		return nil, err
	}
	if err := k.rotatable(); err != nil {
		return nil, err
	}
	out := &kms.GetKeyRotationStatusOutput{KeyId: aws.String(k.ARN)}
	if k.RotationFrom != nil && k.Deletion == nil {
		next := k.RotationFrom.AddDate(0, 0, int(k.RotationDays))
		for !next.After(time.Now()) {
			next = next.AddDate(0, 0, int(k.RotationDays))
		}
		out.KeyRotationEnabled, out.RotationPeriodInDays, out.NextRotationDate = true, aws.Int32(k.RotationDays), &next
	}
	return out, nil
}
