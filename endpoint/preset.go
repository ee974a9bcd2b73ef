package endpoint

import (
	"cmp"
	"strings"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a sound start for the machines of an account and region: their patches are approved after seven days and installed every
// Sunday, what is missing is reported every day, the agent is kept up to date, and sessions of Session Manager, which take the
// place of SSH, are encrypted and recorded. Documents can't be made public, and what scripts of runbooks put out is recorded. The zero value with a name is complete.
//
// Instances join by the tag PatchGroup, and need a role with AmazonSSMManagedInstanceCore and InstancePolicy. Launch templates, web
// ACLs and firewalls are in packages launch, webacl and firewall.
type Preset struct {
	Name             string            // of the patch baseline; begins the names of the rest
	OperatingSystems []OperatingSystem // AmazonLinux2023 if there are none
	PatchGroup       string            // the value of the tag PatchGroup: Name if empty
	Schedule         string            // of the installation, as in Association: Sundays at 3:00 UTC if empty
	NoReboot         bool              // installs, and leaves the reboot to somebody else
	// GroupOnly leaves AWS's default baselines to the instances that are in no patch group.
	GroupOnly bool
	// Key encrypts sessions and their records; a key is made if it is empty.
	Key id.KeyARN
	// SessionLogs and SessionBucket are where sessions are recorded; a bucket is made if both are empty.
	SessionLogs   id.LogGroup
	SessionBucket id.Bucket
	Tags          map[string]string
}

// Baseline is the preset's patch baseline of an operating system.
func (p Preset) Baseline(os OperatingSystem) PatchBaseline {
	name := p.Name
	if len(p.OperatingSystems) > 1 {
		name += "-" + strings.ToLower(string(os))
	}
	return PatchBaseline{Name: name, Description: "Patches of " + string(os.orDefault()) + " for " + p.group(), OperatingSystem: os, Tags: p.Tags}
}

// SessionKey is the key that the preset makes if it is given none.
func (p Preset) SessionKey() dataprotect.Key {
	return dataprotect.Key{Name: p.Name + "-sessions", Description: "Sessions of " + p.Name, Tags: p.Tags}
}

// SessionRecords is the bucket that the preset makes if it is given neither a log group nor a bucket.
func (p Preset) SessionRecords() dataprotect.Bucket {
	return dataprotect.Bucket{Name: strings.ToLower(p.Name) + "-sessions-" + ztcore.AccountID + "-" + ztcore.Region, Key: p.key(), Tags: p.Tags}
}

// InstancePolicy is what the role of an instance needs beside AmazonSSMManagedInstanceCore, for sessions with it to be encrypted
// and recorded.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
func (p Preset) InstancePolicy() policy.Document {
	doc := policy.Allow("kms:Decrypt", "kms:GenerateDataKey").On(id.ARN(p.key())).Named("EncryptSessions")
	if p.SessionBucket != "" || p.SessionLogs == "" {
		bucket := id.ARN("arn:" + ztcore.Partition + ":s3:::" + string(p.bucket()))
		doc = doc.And(policy.Allow("s3:PutObject").On(bucket+"/*").Named("RecordSessions"), policy.Allow("s3:GetEncryptionConfiguration").On(bucket).Named("SeeThatRecordsAreEncrypted"))
	}
	if p.SessionLogs != "" {
		group := id.ARN("arn:" + ztcore.Partition + ":logs:" + ztcore.Region + ":" + ztcore.AccountID + ":log-group:" + string(p.SessionLogs) + ":*")
		doc = doc.And(
			policy.Allow("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams").On(group).Named("StreamSessions"),
			policy.Allow("logs:DescribeLogGroups").OnAny().Named("FindTheLogGroup"), // the action knows no resources
		)
	}
	return doc
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	var all ztcore.List
	for _, os := range p.systems() {
		b := p.Baseline(os)
		all = append(all, b, PatchGroup{Name: p.group(), Baseline: b.ID(), OperatingSystem: os})
		if !p.GroupOnly {
			all = append(all, DefaultPatchBaseline{Baseline: b.ID(), OperatingSystem: os})
		}
	}
	all = append(all,
		Association{Name: p.Name + "-install", Targets: []Target{Tagged("PatchGroup", p.group())}, Schedule: p.Schedule, NoReboot: p.NoReboot, Tags: p.Tags},
		Association{Name: p.Name + "-scan", Targets: []Target{Everything()}, Schedule: "rate(1 day)", ScanOnly: true, Tags: p.Tags},
		Association{Name: p.Name + "-agent", Targets: []Target{Everything()}, Document: "AWS-UpdateSSMAgent", Schedule: "rate(14 days)", Tags: p.Tags},
		DocumentSharingBlock{}, AutomationLogs{},
	)
	if p.Key == "" {
		all = append(all, p.SessionKey())
	}
	sessions := SessionPreferences{Key: p.key(), LogGroup: p.SessionLogs, Bucket: p.SessionBucket}
	if p.SessionLogs == "" && p.SessionBucket == "" {
		records := p.SessionRecords()
		sessions.Bucket = records.ID()
		all = append(all, records)
	}
	append(all, sessions).Declare(d)
}

func (p Preset) group() string { return cmp.Or(p.PatchGroup, p.Name) }

func (p Preset) systems() []OperatingSystem {
	if len(p.OperatingSystems) == 0 {
		return []OperatingSystem{AmazonLinux2023}
	}
	return p.OperatingSystems
}

func (p Preset) key() id.KeyARN { return cmp.Or(p.Key, p.SessionKey().ARN()) }

func (p Preset) bucket() id.Bucket {
	if p.SessionBucket != "" {
		return p.SessionBucket
	}
	return dataprotect.Bucket{Name: strings.ToLower(p.Name) + "-sessions-" + ztcore.AccountID + "-" + ztcore.Region}.ID()
}
