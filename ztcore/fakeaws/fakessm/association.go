package fakessm

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
const (
	mostAssociations        = 2000
	mostAssociationVersions = 1000
)

type association struct {
	ID       string
	Created  time.Time
	Versions []types.AssociationVersionInfo // oldest first; Name is never empty
	Target   []string                       // of each version, the parameter that an automation's targets go to
	Tags     map[string]string
}

func (a *association) last() types.AssociationVersionInfo { return a.Versions[len(a.Versions)-1] }

func (s *Service) installAssociations(c *fakeaws.Cloud) {
	content := []string{
		"Name", "AssociationName", "ApplyOnlyAtCronInterval", "AutomationTargetParameterName", "ComplianceSeverity", "DocumentVersion", "Duration", "MaxConcurrency", "MaxErrors",
		"OutputLocation", "Parameters", "ScheduleExpression", "ScheduleOffset", "SyncCompliance", "Targets",
	}
	fakeaws.On(c, s.CreateAssociation, append([]string{"Tags"}, content...)...)
	fakeaws.On(c, s.UpdateAssociation, append([]string{"AssociationId", "AssociationVersion"}, content...)...)
	fakeaws.On(c, s.DescribeAssociation, "AssociationId", "AssociationVersion")
	fakeaws.On(c, s.ListAssociations, "AssociationFilterList", "MaxResults", "NextToken")
	fakeaws.On(c, s.ListAssociationVersions, "AssociationId", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteAssociation, "AssociationId")
}

var (
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html
	associationName = regexp.MustCompile(`^[a-zA-Z0-9_\-.]{3,128}$`)
	maxConcurrency  = regexp.MustCompile(`^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$`)
	maxErrors       = regexp.MustCompile(`^([1-9][0-9]*|0|[1-9][0-9]%|[0-9]%|100%)$`)
	targetKey       = regexp.MustCompile(`^([\p{L}\p{Z}\p{N}_.:/=\-@]*|resource-groups:ResourceTypeFilters|resource-groups:Name)$`)
)

// CreateAssociation makes an association, which does not run.
func (s *Service) CreateAssociation(ctx context.Context, in *ssm.CreateAssociationInput, _ ...opt) (*ssm.CreateAssociationOutput, error) {
	r := s.regions.In(ctx)
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	a := &association{ID: s.cloud.UUID(), Created: time.Now(), Tags: tags}
	if err := s.add(ctx, a, &ssm.UpdateAssociationInput{
		Name: in.Name, AssociationName: in.AssociationName, ApplyOnlyAtCronInterval: in.ApplyOnlyAtCronInterval, AutomationTargetParameterName: in.AutomationTargetParameterName,
		ComplianceSeverity: in.ComplianceSeverity, DocumentVersion: in.DocumentVersion, Duration: in.Duration, MaxConcurrency: in.MaxConcurrency, MaxErrors: in.MaxErrors,
		OutputLocation: in.OutputLocation, Parameters: in.Parameters, ScheduleExpression: in.ScheduleExpression, ScheduleOffset: in.ScheduleOffset,
		SyncCompliance: in.SyncCompliance, Targets: in.Targets,
	}); err != nil {
		return nil, err
	}
	if len(r.Associations) >= mostAssociations {
		return nil, &types.AssociationLimitExceeded{Message: aws.String("You can have at most 2,000 active associations.")}
	}
	r.Associations[a.ID] = a
	return &ssm.CreateAssociationOutput{AssociationDescription: a.describe(len(a.Versions) - 1)}, nil
}

