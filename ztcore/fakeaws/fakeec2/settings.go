package fakeec2

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// settings are those of an account in a region.
type settings struct {
	EncryptVolumes   bool
	VolumeKey        string // as given; empty for AWS's own
	Snapshots        types.SnapshotBlockPublicAccessState
	ImagesBlocked    bool
	Metadata         metadataDefaults
	VPCBlock         types.InternetGatewayBlockMode
	VPCBlockModified *time.Time
}

// freshSettings are those of an account made after August 2023: public sharing of images is blocked, that of snapshots is not.
func freshSettings() settings {
	return settings{Snapshots: types.SnapshotBlockPublicAccessStateUnblocked, ImagesBlocked: true, VPCBlock: types.InternetGatewayBlockModeOff}
}
