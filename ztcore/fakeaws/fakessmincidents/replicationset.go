package fakessmincidents

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type replicationSet struct {
	ARN       string
	Regions   map[string]replica
	Protected bool
	Created   time.Time
	Changed   time.Time
	By        string
}

// replica is the set in one region. It is creating for a while.
type replica struct {
	Key     string
	Created time.Time
}

// settling is how long a region takes to become active here; AWS names no figure.
const settling = time.Second

func (r replica) active() bool { return time.Since(r.Created) >= settling }

// maxRegions of one replication set.
// https://docs.aws.amazon.com/incident-manager/latest/APIReference/API_CreateReplicationSet.html
const maxRegions = 3

// CreateReplicationSet sets Incident Manager up. An account has one set.
func (s *Service) CreateReplicationSet(ctx context.Context, in *ssmincidents.CreateReplicationSetInput, _ ...opt) (*ssmincidents.CreateReplicationSetOutput, error) {
	a := s.accounts.In(ctx)
	if was, ok := a.made(in.ClientToken); ok && a.Set != nil && a.Set.ARN == was {
		return &ssmincidents.CreateReplicationSetOutput{Arn: &was}, nil
	}
	if len(in.Regions) == 0 || len(in.Regions) > maxRegions {
		return nil, invalid("Regions must name 1 to %d regions", maxRegions)
	}
	if a.Set != nil {
		return nil, conflict(types.ResourceTypeReplicationSet, a.Set.ARN, "exists already")
	}
	set := &replicationSet{ARN: arn(ctx, "replication-set/"+s.cloud.UUID()), Regions: map[string]replica{}, Created: now(), Changed: now(), By: fakeaws.CallFrom(ctx).Caller.ARN}
	for region, v := range in.Regions {
		if err := s.checkKey(ctx, aws.ToString(v.SseKmsKeyId)); err != nil {
			return nil, err
		}
		set.Regions[region] = replica{aws.ToString(v.SseKmsKeyId), now()}
	}
	a.Set = set
	a.Tags[set.ARN] = maps.Clone(in.Tags)
	a.remember(in.ClientToken, set.ARN)
	return &ssmincidents.CreateReplicationSetOutput{Arn: aws.String(set.ARN)}, nil
}

func (s *Service) checkKey(ctx context.Context, key string) error {
	if keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud); ok && key != "" {
		if _, enabled, _, found := keys.Key(ctx, key); !found || !enabled {
			return invalid("The KMS key %s does not exist or is not enabled", key)
		}
	}
	return nil
}

func (a *account) set(ref *string) (*replicationSet, error) {
	if a.Set == nil || ref != nil && *ref != a.Set.ARN {
		return nil, notFound(types.ResourceTypeReplicationSet, aws.ToString(ref))
	}
	return a.Set, nil
}

// GetReplicationSet answers the set.
func (s *Service) GetReplicationSet(ctx context.Context, in *ssmincidents.GetReplicationSetInput, _ ...opt) (*ssmincidents.GetReplicationSetOutput, error) {
	set, err := s.accounts.In(ctx).set(in.Arn)
	if err != nil {
		return nil, err
	}
	out := &types.ReplicationSet{
		Arn: aws.String(set.ARN), CreatedBy: aws.String(set.By), CreatedTime: aws.Time(set.Created), LastModifiedBy: aws.String(set.By), LastModifiedTime: aws.Time(set.Changed),
		DeletionProtected: aws.Bool(set.Protected), Status: types.ReplicationSetStatusActive, RegionMap: map[string]types.RegionInfo{},
	}
	for region, r := range set.Regions {
		info := types.RegionInfo{Status: types.RegionStatusActive, StatusUpdateDateTime: aws.Time(r.Created)}
		if r.Key != "" {
			info.SseKmsKeyId = aws.String(r.Key)
		}
		if !r.active() {
			info.Status, out.Status = types.RegionStatusCreating, types.ReplicationSetStatusCreating
		}
		out.RegionMap[region] = info
	}
	return &ssmincidents.GetReplicationSetOutput{ReplicationSet: out}, nil
}

// ListReplicationSets answers the account's set, if it has one.
func (s *Service) ListReplicationSets(ctx context.Context, in *ssmincidents.ListReplicationSetsInput, _ ...opt) (*ssmincidents.ListReplicationSetsOutput, error) {
	all := []string{}
	if set := s.accounts.In(ctx).Set; set != nil {
		all = append(all, set.ARN)
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults)
	return &ssmincidents.ListReplicationSetsOutput{ReplicationSetArns: some, NextToken: next}, err
}