// UpdateAssociation adds a version. What is not given is no longer set; only the document stays the same.
func (s *Service) UpdateAssociation(ctx context.Context, in *ssm.UpdateAssociationInput, _ ...opt) (*ssm.UpdateAssociationOutput, error) {
	a, err := s.regions.In(ctx).association(in.AssociationId)
	if err != nil {
		return nil, err
	}
	if v := aws.ToString(in.AssociationVersion); v != "" && v != "$LATEST" && v != *a.last().AssociationVersion {
		return nil, &types.InvalidAssociationVersion{Message: aws.String("The version you specified is not valid.")}
	}
	if len(a.Versions) >= mostAssociationVersions {
		return nil, &types.AssociationVersionLimitExceeded{Message: aws.String("You have reached the maximum number of versions allowed for an association. Each association has a limit of 1,000 versions.")}
	}
	if in.Name == nil {
		kept := *in
		kept.Name = a.last().Name
		in = &kept
	}
	if err := s.add(ctx, a, in); err != nil {
		return nil, err
	}
	return &ssm.UpdateAssociationOutput{AssociationDescription: a.describe(len(a.Versions) - 1)}, nil
}

// add checks a version and appends it.
func (s *Service) add(ctx context.Context, a *association, in *ssm.UpdateAssociationInput) error {
	d, err := s.document(ctx, in.Name)
	if err != nil {
		return err
	}
	number := cmp.Or(aws.ToString(in.DocumentVersion), "$DEFAULT")
	v, err := d.version(&number, nil)
	if err != nil {
		return err
	}
	if d.Type != types.DocumentTypeCommand && d.Type != types.DocumentTypeAutomation && d.Type != types.DocumentTypePolicy {
		return &types.InvalidDocument{Message: aws.String("Documents of the type " + string(d.Type) + " can't be associated.")}
	}
	if v.Format == types.DocumentFormatYaml {
		return notFaked(ctx, "Name", "the parameters of a document in YAML are not known: write it in JSON")
	}
	c, err := parse(v.Content)
	if err != nil {
		return err
	}
	given := in.Parameters
	if p := aws.ToString(in.AutomationTargetParameterName); p != "" {
		given = maps.Clone(in.Parameters)
		if given == nil {
			given = map[string][]string{}
		}
		given[p] = []string{"{{target}}"}
	}
	if problem := c.checkParameters(given); problem != "" {
		return &types.InvalidParameters{Message: aws.String(problem)}
	}
	automation := d.Type == types.DocumentTypeAutomation
	switch {
	case len(in.Targets) == 0 && !automation:
		return &types.InvalidTarget{Message: aws.String("The target is not valid or does not exist: Targets is required.")}
	case automation && (len(in.Targets) > 0) != (in.AutomationTargetParameterName != nil):
		return &types.InvalidTarget{Message: aws.String("AutomationTargetParameterName is required with targets of an automation, and only then.")}
	case !automation && in.AutomationTargetParameterName != nil:
		return invalid("AutomationTargetParameterName is for automations only")
	}
	if err := s.checkAssociation(ctx, in); err != nil {
		return err
	}
	a.Versions = append(a.Versions, types.AssociationVersionInfo{
		AssociationId: aws.String(a.ID), AssociationVersion: aws.String(strconv.Itoa(len(a.Versions) + 1)), CreatedDate: aws.Time(time.Now()), Name: in.Name, AssociationName: in.AssociationName,
		ApplyOnlyAtCronInterval: in.ApplyOnlyAtCronInterval, ComplianceSeverity: cmp.Or(in.ComplianceSeverity, types.AssociationComplianceSeverityUnspecified),
		DocumentVersion: &number, Duration: in.Duration, MaxConcurrency: in.MaxConcurrency, MaxErrors: in.MaxErrors, OutputLocation: in.OutputLocation, Parameters: maps.Clone(in.Parameters),
		ScheduleExpression: in.ScheduleExpression, ScheduleOffset: in.ScheduleOffset, SyncCompliance: cmp.Or(in.SyncCompliance, types.AssociationSyncComplianceAuto), Targets: slices.Clone(in.Targets),
	})
	a.Target = append(a.Target, aws.ToString(in.AutomationTargetParameterName))
	return nil
}

