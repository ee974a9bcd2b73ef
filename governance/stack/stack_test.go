package stack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudformation"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

const address = ztcore.Address("governance.Stack/SecureS3BucketStack")

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakecloudformation.Install) }

func service(t *testing.T, c *fakeaws.Cloud) *fakecloudformation.Service {
	t.Helper()
	s, ok := fakeaws.Capability[*fakecloudformation.Service](c)
	require.True(t, ok)
	return s
}

var secure = stack.Stack{Name: "SecureS3BucketStack", Template: stack.SecureBucket{Name: "my-secure-bucket"}.Template().JSON()}

// encrypted is the same stack with a key.
func encrypted() stack.Stack {
	s := secure
	s.Template = stack.SecureBucket{Name: "my-secure-bucket", Key: "arn:aws:kms:us-east-1:123456789012:key/11112222-3333-4444-5555-666677778888"}.Template().JSON()
	return s
}

// topic is a template with parameters.
func topic() stack.Template {
	return stack.Template{
		Parameters: map[string]stack.Parameter{"Name": {Type: "String", Default: "alarms"}, "Token": {Type: "String", NoEcho: true, Default: "none"}},
		Resources: map[string]stack.Resource{"Topic": {Type: "AWS::SNS::Topic", Properties: map[string]any{
			"TopicName": map[string]any{"Ref": "Name"}, "DisplayName": map[string]any{"Ref": "Token"},
		}}},
	}
}

func TestStackLife(t *testing.T) {
	key, tagged, open := encrypted(), encrypted(), encrypted()
	tagged.Tags = map[string]string{"team": "data"}
	tagged.Policy = json.RawMessage(`{"Statement":[{"Effect":"Deny","Action":"Update:Delete","Principal":"*","Resource":"*"},{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}`)
	open = tagged
	open.UnprotectedBecause = "it is made anew every night"
	const a = string(address) + " "
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: secure},
			{Resource: key, Changes: []string{a + "Template"}},
			{Resource: tagged, Changes: []string{a + "Tags", a + "Policy"}},
			{Resource: open, Changes: []string{a + "Protected"}},
		},
		Drift: changeBucket,
	})
}

// changeBucket is drift: somebody updates the stack to another template.
func changeBucket(ctx context.Context, cfg aws.Config) error {
	c, set := cloudformation.NewFromConfig(cfg), aws.String("by-hand")
	_, err := c.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: &secure.Name, ChangeSetName: set, TemplateBody: aws.String(stack.SecureBucket{Name: "another"}.Template().JSON()),
		Tags: []types.Tag{{Key: aws.String("zerotrust:baseline"), Value: aws.String("kindtest")}, {Key: aws.String("zerotrust:resource"), Value: aws.String(string(address))}},
	})
	if err != nil {
		return err
	}
	time.Sleep(5 * time.Second) // virtual
	if _, err := c.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: &secure.Name, ChangeSetName: set}); err != nil {
		return err
	}
	time.Sleep(10 * time.Second)
	return nil
}

func TestParametersLife(t *testing.T) {
	secret := func(value string) map[string]stack.Secret {
		return map[string]stack.Secret{"Token": func(context.Context) (string, error) { return value, nil }}
	}
	plain := stack.Stack{Name: "topic", Template: topic().JSON(), Secrets: secret("s3cret")}
	named, again := plain, plain
	named.Parameters = map[string]string{"Name": "incidents"}
	again = named
	again.Secrets, again.SecretsVersion = secret("s3cret-2"), "2"
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: plain},
			{Resource: named, Changes: []string{"governance.Stack/topic Parameters"}},
			{Resource: again, Changes: []string{"governance.Stack/topic Tags"}},
		},
	})
}

// The value of a secret goes to CloudFormation, and nowhere else.
func TestSecretsAreSentAndNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		asked := 0
		s := stack.Stack{Name: "topic", Template: topic().JSON(), Secrets: map[string]stack.Secret{"Token": func(context.Context) (string, error) { asked++; return "s3cret", nil }}}
		plan, report := apply(t, cloud.Config(), s)
		text, err := json.Marshal(plan)
		require.NoError(t, err)
		require.NotContains(t, plan.String()+string(text)+report.String(), "s3cret")
		require.Equal(t, 1, asked)
		s.Parameters = map[string]string{"Name": "incidents"}
		apply(t, cloud.Config(), s)
		require.Equal(t, 1, asked, "the value that CloudFormation has is used again")
		s.SecretsVersion = "2"
		apply(t, cloud.Config(), s)
		require.Equal(t, 2, asked)

		s.SecretsVersion = "3"
		s.Secrets = map[string]stack.Secret{"Token": func(context.Context) (string, error) { return "", errors.New("the vault is closed") }}
		plan, err = ztcore.NewBaseline("stacks", s).Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		require.ErrorContains(t, err, "parameter Token: the vault is closed")
	})
}

