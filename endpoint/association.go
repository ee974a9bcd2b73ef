package endpoint

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Association keeps nodes in the state that a document brings about, by a schedule. With no more than a name and targets it installs
// what their patch baselines approve, every Sunday at 3:00 UTC and not before, and reboots where a patch needs it.
type Association struct {
	Name    string // 3–128 letters, digits and _-.; not unique in AWS
	Targets []Target
	// Document is what is applied: AWS-RunPatchBaseline if empty, with parameters that ScanOnly and NoReboot say.
	Document id.Document
	// Version of the document: a number, $LATEST, or $DEFAULT if empty.
	Version string
	// Parameters of the document, each a list even if it takes one value.
	Parameters map[string][]string
	ScanOnly   bool // reports missing patches and installs none; for AWS-RunPatchBaseline
	NoReboot   bool // installs, and leaves the reboot to somebody else; for AWS-RunPatchBaseline
	// Schedule is cron(…) with six fields in UTC, rate(…) of at least 30 minutes, or at(…): cron(0 3 ? * SUN *) if empty.
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
	Schedule string
	// AtOnce applies it when it is made or changed as well, reboots included. A rate always begins so.
	AtOnce         bool
	Severity       string    // of nodes that are not in that state: HIGH if empty, CRITICAL, MEDIUM, LOW, UNSPECIFIED
	MaxConcurrency string    // how many nodes at a time, as "10" or "10%": 10% if empty
	MaxErrors      string    // how many may fail before it stops, as "5" or "5%": 5% if empty
	Output         id.Bucket // keeps the whole output; a part of it is kept anyway
	OutputPrefix   string
	// TargetParameter is the parameter of a runbook that each target's id goes to. Needed with targets of an automation.
	TargetParameter string
	// OperatingSystem of the targets, if it is one: documents of another system are a finding.
	OperatingSystem OperatingSystem
	Tags            map[string]string
}

// Target chooses nodes.
type Target struct {
	Key    string   // "tag:Name", "InstanceIds", "resource-groups:Name"
	Values []string // 1–50; "*" with InstanceIds is every node
}

// Tagged are the nodes that have one of the values in a tag.
func Tagged(key string, values ...string) Target { return Target{Key: "tag:" + key, Values: values} }

// Everything is every node of the account and region that Systems Manager manages.
func Everything() Target { return Target{Key: "InstanceIds", Values: []string{"*"}} }

type associationState struct {
	Name            string `zt:"label"`
	Document        string
	Version         string
	Parameters      map[string][]string
	Targets         []Target
	TargetParameter string
	Schedule        string
	OnlyAtSchedule  bool
	Severity        string
	MaxConcurrency  string
	MaxErrors       string
	Output          string            // bucket and prefix
	Tags            map[string]string `zt:"tags"`
	ID              string            `zt:"output"`
	Revision        string            `zt:"-"` // of the association, as it was read
	OS              string            `zt:"-"`
	Bucket, Prefix  string            `zt:"-"`
}

var associations = &ztcore.Kind[associationState]{
	Name: "endpoint.Association", Permissions: &associationsNeed,
	Read: readAssociations, Create: createAssociation, Update: updateAssociation, Check: checkAssociation, CheckAll: checkAssociatedDocuments,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have associationState) error {
		_, err := ssm.NewFromConfig(sc.Config).DeleteAssociation(ctx, &ssm.DeleteAssociationInput{AssociationId: &have.ID})
		return unlessGone(err)
	},
	// The document is new, and still being created.
	Retry:    []ztcore.Retry{{Code: "InvalidDocument"}},
	Controls: []string{"FSBP SSM.2", "FSBP SSM.3", "NIST SP 800-207 tenet 5", "CISA ZTMM Devices"},
}

var associationsNeed = ztcore.Permissions{
	Read:   []string{"ssm:DescribeAssociation", "ssm:ListAssociations", "ssm:ListTagsForResource"},
	Write:  []string{"iam:PassRole", "ssm:AddTagsToResource", "ssm:CreateAssociation", "ssm:UpdateAssociation"},
	Delete: []string{"ssm:DeleteAssociation"},
}

