package fakeec2_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
)

func withKeys(t *testing.T) (*world, string) {
	cloud := fakeaws.New(fakeec2.Install, fakekms.Install)
	key, err := kms.NewFromConfig(cloud.Config()).CreateKey(ctx, nil)
	require.NoError(t, err)
	return &world{Client: ec2.NewFromConfig(cloud.Config()), cloud: cloud, t: t}, *key.KeyMetadata.Arn
}

func (w *world) volume(change ...func(*ec2.CreateVolumeInput)) string {
	w.t.Helper()
	in := &ec2.CreateVolumeInput{AvailabilityZone: aws.String("us-east-1a"), Size: aws.Int32(8), VolumeType: types.VolumeTypeGp3}
	for _, f := range change {
		f(in)
	}
	out, err := w.CreateVolume(ctx, in)
	require.NoError(w.t, err)
	return *out.VolumeId
}

func (w *world) share(snapshot, account string) error {
	_, err := w.ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{SnapshotId: &snapshot,
		CreateVolumePermission: &types.CreateVolumePermissionModifications{Add: []types.CreateVolumePermission{{UserId: &account}}}})
	return err
}

func (w *world) snapshotOf(volume string) string {
	w.t.Helper()
	out, err := w.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: &volume})
	require.NoError(w.t, err)
	require.Equal(w.t, types.SnapshotStatePending, out.State)
	return *out.SnapshotId
}

func TestVolumesAttachAndGoTheirWay(t *testing.T) {
	w := newWorld(t)
	i := w.run()
	zone := func(z string) func(*ec2.CreateVolumeInput) {
		return func(in *ec2.CreateVolumeInput) { in.AvailabilityZone = &z }
	}
	v, elsewhere := w.volume(zone(*i.Placement.AvailabilityZone)), w.volume(zone("us-east-1f"))
	attach := func(volume, device string) error {
		_, err := w.AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: &volume, InstanceId: i.InstanceId, Device: &device})
		return err
	}
	requireCode(t, attach(elsewhere, "/dev/sdf"), "InvalidVolume.ZoneMismatch")
	requireCode(t, attach(v, "/dev/xvda"), "InvalidParameterValue")
	require.NoError(t, attach(v, "/dev/sdf"))
	requireCode(t, attach(v, "/dev/sdg"), "VolumeInUse")
	_, err := w.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &v})
	requireCode(t, err, "VolumeInUse")
	root := w.instance(*i.InstanceId).BlockDeviceMappings[0].Ebs.VolumeId
	_, err = w.DetachVolume(ctx, &ec2.DetachVolumeInput{VolumeId: root})
	requireCode(t, err, "OperationNotPermitted")

	_, err = w.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}})
	require.NoError(t, err)
	left, err := w.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filter("status", "available")})
	require.NoError(t, err)
	require.Len(t, left.Volumes, 2, "what was attached later stays")
	_, err = w.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*root}})
	requireCode(t, err, "InvalidVolume.NotFound")
}

func TestASetOfSnapshotsIsPendingThenComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		i := w.run()
		v := w.volume(func(in *ec2.CreateVolumeInput) { in.AvailabilityZone = i.Placement.AvailabilityZone })
		_, err := w.AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: &v, InstanceId: i.InstanceId, Device: aws.String("/dev/sdf")})
		require.NoError(t, err)
		fakeec2.Of(w.cloud).SetSettling(time.Minute)
		set, err := w.CreateSnapshots(ctx, &ec2.CreateSnapshotsInput{InstanceSpecification: &types.InstanceSpecification{InstanceId: i.InstanceId},
			TagSpecifications: tagged(types.ResourceTypeSnapshot, "case", "7")})
		require.NoError(t, err)
		require.Len(t, set.Snapshots, 2)
		id := *set.Snapshots[0].SnapshotId
		require.Equal(t, *i.BlockDeviceMappings[0].Ebs.VolumeId, *set.Snapshots[0].VolumeId, "the root volume comes first")
		_, err = w.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceSnapshotId: &id, SourceRegion: aws.String("us-east-1")})
		requireCode(t, err, "IncorrectState")
		require.NoError(t, ec2.NewSnapshotCompletedWaiter(w).Wait(ctx, &ec2.DescribeSnapshotsInput{Filters: filter("tag:case", "7"), OwnerIds: []string{"self"}}, time.Hour))
		data, err := w.CreateSnapshots(ctx, &ec2.CreateSnapshotsInput{InstanceSpecification: &types.InstanceSpecification{InstanceId: i.InstanceId, ExcludeBootVolume: aws.Bool(true)}})
		require.NoError(t, err)
		require.Len(t, data.Snapshots, 1)
	})
}

