package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeiam.Install) }

var agreed = []string{"-auditor", "210987654321", "-external-id", "f3b1c2"}

func TestReportsWithoutChanging(t *testing.T) {
	cloud := newCloud()
	var out strings.Builder
	require.NoError(t, run(context.Background(), cloud.Config(), agreed, &out))
	require.Contains(t, out.String(), "+ iam.Role/SecurityAuditor")
	require.Contains(t, out.String(), `"Condition":{"StringEquals":{"sts:ExternalId":"f3b1c2"}}`)
	require.Contains(t, out.String(), `"arn:aws:iam::aws:policy/SecurityAudit"`)
	require.Empty(t, cloud.Writes())
}

func TestFixIsIdempotentAndMends(t *testing.T) {
	ctx, cloud := context.Background(), newCloud()
	fix := append([]string{"-fix"}, agreed...)
	require.NoError(t, run(ctx, cloud.Config(), fix, io.Discard))
	fixed := cloud.Snapshot()

	cloud.ResetCalls()
	require.NoError(t, run(ctx, cloud.Config(), fix, io.Discard))
	require.Empty(t, cloud.Writes())

	_, err := iam.NewFromConfig(cloud.Config()).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: aws.String("SecurityAuditor"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess"),
	})
	require.NoError(t, err)
	require.NoError(t, run(ctx, cloud.Config(), fix, io.Discard))
	require.Equal(t, fixed, cloud.Snapshot())
}

func TestRefusesWhatIsNotNamed(t *testing.T) {
	for _, args := range [][]string{nil, agreed[:2], agreed[2:], {"-auditor", "", "-external-id", "f3b1c2"}} {
		cloud := newCloud()
		require.ErrorContains(t, run(context.Background(), cloud.Config(), args, io.Discard), "-auditor 123456789012 -external-id")
		require.Empty(t, cloud.Calls())
	}
}
