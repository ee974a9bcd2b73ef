package fakeec2

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// instance keeps its interfaces and volumes by their attachments.
type instance struct {
	ID, Reservation, Token, LaunchedBy string
	Index                              int32
	Image, Architecture, Platform      string
	RootDevice                         string
	Type                               types.InstanceType
	VPC, Subnet, Zone                  string
	Tenancy                            types.Tenancy
	Launched                           time.Time

	// State is what the instance comes to; until Until it is Passing.
	State, Passing types.InstanceStateName
	Until          time.Time
	ReasonCode     string
	Reason         string

	Metadata                      types.InstanceMetadataOptionsResponse
	MetadataSince                 time.Time
	UserData                      string
	Shutdown                      types.ShutdownBehavior
	NoStop, NoTermination         bool
	Monitored, EBSOptimized, Spot bool
	SpotRequest                   string
}

// terminatedFor is how long a terminated instance is still described ("Terminate Amazon EC2 instances", EC2 User Guide).
const terminatedFor = time.Hour

func (i *instance) state(now time.Time) types.InstanceStateName {
	if now.Before(i.Until) {
		return i.Passing
	}
	return i.State
}

func (i *instance) vanished(now time.Time) bool {
	return i.State == types.InstanceStateNameTerminated && !now.Before(i.Until.Add(terminatedFor))
}

// down reports whether an instance neither runs nor is about to.
func (i *instance) down(now time.Time) bool {
	s := i.state(now)
	return s != types.InstanceStateNameRunning && s != types.InstanceStateNamePending
}

// ended reports whether an instance is terminated or on its way there.
func (i *instance) ended() bool { return i.State == types.InstanceStateNameTerminated }

// become lets an instance pass to another state.
func (i *instance) become(to, through types.InstanceStateName, by time.Time, code, reason string) {
	i.State, i.Passing, i.Until, i.ReasonCode, i.Reason = to, through, by, code, reason
}

var stateCodes = map[types.InstanceStateName]int32{
	types.InstanceStateNamePending: 0, types.InstanceStateNameRunning: 16, types.InstanceStateNameShuttingDown: 32,
	types.InstanceStateNameTerminated: 48, types.InstanceStateNameStopping: 64, types.InstanceStateNameStopped: 80,
}

func stateOf(s types.InstanceStateName) *types.InstanceState {
	return &types.InstanceState{Name: s, Code: aws.Int32(stateCodes[s])}
}

// instance finds an instance; one that was terminated is there for an hour.
func (r *region) instance(id *string) (*instance, error) {
	i, err := find(&r.Instances, instanceKind, id)
	if err == nil && i.vanished(time.Now()) {
		return nil, instanceKind.missing(i.ID)
	}
	return i, err
}

// settled finds an instance that runs or is stopped, which is when things can be attached to it.
func (r *region) settled(id *string) (*instance, error) {
	i, err := r.instance(id)
	if err != nil {
		return nil, err
	}
	if s := i.state(time.Now()); s != types.InstanceStateNameRunning && s != types.InstanceStateNameStopped {
		return nil, fakeaws.Error("IncorrectInstanceState", "Instance '%s' is not 'running' or 'stopped'.", i.ID)
	}
	return i, nil
}

// interfacesOf are the interfaces attached to an instance, in the order of their device indexes.
func (r *region) interfacesOf(i *instance, now time.Time) []*networkInterface {
	out := r.Interfaces.where(func(n *networkInterface) bool {
		a := n.attached(now)
		return a != nil && a.Instance == i.ID && !n.gone(now)
	})
	slices.SortStableFunc(out, func(a, b *networkInterface) int { return int(a.Attachment.Index - b.Attachment.Index) })
	return out
}