// A creation that fails is rolled back, and the error says why; the next run deletes what is left and makes the stack.
func TestFailedCreationIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		fake := service(t, cloud)
		fake.Fail(fakeaws.DefaultAccount, fakeaws.DefaultRegion, "Bucket", fakecloudformation.Failure{Reason: "my-secure-bucket already exists"})
		plan, err := ztcore.NewBaseline("stacks", secure).Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		require.ErrorContains(t, err, "stack SecureS3BucketStack ended in ROLLBACK_COMPLETE: Bucket: my-secure-bucket already exists")
		require.Equal(t, types.StackStatusRollbackComplete, status(t, cloud))

		fake.Fail(fakeaws.DefaultAccount, fakeaws.DefaultRegion, "Bucket", fakecloudformation.Failure{})
		plan, _ = apply(t, cloud.Config(), secure)
		require.Contains(t, plan.String(), "ROLLBACK_COMPLETE")
		require.Equal(t, types.StackStatusCreateComplete, status(t, cloud))
	})
}

// An update that fails leaves the stack as it was; if not even that can be done, the error says how to go on.
func TestFailedUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		fake := service(t, cloud)
		apply(t, cloud.Config(), secure)
		fail := func(how fakecloudformation.Failure) error {
			fake.Fail(fakeaws.DefaultAccount, fakeaws.DefaultRegion, "Bucket", how)
			plan, err := ztcore.NewBaseline("stacks", encrypted()).Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			_, err = plan.Apply(t.Context())
			return err
		}
		require.ErrorContains(t, fail(fakecloudformation.Failure{Reason: "the key is disabled"}), "ended in UPDATE_ROLLBACK_COMPLETE: Bucket: the key is disabled")
		require.ErrorContains(t, fail(fakecloudformation.Failure{Reason: "the key is disabled", Rollback: true}), "aws cloudformation continue-update-rollback --stack-name SecureS3BucketStack")
		require.ErrorContains(t, fail(fakecloudformation.Failure{}), "UPDATE_ROLLBACK_FAILED", "it stays so until somebody goes on")
		_, err := cloudformation.NewFromConfig(cloud.Config()).ContinueUpdateRollback(t.Context(), &cloudformation.ContinueUpdateRollbackInput{StackName: &secure.Name})
		require.NoError(t, err)
		require.NoError(t, fail(fakecloudformation.Failure{}))
		require.Equal(t, types.StackStatusUpdateComplete, status(t, cloud))
	})
}

// A change set that changes nothing is nothing to do, and is not left behind.
func TestEmptyChangeSetIsNothingToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		require.NoError(t, stack.Bring(t.Context(), cloud.Config(), secure))
		require.NoError(t, stack.Bring(t.Context(), cloud.Config(), secure))
		require.Equal(t, types.StackStatusCreateComplete, status(t, cloud))
		sets, err := cloudformation.NewFromConfig(cloud.Config()).ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: &secure.Name})
		require.NoError(t, err)
		require.Len(t, sets.Summaries, 1)
		require.Equal(t, types.ExecutionStatusExecuteComplete, sets.Summaries[0].ExecutionStatus)
	})
}

// A stack that somebody else is about to make is theirs.
// A run that is cut off before it executes a change set leaves it behind; the next one sees it, and what others have prepared it leaves.
func TestChangeSetsThatNobodyExecutesAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cfg := cloud.Config()
		apply(t, cfg, secure)
		c := cloudformation.NewFromConfig(cfg)
		for _, name := range []string{"zerotrust-0123", "somebody-elses"} {
			_, err := c.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{StackName: &secure.Name, ChangeSetName: &name, ChangeSetType: types.ChangeSetTypeUpdate, TemplateBody: aws.String(encrypted().Template)})
			require.NoError(t, err)
		}
		time.Sleep(time.Minute)
		plan, _ := apply(t, cfg, secure)
		require.Contains(t, plan.String(), `Unexecuted: - "zerotrust-0123"`)
		left, err := c.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: &secure.Name})
		require.NoError(t, err)
		var waiting []string
		for _, s := range left.Summaries {
			if s.ExecutionStatus == types.ExecutionStatusAvailable {
				waiting = append(waiting, *s.ChangeSetName)
			}
		}
		require.Equal(t, []string{"somebody-elses"}, waiting)
	})
}

func TestOthersReviewIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		_, err := cloudformation.NewFromConfig(cloud.Config()).CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
			StackName: &secure.Name, ChangeSetName: aws.String("theirs"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: &secure.Template,
		})
		require.NoError(t, err)
		plan, err := ztcore.NewBaseline("stacks", secure).Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		require.ErrorContains(t, err, "in review with the change set theirs")
	})
}

// What is protected is deleted only when named.
func TestRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		apply(t, cloud.Config(), secure)
		apply(t, cloud.Config(), secure, ztcore.Destroy())
		require.Equal(t, types.StackStatusCreateComplete, status(t, cloud), "it holds data")

		fake := service(t, cloud)
		fake.Fail(fakeaws.DefaultAccount, fakeaws.DefaultRegion, "Bucket", fakecloudformation.Failure{Reason: "the bucket is not empty", Delete: true})
		plan, err := ztcore.NewBaseline("stacks", secure).Plan(t.Context(), cloud.Config(), ztcore.Destroy(), ztcore.AllowDelete(address))
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		require.ErrorContains(t, err, "could not be deleted")

		fake.Fail(fakeaws.DefaultAccount, fakeaws.DefaultRegion, "Bucket", fakecloudformation.Failure{})
		apply(t, cloud.Config(), secure, ztcore.Destroy(), ztcore.AllowDelete(address))
		_, err = cloudformation.NewFromConfig(cloud.Config()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &secure.Name})
		require.ErrorContains(t, err, "does not exist")
	})
}

func TestDetectDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		apply(t, cloud.Config(), secure)
		found, err := stack.DetectDrift(t.Context(), cloud.Config(), secure.Name)
		require.NoError(t, err)
		require.Empty(t, found)
		service(t, cloud).Drift(fakeaws.DefaultAccount, fakeaws.DefaultRegion, secure.Name, "Bucket", types.PropertyDifference{
			PropertyPath: aws.String("/VersioningConfiguration/Status"), ExpectedValue: aws.String("Enabled"), ActualValue: aws.String("Suspended"), DifferenceType: types.DifferenceTypeNotEqual,
		})
		found, err = stack.DetectDrift(t.Context(), cloud.Config(), secure.Name)
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, "Bucket (AWS::S3::Bucket): /VersioningConfiguration/Status: Enabled → Suspended", found[0].String())
		_, err = stack.DetectDrift(t.Context(), cloud.Config(), "none")
		require.ErrorContains(t, err, "does not exist")
	})
}

func TestTemplatesAreChecked(t *testing.T) {
	const minimal = `{"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}`
	many := map[string]stack.Resource{}
	for i := range 501 {
		many[fmt.Sprint("R", i)] = stack.Resource{Type: "AWS::SNS::Topic"}
	}
	secret := map[string]stack.Secret{"Name": func(context.Context) (string, error) { return "", nil }}
	role := `{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"r"}}}}`
	for want, s := range map[string]stack.Stack{
		"can't be a stack's name":         {Name: "1", Template: minimal},
		"is no JSON object":               {Name: "s", Template: "Resources:\n"},
		"and CloudFormation takes 51200":  {Name: "s", Template: `{"Description":"` + strings.Repeat("x", 51200) + `"}`},
		"there are none":                  {Name: "s", Template: `{"Resources":{}}`},
		"are 501, and CloudFormation":     {Name: "s", Template: stack.Template{Resources: many}.JSON()},
		"is no section of a template":     {Name: "s", Template: `{"Ressources":{}}`},
		"can't be a logical id":           {Name: "s", Template: `{"Resources":{"a-b":{"Type":"AWS::SNS::Topic"}}}`},
		`"Topic" is no type`:              {Name: "s", Template: `{"Resources":{"A":{"Type":"Topic"}}}`},
		"is no template":                  {Name: "s", Template: `{"Resources":[]}`},
		"Policy: is no JSON":              {Name: "s", Template: minimal, Policy: json.RawMessage("{")},
		"is no parameter of the template": {Name: "s", Template: minimal, Parameters: map[string]string{"X": "1"}},
		"is a secret, which would show":   {Name: "s", Template: topic().JSON(), Parameters: map[string]string{"Token": "x"}},
		"is no parameter with NoEcho":     {Name: "s", Template: topic().JSON(), Secrets: secret},
		"has no value":                    {Name: "s", Template: `{"Parameters":{"X":{"Type":"String"}},"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}`},
		"R takes CAPABILITY_NAMED_IAM":    {Name: "s", Template: role, Capabilities: []string{"CAPABILITY_IAM"}},
		"takes CAPABILITY_AUTO_EXPAND":    {Name: "s", Template: `{"Transform":"AWS::Serverless-2016-10-31","Resources":{"A":{"Type":"AWS::SNS::Topic"}}}`},
		`"CAPABILITY_ALL" is none`:        {Name: "s", Template: minimal, Capabilities: []string{"CAPABILITY_ALL"}},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("b", s).Check(), want)
	}
	require.NoError(t, ztcore.NewBaseline("b", stack.Stack{Name: "s", Template: role, Capabilities: []string{"CAPABILITY_NAMED_IAM"}}).Check())
}

