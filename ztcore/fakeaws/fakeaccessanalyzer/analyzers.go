package fakeaccessanalyzer

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const analyzerKind = "AWS::AccessAnalyzer::Analyzer"

type analyzer struct {
	Name    string
	ARN     string
	Type    types.Type
	Created time.Time
	Config  config
	Rules   map[string]*archiveRule // by name
	Tags    map[string]string
}

// quotas are how many analyzers of a type one account has in one region. An account's analyzers are limited to one each;
// an organization's to five for external and one for unused and internal access.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html
var quotas = map[types.Type]int{
	types.TypeAccount: 1, types.TypeAccountUnusedAccess: 1, types.TypeAccountInternalAccess: 1,
	types.TypeOrganization: 5, types.TypeOrganizationUnusedAccess: 1, types.TypeOrganizationInternalAccess: 1,
}

// CreateAnalyzer makes an analyzer that is active at once.
func (s *Service) CreateAnalyzer(ctx context.Context, in *accessanalyzer.CreateAnalyzerInput, _ ...opt) (*accessanalyzer.CreateAnalyzerOutput, error) {
	r := s.regions.In(ctx)
	call := fakeaws.CallFrom(ctx)
	if err := checkName("analyzerName", in.AnalyzerName); err != nil {
		return nil, err
	}
	name := *in.AnalyzerName
	arn := "arn:" + call.Partition() + ":access-analyzer:" + call.Region + ":" + call.Account + ":analyzer/" + name
	again, err := r.repeated(call.Operation, in.ClientToken, *in)
	if err != nil {
		return nil, err
	}
	if again && r.Analyzers[name] != nil {
		return &accessanalyzer.CreateAnalyzerOutput{Arn: &arn}, nil
	}
	quota, known := quotas[in.Type]
	if !known {
		return nil, invalid("type", "is not one of the types of analyzers")
	}
	cfg, err := configOf(in.Type, in.Configuration)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	a := &analyzer{Name: name, ARN: arn, Type: in.Type, Created: now(), Config: cfg, Rules: map[string]*archiveRule{}, Tags: map[string]string{}}
	maps.Copy(a.Tags, in.Tags)
	for _, rule := range in.ArchiveRules {
		if err := a.addRule(rule.RuleName, rule.Filter); err != nil {
			return nil, err
		}
	}
	if r.Analyzers[name] != nil {
		return nil, conflict(analyzerKind, name, "already exists")
	}
	if r.count(in.Type) >= quota {
		return nil, quotaExceeded(analyzerKind, name, "You have reached the maximum number of analyzers of the type "+string(in.Type)+" in the region")
	}
	r.Analyzers[name] = a
	r.remember(call.Operation, in.ClientToken, *in)
	return &accessanalyzer.CreateAnalyzerOutput{Arn: &arn}, nil
}

// GetAnalyzer answers one analyzer.
func (s *Service) GetAnalyzer(ctx context.Context, in *accessanalyzer.GetAnalyzerInput, _ ...opt) (*accessanalyzer.GetAnalyzerOutput, error) {
	a, err := s.regions.In(ctx).analyzer(in.AnalyzerName)
	if err != nil {
		return nil, err
	}
	out := a.summary()
	return &accessanalyzer.GetAnalyzerOutput{Analyzer: &out}, nil
}

