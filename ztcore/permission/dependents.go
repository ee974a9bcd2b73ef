package permission

import (
	"strings"
	"sync"
)

// asked are the actions that operations ask for besides their own: the operations, of one service; on what condition on the input;
// the actions. An empty condition is always met; others, joined by &, are
//
//	Member         it is set
//	!Member        it is not
//	Member=value   it is this
//	Member~part    some text in it contains this
//	Member!~part   some text in it does not
//
// Members have their path, through the elements of lists. iam:PassRole is asked for each role whose ARN stands alone somewhere in the
// input, or that the members in brackets name. Sources besides the reference:
//
// Tags given at a creation are authorized as tagging is. That is AWS's general rule; few services' pages say so themselves.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
//
// A service that makes a role for itself does so with its caller's permission, at the first call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
// https://docs.aws.amazon.com/guardduty/latest/ug/slr-permissions.html
// https://docs.aws.amazon.com/securityhub/latest/userguide/using-service-linked-roles.html
//
// Who has a service deliver logs needs rights where they are kept.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
// https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-destinations.html
// https://docs.aws.amazon.com/waf/latest/developerguide/logging-destinations.html
//
// Single services:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-an-organizational-trail-prepare.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, API_UpdateSecret.html and API_RotateSecret.html
// https://docs.aws.amazon.com/systems-manager/latest/userguide/fleet-manager-default-host-management-configuration.html
// https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html
const asked = `
AccessAnalyzer.CreateAnalyzer || iam:CreateServiceLinkedRole
AccessAnalyzer.CreateAnalyzer | Tags | access-analyzer:TagResource
API Gateway.CreateAuthorizer,PutIntegration,UpdateAccount,UpdateAuthorizer || iam:PassRole
API Gateway.CreateRestApi | Policy | apigateway:UpdateRestApiPolicy
API Gateway.UpdateRestApi | PatchOperations.Path=/policy | apigateway:UpdateRestApiPolicy
API Gateway.UpdateStage | PatchOperations.Path=/accessLogSettings/destinationArn & PatchOperations.Value~:logs: | logs:CreateLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies logs:PutResourcePolicy
API Gateway.CreateApiKey,CreateDomainName,CreateRestApi,CreateStage,CreateUsagePlan,CreateVpcLink | Tags | apigateway:PUT
Auto Scaling.CreateAutoScalingGroup || iam:CreateServiceLinkedRole
Auto Scaling.CreateAutoScalingGroup,UpdateAutoScalingGroup || iam:PassRole
CloudFormation.CreateChangeSet,CreateStack,DeleteStack,UpdateStack || iam:PassRole
CloudFormation.DescribeStacks | !StackName | cloudformation:ListStacks
CloudTrail.CreateTrail,UpdateTrail | IsOrganizationTrail | iam:CreateServiceLinkedRole iam:GetRole organizations:ListAWSServiceAccessForOrganization
CloudTrail.CreateTrail,UpdateTrail || iam:PassRole
CloudTrail.CreateTrail,CreateEventDataStore | TagsList | cloudtrail:AddTags
CloudWatch.PutCompositeAlarm,PutMetricAlarm,PutMetricStream | Tags | cloudwatch:TagResource
CloudWatch Logs.CreateLogGroup | Tags | logs:TagResource
CloudWatch Logs.PutSubscriptionFilter || iam:PassRole
Cognito Identity Provider.CreateUserPool,UpdateUserPool || iam:PassRole
Cognito Identity Provider.CreateUserPool,UpdateUserPool | UserPoolTags | cognito-idp:TagResource
Cognito Identity Provider.CreateUserPoolDomain,UpdateUserPoolDomain | CustomDomainConfig | cloudfront:UpdateDistribution
Config Service.PutConfigurationAggregator | OrganizationAggregationSource | organizations:EnableAWSServiceAccess organizations:ListDelegatedAdministrators
Config Service.PutConfigurationAggregator,PutConfigurationRecorder || iam:PassRole
Config Service.PutConfigRule,PutConfigurationAggregator,PutConfigurationRecorder,PutConformancePack | Tags | config:TagResource
EC2.AllocateAddress,AuthorizeSecurityGroupEgress,AuthorizeSecurityGroupIngress,CopySnapshot,CreateCustomerGateway,CreateFlowLogs | TagSpecifications | ec2:CreateTags
EC2.CreateInternetGateway,CreateLaunchTemplate,CreateManagedPrefixList,CreateNatGateway,CreateNetworkAcl,CreateNetworkInterface | TagSpecifications | ec2:CreateTags
EC2.CreateRouteTable,CreateSecurityGroup,CreateSnapshot,CreateSnapshots,CreateSubnet,CreateVolume,CreateVpc,CreateVpcEndpoint | TagSpecifications | ec2:CreateTags
EC2.CreateVpcPeeringConnection,CreateVpnConnection,CreateVpnGateway,RunInstances | TagSpecifications | ec2:CreateTags
EC2.AssociateIamInstanceProfile,ReplaceIamInstanceProfileAssociation,RunInstances || iam:PassRole(IamInstanceProfile.Arn,IamInstanceProfile.Name)
EC2.CreateFlowLogs | LogDestinationType=s3 | logs:CreateLogDelivery logs:DeleteLogDelivery
EC2.CreateFlowLogs || iam:PassRole
EC2.CreateLaunchTemplate,CreateLaunchTemplateVersion | LaunchTemplateData.ImageId~resolve:ssm: | ssm:GetParameters
EC2.CreateVpcEndpoint | VpcEndpointType=Interface | ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs
EC2.CreateVpcEndpoint | PrivateDnsEnabled | route53:AssociateVPCWithHostedZone
EC2.RunInstances | ImageId~resolve:ssm: | ssm:GetParameters
EC2.RunInstances | BlockDeviceMappings.Ebs.KmsKeyId | kms:CreateGrant kms:Decrypt kms:DescribeKey kms:GenerateDataKeyWithoutPlaintext kms:ReEncryptFrom kms:ReEncryptTo
Elastic Load Balancing v2.CreateListener,CreateLoadBalancer,CreateRule,CreateTargetGroup | Tags | elasticloadbalancing:AddTags
EventBridge.CreateEventBus,PutRule | Tags | events:TagResource
EventBridge.PutRule,PutTargets || iam:PassRole
GuardDuty.CreateDetector || iam:CreateServiceLinkedRole
GuardDuty.CreateDetector,CreateFilter,CreateIPSet | Tags | guardduty:TagResource
IAM.AddRoleToInstanceProfile || iam:PassRole(RoleName)
IAM.CreateInstanceProfile | Tags | iam:TagInstanceProfile
IAM.CreateOpenIDConnectProvider | Tags | iam:TagOpenIDConnectProvider
IAM.CreatePolicy | Tags | iam:TagPolicy
IAM.CreateRole | Tags | iam:TagRole
IAM.CreateSAMLProvider | Tags | iam:TagSAMLProvider
IAM.CreateUser | Tags | iam:TagUser
IAM.CreateVirtualMFADevice | Tags | iam:TagMFADevice
KMS.CreateKey | Policy | kms:PutKeyPolicy
KMS.CreateKey | MultiRegion | iam:CreateServiceLinkedRole
KMS.CreateKey,ReplicateKey | Tags | kms:TagResource
Network Firewall.CreateFirewall || iam:CreateServiceLinkedRole
Network Firewall.CreateFirewall,CreateFirewallPolicy,CreateRuleGroup | Tags | network-firewall:TagResource
Network Firewall.DescribeLoggingConfiguration || logs:GetLogDelivery logs:ListLogDeliveries
Network Firewall.UpdateLoggingConfiguration || logs:CreateLogDelivery logs:DeleteLogDelivery logs:GetLogDelivery logs:ListLogDeliveries logs:UpdateLogDelivery
Network Firewall.UpdateLoggingConfiguration | LoggingConfiguration.LogDestinationConfigs.LogDestinationType=CloudWatchLogs | logs:DescribeLogGroups logs:DescribeResourcePolicies logs:PutResourcePolicy
Network Firewall.UpdateLoggingConfiguration | LoggingConfiguration.LogDestinationConfigs.LogDestinationType=S3 | s3:GetBucketPolicy s3:PutBucketPolicy
Organizations.CreateAccount,CreateOrganizationalUnit,CreatePolicy | Tags | organizations:TagResource
Organizations.CreateOrganization || iam:CreateServiceLinkedRole
S3.CreateBucket | ACL | s3:PutBucketAcl
S3.CreateBucket | CreateBucketConfiguration.Tags | s3:TagResource
S3.CreateBucket | ObjectLockEnabledForBucket | s3:PutBucketObjectLockConfiguration s3:PutBucketVersioning
S3.CreateBucket | ObjectOwnership | s3:PutBucketOwnershipControls
S3.DeleteObject | VersionId | s3:DeleteObjectVersion
S3.DeleteObjects | Delete.Objects.VersionId | s3:DeleteObjectVersion
S3.GetObject,HeadObject | VersionId | s3:GetObjectVersion
Scheduler.CreateSchedule,UpdateSchedule || iam:PassRole
Scheduler.CreateScheduleGroup | Tags | scheduler:TagResource
Scheduler.DeleteScheduleGroup || scheduler:DeleteSchedule
Secrets Manager.CreateSecret | KmsKeyId!~alias/aws/ | kms:Decrypt kms:GenerateDataKey
Secrets Manager.CreateSecret | Tags | secretsmanager:TagResource
Secrets Manager.UpdateSecret | KmsKeyId!~alias/aws/ | kms:Decrypt kms:Encrypt kms:GenerateDataKey
Secrets Manager.RotateSecret | RotationLambdaARN | lambda:InvokeFunction
SecurityHub.EnableSecurityHub || iam:CreateServiceLinkedRole
SecurityHub.EnableSecurityHub | Tags | securityhub:TagResource
SNS.CreateTopic | Tags | sns:TagResource
SNS.CreateTopic,SetTopicAttributes,Subscribe || iam:PassRole
SSM.CreateAssociation,StartAutomationExecution,UpdateAssociation || iam:PassRole
SSM.CreateAssociation,CreateDocument,CreateMaintenanceWindow,CreatePatchBaseline,PutParameter,StartAutomationExecution | Tags | ssm:AddTagsToResource
SSM.UpdateServiceSetting | SettingId~/default-ec2-instance-management-role | iam:PassRole(SettingValue)
SSM Incidents.CreateReplicationSet || iam:CreateServiceLinkedRole
SSM Incidents.CreateReplicationSet,CreateResponsePlan | Tags | ssm-incidents:TagResource
SSM Incidents.CreateResponsePlan,UpdateResponsePlan || iam:PassRole
WAFV2.AssociateWebACL | ResourceArn~:amplify: | amplify:AssociateWebACL
WAFV2.AssociateWebACL | ResourceArn~:apprunner: | apprunner:AssociateWebAcl
WAFV2.AssociateWebACL | ResourceArn~:cognito-idp: | cognito-idp:AssociateWebACL
WAFV2.AssociateWebACL | ResourceArn~:ec2: | ec2:AssociateVerifiedAccessInstanceWebAcl
WAFV2.AssociateWebACL,DisassociateWebACL | ResourceArn~:apigateway: | apigateway:SetWebACL
WAFV2.AssociateWebACL,DisassociateWebACL | ResourceArn~:appsync: | appsync:SetWebACL
WAFV2.AssociateWebACL,DisassociateWebACL | ResourceArn~:elasticloadbalancing: | elasticloadbalancing:SetWebAcl
WAFV2.DisassociateWebACL | ResourceArn~:amplify: | amplify:DisassociateWebACL
WAFV2.DisassociateWebACL | ResourceArn~:apprunner: | apprunner:DisassociateWebAcl
WAFV2.DisassociateWebACL | ResourceArn~:cognito-idp: | cognito-idp:DisassociateWebACL
WAFV2.DisassociateWebACL | ResourceArn~:ec2: | ec2:DisassociateVerifiedAccessInstanceWebAcl
WAFV2.GetWebACLForResource || wafv2:GetWebACL
WAFV2.GetWebACLForResource | ResourceArn~:amplify: | amplify:GetWebACLForResource
WAFV2.GetWebACLForResource | ResourceArn~:apprunner: | apprunner:DescribeWebAclForService
WAFV2.GetWebACLForResource | ResourceArn~:appsync: | appsync:GetWebACLForResource
WAFV2.GetWebACLForResource | ResourceArn~:cognito-idp: | cognito-idp:GetWebACLForResource
WAFV2.GetWebACLForResource | ResourceArn~:ec2: | ec2:GetVerifiedAccessInstanceWebAcl
WAFV2.GetWebACLForResource | ResourceArn~:elasticloadbalancing: | elasticloadbalancing:GetLoadBalancerWebACL
WAFV2.CreateIPSet,CreateRegexPatternSet,CreateRuleGroup,CreateWebACL | Tags | wafv2:TagResource
WAFV2.PutLoggingConfiguration || iam:CreateServiceLinkedRole
WAFV2.PutLoggingConfiguration | LoggingConfiguration.LogDestinationConfigs~:firehose: | firehose:ListDeliveryStreams
WAFV2.PutLoggingConfiguration | LoggingConfiguration.LogDestinationConfigs~:logs: | logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies logs:PutResourcePolicy
WAFV2.PutLoggingConfiguration | LoggingConfiguration.LogDestinationConfigs~:s3: | logs:CreateLogDelivery logs:DeleteLogDelivery s3:GetBucketPolicy s3:PutBucketPolicy
WellArchitected.CreateWorkload | Tags | wellarchitected:TagResource
`

