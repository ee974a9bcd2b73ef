package exposure_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
)

func put(c *s3.Client, blocked bool) error {
	_, err := c.PutPublicAccessBlock(context.Background(), &s3.PutPublicAccessBlockInput{Bucket: aws.String("ledger"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: &blocked, BlockPublicPolicy: &blocked, IgnorePublicAcls: &blocked, RestrictPublicBuckets: &blocked,
	}})
	return err
}

func TestAMomentIsSeenThatIsOverAtTheEnd(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	c := s3.NewFromConfig(cloud.Config())
	_, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("ledger")})
	require.NoError(t, err)
	watch := exposure.Watch(cloud)
	require.NoError(t, put(c, false))
	require.Empty(t, watch.Violations(), "as far as it goes, this is what is wanted")
	require.NoError(t, put(c, true))
	require.Equal(t, 2, watch.Moments())
	found := watch.Violations()
	require.Len(t, found, 1)
	require.Equal(t, "public access to bucket ledger", found[0].Surface)
	require.Equal(t, 3, found[0].More)
}

// A program that lifts a block and sets it again has been open in between.
func ExampleWatch() {
	cloud := fakeaws.New(fakes3.Install)
	c := s3.NewFromConfig(cloud.Config())
	if _, err := c.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("ledger")}); err != nil {
		fmt.Println(err)
		return
	}
	watch := exposure.Watch(cloud)
	for _, blocked := range []bool{false, true} {
		if err := put(c, blocked); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, v := range watch.Violations() {
		fmt.Println(v)
	}
	// Output:
	// after S3.PutPublicAccessBlock: public access to bucket ledger: public ACLs count is more open than before and after (before: no, now: yes, after: no; 3 more like it)
}
