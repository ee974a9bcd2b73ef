package fakeelbv2

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// LoadBalancer is an Application or Network Load Balancer.
type LoadBalancer struct {
	types.LoadBalancer
	Attributes map[string]string // all of its type, with their defaults
}

// defaults are the attributes of each type that are modelled (LoadBalancerAttribute, Elastic Load Balancing API reference).
var defaults = map[types.LoadBalancerTypeEnum]map[string]string{
	types.LoadBalancerTypeEnumApplication: {
		"access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "", "connection_logs.s3.enabled": "false",
		"connection_logs.s3.bucket": "", "connection_logs.s3.prefix": "", "deletion_protection.enabled": "false", "idle_timeout.timeout_seconds": "60",
		"load_balancing.cross_zone.enabled": "true", "routing.http.desync_mitigation_mode": "defensive",
		"routing.http.drop_invalid_header_fields.enabled": "false", "routing.http2.enabled": "true", "waf.fail_open.enabled": "false",
	},
	types.LoadBalancerTypeEnumNetwork: {
		"access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "", "deletion_protection.enabled": "false",
		"load_balancing.cross_zone.enabled": "false",
	},
}

func (s *Service) installBalancers() {
	c := s.cloud
	fakeaws.On(c, s.CreateLoadBalancer, "Name", "Subnets", "SecurityGroups", "Scheme", "Type", "IpAddressType", "Tags")
	fakeaws.On(c, s.DescribeLoadBalancers, "Names", "LoadBalancerArns", "Marker", "PageSize")
	fakeaws.On(c, s.DeleteLoadBalancer, "LoadBalancerArn")
	fakeaws.On(c, s.DescribeLoadBalancerAttributes, "LoadBalancerArn")
	fakeaws.On(c, s.ModifyLoadBalancerAttributes, "LoadBalancerArn", "Attributes")
	fakeaws.On(c, s.SetSecurityGroups, "LoadBalancerArn", "SecurityGroups")
	fakeaws.On(c, s.CreateListener, "LoadBalancerArn", "Protocol", "Port", "Certificates.CertificateArn", "SslPolicy", "DefaultActions.Type",
		"DefaultActions.TargetGroupArn", "DefaultActions.ForwardConfig", "DefaultActions.RedirectConfig", "DefaultActions.FixedResponseConfig", "DefaultActions.Order", "Tags")
	fakeaws.On(c, s.DescribeListeners, "LoadBalancerArn", "ListenerArns", "Marker", "PageSize")
	fakeaws.On(c, s.DeleteListener, "ListenerArn")
	fakeaws.On(c, s.AddTags, "ResourceArns", "Tags")
	fakeaws.On(c, s.RemoveTags, "ResourceArns", "TagKeys")
	fakeaws.On(c, s.DescribeTags, "ResourceArns")
}

func (s *State) balancer(arn string) *LoadBalancer {
	for _, b := range s.Balancers {
		if *b.LoadBalancerArn == arn {
			return b
		}
	}
	return nil
}

func noBalancer(arn string) error {
	return &types.LoadBalancerNotFoundException{Message: aws.String(fmt.Sprintf("Load balancer '%s' not found", arn))}
}

