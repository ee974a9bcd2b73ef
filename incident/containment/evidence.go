package containment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// CollectMetadata stores what AWS knows of an instance before anything is changed: the instance, its interfaces, their groups, its
// volumes and its role. The hash of it goes on the snapshots.
type CollectMetadata struct{}

// Name implements Step.
func (CollectMetadata) Name() string { return "collect metadata" }

// Limits implements Step.
func (CollectMetadata) Limits() []string {
	return []string{"It takes no flow logs, no CloudTrail events and nothing from inside the instance."}
}

type metadata struct {
	Instance   types.Instance
	Interfaces []types.NetworkInterface
	Groups     []types.SecurityGroup
	Volumes    []types.Volume
	Role       *iamtypes.Role `json:",omitempty"`
}

func (CollectMetadata) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, s *subject) error {
		if s.evidence = r.journal.evidenceOf(s.ID); s.evidence != "" || r.planning {
			return nil // it was taken before anything was changed, and stays the one that counts
		}
		m, err := collect(ctx, cfg, s)
		if err != nil {
			return err
		}
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		hash := hex.EncodeToString(sum[:])
		if err := r.c.Ledger.Preserve(ctx, r.c.Case.ID, fmt.Sprintf("metadata-%s-%s.json", s.ID, hash), body); err != nil {
			return err
		}
		s.evidence = hash
		return r.journal.add(ctx, Record{Event: Preserved, Step: r.step, Account: s.Account, Region: s.Region, Setting: metadataEvidence, Target: s.ID, After: text(hash)})
	})
}

const metadataEvidence = "metadata"

// evidenceOf is the hash of the metadata that an earlier run has stored.
func (j *journal) evidenceOf(instance string) (hash string) {
	for _, r := range j.records() {
		if r.Event == Preserved && r.Setting == metadataEvidence && r.Target == instance {
			_ = json.Unmarshal([]byte(r.After), &hash) // written by CollectMetadata
		}
	}
	return hash
}

func collect(ctx context.Context, cfg aws.Config, s *subject) (metadata, error) {
	m := metadata{Instance: s.instance}
	var err error
	if m.Interfaces, err = interfacesOf(ctx, cfg, s.ID); err != nil {
		return m, err
	}
	var groups []string
	for _, i := range m.Interfaces {
		for _, g := range i.Groups {
			groups = append(groups, aws.ToString(g.GroupId))
		}
	}
	if m.Groups, err = describeGroups(ctx, cfg, filter("group-id", union(groups, nil)...)); err != nil {
		return m, err
	}
	if ids := volumesOf(s.instance); len(ids) > 0 {
		out, err := ec2.NewFromConfig(cfg).DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: ids})
		if err != nil {
			return m, err
		}
		m.Volumes = out.Volumes
	}
	if s.role != "" {
		out, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(nameIn(s.role))})
		if err != nil {
			return m, err
		}
		m.Role = out.Role
	}
	return m, nil
}

func volumesOf(i types.Instance) []string {
	var out []string
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil {
			out = append(out, aws.ToString(m.Ebs.VolumeId))
		}
	}
	return out
}

// MemoryHook captures the memory of an instance, by whatever the caller has for it, and returns where it put it and the hash
// of what it put there.
type MemoryHook func(ctx context.Context, instance Target) (where, sha256 string, err error)

// CaptureMemory calls the caller's hook, before anything cuts the instance off. If the hook fails or is not done in time, a case of
// high severity goes on without memory, and any other holds.
type CaptureMemory struct {
	Hook     MemoryHook    // nil: the report says that no memory was captured
	Deadline time.Duration // 0 is 15 minutes
}

// Name implements Step.
func (CaptureMemory) Name() string { return "capture memory" }

// Limits implements Step.
func (c CaptureMemory) Limits() []string {
	if c.Hook == nil {
		return []string{"No hook is given, so no memory is captured: what is in memory only is lost once the instance is stopped."}
	}
	return nil
}

