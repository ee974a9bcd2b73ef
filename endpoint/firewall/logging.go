package firewall

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Logs says where each type of log goes: a log group, a bucket with a prefix behind a slash if wanted, or a Firehose stream of the firewall's
// region. An empty one is not logged.
type Logs struct {
	Alerts id.ARN // what rules dropped, rejected or alerted of
	Flows  id.ARN // every connection
	TLS    id.ARN // what TLS inspection met
}

// Logging has a firewall log.
type Logging struct {
	Name     string // in the baseline
	Firewall id.ARN
	Logs
}

// Declare implements ztcore.Resource.
func (l Logging) Declare(d *ztcore.Declaration) {
	trim := func(a id.ARN) string { return strings.TrimSuffix(string(a), ":*") }
	loggings.Declare(d, l.Name, loggingState{Firewall: string(l.Firewall), Alerts: trim(l.Alerts), Flows: trim(l.Flows), TLS: trim(l.TLS)})
}

type loggingState struct {
	Firewall string `zt:"key"`
	Alerts   string // ARN of the destination; empty without
	Flows    string
	TLS      string
}

var loggings = &ztcore.Kind[loggingState]{
	Name: "endpoint.FirewallLogging", Permissions: &loggingsNeed, PermissionsFor: loggingsNeedFor,
	Get: func(ctx context.Context, sc *ztcore.Scope, want loggingState) (loggingState, bool, error) {
		all, err := configured(ctx, sc, want.Firewall)
		if err != nil || len(all) == 0 {
			return loggingState{}, false, unlessAbsent(err)
		}
		return loggingState{
			Firewall: want.Firewall, Alerts: destinationARN(sc, all[types.LogTypeAlert]), Flows: destinationARN(sc, all[types.LogTypeFlow]), TLS: destinationARN(sc, all[types.LogTypeTls]),
		}, true, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want loggingState) error { return configure(ctx, sc, want) },
	Delete: func(ctx context.Context, sc *ztcore.Scope, have loggingState) error {
		return unlessAbsent(configure(ctx, sc, loggingState{Firewall: have.Firewall}))
	},
	Check: checkLogging, Refuse: func(_ *ztcore.Scope, want loggingState) []ztcore.Finding { return checkLogging(want) },
	Retry:    []ztcore.Retry{{Code: "LogDestinationPermissionException"}}, // the destination or its policy is new
	Controls: []string{"FSBP NetworkFirewall.2", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var loggingsNeed = ztcore.Permissions{
	Read:   []string{"logs:GetLogDelivery", "logs:ListLogDeliveries", "network-firewall:DescribeLoggingConfiguration"},
	Write:  []string{"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:UpdateLogDelivery", "network-firewall:UpdateLoggingConfiguration"},
	Delete: []string{"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:UpdateLogDelivery", "network-firewall:UpdateLoggingConfiguration"},
}

// loggingsNeedFor depends on where the logs go: while one destination is added or removed, AWS checks all that stand.
func loggingsNeedFor(want loggingState) (p ztcore.Permissions) {
	for _, to := range []string{want.Alerts, want.Flows, want.TLS} {
		switch {
		case strings.Contains(to, ":logs:"):
			p.Write = append(p.Write, "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy")
		case strings.Contains(to, ":s3:"):
			p.Write = append(p.Write, "s3:GetBucketPolicy", "s3:PutBucketPolicy")
		}
	}
	p.Delete = p.Write
	return p
}

// configured are the destinations by the type of log.
func configured(ctx context.Context, sc *ztcore.Scope, firewall string) (map[types.LogType]types.LogDestinationConfig, error) {
	out, err := networkfirewall.NewFromConfig(sc.Config).DescribeLoggingConfiguration(ctx, &networkfirewall.DescribeLoggingConfigurationInput{FirewallArn: &firewall})
	if err != nil || out.LoggingConfiguration == nil {
		return nil, err
	}
	all := map[types.LogType]types.LogDestinationConfig{}
	for _, c := range out.LoggingConfiguration.LogDestinationConfigs {
		all[c.LogType] = c
	}
	return all, nil
}

// configure changes one destination with each call, which is what AWS takes, and removes one whose type changes before it adds the
// other.
// https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_UpdateLoggingConfiguration.html
func configure(ctx context.Context, sc *ztcore.Scope, want loggingState) error {
	all, err := configured(ctx, sc, want.Firewall)
	if err != nil {
		return err
	}
	for _, l := range []struct {
		kind types.LogType
		to   string
	}{{types.LogTypeAlert, want.Alerts}, {types.LogTypeFlow, want.Flows}, {types.LogTypeTls, want.TLS}} {
		have, stands := all[l.kind]
		if destinationARN(sc, have) == l.to {
			continue
		}
		wanted := destination(l.kind, l.to)
		if delete(all, l.kind); stands && have.LogDestinationType != wanted.LogDestinationType {
			if err := update(ctx, sc, want.Firewall, all); err != nil {
				return err
			}
		}
		if l.to == "" {
			continue
		}
		all[l.kind] = wanted
		if err := update(ctx, sc, want.Firewall, all); err != nil {
			return err
		}
	}
	return nil
}

func update(ctx context.Context, sc *ztcore.Scope, firewall string, all map[types.LogType]types.LogDestinationConfig) error {
	configs := []types.LogDestinationConfig{}
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		configs = append(configs, all[kind])
	}
	_, err := networkfirewall.NewFromConfig(sc.Config).UpdateLoggingConfiguration(ctx, &networkfirewall.UpdateLoggingConfigurationInput{
		FirewallArn: &firewall, LoggingConfiguration: &types.LoggingConfiguration{LogDestinationConfigs: configs},
	})
	return err
}

// destination is what an ARN is for the API; without an ARN it has no type.
func destination(kind types.LogType, arn string) types.LogDestinationConfig {
	c := types.LogDestinationConfig{LogType: kind}
	rest := ""
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		rest = parts[5]
	}
	switch group, isGroup := strings.CutPrefix(rest, "log-group:"); {
	case isGroup:
		c.LogDestinationType, c.LogDestination = types.LogDestinationTypeCloudwatchLogs, map[string]string{"logGroup": group}
	case strings.HasPrefix(rest, "deliverystream/"):
		c.LogDestinationType, c.LogDestination = types.LogDestinationTypeKinesisDataFirehose, map[string]string{"deliveryStream": strings.TrimPrefix(rest, "deliverystream/")}
	case rest != "":
		bucket, prefix, _ := strings.Cut(rest, "/")
		c.LogDestinationType, c.LogDestination = types.LogDestinationTypeS3, map[string]string{"bucketName": bucket}
		if prefix != "" {
			c.LogDestination["prefix"] = prefix
		}
	}
	return c
}

