package main

import (
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// byHand runs the guide's own commands for what has a name that it can be found by.
func byHand(t *testing.T, cfg aws.Config) {
	t.Helper()
	users, buckets := iam.NewFromConfig(cfg), s3.NewFromConfig(cfg)
	_, err := users.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("example-user")})
	require.NoError(t, err)
	_, err = users.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("example-user"), PolicyName: aws.String("S3ReadAccess"), PolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::example-bucket/*"]}]}`)})
	require.NoError(t, err)
	_, err = users.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("EC2S3AccessRole"), AssumeRolePolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`)})
	require.NoError(t, err)
	_, err = users.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("EC2S3AccessRole"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")})
	require.NoError(t, err)
	_, err = buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("example-bucket")})
	require.NoError(t, err)
}

// See first, take over second: observing lists all differences and writes nothing, adopting writes exactly those.
func TestAnAccountMadeByHandIsAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		cfg, base := cloud.Config(), everything(t)
		byHand(t, cfg)
		cloud.ResetCalls()

		refused, err := base.Plan(ctx, cfg)
		require.NoError(t, err)
		_, err = refused.Apply(ctx)
		var conflict *ztcore.ConflictError
		require.ErrorAs(t, err, &conflict)
		require.Len(t, conflict.Steps, 3, "the user, the role and the bucket are nobody's: %v", err)

		watched, err := base.Plan(ctx, cfg, ztcore.ObserveAll())
		require.NoError(t, err)
		require.True(t, watched.Empty())
		require.Contains(t, watched.String(), "drifted")
		require.Empty(t, cloud.Writes())

		adopted, err := base.Plan(ctx, cfg, ztcore.AdoptAll())
		require.NoError(t, err)
		for _, s := range adopted.Steps {
			if s.Address == "iam.UserPolicies/example-user" || s.Address == "iam.RoleAttachments/EC2S3AccessRole" {
				require.Equal(t, ztcore.None, s.Action, "%s is as the guide made it, however it was written", s.Address)
			}
		}
		_, err = adopted.Apply(ctx)
		require.NoError(t, err)
		again, err := base.Plan(ctx, cfg)
		require.NoError(t, err)
		require.True(t, again.Empty(), again)
	})
}
