package fakeconfigservice

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type rule struct {
	Rule       types.ConfigRule
	Policy     string // of a custom policy rule
	Compliance types.ComplianceType
	Deleted    time.Time // when it is gone; zero while it is not being deleted
	Tags       map[string]string
}

// mostRules is of one region. https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html
const mostRules = 1000

// deletionTakes is how long a deleted rule is still there. AWS says that it can take a few minutes.
const deletionTakes = 10 * time.Second

var (
	identifierPattern = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{0,255}$`)
	runtimePattern    = regexp.MustCompile(`^guard-2\.x\.x$`)
)

// PutConfigRule makes or changes a rule. It needs a recorder. Tags count only when the rule is new.
func (s *Service) PutConfigRule(ctx context.Context, in *configservice.PutConfigRuleInput, _ ...opt) (*configservice.PutConfigRuleOutput, error) {
	r, want := s.regions.In(ctx), *in.ConfigRule
	if r.Recorder == nil {
		return nil, &types.NoAvailableConfigurationRecorderException{Message: aws.String("Configuration recorder is not available to put config rule.")}
	}
	if err := checkRule(want); err != nil {
		return nil, err
	}
	r.forget()
	have := r.Rules[*want.ConfigRuleName]
	switch {
	case have != nil && !have.Deleted.IsZero():
		return nil, &types.ResourceInUseException{Message: aws.String("The rule " + *want.ConfigRuleName + " is currently being deleted. Please retry after some time")}
	case have == nil && len(r.Rules) >= mostRules:
		return nil, &types.MaxNumberOfConfigRulesExceededException{Message: aws.String("Failed to put config rule: the account already contains the maximum number of config rules")}
	case have == nil:
		id := "config-rule-" + s.cloud.ID("", 6)
		tags := map[string]string{}
		if err := addTags(tags, in.Tags); err != nil {
			return nil, err
		}
		have = &rule{Compliance: types.ComplianceTypeInsufficientData, Tags: tags, Rule: types.ConfigRule{ConfigRuleId: &id, ConfigRuleArn: aws.String(arn(ctx, "config-rule/"+id))}}
		r.Rules[*want.ConfigRuleName] = have
	}
	want.ConfigRuleId, want.ConfigRuleArn, want.ConfigRuleState = have.Rule.ConfigRuleId, have.Rule.ConfigRuleArn, types.ConfigRuleStateActive
	want.EvaluationModes = []types.EvaluationModeConfiguration{{Mode: types.EvaluationModeDetective}}
	if d := want.Source.CustomPolicyDetails; d != nil {
		have.Policy = *d.PolicyText
		source, details := *want.Source, *d
		details.PolicyText = nil // only GetCustomRulePolicy has it
		source.CustomPolicyDetails = &details
		want.Source = &source
	}
	have.Rule = want
	return &configservice.PutConfigRuleOutput{}, nil
}

func checkRule(want types.ConfigRule) error {
	switch n := len(aws.ToString(want.ConfigRuleName)); {
	case n == 0 || n > 128:
		return &types.ValidationException{Message: aws.String("configRuleName has 1 to 128 characters")}
	case len(aws.ToString(want.Description)) > 256:
		return &types.ValidationException{Message: aws.String("description has 0 to 256 characters")}
	case want.MaximumExecutionFrequency != "" && !slices.Contains(want.MaximumExecutionFrequency.Values(), want.MaximumExecutionFrequency):
		return &types.ValidationException{Message: aws.String("maximumExecutionFrequency is not one of the frequencies")}
	}
	if p := want.InputParameters; p != nil && *p != "" {
		var object map[string]any
		if json.Unmarshal([]byte(*p), &object) != nil || len(*p) > 1024 {
			return invalid("Invalid json " + *p + " passed in the InputParameters field")
		}
	}
	if s := want.Scope; s != nil && (len(s.ComplianceResourceTypes) > 100 || s.ComplianceResourceId != nil && len(s.ComplianceResourceTypes) != 1 || s.TagValue != nil && s.TagKey == nil) {
		return invalid("The scope is not valid")
	}
	switch want.Source.Owner {
	case types.OwnerAws:
		if !identifierPattern.MatchString(aws.ToString(want.Source.SourceIdentifier)) {
			return invalid("Unknown source identifier " + aws.ToString(want.Source.SourceIdentifier))
		}
		if want.Source.CustomPolicyDetails != nil || len(want.Source.SourceDetails) > 0 {
			return invalid("SourceDetails and CustomPolicyDetails are for custom rules")
		}
	case types.OwnerCustomPolicy:
		d := want.Source.CustomPolicyDetails
		switch {
		case d == nil || aws.ToString(d.PolicyText) == "" || len(*d.PolicyText) > 10000 || !runtimePattern.MatchString(aws.ToString(d.PolicyRuntime)):
			return invalid("A custom policy rule has a policy text of at most 10,000 characters for guard-2.x.x")
		case len(want.Source.SourceDetails) == 0 || want.Source.SourceIdentifier != nil:
			return invalid("A custom policy rule has source details, and no source identifier")
		}
	default:
		return &fakeaws.NotFakedError{Service: "Config Service", Operation: "PutConfigRule", Member: "ConfigRule.Source.Owner", Why: "rules of Lambda are not modelled"}
	}
	return nil
}

// DescribeConfigRules answers the rules by name, those that are being deleted among them.
func (s *Service) DescribeConfigRules(ctx context.Context, in *configservice.DescribeConfigRulesInput, _ ...opt) (*configservice.DescribeConfigRulesOutput, error) {
	r := s.regions.In(ctx)
	names, err := r.names(in.ConfigRuleNames)
	if err != nil {
		return nil, err
	}
	found := []types.ConfigRule{}
	for _, n := range names {
		out := r.Rules[n].Rule
		if !r.Rules[n].Deleted.IsZero() {
			out.ConfigRuleState = types.ConfigRuleStateDeleting
		}
		found = append(found, out)
	}
	some, next, err := page(ctx, found, in.NextToken, 0, mostPage)
	return &configservice.DescribeConfigRulesOutput{ConfigRules: some, NextToken: next}, err
}

// DeleteConfigRule starts to delete a rule.
func (s *Service) DeleteConfigRule(ctx context.Context, in *configservice.DeleteConfigRuleInput, _ ...opt) (*configservice.DeleteConfigRuleOutput, error) {
	r := s.regions.In(ctx)
	if _, err := r.names([]string{*in.ConfigRuleName}); err != nil {
		return nil, err
	}
	r.forget()
	have := r.Rules[*in.ConfigRuleName]
	if !have.Deleted.IsZero() {
		return nil, &types.ResourceInUseException{Message: aws.String("The rule " + *in.ConfigRuleName + " is currently being deleted. Please retry after some time")}
	}
	have.Deleted = now().Add(s.cloud.Takes(deletionTakes))
	return &configservice.DeleteConfigRuleOutput{}, nil
}

// GetCustomRulePolicy answers the text of a custom policy rule.
func (s *Service) GetCustomRulePolicy(ctx context.Context, in *configservice.GetCustomRulePolicyInput, _ ...opt) (*configservice.GetCustomRulePolicyOutput, error) {
	r := s.regions.In(ctx)
	if _, err := r.names([]string{aws.ToString(in.ConfigRuleName)}); err != nil {
		return nil, err
	}
	return &configservice.GetCustomRulePolicyOutput{PolicyText: aws.String(r.Rules[*in.ConfigRuleName].Policy)}, nil
}

// DescribeComplianceByConfigRule answers what SetCompliance has said.
func (s *Service) DescribeComplianceByConfigRule(ctx context.Context, in *configservice.DescribeComplianceByConfigRuleInput, _ ...opt) (*configservice.DescribeComplianceByConfigRuleOutput, error) {
	r := s.regions.In(ctx)
	names, err := r.names(in.ConfigRuleNames)
	if err != nil {
		return nil, err
	}
	found := []types.ComplianceByConfigRule{}
	for _, n := range names {
		if c := r.Rules[n].Compliance; len(in.ComplianceTypes) == 0 || slices.Contains(in.ComplianceTypes, c) {
			found = append(found, types.ComplianceByConfigRule{ConfigRuleName: aws.String(n), Compliance: &types.Compliance{ComplianceType: c}})
		}
	}
	some, next, err := page(ctx, found, in.NextToken, 0, mostPage)
	return &configservice.DescribeComplianceByConfigRuleOutput{ComplianceByConfigRules: some, NextToken: next}, err
}

// SetCompliance says how a rule has come out, as if it had been evaluated. A rule that does not exist is left as it is.
func (s *Service) SetCompliance(account, in, name string, to types.ComplianceType) {
	s.regions.Peek(account, in, func(r *region) {
		if have := r.Rules[name]; have != nil {
			have.Compliance = to
		}
	})
}

// names are those asked for, or all, of rules that are there.
func (r *region) names(asked []string) ([]string, error) {
	if len(asked) == 0 {
		return slices.DeleteFunc(slices.Sorted(maps.Keys(r.Rules)), func(n string) bool { return r.Rules[n].gone() }), nil
	}
	for _, n := range asked {
		if have := r.Rules[n]; have == nil || have.gone() {
			return nil, &types.NoSuchConfigRuleException{Message: aws.String("The ConfigRule '" + n + "' provided in the request is invalid. Please check the configRule name")}
		}
	}
	return slices.Sorted(slices.Values(asked)), nil
}

func (r *rule) gone() bool { return !r.Deleted.IsZero() && !r.Deleted.After(time.Now()) }

// forget drops the rules whose deletion is over.
func (r *region) forget() {
	for n, have := range r.Rules {
		if have.gone() {
			delete(r.Rules, n)
		}
	}
}
