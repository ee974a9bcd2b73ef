package fakeec2_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

const al2023 = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

func (w *world) template(name string, data types.RequestLaunchTemplateData) string {
	w.t.Helper()
	out, err := w.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: &data})
	require.NoError(w.t, err)
	return *out.LaunchTemplate.LaunchTemplateId
}

func (w *world) versions(id string, refs ...string) []types.LaunchTemplateVersion {
	w.t.Helper()
	out, err := w.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: refs})
	require.NoError(w.t, err)
	return out.LaunchTemplateVersions
}

func TestLaunchTemplateVersions(t *testing.T) {
	w := newWorld(t)
	made, err := w.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("web"), VersionDescription: aws.String("first"), ClientToken: aws.String("one"),
		TagSpecifications:  tagged(types.ResourceTypeLaunchTemplate, "team", "web"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(al2023), InstanceType: types.InstanceTypeT3Micro},
	})
	require.NoError(t, err)
	id := made.LaunchTemplate.LaunchTemplateId
	require.Equal(t, int64(1), *made.LaunchTemplate.DefaultVersionNumber)
	require.Equal(t, "team", *made.LaunchTemplate.Tags[0].Key)

	again, err := w.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("web"), VersionDescription: aws.String("first"), ClientToken: aws.String("one"),
		TagSpecifications:  tagged(types.ResourceTypeLaunchTemplate, "team", "web"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(al2023), InstanceType: types.InstanceTypeT3Micro},
	})
	require.NoError(t, err)
	require.Equal(t, id, again.LaunchTemplate.LaunchTemplateId)

	// A version takes over from its source what it leaves out; the default stays until it is moved.
	second, err := w.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: id, SourceVersion: aws.String("1"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpTokens: types.LaunchTemplateHttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(1),
		}},
	})
	require.NoError(t, err)
	require.Equal(t, int64(2), *second.LaunchTemplateVersion.VersionNumber)
	require.Equal(t, al2023, *second.LaunchTemplateVersion.LaunchTemplateData.ImageId)
	require.Equal(t, types.LaunchTemplateHttpTokensStateRequired, second.LaunchTemplateVersion.LaunchTemplateData.MetadataOptions.HttpTokens)
	require.Equal(t, int64(1), *w.versions(*id, "$Default")[0].VersionNumber)
	require.Equal(t, int64(2), *w.versions(*id, "$Latest")[0].VersionNumber)

	refused, err := w.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: []string{"1", "7"}})
	require.NoError(t, err)
	require.Empty(t, refused.SuccessfullyDeletedLaunchTemplateVersions)
	require.Len(t, refused.UnsuccessfullyDeletedLaunchTemplateVersions, 2)
	require.Equal(t, types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist, refused.UnsuccessfullyDeletedLaunchTemplateVersions[1].ResponseError.Code)

	_, err = w.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: id, DefaultVersion: aws.String("2")})
	require.NoError(t, err)
	gone, err := w.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: []string{"1"}})
	require.NoError(t, err)
	require.Len(t, gone.SuccessfullyDeletedLaunchTemplateVersions, 1)
	require.Len(t, w.versions(*id), 1)

	_, err = w.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String("web")})
	require.NoError(t, err)
	_, err = w.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{*id}})
	requireCode(t, err, "InvalidLaunchTemplateId.NotFound")
}

func TestAnImageIsResolvedWhereItIsAsked(t *testing.T) {
	w := newWorld(t)
	id := w.template("web", types.RequestLaunchTemplateData{ImageId: aws.String(al2023)})
	require.Equal(t, al2023, *w.versions(id)[0].LaunchTemplateData.ImageId)
	out, err := w.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, ResolveAlias: aws.Bool(true)})
	require.NoError(t, err)
	images, err := w.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{*out.LaunchTemplateVersions[0].LaunchTemplateData.ImageId}})
	require.NoError(t, err)
	require.Len(t, images.Images, 1)
	require.Equal(t, types.ImdsSupportValuesV20, images.Images[0].ImdsSupport)
	require.Equal(t, types.ArchitectureValuesX8664, images.Images[0].Architecture)
	require.Equal(t, al2023, *w.versions(id)[0].LaunchTemplateData.ImageId, "the version keeps the parameter")
}

func TestLaunchTemplatesPage(t *testing.T) {
	w := newWorld(t)
	w.cloud.SetPageSize(1)
	for _, name := range []string{"one", "two", "three"} {
		w.template(name, types.RequestLaunchTemplateData{InstanceType: types.InstanceTypeT3Micro})
	}
	var names []string
	in := &ec2.DescribeLaunchTemplatesInput{}
	for {
		out, err := w.DescribeLaunchTemplates(ctx, in)
		require.NoError(t, err)
		for _, x := range out.LaunchTemplates {
			names = append(names, *x.LaunchTemplateName)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, []string{"one", "two", "three"}, names)
	_, err := w.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{NextToken: aws.String("stale")})
	requireCode(t, err, "InvalidNextToken")
	_, err = w.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{MaxResults: aws.Int32(201)})
	requireCode(t, err, "InvalidParameterValue")
}

func TestLaunchTemplateRefusals(t *testing.T) {
	w := newWorld(t)
	id := w.template("taken", types.RequestLaunchTemplateData{InstanceType: types.InstanceTypeT3Micro})
	create := func(name string, data types.RequestLaunchTemplateData) func() error {
		return func() error {
			_, err := w.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: &data})
			return err
		}
	}
	sized := types.RequestLaunchTemplateData{InstanceType: types.InstanceTypeT3Micro}
	big := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 16<<10+1)))
	for name, c := range map[string]struct {
		call func() error
		code string
	}{
		"name in use":        {create("taken", sized), "InvalidLaunchTemplateName.AlreadyExistsException"},
		"name too short":     {create("ab", sized), "InvalidLaunchTemplateName.MalformedException"},
		"name with a space":  {create("a web", sized), "InvalidLaunchTemplateName.MalformedException"},
		"no data":            {create("empty", types.RequestLaunchTemplateData{}), "MissingParameter"},
		"unknown type":       {create("new", types.RequestLaunchTemplateData{InstanceType: "t9.tiny"}), "InvalidParameterValue"},
		"no image id":        {create("new", types.RequestLaunchTemplateData{ImageId: aws.String("al2023")}), "InvalidAMIID.Malformed"},
		"plain user data":    {create("new", types.RequestLaunchTemplateData{UserData: aws.String("#!/bin/sh")}), "InvalidUserData.Malformed"},
		"user data too long": {create("new", types.RequestLaunchTemplateData{UserData: &big}), "InvalidParameterValue"},
		"hop limit": {create("new", types.RequestLaunchTemplateData{MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpPutResponseHopLimit: aws.Int32(65)}}), "InvalidParameterValue"},
		"key without encryption": {create("new", types.RequestLaunchTemplateData{BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{KmsKeyId: aws.String("alias/x")}}}}), "InvalidParameterDependency"},
		"profile named twice": {create("new", types.RequestLaunchTemplateData{IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{
			Arn: aws.String("arn:aws:iam::123456789012:instance-profile/p"), Name: aws.String("p")}}), "InvalidParameterCombination"},
		"unknown template": {func() error {
			_, err := w.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String("nobody")})
			return err
		}, "InvalidLaunchTemplateName.NotFoundException"},
		"unknown version": {func() error {
			_, err := w.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &id, DefaultVersion: aws.String("2")})
			return err
		}, "InvalidLaunchTemplateId.VersionNotFound"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.call(), c.code) })
	}
}
