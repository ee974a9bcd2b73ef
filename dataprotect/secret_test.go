package dataprotect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecretsmanager"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const dbSecret = ztcore.Address("dataprotect.Secret/db-credentials")

func secretsCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakekms.Install, fakesecretsmanager.Install)
}

func literal(value string) dataprotect.Source {
	return func(context.Context) ([]byte, error) { return []byte(value), nil }
}

func secretValue(t *testing.T, cfg aws.Config) string {
	t.Helper()
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("db-credentials")})
	require.NoError(t, err)
	return *out.SecretString
}

// secretCase changes the secret in every way. With another version than "1" it can't be made again in the same cloud: a
// removed secret comes back with its last value, and labels are not used twice.
func secretCase(version string) kindtest.Case {
	key := dataprotect.Key{Name: "ledger"}
	first := dataprotect.Secret{Name: "db-credentials", Description: "of a database", Policy: policy.Allow("secretsmanager:GetSecretValue").To(policy.Account(ztcore.AccountID)).OnAny()}
	second := first
	second.Description, second.Key, second.Version, second.Policy = "of the ledger's database", key.ARN(), version, policy.Document{}
	third := second
	third.RotateEvery, third.RotationLambda = 30*24*time.Hour, "arn:aws:lambda:us-east-1:123456789012:function:rotate"
	fourth := third
	fourth.RotateEvery, fourth.RotationLambda, fourth.Tags = 0, "", map[string]string{"team": "ledger"}
	changes := []string{
		"dataprotect.Secret/db-credentials Description", "dataprotect.Secret/db-credentials Key", "dataprotect.Secret/db-credentials Policy",
	}
	if version != "1" {
		changes = append(changes, "dataprotect.Secret/db-credentials Version")
	}
	return kindtest.Case{
		Cloud: secretsCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{key, first}},
			{Resource: ztcore.List{key, second}, Changes: changes},
			{Resource: ztcore.List{key, third}, Changes: []string{"dataprotect.Secret/db-credentials RotationDays", "dataprotect.Secret/db-credentials RotationLambda"}},
			{Resource: ztcore.List{key, fourth}, Changes: []string{
				"dataprotect.Secret/db-credentials RotationDays", "dataprotect.Secret/db-credentials RotationLambda", "dataprotect.Secret/db-credentials Tags",
			}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := secretsmanager.NewFromConfig(cfg)
			_, err := client.DeleteResourcePolicy(ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: aws.String("db-credentials")})
			if err != nil {
				return err
			}
			_, err = client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: aws.String("db-credentials"), Description: aws.String("by hand")})
			return err
		},
	}
}

func TestSecretLife(t *testing.T) { kindtest.Run(t, secretCase("2")) }

func TestValueIsWrittenOnceForEachVersion(t *testing.T) {
	cfg := secretsCloud().Config()
	secret := dataprotect.Secret{Name: "db-credentials", Value: literal("first")}
	apply(t, cfg, secret)
	require.Equal(t, "first", secretValue(t, cfg))

	secret.Value = literal("second")
	require.True(t, replan(t, cfg, secret).Empty(), "values are not compared")
	_, err := secretsmanager.NewFromConfig(cfg).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("db-credentials"), SecretString: aws.String("rotated")})
	require.NoError(t, err)
	require.True(t, replan(t, cfg, secret).Empty(), "what a rotation has put there stays")

	secret.Version = "2"
	apply(t, cfg, secret)
	require.Equal(t, "second", secretValue(t, cfg))

	secret.Version = "1"
	_, err = replan(t, cfg, secret).Apply(t.Context())
	require.ErrorContains(t, err, "choose a label that was not used before")
	require.Equal(t, "second", secretValue(t, cfg))
}

