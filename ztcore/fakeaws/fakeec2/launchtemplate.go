package fakeec2

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type launchTemplate struct {
	ID, Name, CreatedBy string
	Created             time.Time
	Default, Latest     int64 // Latest is the highest number that was ever given out
	Versions            []*templateVersion
}

type templateVersion struct {
	Number                 int64
	Description, CreatedBy string
	Created                time.Time
	Data                   types.ResponseLaunchTemplateData
}

// templateName is from CreateLaunchTemplate, EC2 API reference.
var templateName = regexp.MustCompile(`^[a-zA-Z0-9().\-/_]{3,128}$`)

// template finds what a request names by id or by name, one of the two.
func (r *region) template(id, name *string) (*launchTemplate, error) {
	switch {
	case id != nil && name != nil:
		return nil, badCombination("The parameters launchTemplateId and launchTemplateName cannot be used together")
	case id == nil && name == nil:
		return nil, missingParameter("launchTemplateId or launchTemplateName")
	case id != nil:
		return find(&r.Templates, templateKind, id)
	}
	for _, t := range r.Templates.Items {
		if t.Name == *name {
			return t, nil
		}
	}
	return nil, fakeaws.Error("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", *name)
}

// CreateLaunchTemplate makes a launch template with version 1. Whether what it names exists is seen at a launch.
func (s *Service) CreateLaunchTemplate(ctx context.Context, in *ec2.CreateLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateLaunchTemplate", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	t := r.Templates.Index[done]
	if done != "" && t == nil {
		return &ec2.CreateLaunchTemplateOutput{LaunchTemplate: &types.LaunchTemplate{LaunchTemplateId: &done, LaunchTemplateName: in.LaunchTemplateName}}, nil
	}
	if t == nil {
		name := aws.ToString(in.LaunchTemplateName)
		if !templateName.MatchString(name) {
			return nil, fakeaws.Error("InvalidLaunchTemplateName.MalformedException",
				"A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _")
		}
		if r.Templates.any(func(t *launchTemplate) bool { return t.Name == name }) {
			return nil, fakeaws.Error("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
		}
		data, err := templateData(in.LaunchTemplateData)
		if err != nil {
			return nil, err
		}
		if err := versionDescription(in.VersionDescription); err != nil {
			return nil, err
		}
		tags, err := specified(in.TagSpecifications, templateKind.resource)
		if err != nil {
			return nil, err
		}
		t = &launchTemplate{ID: s.cloud.ID("lt-", 17), Name: name, Created: time.Now(), CreatedBy: fakeaws.CallFrom(ctx).Caller.ARN, Default: 1}
		t.add(ctx, data, in.VersionDescription)
		r.Templates.add(t.ID, t)
		r.tag(t.ID, tags)
		r.remember("CreateLaunchTemplate", in.ClientToken, in, t.ID)
	}
	out := t.describe(r)
	return &ec2.CreateLaunchTemplateOutput{LaunchTemplate: &out}, nil
}

func (t *launchTemplate) add(ctx context.Context, data types.ResponseLaunchTemplateData, description *string) *templateVersion {
	t.Latest++
	v := &templateVersion{
		Number: t.Latest, Description: aws.ToString(description), CreatedBy: fakeaws.CallFrom(ctx).Caller.ARN, Created: time.Now(), Data: data,
	}
	t.Versions = append(t.Versions, v)
	return v
}

func (t *launchTemplate) describe(r *region) types.LaunchTemplate {
	return types.LaunchTemplate{
		LaunchTemplateId: aws.String(t.ID), LaunchTemplateName: aws.String(t.Name), CreateTime: aws.Time(t.Created), CreatedBy: aws.String(t.CreatedBy),
		DefaultVersionNumber: aws.Int64(t.Default), LatestVersionNumber: aws.Int64(t.newest().Number), Tags: r.tagsOn(t.ID),
	}
}

var templateQuery = query[launchTemplate]{kind: templateKind, id: func(t *launchTemplate) string { return t.ID }, columns: columns[launchTemplate]{
	"create-time":          one(func(t *launchTemplate) string { return t.Created.UTC().Format(time.RFC3339) }),
	"launch-template-name": one(func(t *launchTemplate) string { return t.Name }),
}}

// DescribeLaunchTemplates answers launch templates in the order of their creation, at most 200 on a page.
func (s *Service) DescribeLaunchTemplates(ctx context.Context, in *ec2.DescribeLaunchTemplatesInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplatesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if len(in.LaunchTemplateIds) > 0 && len(in.LaunchTemplateNames) > 0 {
		return nil, badCombination("The parameters launchTemplateIds and launchTemplateNames cannot be used together")
	}
	items := r.Templates.Items
	if len(in.LaunchTemplateIds) > 0 {
		if items, err = findAll(&r.Templates, templateKind, in.LaunchTemplateIds); err != nil {
			return nil, err
		}
	}
	if len(in.LaunchTemplateNames) > 0 {
		items = nil
		for _, name := range in.LaunchTemplateNames {
			t, err := r.template(nil, &name)
			if err != nil {
				return nil, err
			}
			items = append(items, t)
		}
	}
	conditions, err := compile(r, templateQuery, in.Filters)
	if err != nil {
		return nil, err
	}
	var found []*launchTemplate
	for _, t := range items {
		if conditions.hold(r, t) {
			found = append(found, t)
		}
	}
	found, next, err := templatePage(ctx, found, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeLaunchTemplatesOutput{NextToken: next}
	for _, t := range found {
		out.LaunchTemplates = append(out.LaunchTemplates, t.describe(r))
	}
	return out, nil
}

// templatePage cuts a page of launch templates or versions, where MaxResults is 1 to 200.
func templatePage[T any](ctx context.Context, items []T, token *string, max *int32) ([]T, *string, error) {
	if max != nil && (*max < 1 || *max > 200) {
		return nil, nil, invalidParameter("Value ( %d ) for parameter maxResults is invalid. Expecting a value between 1 and 200.", *max)
	}
	items, next, ok := fakeaws.Page(ctx, items, token, max, 200)
	if !ok {
		return nil, nil, fakeaws.Error("InvalidNextToken", "The specified NextToken is not valid.")
	}
	return items, next, nil
}

// ModifyLaunchTemplate sets the version that a launch takes which names none.
func (s *Service) ModifyLaunchTemplate(ctx context.Context, in *ec2.ModifyLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.ModifyLaunchTemplateOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("ModifyLaunchTemplate", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	t := r.Templates.Index[done]
	if t == nil {
		if t, err = r.template(in.LaunchTemplateId, in.LaunchTemplateName); err != nil {
			return nil, err
		}
		if in.DefaultVersion == nil {
			return nil, missingParameter("defaultVersion")
		}
		v, err := t.version(*in.DefaultVersion)
		if err != nil {
			return nil, err
		}
		t.Default = v.Number
		r.remember("ModifyLaunchTemplate", in.ClientToken, in, t.ID)
	}
	out := t.describe(r)
	return &ec2.ModifyLaunchTemplateOutput{LaunchTemplate: &out}, nil
}

// DeleteLaunchTemplate deletes a launch template with its versions. Instances that came from it stay.
func (s *Service) DeleteLaunchTemplate(ctx context.Context, in *ec2.DeleteLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := r.template(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	out := t.describe(r)
	r.Templates.remove(t.ID)
	r.forget(t.ID)
	return &ec2.DeleteLaunchTemplateOutput{LaunchTemplate: &out}, nil
}

func versionDescription(s *string) error {
	if len(aws.ToString(s)) > 255 {
		return invalidParameter("A launch template version description must be 255 characters or fewer.")
	}
	return nil
}

// newest is the version with the highest number.
func (t *launchTemplate) newest() *templateVersion {
	return slices.MaxFunc(t.Versions, func(a, b *templateVersion) int { return int(a.Number - b.Number) })
}
