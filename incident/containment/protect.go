package containment

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Hold tags the instance, its interfaces and its volumes with the case, its owner and its review date, so that no baseline
// repairs them, and everybody sees whose they are.
type Hold struct{}

// Name implements Step.
func (Hold) Name() string { return "hold" }

// Limits implements Step.
func (Hold) Limits() []string {
	return []string{"The tags bind only who heeds them, as this module's baselines do. Who may change tags can take them off."}
}

func (Hold) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, s *subject) error {
		interfaces, err := interfacesOf(ctx, cfg, s.ID)
		if err != nil {
			return err
		}
		held := append([]string{s.ID}, volumesOf(s.instance)...)
		for _, i := range interfaces {
			held = append(held, aws.ToString(i.NetworkInterfaceId))
		}
		return ztcore.Each(ctx, len(held), func(ctx context.Context, k int) error {
			return r.set(ctx, s.at, truce, held[k], r.c.Case.tags())
		})
	})
}

// Protect keeps everybody from destroying the evidence: Auto Scaling by suspending what terminates, the API by termination and
// stop protection, the inside by making a shutdown a stop, and the disks by keeping them if the instance goes all the same.
//
// Auto Scaling comes first, for it does not heed termination protection.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
type Protect struct{}

// Name implements Step.
func (Protect) Name() string { return "protect" }

// Limits implements Step.
func (Protect) Limits() []string {
	return []string{
		"Spot interruptions, a retired host and the closing of the account are not prevented.",
		"A shutdown from inside still stops the instance, which loses its memory and instance store.",
		"Who may change the attributes can take the protection off.",
	}
}

func (Protect) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, s *subject) error {
		errs := []error{r.holdScaling(ctx, cfg, s)}
		spot := s.instance.InstanceLifecycle == ec2types.InstanceLifecycleTypeSpot
		stops := s.instance.RootDeviceType != ec2types.DeviceTypeInstanceStore // else it can only be terminated
		for _, p := range []struct {
			what    *setting
			want    string
			offered bool
		}{{apiTermination, yes, !spot}, {shutdownBehavior, string(ec2types.ShutdownBehaviorStop), stops}, {apiStop, yes, stops && !spot}} {
			if p.offered {
				errs = append(errs, r.set(ctx, s.at, p.what, s.ID, p.want))
			} else {
				errs = append(errs, r.note(ctx, Noted, s.ID, "AWS offers no %s for this instance, which is a Spot Instance or has its root on an instance store", p.what.name))
			}
		}
		for _, m := range s.instance.BlockDeviceMappings {
			if m.Ebs != nil {
				errs = append(errs, r.set(ctx, s.at, deleteOnTermination, s.ID+"|"+aws.ToString(m.DeviceName), no))
			}
		}
		return errors.Join(errs...)
	})
}

// holdScaling suspends the processes by which the instance's group could terminate it.
func (r *run) holdScaling(ctx context.Context, cfg aws.Config, s *subject) error {
	d, err := scalingInstance(ctx, cfg, s.ID)
	if err != nil || d == nil {
		return err
	}
	name := aws.ToString(d.AutoScalingGroupName)
	g, err := scalingGroup(ctx, cfg, name)
	if err != nil {
		return err
	}
	stop := destroyers
	if !inService(*d) {
		stop = append([]string{"Launch"}, destroyers...) // which takes instances out of a warm pool
	}
	r.affects("the Auto Scaling group %s terminates and replaces nothing while %s is in it", name, s.ID)
	return r.set(ctx, s.at, suspendedProcesses, name, union(suspendedOf(g), stop))
}

func inService(d types.AutoScalingInstanceDetails) bool {
	return aws.ToString(d.LifecycleState) == string(types.LifecycleStateInService)
}

// LeaveTargetGroups takes the instance out of all target groups, by its id and by its addresses.
type LeaveTargetGroups struct{}

