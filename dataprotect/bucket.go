package dataprotect

import (
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Bucket is an S3 bucket with everything that makes it safe. The zero value with a name is private (Block Public Access, no
// ACLs), encrypted by KMS, versioned, reached by TLS only, and keeps old versions for 90 days.
//
// A bucket holds data: it is removed only when AllowDelete names it, and only if it is empty, unless EmptyOnDelete says
// why it need not be.
type Bucket struct {
	// Name is unique in the whole partition. It may hold ztcore.AccountID and ztcore.Region, as in "logs-" + ztcore.AccountID.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	Name string
	Key  id.KeyARN // encrypts the objects; AWS's own key aws/s3 if empty
	// S3ManagedKeyBecause lets S3 encrypt with keys of its own (SSE-S3), and says why: the target of access logs needs it.
	S3ManagedKeyBecause string
	// PublicBecause lets the bucket policy open the bucket to everyone, and says why. ACLs stay without effect.
	PublicBecause string
	// UnversionedBecause turns versioning off, and says why.
	UnversionedBecause string
	// Policy is added to what every bucket refuses: requests without TLS, and objects that are not encrypted with Key.
	Policy policy.Document
	// AccessLogs is where a record of each request goes; nowhere if it names no bucket.
	AccessLogs AccessLogs
	// AcceptsLogsOf are the buckets of this account whose access logs are delivered here.
	AcceptsLogsOf []id.BucketARN
	Lifecycle     Lifecycle
	// EmptyOnDelete lets a removal delete every object and version first, and says why.
	EmptyOnDelete string
	Tags          map[string]string
}

// AccessLogs is the target of a bucket's server access logs, in the same account and region.
type AccessLogs struct {
	Bucket id.Bucket // another Bucket's Delivery(), which waits for its policy, or a name
	Prefix string    // of the keys of the records; the logged bucket's name and a slash if empty
}

// Lifecycle says how long S3 keeps what is no longer current, in whole days.
type Lifecycle struct {
	KeepOldVersions time.Duration // 90 days if zero
	KeepUploads     time.Duration // incomplete multipart uploads; 7 days if zero
	ExpireAfter     time.Duration // of current objects; never if zero
}

// ARN is the bucket's ARN; the objects' are ARN() + "/*".
func (b Bucket) ARN() id.BucketARN { return id.BucketARN(buckets.Ref(declaredName(b.Name), "ARN")) }

// ID is the bucket's name, known as soon as the bucket exists.
func (b Bucket) ID() id.Bucket { return id.Bucket(buckets.Ref(declaredName(b.Name), "Name")) }

// Delivery is the bucket's name, known only when its policy is in force: for services that look at the policy when they are
// told to deliver to the bucket, such as CloudTrail.
func (b Bucket) Delivery() id.Bucket {
	return id.Bucket(bucketPolicies.Ref(declaredName(b.Name), "Bucket"))
}

// Declare implements ztcore.Resource. The bucket and each of its settings are resources of their own, worked on one at a
// time. What closes the bucket comes before its policy.
func (b Bucket) Declare(d *ztcore.Declaration) {
	name, bucket := declaredName(b.Name), string(b.ID())
	object := buckets.Declare(d, name, bucketState{Name: b.Name, Tags: b.Tags, EmptyOnDelete: b.EmptyOnDelete}).
		After(string(b.Key)) // the key must outlive what it has encrypted
	if b.EmptyOnDelete != "" {
		object.Except("EmptyOnDelete", b.EmptyOnDelete)
	}
	public := b.PublicBecause != ""
	block := publicAccess.Declare(d, name, publicAccessState{Bucket: bucket, BlockPublicACLs: true, IgnorePublicACLs: true, BlockPublicPolicy: !public, RestrictPublicBuckets: !public})
	if public {
		block.Except("PublicBecause", b.PublicBecause)
	}
	if len(b.AcceptsLogsOf) > 0 && b.S3ManagedKeyBecause == "" {
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
		d.Reject(ztcore.Finding{Resource: ztcore.Address("dataprotect.Bucket/" + name), Attribute: "AcceptsLogsOf", Message: "S3 delivers no access logs to a bucket that is encrypted by KMS", Fix: "say so in S3ManagedKeyBecause, and leave out Key"})
	}
	ownership.Declare(d, name, ownershipState{Bucket: bucket, ObjectOwnership: "BucketOwnerEnforced"})
	encryption := encryptions.Declare(d, name, b.encryption(bucket))
	if b.S3ManagedKeyBecause != "" {
		encryption.Except("S3ManagedKeyBecause", b.S3ManagedKeyBecause)
	}
	versions := versioning.Declare(d, name, versioningState{Bucket: bucket, Enabled: b.UnversionedBecause == ""})
	if b.UnversionedBecause != "" {
		versions.Except("UnversionedBecause", b.UnversionedBecause)
	}
	bucketPolicies.Declare(d, name, bucketPolicyState{Bucket: bucket, Policy: b.policy()}).
		After(publicAccess.Ref(name, "Bucket"), ownership.Ref(name, "Bucket"))
	lifecycles.Declare(d, name, lifecycleState{Bucket: bucket, Rules: b.Lifecycle.rules()})
	logs := loggingState{Bucket: bucket, Target: string(b.AccessLogs.Bucket), Prefix: b.AccessLogs.Prefix}
	if logs.Target != "" && logs.Prefix == "" {
		logs.Prefix = bucket + "/"
	}
	logging.Declare(d, name, logs)
}
