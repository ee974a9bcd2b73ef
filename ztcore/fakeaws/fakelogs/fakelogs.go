// Package fakelogs is the CloudWatch Logs of a fakeaws.Cloud.
//
// Modelled: log groups with retention, KMS key (its policy has to let the service use it), class, deletion protection and
// tags; metric filters, whose patterns are parsed, and TestMetricFilter; the account's resource policies; log streams
// as names. It offers fakeaws.LogGroups.
//
// Not modelled: log events, queries, subscription filters, data protection, transformers, account policies, and the
// permissions that resource policies give: who delivers to a group asks for its existence only.
package fakelogs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles CloudWatch Logs.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Groups   map[string]*Group  // by name
	Policies map[string]*Policy // by name
}

// Group is a log group.
type Group struct {
	Name, ARN string // the ARN without ":*"
	Created   time.Time
	Class     types.LogGroupClass
	Key       string // ARN; empty for AWS's own encryption
	Days      int32  // of retention; 0 is for ever
	Protected bool
	Tags      map[string]string
	Filters   map[string]*Filter // by name
	Streams   map[string]time.Time
}

// Filter is a metric filter.
type Filter struct {
	Name, Pattern string
	Created       time.Time
	Transform     []types.MetricTransformation
}

// Policy is a resource policy of the account.
type Policy struct {
	Name, Document string
	Updated        time.Time
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*cloudwatchlogs.Options)

// Install adds CloudWatch Logs to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "logs", fakeaws.Regional, func(string, string) *State {
		return &State{Groups: map[string]*Group{}, Policies: map[string]*Policy{}}
	})
	fakeaws.Provide[fakeaws.LogGroups](c, s)

	fakeaws.On(c, s.CreateLogGroup, "LogGroupName", "KmsKeyId", "LogGroupClass", "DeletionProtectionEnabled", "Tags")
	fakeaws.On(c, s.DescribeLogGroups, "LogGroupNamePrefix", "LogGroupNamePattern", "LogGroupClass", "Limit", "NextToken")
	fakeaws.On(c, s.DeleteLogGroup, "LogGroupName")
	fakeaws.On(c, s.PutRetentionPolicy, "LogGroupName", "RetentionInDays")
	fakeaws.On(c, s.DeleteRetentionPolicy, "LogGroupName")
	fakeaws.On(c, s.AssociateKmsKey, "LogGroupName", "ResourceIdentifier", "KmsKeyId")
	fakeaws.On(c, s.DisassociateKmsKey, "LogGroupName", "ResourceIdentifier")
	fakeaws.On(c, s.PutLogGroupDeletionProtection, "LogGroupIdentifier", "DeletionProtectionEnabled")
	fakeaws.On(c, s.CreateLogStream, "LogGroupName", "LogStreamName")
	fakeaws.On(c, s.DescribeLogStreams, "LogGroupName", "LogGroupIdentifier", "LogStreamNamePrefix", "Limit", "NextToken")
	fakeaws.On(c, s.DeleteLogStream, "LogGroupName", "LogStreamName")
	fakeaws.On(c, s.PutMetricFilter, "LogGroupName", "FilterName", "FilterPattern", "MetricTransformations")
	fakeaws.On(c, s.DescribeMetricFilters, "LogGroupName", "FilterNamePrefix", "MetricName", "MetricNamespace", "Limit", "NextToken")
	fakeaws.On(c, s.DeleteMetricFilter, "LogGroupName", "FilterName")
	fakeaws.On(c, s.TestMetricFilter, "FilterPattern", "LogEventMessages")
	fakeaws.On(c, s.PutResourcePolicy, "PolicyName", "PolicyDocument")
	fakeaws.On(c, s.DescribeResourcePolicies, "Limit", "NextToken")
	fakeaws.On(c, s.DeleteResourcePolicy, "PolicyName")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
}

// LogGroup implements fakeaws.LogGroups. The ARN may end with ":*", as CloudTrail wants it.
func (s *Service) LogGroup(ctx context.Context, arn string) bool {
	parts := strings.SplitN(strings.TrimSuffix(arn, ":*"), ":", 7)
	if len(parts) != 7 || parts[2] != "logs" || parts[5] != "log-group" {
		return false
	}
	g := s.store.At(ctx, parts[4], parts[3]).Groups[parts[6]]
	return g != nil && g.ARN == strings.TrimSuffix(arn, ":*")
}

func (st *State) group(name *string) (*Group, error) {
	if g := st.Groups[aws.ToString(name)]; g != nil {
		return g, nil
	}
	return nil, notFound("The specified log group does not exist.")
}

// byIdentifier finds a group by its name or ARN.
func (st *State) byIdentifier(identifier *string) (*Group, error) {
	name := strings.TrimSuffix(aws.ToString(identifier), ":*")
	if parts := strings.SplitN(name, ":", 7); len(parts) == 7 {
		name = parts[6]
	}
	return st.group(&name)
}

func notFound(message string) error {
	return &types.ResourceNotFoundException{Message: &message}
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func exists(message string) error {
	return &types.ResourceAlreadyExistsException{Message: &message}
}

// page cuts a list. The default is the most that one call answers.
func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	const most = 50
	if limit != nil && (*limit < 1 || *limit > most) {
		return nil, nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", *limit, most)
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, most)
	if !ok {
		return nil, nil, invalid("The specified nextToken is invalid.")
	}
	return out, next, nil
}

// now is in milliseconds, as the service's times are.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
