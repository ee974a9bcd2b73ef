// Package fakeelbv2 is Elastic Load Balancing (version 2) of a fakeaws.Cloud.
//
// Modelled: target groups of instances and of addresses with their attributes, and the registration of targets: of instances that run, in
// the group's VPC. A target that leaves a group in use drains for the group's deregistration delay, and is still described
// meanwhile. It offers fakeaws.TargetGroups to Auto Scaling.
//
// Application and Network Load Balancers with their attributes, listeners with default actions, and tags on all of them. A target
// group is in use once a listener forwards to it, or SetInUse says so; else its targets are "unused".
//
// Not modelled: rules, further certificates, trust stores, Gateway Load Balancers; the network interfaces of load balancers in EC2, so
// that nothing keeps their subnets and groups from being deleted; target groups of functions and of load balancers. Health checks
// find every target healthy that runs. Certificates are taken as they are named.
package fakeelbv2

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Elastic Load Balancing.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Groups    []*Group
	Balancers []*LoadBalancer
	Listeners []*types.Listener
	Tags      map[string]map[string]string // by ARN
}

// Group is a target group.
type Group struct {
	types.TargetGroup
	InUse      bool              // by a load balancer
	Attributes map[string]string // that were set
	Targets    []*Target
}

// Target is a target of a group, registered or draining.
type Target struct {
	ID       string
	Port     int32
	Zone     string
	Draining time.Time // until when; zero while it is registered
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*elasticloadbalancingv2.Options)

// Install adds Elastic Load Balancing to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "elbv2", fakeaws.Regional, func(string, string) *State { return &State{Tags: map[string]map[string]string{}} })
	s.installBalancers()
	fakeaws.Provide(c, s)
	fakeaws.Provide[fakeaws.TargetGroups](c, s)
	fakeaws.On(c, s.CreateTargetGroup, "Name", "Protocol", "Port", "VpcId", "TargetType", "Tags")
	fakeaws.On(c, s.DescribeTargetGroups, "Names", "TargetGroupArns", "Marker", "PageSize")
	fakeaws.On(c, s.DeleteTargetGroup, "TargetGroupArn")
	fakeaws.On(c, s.DescribeTargetGroupAttributes, "TargetGroupArn")
	fakeaws.On(c, s.ModifyTargetGroupAttributes, "TargetGroupArn", "Attributes")
	fakeaws.On(c, s.RegisterTargets, "TargetGroupArn", "Targets.Id", "Targets.Port", "Targets.AvailabilityZone")
	fakeaws.On(c, s.DeregisterTargets, "TargetGroupArn", "Targets.Id", "Targets.Port", "Targets.AvailabilityZone")
	fakeaws.On(c, s.DescribeTargetHealth, "TargetGroupArn", "Targets.Id", "Targets.Port", "Targets.AvailabilityZone")
}

// Of is the service that was installed in a cloud, for a test to steer. It is nil where none was.
func Of(c *fakeaws.Cloud) *Service {
	s, _ := fakeaws.Capability[*Service](c)
	return s
}

// SetInUse says whether a load balancer routes to a target group.
func (s *Service) SetInUse(account, region, arn string, inUse bool) {
	s.store.Peek(account, region, func(state *State) {
		if g := state.group(arn); g != nil {
			g.InUse = inUse
		}
	})
}

func (s *State) group(arn string) *Group {
	for _, g := range s.Groups {
		if aws.ToString(g.TargetGroupArn) == arn {
			return g
		}
	}
	return nil
}

func notFound() error {
	return fakeaws.Status(400, &types.TargetGroupNotFoundException{Message: aws.String("One or more target groups not found")})
}

func invalid(format string, args ...any) error {
	return fakeaws.Error("ValidationError", format, args...)
}

func (s *Service) find(ctx context.Context, arn *string) (*Group, error) {
	if g := s.store.In(ctx).group(aws.ToString(arn)); g != nil {
		return g, nil
	}
	return nil, notFound()
}

