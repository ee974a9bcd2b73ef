package fakeec2

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/publicimages"
)

type snapshot struct {
	ID, Volume, Description string
	Key                     string // the ARN of the key; empty for a snapshot that is not encrypted
	Size                    int32  // GiB
	Started, Ready          time.Time
	Failed                  string   // why it comes to nothing
	Shared                  []string // accounts that may make volumes of it
	Public                  bool
}

// copiedVolume is what AWS answers for the volume of a copy (CopySnapshot, EC2 API reference).
const copiedVolume = "vol-ffffffff"

func (x *snapshot) state(now time.Time) types.SnapshotState {
	switch {
	case now.Before(x.Ready):
		return types.SnapshotStatePending
	case x.Failed != "":
		return types.SnapshotStateError
	}
	return types.SnapshotStateCompleted
}

// snapshotSource is the size and the key of a snapshot that a volume is to be made of: the account's own, a shared or public
// one, or that of a public image.
func (s *Service) snapshotSource(ctx context.Context, r *region, id string) (size int32, key string, err error) {
	if err := snapshotKind.check(id); err != nil {
		return 0, "", err
	}
	if x, _ := s.visibleSnapshot(ctx, r, id); x != nil {
		if x.state(time.Now()) != types.SnapshotStateCompleted {
			return 0, "", fakeaws.Error("IncorrectState", "Snapshot '%s' is not in the 'completed' state.", id)
		}
		return x.Size, x.Key, nil
	}
	if i, ok := publicimages.Find(r.Name, "ami-"+strings.TrimPrefix(id, "snap-")); ok {
		return i.GiB, "", nil
	}
	return 0, "", snapshotKind.missing(id)
}

// visibleSnapshot finds a snapshot of the region that an account may use, and the account that owns it.
func (s *Service) visibleSnapshot(ctx context.Context, r *region, id string) (found *snapshot, owner string) {
	s.store.Each(ctx, func(account, name string, o *region) {
		if x := o.Snapshots.Index[id]; x != nil && name == r.Name && (account == r.Account || x.Public || slices.Contains(x.Shared, r.Account)) {
			found, owner = x, account
		}
	})
	return found, owner
}

// take makes a snapshot of a volume as it is now.
func (s *Service) take(r *region, v *volume, description string) *snapshot {
	now := time.Now()
	x := &snapshot{ID: s.cloud.ID("snap-", 17), Volume: v.ID, Description: description, Key: v.Key, Size: v.Size, Started: now, Ready: now.Add(s.settle())}
	r.Snapshots.add(x.ID, x)
	return x
}

func (x *snapshot) describe(r *region, owner string) types.Snapshot {
	now := time.Now()
	out := types.Snapshot{
		SnapshotId: aws.String(x.ID), VolumeId: aws.String(x.Volume), VolumeSize: aws.Int32(x.Size), Description: aws.String(x.Description),
		Encrypted: aws.Bool(x.Key != ""), KmsKeyId: text(x.Key), OwnerId: aws.String(owner), StartTime: aws.Time(x.Started), State: x.state(now),
		StorageTier: types.StorageTierStandard, Progress: aws.String("0%"),
	}
	switch out.State {
	case types.SnapshotStateCompleted:
		out.Progress, out.CompletionTime = aws.String("100%"), aws.Time(x.Ready)
	case types.SnapshotStateError:
		out.StateMessage = aws.String(x.Failed)
	}
	if owner == r.Account {
		out.Tags = r.tagsOn(x.ID)
	}
	return out
}

