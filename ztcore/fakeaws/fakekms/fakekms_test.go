package fakekms_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
)

var ctx = context.Background()

// principals stands for IAM: ARN → unique id, and when each was created.
type principals struct {
	id   map[string]string
	born time.Time
}

func (p *principals) Principal(_ context.Context, arn string) (string, time.Time, bool) {
	id, ok := p.id[arn]
	return id, p.born, ok
}

func (p *principals) PrincipalARN(_ context.Context, id string) (string, bool) {
	for arn, have := range p.id {
		if have == id {
			return arn, true
		}
	}
	return "", false
}

func newKey(t *testing.T, client *kms.Client) types.KeyMetadata {
	t.Helper()
	out, err := client.CreateKey(ctx, &kms.CreateKeyInput{})
	require.NoError(t, err)
	return *out.KeyMetadata
}

func TestNewKeyHasTheDefaultsOfAWS(t *testing.T) {
	client := kms.NewFromConfig(fakeaws.New(fakekms.Install).Config())
	k := newKey(t, client)
	require.Equal(t, "arn:aws:kms:us-east-1:123456789012:key/"+*k.KeyId, *k.Arn)
	require.True(t, k.Enabled)
	require.Equal(t, types.KeyStateEnabled, k.KeyState)
	require.Equal(t, types.KeySpecSymmetricDefault, k.KeySpec)
	require.Equal(t, types.KeyUsageTypeEncryptDecrypt, k.KeyUsage)
	require.Equal(t, types.KeyManagerTypeCustomer, k.KeyManager)
	require.Equal(t, types.OriginTypeAwsKms, k.Origin)
	require.False(t, *k.MultiRegion)

	policy, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: k.KeyId})
	require.NoError(t, err)
	require.Equal(t, "default", *policy.PolicyName)
	require.JSONEq(t, `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",
		"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}`, *policy.Policy)

	status, err := client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
	require.NoError(t, err)
	require.False(t, status.KeyRotationEnabled)
	_, err = client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: k.KeyId})
	require.NoError(t, err)
	status, err = client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
	require.NoError(t, err)
	require.Equal(t, int32(365), *status.RotationPeriodInDays)
	require.Equal(t, 365*24*time.Hour, status.NextRotationDate.Sub(*k.CreationDate).Round(time.Hour))
}

func TestEveryFormOfReferenceFindsTheKey(t *testing.T) {
	cloud := fakeaws.New(fakekms.Install)
	client := kms.NewFromConfig(cloud.Config())
	k := newKey(t, client)
	_, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/ledger"), TargetKeyId: k.KeyId})
	require.NoError(t, err)
	keys, ok := fakeaws.Capability[fakeaws.Keys](cloud)
	require.True(t, ok)
	for _, ref := range []string{*k.KeyId, *k.Arn, "alias/ledger", "arn:aws:kms:us-east-1:123456789012:alias/ledger"} {
		out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &ref})
		require.NoError(t, err, ref)
		require.Equal(t, *k.KeyId, *out.KeyMetadata.KeyId)
		arn, enabled, policy, ok := keys.Key(ctx, ref)
		require.True(t, ok && enabled)
		require.Equal(t, *k.Arn, arn)
		require.Contains(t, policy, "key-default-1")
	}
}

func TestManagedKeysExistAndAreListedOnceUsed(t *testing.T) {
	cloud := fakeaws.New(fakekms.Install)
	client := kms.NewFromConfig(cloud.Config())
	out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/aws/s3")})
	require.NoError(t, err)
	require.Equal(t, types.KeyManagerTypeAws, out.KeyMetadata.KeyManager)
	keys, err := client.ListKeys(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, keys.Keys)

	_, err = client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: out.KeyMetadata.KeyId})
	requireCode(t, err, "AccessDeniedException")

	fakeaws.On(cloud, func(ctx context.Context, _ *kms.UpdatePrimaryRegionInput, _ ...func(*kms.Options)) (*kms.UpdatePrimaryRegionOutput, error) {
		k, _ := fakeaws.Capability[fakeaws.Keys](cloud)
		_, _, _, ok := k.Key(ctx, "alias/aws/s3")
		require.True(t, ok)
		return &kms.UpdatePrimaryRegionOutput{}, nil
	}, "KeyId", "PrimaryRegion")
	_, err = client.UpdatePrimaryRegion(ctx, &kms.UpdatePrimaryRegionInput{KeyId: aws.String("x"), PrimaryRegion: aws.String("y")})
	require.NoError(t, err)
	keys, err = client.ListKeys(ctx, nil)
	require.NoError(t, err)
	require.Len(t, keys.Keys, 1)
}

func TestDeletionWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := kms.NewFromConfig(fakeaws.New(fakekms.Install).Config())
		k := newKey(t, client)
		_, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/ledger"), TargetKeyId: k.KeyId})
		require.NoError(t, err)
		out, err := client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
		require.Equal(t, types.KeyStatePendingDeletion, out.KeyState)
		require.Equal(t, time.Now().AddDate(0, 0, 7), *out.DeletionDate)

		_, err = client.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		now, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId})
		require.NoError(t, err)
		require.Equal(t, types.KeyStateDisabled, now.KeyMetadata.KeyState, "a rescued key stays disabled")

		_, err = client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId})
		require.NoError(t, err)
		time.Sleep(30*24*time.Hour - time.Second)
		_, err = client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/ledger")})
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId})
		var gone *types.NotFoundException
		require.ErrorAs(t, err, &gone)
		other := newKey(t, client)
		_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/ledger"), TargetKeyId: other.KeyId})
		require.NoError(t, err, "the alias went with the key")
	})
}

func TestEncryptionContextRoundTrips(t *testing.T) {
	client := kms.NewFromConfig(fakeaws.New(fakekms.Install).Config())
	k, other := newKey(t, client), newKey(t, client)
	about := map[string]string{"table": "ledger"}
	sealed, err := client.Encrypt(ctx, &kms.EncryptInput{KeyId: k.KeyId, Plaintext: []byte("text"), EncryptionContext: about})
	require.NoError(t, err)
	require.NotContains(t, string(sealed.CiphertextBlob), "text")
	opened, err := client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: about})
	require.NoError(t, err)
	require.Equal(t, "text", string(opened.Plaintext))
	_, err = client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
	requireCode(t, err, "InvalidCiphertextException")
	_, err = client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, KeyId: other.KeyId, EncryptionContext: about})
	requireCode(t, err, "IncorrectKeyException")

	moved, err := client.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: sealed.CiphertextBlob, SourceEncryptionContext: about, DestinationKeyId: other.KeyId})
	require.NoError(t, err)
	opened, err = client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: moved.CiphertextBlob})
	require.NoError(t, err)
	require.Equal(t, *other.Arn, *opened.KeyId)

	data, err := client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: k.KeyId, KeySpec: types.DataKeySpecAes256})
	require.NoError(t, err)
	require.Len(t, data.Plaintext, 32)
	opened, err = client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: data.CiphertextBlob})
	require.NoError(t, err)
	require.Equal(t, data.Plaintext, opened.Plaintext)

	_, err = client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: k.KeyId})
	require.NoError(t, err)
	_, err = client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: data.CiphertextBlob})
	var disabled *types.DisabledException
	require.ErrorAs(t, err, &disabled)
}

