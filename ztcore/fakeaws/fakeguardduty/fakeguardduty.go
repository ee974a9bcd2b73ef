// Package fakeguardduty is the Amazon GuardDuty of a fakeaws.Cloud.
//
// Modelled: the one detector of an account and region with its protection plans, tags and client tokens, and findings: samples by
// the API, and others that a test puts there with PutFinding. Each finding is an event on the default bus, in the form that
// GuardDuty gives it, so that rules of EventBridge can be tried.
//
// Not modelled: the detection itself, criteria and sorting of findings, filters, threat lists, publishing destinations, members
// and the organization's administrator, coverage, usage, and the older DataSources.
package fakeguardduty

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles GuardDuty.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is what GuardDuty holds of one account and region.
type region struct {
	Detector *detector         // nil if GuardDuty is off
	Tokens   map[string]string // client token → the detector it made
}

type detector struct {
	ID        string
	ARN       string
	Enabled   bool
	Frequency types.FindingPublishingFrequency
	Features  map[string]types.FeatureStatus // by name, and by name/additional configuration
	Tags      map[string]string
	Created   time.Time
	Updated   time.Time
	Findings  []types.Finding
}

type opt = func(*guardduty.Options)

// Install adds GuardDuty to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "guardduty", fakeaws.Regional, func(string, string) *region {
		return &region{Tokens: map[string]string{}}
	})}
	fakeaws.On(c, s.CreateDetector, "Enable", "ClientToken", "Features", "FindingPublishingFrequency", "Tags")
	fakeaws.On(c, s.GetDetector, "DetectorId")
	fakeaws.On(c, s.ListDetectors, "MaxResults", "NextToken")
	fakeaws.On(c, s.UpdateDetector, "DetectorId", "Enable", "Features", "FindingPublishingFrequency")
	fakeaws.On(c, s.DeleteDetector, "DetectorId")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
	fakeaws.On(c, s.CreateSampleFindings, "DetectorId", "FindingTypes")
	fakeaws.On(c, s.ListFindings, "DetectorId", "MaxResults", "NextToken")
	fakeaws.On(c, s.GetFindings, "DetectorId", "FindingIds")
	fakeaws.On(c, s.ArchiveFindings, "DetectorId", "FindingIds")
	fakeaws.Provide(c, s)
}

// PutFinding has the detector of an account and region find something. What GuardDuty itself fills in (id, ARN, times, account)
// is filled in where it is missing. It returns the finding's id; the error says that there is no detector that is on.
func PutFinding(c *fakeaws.Cloud, account, regionName string, f types.Finding) (id string, err error) {
	s, ok := fakeaws.Capability[*Service](c)
	if !ok {
		return "", errors.New("GuardDuty is not installed in this cloud")
	}
	s.regions.Peek(account, regionName, func(r *region) {
		if r.Detector == nil || !r.Detector.Enabled {
			err = errors.New("GuardDuty is off in " + regionName + " of " + account)
			return
		}
		id = s.report(context.Background(), r.Detector, f)
	})
	return id, err
}

// report keeps a finding and puts it on the event bus.
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
func (s *Service) report(ctx context.Context, d *detector, f types.Finding) string {
	part, now := strings.Split(d.ARN, ":"), aws.String(time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	fill := func(to **string, value *string) {
		if *to == nil {
			*to = value
		}
	}
	fill(&f.Id, aws.String(strings.ReplaceAll(s.cloud.UUID(), "-", "")))
	fill(&f.Arn, aws.String(d.ARN+"/finding/"+*f.Id))
	fill(&f.AccountId, &part[4])
	fill(&f.Region, &part[3])
	fill(&f.Partition, &part[1])
	fill(&f.SchemaVersion, aws.String("2.0"))
	fill(&f.CreatedAt, now)
	fill(&f.UpdatedAt, now)
	if f.Service == nil {
		f.Service = &types.Service{}
	}
	about := *f.Service
	f.Service = &about
	fill(&about.DetectorId, &d.ID)
	fill(&about.ServiceName, aws.String("guardduty"))
	if about.Archived == nil {
		about.Archived = aws.Bool(false)
	}
	d.Findings = append(d.Findings, f)
	if bus, ok := fakeaws.Capability[fakeaws.Events](s.cloud); ok {
		bus.PutEvent(ctx, fakeaws.Event{Account: part[4], Region: part[3], Source: "aws.guardduty", DetailType: "GuardDuty Finding", Detail: detail(f)})
	}
	return *f.Id
}

// detail is a finding as JSON with the names of the API, which begin small.
func detail(f types.Finding) string {
	text, err := json.Marshal(f)
	if err == nil {
		var v any
		if err = json.Unmarshal(text, &v); err == nil {
			text, err = json.Marshal(small(v))
		}
	}
	if err != nil {
		panic("fakeguardduty: a finding has no JSON form: " + err.Error())
	}
	return string(text)
}

func small(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if x == nil {
				continue
			}
			first, n := utf8.DecodeRuneInString(k)
			out[string(unicode.ToLower(first))+k[n:]] = small(x)
		}
		return out
	case []any:
		for i := range v {
			v[i] = small(v[i])
		}
	}
	return v
}

