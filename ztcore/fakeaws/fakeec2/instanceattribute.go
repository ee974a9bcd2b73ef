package fakeec2

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// DescribeInstanceAttribute answers one attribute.
func (s *Service) DescribeInstanceAttribute(ctx context.Context, in *ec2.DescribeInstanceAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	i, err := r.instance(in.InstanceId)
	if err != nil {
		return nil, err
	}
	flag := func(b bool) *types.AttributeBooleanValue { return &types.AttributeBooleanValue{Value: &b} }
	value := func(s string) *types.AttributeValue { return &types.AttributeValue{Value: text(s)} }
	all := i.describe(r)
	out := &ec2.DescribeInstanceAttributeOutput{InstanceId: aws.String(i.ID)}
	switch in.Attribute {
	case types.InstanceAttributeNameDisableApiTermination:
		out.DisableApiTermination = flag(i.NoTermination)
	case types.InstanceAttributeNameDisableApiStop:
		out.DisableApiStop = flag(i.NoStop)
	case types.InstanceAttributeNameInstanceInitiatedShutdownBehavior:
		out.InstanceInitiatedShutdownBehavior = value(string(i.Shutdown))
	case types.InstanceAttributeNameUserData:
		out.UserData = value(i.UserData)
	case types.InstanceAttributeNameInstanceType:
		out.InstanceType = value(string(i.Type))
	case types.InstanceAttributeNameEbsOptimized:
		out.EbsOptimized = flag(i.EBSOptimized)
	case types.InstanceAttributeNameRootDeviceName:
		out.RootDeviceName = value(i.RootDevice)
	case types.InstanceAttributeNameBlockDeviceMapping:
		out.BlockDeviceMappings = all.BlockDeviceMappings
	case types.InstanceAttributeNameGroupSet:
		out.Groups = all.SecurityGroups
	case types.InstanceAttributeNameSourceDestCheck:
		n, err := r.onlyInterface(i, time.Now())
		if err != nil {
			return nil, err
		}
		out.SourceDestCheck = flag(!n.NoSourceDestCheck)
	default:
		return nil, invalidParameter("Value (%s) for parameter attribute is invalid. Unknown attribute.", in.Attribute)
	}
	return out, nil
}

// ModifyInstanceAttribute changes one attribute, as EC2 takes only one at a time. Groups and the source check of an instance with
// several interfaces are refused: they are each interface's own.
func (s *Service) ModifyInstanceAttribute(ctx context.Context, in *ec2.ModifyInstanceAttributeInput, _ ...func(*ec2.Options)) (*ec2.ModifyInstanceAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	i, err := r.instance(in.InstanceId)
	if err != nil {
		return nil, err
	}
	given := slices.DeleteFunc([]bool{in.DisableApiTermination != nil, in.DisableApiStop != nil, in.InstanceInitiatedShutdownBehavior != nil, in.Groups != nil,
		in.SourceDestCheck != nil, in.BlockDeviceMappings != nil, in.UserData != nil, in.InstanceType != nil, in.EbsOptimized != nil}, func(b bool) bool { return !b })
	if len(given) != 1 {
		return nil, badCombination("Fields for multiple attribute types specified, or for none: exactly one attribute of an instance can be modified at a time")
	}
	if i.ended() {
		return nil, fakeaws.Error("IncorrectInstanceState", "The instance '%s' is not in a state in which its attributes can be modified.", i.ID)
	}
	return &ec2.ModifyInstanceAttributeOutput{}, s.setAttribute(r, i, in)
}

func (s *Service) setAttribute(r *region, i *instance, in *ec2.ModifyInstanceAttributeInput) error {
	now := time.Now()
	switch {
	case in.DisableApiTermination != nil:
		if i.Spot && aws.ToBool(in.DisableApiTermination.Value) {
			return fakeaws.Error("UnsupportedOperation", "You can't enable termination protection for the Spot Instance '%s'.", i.ID)
		}
		i.NoTermination = aws.ToBool(in.DisableApiTermination.Value)
	case in.DisableApiStop != nil:
		if i.Spot && aws.ToBool(in.DisableApiStop.Value) {
			return fakeaws.Error("UnsupportedOperation", "You can't enable stop protection for the Spot Instance '%s'.", i.ID)
		}
		i.NoStop = aws.ToBool(in.DisableApiStop.Value)
	case in.InstanceInitiatedShutdownBehavior != nil:
		b := types.ShutdownBehavior(aws.ToString(in.InstanceInitiatedShutdownBehavior.Value))
		if b == "" || oneOf(b, "") != nil {
			return fakeaws.Error("InvalidInstanceAttributeValue", "Invalid value '%s' for instanceInitiatedShutdownBehavior.", b)
		}
		i.Shutdown = b
	case in.Groups != nil:
		n, err := r.onlyInterface(i, now)
		if err != nil {
			return err
		}
		groups, err := s.groupsIn(r, n.VPC, in.Groups)
		if err != nil {
			return err
		}
		n.Groups = groups
	case in.SourceDestCheck != nil:
		n, err := r.onlyInterface(i, now)
		if err != nil {
			return err
		}
		n.NoSourceDestCheck = !aws.ToBool(in.SourceDestCheck.Value)
	case in.BlockDeviceMappings != nil:
		return r.setDevices(i, in.BlockDeviceMappings, now)
	case in.EbsOptimized != nil:
		i.EBSOptimized = aws.ToBool(in.EbsOptimized.Value)
	default:
		if i.state(now) != types.InstanceStateNameStopped {
			return fakeaws.Error("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", i.ID)
		}
		if in.UserData != nil {
			if len(in.UserData.Value) > maxUserData {
				return invalidParameter("User data is limited to 16384 bytes")
			}
			i.UserData = base64.StdEncoding.EncodeToString(in.UserData.Value)
			return nil
		}
		t := types.InstanceType(aws.ToString(in.InstanceType.Value))
		if t == "" || oneOf(t, "") != nil {
			return fakeaws.Error("InvalidInstanceAttributeValue", "Invalid value '%s' for InstanceType.", t)
		}
		i.Type = t
	}
	return nil
}

// setDevices changes whether attached volumes go along with their instance.
func (r *region) setDevices(i *instance, mappings []types.InstanceBlockDeviceMappingSpecification, now time.Time) error {
	volumes := r.volumesOf(i, now)
	at := make([]*volume, len(mappings))
	for k, m := range mappings {
		n := slices.IndexFunc(volumes, func(v *volume) bool { return v.Attachment.Device == aws.ToString(m.DeviceName) })
		if n < 0 || m.Ebs != nil && m.Ebs.VolumeId != nil && *m.Ebs.VolumeId != volumes[n].ID {
			return fakeaws.Error("InvalidInstanceAttributeValue", "No device is currently mapped at %s", aws.ToString(m.DeviceName))
		}
		at[k] = volumes[n]
	}
	for k, m := range mappings {
		at[k].Attachment.DeleteOnTermination = m.Ebs == nil || m.Ebs.DeleteOnTermination == nil || *m.Ebs.DeleteOnTermination
	}
	return nil
}
