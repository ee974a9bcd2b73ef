package fakeaccessanalyzer

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const ruleKind = "AWS::AccessAnalyzer::ArchiveRule"

// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html
const (
	mostRules  = 100
	mostValues = 20 // of one criterion
)

type archiveRule struct {
	Name             string
	Filter           map[string]types.Criterion
	Created, Updated time.Time
}

// CreateArchiveRule adds a rule to an analyzer.
func (s *Service) CreateArchiveRule(ctx context.Context, in *accessanalyzer.CreateArchiveRuleInput, _ ...opt) (*accessanalyzer.CreateArchiveRuleOutput, error) {
	return &accessanalyzer.CreateArchiveRuleOutput{}, s.once(ctx, in.ClientToken, *in, func(r *region) error {
		a, err := r.analyzer(in.AnalyzerName)
		if err != nil {
			return err
		}
		return a.addRule(in.RuleName, in.Filter)
	})
}

// GetArchiveRule answers one rule.
func (s *Service) GetArchiveRule(ctx context.Context, in *accessanalyzer.GetArchiveRuleInput, _ ...opt) (*accessanalyzer.GetArchiveRuleOutput, error) {
	_, rule, err := s.regions.In(ctx).rule(in.AnalyzerName, in.RuleName)
	if err != nil {
		return nil, err
	}
	out := rule.summary()
	return &accessanalyzer.GetArchiveRuleOutput{ArchiveRule: &out}, nil
}

// ListArchiveRules answers an analyzer's rules by name.
func (s *Service) ListArchiveRules(ctx context.Context, in *accessanalyzer.ListArchiveRulesInput, _ ...opt) (*accessanalyzer.ListArchiveRulesOutput, error) {
	a, err := s.regions.In(ctx).analyzer(in.AnalyzerName)
	if err != nil {
		return nil, err
	}
	found := []types.ArchiveRuleSummary{}
	for _, name := range slices.Sorted(maps.Keys(a.Rules)) {
		found = append(found, a.Rules[name].summary())
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &accessanalyzer.ListArchiveRulesOutput{ArchiveRules: some, NextToken: next}, err
}

// UpdateArchiveRule replaces a rule's filter.
func (s *Service) UpdateArchiveRule(ctx context.Context, in *accessanalyzer.UpdateArchiveRuleInput, _ ...opt) (*accessanalyzer.UpdateArchiveRuleOutput, error) {
	return &accessanalyzer.UpdateArchiveRuleOutput{}, s.once(ctx, in.ClientToken, *in, func(r *region) error {
		_, rule, err := r.rule(in.AnalyzerName, in.RuleName)
		if err != nil {
			return err
		}
		if err := checkFilter(in.Filter); err != nil {
			return err
		}
		rule.Filter, rule.Updated = copyFilter(in.Filter), now()
		return nil
	})
}

// DeleteArchiveRule removes a rule.
func (s *Service) DeleteArchiveRule(ctx context.Context, in *accessanalyzer.DeleteArchiveRuleInput, _ ...opt) (*accessanalyzer.DeleteArchiveRuleOutput, error) {
	return &accessanalyzer.DeleteArchiveRuleOutput{}, s.once(ctx, in.ClientToken, *in, func(r *region) error {
		a, rule, err := r.rule(in.AnalyzerName, in.RuleName)
		if err == nil {
			delete(a.Rules, rule.Name)
		}
		return err
	})
}

// once does what a request asks for unless its client token says that it was done.
func (s *Service) once(ctx context.Context, token *string, in any, do func(*region) error) error {
	r := s.regions.In(ctx)
	operation := fakeaws.CallFrom(ctx).Operation
	again, err := r.repeated(operation, token, in)
	if err != nil || again {
		return err
	}
	if err := do(r); err != nil {
		return err
	}
	r.remember(operation, token, in)
	return nil
}

func (r *region) rule(analyzerName, ruleName *string) (*analyzer, *archiveRule, error) {
	a, err := r.analyzer(analyzerName)
	if err != nil {
		return nil, nil, err
	}
	rule := a.Rules[aws.ToString(ruleName)]
	if rule == nil {
		return nil, nil, notFound(ruleKind, aws.ToString(ruleName))
	}
	return a, rule, nil
}

func (a *analyzer) addRule(name *string, filter map[string]types.Criterion) error {
	if err := checkName("ruleName", name); err != nil {
		return err
	}
	if err := checkFilter(filter); err != nil {
		return err
	}
	if a.Rules[*name] != nil {
		return conflict(ruleKind, *name, "already exists")
	}
	if len(a.Rules) >= mostRules {
		return quotaExceeded(ruleKind, *name, "You have reached the maximum number of archive rules of the analyzer "+a.Name)
	}
	made := now()
	a.Rules[*name] = &archiveRule{Name: *name, Filter: copyFilter(filter), Created: made, Updated: made}
	return nil
}

func checkFilter(filter map[string]types.Criterion) error {
	if len(filter) == 0 {
		return invalid("filter", "must hold a criterion")
	}
	for _, property := range slices.Sorted(maps.Keys(filter)) {
		c := filter[property]
		if len(c.Eq)+len(c.Neq)+len(c.Contains) == 0 && c.Exists == nil {
			return invalid("filter."+property, "must hold a condition")
		}
		if max(len(c.Eq), len(c.Neq), len(c.Contains)) > mostValues {
			return invalid("filter."+property, "may hold 20 values")
		}
	}
	return nil
}

func copyFilter(filter map[string]types.Criterion) map[string]types.Criterion {
	out := make(map[string]types.Criterion, len(filter))
	for property, c := range filter {
		c.Eq, c.Neq, c.Contains = slices.Clone(c.Eq), slices.Clone(c.Neq), slices.Clone(c.Contains)
		if c.Exists != nil {
			c.Exists = aws.Bool(*c.Exists)
		}
		out[property] = c
	}
	return out
}

func (r *archiveRule) summary() types.ArchiveRuleSummary {
	return types.ArchiveRuleSummary{RuleName: aws.String(r.Name), Filter: copyFilter(r.Filter), CreatedAt: aws.Time(r.Created), UpdatedAt: aws.Time(r.Updated)}
}
