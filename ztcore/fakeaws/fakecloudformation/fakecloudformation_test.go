package fakecloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudformation"
)

var ctx = context.Background()

const (
	one   = `{"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}`
	two   = `{"Resources":{"A":{"Type":"AWS::SNS::Topic"},"B":{"Type":"AWS::SQS::Queue"}}}`
	asked = `{"Parameters":{"Name":{"Type":"String"},"Token":{"Type":"String","NoEcho":true,"Default":"none"}},"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}`
	role  = `{"Resources":{"A":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"r"}}}}`
)

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func client() (*fakeaws.Cloud, *cloudformation.Client) {
	cloud := fakeaws.New(fakecloudformation.Install)
	return cloud, cloudformation.NewFromConfig(cloud.Config())
}

func changeSet(c *cloudformation.Client, kind types.ChangeSetType, name, template string, more ...func(*cloudformation.CreateChangeSetInput)) error {
	in := &cloudformation.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: &name, ChangeSetType: kind, TemplateBody: &template}
	for _, f := range more {
		f(in)
	}
	_, err := c.CreateChangeSet(ctx, in)
	return err
}

func execute(c *cloudformation.Client, name string) error {
	_, err := c.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: aws.String("s"), ChangeSetName: &name})
	return err
}

// create makes the stack s.
func create(t *testing.T, c *cloudformation.Client, template string, more ...func(*cloudformation.CreateChangeSetInput)) {
	t.Helper()
	require.NoError(t, changeSet(c, types.ChangeSetTypeCreate, "create", template, more...))
	time.Sleep(5 * time.Second)
	require.NoError(t, execute(c, "create"))
	time.Sleep(10 * time.Second)
}

func status(t *testing.T, c *cloudformation.Client) types.StackStatus {
	t.Helper()
	out, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("s")})
	require.NoError(t, err)
	return out.Stacks[0].StackStatus
}

func TestLifeOfAStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client()
		require.NoError(t, changeSet(c, types.ChangeSetTypeCreate, "create", one))
		require.Equal(t, types.StackStatusReviewInProgress, status(t, c))
		require.Equal(t, "InvalidChangeSetStatus", code(execute(c, "create")), "it is pending")
		time.Sleep(5 * time.Second)
		require.NoError(t, execute(c, "create"))
		require.Equal(t, types.StackStatusCreateInProgress, status(t, c))
		require.Equal(t, "ValidationError", code(changeSet(c, types.ChangeSetTypeUpdate, "early", two)))
		time.Sleep(10 * time.Second)
		require.Equal(t, types.StackStatusCreateComplete, status(t, c))

		require.NoError(t, changeSet(c, types.ChangeSetTypeUpdate, "update", two))
		time.Sleep(5 * time.Second)
		out, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("update")})
		require.NoError(t, err)
		require.Len(t, out.Changes, 1)
		require.Equal(t, types.ChangeActionAdd, out.Changes[0].ResourceChange.Action)
		require.NoError(t, execute(c, "update"))
		require.Equal(t, types.StackStatusUpdateInProgress, status(t, c))
		time.Sleep(10 * time.Second)
		require.Equal(t, types.StackStatusUpdateComplete, status(t, c))
		resources, err := c.ListStackResources(ctx, &cloudformation.ListStackResourcesInput{StackName: aws.String("s")})
		require.NoError(t, err)
		require.Len(t, resources.StackResourceSummaries, 2)

		require.NoError(t, changeSet(c, types.ChangeSetTypeUpdate, "nothing", two))
		time.Sleep(5 * time.Second)
		out, err = c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("nothing")})
		require.NoError(t, err)
		require.Equal(t, types.ChangeSetStatusFailed, out.Status)
		require.Contains(t, *out.StatusReason, "didn't contain changes")

		_, err = c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("s")})
		require.NoError(t, err)
		require.Equal(t, types.StackStatusDeleteInProgress, status(t, c))
		time.Sleep(10 * time.Second)
		_, err = c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("s")})
		require.ErrorContains(t, err, "Stack with id s does not exist")
		_, err = c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("s")})
		require.NoError(t, err, "what is gone is gone")
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client()
		create(t, c, one)
		parameter := func(key, value string) func(*cloudformation.CreateChangeSetInput) {
			return func(in *cloudformation.CreateChangeSetInput) {
				in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &key, ParameterValue: &value})
			}
		}
		capable := func(in *cloudformation.CreateChangeSetInput) {
			in.Capabilities = []types.Capability{types.CapabilityCapabilityIam}
		}
		elsewhere := func(in *cloudformation.CreateChangeSetInput) { in.StackName = aws.String("none") }
		update := types.ChangeSetTypeUpdate
		require.NoError(t, changeSet(c, update, "taken", two))
		many := make([]string, 501)
		for i := range many {
			many[i] = fmt.Sprintf(`"R%d":{"Type":"AWS::SNS::Topic"}`, i)
		}
		protect := func(on bool) error {
			_, err := c.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: aws.String("s"), EnableTerminationProtection: &on})
			return err
		}
		require.NoError(t, protect(true))
		for name, r := range map[string]struct {
			err  error
			code string
		}{
			"a stack twice":         {changeSet(c, types.ChangeSetTypeCreate, "x", one), "AlreadyExistsException"},
			"a change set twice":    {changeSet(c, update, "taken", one), "AlreadyExistsException"},
			"an update of nothing":  {changeSet(c, update, "x", one, elsewhere), "ValidationError"},
			"a bad name":            {changeSet(c, update, "1", one), "ValidationError"},
			"no JSON":               {changeSet(c, update, "x", `{"Resources"`), "ValidationError"},
			"no resources":          {changeSet(c, update, "x", `{"Resources":{}}`), "ValidationError"},
			"an unknown section":    {changeSet(c, update, "x", `{"Ressources":{}}`), "ValidationError"},
			"no type":               {changeSet(c, update, "x", `{"Resources":{"A":{}}}`), "ValidationError"},
			"a large template":      {changeSet(c, update, "x", one+strings.Repeat(" ", 51200)), "ValidationError"},
			"many resources":        {changeSet(c, update, "x", `{"Resources":{`+strings.Join(many, ",")+`}}`), "ValidationError"},
			"no value":              {changeSet(c, update, "x", asked), "ValidationError"},
			"an unknown parameter":  {changeSet(c, update, "x", one, parameter("X", "1")), "ValidationError"},
			"a capability":          {changeSet(c, update, "x", role, capable), "InsufficientCapabilitiesException"},
			"executing nothing":     {execute(c, "none"), "ChangeSetNotFound"},
			"executing it again":    {execute(c, "create"), "InvalidChangeSetStatus"},
			"deleting what is used": {deletion(c, "create"), "InvalidChangeSetStatus"},
			"a protected stack": {func() error {
				_, err := c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("s")})
				return err
			}(), "ValidationError"},
			"a policy": {func() error {
				_, err := c.SetStackPolicy(ctx, &cloudformation.SetStackPolicyInput{StackName: aws.String("s"), StackPolicyBody: aws.String("{}")})
				return err
			}(), "ValidationError"},
			"going on": {func() error {
				_, err := c.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String("s")})
				return err
			}(), "ValidationError"},
			"a foreign token": {func() error {
				_, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{NextToken: aws.String("x")})
				return err
			}(), "ValidationError"},
		} {
			require.Equal(t, r.code, code(r.err), "%s: %v", name, r.err)
		}
		var yaml *fakeaws.NotFakedError
		require.ErrorAs(t, changeSet(c, update, "x", "Resources:\n  A:\n"), &yaml)
	})
}

