package thirdparty

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Scanner is a role by which a vendor looks at how the account is configured. It is assumed only from the vendor's account, with the external
// id that the vendor gave this customer, and it never reads data: secrets, objects, items and code are denied to it, whatever
// else it may do.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
type Scanner struct {
	Name          string // of the role
	VendorAccount string // 12 digits
	// VendorRole is the vendor's role or user that alone may assume this one; anybody in VendorAccount whom the vendor lets, if empty.
	VendorRole id.ARN
	// ExternalID is what the vendor made for this customer: 16 characters at least, which can't be told from names or account ids.
	ExternalID string
	// Allow takes the place of ReadConfiguration.
	Allow policy.Document
	// Attached are managed policies beside it, as arn:aws:iam::aws:policy/SecurityAudit for vendors who ask for it.
	Attached []id.PolicyARN
	// ReadsDataBecause says why data isn't denied, as for a vendor that looks for personal data in objects.
	ReadsDataBecause string
	Tags             map[string]string
}

// ReadConfiguration is what a scanner needs of most services: how they are configured, and nothing of what they hold.
func ReadConfiguration() policy.Document {
	return policy.Allow(
		"access-analyzer:ListAnalyzers", "account:GetAlternateContact", "cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus", "cloudwatch:DescribeAlarms",
		"config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus", "config:DescribeDeliveryChannels",
		"ec2:DescribeAddresses", "ec2:DescribeFlowLogs", "ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeRegions", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots", "ec2:DescribeSubnets",
		"ec2:DescribeVolumes", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs", "ec2:GetEbsEncryptionByDefault",
		"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers", "guardduty:GetDetector", "guardduty:ListDetectors",
		"iam:GenerateCredentialReport", "iam:GetAccountAuthorizationDetails", "iam:GetAccountPasswordPolicy", "iam:GetAccountSummary", "iam:GetCredentialReport", "iam:ListVirtualMFADevices",
		"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListKeys", "lambda:GetPolicy", "lambda:ListFunctions", "logs:DescribeLogGroups", "logs:DescribeMetricFilters",
		"rds:DescribeDBInstances", "rds:DescribeDBSnapshots",
		"s3:GetAccountPublicAccessBlock", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock",
		"s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:ListAllMyBuckets", "secretsmanager:ListSecrets", "securityhub:DescribeHub", "securityhub:GetEnabledStandards",
		"sns:GetTopicAttributes", "sns:ListTopics", "sqs:GetQueueAttributes", "sqs:ListQueues", "wafv2:ListWebACLs",
	).OnAny().Named("ReadConfiguration")
}

// denyData denies what reads data, or lets somebody in. Managed policies such as SecurityAudit and ViewOnlyAccess allow some of it.
func denyData() policy.Document {
	return policy.Deny(
		"athena:GetQueryResults", "cloudformation:GetTemplate", "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot", "ec2:GetPasswordData",
		"ec2:DescribeInstanceAttribute", "ecr:GetAuthorizationToken", "kinesis:GetRecords", "kms:Decrypt", "kms:ReEncryptFrom", "lambda:GetFunction", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery",
		"rds:DownloadDBLogFilePortion", "s3:GetObject", "s3:GetObjectVersion", "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "ssm:GetParameter",
		"ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:StartSession", "sts:AssumeRole",
	).OnAny().Named("NeverData")
}

// Role is the scanner's role, for the vendor's console to be told its ARN.
func (s Scanner) Role() iam.Role {
	principal := policy.Account(s.VendorAccount)
	if s.VendorRole != "" {
		principal = policy.AWS(string(s.VendorRole))
	}
	allow := s.Allow
	if allow.IsZero() {
		allow = ReadConfiguration()
	}
	if s.ReadsDataBecause == "" {
		allow = allow.And(denyData())
	}
	attached := s.Attached
	if attached == nil {
		attached = []id.PolicyARN{}
	}
	return iam.Role{
		Name: s.Name, Description: "A vendor looks at how the account is configured", Trust: policy.Trust(principal).When("StringEquals", "sts:ExternalId", s.ExternalID),
		Inline: allow, Attached: attached, MaxSession: time.Hour, Tags: s.Tags,
	}
}

// Declare implements ztcore.Resource.
func (s Scanner) Declare(d *ztcore.Declaration) {
	if findings := s.check(); len(findings) > 0 {
		for _, f := range findings {
			f.Attribute = "Scanner " + s.Name + " " + f.Attribute
			d.Reject(f)
		}
		return // the role of an unknown vendor is none to be shown
	}
	s.Role().Declare(d)
}

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
var (
	accountRE    = regexp.MustCompile(`^[0-9]{12}$`)
	externalIDRE = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

func (s Scanner) check() []ztcore.Finding {
	var out []ztcore.Finding
	find := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if s.Name == "" {
		find("Name", "the role has no name", "choose one; the vendor may ask for it")
	}
	if !accountRE.MatchString(s.VendorAccount) {
		find("VendorAccount", fmt.Sprintf("%q is no account", s.VendorAccount), "take the 12 digits from the vendor's console")
	}
	if r := string(s.VendorRole); r != "" && !strings.Contains(r, ":"+s.VendorAccount+":") {
		find("VendorRole", r+" is not of the vendor's account", "take both from the vendor's console")
	}
	plain := strings.ToLower(s.ExternalID)
	switch {
	case s.ExternalID == "":
		find("ExternalID", "without an external id any customer of the vendor could have it look here", "take the one that the vendor made for this customer")
	case !externalIDRE.MatchString(s.ExternalID) || len(s.ExternalID) < 16 || len(s.ExternalID) > 1224:
		find("ExternalID", "is shorter than 16 characters, or can't be one for STS", "ask the vendor for one that can't be guessed")
	case s.VendorAccount != "" && strings.Contains(plain, s.VendorAccount) || s.Name != "" && strings.Contains(plain, strings.ToLower(s.Name)):
		find("ExternalID", "can be guessed: it holds the vendor's account or the role's name", "ask the vendor for a random one")
	case strings.Count(plain, plain[:1]) == len(plain):
		find("ExternalID", "can be guessed: it is one character repeated", "ask the vendor for a random one")
	}
	return out
}
