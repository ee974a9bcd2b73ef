package fakeiam_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func TestRoleGetsAWSsDefaults(t *testing.T) {
	_, c := client(t)
	created := makeRole(t, c, "EC2S3AccessRole")
	require.Nil(t, created.MaxSessionDuration, "CreateRole does not answer it")
	out, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("ec2s3accessrole")})
	require.NoError(t, err, "names are found without regard to case")
	r := out.Role
	require.Equal(t, "EC2S3AccessRole", *r.RoleName)
	require.Equal(t, "arn:aws:iam::123456789012:role/EC2S3AccessRole", *r.Arn)
	require.Equal(t, "/", *r.Path)
	require.Regexp(t, "^AROA[A-Z2-7]{17}$", *r.RoleId)
	require.EqualValues(t, 3600, *r.MaxSessionDuration)
	require.Nil(t, r.Description)
	require.Nil(t, r.PermissionsBoundary)
	require.NotNil(t, r.RoleLastUsed)
	require.Nil(t, r.RoleLastUsed.LastUsedDate)
	require.Equal(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
		decoded(t, r.AssumeRolePolicyDocument), "lists of one are folded")
}

func TestRoleKeepsWhatItWasGiven(t *testing.T) {
	_, c := client(t)
	boundary := makePolicy(t, c, "Boundary")
	created, err := c.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("r"), Path: aws.String("/team/"), AssumeRolePolicyDocument: aws.String(trustEC2), Description: aws.String("d"),
		MaxSessionDuration: aws.Int32(7200), PermissionsBoundary: &boundary, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	require.NoError(t, err)
	require.Len(t, created.Role.Tags, 1)
	require.Equal(t, boundary, *created.Role.PermissionsBoundary.PermissionsBoundaryArn)

	listed, err := c.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/team/")})
	require.NoError(t, err)
	require.Len(t, listed.Roles, 1)
	require.Empty(t, listed.Roles[0].Tags, "lists leave out tags")
	require.Nil(t, listed.Roles[0].PermissionsBoundary)
	require.Nil(t, listed.Roles[0].RoleLastUsed)
	require.EqualValues(t, 7200, *listed.Roles[0].MaxSessionDuration)
	other, err := c.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: aws.String("/other/")})
	require.NoError(t, err)
	require.Empty(t, other.Roles)

	_, err = c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: aws.String("r"), MaxSessionDuration: aws.Int32(43200)})
	require.NoError(t, err)
	_, err = c.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: aws.String("r"), Description: aws.String("")})
	require.NoError(t, err)
	got, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	require.EqualValues(t, 43200, *got.Role.MaxSessionDuration)
	require.Empty(t, aws.ToString(got.Role.Description))
	require.Equal(t, "arn:aws:iam::123456789012:role/team/r", *got.Role.Arn)

	_, err = c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	got, err = c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	require.Nil(t, got.Role.PermissionsBoundary)
}

// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html, "Principals … are
// transformed to the unique ID when you save the policy".
func TestTrustShowsTheUniqueIDOfWhoIsGone(t *testing.T) {
	_, c := client(t)
	trusted := makeRole(t, c, "trusted")
	_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trusting("AWS", *trusted.Arn))})
	require.NoError(t, err)
	trust := func() string {
		got, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
		require.NoError(t, err)
		return decoded(t, got.Role.AssumeRolePolicyDocument)
	}
	require.Equal(t, trusting("AWS", *trusted.Arn), trust())

	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("trusted")})
	require.NoError(t, err)
	require.Contains(t, trust(), `{"AWS":"`+*trusted.RoleId+`"}`)
	again := makeRole(t, c, "trusted")
	require.NotEqual(t, *trusted.RoleId, *again.RoleId)
	require.Contains(t, trust(), *trusted.RoleId, "the new role of that name is somebody else")

	update := func(document string) error {
		_, err := c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("r"), PolicyDocument: &document})
		return err
	}
	require.Equal(t, "MalformedPolicyDocument", code(update(trust())), "what is answered cannot be sent back")
	require.NoError(t, update(trusting("AWS", *again.Arn)))
	require.Contains(t, trust(), *again.Arn)
}

