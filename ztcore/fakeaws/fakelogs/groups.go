package fakelogs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// groupName is what CreateLogGroup takes. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
var groupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// retentions are the days that PutRetentionPolicy takes.
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// CreateLogGroup makes a group.
func (s *Service) CreateLogGroup(ctx context.Context, in *cloudwatchlogs.CreateLogGroupInput, _ ...Options) (*cloudwatchlogs.CreateLogGroupOutput, error) {
	call, st, name := fakeaws.CallFrom(ctx), s.store.In(ctx), aws.ToString(in.LogGroupName)
	class := in.LogGroupClass
	if class == "" {
		class = types.LogGroupClassStandard
	}
	arn := "arn:" + call.Partition() + ":logs:" + call.Region + ":" + call.Account + ":log-group:" + name
	switch {
	case !groupName.MatchString(name):
		return nil, invalid("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	case strings.HasPrefix(name, "aws/"):
		return nil, invalid("Log groups starting with AWS/ are reserved for AWS.")
	case !slices.Contains(class.Values(), class):
		return nil, invalid("1 validation error detected: Value '%s' at 'logGroupClass' failed to satisfy constraint: Member must satisfy enum value set", class)
	case st.Groups[name] != nil:
		return nil, exists("The specified log group already exists")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := s.usable(ctx, aws.ToString(in.KmsKeyId), arn); err != nil {
		return nil, err
	}
	g := &Group{
		Name: name, ARN: arn, Created: now(), Class: class, Key: aws.ToString(in.KmsKeyId), Protected: aws.ToBool(in.DeletionProtectionEnabled),
		Tags: map[string]string{}, Filters: map[string]*Filter{}, Streams: nil,
	}
	maps.Copy(g.Tags, in.Tags)
	st.Groups[name] = g
	return &cloudwatchlogs.CreateLogGroupOutput{}, nil
}

// usable refuses a key that is unknown, disabled, of another region, or whose policy does not let the service use it for
// the group.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
func (s *Service) usable(ctx context.Context, key, group string) error {
	if key == "" {
		return nil
	}
	call := fakeaws.CallFrom(ctx)
	if !strings.HasPrefix(key, "arn:"+call.Partition()+":kms:"+call.Region+":") {
		return invalid("Invalid KMS key ARN: %s", key)
	}
	keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud)
	if !ok {
		return nil
	}
	arn, enabled, document, found := keys.Key(ctx, key)
	refusal := invalid("The specified KMS key does not exist or is not allowed to be used with LogGroup '%s'", group)
	if !found || !enabled {
		return refusal
	}
	doc, err := policy.Parse(document)
	if err != nil {
		return refusal
	}
	for _, action := range []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"} {
		decision, err := policy.Evaluate(policy.Request{
			Principal: "logs." + call.Region + ".amazonaws.com", Action: action, Resource: arn, Complete: true,
			Context: map[string][]string{"kms:EncryptionContext:aws:logs:arn": {group}, "kms:EncryptionContextKeys": {"aws:logs:arn"}, "aws:SecureTransport": {"true"}},
		}, policy.Policies{Resource: []policy.Document{doc}})
		if err != nil || decision.Outcome != policy.Allowed {
			return refusal
		}
	}
	return nil
}

// DescribeLogGroups answers groups by name.
func (s *Service) DescribeLogGroups(ctx context.Context, in *cloudwatchlogs.DescribeLogGroupsInput, _ ...Options) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	if in.LogGroupNamePattern != nil && in.LogGroupNamePrefix != nil {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	st := s.store.In(ctx)
	var found []types.LogGroup
	for _, name := range slices.Sorted(maps.Keys(st.Groups)) {
		g := st.Groups[name]
		if !strings.HasPrefix(name, aws.ToString(in.LogGroupNamePrefix)) || !strings.Contains(name, aws.ToString(in.LogGroupNamePattern)) || in.LogGroupClass != "" && in.LogGroupClass != g.Class {
			continue
		}
		out := types.LogGroup{
			LogGroupName: aws.String(g.Name), LogGroupArn: aws.String(g.ARN), Arn: aws.String(g.ARN + ":*"), CreationTime: aws.Int64(g.Created.UnixMilli()),
			LogGroupClass: g.Class, MetricFilterCount: aws.Int32(int32(len(g.Filters))), StoredBytes: aws.Int64(0), DeletionProtectionEnabled: aws.Bool(g.Protected),
		}
		if g.Key != "" {
			out.KmsKeyId = aws.String(g.Key)
		}
		if g.Days > 0 {
			out.RetentionInDays = aws.Int32(g.Days)
		}
		found = append(found, out)
	}
	some, next, err := page(ctx, found, in.NextToken, in.Limit)
	return &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: some, NextToken: next}, err
}

