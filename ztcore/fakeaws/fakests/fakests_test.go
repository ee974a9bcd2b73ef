package fakests_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func TestAssumedRoleActsInItsOwnAccount(t *testing.T) {
	cloud := fakeaws.New(fakests.Install)
	cfg := cloud.Config()
	out, err := sts.NewFromConfig(cfg).AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::210987654321:role/path/Auditor"), RoleSessionName: aws.String("s"),
	})
	require.NoError(t, err)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(context.Background(), nil)
	require.NoError(t, err)
	require.Equal(t, "210987654321", *who.Account)
	require.Equal(t, "arn:aws:sts::210987654321:assumed-role/Auditor/s", *who.Arn)
}

func TestWhatIsNotFakedFailsByName(t *testing.T) {
	client := sts.NewFromConfig(fakeaws.New(fakests.Install).Config())
	_, err := client.GetSessionToken(context.Background(), nil)
	var missing *fakeaws.NotFakedError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "GetSessionToken", missing.Operation)

	_, err = client.AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::210987654321:role/x"), RoleSessionName: aws.String("s"), ExternalId: aws.String("e"),
	})
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "ExternalId", missing.Member)
}
