package fakeec2_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const deliveryRole = "arn:aws:iam::123456789012:role/flow-logs"

// neighbours is an IAM with one role and an S3 with one bucket.
type neighbours struct{ born time.Time }

func (n neighbours) Principal(_ context.Context, arn string) (string, time.Time, bool) {
	return "AROAEXAMPLE", n.born, arn == deliveryRole
}
func (neighbours) PrincipalARN(context.Context, string) (string, bool) { return "", false }
func (neighbours) Bucket(_ context.Context, name string) (account, region, policy string, ok bool) {
	return fakeaws.DefaultAccount, fakeaws.DefaultRegion, "", name == "logs"
}

func toLogs(resource string) *ec2.CreateFlowLogsInput {
	return &ec2.CreateFlowLogsInput{ResourceIds: []string{resource}, ResourceType: "VPC", TrafficType: "ALL",
		LogGroupName: aws.String("flow"), DeliverLogsPermissionArn: aws.String(deliveryRole)}
}

func toBucket(resource, arn string) *ec2.CreateFlowLogsInput {
	return &ec2.CreateFlowLogsInput{ResourceIds: []string{resource}, ResourceType: "VPC", TrafficType: "ALL",
		LogDestinationType: "s3", LogDestination: &arn}
}

func TestFlowLogDefaults(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	in := toLogs(v)
	in.TagSpecifications = tagged(types.ResourceTypeVpcFlowLog, "Name", "flow")
	made, err := w.CreateFlowLogs(ctx, in)
	require.NoError(t, err)
	require.Empty(t, made.Unsuccessful)
	bucket, err := w.CreateFlowLogs(ctx, toBucket(v, "arn:aws:s3:::logs/prefix/"))
	require.NoError(t, err)

	out, err := w.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{Filter: filter("resource-id", v)})
	require.NoError(t, err)
	require.Len(t, out.FlowLogs, 2)
	f := out.FlowLogs[0]
	require.Equal(t, made.FlowLogIds[0], *f.FlowLogId)
	require.Equal(t, types.LogDestinationTypeCloudWatchLogs, f.LogDestinationType)
	require.Equal(t, int32(600), *f.MaxAggregationInterval)
	require.Contains(t, *f.LogFormat, "${version} ${account-id}")
	require.Equal(t, "ACTIVE", *f.FlowLogStatus)
	require.Nil(t, f.DestinationOptions)
	require.Equal(t, "flow", *f.Tags[0].Value)
	require.Equal(t, types.DestinationFileFormatPlainText, out.FlowLogs[1].DestinationOptions.FileFormat)

	_, err = w.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: append(bucket.FlowLogIds, "fl-0123456789abcdef0")})
	requireCode(t, err, "InvalidFlowLogId.NotFound")
	_, err = w.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: bucket.FlowLogIds})
	require.NoError(t, err)
	_, err = w.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &v})
	require.NoError(t, err, "flow logs do not keep a VPC")
	out, err = w.DescribeFlowLogs(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, out.FlowLogs)
}

func TestFlowLogRefusals(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	create := func(change func(*ec2.CreateFlowLogsInput)) error {
		in := toLogs(v)
		change(in)
		_, err := w.CreateFlowLogs(ctx, in)
		return err
	}
	require.NoError(t, create(func(*ec2.CreateFlowLogsInput) {}))
	for name, c := range map[string]struct {
		err  error
		code string // of "Error codes for the Amazon EC2 API", or as its threads report it
	}{
		"the same twice":        {create(func(*ec2.CreateFlowLogsInput) {}), "FlowLogAlreadyExists"},
		"no role":               {create(func(in *ec2.CreateFlowLogsInput) { in.DeliverLogsPermissionArn = nil }), "InvalidParameter"},
		"no log group":          {create(func(in *ec2.CreateFlowLogsInput) { in.LogGroupName = nil }), "InvalidParameter"},
		"no traffic type":       {create(func(in *ec2.CreateFlowLogsInput) { in.TrafficType = "" }), "MissingParameter"},
		"an odd interval":       {create(func(in *ec2.CreateFlowLogsInput) { in.MaxAggregationInterval = aws.Int32(61) }), "InvalidParameter"},
		"a bucket with a group": {create(func(in *ec2.CreateFlowLogsInput) { in.LogDestinationType = "s3" }), "InvalidParameter"},
		"an unknown VPC":        {create(func(in *ec2.CreateFlowLogsInput) { in.ResourceIds = []string{"vpc-0123456789abcdef0"} }), "InvalidVpcID.NotFound"},
		"another type's id":     {create(func(in *ec2.CreateFlowLogsInput) { in.ResourceType = "Subnet" }), "InvalidSubnetID.Malformed"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.err, c.code) })
	}
}

func TestFlowLogsNeedARoleThatHasPropagatedAndABucketThatExists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		here := neighbours{born: time.Now()}
		fakeaws.Provide[fakeaws.Principals](w.cloud, here)
		fakeaws.Provide[fakeaws.Buckets](w.cloud, here)
		w.cloud.SetPropagation(10 * time.Second)
		v := w.vpc("10.0.0.0/16")
		_, err := w.CreateFlowLogs(ctx, toLogs(v))
		requireCode(t, err, "InvalidParameter")
		require.ErrorContains(t, err, "Unable to assume given IAM role")
		time.Sleep(10 * time.Second)
		_, err = w.CreateFlowLogs(ctx, toLogs(v))
		require.NoError(t, err)

		out, err := w.CreateFlowLogs(ctx, toBucket(v, "arn:aws:s3:::nowhere"))
		require.NoError(t, err)
		require.Empty(t, out.FlowLogIds)
		require.Equal(t, "LogDestination: nowhere does not exist", *out.Unsuccessful[0].Error.Message)
		out, err = w.CreateFlowLogs(ctx, toBucket(v, "arn:aws:s3:::logs/prefix"))
		require.NoError(t, err)
		require.Len(t, out.FlowLogIds, 1)
	})
}
