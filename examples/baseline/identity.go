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

// identity is section 2 of the guide, steps 1 to 4.
func identity(at place) ztcore.Resource {
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
	return ztcore.List{
		limit, user, role,
		// In earnest the sink hands the seed to the user's authenticator or to a vault. Here nobody signs in.
		iam.MFA{Name: "example-user", User: user.UserName(), Sink: func(context.Context, iam.MFASeed) error { return nil }},
		iam.PasswordPolicy{},
		analyzer.Analyzer{Name: "account-analyzer"},
		contact.Alternate{Type: contact.Security, Name: "Security Team", Title: "Security", Email: "security@example.com", Phone: "+1-555-0100"},
	}
}
