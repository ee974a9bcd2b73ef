package launch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/endpoint/userdata"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// keptVersions are how many versions stay when another is made, the default among them.
const keptVersions = 5

// publish makes a version of what is wanted, makes it the default, and deletes versions that are older than the last few.
// The client token follows from the version before and the content, so that a run that was cut off makes no second one.
func publish(ctx context.Context, sc *ztcore.Scope, have, want templateState) error {
	client := ec2.NewFromConfig(sc.Config)
	data, err := want.data()
	if err != nil {
		return err
	}
	content, err := json.Marshal(data)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte(have.ID+"\x00"+have.Version+"\x00"), content...))
	made, err := client.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &have.ID, LaunchTemplateData: data, ClientToken: aws.String(hex.EncodeToString(sum[:16]))})
	if err != nil {
		return err
	}
	version := strconv.FormatInt(aws.ToInt64(made.LaunchTemplateVersion.VersionNumber), 10)
	if _, err := client.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &have.ID, DefaultVersion: &version}); err != nil {
		return err
	}
	return prune(ctx, client, have.ID, aws.ToInt64(made.LaunchTemplateVersion.VersionNumber))
}

// prune deletes the versions that are older than the newest few, as many as one request takes. It goes by their numbers, for a
// listing may not know the newest yet; numbers that are gone already are answered as not found.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html
func prune(ctx context.Context, client *ec2.Client, template string, current int64) error {
	var old []string
	for n := current - keptVersions; n >= 1 && len(old) < 200; n-- {
		old = append(old, strconv.FormatInt(n, 10))
	}
	if len(old) == 0 {
		return nil
	}
	out, err := client.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: &template, Versions: old})
	if err != nil {
		return err
	}
	for _, f := range out.UnsuccessfullyDeletedLaunchTemplateVersions {
		if f.ResponseError != nil && f.ResponseError.Code != types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist {
			ztcore.Remark(ctx, fmt.Sprintf("version %d stays: %s", aws.ToInt64(f.VersionNumber), aws.ToString(f.ResponseError.Message)))
		}
	}
	return nil
}

// data is what a version says.
func (s templateState) data() (*types.RequestLaunchTemplateData, error) {
	encoded, err := userdata.Encode(string(s.UserData))
	if err != nil {
		return nil, err
	}
	disk := &types.LaunchTemplateEbsBlockDeviceRequest{Encrypted: aws.Bool(s.Encrypted), VolumeType: types.VolumeTypeGp3, DeleteOnTermination: aws.Bool(true)}
	if s.Key != "" {
		disk.KmsKeyId = &s.Key
	}
	if s.RootGiB > 0 {
		disk.VolumeSize = &s.RootGiB
	}
	network := types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: &s.PublicIP, DeleteOnTermination: aws.Bool(true), Groups: s.SecurityGroups}
	if s.Subnet != "" {
		network.SubnetId = &s.Subnet
	}
	data := &types.RequestLaunchTemplateData{
		ImageId: &s.Image, InstanceType: types.InstanceType(s.InstanceType), UserData: &encoded, Monitoring: &types.LaunchTemplatesMonitoringRequest{Enabled: &s.Monitoring},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: &s.RootDevice, Ebs: disk}},
		NetworkInterfaces:   []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{network},
		MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpEndpoint: types.LaunchTemplateInstanceMetadataEndpointStateEnabled, HttpTokens: types.LaunchTemplateHttpTokensState(s.Tokens), HttpPutResponseHopLimit: &s.HopLimit,
		},
	}
	if s.Profile != "" {
		data.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: &s.Profile}
	}
	if len(s.InstanceTags) > 0 {
		for _, kind := range []types.ResourceType{types.ResourceTypeInstance, types.ResourceTypeVolume} {
			data.TagSpecifications = append(data.TagSpecifications, types.LaunchTemplateTagSpecificationRequest{ResourceType: kind, Tags: tagList(s.InstanceTags)})
		}
	}
	return data, nil
}

// seenTemplate is a version as EC2 answers it. User data that can't be decoded differs from any that is wanted.
func seenTemplate(v types.LaunchTemplateVersion, tags map[string]string) templateState {
	s := templateState{
		Name: aws.ToString(v.LaunchTemplateName), ID: aws.ToString(v.LaunchTemplateId), Version: strconv.FormatInt(aws.ToInt64(v.VersionNumber), 10), Tags: tags, InstanceTags: map[string]string{},
	}
	d := v.LaunchTemplateData
	if d == nil {
		return s
	}
	s.Image, s.InstanceType = aws.ToString(d.ImageId), string(d.InstanceType)
	s.UserData = script(aws.ToString(d.UserData))
	if text, err := userdata.Decode(string(s.UserData)); err == nil {
		s.UserData = script(text)
	}
	s.Monitoring = d.Monitoring != nil && aws.ToBool(d.Monitoring.Enabled)
	if d.IamInstanceProfile != nil {
		s.Profile = cmp.Or(aws.ToString(d.IamInstanceProfile.Arn), aws.ToString(d.IamInstanceProfile.Name))
	}
	if m := d.MetadataOptions; m != nil {
		s.Tokens, s.HopLimit = string(m.HttpTokens), aws.ToInt32(m.HttpPutResponseHopLimit)
	}
	for _, b := range d.BlockDeviceMappings {
		if b.Ebs != nil && s.RootDevice == "" {
			s.RootDevice, s.RootGiB, s.Key, s.Encrypted = aws.ToString(b.DeviceName), aws.ToInt32(b.Ebs.VolumeSize), aws.ToString(b.Ebs.KmsKeyId), aws.ToBool(b.Ebs.Encrypted)
		}
	}
	for _, n := range d.NetworkInterfaces {
		s.PublicIP = s.PublicIP || aws.ToBool(n.AssociatePublicIpAddress)
		s.SecurityGroups = append(s.SecurityGroups, n.Groups...)
		s.Subnet = cmp.Or(s.Subnet, aws.ToString(n.SubnetId))
	}
	s.SecurityGroups = append(s.SecurityGroups, d.SecurityGroupIds...)
	for _, t := range d.TagSpecifications {
		if t.ResourceType == types.ResourceTypeInstance {
			s.InstanceTags = tagMap(t.Tags)
		}
	}
	return s
}

func hasCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}
