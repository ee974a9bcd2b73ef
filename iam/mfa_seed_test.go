package iam

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"
)

func seedOf(text string) MFASeed {
	return newSeed(&types.VirtualMFADevice{SerialNumber: aws.String("arn:aws:iam::123456789012:mfa/alice"), Base32StringSeed: []byte(text), QRCodePNG: []byte("png of " + text)}, "alice")
}

// The values are those of RFC 6238, appendix B, of whose eight digits AWS takes the last six.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	seed := seedOf(base32.StdEncoding.EncodeToString([]byte("12345678901234567890")))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		got, err := seed.Code(time.Unix(at, 0))
		require.NoError(t, err)
		require.Equal(t, want, got, "at %d", at)
	}
	_, err := seedOf("not base32!").Code(time.Unix(0, 0))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "not base32!")
}

func TestSeedShowsNowhere(t *testing.T) {
	const canary = "CANARYCANARYCANARY"
	seed := seedOf(canary)
	require.Equal(t, canary, seed.Base32())
	require.Equal(t, []byte("png of "+canary), seed.QRCode())

	type holder struct{ seed MFASeed } // fmt calls no methods of what unexported fields hold
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&shown, verb+verb+verb, seed, &seed, holder{seed})
	}
	fmt.Fprintf(&shown, "%v", fmt.Errorf("wrapped: %v", seed))
	text, err := json.Marshal(map[string]any{"seed": seed})
	require.NoError(t, err)
	shown.Write(text)
	logger := slog.New(slog.NewTextHandler(&shown, &slog.HandlerOptions{Level: slog.LevelDebug}))
	logger.Debug("made", "seed", seed, "holder", holder{seed})
	require.NotContains(t, shown.String(), canary)
	require.NotContains(t, shown.String(), fmt.Sprintf("%x", canary))
}
