package governance

import (
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// except leaves the last statement of a document without effect for the roles for emergencies.
func except(d policy.Document, breakGlass []string) policy.Document {
	for _, role := range breakGlass {
		d = d.When("ArnNotLike", "aws:PrincipalArn", rolePattern(role))
	}
	return d
}

// DenyIAMUserCreation keeps everybody from making IAM users and their long-lived credentials, but for the roles of breakGlass:
// names, patterns of names, or ARNs.
func DenyIAMUserCreation(breakGlass ...string) policy.Document {
	return except(policy.Deny("iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile").OnAny().Named("DenyIAMUserCreation"), breakGlass)
}

// DenyLeaveOrganization keeps accounts from leaving the organization or closing themselves, and with that all other policies.
func DenyLeaveOrganization(breakGlass ...string) policy.Document {
	return except(policy.Deny("organizations:LeaveOrganization", "account:CloseAccount").OnAny().Named("DenyLeaveOrganization"), breakGlass)
}

// DenyRootUser leaves the root users of member accounts nothing to do. It excepts no role, since none is a root user. What
// takes a root user, as unlocking a bucket policy, is done with the sessions of centralized root access, which it leaves alone.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-access-management.html
func DenyRootUser() policy.Document {
	return policy.Deny("*").OnAny().When("ArnLike", "aws:PrincipalArn", "arn:*:iam::*:root").When("Null", "aws:AssumedRoot", "true").Named("DenyRootUser")
}

// DenyRegionsExcept keeps everybody to the given regions, but for what has no region: global services have their endpoints in
// us-east-1, or nowhere. The list follows AWS's example and the region deny control of Control Tower.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
func DenyRegionsExcept(regions []string, breakGlass ...string) policy.Document {
	return except(policy.DenyAllExcept(
		"a4b:*", "access-analyzer:*", "account:*", "acm:*", "activate:*", "artifact:*", "aws-marketplace-management:*", "aws-marketplace:*", "aws-portal:*",
		"billing:*", "billingconductor:*", "budgets:*", "ce:*", "chatbot:*", "chime:*", "cloudfront:*", "cloudtrail:LookupEvents", "compute-optimizer:*",
		"config:*", "consoleapp:*", "consolidatedbilling:*", "cur:*", "datapipeline:GetAccountLimits", "devicefarm:*", "directconnect:*",
		"ec2:DescribeRegions", "ec2:DescribeTransitGateways", "ec2:DescribeVpnGateways", "ecr-public:*", "fms:*", "freetier:*", "globalaccelerator:*",
		"health:*", "iam:*", "importexport:*", "invoicing:*", "iq:*", "kms:*", "license-manager:ListReceivedLicenses", "lightsail:Get*", "mobileanalytics:*",
		"networkmanager:*", "notifications-contacts:*", "notifications:*", "organizations:*", "payments:*", "pricing:*", "quicksight:DescribeAccountSubscription",
		"resource-explorer-2:*", "route53-recovery-cluster:*", "route53-recovery-control-config:*", "route53-recovery-readiness:*", "route53:*", "route53domains:*",
		"s3:CreateMultiRegionAccessPoint", "s3:DeleteMultiRegionAccessPoint", "s3:DescribeMultiRegionAccessPointOperation", "s3:GetAccountPublicAccessBlock",
		"s3:GetBucketLocation", "s3:GetMultiRegionAccessPoint", "s3:ListAllMyBuckets", "s3:ListMultiRegionAccessPoints", "s3:PutAccountPublicAccessBlock",
		"savingsplans:*", "shield:*", "sso:*", "sts:*", "support:*", "supportapp:*", "supportplans:*", "sustainability:*", "tag:GetResources", "tax:*",
		"trustedadvisor:*", "vendor-insights:ListEntitledSecurityProfiles", "waf-regional:*", "waf:*", "wafv2:*",
	).OnAny().When("StringNotEquals", "aws:RequestedRegion", regions...).Named("DenyRegionsExcept"), breakGlass)
}

// ProtectSecurityServices keeps everybody from switching off what watches the account: CloudTrail, Config, GuardDuty, Security
// Hub, IAM Access Analyzer and Macie.
func ProtectSecurityServices(breakGlass ...string) policy.Document {
	return except(policy.Deny(
		"access-analyzer:DeleteAnalyzer",
		"cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail",
		"config:DeleteConfigRule", "config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel", "config:StopConfigurationRecorder",
		"guardduty:DeleteDetector", "guardduty:DisassociateFromAdministratorAccount", "guardduty:DisassociateFromMasterAccount", "guardduty:StopMonitoringMembers", "guardduty:UpdateDetector",
		"macie2:DisableMacie", "macie2:DisassociateFromAdministratorAccount",
		"securityhub:BatchDisableStandards", "securityhub:DisableSecurityHub", "securityhub:DisassociateFromAdministratorAccount",
	).OnAny().Named("ProtectSecurityServices"), breakGlass)
}

// RequireIMDSv2 keeps everybody from starting instances whose metadata can be had without a session token, from making the
// token optional later, and from using credentials that came from such an instance.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-instance-metadata
func RequireIMDSv2(breakGlass ...string) policy.Document {
	return except(policy.Deny("ec2:RunInstances").On("arn:*:ec2:*:*:instance/*").When("StringNotEquals", "ec2:MetadataHttpTokens", "required").Named("StartWithIMDSv2"), breakGlass).And(
		except(policy.Deny("ec2:ModifyInstanceMetadataOptions").OnAny().When("StringEquals", "ec2:Attribute/HttpTokens", "optional").Named("KeepIMDSv2"), breakGlass),
		except(policy.Deny("*").OnAny().When("NumericLessThan", "ec2:RoleDelivery", "2.0").Named("UseIMDSv2"), breakGlass),
	)
}

// EC2Defaults is a declarative policy, the JSON of a Policy of the type DeclarativeEC2: no image or snapshot is shared with the
// world, the serial console is off, and new instances use IMDSv2, in all accounts and regions. Nobody there can change it.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_syntax.html
func EC2Defaults() string {
	return `{"ec2_attributes":{` +
		`"image_block_public_access":{"state":{"@@assign":"block_new_sharing"}},` +
		`"snapshot_block_public_access":{"state":{"@@assign":"block_all_sharing"}},` +
		`"serial_console_access":{"status":{"@@assign":"disabled"}},` +
		`"instance_metadata_defaults":{"http_tokens":{"@@assign":"required"},"http_put_response_hop_limit":{"@@assign":"2"},` +
		`"http_endpoint":{"@@assign":"no_preference"},"instance_metadata_tags":{"@@assign":"no_preference"}}}}`
}

// DataPerimeter is a resource control policy: the resources of member accounts serve the organization's own principals only,
// over TLS, and AWS services when they act for the organization. organization is its id, as o-a1b2c3d4e5.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_examples.html
func DataPerimeter(organization string) policy.Document {
	actions := []string{"s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:AssumeRole"}
	return policy.Deny(actions...).To(policy.Anyone()).OnAny().
		When("StringNotEqualsIfExists", "aws:PrincipalOrgID", organization).
		When("BoolIfExists", "aws:PrincipalIsAWSService", "false").Named("OnlyOurPrincipals").And(
		policy.Deny(actions...).To(policy.Anyone()).OnAny().
			When("StringNotEqualsIfExists", "aws:SourceOrgID", organization).
			When("Null", "aws:SourceAccount", "false").
			When("Bool", "aws:PrincipalIsAWSService", "true").Named("OnlyForOurResources"),
		policy.Deny(actions...).To(policy.Anyone()).OnAny().When("BoolIfExists", "aws:SecureTransport", "false").Named("OnlyOverTLS"),
	)
}
