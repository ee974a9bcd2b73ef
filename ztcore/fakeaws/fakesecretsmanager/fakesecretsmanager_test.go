package fakesecretsmanager_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecretsmanager"
)

const canary = "canary-5b2f"

var (
	ctx  = context.Background()
	name = aws.String("app/db")
)

func newSecret(t *testing.T, cloud *fakeaws.Cloud) *secretsmanager.Client {
	t.Helper()
	client := secretsmanager.NewFromConfig(cloud.Config())
	_, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String(canary)})
	require.NoError(t, err)
	return client
}

func requireCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), err)
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.NotEmpty(t, response.ServiceRequestID())
}

func second[O any](_ O, err error) error {
	if err == nil {
		return errors.New("nothing was refused")
	}
	return err
}

func TestNewSecret(t *testing.T) {
	client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
	d, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	require.NoError(t, err)
	require.Regexp(t, `^arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-[A-Z2-7]{6}$`, *d.ARN)
	require.Nil(t, d.KmsKeyId, "the key that AWS manages")
	require.Nil(t, d.RotationEnabled)
	require.Len(t, d.VersionIdsToStages, 1)
	for id, stages := range d.VersionIdsToStages {
		require.Len(t, id, 36)
		require.Equal(t, []string{"AWSCURRENT"}, stages)
	}
	for _, ref := range []string{*name, *d.ARN, (*d.ARN)[:len(*d.ARN)-7]} {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &ref})
		require.NoError(t, err, ref)
		require.Equal(t, canary, *out.SecretString)
	}
}

func TestValuesNeverShow(t *testing.T) {
	cloud := fakeaws.New(fakesecretsmanager.Install)
	client := newSecret(t, cloud)
	_, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretBinary: []byte(canary)})
	require.NoError(t, err)
	require.NotContains(t, cloud.Snapshot(), canary)
	require.NotContains(t, cloud.Snapshot(), "Y2FuYXJ5", "nor in base64")
	require.Contains(t, cloud.Snapshot(), "sha256:")
	v := fakesecretsmanager.Value{Text: aws.String(canary)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, v), canary)
		require.NotContains(t, fmt.Sprintf(verb, struct{ V []*fakesecretsmanager.Value }{[]*fakesecretsmanager.Value{&v}}), canary)
	}
}

func TestTokensMakeVersionsOnce(t *testing.T) {
	client := secretsmanager.NewFromConfig(fakeaws.New(fakesecretsmanager.Install).Config())
	token := aws.String(strings.Repeat("a", 32))
	in := &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("1"), ClientRequestToken: token}
	first, err := client.CreateSecret(ctx, in)
	require.NoError(t, err)
	again, err := client.CreateSecret(ctx, in)
	require.NoError(t, err)
	require.Equal(t, *first.ARN, *again.ARN)
	in.SecretString = aws.String("2")
	var exists *types.ResourceExistsException
	require.ErrorAs(t, second(client.CreateSecret(ctx, in)), &exists)

	_, err = client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("1"), ClientRequestToken: token})
	require.NoError(t, err)
	requireCode(t, second(client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("2"), ClientRequestToken: token})), "ResourceExistsException")
}

func TestStagingLabelsMove(t *testing.T) {
	client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
	put := func(value string, stages ...string) string {
		out, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: &value, VersionStages: stages})
		require.NoError(t, err)
		return *out.VersionId
	}
	value := func(stage string) string {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name, VersionStage: &stage})
		require.NoError(t, err)
		return *out.SecretString
	}
	two := put("2")
	require.Equal(t, "2", value("AWSCURRENT"))
	require.Equal(t, canary, value("AWSPREVIOUS"))
	three := put("3", "AWSPENDING")
	require.Equal(t, "2", value("AWSCURRENT"))
	requireCode(t, second(client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: name, VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: &three})), "InvalidParameterException")
	_, err := client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: name, VersionStage: aws.String("AWSCURRENT"), MoveToVersionId: &three, RemoveFromVersionId: &two})
	require.NoError(t, err)
	require.Equal(t, "3", value("AWSCURRENT"))
	require.Equal(t, "2", value("AWSPREVIOUS"))

	listed, err := client.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: name})
	require.NoError(t, err)
	require.Len(t, listed.Versions, 2, "the first version has no label left")
	listed, err = client.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: name, IncludeDeprecated: aws.Bool(true)})
	require.NoError(t, err)
	require.Len(t, listed.Versions, 3)
}