func TestTrustNormalizesAccounts(t *testing.T) {
	_, c := client(t)
	out, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trusting("AWS", "210987654321"))})
	require.NoError(t, err)
	require.Equal(t, trusting("AWS", "arn:aws:iam::210987654321:root"), decoded(t, out.Role.AssumeRolePolicyDocument))
}

func TestYoungPrincipalIsUnknownToPolicies(t *testing.T) {
	cloud, c := client(t)
	cloud.SetPropagation(time.Hour)
	young := makeRole(t, c, "young")
	_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trusting("AWS", *young.Arn))})
	var malformed *types.MalformedPolicyDocumentException
	require.ErrorAs(t, err, &malformed)
	require.Equal(t, `Invalid principal in policy: "AWS":"`+*young.Arn+`"`, *malformed.Message)
	cloud.SetPropagation(0)
	_, err = c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trusting("AWS", *young.Arn))})
	require.NoError(t, err)
}

func TestCapabilityKnowsPrincipalsOfAllAccounts(t *testing.T) {
	cloud, _ := client(t)
	other := iam.NewFromConfig(cloud.ConfigFor("210987654321", "eu-west-1"))
	role := makeRole(t, other, "auditor")
	who, ok := fakeaws.Capability[fakeaws.Principals](cloud)
	require.True(t, ok)
	id, _, ok := who.Principal(ctx, *role.Arn)
	require.True(t, ok)
	require.Equal(t, *role.RoleId, id)
	arn, ok := who.PrincipalARN(ctx, id)
	require.True(t, ok)
	require.Equal(t, *role.Arn, arn)
	id, _, ok = who.Principal(ctx, "arn:aws:sts::210987654321:assumed-role/auditor/me")
	require.True(t, ok)
	require.Equal(t, *role.RoleId+":me", id)
	for _, known := range []string{"arn:aws:iam::999999999999:root", "arn:aws:iam::123456789012:user/administrator"} {
		_, _, ok = who.Principal(ctx, known)
		require.True(t, ok, known)
	}
	for _, unknown := range []string{"arn:aws:iam::210987654321:role/absent", "arn:aws:iam::123456789012:role/auditor", "arn:aws:sts::210987654321:assumed-role/absent/me", "*", ""} {
		_, _, ok = who.Principal(ctx, unknown)
		require.False(t, ok, unknown)
	}
	_, ok = who.PrincipalARN(ctx, "AROAUNKNOWN")
	require.False(t, ok)
}

func TestServiceLinkedRoleIsAWSs(t *testing.T) {
	_, c := client(t)
	in := &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("config.amazonaws.com")}
	out, err := c.CreateServiceLinkedRole(ctx, in)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", *out.Role.Arn)
	_, err = c.CreateServiceLinkedRole(ctx, in)
	require.Equal(t, "InvalidInput", code(err))

	var protected *types.UnmodifiableEntityException
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: out.Role.RoleName})
	require.ErrorAs(t, err, &protected)
	_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: out.Role.RoleName, PolicyArn: aws.String(s3ReadOnly)})
	require.ErrorAs(t, err, &protected)

	deleted, err := c.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: out.Role.RoleName})
	require.NoError(t, err)
	state, err := c.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: deleted.DeletionTaskId})
	require.NoError(t, err)
	require.Equal(t, types.DeletionTaskStatusTypeSucceeded, state.Status)
	_, err = c.GetRole(ctx, &iam.GetRoleInput{RoleName: out.Role.RoleName})
	require.Equal(t, "NoSuchEntity", code(err))
}

func TestTenThousandRolesList(t *testing.T) {
	_, c := client(t)
	for i := range 10_000 {
		makeRole(t, c, fmt.Sprintf("role-%d", (i*7919)%10_000))
	}
	start := time.Now()
	seen := map[string]bool{}
	for p := iam.NewListRolesPaginator(c, &iam.ListRolesInput{}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.LessOrEqual(t, len(out.Roles), 100)
		for _, r := range out.Roles {
			seen[*r.RoleName] = true
		}
	}
	require.Len(t, seen, 10_000)
	require.Less(t, time.Since(start), 20*time.Second, "quadratic work would take minutes")
}
