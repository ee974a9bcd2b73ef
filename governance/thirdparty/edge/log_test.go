package edge_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/thirdparty/edge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

// The SDK's own log, with bodies, holds no pre-shared key.
func TestTheSDKLogsNoKey(t *testing.T) {
	const secret = "canary_tunnel"
	var log bytes.Buffer
	cfg := aws.Config{
		Region: "us-east-1", Credentials: fakeaws.StaticCredentials{AccessKeyID: "AKIAEXAMPLE"}, Logger: logging.NewStandardLogger(&log), ClientLogMode: aws.LogRequestWithBody | aws.LogResponseWithBody,
		HTTPClient: transport(func(*http.Request) (*http.Response, error) {
			answer := "<DescribeVpnConnectionsResponse><vpnConnectionSet><item><vpnConnectionId>vpn-1</vpnConnectionId><state>available</state><customerGatewayConfiguration>" + secret +
				"</customerGatewayConfiguration></item></vpnConnectionSet></DescribeVpnConnectionsResponse>"
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
		}),
	}
	n, err := edge.ReadForTest(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NotContains(t, log.String(), secret)

	_, err = ec2.NewFromConfig(cfg).DescribeVpnConnections(t.Context(), &ec2.DescribeVpnConnectionsInput{})
	require.NoError(t, err)
	require.Contains(t, log.String(), secret, "any other client would have told it")
}
