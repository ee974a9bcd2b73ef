package iam_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

// The SDK's own log, with bodies, holds no seed.
func TestTheSDKLogsNoSeed(t *testing.T) {
	seed := base64.StdEncoding.EncodeToString([]byte("CANARYSEED234567"))
	var log bytes.Buffer
	cfg := aws.Config{
		Region: "us-east-1", Credentials: fakeaws.StaticCredentials{AccessKeyID: "AKIAEXAMPLE"}, Logger: logging.NewStandardLogger(&log), ClientLogMode: aws.LogRequestWithBody | aws.LogResponseWithBody,
		HTTPClient: transport(func(*http.Request) (*http.Response, error) {
			body := `<CreateVirtualMFADeviceResponse><CreateVirtualMFADeviceResult><VirtualMFADevice><SerialNumber>arn:aws:iam::123456789012:mfa/a</SerialNumber><Base32StringSeed>` + seed +
				`</Base32StringSeed></VirtualMFADevice></CreateVirtualMFADeviceResult></CreateVirtualMFADeviceResponse>`
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(body))}, nil
		}),
	}
	full, got := errors.New("the vault is full"), ""
	err := iam.EnrollForTest(t.Context(), cfg, iam.MFA{Name: "a", User: "a", Sink: func(_ context.Context, s iam.MFASeed) error {
		got = s.Base32()
		return full
	}})
	require.ErrorIs(t, err, full)
	require.Equal(t, "CANARYSEED234567", got)
	require.NotContains(t, log.String(), seed)

	_, err = sdk.NewFromConfig(cfg).CreateVirtualMFADevice(t.Context(), &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("a")})
	require.NoError(t, err)
	require.Contains(t, log.String(), seed, "any other client would have told it")
}