// ID is the association's id, which is not known before it exists.
func (a Association) ID() id.Association { return id.Association(associations.Ref(a.Name, "ID")) }

const runPatchBaseline = "AWS-RunPatchBaseline"

// Declare implements ztcore.Resource.
func (a Association) Declare(d *ztcore.Declaration) {
	want := associationState{
		Name: a.Name, Document: cmp.Or(string(a.Document), runPatchBaseline), Version: cmp.Or(a.Version, "$DEFAULT"), Parameters: maps.Clone(a.Parameters), Targets: a.Targets,
		TargetParameter: a.TargetParameter, Schedule: cmp.Or(a.Schedule, "cron(0 3 ? * SUN *)"), Severity: cmp.Or(a.Severity, "HIGH"),
		MaxConcurrency: cmp.Or(a.MaxConcurrency, "10%"), MaxErrors: cmp.Or(a.MaxErrors, "5%"), Tags: a.Tags, OS: string(a.OperatingSystem), Bucket: string(a.Output), Prefix: a.OutputPrefix,
	}
	want.OnlyAtSchedule = strings.HasPrefix(want.Schedule, "cron(") && !a.AtOnce
	if want.Bucket != "" {
		want.Output = want.Bucket + "/" + want.Prefix
	}
	if want.Parameters == nil {
		want.Parameters = map[string][]string{}
	}
	patches := want.Document == runPatchBaseline
	if (a.ScanOnly || a.NoReboot) && !patches {
		d.Reject(ztcore.Finding{Resource: ztcore.Address("endpoint.Association/" + a.Name), Attribute: "ScanOnly, NoReboot", Message: "are for " + runPatchBaseline + " alone", Fix: "set Parameters"})
	}
	if patches {
		fill := func(name, value string) {
			if want.Parameters[name] == nil {
				want.Parameters[name] = []string{value}
			}
		}
		fill("Operation", choose(a.ScanOnly, "Scan", "Install"))
		fill("RebootOption", choose(a.NoReboot, "NoReboot", "RebootIfNeeded"))
	}
	node := associations.Declare(d, a.Name, want)
	if patches && !want.OnlyAtSchedule && !a.ScanOnly && !a.NoReboot {
		node.Note("installs, and reboots where a patch needs it, as soon as it is made or changed")
	}
	if a.NoReboot {
		node.Note("patches of a kernel or a library in use take effect only after a reboot, which this leaves to others")
	}
}

func choose(yes bool, then, otherwise string) string {
	if yes {
		return then
	}
	return otherwise
}

