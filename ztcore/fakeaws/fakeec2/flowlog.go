package fakeec2

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type flowLog struct {
	ID, Resource string
	Created      time.Time
	Config       flowLogConfig
}

// flowLogConfig is what no two flow logs of a resource have in common.
type flowLogConfig struct {
	Traffic     types.TrafficType
	Kind        types.LogDestinationType
	Destination string // an ARN; empty for a log group given by name
	LogGroup    string
	Role        string
	Format      string
	Interval    int32 // seconds

	Parquet, Hive, Hourly bool // for S3 only
}

// flowLogFormat is the default format ("Flow log records", VPC User Guide).
const flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

// CreateFlowLogs makes a flow log for each resource. Destinations are looked up where the other services are installed.
func (s *Service) CreateFlowLogs(ctx context.Context, in *ec2.CreateFlowLogsInput, _ ...func(*ec2.Options)) (*ec2.CreateFlowLogsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateFlowLogs", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	if ids := strings.Fields(done); len(ids) > 0 {
		return &ec2.CreateFlowLogsOutput{FlowLogIds: ids, ClientToken: in.ClientToken}, nil
	}
	if err := r.loggable(in.ResourceType, in.ResourceIds); err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, flowLogKind.resource)
	if err != nil {
		return nil, err
	}
	config, err := flowLogConfigOf(in)
	if err != nil {
		return nil, err
	}
	if err := s.assumable(ctx, config.Role); err != nil {
		return nil, err
	}
	out := &ec2.CreateFlowLogsOutput{ClientToken: in.ClientToken}
	if problem := s.undeliverable(ctx, config); problem != "" {
		for _, id := range in.ResourceIds {
			out.Unsuccessful = append(out.Unsuccessful, types.UnsuccessfulItem{
				ResourceId: aws.String(id), Error: &types.UnsuccessfulItemError{Code: aws.String("400"), Message: aws.String(problem)},
			})
		}
		return out, nil
	}
	for _, id := range in.ResourceIds {
		if r.FlowLogs.any(func(f *flowLog) bool { return f.Resource == id && f.Config.same(config) }) {
			return nil, fakeaws.Error("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.")
		}
	}
	for _, id := range in.ResourceIds {
		f := &flowLog{ID: s.cloud.ID("fl-", 17), Resource: id, Created: time.Now(), Config: config}
		r.FlowLogs.add(f.ID, f)
		r.tag(f.ID, tags)
		out.FlowLogIds = append(out.FlowLogIds, f.ID)
	}
	r.remember("CreateFlowLogs", in.ClientToken, in, strings.Join(out.FlowLogIds, " "))
	return out, nil
}

// same compares what makes two flow logs duplicates: what they log, and to where.
func (c flowLogConfig) same(o flowLogConfig) bool {
	return c.Traffic == o.Traffic && c.Kind == o.Kind && c.Destination == o.Destination && c.LogGroup == o.LogGroup && c.Format == o.Format
}

