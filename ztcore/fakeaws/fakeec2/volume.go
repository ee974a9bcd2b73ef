package fakeec2

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type volume struct {
	ID, Zone, Snapshot     string
	Key                    string // the ARN of the key; empty for a volume that is not encrypted
	Type                   types.VolumeType
	Size, IOPS, Throughput int32
	Created, Ready         time.Time
	Attachment             *volumeAttachment
	Gone                   time.Time // when it no longer exists; zero while nobody deletes it
}

type volumeAttachment struct {
	Instance, Device    string
	Since               time.Time
	DeleteOnTermination bool
	Ends                time.Time // when it is detached; zero while nobody detaches it
}

func (v *volume) gone(now time.Time) bool { return !v.Gone.IsZero() && !now.Before(v.Gone) }

// attached is the attachment that stands, or nil.
func (v *volume) attached(now time.Time) *volumeAttachment {
	if v.Attachment == nil || !v.Attachment.Ends.IsZero() && !now.Before(v.Attachment.Ends) {
		return nil
	}
	return v.Attachment
}

func (v *volume) state(now time.Time) types.VolumeState {
	switch {
	case now.Before(v.Ready):
		return types.VolumeStateCreating
	case v.attached(now) != nil:
		return types.VolumeStateInUse
	case !v.Gone.IsZero():
		return types.VolumeStateDeleting
	}
	return types.VolumeStateAvailable
}

// diskKey is the ARN of the key that EBS encrypts with: the one that is named, or the region's default. It is not ok where the
// key cannot be used, which EC2 finds out after it has answered.
func (s *Service) diskKey(ctx context.Context, r *region, named string) (arn string, ok bool) {
	ref := cmp.Or(named, *r.volumeKey())
	if kms, installed := fakeaws.Capability[fakeaws.Keys](s.cloud); installed {
		arn, enabled, _, found := kms.Key(ctx, ref)
		return arn, found && enabled
	}
	if len(ref) > 4 && ref[:4] == "arn:" {
		return ref, true
	}
	if len(ref) < 6 || ref[:6] != "alias/" {
		ref = "key/" + ref
	}
	return "arn:" + fakeaws.Partition(r.Name) + ":kms:" + r.Name + ":" + r.Account + ":" + ref, true
}

// managedKey reports whether a key is AWS's own for EBS, with which nothing can be shared.
func (s *Service) managedKey(ctx context.Context, r *region, arn string) bool {
	own := "arn:" + fakeaws.Partition(r.Name) + ":kms:" + r.Name + ":" + r.Account + ":alias/aws/ebs"
	if kms, installed := fakeaws.Capability[fakeaws.Keys](s.cloud); installed {
		own, _, _, _ = kms.Key(ctx, "alias/aws/ebs")
	}
	return arn == own
}

// disk is what a volume is made of.
type disk struct {
	zone, snapshot, key    string
	size, iops, throughput *int32
	encrypted              *bool
	kind                   types.VolumeType
}

// addVolume makes a volume. What the default for encryption, or an encrypted snapshot, says holds where the request is silent. A
// volume whose key cannot be used fails after the answer: it is never ready.
func (s *Service) addVolume(ctx context.Context, r *region, d disk) (v *volume, usable bool, err error) {
	now := time.Now()
	v = &volume{Zone: d.zone, Snapshot: d.snapshot, Type: cmp.Or(d.kind, types.VolumeTypeGp2), Created: now, Ready: now.Add(s.settle())}
	encrypted := aws.ToBool(d.encrypted) || r.Settings.EncryptVolumes
	v.Size = aws.ToInt32(d.size)
	named := d.key
	if d.snapshot != "" {
		size, key, err := s.snapshotSource(ctx, r, d.snapshot)
		if err != nil {
			return nil, false, err
		}
		if key != "" && d.encrypted != nil && !*d.encrypted {
			return nil, false, invalidParameter("Cannot specify encrypted=false for a volume made from the encrypted snapshot '%s'", d.snapshot)
		}
		encrypted = encrypted || key != ""
		named = cmp.Or(named, key)
		v.Size = cmp.Or(v.Size, size)
		if v.Size < size {
			return nil, false, fakeaws.Error("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB", v.Size, d.snapshot, size)
		}
	}
	if v.Size == 0 {
		return nil, false, missingParameter("size or snapshotId")
	}
	v.IOPS, v.Throughput = rates(v.Type, v.Size, d.iops, d.throughput)
	usable = true
	if encrypted {
		v.Key, usable = s.diskKey(ctx, r, named)
	}
	v.ID = s.cloud.ID("vol-", 17)
	if !usable {
		v.Ready = now.Add(s.settle())
		v.Gone = v.Ready
	}
	r.Volumes.add(v.ID, v)
	return v, usable, nil
}

