package fakeiam

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

// Virtual devices compute time-based one-time passwords: RFC 6238 with SHA-1, steps of 30 seconds and 6 digits.
const (
	totpStep = 30 * time.Second
	totpSkew = 5 // steps that a device's clock may be off, either way; AWS does not publish its own
)

// totpSeed is the secret of a device in base32. It shows in no snapshot.
type totpSeed string

// MarshalJSON hides the seed.
func (totpSeed) MarshalJSON() ([]byte, error) { return []byte(`"(secret)"`), nil }

// code is the password of the step that began step*30 seconds after 1970.
func (s totpSeed) code(step int64) string {
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(s))
	if err != nil {
		panic("fakeiam: the seed of a device is not base32: " + err.Error()) // newSeed made it
	}
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1000000)
}

// accepts reports whether the codes are those of two consecutive steps around a moment.
func (s totpSeed) accepts(first, second string, at time.Time) bool {
	present := at.Unix() / int64(totpStep/time.Second)
	for step := present - totpSkew; step <= present+totpSkew; step++ {
		if s.code(step) == first && s.code(step+1) == second {
			return true
		}
	}
	return false
}
