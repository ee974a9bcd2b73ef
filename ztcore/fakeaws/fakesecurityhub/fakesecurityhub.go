// Package fakesecurityhub is the AWS Security Hub (CSPM) of a fakeaws.Cloud.
//
// Modelled: the hub of an account and region with its settings and tags, subscriptions to AWS's standards, which take a while to
// become ready or to go, subscriptions to AWS's own products, and findings that are imported. Each of them is an event on the
// default bus, so that rules of EventBridge can be tried.
//
// Not modelled: controls and their findings, filters and sorting of findings, insights, automation rules, actions, members, the
// organization's administrator and configuration policies, finding aggregators, third parties' products, and the new Security Hub (V2).
package fakesecurityhub

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Security Hub.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is what Security Hub holds of one account and region.
type region struct{ Hub *hub } // nil if it is off

type hub struct {
	ARN        string
	AutoEnable bool
	Generator  types.ControlFindingGenerator
	Tags       map[string]string
	Subscribed time.Time
	Standards  map[string]*subscription // by the ARN of the standard
	Products   map[string]bool          // by company/product
	Findings   map[string]types.AwsSecurityFinding
}

type opt = func(*securityhub.Options)

// Install adds Security Hub to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "securityhub", fakeaws.Regional, func(string, string) *region { return &region{} })}
	fakeaws.On(c, s.EnableSecurityHub, "EnableDefaultStandards", "ControlFindingGenerator", "Tags")
	fakeaws.On(c, s.DescribeHub, "HubArn")
	fakeaws.On(c, s.UpdateSecurityHubConfiguration, "AutoEnableControls", "ControlFindingGenerator")
	fakeaws.On(c, s.DisableSecurityHub)
	fakeaws.On(c, s.DescribeStandards, "MaxResults", "NextToken")
	fakeaws.On(c, s.BatchEnableStandards, "StandardsSubscriptionRequests.StandardsArn")
	fakeaws.On(c, s.BatchDisableStandards, "StandardsSubscriptionArns")
	fakeaws.On(c, s.GetEnabledStandards, "MaxResults", "NextToken", "StandardsSubscriptionArns")
	fakeaws.On(c, s.DescribeProducts, "MaxResults", "NextToken", "ProductArn")
	fakeaws.On(c, s.EnableImportFindingsForProduct, "ProductArn")
	fakeaws.On(c, s.DisableImportFindingsForProduct, "ProductSubscriptionArn")
	fakeaws.On(c, s.ListEnabledProductsForImport, "MaxResults", "NextToken")
	fakeaws.On(c, s.BatchImportFindings, "Findings")
	fakeaws.On(c, s.GetFindings, "MaxResults", "NextToken")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
}

// hub is the account's hub; without one everything is refused.
func (s *Service) hub(ctx context.Context) (*hub, error) {
	call := fakeaws.CallFrom(ctx)
	if h := s.regions.In(ctx).Hub; h != nil {
		return h, nil
	}
	return nil, fakeaws.Status(http.StatusUnauthorized, &types.InvalidAccessException{
		Message: aws.String("Account " + call.Account + " is not subscribed to AWS Security Hub"), Code: aws.String("InvalidAccessException"),
	})
}

// EnableSecurityHub turns Security Hub on, with two standards unless told otherwise.
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHub.html
func (s *Service) EnableSecurityHub(ctx context.Context, in *securityhub.EnableSecurityHubInput, _ ...opt) (*securityhub.EnableSecurityHubOutput, error) {
	r, call := s.regions.In(ctx), fakeaws.CallFrom(ctx)
	if r.Hub != nil {
		return nil, conflict("Account is already subscribed to Security Hub")
	}
	h := &hub{
		ARN: "arn:" + call.Partition() + ":securityhub:" + call.Region + ":" + call.Account + ":hub/default", AutoEnable: true, Generator: types.ControlFindingGeneratorSecurityControl,
		Tags: map[string]string{}, Subscribed: time.Now(), Standards: map[string]*subscription{}, Products: map[string]bool{}, Findings: map[string]types.AwsSecurityFinding{},
	}
	if err := h.configure(nil, in.ControlFindingGenerator); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	maps.Copy(h.Tags, in.Tags)
	if in.EnableDefaultStandards == nil || *in.EnableDefaultStandards {
		for _, st := range standards(ctx) {
			if st.byDefault {
				h.Standards[st.arn] = &subscription{Since: time.Now()}
			}
		}
	}
	r.Hub = h
	return &securityhub.EnableSecurityHubOutput{}, nil
}

