package configrules

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type channelState struct {
	Default       string `zt:"-"` // the name if there is none yet
	Name          string `zt:"output"`
	Bucket        string
	Prefix        string
	Key           string
	Topic         string
	SnapshotEvery string
}

var channels = &ztcore.Kind[channelState]{
	Name: "governance.ConfigDeliveryChannel", Permissions: &channelsNeed, Get: getChannel, Put: putChannel, Check: checkChannel,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have channelState) error {
		_, err := configservice.NewFromConfig(sc.Config).DeleteDeliveryChannel(ctx, &configservice.DeleteDeliveryChannelInput{DeliveryChannelName: &have.Name})
		return unlessAbsent(err)
	},
	// The role, the bucket's policy or the recorder is new and not known everywhere.
	Retry:     []ztcore.Retry{{Code: "InsufficientDeliveryPolicyException"}, {Code: "NoAvailableConfigurationRecorderException"}, {Code: "NoSuchBucketException"}, {Code: "InvalidS3KmsKeyArnException"}},
	HoldsData: true,
	Controls:  []string{"CIS AWS 3.0 3.3", "FSBP Config.1", "NIST SP 800-207 tenet 5"},
}

var channelsNeed = ztcore.Permissions{
	Read:   []string{"config:DescribeDeliveryChannels"},
	Write:  []string{"config:PutDeliveryChannel"},
	Delete: []string{"config:DeleteDeliveryChannel"},
}

func getChannel(ctx context.Context, sc *ztcore.Scope, _ channelState) (channelState, bool, error) {
	out, err := configservice.NewFromConfig(sc.Config).DescribeDeliveryChannels(ctx, &configservice.DescribeDeliveryChannelsInput{})
	if err != nil || len(out.DeliveryChannels) == 0 {
		return channelState{}, false, err
	}
	return seenChannel(out.DeliveryChannels[0]), true, nil // there is one at most
}

func seenChannel(c types.DeliveryChannel) channelState {
	have := channelState{
		Name: aws.ToString(c.Name), Bucket: aws.ToString(c.S3BucketName), Prefix: aws.ToString(c.S3KeyPrefix), Key: aws.ToString(c.S3KmsKeyArn), Topic: aws.ToString(c.SnsTopicARN),
		SnapshotEvery: string(types.MaximumExecutionFrequencyTwentyFourHours), // what it is if AWS says nothing
	}
	if p := c.ConfigSnapshotDeliveryProperties; p != nil && p.DeliveryFrequency != "" {
		have.SnapshotEvery = string(p.DeliveryFrequency)
	}
	return have
}

func putChannel(ctx context.Context, sc *ztcore.Scope, want channelState) error {
	have, there, err := getChannel(ctx, sc, want)
	if err != nil {
		return err
	}
	name := want.Default
	if there {
		name = have.Name
	}
	_, err = configservice.NewFromConfig(sc.Config).PutDeliveryChannel(ctx, &configservice.PutDeliveryChannelInput{DeliveryChannel: want.channel(name)})
	return err
}

// channel is what is sent; what is empty AWS wants left out.
func (want channelState) channel(name string) *types.DeliveryChannel {
	c := &types.DeliveryChannel{
		Name: &name, S3BucketName: &want.Bucket,
		ConfigSnapshotDeliveryProperties: &types.ConfigSnapshotDeliveryProperties{DeliveryFrequency: types.MaximumExecutionFrequency(want.SnapshotEvery)},
	}
	for to, value := range map[**string]string{&c.S3KeyPrefix: want.Prefix, &c.S3KmsKeyArn: want.Key, &c.SnsTopicARN: want.Topic} {
		if value != "" {
			*to = aws.String(value)
		}
	}
	return c
}

func checkChannel(want channelState) []ztcore.Finding {
	var out []ztcore.Finding
	if want.Bucket == "" {
		out = append(out, ztcore.Finding{Attribute: "Bucket", Message: "there is nowhere to deliver to", Fix: "name a bucket whose policy lets Config write"})
	}
	return append(out, checkFrequency("SnapshotEvery", want.SnapshotEvery)...)
}

func checkFrequency(attribute, value string) []ztcore.Finding {
	all := types.MaximumExecutionFrequency("").Values()
	if slices.Contains(all, types.MaximumExecutionFrequency(value)) {
		return nil
	}
	return []ztcore.Finding{{Attribute: attribute, Message: fmt.Sprintf("%q is no frequency", value), Fix: fmt.Sprint("use one of ", all)}}
}

// recordingState says whether the recorder records. It is the recorder's own key, so that both have one name.
type recordingState struct {
	Recorder string `zt:"key"`
	On       bool
}

var recordings = &ztcore.Kind[recordingState]{
	Name: "governance.ConfigRecording", Permissions: &recordingsNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want recordingState) (recordingState, bool, error) {
		out, err := configservice.NewFromConfig(sc.Config).DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{})
		if err != nil {
			return recordingState{}, false, err
		}
		for _, s := range out.ConfigurationRecordersStatus {
			if aws.ToString(s.Name) == want.Recorder {
				return recordingState{Recorder: want.Recorder, On: s.Recording}, s.Recording, nil
			}
		}
		return recordingState{}, false, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want recordingState) error {
		_, err := configservice.NewFromConfig(sc.Config).StartConfigurationRecorder(ctx, &configservice.StartConfigurationRecorderInput{ConfigurationRecorderName: &want.Recorder})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have recordingState) error {
		_, err := configservice.NewFromConfig(sc.Config).StopConfigurationRecorder(ctx, &configservice.StopConfigurationRecorderInput{ConfigurationRecorderName: &have.Recorder})
		return unlessAbsent(err)
	},
	Retry:     []ztcore.Retry{{Code: "NoAvailableDeliveryChannelException"}, {Code: "NoSuchConfigurationRecorderException"}},
	HoldsData: true,
	Controls:  []string{"CIS AWS 3.0 3.3", "FSBP Config.1", "NIST SP 800-207 tenet 5"},
}

var recordingsNeed = ztcore.Permissions{
	Read:   []string{"config:DescribeConfigurationRecorderStatus"},
	Write:  []string{"config:StartConfigurationRecorder"},
	Delete: []string{"config:StopConfigurationRecorder"},
}
