package fakecloudtrail_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudtrail"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakelogs"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
)

var ctx = context.Background()

const (
	trailARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/my-trail"
	bucket   = "my-cloudtrail-bucket"
)

func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	return api.ErrorCode()
}

func second[O any](_ O, err error) error { return err }

func bucketPolicy(sourceARN string) *string {
	return aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::%[1]s","Condition":{"StringEquals":{"aws:SourceArn":"%[2]s"}}},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::%[1]s/AWSLogs/123456789012/*",
		 "Condition":{"StringEquals":{"aws:SourceArn":"%[2]s","s3:x-amz-acl":"bucket-owner-full-control"}}}]}`, bucket, sourceARN))
}

func newCloud(t *testing.T) (*fakeaws.Cloud, *cloudtrail.Client) {
	t.Helper()
	cloud := fakeaws.New(fakecloudtrail.Install, fakes3.Install, fakekms.Install, fakelogs.Install, fakeiam.Install)
	buckets := s3.NewFromConfig(cloud.Config())
	require.NoError(t, second(buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)})))
	require.NoError(t, second(buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: bucketPolicy(trailARN)})))
	return cloud, cloudtrail.NewFromConfig(cloud.Config())
}

func myTrail() *cloudtrail.CreateTrailInput {
	return &cloudtrail.CreateTrailInput{Name: aws.String("my-trail"), S3BucketName: aws.String(bucket)}
}

func TestRefusals(t *testing.T) {
	cloud, client := newCloud(t)
	keys := kms.NewFromConfig(cloud.Config())
	key, err := keys.CreateKey(ctx, nil)
	require.NoError(t, err)
	group := aws.String("arn:aws:logs:us-east-1:123456789012:log-group:trail:*")
	for name, c := range map[string]struct {
		change func(*cloudtrail.CreateTrailInput)
		code   string
	}{
		"short name":     {func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String("ab") }, "InvalidTrailNameException"},
		"adjacent signs": {func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String("my-_trail") }, "InvalidTrailNameException"},
		"address":        {func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String("192.168.5.4") }, "InvalidTrailNameException"},
		"bucket name":    {func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String("A") }, "InvalidS3BucketNameException"},
		"no bucket":      {func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = aws.String("nobodys") }, "S3BucketDoesNotExistException"},
		"other trail":    {func(in *cloudtrail.CreateTrailInput) { in.Name = aws.String("other-trail") }, "InsufficientS3BucketPolicyException"},
		"other prefix":   {func(in *cloudtrail.CreateTrailInput) { in.S3KeyPrefix = aws.String("x") }, "InsufficientS3BucketPolicyException"},
		"long prefix":    {func(in *cloudtrail.CreateTrailInput) { in.S3KeyPrefix = aws.String(strings.Repeat("x", 201)) }, "InvalidS3PrefixException"},
		"no global events": {func(in *cloudtrail.CreateTrailInput) {
			in.IsMultiRegionTrail, in.IncludeGlobalServiceEvents = aws.Bool(true), aws.Bool(false)
		}, "InvalidParameterCombinationException"},
		"no key":             {func(in *cloudtrail.CreateTrailInput) { in.KmsKeyId = aws.String("alias/none") }, "KmsKeyNotFoundException"},
		"key without policy": {func(in *cloudtrail.CreateTrailInput) { in.KmsKeyId = key.KeyMetadata.Arn }, "InsufficientEncryptionPolicyException"},
		"group without role": {func(in *cloudtrail.CreateTrailInput) { in.CloudWatchLogsLogGroupArn = group }, "InvalidCloudWatchLogsRoleArnException"},
		"role without group": {func(in *cloudtrail.CreateTrailInput) {
			in.CloudWatchLogsRoleArn = aws.String("arn:aws:iam::123456789012:role/r")
		}, "InvalidCloudWatchLogsLogGroupArnException"},
		"no group": {func(in *cloudtrail.CreateTrailInput) {
			in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn = group, aws.String("arn:aws:iam::123456789012:role/r")
		}, "InvalidCloudWatchLogsLogGroupArnException"},
		"tag": {func(in *cloudtrail.CreateTrailInput) {
			in.TagsList = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("1")}}
		}, "InvalidTagParameterException"},
	} {
		in := myTrail()
		c.change(in)
		err := second(client.CreateTrail(ctx, in))
		require.Equal(t, c.code, code(err), "%s: %v", name, err)
	}
	require.NoError(t, second(client.CreateTrail(ctx, myTrail())))
	require.Equal(t, "TrailAlreadyExistsException", code(second(client.CreateTrail(ctx, myTrail()))))
	var missing *types.TrailNotFoundException
	require.ErrorAs(t, second(client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("nobody")})), &missing)
	selectors := func(in cloudtrail.PutEventSelectorsInput) string {
		in.TrailName = aws.String("my-trail")
		return code(second(client.PutEventSelectors(ctx, &in)))
	}
	field := func(name string, values ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &name, Equals: values}
	}
	for name, in := range map[string]cloudtrail.PutEventSelectorsInput{
		"none":                   {},
		"both":                   {EventSelectors: make([]types.EventSelector, 1), AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{field("eventCategory", "Management")}}}},
		"too many":               {EventSelectors: make([]types.EventSelector, 6)},
		"data of another kind":   {EventSelectors: []types.EventSelector{{DataResources: []types.DataResource{{Type: aws.String("AWS::SNS::Topic")}}}}},
		"excluded source":        {EventSelectors: []types.EventSelector{{ExcludeManagementEventSources: []string{"s3.amazonaws.com"}}}},
		"no category":            {AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{field("readOnly", "true")}}}},
		"data without its type":  {AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{field("eventCategory", "Data")}}}},
		"field twice":            {AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{field("eventCategory", "Data"), field("eventCategory", "Data")}}}},
		"operator of a category": {AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{{Field: aws.String("eventCategory"), NotEquals: []string{"Data"}}}}}},
	} {
		require.Equal(t, "InvalidEventSelectorsException", selectors(in), name)
	}
	require.Equal(t, "InsightNotEnabledException", code(second(client.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: aws.String("my-trail")}))))
	require.Equal(t, "InvalidInsightSelectorsException", code(second(client.PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: aws.String("my-trail"), InsightSelectors: []types.InsightSelector{{InsightType: "Weather"}}}))))
	require.Equal(t, "CloudTrailARNInvalidException", code(second(client.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: aws.String("my-trail"), TagsList: []types.Tag{}}))))
	require.Equal(t, "ResourceNotFoundException", code(second(client.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{trailARN + "s"}}))))
	require.Equal(t, "InvalidTokenException", code(second(client.ListTrails(ctx, &cloudtrail.ListTrailsInput{NextToken: aws.String("x")}))))
}

// The bucket's policy has to be there before the trail, and names the trail.
func TestBucketPolicyComesFirst(t *testing.T) {
	cloud, client := newCloud(t)
	buckets := s3.NewFromConfig(cloud.Config())
	require.NoError(t, second(buckets.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String(bucket)})))
	var insufficient *types.InsufficientS3BucketPolicyException
	require.ErrorAs(t, second(client.CreateTrail(ctx, myTrail())), &insufficient)
	require.NoError(t, second(buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: bucketPolicy(trailARN + "-of-another")})))
	require.ErrorAs(t, second(client.CreateTrail(ctx, myTrail())), &insufficient)
	require.NoError(t, second(buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: bucketPolicy(trailARN)})))
	require.NoError(t, second(client.CreateTrail(ctx, myTrail())))
}

func TestTrail(t *testing.T) {
	_, client := newCloud(t)
	made, err := client.CreateTrail(ctx, myTrail())
	require.NoError(t, err)
	require.Equal(t, trailARN, *made.TrailARN)
	require.True(t, *made.IncludeGlobalServiceEvents, "AWS's default")
	require.False(t, *made.IsMultiRegionTrail)
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &[]string{trailARN}[0]})
	require.NoError(t, err)
	require.False(t, *status.IsLogging, "a new trail does not log")
	events, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: aws.String("my-trail")})
	require.NoError(t, err)
	require.Equal(t, types.ReadWriteTypeAll, events.EventSelectors[0].ReadWriteType)

	require.NoError(t, second(client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("my-trail")})))
	require.NoError(t, second(client.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("my-trail"), EnableLogFileValidation: aws.Bool(true)})))
	require.NoError(t, second(client.PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: aws.String("my-trail"), InsightSelectors: []types.InsightSelector{{InsightType: types.InsightTypeApiCallRateInsight}}})))
	got, err := client.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: aws.String("my-trail")})
	require.NoError(t, err)
	require.True(t, *got.Trail.LogFileValidationEnabled)
	require.True(t, *got.Trail.HasInsightSelectors)
	require.Equal(t, bucket, *got.Trail.S3BucketName, "what a request does not name stays")

	require.NoError(t, second(client.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: aws.String(trailARN), TagsList: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})))
	require.NoError(t, second(client.RemoveTags(ctx, &cloudtrail.RemoveTagsInput{ResourceId: aws.String(trailARN), TagsList: []types.Tag{{Key: aws.String("a")}}})))
	tags, err := client.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{trailARN}})
	require.NoError(t, err)
	require.Len(t, tags.ResourceTagList[0].TagsList, 1)
	require.NoError(t, second(client.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: aws.String(trailARN)})))
	require.Equal(t, "TrailNotFoundException", code(second(client.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: aws.String("my-trail")}))))
}

// A trail of all regions is seen in each, and changed at home alone.
func TestShadows(t *testing.T) {
	cloud, client := newCloud(t)
	in := myTrail()
	in.IsMultiRegionTrail = aws.Bool(true)
	require.NoError(t, second(client.CreateTrail(ctx, in)))
	away := cloudtrail.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1"))
	seen, err := away.DescribeTrails(ctx, nil)
	require.NoError(t, err)
	require.Len(t, seen.TrailList, 1)
	require.Equal(t, "us-east-1", *seen.TrailList[0].HomeRegion)
	seen, err = away.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)})
	require.NoError(t, err)
	require.Empty(t, seen.TrailList)
	require.NoError(t, second(away.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(trailARN)})))
	require.Equal(t, "InvalidHomeRegionException", code(second(away.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String(trailARN)}))))
	require.Equal(t, "TrailAlreadyExistsException", code(second(away.CreateTrail(ctx, in))))
	foreign := cloudtrail.NewFromConfig(cloud.ConfigFor("210987654321", "eu-west-1"))
	seen, err = foreign.DescribeTrails(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, seen.TrailList)
}

func TestPagesOfOne(t *testing.T) {
	cloud := fakeaws.New(fakecloudtrail.Install)
	cloud.SetPageSize(1)
	client := cloudtrail.NewFromConfig(cloud.Config())
	for i := range 5 {
		require.NoError(t, second(client.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String(fmt.Sprint("trail", i)), S3BucketName: aws.String(bucket)})))
	}
	require.Equal(t, "MaximumNumberOfTrailsExceededException", code(second(client.CreateTrail(ctx, myTrail()))))
	n := 0
	for in := (&cloudtrail.ListTrailsInput{}); ; n++ {
		out, err := client.ListTrails(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.Trails, 1)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, 4, n)
}

// CloudTrail does not know a role of a moment ago.
func TestYoungRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, client := newCloud(t)
		cloud.SetPropagation(5 * time.Second)
		require.NoError(t, second(cloudwatchlogs.NewFromConfig(cloud.Config()).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("trail")})))
		role, err := iam.NewFromConfig(cloud.Config()).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
		require.NoError(t, err)
		in := myTrail()
		in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn = aws.String("arn:aws:logs:us-east-1:123456789012:log-group:trail:*"), role.Role.Arn
		require.Equal(t, "InvalidCloudWatchLogsRoleArnException", code(second(client.CreateTrail(ctx, in))))
		time.Sleep(5 * time.Second)
		require.NoError(t, second(client.CreateTrail(ctx, in)))
	})
}

// Without a policy that lets CloudTrail in, a bucket takes no trail.
func Example() {
	cloud := fakeaws.New(fakecloudtrail.Install, fakes3.Install)
	if _, err := s3.NewFromConfig(cloud.Config()).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("my-cloudtrail-bucket")}); err != nil {
		fmt.Println(err)
		return
	}
	_, err := cloudtrail.NewFromConfig(cloud.Config()).CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String("my-trail"), S3BucketName: aws.String("my-cloudtrail-bucket")})
	var insufficient *types.InsufficientS3BucketPolicyException
	fmt.Println(errors.As(err, &insufficient))
	// Output:
	// true
}
