package fakewafv2

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
const (
	mostIPSets    = 100
	mostAddresses = 10_000
)

type ipSet struct {
	Name, ID, ARN, Lock string
	Description         *string
	Version             types.IPAddressVersion
	Addresses           []string
	Tags                map[string]string
}

// CreateIPSet makes a set of addresses.
func (s *Service) CreateIPSet(ctx context.Context, in *wafv2.CreateIPSetInput, _ ...opt) (*wafv2.CreateIPSetOutput, error) {
	if err := checkScope(ctx, in.Scope); err != nil {
		return nil, err
	}
	if !namePattern.MatchString(aws.ToString(in.Name)) {
		return nil, invalid(types.ParameterExceptionFieldIpSet, aws.ToString(in.Name), "The name is not valid.")
	}
	if !valid(in.IPAddressVersion) {
		return nil, invalid(types.ParameterExceptionFieldIpAddressVersion, string(in.IPAddressVersion), "The value is not valid.")
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if err := checkAddresses(in.IPAddressVersion, in.Addresses); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	r, n := s.regions.In(ctx), 0
	for _, set := range r.IPSets {
		if !isOf(set.ARN, in.Scope) {
			continue
		}
		if n++; set.Name == *in.Name {
			return nil, duplicate()
		}
	}
	if n >= mostIPSets {
		return nil, limitExceeded()
	}
	id := s.cloud.UUID()
	set := &ipSet{
		Name: *in.Name, ID: id, ARN: arnOf(ctx, in.Scope, "ipset", *in.Name, id), Lock: s.cloud.UUID(),
		Description: in.Description, Version: in.IPAddressVersion, Addresses: slices.Clone(in.Addresses), Tags: tags,
	}
	r.IPSets[set.ID] = set
	summary := set.summary()
	return &wafv2.CreateIPSetOutput{Summary: &summary}, nil
}

// UpdateIPSet replaces the addresses and the description.
func (s *Service) UpdateIPSet(ctx context.Context, in *wafv2.UpdateIPSetInput, _ ...opt) (*wafv2.UpdateIPSetOutput, error) {
	set, err := s.regions.In(ctx).ipSet(ctx, in.Scope, in.Name, in.Id)
	if err != nil {
		return nil, err
	}
	if set.Lock != aws.ToString(in.LockToken) {
		return nil, locked()
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if err := checkAddresses(set.Version, in.Addresses); err != nil {
		return nil, err
	}
	set.Lock, set.Addresses, set.Description = s.cloud.UUID(), slices.Clone(in.Addresses), in.Description
	return &wafv2.UpdateIPSetOutput{NextLockToken: aws.String(set.Lock)}, nil
}

// GetIPSet answers a set with its lock token.
func (s *Service) GetIPSet(ctx context.Context, in *wafv2.GetIPSetInput, _ ...opt) (*wafv2.GetIPSetOutput, error) {
	set, err := s.regions.In(ctx).ipSet(ctx, in.Scope, in.Name, in.Id)
	if err != nil {
		return nil, err
	}
	return &wafv2.GetIPSetOutput{LockToken: aws.String(set.Lock), IPSet: &types.IPSet{
		ARN: aws.String(set.ARN), Id: aws.String(set.ID), Name: aws.String(set.Name), Description: set.Description, IPAddressVersion: set.Version, Addresses: slices.Clone(set.Addresses),
	}}, nil
}

// ListIPSets answers the sets of a scope by name.
func (s *Service) ListIPSets(ctx context.Context, in *wafv2.ListIPSetsInput, _ ...opt) (*wafv2.ListIPSetsOutput, error) {
	if err := checkScope(ctx, in.Scope); err != nil {
		return nil, err
	}
	r := s.regions.In(ctx)
	all := []types.IPSetSummary{}
	for _, set := range r.IPSets {
		if isOf(set.ARN, in.Scope) {
			all = append(all, set.summary())
		}
	}
	slices.SortFunc(all, func(a, b types.IPSetSummary) int { return strings.Compare(*a.Name, *b.Name) })
	some, next, err := page(ctx, all, in.NextMarker, in.Limit)
	return &wafv2.ListIPSetsOutput{IPSets: some, NextMarker: next}, err
}

// DeleteIPSet removes a set that no rule refers to.
func (s *Service) DeleteIPSet(ctx context.Context, in *wafv2.DeleteIPSetInput, _ ...opt) (*wafv2.DeleteIPSetOutput, error) {
	r := s.regions.In(ctx)
	set, err := r.ipSet(ctx, in.Scope, in.Name, in.Id)
	if err != nil {
		return nil, err
	}
	if set.Lock != aws.ToString(in.LockToken) {
		return nil, locked()
	}
	for _, a := range r.ACLs {
		if refersTo(a.Rules, set.ARN) {
			return nil, associated()
		}
	}
	delete(r.IPSets, set.ID)
	return &wafv2.DeleteIPSetOutput{}, nil
}

// refersTo looks for the ARN, which ends in a unique id, anywhere in the rules.
func refersTo(rules []types.Rule, arn string) bool {
	b, err := json.Marshal(rules)
	if err != nil {
		panic("fakewafv2: rules have no JSON form: " + err.Error())
	}
	return strings.Contains(string(b), `"`+arn+`"`)
}

func (r *region) ipSet(ctx context.Context, scope types.Scope, name, id *string) (*ipSet, error) {
	if err := checkScope(ctx, scope); err != nil {
		return nil, err
	}
	set := r.IPSets[aws.ToString(id)]
	if set == nil || set.Name != aws.ToString(name) || !isOf(set.ARN, scope) {
		return nil, nonexistent()
	}
	return set, nil
}

// ipSetByARN is nil if there is none.
func (r *region) ipSetByARN(arn *string) *ipSet {
	if set := r.IPSets[idIn(arn)]; set != nil && set.ARN == *arn {
		return set
	}
	return nil
}

// checkAddresses takes CIDR blocks of any size but /0, without bits behind the prefix.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateIPSet.html
func checkAddresses(version types.IPAddressVersion, addresses []string) error {
	if len(addresses) > mostAddresses {
		return limitExceeded()
	}
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a)
		if err != nil || p.Bits() == 0 || p.Masked() != p || p.Addr().Is4() != (version == types.IPAddressVersionIpv4) {
			return invalid(types.ParameterExceptionFieldIpAddress, a, "The parameter contains formatting that is not valid.")
		}
	}
	return nil
}

func (s *ipSet) summary() types.IPSetSummary {
	return types.IPSetSummary{ARN: aws.String(s.ARN), Id: aws.String(s.ID), Name: aws.String(s.Name), LockToken: aws.String(s.Lock), Description: s.Description}
}
