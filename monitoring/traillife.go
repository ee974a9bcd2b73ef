package monitoring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// at is a client for a trail's home region, where alone it can be changed.
func at(sc *ztcore.Scope, home string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(sc.Config, func(o *cloudtrail.Options) {
		if home != "" {
			o.Region = home
		}
	})
}

func readTrails(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[trailState]) ([]trailState, error) {
	all, err := at(sc, sc.Region).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return nil, err
	}
	var found []*trailState
	for _, t := range all.TrailList {
		if name := *t.Name; q.Owned || slices.ContainsFunc(q.Want, func(w trailState) bool { return w.Name == name }) {
			found = append(found, seenTrail(t))
		}
	}
	err = ztcore.Each(ctx, len(found), func(ctx context.Context, i int) error {
		err := found[i].fill(ctx, sc)
		if noTrail(err) {
			found[i], err = nil, nil // it has gone since
		}
		return err
	})
	return present(found), err
}

func seenTrail(t types.Trail) *trailState {
	return &trailState{
		Name: *t.Name, Bucket: aws.ToString(t.S3BucketName), Prefix: aws.ToString(t.S3KeyPrefix), Key: aws.ToString(t.KmsKeyId), LogGroup: aws.ToString(t.CloudWatchLogsLogGroupArn),
		Role: aws.ToString(t.CloudWatchLogsRoleArn), MultiRegion: aws.ToBool(t.IsMultiRegionTrail), GlobalEvents: aws.ToBool(t.IncludeGlobalServiceEvents),
		Validated: aws.ToBool(t.LogFileValidationEnabled), ARN: aws.ToString(t.TrailARN), Home: aws.ToString(t.HomeRegion),
	}
}

// noTrail recognizes CloudTrail's own answers for what does not exist.
func noTrail(err error) bool {
	missing, untagged := new(types.TrailNotFoundException), new(types.ResourceNotFoundException)
	return errors.As(err, &missing) || errors.As(err, &untagged)
}

// fill adds what the list of trails does not tell. Of the organization's trails a member sees no more.
func (s *trailState) fill(ctx context.Context, sc *ztcore.Scope) error {
	if !strings.Contains(s.ARN, ":"+sc.Account+":") {
		return nil
	}
	client := at(sc, s.Home)
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &s.ARN})
	if err != nil {
		return err
	}
	s.Logging = aws.ToBool(status.IsLogging)
	selectors, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &s.ARN})
	if err != nil {
		return err
	}
	s.Events, s.Insights = seenEvents(selectors), []string{}
	insights, err := client.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: &s.ARN})
	if off := new(types.InsightNotEnabledException); err != nil && !errors.As(err, &off) {
		return err
	} else if err == nil {
		for _, i := range insights.InsightSelectors {
			s.Insights = append(s.Insights, string(i.InsightType))
		}
	}
	tags, err := client.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{s.ARN}})
	if err != nil {
		return err
	}
	for _, t := range tags.ResourceTagList {
		s.Tags = tagMap(t.TagsList, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
	}
	return nil
}

func trailTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

// unlessEmpty is nil for what is left out of a new trail.
func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func createTrail(ctx context.Context, sc *ztcore.Scope, want trailState) error {
	client := at(sc, sc.Region)
	_, err := client.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &want.Name, S3BucketName: &want.Bucket, S3KeyPrefix: unlessEmpty(want.Prefix), KmsKeyId: unlessEmpty(want.Key), CloudWatchLogsLogGroupArn: unlessEmpty(want.LogGroup),
		CloudWatchLogsRoleArn: unlessEmpty(want.Role), IsMultiRegionTrail: &want.MultiRegion, IncludeGlobalServiceEvents: &want.GlobalEvents, EnableLogFileValidation: &want.Validated,
		TagsList: trailTags(want.Tags),
	})
	if err != nil {
		return err
	}
	return bringTrail(ctx, client, want, func(fields ...string) bool { // a new trail does not log, and has no Insights
		return fields[0] == "Logging" && want.Logging || fields[0] == "Events" || fields[0] == "Insights" && len(want.Insights) > 0
	})
}

// updateTrail sends what has changed; an empty string takes something away.
func updateTrail(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[trailState]) error {
	client, want := at(sc, u.Have.Home), u.Want
	if u.Have.Home != sc.Region && u.Changed("Bucket", "Key", "LogGroup", "Role") {
		return fmt.Errorf("%s is at home in %s, where it already records %s: leave it out of what is declared for other regions", want.Name, u.Have.Home, sc.Region)
	}
	if u.Changed("Bucket", "Prefix", "Key", "LogGroup", "Role", "MultiRegion", "GlobalEvents", "Validated") {
		in := &cloudtrail.UpdateTrailInput{Name: &want.Name, IsMultiRegionTrail: &want.MultiRegion, IncludeGlobalServiceEvents: &want.GlobalEvents, EnableLogFileValidation: &want.Validated}
		for _, f := range []struct {
			name  string
			to    **string
			value *string
		}{{"Bucket", &in.S3BucketName, &want.Bucket}, {"Prefix", &in.S3KeyPrefix, &want.Prefix}, {"Key", &in.KmsKeyId, &want.Key}, {"LogGroup", &in.CloudWatchLogsLogGroupArn, &want.LogGroup}, {"Role", &in.CloudWatchLogsRoleArn, &want.Role}} {
			if u.Changed(f.name) {
				*f.to = f.value
			}
		}
		if _, err := client.UpdateTrail(ctx, in); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		if _, err := client.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: &u.Have.ARN, TagsList: trailTags(want.Tags)}); err != nil {
			return err
		}
	}
	return bringTrail(ctx, client, want, u.Changed)
}

// bringTrail sets what has calls of its own. Logging begins before anything is narrowed.
func bringTrail(ctx context.Context, client *cloudtrail.Client, want trailState, changed func(...string) bool) (err error) {
	if changed("Logging") && want.Logging {
		_, err = client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &want.Name})
	}
	if err == nil && changed("Events") {
		_, err = client.PutEventSelectors(ctx, selectors(want))
	}
	if err == nil && changed("Insights") {
		in := &cloudtrail.PutInsightSelectorsInput{TrailName: &want.Name, InsightSelectors: []types.InsightSelector{}}
		for _, i := range want.Insights {
			in.InsightSelectors = append(in.InsightSelectors, types.InsightSelector{InsightType: types.InsightType(i)})
		}
		_, err = client.PutInsightSelectors(ctx, in)
	}
	if err == nil && changed("Logging") && !want.Logging {
		_, err = client.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &want.Name})
	}
	return err
}

func deleteTrail(ctx context.Context, sc *ztcore.Scope, have trailState) error {
	_, err := at(sc, have.Home).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &have.Name})
	if noTrail(err) {
		return nil
	}
	return err
}
