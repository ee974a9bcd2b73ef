package resourcepolicy_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

func parse(t *testing.T, statements string) *resourcepolicy.Document {
	t.Helper()
	d, err := resourcepolicy.Parse(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
	require.NoError(t, err)
	return d
}

func TestParseRefusesWhatNoServiceAttaches(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":      `{`,
		"URL-encoded":  `%7B%7D`,
		"no statement": `{"Version":"2012-10-17","Statement":[]}`,
		"no principal": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
		"bad effect":   `{"Version":"2012-10-17","Statement":{"Effect":"allow","Principal":"*","Action":"*","Resource":"*"}}`,
		"same Sid": `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
			{"Sid":"a","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := resourcepolicy.Parse(text)
			var malformed *resourcepolicy.MalformedError
			require.ErrorAs(t, err, &malformed)
		})
	}
	require.Error(t, parse(t, `{"Effect":"Allow","Principal":"*","Resource":"*"}`).Complete())
	require.Error(t, parse(t, `{"Effect":"Allow","Principal":"*","Action":"*"}`).Complete())
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
func TestPublic(t *testing.T) {
	for statement, public := range map[string]bool{
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`:                                                                                 true,
		`{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"*","Resource":"*"}`:                                                                       true,
		`{"Effect":"Allow","NotPrincipal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}`:                                                           true,
		`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`:                                                                                  false,
		`{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}`:                                                              false,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`:                       false,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}}`:                            true,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}`:                    true,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}}`:                  true,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`:                             true,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}}`:                          true,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`:                     false,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}}}`: false,
	} {
		require.Equal(t, public, parse(t, statement).Public(), statement)
	}
}

func TestAllows(t *testing.T) {
	session := fakeaws.Caller{Account: "123456789012", ARN: "arn:aws:sts::123456789012:assumed-role/Admin/s", UserID: "AROAADMIN:s"}
	const allow, rest = `{"Effect":"Allow","Principal":{"AWS":"`, `"},"Action":"kms:*","Resource":"*"}`
	for statements, allowed := range map[string]bool{
		allow + `arn:aws:iam::123456789012:root` + rest:                         true,
		allow + `123456789012` + rest:                                           true,
		allow + `arn:aws:iam::123456789012:role/path/Admin` + rest:              true,
		allow + `AROAADMIN` + rest:                                              true,
		allow + `arn:aws:iam::123456789012:role/Other` + rest:                   false,
		allow + `arn:aws:iam::210987654321:role/Admin` + rest:                   false,
		allow + `123456789012"},"Action":"KMS:put*","Resource":"*"}`:            true,
		allow + `123456789012"},"NotAction":"kms:PutKeyPolicy","Resource":"*"}`: false,
		allow + `123456789012"},"Action":"kms:*","Resource":"arn:other"}`:       false,
		allow + `123456789012"},"Action":"kms:*"}`:                              false,
		allow + `123456789012"},"Action":"kms:*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/Admin"}}}`:         true,
		allow + `123456789012"},"Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}`:                false,
		allow + `123456789012` + rest + `,{"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}`:                                true,
		allow + `123456789012` + rest + `,{"Effect":"Deny","Principal":"*","Action":"kms:PutKeyPolicy","Resource":"*"}`:                                       false,
		allow + `123456789012` + rest + `,{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`: true,
	} {
		require.Equal(t, allowed, parse(t, statements).Allows(session, "kms:PutKeyPolicy", "arn:aws:kms:us-east-1:123456789012:key/k"), statements)
	}
}

// iam knows one role, which a test may rename or remove.
type iam struct{ arn, id string }

func (i *iam) Principal(_ context.Context, arn string) (string, time.Time, bool) {
	return i.id, time.Time{}, arn == i.arn
}

func (i *iam) PrincipalARN(_ context.Context, id string) (string, bool) { return i.arn, id == i.id }

func TestShownFollowsThePrincipal(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/R"
	known := &iam{arn: role, id: "AROA2345672345672345"}
	cloud := fakeaws.New(func(c *fakeaws.Cloud) { fakeaws.Provide[fakeaws.Principals](c, known) })
	ctx := context.Background()
	doc := func(principal string) string {
		return `{ "Statement": [{"Sid": "say \"` + role + `\"", "Effect": "Deny", "NotPrincipal": {"Service": "ec2.amazonaws.com", "AWS": ["` + principal + `", "*"]}, "Action": "*", "Resource": "` + role + `"}]}`
	}
	p, _, err := resourcepolicy.Bind(ctx, cloud, doc(role))
	require.NoError(t, err)
	require.Equal(t, doc(role), p.Shown(ctx, cloud))
	known.arn = role + "enamed"
	require.Equal(t, doc(role+"enamed"), p.Shown(ctx, cloud))
	known.id = "AROAOTHER"
	require.Equal(t, doc("AROA2345672345672345"), p.Shown(ctx, cloud))

	_, _, err = resourcepolicy.Bind(ctx, cloud, doc("AROA2345672345672345"))
	var unknown *resourcepolicy.InvalidPrincipalError
	require.ErrorAs(t, err, &unknown, "an id that belongs to nobody is refused")
	p, _, err = resourcepolicy.Bind(ctx, cloud, doc("123456789012"))
	require.NoError(t, err)
	require.Equal(t, doc("arn:aws:iam::123456789012:root"), p.Shown(ctx, cloud))
}

func TestMatch(t *testing.T) {
	for pattern, s := range map[string]string{"*": "", "a*c": "abbc", "a?c": "abc", "*b*": "abc", "a*b*c": "aXbYbZc"} {
		require.True(t, resourcepolicy.Match(pattern, s), pattern)
	}
	for pattern, s := range map[string]string{"a": "b", "a?": "a", "a*c": "abd", "": "a"} {
		require.False(t, resourcepolicy.Match(pattern, s), pattern)
	}
}
