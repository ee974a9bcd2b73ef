package monitoring

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// CISControl is one of the events of the CIS AWS Foundations Benchmark 3.0, section 4, that somebody is to be told of.
type CISControl struct {
	ID      string // as "4.3"
	Name    string // of the metric
	Title   string
	Pattern string // of events of a trail
}

const cisNamespace = "CISBenchmark"

// CISControls are the controls 4.1 to 4.15, with the patterns in the form that the benchmark and Security Hub's controls
// CloudWatch.1 to CloudWatch.14 prescribe, except that 4.1 has the parentheses that the benchmark means.
// https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
func CISControls() []CISControl {
	return []CISControl{
		{"4.1", "UnauthorizedAPICalls", "API calls that were refused", `{(($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")) && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket")}`},
		{"4.2", "ConsoleSignInWithoutMFA", "a sign-in to the console without MFA", `{($.eventName="ConsoleLogin") && ($.additionalEventData.MFAUsed !="Yes") && ($.userIdentity.type="IAMUser") && ($.responseElements.ConsoleLogin="Success")}`},
		{"4.3", "RootUse", "use of the account's root", `{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}`},
		{"4.4", "IAMPolicyChanges", "changes of IAM policies", `{($.eventSource=iam.amazonaws.com) && (` + named("DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
			"CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy", "DetachGroupPolicy") + `)}`},
		{"4.5", "TrailChanges", "changes of CloudTrail", `{` + named("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging") + `}`},
		{"4.6", "ConsoleSignInFailures", "failed sign-ins to the console", `{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}`},
		{"4.7", "KeyDisabledOrDeleted", "a key that is disabled or to be deleted", `{($.eventSource=kms.amazonaws.com) && (` + named("DisableKey", "ScheduleKeyDeletion") + `)}`},
		{"4.8", "BucketPolicyChanges", "changes of bucket policies", `{($.eventSource=s3.amazonaws.com) && (` + named("PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication",
			"DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication") + `)}`},
		{"4.9", "ConfigChanges", "changes of AWS Config", `{($.eventSource=config.amazonaws.com) && (` + named("StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder") + `)}`},
		{"4.10", "SecurityGroupChanges", "changes of security groups", `{` + named("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup") + `}`},
		{"4.11", "NetworkACLChanges", "changes of network ACLs", `{` + named("CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation") + `}`},
		{"4.12", "NetworkGatewayChanges", "changes of network gateways", `{` + named("CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway", "DeleteInternetGateway", "DetachInternetGateway") + `}`},
		{"4.13", "RouteTableChanges", "changes of route tables", `{($.eventSource=ec2.amazonaws.com) && (` + named("CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation", "DeleteRouteTable", "DeleteRoute", "DisassociateRouteTable") + `)}`},
		{"4.14", "VPCChanges", "changes of VPCs", `{` + named("CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection", "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection",
			"AttachClassicLinkVpc", "DetachClassicLinkVpc", "DisableVpcClassicLink", "EnableVpcClassicLink") + `}`},
		{"4.15", "OrganizationChanges", "changes of the organization", `{($.eventSource=organizations.amazonaws.com) && (` + named("AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy", "DeclineHandshake",
			"DeleteOrganization", "DeleteOrganizationalUnit", "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType", "InviteAccountToOrganization", "LeaveOrganization", "MoveAccount",
			"RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit") + `)}`},
	}
}

// named matches calls by their names.
func named(calls ...string) string {
	return "($.eventName=" + strings.Join(calls, ") || ($.eventName=") + ")"
}

// CISAlarms are the metric filters and alarms of the CIS AWS Foundations Benchmark 3.0, 4.1 to 4.15, over the log group of a
// trail of all regions: each event alarms within five minutes.
type CISAlarms struct {
	LogGroup id.LogGroup // of the trail
	Topic    id.TopicARN // with CloudWatch among its Publishers
	// Without leaves controls out, by their ids, and says why: {"4.10": "GuardDuty and Config watch the groups"}.
	Without map[string]string
	Tags    map[string]string // of the alarms
}

// Declare implements ztcore.Resource.
func (c CISAlarms) Declare(d *ztcore.Declaration) {
	var first *ztcore.Node
	var known []string
	for _, control := range CISControls() {
		known = append(known, control.ID)
		if _, out := c.Without[control.ID]; out {
			continue
		}
		filter, alarm := c.of(control)
		filter.Declare(d)
		if n := alarm.declare(d); first == nil {
			first = n
		}
	}
	for control, reason := range c.Without {
		switch {
		case !slices.Contains(known, control):
			d.Reject(ztcore.Finding{Attribute: "CISAlarms Without", Message: control + " is no control of the benchmark's section on monitoring", Fix: "use 4.1 to 4.15"})
		case first == nil:
			d.Reject(ztcore.Finding{Attribute: "CISAlarms Without", Message: "nothing is left of the benchmark", Fix: "leave out CISAlarms"})
		default:
			first.Except("CIS AWS 3.0 "+control, reason)
		}
	}
}

func (c CISAlarms) of(control CISControl) (MetricFilter, Alarm) {
	name := "cis-" + control.ID + "-" + control.Name
	filter := MetricFilter{Name: name, LogGroup: c.LogGroup, Pattern: control.Pattern, Namespace: cisNamespace, MetricName: control.Name}
	return filter, Alarm{
		Name: name, Description: "CIS AWS 3.0 " + control.ID + ": " + control.Title, Metric: filter.Metric(), Statistic: "Sum", Threshold: 1, Period: 5 * time.Minute,
		Missing: "notBreaching", Actions: []id.ARN{id.ARN(c.Topic)}, Tags: c.Tags,
	}
}