// onlyInterface refuses what EC2 refuses of an instance with several interfaces.
func (r *region) onlyInterface(i *instance, now time.Time) (*networkInterface, error) {
	all := r.interfacesOf(i, now)
	switch {
	case len(all) == 0:
		return nil, fakeaws.Error("InvalidInstanceID", "No interface attached to instance '%s'.", i.ID)
	case len(all) > 1:
		return nil, fakeaws.Error("InvalidInstanceID",
			"There are multiple interfaces attached to instance '%s'. Please specify an interface ID for the operation instead.", i.ID)
	}
	return all[0], nil
}

// volumesOf are the volumes attached to an instance, the root volume first.
func (r *region) volumesOf(i *instance, now time.Time) []*volume {
	out := r.Volumes.where(func(v *volume) bool {
		a := v.attached(now)
		return a != nil && a.Instance == i.ID && !v.gone(now)
	})
	slices.SortStableFunc(out, func(a, b *volume) int {
		switch i.RootDevice {
		case a.Attachment.Device:
			return -1
		case b.Attachment.Device:
			return 1
		}
		return 0
	})
	return out
}

// sweepCompute removes what has finished ending.
func (r *region) sweepCompute(now time.Time) {
	for _, n := range r.Interfaces.Items {
		if n.Attachment != nil && n.attached(now) == nil {
			n.Attachment = nil
		}
	}
	for _, v := range r.Volumes.Items {
		if v.Attachment != nil && v.attached(now) == nil {
			v.Attachment = nil
		}
	}
	for _, v := range r.Volumes.where(func(v *volume) bool { return v.gone(now) }) {
		r.Volumes.remove(v.ID)
		r.forget(v.ID)
	}
	for _, p := range r.Profiles.where(func(p *profileAssociation) bool { return p.gone(now) }) {
		r.Profiles.remove(p.ID)
	}
	for _, i := range r.Instances.where(func(i *instance) bool { return i.vanished(now) }) {
		r.Instances.remove(i.ID)
		r.forget(i.ID)
	}
}

// end takes apart what hangs on an instance that is being terminated: interfaces and volumes go along or are set free when it is gone.
func (r *region) end(i *instance, now time.Time) {
	for _, n := range r.interfacesOf(i, now) {
		n.PublicIP = ""
		if n.Attachment.DeleteOnTermination {
			n.Gone = i.Until
		} else {
			n.Attachment.Ends = i.Until
		}
	}
	for _, v := range r.volumesOf(i, now) {
		if v.Attachment.DeleteOnTermination {
			v.Gone = i.Until
		} else {
			v.Attachment.Ends = i.Until
		}
	}
	for _, p := range r.Profiles.where(func(p *profileAssociation) bool { return p.Instance == i.ID }) {
		p.Ends = i.Until
	}
	r.dropFlows(i.ID, "the instance was terminated", now)
}

