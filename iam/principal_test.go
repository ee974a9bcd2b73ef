package iam_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestFreshPrincipalIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = 12 * time.Second
		cloud := newCloud()
		cloud.SetPropagation(delay)
		worker := iam.Role{Name: "worker", TrustedBy: ec2}
		reader := iam.Role{Name: "reader", TrustedBy: policy.AWS(string(worker.ARN()))}
		p := planned(t, cloud.Config(), nil, worker, reader)
		started := time.Now()
		_, err := p.Apply(context.Background())
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(started), delay)
		require.LessOrEqual(t, time.Since(started), 2*delay, "waited for longer than one more step back")
	})
}

func TestWrongPrincipalFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		started := time.Now()
		p := planned(t, cloud.Config(), nil, iam.Role{Name: "reader", TrustedBy: policy.AWS("arn:aws:iam::123456789012:role/nobody")})
		_, err := p.Apply(context.Background())
		var malformed *types.MalformedPolicyDocumentException
		require.ErrorAs(t, err, &malformed)
		require.ErrorContains(t, err, "role/nobody")
		require.Len(t, cloud.Writes(), 1)
		require.Less(t, time.Since(started), time.Second)
	})
}

// When a role is deleted, IAM keeps what named it by its unique id, and a new role of the same name is another principal.
func TestTrustInADeadPrincipalIsBoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cloud := t.Context(), newCloud()
		worker := iam.Role{Name: "worker", TrustedBy: ec2}
		reader := iam.Role{Name: "reader", TrustedBy: policy.AWS(string(worker.ARN()))}
		applied(t, cloud.Config(), worker, reader)
		c := sdk.NewFromConfig(cloud.Config())
		_, err := c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("worker")})
		require.NoError(t, err)

		p := planned(t, cloud.Config(), nil, worker, reader)
		require.Contains(t, p.String(), `"AROA`, "the dead principal is shown")
		_, err = p.Apply(ctx)
		require.NoError(t, err)
		out, err := c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("reader")})
		require.NoError(t, err)
		require.Contains(t, *out.Role.AssumeRolePolicyDocument, "role%2Fworker")
		require.True(t, planned(t, cloud.Config(), nil, worker, reader).Empty())
	})
}

func TestDocumentThatCannotBeReadIsDrift(t *testing.T) {
	cloud := newCloud()
	r := iam.Role{Name: "reader", TrustedBy: ec2}
	applied(t, cloud.Config(), r)
	cloud2 := unreadable(t, cloud)
	p, err := ztcore.NewBaseline("test", r).Plan(context.Background(), cloud2)
	require.NoError(t, err)
	require.Contains(t, p.String(), "unreadable")
	require.False(t, p.Empty())
}