func deletion(c *cloudformation.Client, name string) error {
	_, err := c.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: aws.String("s"), ChangeSetName: &name})
	return err
}

// A value that is not to be echoed is not, and can be used again.
func TestNoEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client()
		create(t, c, asked, func(in *cloudformation.CreateChangeSetInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("Name"), ParameterValue: aws.String("n")}, {ParameterKey: aws.String("Token"), ParameterValue: aws.String("s3cret")}}
		})
		out, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("s")})
		require.NoError(t, err)
		require.Equal(t, "n", *out.Stacks[0].Parameters[0].ParameterValue)
		require.Equal(t, "****", *out.Stacks[0].Parameters[1].ParameterValue)
		require.NoError(t, changeSet(c, types.ChangeSetTypeUpdate, "same", asked, func(in *cloudformation.CreateChangeSetInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("Name"), UsePreviousValue: aws.Bool(true)}, {ParameterKey: aws.String("Token"), UsePreviousValue: aws.Bool(true)}}
		}))
		time.Sleep(5 * time.Second)
		set, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("same")})
		require.NoError(t, err)
		require.Equal(t, types.ChangeSetStatusFailed, set.Status, "nothing has changed")
	})
}

// What fails is rolled back, and the events say what it was.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c := client()
		s, _ := fakeaws.Capability[*fakecloudformation.Service](cloud)
		s.Fail(fakeaws.DefaultAccount, fakeaws.DefaultRegion, "B", fakecloudformation.Failure{Reason: "no more queues", Rollback: true})
		create(t, c, two)
		require.Equal(t, types.StackStatusRollbackComplete, status(t, c))
		require.ErrorContains(t, changeSet(c, types.ChangeSetTypeUpdate, "x", one), "is in ROLLBACK_COMPLETE state and can not be updated")
		cloud.SetPageSize(1)
		events, err := c.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: aws.String("s")})
		require.NoError(t, err)
		require.Len(t, events.StackEvents, 1)
		require.NotNil(t, events.NextToken)
		require.Equal(t, "no more queues", *events.StackEvents[0].ResourceStatusReason)
		cloud.SetPageSize(0)
		_, err = c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("s")})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)

		create(t, c, one)
		require.NoError(t, changeSet(c, types.ChangeSetTypeUpdate, "update", two))
		time.Sleep(5 * time.Second)
		require.NoError(t, execute(c, "update"))
		time.Sleep(10 * time.Second)
		require.Equal(t, types.StackStatusUpdateRollbackFailed, status(t, c))
		_, err = c.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String("s")})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		require.Equal(t, types.StackStatusUpdateRollbackComplete, status(t, c))
		body, err := c.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: aws.String("s")})
		require.NoError(t, err)
		require.Equal(t, one, *body.TemplateBody)
	})
}

// A token makes a repeated request the same one.
func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client()
		token := func(in *cloudformation.CreateChangeSetInput) { in.ClientToken = aws.String("t") }
		require.NoError(t, changeSet(c, types.ChangeSetTypeCreate, "create", one, token))
		require.NoError(t, changeSet(c, types.ChangeSetTypeCreate, "create", one, token))
		time.Sleep(5 * time.Second)
		for range 2 {
			_, err := c.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("create"), ClientRequestToken: aws.String("e")})
			require.NoError(t, err)
		}
	})
}

// A change set takes a moment, and so does a stack: under testing/synctest they cost nothing.
func Example() {
	_, c := client()
	_, err := c.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("create"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(one)})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("create")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Status)
	// Output: CREATE_PENDING
}
