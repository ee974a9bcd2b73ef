// Package snapshotcopy copies EBS snapshots for package containment. It is apart from it, since the SDK presigns CopySnapshot in a
// way that keeps all of EC2's operations in programs that use reflection on methods, as text/template does: some 35 MB.
//
//	containment.SnapshotDisks{Key: key, Copy: snapshotcopy.Copy}
package snapshotcopy

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
)

// Copy is a containment.SnapshotCopier. It tries once, for CopySnapshot has no client token: who calls it looks whether there is a copy.
func Copy(ctx context.Context, cfg aws.Config, c containment.SnapshotCopy) error {
	var tags []types.Tag
	for _, k := range slices.Sorted(maps.Keys(c.Tags)) {
		tags = append(tags, types.Tag{Key: aws.String(k), Value: aws.String(c.Tags[k])})
	}
	_, err := ec2.NewFromConfig(cfg).CopySnapshot(ctx, &ec2.CopySnapshotInput{
		SourceRegion: &c.Region, SourceSnapshotId: &c.Snapshot, Encrypted: aws.Bool(true), KmsKeyId: &c.Key, Description: &c.Description,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSnapshot, Tags: tags}},
	}, func(o *ec2.Options) { o.RetryMaxAttempts = 1 })
	return err
}