func TestUpdateSecret(t *testing.T) {
	client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
	out, err := client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: name, Description: aws.String("d")})
	require.NoError(t, err)
	require.Nil(t, out.VersionId, "no value, no version")
	out, err = client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: name, SecretString: aws.String("2")})
	require.NoError(t, err)
	require.NotNil(t, out.VersionId)
	d, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	require.NoError(t, err)
	require.Equal(t, "d", *d.Description)
	require.Len(t, d.VersionIdsToStages, 2)
}

func TestDeletionWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
		out, err := client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(7)})
		require.NoError(t, err)
		require.Equal(t, time.Now().AddDate(0, 0, 7), *out.DeletionDate)
		requireCode(t, second(client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})), "InvalidRequestException")
		requireCode(t, second(client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name})), "InvalidRequestException")
		list, err := client.ListSecrets(ctx, nil)
		require.NoError(t, err)
		require.Empty(t, list.SecretList)
		list, err = client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)})
		require.NoError(t, err)
		require.NotNil(t, list.SecretList[0].DeletedDate)

		_, err = client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: name})
		require.NoError(t, err)
		value, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
		require.NoError(t, err)
		require.Equal(t, canary, *value.SecretString)

		_, err = client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name})
		require.NoError(t, err)
		time.Sleep(30 * 24 * time.Hour)
		var gone *types.ResourceNotFoundException
		require.ErrorAs(t, second(client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})), &gone)
		_, err = client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name})
		require.NoError(t, err)
		_, err = client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true)})
		require.NoError(t, err)
		_, err = client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true)})
		require.NoError(t, err, "what is not there can be forced away too")
	})
}

func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
		_, err := client.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name, RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:r"),
			RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}, RotateImmediately: aws.Bool(false)})
		require.NoError(t, err)
		d, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
		require.NoError(t, err)
		require.True(t, *d.RotationEnabled)
		require.Equal(t, int64(30), *d.RotationRules.AutomaticallyAfterDays)
		require.Equal(t, time.Now().Add(30*24*time.Hour), *d.NextRotationDate)
		_, err = client.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name, RotationRules: &types.RotationRulesType{ScheduleExpression: aws.String("rate(10 days)")}})
		require.NoError(t, err, "the function is known by now")
		_, err = client.CancelRotateSecret(ctx, &secretsmanager.CancelRotateSecretInput{SecretId: name})
		require.NoError(t, err)
		d, err = client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
		require.NoError(t, err)
		require.False(t, *d.RotationEnabled)
		require.Equal(t, "rate(10 days)", *d.RotationRules.ScheduleExpression)
		require.Nil(t, d.NextRotationDate)
	})
}

// principals stands for IAM: one role, and when it was created.
type principals struct {
	arn, id string
	born    time.Time
}

func (p *principals) Principal(_ context.Context, arn string) (string, time.Time, bool) {
	return p.id, p.born, arn == p.arn
}

func (p *principals) PrincipalARN(_ context.Context, id string) (string, bool) {
	return p.arn, p.arn != "" && id == p.id
}

