package fakeec2

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// blockPublicAccess is what VPCs and subnets say of VPC Block Public Access. Exclusions are not faked.
func (r *region) blockPublicAccess() *types.BlockPublicAccessStates {
	return &types.BlockPublicAccessStates{InternetGatewayBlockMode: types.BlockPublicAccessMode(r.Settings.VPCBlock)}
}

func (r *region) blockOptions() *types.VpcBlockPublicAccessOptions {
	out := &types.VpcBlockPublicAccessOptions{
		AwsAccountId: aws.String(r.Account), AwsRegion: aws.String(r.Name), InternetGatewayBlockMode: r.Settings.VPCBlock,
		State: types.VpcBlockPublicAccessStateDefaultState, ManagedBy: types.ManagedByAccount,
		ExclusionsAllowed: types.VpcBlockPublicAccessExclusionsAllowedAllowed,
	}
	if t := r.Settings.VPCBlockModified; t != nil {
		out.State, out.LastUpdateTimestamp = types.VpcBlockPublicAccessStateUpdateComplete, aws.Time(*t)
	}
	return out
}

// DescribeVpcBlockPublicAccessOptions answers VPC Block Public Access; in a fresh account it is off.
func (s *Service) DescribeVpcBlockPublicAccessOptions(ctx context.Context, in *ec2.DescribeVpcBlockPublicAccessOptionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcBlockPublicAccessOptionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeVpcBlockPublicAccessOptionsOutput{VpcBlockPublicAccessOptions: r.blockOptions()}, nil
}

// ModifyVpcBlockPublicAccessOptions changes it. The answer says that the update is in progress; the next call sees it complete.
func (s *Service) ModifyVpcBlockPublicAccessOptions(ctx context.Context, in *ec2.ModifyVpcBlockPublicAccessOptionsInput, _ ...func(*ec2.Options)) (*ec2.ModifyVpcBlockPublicAccessOptionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(in.InternetGatewayBlockMode.Values(), in.InternetGatewayBlockMode) {
		return nil, invalidParameter("Value (%s) for parameter internetGatewayBlockMode is invalid.", in.InternetGatewayBlockMode)
	}
	now := time.Now()
	r.Settings.VPCBlock, r.Settings.VPCBlockModified = in.InternetGatewayBlockMode, &now
	out := r.blockOptions()
	out.State = types.VpcBlockPublicAccessStateUpdateInProgress
	return &ec2.ModifyVpcBlockPublicAccessOptionsOutput{VpcBlockPublicAccessOptions: out}, nil
}

// GetSnapshotBlockPublicAccessState answers whether snapshots can be shared publicly; in a fresh account they can.
func (s *Service) GetSnapshotBlockPublicAccessState(ctx context.Context, in *ec2.GetSnapshotBlockPublicAccessStateInput, _ ...func(*ec2.Options)) (*ec2.GetSnapshotBlockPublicAccessStateOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &ec2.GetSnapshotBlockPublicAccessStateOutput{State: r.Settings.Snapshots, ManagedBy: types.ManagedByAccount}, nil
}

// EnableSnapshotBlockPublicAccess blocks public sharing of all snapshots, or of those that are not shared yet.
func (s *Service) EnableSnapshotBlockPublicAccess(ctx context.Context, in *ec2.EnableSnapshotBlockPublicAccessInput, _ ...func(*ec2.Options)) (*ec2.EnableSnapshotBlockPublicAccessOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if in.State != types.SnapshotBlockPublicAccessStateBlockAllSharing && in.State != types.SnapshotBlockPublicAccessStateBlockNewSharing {
		return nil, invalidParameter("Value (%s) for parameter state is invalid. Use block-all-sharing or block-new-sharing.", in.State)
	}
	r.Settings.Snapshots = in.State
	return &ec2.EnableSnapshotBlockPublicAccessOutput{State: in.State}, nil
}

// DisableSnapshotBlockPublicAccess allows public sharing of snapshots.
func (s *Service) DisableSnapshotBlockPublicAccess(ctx context.Context, in *ec2.DisableSnapshotBlockPublicAccessInput, _ ...func(*ec2.Options)) (*ec2.DisableSnapshotBlockPublicAccessOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r.Settings.Snapshots = types.SnapshotBlockPublicAccessStateUnblocked
	return &ec2.DisableSnapshotBlockPublicAccessOutput{State: types.SnapshotBlockPublicAccessStateUnblocked}, nil
}

// GetImageBlockPublicAccessState answers whether images can be shared publicly; in a fresh account they cannot.
func (s *Service) GetImageBlockPublicAccessState(ctx context.Context, in *ec2.GetImageBlockPublicAccessStateInput, _ ...func(*ec2.Options)) (*ec2.GetImageBlockPublicAccessStateOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	state := string(types.ImageBlockPublicAccessDisabledStateUnblocked)
	if r.Settings.ImagesBlocked {
		state = string(types.ImageBlockPublicAccessEnabledStateBlockNewSharing)
	}
	return &ec2.GetImageBlockPublicAccessStateOutput{ImageBlockPublicAccessState: &state, ManagedBy: types.ManagedByAccount}, nil
}

// EnableImageBlockPublicAccess blocks public sharing of images from now on.
func (s *Service) EnableImageBlockPublicAccess(ctx context.Context, in *ec2.EnableImageBlockPublicAccessInput, _ ...func(*ec2.Options)) (*ec2.EnableImageBlockPublicAccessOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if in.ImageBlockPublicAccessState != types.ImageBlockPublicAccessEnabledStateBlockNewSharing {
		return nil, invalidParameter("Value (%s) for parameter imageBlockPublicAccessState is invalid. Use block-new-sharing.", in.ImageBlockPublicAccessState)
	}
	r.Settings.ImagesBlocked = true
	return &ec2.EnableImageBlockPublicAccessOutput{ImageBlockPublicAccessState: in.ImageBlockPublicAccessState}, nil
}

// DisableImageBlockPublicAccess allows public sharing of images.
func (s *Service) DisableImageBlockPublicAccess(ctx context.Context, in *ec2.DisableImageBlockPublicAccessInput, _ ...func(*ec2.Options)) (*ec2.DisableImageBlockPublicAccessOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	r.Settings.ImagesBlocked = false
	return &ec2.DisableImageBlockPublicAccessOutput{ImageBlockPublicAccessState: types.ImageBlockPublicAccessDisabledStateUnblocked}, nil
}
