package main

import (
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/dataprotect/ebs"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// data is section 4 of the guide, steps 11 to 13.
func data(place) ztcore.Resource {
	key := dataprotect.Key{Name: "s3-encryption-key", Description: "S3 encryption key"}
	return ztcore.List{
		key,
		dataprotect.Bucket{Name: "example-bucket", Key: key.ARN()},
		// The guide passes a password on the command line. Here one is generated, and goes nowhere but to Secrets Manager.
		dataprotect.Secret{Name: "db-credentials", Key: key.ARN(), Value: dataprotect.Login("admin", dataprotect.Password(32))},
		dataprotect.AccountPublicAccessBlock{},
		ebs.EncryptionByDefault{Key: key.ARN()},
		ebs.SnapshotBlockPublicAccess{},
	}
}
