package fakeelbv2

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// CreateListener makes a listener, after which the target groups that it forwards to are in use.
func (s *Service) CreateListener(ctx context.Context, in *elasticloadbalancingv2.CreateListenerInput, _ ...Options) (*elasticloadbalancingv2.CreateListenerOutput, error) {
	state := s.store.In(ctx)
	b := state.balancer(aws.ToString(in.LoadBalancerArn))
	if b == nil {
		return nil, noBalancer(aws.ToString(in.LoadBalancerArn))
	}
	port := aws.ToInt32(in.Port)
	application := []types.ProtocolEnum{types.ProtocolEnumHttp, types.ProtocolEnumHttps}
	secure := in.Protocol == types.ProtocolEnumHttps || in.Protocol == types.ProtocolEnumTls
	switch {
	case port < 1 || port > 65535:
		return nil, invalid("A port must be specified")
	case slices.Contains(application, in.Protocol) != (b.Type == types.LoadBalancerTypeEnumApplication) || !slices.Contains(in.Protocol.Values(), in.Protocol):
		return nil, &types.UnsupportedProtocolException{Message: aws.String(fmt.Sprintf("The protocol '%s' is not supported by load balancers of type %s", in.Protocol, b.Type))}
	case slices.ContainsFunc(state.Listeners, func(l *types.Listener) bool { return *l.LoadBalancerArn == *b.LoadBalancerArn && *l.Port == port }):
		return nil, &types.DuplicateListenerException{Message: aws.String("A listener already exists on this port for this load balancer '" + *b.LoadBalancerArn + "'")}
	case secure && len(in.Certificates) != 1:
		return nil, invalid("Exactly one certificate must be specified for %s listeners", in.Protocol)
	case !secure && len(in.Certificates) > 0:
		return nil, invalid("A certificate cannot be specified for %s listeners", in.Protocol)
	case len(in.DefaultActions) == 0:
		return nil, invalid("A default action must be specified")
	}
	for _, arn := range forwarded(in.DefaultActions) {
		g := state.group(arn)
		if g == nil {
			return nil, notFound()
		}
		if (g.Protocol == types.ProtocolEnumHttp || g.Protocol == types.ProtocolEnumHttps) != (b.Type == types.LoadBalancerTypeEnumApplication) {
			return nil, &types.IncompatibleProtocolsException{Message: aws.String(fmt.Sprintf("The protocol of target group '%s' does not go with that of the listener", arn))}
		}
	}
	for _, a := range in.DefaultActions {
		switch a.Type {
		case types.ActionTypeEnumForward, types.ActionTypeEnumRedirect, types.ActionTypeEnumFixedResponse:
			if a.Type == types.ActionTypeEnumForward && len(forwarded([]types.Action{a})) == 0 || a.Type == types.ActionTypeEnumRedirect && a.RedirectConfig == nil ||
				a.Type == types.ActionTypeEnumFixedResponse && a.FixedResponseConfig == nil {
				return nil, &types.InvalidLoadBalancerActionException{Message: aws.String(fmt.Sprintf("An action of type '%s' lacks its configuration", a.Type))}
			}
		default:
			return nil, &types.InvalidLoadBalancerActionException{Message: aws.String(fmt.Sprintf("The action type '%s' is not valid", a.Type))}
		}
	}
	tags, err := checked(in.Tags)
	if err != nil {
		return nil, err
	}
	l := &types.Listener{
		ListenerArn:     aws.String(strings.Replace(*b.LoadBalancerArn, ":loadbalancer/", ":listener/", 1) + "/" + s.cloud.ID("", 16)),
		LoadBalancerArn: b.LoadBalancerArn, Port: &port, Protocol: in.Protocol, DefaultActions: in.DefaultActions, Certificates: in.Certificates,
	}
	if secure {
		l.SslPolicy = aws.String(cmp.Or(aws.ToString(in.SslPolicy), "ELBSecurityPolicy-2016-08")) // the API's default, older than the console's
	}
	state.Listeners = append(state.Listeners, l)
	state.tag(*l.ListenerArn, tags)
	for _, arn := range forwarded(in.DefaultActions) {
		g := state.group(arn)
		g.InUse = true
		if !slices.Contains(g.LoadBalancerArns, *b.LoadBalancerArn) {
			g.LoadBalancerArns = append(g.LoadBalancerArns, *b.LoadBalancerArn)
		}
	}
	return &elasticloadbalancingv2.CreateListenerOutput{Listeners: []types.Listener{*l}}, nil
}

