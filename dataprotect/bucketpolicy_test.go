package dataprotect_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// policyOf is the policy of acme-ledger as it is in force.
func policyOf(t *testing.T, key id.KeyARN) policy.Document {
	t.Helper()
	cfg := s3Cloud().Config()
	apply(t, cfg, dataprotect.Bucket{Name: "acme-ledger", Key: key})
	out, err := s3.NewFromConfig(cfg).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String("acme-ledger")})
	require.NoError(t, err)
	doc, err := policy.Parse(*out.Policy)
	require.NoError(t, err)
	return doc
}

func TestBucketRefusesWhatIsNotEncryptedAsDeclared(t *testing.T) {
	const (
		header = "s3:x-amz-server-side-encryption"
		keyID  = header + "-aws-kms-key-id"
		own    = header + "-customer-algorithm"
		tls    = "aws:SecureTransport"
	)
	type request map[string][]string
	with := func(kv ...string) request {
		r := request{tls: {"true"}}
		for i := 0; i < len(kv); i += 2 {
			r[kv[i]] = []string{kv[i+1]}
		}
		return r
	}
	cases := []struct {
		title          string
		context        request
		keyed, unkeyed policy.Outcome
	}{
		{"without a word of encryption, so by the bucket's default", with(), policy.Allowed, policy.Allowed},
		{"with the key", with(header, "aws:kms", keyID, literalKey), policy.Allowed, policy.Allowed},
		{"with two layers and the key", with(header, "aws:kms:dsse", keyID, literalKey), policy.Allowed, policy.Allowed},
		{"with another key", with(header, "aws:kms", keyID, literalKey+"0"), policy.Denied, policy.Allowed},
		{"with AWS's own key", with(header, "aws:kms"), policy.Denied, policy.Allowed},
		{"with keys of S3's", with(header, "AES256"), policy.Denied, policy.Denied},
		{"with a key that the client brings", with(own, "AES256"), policy.Denied, policy.Denied},
		{"without TLS", request{tls: {"false"}}, policy.Denied, policy.Denied},
	}
	keyed, unkeyed := policyOf(t, literalKey), policyOf(t, "")
	for _, c := range cases {
		for want, doc := range map[*policy.Outcome]policy.Document{&c.keyed: keyed, &c.unkeyed: unkeyed} {
			got, err := policy.Evaluate(
				policy.Request{Principal: "arn:aws:iam::123456789012:role/Writer", Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-ledger/entry", Context: c.context, Complete: true},
				policy.Policies{Identity: []policy.Document{policy.Allow("s3:PutObject").OnAny()}, Resource: []policy.Document{doc}},
			)
			require.NoError(t, err)
			require.Equal(t, *want, got.Outcome, "%s: %s", c.title, got)
		}
	}
}
