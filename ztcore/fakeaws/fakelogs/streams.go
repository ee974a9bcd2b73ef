package fakelogs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html
var streamName = regexp.MustCompile(`^[^:*]{1,512}$`)

// CreateLogStream makes a stream.
func (s *Service) CreateLogStream(ctx context.Context, in *cloudwatchlogs.CreateLogStreamInput, _ ...Options) (*cloudwatchlogs.CreateLogStreamOutput, error) {
	g, err := s.store.In(ctx).group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.LogStreamName)
	if !streamName.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", name)
	}
	if _, ok := g.Streams[name]; ok {
		return nil, exists("The specified log stream already exists")
	}
	if g.Streams == nil {
		g.Streams = map[string]time.Time{}
	}
	g.Streams[name] = now()
	return &cloudwatchlogs.CreateLogStreamOutput{}, nil
}

// DescribeLogStreams answers a group's streams by name.
func (s *Service) DescribeLogStreams(ctx context.Context, in *cloudwatchlogs.DescribeLogStreamsInput, _ ...Options) (*cloudwatchlogs.DescribeLogStreamsOutput, error) {
	g, err := s.store.In(ctx).keyed(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var found []types.LogStream
	for _, name := range slices.Sorted(maps.Keys(g.Streams)) {
		if strings.HasPrefix(name, aws.ToString(in.LogStreamNamePrefix)) {
			found = append(found, types.LogStream{LogStreamName: aws.String(name), Arn: aws.String(g.ARN + ":log-stream:" + name), CreationTime: aws.Int64(g.Streams[name].UnixMilli())})
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.Limit)
	return &cloudwatchlogs.DescribeLogStreamsOutput{LogStreams: some, NextToken: next}, err
}

// DeleteLogStream removes a stream.
func (s *Service) DeleteLogStream(ctx context.Context, in *cloudwatchlogs.DeleteLogStreamInput, _ ...Options) (*cloudwatchlogs.DeleteLogStreamOutput, error) {
	g, err := s.store.In(ctx).group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.LogStreamName)
	if _, ok := g.Streams[name]; !ok {
		return nil, notFound("The specified log stream does not exist.")
	}
	delete(g.Streams, name)
	return &cloudwatchlogs.DeleteLogStreamOutput{}, nil
}
