package iam

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// MFASeed is the secret of a virtual MFA device, which AWS tells once. However it is printed, logged or serialized, it
// shows as "(secret)"; only Base32, QRCode and Code give it away.
type MFASeed struct {
	Serial string // ARN of the device
	User   string // whom it is to be enabled for

	// A function, since packages that print through reflection see fields, unexported ones too, but no captured variable.
	reveal func() (base32 string, qrCode []byte)
}

func newSeed(device *types.VirtualMFADevice, user string) MFASeed {
	text, code := string(device.Base32StringSeed), device.QRCodePNG
	return MFASeed{Serial: aws.ToString(device.SerialNumber), User: user, reveal: func() (string, []byte) { return text, code }}
}

// Base32 is the seed as authenticator apps take it by hand.
func (s MFASeed) Base32() string {
	text, _ := s.reveal()
	return text
}

// QRCode is a PNG image for authenticator apps to scan.
func (s MFASeed) QRCode() []byte {
	_, code := s.reveal()
	return code
}

const (
	codeStep   = 30 * time.Second
	codeDigits = 6
)

// Code is the one-time password at a moment: RFC 6238 with SHA-1, steps of 30 seconds and six digits, as AWS takes it.
func (s MFASeed) Code(at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(s.Base32()), "="))
	if err != nil {
		return "", fmt.Errorf("the seed of %s is not in base32", s.Serial) // the decoder's error may quote it
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/int64(codeStep/time.Second))))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", codeDigits, number%1_000_000), nil
}

const masked = "(secret)"

// String hides the seed.
func (MFASeed) String() string { return masked }

// GoString hides the seed.
func (MFASeed) GoString() string { return masked }

// Format hides the seed from every verb.
func (MFASeed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// MarshalJSON hides the seed.
func (MFASeed) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// LogValue hides the seed.
func (MFASeed) LogValue() slog.Value { return slog.StringValue(masked) }
