package network

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// FlowLogs says where flow logs go: to a bucket, or to a log group with the role that may write to it.
type FlowLogs struct {
	Bucket   id.BucketARN // with a prefix behind a slash, if wanted; its policy must let delivery.logs.amazonaws.com write
	LogGroup id.ARN       // arn:aws:logs:…:log-group:name
	Role     id.RoleARN   // with LogGroup only; trusts vpc-flow-logs.amazonaws.com
}

// FlowLog records all traffic of a VPC, accepted and rejected, in AWS's default format, in intervals of a minute.
// Any change makes another flow log.
type FlowLog struct {
	Name string // the tag Name, by which it can be adopted
	VPC  id.VPC
	To   FlowLogs
	// After are tokens of what must stand before the log is made, as the bucket's policy, which AWS checks then.
	After []string
	Tags  map[string]string
}

// ID is the flow log's id.
func (f FlowLog) ID() id.FlowLog { return id.FlowLog(flowLogs.Ref(f.Name, "ID")) }

// Declare implements ztcore.Resource.
func (f FlowLog) Declare(d *ztcore.Declaration) {
	tags := named(f.Name, f.Tags)
	want := flowLogState{Name: tags[nameTag], VPC: string(f.VPC), Type: string(types.LogDestinationTypeS3), Destination: string(f.To.Bucket), Traffic: string(types.TrafficTypeAll), Seconds: 60, Tags: tags}
	if f.To.LogGroup != "" {
		want.Type, want.Destination, want.Role = string(types.LogDestinationTypeCloudWatchLogs), strings.TrimSuffix(string(f.To.LogGroup), ":*"), string(f.To.Role)
	}
	if f.To.Bucket != "" && f.To.LogGroup != "" {
		d.Reject(ztcore.Finding{Attribute: "FlowLog " + f.Name + " To", Message: "both Bucket and LogGroup are set", Fix: "set one; a second FlowLog can serve the other"})
	}
	if f.To.Bucket != "" && f.To.Role != "" {
		d.Reject(ztcore.Finding{Attribute: "FlowLog " + f.Name + " To.Role", Message: "AWS takes no role for a bucket", Fix: "leave it out; the bucket's policy decides"})
	}
	flowLogs.Declare(d, f.Name, want).After(f.After...)
}

type flowLogState struct {
	Name        string            `zt:"label,-"` // compared as a tag
	VPC         string            `zt:"immutable"`
	Type        string            `zt:"immutable"`
	Destination string            `zt:"immutable"`
	Role        string            `zt:"immutable"`
	Traffic     string            `zt:"immutable"`
	Seconds     int32             `zt:"immutable"`
	Tags        map[string]string `zt:"tags"`
	ID          string            `zt:"output"`
}

var flowLogs = &ztcore.Kind[flowLogState]{
	Name: "network.FlowLog", Permissions: &flowLogsNeed, PermissionsFor: flowLogsNeedFor, Read: readFlowLogs, Create: createFlowLog,
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[flowLogState]) error {
		return setTags(ctx, sc, u.Have.ID, u.Want.Tags)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have flowLogState) error {
		out, err := ec2.NewFromConfig(sc.Config).DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{have.ID}})
		if err == nil {
			err = unsuccessful(out.Unsuccessful)
		}
		return unless(err, "InvalidFlowLogId.NotFound")
	},
	Check: checkFlowLog,
	// The role, or the bucket's policy, is new and not known everywhere.
	Retry:    []ztcore.Retry{{Code: "InvalidParameter", Message: "Unable to assume given IAM role"}, {Code: "400", Message: "Access Denied", For: 30 * time.Second}},
	Controls: []string{"CIS AWS 3.0 3.7", "FSBP EC2.6", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var flowLogsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeFlowLogs"},
	Write:  []string{"ec2:CreateFlowLogs", "ec2:CreateTags", "iam:PassRole"},
	Delete: []string{"ec2:DeleteFlowLogs"},
}

// flowLogsNeedFor is what delivery to a bucket takes.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
func flowLogsNeedFor(want flowLogState) ztcore.Permissions {
	if want.Type != string(types.LogDestinationTypeS3) {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Write: []string{"logs:CreateLogDelivery", "logs:DeleteLogDelivery"}, Delete: []string{"logs:DeleteLogDelivery"}}
}

func readFlowLogs(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[flowLogState]) ([]flowLogState, error) {
	all, err := describeFlowLogs(ctx, sc)
	var out []flowLogState
	for _, f := range all {
		tags := tagMap(f.Tags)
		out = append(out, flowLogState{
			Name: tags[nameTag], VPC: aws.ToString(f.ResourceId), Type: string(f.LogDestinationType), Destination: strings.TrimSuffix(aws.ToString(f.LogDestination), ":*"),
			Role: aws.ToString(f.DeliverLogsPermissionArn), Traffic: string(f.TrafficType), Seconds: aws.ToInt32(f.MaxAggregationInterval), Tags: tags, ID: aws.ToString(f.FlowLogId),
		})
	}
	return out, err
}

func createFlowLog(ctx context.Context, sc *ztcore.Scope, want flowLogState) error {
	in := &ec2.CreateFlowLogsInput{
		ResourceIds: []string{want.VPC}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficType(want.Traffic), MaxAggregationInterval: &want.Seconds,
		LogDestinationType: types.LogDestinationType(want.Type), LogDestination: &want.Destination, TagSpecifications: tagged(types.ResourceTypeVpcFlowLog, want.Tags),
	}
	if want.Role != "" {
		in.DeliverLogsPermissionArn = &want.Role
	}
	out, err := ec2.NewFromConfig(sc.Config).CreateFlowLogs(ctx, in)
	if err != nil {
		return err
	}
	return unsuccessful(out.Unsuccessful)
}

func checkFlowLog(want flowLogState) []ztcore.Finding {
	var out []ztcore.Finding
	out = append(out, checkVPCID(want.VPC)...)
	if want.Destination == "" {
		out = append(out, ztcore.Finding{Attribute: "To", Message: "no destination is named", Fix: "set To.Bucket, or To.LogGroup with To.Role"})
	}
	if want.Role == "" && want.Type == string(types.LogDestinationTypeCloudWatchLogs) {
		out = append(out, ztcore.Finding{Attribute: "To.Role", Message: "a log group needs a role that may write to it", Fix: "set To.Role to a role that trusts vpc-flow-logs.amazonaws.com"})
	}
	return out
}