func (s *Service) checkAssociation(ctx context.Context, in *ssm.UpdateAssociationInput) error {
	pattern := func(member string, value *string, re *regexp.Regexp) error {
		if value != nil && !re.MatchString(*value) {
			return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", *value, member, re)
		}
		return nil
	}
	for _, err := range []error{
		pattern("associationName", in.AssociationName, associationName), pattern("maxConcurrency", in.MaxConcurrency, maxConcurrency), pattern("maxErrors", in.MaxErrors, maxErrors),
		oneOf("complianceSeverity", in.ComplianceSeverity, in.ComplianceSeverity.Values()), oneOf("syncCompliance", in.SyncCompliance, in.SyncCompliance.Values()),
	} {
		if err != nil {
			return err
		}
	}
	if len(in.Targets) > 5 {
		return invalid("1 validation error detected: Value at 'targets' failed to satisfy constraint: Member must have length less than or equal to 5")
	}
	for _, t := range in.Targets {
		key := aws.ToString(t.Key)
		if !targetKey.MatchString(key) || key != "InstanceIds" && key != "ParameterValues" && !strings.HasPrefix(key, "tag:") && !strings.HasPrefix(key, "resource-groups:") {
			return &types.InvalidTarget{Message: aws.String("The target is not valid or does not exist: " + key)}
		}
		if len(t.Values) < 1 || len(t.Values) > 50 {
			return &types.InvalidTarget{Message: aws.String("A target has 1 to 50 values: " + key)}
		}
	}
	expression := aws.ToString(in.ScheduleExpression)
	if in.ScheduleExpression != nil {
		if err := checkSchedule(expression); err != nil {
			return err
		}
	}
	switch {
	case in.ApplyOnlyAtCronInterval && !strings.HasPrefix(expression, "cron("):
		return invalid("ApplyOnlyAtCronInterval needs a cron expression")
	case in.ScheduleOffset != nil && (!in.ApplyOnlyAtCronInterval || *in.ScheduleOffset < 1 || *in.ScheduleOffset > 6):
		return invalid("ScheduleOffset has 1 to 6 days and needs ApplyOnlyAtCronInterval")
	case in.Duration != nil && (!in.ApplyOnlyAtCronInterval || *in.Duration < 1 || *in.Duration > 24):
		return invalid("Duration has 1 to 24 hours and needs ApplyOnlyAtCronInterval")
	}
	if in.OutputLocation != nil && in.OutputLocation.S3Location != nil {
		if buckets, ok := fakeaws.Capability[fakeaws.Buckets](s.cloud); ok {
			if _, _, _, found := buckets.Bucket(ctx, aws.ToString(in.OutputLocation.S3Location.OutputS3BucketName)); !found {
				return &types.InvalidOutputLocation{Message: aws.String("The output location is not valid or does not exist.")}
			}
		}
	}
	return nil
}

// DescribeAssociation answers one association in its latest version unless told otherwise.
func (s *Service) DescribeAssociation(ctx context.Context, in *ssm.DescribeAssociationInput, _ ...opt) (*ssm.DescribeAssociationOutput, error) {
	a, err := s.regions.In(ctx).association(in.AssociationId)
	if err != nil {
		return nil, err
	}
	i := len(a.Versions) - 1
	if v := aws.ToString(in.AssociationVersion); v != "" && v != "$LATEST" {
		if i = slices.IndexFunc(a.Versions, func(o types.AssociationVersionInfo) bool { return *o.AssociationVersion == v }); i < 0 {
			return nil, &types.InvalidAssociationVersion{Message: aws.String("The version you specified is not valid.")}
		}
	}
	return &ssm.DescribeAssociationOutput{AssociationDescription: a.describe(i)}, nil
}

