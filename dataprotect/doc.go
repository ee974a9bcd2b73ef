// Package dataprotect is the pillar that keeps data encrypted, private and recoverable: KMS keys, S3 buckets, secrets, and the
// account's settings for both. Those of EC2 (EBS encryption, snapshot sharing) are in the package ebs below it, since EC2
// takes long to compile.
//
//	key    := dataprotect.Key{Name: "ledger", RotateEvery: 180 * 24 * time.Hour}
//	bucket := dataprotect.Bucket{Name: "acme-ledger", Key: key.ARN()}
//	secret := dataprotect.Secret{Name: "db-credentials", Key: key.ARN(), Value: dataprotect.Login("app", dataprotect.Password(32))}
//	baseline := ztcore.NewBaseline("ledger", key, bucket, secret, dataprotect.AccountPublicAccessBlock{})
//
// The zero value of each is the safe form. A Preset is a key, an encrypted bucket and the account's public access block in one.
//
// Keys, buckets and secrets hold data: a plan that would delete one retains it, unless ztcore.AllowDelete names it. Keys and
// secrets can then still be had back for up to 30 days by declaring them again. A bucket that is not empty stays.
//
// Values of secrets come from a Source, and go nowhere but to Secrets Manager.
package dataprotect