func trusting(arn string) *string {
	return aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":["%s"]},"Action":"kms:Decrypt","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"%[1]s"}}}]}`, arn))
}

func TestPrincipalsAreBoundToUniqueIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const role = "arn:aws:iam::123456789012:role/app/Reader"
		iam := &principals{id: map[string]string{role: "AROAFIRST"}, born: time.Now()}
		cloud := fakeaws.New(fakekms.Install, func(c *fakeaws.Cloud) { fakeaws.Provide[fakeaws.Principals](c, iam) })
		cloud.SetPropagation(10 * time.Second)
		client := kms.NewFromConfig(cloud.Config())
		_, err := client.CreateKey(ctx, &kms.CreateKeyInput{Policy: trusting(role)})
		var refused *types.MalformedPolicyDocumentException
		require.ErrorAs(t, err, &refused, "the role is too young")
		require.Contains(t, refused.ErrorMessage(), "invalid principals")
		time.Sleep(10 * time.Second)
		k, err := client.CreateKey(ctx, &kms.CreateKeyInput{Policy: trusting(role)})
		require.NoError(t, err)
		policy := func() string {
			out, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: k.KeyMetadata.KeyId})
			require.NoError(t, err)
			return *out.Policy
		}
		require.Equal(t, *trusting(role), policy())
		iam.id = map[string]string{role: "AROASECOND"}
		require.Contains(t, policy(), `"Principal":{"AWS":["AROAFIRST"]}`, "a new role of the same name is another principal")
		require.Contains(t, policy(), `"aws:PrincipalArn":"`+role+`"`, "conditions are text")
	})
}

func TestListsPage(t *testing.T) {
	cloud := fakeaws.New(fakekms.Install)
	client := kms.NewFromConfig(cloud.Config())
	var made []string
	for i := range 3 {
		k := newKey(t, client)
		made = append(made, *k.KeyId)
		_, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(fmt.Sprintf("alias/%d", i)), TargetKeyId: aws.String(made[0])})
		require.NoError(t, err)
	}
	cloud.SetPageSize(1)
	var listed []string
	keys := kms.NewListKeysPaginator(client, nil)
	for keys.HasMorePages() {
		page, err := keys.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, page.Keys, 1)
		listed = append(listed, *page.Keys[0].KeyId)
	}
	require.Equal(t, made, listed)

	var names []string
	aliases := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{KeyId: aws.String(made[0])})
	for aliases.HasMorePages() {
		page, err := aliases.NextPage(ctx)
		require.NoError(t, err)
		names = append(names, *page.Aliases[0].AliasName)
	}
	require.Equal(t, []string{"alias/0", "alias/1", "alias/2"}, names)
	_, err := client.ListKeys(ctx, &kms.ListKeysInput{Marker: aws.String("bogus")})
	requireCode(t, err, "InvalidMarkerException")
}

func TestGrants(t *testing.T) {
	client := kms.NewFromConfig(fakeaws.New(fakekms.Install).Config())
	k := newKey(t, client)
	in := &kms.CreateGrantInput{KeyId: k.KeyId, GranteePrincipal: aws.String("arn:aws:iam::123456789012:role/r"), Name: aws.String("n"), Operations: []types.GrantOperation{types.GrantOperationDecrypt}}
	first, err := client.CreateGrant(ctx, in)
	require.NoError(t, err)
	again, err := client.CreateGrant(ctx, in)
	require.NoError(t, err)
	require.Equal(t, *first.GrantId, *again.GrantId, "a named grant is made once")
	out, err := client.ListGrants(ctx, &kms.ListGrantsInput{KeyId: k.KeyId})
	require.NoError(t, err)
	require.Len(t, out.Grants, 1)
	_, err = client.RetireGrant(ctx, &kms.RetireGrantInput{GrantToken: first.GrantToken})
	require.NoError(t, err)
	_, err = client.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: k.KeyId, GrantId: first.GrantId})
	requireCode(t, err, "NotFoundException")
}

func TestTags(t *testing.T) {
	client := kms.NewFromConfig(fakeaws.New(fakekms.Install).Config())
	out, err := client.CreateKey(ctx, &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: aws.String("b"), TagValue: aws.String("1")}}})
	require.NoError(t, err)
	id := out.KeyMetadata.KeyId
	_, err = client.TagResource(ctx, &kms.TagResourceInput{KeyId: id, Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("2")}}})
	require.NoError(t, err)
	_, err = client.UntagResource(ctx, &kms.UntagResourceInput{KeyId: id, TagKeys: []string{"b", "absent"}})
	require.NoError(t, err)
	tags, err := client.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: id})
	require.NoError(t, err)
	require.Equal(t, []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("2")}}, tags.Tags)
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

// Sources: the Errors sections of https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html, and
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html for what a state forbids.
func TestRefusals(t *testing.T) {
	client := kms.NewFromConfig(fakeaws.New(fakekms.Install).Config())
	k, pending, disabled := newKey(t, client), newKey(t, client), newKey(t, client)
	_, err := client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: pending.KeyId})
	require.NoError(t, err)
	_, err = client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: disabled.KeyId})
	require.NoError(t, err)
	mac, err := client.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpecHmac256, KeyUsage: types.KeyUsageTypeGenerateVerifyMac})
	require.NoError(t, err)
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/taken"), TargetKeyId: k.KeyId})
	require.NoError(t, err)
	put := func(policy string) error {
		_, err := client.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: k.KeyId, Policy: &policy})
		return err
	}
	schedule := func(days int32) error {
		_, err := client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: &days})
		return err
	}
	alias := func(name string, target *string) error {
		_, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: target})
		return err
	}
	rotate := func(id *string, days int32) error {
		_, err := client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: id, RotationPeriodInDays: &days})
		return err
	}
	for name, row := range map[string]struct {
		err  error
		code string
	}{
		"window too short":             {schedule(6), "ValidationException"},
		"window too long":              {schedule(31), "ValidationException"},
		"policy is no JSON":            {put("{"), "MalformedPolicyDocumentException"},
		"policy locks out":             {put(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:Decrypt","Resource":"*"}}`), "MalformedPolicyDocumentException"},
		"policy denies the change":     {put(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"kms:Put*","Resource":"*"}]}`), "MalformedPolicyDocumentException"},
		"policy names a group":         {put(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:group/g"},"Action":"kms:*","Resource":"*"}}`), "MalformedPolicyDocumentException"},
		"policy of unknown service":    {put(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"nonsense"},"Action":"kms:*","Resource":"*"}}`), "MalformedPolicyDocumentException"},
		"alias of AWS":                 {alias("alias/aws/mine", k.KeyId), "NotAuthorizedException"},
		"alias without prefix":         {alias("mine", k.KeyId), "ValidationException"},
		"alias with a space":           {alias("alias/a b", k.KeyId), "InvalidAliasNameException"},
		"alias taken":                  {alias("alias/taken", k.KeyId), "AlreadyExistsException"},
		"alias of an alias":            {alias("alias/other", aws.String("alias/taken")), "ValidationException"},
		"alias of an unknown key":      {alias("alias/other", aws.String("00000000-0000-0000-0000-000000000000")), "NotFoundException"},
		"alias of a pending key":       {alias("alias/other", pending.KeyId), "KMSInvalidStateException"},
		"rotation too often":           {rotate(k.KeyId, 89), "ValidationException"},
		"rotation too rare":            {rotate(k.KeyId, 2561), "ValidationException"},
		"rotation of an HMAC key":      {rotate(mac.KeyMetadata.KeyId, 90), "UnsupportedOperationException"},
		"rotation of a disabled key":   {rotate(disabled.KeyId, 90), "DisabledException"},
		"rotation of a pending key":    {rotate(pending.KeyId, 90), "KMSInvalidStateException"},
		"enable a pending key":         {second(client.EnableKey(ctx, &kms.EnableKeyInput{KeyId: pending.KeyId})), "KMSInvalidStateException"},
		"disable a pending key":        {second(client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: pending.KeyId})), "KMSInvalidStateException"},
		"tag a pending key":            {second(client.TagResource(ctx, &kms.TagResourceInput{KeyId: pending.KeyId, Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("b")}}})), "KMSInvalidStateException"},
		"schedule twice":               {second(client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: pending.KeyId})), "KMSInvalidStateException"},
		"cancel what is not pending":   {second(client.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: k.KeyId})), "KMSInvalidStateException"},
		"encrypt with a disabled key":  {second(client.Encrypt(ctx, &kms.EncryptInput{KeyId: disabled.KeyId, Plaintext: []byte("x")})), "DisabledException"},
		"encrypt with a pending key":   {second(client.Encrypt(ctx, &kms.EncryptInput{KeyId: pending.KeyId, Plaintext: []byte("x")})), "KMSInvalidStateException"},
		"encrypt with an HMAC key":     {second(client.Encrypt(ctx, &kms.EncryptInput{KeyId: mac.KeyMetadata.KeyId, Plaintext: []byte("x")})), "InvalidKeyUsageException"},
		"data key without a size":      {second(client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: k.KeyId})), "ValidationException"},
		"unknown alias":                {second(client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/none")})), "NotFoundException"},
		"another region's ARN":         {second(client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("arn:aws:kms:eu-west-1:123456789012:key/" + *k.KeyId)})), "NotFoundException"},
		"manage by alias":              {second(client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: aws.String("alias/taken")})), "NotFoundException"},
		"delete an unknown alias":      {second(client.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String("alias/none")})), "NotFoundException"},
		"usage that does not fit":      {second(client.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpecHmac256})), "ValidationException"},
		"reserved tag":                 {second(client.CreateKey(ctx, &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: aws.String("aws:x"), TagValue: aws.String("")}}})), "TagException"},
		"limit out of range":           {second(client.ListKeys(ctx, &kms.ListKeysInput{Limit: aws.Int32(1001)})), "ValidationException"},
		"grant without a principal":    {second(client.CreateGrant(ctx, &kms.CreateGrantInput{KeyId: k.KeyId, GranteePrincipal: aws.String("somebody"), Operations: []types.GrantOperation{"Decrypt"}})), "InvalidArnException"},
		"retype an alias":              {second(client.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: aws.String("alias/taken"), TargetKeyId: mac.KeyMetadata.KeyId})), "ValidationException"},
		"another account's key policy": {foreignPolicy(k), "NotFoundException"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, row.err, row.code) })
	}
	_, err = client.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: k.KeyId, BypassPolicyLockoutSafetyCheck: true,
		Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:Decrypt","Resource":"*"}}`)})
	require.NoError(t, err, "the lockout check can be bypassed")
}

// foreignPolicy asks another account, where the id means nothing.
func foreignPolicy(k types.KeyMetadata) error {
	client := kms.NewFromConfig(fakeaws.New(fakekms.Install).ConfigFor("210987654321", "us-east-1"))
	_, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: k.KeyId})
	return err
}

func second[O any](_ O, err error) error {
	if err == nil {
		return errors.New("nothing was refused")
	}
	return err
}
