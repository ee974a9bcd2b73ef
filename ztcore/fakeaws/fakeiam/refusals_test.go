package fakeiam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

func TestRefusals(t *testing.T) {
	_, c := client(t)
	makeRole(t, c, "Role")
	makeUser(t, c, "User")
	_, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("Group")})
	require.NoError(t, err)
	_, err = c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("Profile")})
	require.NoError(t, err)
	makePolicy(t, c, "Policy")

	user := func(in iam.CreateUserInput) error { _, err := c.CreateUser(ctx, &in); return err }
	role := func(in iam.CreateRoleInput) error {
		in.AssumeRolePolicyDocument = aws.String(trustEC2)
		_, err := c.CreateRole(ctx, &in)
		return err
	}
	s := aws.String
	absent := s("arn:aws:iam::123456789012:policy/absent")
	for name, want := range map[string]struct {
		err    error
		code   string
		status int
	}{
		// "Names are not distinguished by case", API_CreateUser, API_CreateRole, API_CreateGroup, API_CreatePolicy
		"user there":  {user(iam.CreateUserInput{UserName: s("USER")}), "EntityAlreadyExists", 409},
		"role there":  {role(iam.CreateRoleInput{RoleName: s("ROLE")}), "EntityAlreadyExists", 409},
		"group there": {func() error { _, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: s("GROUP")}); return err }(), "EntityAlreadyExists", 409},
		"profile there": {func() error {
			_, err := c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: s("PROFILE")})
			return err
		}(), "EntityAlreadyExists", 409},
		"policy there, though at another path": {func() error {
			_, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: s("POLICY"), Path: s("/p/"), PolicyDocument: s(readBucket)})
			return err
		}(), "EntityAlreadyExists", 409},
		// IAM identifiers, reference_iam-quotas: names and their lengths
		"character of a name": {user(iam.CreateUserInput{UserName: s("a b")}), "ValidationError", 400},
		"length of a user":    {user(iam.CreateUserInput{UserName: s(strings.Repeat("x", 65))}), "ValidationError", 400},
		"length of a role":    {role(iam.CreateRoleInput{RoleName: s(strings.Repeat("x", 65))}), "ValidationError", 400},
		"length of a policy": {func() error {
			_, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: s(strings.Repeat("x", 129)), PolicyDocument: s(readBucket)})
			return err
		}(), "ValidationError", 400},
		"path without its end": {user(iam.CreateUserInput{UserName: s("x"), Path: s("/p")}), "ValidationError", 400},
		// API_CreateRole: MaxSessionDuration 3600 to 43200, Description up to 1000 characters
		"short session":      {role(iam.CreateRoleInput{RoleName: s("x"), MaxSessionDuration: aws.Int32(3599)}), "ValidationError", 400},
		"long session":       {role(iam.CreateRoleInput{RoleName: s("x"), MaxSessionDuration: aws.Int32(43201)}), "ValidationError", 400},
		"long description":   {role(iam.CreateRoleInput{RoleName: s("x"), Description: s(strings.Repeat("x", 1001))}), "ValidationError", 400},
		"reserved path":      {role(iam.CreateRoleInput{RoleName: s("x"), Path: s("/aws-service-role/x/")}), "ValidationError", 400},
		"boundary of nobody": {role(iam.CreateRoleInput{RoleName: s("x"), PermissionsBoundary: absent}), "NoSuchEntity", 404},
		// API_AttachRolePolicy, API_DetachRolePolicy, Errors
		"attach nothing": {func() error {
			_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: s("Role"), PolicyArn: absent})
			return err
		}(), "NoSuchEntity", 404},
		"detach what is not attached": {func() error {
			_, err := c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: s("Role"), PolicyArn: s(s3ReadOnly)})
			return err
		}(), "NoSuchEntity", 404},
		"delete an inline policy that is not there": {func() error {
			_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: s("Role"), PolicyName: s("p")})
			return err
		}(), "NoSuchEntity", 404},
		"lift a boundary that is not there": {func() error {
			_, err := c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: s("Role")})
			return err
		}(), "NoSuchEntity", 404},
		"malformed ARN": {func() error {
			_, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: s("the-policy-I-mean")})
			return err
		}(), "InvalidInput", 400},
		"group of nobody": {func() error {
			_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: s("Group"), UserName: s("absent")})
			return err
		}(), "NoSuchEntity", 404},
		"rename onto another": {func() error {
			makeUser(t, c, "Second")
			_, err := c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: s("Second"), NewUserName: s("user")})
			return err
		}(), "EntityAlreadyExists", 409},
		// API_UpdateAccountPasswordPolicy: 6 to 128, 1 to 1095, 1 to 24
		"short passwords": {func() error {
			_, err := c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: aws.Int32(5)})
			return err
		}(), "ValidationError", 400},
		"old passwords": {func() error {
			_, err := c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{MaxPasswordAge: aws.Int32(1096)})
			return err
		}(), "ValidationError", 400},
		"many passwords": {func() error {
			_, err := c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{PasswordReusePrevention: aws.Int32(25)})
			return err
		}(), "ValidationError", 400},
		// API_CreateServiceLinkedRole: CustomSuffix, "Some services do not support"
		"suffix": {func() error {
			_, err := c.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: s("guardduty.amazonaws.com"), CustomSuffix: s("x")})
			return err
		}(), "InvalidInput", 400},
	} {
		require.Equal(t, want.code, code(want.err), "%s: %v", name, want.err)
		var response *awshttp.ResponseError
		require.ErrorAs(t, want.err, &response, name)
		require.Equal(t, want.status, response.HTTPStatusCode(), name)
		require.NotEmpty(t, response.ServiceRequestID(), name)
	}
}
