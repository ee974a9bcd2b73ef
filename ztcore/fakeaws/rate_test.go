package fakeaws_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func TestRatesAreOfEachAccountRegionAndOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.SetRates(fakeaws.Rate{Service: "KMS", Burst: 2, PerSecond: 0.5})
		client := func(account, region string) *kms.Client {
			cfg := cloud.ConfigFor(account, region)
			cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
			return kms.NewFromConfig(cfg)
		}
		c := client("111111111111", "us-east-1")
		for range 2 {
			_, err := c.ListKeys(ctx, nil)
			require.NoError(t, err)
		}
		_, err := c.ListKeys(ctx, nil)
		require.Equal(t, aws.TrueTernary, retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err), "%v", err)
		_, err = c.ListAliases(ctx, nil)
		require.NoError(t, err, "another operation")
		_, err = client("111111111111", "eu-west-1").ListKeys(ctx, nil)
		require.NoError(t, err, "another region")
		_, err = client("222222222222", "us-east-1").ListKeys(ctx, nil)
		require.NoError(t, err, "another account")
		time.Sleep(time.Second)
		_, err = c.ListKeys(ctx, nil)
		require.Error(t, err, "half a token")
		time.Sleep(time.Second)
		_, err = c.ListKeys(ctx, nil)
		require.NoError(t, err)

		// The SDK's own retryer waits for a token.
		patient := cloud.ConfigFor("111111111111", "us-east-1")
		patient.RetryMaxAttempts = 10
		_, err = kms.NewFromConfig(patient).ListKeys(ctx, nil)
		require.NoError(t, err)
	})
}

func TestEC2RatesTellReadsFromWrites(t *testing.T) {
	rates := fakeaws.EC2Rates()
	class := func(call fakeaws.Call) int {
		for i, r := range rates {
			if r.Match == nil || r.Match(call) {
				return i
			}
		}
		return -1
	}
	require.Equal(t, 0, class(fakeaws.Call{Operation: "CreateVpc"}))
	require.Equal(t, 1, class(fakeaws.Call{Operation: "DescribeVpcs", Input: &struct{ NextToken *string }{}}))
	require.Equal(t, 2, class(fakeaws.Call{Operation: "DescribeVpcs", Input: &struct{ NextToken *string }{aws.String("x")}}))
}
