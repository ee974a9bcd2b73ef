package fakeiam

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// awsManagedSince is when AWS made the first of its managed policies.
var awsManagedSince = time.Date(2015, 2, 6, 18, 39, 46, 0, time.UTC)

const serviceOnlyPath = "/aws-service-role/"

// awsManagedPolicies are the policies of AWS that every account sees: path, name and what they allow. The real
// documents change monthly; these hold what they are known for, in one version.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var awsManagedPolicies = []struct{ path, name, allow string }{
	{"/", "AWSCloudTrail_FullAccess", "cloudtrail:* s3:CreateBucket s3:PutBucketPolicy s3:ListAllMyBuckets s3:GetBucketLocation sns:CreateTopic sns:ListTopics logs:CreateLogGroup logs:DescribeLogGroups kms:ListAliases"},
	{"/", "AWSCloudTrail_ReadOnlyAccess", "cloudtrail:Get* cloudtrail:Describe* cloudtrail:List* cloudtrail:LookupEvents"},
	{"/", "AWSKeyManagementServicePowerUser", "kms:CreateAlias kms:CreateKey kms:DeleteAlias kms:Describe* kms:GenerateRandom kms:Get* kms:List* kms:TagResource kms:UntagResource iam:ListGroups iam:ListRoles iam:ListUsers"},
	{"/", "AWSOrganizationsFullAccess", "organizations:* account:PutAlternateContact account:DeleteAlternateContact account:GetAlternateContact account:GetContactInformation account:PutContactInformation"},
	{"/", "AWSOrganizationsReadOnlyAccess", "organizations:Describe* organizations:List* account:GetAlternateContact account:GetContactInformation"},
	{"/", "AWSSecurityHubFullAccess", "securityhub:*"},
	{"/", "AWSSecurityHubReadOnlyAccess", "securityhub:Get* securityhub:List* securityhub:BatchGet* securityhub:Describe*"},
	{"/", "AWSSupportAccess", "support:*"},
	{"/", "AWSWAFConsoleFullAccess", "wafv2:* waf:* waf-regional:* cloudwatch:GetMetricData cloudwatch:ListMetrics"},
	{"/", "AWSWAFReadOnlyAccess", "wafv2:Get* wafv2:List* wafv2:Describe* wafv2:CheckCapacity"},
	{"/", "AdministratorAccess", "*"},
	{"/", "AmazonCognitoPowerUser", "cognito-identity:* cognito-idp:* cognito-sync:*"},
	{"/", "AmazonCognitoReadOnly", "cognito-identity:Describe* cognito-identity:Get* cognito-identity:List* cognito-idp:Describe* cognito-idp:AdminGet* cognito-idp:AdminList* cognito-idp:List* cognito-idp:Get*"},
	{"/", "AmazonEC2FullAccess", "ec2:* elasticloadbalancing:* cloudwatch:* autoscaling:*"},
	{"/", "AmazonEC2ReadOnlyAccess", "ec2:Describe* ec2:GetSecurityGroupsForVpc elasticloadbalancing:Describe* cloudwatch:ListMetrics cloudwatch:GetMetricStatistics cloudwatch:Describe* autoscaling:Describe*"},
	{"/", "AmazonEventBridgeFullAccess", "events:* schemas:* scheduler:* pipes:*"},
	{"/", "AmazonGuardDutyFullAccess_v2", "guardduty:*"},
	{"/", "AmazonGuardDutyReadOnlyAccess", "guardduty:Describe* guardduty:Get* guardduty:List*"},
	{"/", "AmazonInspector2FullAccess", "inspector2:*"},
	{"/", "AmazonInspector2ReadOnlyAccess", "inspector2:BatchGet* inspector2:List* inspector2:Describe* inspector2:Get* inspector2:Search*"},
	{"/", "AmazonMacieFullAccess", "macie2:*"},
	{"/", "AmazonS3FullAccess", "s3:* s3-object-lambda:*"},
	{"/", "AmazonS3ReadOnlyAccess", "s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*"},
	{"/", "AmazonSNSFullAccess", "sns:*"},
	{"/", "AmazonSSMFullAccess", "ssm:* cloudwatch:PutMetricData ec2:DescribeInstanceStatus logs:* ec2messages:*"},
	{"/", "AmazonSSMManagedEC2InstanceDefaultPolicy", "ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel ec2messages:AcknowledgeMessage ec2messages:DeleteMessage ec2messages:FailMessage ec2messages:GetEndpoint ec2messages:GetMessages ec2messages:SendReply"},
	{"/", "AmazonSSMManagedInstanceCore", "ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:GetParameter ssm:GetParameters ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel ec2messages:AcknowledgeMessage ec2messages:DeleteMessage ec2messages:FailMessage ec2messages:GetEndpoint ec2messages:GetMessages ec2messages:SendReply"},
	{"/", "AmazonSSMReadOnlyAccess", "ssm:Describe* ssm:Get* ssm:List*"},
	{"/", "AmazonVPCFullAccess", "ec2:*Vpc* ec2:*Subnet* ec2:*SecurityGroup* ec2:*RouteTable* ec2:*NetworkAcl* ec2:*Gateway* ec2:*FlowLogs ec2:*NetworkInterface* ec2:*Address*"},
	{"/", "AmazonVPCReadOnlyAccess", "ec2:Describe* ec2:GetSecurityGroupsForVpc ec2:SearchLocalGatewayRoutes"},
	{"/", "CloudWatchAgentAdminPolicy", "cloudwatch:PutMetricData ec2:DescribeTags logs:PutLogEvents logs:PutRetentionPolicy logs:DescribeLogStreams logs:DescribeLogGroups logs:CreateLogStream logs:CreateLogGroup xray:PutTraceSegments xray:PutTelemetryRecords ssm:GetParameter ssm:PutParameter"},
	{"/", "CloudWatchAgentServerPolicy", "cloudwatch:PutMetricData ec2:DescribeVolumes ec2:DescribeTags logs:PutLogEvents logs:PutRetentionPolicy logs:DescribeLogStreams logs:DescribeLogGroups logs:CreateLogStream logs:CreateLogGroup xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets ssm:GetParameter"},
	{"/", "CloudWatchFullAccessV2", "cloudwatch:* logs:* sns:CreateTopic sns:ListSubscriptions sns:ListTopics sns:Subscribe oam:ListSinks"},
	{"/", "CloudWatchLogsFullAccess", "logs:* cloudwatch:GenerateQuery"},
	{"/", "CloudWatchLogsReadOnlyAccess", "logs:Describe* logs:Get* logs:List* logs:StartQuery logs:StopQuery logs:TestMetricFilter logs:FilterLogEvents"},
	{"/", "CloudWatchReadOnlyAccess", "cloudwatch:BatchGet* cloudwatch:Describe* cloudwatch:Get* cloudwatch:List* logs:Get* logs:List* logs:Describe* logs:StartQuery logs:StopQuery logs:FilterLogEvents sns:Get* sns:List*"},
	{"/", "IAMAccessAnalyzerFullAccess", "access-analyzer:*"},
	{"/", "IAMAccessAnalyzerReadOnlyAccess", "access-analyzer:CheckAccessNotGranted access-analyzer:CheckNoNewAccess access-analyzer:Get* access-analyzer:List* access-analyzer:ValidatePolicy"},
	{"/", "IAMFullAccess", "iam:* organizations:DescribeAccount organizations:DescribeOrganization organizations:ListPolicies"},
	{"/", "IAMReadOnlyAccess", "iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy"},
	{"/", "IAMUserChangePassword", "iam:ChangePassword iam:GetAccountPasswordPolicy"},
	{"/", "PowerUserAccess", "account:GetAccountInformation account:GetPrimaryEmail account:ListRegions iam:CreateServiceLinkedRole iam:DeleteServiceLinkedRole iam:ListRoles organizations:DescribeOrganization"},
	{"/", "ReadOnlyAccess", "access-analyzer:Get* access-analyzer:List* account:Get* apigateway:GET autoscaling:Describe* cloudformation:Describe* cloudformation:Get* cloudformation:List* cloudtrail:Describe* cloudtrail:Get* cloudtrail:List* cloudtrail:LookupEvents cloudwatch:Describe* cloudwatch:Get* cloudwatch:List* cognito-idp:Describe* cognito-idp:Get* cognito-idp:List* config:Describe* config:Get* config:List* dynamodb:Describe* dynamodb:Get* dynamodb:List* dynamodb:Query dynamodb:Scan ec2:Describe* ec2:Get* ec2:Search* elasticloadbalancing:Describe* events:Describe* events:List* guardduty:Describe* guardduty:Get* guardduty:List* iam:Generate* iam:Get* iam:List* iam:Simulate* inspector2:BatchGet* inspector2:Get* inspector2:List* kms:Describe* kms:Get* kms:List* lambda:Get* lambda:List* logs:Describe* logs:FilterLogEvents logs:Get* logs:List* macie2:Describe* macie2:Get* macie2:List* network-firewall:Describe* network-firewall:List* organizations:Describe* organizations:List* rds:Describe* rds:List* s3:Get* s3:List* s3:DescribeJob secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy secretsmanager:List* securityhub:BatchGet* securityhub:Describe* securityhub:Get* securityhub:List* sns:Get* sns:List* sqs:Get* sqs:List* ssm:Describe* ssm:Get* ssm:List* sts:GetCallerIdentity sts:GetSessionToken tag:Get* wafv2:Describe* wafv2:Get* wafv2:List*"},
	{"/", "SecretsManagerReadWrite", "secretsmanager:* kms:DescribeKey kms:ListAliases kms:ListKeys lambda:ListFunctions rds:DescribeDBInstances tag:GetResources"},
	{"/", "SecurityAudit", "access-analyzer:Get* access-analyzer:List* account:GetAlternateContact account:GetContactInformation apigateway:GET cloudformation:DescribeStack* cloudformation:GetTemplate cloudformation:ListStack* cloudtrail:DescribeTrails cloudtrail:GetEventSelectors cloudtrail:GetTrailStatus cloudtrail:ListTrails cloudtrail:LookupEvents cloudwatch:Describe* cognito-idp:DescribeUserPool cognito-idp:ListUserPools config:Describe* config:Get* config:List* ec2:Describe* ec2:GetEbsEncryptionByDefault events:DescribeRule events:ListRules guardduty:Describe* guardduty:Get* guardduty:List* iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy inspector2:List* kms:Describe* kms:Get* kms:List* lambda:GetPolicy lambda:List* logs:Describe* logs:ListTagsForResource macie2:List* network-firewall:Describe* network-firewall:List* organizations:Describe* organizations:List* rds:Describe* s3:GetAccelerateConfiguration s3:GetAccountPublicAccessBlock s3:GetBucket* s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetReplicationConfiguration s3:ListAllMyBuckets secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy secretsmanager:ListSecrets securityhub:Describe* securityhub:Get* securityhub:List* sns:GetTopicAttributes sns:List* sqs:GetQueueAttributes sqs:ListQueues ssm:Describe* ssm:ListDocuments wafv2:Get* wafv2:List*"},
	{"/job-function/", "Billing", "account:GetAccountInformation billing:* budgets:* ce:* cur:* payments:* pricing:* tax:*"},
	{"/job-function/", "DatabaseAdministrator", "rds:* dynamodb:* elasticache:* redshift:* cloudwatch:* ec2:Describe* kms:ListAliases kms:ListKeys logs:Describe* logs:Get* sns:*"},
	{"/job-function/", "NetworkAdministrator", "autoscaling:Describe* cloudfront:ListDistributions directconnect:* ec2:*Vpc* ec2:*Subnet* ec2:*Gateway* ec2:*RouteTable* ec2:*NetworkAcl* ec2:*SecurityGroup* ec2:Describe* elasticloadbalancing:* route53:* route53domains:*"},
	{"/job-function/", "SupportUser", "support:* acm:DescribeCertificate acm:ListCertificates autoscaling:Describe* cloudformation:Describe* cloudtrail:DescribeTrails cloudtrail:LookupEvents cloudwatch:Describe* cloudwatch:Get* cloudwatch:List* ec2:Describe* logs:Describe* rds:Describe* s3:List*"},
	{"/job-function/", "SystemAdministrator", "cloudtrail:DescribeTrails cloudtrail:LookupEvents cloudwatch:* config:* directconnect:Describe* ec2:* logs:* rds:Describe* s3:* sns:* sqs:* trustedadvisor:*"},
	{"/job-function/", "ViewOnlyAccess", "access-analyzer:List* autoscaling:Describe* cloudformation:ListStacks cloudtrail:DescribeTrails cloudtrail:LookupEvents cloudwatch:DescribeAlarms cloudwatch:List* config:Describe* dynamodb:ListTables ec2:Describe* elasticloadbalancing:DescribeLoadBalancers guardduty:List* iam:GetAccountSummary iam:List* kms:ListAliases kms:ListKeys lambda:List* logs:DescribeLogGroups rds:DescribeDBInstances s3:ListAllMyBuckets s3:ListBucket secretsmanager:ListSecrets sns:List* sqs:ListQueues ssm:ListDocuments wafv2:List*"},
	{"/service-role/", "AWSBackupServiceRolePolicyForBackup", "backup:* dynamodb:CreateBackup ec2:CreateSnapshot ec2:CreateTags ec2:DescribeSnapshots ec2:DescribeVolumes kms:CreateGrant kms:DescribeKey rds:CreateDBSnapshot tag:GetResources"},
	{"/service-role/", "AWSLambdaBasicExecutionRole", "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents"},
	{"/service-role/", "AWSLambdaVPCAccessExecutionRole", "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses"},
	{"/service-role/", "AWS_ConfigRole", "config:Put* config:Get* config:Describe* config:List* cloudtrail:Describe* cloudtrail:Get* ec2:Describe* iam:Get* iam:List* kms:Describe* kms:List* s3:GetBucket* s3:ListAllMyBuckets"},
	{"/service-role/", "AmazonAPIGatewayPushToCloudWatchLogs", "logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams logs:PutLogEvents logs:GetLogEvents logs:FilterLogEvents"},
	{"/service-role/", "AmazonEC2RoleforSSM", "ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:GetParameters ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation ssmmessages:* ec2messages:* cloudwatch:PutMetricData ec2:DescribeInstanceStatus ds:CreateComputer ds:DescribeDirectories logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams logs:PutLogEvents s3:GetBucketLocation s3:PutObject s3:GetObject s3:GetEncryptionConfiguration s3:AbortMultipartUpload s3:ListMultipartUploadParts s3:ListBucket s3:ListBucketMultipartUploads"},
	{"/service-role/", "AmazonSSMAutomationRole", "ssm:* ec2:CreateImage ec2:CopyImage ec2:DescribeImages ec2:CreateSnapshot ec2:DescribeInstances ec2:StartInstances ec2:StopInstances ec2:TerminateInstances lambda:InvokeFunction sns:Publish"},
	{"/service-role/", "AmazonSSMMaintenanceWindowRole", "ssm:GetAutomationExecution ssm:GetParameters ssm:ListCommands ssm:SendCommand ssm:StartAutomationExecution lambda:InvokeFunction states:DescribeExecution states:StartExecution resource-groups:ListGroups resource-groups:ListGroupResources tag:GetResources"},
	{serviceOnlyPath, "AWSConfigServiceRolePolicy", "config:Put* config:BatchGet* ec2:Describe* iam:Get* iam:List* kms:Describe* kms:List* s3:GetBucket*"},
	{serviceOnlyPath, "AWSOrganizationsServiceTrustPolicy", "iam:CreateServiceLinkedRole iam:DeleteRole"},
	{serviceOnlyPath, "AWSSecurityHubServiceRolePolicy", "cloudtrail:Describe* cloudtrail:Get* config:Describe* config:PutConfigRule sns:Publish"},
	{serviceOnlyPath, "AccessAnalyzerServiceRolePolicy", "ec2:Describe* iam:Get* iam:List* kms:Get* kms:List* s3:Get* s3:List* secretsmanager:GetResourcePolicy"},
	{serviceOnlyPath, "AmazonGuardDutyServiceRolePolicy", "ec2:Describe* organizations:Describe* organizations:List* s3:Get* s3:ListBucket"},
	{serviceOnlyPath, "AmazonInspector2ServiceRolePolicy", "ec2:Describe* ecr:Describe* ecr:Get* lambda:List* ssm:Describe*"},
	{serviceOnlyPath, "CloudTrailServiceRolePolicy", "cloudtrail:* organizations:Describe* organizations:List*"},
}

