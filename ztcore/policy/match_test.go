package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"**", "abc", true}, {"?", "", false}, {"?", "ä", true},
		{"a*c", "abbc", true}, {"a*c", "abcd", false}, {"*b*c", "abbcbc", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"*aab", "aaaab", true}, {"s3:Get*", "s3:GetObject", true}, {"s3:Get*", "s3:PutObject", false},
	} {
		require.Equal(t, c.want, glob(c.pattern).matches(c.text), "%q against %q", c.text, c.pattern)
	}
	require.True(t, pattern("a*").matches("a*"), "what is not read as a glob is plain text")
	require.False(t, pattern("a*").matches("ab"))
}

func TestTokensAreOpaque(t *testing.T) {
	const token = "{{zt:iam.Role/Name:X#ARN}}"
	require.Equal(t, "s3:"+token+":get"+token, lower("S3:"+token+":GET"+token))
	require.Equal(t, "{{zt:broken", lower("{{ZT:Broken"))
	require.Equal(t, "a{{zt:bro", lower("A{{zt:Bro"))
	require.Equal(t, []string{"arn", token, "iam", "", token + "1", "root:x"}, splitN("arn:"+token+":iam::"+token+"1:root:x", ':', 6))
	require.True(t, isToken(token))
	require.False(t, isToken(token+"/*"))
	require.True(t, hasToken("a"+token))
	require.False(t, hasToken("}}{{zt:"))
}