// ListAnalyzers answers the analyzers of the region by name, with tags and without configuration, which only GetAnalyzer has.
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzerSummary.html
func (s *Service) ListAnalyzers(ctx context.Context, in *accessanalyzer.ListAnalyzersInput, _ ...opt) (*accessanalyzer.ListAnalyzersOutput, error) {
	if _, known := quotas[in.Type]; in.Type != "" && !known {
		return nil, invalid("type", "is not one of the types of analyzers")
	}
	found := []types.AnalyzerSummary{}
	for _, a := range s.regions.In(ctx).all() {
		if in.Type == "" || in.Type == a.Type {
			short := a.summary()
			short.Configuration = nil
			found = append(found, short)
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &accessanalyzer.ListAnalyzersOutput{Analyzers: some, NextToken: next}, err
}

// UpdateAnalyzer replaces the configuration, which analyzers of external access have none of.
func (s *Service) UpdateAnalyzer(ctx context.Context, in *accessanalyzer.UpdateAnalyzerInput, _ ...opt) (*accessanalyzer.UpdateAnalyzerOutput, error) {
	a, err := s.regions.In(ctx).analyzer(in.AnalyzerName)
	if err != nil {
		return nil, err
	}
	if !hasConfig(a.Type) {
		return nil, invalid("analyzerName", "names an external access analyzer, which cannot be updated")
	}
	cfg, err := configOf(a.Type, in.Configuration)
	if err != nil {
		return nil, err
	}
	if in.Configuration != nil {
		a.Config = cfg
	}
	return &accessanalyzer.UpdateAnalyzerOutput{Configuration: a.Config.union(a.Type)}, nil
}

// DeleteAnalyzer removes an analyzer with its findings and archive rules.
func (s *Service) DeleteAnalyzer(ctx context.Context, in *accessanalyzer.DeleteAnalyzerInput, _ ...opt) (*accessanalyzer.DeleteAnalyzerOutput, error) {
	r := s.regions.In(ctx)
	call := fakeaws.CallFrom(ctx)
	again, err := r.repeated(call.Operation, in.ClientToken, *in)
	if err != nil {
		return nil, err
	}
	a, err := r.analyzer(in.AnalyzerName)
	if err != nil && again {
		return &accessanalyzer.DeleteAnalyzerOutput{}, nil
	}
	if err != nil {
		return nil, err
	}
	delete(r.Analyzers, a.Name)
	r.remember(call.Operation, in.ClientToken, *in)
	return &accessanalyzer.DeleteAnalyzerOutput{}, nil
}

func (r *region) analyzer(name *string) (*analyzer, error) {
	if a := r.Analyzers[aws.ToString(name)]; a != nil {
		return a, nil
	}
	return nil, notFound(analyzerKind, aws.ToString(name))
}

func (r *region) byARN(arn *string) (*analyzer, error) {
	name := aws.ToString(arn)
	if a := r.Analyzers[name[strings.LastIndex(name, "/")+1:]]; a != nil && a.ARN == name {
		return a, nil
	}
	return nil, notFound(analyzerKind, name)
}

func (r *region) all() []*analyzer {
	names := slices.Sorted(maps.Keys(r.Analyzers))
	out := make([]*analyzer, len(names))
	for i, n := range names {
		out[i] = r.Analyzers[n]
	}
	return out
}

func (r *region) count(t types.Type) (n int) {
	for _, a := range r.Analyzers {
		if a.Type == t {
			n++
		}
	}
	return n
}

func (a *analyzer) summary() types.AnalyzerSummary {
	name, arn, created := a.Name, a.ARN, a.Created
	return types.AnalyzerSummary{
		Arn: &arn, Name: &name, CreatedAt: &created, Status: types.AnalyzerStatusActive, Type: a.Type,
		Configuration: a.Config.union(a.Type), Tags: maps.Clone(a.Tags),
	}
}

// repeated reports whether a client token came before with the same request; with another one it is a conflict.
func (r *region) repeated(operation string, token *string, in any) (bool, error) {
	if token == nil {
		return false, nil
	}
	first, ok := r.Tokens[*token]
	if ok && first != (request{operation, canonical(in)}) {
		return false, conflict("ClientToken", *token, "was used for another request")
	}
	return ok, nil
}

func (r *region) remember(operation string, token *string, in any) {
	if token != nil {
		r.Tokens[*token] = request{operation, canonical(in)}
	}
}

func canonical(in any) string {
	b, err := json.Marshal(in)
	if err != nil {
		panic("fakeaccessanalyzer: an input has no JSON form: " + err.Error())
	}
	return string(b)
}

// now is in UTC and in milliseconds, as the service's dates are.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