// loggable refuses resources that do not exist or are not of the type that is said.
func (r *region) loggable(kind types.FlowLogsResourceType, ids []string) error {
	for _, id := range ids {
		var err error
		switch kind {
		case types.FlowLogsResourceTypeVpc:
			_, err = find(&r.Vpcs, vpcKind, &id)
		case types.FlowLogsResourceTypeSubnet:
			_, err = find(&r.Subnets, subnetKind, &id)
		case types.FlowLogsResourceTypeNetworkInterface:
			_, err = find(&r.Interfaces, interfaceKind, &id)
		default:
			err = &fakeaws.NotFakedError{Service: "EC2", Operation: "CreateFlowLogs", Member: "ResourceType", Why: "flow logs of a " + string(kind) + " are not faked"}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func flowLogConfigOf(in *ec2.CreateFlowLogsInput) (flowLogConfig, error) {
	refuse := func(format string, args ...any) (flowLogConfig, error) {
		return flowLogConfig{}, fakeaws.Error("InvalidParameter", format, args...)
	}
	c := flowLogConfig{
		Traffic: in.TrafficType, Kind: in.LogDestinationType, Destination: aws.ToString(in.LogDestination), LogGroup: aws.ToString(in.LogGroupName),
		Role: aws.ToString(in.DeliverLogsPermissionArn), Format: aws.ToString(in.LogFormat), Interval: aws.ToInt32(in.MaxAggregationInterval),
	}
	if c.Traffic == "" {
		return c, missingParameter("TrafficType")
	}
	if c.Kind == "" {
		c.Kind = types.LogDestinationTypeCloudWatchLogs
	}
	if c.Format == "" {
		c.Format = flowLogFormat
	}
	if c.Interval == 0 {
		c.Interval = 600
	}
	if c.Interval != 60 && c.Interval != 600 {
		return refuse("Invalid Flow Log Max Aggregation Interval")
	}
	if c.Kind == types.LogDestinationTypeCloudWatchLogs {
		switch {
		case c.Role == "":
			return refuse("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
		case c.LogGroup != "" && c.Destination != "":
			return refuse("Please only provide LogGroupName or only provide LogDestination.")
		case c.LogGroup == "" && c.Destination == "":
			return refuse("LogGroupName can't be empty if LogDestinationType is cloud-watch-logs.")
		case in.DestinationOptions != nil:
			return refuse("DestinationOptions are only supported for S3.")
		}
		if c.Destination != "" {
			parts := strings.SplitN(c.Destination, ":", 7)
			if len(parts) < 7 || parts[2] != "logs" || parts[5] != "log-group" {
				return refuse("LogDestination: %s is not a valid ARN of a log group.", c.Destination)
			}
			c.LogGroup = strings.TrimSuffix(parts[6], ":*")
		}
		return c, nil
	}
	switch {
	case c.LogGroup != "":
		return refuse("LogDestination type must be cloud-watch-logs if LogGroupName is specified.")
	case c.Destination == "":
		return refuse("LogDestination can't be empty if LogGroupName is not provided.")
	case c.Role != "" && c.Kind == types.LogDestinationTypeS3:
		return refuse("DeliverLogsPermissionArn must be null if LogDestinationType is s3.")
	case !strings.HasPrefix(c.Destination, "arn:"):
		return refuse("LogDestination: %s is not a valid ARN.", c.Destination)
	}
	if o := in.DestinationOptions; o != nil {
		if c.Kind != types.LogDestinationTypeS3 {
			return refuse("DestinationOptions are only supported for S3.")
		}
		c.Parquet = o.FileFormat == types.DestinationFileFormatParquet
		c.Hive, c.Hourly = aws.ToBool(o.HiveCompatiblePartitions), aws.ToBool(o.PerHourPartition)
	}
	return c, nil
}

// assumable refuses a role that IAM does not know, or that has not propagated yet.
func (s *Service) assumable(ctx context.Context, role string) error {
	iam, ok := fakeaws.Capability[fakeaws.Principals](s.cloud)
	if !ok || role == "" {
		return nil
	}
	if _, created, found := iam.Principal(ctx, role); !found || time.Since(created) < s.cloud.Propagation() {
		return fakeaws.Error("InvalidParameter", "Unable to assume given IAM role")
	}
	return nil
}

// undeliverable says why logs cannot be delivered, or "". EC2 creates a missing log group itself, and the policy on a bucket of the caller's own.
func (s *Service) undeliverable(ctx context.Context, c flowLogConfig) string {
	buckets, ok := fakeaws.Capability[fakeaws.Buckets](s.cloud)
	if !ok || c.Kind != types.LogDestinationTypeS3 {
		return ""
	}
	parts := strings.SplitN(c.Destination, ":", 6)
	name, _, _ := strings.Cut(parts[len(parts)-1], "/")
	if _, _, _, found := buckets.Bucket(ctx, name); !found {
		return fmt.Sprintf("LogDestination: %s does not exist", name)
	}
	return ""
}

func (f *flowLog) describe(r *region) types.FlowLog {
	c := f.Config
	out := types.FlowLog{
		FlowLogId: aws.String(f.ID), ResourceId: aws.String(f.Resource), CreationTime: aws.Time(f.Created), FlowLogStatus: aws.String("ACTIVE"),
		DeliverLogsStatus: aws.String("SUCCESS"), TrafficType: c.Traffic, LogDestinationType: c.Kind, LogDestination: text(c.Destination),
		LogGroupName: text(c.LogGroup), DeliverLogsPermissionArn: text(c.Role), LogFormat: aws.String(c.Format),
		MaxAggregationInterval: aws.Int32(c.Interval), Tags: r.tagsOn(f.ID),
	}
	if c.Kind == types.LogDestinationTypeS3 {
		out.DestinationOptions = &types.DestinationOptionsResponse{
			FileFormat: types.DestinationFileFormatPlainText, HiveCompatiblePartitions: aws.Bool(c.Hive), PerHourPartition: aws.Bool(c.Hourly),
		}
		if c.Parquet {
			out.DestinationOptions.FileFormat = types.DestinationFileFormatParquet
		}
	}
	return out
}

var flowLogQuery = query[flowLog]{kind: flowLogKind, id: func(f *flowLog) string { return f.ID }, columns: columns[flowLog]{
	"deliver-log-status":   constant[flowLog]("SUCCESS"),
	"flow-log-id":          one(func(f *flowLog) string { return f.ID }),
	"log-destination-type": one(func(f *flowLog) string { return string(f.Config.Kind) }),
	"log-group-name":       one(func(f *flowLog) string { return f.Config.LogGroup }),
	"resource-id":          one(func(f *flowLog) string { return f.Resource }),
	"traffic-type":         one(func(f *flowLog) string { return string(f.Config.Traffic) }),
}}

// DescribeFlowLogs answers flow logs in the order of their creation.
func (s *Service) DescribeFlowLogs(ctx context.Context, in *ec2.DescribeFlowLogsInput, _ ...func(*ec2.Options)) (*ec2.DescribeFlowLogsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.FlowLogs, flowLogQuery, asked{in.FlowLogIds, in.Filter, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeFlowLogsOutput{NextToken: next}
	for _, f := range found {
		out.FlowLogs = append(out.FlowLogs, f.describe(r))
	}
	return out, nil
}

// DeleteFlowLogs deletes flow logs, all or none.
func (s *Service) DeleteFlowLogs(ctx context.Context, in *ec2.DeleteFlowLogsInput, _ ...func(*ec2.Options)) (*ec2.DeleteFlowLogsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, id := range in.FlowLogIds {
		if r.FlowLogs.Index[id] == nil {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		return nil, fakeaws.Error("InvalidFlowLogId.NotFound", "These flow log ids in the input list are not found: [TotalCount: %d] %s", len(missing), strings.Join(missing, ", "))
	}
	for _, id := range in.FlowLogIds {
		r.FlowLogs.remove(id)
		r.forget(id)
	}
	return &ec2.DeleteFlowLogsOutput{}, nil
}
