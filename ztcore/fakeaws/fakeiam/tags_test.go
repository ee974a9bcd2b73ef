package fakeiam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"
)

// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
func TestTags(t *testing.T) {
	_, c := client(t)
	makeRole(t, c, "r")
	set := func(pairs ...string) error {
		var tags []types.Tag
		for i := 0; i < len(pairs); i += 2 {
			tags = append(tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		_, err := c.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("r"), Tags: tags})
		return err
	}
	get := func() (out []string) {
		listed, err := c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: aws.String("r")})
		require.NoError(t, err)
		for _, tag := range listed.Tags {
			out = append(out, *tag.Key+"="+*tag.Value)
		}
		return out
	}
	require.NoError(t, set("Team", "a", "env", "prod"))
	require.NoError(t, set("TEAM", "b"))
	require.Equal(t, []string{"TEAM=b", "env=prod"}, get(), "keys are the same without regard to case")
	_, err := c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: aws.String("r"), TagKeys: []string{"team", "absent"}})
	require.NoError(t, err)
	require.Equal(t, []string{"env=prod"}, get())

	require.Equal(t, "InvalidInput", code(set("AWS:owner", "x")))
	require.Equal(t, "InvalidInput", code(set("k", "1", "K", "2")))
	require.Equal(t, "ValidationError", code(set(strings.Repeat("k", 129), "")))
	require.Equal(t, "ValidationError", code(set("k", strings.Repeat("v", 257))))
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprintf("k%d", i), "")
	}
	require.Equal(t, "LimitExceeded", code(set(many...)), "51 in all")
	require.NoError(t, set(many[2:]...))
	require.Len(t, get(), 50)
}

func TestAnswersAreTheCallersOwn(t *testing.T) {
	_, c := client(t)
	makeRole(t, c, "r")
	_, err := c.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("r"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	require.NoError(t, err)
	got, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	*got.Role.Tags[0].Value, *got.Role.MaxSessionDuration, *got.Role.RoleName = "changed", 1, "changed"
	again, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	require.Equal(t, "v", *again.Role.Tags[0].Value)
	require.EqualValues(t, 3600, *again.Role.MaxSessionDuration)
	require.Equal(t, "r", *again.Role.RoleName)
}
