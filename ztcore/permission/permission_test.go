package permission_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
)

func TestActionsOfARequest(t *testing.T) {
	tags := []ec2types.TagSpecification{{Tags: []ec2types.Tag{{Key: aws.String("a")}}}}
	for _, c := range []struct {
		service, operation string
		input              any
		want               []string
	}{
		{"EC2", "DescribeVpcs", nil, []string{"ec2:DescribeVpcs"}},
		{"EC2", "CreateVpc", &ec2.CreateVpcInput{}, []string{"ec2:CreateVpc"}},
		{"EC2", "CreateVpc", &ec2.CreateVpcInput{TagSpecifications: tags}, []string{"ec2:CreateVpc", "ec2:CreateTags"}},
		{"EC2", "CreateFlowLogs", &ec2.CreateFlowLogsInput{LogDestinationType: ec2types.LogDestinationTypeS3}, []string{"ec2:CreateFlowLogs", "logs:CreateLogDelivery", "logs:DeleteLogDelivery"}},
		{"STS", "GetCallerIdentity", nil, nil},
		{"IAM", "CreateRole", &iam.CreateRoleInput{}, []string{"iam:CreateRole"}},
		{"S3", "HeadBucket", nil, []string{"s3:ListBucket"}},
		{"S3", "DeletePublicAccessBlock", nil, []string{"s3:PutBucketPublicAccessBlock"}},
		{"S3", "CreateBucket", &s3.CreateBucketInput{ObjectLockEnabledForBucket: aws.Bool(false)}, []string{"s3:CreateBucket"}},
		{"S3", "CreateBucket", &s3.CreateBucketInput{ObjectLockEnabledForBucket: aws.Bool(true)}, []string{"s3:CreateBucket", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"}},
		{"S3 Control", "DeletePublicAccessBlock", nil, []string{"s3:PutAccountPublicAccessBlock"}},
		{"API Gateway", "GetRestApis", nil, []string{"apigateway:GET"}},
		{"API Gateway", "UntagResource", nil, []string{"apigateway:DELETE"}},
		{"Cognito Identity Provider", "ListUserPools", nil, []string{"cognito-idp:ListUserPools"}},
		{"Secrets Manager", "GetSecretValue", nil, []string{"secretsmanager:GetSecretValue"}},
		{
			"WAFV2", "AssociateWebACL", &wafv2.AssociateWebACLInput{ResourceArn: aws.String("arn:aws:apigateway:us-east-1::/restapis/a/stages/b")},
			[]string{"wafv2:AssociateWebACL", "apigateway:SetWebACL"},
		},
	} {
		require.Equal(t, c.want, permission.Actions(c.service, c.operation, c.input), "%s.%s", c.service, c.operation)
	}
}

func TestRolesThatARequestPasses(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/events/Runner"
	require.Equal(t, []permission.Ask{{Action: "events:PutTargets"}, {Action: permission.PassRole, Role: role}},
		permission.Asks("EventBridge", "PutTargets", &eventbridge.PutTargetsInput{Targets: []eventtypes.Target{
			{Arn: aws.String("arn:aws:sns:us-east-1:123456789012:a")}, {Arn: aws.String("arn:aws:ssm:us-east-1:123456789012:document/b"), RoleArn: aws.String(role)},
		}}))
	require.Equal(t, []permission.Ask{{Action: "events:PutTargets"}}, permission.Asks("EventBridge", "PutTargets", &eventbridge.PutTargetsInput{}), "no role is no ask")
	require.Contains(t, permission.Asks("IAM", "AddRoleToInstanceProfile", &iam.AddRoleToInstanceProfileInput{RoleName: aws.String("Web")}), permission.Ask{Action: permission.PassRole, Role: "Web"})
	require.Contains(t, permission.Asks("EC2", "RunInstances", &ec2.RunInstancesInput{IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String("Web")}}),
		permission.Ask{Action: permission.PassRole, Role: "Web"})
}

func TestPossibleActionsNeedNoInput(t *testing.T) {
	require.Equal(t, []string{"iam:CreateRole", "iam:TagRole"}, permission.Possible("IAM", "CreateRole"))
	require.Equal(t, []string{"kms:CreateKey", "kms:PutKeyPolicy", "iam:CreateServiceLinkedRole", "kms:TagResource"}, permission.Possible("KMS", "CreateKey"))
	require.Empty(t, permission.Possible("STS", "GetCallerIdentity"))
}
