package monitoring

import (
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const (
	cloudTrail = "cloudtrail.amazonaws.com"
	here       = ztcore.Region + ":" + ztcore.AccountID
)

// trailARN is a trail's ARN in the policies that have to stand before the trail, and so can't refer to it.
func trailARN(trail string) string {
	return "arn:" + ztcore.Partition + ":cloudtrail:" + here + ":trail/" + trail
}

// TrailBucketPolicy lets CloudTrail deliver to a bucket, for this account's trail of the given name (in the region that is
// planned) and nobody else's. prefix is the trail's. It is added to the bucket's own policy.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func TrailBucketPolicy(trail string, bucket id.BucketARN, prefix string) policy.Document {
	if prefix != "" {
		prefix += "/"
	}
	return policy.Allow("s3:GetBucketAcl").Named("TrailChecksAcl").To(policy.Service(cloudTrail)).On(bucket).When("StringEquals", "aws:SourceArn", trailARN(trail)).And(
		policy.Allow("s3:PutObject").Named("TrailDelivers").To(policy.Service(cloudTrail)).On(bucket+"/"+id.ARN(prefix)+"AWSLogs/"+ztcore.AccountID+"/*").
			When("StringEquals", "aws:SourceArn", trailARN(trail)).When("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"))
}

// TrailKeyPolicy lets CloudTrail encrypt this account's trail of the given name with a key. Who reads the log files
// needs kms:Decrypt from IAM.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func TrailKeyPolicy(trail string) policy.Document {
	return policy.Allow("kms:GenerateDataKey*").Named("TrailEncrypts").To(policy.Service(cloudTrail)).OnAny().
		When("StringEquals", "aws:SourceArn", trailARN(trail)).
		When("StringLike", "kms:EncryptionContext:aws:cloudtrail:arn", "arn:"+ztcore.Partition+":cloudtrail:*:"+ztcore.AccountID+":trail/*").And(
		policy.Allow("kms:DescribeKey").Named("TrailChecksKey").To(policy.Service(cloudTrail)).OnAny().When("StringEquals", "aws:SourceArn", trailARN(trail)))
}

// TrailLogsPolicy is what the role needs with which CloudTrail writes to a log group: its own streams there, and no more.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
func TrailLogsPolicy(group id.LogGroupARN) policy.Document {
	streams := id.ARN(strings.TrimSuffix(string(group), ":*")) + ":log-stream:" + ztcore.AccountID + "_CloudTrail_" + ztcore.Region + "*"
	return policy.Allow("logs:CreateLogStream", "logs:PutLogEvents").Named("WriteTrailStreams").On(streams)
}

// TrailLogsTrust lets CloudTrail assume the role with which it writes to a log group, for this account's trail of the given name.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cross-service-confused-deputy-prevention.html
func TrailLogsTrust(trail string) policy.Document {
	return policy.Trust(policy.Service(cloudTrail)).When("StringEquals", "aws:SourceArn", trailARN(trail)).When("StringEquals", "aws:SourceAccount", ztcore.AccountID)
}

// LogKeyPolicy lets CloudWatch Logs use a key for this account's log groups of the given names; for all of them if none is
// given.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func LogKeyPolicy(groups ...string) policy.Document {
	if len(groups) == 0 {
		groups = []string{"*"}
	}
	arns := make([]string, len(groups))
	for i, g := range groups {
		arns[i] = "arn:" + ztcore.Partition + ":logs:" + here + ":log-group:" + g
	}
	return policy.Allow("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey").Named("LogsEncrypt").
		To(policy.Service("logs."+ztcore.Region+".amazonaws.com")).OnAny().When("ArnLike", "kms:EncryptionContext:aws:logs:arn", arns...)
}

// TopicKeyPolicy lets services publish to this account's topics of the given names that are encrypted with the key: CloudWatch
// and EventBridge, unless others are in the topic's Publishers.
//
// The condition is on the topic for which SNS uses the key. Conditions on aws:SourceArn or aws:SourceAccount, which one would
// expect, keep EventBridge out: its requests to KMS do not carry them, and every message would be lost without a word.
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
func TopicKeyPolicy(topics ...Topic) policy.Document {
	var publishers []policy.Principal
	var arns []string
	seen := map[Publisher]bool{}
	for _, t := range topics {
		arns = append(arns, string(predicted(t.Name)))
		for _, p := range t.Publishers {
			if !seen[p] {
				publishers = append(publishers, policy.Service(string(p)))
			}
			seen[p] = true
		}
	}
	if len(publishers) == 0 {
		return policy.Document{}
	}
	return policy.Allow("kms:Decrypt", "kms:GenerateDataKey*").Named("ServicesPublish").To(publishers...).OnAny().
		When("ArnLike", "kms:EncryptionContext:aws:sns:topicArn", arns...)
}

// LogsFrom lets a service, as events.amazonaws.com, write to log groups for what it does on behalf of this account. It is the
// policy of a LogResourcePolicy.
func LogsFrom(service string, groups ...id.LogGroupARN) policy.Document {
	doc := policy.Allow("logs:CreateLogStream", "logs:PutLogEvents").To(policy.Service(service)).When("StringEquals", "aws:SourceAccount", ztcore.AccountID)
	for _, g := range groups {
		doc = doc.On(id.ARN(strings.TrimSuffix(string(g), ":*")) + ":*")
	}
	return doc
}
