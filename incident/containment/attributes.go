package containment

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What keeps others from destroying an instance and its disks.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html
var (
	apiTermination = instanceAttribute("termination protection", types.InstanceAttributeNameDisableApiTermination,
		func(out *ec2.DescribeInstanceAttributeOutput) string { return boolOf(out.DisableApiTermination) },
		func(in *ec2.ModifyInstanceAttributeInput, v string) { in.DisableApiTermination = toBool(v) })
	apiStop = instanceAttribute("stop protection", types.InstanceAttributeNameDisableApiStop,
		func(out *ec2.DescribeInstanceAttributeOutput) string { return boolOf(out.DisableApiStop) },
		func(in *ec2.ModifyInstanceAttributeInput, v string) { in.DisableApiStop = toBool(v) })
	shutdownBehavior = instanceAttribute("shutdown behavior", types.InstanceAttributeNameInstanceInitiatedShutdownBehavior,
		func(out *ec2.DescribeInstanceAttributeOutput) string {
			return aws.ToString(out.InstanceInitiatedShutdownBehavior.Value)
		},
		func(in *ec2.ModifyInstanceAttributeInput, v string) {
			in.InstanceInitiatedShutdownBehavior = &types.AttributeValue{Value: &v}
		})
)

const yes, no = "true", "false"

func boolOf(v *types.AttributeBooleanValue) string {
	if v != nil && aws.ToBool(v.Value) {
		return yes
	}
	return no
}

func toBool(v string) *types.AttributeBooleanValue {
	return &types.AttributeBooleanValue{Value: aws.Bool(v == yes)}
}

// instanceAttribute is a setting of an instance, as a text.
func instanceAttribute(name string, attribute types.InstanceAttributeName, get func(*ec2.DescribeInstanceAttributeOutput) string, put func(*ec2.ModifyInstanceAttributeInput, string)) *setting {
	return stateOf(setting{name: name}, func(ctx context.Context, cfg aws.Config, instance string) (string, error) {
		out, err := ec2.NewFromConfig(cfg).DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &instance, Attribute: attribute})
		if err != nil {
			return "", err
		}
		return get(out), nil
	}, func(ctx context.Context, cfg aws.Config, instance, _, want string) error {
		in := &ec2.ModifyInstanceAttributeInput{InstanceId: &instance}
		put(in, want)
		_, err := ec2.NewFromConfig(cfg).ModifyInstanceAttribute(ctx, in)
		return err
	})
}

// deleteOnTermination is of a volume on an instance; its target is "i-…|/dev/xvda".
var deleteOnTermination = stateOf(setting{name: "deletion of a volume with its instance"}, func(ctx context.Context, cfg aws.Config, target string) (string, error) {
	instance, device, _ := strings.Cut(target, "|")
	i, err := describeInstance(ctx, cfg, instance)
	if err != nil {
		return "", err
	}
	for _, m := range i.BlockDeviceMappings {
		if aws.ToString(m.DeviceName) == device && m.Ebs != nil {
			return boolOf(&types.AttributeBooleanValue{Value: m.Ebs.DeleteOnTermination}), nil
		}
	}
	return "", fmt.Errorf("%s has no volume at %s any more", instance, device)
}, func(ctx context.Context, cfg aws.Config, target, _, want string) error {
	instance, device, _ := strings.Cut(target, "|")
	_, err := ec2.NewFromConfig(cfg).ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: &instance,
		BlockDeviceMappings: []types.InstanceBlockDeviceMappingSpecification{{
			DeviceName: &device, Ebs: &types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: aws.Bool(want == yes)},
		}},
	})
	return err
})

// metadataEndpoint is whether the instance's metadata service answers: "enabled" or "disabled".
var metadataEndpoint = stateOf(setting{name: "metadata endpoint"}, func(ctx context.Context, cfg aws.Config, instance string) (string, error) {
	i, err := describeInstance(ctx, cfg, instance)
	if err != nil || i.MetadataOptions == nil {
		return "", err
	}
	return string(i.MetadataOptions.HttpEndpoint), nil
}, func(ctx context.Context, cfg aws.Config, instance, _, want string) error {
	_, err := ec2.NewFromConfig(cfg).ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
		InstanceId: &instance, HttpEndpoint: types.InstanceMetadataEndpointState(want),
	})
	return err
})

// instanceProfile is the ARN of the profile that an instance has, or "".
var instanceProfile = stateOf(setting{name: "instance profile"}, func(ctx context.Context, cfg aws.Config, instance string) (string, error) {
	a, err := profileAssociation(ctx, cfg, instance)
	if err != nil || a == nil {
		return "", err
	}
	return aws.ToString(a.IamInstanceProfile.Arn), nil
}, func(ctx context.Context, cfg aws.Config, instance, _, want string) error {
	c := ec2.NewFromConfig(cfg)
	if want != "" {
		_, err := c.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{
			InstanceId: &instance, IamInstanceProfile: &types.IamInstanceProfileSpecification{Arn: &want},
		})
		return err
	}
	a, err := profileAssociation(ctx, cfg, instance)
	if err != nil || a == nil {
		return err
	}
	_, err = c.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: a.AssociationId})
	return err
})

func profileAssociation(ctx context.Context, cfg aws.Config, instance string) (*types.IamInstanceProfileAssociation, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeIamInstanceProfileAssociations(ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{
		Filters: []types.Filter{
			{Name: aws.String("instance-id"), Values: []string{instance}},
			{Name: aws.String("state"), Values: []string{string(types.IamInstanceProfileAssociationStateAssociating), string(types.IamInstanceProfileAssociationStateAssociated)}},
		},
	})
	if err != nil || len(out.IamInstanceProfileAssociations) == 0 {
		return nil, err
	}
	return &out.IamInstanceProfileAssociations[0], nil
}
