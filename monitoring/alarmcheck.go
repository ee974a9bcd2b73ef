package monitoring

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
var (
	alarmName    = regexp.MustCompile(`^[^\x00-\x1f\x7f]{1,255}$`)
	extended     = regexp.MustCompile(`^(p(\d{1,2}(\.\d{1,10})?|100)|(tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?|IQM|(PR|TC|TM|TS|WM)\(.+\))$`)
	comparisons  = []Comparison{AtLeast, MoreThan, LessThan, AtMost}
	missingData  = []string{"missing", "notBreaching", "breaching", "ignore"}
	mostActions  = 5
	alarmActions = regexp.MustCompile(`^arn:[^:]+:(automate|swf|autoscaling|lambda|sns|ssm|ssm-incidents|aiops):`)
)

func plainStatistic(s string) bool {
	return slices.Contains(types.Statistic("").Values(), types.Statistic(s))
}

// bounds is the range that a metric can't leave: its average, minimum, maximum and percentiles are always within.
type bounds struct{ least, most float64 }

// bounded are metrics of AWS with a range. ECS is not among them, since its tasks can use more than they reserve.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
var bounded = map[string]bounds{
	"AWS/EC2 CPUUtilization": {0, 100}, "AWS/EC2 StatusCheckFailed": {0, 1}, "AWS/EC2 StatusCheckFailed_Instance": {0, 1}, "AWS/EC2 StatusCheckFailed_System": {0, 1},
	"AWS/EC2 StatusCheckFailed_AttachedEBS": {0, 1}, "AWS/EC2 MetadataNoToken": {0, math.Inf(1)}, "AWS/RDS CPUUtilization": {0, 100}, "AWS/RDS FreeStorageSpace": {0, math.Inf(1)},
	"AWS/ElastiCache CPUUtilization": {0, 100}, "AWS/ElastiCache EngineCPUUtilization": {0, 100}, "AWS/Redshift CPUUtilization": {0, 100}, "AWS/Redshift PercentageDiskSpaceUsed": {0, 100},
	"AWS/EFS PercentIOLimit": {0, 100}, "AWS/ES CPUUtilization": {0, 100}, "AWS/ES JVMMemoryPressure": {0, 100}, "AWS/DocDB CPUUtilization": {0, 100},
}

func checkAlarm(want alarmState) []ztcore.Finding {
	var out []ztcore.Finding
	wrong := func(attribute, fix, message string, args ...any) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: fmt.Sprintf(message, args...), Fix: fix})
	}
	if !alarmName.MatchString(want.Name) {
		wrong("Name", "use 1–255 characters", "%q can't be the name of an alarm", want.Name)
	}
	if len(want.Description) > 1024 {
		wrong("Description", "shorten it", "has more than 1,024 characters")
	}
	if want.Namespace == "" || want.Metric == "" || strings.HasPrefix(want.Namespace, ":") {
		wrong("Metric", "set Namespace and Name, or use MetricFilter.Metric()", "no metric is named")
	}
	if len(want.Dimensions) > 30 {
		wrong("Metric.Dimensions", "use 30 at most", "%d dimensions are set", len(want.Dimensions))
	}
	if !plainStatistic(want.Statistic) && !extended.MatchString(want.Statistic) {
		wrong("Statistic", "use Average, Sum, Minimum, Maximum, SampleCount or a percentile as p99", "%s is no statistic", want.Statistic)
	}
	if !slices.Contains(comparisons, Comparison(want.Comparison)) {
		wrong("Comparison", "use AtLeast, MoreThan, LessThan or AtMost", "%s is no comparison with a threshold", want.Comparison)
	}
	if !slices.Contains(missingData, want.Missing) {
		wrong("Missing", "use missing, notBreaching, breaching or ignore", "%s is nothing that missing data could count as", want.Missing)
	}
	out = append(out, checkPeriods(want)...)
	out = append(out, checkActions(want)...)
	if lo, hi := want.reach(); !want.canReach(lo, hi) {
		wrong("Threshold", "use a threshold that the metric can reach", "the alarm can never fire: %s %s is never %s %g", want.Statistic, want.Metric, words[Comparison(want.Comparison)], want.Threshold)
	} else if want.always(lo, hi) {
		wrong("Threshold", "use a threshold that the metric can stay clear of", "the alarm fires all the time: %s %s is always %s %g", want.Statistic, want.Metric, words[Comparison(want.Comparison)], want.Threshold)
	}
	below := want.Comparison == string(LessThan) || want.Comparison == string(AtMost)
	if below && (want.Missing == "notBreaching" || want.Missing == "ignore") {
		out = append(out, ztcore.Finding{
			Attribute: "Missing", Guardrail: "monitoring.silence-is-health", Controls: []string{"NIST SP 800-207 tenet 7"},
			Message: "the alarm is about too little, and takes no data at all for good: whoever stops the metric is not noticed", Fix: "count missing data as breaching",
		})
	}
	return out
}

