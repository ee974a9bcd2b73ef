package fakeaccessanalyzer

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
)

// config is the configuration of an analyzer of unused or of internal access.
type config struct {
	UnusedAge  int32 // days
	Exclusions []types.AnalysisRuleCriteria
	Inclusions []types.InternalAccessAnalysisRuleCriteria
}

// The age that counts as unused, in days.
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedAccessConfiguration.html
const (
	usualUnusedAge   = 90
	longestUnusedAge = 365
)

func findsUnused(t types.Type) bool   { return strings.HasSuffix(string(t), "_UNUSED_ACCESS") }
func findsInternal(t types.Type) bool { return strings.HasSuffix(string(t), "_INTERNAL_ACCESS") }
func hasConfig(t types.Type) bool     { return findsUnused(t) || findsInternal(t) }

// configOf reads what an analyzer of a type is given.
func configOf(t types.Type, in types.AnalyzerConfiguration) (config, error) {
	mismatch := invalid("configuration", "does not fit an analyzer of the type "+string(t))
	switch in := in.(type) {
	case nil:
		if findsUnused(t) {
			return config{UnusedAge: usualUnusedAge}, nil
		}
		return config{}, nil
	case *types.AnalyzerConfigurationMemberUnusedAccess:
		if !findsUnused(t) {
			return config{}, mismatch
		}
		c := config{UnusedAge: usualUnusedAge}
		if in.Value.UnusedAccessAge != nil {
			c.UnusedAge = *in.Value.UnusedAccessAge
		}
		if c.UnusedAge < 1 || c.UnusedAge > longestUnusedAge {
			return config{}, invalid("unusedAccessAge", "must be between 1 and 365")
		}
		if rule := in.Value.AnalysisRule; rule != nil {
			c.Exclusions = copyExclusions(rule.Exclusions)
		}
		return c, nil
	case *types.AnalyzerConfigurationMemberInternalAccess:
		if !findsInternal(t) {
			return config{}, mismatch
		}
		c := config{}
		if rule := in.Value.AnalysisRule; rule != nil {
			c.Inclusions = copyInclusions(rule.Inclusions)
		}
		return c, nil
	}
	return config{}, mismatch
}

// union is the configuration as AWS answers it.
func (c config) union(t types.Type) types.AnalyzerConfiguration {
	switch {
	case findsUnused(t):
		out := types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(c.UnusedAge)}
		if c.Exclusions != nil {
			out.AnalysisRule = &types.AnalysisRule{Exclusions: copyExclusions(c.Exclusions)}
		}
		return &types.AnalyzerConfigurationMemberUnusedAccess{Value: out}
	case findsInternal(t):
		out := types.InternalAccessConfiguration{}
		if c.Inclusions != nil {
			out.AnalysisRule = &types.InternalAccessAnalysisRule{Inclusions: copyInclusions(c.Inclusions)}
		}
		return &types.AnalyzerConfigurationMemberInternalAccess{Value: out}
	}
	return nil
}

func copyExclusions(list []types.AnalysisRuleCriteria) []types.AnalysisRuleCriteria {
	out := slices.Clone(list)
	for i := range out {
		out[i].AccountIds = slices.Clone(out[i].AccountIds)
		out[i].ResourceTags = slices.Clone(out[i].ResourceTags)
		for j := range out[i].ResourceTags {
			out[i].ResourceTags[j] = maps.Clone(out[i].ResourceTags[j])
		}
	}
	return out
}

func copyInclusions(list []types.InternalAccessAnalysisRuleCriteria) []types.InternalAccessAnalysisRuleCriteria {
	out := slices.Clone(list)
	for i := range out {
		out[i].AccountIds = slices.Clone(out[i].AccountIds)
		out[i].ResourceArns = slices.Clone(out[i].ResourceArns)
		out[i].ResourceTypes = slices.Clone(out[i].ResourceTypes)
	}
	return out
}