// awsManaged is AWS's policies as an account of the request's partition sees them.
func awsManaged(ctx context.Context) []*managedPolicy {
	partition := fakeaws.CallFrom(ctx).Partition()
	out := make([]*managedPolicy, 0, len(awsManagedPolicies))
	for i := range awsManagedPolicies {
		out = append(out, makeAWSManaged(partition, i))
	}
	return out
}

func awsManagedByARN(ctx context.Context, arn string) *managedPolicy {
	partition := fakeaws.CallFrom(ctx).Partition()
	for i, p := range awsManagedPolicies {
		if arn == awsManagedARN(partition, p.path, p.name) {
			return makeAWSManaged(partition, i)
		}
	}
	return nil
}

func awsManagedARN(partition, path, name string) string {
	return "arn:" + partition + ":iam::aws:policy" + path + name
}

func isAWSManaged(arn string) bool { return strings.Contains(arn, ":iam::aws:policy/") }

func makeAWSManaged(partition string, i int) *managedPolicy {
	p := awsManagedPolicies[i]
	sum := sha256.Sum256([]byte(p.name))
	document := policy.Allow(strings.Fields(p.allow)...).On(id.ARN("*"))
	if p.name == "PowerUserAccess" { // the one whose point is what it leaves out
		document = policy.AllowAllExcept("iam:*", "organizations:*", "account:*").On(id.ARN("*")).And(document)
	}
	return &managedPolicy{
		Entity: entity{
			Name: p.name, Path: p.path, ARN: awsManagedARN(partition, p.path, p.name), Created: awsManagedSince,
			ID: "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17],
		},
		Updated: awsManagedSince, Default: "v1", Last: 1, ServiceOnly: p.path == serviceOnlyPath,
		Versions: []version{{ID: "v1", Document: document.JSON(), Created: awsManagedSince}},
	}
}
