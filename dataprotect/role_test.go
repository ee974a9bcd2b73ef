package dataprotect_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	role "github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecretsmanager"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func createRole(t *testing.T, cfg aws.Config, name string) (arn string) {
	t.Helper()
	trust := policy.Trust(policy.Service("ec2.amazonaws.com")).JSON()
	out, err := iam.NewFromConfig(cfg).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	return *out.Role.Arn
}

// A role is unknown to other services for seconds. Those that name it in their policies try again, and need no second run.
func TestFreshRoleIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakests.Install, fakeiam.Install, fakekms.Install, fakes3.Install, fakesecretsmanager.Install)
		cloud.SetPropagation(8 * time.Second)
		reader := role.Role{Name: "LedgerReader", TrustedBy: policy.Service("ec2.amazonaws.com")}
		key := dataprotect.Key{Name: "ledger", Users: []id.RoleARN{reader.ARN()}}
		bucket := dataprotect.Bucket{Name: "acme-ledger"}
		bucket.Policy = policy.Allow("s3:GetObject").To(policy.AWS(string(reader.ARN()))).On(bucket.ARN() + "/*")
		secret := dataprotect.Secret{Name: "db-credentials", ReadableBy: []id.RoleARN{reader.ARN()}}
		started := time.Now()
		apply(t, cloud.Config(), ztcore.List{reader, key, bucket, secret})
		require.Less(t, time.Since(started), 30*time.Second)
		require.True(t, replan(t, cloud.Config(), ztcore.List{reader, key, bucket, secret}).Empty())
	})
}

func TestUnknownRoleFailsAtOnce(t *testing.T) {
	cloud := fakeaws.New(fakests.Install, fakeiam.Install, fakekms.Install)
	key := dataprotect.Key{Name: "ledger", Users: []id.RoleARN{"arn:aws:iam::123456789012:role/Nobody"}}
	_, err := replan(t, cloud.Config(), key).Apply(t.Context())
	require.ErrorContains(t, err, "invalid principals")
	require.Len(t, cloud.Writes(), 1)
}

// AWS keeps a deleted role's unique id in the policies that named it: a role made again under the name is not let in.
func TestRoleMadeAgainIsLetInAgain(t *testing.T) {
	ctx := t.Context()
	cloud := fakeaws.New(fakests.Install, fakeiam.Install, fakekms.Install)
	cfg := cloud.Config()
	key := dataprotect.Key{Name: "ledger", Users: []id.RoleARN{id.RoleARN(createRole(t, cfg, "LedgerReader"))}}
	apply(t, cfg, key)
	_, err := iam.NewFromConfig(cfg).DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("LedgerReader")})
	require.NoError(t, err)
	createRole(t, cfg, "LedgerReader")
	p := replan(t, cfg, key)
	require.Equal(t, ztcore.Modify, p.Steps[0].Action)
	require.Contains(t, p.String(), "AROA")
	apply(t, cfg, key)
	require.True(t, replan(t, cfg, key).Empty())
}