// Name implements Step.
func (LeaveTargetGroups) Name() string { return "leave target groups" }

// Limits implements Step.
func (LeaveTargetGroups) Limits() []string {
	return []string{
		"Connections through the load balancer go on until they end, for as long as the deregistration delay, or until the isolation.",
		"Classic load balancers, DNS records and service registries are left as they are.",
	}
}

func (LeaveTargetGroups) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, s *subject) error {
		found, err := registrations(ctx, cfg, s.instance)
		if err != nil {
			return err
		}
		if len(found) == 0 && !r.planning && !r.journal.mentions(targetRegistration.name) {
			return r.note(ctx, Skipped, s.ID, "the instance is in no target group")
		}
		return ztcore.Each(ctx, len(found), func(ctx context.Context, k int) error {
			group := strings.Split(found[k], "|")[0]
			r.affects("%s is left with one target less, which others have to serve", group)
			return r.set(ctx, s.at, targetRegistration, found[k], false)
		})
	})
}

func (j *journal) mentions(setting string) bool {
	for _, r := range j.records() {
		if r.Setting == setting {
			return true
		}
	}
	return false
}

// LeaveAutoScaling detaches the instance from its group, whose desired capacity goes down by one, so that the group launches
// nothing in its place; where that is below the minimum, the minimum is lowered, and raised again by undo. What Protect has
// suspended is resumed then.
//
// An instance that is not in service, as in a warm pool or in standby, stays in its group, with the processes suspended for
// as long as the case is open.
type LeaveAutoScaling struct{}

// Name implements Step.
func (LeaveAutoScaling) Name() string { return "leave Auto Scaling" }

// Limits implements Step.
func (LeaveAutoScaling) Limits() []string {
	return []string{
		"Nothing is launched in the instance's place: raise the group's desired capacity if the service needs it, from a launch template that is known to be clean.",
	}
}

func (LeaveAutoScaling) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, s *subject) error {
		d, err := scalingInstance(ctx, cfg, s.ID)
		if err != nil {
			return err
		}
		if d == nil {
			return r.releaseScaling(ctx, s)
		}
		name := aws.ToString(d.AutoScalingGroupName)
		if !inService(*d) {
			r.affects("the Auto Scaling group %s launches, terminates and replaces nothing until the case is closed, since %s is %s in it", name, s.ID, aws.ToString(d.LifecycleState))
			return r.note(ctx, Skipped, s.ID, "the instance is %s in %s, so it stays in it, and the group stays suspended", aws.ToString(d.LifecycleState), name)
		}
		g, err := scalingGroup(ctx, cfg, name)
		if err != nil {
			return err
		}
		left := aws.ToInt32(g.DesiredCapacity) - 1
		r.affects("the Auto Scaling group %s goes on with %d of %d instances", name, left, left+1)
		if aws.ToInt32(g.MinSize) > left {
			if err := r.set(ctx, s.at, groupMinimum, name, left); err != nil {
				return err
			}
		}
		if err := r.set(ctx, s.at, groupMembership, s.ID+"|"+name, membership{}); err != nil {
			return err
		}
		return r.releaseScaling(ctx, s)
	})
}

// releaseScaling resumes what Protect has suspended in groups that the instance is no longer in.
func (r *run) releaseScaling(ctx context.Context, s *subject) error {
	if r.planning {
		return nil
	}
	var errs []error
	left := false
	for _, h := range r.journal.open() {
		if h.Setting == groupMembership.name && strings.HasPrefix(h.Target, s.ID+"|") {
			left = true
		}
	}
	for _, h := range r.journal.open() {
		if left && h.Setting == suspendedProcesses.name {
			errs = append(errs, r.restore(ctx, h, UndoOptions{}))
		}
	}
	if !left {
		errs = append(errs, r.note(ctx, Skipped, s.ID, "the instance is in no Auto Scaling group"))
	}
	return errors.Join(errs...)
}
