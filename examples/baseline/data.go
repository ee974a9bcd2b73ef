package main

import (
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/dataprotect/ebs"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// data is section 4 of the guide.
func data(place) []step {
	key := dataprotect.Key{Name: "s3-encryption-key", Description: "S3 encryption key"}
	// The guide passes a password on the command line. Here one is generated, and goes nowhere but to Secrets Manager.
	secret := dataprotect.Secret{Name: "db-credentials", Key: key.ARN(), Value: dataprotect.Login("admin", dataprotect.Password(32))}
	return []step{
		{rows: "11", what: "a KMS key", resources: ztcore.List{key}},
		{rows: "12", what: "an encrypted bucket", resources: ztcore.List{dataprotect.Bucket{Name: "example-bucket", Key: key.ARN()}}},
		{rows: "13", what: "a secret", resources: ztcore.List{secret}},
		{rows: "4 +", what: "the account: no public buckets or snapshots, encrypted volumes", resources: ztcore.List{
			dataprotect.AccountPublicAccessBlock{}, ebs.EncryptionByDefault{Key: key.ARN()}, ebs.SnapshotBlockPublicAccess{},
		}},
	}
}
