package dataprotect_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// FuzzNames holds that the name of a bucket, a key's alias or a secret, or the ARN of a key, is refused before any call, or is one that AWS
// takes, and answers so that nothing is left to do.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{
		"", "abc", "ab", "Abc", "a.b", "a..b", "10.0.0.1", "xn--a", "a-s3alias", "a_b", "aws/x", "alias/x", "a/b", "a b", "x-AbCdEf", "{{zt:account}}", "a-{{zt:account}}-{{zt:region}}", "arn:aws:kms:us-east-1:123456789012:key/x",
		"arn:aws:kms:us-east-1:123456789012:alias/x", "arn:aws:s3:::x", "a.-b", "é", "\x00", "%s", "amzn-s3-demo-x", "a--x-s3",
	} {
		f.Add(seed)
	}
	own := dataprotect.Key{Name: "own"}
	const key id.KeyARN = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-4222-8333-444455556666"
	f.Fuzz(func(t *testing.T, text string) {
		for name, r := range map[string]ztcore.Resource{
			"bucket": dataprotect.Bucket{Name: text, Key: key}, "key": dataprotect.Key{Name: text}, "secret": ztcore.List{own, dataprotect.Secret{Name: text, Key: own.ARN()}}, "key's ARN": dataprotect.Bucket{Name: "acme-fuzz", Key: id.KeyARN(text)},
		} {
			synctest.Test(t, func(t *testing.T) {
				cloud := wholeCloud()
				base := ztcore.NewBaseline("fuzz", r)
				p, err := base.Plan(t.Context(), cloud.Config())
				if err != nil {
					var invalid *ztcore.InvalidError
					require.True(t, errors.As(err, &invalid), "%s: %v", name, err)
					require.Empty(t, cloud.Writes())
					return
				}
				_, err = p.Apply(t.Context())
				var blocked *ztcore.BlockedError
				if errors.As(err, &blocked) {
					return
				}
				if err != nil {
					require.True(t, name == "key's ARN" || ztcore.HasToken(text), "%s: AWS refuses %q: %v", name, text, err)
					return
				}
				again, err := base.Plan(t.Context(), cloud.Config())
				require.NoError(t, err)
				require.True(t, again.Empty(), "%s: %s", name, again)
			})
		}
	})
}
