package kindtest

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"
)

// WireEndpoint is the environment variable that names the server for tests on the wire, as http://127.0.0.1:5000.
const WireEndpoint = "ZEROTRUST_WIRE"

// Wire is a configuration for an emulator of AWS that speaks its protocols (moto), in an account of the test's own.
// Without the environment variable WireEndpoint the test is skipped, and says so.
func Wire(t *testing.T) aws.Config {
	t.Helper()
	endpoint := os.Getenv(WireEndpoint)
	if endpoint == "" {
		t.Skipf("no wire: set %s to the address of a moto server", WireEndpoint)
	}
	at, err := url.Parse(endpoint)
	require.NoError(t, err)
	h := fnv.New64()
	_, _ = fmt.Fprint(h, t.Name(), time.Now().UnixNano())
	account := fmt.Sprintf("%012d", h.Sum64()%1_000_000_000_000)
	dialer := &net.Dialer{}
	return aws.Config{
		Region:           "us-east-1",
		BaseEndpoint:     &endpoint,
		Credentials:      credentials.NewStaticCredentialsProvider("AKIAWIRE", "wire", ""),
		RetryMaxAttempts: 2,
		// S3 Control puts the account's id before the host name, which no resolver knows.
		HTTPClient: &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, // moto's server closes connections under load
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, at.Host)
			},
		}},
		APIOptions: []func(*middleware.Stack) error{smithyhttp.AddHeaderValue("X-Moto-Account-Id", account)},
	}
}