var words = map[Comparison]string{AtLeast: "at least", MoreThan: "more than", LessThan: "less than", AtMost: "at most"}

func checkPeriods(want alarmState) []ztcore.Finding {
	var out []ztcore.Finding
	d := want.period()
	total := d * time.Duration(want.Periods)
	switch {
	case d != 10*time.Second && d != 20*time.Second && d != 30*time.Second && (d <= 0 || d%time.Minute != 0):
		out = append(out, ztcore.Finding{Attribute: "Period", Message: "CloudWatch has no period of " + want.Period, Fix: "use 10, 20 or 30 seconds, or whole minutes"})
	case d < time.Minute && strings.HasPrefix(want.Namespace, "AWS/"):
		out = append(out, ztcore.Finding{Attribute: "Period", Message: "AWS emits its metrics once a minute at most, so that most periods of " + want.Period + " have no data", Fix: "use a minute or more"})
	}
	switch {
	case want.Periods < 1:
		out = append(out, ztcore.Finding{Attribute: "Periods", Message: "no period is looked at", Fix: "use 1 or more"})
	case d < time.Hour && total > day:
		out = append(out, ztcore.Finding{Attribute: "Periods", Message: fmt.Sprintf("%d periods of %s are more than the day that CloudWatch looks back", want.Periods, want.Period), Fix: "use fewer periods, or periods of an hour or more"})
	case total > 7*day:
		out = append(out, ztcore.Finding{Attribute: "Periods", Message: fmt.Sprintf("%d periods of %s are more than the week that CloudWatch looks back", want.Periods, want.Period), Fix: "use fewer or shorter periods"})
	}
	if want.Datapoints < 1 || want.Datapoints > want.Periods {
		out = append(out, ztcore.Finding{Attribute: "Datapoints", Message: fmt.Sprintf("%d of %d periods can't breach", want.Datapoints, want.Periods), Fix: "use 1 to Periods"})
	}
	return out
}

func checkActions(want alarmState) []ztcore.Finding {
	var out []ztcore.Finding
	for attribute, actions := range map[string][]string{"Actions": want.Actions, "OKActions": want.OKActions, "NoDataActions": want.NoDataActions} {
		if len(actions) > mostActions {
			out = append(out, ztcore.Finding{Attribute: attribute, Message: fmt.Sprintf("%d actions are set, and CloudWatch takes 5", len(actions)), Fix: "tell several subscribers of one topic"})
		}
		for _, a := range actions {
			if !ztcore.HasToken(a) && !alarmActions.MatchString(a) {
				out = append(out, ztcore.Finding{Attribute: attribute, Message: a + " is nothing that an alarm can tell", Fix: "use the ARN of a topic, a function, or of an EC2 or Systems Manager action"})
			}
		}
	}
	if len(want.Actions) == 0 {
		out = append(out, ztcore.Finding{Attribute: "Actions", Message: "nobody is told when the alarm fires", Fix: "name a topic; an alarm that is to stay silent for a while says why in SilentBecause"})
	}
	return out
}

// reach is what the watched statistic can be.
func (s alarmState) reach() (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	b, known := bounded[s.Namespace+" "+s.Metric]
	switch {
	case s.Statistic == string(types.StatisticSampleCount):
		lo = 0
	case known && s.Statistic == string(types.StatisticSum):
		lo = b.least // sums add up from there
	case known && (plainStatistic(s.Statistic) || strings.HasPrefix(s.Statistic, "p")):
		lo, hi = b.least, b.most
	}
	return lo, hi
}

// canReach reports whether a value from lo to hi satisfies the comparison.
func (s alarmState) canReach(lo, hi float64) bool {
	switch Comparison(s.Comparison) {
	case AtLeast:
		return hi >= s.Threshold
	case MoreThan:
		return hi > s.Threshold
	case LessThan:
		return lo < s.Threshold
	case AtMost:
		return lo <= s.Threshold
	}
	return true // a finding of its own
}

