package ebs

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// EncryptionByDefault has every new volume and snapshot copy of the region encrypted. What exists stays as it is.
// https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
type EncryptionByDefault struct {
	Key id.KeyARN // AWS's own key aws/ebs if empty
}

type encryptionState struct {
	Region  string `zt:"key"`
	Enabled bool
	Key     string // empty for AWS's own
}

var encryption = &ztcore.Kind[encryptionState]{
	Name: "dataprotect.EBSEncryptionByDefault", Permissions: &encryptionNeed,
	Get: getEncryption, Put: putEncryption, Delete: resetEncryption,
	Controls: []string{"CIS AWS 3.0 2.2.1", "FSBP EC2.7", "NIST SP 800-207 tenet 2"},
}

var encryptionNeed = ztcore.Permissions{
	Read:   []string{"ec2:GetEbsDefaultKmsKeyId", "ec2:GetEbsEncryptionByDefault"},
	Write:  []string{"ec2:EnableEbsEncryptionByDefault", "ec2:ModifyEbsDefaultKmsKeyId", "ec2:ResetEbsDefaultKmsKeyId"},
	Delete: []string{"ec2:DisableEbsEncryptionByDefault", "ec2:ResetEbsDefaultKmsKeyId"},
}

// Declare implements ztcore.Resource.
func (e EncryptionByDefault) Declare(d *ztcore.Declaration) {
	encryption.Declare(d, "region", encryptionState{Region: ztcore.Region, Enabled: true, Key: string(e.Key)})
}

func getEncryption(ctx context.Context, sc *ztcore.Scope, want encryptionState) (encryptionState, bool, error) {
	client, have := ec2.NewFromConfig(sc.Config), encryptionState{Region: want.Region}
	on, err := client.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
	if err != nil {
		return have, false, err
	}
	key, err := client.GetEbsDefaultKmsKeyId(ctx, &ec2.GetEbsDefaultKmsKeyIdInput{})
	if err == nil {
		have.Enabled, have.Key = aws.ToBool(on.EbsEncryptionByDefault), ownKey(aws.ToString(key.KmsKeyId))
	}
	return have, have.Enabled || have.Key != "", err
}

// ownKey is the key, empty if it is AWS's.
func ownKey(key string) string {
	if strings.HasSuffix(key, "alias/aws/ebs") {
		return ""
	}
	return key
}

// putEncryption sets the key first, so that no volume is encrypted with another one meanwhile.
func putEncryption(ctx context.Context, sc *ztcore.Scope, want encryptionState) error {
	if err := setKey(ctx, sc, want.Key); err != nil {
		return err
	}
	_, err := ec2.NewFromConfig(sc.Config).EnableEbsEncryptionByDefault(ctx, &ec2.EnableEbsEncryptionByDefaultInput{})
	return err
}

func setKey(ctx context.Context, sc *ztcore.Scope, key string) (err error) {
	client := ec2.NewFromConfig(sc.Config)
	if key == "" {
		_, err = client.ResetEbsDefaultKmsKeyId(ctx, &ec2.ResetEbsDefaultKmsKeyIdInput{})
	} else {
		_, err = client.ModifyEbsDefaultKmsKeyId(ctx, &ec2.ModifyEbsDefaultKmsKeyIdInput{KmsKeyId: &key})
	}
	return err
}

func resetEncryption(ctx context.Context, sc *ztcore.Scope, _ encryptionState) error {
	if _, err := ec2.NewFromConfig(sc.Config).DisableEbsEncryptionByDefault(ctx, &ec2.DisableEbsEncryptionByDefaultInput{}); err != nil {
		return err
	}
	return setKey(ctx, sc, "")
}
