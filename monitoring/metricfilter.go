package monitoring

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/logpattern"
)

// MetricFilter counts the events of a log group that a pattern chooses: each emits Value into a metric. The pattern is
// parsed before anything is sent.
type MetricFilter struct {
	Name     string      // unique in the baseline, 1–512 characters other than : and *
	LogGroup id.LogGroup // of the standard class: LogGroup.GroupName(), or a name
	// Pattern chooses events, as { $.eventName = "StopLogging" }.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
	Pattern    string
	Namespace  string   // of the metric, not one of AWS's
	MetricName string   // the filter's name if empty
	Value      string   // what an event adds: a number, or a field of the pattern as $.bytes; "1" if empty
	Default    *float64 // what is emitted while no event matches; nothing if nil
}

// Metric is the metric that the filter emits, for an Alarm: one that uses it can't watch what nobody emits.
func (f MetricFilter) Metric() Metric {
	s := f.state()
	return Metric{Namespace: s.Namespace, Name: s.Metric, filter: metricFilters.Ref(f.Name, "Metric")}
}

func (f MetricFilter) state() metricFilterState {
	s := metricFilterState{LogGroup: string(f.LogGroup), Name: f.Name, Pattern: f.Pattern, Namespace: f.Namespace, Metric: f.MetricName, Value: f.Value}
	if s.Metric == "" {
		s.Metric = f.Name
	}
	if s.Value == "" {
		s.Value = "1"
	}
	if f.Default != nil {
		s.Default = strconv.FormatFloat(*f.Default, 'g', -1, 64)
	}
	return s
}

// Declare implements ztcore.Resource.
func (f MetricFilter) Declare(d *ztcore.Declaration) { metricFilters.Declare(d, f.Name, f.state()) }

type metricFilterState struct {
	LogGroup  string `zt:"key"`
	Name      string `zt:"key"`
	Pattern   string
	Namespace string
	Metric    string
	Value     string
	Default   string // empty for none
}

var metricFilters = &ztcore.Kind[metricFilterState]{
	Name: "monitoring.MetricFilter", Permissions: &metricFiltersNeed, Read: readMetricFilters, Create: putMetricFilter,
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[metricFilterState]) error {
		return putMetricFilter(ctx, sc, u.Want)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have metricFilterState) error {
		_, err := cloudwatchlogs.NewFromConfig(sc.Config).DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: &have.LogGroup, FilterName: &have.Name})
		if noLogs(err) {
			return nil
		}
		return err
	},
	Check: checkMetricFilter,
	// CloudWatch Logs refuses changes of one group's filters that overlap, whoever makes them.
	Domain:   func(want metricFilterState) string { return "logs " + want.LogGroup },
	Retry:    []ztcore.Retry{{Code: "OperationAbortedException"}},
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var metricFiltersNeed = ztcore.Permissions{Read: []string{"logs:DescribeMetricFilters"}, Write: []string{"logs:PutMetricFilter"}, Delete: []string{"logs:DeleteMetricFilter"}}

// readMetricFilters is one listing of all groups' filters.
func readMetricFilters(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[metricFilterState]) ([]metricFilterState, error) {
	client, in := cloudwatchlogs.NewFromConfig(sc.Config), &cloudwatchlogs.DescribeMetricFiltersInput{}
	var out []metricFilterState
	for {
		page, err := client.DescribeMetricFilters(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, f := range page.MetricFilters {
			s := metricFilterState{LogGroup: aws.ToString(f.LogGroupName), Name: aws.ToString(f.FilterName), Pattern: aws.ToString(f.FilterPattern)}
			for _, t := range f.MetricTransformations { // there is exactly one
				s.Namespace, s.Metric, s.Value = aws.ToString(t.MetricNamespace), aws.ToString(t.MetricName), aws.ToString(t.MetricValue)
				if t.DefaultValue != nil {
					s.Default = strconv.FormatFloat(*t.DefaultValue, 'g', -1, 64)
				}
			}
			out = append(out, s)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

func putMetricFilter(ctx context.Context, sc *ztcore.Scope, want metricFilterState) error {
	t := types.MetricTransformation{MetricNamespace: &want.Namespace, MetricName: &want.Metric, MetricValue: &want.Value}
	if n, err := strconv.ParseFloat(want.Default, 64); err == nil {
		t.DefaultValue = &n
	}
	_, err := cloudwatchlogs.NewFromConfig(sc.Config).PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{
		LogGroupName: &want.LogGroup, FilterName: &want.Name, FilterPattern: &want.Pattern, MetricTransformations: []types.MetricTransformation{t},
	})
	return err
}

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
var (
	filterName = regexp.MustCompile(`^[^:*]{1,512}$`)
	metricName = regexp.MustCompile(`^[^:*$]{1,255}$`)
)

func checkMetricFilter(want metricFilterState) []ztcore.Finding {
	var out []ztcore.Finding
	if !filterName.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Name + " can't be the name of a metric filter", Fix: "use 1–512 characters other than : and *"})
	}
	if want.LogGroup == "" {
		out = append(out, ztcore.Finding{Attribute: "LogGroup", Message: "no log group is named", Fix: "set it to a LogGroup's GroupName()"})
	}
	if _, err := logpattern.Parse(want.Pattern); err != nil {
		out = append(out, ztcore.Finding{Attribute: "Pattern", Message: "CloudWatch Logs can't read the pattern: " + err.Error(), Fix: "see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"})
	}
	if !metricName.MatchString(want.Metric) {
		out = append(out, ztcore.Finding{Attribute: "MetricName", Message: want.Metric + " can't be the name of a metric", Fix: "use 1–255 characters other than : * and $"})
	}
	if !metricName.MatchString(want.Namespace) || strings.HasPrefix(want.Namespace, "AWS/") {
		out = append(out, ztcore.Finding{Attribute: "Namespace", Message: "a filter can't emit into the namespace " + strconv.Quote(want.Namespace), Fix: "use 1–255 characters other than : * and $, and not AWS/ at the start"})
	}
	if _, err := strconv.ParseFloat(want.Value, 64); err != nil && !strings.HasPrefix(want.Value, "$") || len(want.Value) > 100 {
		out = append(out, ztcore.Finding{Attribute: "Value", Message: want.Value + " is no number and no field of the pattern", Fix: `use "1", or a field as $.bytes`})
	}
	return out
}
