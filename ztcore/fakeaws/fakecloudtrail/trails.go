package fakecloudtrail

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// mostTrails is how many trails a region has, shadows included.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
const mostTrails = 5

// CreateTrail makes a trail that does not log yet.
func (s *Service) CreateTrail(ctx context.Context, in *cloudtrail.CreateTrailInput, _ ...Options) (*cloudtrail.CreateTrailOutput, error) {
	call, st, name := fakeaws.CallFrom(ctx), s.store.In(ctx), aws.ToString(in.Name)
	if err := checkName(name); err != nil {
		return nil, err
	}
	if st.Trails[name] != nil || s.shadow(ctx, name) != nil {
		return nil, &types.TrailAlreadyExistsException{Message: aws.String("Trail " + name + " already exists for customer: " + call.Account)}
	}
	if len(s.here(ctx, true)) >= mostTrails {
		return nil, &types.MaximumNumberOfTrailsExceededException{Message: aws.String("User: " + call.Account + " already has 5 trails in " + call.Region + ".")}
	}
	t := &Trail{
		Spec: types.Trail{
			Name: &name, TrailARN: aws.String("arn:" + call.Partition() + ":cloudtrail:" + call.Region + ":" + call.Account + ":trail/" + name), HomeRegion: aws.String(call.Region),
			S3BucketName: text(aws.ToString(in.S3BucketName)), S3KeyPrefix: text(aws.ToString(in.S3KeyPrefix)), KmsKeyId: text(aws.ToString(in.KmsKeyId)),
			CloudWatchLogsLogGroupArn: text(aws.ToString(in.CloudWatchLogsLogGroupArn)), CloudWatchLogsRoleArn: text(aws.ToString(in.CloudWatchLogsRoleArn)),
			LogFileValidationEnabled: aws.Bool(aws.ToBool(in.EnableLogFileValidation)), IsMultiRegionTrail: aws.Bool(aws.ToBool(in.IsMultiRegionTrail)),
			IncludeGlobalServiceEvents: aws.Bool(in.IncludeGlobalServiceEvents == nil || *in.IncludeGlobalServiceEvents), IsOrganizationTrail: aws.Bool(false),
			HasCustomEventSelectors: aws.Bool(false), HasInsightSelectors: aws.Bool(false),
		},
		Basic: []types.EventSelector{{ReadWriteType: types.ReadWriteTypeAll, IncludeManagementEvents: aws.Bool(true)}},
		Tags:  map[string]string{},
	}
	for _, tag := range in.TagsList {
		t.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if err := checkTags(t.Tags); err != nil {
		return nil, err
	}
	if err := s.check(ctx, &t.Spec); err != nil {
		return nil, err
	}
	st.Trails[name] = t
	sp := t.copied()
	return &cloudtrail.CreateTrailOutput{
		Name: sp.Name, TrailARN: sp.TrailARN, S3BucketName: sp.S3BucketName, S3KeyPrefix: sp.S3KeyPrefix, KmsKeyId: sp.KmsKeyId, CloudWatchLogsLogGroupArn: sp.CloudWatchLogsLogGroupArn,
		CloudWatchLogsRoleArn: sp.CloudWatchLogsRoleArn, LogFileValidationEnabled: sp.LogFileValidationEnabled, IsMultiRegionTrail: sp.IsMultiRegionTrail,
		IncludeGlobalServiceEvents: sp.IncludeGlobalServiceEvents, IsOrganizationTrail: sp.IsOrganizationTrail,
	}, nil
}

// UpdateTrail changes what the request names; an empty string takes something away. Only a trail's home region can.
func (s *Service) UpdateTrail(ctx context.Context, in *cloudtrail.UpdateTrailInput, _ ...Options) (*cloudtrail.UpdateTrailOutput, error) {
	t, err := s.find(ctx, in.Name, false)
	if err != nil {
		return nil, err
	}
	sp := t.copied()
	for to, from := range map[**string]*string{
		&sp.S3BucketName: in.S3BucketName, &sp.S3KeyPrefix: in.S3KeyPrefix, &sp.KmsKeyId: in.KmsKeyId,
		&sp.CloudWatchLogsLogGroupArn: in.CloudWatchLogsLogGroupArn, &sp.CloudWatchLogsRoleArn: in.CloudWatchLogsRoleArn,
	} {
		if from != nil {
			*to = text(*from)
		}
	}
	for to, from := range map[**bool]*bool{
		&sp.LogFileValidationEnabled: in.EnableLogFileValidation, &sp.IsMultiRegionTrail: in.IsMultiRegionTrail, &sp.IncludeGlobalServiceEvents: in.IncludeGlobalServiceEvents,
	} {
		if from != nil {
			*to = aws.Bool(*from)
		}
	}
	if err := s.check(ctx, &sp); err != nil {
		return nil, err
	}
	t.Spec = sp
	return &cloudtrail.UpdateTrailOutput{
		Name: sp.Name, TrailARN: sp.TrailARN, S3BucketName: sp.S3BucketName, S3KeyPrefix: sp.S3KeyPrefix, KmsKeyId: sp.KmsKeyId, CloudWatchLogsLogGroupArn: sp.CloudWatchLogsLogGroupArn,
		CloudWatchLogsRoleArn: sp.CloudWatchLogsRoleArn, LogFileValidationEnabled: sp.LogFileValidationEnabled, IsMultiRegionTrail: sp.IsMultiRegionTrail,
		IncludeGlobalServiceEvents: sp.IncludeGlobalServiceEvents, IsOrganizationTrail: sp.IsOrganizationTrail,
	}, nil
}

// DeleteTrail removes a trail, at its home region.
func (s *Service) DeleteTrail(ctx context.Context, in *cloudtrail.DeleteTrailInput, _ ...Options) (*cloudtrail.DeleteTrailOutput, error) {
	t, err := s.find(ctx, in.Name, false)
	if err != nil {
		return nil, err
	}
	delete(s.store.In(ctx).Trails, *t.Spec.Name)
	return &cloudtrail.DeleteTrailOutput{}, nil
}

// GetTrail answers one trail, a shadow too.
func (s *Service) GetTrail(ctx context.Context, in *cloudtrail.GetTrailInput, _ ...Options) (*cloudtrail.GetTrailOutput, error) {
	t, err := s.find(ctx, in.Name, true)
	if err != nil {
		return nil, err
	}
	sp := t.copied()
	return &cloudtrail.GetTrailOutput{Trail: &sp}, nil
}

// here are the trails that cover the request's region, by name.
func (s *Service) here(ctx context.Context, shadows bool) []*Trail {
	call := fakeaws.CallFrom(ctx)
	var out []*Trail
	s.store.Each(ctx, func(account, region string, st *State) {
		for _, t := range st.Trails {
			if account == call.Account && (region == call.Region || shadows && *t.Spec.IsMultiRegionTrail && fakeaws.Partition(region) == call.Partition()) {
				out = append(out, t)
			}
		}
	})
	slices.SortFunc(out, func(a, b *Trail) int { return strings.Compare(*a.Spec.TrailARN, *b.Spec.TrailARN) })
	return out
}

// DescribeTrails answers the region's trails, shadows too unless they are not wanted. Names that are unknown are left out.
func (s *Service) DescribeTrails(ctx context.Context, in *cloudtrail.DescribeTrailsInput, _ ...Options) (*cloudtrail.DescribeTrailsOutput, error) {
	out := &cloudtrail.DescribeTrailsOutput{TrailList: []types.Trail{}}
	for _, t := range s.here(ctx, in.IncludeShadowTrails == nil || *in.IncludeShadowTrails) {
		if len(in.TrailNameList) == 0 || slices.Contains(in.TrailNameList, *t.Spec.Name) || slices.Contains(in.TrailNameList, *t.Spec.TrailARN) {
			out.TrailList = append(out.TrailList, t.copied())
		}
	}
	return out, nil
}

// ListTrails answers the trails of all regions.
func (s *Service) ListTrails(ctx context.Context, in *cloudtrail.ListTrailsInput, _ ...Options) (*cloudtrail.ListTrailsOutput, error) {
	var found []types.TrailInfo
	s.store.Each(ctx, func(account, _ string, st *State) {
		for _, name := range slices.Sorted(maps.Keys(st.Trails)) {
			if t := st.Trails[name]; account == fakeaws.CallFrom(ctx).Account {
				found = append(found, types.TrailInfo{Name: aws.String(name), TrailARN: aws.String(*t.Spec.TrailARN), HomeRegion: aws.String(*t.Spec.HomeRegion)})
			}
		}
	})
	slices.SortFunc(found, func(a, b types.TrailInfo) int { return strings.Compare(*a.TrailARN, *b.TrailARN) })
	some, next, ok := fakeaws.Page(ctx, found, in.NextToken, (*int32)(nil), 100)
	if !ok {
		return nil, &types.InvalidTokenException{Message: aws.String("The token is not valid")}
	}
	return &cloudtrail.ListTrailsOutput{Trails: some, NextToken: next}, nil
}

// StartLogging begins to record.
func (s *Service) StartLogging(ctx context.Context, in *cloudtrail.StartLoggingInput, _ ...Options) (*cloudtrail.StartLoggingOutput, error) {
	t, err := s.find(ctx, in.Name, false)
	if err != nil {
		return nil, err
	}
	t.Logging, t.Started = true, now()
	return &cloudtrail.StartLoggingOutput{}, nil
}

// StopLogging ends recording.
func (s *Service) StopLogging(ctx context.Context, in *cloudtrail.StopLoggingInput, _ ...Options) (*cloudtrail.StopLoggingOutput, error) {
	t, err := s.find(ctx, in.Name, false)
	if err != nil {
		return nil, err
	}
	t.Logging, t.Stopped = false, now()
	return &cloudtrail.StopLoggingOutput{}, nil
}

// GetTrailStatus tells whether a trail records.
func (s *Service) GetTrailStatus(ctx context.Context, in *cloudtrail.GetTrailStatusInput, _ ...Options) (*cloudtrail.GetTrailStatusOutput, error) {
	t, err := s.find(ctx, in.Name, true)
	if err != nil {
		return nil, err
	}
	out := &cloudtrail.GetTrailStatusOutput{IsLogging: aws.Bool(t.Logging)}
	if t.Started != nil {
		out.StartLoggingTime, out.TimeLoggingStarted = aws.Time(*t.Started), aws.String(t.Started.Format(time.RFC3339))
	}
	if t.Stopped != nil {
		out.StopLoggingTime, out.TimeLoggingStopped = aws.Time(*t.Stopped), aws.String(t.Stopped.Format(time.RFC3339))
	}
	return out, nil
}

// copied is what is answered of a trail; it shares nothing with the state.
func (t *Trail) copied() types.Trail {
	out := t.Spec
	for _, p := range []**string{&out.Name, &out.TrailARN, &out.HomeRegion, &out.S3BucketName, &out.S3KeyPrefix, &out.KmsKeyId, &out.CloudWatchLogsLogGroupArn, &out.CloudWatchLogsRoleArn} {
		if *p != nil {
			*p = aws.String(**p)
		}
	}
	for _, p := range []**bool{&out.LogFileValidationEnabled, &out.IsMultiRegionTrail, &out.IncludeGlobalServiceEvents, &out.IsOrganizationTrail, &out.HasCustomEventSelectors, &out.HasInsightSelectors} {
		*p = aws.Bool(**p)
	}
	return out
}
