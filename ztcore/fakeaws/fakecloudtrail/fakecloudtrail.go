// Package fakecloudtrail is the trails of CloudTrail of a fakeaws.Cloud.
//
// Modelled: trails of one or all regions (with their shadows in the other regions), logging, event and Insights selectors, and
// tags. When a trail is made or changed, the fake looks at what AWS looks at: that the bucket exists and its policy lets
// CloudTrail in for this trail, that the key's policy does, that the log group exists and that the role is known, as far as
// the services that know are installed. It evaluates the real policies.
//
// Not modelled: events and their delivery, organization trails, notification by SNS, event data stores, queries, channels
// and imports. What the role trusts and may do is not looked at.
package fakecloudtrail

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles CloudTrail.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Trails map[string]*Trail // whose home the region is, by name
}

// Trail is a trail.
type Trail struct {
	Spec             types.Trail
	Logging          bool
	Started, Stopped *time.Time
	Basic            []types.EventSelector
	Advanced         []types.AdvancedEventSelector
	Insights         []types.InsightSelector
	Tags             map[string]string
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*cloudtrail.Options)

// Install adds CloudTrail to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "cloudtrail", fakeaws.Regional, func(string, string) *State { return &State{Trails: map[string]*Trail{}} })

	fakeaws.On(c, s.CreateTrail, "Name", "S3BucketName", "S3KeyPrefix", "KmsKeyId", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn",
		"EnableLogFileValidation", "IncludeGlobalServiceEvents", "IsMultiRegionTrail", "TagsList")
	fakeaws.On(c, s.UpdateTrail, "Name", "S3BucketName", "S3KeyPrefix", "KmsKeyId", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn",
		"EnableLogFileValidation", "IncludeGlobalServiceEvents", "IsMultiRegionTrail")
	fakeaws.On(c, s.DeleteTrail, "Name")
	fakeaws.On(c, s.GetTrail, "Name")
	fakeaws.On(c, s.DescribeTrails, "TrailNameList", "IncludeShadowTrails")
	fakeaws.On(c, s.ListTrails, "NextToken")
	fakeaws.On(c, s.StartLogging, "Name")
	fakeaws.On(c, s.StopLogging, "Name")
	fakeaws.On(c, s.GetTrailStatus, "Name")
	fakeaws.On(c, s.PutEventSelectors, "TrailName", "EventSelectors", "AdvancedEventSelectors")
	fakeaws.On(c, s.GetEventSelectors, "TrailName")
	fakeaws.On(c, s.PutInsightSelectors, "TrailName", "InsightSelectors")
	fakeaws.On(c, s.GetInsightSelectors, "TrailName")
	fakeaws.On(c, s.AddTags, "ResourceId", "TagsList")
	fakeaws.On(c, s.RemoveTags, "ResourceId", "TagsList")
	fakeaws.On(c, s.ListTags, "ResourceIdList", "NextToken")
}

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
var (
	trailName = regexp.MustCompile(`^[a-zA-Z0-9]+([._-][a-zA-Z0-9]+)*$`)
	ipAddress = regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
)

func checkName(name string) error {
	if len(name) < 3 || len(name) > 128 || !trailName.MatchString(name) || ipAddress.MatchString(name) {
		return &types.InvalidTrailNameException{Message: aws.String("Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_): " + name)}
	}
	return nil
}

// find looks a trail up by name or ARN: those at home here, and with shadows those of the account's other regions that cover
// this one.
func (s *Service) find(ctx context.Context, ref *string, shadows bool) (*Trail, error) {
	call, name := fakeaws.CallFrom(ctx), aws.ToString(ref)
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 {
		name = strings.TrimPrefix(parts[5], "trail/")
		if parts[2] != "cloudtrail" || !strings.HasPrefix(parts[5], "trail/") {
			return nil, &types.CloudTrailARNInvalidException{Message: aws.String("Invalid ARN: " + *ref)}
		}
	} else if err := checkName(name); err != nil {
		return nil, err
	}
	if t := s.store.In(ctx).Trails[name]; t != nil && (*ref == name || *ref == *t.Spec.TrailARN) {
		return t, nil
	}
	if t := s.shadow(ctx, name); t != nil && (*ref == name || *ref == *t.Spec.TrailARN) {
		if !shadows {
			return nil, &types.InvalidHomeRegionException{Message: aws.String("The specified trail's home region is " + *t.Spec.HomeRegion + ": " + name)}
		}
		return t, nil
	}
	return nil, &types.TrailNotFoundException{Message: aws.String(fmt.Sprintf("Unknown trail: %s for the user: %s", aws.ToString(ref), call.Account))}
}

// shadow finds a trail of another region that covers this one.
func (s *Service) shadow(ctx context.Context, name string) (found *Trail) {
	call := fakeaws.CallFrom(ctx)
	s.store.Each(ctx, func(account, region string, st *State) {
		if t := st.Trails[name]; account == call.Account && region != call.Region && t != nil && *t.Spec.IsMultiRegionTrail && fakeaws.Partition(region) == call.Partition() {
			found = t
		}
	})
	return found
}

// now is in UTC and in milliseconds, as the service's dates are.
func now() *time.Time { return aws.Time(time.Now().UTC().Truncate(time.Millisecond)) }

// text is nil for an empty string, as AWS leaves out what is not set.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
