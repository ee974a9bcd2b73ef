package containment

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// LockBucket denies everything on target buckets, by a statement in front of their policies, to everybody but the run's own identity, the
// principals of Except and AWS's services. It is in no standard playbook, for it stops whoever works with the bucket.
type LockBucket struct {
	Except []string // ARNs of roles and users that keep the access that they have, as those of the forensic team; * and ? are allowed
}

// Name implements Step.
func (LockBucket) Name() string { return "lock bucket" }

// Limits implements Step.
func (LockBucket) Limits() []string {
	return []string{
		"What was read is read. Copies in other buckets, and objects that replication takes away, are not held back.",
		"Services that work on AWS's behalf are not denied, nor is the account's root when it changes the policy.",
		"Requests take some seconds until they see the policy. The configuration's region has to be the bucket's.",
	}
}

func (l LockBucket) check() []ztcore.Finding {
	var out []ztcore.Finding
	for _, e := range l.Except {
		if !strings.HasPrefix(e, "arn:") || !strings.Contains(e, ":iam::") {
			out = append(out, ztcore.Finding{Attribute: "LockBucket.Except", Message: fmt.Sprintf("%q is no ARN of a role or user", e), Fix: "use the role's ARN, not that of a session"})
		}
	}
	return out
}

func (l LockBucket) do(ctx context.Context, r *run) error {
	return r.each(ctx, Bucket, func(ctx context.Context, cfg aws.Config, s *subject) error {
		if own, ok := r.c.Ledger.(BucketLedger); ok && string(own.Bucket) == s.ID {
			return errors.New("it is the bucket that the case's log is in")
		}
		have, err := bucketPolicyOf(ctx, cfg, s.ID)
		if err != nil {
			return err
		}
		doc, err := policy.Parse(have)
		if err != nil && have != "" {
			return fmt.Errorf("the policy of %s can't be read: %w", s.ID, err)
		}
		lock := l.denial(r, s.ID)
		if len(doc.Statements) > 0 && doc.Statements[0].Sid == lock.Statements[0].Sid {
			return nil // by an earlier run
		}
		lock.Version, lock.ID = doc.Version, doc.ID
		r.affects("everybody but %s loses access to the bucket %s", strings.Join(l.spared(r), ", "), s.ID)
		return r.set(ctx, s.at, bucketPolicy, s.ID, lock.And(doc).JSON())
	})
}

// spared are the principals that are not locked out. A session's role may have a path, which the session's ARN does not show.
func (l LockBucket) spared(r *run) []string {
	own := []string{r.caller}
	if account, role, ok := sessionOf(r.caller); ok {
		partition := strings.SplitN(r.caller, ":", 3)[1]
		prefix := "arn:" + partition + ":iam::" + account + ":role/"
		own = []string{prefix + role, prefix + "*/" + role}
	}
	return append(own, l.Except...)
}

func sessionOf(arn string) (account, role string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "sts" {
		return "", "", false
	}
	names := strings.Split(parts[5], "/")
	if len(names) != 3 || names[0] != "assumed-role" {
		return "", "", false
	}
	return parts[4], names[1], true
}

func (l LockBucket) denial(r *run, bucket string) policy.Document {
	arn := id.ARN("arn:" + strings.SplitN(r.caller, ":", 3)[1] + ":s3:::" + bucket)
	return policy.Deny("s3:*").On(arn, arn+"/*").To(policy.Anyone()).
		When("ArnNotLike", "aws:PrincipalArn", l.spared(r)...).
		When("BoolIfExists", "aws:PrincipalIsAWSService", "false").Named("ZeroTrustCase" + strings.ReplaceAll(r.c.Case.ID, "-", ""))
}

// bucketPolicy is the text of a bucket's policy, "" for none.
var bucketPolicy = stateOf(setting{name: "policy of a bucket", same: func(a, b string) bool {
	x, errX := policy.Parse(unquote(a))
	y, errY := policy.Parse(unquote(b))
	return errX == nil && errY == nil && x.Equal(y)
}}, bucketPolicyOf, func(ctx context.Context, cfg aws.Config, bucket, _, want string) error {
	c := bucketClient(cfg)
	if want == "" {
		_, err := c.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &bucket})
		return err
	}
	_, err := c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &want})
	return err
})

func bucketPolicyOf(ctx context.Context, cfg aws.Config, bucket string) (string, error) {
	out, err := bucketClient(cfg).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	if refusedWith(err, "NoSuchBucketPolicy") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Policy), nil
}

// bucketClient uses path-style addresses where the endpoint is one's own, as an emulator's.
func bucketClient(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil })
}
