package iam_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func guardrailsOf(findings []ztcore.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, f.Guardrail)
	}
	return out
}

// rootOf answers as an account does whose root user has what the summary says and whose report has these rows.
func rootOf(summary map[string]int32, rows ...string) func(*fakeaws.Cloud) {
	return func(c *fakeaws.Cloud) {
		installAll(c)
		fakeaws.On(c, func(context.Context, *sdk.GetAccountSummaryInput, ...func(*sdk.Options)) (*sdk.GetAccountSummaryOutput, error) {
			return &sdk.GetAccountSummaryOutput{SummaryMap: summary}, nil
		})
		fakeaws.On(c, func(context.Context, *sdk.GetCredentialReportInput, ...func(*sdk.Options)) (*sdk.GetCredentialReportOutput, error) {
			return &sdk.GetCredentialReportOutput{Content: []byte(strings.Join(rows, "\n"))}, nil
		})
	}
}

func TestRootUserThatIsLeftAloneIsNoFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found, err := iam.RootUsage(t.Context(), newCloud().Config())
		require.NoError(t, err)
		require.Empty(t, found)
	})
}

func TestRootUserIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		header := "user,password_last_used,access_key_1_last_used_date,access_key_2_last_used_date"
		for name, c := range map[string]struct {
			summary map[string]int32
			used    string
			want    []string
		}{
			"everything":     {map[string]int32{"AccountPasswordPresent": 1, "AccountAccessKeysPresent": 1, "AccountSigningCertificatesPresent": 1}, time.Now().AddDate(0, 0, -1).Format(time.RFC3339), []string{"iam.root-access-key", "iam.root-signing-certificate", "iam.root-without-mfa", "iam.root-used"}},
			"no password":    {map[string]int32{"AccountPasswordPresent": 0}, "no_information", []string{}},
			"used long ago":  {map[string]int32{"AccountMFAEnabled": 1, "AccountPasswordPresent": 1}, time.Now().AddDate(0, 0, -91).Format(time.RFC3339), []string{}},
			"used, with MFA": {map[string]int32{"AccountMFAEnabled": 1, "AccountPasswordPresent": 1}, time.Now().AddDate(0, 0, -89).Format(time.RFC3339), []string{"iam.root-used"}},
		} {
			cloud := fakeaws.New(rootOf(c.summary, header, "<root_account>,"+c.used+",N/A,N/A", "alice,"+time.Now().Format(time.RFC3339)+",N/A,N/A"))
			found, err := iam.RootUsage(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.Equal(t, c.want, guardrailsOf(found), name)
			for _, f := range found {
				require.Equal(t, ztcore.Address("iam.Root/account"), f.Resource)
				require.NotEmpty(t, f.Controls)
				require.NotEmpty(t, f.Fix)
			}
		}
	})
}

func TestCredentialsThatShouldNotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cloud := t.Context(), newCloud()
		c := sdk.NewFromConfig(cloud.Config())
		for _, name := range []string{"alice", "bob"} {
			_, err := c.CreateUser(ctx, &sdk.CreateUserInput{UserName: &name})
			require.NoError(t, err)
		}
		_, err := c.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{UserName: aws.String("alice"), Password: aws.String("Corr3ct-h0rse-battery")})
		require.NoError(t, err)
		for range 2 {
			_, err = c.CreateAccessKey(ctx, &sdk.CreateAccessKeyInput{UserName: aws.String("bob")})
			require.NoError(t, err)
		}
		audit := func() map[string][]string {
			found, err := iam.CredentialAudit(ctx, cloud.Config())
			require.NoError(t, err)
			out := map[string][]string{}
			for _, f := range found {
				out[string(f.Resource)+" "+f.Attribute] = append(out[string(f.Resource)+" "+f.Attribute], f.Guardrail)
			}
			return out
		}
		require.Equal(t, map[string][]string{
			"iam.User/alice password":   {"iam.password-without-mfa"},
			"iam.User/bob access_key_2": {"iam.two-access-keys"},
		}, audit())

		time.Sleep(91 * 24 * time.Hour)
		require.Equal(t, map[string][]string{
			"iam.User/alice password":   {"iam.password-without-mfa", "iam.unused-credential"},
			"iam.User/bob access_key_1": {"iam.old-access-key", "iam.unused-credential"},
			"iam.User/bob access_key_2": {"iam.two-access-keys", "iam.old-access-key", "iam.unused-credential"},
		}, audit())
	})
}

func TestReportThatIsNeverMadeIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(installAll, func(c *fakeaws.Cloud) {
			fakeaws.On(c, func(context.Context, *sdk.GenerateCredentialReportInput, ...func(*sdk.Options)) (*sdk.GenerateCredentialReportOutput, error) {
				return &sdk.GenerateCredentialReportOutput{State: types.ReportStateTypeInprogress}, nil
			})
		})
		started := time.Now()
		_, err := iam.RootUsage(t.Context(), cloud.Config())
		require.ErrorContains(t, err, "was not made in time")
		require.WithinDuration(t, started.Add(5*time.Minute), time.Now(), 10*time.Second)
	})
}

func TestAuditStopsAtTheFirstError(t *testing.T) {
	denied := errors.New("denied")
	for _, operation := range []string{"GetAccountSummary", "GenerateCredentialReport"} {
		cloud := newCloud()
		cloud.Inject(t, &fakeaws.Fault{Service: "IAM", Operation: operation, Before: denied})
		_, err := iam.RootUsage(context.Background(), cloud.Config())
		require.ErrorIs(t, err, denied, operation)
	}
}