func TestOnlyACopyUnderAnotherKeyCanBeShared(t *testing.T) {
	const forensic = "210987654321"
	w, key := withKeys(t)
	there := ec2.NewFromConfig(w.cloud.ConfigFor(forensic, "us-east-1"))
	snapshot := w.snapshotOf(w.volume(func(in *ec2.CreateVolumeInput) { in.Encrypted = aws.Bool(true) }))
	err := w.share(snapshot, forensic)
	requireCode(t, err, "OperationNotPermitted")
	require.ErrorContains(t, err, "default key")

	plain := w.snapshotOf(w.volume())
	_, err = w.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceSnapshotId: &plain, SourceRegion: aws.String("us-east-1"), KmsKeyId: &key})
	requireCode(t, err, "InvalidParameterDependency")
	_, err = w.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceSnapshotId: &snapshot, SourceRegion: aws.String("us-east-1"), Encrypted: aws.Bool(false)})
	requireCode(t, err, "InvalidParameterValue")
	copied, err := w.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceSnapshotId: &snapshot, SourceRegion: aws.String("us-east-1"), Encrypted: aws.Bool(true), KmsKeyId: &key})
	require.NoError(t, err)
	_, err = there.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*copied.SnapshotId}})
	requireCode(t, err, "InvalidSnapshot.NotFound")
	require.NoError(t, w.share(*copied.SnapshotId, forensic))
	seen, err := there.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*copied.SnapshotId}})
	require.NoError(t, err)
	require.Equal(t, key, *seen.Snapshots[0].KmsKeyId)
	require.Equal(t, fakeaws.DefaultAccount, *seen.Snapshots[0].OwnerId)
	own, err := there.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}})
	require.NoError(t, err)
	require.Empty(t, own.Snapshots)

	bad, err := w.CopySnapshot(ctx, &ec2.CopySnapshotInput{SourceSnapshotId: &snapshot, SourceRegion: aws.String("us-east-1"), Encrypted: aws.Bool(true), KmsKeyId: aws.String("alias/none")})
	require.NoError(t, err, "the key is looked at after the answer")
	failed, err := w.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*bad.SnapshotId}})
	require.NoError(t, err)
	require.Equal(t, types.SnapshotStateError, failed.Snapshots[0].State)
}

func TestSnapshotsAreNotPublicWhileThatIsBlocked(t *testing.T) {
	w, _ := withKeys(t)
	plain := w.snapshotOf(w.volume())
	public := &ec2.ModifySnapshotAttributeInput{SnapshotId: &plain, OperationType: types.OperationTypeAdd, GroupNames: []string{"all"}}
	_, err := w.EnableSnapshotBlockPublicAccess(ctx, &ec2.EnableSnapshotBlockPublicAccessInput{State: types.SnapshotBlockPublicAccessStateBlockAllSharing})
	require.NoError(t, err)
	_, err = w.ModifySnapshotAttribute(ctx, public)
	requireCode(t, err, "OperationNotPermitted")
	_, err = w.DisableSnapshotBlockPublicAccess(ctx, nil)
	require.NoError(t, err)
	_, err = w.ModifySnapshotAttribute(ctx, public)
	require.NoError(t, err)
	_, err = w.ResetSnapshotAttribute(ctx, &ec2.ResetSnapshotAttributeInput{SnapshotId: &plain, Attribute: types.SnapshotAttributeNameCreateVolumePermission})
	require.NoError(t, err)
	a, err := w.DescribeSnapshotAttribute(ctx, &ec2.DescribeSnapshotAttributeInput{SnapshotId: &plain, Attribute: types.SnapshotAttributeNameCreateVolumePermission})
	require.NoError(t, err)
	require.Empty(t, a.CreateVolumePermissions)
}

