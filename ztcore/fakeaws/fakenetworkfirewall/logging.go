package fakenetworkfirewall

import (
	"context"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// destinations are the members that each type of destination has, the one that it needs first.
// https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_LogDestinationConfig.html
var destinations = map[types.LogDestinationType][]string{
	types.LogDestinationTypeS3: {"bucketName", "prefix"}, types.LogDestinationTypeCloudwatchLogs: {"logGroup"}, types.LogDestinationTypeKinesisDataFirehose: {"deliveryStream"},
}

// UpdateLoggingConfiguration adds, removes or changes one destination: more than one at a time is refused, and so is another type of
// destination in the place of one.
func (s *Service) UpdateLoggingConfiguration(ctx context.Context, in *networkfirewall.UpdateLoggingConfigurationInput, _ ...opt) (*networkfirewall.UpdateLoggingConfigurationOutput, error) {
	wanted := []types.LogDestinationConfig{}
	if in.LoggingConfiguration != nil {
		wanted = clone(in.LoggingConfiguration.LogDestinationConfigs)
	}
	seen := map[types.LogType]bool{}
	for _, c := range wanted {
		if err := s.checkDestination(ctx, c); err != nil {
			return nil, err
		}
		if seen[c.LogType] {
			return nil, invalid("There can be one destination for %s", c.LogType)
		}
		seen[c.LogType] = true
	}
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, nil, nil)
	if err != nil {
		return nil, err
	}
	changes := 0
	for _, c := range wanted {
		i := slices.IndexFunc(f.Logging, func(old types.LogDestinationConfig) bool { return old.LogType == c.LogType })
		switch {
		case i < 0:
			changes++
		case f.Logging[i].LogDestinationType != c.LogDestinationType:
			return nil, invalid("The LogDestinationType of a LogDestinationConfig can't be changed")
		case !reflect.DeepEqual(f.Logging[i], c):
			changes++
		}
	}
	for _, old := range f.Logging {
		if !seen[old.LogType] {
			changes++
		}
	}
	if changes > 1 {
		return nil, invalid("Only one LogDestinationConfig can be added, removed or changed at a time")
	}
	f.Logging = wanted
	return &networkfirewall.UpdateLoggingConfigurationOutput{FirewallArn: aws.String(arnOf(ctx, firewallKind, f.Name)), FirewallName: aws.String(f.Name), LoggingConfiguration: f.logging()}, nil
}

func (s *Service) checkDestination(ctx context.Context, c types.LogDestinationConfig) error {
	if !slices.Contains(c.LogType.Values(), c.LogType) {
		return invalid("LogType %s is not valid", c.LogType)
	}
	members := destinations[c.LogDestinationType]
	if members == nil {
		return invalid("LogDestinationType %s is not valid", c.LogDestinationType)
	}
	name := c.LogDestination[members[0]]
	if name == "" || len(name) > 1024 {
		return invalid("LogDestination must name a %s", members[0])
	}
	for member := range c.LogDestination {
		if !slices.Contains(members, member) {
			return invalid("LogDestination can't hold %s for %s", member, c.LogDestinationType)
		}
	}
	known := true
	switch c.LogDestinationType {
	case types.LogDestinationTypeS3:
		if buckets, ok := fakeaws.Capability[fakeaws.Buckets](s.cloud); ok {
			_, _, _, known = buckets.Bucket(ctx, name)
		}
	case types.LogDestinationTypeCloudwatchLogs:
		if groups, ok := fakeaws.Capability[fakeaws.LogGroups](s.cloud); ok {
			call := fakeaws.CallFrom(ctx)
			known = groups.LogGroup(ctx, "arn:"+call.Partition()+":logs:"+call.Region+":"+call.Account+":log-group:"+name)
		}
	}
	if !known {
		return &types.LogDestinationPermissionException{Message: aws.String("Unable to send logs to the destination " + name)}
	}
	return nil
}

// DescribeLoggingConfiguration answers where a firewall logs to.
func (s *Service) DescribeLoggingConfiguration(ctx context.Context, in *networkfirewall.DescribeLoggingConfigurationInput, _ ...opt) (*networkfirewall.DescribeLoggingConfigurationOutput, error) {
	f, err := s.regions.In(ctx).firewall(ctx, in.FirewallArn, in.FirewallName)
	if err != nil {
		return nil, err
	}
	return &networkfirewall.DescribeLoggingConfigurationOutput{FirewallArn: aws.String(arnOf(ctx, firewallKind, f.Name)), LoggingConfiguration: f.logging()}, nil
}

func (f *firewall) logging() *types.LoggingConfiguration {
	return &types.LoggingConfiguration{LogDestinationConfigs: clone(f.Logging)}
}
