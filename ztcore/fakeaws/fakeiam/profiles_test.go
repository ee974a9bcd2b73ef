package fakeiam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func TestProfileHoldsOneRole(t *testing.T) {
	cloud, c := client(t)
	role := makeRole(t, c, "MyAppRole")
	makeRole(t, c, "Other")
	name := aws.String("MyAppInstanceProfile")
	created, err := c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: aws.String("/app/")})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:instance-profile/app/MyAppInstanceProfile", *created.InstanceProfile.Arn)
	require.Empty(t, created.InstanceProfile.Roles)
	_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: role.RoleName})
	require.NoError(t, err)
	for _, again := range []string{"MyAppRole", "Other"} {
		_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: &again})
		require.Equal(t, "LimitExceeded", code(err))
	}
	got, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
	require.NoError(t, err)
	require.Equal(t, *role.Arn, *got.InstanceProfile.Roles[0].Arn)
	of, err := c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: role.RoleName})
	require.NoError(t, err)
	require.Equal(t, *name, *of.InstanceProfiles[0].InstanceProfileName)
	listed, err := c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{PathPrefix: aws.String("/app/")})
	require.NoError(t, err)
	require.Len(t, listed.InstanceProfiles, 1)

	profiles, ok := fakeaws.Capability[fakeaws.InstanceProfiles](cloud)
	require.True(t, ok)
	for _, ref := range []string{*name, *created.InstanceProfile.Arn} {
		arn, id, roleARN, since, ok := profiles.InstanceProfile(ctx, ref)
		require.True(t, ok, ref)
		require.Equal(t, *created.InstanceProfile.Arn, arn)
		require.Equal(t, *created.InstanceProfile.InstanceProfileId, id)
		require.Equal(t, *role.Arn, roleARN)
		require.Equal(t, *created.InstanceProfile.CreateDate, since)
	}
	_, _, _, _, ok = profiles.InstanceProfile(ctx, "arn:aws:iam::123456789012:instance-profile/MyAppInstanceProfile")
	require.False(t, ok, "the path is part of the ARN")

	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role.RoleName})
	require.Equal(t, "DeleteConflict", code(err))
	_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	require.Equal(t, "DeleteConflict", code(err))
	_, err = c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: role.RoleName})
	require.NoError(t, err)
	_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	require.NoError(t, err)
}