func (c CaptureMemory) do(ctx context.Context, r *run) error {
	deadline := c.Deadline
	if deadline == 0 {
		deadline = 15 * time.Minute
	}
	return r.each(ctx, Instance, func(ctx context.Context, _ aws.Config, s *subject) error {
		if c.Hook == nil {
			return r.note(ctx, Skipped, s.ID, "no hook is given, so no memory was captured")
		}
		if r.planning || r.journal.has(Preserved, "memory", s.ID) {
			return nil
		}
		inTime, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		where, hash, err := c.Hook(inTime, s.Target)
		if err == nil {
			return r.journal.add(ctx, Record{
				Event: Preserved, Step: r.step, Account: s.Account, Region: s.Region, Setting: "memory", Target: s.ID,
				After: text(map[string]string{"where": where, "sha256": hash}),
			})
		}
		err = fmt.Errorf("the memory of %s was not captured: %w", s.ID, err)
		if r.c.Case.Severity < High {
			return &HoldingError{err}
		}
		return err
	})
}

func (j *journal) has(e Event, setting, target string) bool {
	return slices.ContainsFunc(j.records(), func(r Record) bool { return r.Event == e && r.Setting == setting && r.Target == target })
}

// SnapshotDisks takes snapshots of all volumes of an instance as one set, of one moment, the root volume's included, with the
// hash of the metadata. Those under the key that AWS manages for EBS can't be shared, so they are copied under Key; without
// one the step fails if they are to be shared, with the snapshots taken.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
type SnapshotDisks struct {
	Key       string         // ARN of a customer managed key for copies
	Copy      SnapshotCopier // snapshotcopy.Copy; needed with Key and CopyThere
	ShareWith []string       // accounts, as the forensic one; 12 digits each
	// CopyThere has, for accounts of ShareWith that Configs knows, the ARN of a key of theirs: they copy what is shared under it,
	// where this account can't delete it.
	CopyThere map[string]string
	Wait      time.Duration // for snapshots to complete, without which they can't be copied; 0 is 15 minutes
}

// Name implements Step.
func (SnapshotDisks) Name() string { return "snapshot disks" }

// Limits implements Step.
func (s SnapshotDisks) Limits() []string {
	out := []string{"Instance store volumes can't be snapshotted.", "Snapshots stay when the case is closed."}
	if len(s.ShareWith) == 0 {
		out = append(out, "Snapshots are shared with nobody: whoever holds this account can delete them.")
	}
	if s.Key == "" {
		out = append(out, "Snapshots under the key that AWS manages for EBS can't leave this account before they are copied under a key of yours.")
	}
	for _, a := range s.ShareWith {
		if s.CopyThere[a] == "" {
			out = append(out, "Snapshots that are shared with "+a+" are still this account's: the other has to copy them under a key of its own.")
		}
	}
	return out
}

func (s SnapshotDisks) check() []ztcore.Finding {
	var out []ztcore.Finding
	for _, a := range s.ShareWith {
		if len(a) != 12 {
			out = append(out, ztcore.Finding{Attribute: "SnapshotDisks.ShareWith", Message: fmt.Sprintf("%q is no account", a), Fix: "use 12 digits"})
		}
	}
	if s.Copy == nil && (s.Key != "" || len(s.CopyThere) > 0) {
		out = append(out, ztcore.Finding{Attribute: "SnapshotDisks.Copy", Message: "there is nothing to make copies with", Fix: "set Copy to snapshotcopy.Copy, which is apart since it makes programs large"})
	}
	for _, a := range sortedKeys(s.CopyThere) {
		if !slices.Contains(s.ShareWith, a) {
			out = append(out, ztcore.Finding{Attribute: "SnapshotDisks.CopyThere", Message: fmt.Sprintf("snapshots are not shared with %s, so it can't copy them", a), Fix: "name it in ShareWith"})
		}
	}
	return out
}

// Tags on snapshots.
const (
	tagInstance = "zerotrust:instance" // whose volume it was
	tagEvidence = "zerotrust:metadata" // SHA-256 of the metadata
	tagCopyOf   = "zerotrust:copy-of"  // the snapshot that it is a copy of
)

