package fakeconfigservice

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

type recorder struct {
	ARN, Name, Role string
	Group           types.RecordingGroup
	Frequency       types.RecordingFrequency
	Recording       bool
	Started         time.Time
	Tags            map[string]string
}

// serviceRole is the end of the ARN of the role that AWS makes for Config itself.
const serviceRole = ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"

var rolePattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/.+$`)

// PutConfigurationRecorder makes the region's recorder, or changes it.
func (s *Service) PutConfigurationRecorder(ctx context.Context, in *configservice.PutConfigurationRecorderInput, _ ...opt) (*configservice.PutConfigurationRecorderOutput, error) {
	r, want := s.regions.In(ctx), in.ConfigurationRecorder
	name := aws.ToString(want.Name)
	if name == "" {
		name = "default"
	}
	if len(name) > 256 {
		return nil, &types.InvalidConfigurationRecorderNameException{Message: aws.String("The configuration recorder name is not valid")}
	}
	if r.Recorder != nil && r.Recorder.Name != name {
		return nil, &types.MaxNumberOfConfigurationRecordersExceededException{Message: aws.String("Failed to put configuration recorder '" + name + "' because the maximum number of configuration recorders: 1 is reached.")}
	}
	if err := s.checkRole(ctx, aws.ToString(want.RoleARN)); err != nil {
		return nil, err
	}
	group, err := groupOf(want.RecordingGroup)
	if err != nil {
		return nil, err
	}
	frequency := types.RecordingFrequencyContinuous
	if want.RecordingMode != nil {
		frequency = want.RecordingMode.RecordingFrequency
	}
	if !slices.Contains(frequency.Values(), frequency) {
		return nil, &types.ValidationException{Message: aws.String("recordingFrequency must be CONTINUOUS or DAILY")}
	}
	if r.Recorder == nil {
		tags := map[string]string{}
		if err := addTags(tags, in.Tags); err != nil {
			return nil, err
		}
		r.Recorder = &recorder{ARN: arn(ctx, "configuration-recorder/"+name+"/"+s.cloud.ID("", 16)), Name: name, Tags: tags}
	}
	r.Recorder.Role, r.Recorder.Group, r.Recorder.Frequency = *want.RoleARN, group, frequency
	return &configservice.PutConfigurationRecorderOutput{}, nil
}

// checkRole refuses a role that there is not, or not long enough for other services to know it.
func (s *Service) checkRole(ctx context.Context, role string) error {
	if !rolePattern.MatchString(role) {
		return &types.InvalidRoleException{Message: aws.String("You have provided a null or empty Amazon Resource Name (ARN) for the IAM role assumed by Config and used by the customer managed configuration recorder.")}
	}
	principals, ok := fakeaws.Capability[fakeaws.Principals](s.cloud)
	if !ok || strings.HasSuffix(role, serviceRole) {
		return nil
	}
	if _, created, ok := principals.Principal(ctx, role); !ok || time.Since(created) < s.cloud.Propagation() {
		return &types.InvalidRoleException{Message: aws.String("The role " + role + " can't be assumed by AWS Config.")}
	}
	return nil
}

// groupOf fills in what AWS does: everything that is supported, but for IAM's global types.
// https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html
func groupOf(in *types.RecordingGroup) (types.RecordingGroup, error) {
	bad := &types.InvalidRecordingGroupException{Message: aws.String("The recording group provided is not valid")}
	if in == nil {
		return types.RecordingGroup{AllSupported: true, RecordingStrategy: &types.RecordingStrategy{UseOnly: types.RecordingStrategyTypeAllSupportedResourceTypes}}, nil
	}
	excluded := in.ExclusionByResourceTypes != nil && len(in.ExclusionByResourceTypes.ResourceTypes) > 0
	out := types.RecordingGroup{AllSupported: in.AllSupported, IncludeGlobalResourceTypes: in.IncludeGlobalResourceTypes, ResourceTypes: slices.Clone(in.ResourceTypes), ExclusionByResourceTypes: in.ExclusionByResourceTypes}
	strategy := types.RecordingStrategyTypeInclusionByResourceTypes
	switch {
	case in.AllSupported && (len(in.ResourceTypes) > 0 || excluded), !in.AllSupported && in.IncludeGlobalResourceTypes, len(in.ResourceTypes) > 0 && excluded:
		return out, bad
	case in.AllSupported:
		strategy = types.RecordingStrategyTypeAllSupportedResourceTypes
	case excluded:
		strategy = types.RecordingStrategyTypeExclusionByResourceTypes
	case len(in.ResourceTypes) == 0:
		return out, bad
	}
	if in.RecordingStrategy != nil && in.RecordingStrategy.UseOnly != strategy {
		return out, bad
	}
	out.RecordingStrategy = &types.RecordingStrategy{UseOnly: strategy}
	return out, nil
}

// DescribeConfigurationRecorders answers the recorder, if there is one and it has one of the names.
func (s *Service) DescribeConfigurationRecorders(ctx context.Context, in *configservice.DescribeConfigurationRecordersInput, _ ...opt) (*configservice.DescribeConfigurationRecordersOutput, error) {
	found, err := s.regions.In(ctx).recorders(in.ConfigurationRecorderNames)
	out := &configservice.DescribeConfigurationRecordersOutput{ConfigurationRecorders: []types.ConfigurationRecorder{}}
	for _, r := range found {
		group := r.Group
		out.ConfigurationRecorders = append(out.ConfigurationRecorders, types.ConfigurationRecorder{
			Arn: aws.String(r.ARN), Name: aws.String(r.Name), RoleARN: aws.String(r.Role), RecordingGroup: &group, RecordingScope: types.RecordingScopePaid,
			RecordingMode: &types.RecordingMode{RecordingFrequency: r.Frequency},
		})
	}
	return out, err
}

// DescribeConfigurationRecorderStatus says whether it records.
func (s *Service) DescribeConfigurationRecorderStatus(ctx context.Context, in *configservice.DescribeConfigurationRecorderStatusInput, _ ...opt) (*configservice.DescribeConfigurationRecorderStatusOutput, error) {
	found, err := s.regions.In(ctx).recorders(in.ConfigurationRecorderNames)
	out := &configservice.DescribeConfigurationRecorderStatusOutput{ConfigurationRecordersStatus: []types.ConfigurationRecorderStatus{}}
	for _, r := range found {
		status := types.ConfigurationRecorderStatus{Arn: aws.String(r.ARN), Name: aws.String(r.Name), Recording: r.Recording, LastStatus: types.RecorderStatusPending}
		if !r.Started.IsZero() {
			status.LastStartTime = aws.Time(r.Started)
		}
		out.ConfigurationRecordersStatus = append(out.ConfigurationRecordersStatus, status)
	}
	return out, err
}

// StartConfigurationRecorder needs a delivery channel.
func (s *Service) StartConfigurationRecorder(ctx context.Context, in *configservice.StartConfigurationRecorderInput, _ ...opt) (*configservice.StartConfigurationRecorderOutput, error) {
	r := s.regions.In(ctx)
	if _, err := r.recorders([]string{*in.ConfigurationRecorderName}); err != nil {
		return nil, err
	}
	if r.Channel == nil {
		return nil, &types.NoAvailableDeliveryChannelException{Message: aws.String("Delivery channel is not available to start configuration recorder.")}
	}
	if !r.Recorder.Recording {
		r.Recorder.Recording, r.Recorder.Started = true, now()
	}
	return &configservice.StartConfigurationRecorderOutput{}, nil
}

// StopConfigurationRecorder stops recording.
func (s *Service) StopConfigurationRecorder(ctx context.Context, in *configservice.StopConfigurationRecorderInput, _ ...opt) (*configservice.StopConfigurationRecorderOutput, error) {
	r := s.regions.In(ctx)
	if _, err := r.recorders([]string{*in.ConfigurationRecorderName}); err != nil {
		return nil, err
	}
	r.Recorder.Recording = false
	return &configservice.StopConfigurationRecorderOutput{}, nil
}

// DeleteConfigurationRecorder removes the recorder, whether it records or not. What it has recorded stays.
func (s *Service) DeleteConfigurationRecorder(ctx context.Context, in *configservice.DeleteConfigurationRecorderInput, _ ...opt) (*configservice.DeleteConfigurationRecorderOutput, error) {
	r := s.regions.In(ctx)
	if _, err := r.recorders([]string{*in.ConfigurationRecorderName}); err != nil {
		return nil, err
	}
	r.Recorder = nil
	return &configservice.DeleteConfigurationRecorderOutput{}, nil
}

func (r *region) recorders(names []string) ([]*recorder, error) {
	for _, n := range names {
		if r.Recorder == nil || r.Recorder.Name != n {
			return nil, &types.NoSuchConfigurationRecorderException{Message: aws.String("Cannot find configuration recorder with the specified name '" + n + "'.")}
		}
	}
	if r.Recorder == nil {
		return nil, nil
	}
	return []*recorder{r.Recorder}, nil
}

// PutDeliveryChannel makes the region's channel, or changes it. It needs a recorder, and looks at all that it delivers to.
func (s *Service) PutDeliveryChannel(ctx context.Context, in *configservice.PutDeliveryChannelInput, _ ...opt) (*configservice.PutDeliveryChannelOutput, error) {
	r, want := s.regions.In(ctx), *in.DeliveryChannel
	if aws.ToString(want.Name) == "" {
		want.Name = aws.String("default")
	}
	switch {
	case r.Recorder == nil:
		return nil, &types.NoAvailableConfigurationRecorderException{Message: aws.String("Configuration recorder is not available to put delivery channel.")}
	case r.Channel != nil && *r.Channel.Name != *want.Name:
		return nil, &types.MaxNumberOfDeliveryChannelsExceededException{Message: aws.String("Failed to put delivery channel '" + *want.Name + "' because the maximum number of delivery channels: 1 is reached.")}
	case len(*want.Name) > 256:
		return nil, &types.InvalidDeliveryChannelNameException{Message: aws.String("The delivery channel name is not valid")}
	case aws.ToString(want.S3BucketName) == "":
		return nil, &types.NoSuchBucketException{Message: aws.String("Cannot find a S3 bucket with an empty bucket name.")}
	}
	if p := want.ConfigSnapshotDeliveryProperties; p != nil && !slices.Contains(p.DeliveryFrequency.Values(), p.DeliveryFrequency) {
		return nil, &types.ValidationException{Message: aws.String("deliveryFrequency must be one of the frequencies of snapshots")}
	}
	if err := s.checkDelivery(ctx, r, want); err != nil {
		return nil, err
	}
	r.Channel = &want
	return &configservice.PutDeliveryChannelOutput{}, nil
}

func (s *Service) checkDelivery(ctx context.Context, r *region, want types.DeliveryChannel) error {
	if buckets, ok := fakeaws.Capability[fakeaws.Buckets](s.cloud); ok {
		owner, _, text, there := buckets.Bucket(ctx, *want.S3BucketName)
		if !there {
			return &types.NoSuchBucketException{Message: aws.String("Cannot find a S3 bucket with the name " + *want.S3BucketName)}
		}
		if !mayDeliver(ctx, r.Recorder.Role, want, owner, text) {
			return &types.InsufficientDeliveryPolicyException{Message: aws.String("Insufficient delivery policy to s3 bucket: " + *want.S3BucketName + ", unable to write to bucket, provided s3 key prefix is '" + aws.ToString(want.S3KeyPrefix) + "'.")}
		}
	}
	if want.S3KmsKeyArn != nil {
		if keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud); ok {
			if _, enabled, _, there := keys.Key(ctx, *want.S3KmsKeyArn); !there || !enabled {
				return &types.InvalidS3KmsKeyArnException{Message: aws.String("The s3 kms key arn '" + *want.S3KmsKeyArn + "' is not valid.")}
			}
		}
	}
	if want.SnsTopicARN != nil {
		there := strings.Contains(*want.SnsTopicARN, ":sns:")
		if topics, ok := fakeaws.Capability[fakeaws.Topics](s.cloud); ok && there {
			_, _, there = topics.Topic(ctx, *want.SnsTopicARN)
		}
		if !there {
			return &types.InvalidSNSTopicARNException{Message: aws.String("The sns topic arn '" + *want.SnsTopicARN + "' is not valid.")}
		}
	}
	return nil
}

// mayDeliver asks the bucket's policy. Config writes as the recorder's role, which is taken to have the rights in IAM, or,
// with the service-linked role, as itself.
// https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
func mayDeliver(ctx context.Context, role string, want types.DeliveryChannel, owner, text string) bool {
	call := fakeaws.CallFrom(ctx)
	object := "arn:" + call.Partition() + ":s3:::" + *want.S3BucketName + "/"
	if p := aws.ToString(want.S3KeyPrefix); p != "" {
		object += p + "/"
	}
	encryption, key := []string{"aws:kms"}, []string{aws.ToString(want.S3KmsKeyArn)}
	if want.S3KmsKeyArn == nil {
		encryption, key = []string{}, []string{}
	}
	request := policy.Request{
		Principal: role, Action: "s3:PutObject", Resource: object + "AWSLogs/" + call.Account + "/Config/ConfigWritabilityCheckFile", Complete: true,
		Context: map[string][]string{
			"aws:SecureTransport": {"true"}, "aws:ResourceAccount": {owner}, "s3:x-amz-acl": {"bucket-owner-full-control"},
			"s3:x-amz-server-side-encryption": encryption, "s3:x-amz-server-side-encryption-aws-kms-key-id": key,
		},
	}
	all := policy.Policies{Identity: []policy.Document{policy.Allow("*").OnAny()}}
	if strings.HasSuffix(role, serviceRole) {
		request.Principal, all.Identity = "config.amazonaws.com", nil
		request.Context["aws:SourceAccount"] = []string{call.Account}
	}
	if text != "" {
		d, err := policy.Parse(text)
		if err != nil {
			return false
		}
		all.Resource = []policy.Document{d}
	}
	decision, err := policy.Evaluate(request, all)
	return err == nil && decision.Outcome == policy.Allowed
}

// DescribeDeliveryChannels answers the channel, if there is one and it has one of the names.
func (s *Service) DescribeDeliveryChannels(ctx context.Context, in *configservice.DescribeDeliveryChannelsInput, _ ...opt) (*configservice.DescribeDeliveryChannelsOutput, error) {
	r := s.regions.In(ctx)
	for _, n := range in.DeliveryChannelNames {
		if err := r.channelNamed(n); err != nil {
			return nil, err
		}
	}
	out := &configservice.DescribeDeliveryChannelsOutput{DeliveryChannels: []types.DeliveryChannel{}}
	if r.Channel != nil {
		out.DeliveryChannels = append(out.DeliveryChannels, *r.Channel)
	}
	return out, nil
}

// DeleteDeliveryChannel removes the channel, unless the recorder needs it.
func (s *Service) DeleteDeliveryChannel(ctx context.Context, in *configservice.DeleteDeliveryChannelInput, _ ...opt) (*configservice.DeleteDeliveryChannelOutput, error) {
	r := s.regions.In(ctx)
	if err := r.channelNamed(*in.DeliveryChannelName); err != nil {
		return nil, err
	}
	if r.Recorder != nil && r.Recorder.Recording {
		return nil, &types.LastDeliveryChannelDeleteFailedException{Message: aws.String("Failed to delete last specified delivery channel with name '" + *in.DeliveryChannelName + "', because there is a running configuration recorder.")}
	}
	r.Channel = nil
	return &configservice.DeleteDeliveryChannelOutput{}, nil
}

func (r *region) channelNamed(name string) error {
	if r.Channel == nil || *r.Channel.Name != name {
		return &types.NoSuchDeliveryChannelException{Message: aws.String("Cannot find delivery channel with specified name '" + name + "'.")}
	}
	return nil
}