// DeleteLogGroup removes a group with its filters and streams, unless it is protected.
func (s *Service) DeleteLogGroup(ctx context.Context, in *cloudwatchlogs.DeleteLogGroupInput, _ ...Options) (*cloudwatchlogs.DeleteLogGroupOutput, error) {
	st := s.store.In(ctx)
	g, err := st.group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if g.Protected {
		return nil, &types.ValidationException{Message: aws.String("The log group has deletion protection enabled. Disable it before deleting the log group.")}
	}
	delete(st.Groups, g.Name)
	return &cloudwatchlogs.DeleteLogGroupOutput{}, nil
}

// PutRetentionPolicy sets for how many days events are kept.
func (s *Service) PutRetentionPolicy(ctx context.Context, in *cloudwatchlogs.PutRetentionPolicyInput, _ ...Options) (*cloudwatchlogs.PutRetentionPolicyOutput, error) {
	g, err := s.store.In(ctx).group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(retentions, aws.ToInt32(in.RetentionInDays)) {
		return nil, invalid("Invalid retention value. Valid values are: %v", retentions)
	}
	g.Days = *in.RetentionInDays
	return &cloudwatchlogs.PutRetentionPolicyOutput{}, nil
}

// DeleteRetentionPolicy keeps events for ever.
func (s *Service) DeleteRetentionPolicy(ctx context.Context, in *cloudwatchlogs.DeleteRetentionPolicyInput, _ ...Options) (*cloudwatchlogs.DeleteRetentionPolicyOutput, error) {
	g, err := s.store.In(ctx).group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.Days = 0
	return &cloudwatchlogs.DeleteRetentionPolicyOutput{}, nil
}

// keyed finds the group whose key is changed: by its name or its ARN, not both.
func (st *State) keyed(name, arn *string) (*Group, error) {
	if (name == nil) == (arn == nil) {
		return nil, invalid("Exactly one of logGroupName and resourceIdentifier must be specified.")
	}
	if name != nil {
		return st.group(name)
	}
	return st.byIdentifier(arn)
}

// AssociateKmsKey encrypts what a group takes in from now on with a key.
func (s *Service) AssociateKmsKey(ctx context.Context, in *cloudwatchlogs.AssociateKmsKeyInput, _ ...Options) (*cloudwatchlogs.AssociateKmsKeyOutput, error) {
	g, err := s.store.In(ctx).keyed(in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	if err := s.usable(ctx, aws.ToString(in.KmsKeyId), g.ARN); err != nil {
		return nil, err
	}
	g.Key = *in.KmsKeyId
	return &cloudwatchlogs.AssociateKmsKeyOutput{}, nil
}

// DisassociateKmsKey goes back to AWS's own encryption.
func (s *Service) DisassociateKmsKey(ctx context.Context, in *cloudwatchlogs.DisassociateKmsKeyInput, _ ...Options) (*cloudwatchlogs.DisassociateKmsKeyOutput, error) {
	g, err := s.store.In(ctx).keyed(in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	g.Key = ""
	return &cloudwatchlogs.DisassociateKmsKeyOutput{}, nil
}

// PutLogGroupDeletionProtection protects a group from deletion, or no longer.
func (s *Service) PutLogGroupDeletionProtection(ctx context.Context, in *cloudwatchlogs.PutLogGroupDeletionProtectionInput, _ ...Options) (*cloudwatchlogs.PutLogGroupDeletionProtectionOutput, error) {
	g, err := s.store.In(ctx).byIdentifier(in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	g.Protected = aws.ToBool(in.DeletionProtectionEnabled)
	return &cloudwatchlogs.PutLogGroupDeletionProtectionOutput{}, nil
}
