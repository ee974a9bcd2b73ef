package fakeautoscaling

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const (
	launching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	terminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// Hook is a lifecycle hook.
type Hook struct {
	Name, Transition, Default, Target, Role, Metadata string
	Timeout                                           int32 // seconds
}

// hook is a group's first hook of a transition, or nil. The fake waits for one alone.
func (g *Group) hook(transition string) *Hook {
	i := slices.IndexFunc(g.Hooks, func(h *Hook) bool { return h.Transition == transition })
	if i < 0 {
		return nil
	}
	return g.Hooks[i]
}

// hookOf checks a hook: an hour and to abandon are the defaults (PutLifecycleHook, Auto Scaling API reference).
func hookOf(name, transition string, result *string, timeout *int32) (*Hook, error) {
	h := &Hook{Name: name, Transition: transition, Default: cmp.Or(aws.ToString(result), "ABANDON"), Timeout: cmp.Or(aws.ToInt32(timeout), 3600)}
	switch {
	case h.Name == "":
		return nil, invalid("LifecycleHookName is required")
	case h.Transition != launching && h.Transition != terminating:
		return nil, invalid("Please specify a valid LifecycleTransition")
	case h.Default != "ABANDON" && h.Default != "CONTINUE":
		return nil, invalid("Invalid DefaultResult '%s'. It must be CONTINUE or ABANDON.", h.Default)
	case h.Timeout < 30 || h.Timeout > 7200:
		return nil, invalid("HeartbeatTimeout must be between 30 and 7200")
	}
	return h, nil
}

// PutLifecycleHook makes or changes a hook, at which instances wait to be launched or terminated.
func (s *Service) PutLifecycleHook(ctx context.Context, in *autoscaling.PutLifecycleHookInput, _ ...Options) (*autoscaling.PutLifecycleHookOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.LifecycleHookName)
	i := slices.IndexFunc(g.Hooks, func(h *Hook) bool { return h.Name == name })
	transition, result, timeout := aws.ToString(in.LifecycleTransition), in.DefaultResult, in.HeartbeatTimeout
	if i >= 0 {
		old := g.Hooks[i]
		transition = cmp.Or(transition, old.Transition)
		if result == nil {
			result = &old.Default
		}
		if timeout == nil {
			timeout = &old.Timeout
		}
	}
	h, err := hookOf(name, transition, result, timeout)
	if err != nil {
		return nil, err
	}
	h.Target, h.Role, h.Metadata = aws.ToString(in.NotificationTargetARN), aws.ToString(in.RoleARN), aws.ToString(in.NotificationMetadata)
	if i >= 0 {
		g.Hooks[i] = h
	} else {
		g.Hooks = append(g.Hooks, h)
	}
	return &autoscaling.PutLifecycleHookOutput{}, nil
}

// DeleteLifecycleHook deletes a hook: launches that wait for it are abandoned, terminations go on.
func (s *Service) DeleteLifecycleHook(ctx context.Context, in *autoscaling.DeleteLifecycleHookInput, _ ...Options) (*autoscaling.DeleteLifecycleHookOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.LifecycleHookName)
	before := len(g.Hooks)
	g.Hooks = slices.DeleteFunc(g.Hooks, func(h *Hook) bool { return h.Name == name })
	if len(g.Hooks) == before {
		return nil, invalid("No Lifecycle Hook found for AutoScalingGroup %s with name %s", g.Name, name)
	}
	for _, m := range slices.Clone(g.Members) {
		if m.Hook == name {
			s.proceed(ctx, g, m, false)
		}
	}
	s.reconcile(ctx, g)
	return &autoscaling.DeleteLifecycleHookOutput{}, nil
}

// DescribeLifecycleHooks answers a group's hooks. Auto Scaling does not page them.
func (s *Service) DescribeLifecycleHooks(ctx context.Context, in *autoscaling.DescribeLifecycleHooksInput, _ ...Options) (*autoscaling.DescribeLifecycleHooksOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	out := &autoscaling.DescribeLifecycleHooksOutput{}
	optional := func(v string) *string {
		if v == "" {
			return nil
		}
		return &v
	}
	for _, h := range g.Hooks {
		if len(in.LifecycleHookNames) == 0 || slices.Contains(in.LifecycleHookNames, h.Name) {
			out.LifecycleHooks = append(out.LifecycleHooks, types.LifecycleHook{
				AutoScalingGroupName: aws.String(g.Name), LifecycleHookName: aws.String(h.Name), LifecycleTransition: aws.String(h.Transition),
				DefaultResult: aws.String(h.Default), HeartbeatTimeout: aws.Int32(h.Timeout), GlobalTimeout: aws.Int32(min(100*h.Timeout, 172800)),
				NotificationTargetARN: optional(h.Target), RoleARN: optional(h.Role), NotificationMetadata: optional(h.Metadata),
			})
		}
	}
	return out, nil
}

// CompleteLifecycleAction lets an instance that waits at a hook go on.
func (s *Service) CompleteLifecycleAction(ctx context.Context, in *autoscaling.CompleteLifecycleActionInput, _ ...Options) (*autoscaling.CompleteLifecycleActionOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	result := aws.ToString(in.LifecycleActionResult)
	if result != "CONTINUE" && result != "ABANDON" {
		return nil, invalid("Invalid LifecycleActionResult '%s'. It must be CONTINUE or ABANDON.", result)
	}
	for _, m := range g.Members {
		if m.Hook == aws.ToString(in.LifecycleHookName) && m.Hook != "" && (m.ID == aws.ToString(in.InstanceId) || m.Token == aws.ToString(in.LifecycleActionToken)) {
			s.proceed(ctx, g, m, result == "CONTINUE")
			s.reconcile(ctx, g)
			return &autoscaling.CompleteLifecycleActionOutput{}, nil
		}
	}
	return nil, fakeaws.Error("ValidationError", "No active Lifecycle Action found with instance ID %s", aws.ToString(in.InstanceId))
}

// wait lets a member wait at a hook.
func (s *Service) wait(m *Member, state types.LifecycleState, h *Hook) {
	m.State, m.Hook, m.Token, m.Until = state, h.Name, s.cloud.UUID(), time.Now().Add(time.Duration(h.Timeout)*time.Second)
}

// proceed is what follows a hook: a launch goes on or is given up, a termination goes on either way.
func (s *Service) proceed(ctx context.Context, g *Group, m *Member, cont bool) {
	if m.State == types.LifecycleStatePendingWait && cont {
		m.State, m.Hook, m.Joined = types.LifecycleStateInService, "", time.Now()
		s.balance(ctx, g, m.ID, true)
		return
	}
	s.terminate(ctx, g, m)
}

// expire ends what has waited for too long, as the hook's default says.
func (s *Service) expire(ctx context.Context, g *Group) {
	now := time.Now()
	for _, m := range slices.Clone(g.Members) {
		if m.Hook != "" && !now.Before(m.Until) {
			s.proceed(ctx, g, m, slices.ContainsFunc(g.Hooks, func(h *Hook) bool { return h.Name == m.Hook && h.Default == "CONTINUE" }))
		}
	}
}

// retire terminates a member, after the group's hook if it has one; it leaves its target groups at once.
func (s *Service) retire(ctx context.Context, g *Group, m *Member) {
	if h := g.hook(terminating); h != nil && m.State == types.LifecycleStateInService {
		s.balance(ctx, g, m.ID, false)
		s.wait(m, types.LifecycleStateTerminatingWait, h)
		return
	}
	s.terminate(ctx, g, m)
}
