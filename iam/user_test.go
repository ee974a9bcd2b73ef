package iam_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// exampleUser is the guide's first step.
var exampleUser = iam.User{
	Name:   "example-user",
	Inline: map[string]policy.Document{"S3ReadAccess": policy.Allow("s3:GetObject").On("arn:aws:s3:::example-bucket/*")},
}

func TestUser(t *testing.T) {
	u := exampleUser
	step := func(change func()) iam.User { change(); return u }
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud, Before: makeLimits,
		Variants: []kindtest.Variant{
			{Resource: step(func() { u.Attached = []id.PolicyARN{} })},
			{Resource: step(func() { u.Boundary = limitsARN }), Changes: []string{"iam.User/example-user Boundary"}},
			{Resource: step(func() { u.Boundary = iam.NoBoundary }), Changes: []string{"iam.User/example-user Boundary"}},
			{Resource: step(func() { u.Tags = map[string]string{"team": "ledger"} }), Changes: []string{"iam.User/example-user Tags"}},
			{Resource: step(func() { u.Inline = map[string]policy.Document{} }), Changes: []string{"iam.UserPolicies/example-user Members"}},
			{Resource: step(func() { u.Attached = []id.PolicyARN{limitsARN} }), Changes: []string{"iam.UserAttachments/example-user Members"}},
			{Resource: step(func() { u.Path = "/people/" }), Changes: []string{"iam.User/example-user Path"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := sdk.NewFromConfig(cfg)
			_, err := c.PutUserPermissionsBoundary(ctx, &sdk.PutUserPermissionsBoundaryInput{UserName: &u.Name, PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
			if err == nil {
				_, err = c.TagUser(ctx, &sdk.TagUserInput{UserName: &u.Name, Tags: []types.Tag{{Key: aws.String(ztcore.TagResource), Value: aws.String("iam.User/renamed")}}})
			}
			if err == nil {
				_, err = c.PutUserPolicy(ctx, &sdk.PutUserPolicyInput{UserName: &u.Name, PolicyName: aws.String("own"), PolicyDocument: aws.String(policy.Allow("*").OnAny().JSON())})
			}
			return err
		},
	})
}

func TestPolicyThatAWSRewritesIsNoDrift(t *testing.T) {
	cloud := newCloud()
	applied(t, cloud.Config(), exampleUser)
	_, err := sdk.NewFromConfig(cloud.Config()).PutUserPolicy(context.Background(), &sdk.PutUserPolicyInput{
		UserName: aws.String("example-user"), PolicyName: aws.String("S3ReadAccess"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Resource":["arn:aws:s3:::example-bucket/*"],"Action":["S3:getobject"],"Effect":"Allow"}}`),
	})
	require.NoError(t, err)
	cloud.ResetCalls()
	p := planned(t, cloud.Config(), nil, exampleUser)
	require.True(t, p.Empty(), p)
	_, err = p.Apply(context.Background())
	require.NoError(t, err)
	require.Empty(t, cloud.Writes())
}

func TestUserIsDeletedWithAllThatIsBoundToIt(t *testing.T) {
	ctx := context.Background()
	cloud := newCloud()
	c := sdk.NewFromConfig(cloud.Config())
	u := iam.User{Name: "leaver"}
	applied(t, cloud.Config(), u)
	name := &u.Name
	_, err := c.CreateAccessKey(ctx, &sdk.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	_, err = c.CreateLoginProfile(ctx, &sdk.CreateLoginProfileInput{UserName: name, Password: aws.String("Corr3ct-h0rse-battery")})
	require.NoError(t, err)
	_, err = c.CreateGroup(ctx, &sdk.CreateGroupInput{GroupName: aws.String("others")})
	require.NoError(t, err)
	_, err = c.AddUserToGroup(ctx, &sdk.AddUserToGroupInput{GroupName: aws.String("others"), UserName: name})
	require.NoError(t, err)
	_, err = c.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")})
	require.NoError(t, err)
	_, err = c.PutUserPolicy(ctx, &sdk.PutUserPolicyInput{UserName: name, PolicyName: aws.String("own"), PolicyDocument: aws.String(readLogs.JSON())})
	require.NoError(t, err)
	device, err := c.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: name})
	require.NoError(t, err)
	first, second := codesOf(t, device.VirtualMFADevice)
	_, err = c.EnableMFADevice(ctx, &sdk.EnableMFADeviceInput{UserName: name, SerialNumber: device.VirtualMFADevice.SerialNumber, AuthenticationCode1: &first, AuthenticationCode2: &second})
	require.NoError(t, err)

	_, err = planned(t, cloud.Config(), []ztcore.PlanOption{ztcore.Destroy()}, u).Apply(ctx)
	require.NoError(t, err)
	_, err = c.GetUser(ctx, &sdk.GetUserInput{UserName: name})
	var none *types.NoSuchEntityException
	require.ErrorAs(t, err, &none)
}

// rareCredentials are what fakeiam does not keep.
type rareCredentials struct{ deleted []string }

func (r *rareCredentials) install(c *fakeaws.Cloud) {
	fakeaws.On(c, func(context.Context, *sdk.ListSigningCertificatesInput, ...func(*sdk.Options)) (*sdk.ListSigningCertificatesOutput, error) {
		return &sdk.ListSigningCertificatesOutput{Certificates: []types.SigningCertificate{{CertificateId: aws.String("certificate")}}}, nil
	}, "UserName", "Marker")
	fakeaws.On(c, func(_ context.Context, in *sdk.DeleteSigningCertificateInput, _ ...func(*sdk.Options)) (*sdk.DeleteSigningCertificateOutput, error) {
		r.deleted = append(r.deleted, *in.CertificateId)
		return &sdk.DeleteSigningCertificateOutput{}, nil
	}, "UserName", "CertificateId")
	fakeaws.On(c, func(context.Context, *sdk.ListSSHPublicKeysInput, ...func(*sdk.Options)) (*sdk.ListSSHPublicKeysOutput, error) {
		return &sdk.ListSSHPublicKeysOutput{SSHPublicKeys: []types.SSHPublicKeyMetadata{{SSHPublicKeyId: aws.String("APKAEXAMPLE0000000000")}}}, nil
	}, "UserName", "Marker")
	fakeaws.On(c, func(_ context.Context, in *sdk.DeleteSSHPublicKeyInput, _ ...func(*sdk.Options)) (*sdk.DeleteSSHPublicKeyOutput, error) {
		r.deleted = append(r.deleted, *in.SSHPublicKeyId)
		return &sdk.DeleteSSHPublicKeyOutput{}, nil
	}, "UserName", "SSHPublicKeyId")
	fakeaws.On(c, func(context.Context, *sdk.ListServiceSpecificCredentialsInput, ...func(*sdk.Options)) (*sdk.ListServiceSpecificCredentialsOutput, error) {
		return &sdk.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []types.ServiceSpecificCredentialMetadata{{ServiceSpecificCredentialId: aws.String("ACCAEXAMPLE0000000000")}}}, nil
	}, "UserName", "Marker")
	fakeaws.On(c, func(_ context.Context, in *sdk.DeleteServiceSpecificCredentialInput, _ ...func(*sdk.Options)) (*sdk.DeleteServiceSpecificCredentialOutput, error) {
		r.deleted = append(r.deleted, *in.ServiceSpecificCredentialId)
		return &sdk.DeleteServiceSpecificCredentialOutput{}, nil
	}, "UserName", "ServiceSpecificCredentialId")
}

func TestUserIsDeletedWithRareCredentials(t *testing.T) {
	var rare rareCredentials
	cloud := fakeaws.New(installAll, rare.install)
	u := iam.User{Name: "committer"}
	applied(t, cloud.Config(), u)
	cloud.Inject(t, &fakeaws.Fault{Service: "IAM", Operation: "DeleteUser", Times: 1, Before: &types.DeleteConflictException{Message: aws.String("Cannot delete entity, must delete signing certificates first.")}})
	_, err := planned(t, cloud.Config(), []ztcore.PlanOption{ztcore.Destroy()}, u).Apply(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"certificate", "APKAEXAMPLE0000000000", "ACCAEXAMPLE0000000000"}, rare.deleted)
}

func TestUserWithoutBoundarySaysSo(t *testing.T) {
	require.Contains(t, planned(t, newCloud().Config(), nil, exampleUser).String(), "prefer a role")
}
