package fakeec2

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// version finds a version by number, $Latest or $Default.
func (t *launchTemplate) version(ref string) (*templateVersion, error) {
	switch ref {
	case "$Latest":
		return t.newest(), nil
	case "$Default", "":
		ref = intText(t.Default)
	}
	n, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return nil, fakeaws.Error("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version, invalid version number %s.", ref)
	}
	for _, v := range t.Versions {
		if v.Number == n {
			return v, nil
		}
	}
	return nil, fakeaws.Error("InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version %d for the launch template with ID %s.", n, t.ID)
}

// CreateLaunchTemplateVersion adds a version; the default stays. With a source version it takes over what the request leaves out.
func (s *Service) CreateLaunchTemplateVersion(ctx context.Context, in *ec2.CreateLaunchTemplateVersionInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateVersionOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := r.template(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateLaunchTemplateVersion", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	var v *templateVersion
	if done != "" {
		v, _ = t.version(done) // deleted since: a new one is made
	}
	if v == nil {
		var source *templateVersion
		if in.SourceVersion != nil {
			if source, err = t.version(*in.SourceVersion); err != nil {
				return nil, err
			}
		}
		data, err := templateData(in.LaunchTemplateData)
		if err != nil {
			return nil, err
		}
		if err := versionDescription(in.VersionDescription); err != nil {
			return nil, err
		}
		if source != nil {
			data = over(source.Data, data)
		}
		v = t.add(ctx, data, in.VersionDescription)
		r.remember("CreateLaunchTemplateVersion", in.ClientToken, in, intText(v.Number))
	}
	out, err := s.describeVersion(ctx, r, t, v, aws.ToBool(in.ResolveAlias))
	if err != nil {
		return nil, err
	}
	return &ec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: &out}, nil
}

func (s *Service) describeVersion(ctx context.Context, r *region, t *launchTemplate, v *templateVersion, resolve bool) (types.LaunchTemplateVersion, error) {
	data := v.Data
	if resolve && data.ImageId != nil {
		image, err := s.resolve(ctx, r, *data.ImageId)
		if err != nil {
			return types.LaunchTemplateVersion{}, err
		}
		data.ImageId = &image
	}
	return types.LaunchTemplateVersion{
		LaunchTemplateId: aws.String(t.ID), LaunchTemplateName: aws.String(t.Name), VersionNumber: aws.Int64(v.Number), VersionDescription: text(v.Description),
		CreateTime: aws.Time(v.Created), CreatedBy: aws.String(v.CreatedBy), DefaultVersion: aws.Bool(v.Number == t.Default), LaunchTemplateData: &data,
	}, nil
}

// versionIn is a version together with its template.
type versionIn struct {
	*templateVersion
	of *launchTemplate
}

// versionQuery has no tags: versions have none.
var versionQuery = query[versionIn]{kind: templateKind, columns: columns[versionIn]{
	"create-time":        one(func(v *versionIn) string { return v.Created.UTC().Format(time.RFC3339) }),
	"ebs-optimized":      one(func(v *versionIn) string { return optional(v.Data.EbsOptimized) }),
	"http-endpoint":      metadataColumn(func(m *types.LaunchTemplateInstanceMetadataOptions) string { return string(m.HttpEndpoint) }),
	"http-tokens":        metadataColumn(func(m *types.LaunchTemplateInstanceMetadataOptions) string { return string(m.HttpTokens) }),
	"http-protocol-ipv4": metadataColumn(func(m *types.LaunchTemplateInstanceMetadataOptions) string { return string(m.HttpEndpoint) }),
	"image-id":           one(func(v *versionIn) string { return aws.ToString(v.Data.ImageId) }),
	"instance-type":      one(func(v *versionIn) string { return string(v.Data.InstanceType) }),
	"is-default-version": one(func(v *versionIn) string { return boolText(v.Number == v.of.Default) }),
	"iam-instance-profile": one(func(v *versionIn) string {
		if v.Data.IamInstanceProfile == nil {
			return ""
		}
		return aws.ToString(v.Data.IamInstanceProfile.Arn)
	}),
	"host-resource-group-arn": none[versionIn], "kernel-id": none[versionIn], "license-configuration-arn": none[versionIn],
	"network-card-index": none[versionIn], "ram-disk-id": none[versionIn],
}}

func metadataColumn(f func(*types.LaunchTemplateInstanceMetadataOptions) string) func(*region, *versionIn) []string {
	return one(func(v *versionIn) string {
		if v.Data.MetadataOptions == nil {
			return ""
		}
		return f(v.Data.MetadataOptions)
	})
}

