package unittest_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/examples/unittest"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakekms.Install, fakes3.Install, fakeiam.Install) }

// Look at what exists afterwards, not at which calls were made. Calls may come in any order and from several goroutines.
func TestTenantsAreOnboardedSideBySide(t *testing.T) {
	cloud := newCloud()
	cfg, ctx := cloud.Config(), context.Background()
	var wg sync.WaitGroup
	for _, tenant := range []string{"red", "blue"} {
		wg.Go(func() {
			_, err := unittest.Onboard(ctx, cfg, tenant)
			require.NoError(t, err)
		})
	}
	wg.Wait()
	for _, tenant := range []string{"red", "blue"} {
		enc, err := s3.NewFromConfig(cfg).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: aws.String("tenant-" + tenant)})
		require.NoError(t, err)
		rule := enc.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault
		require.Equal(t, types.ServerSideEncryptionAwsKms, rule.SSEAlgorithm)
		_, err = iam.NewFromConfig(cfg).GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String("tenant-" + tenant), PolicyName: aws.String("read")})
		require.NoError(t, err)
	}
}

// Errors are the SDK's own types.
func TestATakenNameIsAnError(t *testing.T) {
	cloud := newCloud()
	other := s3.NewFromConfig(cloud.ConfigFor("210987654321", "us-east-1"))
	_, err := other.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("tenant-red")})
	require.NoError(t, err)
	_, err = unittest.Onboard(context.Background(), cloud.Config(), "red")
	var taken *types.BucketAlreadyExists
	require.ErrorAs(t, err, &taken)
}

// The SDK's retryer is the real one: in a bubble of synctest its backoff takes no time.
func TestThrottlingIsSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.Inject(t, &fakeaws.Fault{Service: "IAM", Before: fakeaws.Throttled(), Times: 2})
		_, err := unittest.Onboard(context.Background(), cloud.Config(), "red")
		require.NoError(t, err)
	})
}
