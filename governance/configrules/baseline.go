package configrules

// Baseline are the managed rules behind controls of the AWS Foundational Security Best Practices (FSBP) and the CIS AWS
// Foundations Benchmark 3.0; each description names its own. after are tokens of what must stand before, as Recorder.Started.
func Baseline(after ...string) []Rule {
	out := make([]Rule, len(baseline))
	for i, r := range baseline {
		r.After = after
		out[i] = r
	}
	return out
}

var baseline = []Rule{
	{Name: "s3-bucket-encryption-check", Managed: "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", Description: "Buckets are encrypted (CIS AWS 3.0 2.1.1)"},
	{Name: "s3-account-public-access-block", Managed: "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", Description: "The account blocks public access to buckets (FSBP S3.1, CIS AWS 3.0 2.1.4)"},
	{Name: "s3-bucket-public-access-block", Managed: "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", Description: "Buckets block public access (FSBP S3.8, CIS AWS 3.0 2.1.4)"},
	{Name: "s3-bucket-public-read-prohibited", Managed: "S3_BUCKET_PUBLIC_READ_PROHIBITED", Description: "No bucket can be read by everyone (FSBP S3.2)"},
	{Name: "s3-bucket-public-write-prohibited", Managed: "S3_BUCKET_PUBLIC_WRITE_PROHIBITED", Description: "No bucket can be written by everyone (FSBP S3.3)"},
	{Name: "s3-bucket-ssl-requests-only", Managed: "S3_BUCKET_SSL_REQUESTS_ONLY", Description: "Buckets are reached by TLS only (FSBP S3.5, CIS AWS 3.0 2.1.1)"},

	{Name: "root-account-mfa-enabled", Managed: "ROOT_ACCOUNT_MFA_ENABLED", Description: "The root user has MFA (CIS AWS 3.0 1.5)"},
	{Name: "iam-root-access-key-check", Managed: "IAM_ROOT_ACCESS_KEY_CHECK", Description: "The root user has no access key (FSBP IAM.4, CIS AWS 3.0 1.4)"},
	{Name: "iam-user-mfa-enabled", Managed: "IAM_USER_MFA_ENABLED", Description: "Users have MFA (FSBP IAM.19)"},
	{Name: "mfa-enabled-for-iam-console-access", Managed: "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", Description: "Users with a password have MFA (FSBP IAM.5, CIS AWS 3.0 1.10)"},
	{Name: "iam-password-policy", Managed: "IAM_PASSWORD_POLICY", Description: "Passwords are long and not used again (FSBP IAM.7, CIS AWS 3.0 1.8 and 1.9)", Parameters: map[string]string{
		"RequireUppercaseCharacters": "true", "RequireLowercaseCharacters": "true", "RequireSymbols": "true", "RequireNumbers": "true",
		"MinimumPasswordLength": "14", "PasswordReusePrevention": "24", "MaxPasswordAge": "90",
	}},
	{Name: "access-keys-rotated", Managed: "ACCESS_KEYS_ROTATED", Description: "Access keys are no older than 90 days (FSBP IAM.3, CIS AWS 3.0 1.14)", Parameters: map[string]string{"maxAccessKeyAge": "90"}},
	{Name: "iam-user-unused-credentials-check", Managed: "IAM_USER_UNUSED_CREDENTIALS_CHECK", Description: "Credentials unused for 45 days are gone (FSBP IAM.8, CIS AWS 3.0 1.12)", Parameters: map[string]string{"maxCredentialUsageAge": "45"}},
	{Name: "iam-policy-no-admin-access", Managed: "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", Description: "No policy allows everything (FSBP IAM.1, CIS AWS 3.0 1.16)"},
	{Name: "iam-user-no-policies-check", Managed: "IAM_USER_NO_POLICIES_CHECK", Description: "Users have no policies of their own (FSBP IAM.2, CIS AWS 3.0 1.15)"},

	{Name: "multi-region-cloudtrail-enabled", Managed: "MULTI_REGION_CLOUD_TRAIL_ENABLED", Description: "A trail covers all regions (FSBP CloudTrail.1, CIS AWS 3.0 3.1)"},
	{Name: "cloud-trail-log-file-validation-enabled", Managed: "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", Description: "Trails sign their log files (FSBP CloudTrail.4, CIS AWS 3.0 3.2)"},
	{Name: "cloud-trail-encryption-enabled", Managed: "CLOUD_TRAIL_ENCRYPTION_ENABLED", Description: "Trails are encrypted by KMS (FSBP CloudTrail.2, CIS AWS 3.0 3.5)"},
	{Name: "cmk-backing-key-rotation-enabled", Managed: "CMK_BACKING_KEY_ROTATION_ENABLED", Description: "Keys are rotated (FSBP KMS.4, CIS AWS 3.0 3.6)"},

	{Name: "vpc-flow-logs-enabled", Managed: "VPC_FLOW_LOGS_ENABLED", Description: "VPCs have flow logs (FSBP EC2.6, CIS AWS 3.0 3.7)"},
	{Name: "vpc-default-security-group-closed", Managed: "VPC_DEFAULT_SECURITY_GROUP_CLOSED", Description: "Default security groups let nothing through (FSBP EC2.2, CIS AWS 3.0 5.4)"},
	{Name: "restricted-ssh", Managed: "INCOMING_SSH_DISABLED", Description: "SSH is not open to the world (FSBP EC2.13, CIS AWS 3.0 5.2)"},
	{Name: "ec2-ebs-encryption-by-default", Managed: "EC2_EBS_ENCRYPTION_BY_DEFAULT", Description: "New volumes are encrypted (FSBP EC2.7, CIS AWS 3.0 2.2.1)"},
	{Name: "encrypted-volumes", Managed: "ENCRYPTED_VOLUMES", Description: "Attached volumes are encrypted (FSBP EC2.3)"},
	{Name: "ec2-imdsv2-check", Managed: "EC2_IMDSV2_CHECK", Description: "Instances use IMDSv2 (FSBP EC2.8, CIS AWS 3.0 5.6)"},
	{Name: "rds-storage-encrypted", Managed: "RDS_STORAGE_ENCRYPTED", Description: "Databases are encrypted (FSBP RDS.3, CIS AWS 3.0 2.3.1)"},
	{Name: "rds-instance-public-access-check", Managed: "RDS_INSTANCE_PUBLIC_ACCESS_CHECK", Description: "Databases are not public (FSBP RDS.2, CIS AWS 3.0 2.3.3)"},
	{Name: "secretsmanager-rotation-enabled-check", Managed: "SECRETSMANAGER_ROTATION_ENABLED_CHECK", Description: "Secrets are rotated (FSBP SecretsManager.1)"},
	{Name: "guardduty-enabled-centralized", Managed: "GUARDDUTY_ENABLED_CENTRALIZED", Description: "GuardDuty is on (FSBP GuardDuty.1)"},
	{Name: "securityhub-enabled", Managed: "SECURITYHUB_ENABLED", Description: "Security Hub is on (CIS AWS 3.0 4.16)"},
}