func optional(b *bool) string {
	if b == nil {
		return ""
	}
	return boolText(*b)
}

// DescribeLaunchTemplateVersions answers the versions of one template, newest first, or the latest or default ones of all.
func (s *Service) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	conditions, err := compile(r, versionQuery, in.Filters)
	if err != nil {
		return nil, err
	}
	templates := r.Templates.Items
	if in.LaunchTemplateId != nil || in.LaunchTemplateName != nil {
		t, err := r.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		templates = []*launchTemplate{t}
	} else if len(in.Versions) == 0 || slices.ContainsFunc(in.Versions, func(v string) bool { return v != "$Latest" && v != "$Default" }) {
		return nil, missingParameter("launchTemplateId or launchTemplateName")
	}
	from, err := versionBound(in.MinVersion, "minVersion")
	if err != nil {
		return nil, err
	}
	to, err := versionBound(in.MaxVersion, "maxVersion")
	if err != nil {
		return nil, err
	}
	if len(in.Versions) > 0 && (in.MinVersion != nil || in.MaxVersion != nil) {
		return nil, badCombination("The parameter versions cannot be used with minVersion or maxVersion")
	}
	var found []*versionIn
	for _, t := range templates {
		versions := slices.Clone(t.Versions)
		slices.Reverse(versions)
		if len(in.Versions) > 0 {
			versions = nil
			for _, ref := range in.Versions {
				v, err := t.version(ref)
				if err != nil {
					return nil, err
				}
				if !slices.Contains(versions, v) {
					versions = append(versions, v)
				}
			}
		}
		for _, v := range versions {
			if x := (&versionIn{v, t}); (from == 0 || v.Number >= from) && (to == 0 || v.Number <= to) && conditions.hold(r, x) {
				found = append(found, x)
			}
		}
	}
	found, next, err := templatePage(ctx, found, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeLaunchTemplateVersionsOutput{NextToken: next}
	for _, v := range found {
		d, err := s.describeVersion(ctx, r, v.of, v.templateVersion, aws.ToBool(in.ResolveAlias))
		if err != nil {
			return nil, err
		}
		out.LaunchTemplateVersions = append(out.LaunchTemplateVersions, d)
	}
	return out, nil
}

func versionBound(s *string, parameter string) (int64, error) {
	if s == nil {
		return 0, nil
	}
	n, err := strconv.ParseInt(*s, 10, 64)
	if err != nil || n < 1 {
		return 0, invalidParameter("Value (%s) for parameter %s is invalid. It must be a version number.", *s, parameter)
	}
	return n, nil
}

// DeleteLaunchTemplateVersions deletes versions, each by itself: what it cannot delete is in the answer, the default version among it.
func (s *Service) DeleteLaunchTemplateVersions(ctx context.Context, in *ec2.DeleteLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := r.template(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	if len(in.Versions) > 200 {
		return nil, invalidParameter("At most 200 versions can be deleted in one request.")
	}
	out := &ec2.DeleteLaunchTemplateVersionsOutput{}
	for _, ref := range in.Versions {
		n, err := strconv.ParseInt(ref, 10, 64)
		if err != nil {
			return nil, invalidParameter("Value (%s) for parameter versions is invalid. It must be a version number.", ref)
		}
		failed := types.DeleteLaunchTemplateVersionsResponseErrorItem{
			LaunchTemplateId: aws.String(t.ID), LaunchTemplateName: aws.String(t.Name), VersionNumber: aws.Int64(n), ResponseError: &types.ResponseError{},
		}
		_, err = t.version(ref)
		switch {
		case err != nil:
			failed.ResponseError.Code = types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist
			failed.ResponseError.Message = aws.String("Could not find the specified version " + ref + " for the launch template with ID " + t.ID + ".")
		case n == t.Default:
			failed.ResponseError.Code = types.LaunchTemplateErrorCodeUnexpectedError
			failed.ResponseError.Message = aws.String("Cannot delete default version: " + ref + ".")
		default:
			t.Versions = slices.DeleteFunc(t.Versions, func(v *templateVersion) bool { return v.Number == n })
			out.SuccessfullyDeletedLaunchTemplateVersions = append(out.SuccessfullyDeletedLaunchTemplateVersions,
				types.DeleteLaunchTemplateVersionsResponseSuccessItem{LaunchTemplateId: aws.String(t.ID), LaunchTemplateName: aws.String(t.Name), VersionNumber: aws.Int64(n)})
			continue
		}
		out.UnsuccessfullyDeletedLaunchTemplateVersions = append(out.UnsuccessfullyDeletedLaunchTemplateVersions, failed)
	}
	return out, nil
}
