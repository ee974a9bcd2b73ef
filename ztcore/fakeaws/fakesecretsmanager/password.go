package fakesecretsmanager

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// The length of a password. https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_GetRandomPassword.html
const ordinaryLength, longestPassword = 32, 4096

// GetRandomPassword answers a password that is new in this cloud and the same in every run. It is no secret.
func (s *Service) GetRandomPassword(_ context.Context, in *secretsmanager.GetRandomPasswordInput, _ ...Options) (*secretsmanager.GetRandomPasswordOutput, error) {
	length := int64(ordinaryLength)
	if in.PasswordLength != nil {
		length = *in.PasswordLength
	}
	if length < 1 || length > longestPassword {
		return nil, invalidParameter("PasswordLength must be between 1 and %d.", longestPassword)
	}
	var kinds []string
	for _, k := range []struct {
		chars    string
		excluded bool
	}{
		{"abcdefghijklmnopqrstuvwxyz", aws.ToBool(in.ExcludeLowercase)},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", aws.ToBool(in.ExcludeUppercase)},
		{"0123456789", aws.ToBool(in.ExcludeNumbers)},
		{"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", aws.ToBool(in.ExcludePunctuation)},
		{" ", !aws.ToBool(in.IncludeSpace)},
	} {
		chars := strings.Map(func(r rune) rune {
			if strings.ContainsRune(aws.ToString(in.ExcludeCharacters), r) {
				return -1
			}
			return r
		}, k.chars)
		if !k.excluded && chars != "" {
			kinds = append(kinds, chars)
		}
	}
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	switch {
	case len(kinds) == 0:
		return nil, invalidParameter("The exclusions leave no characters.")
	case each && int(length) < len(kinds):
		return nil, invalidParameter("The password is too short to include each type of character.")
	}
	all := strings.Join(kinds, "")
	out := make([]byte, length)
	seed := s.cloud.ID("", 32)
	for i := range out {
		from := all
		if each && i < len(kinds) {
			from = kinds[i]
		}
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(seed), uint64(i)))
		out[i] = from[binary.BigEndian.Uint64(sum[:])%uint64(len(from))]
	}
	return &secretsmanager.GetRandomPasswordOutput{RandomPassword: aws.String(string(out))}, nil
}
