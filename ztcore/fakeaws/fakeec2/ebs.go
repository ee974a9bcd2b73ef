package fakeec2

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// EnableEbsEncryptionByDefault turns encryption of new volumes on.
func (s *Service) EnableEbsEncryptionByDefault(ctx context.Context, in *ec2.EnableEbsEncryptionByDefaultInput, _ ...func(*ec2.Options)) (*ec2.EnableEbsEncryptionByDefaultOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r.Settings.EncryptVolumes = true
	return &ec2.EnableEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: aws.Bool(true)}, nil
}

// DisableEbsEncryptionByDefault turns it off. The default key stays as it is.
func (s *Service) DisableEbsEncryptionByDefault(ctx context.Context, in *ec2.DisableEbsEncryptionByDefaultInput, _ ...func(*ec2.Options)) (*ec2.DisableEbsEncryptionByDefaultOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r.Settings.EncryptVolumes = false
	return &ec2.DisableEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: aws.Bool(false)}, nil
}

// GetEbsEncryptionByDefault tells whether it is on; in a fresh account it is off.
func (s *Service) GetEbsEncryptionByDefault(ctx context.Context, in *ec2.GetEbsEncryptionByDefaultInput, _ ...func(*ec2.Options)) (*ec2.GetEbsEncryptionByDefaultOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &ec2.GetEbsEncryptionByDefaultOutput{EbsEncryptionByDefault: aws.Bool(r.Settings.EncryptVolumes)}, nil
}

// volumeKey is the default key: AWS's own until another is set.
func (r *region) volumeKey() *string {
	if r.Settings.VolumeKey == "" {
		return aws.String("alias/aws/ebs")
	}
	return aws.String(r.Settings.VolumeKey)
}

// GetEbsDefaultKmsKeyId answers the default key.
func (s *Service) GetEbsDefaultKmsKeyId(ctx context.Context, in *ec2.GetEbsDefaultKmsKeyIdInput, _ ...func(*ec2.Options)) (*ec2.GetEbsDefaultKmsKeyIdOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &ec2.GetEbsDefaultKmsKeyIdOutput{KmsKeyId: r.volumeKey()}, nil
}

// ModifyEbsDefaultKmsKeyId sets the default key, which is answered by its ARN. As with AWS, which looks at the key only
// later, one that does not exist is taken.
func (s *Service) ModifyEbsDefaultKmsKeyId(ctx context.Context, in *ec2.ModifyEbsDefaultKmsKeyIdInput, _ ...func(*ec2.Options)) (*ec2.ModifyEbsDefaultKmsKeyIdOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	key := aws.ToString(in.KmsKeyId)
	if key == "" {
		return nil, missingParameter("KmsKeyId")
	}
	r.Settings.VolumeKey = key
	if kms, ok := fakeaws.Capability[fakeaws.Keys](s.cloud); ok {
		if arn, _, _, found := kms.Key(ctx, key); found {
			r.Settings.VolumeKey = arn
		}
	}
	if !strings.HasPrefix(r.Settings.VolumeKey, "arn:") {
		resource := "key/" + key
		if strings.HasPrefix(key, "alias/") {
			resource = key
		}
		r.Settings.VolumeKey = "arn:" + fakeaws.Partition(r.Name) + ":kms:" + r.Name + ":" + r.Account + ":" + resource
	}
	return &ec2.ModifyEbsDefaultKmsKeyIdOutput{KmsKeyId: r.volumeKey()}, nil
}

// ResetEbsDefaultKmsKeyId returns to AWS's own key.
func (s *Service) ResetEbsDefaultKmsKeyId(ctx context.Context, in *ec2.ResetEbsDefaultKmsKeyIdInput, _ ...func(*ec2.Options)) (*ec2.ResetEbsDefaultKmsKeyIdOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r.Settings.VolumeKey = ""
	return &ec2.ResetEbsDefaultKmsKeyIdOutput{KmsKeyId: r.volumeKey()}, nil
}
