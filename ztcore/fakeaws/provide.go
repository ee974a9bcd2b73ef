package fakeaws

import (
	"context"
	"reflect"
	"time"
)

// What one service asks of another goes through these interfaces, so that no fake imports another. A service
// offers itself with Provide; who asks for what nobody offers goes without the check.

// Principals is offered by IAM: services that store policies refuse those that name unknown principals.
type Principals interface {
	// Principal returns the unique id of the user or role with this ARN and when it was created.
	Principal(ctx context.Context, arn string) (uniqueID string, created time.Time, ok bool)
	// PrincipalARN is the reverse: the ARN that a unique id now belongs to.
	PrincipalARN(ctx context.Context, uniqueID string) (arn string, ok bool)
}

// InstanceProfiles is offered by IAM: EC2 refuses profiles that are unknown, empty or too young.
type InstanceProfiles interface {
	// InstanceProfile finds a profile of the request's account by name or ARN, and returns its ARN, its unique id, the
	// ARN of its role ("" if it has none) and when it was created.
	InstanceProfile(ctx context.Context, nameOrARN string) (arn, id, roleARN string, created time.Time, ok bool)
}

// Keys is offered by KMS: services that encrypt refuse keys that are unknown, disabled or pending deletion.
type Keys interface {
	// Key finds a key by id, ARN, alias or alias ARN, and returns its ARN, whether it is enabled, and its policy document.
	Key(ctx context.Context, ref string) (arn string, enabled bool, policy string, ok bool)
}

// Buckets is offered by S3: services that deliver to a bucket look at its policy.
type Buckets interface {
	// Bucket returns the owning account, the region and the policy document of a bucket.
	Bucket(ctx context.Context, name string) (account, region, policy string, ok bool)
}

// PublicAccess is offered by S3 Control: the account's own Block Public Access, which adds to every bucket's.
type PublicAccess interface {
	// BlocksPublic reports whether the account refuses public ACLs and public bucket policies.
	BlocksPublic(ctx context.Context, account string) (acls, policies bool)
}

// LogGroups is offered by CloudWatch Logs.
type LogGroups interface {
	LogGroup(ctx context.Context, arn string) bool
}

// Topics is offered by SNS: services that publish to a topic look at its policy.
type Topics interface {
	// Topic returns the policy document of a topic and the key that encrypts it, as it was given; "" for none.
	Topic(ctx context.Context, arn string) (policy, key string, ok bool)
}

// Provide offers a capability, one of this file's interfaces or one of a user's own.
func Provide[C any](c *Cloud, capability C) { c.provided[reflect.TypeFor[C]()] = capability }

// Capability returns what was offered. Inside a handler it may be called at any time; it takes no locks.
func Capability[C any](c *Cloud) (C, bool) {
	v, ok := c.provided[reflect.TypeFor[C]()].(C)
	return v, ok
}
