package fakeaws

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Caller is who signs a request.
type Caller struct {
	Account string // 12 digits
	ARN     string // of the user or the assumed role
	UserID  string // the unique id, as GetCallerIdentity answers it
}

// Call is one request that reached the cloud. Each attempt of the SDK's retryer is one.
type Call struct {
	Service   string // the SDK's service id: "EC2", "IAM", "S3 Control"
	Operation string
	Account   string
	Region    string
	Caller    Caller
	Input     any // the SDK's input struct, e.g. *ec2.CreateVpcInput; not to be modified
	Start     time.Time
	End       time.Time
	Err       error // what the caller was answered
	RequestID string
}

// Mutating reports whether the operation is one that changes something.
func (c Call) Mutating() bool { return !IsRead(c.Operation) }

// Partition is the partition of the call's region.
func (c Call) Partition() string { return Partition(c.Region) }

// IsRead reports whether an operation only reads, judged by AWS's naming of operations. Issuing credentials
// and using a key count as reading: they leave the account as it was.
func IsRead(operation string) bool {
	for _, p := range []string{"Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Search", "Simulate", "Validate",
		"Check", "Decode", "Test", "AssumeRole", "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateRandom", "Select"} {
		if strings.HasPrefix(operation, p) {
			return true
		}
	}
	return false
}

type callKey struct{}

// CallFrom is the request that a handler is serving. Outside a request (a handler called directly) it is an
// administrator's call in the default account and region.
func CallFrom(ctx context.Context) Call {
	if r, ok := ctx.Value(callKey{}).(*request); ok {
		return r.call
	}
	who := Caller{Account: DefaultAccount, ARN: "arn:aws:iam::" + DefaultAccount + ":user/administrator", UserID: "AIDAADMINISTRATOR"}
	return Call{Account: DefaultAccount, Region: DefaultRegion, Caller: who, Start: time.Now()}
}

// request is what the context of a handler carries.
type request struct {
	call  Call
	asOf  map[string]any // a snapshot to read from, when the answer is to be stale
	cloud *Cloud
}

// Calls is the log of all requests so far, in the order in which they were answered.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Call(nil), c.calls...)
}

// ResetCalls empties the log.
func (c *Cloud) ResetCalls() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = nil
}

// Writes is the part of the log that changes something.
func (c *Cloud) Writes() []Call {
	var out []Call
	for _, call := range c.Calls() {
		if call.Mutating() {
			out = append(out, call)
		}
	}
	return out
}

// Credentials issues an access key with which requests are made as who, as STS does for an assumed role.
// The secret is no secret: the fakes check no signature.
func (c *Cloud) Credentials(who Caller) StaticCredentials {
	key := c.UniqueID("AKIA")[:20]
	c.mu.Lock()
	c.keys[key] = who
	c.mu.Unlock()
	return StaticCredentials{AccessKeyID: key}
}

// StaticCredentials are issued by Cloud.Credentials.
type StaticCredentials struct{ AccessKeyID string }

// Retrieve has the form of aws.CredentialsProvider.
func (s StaticCredentials) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: "fake", SessionToken: "", Source: "fakeaws"}, nil
}