func TestAdoptedSecretKeepsItsValue(t *testing.T) {
	cfg := secretsCloud().Config()
	_, err := secretsmanager.NewFromConfig(cfg).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("db-credentials"), SecretString: aws.String("by hand")})
	require.NoError(t, err)
	secret := dataprotect.Secret{Name: "db-credentials"}
	require.Equal(t, ztcore.Conflict, replan(t, cfg, secret).Steps[0].Action)
	apply(t, cfg, ztcore.Adopt(secret))
	require.Equal(t, "by hand", secretValue(t, cfg))
	require.True(t, replan(t, cfg, secret).Empty())
}

func TestRemovedSecretIsHadBackWithinItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := secretsCloud().Config()
		secret := dataprotect.Secret{Name: "db-credentials", RecoveryWindow: 7 * 24 * time.Hour}
		apply(t, cfg, secret)
		value := secretValue(t, cfg)
		require.Len(t, value, 32)
		require.Equal(t, ztcore.Retain, replan(t, cfg, secret, ztcore.Destroy()).Steps[0].Action)
		apply(t, cfg, secret, ztcore.Destroy(), ztcore.AllowDelete(dbSecret))
		out, err := secretsmanager.NewFromConfig(cfg).DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("db-credentials")})
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(7*24*time.Hour), *out.DeletedDate, time.Minute)

		secret.Description = "came back"
		apply(t, cfg, secret)
		require.Equal(t, value, secretValue(t, cfg))
		require.True(t, replan(t, cfg, secret).Empty())
	})
}

func TestDeletedSecretOfSomeoneElseIsNotRestored(t *testing.T) {
	cloud := secretsCloud()
	cfg := cloud.Config()
	client := secretsmanager.NewFromConfig(cfg)
	_, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("db-credentials"), SecretString: aws.String("by hand")})
	require.NoError(t, err)
	_, err = client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("db-credentials")})
	require.NoError(t, err)
	cloud.ResetCalls()
	_, err = replan(t, cfg, dataprotect.Secret{Name: "db-credentials"}).Apply(t.Context())
	require.ErrorContains(t, err, "which is not ours, waits for its deletion")
	require.Empty(t, cloud.Writes())
}

func TestOnlyReadersRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakests.Install, fakeiam.Install, fakesecretsmanager.Install)
		cfg := cloud.Config()
		made := createRole(t, cfg, "LedgerReader")
		secret := dataprotect.Secret{Name: "db-credentials", ReadableBy: []id.RoleARN{id.RoleARN(made)}}
		apply(t, cfg, secret)
		out, err := secretsmanager.NewFromConfig(cfg).GetResourcePolicy(t.Context(), &secretsmanager.GetResourcePolicyInput{SecretId: aws.String("db-credentials")})
		require.NoError(t, err)
		doc, err := policy.Parse(*out.ResourcePolicy)
		require.NoError(t, err)
		want := policy.Allow("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret").Named("ReadersRead").To(policy.AWS(made)).OnAny().
			And(policy.Deny("secretsmanager:GetSecretValue").Named("NobodyElseReads").To(policy.Anyone()).OnAny().When("ArnNotEquals", "aws:PrincipalArn", made))
		require.True(t, want.Equal(doc), doc.Pretty())
	})
}

func TestSecretOpenToOthersIsBlocked(t *testing.T) {
	for guardrail, who := range map[string]policy.Principal{
		"dataprotect.secret-open":          policy.Anyone(),
		"dataprotect.secret-cross-account": policy.AWS("arn:aws:iam::210987654321:role/Vendor"),
	} {
		p := replan(t, secretsCloud().Config(), dataprotect.Secret{Name: "db-credentials", Policy: policy.Allow("secretsmanager:GetSecretValue").To(who).OnAny()})
		require.Equal(t, guardrail, p.Findings[0].Guardrail)
		_, err := p.Apply(t.Context())
		var blocked *ztcore.BlockedError
		require.ErrorAs(t, err, &blocked)
	}
}

