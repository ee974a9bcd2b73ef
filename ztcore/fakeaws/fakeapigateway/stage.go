package fakeapigateway

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html
var stageName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)

func (s *Service) stage(ctx context.Context, api, name *string) (*API, *types.Stage, error) {
	a, err := s.api(ctx, api)
	if err != nil {
		return nil, nil, err
	}
	if st := a.Stages[str(name)]; st != nil {
		return a, st, nil
	}
	return nil, nil, notFound("Invalid stage identifier specified")
}

// CreateStage serves a deployment under a name.
func (s *Service) CreateStage(ctx context.Context, in *apigateway.CreateStageInput, _ ...Options) (*apigateway.CreateStageOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	if !stageName.MatchString(*in.StageName) {
		return nil, badRequest("Stage name only allows a-zA-Z0-9_-")
	}
	if _, err := a.deployment(in.DeploymentId); err != nil {
		return nil, err
	}
	if a.Stages[*in.StageName] != nil {
		return nil, conflict("Stage already exists")
	}
	if err := known("cacheClusterSize", in.CacheClusterSize, in.CacheClusterSize.Values()); err != nil {
		return nil, err
	}
	if err := checkTags(nil, in.Tags); err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Second)
	st := &types.Stage{
		StageName: in.StageName, DeploymentId: in.DeploymentId, Description: in.Description, CacheClusterEnabled: in.CacheClusterEnabled, CacheClusterSize: in.CacheClusterSize,
		Tags: map[string]string{}, TracingEnabled: in.TracingEnabled, Variables: in.Variables, CreatedDate: &now, LastUpdatedDate: &now, MethodSettings: map[string]types.MethodSetting{},
	}
	maps.Copy(st.Tags, in.Tags)
	cacheState(st)
	a.Stages[*in.StageName] = st
	return (*apigateway.CreateStageOutput)(output(st)), nil
}

func cacheState(st *types.Stage) {
	st.CacheClusterStatus = types.CacheClusterStatusNotAvailable
	if st.CacheClusterEnabled {
		st.CacheClusterStatus = types.CacheClusterStatusAvailable
		if st.CacheClusterSize == "" {
			st.CacheClusterSize = types.CacheClusterSizeSize0Point5Gb
		}
	}
}

// output is a stage as all operations answer it; their outputs have the same members.
func output(st *types.Stage) *apigateway.GetStageOutput {
	out := &apigateway.GetStageOutput{
		StageName: st.StageName, DeploymentId: st.DeploymentId, Description: st.Description, CacheClusterEnabled: st.CacheClusterEnabled, CacheClusterSize: st.CacheClusterSize,
		CacheClusterStatus: st.CacheClusterStatus, CreatedDate: st.CreatedDate, LastUpdatedDate: st.LastUpdatedDate, MethodSettings: maps.Clone(st.MethodSettings), Tags: maps.Clone(st.Tags),
		TracingEnabled: st.TracingEnabled, Variables: maps.Clone(st.Variables),
	}
	if st.AccessLogSettings != nil {
		l := *st.AccessLogSettings
		out.AccessLogSettings = &l
	}
	return out
}

