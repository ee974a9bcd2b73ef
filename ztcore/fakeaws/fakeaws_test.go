package fakeaws_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

var ctx = context.Background()

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakekms.Install) }

func createKey(t *testing.T, cfg aws.Config) string {
	t.Helper()
	out, err := kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{})
	require.NoError(t, err)
	return *out.KeyMetadata.KeyId
}

func countKeys(t *testing.T, cfg aws.Config) int {
	t.Helper()
	n := 0
	for pages := kms.NewListKeysPaginator(kms.NewFromConfig(cfg), &kms.ListKeysInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		n += len(page.Keys)
	}
	return n
}

func TestErrorsAreTheSDKs(t *testing.T) {
	_, err := kms.NewFromConfig(newCloud().Config()).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/none")})
	var notFound *types.NotFoundException
	require.ErrorAs(t, err, &notFound)
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "NotFoundException", api.ErrorCode())
	var op *smithy.OperationError
	require.ErrorAs(t, err, &op)
	require.Equal(t, "KMS.DescribeKey", op.ServiceID+"."+op.OperationName)
	var resp *awshttp.ResponseError
	require.ErrorAs(t, err, &resp)
	require.Equal(t, http.StatusBadRequest, resp.HTTPStatusCode())
	require.NotEmpty(t, resp.ServiceRequestID())
}

func TestTheSDKValidatesFirst(t *testing.T) {
	cloud := newCloud()
	_, err := kms.NewFromConfig(cloud.Config()).DescribeKey(ctx, &kms.DescribeKeyInput{})
	var invalid smithy.InvalidParamsError
	require.ErrorAs(t, err, &invalid)
	require.Empty(t, cloud.Calls())
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cfg := cloud.Config()
		cloud.Inject(t, &fakeaws.Fault{Service: "KMS", Operation: "CreateKey", Before: fakeaws.Throttled(), Times: 2})
		createKey(t, cfg)
		require.Len(t, cloud.Writes(), 3, "the SDK's retryer tries three times")
		require.Equal(t, 1, countKeys(t, cfg))

		cloud.Inject(t, &fakeaws.Fault{Operation: "CreateKey", After: fakeaws.Lost(), Times: 1})
		createKey(t, cfg)
		require.Equal(t, 3, countKeys(t, cfg), "the first took effect, and the SDK tried again")

		denied := cloud.Inject(t, &fakeaws.Fault{Service: "KMS", Before: fakeaws.Denied("kms:ListKeys"), Match: func(c fakeaws.Call) bool { return !c.Mutating() }})
		_, err := kms.NewFromConfig(cfg).ListKeys(ctx, nil)
		var resp *awshttp.ResponseError
		require.ErrorAs(t, err, &resp)
		require.Equal(t, 403, resp.HTTPStatusCode())
		cloud.Lift(denied)
		require.Equal(t, 3, countKeys(t, cfg))
	})
}

// failures stands in for a test, to see it fail.
type failures struct {
	clean  []func()
	failed []string
}

func (f *failures) Helper()                   {}
func (f *failures) Cleanup(g func())          { f.clean = append(f.clean, g) }
func (f *failures) Errorf(s string, a ...any) { f.failed = append(f.failed, fmt.Sprintf(s, a...)) }

func TestAFaultThatNeverFiredFailsItsTest(t *testing.T) {
	var f failures
	newCloud().Inject(&f, &fakeaws.Fault{Service: "KMS", Operation: "CreateKey"})
	f.clean[0]()
	require.Equal(t, []string{"fakeaws: the fault on KMS.CreateKey never fired"}, f.failed)
}

func TestALostAnswerLooksLikeATransportError(t *testing.T) {
	cloud := newCloud()
	cloud.Inject(t, &fakeaws.Fault{After: fakeaws.Lost()})
	_, err := kms.NewFromConfig(cloud.Config(), func(o *kms.Options) { o.RetryMaxAttempts = 1 }).CreateKey(ctx, &kms.CreateKeyInput{})
	var send *smithyhttp.RequestSendError
	require.ErrorAs(t, err, &send)
	var resp *awshttp.ResponseError
	require.False(t, errors.As(err, &resp), "there was no response")
}

func TestLatencyIsVirtualAndCancellable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.SetLatency(time.Minute)
		started := time.Now()
		createKey(t, cloud.Config())
		require.Equal(t, time.Minute, time.Since(started))
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := kms.NewFromConfig(cloud.Config()).CreateKey(short, &kms.CreateKeyInput{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, countKeys(t, cloud.Config()))
	})
}

func TestStaleAndFlappingReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cfg := cloud.Config()
		cloud.SetStaleReads(3*time.Second, false)
		createKey(t, cfg)
		require.Zero(t, countKeys(t, cfg))
		time.Sleep(2 * time.Second)
		createKey(t, cfg)
		time.Sleep(time.Second)
		require.Equal(t, 1, countKeys(t, cfg), "the first shows, the second not yet")
		time.Sleep(3 * time.Second)
		require.Equal(t, 2, countKeys(t, cfg))

		cloud.SetStaleReads(3*time.Second, true)
		createKey(t, cfg)
		seen := map[int]bool{}
		for range 4 {
			seen[countKeys(t, cfg)] = true
		}
		require.Equal(t, map[int]bool{2: true, 3: true}, seen)
	})
}

func TestPagesAndTheirTokens(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	for range 3 {
		createKey(t, cfg)
	}
	cloud.SetPageSize(1)
	require.Equal(t, 3, countKeys(t, cfg))
	page, err := kms.NewFromConfig(cfg).ListKeys(ctx, nil)
	require.NoError(t, err)
	_, err = kms.NewFromConfig(cfg).ListAliases(ctx, &kms.ListAliasesInput{Marker: page.NextMarker})
	require.Error(t, err, "a token of another operation")
	_, err = kms.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1")).ListKeys(ctx, &kms.ListKeysInput{Marker: page.NextMarker})
	require.Error(t, err, "a token of another region")
}

func TestAccountsAndRegionsAreApart(t *testing.T) {
	cloud := newCloud()
	id := createKey(t, cloud.Config())
	require.Zero(t, countKeys(t, cloud.ConfigFor("210987654321", "us-east-1")))
	require.Zero(t, countKeys(t, cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1")))
	require.Contains(t, cloud.Snapshot(), id)
	require.Equal(t, newCloud().Snapshot(), newCloud().Snapshot())
}

func TestTheProcessEnvironmentIsNotRead(t *testing.T) {
	for k, v := range map[string]string{
		"AWS_PROFILE": "production", "AWS_REGION": "xx-nowhere-1", "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "x",
		"AWS_ENDPOINT_URL": "http://192.0.2.1", "AWS_CONFIG_FILE": "/does/not/exist", "HTTPS_PROXY": "http://192.0.2.1:1",
	} {
		t.Setenv(k, v)
	}
	who, err := sts.NewFromConfig(newCloud().Config()).GetCallerIdentity(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, fakeaws.DefaultAccount, *who.Account)
}

func TestCallsAreSafeSideBySide(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, _ = kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{})
			_, _ = kms.NewFromConfig(cfg).ListKeys(ctx, nil)
		})
	}
	wg.Wait()
	require.Equal(t, 20, countKeys(t, cfg))
	require.Len(t, cloud.Writes(), 20)
}

func TestMembersThatAreNotHonouredFailByName(t *testing.T) {
	_, err := kms.NewFromConfig(newCloud().Config()).CreateKey(ctx, &kms.CreateKeyInput{XksKeyId: aws.String("x")})
	var notFaked *fakeaws.NotFakedError
	require.ErrorAs(t, err, &notFaked)
	require.Equal(t, "XksKeyId", notFaked.Member)
}

func BenchmarkNewCloud(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = newCloud().Config()
	}
}

// What is deleted between two pages makes no other item be left out of the second.
func TestAListingIsOfTheMomentOfItsFirstPage(t *testing.T) {
	cloud := newCloud()
	c := kms.NewFromConfig(cloud.Config())
	var aliases []string
	for i := range 3 {
		key, err := c.CreateKey(ctx, nil)
		require.NoError(t, err)
		aliases = append(aliases, fmt.Sprint("alias/a", i))
		_, err = c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &aliases[i], TargetKeyId: key.KeyMetadata.KeyId})
		require.NoError(t, err)
	}
	var seen []string
	for in := (&kms.ListAliasesInput{Limit: aws.Int32(1)}); ; {
		page, err := c.ListAliases(ctx, in)
		require.NoError(t, err)
		for _, a := range page.Aliases {
			seen = append(seen, *a.AliasName)
		}
		if !page.Truncated {
			break
		}
		in.Marker = page.NextMarker
		if len(seen) == 1 {
			_, err := c.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: &seen[0]})
			require.NoError(t, err)
		}
	}
	require.Equal(t, aliases, seen[:3])
}
