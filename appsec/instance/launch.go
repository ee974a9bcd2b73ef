package instance

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// input is the request that launches what is wanted. Given with a template, its members override the template's.
func (s instanceState) input() *ec2.RunInstancesInput {
	l, tags := s.Launch, tagList(s.Tags)
	tags = append(tags, types.Tag{Key: aws.String(tagSource), Value: &s.Source})
	in := &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), DisableApiTermination: &s.Protected,
		MetadataOptions: &types.InstanceMetadataOptionsRequest{
			HttpEndpoint: types.InstanceMetadataEndpointStateEnabled, HttpTokens: types.HttpTokensStateRequired, HttpPutResponseHopLimit: &s.HopLimit,
		},
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: tags}, {ResourceType: types.ResourceTypeVolume, Tags: tags}},
	}
	if s.Type != nil {
		in.InstanceType = types.InstanceType(*s.Type)
	}
	if s.Profile != "" {
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: &s.Profile}
	}
	if l.UserData != "" {
		in.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(l.UserData)))
	}
	if s.Subnet != nil {
		in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: s.Subnet, Groups: s.SecurityGroups, AssociatePublicIpAddress: &s.PublicAddress, DeleteOnTermination: aws.Bool(true),
		}}
	} else {
		in.SecurityGroupIds = s.SecurityGroups
	}
	if l.Template != "" {
		in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String(s.Source[:strings.Index(s.Source, "/")]), Version: aws.String(s.Source[strings.Index(s.Source, "/")+1:])}
		return in
	}
	in.ImageId = &s.Source
	root := &types.EbsBlockDevice{Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true), VolumeType: types.VolumeTypeGp3, KmsKeyId: s.RootKey, VolumeSize: s.RootGiB}
	in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String(cmp.Or(l.RootDevice, "/dev/xvda")), Ebs: root}}
	return in
}

func protect(ctx context.Context, c *ec2.Client, instance string, on bool) error {
	_, err := c.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &instance, DisableApiTermination: &types.AttributeBooleanValue{Value: &on}})
	return err
}

// setProfile replaces the profile in one step where there is one.
func setProfile(ctx context.Context, c *ec2.Client, instance, profile string) error {
	id, now, err := profileOf(ctx, c, instance)
	want := &types.IamInstanceProfileSpecification{Arn: &profile}
	switch {
	case err != nil || now == profile:
	case now == "":
		_, err = c.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: &instance, IamInstanceProfile: want})
	case profile == "":
		_, err = c.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: &id})
	default:
		_, err = c.ReplaceIamInstanceProfileAssociation(ctx, &ec2.ReplaceIamInstanceProfileAssociationInput{AssociationId: &id, IamInstanceProfile: want})
	}
	if err == nil {
		return nil
	}
	if _, after, readErr := profileOf(ctx, c, instance); readErr == nil && after == profile {
		return nil // by an attempt whose answer was lost
	}
	return err
}

// profileOf is the association that an instance has, and the profile's ARN; "" for none.
func profileOf(ctx context.Context, c *ec2.Client, instance string) (association, profile string, err error) {
	out, err := c.DescribeIamInstanceProfileAssociations(ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{Filters: []types.Filter{
		{Name: aws.String("instance-id"), Values: []string{instance}}, {Name: aws.String("state"), Values: []string{"associating", "associated"}},
	}})
	if err != nil || len(out.IamInstanceProfileAssociations) == 0 {
		return "", "", err
	}
	a := out.IamInstanceProfileAssociations[0]
	return aws.ToString(a.AssociationId), aws.ToString(a.IamInstanceProfile.Arn), nil
}

var imageRE = regexp.MustCompile(`^(ami-[0-9a-f]{8,17}|resolve:ssm:[a-zA-Z0-9_./:-]+)$`)

// maxUserData is what EC2 takes before it is encoded, in bytes.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
const maxUserData = 16384

func checkInstance(want instanceState) []ztcore.Finding {
	var out []ztcore.Finding
	l := want.Launch
	if l.Template == "" {
		if !ztcore.HasToken(want.Source) && !imageRE.MatchString(want.Source) {
			out = append(out, ztcore.Finding{Attribute: "Image", Message: fmt.Sprintf("%q is no image", want.Source), Fix: "use ami-…, or resolve:ssm: and a parameter's name; leave it empty for Amazon Linux 2023"})
		}
		if aws.ToString(want.Subnet) == "" {
			out = append(out, ztcore.Finding{Attribute: "Subnet", Message: "no subnet is named, and the default VPC is no place to be", Fix: "set Subnet"})
		}
	} else if l.Image != "" || l.RootKey != "" || l.RootGiB != 0 || l.RootDevice != "" {
		out = append(out, ztcore.Finding{Attribute: "Template", Message: "image and root volume are the template's, and are set here as well", Fix: "set them in the template"})
	}
	if l.PublicAddressBecause != "" && l.Template != "" && l.Subnet == "" {
		out = append(out, ztcore.Finding{Attribute: "PublicAddressBecause", Message: "the template decides about public addresses", Fix: "set Subnet as well, or say so in the template"})
	}
	// https://docs.aws.amazon.com/ebs/latest/userguide/volume_constraints.html
	if l.RootGiB < 0 || l.RootGiB > 65536 {
		out = append(out, ztcore.Finding{Attribute: "RootGiB", Message: fmt.Sprintf("a gp3 volume can't have %d GiB", l.RootGiB), Fix: "use 1 to 65,536; leave it zero for the image's size"})
	}
	if len(l.UserData) > maxUserData {
		out = append(out, ztcore.Finding{Attribute: "UserData", Message: fmt.Sprintf("has %d bytes, and EC2 takes %d", len(l.UserData), maxUserData), Fix: "have it fetch the rest"})
	}
	if len(want.SecurityGroups) > 5 {
		out = append(out, ztcore.Finding{Attribute: "SecurityGroups", Message: fmt.Sprintf("%d groups are named, and an interface has 5 by default", len(want.SecurityGroups)), Fix: "merge them", Guardrail: "appsec.security-group-quota", Controls: []string{"NIST SP 800-207 tenet 3"}})
	}
	return out
}
