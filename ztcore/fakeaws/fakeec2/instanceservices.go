package fakeec2

import (
	"context"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Instance tells other services of an instance.
func (s *Service) Instance(ctx context.Context, account, where, id string) (fakeaws.Instance, bool) {
	r := s.store.At(ctx, account, where)
	i := r.Instances.Index[id]
	if i == nil || i.vanished(time.Now()) {
		return fakeaws.Instance{}, false
	}
	return i.known(r), true
}

func (i *instance) known(r *region) fakeaws.Instance {
	now := time.Now()
	out := fakeaws.Instance{
		ID: i.ID, State: string(i.state(now)), Type: string(i.Type), Image: i.Image, VPC: i.VPC, Subnet: i.Subnet, Zone: i.Zone, Spot: i.Spot,
		Tags: maps.Clone(r.Tags[i.ID]),
	}
	if all := r.interfacesOf(i, now); len(all) > 0 {
		out.PrivateIP = all[0].IP
	}
	return out
}

// LaunchInstance starts one instance for another service.
func (s *Service) LaunchInstance(ctx context.Context, account, where string, from fakeaws.Launch) (fakeaws.Instance, error) {
	r := s.store.At(ctx, account, where)
	if !from.CheckOnly {
		r.sweep(time.Now())
	}
	in := &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: text(from.TemplateID), LaunchTemplateName: text(from.TemplateName), Version: text(from.Version)},
	}
	// The subnet goes where the template has its network: on its interface, if it has one.
	t, err := r.template(in.LaunchTemplate.LaunchTemplateId, in.LaunchTemplate.LaunchTemplateName)
	if err != nil {
		return fakeaws.Instance{}, err
	}
	v, err := t.version(from.Version)
	if err != nil {
		return fakeaws.Instance{}, err
	}
	if from.Subnet != "" {
		if len(v.Data.NetworkInterfaces) == 0 {
			in.SubnetId = aws.String(from.Subnet)
		} else {
			in.NetworkInterfaces = fromTemplate(v.Data).NetworkInterfaces
			for k := range in.NetworkInterfaces {
				in.NetworkInterfaces[k].SubnetId = aws.String(from.Subnet)
			}
		}
	}
	p, err := s.plan(ctx, r, in)
	if err != nil || from.CheckOnly {
		return fakeaws.Instance{}, err
	}
	p.by = "autoscaling.amazonaws.com"
	tags := maps.Clone(p.instance)
	if tags == nil {
		tags = map[string]string{}
	}
	maps.Copy(tags, from.Tags)
	p.instance = tags
	made, err := s.launch(ctx, r, p, 1)
	if err != nil {
		return fakeaws.Instance{}, err
	}
	return made[0].known(r), nil
}

// acted lets another service do something to an instance that has not ended.
func (s *Service) acted(ctx context.Context, account, where, id string, act func(*region, *instance)) {
	r := s.store.At(ctx, account, where)
	r.sweep(time.Now())
	if i := r.Instances.Index[id]; i != nil && !i.ended() {
		act(r, i)
	}
}

// TerminateInstance ends an instance; protection from termination by the API does not hold here.
func (s *Service) TerminateInstance(ctx context.Context, account, where, id string) {
	s.acted(ctx, account, where, id, func(r *region, i *instance) {
		s.terminate(r, i, "Client.UserInitiatedShutdown", "User initiated shutdown")
	})
}

// StopInstance stops an instance of a warm pool.
func (s *Service) StopInstance(ctx context.Context, account, where, id string) {
	s.acted(ctx, account, where, id, func(r *region, i *instance) {
		s.stop(r, i, "Client.UserInitiatedShutdown", "User initiated shutdown")
	})
}

// StartInstance starts an instance of a warm pool.
func (s *Service) StartInstance(ctx context.Context, account, where, id string) {
	s.acted(ctx, account, where, id, func(r *region, i *instance) {
		if i.state(time.Now()) == types.InstanceStateNameStopped {
			_ = s.start(r, i) // without a public address where none is free
		}
	})
}

// SecurityGroup tells other services which VPC a group belongs to.
func (s *Service) SecurityGroup(ctx context.Context, id string) (vpc string, ok bool) {
	if g := s.store.In(ctx).Groups.Index[id]; g != nil {
		return g.VPC, true
	}
	return "", false
}