// CreateSnapshot takes a snapshot of one volume; it is pending while the cloud settles, and holds the volume as it was.
func (s *Service) CreateSnapshot(ctx context.Context, in *ec2.CreateSnapshotInput, _ ...func(*ec2.Options)) (*ec2.CreateSnapshotOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := r.volume(in.VolumeId)
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, snapshotKind.resource)
	if err != nil {
		return nil, err
	}
	x := s.take(r, v, aws.ToString(in.Description))
	r.tag(x.ID, tags)
	d := x.describe(r, r.Account)
	return &ec2.CreateSnapshotOutput{
		SnapshotId: d.SnapshotId, VolumeId: d.VolumeId, VolumeSize: d.VolumeSize, Description: d.Description, Encrypted: d.Encrypted, KmsKeyId: d.KmsKeyId,
		OwnerId: d.OwnerId, StartTime: d.StartTime, State: types.SnapshotStatePending, Progress: aws.String(""), Tags: d.Tags,
	}, nil
}

// CreateSnapshots takes snapshots of all volumes of an instance at the same moment, or of none.
func (s *Service) CreateSnapshots(ctx context.Context, in *ec2.CreateSnapshotsInput, _ ...func(*ec2.Options)) (*ec2.CreateSnapshotsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if in.InstanceSpecification == nil {
		return nil, missingParameter("InstanceSpecification")
	}
	i, err := r.settled(in.InstanceSpecification.InstanceId)
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, snapshotKind.resource)
	if err != nil {
		return nil, err
	}
	if err := oneOf(in.CopyTagsFromSource, "copyTagsFromSource"); err != nil {
		return nil, err
	}
	volumes := r.volumesOf(i, time.Now())
	for _, id := range in.InstanceSpecification.ExcludeDataVolumeIds {
		if !slices.ContainsFunc(volumes, func(v *volume) bool { return v.ID == id && v.Attachment.Device != i.RootDevice }) {
			return nil, invalidParameter("The volume '%s' is not a data volume of instance '%s'", id, i.ID)
		}
	}
	volumes = slices.DeleteFunc(volumes, func(v *volume) bool {
		return slices.Contains(in.InstanceSpecification.ExcludeDataVolumeIds, v.ID) ||
			aws.ToBool(in.InstanceSpecification.ExcludeBootVolume) && v.Attachment.Device == i.RootDevice
	})
	if len(volumes) == 0 {
		return nil, invalidParameter("Instance '%s' has no volumes to take snapshots of", i.ID)
	}
	out := &ec2.CreateSnapshotsOutput{}
	for _, v := range volumes {
		x := s.take(r, v, aws.ToString(in.Description))
		if in.CopyTagsFromSource != "" {
			r.tag(x.ID, r.Tags[v.ID])
		}
		r.tag(x.ID, tags)
		d := x.describe(r, r.Account)
		out.Snapshots = append(out.Snapshots, types.SnapshotInfo{
			SnapshotId: d.SnapshotId, VolumeId: d.VolumeId, VolumeSize: d.VolumeSize, Description: d.Description, Encrypted: d.Encrypted, OwnerId: d.OwnerId,
			StartTime: d.StartTime, State: types.SnapshotStatePending, Progress: aws.String(""), Tags: d.Tags,
		})
	}
	return out, nil
}

