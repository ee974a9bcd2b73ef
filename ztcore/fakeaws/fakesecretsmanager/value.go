package fakesecretsmanager

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// maxValue is the size of a value in bytes. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
const maxValue = 65536

// Value is what a secret holds: a text or bytes. However it is printed, only its SHA-256 sum shows.
type Value struct {
	Text  *string
	Bytes []byte
}

func (v Value) content() []byte {
	if v.Text != nil {
		return []byte(*v.Text)
	}
	return v.Bytes
}

// String is "sha256:" and the sum of the value, in hexadecimal.
func (v Value) String() string {
	sum := sha256.Sum256(v.content())
	return "sha256:" + hex.EncodeToString(sum[:])
}

// MarshalJSON keeps the value out of snapshots.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// Format keeps the value out of every verb of fmt.
func (v Value) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

func (v Value) equal(w Value) bool {
	return (v.Text == nil) == (w.Text == nil) && bytes.Equal(v.content(), w.content())
}

// newValue takes a value from a request; given is false if there is none.
func newValue(text *string, raw []byte) (v Value, given bool, err error) {
	switch {
	case text != nil && raw != nil:
		return v, false, invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	case text != nil:
		v.Text = aws.String(*text)
	case raw != nil:
		v.Bytes = append([]byte{}, raw...)
	default:
		return v, false, nil
	}
	if n := len(v.content()); n < 1 || n > maxValue {
		return v, false, fakeaws.Error("ValidationException", "1 validation error detected: the secret value has %d bytes; it must have 1 to %d", n, maxValue)
	}
	return v, true, nil
}