// UpdateReplicationSet adds or removes one region.
func (s *Service) UpdateReplicationSet(ctx context.Context, in *ssmincidents.UpdateReplicationSetInput, _ ...opt) (*ssmincidents.UpdateReplicationSetOutput, error) {
	set, err := s.accounts.In(ctx).set(in.Arn)
	if err != nil {
		return nil, err
	}
	if len(in.Actions) != 1 {
		return nil, invalid("Actions must have one entry")
	}
	for _, r := range set.Regions {
		if !r.active() {
			return nil, conflict(types.ResourceTypeReplicationSet, set.ARN, "is being changed")
		}
	}
	switch action := in.Actions[0].(type) {
	case *types.UpdateReplicationSetActionMemberAddRegionAction:
		region, key := aws.ToString(action.Value.RegionName), aws.ToString(action.Value.SseKmsKeyId)
		if _, ok := set.Regions[region]; ok || len(set.Regions) == maxRegions {
			return nil, invalid("%s is in the replication set already, or it has %d regions", region, maxRegions)
		}
		if err := s.checkKey(ctx, key); err != nil {
			return nil, err
		}
		set.Regions[region] = replica{key, now()}
	case *types.UpdateReplicationSetActionMemberDeleteRegionAction:
		region := aws.ToString(action.Value.RegionName)
		if _, ok := set.Regions[region]; !ok || len(set.Regions) == 1 {
			return nil, invalid("%s is not in the replication set, or is its last region", region)
		}
		delete(set.Regions, region)
	default:
		return nil, invalid("Actions has an entry of an unknown type")
	}
	set.Changed = now()
	return &ssmincidents.UpdateReplicationSetOutput{}, nil
}

// UpdateDeletionProtection guards the last region, and so the set.
func (s *Service) UpdateDeletionProtection(ctx context.Context, in *ssmincidents.UpdateDeletionProtectionInput, _ ...opt) (*ssmincidents.UpdateDeletionProtectionOutput, error) {
	set, err := s.accounts.In(ctx).set(in.Arn)
	if err != nil {
		return nil, err
	}
	set.Protected = aws.ToBool(in.DeletionProtected)
	return &ssmincidents.UpdateDeletionProtectionOutput{}, nil
}

// DeleteReplicationSet deletes the set and all that is in Incident Manager, unless it is protected.
func (s *Service) DeleteReplicationSet(ctx context.Context, in *ssmincidents.DeleteReplicationSetInput, _ ...opt) (*ssmincidents.DeleteReplicationSetOutput, error) {
	a := s.accounts.In(ctx)
	set, err := a.set(in.Arn)
	if err != nil {
		return nil, err
	}
	if set.Protected {
		return nil, conflict(types.ResourceTypeReplicationSet, set.ARN, "is protected from deletion")
	}
	a.Set = nil
	clear(a.Plans)
	clear(a.Tags)
	return &ssmincidents.DeleteReplicationSetOutput{}, nil
}

// TagResource adds tags.
func (s *Service) TagResource(ctx context.Context, in *ssmincidents.TagResourceInput, _ ...opt) (*ssmincidents.TagResourceOutput, error) {
	a := s.accounts.In(ctx)
	have, err := a.tags(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	maps.Copy(tags, have)
	maps.Copy(tags, in.Tags)
	if len(tags) > 50 {
		return nil, invalid("a resource has at most 50 tags")
	}
	a.Tags[*in.ResourceArn] = tags
	return &ssmincidents.TagResourceOutput{}, nil
}

// UntagResource removes tags.
func (s *Service) UntagResource(ctx context.Context, in *ssmincidents.UntagResourceInput, _ ...opt) (*ssmincidents.UntagResourceOutput, error) {
	tags, err := s.accounts.In(ctx).tags(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, k := range in.TagKeys {
		delete(tags, k)
	}
	return &ssmincidents.UntagResourceOutput{}, nil
}

// ListTagsForResource answers the tags of the set or of a plan.
func (s *Service) ListTagsForResource(ctx context.Context, in *ssmincidents.ListTagsForResourceInput, _ ...opt) (*ssmincidents.ListTagsForResourceOutput, error) {
	tags, err := s.accounts.In(ctx).tags(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &ssmincidents.ListTagsForResourceOutput{Tags: maps.Clone(tags)}, nil
}

// tags are those of what stands.
func (a *account) tags(ref *string) (map[string]string, error) {
	stands := a.Set != nil && a.Set.ARN == aws.ToString(ref) || slices.ContainsFunc(slices.Collect(maps.Values(a.Plans)), func(p *responsePlan) bool { return p.ARN == aws.ToString(ref) })
	if !stands {
		return nil, notFound(types.ResourceTypeResponsePlan, aws.ToString(ref))
	}
	return a.Tags[*ref], nil
}