func policyFor(principal string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`)
}

func TestResourcePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const role = "arn:aws:iam::210987654321:role/Reader"
		iam := &principals{arn: role, id: "AROAREADER", born: time.Now()}
		cloud := fakeaws.New(fakesecretsmanager.Install, func(c *fakeaws.Cloud) { fakeaws.Provide[fakeaws.Principals](c, iam) })
		cloud.SetPropagation(5 * time.Second)
		client := newSecret(t, cloud)
		in := &secretsmanager.PutResourcePolicyInput{SecretId: name, ResourcePolicy: policyFor(`{"AWS":"` + role + `"}`)}
		var young *types.MalformedPolicyDocumentException
		require.ErrorAs(t, second(client.PutResourcePolicy(ctx, in)), &young)
		time.Sleep(5 * time.Second)
		put, err := client.PutResourcePolicy(ctx, in)
		require.NoError(t, err)
		got, err := client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: name})
		require.NoError(t, err)
		require.Equal(t, *in.ResourcePolicy, *got.ResourcePolicy)

		who := fakeaws.Caller{Account: "210987654321", ARN: "arn:aws:sts::210987654321:assumed-role/Reader/s", UserID: "AROAREADER:s"}
		reader := secretsmanager.NewFromConfig(cloud.ConfigAs(who, "us-east-1"))
		value, err := reader.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: put.ARN})
		require.NoError(t, err)
		require.Equal(t, canary, *value.SecretString)
		requireCode(t, second(reader.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: put.ARN})), "AccessDeniedException")

		iam.arn = ""
		got, err = client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: name})
		require.NoError(t, err)
		require.Equal(t, *policyFor(`{"AWS":"AROAREADER"}`), *got.ResourcePolicy)
		_, err = client.DeleteResourcePolicy(ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: name})
		require.NoError(t, err)
		got, err = client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: name})
		require.NoError(t, err)
		require.Nil(t, got.ResourcePolicy)
	})
}

func TestValidateResourcePolicy(t *testing.T) {
	client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
	out, err := client.ValidateResourcePolicy(ctx, &secretsmanager.ValidateResourcePolicyInput{ResourcePolicy: policyFor(`"*"`)})
	require.NoError(t, err)
	require.False(t, out.PolicyValidationPassed)
	require.Len(t, out.ValidationErrors, 1)
	out, err = client.ValidateResourcePolicy(ctx, &secretsmanager.ValidateResourcePolicyInput{SecretId: name, ResourcePolicy: policyFor(`{"AWS":"123456789012"}`)})
	require.NoError(t, err)
	require.True(t, out.PolicyValidationPassed)
}

func TestListSecretsFiltersAndPages(t *testing.T) {
	cloud := fakeaws.New(fakesecretsmanager.Install)
	client := secretsmanager.NewFromConfig(cloud.Config())
	for _, n := range []string{"app/a", "app/b", "other"} {
		_, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &n, Tags: []types.Tag{{Key: aws.String("owner"), Value: aws.String(n)}}})
		require.NoError(t, err)
	}
	cloud.SetPageSize(1)
	list := func(filters ...types.Filter) []string {
		var names []string
		pages := secretsmanager.NewListSecretsPaginator(client, &secretsmanager.ListSecretsInput{Filters: filters})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			require.NoError(t, err)
			for _, x := range page.SecretList {
				names = append(names, *x.Name)
			}
		}
		return names
	}
	require.Equal(t, []string{"app/a", "app/b", "other"}, list())
	require.Equal(t, []string{"app/a", "app/b"}, list(types.Filter{Key: "name", Values: []string{"app/"}}))
	require.Equal(t, []string{"other"}, list(types.Filter{Key: "name", Values: []string{"!app/"}}))
	require.Equal(t, []string{"app/b"}, list(types.Filter{Key: "tag-key", Values: []string{"owner"}}, types.Filter{Key: "tag-value", Values: []string{"app/b"}}))
	require.Equal(t, []string{"other"}, list(types.Filter{Key: "all", Values: []string{"OTHER"}}))
	var bad *types.InvalidNextTokenException
	require.ErrorAs(t, second(client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{NextToken: aws.String("x")})), &bad)
}

// keys stands for KMS.
type keys struct{ enabled bool }

func (k keys) Key(_ context.Context, ref string) (string, bool, string, bool) {
	return ref, k.enabled, "", ref == "ledger" || ref == "alias/aws/secretsmanager"
}

func TestTheKeyMustBeUsable(t *testing.T) {
	cloud := fakeaws.New(fakesecretsmanager.Install)
	fakeaws.Provide[fakeaws.Keys](cloud, keys{enabled: true})
	client := newSecret(t, cloud)
	requireCode(t, second(client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: name, KmsKeyId: aws.String("unknown")})), "EncryptionFailure")
	_, err := client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: name, KmsKeyId: aws.String("ledger")})
	require.NoError(t, err)
	fakeaws.Provide[fakeaws.Keys](cloud, keys{enabled: false})
	requireCode(t, second(client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})), "DecryptionFailure")
}

func TestRandomPasswordsKeepToTheRules(t *testing.T) {
	client := secretsmanager.NewFromConfig(fakeaws.New(fakesecretsmanager.Install).Config())
	first, err := client.GetRandomPassword(ctx, nil)
	require.NoError(t, err)
	require.Len(t, *first.RandomPassword, 32)
	next, err := client.GetRandomPassword(ctx, nil)
	require.NoError(t, err)
	require.NotEqual(t, *first.RandomPassword, *next.RandomPassword)
	digits, err := client.GetRandomPassword(ctx, &secretsmanager.GetRandomPasswordInput{PasswordLength: aws.Int64(64), ExcludeLowercase: aws.Bool(true), ExcludeUppercase: aws.Bool(true), ExcludePunctuation: aws.Bool(true), ExcludeCharacters: aws.String("01234")})
	require.NoError(t, err)
	require.Regexp(t, `^[5-9]{64}$`, *digits.RandomPassword)
}

func TestTags(t *testing.T) {
	client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
	_, err := client.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: name, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("1")}, {Key: aws.String("a"), Value: aws.String("2")}}})
	require.NoError(t, err)
	_, err = client.UntagResource(ctx, &secretsmanager.UntagResourceInput{SecretId: name, TagKeys: []string{"b", "absent"}})
	require.NoError(t, err)
	d, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	require.NoError(t, err)
	require.Equal(t, []types.Tag{{Key: aws.String("a"), Value: aws.String("2")}}, d.Tags)
}

// Sources: the Errors and Request Parameters sections of https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_Operations.html
func TestRefusals(t *testing.T) {
	client := newSecret(t, fakeaws.New(fakesecretsmanager.Install))
	deleting := aws.String("deleting")
	_, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: deleting})
	require.NoError(t, err)
	_, err = client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: deleting})
	require.NoError(t, err)
	rotate := func(r types.RotationRulesType) error {
		return second(client.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name, RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:r"), RotationRules: &r}))
	}
	remove := func(in secretsmanager.DeleteSecretInput) error { return second(client.DeleteSecret(ctx, &in)) }
	for title, row := range map[string]struct {
		err  error
		code string
	}{
		"name with a space":         {second(client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("a b")})), "ValidationException"},
		"name taken":                {second(client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name})), "ResourceExistsException"},
		"name of a deleted secret":  {second(client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: deleting})), "InvalidRequestException"},
		"two values":                {second(client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("x"), SecretString: aws.String("a"), SecretBinary: []byte("b")})), "InvalidParameterException"},
		"value too long":            {second(client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String(strings.Repeat("a", 65537))})), "ValidationException"},
		"no value":                  {second(client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name})), "InvalidParameterException"},
		"short token":               {second(client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("a"), ClientRequestToken: aws.String("t")})), "InvalidParameterException"},
		"reserved tag":              {second(client.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: name, Tags: []types.Tag{{Key: aws.String("aws:a"), Value: aws.String("")}}})), "InvalidParameterException"},
		"window too short":          {remove(secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(6)}), "InvalidParameterException"},
		"window too long":           {remove(secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(31)}), "InvalidParameterException"},
		"window and force":          {remove(secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true)}), "InvalidParameterException"},
		"delete twice":              {remove(secretsmanager.DeleteSecretInput{SecretId: deleting}), "InvalidRequestException"},
		"change a deleted secret":   {second(client.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: deleting, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("")}}})), "InvalidRequestException"},
		"unknown secret":            {second(client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("none")})), "ResourceNotFoundException"},
		"unknown label":             {second(client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name, VersionStage: aws.String("NONE")})), "ResourceNotFoundException"},
		"unknown version":           {second(client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name, VersionId: aws.String(strings.Repeat("a", 32))})), "ResourceNotFoundException"},
		"policy is no JSON":         {second(client.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: name, ResourcePolicy: aws.String("{")})), "MalformedPolicyDocumentException"},
		"odd principal":             {second(client.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: name, ResourcePolicy: policyFor(`{"AWS":"nobody"}`)})), "MalformedPolicyDocumentException"},
		"public policy":             {second(client.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: name, ResourcePolicy: policyFor(`"*"`), BlockPublicPolicy: aws.Bool(true)})), "PublicPolicyException"},
		"rotation by nobody":        {second(client.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name})), "InvalidRequestException"},
		"rotation too rare":         {rotate(types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(1001)}), "InvalidParameterException"},
		"rotation by two schedules": {rotate(types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(1), ScheduleExpression: aws.String("rate(1 day)")}), "InvalidParameterException"},
		"rotation by no schedule":   {rotate(types.RotationRulesType{}), "InvalidParameterException"},
		"odd schedule":              {rotate(types.RotationRulesType{ScheduleExpression: aws.String("daily")}), "InvalidParameterException"},
		"rotation too often":        {rotate(types.RotationRulesType{ScheduleExpression: aws.String("rate(3 hours)")}), "InvalidParameterException"},
		"cancel no rotation":        {second(client.CancelRotateSecret(ctx, &secretsmanager.CancelRotateSecretInput{SecretId: name})), "InvalidRequestException"},
		"password too short":        {second(client.GetRandomPassword(ctx, &secretsmanager.GetRandomPasswordInput{PasswordLength: aws.Int64(3)})), "InvalidParameterException"},
		"page too large":            {second(client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(101)})), "InvalidParameterException"},
	} {
		t.Run(title, func(t *testing.T) { requireCode(t, row.err, row.code) })
	}
}