// sampleSeverity is that of all samples; those of AWS differ by type.
const sampleSeverity = 5

// CreateSampleFindings finds one of each type that is named.
func (s *Service) CreateSampleFindings(ctx context.Context, in *guardduty.CreateSampleFindingsInput, _ ...opt) (*guardduty.CreateSampleFindingsOutput, error) {
	d, err := s.regions.In(ctx).detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	if len(in.FindingTypes) == 0 {
		return nil, invalid("The request is rejected because the fake makes samples of named types only.")
	}
	for _, t := range in.FindingTypes {
		s.report(ctx, d, types.Finding{
			Type: &t, Title: aws.String("[SAMPLE] " + t), Description: aws.String("A sample finding."), Severity: aws.Float64(sampleSeverity),
			Resource: &types.Resource{ResourceType: aws.String("Instance"), InstanceDetails: &types.InstanceDetails{InstanceId: aws.String("i-99999999")}},
		})
	}
	return &guardduty.CreateSampleFindingsOutput{}, nil
}

// ListFindings answers the ids of all findings, the oldest first.
func (s *Service) ListFindings(ctx context.Context, in *guardduty.ListFindingsInput, _ ...opt) (*guardduty.ListFindingsOutput, error) {
	d, err := s.regions.In(ctx).detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, f := range d.Findings {
		ids = append(ids, *f.Id)
	}
	some, next, err := page(ctx, ids, in.NextToken, in.MaxResults)
	return &guardduty.ListFindingsOutput{FindingIds: some, NextToken: next}, err
}

// GetFindings answers findings by id; those that are not there are left out.
func (s *Service) GetFindings(ctx context.Context, in *guardduty.GetFindingsInput, _ ...opt) (*guardduty.GetFindingsOutput, error) {
	d, err := s.regions.In(ctx).detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	if len(in.FindingIds) > 50 {
		return nil, invalid("The request is rejected because more than 50 findings were asked for.")
	}
	out := &guardduty.GetFindingsOutput{Findings: []types.Finding{}}
	for _, f := range d.Findings {
		if slices.Contains(in.FindingIds, *f.Id) {
			out.Findings = append(out.Findings, f)
		}
	}
	return out, nil
}

// ArchiveFindings marks findings as archived.
func (s *Service) ArchiveFindings(ctx context.Context, in *guardduty.ArchiveFindingsInput, _ ...opt) (*guardduty.ArchiveFindingsOutput, error) {
	d, err := s.regions.In(ctx).detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	for _, f := range d.Findings {
		if slices.Contains(in.FindingIds, *f.Id) {
			f.Service.Archived = aws.Bool(true)
		}
	}
	return &guardduty.ArchiveFindingsOutput{}, nil
}

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || *limit > 50) {
		return nil, nil, invalid("The request is rejected because the parameter maxResults is out-of-bounds.")
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, 50)
	if !ok {
		return nil, nil, invalid("The request is rejected because the nextToken is invalid.")
	}
	return out, next, nil
}

func invalid(message string) error {
	return &types.BadRequestException{Message: &message, Type: aws.String("InvalidInputException")}
}

func (s *Service) tagged(ctx context.Context, arn *string) (*detector, error) {
	if d := s.regions.In(ctx).Detector; d != nil && d.ARN == aws.ToString(arn) {
		return d, nil
	}
	return nil, invalid("The request is rejected because the resource does not exist.")
}

// TagResource adds tags to the detector.
func (s *Service) TagResource(ctx context.Context, in *guardduty.TagResourceInput, _ ...opt) (*guardduty.TagResourceOutput, error) {
	d, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(d.Tags)
	maps.Copy(all, in.Tags)
	if err := checkTags(all); err != nil {
		return nil, err
	}
	d.Tags = all
	return &guardduty.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *guardduty.UntagResourceInput, _ ...opt) (*guardduty.UntagResourceOutput, error) {
	d, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(d.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &guardduty.UntagResourceOutput{}, nil
}

// ListTagsForResource answers the detector's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *guardduty.ListTagsForResourceInput, _ ...opt) (*guardduty.ListTagsForResourceOutput, error) {
	d, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &guardduty.ListTagsForResourceOutput{Tags: maps.Clone(d.Tags)}, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return invalid("The request is rejected because the resource has more than 50 tags.")
	}
	for k, v := range tags {
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("The request is rejected because the tag " + k + " is invalid.")
		}
	}
	return nil
}
