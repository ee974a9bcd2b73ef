package fakeiam_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func TestUserWithoutANameIsTheCaller(t *testing.T) {
	cloud := fakeaws.New(fakeiam.Install, fakests.Install)
	cfg := cloud.Config()
	c := iam.NewFromConfig(cfg)
	admin, err := c.GetUser(ctx, nil)
	require.NoError(t, err)
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, *who.Arn, *admin.User.Arn)
	listed, err := c.ListUsers(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, listed.Users, "the administrator is no entity of the account")

	user := makeUser(t, c, "example-user")
	key, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user.UserName})
	require.NoError(t, err)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	who, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, *user.Arn, *who.Arn, "requests signed with the key are the user's")
	self, err := iam.NewFromConfig(cfg).GetUser(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, *user.UserId, *self.User.UserId)
	keys, err := iam.NewFromConfig(cfg).ListAccessKeys(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, *key.AccessKey.AccessKeyId, *keys.AccessKeyMetadata[0].AccessKeyId)

	session := iam.NewFromConfig(cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: "arn:aws:sts::123456789012:assumed-role/r/s"}, "us-east-1"))
	_, err = session.GetUser(ctx, nil)
	require.Equal(t, "ValidationError", code(err), "a role is no user")
}

func TestRenamedUserKeepsItsPlaceInPolicies(t *testing.T) {
	_, c := client(t)
	user := makeUser(t, c, "before")
	device := makeDevice(t, c, "d")
	enable(t, c, "before", device)
	_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trusting("AWS", *user.Arn))})
	require.NoError(t, err)
	_, err = c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: aws.String("before"), NewUserName: aws.String("after"), NewPath: aws.String("/moved/")})
	require.NoError(t, err)
	got, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	require.Contains(t, decoded(t, got.Role.AssumeRolePolicyDocument), "arn:aws:iam::123456789012:user/moved/after")
	devices, err := c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: aws.String("after")})
	require.NoError(t, err)
	require.Len(t, devices.MFADevices, 1)
	_, err = c.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("before")})
	require.Equal(t, "NoSuchEntity", code(err))
}

func TestUserInUseIsNotDeleted(t *testing.T) {
	_, c := client(t)
	name := aws.String("u")
	makeUser(t, c, "u")
	_, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("g")})
	require.NoError(t, err)
	policyARN := makePolicy(t, c, "p")
	serial := makeDevice(t, c, "d")
	key, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	enable(t, c, "u", serial)
	for _, do := range []func() error{
		func() error {
			_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: name, GroupName: aws.String("g")})
			return err
		},
		func() error {
			_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: &policyARN})
			return err
		},
		func() error {
			_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("S3ReadAccess"), PolicyDocument: aws.String(readBucket)})
			return err
		},
		func() error {
			_, err := c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: name, Password: aws.String("Correct-horse-1")})
			return err
		},
	} {
		require.NoError(t, do())
	}
	remove := func() error {
		_, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
		return err
	}
	for _, step := range []struct {
		blocker string
		lift    func() error
	}{
		{"must remove users from group first", func() error {
			_, err := c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: name, GroupName: aws.String("g")})
			return err
		}},
		{"must detach all policies first", func() error {
			_, err := c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: &policyARN})
			return err
		}},
		{"must delete policies first", func() error {
			_, err := c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("S3ReadAccess")})
			return err
		}},
		{"must delete login profile first", func() error {
			_, err := c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: name})
			return err
		}},
		{"must delete access keys first", func() error {
			_, err := c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: key.AccessKey.AccessKeyId})
			return err
		}},
		{"must delete MFA device first", func() error {
			_, err := c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: name, SerialNumber: &serial})
			return err
		}},
	} {
		err := remove()
		var conflict *types.DeleteConflictException
		require.ErrorAs(t, err, &conflict)
		require.Contains(t, *conflict.Message, step.blocker)
		require.Equal(t, 409, status(err))
		require.NoError(t, step.lift())
	}
	require.NoError(t, remove())
}