// ListAssociations answers the associations, oldest first.
func (s *Service) ListAssociations(ctx context.Context, in *ssm.ListAssociationsInput, _ ...opt) (*ssm.ListAssociationsOutput, error) {
	var all []*association
	for _, a := range s.regions.In(ctx).Associations {
		all = append(all, a)
	}
	for _, f := range in.AssociationFilterList {
		var keep func(a *association) string
		switch f.Key {
		case types.AssociationFilterKeyName:
			keep = func(a *association) string { return *a.last().Name }
		case types.AssociationFilterKeyAssociationName:
			keep = func(a *association) string { return aws.ToString(a.last().AssociationName) }
		case types.AssociationFilterKeyAssociationId:
			keep = func(a *association) string { return a.ID }
		default:
			return nil, notFaked(ctx, "AssociationFilterList", "the key "+string(f.Key)+" is not faked")
		}
		all = slices.DeleteFunc(all, func(a *association) bool { return keep(a) != aws.ToString(f.Value) })
	}
	slices.SortFunc(all, func(a, b *association) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	found := make([]types.Association, len(all))
	for i, a := range all {
		v := a.last()
		found[i] = types.Association{
			AssociationId: aws.String(a.ID), AssociationName: v.AssociationName, AssociationVersion: v.AssociationVersion, DocumentVersion: v.DocumentVersion, Duration: v.Duration, Name: v.Name,
			Overview: overview(), ScheduleExpression: v.ScheduleExpression, ScheduleOffset: v.ScheduleOffset, Targets: slices.Clone(v.Targets),
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults, 50)
	return &ssm.ListAssociationsOutput{Associations: some, NextToken: next}, err
}

// ListAssociationVersions answers the versions, newest first.
func (s *Service) ListAssociationVersions(ctx context.Context, in *ssm.ListAssociationVersionsInput, _ ...opt) (*ssm.ListAssociationVersionsOutput, error) {
	a, err := s.regions.In(ctx).association(in.AssociationId)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(a.Versions)
	slices.Reverse(all)
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults, 50)
	return &ssm.ListAssociationVersionsOutput{AssociationVersions: some, NextToken: next}, err
}

// DeleteAssociation removes an association with all its versions.
func (s *Service) DeleteAssociation(ctx context.Context, in *ssm.DeleteAssociationInput, _ ...opt) (*ssm.DeleteAssociationOutput, error) {
	r := s.regions.In(ctx)
	a, err := r.association(in.AssociationId)
	if err != nil {
		return nil, err
	}
	delete(r.Associations, a.ID)
	return &ssm.DeleteAssociationOutput{}, nil
}

func (r *region) association(id *string) (*association, error) {
	if a := r.Associations[aws.ToString(id)]; a != nil {
		return a, nil
	}
	return nil, &types.AssociationDoesNotExist{Message: aws.String("The specified association does not exist.")}
}

func overview() *types.AssociationOverview {
	return &types.AssociationOverview{Status: aws.String("Pending")}
}

func (a *association) describe(i int) *types.AssociationDescription {
	v := a.Versions[i]
	return &types.AssociationDescription{
		AssociationId: aws.String(a.ID), AssociationName: v.AssociationName, AssociationVersion: v.AssociationVersion, ApplyOnlyAtCronInterval: v.ApplyOnlyAtCronInterval,
		AutomationTargetParameterName: unlessEmpty(a.Target[i]), ComplianceSeverity: v.ComplianceSeverity, Date: aws.Time(a.Created), LastUpdateAssociationDate: v.CreatedDate, DocumentVersion: v.DocumentVersion,
		Duration: v.Duration, MaxConcurrency: v.MaxConcurrency, MaxErrors: v.MaxErrors, Name: v.Name, OutputLocation: v.OutputLocation, Overview: overview(), Parameters: maps.Clone(v.Parameters),
		ScheduleExpression: v.ScheduleExpression, ScheduleOffset: v.ScheduleOffset, SyncCompliance: v.SyncCompliance, Targets: slices.Clone(v.Targets),
	}
}
