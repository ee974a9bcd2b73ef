package fakessmincidents_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessmincidents"
)

var ctx = context.Background()

func template() *types.IncidentTemplate {
	return &types.IncidentTemplate{Title: aws.String("Security Incident"), Impact: aws.Int32(3)}
}

// ready is a client of an account in which Incident Manager is set up. Call it in a synctest bubble.
func ready(t *testing.T) (*fakeaws.Cloud, *ssmincidents.Client, string) {
	t.Helper()
	cloud := fakeaws.New(fakessmincidents.Install)
	c := ssmincidents.NewFromConfig(cloud.Config())
	out, err := c.CreateReplicationSet(ctx, &ssmincidents.CreateReplicationSetInput{Regions: map[string]types.RegionMapInputValue{"us-east-1": {}}})
	require.NoError(t, err)
	time.Sleep(time.Minute)
	return cloud, c, *out.Arn
}

func TestSetBecomesActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ssmincidents.NewFromConfig(fakeaws.New(fakessmincidents.Install).Config())
		in := &ssmincidents.CreateReplicationSetInput{Regions: map[string]types.RegionMapInputValue{"us-east-1": {}}, ClientToken: aws.String("once")}
		made, err := c.CreateReplicationSet(ctx, in)
		require.NoError(t, err)
		again, err := c.CreateReplicationSet(ctx, in)
		require.NoError(t, err)
		require.Equal(t, made.Arn, again.Arn)
		_, err = c.CreateResponsePlan(ctx, &ssmincidents.CreateResponsePlanInput{Name: aws.String("MyResponsePlan"), IncidentTemplate: template()})
		var invalid *types.ValidationException
		require.ErrorAs(t, err, &invalid)
		got, err := c.GetReplicationSet(ctx, &ssmincidents.GetReplicationSetInput{Arn: made.Arn})
		require.NoError(t, err)
		require.Equal(t, types.ReplicationSetStatusCreating, got.ReplicationSet.Status)
		time.Sleep(time.Minute)
		got, err = c.GetReplicationSet(ctx, &ssmincidents.GetReplicationSetInput{Arn: made.Arn})
		require.NoError(t, err)
		require.Equal(t, types.ReplicationSetStatusActive, got.ReplicationSet.Status)
		_, err = c.CreateResponsePlan(ctx, &ssmincidents.CreateResponsePlanInput{Name: aws.String("MyResponsePlan"), IncidentTemplate: template()})
		require.NoError(t, err)
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, set := ready(t)
		plan := &ssmincidents.CreateResponsePlanInput{Name: aws.String("p"), IncidentTemplate: template()}
		_, err := c.CreateResponsePlan(ctx, plan)
		require.NoError(t, err)
		_, err = c.UpdateDeletionProtection(ctx, &ssmincidents.UpdateDeletionProtectionInput{Arn: &set, DeletionProtected: aws.Bool(true)})
		require.NoError(t, err)
		bad := func(change func(*ssmincidents.CreateResponsePlanInput)) func() error {
			return func() error {
				in := ssmincidents.CreateResponsePlanInput{Name: aws.String("q"), IncidentTemplate: template()}
				change(&in)
				_, err := c.CreateResponsePlan(ctx, &in)
				return err
			}
		}
		for name, call := range map[string]struct {
			do   func() error
			want any
		}{
			"a second set": {func() error {
				_, err := c.CreateReplicationSet(ctx, &ssmincidents.CreateReplicationSetInput{Regions: map[string]types.RegionMapInputValue{"eu-west-1": {}}})
				return err
			}, new(*types.ConflictException)},
			"a protected set": {func() error {
				_, err := c.DeleteReplicationSet(ctx, &ssmincidents.DeleteReplicationSetInput{Arn: &set})
				return err
			}, new(*types.ConflictException)},
			"a plan of the same name": {bad(func(in *ssmincidents.CreateResponsePlanInput) { in.Name = plan.Name }), new(*types.ConflictException)},
			"an unknown plan": {func() error {
				_, err := c.GetResponsePlan(ctx, &ssmincidents.GetResponsePlanInput{Arn: aws.String("arn:aws:ssm-incidents::123456789012:response-plan/x")})
				return err
			}, new(*types.ResourceNotFoundException)},
			"a name with a space": {bad(func(in *ssmincidents.CreateResponsePlanInput) { in.Name = aws.String("a b") }), new(*types.ValidationException)},
			"an impact of 6":      {bad(func(in *ssmincidents.CreateResponsePlanInput) { in.IncidentTemplate.Impact = aws.Int32(6) }), new(*types.ValidationException)},
			"a topic that is none": {bad(func(in *ssmincidents.CreateResponsePlanInput) {
				in.IncidentTemplate.NotificationTargets = []types.NotificationTargetItem{&types.NotificationTargetItemMemberSnsTopicArn{Value: "topic"}}
			}), new(*types.ValidationException)},
			"a role that is none": {bad(func(in *ssmincidents.CreateResponsePlanInput) {
				in.Actions = []types.Action{&types.ActionMemberSsmAutomation{Value: types.SsmAutomation{DocumentName: aws.String("d"), RoleArn: aws.String("role")}}}
			}), new(*types.ValidationException)},
			"a foreign page token": {func() error {
				_, err := c.ListResponsePlans(ctx, &ssmincidents.ListResponsePlansInput{NextToken: aws.String("x")})
				return err
			}, new(*types.ValidationException)},
			"no region": {func() error {
				_, err := c.UpdateReplicationSet(ctx, &ssmincidents.UpdateReplicationSetInput{Arn: &set, Actions: []types.UpdateReplicationSetAction{
					&types.UpdateReplicationSetActionMemberDeleteRegionAction{Value: types.DeleteRegionAction{RegionName: aws.String("us-east-1")}},
				}})
				return err
			}, new(*types.ValidationException)},
		} {
			require.ErrorAs(t, call.do(), call.want, name)
		}
	})
}

func TestPlansPageAndAreDeletedWithTheSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, set := ready(t)
		for i := range 3 {
			_, err := c.CreateResponsePlan(ctx, &ssmincidents.CreateResponsePlanInput{Name: aws.String(fmt.Sprint("plan-", i)), IncidentTemplate: template(), Tags: map[string]string{"team": "soc"}})
			require.NoError(t, err)
		}
		cloud.SetPageSize(1)
		first, err := c.ListResponsePlans(ctx, &ssmincidents.ListResponsePlansInput{})
		require.NoError(t, err)
		require.Len(t, first.ResponsePlanSummaries, 1)
		require.NotNil(t, first.NextToken)
		tags, err := c.ListTagsForResource(ctx, &ssmincidents.ListTagsForResourceInput{ResourceArn: first.ResponsePlanSummaries[0].Arn})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"team": "soc"}, tags.Tags)
		_, err = c.DeleteReplicationSet(ctx, &ssmincidents.DeleteReplicationSetInput{Arn: &set})
		require.NoError(t, err)
		sets, err := c.ListReplicationSets(ctx, &ssmincidents.ListReplicationSetsInput{})
		require.NoError(t, err)
		require.Empty(t, sets.ReplicationSetArns)
	})
}

func Example() {
	cloud := fakeaws.New(fakessmincidents.Install)
	c := ssmincidents.NewFromConfig(cloud.Config())
	_, err := c.CreateReplicationSet(context.Background(), &ssmincidents.CreateReplicationSetInput{Regions: map[string]types.RegionMapInputValue{"us-east-1": {}, "us-west-2": {}}})
	fmt.Println(err)
	sets, err := c.ListReplicationSets(context.Background(), &ssmincidents.ListReplicationSetsInput{})
	fmt.Println(len(sets.ReplicationSetArns), err)
	// Output:
	// <nil>
	// 1 <nil>
}