func (s SnapshotDisks) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, t *subject) error {
		volumes := volumesOf(t.instance)
		if len(volumes) == 0 {
			return r.note(ctx, Skipped, t.ID, "the instance has no EBS volumes")
		}
		if r.planning {
			taken, err := setOf(ctx, cfg, r.c.Case.ID, t.ID)
			if err == nil && !covers(taken, volumes) {
				r.plan(Record{Step: r.step, Account: t.Account, Region: t.Region, Setting: "snapshots", Target: t.ID, Before: text(idsOf(taken)), After: text(volumes)})
			}
			return err
		}
		taken, err := takeSet(ctx, cfg, r, t, volumes)
		if err != nil {
			return err
		}
		if taken, err = s.completed(ctx, cfg, taken); err != nil {
			return err
		}
		return ztcore.Each(ctx, len(taken), func(ctx context.Context, k int) error { return s.secure(ctx, cfg, r, t, taken[k]) })
	})
}

// setOf are the snapshots that the case has of an instance, without copies.
func setOf(ctx context.Context, cfg aws.Config, caseID, instance string) ([]types.Snapshot, error) {
	all, err := describeSnapshots(ctx, cfg, ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, Filters: []types.Filter{filter("tag:"+tagCaseMade, caseID), filter("tag:"+tagInstance, instance)},
	})
	return slices.DeleteFunc(all, func(s types.Snapshot) bool {
		return tagOf(s.Tags, tagCopyOf) != "" || s.State == types.SnapshotStateError
	}), err
}

// takeSet takes what is not there yet. CreateSnapshots has no client token, so it is tried once, and found by its tags if the
// answer was lost.
func takeSet(ctx context.Context, cfg aws.Config, r *run, t *subject, volumes []string) ([]types.Snapshot, error) {
	taken, err := setOf(ctx, cfg, r.c.Case.ID, t.ID)
	if err != nil || covers(taken, volumes) {
		return taken, err
	}
	var tr trace
	once := func(o *ec2.Options) { o.RetryMaxAttempts = 1 }
	_, err = ec2.NewFromConfig(tr.on(cfg)).CreateSnapshots(ctx, &ec2.CreateSnapshotsInput{
		InstanceSpecification: &types.InstanceSpecification{InstanceId: &t.ID}, Description: aws.String("Evidence of case " + r.c.Case.ID),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSnapshot, Tags: ec2Tags(map[string]string{
			tagCaseMade: r.c.Case.ID, tagInstance: t.ID, tagEvidence: t.evidence, ztcore.TagCaseOwner: r.c.Case.Owner,
		})}},
	}, once)
	taken, again := setOf(ctx, cfg, r.c.Case.ID, t.ID)
	if again != nil || !covers(taken, volumes) {
		if err == nil && again == nil {
			err = errors.New("the snapshots were taken, but are not found by their tags yet; run again")
		}
		return nil, errors.Join(err, again)
	}
	return taken, r.journal.add(ctx, Record{
		Event: Preserved, Step: r.step, Account: t.Account, Region: t.Region, Setting: "snapshots", Target: t.ID, After: text(idsOf(taken)), Calls: tr.calls,
	})
}

func covers(taken []types.Snapshot, volumes []string) bool {
	return !slices.ContainsFunc(volumes, func(v string) bool {
		return !slices.ContainsFunc(taken, func(s types.Snapshot) bool { return aws.ToString(s.VolumeId) == v })
	})
}

func idsOf(all []types.Snapshot) []string {
	var out []string
	for _, s := range all {
		out = append(out, aws.ToString(s.SnapshotId))
	}
	slices.Sort(out)
	return out
}

// completed waits until snapshots are.
func (s SnapshotDisks) completed(ctx context.Context, cfg aws.Config, taken []types.Snapshot) ([]types.Snapshot, error) {
	limit := s.Wait
	if limit == 0 {
		limit = 15 * time.Minute
	}
	started := time.Now()
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		now, err := describeSnapshots(ctx, cfg, ec2.DescribeSnapshotsInput{SnapshotIds: idsOf(taken)})
		if err != nil {
			return nil, err
		}
		pending := slices.ContainsFunc(now, func(s types.Snapshot) bool { return s.State == types.SnapshotStatePending })
		switch {
		case slices.ContainsFunc(now, func(s types.Snapshot) bool { return s.State == types.SnapshotStateError }):
			return nil, errors.New("a snapshot has failed; run again to take another set")
		case !pending:
			return now, nil
		case time.Since(started) > limit:
			return nil, fmt.Errorf("snapshots are still not complete after %s; they go on by themselves, so run again for what follows", limit)
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}
