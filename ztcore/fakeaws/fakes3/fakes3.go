// Package fakes3 is the Simple Storage Service of a fakeaws.Cloud: general purpose buckets.
//
// Modelled: buckets with names unique in the whole cloud, their region (another region's client is redirected), the
// configuration that a baseline sets with the defaults of today (encryption, SSE-C blocked, Block Public Access, owner enforced), the
// refusal of public policies and of overlapping writes, and objects with versions, delete markers, conditional
// writes, object lock by the bucket's default retention, and encryption with a key that must be usable.
//
// Not modelled: multipart uploads, copies, ranges, object ACLs and tags, SSE-C, lifecycle actions (the rules are kept, not
// carried out), delivery of logs, replication, website and CORS configurations (they are never there), directory
// buckets. A caller of the bucket's own account may do everything; of another account, what the bucket policy allows it
// on objects and listings.
package fakes3

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// Service handles S3.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is every bucket of the cloud.
type State struct{ Buckets map[string]*Bucket }

// Bucket is one bucket.
type Bucket struct {
	Name, Account, Region string
	Created               time.Time
	Encryption            types.ServerSideEncryptionRule
	Versioning            types.BucketVersioningStatus // empty until it is first enabled
	Policy                *resourcepolicy.Policy
	PublicAccess          *types.PublicAccessBlockConfiguration
	Ownership             types.ObjectOwnership // empty once the controls are deleted
	Grants                []types.Grant
	Tags                  map[string]string
	Logging               *types.LoggingEnabled
	Lifecycle             []types.LifecycleRule
	TransitionMinimum     types.TransitionDefaultMinimumObjectSize
	ObjectLock            bool
	Retention             *types.DefaultRetention
	Objects               map[string][]*Version // by key, oldest version first; no entry is empty
}

// Version is one version of an object, or a delete marker.
type Version struct {
	ID           string // "null" for one that was made without versioning
	Marker       bool
	ETag         string // with its quotes
	Body         []byte
	Modified     time.Time
	ContentType  string
	Metadata     map[string]string
	Encryption   types.ServerSideEncryption
	Key          string // ARN of the KMS key
	BucketKey    bool
	RetainUntil  time.Time
	RetainedWith types.ObjectLockRetentionMode
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*s3.Options)

// Install adds S3 to a cloud. It offers fakeaws.Buckets.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "s3", fakeaws.Worldwide, func(string, string) *State { return &State{Buckets: map[string]*Bucket{}} })
	fakeaws.Provide[fakeaws.Buckets](c, s)
	s.installBuckets()
	s.installSettings()
	s.installObjects()
}

func (s *Service) installBuckets() {
	c := s.cloud
	fakeaws.On(c, s.CreateBucket, "Bucket", "ACL", "CreateBucketConfiguration.LocationConstraint", "CreateBucketConfiguration.Tags", "ObjectLockEnabledForBucket", "ObjectOwnership")
	fakeaws.On(c, s.HeadBucket, "Bucket", "ExpectedBucketOwner")
	fakeaws.On(c, s.GetBucketLocation, "Bucket", "ExpectedBucketOwner")
	fakeaws.On(c, s.ListBuckets, "MaxBuckets", "ContinuationToken", "Prefix", "BucketRegion")
	fakeaws.On(c, s.DeleteBucket, "Bucket", "ExpectedBucketOwner")
	serialize(c, func(in *s3.CreateBucketInput) *string { return in.Bucket })
	serialize(c, func(in *s3.DeleteBucketInput) *string { return in.Bucket })
}