// GetStage answers one stage.
func (s *Service) GetStage(ctx context.Context, in *apigateway.GetStageInput, _ ...Options) (*apigateway.GetStageOutput, error) {
	_, st, err := s.stage(ctx, in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	return output(st), nil
}

// GetStages answers all stages of an API, or those that serve a deployment. There are no pages.
func (s *Service) GetStages(ctx context.Context, in *apigateway.GetStagesInput, _ ...Options) (*apigateway.GetStagesOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	out := &apigateway.GetStagesOutput{Item: []types.Stage{}}
	for _, name := range slices.Sorted(maps.Keys(a.Stages)) {
		st := *a.Stages[name]
		if in.DeploymentId == nil || *in.DeploymentId == *st.DeploymentId {
			shown := output(&st)
			st.MethodSettings, st.Tags, st.Variables, st.AccessLogSettings = shown.MethodSettings, shown.Tags, shown.Variables, shown.AccessLogSettings
			out.Item = append(out.Item, st)
		}
	}
	return out, nil
}

// UpdateStage applies patches: all of them or none.
func (s *Service) UpdateStage(ctx context.Context, in *apigateway.UpdateStageInput, _ ...Options) (*apigateway.UpdateStageOutput, error) {
	a, have, err := s.stage(ctx, in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	ops, err := patches(in.PatchOperations)
	if err != nil {
		return nil, err
	}
	st := *have
	st.MethodSettings = maps.Clone(have.MethodSettings)
	if have.AccessLogSettings != nil {
		l := *have.AccessLogSettings
		st.AccessLogSettings = &l
	}
	for _, p := range ops {
		if err := s.patchStage(ctx, a, &st, p); err != nil {
			return nil, err
		}
	}
	if err := s.checkLogging(ctx, &st); err != nil {
		return nil, err
	}
	cacheState(&st)
	st.LastUpdatedDate = aws.Time(time.Now().UTC().Truncate(time.Second))
	*have = st
	return (*apigateway.UpdateStageOutput)(output(have)), nil
}

// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
func (s *Service) patchStage(ctx context.Context, a *API, st *types.Stage, p patch) error {
	switch {
	case p.is("/deploymentId"):
		if _, err := a.deployment(&p.value); err != nil {
			return err
		}
		st.DeploymentId = aws.String(p.value)
	case p.is("/description"):
		st.Description = aws.String(p.value)
	case p.is("/cacheClusterSize"):
		size := types.CacheClusterSize(p.value)
		if err := known("cacheClusterSize", size, size.Values()); err != nil {
			return err
		}
		st.CacheClusterSize = size
	case p.is("/tracingEnabled"), p.is("/cacheClusterEnabled"):
		yes, err := p.bool()
		if err != nil {
			return err
		}
		if p.path == "/tracingEnabled" {
			st.TracingEnabled = *yes
		} else {
			st.CacheClusterEnabled = *yes
		}
	case p.is("/accessLogSettings/destinationArn"), p.is("/accessLogSettings/format"):
		if st.AccessLogSettings == nil {
			st.AccessLogSettings = &types.AccessLogSettings{}
		}
		if strings.HasSuffix(p.path, "Arn") {
			st.AccessLogSettings.DestinationArn = aws.String(p.value)
		} else {
			st.AccessLogSettings.Format = aws.String(p.value)
		}
	case p.op == "remove" && p.path == "/accessLogSettings":
		st.AccessLogSettings = nil
	default:
		return patchMethods(st, p)
	}
	return nil
}

// logDestination is a log group, or a delivery stream of Firehose.
var logDestination = regexp.MustCompile(`^arn:aws[a-z-]*:(logs:[a-z0-9-]+:\d{12}:log-group:[^:*]+|firehose:[a-z0-9-]+:\d{12}:deliverystream/amazon-apigateway-.+)$`)

// checkLogging: API Gateway writes no log before the account has a role for it.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
func (s *Service) checkLogging(ctx context.Context, st *types.Stage) error {
	writes := st.AccessLogSettings != nil
	for _, m := range st.MethodSettings {
		writes = writes || m.LoggingLevel != nil && *m.LoggingLevel != "OFF"
	}
	if writes && s.store.In(ctx).CloudWatchRole == "" {
		return badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")
	}
	if l := st.AccessLogSettings; l != nil {
		if !logDestination.MatchString(str(l.DestinationArn)) {
			return badRequest("Invalid ARN specified in the request. ARNs must start with 'arn:'")
		}
		if str(l.Format) == "" {
			return badRequest("Access log format must not be empty")
		}
		if !strings.Contains(*l.Format, "$context.requestId") && !strings.Contains(*l.Format, "$context.extendedRequestId") {
			return badRequest("Access Log format must contain $context.requestId or $context.extendedRequestId")
		}
		if groups, ok := fakeaws.Capability[fakeaws.LogGroups](s.cloud); ok && strings.Contains(*l.DestinationArn, ":logs:") && !groups.LogGroup(ctx, *l.DestinationArn) {
			return badRequest("The log group %s does not exist", *l.DestinationArn)
		}
	}
	return nil
}

// usualSettings are those of a method of which one setting was changed.
func usualSettings() types.MethodSetting {
	return types.MethodSetting{
		ThrottlingBurstLimit: 5000, ThrottlingRateLimit: 10000, CacheTtlInSeconds: 300, RequireAuthorizationForCacheControl: true,
		UnauthorizedCacheControlHeaderStrategy: types.UnauthorizedCacheControlHeaderStrategySucceedWithResponseHeader,
	}
}

// patchMethods takes a path as /*/*/throttling/rateLimit: resource, HTTP method, setting.
func patchMethods(st *types.Stage, p patch) error {
	parts := strings.SplitN(strings.TrimPrefix(p.path, "/"), "/", 3)
	if p.op == "remove" && len(parts) == 2 {
		delete(st.MethodSettings, strings.Join(parts, "/"))
		return nil
	}
	if p.op != "replace" || len(parts) != 3 {
		return p.refused()
	}
	key := parts[0] + "/" + parts[1]
	m, ok := st.MethodSettings[key]
	if !ok {
		m = usualSettings()
	}
	switch parts[2] {
	case "throttling/burstLimit", "caching/ttlInSeconds":
		n, err := strconv.Atoi(p.value)
		if err != nil || n < 0 {
			return badRequest("Invalid patch value '%s' for %s", p.value, p.path)
		}
		if parts[2] == "throttling/burstLimit" {
			m.ThrottlingBurstLimit = int32(n)
		} else if m.CacheTtlInSeconds = int32(n); n > 3600 {
			return badRequest("Invalid cache TTL, should be between 0 and 3600")
		}
	case "throttling/rateLimit":
		n, err := strconv.ParseFloat(p.value, 64)
		if err != nil || n < 0 {
			return badRequest("Invalid patch value '%s' for %s", p.value, p.path)
		}
		m.ThrottlingRateLimit = n
	case "logging/loglevel":
		if !slices.Contains([]string{"OFF", "ERROR", "INFO"}, p.value) {
			return badRequest("Invalid log level %s. Must be one of OFF, ERROR, INFO", p.value)
		}
		m.LoggingLevel = aws.String(p.value)
	case "caching/unauthorizedCacheControlHeaderStrategy":
		m.UnauthorizedCacheControlHeaderStrategy = types.UnauthorizedCacheControlHeaderStrategy(p.value)
		if err := known("strategy", m.UnauthorizedCacheControlHeaderStrategy, m.UnauthorizedCacheControlHeaderStrategy.Values()); err != nil {
			return err
		}
	case "logging/dataTrace", "metrics/enabled", "caching/enabled", "caching/dataEncrypted", "caching/requireAuthorizationForCacheControl":
		yes, err := p.bool()
		if err != nil {
			return err
		}
		*map[string]*bool{
			"logging/dataTrace": &m.DataTraceEnabled, "metrics/enabled": &m.MetricsEnabled, "caching/enabled": &m.CachingEnabled, "caching/dataEncrypted": &m.CacheDataEncrypted,
			"caching/requireAuthorizationForCacheControl": &m.RequireAuthorizationForCacheControl,
		}[parts[2]] = *yes
	default:
		return p.refused()
	}
	st.MethodSettings[key] = m
	return nil
}

// DeleteStage deletes a stage; its deployment stays.
func (s *Service) DeleteStage(ctx context.Context, in *apigateway.DeleteStageInput, _ ...Options) (*apigateway.DeleteStageOutput, error) {
	a, _, err := s.stage(ctx, in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	delete(a.Stages, *in.StageName)
	return &apigateway.DeleteStageOutput{}, nil
}