func (h *hub) configure(autoEnable *bool, generator types.ControlFindingGenerator) error {
	if generator != "" && !slices.Contains(generator.Values(), generator) {
		return invalid("Invalid parameter 'ControlFindingGenerator'. The value is not one of the enumeration.")
	}
	if generator != "" {
		h.Generator = generator
	}
	if autoEnable != nil {
		h.AutoEnable = *autoEnable
	}
	return nil
}

// DescribeHub answers the hub.
func (s *Service) DescribeHub(ctx context.Context, in *securityhub.DescribeHubInput, _ ...opt) (*securityhub.DescribeHubOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	if in.HubArn != nil && *in.HubArn != h.ARN {
		return nil, notFound("Hub " + *in.HubArn + " does not exist")
	}
	return &securityhub.DescribeHubOutput{HubArn: aws.String(h.ARN), AutoEnableControls: aws.Bool(h.AutoEnable), ControlFindingGenerator: h.Generator, SubscribedAt: aws.String(h.Subscribed.UTC().Format(time.RFC3339))}, nil
}

// UpdateSecurityHubConfiguration changes what is given.
func (s *Service) UpdateSecurityHubConfiguration(ctx context.Context, in *securityhub.UpdateSecurityHubConfigurationInput, _ ...opt) (*securityhub.UpdateSecurityHubConfigurationOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	return &securityhub.UpdateSecurityHubConfigurationOutput{}, h.configure(in.AutoEnableControls, in.ControlFindingGenerator)
}

// DisableSecurityHub turns Security Hub off, with all that belongs to it.
func (s *Service) DisableSecurityHub(ctx context.Context, _ *securityhub.DisableSecurityHubInput, _ ...opt) (*securityhub.DisableSecurityHubOutput, error) {
	if _, err := s.hub(ctx); err != nil {
		return nil, err
	}
	s.regions.In(ctx).Hub = nil
	return &securityhub.DisableSecurityHubOutput{}, nil
}

// BatchImportFindings keeps findings of the account's own product or of one that is subscribed to. One that is wrong fails by itself.
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
func (s *Service) BatchImportFindings(ctx context.Context, in *securityhub.BatchImportFindingsInput, _ ...opt) (*securityhub.BatchImportFindingsOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(in.Findings); n == 0 || n > 100 {
		return nil, invalid("Invalid parameter 'Findings'. 1 to 100 findings can be imported at a time.")
	}
	out := &securityhub.BatchImportFindingsOutput{FailedCount: aws.Int32(0), SuccessCount: aws.Int32(0), FailedFindings: []types.ImportFindingsError{}}
	for _, f := range in.Findings {
		if why := h.refusal(ctx, f); why != "" {
			*out.FailedCount++
			out.FailedFindings = append(out.FailedFindings, types.ImportFindingsError{Id: f.Id, ErrorCode: aws.String("InvalidInput"), ErrorMessage: &why})
			continue
		}
		*out.SuccessCount++
		s.importOne(ctx, h, f)
	}
	return out, nil
}

func (h *hub) refusal(ctx context.Context, f types.AwsSecurityFinding) string {
	call := fakeaws.CallFrom(ctx)
	own := "arn:" + call.Partition() + ":securityhub:" + call.Region + ":" + call.Account + ":product/" + call.Account + "/default"
	_, product, _ := strings.Cut(aws.ToString(f.ProductArn), ":product/")
	switch {
	case aws.ToString(f.AwsAccountId) != call.Account:
		return "Finding.AwsAccountId does not match the calling account."
	case *f.ProductArn != own && !h.Products[product]:
		return "Finding.ProductArn is not of a product that the account has enabled."
	case *f.SchemaVersion != "2018-10-08":
		return "Finding.SchemaVersion should be 2018-10-08."
	case len(f.Types) == 0 && f.FindingProviderFields == nil:
		return "Finding.Types is missing."
	}
	return ""
}

