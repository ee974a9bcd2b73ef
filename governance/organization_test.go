package governance_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeorganizations"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeorganizations.Install) }

// organize makes an organization, which no baseline makes.
func organize(ctx context.Context, cfg aws.Config) error {
	_, err := organizations.NewFromConfig(cfg).CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll})
	return err
}

// organized is a cloud with an organization, and the id of its root.
func organized(t *testing.T) (*fakeaws.Cloud, *organizations.Client, string) {
	t.Helper()
	cloud := newCloud()
	require.NoError(t, organize(t.Context(), cloud.Config()))
	c := organizations.NewFromConfig(cloud.Config())
	return cloud, c, rootOf(t.Context(), c)
}

func rootOf(ctx context.Context, c *organizations.Client) string {
	out, err := c.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil || len(out.Roots) != 1 {
		return ""
	}
	return *out.Roots[0].Id
}

// policyNamed finds a policy's id.
func policyNamed(ctx context.Context, c *organizations.Client, t types.PolicyType, name string) (string, error) {
	out, err := c.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: t})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(out.Policies, func(p types.PolicySummary) bool { return *p.Name == name })
	if i < 0 {
		return "", &types.PolicyNotFoundException{Message: &name}
	}
	return *out.Policies[i].Id, nil
}

func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("org", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.NoError(t, err, p)
	return p
}

// auditAccount is the account that makeAccount makes for audits: its id follows from its address.
const auditAccount = "592787913319"

// makeAccount makes a member account and waits until it is there.
func makeAccount(ctx context.Context, c *organizations.Client, name string) error {
	made, err := c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")})
	for err == nil && made.CreateAccountStatus.State == types.CreateAccountStateInProgress {
		time.Sleep(time.Second)
		var status *organizations.DescribeCreateAccountStatusOutput
		status, err = c.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: made.CreateAccountStatus.Id})
		if err == nil {
			made.CreateAccountStatus = status.CreateAccountStatus
		}
	}
	return err
}