// The library's templates are what cfn-lint has nothing to say of. ZEROTRUST_TOOLS=1 asks for the test, and for the tool:
// pip install cfn-lint.
func TestTemplatesPassTheTools(t *testing.T) {
	if os.Getenv("ZEROTRUST_TOOLS") != "1" {
		t.Skip("set ZEROTRUST_TOOLS=1 where cfn-lint is installed")
	}
	for name, template := range map[string]stack.Template{
		"aes256": stack.SecureBucket{Name: "my-secure-bucket"}.Template(),
		"kms":    stack.SecureBucket{Name: "my-secure-bucket", Key: "arn:aws:kms:us-east-1:123456789012:key/11112222-3333-4444-5555-666677778888"}.Template(),
	} {
		file := filepath.Join(t.TempDir(), name+".json")
		require.NoError(t, os.WriteFile(file, []byte(template.JSON()), 0o600))
		out, err := exec.CommandContext(t.Context(), "cfn-lint", "--include-checks", "I", "--", file).CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
		require.Empty(t, strings.TrimSpace(string(out)), name)
	}
}

// TestOnTheWire runs against moto, which has no UpdateTerminationProtection. It makes the bucket, and keeps it as the template says.
func TestOnTheWire(t *testing.T) {
	bucket := stack.SecureBucket{Name: fmt.Sprint("stack-", time.Now().UnixNano())}
	plain, key := secure, secure
	plain.Template = bucket.Template().JSON()
	bucket.Key = "arn:aws:kms:us-east-1:123456789012:key/11112222-3333-4444-5555-666677778888"
	key.Template = bucket.Template().JSON()
	plain.UnprotectedBecause, key.UnprotectedBecause = "moto can't protect it", "moto can't protect it"
	kindtest.RunOn(t, kindtest.Wire(t), kindtest.Case{Variants: []kindtest.Variant{
		{Resource: plain},
		{Resource: key, Changes: []string{string(address) + " Template"}},
	}})
}

func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) (*ztcore.Plan, *ztcore.Report) {
	t.Helper()
	p, err := ztcore.NewBaseline("stacks", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	report, err := p.Apply(t.Context())
	require.NoError(t, err, p)
	return p, report
}

func status(t *testing.T, cloud *fakeaws.Cloud) types.StackStatus {
	t.Helper()
	out, err := cloudformation.NewFromConfig(cloud.Config()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &secure.Name})
	require.NoError(t, err)
	return out.Stacks[0].StackStatus
}

// The stack of the guide.
func Example() {
	secure := stack.SecureBucket{Name: "my-secure-bucket"}
	s := stack.Stack{Name: "SecureS3BucketStack", Template: secure.Template().JSON()}
	plan, err := ztcore.NewBaseline("stacks", s).Plan(context.Background(), newCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range plan.Steps {
		fmt.Println(step.Action, step.Address)
	}
	// Output: create governance.Stack/SecureS3BucketStack
}

// CloudFormation throws the other change sets away when it executes one. The run whose set is gone says so soon, and what to do.
func TestAChangeSetThatAnotherRunHasThrownAwayIsSaidSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		apply(t, cloud.Config(), secure)
		changed := secure
		changed.Tags = map[string]string{"team": "ledger"}
		p, err := ztcore.NewBaseline("stacks", changed).Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		cloud.Inject(t, &fakeaws.Fault{Operation: "CreateChangeSet", Before: &types.AlreadyExistsException{}}) // it was there, and is not any more
		started := time.Now()
		_, err = p.Apply(t.Context())
		require.ErrorContains(t, err, "is gone, as when another run changes the stack at the same time: plan again")
		require.Less(t, time.Since(started), 2*time.Minute)
	})
}