func TestAccessKeys(t *testing.T) {
	_, c := client(t)
	makeUser(t, c, "u")
	in := &iam.CreateAccessKeyInput{UserName: aws.String("u")}
	first, err := c.CreateAccessKey(ctx, in)
	require.NoError(t, err)
	require.Regexp(t, "^AKIA[A-Z2-7]{16}$", *first.AccessKey.AccessKeyId)
	require.Len(t, *first.AccessKey.SecretAccessKey, 40)
	_, err = c.CreateAccessKey(ctx, in)
	require.NoError(t, err)
	_, err = c.CreateAccessKey(ctx, in)
	require.Equal(t, "LimitExceeded", code(err))
	_, err = c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: in.UserName, AccessKeyId: first.AccessKey.AccessKeyId, Status: types.StatusTypeInactive})
	require.NoError(t, err)
	listed, err := c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: in.UserName})
	require.NoError(t, err)
	require.Equal(t, types.StatusTypeInactive, listed.AccessKeyMetadata[0].Status)
	require.Equal(t, types.StatusTypeActive, listed.AccessKeyMetadata[1].Status)
	used, err := c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: first.AccessKey.AccessKeyId})
	require.NoError(t, err)
	require.Equal(t, "u", *used.UserName)
	require.Equal(t, "N/A", *used.AccessKeyLastUsed.ServiceName)
	require.Nil(t, used.AccessKeyLastUsed.LastUsedDate)
}

func TestPasswordsFollowThePolicyOfTheAccount(t *testing.T) {
	_, c := client(t)
	makeUser(t, c, "u")
	login := func(password string) error {
		_, err := c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: &password, PasswordResetRequired: true})
		return err
	}
	require.Equal(t, "PasswordPolicyViolation", code(login("lowercase")), "AWS's own policy wants three kinds of characters")
	_, err := c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: aws.Int32(14), RequireSymbols: true})
	require.NoError(t, err)
	require.Equal(t, "PasswordPolicyViolation", code(login("Short1!")))
	require.NoError(t, login("long-and-lowercase"))
	require.Equal(t, "EntityAlreadyExists", code(login("long-and-lowercase")))
	got, err := c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: aws.String("u")})
	require.NoError(t, err)
	require.True(t, got.LoginProfile.PasswordResetRequired)
	_, err = c.UpdateLoginProfile(ctx, &iam.UpdateLoginProfileInput{UserName: aws.String("u"), PasswordResetRequired: aws.Bool(false)})
	require.NoError(t, err)
	got, err = c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: aws.String("u")})
	require.NoError(t, err)
	require.False(t, got.LoginProfile.PasswordResetRequired)
}

func TestGroups(t *testing.T) {
	cloud, c := client(t)
	group := aws.String("Auditors")
	_, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: group})
	require.NoError(t, err)
	for _, name := range []string{"b", "a"} {
		makeUser(t, c, name)
		for range 2 {
			_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: group, UserName: &name})
			require.NoError(t, err, "twice is no error")
		}
	}
	_, err = c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: group, PolicyName: aws.String("p"), PolicyDocument: aws.String(readBucket)})
	require.NoError(t, err)
	_, err = c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: group, PolicyArn: aws.String(s3ReadOnly)})
	require.NoError(t, err)
	cloud.SetPageSize(1)
	var members []string
	for p := iam.NewGetGroupPaginator(c, &iam.GetGroupInput{GroupName: group}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		require.NoError(t, err)
		members = append(members, *out.Users[0].UserName)
	}
	require.Equal(t, []string{"a", "b"}, members)
	of, err := c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: aws.String("a")})
	require.NoError(t, err)
	require.Equal(t, "Auditors", *of.Groups[0].GroupName)
	_, err = c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: group})
	require.Equal(t, "DeleteConflict", code(err))
	for i := range 10 {
		name := "g" + string(rune('0'+i))
		_, err = c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &name})
		require.NoError(t, err)
		_, err = c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: &name, UserName: aws.String("a")})
	}
	require.Equal(t, "LimitExceeded", code(err), "ten groups at most")
}

func TestCredentialReport(t *testing.T) {
	_, c := client(t)
	_, err := c.GetCredentialReport(ctx, nil)
	require.Equal(t, "ReportNotPresent", code(err))
	require.Equal(t, 410, status(err))
	makeUser(t, c, "u")
	_, err = c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("u")})
	require.NoError(t, err)
	enable(t, c, "u", makeDevice(t, c, "d"))
	started, err := c.GenerateCredentialReport(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.ReportStateTypeStarted, started.State)
	again, err := c.GenerateCredentialReport(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.ReportStateTypeComplete, again.State)
	out, err := c.GetCredentialReport(ctx, nil)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(out.Content))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Equal(t, "<root_account>", rows[1][0])
	user := map[string]string{}
	for i, column := range rows[0] {
		user[column] = rows[2][i]
	}
	require.Equal(t, "u", user["user"])
	require.Equal(t, "false", user["password_enabled"])
	require.Equal(t, "N/A", user["password_last_changed"])
	require.Equal(t, "true", user["mfa_active"])
	require.Equal(t, "true", user["access_key_1_active"])
	require.Equal(t, "false", user["access_key_2_active"])
	require.Equal(t, "false", user["cert_1_active"])
}