// describe is an instance as DescribeInstances answers it.
func (i *instance) describe(r *region) types.Instance {
	now := time.Now()
	state := i.state(now)
	out := types.Instance{
		InstanceId: aws.String(i.ID), AmiLaunchIndex: aws.Int32(i.Index), ClientToken: aws.String(i.Token), ImageId: aws.String(i.Image),
		InstanceType: i.Type, LaunchTime: aws.Time(i.Launched), State: stateOf(state), Tags: r.tagsOn(i.ID),
		Architecture: types.ArchitectureValues(i.Architecture), PlatformDetails: aws.String(i.Platform),
		EbsOptimized: aws.Bool(i.EBSOptimized), EnaSupport: aws.Bool(true), Hypervisor: types.HypervisorTypeXen,
		VirtualizationType: types.VirtualizationTypeHvm, RootDeviceName: aws.String(i.RootDevice), RootDeviceType: types.DeviceTypeEbs,
		Placement:  &types.Placement{AvailabilityZone: aws.String(i.Zone), Tenancy: i.Tenancy, GroupName: aws.String("")},
		Monitoring: &types.Monitoring{State: monitoring(i.Monitored)}, MetadataOptions: i.metadata(now),
		PublicDnsName: aws.String(""), PrivateDnsName: aws.String(""), StateTransitionReason: aws.String(i.Reason),
	}
	if i.Platform == "Windows" {
		out.Platform = types.PlatformValuesWindows
	}
	if i.ReasonCode != "" {
		out.StateReason = &types.StateReason{Code: aws.String(i.ReasonCode), Message: aws.String(i.ReasonCode + ": " + i.Reason)}
	}
	if i.Spot {
		out.InstanceLifecycle, out.SpotInstanceRequestId = types.InstanceLifecycleTypeSpot, aws.String(i.SpotRequest)
	}
	if p := r.profileOf(i.ID, now); p != nil {
		out.IamInstanceProfile = &types.IamInstanceProfile{Arn: aws.String(p.ARN), Id: aws.String(p.ProfileID)}
	}
	for _, v := range r.volumesOf(i, now) {
		out.BlockDeviceMappings = append(out.BlockDeviceMappings, v.mapping())
	}
	if state == types.InstanceStateNameTerminated {
		return out // its network is no longer answered
	}
	out.VpcId, out.SubnetId = aws.String(i.VPC), aws.String(i.Subnet)
	for _, n := range r.interfacesOf(i, now) {
		x := n.describe(r)
		out.NetworkInterfaces = append(out.NetworkInterfaces, onInstance(x))
		if n.Attachment.Index != 0 {
			continue
		}
		out.SecurityGroups, out.SourceDestCheck = x.Groups, x.SourceDestCheck
		out.PrivateIpAddress, out.PrivateDnsName = x.PrivateIpAddress, x.PrivateDnsName
		if x.Association != nil {
			out.PublicIpAddress = x.Association.PublicIp
			if x.Association.PublicDnsName != nil {
				out.PublicDnsName = x.Association.PublicDnsName
			}
		}
	}
	return out
}

func monitoring(on bool) types.MonitoringState {
	if on {
		return types.MonitoringStateEnabled
	}
	return types.MonitoringStateDisabled
}

// onInstance is an interface as its instance shows it.
func onInstance(x types.NetworkInterface) types.InstanceNetworkInterface {
	out := types.InstanceNetworkInterface{
		NetworkInterfaceId: x.NetworkInterfaceId, Description: x.Description, Groups: x.Groups, InterfaceType: aws.String(string(x.InterfaceType)),
		MacAddress: x.MacAddress, OwnerId: x.OwnerId, PrivateDnsName: x.PrivateDnsName, PrivateIpAddress: x.PrivateIpAddress,
		SourceDestCheck: x.SourceDestCheck, Status: x.Status, SubnetId: x.SubnetId, VpcId: x.VpcId, Association: seenAssociation(x.Association),
		Attachment: &types.InstanceNetworkInterfaceAttachment{
			AttachTime: x.Attachment.AttachTime, AttachmentId: x.Attachment.AttachmentId, DeleteOnTermination: x.Attachment.DeleteOnTermination,
			DeviceIndex: x.Attachment.DeviceIndex, NetworkCardIndex: aws.Int32(0), Status: x.Attachment.Status,
		},
	}
	for _, p := range x.PrivateIpAddresses {
		out.PrivateIpAddresses = append(out.PrivateIpAddresses, types.InstancePrivateIpAddress{
			Primary: p.Primary, PrivateIpAddress: p.PrivateIpAddress, PrivateDnsName: p.PrivateDnsName, Association: seenAssociation(p.Association),
		})
	}
	return out
}

func seenAssociation(a *types.NetworkInterfaceAssociation) *types.InstanceNetworkInterfaceAssociation {
	if a == nil {
		return nil
	}
	return &types.InstanceNetworkInterfaceAssociation{IpOwnerId: a.IpOwnerId, PublicIp: a.PublicIp, PublicDnsName: a.PublicDnsName}
}
