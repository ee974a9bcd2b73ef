package fakeec2

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// ModifySnapshotAttribute shares a snapshot, or stops sharing it. What is encrypted with AWS's own key cannot be shared, what is
// encrypted at all cannot be public, and nothing can be while public sharing is blocked ("Share an Amazon EBS snapshot").
func (s *Service) ModifySnapshotAttribute(ctx context.Context, in *ec2.ModifySnapshotAttributeInput, _ ...func(*ec2.Options)) (*ec2.ModifySnapshotAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	x, err := find(&r.Snapshots, snapshotKind, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	if in.Attribute != "" && in.Attribute != types.SnapshotAttributeNameCreateVolumePermission {
		return nil, invalidParameter("Value (%s) for parameter attribute is invalid. Only createVolumePermission can be modified.", in.Attribute)
	}
	changes := types.CreateVolumePermissionModifications{}
	if in.CreateVolumePermission != nil {
		changes = *in.CreateVolumePermission
	}
	named := make([]types.CreateVolumePermission, 0, len(in.UserIds)+len(in.GroupNames))
	for _, id := range in.UserIds {
		named = append(named, types.CreateVolumePermission{UserId: &id})
	}
	for _, g := range in.GroupNames {
		named = append(named, types.CreateVolumePermission{Group: types.PermissionGroup(g)})
	}
	switch in.OperationType {
	case types.OperationTypeAdd:
		changes.Add = append(changes.Add, named...)
	case types.OperationTypeRemove:
		changes.Remove = append(changes.Remove, named...)
	default:
		if len(named) > 0 {
			return nil, missingParameter("operationType")
		}
	}
	if len(changes.Add)+len(changes.Remove) == 0 {
		return nil, missingParameter("createVolumePermission")
	}
	for _, p := range slices.Concat(changes.Add, changes.Remove) {
		if id := aws.ToString(p.UserId); p.Group == "" && (len(id) != 12 || strings.Trim(id, "0123456789") != "") {
			return nil, fakeaws.Error("InvalidUserID.Malformed", "Invalid user id: '%s'", id)
		}
		if p.Group != "" && p.Group != types.PermissionGroupAll {
			return nil, fakeaws.Error("InvalidPermission.Malformed", "Invalid group: '%s'", p.Group)
		}
	}
	for _, p := range changes.Add {
		switch {
		case x.Key != "" && s.managedKey(ctx, r, x.Key):
			return nil, fakeaws.Error("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")
		case p.Group == types.PermissionGroupAll && x.Key != "":
			return nil, fakeaws.Error("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly")
		case p.Group == types.PermissionGroupAll && r.Settings.Snapshots != types.SnapshotBlockPublicAccessStateUnblocked:
			return nil, fakeaws.Error("OperationNotPermitted", "Unable to change permission setting for snapshot '%s' to 'public'. Block public access for snapshots is enabled.", x.ID)
		}
	}
	for _, p := range changes.Add {
		if p.Group != "" {
			x.Public = true
		} else if !slices.Contains(x.Shared, *p.UserId) {
			x.Shared = append(x.Shared, *p.UserId)
		}
	}
	for _, p := range changes.Remove {
		if p.Group != "" {
			x.Public = false
		} else {
			x.Shared = slices.DeleteFunc(x.Shared, func(id string) bool { return id == *p.UserId })
		}
	}
	return &ec2.ModifySnapshotAttributeOutput{}, nil
}

// DescribeSnapshotAttribute answers who may make volumes of a snapshot of the account.
func (s *Service) DescribeSnapshotAttribute(ctx context.Context, in *ec2.DescribeSnapshotAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeSnapshotAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	x, err := find(&r.Snapshots, snapshotKind, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSnapshotAttributeOutput{SnapshotId: aws.String(x.ID)}
	switch in.Attribute {
	case types.SnapshotAttributeNameCreateVolumePermission:
		for _, id := range x.Shared {
			out.CreateVolumePermissions = append(out.CreateVolumePermissions, types.CreateVolumePermission{UserId: aws.String(id)})
		}
		if x.Public {
			out.CreateVolumePermissions = append(out.CreateVolumePermissions, types.CreateVolumePermission{Group: types.PermissionGroupAll})
		}
	case types.SnapshotAttributeNameProductCodes:
	default:
		return nil, invalidParameter("Value (%s) for parameter attribute is invalid. Unknown snapshot attribute.", in.Attribute)
	}
	return out, nil
}

// ResetSnapshotAttribute makes a snapshot its owner's alone again.
func (s *Service) ResetSnapshotAttribute(ctx context.Context, in *ec2.ResetSnapshotAttributeInput, _ ...func(*ec2.Options)) (*ec2.ResetSnapshotAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	x, err := find(&r.Snapshots, snapshotKind, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	if in.Attribute != types.SnapshotAttributeNameCreateVolumePermission {
		return nil, invalidParameter("Value (%s) for parameter attribute is invalid. Only createVolumePermission can be reset.", in.Attribute)
	}
	x.Shared, x.Public = nil, false
	return &ec2.ResetSnapshotAttributeOutput{}, nil
}