func (s *Service) installSettings() {
	c := s.cloud
	const bucket, owner, checksum = "Bucket", "ExpectedBucketOwner", "ChecksumAlgorithm"
	fakeaws.On(c, s.PutBucketEncryption, bucket, owner, checksum, "ServerSideEncryptionConfiguration")
	fakeaws.On(c, s.GetBucketEncryption, bucket, owner)
	fakeaws.On(c, s.DeleteBucketEncryption, bucket, owner)
	fakeaws.On(c, s.PutBucketVersioning, bucket, owner, checksum, "VersioningConfiguration.Status")
	fakeaws.On(c, s.GetBucketVersioning, bucket, owner)
	fakeaws.On(c, s.PutBucketPolicy, bucket, owner, checksum, "Policy")
	fakeaws.On(c, s.GetBucketPolicy, bucket, owner)
	fakeaws.On(c, s.GetBucketPolicyStatus, bucket, owner)
	fakeaws.On(c, s.DeleteBucketPolicy, bucket, owner)
	fakeaws.On(c, s.PutPublicAccessBlock, bucket, owner, checksum, "PublicAccessBlockConfiguration")
	fakeaws.On(c, s.GetPublicAccessBlock, bucket, owner)
	fakeaws.On(c, s.DeletePublicAccessBlock, bucket, owner)
	fakeaws.On(c, s.PutBucketOwnershipControls, bucket, owner, checksum, "OwnershipControls")
	fakeaws.On(c, s.GetBucketOwnershipControls, bucket, owner)
	fakeaws.On(c, s.DeleteBucketOwnershipControls, bucket, owner)
	fakeaws.On(c, s.PutBucketAcl, bucket, owner, checksum, "ACL", "AccessControlPolicy")
	fakeaws.On(c, s.GetBucketAcl, bucket, owner)
	fakeaws.On(c, s.PutBucketTagging, bucket, owner, checksum, "Tagging")
	fakeaws.On(c, s.GetBucketTagging, bucket, owner)
	fakeaws.On(c, s.DeleteBucketTagging, bucket, owner)
	fakeaws.On(c, s.PutBucketLogging, bucket, owner, checksum, "BucketLoggingStatus")
	fakeaws.On(c, s.GetBucketLogging, bucket, owner)
	fakeaws.On(c, s.PutBucketLifecycleConfiguration, bucket, owner, checksum, "LifecycleConfiguration", "TransitionDefaultMinimumObjectSize")
	fakeaws.On(c, s.GetBucketLifecycleConfiguration, bucket, owner)
	fakeaws.On(c, s.DeleteBucketLifecycle, bucket, owner)
	fakeaws.On(c, s.PutObjectLockConfiguration, bucket, owner, checksum, "ObjectLockConfiguration.ObjectLockEnabled",
		"ObjectLockConfiguration.Rule.DefaultRetention.Mode", "ObjectLockConfiguration.Rule.DefaultRetention.Days", "ObjectLockConfiguration.Rule.DefaultRetention.Years")
	fakeaws.On(c, s.GetObjectLockConfiguration, bucket, owner)
	fakeaws.On(c, s.GetBucketReplication, bucket, owner)
	fakeaws.On(c, s.GetBucketWebsite, bucket, owner)
	fakeaws.On(c, s.GetBucketCors, bucket, owner)

	serialize(c, func(in *s3.PutBucketEncryptionInput) *string { return in.Bucket })
	serialize(c, func(in *s3.DeleteBucketEncryptionInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutBucketVersioningInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutBucketPolicyInput) *string { return in.Bucket })
	serialize(c, func(in *s3.DeleteBucketPolicyInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutPublicAccessBlockInput) *string { return in.Bucket })
	serialize(c, func(in *s3.DeletePublicAccessBlockInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutBucketOwnershipControlsInput) *string { return in.Bucket })
	serialize(c, func(in *s3.DeleteBucketOwnershipControlsInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutBucketAclInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutBucketTaggingInput) *string { return in.Bucket })
	serialize(c, func(in *s3.DeleteBucketTaggingInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutBucketLoggingInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutBucketLifecycleConfigurationInput) *string { return in.Bucket })
	serialize(c, func(in *s3.DeleteBucketLifecycleInput) *string { return in.Bucket })
	serialize(c, func(in *s3.PutObjectLockConfigurationInput) *string { return in.Bucket })
}

func (s *Service) installObjects() {
	c := s.cloud
	fakeaws.On(c, s.PutObject, "Bucket", "ExpectedBucketOwner", "Key", "Body", "ContentLength", "ContentType", "Metadata", "ChecksumAlgorithm",
		"IfMatch", "IfNoneMatch", "ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
	fakeaws.On(c, s.GetObject, "Bucket", "ExpectedBucketOwner", "Key", "VersionId", "ChecksumMode", "IfMatch", "IfNoneMatch")
	fakeaws.On(c, s.HeadObject, "Bucket", "ExpectedBucketOwner", "Key", "VersionId", "ChecksumMode", "IfMatch", "IfNoneMatch")
	fakeaws.On(c, s.DeleteObject, "Bucket", "ExpectedBucketOwner", "Key", "VersionId", "IfMatch", "BypassGovernanceRetention")
	fakeaws.On(c, s.DeleteObjects, "Bucket", "ExpectedBucketOwner", "ChecksumAlgorithm", "BypassGovernanceRetention", "Delete.Quiet",
		"Delete.Objects.Key", "Delete.Objects.VersionId", "Delete.Objects.ETag")
	fakeaws.On(c, s.ListObjectsV2, "Bucket", "ExpectedBucketOwner", "Prefix", "Delimiter", "StartAfter", "MaxKeys", "ContinuationToken")
	fakeaws.On(c, s.ListObjectVersions, "Bucket", "ExpectedBucketOwner", "Prefix", "MaxKeys", "KeyMarker", "VersionIdMarker")
}

// serialize lets no two writes to one bucket overlap.
func serialize[I any](c *fakeaws.Cloud, bucket func(*I) *string) {
	fakeaws.Serialize(c, func(in *I) (string, error) { return "s3/" + *bucket(in), conflict() })
}