// CreateLoadBalancer makes a load balancer that is active at once, or answers the one that has the same name and settings. It is
// internet-facing unless its scheme says otherwise.
func (s *Service) CreateLoadBalancer(ctx context.Context, in *elasticloadbalancingv2.CreateLoadBalancerInput, _ ...Options) (*elasticloadbalancingv2.CreateLoadBalancerOutput, error) {
	state, call := s.store.In(ctx), fakeaws.CallFrom(ctx)
	name := aws.ToString(in.Name)
	kind := cmp.Or(in.Type, types.LoadBalancerTypeEnumApplication)
	scheme := cmp.Or(in.Scheme, types.LoadBalancerSchemeEnumInternetFacing)
	switch {
	case !groupName.MatchString(name) || strings.HasPrefix(name, "internal-"):
		return nil, invalid("The load balancer name '%s' can have at most 32 characters, letters, digits and hyphens, must not begin or end with a hyphen or begin with internal-", name)
	case defaults[kind] == nil:
		return nil, &fakeaws.NotFakedError{Service: "Elastic Load Balancing v2", Operation: "CreateLoadBalancer", Member: "Type", Why: "only application and network are modelled"}
	case !slices.Contains(scheme.Values(), scheme):
		return nil, &types.InvalidSchemeException{Message: aws.String(fmt.Sprintf("The scheme '%s' is not valid", scheme))}
	case kind == types.LoadBalancerTypeEnumApplication && len(in.Subnets) < 2:
		return nil, invalid("At least two subnets in two different Availability Zones must be specified")
	case len(in.Subnets) == 0:
		return nil, invalid("A subnet must be specified")
	}
	zones, vpc, err := s.zones(ctx, in.Subnets)
	if err != nil {
		return nil, err
	}
	groups, err := s.groups(ctx, vpc, in.SecurityGroups)
	if err != nil {
		return nil, err
	}
	tags, err := checked(in.Tags)
	if err != nil {
		return nil, err
	}
	for _, b := range state.Balancers {
		if *b.LoadBalancerName != name {
			continue
		}
		if b.Type == kind && b.Scheme == scheme && slices.Equal(subnetsOf(b), in.Subnets) && slices.Equal(b.SecurityGroups, groups) {
			return &elasticloadbalancingv2.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{b.LoadBalancer}}, nil
		}
		return nil, &types.DuplicateLoadBalancerNameException{Message: aws.String(fmt.Sprintf("A load balancer with the same name '%s' exists, but with different settings", name))}
	}
	short, unique := "app", s.cloud.ID("", 16)

	if kind == types.LoadBalancerTypeEnumNetwork {
		short = "net"
	}
	prefix := ""
	if scheme == types.LoadBalancerSchemeEnumInternal {
		prefix = "internal-"
	}
	b := &LoadBalancer{LoadBalancer: types.LoadBalancer{
		LoadBalancerArn:  aws.String(fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:loadbalancer/%s/%s/%s", call.Partition(), call.Region, call.Account, short, name, unique)),
		LoadBalancerName: &name, Type: kind, Scheme: scheme, VpcId: &vpc, AvailabilityZones: zones, SecurityGroups: groups, CreatedTime: aws.Time(time.Now()),
		DNSName: aws.String(prefix + name + "-" + unique[:10] + "." + call.Region + ".elb.amazonaws.com"), IpAddressType: cmp.Or(in.IpAddressType, types.IpAddressTypeIpv4),
		State: &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive},
	}, Attributes: maps.Clone(defaults[kind])}
	state.Balancers = append(state.Balancers, b)
	state.tag(*b.LoadBalancerArn, tags)
	made := b.LoadBalancer
	made.State = &types.LoadBalancerState{Code: types.LoadBalancerStateEnumProvisioning}
	return &elasticloadbalancingv2.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{made}}, nil
}

func subnetsOf(b *LoadBalancer) []string {
	var out []string
	for _, z := range b.AvailabilityZones {
		out = append(out, *z.SubnetId)
	}
	return out
}

