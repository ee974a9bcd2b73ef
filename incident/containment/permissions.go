package containment

import "github.com/seed-08ecc977/zerotrust/ztcore/policy"

// Permissions is an identity policy for who plans, contains, verifies and undoes with the steps of this package, apart from the ledger's
// (see BucketLedger) and those of a hook. It has no permission to stop or terminate an instance or to delete a key. Narrow
// its resources down to what the responder is to reach.
//
// A snapshot under a customer's key takes that key's policy as well: kms:CreateGrant, kms:Decrypt, kms:DescribeKey and
// kms:GenerateDataKeyWithoutPlaintext.
func Permissions() policy.Document {
	return policy.Allow(reads...).OnAny().Named("Read").And(policy.Allow(writes...).OnAny().Named("Contain"))
}

var reads = []string{
	"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances",
	"ec2:DescribeIamInstanceProfileAssociations", "ec2:DescribeInstanceAttribute", "ec2:DescribeInstances", "ec2:DescribeNetworkAcls",
	"ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshotAttribute", "ec2:DescribeSnapshots",
	"ec2:DescribeTags", "ec2:DescribeVolumes",
	"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
	"iam:GetAccessKeyLastUsed", "iam:GetInstanceProfile", "iam:GetRole", "iam:GetRolePolicy", "iam:GetUser", "iam:ListAccessKeys",
	"iam:ListAttachedUserPolicies", "iam:ListRoleTags", "iam:ListUserTags",
	"kms:DescribeKey", "s3:GetBucketPolicy",
}

var writes = []string{
	"autoscaling:AttachInstances", "autoscaling:DetachInstances", "autoscaling:ResumeProcesses", "autoscaling:SetInstanceProtection", "autoscaling:SuspendProcesses", "autoscaling:UpdateAutoScalingGroup",
	"ec2:AssociateIamInstanceProfile", "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CopySnapshot", "ec2:CreateNetworkAcl",
	"ec2:CreateSecurityGroup", "ec2:CreateSnapshots", "ec2:CreateTags", "ec2:DeleteNetworkAcl", "ec2:DeleteSecurityGroup", "ec2:DeleteTags",
	"ec2:DisassociateIamInstanceProfile", "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions", "ec2:ModifyNetworkInterfaceAttribute",
	"ec2:ModifySnapshotAttribute", "ec2:ReplaceNetworkAclAssociation", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
	"elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets",
	"iam:DeleteRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "iam:UpdateAccessKey",
	"s3:DeleteBucketPolicy", "s3:PutBucketPolicy",
}