// forwarded are the target groups that actions forward to.
func forwarded(actions []types.Action) []string {
	var out []string
	for _, a := range actions {
		if a.TargetGroupArn != nil {
			out = append(out, *a.TargetGroupArn)
		}
		if a.ForwardConfig != nil {
			for _, t := range a.ForwardConfig.TargetGroups {
				out = append(out, aws.ToString(t.TargetGroupArn))
			}
		}
	}
	return out
}

// drop removes a listener; target groups that no other listener forwards to are no longer in use.
func (s *State) drop(l *types.Listener) {
	s.Listeners = slices.DeleteFunc(s.Listeners, func(o *types.Listener) bool { return o == l })
	delete(s.Tags, *l.ListenerArn)
	for _, arn := range forwarded(l.DefaultActions) {
		g := s.group(arn)
		if g == nil {
			continue
		}
		g.InUse, g.LoadBalancerArns = false, nil
		for _, o := range s.Listeners {
			if slices.Contains(forwarded(o.DefaultActions), arn) {
				g.InUse = true
				if !slices.Contains(g.LoadBalancerArns, *o.LoadBalancerArn) {
					g.LoadBalancerArns = append(g.LoadBalancerArns, *o.LoadBalancerArn)
				}
			}
		}
	}
}

func noListener() error {
	return &types.ListenerNotFoundException{Message: aws.String("One or more listeners not found")}
}

// DescribeListeners answers the listeners of a load balancer, or those named.
func (s *Service) DescribeListeners(ctx context.Context, in *elasticloadbalancingv2.DescribeListenersInput, _ ...Options) (*elasticloadbalancingv2.DescribeListenersOutput, error) {
	state := s.store.In(ctx)
	if in.LoadBalancerArn == nil && len(in.ListenerArns) == 0 {
		return nil, invalid("Either listener ARNs or a load balancer ARN must be specified")
	}
	if in.LoadBalancerArn != nil && state.balancer(*in.LoadBalancerArn) == nil {
		return nil, noBalancer(*in.LoadBalancerArn)
	}
	var found []types.Listener
	for _, l := range state.Listeners {
		if in.LoadBalancerArn != nil && *l.LoadBalancerArn == *in.LoadBalancerArn || slices.Contains(in.ListenerArns, *l.ListenerArn) {
			found = append(found, *l)
		}
	}
	if in.LoadBalancerArn == nil && len(found) < len(in.ListenerArns) {
		return nil, noListener()
	}
	page, next, ok := fakeaws.Page(ctx, found, in.Marker, in.PageSize, 400)
	if !ok {
		return nil, invalid("Invalid marker")
	}
	return &elasticloadbalancingv2.DescribeListenersOutput{Listeners: page, NextMarker: next}, nil
}

// DeleteListener deletes a listener.
func (s *Service) DeleteListener(ctx context.Context, in *elasticloadbalancingv2.DeleteListenerInput, _ ...Options) (*elasticloadbalancingv2.DeleteListenerOutput, error) {
	state := s.store.In(ctx)
	for _, l := range state.Listeners {
		if *l.ListenerArn == aws.ToString(in.ListenerArn) {
			state.drop(l)
			return &elasticloadbalancingv2.DeleteListenerOutput{}, nil
		}
	}
	return nil, noListener()
}
