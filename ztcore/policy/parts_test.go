package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPartsAreStatementsByTheirMeaning(t *testing.T) {
	read := Allow("s3:GetObject", "s3:ListBucket").On("arn:aws:s3:::a/*").Named("Read")
	same := Deny("s3:DeleteObject").OnAny().And(Allow("s3:listbucket", "s3:getobject").On("arn:aws:s3:::a/*").Named("Read"))
	require.Len(t, same.Parts(), 2)
	for meaning, text := range read.Parts() {
		require.Contains(t, same.Parts(), meaning)
		require.Equal(t, `{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::a/*"}`, text)
	}
}
