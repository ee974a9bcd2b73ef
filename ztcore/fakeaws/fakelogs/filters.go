package fakelogs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/logpattern"
)

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
var (
	filterName = regexp.MustCompile(`^[^:*]{1,512}$`)
	metricName = regexp.MustCompile(`^[^:*$]{1,255}$`)
)

// mostFilters is how many metric filters a group has at most.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
const mostFilters = 100

// PutMetricFilter makes a filter or replaces it.
func (s *Service) PutMetricFilter(ctx context.Context, in *cloudwatchlogs.PutMetricFilterInput, _ ...Options) (*cloudwatchlogs.PutMetricFilterOutput, error) {
	g, err := s.store.In(ctx).group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.FilterName)
	if !filterName.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'filterName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", name)
	}
	if g.Class != types.LogGroupClassStandard {
		return nil, &types.InvalidOperationException{Message: aws.String("Metric filters are not supported for log groups of class " + string(g.Class))}
	}
	if _, err := logpattern.Parse(aws.ToString(in.FilterPattern)); err != nil {
		return nil, invalid("Invalid filter pattern: %s", err)
	}
	if len(in.MetricTransformations) != 1 {
		return nil, invalid("1 validation error detected: Value at 'metricTransformations' failed to satisfy constraint: Member must have length 1")
	}
	if err := checkTransformation(in.MetricTransformations[0]); err != nil {
		return nil, err
	}
	made := now()
	if old := g.Filters[name]; old != nil {
		made = old.Created
	} else if len(g.Filters) >= mostFilters {
		return nil, &types.LimitExceededException{Message: aws.String("Resource limit exceeded.")}
	}
	g.Filters[name] = &Filter{Name: name, Pattern: aws.ToString(in.FilterPattern), Created: made, Transform: []types.MetricTransformation{copied(in.MetricTransformations[0])}}
	return &cloudwatchlogs.PutMetricFilterOutput{}, nil
}

func checkTransformation(t types.MetricTransformation) error {
	value := aws.ToString(t.MetricValue)
	_, notANumber := strconv.ParseFloat(value, 64)
	switch {
	case !metricName.MatchString(aws.ToString(t.MetricName)):
		return invalid("Invalid metric transformation: the metric name must have 1 to 255 characters other than : * and $")
	case !metricName.MatchString(aws.ToString(t.MetricNamespace)):
		return invalid("Invalid metric transformation: the metric namespace must have 1 to 255 characters other than : * and $")
	case strings.HasPrefix(*t.MetricNamespace, "AWS/"):
		return invalid("Invalid metric transformation: the metric namespace must not start with AWS/")
	case value == "" || len(value) > 100 || notANumber != nil && value[0] != '$':
		return invalid("Invalid metric transformation: the metric value must be a number or a field of the pattern")
	case len(t.Dimensions) > 3:
		return invalid("Invalid metric transformation: at most 3 dimensions are allowed")
	case len(t.Dimensions) > 0 && t.DefaultValue != nil:
		return invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
	case t.Unit != "" && !slices.Contains(t.Unit.Values(), t.Unit):
		return invalid("Invalid metric transformation: %s is no unit", t.Unit)
	}
	return nil
}

func copied(t types.MetricTransformation) types.MetricTransformation {
	out := types.MetricTransformation{MetricName: aws.String(*t.MetricName), MetricNamespace: aws.String(*t.MetricNamespace), MetricValue: aws.String(*t.MetricValue), Dimensions: maps.Clone(t.Dimensions), Unit: t.Unit}
	if t.DefaultValue != nil {
		out.DefaultValue = aws.Float64(*t.DefaultValue)
	}
	return out
}

// DescribeMetricFilters answers filters by group and name: those of a group, or those that emit a metric, or all.
func (s *Service) DescribeMetricFilters(ctx context.Context, in *cloudwatchlogs.DescribeMetricFiltersInput, _ ...Options) (*cloudwatchlogs.DescribeMetricFiltersOutput, error) {
	st := s.store.In(ctx)
	if (in.MetricName == nil) != (in.MetricNamespace == nil) {
		return nil, invalid("Both metricName and metricNamespace must be specified.")
	}
	groups := slices.Sorted(maps.Keys(st.Groups))
	if in.LogGroupName != nil {
		if _, err := st.group(in.LogGroupName); err != nil {
			return nil, err
		}
		groups = []string{*in.LogGroupName}
	}
	var found []types.MetricFilter
	for _, group := range groups {
		filters := st.Groups[group].Filters
		for _, name := range slices.Sorted(maps.Keys(filters)) {
			f := filters[name]
			t := f.Transform[0]
			if in.LogGroupName != nil && !strings.HasPrefix(name, aws.ToString(in.FilterNamePrefix)) || in.MetricName != nil && (*t.MetricName != *in.MetricName || *t.MetricNamespace != *in.MetricNamespace) {
				continue
			}
			found = append(found, types.MetricFilter{
				FilterName: aws.String(f.Name), FilterPattern: aws.String(f.Pattern), LogGroupName: aws.String(group), CreationTime: aws.Int64(f.Created.UnixMilli()),
				MetricTransformations: []types.MetricTransformation{copied(t)},
			})
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.Limit)
	return &cloudwatchlogs.DescribeMetricFiltersOutput{MetricFilters: some, NextToken: next}, err
}

// DeleteMetricFilter removes a filter.
func (s *Service) DeleteMetricFilter(ctx context.Context, in *cloudwatchlogs.DeleteMetricFilterInput, _ ...Options) (*cloudwatchlogs.DeleteMetricFilterOutput, error) {
	g, err := s.store.In(ctx).group(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if g.Filters[aws.ToString(in.FilterName)] == nil {
		return nil, notFound("The specified metric filter does not exist.")
	}
	delete(g.Filters, *in.FilterName)
	return &cloudwatchlogs.DeleteMetricFilterOutput{}, nil
}

// TestMetricFilter answers the events that a pattern chooses. The values that it would extract are left out.
func (s *Service) TestMetricFilter(_ context.Context, in *cloudwatchlogs.TestMetricFilterInput, _ ...Options) (*cloudwatchlogs.TestMetricFilterOutput, error) {
	p, err := logpattern.Parse(aws.ToString(in.FilterPattern))
	if err != nil {
		return nil, invalid("Invalid filter pattern: %s", err)
	}
	if n := len(in.LogEventMessages); n < 1 || n > 50 {
		return nil, invalid("1 validation error detected: Value at 'logEventMessages' failed to satisfy constraint: Member must have length between 1 and 50")
	}
	out := &cloudwatchlogs.TestMetricFilterOutput{}
	for i, message := range in.LogEventMessages {
		if p.Matches(message) {
			out.Matches = append(out.Matches, types.MetricFilterMatchRecord{EventMessage: aws.String(message), EventNumber: int64(i + 1)})
		}
	}
	return out, nil
}
