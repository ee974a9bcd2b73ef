package main

import (
	"context"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/iam/analyzer"
	"github.com/seed-08ecc977/zerotrust/iam/contact"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// identity is section 2 of the guide.
func identity(at place) []step {
	limit := iam.Policy{
		Name:        "ExampleBoundary",
		Description: "What the guide's identities can have at most",
		Document:    policy.Allow("s3:Get*", "s3:List*", "ssm:*", "ssmmessages:*", "ec2messages:*").OnAny().Named("AtMost"),
	}
	user := iam.User{
		Name:     "example-user",
		Boundary: limit.ARN(),
		Inline: map[string]policy.Document{
			"S3ReadAccess": policy.Allow("s3:GetObject").On("arn:" + ztcore.Partition + ":s3:::example-bucket/*"),
		},
	}
	if at.noUserBoundaries {
		user.Boundary = ""
	}
	role := iam.Role{
		Name:      "EC2S3AccessRole",
		TrustedBy: policy.Service("ec2.amazonaws.com"),
		Attached:  []id.PolicyARN{iam.AWSManaged("AmazonS3ReadOnlyAccess")},
		Boundary:  limit.ARN(),
	}
	// In earnest the sink hands the seed to the user's authenticator or to a vault. Here nobody signs in.
	mfa := iam.MFA{Name: "example-user", User: user.UserName(), Sink: func(context.Context, iam.MFASeed) error { return nil }}
	return []step{
		{rows: "1", what: "a user's inline policy, under a boundary", resources: ztcore.List{limit, user}},
		{rows: "2", what: "MFA", resources: ztcore.List{mfa}},
		{rows: "3–4", what: "a role for EC2 with a managed policy", resources: ztcore.List{role}},
		{rows: "2 +", what: "the account: password policy, Access Analyzer, security contact", resources: ztcore.List{
			iam.PasswordPolicy{},
			analyzer.Analyzer{Name: "account-analyzer"},
			contact.Alternate{Type: contact.Security, Name: "Security Team", Title: "Security", Email: "security@example.com", Phone: "+1-555-0100"},
		}},
		{rows: "2 +", what: "use of the root user", proof: "iam.TestRootUserIsFound"},
	}
}
