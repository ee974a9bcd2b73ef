package fakewellarchitected_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakewellarchitected"
)

var (
	ctx  = context.Background()
	lens = aws.String("wellarchitected")
)

func client() (*fakeaws.Cloud, *wellarchitected.Client) {
	cloud := fakeaws.New(fakewellarchitected.Install)
	return cloud, wellarchitected.NewFromConfig(cloud.Config())
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func plain(name string) *wellarchitected.CreateWorkloadInput {
	return &wellarchitected.CreateWorkloadInput{
		WorkloadName: &name, Description: aws.String("Review of production environment"), Environment: types.WorkloadEnvironmentProduction, Lenses: []string{"wellarchitected"},
		ReviewOwner: aws.String("security@example.com"), AwsRegions: []string{"us-east-1"},
	}
}

func create(t *testing.T, c *wellarchitected.Client, name string) *string {
	t.Helper()
	out, err := c.CreateWorkload(ctx, plain(name))
	require.NoError(t, err)
	return out.WorkloadId
}

func TestAnswersAndMilestones(t *testing.T) {
	_, c := client()
	id := create(t, c, "MyWorkload")
	risks := func(milestone *int32) map[string]int32 {
		out, err := c.GetLensReview(ctx, &wellarchitected.GetLensReviewInput{WorkloadId: id, LensAlias: lens, MilestoneNumber: milestone})
		require.NoError(t, err)
		return out.LensReview.RiskCounts
	}
	require.Equal(t, map[string]int32{"UNANSWERED": 10}, risks(nil))
	for question, choices := range map[string][]string{
		"protect-data-transit": {"sec_protect_data_transit_key_cert_mgmt", "sec_protect_data_transit_encrypt", "sec_protect_data_transit_authentication"},
		"protect-data-rest":    {"sec_protect_data_rest_encrypt", "sec_protect_data_rest_key_mgmt"}, "identities": {"sec_identities_no"},
	} {
		_, err := c.UpdateAnswer(ctx, &wellarchitected.UpdateAnswerInput{WorkloadId: id, LensAlias: lens, QuestionId: &question, SelectedChoices: choices})
		require.NoError(t, err)
	}
	_, err := c.UpdateAnswer(ctx, &wellarchitected.UpdateAnswerInput{WorkloadId: id, LensAlias: lens, QuestionId: aws.String("data-classification"), IsApplicable: aws.Bool(false), Reason: types.AnswerReasonOutOfScope})
	require.NoError(t, err)
	want := map[string]int32{"UNANSWERED": 6, "NONE": 1, "MEDIUM": 1, "HIGH": 1, "NOT_APPLICABLE": 1}
	require.Equal(t, want, risks(nil))
	made, err := c.CreateMilestone(ctx, &wellarchitected.CreateMilestoneInput{WorkloadId: id, MilestoneName: aws.String("2027 Q1")})
	require.NoError(t, err)
	_, err = c.UpdateAnswer(ctx, &wellarchitected.UpdateAnswerInput{WorkloadId: id, LensAlias: lens, QuestionId: aws.String("identities"), SelectedChoices: []string{"sec_identities_unique"}})
	require.NoError(t, err)
	require.Equal(t, want, risks(made.MilestoneNumber))
	then, err := c.GetAnswer(ctx, &wellarchitected.GetAnswerInput{WorkloadId: id, LensAlias: lens, QuestionId: aws.String("identities"), MilestoneNumber: made.MilestoneNumber})
	require.NoError(t, err)
	require.Equal(t, []string{"sec_identities_no"}, then.Answer.SelectedChoices, "a milestone keeps what was")
}

func TestListsPage(t *testing.T) {
	cloud, c := client()
	for _, n := range []string{"two", "one", "another"} {
		create(t, c, n)
	}
	cloud.SetPageSize(1)
	var names []string
	for p := wellarchitected.NewListWorkloadsPaginator(c, &wellarchitected.ListWorkloadsInput{}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, out.WorkloadSummaries, 1)
		names = append(names, *out.WorkloadSummaries[0].WorkloadName)
	}
	require.Equal(t, []string{"another", "one", "two"}, names)
	_, err := c.ListWorkloads(ctx, &wellarchitected.ListWorkloadsInput{NextToken: aws.String("x")})
	require.Equal(t, "ValidationException", code(err))
}

