package iam_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(installAll) }

func installAll(c *fakeaws.Cloud) {
	fakests.Install(c)
	fakeiam.Install(c)
}

// planned plans a baseline named test.
func planned(t *testing.T, cfg aws.Config, opts []ztcore.PlanOption, r ...ztcore.Resource) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("test", r...).Plan(context.Background(), cfg, opts...)
	require.NoError(t, err)
	return p
}

// applied plans, applies, and requires the plan after it to be empty.
func applied(t *testing.T, cfg aws.Config, r ...ztcore.Resource) {
	t.Helper()
	p := planned(t, cfg, nil, r...)
	_, err := p.Apply(context.Background())
	require.NoError(t, err, p)
	again := planned(t, cfg, nil, r...)
	require.True(t, again.Empty(), again)
}

// replaceScope puts the values of a run in the place of its tokens.
func replaceScope(s string) string {
	return strings.NewReplacer(ztcore.AccountID, fakeaws.DefaultAccount, ztcore.Partition, "aws", ztcore.Region, fakeaws.DefaultRegion).Replace(s)
}

// unreadable is a configuration with which every role of a cloud has a trust policy that is no document.
func unreadable(t *testing.T, c *fakeaws.Cloud) aws.Config {
	t.Helper()
	inner := sdk.NewFromConfig(c.Config())
	front := fakeaws.New(fakests.Install, func(c *fakeaws.Cloud) {
		fakeaws.On(c, func(ctx context.Context, in *sdk.GetRoleInput, _ ...func(*sdk.Options)) (*sdk.GetRoleOutput, error) {
			out, err := inner.GetRole(context.Background(), in)
			if err == nil {
				out.Role.AssumeRolePolicyDocument = aws.String("%7Bgarbled")
			}
			return out, err
		}, "RoleName")
	})
	return front.Config()
}
