package fakewafv2

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// destinationPattern is that of a log group, a bucket or a delivery stream, whose name begins with aws-waf-logs-.
// https://docs.aws.amazon.com/waf/latest/developerguide/logging-destinations.html
var destinationPattern = regexp.MustCompile(`^arn:[^:]+:(logs:[^:]+:\d{12}:log-group:|s3:::|firehose:[^:]+:\d{12}:deliverystream/)aws-waf-logs-[^:]*$`)

// PutLoggingConfiguration has the requests of a web ACL logged, in place of what was configured before.
func (s *Service) PutLoggingConfiguration(ctx context.Context, in *wafv2.PutLoggingConfigurationInput, _ ...opt) (*wafv2.PutLoggingConfigurationOutput, error) {
	c := clone(*in.LoggingConfiguration)
	r := s.regions.In(ctx)
	if r.aclByARN(c.ResourceArn) == nil {
		return nil, nonexistent()
	}
	if err := checkLog(c.LogType, c.LogScope); err != nil {
		return nil, err
	}
	if len(c.LogDestinationConfigs) != 1 || !destinationPattern.MatchString(c.LogDestinationConfigs[0]) {
		return nil, invalid(types.ParameterExceptionFieldLogDestination, strings.Join(c.LogDestinationConfigs, ","), "The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes.")
	}
	if err := s.checkDestination(ctx, c.LogDestinationConfigs[0]); err != nil {
		return nil, err
	}
	if len(c.RedactedFields) > 100 {
		return nil, limitExceeded()
	}
	for i := range c.RedactedFields {
		f := &c.RedactedFields[i]
		if set(f) != 1 || f.UriPath == nil && f.QueryString == nil && f.SingleHeader == nil && f.Method == nil {
			return nil, invalid(types.ParameterExceptionFieldFieldToMatch, "RedactedFields", "Only UriPath, QueryString, SingleHeader and Method can be redacted.")
		}
	}
	if f := c.LoggingFilter; f != nil && (!valid(f.DefaultBehavior) || len(f.Filters) == 0) {
		return nil, invalid(types.ParameterExceptionFieldLoggingFilter, "LoggingFilter", "The value is not valid.")
	}
	c.LogType, c.LogScope = types.LogTypeWafLogs, types.LogScopeCustomer
	r.Logging[idIn(c.ResourceArn)] = c
	stored := clone(c)
	return &wafv2.PutLoggingConfigurationOutput{LoggingConfiguration: &stored}, nil
}

func checkLog(kind types.LogType, scope types.LogScope) error {
	if kind != "" && kind != types.LogTypeWafLogs || scope != "" && scope != types.LogScopeCustomer {
		return &fakeaws.NotFakedError{Service: "WAFV2", Operation: "a logging configuration", Member: "LogScope", Why: "only WAF_LOGS of the scope CUSTOMER are faked"}
	}
	return nil
}

// checkDestination asks the services that hold destinations, as far as they are installed.
func (s *Service) checkDestination(ctx context.Context, arn string) error {
	known := true
	if bucket, isBucket := strings.CutPrefix(arn, "arn:"+fakeaws.CallFrom(ctx).Partition()+":s3:::"); isBucket {
		if buckets, ok := fakeaws.Capability[fakeaws.Buckets](s.cloud); ok {
			_, _, _, known = buckets.Bucket(ctx, bucket)
		}
	} else if groups, ok := fakeaws.Capability[fakeaws.LogGroups](s.cloud); ok && strings.Contains(arn, ":logs:") {
		known = groups.LogGroup(ctx, arn)
	}
	if known {
		return nil
	}
	return &types.WAFLogDestinationPermissionIssueException{Message: aws.String("Unable to deliver logs to the configured destination. You might need to grant log delivery permissions for the destination. If you're using S3 as your log destination, you might have exceeded your bucket limit.")}
}

// GetLoggingConfiguration answers a web ACL's configuration.
func (s *Service) GetLoggingConfiguration(ctx context.Context, in *wafv2.GetLoggingConfigurationInput, _ ...opt) (*wafv2.GetLoggingConfigurationOutput, error) {
	if err := checkLog(in.LogType, in.LogScope); err != nil {
		return nil, err
	}
	c, ok := s.regions.In(ctx).Logging[idIn(in.ResourceArn)]
	if !ok || *c.ResourceArn != *in.ResourceArn {
		return nil, nonexistent()
	}
	c = clone(c)
	return &wafv2.GetLoggingConfigurationOutput{LoggingConfiguration: &c}, nil
}

// ListLoggingConfigurations answers the configurations of a scope.
func (s *Service) ListLoggingConfigurations(ctx context.Context, in *wafv2.ListLoggingConfigurationsInput, _ ...opt) (*wafv2.ListLoggingConfigurationsOutput, error) {
	if err := checkLog("", in.LogScope); err != nil {
		return nil, err
	}
	if err := checkScope(ctx, in.Scope); err != nil {
		return nil, err
	}
	r := s.regions.In(ctx)
	all := []types.LoggingConfiguration{}
	for _, c := range r.Logging {
		if isOf(*c.ResourceArn, in.Scope) {
			all = append(all, clone(c))
		}
	}
	slices.SortFunc(all, func(a, b types.LoggingConfiguration) int { return strings.Compare(*a.ResourceArn, *b.ResourceArn) })
	some, next, err := page(ctx, all, in.NextMarker, in.Limit)
	return &wafv2.ListLoggingConfigurationsOutput{LoggingConfigurations: some, NextMarker: next}, err
}

// DeleteLoggingConfiguration ends a web ACL's logging.
func (s *Service) DeleteLoggingConfiguration(ctx context.Context, in *wafv2.DeleteLoggingConfigurationInput, _ ...opt) (*wafv2.DeleteLoggingConfigurationOutput, error) {
	if err := checkLog(in.LogType, in.LogScope); err != nil {
		return nil, err
	}
	r := s.regions.In(ctx)
	if c, ok := r.Logging[idIn(in.ResourceArn)]; !ok || *c.ResourceArn != *in.ResourceArn {
		return nil, nonexistent()
	}
	delete(r.Logging, idIn(in.ResourceArn))
	return &wafv2.DeleteLoggingConfigurationOutput{}, nil
}
