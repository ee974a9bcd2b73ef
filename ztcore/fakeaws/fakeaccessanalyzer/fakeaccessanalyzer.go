// Package fakeaccessanalyzer is the IAM Access Analyzer of a fakeaws.Cloud.
//
// Modelled: analyzers of every type with their configuration and tags, and archive rules. An analyzer is active at once
// and never finds anything: ListFindingsV2 is empty. That an organization's analyzer belongs to an organization is not
// checked. Policy validation, policy generation and access previews are not modelled.
package fakeaccessanalyzer

import (
	"context"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Access Analyzer.
type Service struct{ regions *fakeaws.Store[region] }

// region is what Access Analyzer holds of one account and region.
type region struct {
	Analyzers map[string]*analyzer // by name
	Tokens    map[string]request   // client token → the first request that came with it
}

// request is what a client token stands for.
type request struct{ Operation, Input string }

type opt = func(*accessanalyzer.Options)

// Install adds Access Analyzer to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{regions: fakeaws.NewStore(c, "accessanalyzer", fakeaws.Regional, func(string, string) *region {
		return &region{Analyzers: map[string]*analyzer{}, Tokens: map[string]request{}}
	})}
	fakeaws.On(c, s.CreateAnalyzer, "AnalyzerName", "Type", "ArchiveRules", "ClientToken", "Configuration", "Tags")
	fakeaws.On(c, s.GetAnalyzer, "AnalyzerName")
	fakeaws.On(c, s.ListAnalyzers, "Type", "MaxResults", "NextToken")
	fakeaws.On(c, s.UpdateAnalyzer, "AnalyzerName", "Configuration")
	fakeaws.On(c, s.DeleteAnalyzer, "AnalyzerName", "ClientToken")
	fakeaws.On(c, s.CreateArchiveRule, "AnalyzerName", "RuleName", "Filter", "ClientToken")
	fakeaws.On(c, s.GetArchiveRule, "AnalyzerName", "RuleName")
	fakeaws.On(c, s.ListArchiveRules, "AnalyzerName", "MaxResults", "NextToken")
	fakeaws.On(c, s.UpdateArchiveRule, "AnalyzerName", "RuleName", "Filter", "ClientToken")
	fakeaws.On(c, s.DeleteArchiveRule, "AnalyzerName", "RuleName", "ClientToken")
	fakeaws.On(c, s.ListFindingsV2, "AnalyzerArn", "Filter", "MaxResults", "NextToken", "Sort")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
}

// ListFindingsV2 answers no findings of an analyzer that exists.
func (s *Service) ListFindingsV2(ctx context.Context, in *accessanalyzer.ListFindingsV2Input, _ ...opt) (*accessanalyzer.ListFindingsV2Output, error) {
	if _, err := s.regions.In(ctx).byARN(in.AnalyzerArn); err != nil {
		return nil, err
	}
	findings, next, err := page(ctx, []types.FindingSummaryV2{}, in.NextToken, in.MaxResults)
	return &accessanalyzer.ListFindingsV2Output{Findings: findings, NextToken: next}, err
}

// namePattern is that of analyzers and of archive rules.
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html
var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,254}$`)

func checkName(member string, name *string) error {
	if !namePattern.MatchString(aws.ToString(name)) {
		return invalid(member, "must begin with a letter and hold letters, digits, _ . and - only, 255 at most")
	}
	return nil
}

// largePage is the default as well: AWS documents neither.
const largePage = 100

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	out, next, ok := fakeaws.Page(ctx, items, token, limit, largePage)
	if !ok {
		return nil, nil, invalid("nextToken", "is not a token of this operation")
	}
	return out, next, nil
}

func invalid(member, why string) error {
	return &types.ValidationException{
		Message: aws.String(member + " " + why), Reason: types.ValidationExceptionReasonFieldValidationFailed,
		FieldList: []types.ValidationExceptionField{{Name: &member, Message: &why}},
	}
}

func notFound(kind, id string) error {
	return fakeaws.Status(http.StatusNotFound, &types.ResourceNotFoundException{
		Message: aws.String(kind + " " + id + " does not exist"), ResourceId: &id, ResourceType: &kind,
	})
}

func conflict(kind, id, why string) error {
	return fakeaws.Status(http.StatusConflict, &types.ConflictException{Message: aws.String(kind + " " + id + " " + why), ResourceId: &id, ResourceType: &kind})
}

func quotaExceeded(kind, id, why string) error {
	return fakeaws.Status(http.StatusPaymentRequired, &types.ServiceQuotaExceededException{Message: &why, ResourceId: &id, ResourceType: &kind})
}