// zones looks the subnets up, one of each zone of one VPC. Without EC2 they are taken as they are.
func (s *Service) zones(ctx context.Context, subnets []string) (zones []types.AvailabilityZone, vpc string, err error) {
	ec2, known := fakeaws.Capability[fakeaws.Subnets](s.cloud)
	call := fakeaws.CallFrom(ctx)
	for i, id := range subnets {
		zone := call.Region + string(rune('a'+i%26))
		if known {
			v, z, ok := ec2.Subnet(ctx, id)
			if !ok {
				return nil, "", &types.SubnetNotFoundException{Message: aws.String(fmt.Sprintf("The subnet ID '%s' does not exist", id))}
			}
			if i > 0 && v != vpc {
				return nil, "", &types.InvalidSubnetException{Message: aws.String("All subnets must belong to the same VPC")}
			}
			zone, vpc = z, v
		}
		if slices.ContainsFunc(zones, func(o types.AvailabilityZone) bool { return *o.ZoneName == zone }) {
			return nil, "", invalid("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zones = append(zones, types.AvailabilityZone{SubnetId: &id, ZoneName: &zone})
	}
	return zones, vpc, nil
}

func (s *Service) groups(ctx context.Context, vpc string, ids []string) ([]string, error) {
	ec2, known := fakeaws.Capability[fakeaws.SecurityGroups](s.cloud)
	for _, id := range ids {
		if !known {
			continue
		}
		if v, ok := ec2.SecurityGroup(ctx, id); !ok || v != vpc {
			return nil, &types.InvalidSecurityGroupException{Message: aws.String(fmt.Sprintf("One or more security groups are invalid: '%s'", id))}
		}
	}
	return slices.Clone(ids), nil
}

// DescribeLoadBalancers answers all load balancers, or those named, all of which must exist.
func (s *Service) DescribeLoadBalancers(ctx context.Context, in *elasticloadbalancingv2.DescribeLoadBalancersInput, _ ...Options) (*elasticloadbalancingv2.DescribeLoadBalancersOutput, error) {
	var found []types.LoadBalancer
	for _, b := range s.store.In(ctx).Balancers {
		if len(in.Names)+len(in.LoadBalancerArns) == 0 || slices.Contains(in.Names, *b.LoadBalancerName) || slices.Contains(in.LoadBalancerArns, *b.LoadBalancerArn) {
			found = append(found, b.LoadBalancer)
		}
	}
	if len(found) < len(in.Names)+len(in.LoadBalancerArns) {
		return nil, noBalancer(strings.Join(append(slices.Clone(in.Names), in.LoadBalancerArns...), ","))
	}
	page, next, ok := fakeaws.Page(ctx, found, in.Marker, in.PageSize, 400)
	if !ok {
		return nil, invalid("Invalid marker")
	}
	return &elasticloadbalancingv2.DescribeLoadBalancersOutput{LoadBalancers: page, NextMarker: next}, nil
}

// DeleteLoadBalancer deletes a load balancer that is not protected, with its listeners. One that does not exist is no error.
func (s *Service) DeleteLoadBalancer(ctx context.Context, in *elasticloadbalancingv2.DeleteLoadBalancerInput, _ ...Options) (*elasticloadbalancingv2.DeleteLoadBalancerOutput, error) {
	state, arn := s.store.In(ctx), aws.ToString(in.LoadBalancerArn)
	b := state.balancer(arn)
	if b == nil {
		return &elasticloadbalancingv2.DeleteLoadBalancerOutput{}, nil
	}
	if b.Attributes["deletion_protection.enabled"] == "true" {
		return nil, &types.OperationNotPermittedException{Message: aws.String(fmt.Sprintf("Load balancer '%s' cannot be deleted because deletion protection is enabled", arn))}
	}
	for _, l := range slices.Clone(state.Listeners) {
		if *l.LoadBalancerArn == arn {
			state.drop(l)
		}
	}
	state.Balancers = slices.DeleteFunc(state.Balancers, func(o *LoadBalancer) bool { return o == b })
	delete(state.Tags, arn)
	return &elasticloadbalancingv2.DeleteLoadBalancerOutput{}, nil
}

func (b *LoadBalancer) attributes() []types.LoadBalancerAttribute {
	var out []types.LoadBalancerAttribute
	for _, k := range slices.Sorted(maps.Keys(b.Attributes)) {
		out = append(out, types.LoadBalancerAttribute{Key: aws.String(k), Value: aws.String(b.Attributes[k])})
	}
	return out
}

// DescribeLoadBalancerAttributes answers the attributes that are modelled.
func (s *Service) DescribeLoadBalancerAttributes(ctx context.Context, in *elasticloadbalancingv2.DescribeLoadBalancerAttributesInput, _ ...Options) (*elasticloadbalancingv2.DescribeLoadBalancerAttributesOutput, error) {
	b := s.store.In(ctx).balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	return &elasticloadbalancingv2.DescribeLoadBalancerAttributesOutput{Attributes: b.attributes()}, nil
}

// ModifyLoadBalancerAttributes changes the attributes that are given, or none if one of them is refused.
func (s *Service) ModifyLoadBalancerAttributes(ctx context.Context, in *elasticloadbalancingv2.ModifyLoadBalancerAttributesInput, _ ...Options) (*elasticloadbalancingv2.ModifyLoadBalancerAttributesOutput, error) {
	b := s.store.In(ctx).balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	after := maps.Clone(b.Attributes)
	for _, a := range in.Attributes {
		key, value := aws.ToString(a.Key), aws.ToString(a.Value)
		was, ok := after[key]
		if !ok {
			return nil, &fakeaws.NotFakedError{Service: "Elastic Load Balancing v2", Operation: "ModifyLoadBalancerAttributes", Member: "Attributes", Why: key + " is not modelled"}
		}
		if (was == "true" || was == "false") && value != "true" && value != "false" {
			return nil, &types.InvalidConfigurationRequestException{Message: aws.String(fmt.Sprintf("Load balancer attribute value for '%s' must be true or false", key))}
		}
		after[key] = value
	}
	if after["access_logs.s3.enabled"] == "true" && after["access_logs.s3.bucket"] == "" {
		return nil, &types.InvalidConfigurationRequestException{Message: aws.String("The value of 'access_logs.s3.bucket' cannot be empty")}
	}
	b.Attributes = after
	return &elasticloadbalancingv2.ModifyLoadBalancerAttributesOutput{Attributes: b.attributes()}, nil
}

// SetSecurityGroups replaces the groups of a load balancer.
func (s *Service) SetSecurityGroups(ctx context.Context, in *elasticloadbalancingv2.SetSecurityGroupsInput, _ ...Options) (*elasticloadbalancingv2.SetSecurityGroupsOutput, error) {
	b := s.store.In(ctx).balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	groups, err := s.groups(ctx, aws.ToString(b.VpcId), in.SecurityGroups)
	if err != nil {
		return nil, err
	}
	b.SecurityGroups = groups
	return &elasticloadbalancingv2.SetSecurityGroupsOutput{SecurityGroupIds: groups}, nil
}