func TestTags(t *testing.T) {
	_, c := client()
	out, err := c.CreateWorkload(ctx, plain("MyWorkload"))
	require.NoError(t, err)
	_, err = c.TagResource(ctx, &wellarchitected.TagResourceInput{WorkloadArn: out.WorkloadArn, Tags: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &wellarchitected.UntagResourceInput{WorkloadArn: out.WorkloadArn, TagKeys: []string{"a"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &wellarchitected.ListTagsForResourceInput{WorkloadArn: out.WorkloadArn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2"}, tags.Tags)
}

func TestRefusals(t *testing.T) {
	_, c := client()
	id := create(t, c, "My Workload")
	for name, x := range map[string]struct {
		change func(*wellarchitected.CreateWorkloadInput)
		code   string
	}{
		"the name but for spaces and case": {func(in *wellarchitected.CreateWorkloadInput) { in.WorkloadName = aws.String("myworkload") }, "ConflictException"},
		"a short name":                     {func(in *wellarchitected.CreateWorkloadInput) { in.WorkloadName = aws.String("x") }, "ValidationException"},
		"no owner":                         {func(in *wellarchitected.CreateWorkloadInput) { in.ReviewOwner = nil }, "ValidationException"},
		"no regions":                       {func(in *wellarchitected.CreateWorkloadInput) { in.AwsRegions = nil }, "ValidationException"},
		"a bad account":                    {func(in *wellarchitected.CreateWorkloadInput) { in.AccountIds = []string{"1"} }, "ValidationException"},
		"a bad environment":                {func(in *wellarchitected.CreateWorkloadInput) { in.Environment = "TEST" }, "ValidationException"},
		"an unknown lens":                  {func(in *wellarchitected.CreateWorkloadInput) { in.Lenses = []string{"mine"} }, "ResourceNotFoundException"},
		"a reserved tag":                   {func(in *wellarchitected.CreateWorkloadInput) { in.Tags = map[string]string{"aws:x": ""} }, "ValidationException"},
	} {
		in := plain("Another")
		x.change(in)
		_, err := c.CreateWorkload(ctx, in)
		require.Equal(t, x.code, code(err), "%s: %v", name, err)
	}
	answer := func(question string, choices ...string) error {
		_, err := c.UpdateAnswer(ctx, &wellarchitected.UpdateAnswerInput{WorkloadId: id, LensAlias: lens, QuestionId: &question, SelectedChoices: choices})
		return err
	}
	require.Equal(t, "ResourceNotFoundException", code(answer("why")))
	require.Equal(t, "ValidationException", code(answer("identities", "sec_permissions_define")))
	require.Equal(t, "ValidationException", code(answer("identities", "sec_identities_no", "sec_identities_unique")))
	_, err := c.UpdateWorkload(ctx, &wellarchitected.UpdateWorkloadInput{WorkloadId: id, ReviewOwner: aws.String("somebody else")})
	require.ErrorContains(t, err, "IsReviewOwnerUpdateAcknowledged")
	for i, want := range []string{"<nil>", "ConflictException"} {
		_, err := c.CreateMilestone(ctx, &wellarchitected.CreateMilestoneInput{WorkloadId: id, MilestoneName: aws.String("one")})
		require.Equal(t, want, code(err), i)
	}
	var none *types.ResourceNotFoundException
	_, err = c.GetWorkload(ctx, &wellarchitected.GetWorkloadInput{WorkloadId: aws.String("none")})
	require.ErrorAs(t, err, &none)
}

func Example() {
	ctx, client := context.Background(), wellarchitected.NewFromConfig(fakeaws.New(fakewellarchitected.Install).Config())
	made, err := client.CreateWorkload(ctx, plain("MyWorkload"))
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := client.GetWorkload(ctx, &wellarchitected.GetWorkloadInput{WorkloadId: made.WorkloadId})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*got.Workload.WorkloadName, got.Workload.RiskCounts)
	// Output: MyWorkload map[UNANSWERED:10]
}
