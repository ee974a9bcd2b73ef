package fakeec2

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/publicimages"
)

// graviton are the families with processors of Arm.
var graviton = regexp.MustCompile(`^(a1|[a-z]+[0-9]+g[a-z]*)\.`)

// RunInstances launches instances, as many as MaxCount says. A request with a client token that was used answers the same
// instances; a token whose instances were terminated is refused.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
func (s *Service) RunInstances(ctx context.Context, in *ec2.RunInstancesInput, _ ...func(*ec2.Options)) (*ec2.RunInstancesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	least, most := aws.ToInt32(in.MinCount), aws.ToInt32(in.MaxCount)
	if least < 1 || most < least {
		return nil, invalidParameter("Value (%d) for parameter minCount is invalid. It must be at least 1 and at most maxCount (%d).", least, most)
	}
	reservation, err := r.replay("RunInstances", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	made := r.Instances.where(func(i *instance) bool { return i.Reservation == reservation })
	if reservation != "" && !slices.ContainsFunc(made, func(i *instance) bool { return i.State != types.InstanceStateNameTerminated }) {
		return nil, fakeaws.Error("IdempotentInstanceTerminated", "The client token is that of a request whose instance has been terminated.")
	}
	if reservation == "" {
		plan, err := s.plan(ctx, r, in)
		if err != nil {
			return nil, err
		}
		if made, err = s.launch(ctx, r, plan, int(most)); err != nil {
			return nil, err
		}
		reservation = made[0].Reservation
		r.remember("RunInstances", in.ClientToken, in, reservation)
	}
	out := &ec2.RunInstancesOutput{ReservationId: aws.String(reservation), OwnerId: aws.String(r.Account)}
	for _, i := range made {
		x := i.describe(r)
		if i.Until.Equal(i.Launched) && i.State == types.InstanceStateNameRunning {
			x.State, x.MetadataOptions.State = stateOf(types.InstanceStateNamePending), types.InstanceMetadataOptionsStatePending
		}
		out.Instances = append(out.Instances, x)
	}
	return out, nil
}

// launchPlan is a launch in which nothing is left to be refused but a lack of addresses.
type launchPlan struct {
	in                     *ec2.RunInstancesInput
	image                  publicimages.Image
	subnet                 *subnet
	interfaces             []plannedInterface
	metadata               types.InstanceMetadataOptionsResponse
	profileARN, profileID  string
	instance, volume, spec map[string]string // tags
	by                     string            // the service that launches, as autoscaling.amazonaws.com
}

type plannedInterface struct {
	existing   *networkInterface
	made       networkInterface
	secondary  int32
	index      int32
	deleteToo  bool
	autoPublic bool
}

// plan looks up all that a launch names, and refuses what EC2 refuses.
func (s *Service) plan(ctx context.Context, r *region, in *ec2.RunInstancesInput) (launchPlan, error) {
	own := *in // what is filled in here is no part of what was asked
	p := launchPlan{in: &own}
	if in.LaunchTemplate != nil {
		t, err := r.template(in.LaunchTemplate.LaunchTemplateId, in.LaunchTemplate.LaunchTemplateName)
		if err != nil {
			return p, err
		}
		v, err := t.version(aws.ToString(in.LaunchTemplate.Version))
		if err != nil {
			return p, err
		}
		p.in = combined(v.Data, in)
	}
	in = p.in
	if err := launchable(in); err != nil {
		return p, err
	}
	if in.ImageId == nil {
		return p, missingParameter("ImageId")
	}
	id, err := s.resolve(ctx, r, *in.ImageId)
	if err != nil {
		return p, err
	}
	if p.image, err = r.image(id); err != nil {
		return p, err
	}
	in.InstanceType = cmp.Or(in.InstanceType, types.InstanceTypeM1Small)
	architecture := "x86_64"
	if graviton.MatchString(string(in.InstanceType)) {
		architecture = "arm64"
	}
	if architecture != p.image.Architecture {
		return p, invalidParameter("The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
			architecture, p.image.Architecture)
	}
	if spot := in.InstanceMarketOptions != nil; spot && (aws.ToBool(in.DisableApiTermination) || aws.ToBool(in.DisableApiStop)) {
		return p, fakeaws.Error("UnsupportedOperation", "You can't enable termination or stop protection for Spot Instances.")
	}
	if err := s.planNetwork(r, &p); err != nil {
		return p, err
	}
	if p.metadata, err = r.effective(in.MetadataOptions, p.image); err != nil {
		return p, err
	}
	if in.IamInstanceProfile != nil {
		if p.profileARN, p.profileID, err = s.profile(ctx, r, in.IamInstanceProfile); err != nil {
			return p, err
		}
	}
	for _, m := range in.BlockDeviceMappings {
		if m.Ebs != nil && m.Ebs.SnapshotId != nil {
			if _, _, err := s.snapshotSource(ctx, r, *m.Ebs.SnapshotId); err != nil {
				return p, err
			}
		} else if m.Ebs != nil && m.Ebs.VolumeSize == nil && m.NoDevice == nil && aws.ToString(m.DeviceName) != p.image.RootDevice {
			return p, fakeaws.Error("MissingParameter", "The request must contain the parameter size or snapshotId")
		} else if m.Ebs != nil && m.Ebs.VolumeSize != nil && *m.Ebs.VolumeSize < p.image.GiB && aws.ToString(m.DeviceName) == p.image.RootDevice {
			return p, fakeaws.Error("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size>= %dGB",
				*m.Ebs.VolumeSize, imageSnapshot(p.image), p.image.GiB)
		}
	}
	tags := map[types.ResourceType]map[string]string{}
	for _, spec := range in.TagSpecifications {
		if tags[spec.ResourceType], err = checked(spec.Tags); err != nil {
			return p, err
		}
	}
	p.instance, p.volume, p.spec = tags[types.ResourceTypeInstance], tags[types.ResourceTypeVolume], tags[types.ResourceTypeNetworkInterface]
	return p, nil
}

// planNetwork decides on the subnet and the interfaces.
func (s *Service) planNetwork(r *region, p *launchPlan) error {
	in := p.in
	if len(in.SecurityGroupIds) > 0 && len(in.SecurityGroups) > 0 {
		return badCombination("The parameters securityGroupIds and securityGroups cannot be used together")
	}
	if len(in.NetworkInterfaces) > 0 {
		switch {
		case in.SubnetId != nil:
			return badCombination("Network interfaces and an instance-level subnet ID may not be specified on the same request")
		case len(in.SecurityGroupIds)+len(in.SecurityGroups) > 0:
			return badCombination("Network interfaces and an instance-level security groups may not be specified on the same request")
		case in.PrivateIpAddress != nil:
			return badCombination("Network interfaces and an instance-level private address may not be specified on the same request")
		}
		return s.planInterfaces(r, p)
	}
	n, err := r.subnetFor(in.SubnetId, in.Placement)
	if err != nil {
		return err
	}
	ids := slices.Clone(in.SecurityGroupIds)
	for _, name := range in.SecurityGroups {
		if in.SubnetId != nil {
			return badCombination("The parameter groupName cannot be used with the parameter subnet")
		}
		g, err := r.groupNamed(nil, &name)
		if err != nil {
			return err
		}
		ids = append(ids, g.ID)
	}
	groups, err := s.groupsIn(r, n.VPC, ids)
	if err != nil {
		return err
	}
	p.subnet = n
	p.interfaces = []plannedInterface{{
		made: networkInterface{Subnet: n.ID, IP: aws.ToString(in.PrivateIpAddress), Groups: groups, Type: types.NetworkInterfaceTypeInterface}, deleteToo: true, autoPublic: n.PublicIPs,
	}}
	return nil
}

// subnetFor is the subnet that is named, or the default one of the zone.
func (r *region) subnetFor(id *string, at *types.Placement) (*subnet, error) {
	if id != nil {
		n, err := find(&r.Subnets, subnetKind, id)
		if err == nil && at != nil && at.AvailabilityZone != nil && *at.AvailabilityZone != n.Zone {
			return nil, invalidParameter("The availability zone '%s' is not the subnet's '%s'", *at.AvailabilityZone, n.Zone)
		}
		return n, err
	}
	v := r.defaultVPC()
	if v == nil {
		return nil, fakeaws.Error("VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
	}
	for _, n := range r.Subnets.Items {
		if n.VPC == v.ID && n.Default && (at == nil || at.AvailabilityZone == nil || *at.AvailabilityZone == n.Zone) {
			return n, nil
		}
	}
	return nil, fakeaws.Error("MissingInput", "No subnets found for the default VPC '%s'. Please specify a subnet.", v.ID)
}

// planInterfaces is planNetwork for a launch that says which interfaces it wants.
func (s *Service) planInterfaces(r *region, p *launchPlan) error {
	seen := map[int32]bool{}
	for _, spec := range p.in.NetworkInterfaces {
		if spec.DeviceIndex == nil {
			return fakeaws.Error("MissingParameter", "The request must contain the parameter DeviceIndex of the network interface")
		}
		x := plannedInterface{index: *spec.DeviceIndex, deleteToo: spec.DeleteOnTermination == nil || *spec.DeleteOnTermination, secondary: aws.ToInt32(spec.SecondaryPrivateIpAddressCount)}
		if seen[x.index] {
			return badCombination("Each network interface requires a unique device index.")
		}
		seen[x.index] = true
		var at *subnet
		if spec.NetworkInterfaceId != nil {
			i, err := find(&r.Interfaces, interfaceKind, spec.NetworkInterfaceId)
			if err != nil {
				return err
			}
			switch {
			case i.attached(time.Now()) != nil:
				return fakeaws.Error("InvalidNetworkInterface.InUse", "Network interface '%s' is currently in use.", i.ID)
			case spec.SubnetId != nil || len(spec.Groups) > 0:
				return badCombination("A network interface may not specify a network interface ID together with a subnet or groups")
			case aws.ToInt32(p.in.MaxCount) > 1:
				return badCombination("A network interface ID cannot be specified when launching several instances")
			}
			x.existing, x.deleteToo, at = i, aws.ToBool(spec.DeleteOnTermination), r.Subnets.Index[i.Subnet]
		} else {
			n, err := r.subnetFor(spec.SubnetId, p.in.Placement)
			if err != nil {
				return err
			}
			groups, err := s.groupsIn(r, n.VPC, spec.Groups)
			if err != nil {
				return err
			}
			x.made = networkInterface{
				Subnet: n.ID, IP: aws.ToString(spec.PrivateIpAddress), Groups: groups, Description: aws.ToString(spec.Description),
				Type: types.NetworkInterfaceType(cmp.Or(aws.ToString(spec.InterfaceType), "interface")),
			}
			if spec.AssociatePublicIpAddress != nil && len(p.in.NetworkInterfaces) > 1 && *spec.AssociatePublicIpAddress {
				return badCombination("The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.")
			}
			x.autoPublic = len(p.in.NetworkInterfaces) == 1 && (spec.AssociatePublicIpAddress == nil && n.PublicIPs || aws.ToBool(spec.AssociatePublicIpAddress))
			at = n
		}
		if p.subnet != nil && p.subnet.Zone != at.Zone {
			return badCombination("You may not specify network interfaces in different Availability Zones")
		}
		if p.subnet == nil || x.index == 0 {
			p.subnet = at
		}
		p.interfaces = append(p.interfaces, x)
	}
	if !seen[0] {
		return badCombination("When specifying network interfaces, you must include a device at index 0.")
	}
	return nil
}

// launch makes what was planned. It makes nothing if it fails.
func (s *Service) launch(ctx context.Context, r *region, p launchPlan, count int) ([]*instance, error) {
	now := time.Now()
	in := p.in
	reservation := s.cloud.ID("r-", 17)
	var made []*instance
	undo := func() {
		for _, i := range made {
			for _, n := range r.interfacesOf(i, now) {
				if !slices.ContainsFunc(p.interfaces, func(x plannedInterface) bool { return x.existing == n }) {
					r.dropInterface(n)
				} else {
					n.Attachment = nil
				}
			}
			r.Instances.remove(i.ID)
			r.forget(i.ID)
		}
	}
	for k := range count {
		i := &instance{
			ID: s.cloud.ID("i-", 17), Reservation: reservation, Token: aws.ToString(in.ClientToken), LaunchedBy: p.by, Index: int32(k),
			Image: p.image.ID, Architecture: p.image.Architecture, Platform: platform(p.image), RootDevice: p.image.RootDevice, Type: in.InstanceType,
			VPC: p.subnet.VPC, Subnet: p.subnet.ID, Zone: p.subnet.Zone, Tenancy: types.TenancyDefault, Launched: now,
			Metadata: p.metadata, MetadataSince: now.Add(s.settle()), UserData: aws.ToString(in.UserData),
			Shutdown: cmp.Or(in.InstanceInitiatedShutdownBehavior, types.ShutdownBehaviorStop),
			NoStop:   aws.ToBool(in.DisableApiStop), NoTermination: aws.ToBool(in.DisableApiTermination), EBSOptimized: aws.ToBool(in.EbsOptimized),
		}
		if in.Placement != nil {
			i.Tenancy = cmp.Or(in.Placement.Tenancy, i.Tenancy)
		}
		if in.Monitoring != nil {
			i.Monitored = aws.ToBool(in.Monitoring.Enabled)
		}
		if in.InstanceMarketOptions != nil {
			i.Spot, i.SpotRequest, i.Shutdown = true, s.cloud.ID("sir-", 8), types.ShutdownBehaviorTerminate
		}
		i.become(types.InstanceStateNameRunning, types.InstanceStateNamePending, now.Add(s.settle()), "", "")
		r.Instances.add(i.ID, i)
		made = append(made, i)
		r.tag(i.ID, p.instance)
		for _, x := range p.interfaces {
			n := x.existing
			if n == nil {
				var err error
				if n, err = s.addInterface(r, x.made); err == nil {
					n.AutoPublic = x.autoPublic
					r.tag(n.ID, p.spec)
					s.attach(r, n, i, x.index, x.deleteToo)
					if err = r.addSecondary(n, x.secondary, nil); err == nil {
						err = r.assignPublic(n)
					}
				}
				if err != nil {
					undo()
					return nil, err
				}
				continue
			}
			s.attach(r, n, i, x.index, x.deleteToo)
		}
	}
	for _, i := range made {
		if p.profileARN != "" {
			s.addProfile(r, i.ID, p.profileARN, p.profileID)
		}
		if err := s.addDisks(ctx, r, i, p); err != nil {
			// As with AWS, which looks at snapshots and keys after it has answered, the instance ends by itself.
			s.terminate(r, i, "Client.InternalError", "Client error on launch")
		}
	}
	return made, nil
}

// errKey is why an instance ends right after its launch: EBS cannot use the key of one of its volumes.
var errKey = fakeaws.Error("Client.InternalError", "Client error on launch")

// addDisks makes the volumes of an instance: the image's root volume, as the launch changes it, and those of the launch.
func (s *Service) addDisks(ctx context.Context, r *region, i *instance, p launchPlan) error {
	root := types.BlockDeviceMapping{DeviceName: aws.String(p.image.RootDevice), Ebs: &types.EbsBlockDevice{
		SnapshotId: aws.String(imageSnapshot(p.image)), VolumeType: types.VolumeTypeGp3, DeleteOnTermination: aws.Bool(true),
	}}
	mappings := []types.BlockDeviceMapping{root}
	for _, m := range p.in.BlockDeviceMappings {
		if aws.ToString(m.DeviceName) == p.image.RootDevice {
			if m.Ebs != nil {
				e := over(*root.Ebs, *m.Ebs)
				mappings[0].Ebs = &e
			}
		} else if m.NoDevice == nil && m.Ebs != nil {
			mappings = append(mappings, m)
		}
	}
	var failed error
	for _, m := range mappings {
		e := m.Ebs
		v, usable, err := s.addVolume(ctx, r, disk{
			zone: i.Zone, snapshot: aws.ToString(e.SnapshotId), key: aws.ToString(e.KmsKeyId), size: e.VolumeSize, iops: e.Iops, throughput: e.Throughput,
			encrypted: e.Encrypted, kind: e.VolumeType,
		})
		if err != nil {
			return err
		}
		if !usable {
			failed = errKey
		}
		v.Attachment = &volumeAttachment{
			Instance: i.ID, Device: aws.ToString(m.DeviceName), Since: v.Created, DeleteOnTermination: e.DeleteOnTermination == nil || *e.DeleteOnTermination,
		}
		r.tag(v.ID, p.volume)
	}
	return failed
}
