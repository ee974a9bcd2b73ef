package fakewafv2

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
const (
	mostACLs     = 100
	mostCapacity = 5000
)

type webACL struct {
	Name, ID, ARN, Lock string
	Description         *string
	Default             types.DefaultAction
	Rules               []types.Rule
	Visibility          types.VisibilityConfig
	Capacity            int64
	TokenDomains        []string
	Tags                map[string]string
}

// CreateWebACL makes a web ACL.
func (s *Service) CreateWebACL(ctx context.Context, in *wafv2.CreateWebACLInput, _ ...opt) (*wafv2.CreateWebACLOutput, error) {
	if err := checkScope(ctx, in.Scope); err != nil {
		return nil, err
	}
	if !namePattern.MatchString(aws.ToString(in.Name)) {
		return nil, invalid(types.ParameterExceptionFieldWebAcl, aws.ToString(in.Name), "The name is not valid.")
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	r := s.regions.In(ctx)
	capacity, err := r.checkACL(in.DefaultAction, in.VisibilityConfig, in.Rules)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, a := range r.ACLs {
		if !isOf(a.ARN, in.Scope) {
			continue
		}
		if n++; a.Name == *in.Name {
			return nil, duplicate()
		}
	}
	if n >= mostACLs {
		return nil, limitExceeded()
	}
	id := s.cloud.UUID()
	a := &webACL{
		Name: *in.Name, ID: id, ARN: arnOf(ctx, in.Scope, "webacl", *in.Name, id), Lock: s.cloud.UUID(), Description: in.Description,
		Default: *in.DefaultAction, Rules: copied(in.Rules), Visibility: *in.VisibilityConfig, Capacity: capacity, TokenDomains: slices.Clone(in.TokenDomains), Tags: tags,
	}
	r.ACLs[a.ID] = a
	summary := a.summary()
	return &wafv2.CreateWebACLOutput{Summary: &summary}, nil
}

// UpdateWebACL replaces all of a web ACL but its name and tags.
func (s *Service) UpdateWebACL(ctx context.Context, in *wafv2.UpdateWebACLInput, _ ...opt) (*wafv2.UpdateWebACLOutput, error) {
	r := s.regions.In(ctx)
	a, err := r.acl(ctx, in.Scope, in.Name, in.Id)
	if err != nil {
		return nil, err
	}
	if a.Lock != aws.ToString(in.LockToken) {
		return nil, locked()
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	capacity, err := r.checkACL(in.DefaultAction, in.VisibilityConfig, in.Rules)
	if err != nil {
		return nil, err
	}
	a.Lock, a.Description, a.Default, a.Rules, a.Visibility, a.Capacity = s.cloud.UUID(), in.Description, *in.DefaultAction, copied(in.Rules), *in.VisibilityConfig, capacity
	a.TokenDomains = slices.Clone(in.TokenDomains)
	return &wafv2.UpdateWebACLOutput{NextLockToken: aws.String(a.Lock)}, nil
}

// GetWebACL answers a web ACL, by ARN or by name, id and scope, with its lock token.
func (s *Service) GetWebACL(ctx context.Context, in *wafv2.GetWebACLInput, _ ...opt) (*wafv2.GetWebACLOutput, error) {
	r := s.regions.In(ctx)
	a := r.aclByARN(in.ARN)
	if in.ARN == nil {
		var err error
		if a, err = r.acl(ctx, in.Scope, in.Name, in.Id); err != nil {
			return nil, err
		}
	}
	if a == nil {
		return nil, nonexistent()
	}
	return &wafv2.GetWebACLOutput{LockToken: aws.String(a.Lock), WebACL: a.answer(ctx)}, nil
}

// ListWebACLs answers the web ACLs of a scope by name.
func (s *Service) ListWebACLs(ctx context.Context, in *wafv2.ListWebACLsInput, _ ...opt) (*wafv2.ListWebACLsOutput, error) {
	if err := checkScope(ctx, in.Scope); err != nil {
		return nil, err
	}
	r := s.regions.In(ctx)
	all := []types.WebACLSummary{}
	for _, a := range r.ACLs {
		if isOf(a.ARN, in.Scope) {
			all = append(all, a.summary())
		}
	}
	slices.SortFunc(all, func(a, b types.WebACLSummary) int { return strings.Compare(*a.Name, *b.Name) })
	some, next, err := page(ctx, all, in.NextMarker, in.Limit)
	return &wafv2.ListWebACLsOutput{WebACLs: some, NextMarker: next}, err
}

// DeleteWebACL removes a web ACL that no resource uses, with its logging configuration.
func (s *Service) DeleteWebACL(ctx context.Context, in *wafv2.DeleteWebACLInput, _ ...opt) (*wafv2.DeleteWebACLOutput, error) {
	r := s.regions.In(ctx)
	a, err := r.acl(ctx, in.Scope, in.Name, in.Id)
	if err != nil {
		return nil, err
	}
	if a.Lock != aws.ToString(in.LockToken) {
		return nil, locked()
	}
	for _, arn := range r.Associations {
		if arn == a.ARN {
			return nil, associated()
		}
	}
	delete(r.ACLs, a.ID)
	delete(r.Logging, a.ID)
	return &wafv2.DeleteWebACLOutput{}, nil
}

// CheckCapacity answers what rules would use of a web ACL's capacity.
func (s *Service) CheckCapacity(ctx context.Context, in *wafv2.CheckCapacityInput, _ ...opt) (*wafv2.CheckCapacityOutput, error) {
	if err := checkScope(ctx, in.Scope); err != nil {
		return nil, err
	}
	if err := s.regions.In(ctx).checkRules(in.Rules); err != nil {
		return nil, err
	}
	n, err := capacityOf(in.Rules)
	return &wafv2.CheckCapacityOutput{Capacity: n}, err
}

func (r *region) acl(ctx context.Context, scope types.Scope, name, id *string) (*webACL, error) {
	if err := checkScope(ctx, scope); err != nil {
		return nil, err
	}
	a := r.ACLs[aws.ToString(id)]
	if a == nil || a.Name != aws.ToString(name) || !isOf(a.ARN, scope) {
		return nil, nonexistent()
	}
	return a, nil
}

// aclByARN is nil if there is none.
func (r *region) aclByARN(arn *string) *webACL {
	if a := r.ACLs[idIn(arn)]; a != nil && a.ARN == *arn {
		return a
	}
	return nil
}

// checkACL answers the capacity that a web ACL would use.
func (r *region) checkACL(action *types.DefaultAction, visibility *types.VisibilityConfig, rules []types.Rule) (int64, error) {
	if (action.Allow == nil) == (action.Block == nil) {
		return 0, invalid(types.ParameterExceptionFieldDefaultAction, "DefaultAction", "You must specify exactly one action.")
	}
	if err := checkVisibility(visibility); err != nil {
		return 0, err
	}
	if err := r.checkRules(rules); err != nil {
		return 0, err
	}
	n, err := capacityOf(rules)
	if err == nil && n > mostCapacity {
		err = invalid(types.ParameterExceptionFieldWebAcl, strconv.FormatInt(n, 10), "You exceeded the capacity limit for a rule group or web ACL.")
	}
	return n, err
}

func checkDescription(text *string) error {
	if text != nil && (*text == "" || len(*text) > 256) {
		return invalid("", *text, "The description must have 1 to 256 characters.")
	}
	return nil
}

// copied are the rules in the order of their priorities, with AWS's defaults, apart from the caller's.
func copied(rules []types.Rule) []types.Rule {
	out := clone(rules)
	slices.SortStableFunc(out, func(a, b types.Rule) int { return int(a.Priority) - int(b.Priority) })
	for _, rule := range out {
		if s := rule.Statement.RateBasedStatement; s != nil && s.EvaluationWindowSec == 0 {
			s.EvaluationWindowSec = 300
		}
		if s := rule.Statement.SqliMatchStatement; s != nil && s.SensitivityLevel == "" {
			s.SensitivityLevel = types.SensitivityLevelLow
		}
	}
	return out
}

func clone[T any](v T) T {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic("fakewafv2: a value has no JSON form: " + err.Error())
	}
	return out
}

func (a *webACL) summary() types.WebACLSummary {
	return types.WebACLSummary{ARN: aws.String(a.ARN), Id: aws.String(a.ID), Name: aws.String(a.Name), LockToken: aws.String(a.Lock), Description: a.Description}
}

func (a *webACL) answer(ctx context.Context) *types.WebACL {
	return &types.WebACL{
		ARN: aws.String(a.ARN), Id: aws.String(a.ID), Name: aws.String(a.Name), Description: a.Description, DefaultAction: &a.Default, Rules: clone(a.Rules),
		VisibilityConfig: &a.Visibility, Capacity: a.Capacity, TokenDomains: slices.Clone(a.TokenDomains), LabelNamespace: aws.String(fmt.Sprintf("awswaf:%s:webacl:%s:", fakeaws.CallFrom(ctx).Account, a.Name)),
	}
}