// rates are the defaults of each type ("Amazon EBS volume types").
func rates(t types.VolumeType, size int32, iops, throughput *int32) (int32, int32) {
	switch t {
	case types.VolumeTypeGp3:
		return cmp.Or(aws.ToInt32(iops), 3000), cmp.Or(aws.ToInt32(throughput), 125)
	case types.VolumeTypeGp2:
		return min(max(100, 3*size), 16000), 0
	}
	return aws.ToInt32(iops), 0
}

// CreateVolume makes a volume in a zone, encrypted where the request or the region's default says so.
func (s *Service) CreateVolume(ctx context.Context, in *ec2.CreateVolumeInput, _ ...func(*ec2.Options)) (*ec2.CreateVolumeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateVolume", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	v := r.Volumes.Index[done]
	if v == nil {
		if in.AvailabilityZone == nil && in.AvailabilityZoneId == nil {
			return nil, missingParameter("AvailabilityZone")
		}
		z, err := zoneNamed(r.Name, aws.ToString(in.AvailabilityZone), aws.ToString(in.AvailabilityZoneId))
		if err != nil {
			return nil, fakeaws.Error("InvalidZone.NotFound", "The zone '%s%s' does not exist.", aws.ToString(in.AvailabilityZone), aws.ToString(in.AvailabilityZoneId))
		}
		if err := volumeShape(in.VolumeType, in.Size, in.Iops, in.Throughput); err != nil {
			return nil, err
		}
		if in.KmsKeyId != nil && !aws.ToBool(in.Encrypted) {
			return nil, fakeaws.Error("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
		}
		tags, err := specified(in.TagSpecifications, volumeKind.resource)
		if err != nil {
			return nil, err
		}
		v, _, err = s.addVolume(ctx, r, disk{
			zone: z.name, snapshot: aws.ToString(in.SnapshotId), key: aws.ToString(in.KmsKeyId), size: in.Size, iops: in.Iops, throughput: in.Throughput,
			encrypted: in.Encrypted, kind: in.VolumeType,
		})
		if err != nil {
			return nil, err
		}
		r.tag(v.ID, tags)
		r.remember("CreateVolume", in.ClientToken, in, v.ID)
	}
	x := v.describe(r)
	return &ec2.CreateVolumeOutput{
		VolumeId: x.VolumeId, AvailabilityZone: x.AvailabilityZone, AvailabilityZoneId: x.AvailabilityZoneId, CreateTime: x.CreateTime, Encrypted: x.Encrypted,
		Iops: x.Iops, KmsKeyId: x.KmsKeyId, MultiAttachEnabled: x.MultiAttachEnabled, Size: x.Size, SnapshotId: x.SnapshotId,
		State: types.VolumeStateCreating, Tags: x.Tags, Throughput: x.Throughput, VolumeType: x.VolumeType,
	}, nil
}

func (v *volume) describe(r *region) types.Volume {
	now := time.Now()
	out := types.Volume{
		VolumeId: aws.String(v.ID), AvailabilityZone: aws.String(v.Zone), CreateTime: aws.Time(v.Created), Encrypted: aws.Bool(v.Key != ""),
		KmsKeyId: text(v.Key), MultiAttachEnabled: aws.Bool(false), Size: aws.Int32(v.Size), SnapshotId: aws.String(v.Snapshot), State: v.state(now),
		Tags: r.tagsOn(v.ID), VolumeType: v.Type,
	}
	if z, err := zoneNamed(r.Name, v.Zone, ""); err == nil {
		out.AvailabilityZoneId = aws.String(z.id)
	}
	if v.IOPS != 0 {
		out.Iops = aws.Int32(v.IOPS)
	}
	if v.Throughput != 0 {
		out.Throughput = aws.Int32(v.Throughput)
	}
	if a := v.attached(now); a != nil {
		out.Attachments = []types.VolumeAttachment{a.describe(v)}
	}
	return out
}

func (a *volumeAttachment) describe(v *volume) types.VolumeAttachment {
	state := types.VolumeAttachmentStateAttached
	if !a.Ends.IsZero() {
		state = types.VolumeAttachmentStateDetaching
	}
	return types.VolumeAttachment{
		VolumeId: aws.String(v.ID), InstanceId: aws.String(a.Instance), Device: aws.String(a.Device), AttachTime: aws.Time(a.Since),
		DeleteOnTermination: aws.Bool(a.DeleteOnTermination), State: state,
	}
}

// mapping is a volume as its instance shows it.
func (v *volume) mapping() types.InstanceBlockDeviceMapping {
	a := v.Attachment.describe(v)
	return types.InstanceBlockDeviceMapping{DeviceName: a.Device, Ebs: &types.EbsInstanceBlockDevice{
		VolumeId: a.VolumeId, AttachTime: a.AttachTime, DeleteOnTermination: a.DeleteOnTermination, Status: types.AttachmentStatus(a.State),
	}}
}

// volumeColumn is a column of a volume's attachment.
func volumeColumn(f func(*volumeAttachment) string) func(*region, *volume) []string {
	return one(func(v *volume) string {
		if a := v.attached(time.Now()); a != nil {
			return f(a)
		}
		return ""
	})
}

var volumeQuery = query[volume]{
	kind: volumeKind, id: func(v *volume) string { return v.ID }, visible: func(v *volume) bool { return !v.gone(time.Now()) },
	columns: columns[volume]{
		"attachment.attach-time":           volumeColumn(func(a *volumeAttachment) string { return a.Since.UTC().Format(time.RFC3339) }),
		"attachment.delete-on-termination": volumeColumn(func(a *volumeAttachment) string { return boolText(a.DeleteOnTermination) }),
		"attachment.device":                volumeColumn(func(a *volumeAttachment) string { return a.Device }),
		"attachment.instance-id":           volumeColumn(func(a *volumeAttachment) string { return a.Instance }),
		"attachment.status":                volumeColumn(func(a *volumeAttachment) string { return string(a.describe(&volume{}).State) }),
		"availability-zone":                one(func(v *volume) string { return v.Zone }),
		"availability-zone-id":             func(r *region, v *volume) []string { return []string{aws.ToString(v.describe(r).AvailabilityZoneId)} },
		"create-time":                      one(func(v *volume) string { return v.Created.UTC().Format(time.RFC3339) }),
		"encrypted":                        one(func(v *volume) string { return boolText(v.Key != "") }),
		"fast-restored":                    constant[volume]("false"),
		"multi-attach-enabled":             constant[volume]("false"),
		"operator.managed":                 none[volume],
		"operator.principal":               none[volume],
		"size":                             one(func(v *volume) string { return intText(v.Size) }),
		"snapshot-id":                      one(func(v *volume) string { return v.Snapshot }),
		"status":                           one(func(v *volume) string { return string(v.state(time.Now())) }),
		"volume-id":                        one(func(v *volume) string { return v.ID }),
		"volume-type":                      one(func(v *volume) string { return string(v.Type) }),
	},
}

// DescribeVolumes answers volumes in the order of their creation.
func (s *Service) DescribeVolumes(ctx context.Context, in *ec2.DescribeVolumesInput, _ ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.Volumes, volumeQuery, asked{in.VolumeIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVolumesOutput{NextToken: next}
	for _, v := range found {
		out.Volumes = append(out.Volumes, v.describe(r))
	}
	return out, nil
}

// volume finds a volume that is there.
func (r *region) volume(id *string) (*volume, error) {
	v, err := find(&r.Volumes, volumeKind, id)
	if err == nil && v.gone(time.Now()) {
		return nil, volumeKind.missing(v.ID)
	}
	return v, err
}

// DeleteVolume deletes a volume that is attached to nothing.
func (s *Service) DeleteVolume(ctx context.Context, in *ec2.DeleteVolumeInput, _ ...func(*ec2.Options)) (*ec2.DeleteVolumeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := r.volume(in.VolumeId)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if a := v.attached(now); a != nil {
		return nil, fakeaws.Error("VolumeInUse", "Volume %s is currently attached to %s", v.ID, a.Instance)
	}
	v.Gone = now.Add(s.settle())
	return &ec2.DeleteVolumeOutput{}, nil
}

// AttachVolume attaches a volume to a running or stopped instance of its zone. It stays when the instance is terminated.
func (s *Service) AttachVolume(ctx context.Context, in *ec2.AttachVolumeInput, _ ...func(*ec2.Options)) (*ec2.AttachVolumeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := r.volume(in.VolumeId)
	if err != nil {
		return nil, err
	}
	i, err := r.settled(in.InstanceId)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if a := v.attached(now); a != nil {
		return nil, fakeaws.Error("VolumeInUse", "%s is already attached to an instance", v.ID)
	}
	if v.state(now) != types.VolumeStateAvailable {
		return nil, fakeaws.Error("IncorrectState", "Volume '%s' is not in the 'available' state.", v.ID)
	}
	if v.Zone != i.Zone {
		return nil, fakeaws.Error("InvalidVolume.ZoneMismatch", "The volume '%s' is not in the same availability zone as instance '%s'", v.ID, i.ID)
	}
	device := aws.ToString(in.Device)
	if slices.ContainsFunc(r.volumesOf(i, now), func(o *volume) bool { return o.Attachment.Device == device }) {
		return nil, invalidParameter("Invalid value '%s' for unixDevice. Attachment point %s is already in use", device, device)
	}
	v.Attachment = &volumeAttachment{Instance: i.ID, Device: device, Since: now}
	return &ec2.AttachVolumeOutput{
		VolumeId: aws.String(v.ID), InstanceId: aws.String(i.ID), Device: in.Device, AttachTime: aws.Time(now), State: types.VolumeAttachmentStateAttaching,
		DeleteOnTermination: aws.Bool(false),
	}, nil
}

// DetachVolume detaches a volume; the root volume only of a stopped instance.
func (s *Service) DetachVolume(ctx context.Context, in *ec2.DetachVolumeInput, _ ...func(*ec2.Options)) (*ec2.DetachVolumeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := r.volume(in.VolumeId)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	a := v.attached(now)
	if a == nil {
		return nil, fakeaws.Error("IncorrectState", "Volume '%s' is in the 'available' state.", v.ID)
	}
	if in.InstanceId != nil && *in.InstanceId != a.Instance || in.Device != nil && *in.Device != a.Device {
		return nil, fakeaws.Error("InvalidAttachment.NotFound", "The volume '%s' is not attached to instance '%s' as device '%s'", v.ID, aws.ToString(in.InstanceId), aws.ToString(in.Device))
	}
	if i := r.Instances.Index[a.Instance]; i != nil && a.Device == i.RootDevice && i.state(now) != types.InstanceStateNameStopped {
		return nil, fakeaws.Error("OperationNotPermitted", "Unable to detach root volume '%s' from instance '%s'", v.ID, i.ID)
	}
	a.Ends = now.Add(s.settle())
	return &ec2.DetachVolumeOutput{
		VolumeId: aws.String(v.ID), InstanceId: aws.String(a.Instance), Device: aws.String(a.Device), AttachTime: aws.Time(a.Since),
		State: types.VolumeAttachmentStateDetaching,
	}, nil
}
