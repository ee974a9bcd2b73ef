// Package unittest is somebody's own AWS code, with no use of this module in it: it takes an aws.Config and makes the SDK's
// concrete clients. Its test shows how such code is tested with the in-memory AWS.
package unittest

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

// Onboard gives a tenant a key, a bucket encrypted with it, and a role that may read the bucket.
func Onboard(ctx context.Context, cfg aws.Config, tenant string) (roleARN string, err error) {
	key, err := kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("tenant " + tenant)})
	if err != nil {
		return "", fmt.Errorf("key of %s: %w", tenant, err)
	}
	buckets, bucket := s3.NewFromConfig(cfg), "tenant-"+tenant
	if _, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		return "", fmt.Errorf("bucket of %s: %w", tenant, err)
	}
	_, err = buckets.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &bucket,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: key.KeyMetadata.Arn,
			},
		}}},
	})
	if err != nil {
		return "", fmt.Errorf("encryption of %s: %w", tenant, err)
	}
	roles, name := iam.NewFromConfig(cfg), "tenant-"+tenant
	role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust)})
	if err != nil {
		return "", fmt.Errorf("role of %s: %w", tenant, err)
	}
	read := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}}`, bucket)
	if _, err := roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("read"), PolicyDocument: &read}); err != nil {
		return "", fmt.Errorf("rights of %s: %w", tenant, err)
	}
	return *role.Role.Arn, nil
}
