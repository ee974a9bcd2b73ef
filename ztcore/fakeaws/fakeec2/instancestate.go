package fakeec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// instances finds all that a request names.
func (r *region) instances(ids []string) ([]*instance, error) {
	if len(ids) == 0 {
		return nil, missingParameter("InstanceId")
	}
	var out []*instance
	for _, id := range ids {
		i, err := r.instance(&id)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

func change(i *instance, from, to types.InstanceStateName) types.InstanceStateChange {
	return types.InstanceStateChange{InstanceId: aws.String(i.ID), PreviousState: stateOf(from), CurrentState: stateOf(to)}
}

// stop lets an instance stop: flows break, and the address that AWS assigned is given back.
func (s *Service) stop(r *region, i *instance, code, reason string) {
	now := time.Now()
	i.become(types.InstanceStateNameStopped, types.InstanceStateNameStopping, now.Add(s.settle()), code, reason)
	for _, n := range r.interfacesOf(i, now) {
		n.PublicIP = ""
	}
	r.dropFlows(i.ID, "the instance was stopped", now)
}

func (s *Service) start(r *region, i *instance) error {
	now := time.Now()
	i.become(types.InstanceStateNameRunning, types.InstanceStateNamePending, now.Add(s.settle()), "", "")
	i.Launched = now
	for _, n := range r.interfacesOf(i, now) {
		if err := r.assignPublic(n); err != nil {
			return err
		}
	}
	return nil
}

// terminate ends an instance whatever its protection says; who must heed it looks first.
func (s *Service) terminate(r *region, i *instance, code, reason string) {
	if i.ended() {
		return
	}
	now := time.Now()
	i.become(types.InstanceStateNameTerminated, types.InstanceStateNameShuttingDown, now.Add(s.settle()), code, reason)
	r.end(i, now)
}

// StopInstances stops instances that are running and not protected; volumes and private addresses stay.
func (s *Service) StopInstances(ctx context.Context, in *ec2.StopInstancesInput, _ ...func(*ec2.Options)) (*ec2.StopInstancesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	all, err := r.instances(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, i := range all {
		switch state := i.state(now); {
		case state == types.InstanceStateNameStopped || state == types.InstanceStateNameStopping:
		case state != types.InstanceStateNameRunning:
			return nil, fakeaws.Error("IncorrectInstanceState", "This instance '%s' is not in a state from which it can be stopped.", i.ID)
		case i.NoStop:
			return nil, fakeaws.Error("OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.ID)
		case i.Spot:
			return nil, fakeaws.Error("UnsupportedOperation", "You can't stop the Spot Instance '%s' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.", i.ID)
		}
	}
	out := &ec2.StopInstancesOutput{}
	for _, i := range all {
		was := i.state(now)
		is := was
		if was == types.InstanceStateNameRunning {
			s.stop(r, i, "Client.UserInitiatedShutdown", "User initiated shutdown")
			is = types.InstanceStateNameStopping
		}
		out.StoppingInstances = append(out.StoppingInstances, change(i, was, is))
	}
	return out, nil
}

// StartInstances starts stopped instances. A running one stays as it is.
func (s *Service) StartInstances(ctx context.Context, in *ec2.StartInstancesInput, _ ...func(*ec2.Options)) (*ec2.StartInstancesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	all, err := r.instances(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, i := range all {
		if state := i.state(now); state != types.InstanceStateNameStopped && i.down(now) {
			return nil, fakeaws.Error("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be started.", i.ID)
		}
	}
	out := &ec2.StartInstancesOutput{}
	for _, i := range all {
		was := i.state(now)
		is := was
		if was == types.InstanceStateNameStopped {
			if err := s.start(r, i); err != nil {
				return nil, err
			}
			is = types.InstanceStateNamePending
		}
		out.StartingInstances = append(out.StartingInstances, change(i, was, is))
	}
	return out, nil
}

// RebootInstances restarts running instances: the state stays, open connections do not.
func (s *Service) RebootInstances(ctx context.Context, in *ec2.RebootInstancesInput, _ ...func(*ec2.Options)) (*ec2.RebootInstancesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	all, err := r.instances(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, i := range all {
		if i.state(now) != types.InstanceStateNameRunning {
			return nil, fakeaws.Error("IncorrectInstanceState", "This instance '%s' is not in the 'running' state.", i.ID)
		}
	}
	for _, i := range all {
		r.dropFlows(i.ID, "the instance was rebooted", now)
	}
	return &ec2.RebootInstancesOutput{}, nil
}

// TerminateInstances ends instances for good, and with them the volumes and interfaces that are marked to go along. Protection from
// stop protects from this too. A request with a protected instance fails, but spares its Availability Zone alone: what it names in
// other zones is terminated all the same ("Change instance termination protection", EC2 User Guide).
func (s *Service) TerminateInstances(ctx context.Context, in *ec2.TerminateInstancesInput, _ ...func(*ec2.Options)) (*ec2.TerminateInstancesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	all, err := r.instances(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	spared := map[string]bool{} // zones
	var refusal error
	for _, i := range all {
		attribute := ""
		switch {
		case i.ended():
		case i.NoTermination:
			attribute = "disableApiTermination"
		case i.NoStop:
			attribute = "disableApiStop"
		}
		if attribute != "" {
			spared[i.Zone] = true
			refusal = fakeaws.Error("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its '%s' instance attribute and try again.", i.ID, attribute)
		}
	}
	out := &ec2.TerminateInstancesOutput{}
	for _, i := range all {
		if spared[i.Zone] {
			continue
		}
		was := i.state(time.Now())
		is := types.InstanceStateNameShuttingDown
		if was == types.InstanceStateNameTerminated {
			is = was
		}
		s.terminate(r, i, "Client.UserInitiatedShutdown", "User initiated shutdown")
		out.TerminatingInstances = append(out.TerminatingInstances, change(i, was, is))
	}
	if refusal != nil {
		return nil, refusal
	}
	return out, nil
}

// MonitorInstances turns detailed monitoring on.
func (s *Service) MonitorInstances(ctx context.Context, in *ec2.MonitorInstancesInput, _ ...func(*ec2.Options)) (*ec2.MonitorInstancesOutput, error) {
	answer, err := s.monitor(ctx, in.InstanceIds, in.DryRun, true)
	return &ec2.MonitorInstancesOutput{InstanceMonitorings: answer}, err
}

// UnmonitorInstances turns detailed monitoring off.
func (s *Service) UnmonitorInstances(ctx context.Context, in *ec2.UnmonitorInstancesInput, _ ...func(*ec2.Options)) (*ec2.UnmonitorInstancesOutput, error) {
	answer, err := s.monitor(ctx, in.InstanceIds, in.DryRun, false)
	return &ec2.UnmonitorInstancesOutput{InstanceMonitorings: answer}, err
}

func (s *Service) monitor(ctx context.Context, ids []string, dryRun *bool, on bool) ([]types.InstanceMonitoring, error) {
	r, err := s.open(ctx, dryRun)
	if err != nil {
		return nil, err
	}
	all, err := r.instances(ids)
	if err != nil {
		return nil, err
	}
	var out []types.InstanceMonitoring
	for _, i := range all {
		i.Monitored = on
		out = append(out, types.InstanceMonitoring{InstanceId: aws.String(i.ID), Monitoring: &types.Monitoring{State: monitoring(on)}})
	}
	return out, nil
}