// dependent is an action that an operation asks for besides its own.
type dependent struct {
	action     string
	conditions []condition
	roles      []string // of PassRole: the members that name what is passed, none for any ARN
}

// dependents are those of each operation, "EC2.RunInstances".
var dependents = sync.OnceValue(func() map[string][]dependent {
	out := map[string][]dependent{}
	for _, row := range rows(asked) {
		service, operations, _ := strings.Cut(row[0], ".")
		var conditions []condition
		for c := range strings.SplitSeq(row[1], "&") {
			if c = strings.TrimSpace(c); c != "" {
				conditions = append(conditions, parseCondition(c))
			}
		}
		for operation := range strings.SplitSeq(operations, ",") {
			for _, action := range strings.Fields(row[2]) {
				d := dependent{conditions: conditions}
				action, members, _ := strings.Cut(strings.TrimSuffix(action, ")"), "(")
				if d.action = action; members != "" {
					d.roles = strings.Split(members, ",")
				}
				out[service+"."+operation] = append(out[service+"."+operation], d)
			}
		}
	}
	return out
})

// asks are what the dependent comes to for an input.
func (d dependent) asks(input any) []Ask {
	for _, c := range d.conditions {
		if !c.met(input) {
			return nil
		}
	}
	if d.action != PassRole {
		return []Ask{{Action: d.action}}
	}
	roles := rolesIn(input)
	if d.roles != nil {
		roles = named(input, d.roles)
	}
	var out []Ask
	for _, r := range roles {
		out = append(out, Ask{Action: PassRole, Role: r})
	}
	return out
}