var groupName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$`)

// CreateTargetGroup makes a target group, or answers the one that has the same name and settings.
func (s *Service) CreateTargetGroup(ctx context.Context, in *elasticloadbalancingv2.CreateTargetGroupInput, _ ...Options) (*elasticloadbalancingv2.CreateTargetGroupOutput, error) {
	kind := in.TargetType
	if kind == "" {
		kind = types.TargetTypeEnumInstance
	}
	switch {
	case !groupName.MatchString(aws.ToString(in.Name)):
		return nil, invalid("Target group name '%s' can have at most 32 characters, letters, digits and hyphens, and must not begin or end with a hyphen", aws.ToString(in.Name))
	case kind != types.TargetTypeEnumInstance && kind != types.TargetTypeEnumIp:
		return nil, &fakeaws.NotFakedError{Service: "Elastic Load Balancing v2", Operation: "CreateTargetGroup", Member: "TargetType", Why: "only instances and addresses are modelled"}
	case !slices.Contains(in.Protocol.Values(), in.Protocol):
		return nil, invalid("A protocol must be specified")
	case in.Port == nil || *in.Port < 1 || *in.Port > 65535:
		return nil, invalid("A port must be specified")
	case aws.ToString(in.VpcId) == "":
		return nil, invalid("A VPC ID must be specified")
	}
	state := s.store.In(ctx)
	for _, g := range state.Groups {
		if *g.TargetGroupName != *in.Name {
			continue
		}
		if *g.Port == *in.Port && g.Protocol == in.Protocol && *g.VpcId == *in.VpcId && g.TargetType == kind {
			return &elasticloadbalancingv2.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{g.TargetGroup}}, nil
		}
		return nil, &types.DuplicateTargetGroupNameException{Message: aws.String(fmt.Sprintf("A target group with the same name '%s' exists, but with different settings", *in.Name))}
	}
	tags, err := checked(in.Tags)
	if err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	g := &Group{TargetGroup: types.TargetGroup{
		TargetGroupArn:  aws.String(fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:targetgroup/%s/%s", call.Partition(), call.Region, call.Account, *in.Name, s.cloud.ID("", 16))),
		TargetGroupName: in.Name, Protocol: in.Protocol, Port: in.Port, VpcId: in.VpcId, TargetType: kind, IpAddressType: types.TargetGroupIpAddressTypeEnumIpv4,
		HealthCheckEnabled: aws.Bool(true), HealthCheckIntervalSeconds: aws.Int32(30), HealthCheckPort: aws.String("traffic-port"), HealthCheckProtocol: in.Protocol,
		HealthyThresholdCount: aws.Int32(5), UnhealthyThresholdCount: aws.Int32(2),
	}, Attributes: map[string]string{}}
	state.Groups = append(state.Groups, g)
	state.tag(*g.TargetGroupArn, tags)
	return &elasticloadbalancingv2.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{g.TargetGroup}}, nil
}

// DescribeTargetGroups answers all groups, or those named.
func (s *Service) DescribeTargetGroups(ctx context.Context, in *elasticloadbalancingv2.DescribeTargetGroupsInput, _ ...Options) (*elasticloadbalancingv2.DescribeTargetGroupsOutput, error) {
	var found []types.TargetGroup
	for _, g := range s.store.In(ctx).Groups {
		if len(in.Names)+len(in.TargetGroupArns) == 0 || slices.Contains(in.Names, *g.TargetGroupName) || slices.Contains(in.TargetGroupArns, *g.TargetGroupArn) {
			found = append(found, g.TargetGroup)
		}
	}
	if len(found) < len(in.Names)+len(in.TargetGroupArns) {
		return nil, notFound()
	}
	page, next, ok := fakeaws.Page(ctx, found, in.Marker, in.PageSize, 400)
	if !ok {
		return nil, invalid("Invalid marker")
	}
	return &elasticloadbalancingv2.DescribeTargetGroupsOutput{TargetGroups: page, NextMarker: next}, nil
}

// DeleteTargetGroup deletes a group that no load balancer uses. One that does not exist is no error.
func (s *Service) DeleteTargetGroup(ctx context.Context, in *elasticloadbalancingv2.DeleteTargetGroupInput, _ ...Options) (*elasticloadbalancingv2.DeleteTargetGroupOutput, error) {
	state := s.store.In(ctx)
	if g := state.group(aws.ToString(in.TargetGroupArn)); g != nil && g.InUse {
		return nil, &types.ResourceInUseException{Message: aws.String(fmt.Sprintf("Target group '%s' is currently in use by a listener or a rule", *in.TargetGroupArn))}
	}
	state.Groups = slices.DeleteFunc(state.Groups, func(g *Group) bool { return *g.TargetGroupArn == aws.ToString(in.TargetGroupArn) })
	delete(state.Tags, aws.ToString(in.TargetGroupArn))
	return &elasticloadbalancingv2.DeleteTargetGroupOutput{}, nil
}

// delayAttribute is how long a target drains, in seconds; 300 unless it was changed.
const delayAttribute = "deregistration_delay.timeout_seconds"

func (g *Group) attributes() []types.TargetGroupAttribute {
	delay := g.Attributes[delayAttribute]
	if delay == "" {
		delay = "300"
	}
	return []types.TargetGroupAttribute{{Key: aws.String(delayAttribute), Value: &delay}}
}

// DescribeTargetGroupAttributes answers the deregistration delay, the one attribute that is modelled.
func (s *Service) DescribeTargetGroupAttributes(ctx context.Context, in *elasticloadbalancingv2.DescribeTargetGroupAttributesInput, _ ...Options) (*elasticloadbalancingv2.DescribeTargetGroupAttributesOutput, error) {
	g, err := s.find(ctx, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	return &elasticloadbalancingv2.DescribeTargetGroupAttributesOutput{Attributes: g.attributes()}, nil
}

// ModifyTargetGroupAttributes changes it.
func (s *Service) ModifyTargetGroupAttributes(ctx context.Context, in *elasticloadbalancingv2.ModifyTargetGroupAttributesInput, _ ...Options) (*elasticloadbalancingv2.ModifyTargetGroupAttributesOutput, error) {
	g, err := s.find(ctx, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, a := range in.Attributes {
		if aws.ToString(a.Key) != delayAttribute {
			return nil, &fakeaws.NotFakedError{Service: "Elastic Load Balancing v2", Operation: "ModifyTargetGroupAttributes", Member: "Attributes", Why: aws.ToString(a.Key) + " is not modelled"}
		}
		if n, err := strconv.Atoi(aws.ToString(a.Value)); err != nil || n < 0 || n > 3600 {
			return nil, &types.InvalidConfigurationRequestException{Message: aws.String("The deregistration delay must be from 0 to 3600 seconds")}
		}
		g.Attributes[*a.Key] = *a.Value
	}
	return &elasticloadbalancingv2.ModifyTargetGroupAttributesOutput{Attributes: g.attributes()}, nil
}
