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

func TestDocumentsComeBackAsTheyWereSent(t *testing.T) {
	_, c := client(t)
	makeRole(t, c, "r")
	spaced := "\n" + `{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*" } }` + "\n"
	_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: &spaced})
	require.NoError(t, err)
	got, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p")})
	require.NoError(t, err)
	require.Equal(t, strings.NewReplacer("\n", "%0A", " ", "%20", "{", "%7B", "}", "%7D", `"`, "%22", ":", "%3A", ",", "%2C", "[", "%5B", "]", "%5D", "*", "%2A").Replace(spaced), *got.PolicyDocument)

	created, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("m"), PolicyDocument: aws.String(readBucket), Description: aws.String("d")})
	require.NoError(t, err)
	require.Equal(t, "v1", *created.Policy.DefaultVersionId)
	require.Nil(t, created.Policy.Description, "CreatePolicy does not answer it")
	version, err := c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: created.Policy.Arn, VersionId: aws.String("v1")})
	require.NoError(t, err)
	require.Equal(t, readBucket, decoded(t, version.PolicyVersion.Document))
	policy, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: created.Policy.Arn})
	require.NoError(t, err)
	require.Equal(t, "d", *policy.Policy.Description)
	require.Zero(t, *policy.Policy.AttachmentCount)
	require.True(t, policy.Policy.IsAttachable)
}

func TestVersions(t *testing.T) {
	_, c := client(t)
	arn := makePolicy(t, c, "p")
	add := func(asDefault bool) error {
		_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(readBucket), SetAsDefault: asDefault})
		return err
	}
	drop := func(id string) error {
		_, err := c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: &id})
		return err
	}
	for range 4 {
		require.NoError(t, add(false))
	}
	err := add(true)
	require.Equal(t, "LimitExceeded", code(err), "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html")
	require.Equal(t, 409, status(err))
	require.Equal(t, "DeleteConflict", code(drop("v1")), "the default version stays")
	_, err = c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v5")})
	require.NoError(t, err)
	require.NoError(t, drop("v1"))
	require.NoError(t, add(true))
	listed, err := c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &arn})
	require.NoError(t, err)
	require.Equal(t, "v6", *listed.Versions[0].VersionId, "the newest first; numbers are not used again")
	require.True(t, listed.Versions[0].IsDefaultVersion)
	require.Nil(t, listed.Versions[0].Document)
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
	require.Equal(t, "DeleteConflict", code(err))
	for _, id := range []string{"v2", "v3", "v4", "v5"} {
		require.NoError(t, drop(id))
	}
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
	require.NoError(t, err)
}

func TestPolicyInUse(t *testing.T) {
	_, c := client(t)
	arn := makePolicy(t, c, "p")
	makeRole(t, c, "attached")
	makeUser(t, c, "bounded")
	for range 2 {
		_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("attached"), PolicyArn: &arn})
		require.NoError(t, err, "twice is no error")
	}
	_, err := c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("bounded"), PermissionsBoundary: &arn})
	require.NoError(t, err)
	got, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	require.NoError(t, err)
	require.EqualValues(t, 1, *got.Policy.AttachmentCount)
	require.EqualValues(t, 1, *got.Policy.PermissionsBoundaryUsageCount)

	who, err := c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn})
	require.NoError(t, err)
	require.Len(t, who.PolicyRoles, 1)
	require.Len(t, who.PolicyUsers, 1)
	bounds, err := c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn, PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary})
	require.NoError(t, err)
	require.Empty(t, bounds.PolicyRoles)
	require.Equal(t, "bounded", *bounds.PolicyUsers[0].UserName)

	remove := func() error {
		_, err := c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
		return err
	}
	require.Equal(t, "DeleteConflict", code(remove()))
	_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("attached"), PolicyArn: &arn})
	require.NoError(t, err)
	require.Equal(t, "DeleteConflict", code(remove()))
	_, err = c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("bounded")})
	require.NoError(t, err)
	require.NoError(t, remove())
}