// readAssociations asks for the tags of every association, since what lists them answers none, and for the rest of those that are
// the baseline's or have a wanted name.
func readAssociations(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[associationState]) ([]associationState, error) {
	client, wanted := ssm.NewFromConfig(sc.Config), map[string]bool{}
	for _, w := range q.Want {
		wanted[w.Name] = true
	}
	var all []types.Association
	for in := (&ssm.ListAssociationsInput{}); ; {
		page, err := client.ListAssociations(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Associations...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	found := make([]*associationState, len(all))
	err := ztcore.Each(ctx, len(all), func(ctx context.Context, i int) error {
		tags, err := tagsOf(ctx, sc, types.ResourceTypeForTaggingAssociation, aws.ToString(all[i].AssociationId))
		if err != nil || tags == nil || tags[ztcore.TagBaseline] != sc.Baseline && !wanted[aws.ToString(all[i].AssociationName)] {
			return err
		}
		out, err := client.DescribeAssociation(ctx, &ssm.DescribeAssociationInput{AssociationId: all[i].AssociationId})
		if err != nil {
			return unlessGone(err)
		}
		found[i] = seenAssociation(out.AssociationDescription, tags)
		return nil
	})
	return present(found), err
}

func createAssociation(ctx context.Context, sc *ztcore.Scope, want associationState) error {
	_, err := ssm.NewFromConfig(sc.Config).CreateAssociation(ctx, &ssm.CreateAssociationInput{
		Name: &want.Document, AssociationName: &want.Name, DocumentVersion: &want.Version, Parameters: want.Parameters, Targets: want.targets(), AutomationTargetParameterName: unlessEmpty(want.TargetParameter),
		ScheduleExpression: &want.Schedule, ApplyOnlyAtCronInterval: want.OnlyAtSchedule, ComplianceSeverity: types.AssociationComplianceSeverity(want.Severity),
		MaxConcurrency: &want.MaxConcurrency, MaxErrors: &want.MaxErrors, OutputLocation: want.location(), Tags: tagList(want.Tags),
	})
	return err
}

// updateAssociation sends everything, for what is left out would no longer be set. It names the version that was read, so that an
// answer that was lost makes no second one: then, and when somebody else was quicker, what stands now is for the next read to tell.
func updateAssociation(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[associationState]) (err error) {
	want := u.Want
	if u.Changed("Name", "Document", "Version", "Parameters", "Targets", "TargetParameter", "Schedule", "OnlyAtSchedule", "Severity", "MaxConcurrency", "MaxErrors", "Output") {
		_, err = ssm.NewFromConfig(sc.Config).UpdateAssociation(ctx, &ssm.UpdateAssociationInput{
			AssociationId: &u.Have.ID, AssociationVersion: unlessEmpty(u.Have.Revision), Name: &want.Document, AssociationName: &want.Name, DocumentVersion: &want.Version, Parameters: want.Parameters, Targets: want.targets(),
			AutomationTargetParameterName: unlessEmpty(want.TargetParameter), ScheduleExpression: &want.Schedule, ApplyOnlyAtCronInterval: want.OnlyAtSchedule,
			ComplianceSeverity: types.AssociationComplianceSeverity(want.Severity), MaxConcurrency: &want.MaxConcurrency, MaxErrors: &want.MaxErrors, OutputLocation: want.location(),
		})
	}
	if done := new(types.InvalidAssociationVersion); errors.As(err, &done) {
		err = nil
	}
	if err == nil && u.Changed("Tags") {
		err = setTags(ctx, sc, types.ResourceTypeForTaggingAssociation, u.Have.ID, want.Tags)
	}
	return err
}

func (s associationState) targets() []types.Target {
	var out []types.Target
	for _, t := range s.Targets {
		out = append(out, types.Target{Key: aws.String(t.Key), Values: t.Values})
	}
	return out
}

func (s associationState) location() *types.InstanceAssociationOutputLocation {
	if s.Bucket == "" {
		return nil
	}
	return &types.InstanceAssociationOutputLocation{S3Location: &types.S3OutputLocation{OutputS3BucketName: &s.Bucket, OutputS3KeyPrefix: unlessEmpty(s.Prefix)}}
}

func seenAssociation(d *types.AssociationDescription, tags map[string]string) *associationState {
	s := &associationState{
		ID: aws.ToString(d.AssociationId), Revision: aws.ToString(d.AssociationVersion), Name: aws.ToString(d.AssociationName), Document: aws.ToString(d.Name), Version: cmp.Or(aws.ToString(d.DocumentVersion), "$DEFAULT"), Parameters: d.Parameters,
		TargetParameter: aws.ToString(d.AutomationTargetParameterName), Schedule: aws.ToString(d.ScheduleExpression), OnlyAtSchedule: d.ApplyOnlyAtCronInterval, Severity: string(d.ComplianceSeverity),
		MaxConcurrency: aws.ToString(d.MaxConcurrency), MaxErrors: aws.ToString(d.MaxErrors), Tags: tags,
	}
	for _, t := range d.Targets {
		s.Targets = append(s.Targets, Target{aws.ToString(t.Key), slices.Clone(t.Values)})
	}
	if o := d.OutputLocation; o != nil && o.S3Location != nil && aws.ToString(o.S3Location.OutputS3BucketName) != "" {
		s.Bucket, s.Prefix = aws.ToString(o.S3Location.OutputS3BucketName), aws.ToString(o.S3Location.OutputS3KeyPrefix)
		s.Output = s.Bucket + "/" + s.Prefix
	}
	return s
}