// always reports whether every value from lo to hi does.
func (s alarmState) always(lo, hi float64) bool {
	switch Comparison(s.Comparison) {
	case AtLeast:
		return lo >= s.Threshold
	case MoreThan:
		return lo > s.Threshold
	case LessThan:
		return hi < s.Threshold
	case AtMost:
		return hi <= s.Threshold
	}
	return false
}

// checkAlarms looks at what alarms watch and whom they tell.
func checkAlarms(g *ztcore.Graph, all []ztcore.Declared[alarmState]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, a := range all {
		out = append(out, checkEmitter(g, a)...)
		for _, action := range slices.Concat(a.Want.Actions, a.Want.OKActions, a.Want.NoDataActions) {
			t, ok := ztcore.Lookup[topicState](g, action)
			if ok && !slices.Contains(t.Want.Publishers, CloudWatch) {
				out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Actions", Message: fmt.Sprintf("CloudWatch may not publish to %s, so that nobody would be told", t.Want.Name), Fix: "add CloudWatch to the topic's Publishers"})
			}
		}
	}
	return out
}

// checkEmitter finds alarms on the metric of a filter that does not exist, or emits another.
func checkEmitter(g *ztcore.Graph, a ztcore.Declared[alarmState]) []ztcore.Finding {
	if a.Want.Filter == "" {
		if a.Want.Namespace == cisNamespace {
			return []ztcore.Finding{{Resource: a.Address, Attribute: "Metric", Message: "the alarm can never fire: no declared filter emits " + cisNamespace + " " + a.Want.Metric, Fix: "use the filter's Metric(), or CISAlarms"}}
		}
		return nil
	}
	f, ok := ztcore.Lookup[metricFilterState](g, a.Want.Filter)
	if !ok {
		return []ztcore.Finding{{Resource: a.Address, Attribute: "Metric", Message: "the alarm can never fire: the filter that emits its metric is not declared", Fix: "declare the filter beside the alarm"}}
	}
	var out []ztcore.Finding
	if f.Want.Namespace != a.Want.Namespace || f.Want.Metric != a.Want.Metric {
		out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Metric", Message: fmt.Sprintf("the alarm can never fire: %s emits %s %s, and not %s %s", f.Address, f.Want.Namespace, f.Want.Metric, a.Want.Namespace, a.Want.Metric), Fix: "use the filter's Metric() as it is declared"})
	}
	if len(a.Want.Dimensions) > 0 {
		out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Metric.Dimensions", Message: "the alarm can never fire: the filter emits its metric without dimensions", Fix: "leave them out"})
	}
	if lo, hi := f.Want.emits(a.Want.Statistic); !a.Want.canReach(lo, hi) {
		out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Threshold", Message: fmt.Sprintf("the alarm can never fire: the filter emits %s for each event, whose %s is never %s %g", f.Want.Value, a.Want.Statistic, words[Comparison(a.Want.Comparison)], a.Want.Threshold), Fix: "use the Sum to count events, and a threshold that it can reach"})
	}
	if f.Want.Default == "" && a.Want.Missing == "ignore" {
		out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Missing", Message: "the alarm fires once and never again: the filter emits nothing while no event matches, and what is ignored ends no alarm", Fix: "use notBreaching"})
	}
	if f.Want.Default == "" && a.Want.Missing == "breaching" && (a.Want.Comparison == string(AtLeast) || a.Want.Comparison == string(MoreThan)) {
		out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Missing", Message: "the alarm fires all the time: the filter emits nothing while no event matches, and that counts as breaching", Fix: "use notBreaching"})
	}
	return out
}

// emits is what a statistic of the filter's metric can be: a filter emits the same number for each event, unless it takes one from
// the event, and its default in periods without one.
func (s metricFilterState) emits(statistic string) (lo, hi float64) {
	v, err := strconv.ParseFloat(s.Value, 64)
	if err != nil || !plainStatistic(statistic) || statistic == string(types.StatisticSampleCount) {
		return math.Inf(-1), math.Inf(1)
	}
	lo, hi = v, v
	if n, err := strconv.ParseFloat(s.Default, 64); err == nil {
		lo, hi = min(v, n), max(v, n)
	}
	if statistic == string(types.StatisticSum) && hi > 0 {
		hi = math.Inf(1)
	}
	if statistic == string(types.StatisticSum) && lo < 0 {
		lo = math.Inf(-1)
	}
	return lo, hi
}
