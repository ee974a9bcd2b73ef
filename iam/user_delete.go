package iam

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// deleteUser takes away first what keeps AWS from deleting a user. What hardly any user has is looked for only if AWS
// still refuses.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html
func deleteUser(ctx context.Context, sc *ztcore.Scope, have userState) error {
	name := have.Name
	for _, strip := range []func(context.Context, *ztcore.Scope, string) error{
		deletePassword, deleteAccessKeys, deactivateDevices, userHolder.strip, leaveGroups,
	} {
		if err := strip(ctx, sc, name); err != nil {
			return unlessAbsent(err)
		}
	}
	c := iam.NewFromConfig(sc.Config)
	_, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &name})
	var conflict *types.DeleteConflictException
	if errors.As(err, &conflict) {
		if err := deleteRareCredentials(ctx, sc, name); err != nil {
			return unlessAbsent(err)
		}
		_, err = c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &name})
	}
	return unlessAbsent(err)
}

func deletePassword(ctx context.Context, sc *ztcore.Scope, user string) error {
	_, err := iam.NewFromConfig(sc.Config).DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: &user})
	return unlessAbsent(err)
}

func deleteAccessKeys(ctx context.Context, sc *ztcore.Scope, user string) error {
	c := iam.NewFromConfig(sc.Config)
	return removeAll(func(marker *string) ([]types.AccessKeyMetadata, *string, error) {
		out, err := answer(c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user, Marker: marker}))
		return out.AccessKeyMetadata, out.Marker, err
	}, func(k types.AccessKeyMetadata) error {
		_, err := c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: k.AccessKeyId})
		return err
	})
}

// deactivateDevices leaves virtual devices behind, unassigned: they may be another declaration's.
func deactivateDevices(ctx context.Context, sc *ztcore.Scope, user string) error {
	c := iam.NewFromConfig(sc.Config)
	return removeAll(func(marker *string) ([]types.MFADevice, *string, error) {
		out, err := answer(c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: &user, Marker: marker}))
		return out.MFADevices, out.Marker, err
	}, func(m types.MFADevice) error {
		_, err := c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: &user, SerialNumber: m.SerialNumber})
		return err
	})
}

func leaveGroups(ctx context.Context, sc *ztcore.Scope, user string) error {
	c := iam.NewFromConfig(sc.Config)
	return removeAll(func(marker *string) ([]types.Group, *string, error) {
		out, err := answer(c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: &user, Marker: marker}))
		return out.Groups, out.Marker, err
	}, func(g types.Group) error { return leaveGroup(ctx, c, *g.GroupName, user) })
}

// deleteRareCredentials deletes signing certificates, SSH keys and the credentials of single services.
func deleteRareCredentials(ctx context.Context, sc *ztcore.Scope, user string) error {
	c := iam.NewFromConfig(sc.Config)
	err := removeAll(func(marker *string) ([]types.SigningCertificate, *string, error) {
		out, err := answer(c.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: &user, Marker: marker}))
		return out.Certificates, out.Marker, err
	}, func(s types.SigningCertificate) error {
		_, err := c.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: &user, CertificateId: s.CertificateId})
		return err
	})
	if err != nil {
		return err
	}
	err = removeAll(func(marker *string) ([]types.SSHPublicKeyMetadata, *string, error) {
		out, err := answer(c.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: &user, Marker: marker}))
		return out.SSHPublicKeys, out.Marker, err
	}, func(k types.SSHPublicKeyMetadata) error {
		_, err := c.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: &user, SSHPublicKeyId: k.SSHPublicKeyId})
		return err
	})
	if err != nil {
		return err
	}
	return removeAll(func(marker *string) ([]types.ServiceSpecificCredentialMetadata, *string, error) {
		out, err := answer(c.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: &user, Marker: marker}))
		return out.ServiceSpecificCredentials, out.Marker, err
	}, func(s types.ServiceSpecificCredentialMetadata) error {
		_, err := c.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: &user, ServiceSpecificCredentialId: s.ServiceSpecificCredentialId})
		return err
	})
}
