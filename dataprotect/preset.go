package dataprotect

import (
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Preset is a sound start for an application's data: a key of its own, a bucket that is encrypted with it, and the account's
// public access block. The zero value with a name is complete.
type Preset struct {
	Name        string        // of the key; begins the bucket's name
	BucketName  string        // Name-<account>-<region> if empty, so that one preset serves many accounts
	RotateEvery time.Duration // of the key, as in Key
	Tags        map[string]string
}

// Key is the preset's key.
func (p Preset) Key() Key { return Key{Name: p.Name, RotateEvery: p.RotateEvery, Tags: p.Tags} }

// Bucket is the preset's bucket.
func (p Preset) Bucket() Bucket {
	name := p.BucketName
	if name == "" {
		name = p.Name + "-" + ztcore.AccountID + "-" + ztcore.Region
	}
	return Bucket{Name: name, Key: p.Key().ARN(), Tags: p.Tags}
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	ztcore.List{p.Key(), p.Bucket(), AccountPublicAccessBlock{}}.Declare(d)
}

// Kinds lists the pillar's kinds, for ztcore.Prune. Those of EC2 are in ebs.Kinds.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{keys, buckets, publicAccess, ownership, encryptions, versioning, bucketPolicies, lifecycles, logging, secrets, accountPublicAccess}
}
