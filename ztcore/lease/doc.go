// Package lease keeps two people from applying the same baseline at once. The lease is an object in an S3 bucket of the account:
//
//	report, err := plan.Apply(ctx, ztcore.WithLease(lease.Bucket{Name: "acme-leases-" + ztcore.AccountID, Note: "CHG-1041"}))
//
// Whoever comes second is told who has it, since when and until when, or waits for it if Wait says so. It is renewed while the
// apply runs and given back in the end, also when the apply fails or is called off. What is killed gives nothing back: its lease ends by
// itself, Length after it was last renewed, and the next run takes it over then. There is nothing to unlock by hand.
//
// S3 decides every step by the object's entity tag: If-None-Match takes the lease, If-Match renews it, takes over one that has
// expired, and gives it back. See https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html. Time is S3's own
// (Date against Last-Modified), so that a machine whose clock is wrong takes no live lease. The object is JSON that a person can read.
//
// A lease that was deleted or taken over, or could not be renewed for nine tenths of Length, calls the run off before anybody else can
// have it; the run's error wraps a *LostError then.
//
// # What it does not do
//
// It is no fence. A process that is stopped beyond its lease (a suspended laptop) and woken makes calls until it notices, within a third
// of Length, and a request that is on its way to AWS when the run is called off may still arrive. Nor does it keep out whoever applies
// without it. Then applies meet as they do without a lease: each object is read again before it is written, and what has changed is
// refused as stale.
//
// # The bucket
//
// Any general purpose bucket of the account will do, but one of the baseline's own: it is to be there before the first apply and after
// the last. S3 checks that the bucket is the account's (or Owner's), so that nobody else's of that name is used. Where versioning is
// on, each renewal leaves a version behind: have a lifecycle rule expire noncurrent versions and delete markers below the prefix after a day. Object Lock
// keeps those for its term, and does no harm otherwise.
//
// # Permissions
//
// s3:GetObject, s3:PutObject and s3:DeleteObject on the prefix, and s3:ListBucket on the bucket, without which S3 answers 403 and not
// 404 where there is no lease. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html. If the bucket encrypts with a KMS key
// of the account: kms:GenerateDataKey and kms:Decrypt on it.
package lease
