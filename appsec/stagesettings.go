package appsec

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// everyMethod is the key of the settings that hold for all methods of a stage.
const everyMethod = "*/*"

func seenStage(sc *ztcore.Scope, api string, st types.Stage, releases map[string]string) stageState {
	name := aws.ToString(st.StageName)
	m := st.MethodSettings[everyMethod]
	s := stageState{
		API: api, Name: name, Release: release{Sum: releases[aws.ToString(st.DeploymentId)]}, LogLevel: cmp.Or(aws.ToString(m.LoggingLevel), "OFF"), LogsContent: m.DataTraceEnabled,
		Metrics: m.MetricsEnabled, Rate: m.ThrottlingRateLimit, Burst: m.ThrottlingBurstLimit, Tracing: st.TracingEnabled, Cached: m.CachingEnabled, CacheEncrypted: m.CacheDataEncrypted,
		Tags: st.Tags, ARN: apiARN(sc, api) + "/stages/" + name, Deployment: aws.ToString(st.DeploymentId), WebACL: aws.ToString(st.WebAclArn),
		URL: "https://" + api + ".execute-api." + sc.Region + "." + suffix(sc.Partition) + "/" + name,
	}
	if st.AccessLogSettings != nil {
		s.AccessLogs, s.LogFormat = strings.TrimSuffix(aws.ToString(st.AccessLogSettings.DestinationArn), ":*"), aws.ToString(st.AccessLogSettings.Format)
	}
	if st.CacheClusterEnabled {
		s.CacheSize = string(st.CacheClusterSize)
	}
	for _, key := range slices.Sorted(maps.Keys(st.MethodSettings)) {
		if key != everyMethod {
			s.Overrides = append(s.Overrides, key)
		}
	}
	return s
}

// suffix is that of a partition's host names.
func suffix(partition string) string {
	if partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// patches are the operations that set all that a stage has; setting anew what is set does no harm.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
func (s stageState) patches() (ops []types.PatchOperation) {
	set := func(path, value string) { ops = append(ops, patch(types.OpReplace, path, value)) }
	method := func(setting, value string) { set("/"+everyMethod+"/"+setting, value) }
	if s.AccessLogs != "" {
		set("/accessLogSettings/destinationArn", s.AccessLogs)
		set("/accessLogSettings/format", s.LogFormat)
	}
	set("/tracingEnabled", strconv.FormatBool(s.Tracing))
	set("/cacheClusterEnabled", strconv.FormatBool(s.Cached))
	if s.CacheSize != "" {
		set("/cacheClusterSize", s.CacheSize)
	}
	method("logging/loglevel", s.LogLevel)
	method("logging/dataTrace", strconv.FormatBool(s.LogsContent))
	method("metrics/enabled", strconv.FormatBool(s.Metrics))
	method("throttling/rateLimit", strconv.FormatFloat(s.Rate, 'f', -1, 64))
	method("throttling/burstLimit", strconv.Itoa(int(s.Burst)))
	method("caching/enabled", strconv.FormatBool(s.Cached))
	method("caching/dataEncrypted", strconv.FormatBool(s.CacheEncrypted))
	return ops
}

// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html
var stageNameRE = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)

func checkStage(want stageState) []ztcore.Finding {
	var out []ztcore.Finding
	if !stageNameRE.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Stage.Name", Message: fmt.Sprintf("%q can't be the name of a stage", want.Name), Fix: "use 1–128 letters, digits, _ and -"})
	}
	if want.Rate < 0 || want.Burst < 0 {
		out = append(out, ztcore.Finding{Attribute: "Stage.Rate", Message: "a limit can't be negative", Fix: "leave Rate and Burst zero for 100 a second and 200 at once"})
	}
	// The quotas that every account starts with. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	if want.Rate > 10000 || want.Burst > 5000 {
		out = append(out, ztcore.Finding{
			Attribute: "Stage.Rate", Guardrail: "appsec.unthrottled", Controls: []string{"NIST SP 800-207 tenet 5", "CISA ZTMM Applications and Workloads"},
			Message: fmt.Sprintf("%g requests a second and %d at once are above what an account has, so this limits nothing", want.Rate, want.Burst),
			Fix:     "stay below 10,000 and 5,000, or waive it where the quota was raised",
		})
	}
	if want.CacheSize != "" && !slices.Contains(types.CacheClusterSize("").Values(), types.CacheClusterSize(want.CacheSize)) {
		out = append(out, ztcore.Finding{Attribute: "Stage.CacheSize", Message: want.CacheSize + " is no size of a cache", Fix: fmt.Sprintf("use one of %v", types.CacheClusterSize("").Values())})
	}
	if arn := want.AccessLogs; arn != "" && !ztcore.HasToken(arn) && !strings.Contains(arn, ":logs:") && !strings.Contains(arn, ":deliverystream/amazon-apigateway-") {
		out = append(out, ztcore.Finding{Attribute: "Stage.AccessLogs", Message: arn + " is no log group", Fix: "use arn:aws:logs:…:log-group:name, or a delivery stream whose name begins with amazon-apigateway-"})
	}
	return out
}
