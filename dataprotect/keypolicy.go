package dataprotect

import (
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// policy is the key policy: the account first, so that nothing else can lock it out, then those who manage the key, those
// who use it, and what the caller adds.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func (k Key) policy() policy.Document {
	doc := policy.Allow("kms:*").Named("AccountGovernsByIAM").To(policy.Account(ztcore.AccountID)).OnAny()
	if len(k.Admins) > 0 {
		doc = doc.And(policy.Allow("kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*",
			"kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource",
			"kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand").
			Named("AdminsManage").To(roles(k.Admins)...).OnAny())
	}
	if len(k.Users) > 0 {
		doc = doc.And(
			policy.Allow("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey").
				Named("UsersUse").To(roles(k.Users)...).OnAny(),
			policy.Allow("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant").
				Named("UsersLetServicesUse").To(roles(k.Users)...).OnAny().When("Bool", "kms:GrantIsForAWSResource", "true"))
	}
	for _, s := range k.Services {
		doc = doc.And(serviceUse(s))
	}
	return doc.And(k.Policy)
}

// serviceUse lets a service use the key on behalf of this account only.
func serviceUse(service string) policy.Document {
	name, _, _ := strings.Cut(service, ".")
	doc := policy.Allow("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey").
		Named(sid("Service", name)).To(policy.Service(service)).OnAny()
	if name == "logs" {
		// CloudWatch Logs says whom it works for in the encryption context alone.
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
		return doc.When("ArnLike", "kms:EncryptionContext:aws:logs:arn", "arn:"+ztcore.Partition+":logs:"+ztcore.Region+":"+ztcore.AccountID+":*")
	}
	return doc.When("StringEquals", "aws:SourceAccount", ztcore.AccountID)
}

// sid joins words to a statement's id of letters and digits.
func sid(words ...string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.Join(words, ""))
}

func roles(arns []id.RoleARN) []policy.Principal {
	out := make([]policy.Principal, len(arns))
	for i, a := range arns {
		out[i] = policy.AWS(string(a))
	}
	return out
}