// CopySnapshot copies a completed snapshot, from another region or account too, under a key of the caller's choosing. A copy of
// an encrypted snapshot is encrypted. One whose key cannot be used fails after the answer.
func (s *Service) CopySnapshot(ctx context.Context, in *ec2.CopySnapshotInput, _ ...func(*ec2.Options)) (*ec2.CopySnapshotOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	id := aws.ToString(in.SourceSnapshotId)
	if err := snapshotKind.check(id); err != nil {
		return nil, err
	}
	source, owner := s.visibleSnapshot(ctx, &region{Account: r.Account, Name: aws.ToString(in.SourceRegion)}, id)
	if source == nil {
		return nil, snapshotKind.missing(id)
	}
	now := time.Now()
	if source.state(now) != types.SnapshotStateCompleted {
		return nil, fakeaws.Error("IncorrectState", "Snapshot is in invalid state - %s", source.state(now))
	}
	if in.KmsKeyId != nil && !aws.ToBool(in.Encrypted) && source.Key == "" {
		return nil, fakeaws.Error("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	}
	if in.Encrypted != nil && !*in.Encrypted && source.Key != "" {
		return nil, invalidParameter("A copy of an encrypted snapshot cannot be unencrypted.")
	}
	tags, err := specified(in.TagSpecifications, snapshotKind.resource)
	if err != nil {
		return nil, err
	}
	x := &snapshot{
		ID: s.cloud.ID("snap-", 17), Volume: copiedVolume, Size: source.Size, Started: now, Ready: now.Add(s.settle()),
		Description: cmp.Or(aws.ToString(in.Description), "[Copied "+id+" from "+aws.ToString(in.SourceRegion)+"]"),
	}
	if aws.ToBool(in.Encrypted) || source.Key != "" || r.Settings.EncryptVolumes {
		named := aws.ToString(in.KmsKeyId)
		if named == "" && owner == r.Account && aws.ToString(in.SourceRegion) == r.Name {
			named = source.Key
		}
		var usable bool
		if x.Key, usable = s.diskKey(ctx, r, named); !usable {
			x.Failed = "Given key ID is not accessible"
		}
	}
	r.Snapshots.add(x.ID, x)
	r.tag(x.ID, tags)
	return &ec2.CopySnapshotOutput{SnapshotId: aws.String(x.ID), Tags: r.tagsOn(x.ID)}, nil
}

// DeleteSnapshot deletes a snapshot of the account.
func (s *Service) DeleteSnapshot(ctx context.Context, in *ec2.DeleteSnapshotInput, _ ...func(*ec2.Options)) (*ec2.DeleteSnapshotOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	x, err := find(&r.Snapshots, snapshotKind, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	r.Snapshots.remove(x.ID)
	r.forget(x.ID)
	return &ec2.DeleteSnapshotOutput{}, nil
}

// owned is a snapshot together with its owner.
type owned struct {
	*snapshot
	owner string
}

var snapshotQuery = query[owned]{kind: snapshotKind, id: func(x *owned) string { return x.ID }, columns: columns[owned]{
	"description":   one(func(x *owned) string { return x.Description }),
	"encrypted":     one(func(x *owned) string { return boolText(x.Key != "") }),
	"owner-alias":   none[owned],
	"owner-id":      one(func(x *owned) string { return x.owner }),
	"progress":      func(r *region, x *owned) []string { return []string{aws.ToString(x.describe(r, x.owner).Progress)} },
	"snapshot-id":   one(func(x *owned) string { return x.ID }),
	"start-time":    one(func(x *owned) string { return x.Started.UTC().Format(time.RFC3339) }),
	"status":        one(func(x *owned) string { return string(x.state(time.Now())) }),
	"storage-tier":  constant[owned]("standard"),
	"transfer-type": none[owned],
	"volume-id":     one(func(x *owned) string { return x.Volume }),
	"volume-size":   one(func(x *owned) string { return intText(x.Size) }),
}}

// DescribeSnapshots answers the account's own snapshots, and those of others that it may use.
func (s *Service) DescribeSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSnapshotsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	var known table[owned]
	s.store.Each(ctx, func(account, name string, o *region) {
		for _, x := range o.Snapshots.Items {
			may := x.Public || slices.Contains(x.Shared, r.Account)
			if name != r.Name || account != r.Account && !may {
				continue
			}
			if len(in.OwnerIds) > 0 && !slices.Contains(in.OwnerIds, account) && !(account == r.Account && slices.Contains(in.OwnerIds, "self")) {
				continue
			}
			if by := in.RestorableByUserIds; len(by) > 0 && !(slices.Contains(by, "self") && (may || account == r.Account)) &&
				!(slices.Contains(by, "all") && x.Public) && !slices.ContainsFunc(by, func(id string) bool { return slices.Contains(x.Shared, id) || id == account }) {
				continue
			}
			known.add(x.ID, &owned{x, account})
		}
	})
	found, next, err := list(ctx, r, &known, snapshotQuery, asked{in.SnapshotIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSnapshotsOutput{NextToken: next}
	for _, x := range found {
		out.Snapshots = append(out.Snapshots, x.describe(r, x.owner))
	}
	return out, nil
}
