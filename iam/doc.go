// Package iam declares who may do what: roles, users, groups, managed policies, identity providers and the account's own settings.
//
//	reader := iam.Role{
//		Name:      "EC2S3AccessRole",
//		TrustedBy: policy.Service("ec2.amazonaws.com"),
//		Attached:  []id.PolicyARN{iam.AWSManaged("AmazonS3ReadOnlyAccess")},
//	}
//	plan, err := ztcore.NewBaseline("readers", reader).Plan(ctx, cfg)
//
// A role is up to three things that are planned each by itself: its identity, its inline policies and its attachments.
// The latter two are authoritative sets: what is attached by hand shows in the next plan, and is detached by Apply. A
// set that is left nil is not managed and not read; an empty one says "none". So it is with users and groups.
//
// Prefer roles. A user has long-lived credentials; this package gives it none, and asks for a second factor with MFA.
//
// What names, sizes and documents AWS would refuse, Check refuses before any call. What gives more than a zero-trust
// baseline should is a finding of a guardrail, which blocks Apply unless it is waived with a reason and a date:
//
//	iam.full-administrator                 every action on every resource, in a policy of the baseline
//	iam.administrator-attached             AWS's policies that come to the same
//	iam.attachment-quota                   more attachments than an account's quota allows by default
//	iam.pass-role-with-star-in-resource    any role may be passed, by name or by a wildcard
//	iam.public-access                      anyone may assume the role
//	iam.allow-with-not-principal           everyone but some may
//	iam.unconditional-cross-account-trust  another account may, whoever works there and for whom
//	iam.web-identity-without-subject       every customer of an identity provider may
//	iam.weak-password-policy               shorter or sooner repeated than the benchmarks ask for
//
// Access Analyzer and the alternate contacts are in packages of their own below this one: analyzer and contact.
//
// A run never denies itself the right to take an inline policy back. RootUsage and CredentialAudit find what no baseline
// can change: the root user's habits, and old passwords and keys.
package iam
