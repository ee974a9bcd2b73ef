package configrules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Rule is a rule that Config holds resources to: one of AWS's own, or one written in Guard.
type Rule struct {
	Name string // 1–128 letters, digits and _-; another name is another rule
	// Managed is the identifier of one of AWS's rules, as "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED".
	// https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
	Managed string
	// Guard is the text of a rule of your own, in its place: at most 10,000 characters of CloudFormation Guard 2.
	Guard       string
	Description string // at most 256 characters
	// ResourceTypes are those that it is about, as "AWS::S3::Bucket"; AWS's own choice if nil, and required with Guard.
	ResourceTypes []string
	// Parameters are those of the rule, as AWS documents them, 1,024 characters at most as JSON; AWS's defaults if nil.
	Parameters map[string]string
	// Every is how often a periodic rule is run, as "TwentyFour_Hours"; AWS's own choice if empty. Others run at each change.
	Every string
	// After are tokens of what must stand before: Recorder.Started, without which AWS takes no rule.
	After []string
	Tags  map[string]string
}

// ARN is the rule's ARN. Config chooses it, so it is not known before the rule exists.
func (r Rule) ARN() id.ARN { return id.ARN(rules.Ref(r.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (r Rule) Declare(d *ztcore.Declaration) {
	s := ruleState{Name: r.Name, Managed: r.Managed, Guard: r.Guard, Description: r.Description, ResourceTypes: r.ResourceTypes, Parameters: r.Parameters, Tags: r.Tags}
	if r.Every != "" {
		s.Every = &r.Every
	}
	if r.Managed != "" && r.Guard != "" {
		d.Reject(ztcore.Finding{Attribute: "Rule " + r.Name, Message: "both Managed and Guard are set", Fix: "set one"})
	}
	rules.Declare(d, r.Name, s).After(r.After...)
}

type ruleState struct {
	Name          string `zt:"key"`
	Managed       string `zt:"immutable"` // a rule never changes from AWS's to one's own, nor to another of AWS's
	Guard         string
	Description   string
	ResourceTypes []string `zt:"set"`
	Parameters    map[string]string
	Every         *string
	Tags          map[string]string `zt:"tags"`
	ARN           string            `zt:"output"`
}

var rules = &ztcore.Kind[ruleState]{
	Name: "governance.ConfigRule", Permissions: &rulesNeed, Read: readRules, Create: createRule, Update: updateRule, Delete: deleteRule, Check: checkRule,
	// The recorder is new.
	Retry:    []ztcore.Retry{{Code: "NoAvailableConfigurationRecorderException"}, {Code: "InsufficientPermissionsException"}},
	Controls: []string{"FSBP Config.1", "NIST SP 800-207 tenet 5", "CISA ZTMM Governance"},
}

var rulesNeed = ztcore.Permissions{
	Read:   []string{"config:DescribeConfigRules", "config:GetCustomRulePolicy", "config:ListTagsForResource"},
	Write:  []string{"config:PutConfigRule", "config:TagResource"},
	Delete: []string{"config:DeleteConfigRule"},
}

// readRules lists all rules, since asking by name fails for all if one is not there. Tags and Guard's texts cost a call each.
func readRules(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[ruleState]) ([]ruleState, error) {
	c := configservice.NewFromConfig(sc.Config)
	wanted := map[string]bool{}
	for _, w := range q.Want {
		wanted[w.Name] = true
	}
	found, err := listRules(ctx, c, func(r types.ConfigRule) bool {
		return wanted[aws.ToString(r.ConfigRuleName)] || q.Owned && r.CreatedBy == nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]*ruleState, len(found))
	err = ztcore.Each(ctx, len(found), func(ctx context.Context, i int) error {
		s, err := seenRule(ctx, c, found[i])
		if err == nil {
			out[i] = s
		}
		return unlessAbsent(err) // deleted since it was listed
	})
	return present(out), err
}

// listRules lists the rules that are not being deleted and that are asked for.
func listRules(ctx context.Context, c *configservice.Client, asked func(types.ConfigRule) bool) ([]types.ConfigRule, error) {
	var found []types.ConfigRule
	in := &configservice.DescribeConfigRulesInput{}
	for {
		page, err := c.DescribeConfigRules(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.ConfigRules {
			deleting := r.ConfigRuleState == types.ConfigRuleStateDeleting || r.ConfigRuleState == types.ConfigRuleStateDeletingResults
			if !deleting && asked(r) {
				found = append(found, r)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return found, nil
		}
	}
}

func seenRule(ctx context.Context, c *configservice.Client, r types.ConfigRule) (*ruleState, error) {
	s := &ruleState{
		Name: aws.ToString(r.ConfigRuleName), Managed: aws.ToString(r.Source.SourceIdentifier), Description: aws.ToString(r.Description),
		Parameters: parameters(r.InputParameters), ResourceTypes: []string{}, Every: aws.String(string(r.MaximumExecutionFrequency)), ARN: aws.ToString(r.ConfigRuleArn),
	}
	if r.Scope != nil {
		s.ResourceTypes = append(s.ResourceTypes, r.Scope.ComplianceResourceTypes...)
	}
	if r.Source.Owner == types.OwnerCustomPolicy {
		out, err := c.GetCustomRulePolicy(ctx, &configservice.GetCustomRulePolicyInput{ConfigRuleName: r.ConfigRuleName})
		if err != nil {
			return nil, err
		}
		s.Guard, s.Managed = aws.ToString(out.PolicyText), ""
	}
	var err error
	s.Tags, err = tagsOf(ctx, c, s.ARN)
	return s, err
}

// parameters reads what Config keeps as JSON. A value that is no text is compared as it is written.
func parameters(text *string) map[string]string {
	out := map[string]string{}
	var values map[string]any
	if json.Unmarshal([]byte(aws.ToString(text)), &values) != nil {
		return out // there are none
	}
	for k, v := range values {
		out[k] = fmt.Sprint(v)
	}
	return out
}

// rule is what is sent, new or changed.
func (s ruleState) rule() *types.ConfigRule {
	out := &types.ConfigRule{ConfigRuleName: &s.Name, Description: &s.Description, Source: &types.Source{Owner: types.OwnerAws, SourceIdentifier: &s.Managed}}
	if s.Guard != "" {
		out.Source = &types.Source{
			Owner: types.OwnerCustomPolicy, CustomPolicyDetails: &types.CustomPolicyDetails{PolicyRuntime: aws.String("guard-2.x.x"), PolicyText: &s.Guard},
			SourceDetails: []types.SourceDetail{
				{EventSource: types.EventSourceAwsConfig, MessageType: types.MessageTypeConfigurationItemChangeNotification},
				{EventSource: types.EventSourceAwsConfig, MessageType: types.MessageTypeOversizedConfigurationItemChangeNotification},
			},
		}
	}
	if len(s.ResourceTypes) > 0 {
		out.Scope = &types.Scope{ComplianceResourceTypes: s.ResourceTypes}
	}
	if len(s.Parameters) > 0 {
		text, _ := json.Marshal(s.Parameters) // of strings, which has no way to fail
		out.InputParameters = aws.String(string(text))
	}
	if s.Every != nil {
		out.MaximumExecutionFrequency = types.MaximumExecutionFrequency(*s.Every)
	}
	return out
}

func createRule(ctx context.Context, sc *ztcore.Scope, want ruleState) error {
	_, err := configservice.NewFromConfig(sc.Config).PutConfigRule(ctx, &configservice.PutConfigRuleInput{ConfigRule: want.rule(), Tags: toTags(want.Tags)})
	return err
}

// updateRule sends what is not managed as it is, since the rule is replaced as a whole. Tags that go with it are for a rule that
// has vanished since; those of one that exists are changed by themselves.
func updateRule(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[ruleState]) error {
	c := configservice.NewFromConfig(sc.Config)
	if u.Changed("Guard", "Description", "ResourceTypes", "Parameters", "Every") {
		want := u.Want
		if want.ResourceTypes == nil {
			want.ResourceTypes = u.Have.ResourceTypes
		}
		if want.Parameters == nil {
			want.Parameters = u.Have.Parameters
		}
		if want.Every == nil {
			want.Every = u.Have.Every
		}
		if _, err := c.PutConfigRule(ctx, &configservice.PutConfigRuleInput{ConfigRule: want.rule(), Tags: toTags(want.Tags)}); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagResource(ctx, &configservice.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: toTags(u.Want.Tags)})
		return err
	}
	return nil
}

// deleteRule waits until the rule is gone: for as long as its results are being deleted, AWS takes no other of its name.
func deleteRule(ctx context.Context, sc *ztcore.Scope, have ruleState) error {
	c := configservice.NewFromConfig(sc.Config)
	_, err := c.DeleteConfigRule(ctx, &configservice.DeleteConfigRuleInput{ConfigRuleName: &have.Name})
	if busy := new(types.ResourceInUseException); err != nil && !errors.As(err, &busy) {
		return unlessAbsent(err)
	}
	return ztcore.Await(ctx, "waiting for rule "+have.Name+" to be deleted", 5*time.Minute, func() (bool, error) {
		left, err := c.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{ConfigRuleNames: []string{have.Name}})
		return err != nil || len(left.ConfigRules) == 0, unlessAbsent(err)
	})
}

// https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html
var (
	ruleRE       = regexp.MustCompile(`^[\w-]{1,128}$`)
	identifierRE = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{0,255}$`)
	resourceRE   = regexp.MustCompile(`^\w+::\w+::\w+$`)
)

func checkRule(want ruleState) []ztcore.Finding {
	var out []ztcore.Finding
	bad := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if !ruleRE.MatchString(want.Name) {
		bad("Name", fmt.Sprintf("%q can't be a rule's name", want.Name), "use 1–128 letters, digits and _-")
	}
	switch {
	case want.Guard == "" && !identifierRE.MatchString(want.Managed):
		bad("Managed", fmt.Sprintf("%q can't be the identifier of a managed rule", want.Managed), "write it in capitals, as S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED, or set Guard")
	case len(want.Guard) > 10000:
		bad("Guard", "has more than 10,000 characters", "divide it into several rules")
	case want.Guard != "" && len(want.ResourceTypes) == 0:
		bad("ResourceTypes", "a rule of Guard says what it is about", "name the types, as AWS::S3::Bucket")
	}
	if len(want.Description) > 256 {
		bad("Description", "has more than 256 characters", "shorten it")
	}
	if len(want.ResourceTypes) > 100 || slices.ContainsFunc(want.ResourceTypes, func(t string) bool { return !resourceRE.MatchString(t) }) {
		bad("ResourceTypes", "can't be a scope", "name at most 100 types, as AWS::S3::Bucket")
	}
	if text, _ := json.Marshal(want.Parameters); len(text) > 1024 {
		bad("Parameters", "have more than 1,024 characters as JSON", "shorten them")
	}
	if want.Every != nil {
		out = append(out, checkFrequency("Every", *want.Every)...)
	}
	return out
}

func toTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func tagsOf(ctx context.Context, c *configservice.Client, arn string) (map[string]string, error) {
	tags := map[string]string{}
	in := &configservice.ListTagsForResourceInput{ResourceArn: &arn}
	for {
		page, err := c.ListTagsForResource(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return tags, nil
		}
	}
}

// present are those of the found that are there still.
func present[S any](found []*S) []S {
	var out []S
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}
