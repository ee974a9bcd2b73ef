package fakecloudtrail

import (
	"context"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const service = "cloudtrail.amazonaws.com"

// check refuses a trail that could not deliver. key is what was asked for; the ARN of the key it names goes into the trail.
func (s *Service) check(ctx context.Context, t *types.Trail) error {
	if aws.ToBool(t.IsMultiRegionTrail) && !aws.ToBool(t.IncludeGlobalServiceEvents) {
		return &types.InvalidParameterCombinationException{Message: aws.String("Multi-Region trail must include global service events.")}
	}
	if len(aws.ToString(t.S3KeyPrefix)) > 200 {
		return &types.InvalidS3PrefixException{Message: aws.String("The S3 prefix is longer than 200 characters")}
	}
	for _, check := range []func(context.Context, *types.Trail) error{s.checkKey, s.checkBucket, s.checkLogs} {
		if err := check(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// allows asks a resource's policy whether CloudTrail may do something for the trail.
func allows(document, action, resource string, about map[string][]string) bool {
	doc, err := policy.Parse(document)
	if err != nil {
		return false
	}
	decision, err := policy.Evaluate(policy.Request{Principal: service, Action: action, Resource: resource, Context: about, Complete: true},
		policy.Policies{Resource: []policy.Document{doc}})
	return err == nil && decision.Outcome == policy.Allowed
}

// about is what CloudTrail's requests for a trail tell.
func about(ctx context.Context, t *types.Trail, more map[string][]string) map[string][]string {
	out := map[string][]string{
		"aws:SourceArn": {*t.TrailARN}, "aws:SourceAccount": {fakeaws.CallFrom(ctx).Account}, "aws:SecureTransport": {"true"}, "aws:PrincipalServiceName": {service},
	}
	maps.Copy(out, more)
	return out
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// checkBucket asks what AWS asks of the bucket: the right to see its ACL, and to put objects for this account.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (s *Service) checkBucket(ctx context.Context, t *types.Trail) error {
	name, call := aws.ToString(t.S3BucketName), fakeaws.CallFrom(ctx)
	if !bucketName.MatchString(name) {
		return &types.InvalidS3BucketNameException{Message: aws.String("Bucket name is invalid: " + name)}
	}
	buckets, ok := fakeaws.Capability[fakeaws.Buckets](s.cloud)
	if !ok {
		return nil
	}
	_, _, document, found := buckets.Bucket(ctx, name)
	if !found {
		return &types.S3BucketDoesNotExistException{Message: aws.String("S3 bucket " + name + " does not exist!")}
	}
	arn, prefix := "arn:"+call.Partition()+":s3:::"+name, aws.ToString(t.S3KeyPrefix)
	if prefix != "" {
		prefix += "/"
	}
	put := map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}}
	if t.KmsKeyId != nil {
		put["s3:x-amz-server-side-encryption"], put["s3:x-amz-server-side-encryption-aws-kms-key-id"] = []string{"aws:kms"}, []string{*t.KmsKeyId}
	}
	if !allows(document, "s3:GetBucketAcl", arn, about(ctx, t, nil)) ||
		!allows(document, "s3:PutObject", arn+"/"+prefix+"AWSLogs/"+call.Account+"/CloudTrail/"+call.Region+"/x.json.gz", about(ctx, t, put)) {
		return &types.InsufficientS3BucketPolicyException{Message: aws.String("Incorrect S3 bucket policy is detected for bucket: " + name)}
	}
	return nil
}

// checkKey asks what AWS asks of the key, and puts its ARN in the place of what names it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func (s *Service) checkKey(ctx context.Context, t *types.Trail) error {
	keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud)
	if !ok || t.KmsKeyId == nil {
		return nil
	}
	arn, enabled, document, found := keys.Key(ctx, *t.KmsKeyId)
	switch {
	case !found:
		return &types.KmsKeyNotFoundException{Message: aws.String("KMS key " + *t.KmsKeyId + " was not found")}
	case !enabled:
		return &types.KmsException{Message: aws.String("KMS key " + arn + " is disabled or pending deletion")}
	}
	t.KmsKeyId = &arn
	encrypting := map[string][]string{"kms:EncryptionContext:aws:cloudtrail:arn": {*t.TrailARN}, "kms:EncryptionContextKeys": {"aws:cloudtrail:arn"}}
	if !allows(document, "kms:GenerateDataKey", arn, about(ctx, t, encrypting)) || !allows(document, "kms:DescribeKey", arn, about(ctx, t, nil)) {
		return &types.InsufficientEncryptionPolicyException{Message: aws.String("Insufficient permissions to access S3 bucket " + *t.S3BucketName + " or KMS key " + arn + ".")}
	}
	return nil
}

// checkLogs looks for the log group and the role, which have to come together.
func (s *Service) checkLogs(ctx context.Context, t *types.Trail) error {
	group, role := aws.ToString(t.CloudWatchLogsLogGroupArn), aws.ToString(t.CloudWatchLogsRoleArn)
	if group == "" && role == "" {
		return nil
	}
	if group == "" {
		return &types.InvalidCloudWatchLogsLogGroupArnException{Message: aws.String("CloudTrail cannot validate the specified log group ARN: specify the log group with the role")}
	}
	if role == "" {
		return &types.InvalidCloudWatchLogsRoleArnException{Message: aws.String("You must specify a role ARN as well as a log group.")}
	}
	if groups, ok := fakeaws.Capability[fakeaws.LogGroups](s.cloud); !strings.HasSuffix(group, ":*") || ok && !groups.LogGroup(ctx, group) {
		return &types.InvalidCloudWatchLogsLogGroupArnException{Message: aws.String("CloudTrail cannot validate the specified log group ARN.")}
	}
	if iam, ok := fakeaws.Capability[fakeaws.Principals](s.cloud); ok {
		if _, created, found := iam.Principal(ctx, role); !found || time.Since(created) < s.cloud.Propagation() {
			return &types.InvalidCloudWatchLogsRoleArnException{Message: aws.String("Access denied. Check the trust relationships for your role.")}
		}
	}
	return nil
}