func TestSecretInputThatSecretsManagerRefusesIsFoundBefore(t *testing.T) {
	for want, secret := range map[string]dataprotect.Secret{
		"can't be the name of a secret": {Name: "db credentials"},
		"as the ARN of another secret":  {Name: "db-abc123"},
		"need each other":               {Name: "db", RotateEvery: 24 * time.Hour},
		"1 to 1,000 whole days":         {Name: "db", RotateEvery: time.Hour, RotationLambda: "arn:aws:lambda:us-east-1:123456789012:function:rotate"},
		"7 to 30 whole days":            {Name: "db", RecoveryWindow: 31 * 24 * time.Hour},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("ledger", secret).Check(), want)
	}
}

func TestLogin(t *testing.T) {
	raw, err := dataprotect.Login("example-user", dataprotect.Password(40))(t.Context())
	require.NoError(t, err)
	var got map[string]string
	require.NoError(t, json.Unmarshal(raw, &got))
	require.Equal(t, "example-user", got["username"])
	require.Len(t, got["password"], 40)
	_, err = dataprotect.Password(8)(t.Context())
	require.ErrorContains(t, err, "use 16 or more")
}

func TestValueThatCannotBeHadStopsTheWrite(t *testing.T) {
	cloud := secretsCloud()
	for want, source := range map[string]dataprotect.Source{
		"vault is sealed": func(context.Context) ([]byte, error) { return nil, errors.New("vault is sealed") },
		"has 0 bytes":     literal(""),
		"has 65537 bytes": literal(strings.Repeat("x", 65537)),
	} {
		_, err := replan(t, cloud.Config(), dataprotect.Secret{Name: "db-credentials", Value: source}).Apply(t.Context())
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, cloud.Writes())
}

// TestValueAppearsNowhere puts a canary through success and through a fault at every write, and looks everywhere.
func TestValueAppearsNowhere(t *testing.T) {
	const canary = "canary-7d1f4e"
	secret := dataprotect.Secret{Name: "db-credentials", Value: literal(canary), Policy: policy.Allow("secretsmanager:GetSecretValue").To(policy.Account("123456789012")).OnAny()}
	changed := secret
	changed.Version, changed.Description = "2", "another value"
	var seen strings.Builder
	look := func(v ...any) {
		for _, x := range v {
			fmt.Fprintf(&seen, "%v %+v %#v %s\n", x, x, x, x)
			if b, err := json.Marshal(x); err == nil {
				seen.Write(b)
			}
		}
	}
	run := func(t *testing.T, fault *fakeaws.Fault) {
		synctest.Test(t, func(t *testing.T) {
			cloud := secretsCloud()
			cfg := cloud.Config()
			var log bytes.Buffer
			cfg.Logger = logging.NewStandardLogger(&log)
			cfg.ClientLogMode = aws.LogRequestWithBody | aws.LogResponseWithBody | aws.LogRetries
			if fault != nil {
				fault.Match = fakeaws.Call.Mutating
				cloud.Inject(nil, fault)
			}
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			for _, r := range []dataprotect.Secret{secret, changed} {
				b := ztcore.NewBaseline("ledger", r)
				plan, err := b.Plan(t.Context(), cfg)
				require.NoError(t, err)
				report, err := plan.Apply(t.Context(), ztcore.WithLogger(logger), ztcore.WithProgress(func(e ztcore.Event) { look(e) }))
				look(r, &r, r.Value, b, *b, plan, *plan, plan.Steps, report, err)
				logger.Debug("planned", "secret", r, "value", r.Value, "plan", plan, "report", report)
			}
			seen.WriteString(log.String())
		})
	}
	run(t, nil)
	for i := range 5 {
		run(t, &fakeaws.Fault{Skip: i, Before: fakeaws.Denied("PutSecretValue")})
		run(t, &fakeaws.Fault{Skip: i, After: fakeaws.Lost()})
	}
	require.Contains(t, seen.String(), "db-credentials", "nothing was looked at")
	require.NotContains(t, seen.String(), canary)
	require.NotContains(t, seen.String(), fmt.Sprint([]byte(canary))[1:20])
	require.NotContains(t, seen.String(), "Y2FuYXJ5LTdkMWY0Z", "nor in base64")
}
