package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Class is what a document is used as. It decides which elements may stand in it and how large it may be.
type Class int

// The classes of policies.
const (
	Identity      Class = iota // a managed policy of the account
	InlineUser                 // inline in a user
	InlineGroup                // inline in a group
	InlineRole                 // inline in a role
	TrustPolicy                // who may assume a role
	SCP                        // service control policy of an organization
	RCP                        // resource control policy of an organization
	Boundary                   // permissions boundary: a managed policy that only limits
	Session                    // passed when a session is made
	BucketPolicy               // on an S3 bucket
	KeyPolicy                  // on a KMS key
	SecretPolicy               // on a Secrets Manager secret
	Endpoint                   // on a VPC endpoint
	TopicPolicy                // on an SNS topic
	QueuePolicy                // on an SQS queue
	OtherResource              // on a resource of any other service; its size is not checked
)

// class describes one of them.
type class struct {
	name       string
	limit      int // 0 is unknown
	raisable   int // what AWS raises the limit to for who asks; 0 if it does not
	source     string
	whitespace bool // is counted
	bytes      bool // are counted, not characters
	principal  presence
	resource   presence
	strictSids bool // IAM's rules: letters and digits, unique in the document
}

// presence says whether an element, or its negation, may stand in a statement.
type presence int

const (
	required presence = iota
	optional
	forbidden
)

const (
	iamQuotas = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
	orgQuotas = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"
)

// The limit of service control policies was 5,120 until 15 May 2026, when AWS doubled it everywhere; that of resource control
// policies still is. Copies of AWS's page of quotas from before that day have 5,120 for both. The
// change is described in https://cevo.com.au/post/aws-scp-limits-landing-zone-review/ and
// https://sjramblings.io/aws-organizations-scp-quotas-doubled-what-now/.
var classes = map[Class]class{
	Identity:      {name: "managed policy", limit: 6144, source: iamQuotas, principal: forbidden, strictSids: true},
	InlineUser:    {name: "inline policy of a user", limit: 2048, source: iamQuotas, principal: forbidden, strictSids: true},
	InlineGroup:   {name: "inline policy of a group", limit: 5120, source: iamQuotas, principal: forbidden, strictSids: true},
	InlineRole:    {name: "inline policy of a role", limit: 10240, source: iamQuotas, principal: forbidden, strictSids: true},
	TrustPolicy:   {name: "trust policy", limit: 2048, raisable: 8192, source: iamQuotas, resource: forbidden, strictSids: true},
	SCP:           {name: "service control policy", limit: 10240, source: orgQuotas, whitespace: true, principal: forbidden, strictSids: true},
	RCP:           {name: "resource control policy", limit: 5120, source: orgQuotas, whitespace: true, strictSids: true},
	Boundary:      {name: "permissions boundary", limit: 6144, source: iamQuotas, principal: forbidden, strictSids: true},
	Session:       {name: "session policy", limit: 2048, source: iamQuotas, whitespace: true, principal: forbidden, strictSids: true},
	BucketPolicy:  {name: "bucket policy", limit: 20 << 10, source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html", whitespace: true, bytes: true},
	KeyPolicy:     {name: "key policy", limit: 32 << 10, source: "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html", whitespace: true, bytes: true},
	SecretPolicy:  {name: "secret policy", limit: 20480, source: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html", whitespace: true},
	Endpoint:      {name: "VPC endpoint policy", limit: 20480, source: "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html", whitespace: true},
	TopicPolicy:   {name: "topic policy", limit: 30 << 10, source: "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html", whitespace: true, bytes: true},
	QueuePolicy:   {name: "queue policy", limit: 8192, source: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html", whitespace: true, bytes: true},
	OtherResource: {name: "resource policy", whitespace: true, resource: optional},
}

// grantsOnResource reports whether a document of the class stands on one resource and names who may use it.
func (c Class) grantsOnResource() bool {
	switch c {
	case BucketPolicy, KeyPolicy, SecretPolicy, TopicPolicy, QueuePolicy, OtherResource:
		return true
	default:
		return false
	}
}

// grantsToHolder reports whether a document of the class gives permissions to the user, group or role that holds it.
func (c Class) grantsToHolder() bool {
	switch c {
	case Identity, InlineUser, InlineGroup, InlineRole:
		return true
	default:
		return false
	}
}

// String is the class in words, as "trust policy".
func (c Class) String() string { return classes[c].name }

// Limit is how large a document of the class may be, as Size counts; 0 if that is not known. It is the quota every
// account starts with: that of trust policies can be raised. The sizes of all inline policies of one user, group or role add up to one limit.
func Limit(c Class) int { return classes[c].limit }

// Size is how much of Limit the document takes, counted as AWS counts that class: IAM leaves white space out; others
// take the text as sent, which is JSON().
//
// A token counts with its own length, which may differ from that of the value it stands for.
func (d Document) Size(c Class) int {
	text := d.JSON()
	switch class := classes[c]; {
	case class.bytes:
		return len(text)
	case class.whitespace:
		return utf8.RuneCountInString(text)
	default:
		return utf8.RuneCountInString(strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, text))
	}
}
