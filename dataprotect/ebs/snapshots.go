package ebs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// SnapshotBlockPublicAccess keeps the region's snapshots from being shared with everyone, those included that are now.
// https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html
type SnapshotBlockPublicAccess struct {
	// KeepSharedBecause leaves public what is public already, and says why.
	KeepSharedBecause string
}

type snapshotState struct {
	Region string `zt:"key"`
	State  string // block-all-sharing or block-new-sharing
}

var snapshotBlock = &ztcore.Kind[snapshotState]{
	Name: "dataprotect.SnapshotBlockPublicAccess", Permissions: &snapshotBlockNeed,
	Get: getSnapshotBlock, Put: putSnapshotBlock, Delete: unblockSnapshots,
	Controls: []string{"FSBP EC2.1", "NIST SP 800-207 tenet 3"},
}

var snapshotBlockNeed = ztcore.Permissions{
	Read:   []string{"ec2:GetSnapshotBlockPublicAccessState"},
	Write:  []string{"ec2:EnableSnapshotBlockPublicAccess"},
	Delete: []string{"ec2:DisableSnapshotBlockPublicAccess"},
}

// Declare implements ztcore.Resource.
func (s SnapshotBlockPublicAccess) Declare(d *ztcore.Declaration) {
	state := types.SnapshotBlockPublicAccessStateBlockAllSharing
	if s.KeepSharedBecause != "" {
		state = types.SnapshotBlockPublicAccessStateBlockNewSharing
	}
	n := snapshotBlock.Declare(d, "region", snapshotState{Region: ztcore.Region, State: string(state)})
	if s.KeepSharedBecause != "" {
		n.Except("KeepSharedBecause", s.KeepSharedBecause)
	}
}

func getSnapshotBlock(ctx context.Context, sc *ztcore.Scope, want snapshotState) (snapshotState, bool, error) {
	out, err := ec2.NewFromConfig(sc.Config).GetSnapshotBlockPublicAccessState(ctx, &ec2.GetSnapshotBlockPublicAccessStateInput{})
	if err != nil {
		return want, false, err
	}
	return snapshotState{Region: want.Region, State: string(out.State)}, out.State != types.SnapshotBlockPublicAccessStateUnblocked, nil
}

func putSnapshotBlock(ctx context.Context, sc *ztcore.Scope, want snapshotState) error {
	_, err := ec2.NewFromConfig(sc.Config).EnableSnapshotBlockPublicAccess(ctx, &ec2.EnableSnapshotBlockPublicAccessInput{State: types.SnapshotBlockPublicAccessState(want.State)})
	return err
}

func unblockSnapshots(ctx context.Context, sc *ztcore.Scope, _ snapshotState) error {
	_, err := ec2.NewFromConfig(sc.Config).DisableSnapshotBlockPublicAccess(ctx, &ec2.DisableSnapshotBlockPublicAccessInput{})
	return err
}
