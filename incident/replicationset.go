package incident

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// ReplicationSet sets Incident Manager up, in this region and perhaps two others, protected from deletion. An account has one:
// one that is there already is taken as it is, and lacking regions are added. Regions are never taken out of it, since
// that deletes what they hold.
//
// AWS has taken no new customers for Incident Manager since 7 November 2025. An account that never used it gets an error from
// AWS, and is served as well by Preset, which needs no Incident Manager.
// https://docs.aws.amazon.com/incident-manager/latest/userguide/incident-manager-availability-change.html
type ReplicationSet struct {
	// Regions are those that incidents are kept in, three at most, each with the key that encrypts there, or "" for a key of
	// AWS's. This region alone, with a key of AWS's, if it is left out.
	Regions map[string]id.KeyARN
}

// ARN is the set's ARN, for ResponsePlan.After.
func (ReplicationSet) ARN() string { return replicationSets.Ref("account", "ARN") }

// Declare implements ztcore.Resource.
func (r ReplicationSet) Declare(d *ztcore.Declaration) {
	regions := map[string]string{}
	for name, key := range r.Regions {
		regions[name] = string(key)
	}
	if len(regions) == 0 {
		regions[ztcore.Region] = ""
	}
	want := replicationState{Protected: true, Status: string(types.ReplicationSetStatusActive)}
	for _, name := range slices.Sorted(maps.Keys(regions)) {
		want.Regions = append(want.Regions, replica{name, regions[name]})
	}
	replicationSets.Declare(d, "account", want)
}

type replica struct{ Region, Key string }

type replicationState struct {
	Regions   []replica `zt:"set"`
	Protected bool
	Status    string // it takes a moment to become active
	ARN       string `zt:"output"`
}

var replicationSets = &ztcore.Kind[replicationState]{
	Name: "incident.ReplicationSet", Permissions: &replicationSetsNeed, Get: getReplicationSet, Put: putReplicationSet, Delete: deleteReplicationSet, HoldsData: true,
	Check: func(want replicationState) []ztcore.Finding {
		if len(want.Regions) > 3 {
			return []ztcore.Finding{{Attribute: "Regions", Message: fmt.Sprintf("names %d regions, and Incident Manager takes three", len(want.Regions)), Fix: "name three at most"}}
		}
		return nil
	},
	Domain:   func(replicationState) string { return "ssm-incidents" },
	Controls: []string{"NIST SP 800-61 3.1", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var replicationSetsNeed = ztcore.Permissions{
	Read:   []string{"ssm-incidents:GetReplicationSet", "ssm-incidents:ListReplicationSets"},
	Write:  []string{"iam:CreateServiceLinkedRole", "ssm-incidents:CreateReplicationSet", "ssm-incidents:UpdateDeletionProtection", "ssm-incidents:UpdateReplicationSet"},
	Delete: []string{"ssm-incidents:DeleteReplicationSet", "ssm-incidents:UpdateDeletionProtection"},
}

func getReplicationSet(ctx context.Context, sc *ztcore.Scope, want replicationState) (replicationState, bool, error) {
	set, err := replicationSet(ctx, sc)
	if set == nil || err != nil {
		return replicationState{}, false, err
	}
	have := replicationState{Protected: aws.ToBool(set.DeletionProtected), Status: string(set.Status), ARN: aws.ToString(set.Arn)}
	for _, w := range want.Regions { // others hold what somebody keeps there
		if info, ok := set.RegionMap[w.Region]; ok {
			have.Regions = append(have.Regions, replica{w.Region, aws.ToString(info.SseKmsKeyId)})
		}
	}
	return have, true, nil
}

// replicationSet is the account's one set; nil if there is none.
func replicationSet(ctx context.Context, sc *ztcore.Scope) (*types.ReplicationSet, error) {
	c := ssmincidents.NewFromConfig(sc.Config)
	sets, err := c.ListReplicationSets(ctx, &ssmincidents.ListReplicationSetsInput{})
	if err != nil || len(sets.ReplicationSetArns) == 0 {
		return nil, err
	}
	out, err := c.GetReplicationSet(ctx, &ssmincidents.GetReplicationSetInput{Arn: &sets.ReplicationSetArns[0]})
	if missing(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return out.ReplicationSet, nil
}

// putReplicationSet makes the set, or adds what it lacks. AWS changes one region at a time.
func putReplicationSet(ctx context.Context, sc *ztcore.Scope, want replicationState) error {
	c := ssmincidents.NewFromConfig(sc.Config)
	set, err := replicationSet(ctx, sc)
	if err != nil {
		return err
	}
	created := set == nil
	if created {
		regions := map[string]types.RegionMapInputValue{}
		for _, r := range want.Regions {
			regions[r.Region] = types.RegionMapInputValue{SseKmsKeyId: optional(r.Key)}
		}
		made, err := c.CreateReplicationSet(ctx, &ssmincidents.CreateReplicationSetInput{Regions: regions})
		if err != nil {
			return err
		}
		set = &types.ReplicationSet{Arn: made.Arn}
	}
	if !aws.ToBool(set.DeletionProtected) {
		if _, err := c.UpdateDeletionProtection(ctx, &ssmincidents.UpdateDeletionProtectionInput{Arn: set.Arn, DeletionProtected: aws.Bool(true)}); err != nil {
			return err
		}
	}
	for _, r := range want.Regions {
		info, ok := set.RegionMap[r.Region]
		if ok && aws.ToString(info.SseKmsKeyId) != r.Key {
			return fmt.Errorf("incident.ReplicationSet: %s is encrypted with %q and not with %q, which AWS does not change: declare the key that it has, or take the region out by hand, with all that it holds", r.Region, aws.ToString(info.SseKmsKeyId), r.Key)
		}
		if ok || created {
			continue
		}
		if err := active(ctx, sc); err != nil {
			return err
		}
		_, err := c.UpdateReplicationSet(ctx, &ssmincidents.UpdateReplicationSetInput{Arn: set.Arn, Actions: []types.UpdateReplicationSetAction{
			&types.UpdateReplicationSetActionMemberAddRegionAction{Value: types.AddRegionAction{RegionName: &r.Region, SseKmsKeyId: optional(r.Key)}},
		}})
		if invalid := new(types.ValidationException); errors.As(err, &invalid) && strings.Contains(invalid.ErrorMessage(), "already") {
			continue // by an earlier attempt, whose answer was lost
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// active waits until the set can be changed.
func active(ctx context.Context, sc *ztcore.Scope) error {
	return ztcore.Await(ctx, "waiting for the replication set to be active", 10*time.Minute, func() (bool, error) {
		set, err := replicationSet(ctx, sc)
		if err == nil && set != nil && set.Status == types.ReplicationSetStatusFailed {
			err = fmt.Errorf("incident.ReplicationSet: its last change failed; look at it in the console")
		}
		return set == nil || set.Status == types.ReplicationSetStatusActive, err
	})
}

// deleteReplicationSet deletes everything that is in Incident Manager, which AllowDelete must have named.
func deleteReplicationSet(ctx context.Context, sc *ztcore.Scope, have replicationState) error {
	c := ssmincidents.NewFromConfig(sc.Config)
	_, err := c.UpdateDeletionProtection(ctx, &ssmincidents.UpdateDeletionProtectionInput{Arn: &have.ARN, DeletionProtected: aws.Bool(false)})
	if err == nil {
		_, err = c.DeleteReplicationSet(ctx, &ssmincidents.DeleteReplicationSetInput{Arn: &have.ARN})
	}
	return unlessMissing(err)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