func TestInterfacesAttachDetachAndGoTheirWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		v := w.vpc("10.0.0.0/16")
		n, other := w.subnet(v, "10.0.1.0/24", "us-east-1a"), w.subnet(v, "10.0.2.0/24", "us-east-1b")
		i := w.run(in(n))
		make := func(subnet string) string {
			out, err := w.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, SecondaryPrivateIpAddressCount: aws.Int32(1)})
			require.NoError(t, err)
			require.Len(t, out.NetworkInterface.PrivateIpAddresses, 2)
			return *out.NetworkInterface.NetworkInterfaceId
		}
		attach := func(eni string, index int32) (*ec2.AttachNetworkInterfaceOutput, error) {
			return w.AttachNetworkInterface(ctx, &ec2.AttachNetworkInterfaceInput{NetworkInterfaceId: &eni, InstanceId: i.InstanceId, DeviceIndex: &index})
		}
		eni := make(n)
		_, err := attach(make(other), 1)
		requireCode(t, err, "InvalidParameterValue")
		_, err = attach(eni, 0)
		requireCode(t, err, "InvalidParameterValue")
		a, err := attach(eni, 1)
		require.NoError(t, err)
		_, err = attach(eni, 2)
		requireCode(t, err, "InvalidNetworkInterface.InUse")
		_, err = w.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
		requireCode(t, err, "InvalidParameterValue")
		_, err = w.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: i.NetworkInterfaces[0].Attachment.AttachmentId})
		requireCode(t, err, "OperationNotPermitted")

		fakeec2.Of(w.cloud).SetSettling(time.Minute)
		_, err = w.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: a.AttachmentId})
		require.NoError(t, err)
		_, err = w.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
		requireCode(t, err, "InvalidParameterValue")
		time.Sleep(time.Minute)
		_, err = w.AssignPrivateIpAddresses(ctx, &ec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: &eni, PrivateIpAddresses: []string{"10.0.1.77"}})
		require.NoError(t, err)
		_, err = w.UnassignPrivateIpAddresses(ctx, &ec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: &eni, PrivateIpAddresses: []string{"10.0.1.78"}})
		requireCode(t, err, "InvalidParameterValue")
		_, err = w.UnassignPrivateIpAddresses(ctx, &ec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: &eni, PrivateIpAddresses: []string{"10.0.1.77"}})
		require.NoError(t, err)
		_, err = w.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
		require.NoError(t, err)
	})
}

func TestDiskRefusals(t *testing.T) {
	w, _ := withKeys(t)
	create := func(change func(*ec2.CreateVolumeInput)) error {
		in := &ec2.CreateVolumeInput{AvailabilityZone: aws.String("us-east-1a"), Size: aws.Int32(8)}
		change(in)
		_, err := w.CreateVolume(ctx, in)
		return err
	}
	plain := w.snapshotOf(w.volume())
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"unknown zone":           {create(func(in *ec2.CreateVolumeInput) { in.AvailabilityZone = aws.String("us-east-1z") }), "InvalidZone.NotFound"},
		"no size":                {create(func(in *ec2.CreateVolumeInput) { in.Size = nil }), "MissingParameter"},
		"too large":              {create(func(in *ec2.CreateVolumeInput) { in.Size = aws.Int32(20000) }), "InvalidParameterValue"},
		"key without encryption": {create(func(in *ec2.CreateVolumeInput) { in.KmsKeyId = aws.String("alias/x") }), "InvalidParameterDependency"},
		"rate of gp2":            {create(func(in *ec2.CreateVolumeInput) { in.Iops = aws.Int32(4000) }), "InvalidParameterCombination"},
		"io2 without a rate":     {create(func(in *ec2.CreateVolumeInput) { in.VolumeType = types.VolumeTypeIo2 }), "MissingParameter"},
		"unknown snapshot":       {create(func(in *ec2.CreateVolumeInput) { in.SnapshotId = aws.String("snap-0123456789abcdef0") }), "InvalidSnapshot.NotFound"},
		"smaller than snapshot":  {create(func(in *ec2.CreateVolumeInput) { in.SnapshotId, in.Size = &plain, aws.Int32(4) }), "InvalidBlockDeviceMapping"},
		"no account":             {w.share(plain, "forensic"), "InvalidUserID.Malformed"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.err, c.code) })
	}
	// A key that cannot be used is found out after the answer: the volume vanishes.
	out, err := w.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String("us-east-1a"), Size: aws.Int32(8), Encrypted: aws.Bool(true), KmsKeyId: aws.String("alias/none")})
	require.NoError(t, err)
	_, err = w.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*out.VolumeId}})
	requireCode(t, err, "InvalidVolume.NotFound")
}