// destinationARN is the reverse; the account and region of a log group or stream are the firewall's.
func destinationARN(sc *ztcore.Scope, c types.LogDestinationConfig) string {
	here := func(service, rest string) string {
		return fmt.Sprintf("arn:%s:%s:%s:%s:%s", sc.Partition, service, sc.Region, sc.Account, rest)
	}
	switch c.LogDestinationType {
	case types.LogDestinationTypeCloudwatchLogs:
		return here("logs", "log-group:"+c.LogDestination["logGroup"])
	case types.LogDestinationTypeKinesisDataFirehose:
		return here("firehose", "deliverystream/"+c.LogDestination["deliveryStream"])
	case types.LogDestinationTypeS3:
		return strings.TrimSuffix("arn:"+sc.Partition+":s3:::"+c.LogDestination["bucketName"]+"/"+c.LogDestination["prefix"], "/")
	}
	return ""
}

var destinationRE = regexp.MustCompile(`^arn:[^:]*:(logs:[^:]*:[^:]*:log-group:|s3:::|firehose:[^:]*:[^:]*:deliverystream/)[^:]+$`)

func checkLogging(want loggingState) []ztcore.Finding {
	var out []ztcore.Finding
	if want.Firewall == "" {
		out = append(out, ztcore.Finding{Attribute: "Firewall", Message: "no firewall is named", Fix: "set it to a Firewall's ARN()"})
	}
	if want.Alerts+want.Flows+want.TLS == "" {
		out = append(out, ztcore.Finding{Attribute: "Logs", Message: "no destination is named", Fix: "set Alerts, Flows or both"})
	}
	for _, l := range []struct{ attribute, arn string }{{"Alerts", want.Alerts}, {"Flows", want.Flows}, {"TLS", want.TLS}} {
		if l.arn != "" && !ztcore.HasToken(l.arn) && !destinationRE.MatchString(l.arn) {
			out = append(out, ztcore.Finding{Attribute: l.attribute, Message: l.arn + " can't be a destination", Fix: "use the ARN of a log group, a bucket or a Firehose stream"})
		}
	}
	return out
}

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{ruleGroups, policies, firewalls, endpoints, loggings}
}