func TestAWSsPoliciesBelongToThePartition(t *testing.T) {
	cloud, c := client(t)
	version, err := c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: aws.String(s3ReadOnly), VersionId: aws.String("v1")})
	require.NoError(t, err)
	require.Contains(t, decoded(t, version.PolicyVersion.Document), "s3:Get*")
	china := iam.NewFromConfig(cloud.ConfigFor("210987654321", "cn-north-1"))
	_, err = china.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(s3ReadOnly)})
	require.Equal(t, "NoSuchEntity", code(err))
	_, err = china.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String("arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess")})
	require.NoError(t, err)

	makeRole(t, c, "r")
	_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String(s3ReadOnly)})
	require.NoError(t, err)
	_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String("arn:aws:iam::aws:policy/aws-service-role/AWSConfigServiceRolePolicy")})
	require.Equal(t, "PolicyNotAttachable", code(err))
	attached, err := c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	require.Equal(t, "AmazonS3ReadOnlyAccess", *attached.AttachedPolicies[0].PolicyName)
	makePolicy(t, c, "own")
	for scope, want := range map[types.PolicyScopeType]int{types.PolicyScopeTypeLocal: 0, types.PolicyScopeTypeAws: 1, types.PolicyScopeTypeAll: 1} {
		used, err := c.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: scope, OnlyAttached: true})
		require.NoError(t, err)
		require.Len(t, used.Policies, want, scope)
	}
	jobs, err := c.ListPolicies(ctx, &iam.ListPoliciesInput{PathPrefix: aws.String("/job-function/")})
	require.NoError(t, err)
	require.NotEmpty(t, jobs.Policies)
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(s3ReadOnly)})
	require.Equal(t, "AccessDenied", code(err))
}

// document of n characters without the white space that it also has.
func sized(n int) *string {
	head, tail := `{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::`, `" } }`
	empty := len(strings.ReplaceAll(head+tail, " ", ""))
	return aws.String(head + strings.Repeat("x", n-empty) + tail)
}

// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, which also says that IAM does not
// count white space.
func TestSizes(t *testing.T) {
	_, c := client(t)
	makeUser(t, c, "u")
	makeRole(t, c, "r")
	_, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("g")})
	require.NoError(t, err)
	user := func(name string, size int) error {
		_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("u"), PolicyName: &name, PolicyDocument: sized(size)})
		return err
	}
	group := func(name string, size int) error {
		_, err := c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: aws.String("g"), PolicyName: &name, PolicyDocument: sized(size)})
		return err
	}
	role := func(name string, size int) error {
		_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: &name, PolicyDocument: sized(size)})
		return err
	}
	for _, inline := range []struct {
		put   func(string, int) error
		limit int
	}{{user, 2048}, {group, 5120}, {role, 10240}} {
		require.NoError(t, inline.put("one", inline.limit-200))
		require.NoError(t, inline.put("two", 200))
		require.Equal(t, "LimitExceeded", code(inline.put("two", 201)), "all of an owner's add up")
		require.NoError(t, inline.put("two", 150), "replacing counts the new one only")
	}
	managed := func(name string, size int) error {
		_, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: sized(size)})
		return err
	}
	require.NoError(t, managed("m", 6144))
	require.Equal(t, "LimitExceeded", code(managed("n", 6145)))
	trust := func(name string, size int) error {
		document := strings.Replace(trustEC2, `"Version"`, `"Id":"`+strings.Repeat("x", size-len(trustEC2)-len(`"Id":"",`))+`", "Version"`, 1)
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document})
		return err
	}
	require.NoError(t, trust("m", 2048))
	require.Equal(t, "LimitExceeded", code(trust("n", 2049)))
}

func TestTenPoliciesAreAttachedAtMost(t *testing.T) {
	_, c := client(t)
	makeRole(t, c, "r")
	var err error
	for i := range 11 {
		require.NoError(t, err)
		_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String(makePolicy(t, c, fmt.Sprintf("p%02d", i)))})
	}
	require.Equal(t, "LimitExceeded", code(err))
	require.ErrorContains(t, err, "Cannot exceed quota for PoliciesPerRole: 10")
}

// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and, for the messages, reports
// of users.
func TestMalformedIdentityDocuments(t *testing.T) {
	_, c := client(t)
	makeUser(t, c, "u")
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }
	fine := `"Effect":"Allow","Action":"s3:*","Resource":"*"`
	for document, message := range map[string]string{
		"no json":                           "Syntax errors in policy.",
		"%7B%22":                            "Syntax errors in policy.",
		`{"Version":"2012-10-17"}`:          "Syntax errors in policy.",
		statement(``):                       "Syntax errors in policy.",
		statement(`{` + fine + `,"x":"y"}`): "Syntax errors in policy.",
		statement(`{"Effect":"allow","Action":"s3:*","Resource":"*"}`):                   "Syntax errors in policy.",
		`{"Version":"2008-10-17","Statement":[{` + fine + `}]}`:                          "must be version 2012-10-17 or greater",
		`{"Statement":[{` + fine + `}]}`:                                                 "must be version 2012-10-17 or greater",
		statement(`{"Effect":"Allow","Resource":"*"}`):                                   "must contain actions",
		statement(`{"Effect":"Allow","Action":"s3:*"}`):                                  "must contain resources",
		statement(`{"Effect":"Allow","Action":"GetObject","Resource":"*"}`):              "prefaced by a vendor",
		statement(`{"Effect":"Allow","Action":"s3:*","Resource":"my-bucket"}`):           `Resource my-bucket must be in ARN format or "*"`,
		statement(`{` + fine + `,"Principal":"*"}`):                                      "should not specify a principal",
		statement(`{"Sid":"has space",` + fine + `}`):                                    "must be alpha-numeric",
		statement(`{"Sid":"S",` + fine + `},{"Sid":"S",` + fine + `}`):                   "must be unique",
		statement(`{"Effect":"Allow","Action":"s3:*","NotAction":"x:y","Resource":"*"}`): "must contain actions",
	} {
		_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("u"), PolicyName: aws.String("p"), PolicyDocument: &document})
		var malformed *types.MalformedPolicyDocumentException
		require.ErrorAs(t, err, &malformed, document)
		require.Contains(t, *malformed.Message, message, document)
	}
	listed, err := c.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: aws.String("u")})
	require.NoError(t, err)
	require.Empty(t, listed.PolicyNames)
}

func TestMalformedTrustDocuments(t *testing.T) {
	_, c := client(t)
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + s + `}]}` }
	ec2 := `"Principal":{"Service":"ec2.amazonaws.com"}`
	for document, message := range map[string]string{
		statement(ec2 + `,"Action":"sts:AssumeRole","Resource":"*"`): "Has prohibited field Resource",
		statement(`"Action":"sts:AssumeRole"`):                       "Missing required field Principal",
		statement(ec2 + `,"Action":"s3:GetObject"`):                  "AssumeRole policy may only specify STS AssumeRole actions.",
		trusting("AWS", "arn:aws:iam::123456789012:role/absent"):     `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/absent"`,
		trusting("AWS", "somebody"):                                  `Invalid principal in policy: "AWS":"somebody"`,
		trusting("Service", "ec2"):                                   `Invalid principal in policy: "SERVICE":"ec2"`,
		trusting("Federated", "no domain"):                           "Federated principals must be valid domain names",
		trusting("Planet", "earth"):                                  "Syntax errors in policy.",
	} {
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &document})
		var malformed *types.MalformedPolicyDocumentException
		require.ErrorAs(t, err, &malformed, document)
		require.Contains(t, *malformed.Message, message, document)
	}
	for _, document := range []string{
		trusting("AWS", "*"), trusting("Federated", "accounts.google.com"),
		trusting("Federated", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"),
		strings.Replace(trustEC2, "2012", "2008", 1),
	} {
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &document})
		require.NoError(t, err, document)
		_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("r")})
		require.NoError(t, err)
	}
}