// importOne fills in what Security Hub does, keeps the finding and reports it.
// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-integration-types.html
func (s *Service) importOne(ctx context.Context, h *hub, f types.AwsSecurityFinding) {
	call := fakeaws.CallFrom(ctx)
	if old, known := h.Findings[*f.Id]; known {
		f.Workflow = old.Workflow // which the customer sets, and no provider
	} else if f.Workflow == nil {
		f.Workflow = &types.Workflow{Status: types.WorkflowStatusNew}
	}
	if f.RecordState == "" {
		f.RecordState = types.RecordStateActive
	}
	f.Severity = labelled(f.Severity)
	f.Region, f.ProcessedAt = aws.String(call.Region), aws.String(time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	h.Findings[*f.Id] = f
	text, err := json.Marshal(map[string]any{"findings": []types.AwsSecurityFinding{f}})
	if err != nil {
		panic("fakesecurityhub: a finding has no JSON form: " + err.Error())
	}
	if bus, ok := fakeaws.Capability[fakeaws.Events](s.cloud); ok {
		bus.PutEvent(ctx, fakeaws.Event{
			Account: call.Account, Region: call.Region, Source: "aws.securityhub", DetailType: "Security Hub Findings - Imported", Detail: string(text),
			Resources: []string{*f.ProductArn + "/" + *f.Id},
		})
	}
}

// labelled derives the label and the number of a severity from each other.
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Severity.html
func labelled(s *types.Severity) *types.Severity {
	out := types.Severity{Label: types.SeverityLabelInformational, Normalized: aws.Int32(0)}
	if s != nil {
		out.Original, out.Product = s.Original, s.Product
	}
	steps := []struct {
		label types.SeverityLabel
		from  int32
	}{{types.SeverityLabelCritical, 90}, {types.SeverityLabelHigh, 70}, {types.SeverityLabelMedium, 40}, {types.SeverityLabelLow, 1}}
	for _, step := range steps {
		if s != nil && s.Label == step.label || s != nil && s.Label == "" && aws.ToInt32(s.Normalized) >= step.from {
			out.Label, out.Normalized = step.label, aws.Int32(step.from)
			if s.Normalized != nil && s.Label == "" {
				*out.Normalized = *s.Normalized
			}
			break
		}
	}
	return &out
}

// GetFindings answers all findings, by id.
func (s *Service) GetFindings(ctx context.Context, in *securityhub.GetFindingsInput, _ ...opt) (*securityhub.GetFindingsOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	found := []types.AwsSecurityFinding{}
	for _, id := range slices.Sorted(maps.Keys(h.Findings)) {
		found = append(found, h.Findings[id])
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &securityhub.GetFindingsOutput{Findings: some, NextToken: next}, err
}

func (s *Service) tagged(ctx context.Context, arn *string) (*hub, error) {
	h, err := s.hub(ctx)
	if err == nil && h.ARN != aws.ToString(arn) {
		return nil, notFound("Resource " + aws.ToString(arn) + " does not exist")
	}
	return h, err
}

// TagResource adds tags to the hub.
func (s *Service) TagResource(ctx context.Context, in *securityhub.TagResourceInput, _ ...opt) (*securityhub.TagResourceOutput, error) {
	h, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(h.Tags)
	maps.Copy(all, in.Tags)
	if err := checkTags(all); err != nil {
		return nil, err
	}
	h.Tags = all
	return &securityhub.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *securityhub.UntagResourceInput, _ ...opt) (*securityhub.UntagResourceOutput, error) {
	h, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(h.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &securityhub.UntagResourceOutput{}, nil
}

// ListTagsForResource answers the hub's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *securityhub.ListTagsForResourceInput, _ ...opt) (*securityhub.ListTagsForResourceOutput, error) {
	h, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &securityhub.ListTagsForResourceOutput{Tags: maps.Clone(h.Tags)}, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return invalid("Invalid parameter 'Tags'. A hub has 50 tags at most.")
	}
	for k, v := range tags {
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("Invalid parameter 'Tags'. The tag " + k + " is not valid.")
		}
	}
	return nil
}

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || *limit > 100) {
		return nil, nil, invalid(fmt.Sprintf("Invalid parameter 'MaxResults'. %d is not within 1 and 100.", *limit))
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, 100)
	if !ok {
		return nil, nil, invalid("Invalid parameter 'NextToken'.")
	}
	return out, next, nil
}

func invalid(message string) error {
	return &types.InvalidInputException{Message: &message, Code: aws.String("InvalidInputException")}
}

func notFound(message string) error {
	return fakeaws.Status(http.StatusNotFound, &types.ResourceNotFoundException{Message: &message, Code: aws.String("ResourceNotFoundException")})
}

func conflict(message string) error {
	return fakeaws.Status(http.StatusConflict, &types.ResourceConflictException{Message: &message, Code: aws.String("ResourceConflictException")})
}
