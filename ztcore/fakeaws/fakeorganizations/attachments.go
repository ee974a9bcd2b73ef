package fakeorganizations

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// defaults are the policies that AWS attaches to everything when their type is enabled.
var defaults = map[types.PolicyType]string{
	types.PolicyTypeServiceControlPolicy:  fullAccess,
	types.PolicyTypeResourceControlPolicy: fullResourceAccess,
}

// EnablePolicyType lets policies of a type be attached. AWS attaches its own that allows everything.
func (s *Service) EnablePolicyType(ctx context.Context, in *organizations.EnablePolicyTypeInput, _ ...opt) (*organizations.EnablePolicyTypeOutput, error) {
	o, err := s.typeOn(ctx, in.RootId, in.PolicyType)
	if err != nil {
		return nil, err
	}
	if _, on := o.Types[in.PolicyType]; on {
		return nil, &types.PolicyTypeAlreadyEnabledException{Message: aws.String("The specified policy type is already enabled in the specified root.")}
	}
	o.enable(in.PolicyType, now().Add(s.cloud.Propagation()))
	r := o.root()
	return &organizations.EnablePolicyTypeOutput{Root: &r}, nil
}

// DisablePolicyType detaches all policies of the type, for good.
func (s *Service) DisablePolicyType(ctx context.Context, in *organizations.DisablePolicyTypeInput, _ ...opt) (*organizations.DisablePolicyTypeOutput, error) {
	o, err := s.typeOn(ctx, in.RootId, in.PolicyType)
	if err != nil {
		return nil, err
	}
	if _, on := o.Types[in.PolicyType]; !on {
		return nil, notEnabled()
	}
	delete(o.Types, in.PolicyType)
	for target := range o.Attached {
		o.Attached[target] = slices.DeleteFunc(o.Attached[target], func(id string) bool { return o.Policies[id].Type == in.PolicyType })
	}
	r := o.root()
	return &organizations.DisablePolicyTypeOutput{Root: &r}, nil
}

func (s *Service) typeOn(ctx context.Context, root *string, t types.PolicyType) (*organization, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	if *root != o.RootID {
		return nil, &types.RootNotFoundException{Message: aws.String("We can't find a root with the RootId that you specified.")}
	}
	return o, o.knownType(t)
}

func (o *organization) enable(t types.PolicyType, from time.Time) {
	o.Types[t] = from
	for _, target := range o.targets() {
		o.attachDefault(target, t)
	}
}

// attachDefaults attaches AWS's own policies to a new target.
func (o *organization) attachDefaults(target string) {
	for _, t := range slices.Sorted(maps.Keys(o.Types)) {
		o.attachDefault(target, t)
	}
}

func (o *organization) attachDefault(target string, t types.PolicyType) {
	if id, ok := defaults[t]; ok {
		o.Attached[target] = append(o.Attached[target], id)
	}
}

func (o *organization) targets() []string {
	return slices.Concat([]string{o.RootID}, slices.Sorted(maps.Keys(o.Units)), slices.Sorted(maps.Keys(o.Accounts)))
}

// AttachPolicy attaches a policy of an enabled type.
func (s *Service) AttachPolicy(ctx context.Context, in *organizations.AttachPolicyInput, _ ...opt) (*organizations.AttachPolicyOutput, error) {
	o, p, err := s.attachment(ctx, in.PolicyId, in.TargetId)
	if err != nil {
		return nil, err
	}
	if from, on := o.Types[p.Type]; !on || from.After(time.Now()) {
		return nil, notEnabled()
	}
	if slices.Contains(o.Attached[*in.TargetId], p.ID) {
		return nil, &types.DuplicatePolicyAttachmentException{Message: aws.String("A policy with the same PolicyId is already attached to the specified target.")}
	}
	if most := quotaOf(p.Type).attachments; len(o.attached(*in.TargetId, p.Type)) >= most {
		return nil, constraint(types.ConstraintViolationExceptionReasonMaxPolicyTypeAttachmentLimitExceeded, "You have attached the maximum number of policies to the specified target.")
	}
	o.Attached[*in.TargetId] = append(o.Attached[*in.TargetId], p.ID)
	return &organizations.AttachPolicyOutput{}, nil
}

// DetachPolicy detaches a policy, unless it is the last service control policy of its target.
func (s *Service) DetachPolicy(ctx context.Context, in *organizations.DetachPolicyInput, _ ...opt) (*organizations.DetachPolicyOutput, error) {
	o, p, err := s.attachment(ctx, in.PolicyId, in.TargetId)
	if err != nil {
		return nil, err
	}
	switch attached := o.attached(*in.TargetId, p.Type); {
	case !slices.Contains(attached, p.ID):
		return nil, &types.PolicyNotAttachedException{Message: aws.String("The policy isn't attached to the specified target in the specified root.")}
	case p.ID == fullResourceAccess:
		return nil, invalid(types.InvalidInputExceptionReasonNonDetachablePolicy, "You can't detach this AWS managed policy.")
	case p.Type == types.PolicyTypeServiceControlPolicy && len(attached) == 1:
		return nil, constraint(types.ConstraintViolationExceptionReasonMinPolicyTypeAttachmentLimitExceeded, "You must have at least one policy of this type attached to the target.")
	}
	o.Attached[*in.TargetId] = slices.DeleteFunc(o.Attached[*in.TargetId], func(id string) bool { return id == p.ID })
	return &organizations.DetachPolicyOutput{}, nil
}

func (s *Service) attachment(ctx context.Context, policyID, target *string) (*organization, *document, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := o.policy(policyID)
	if err != nil {
		return nil, nil, err
	}
	return o, p, o.isTarget(*target)
}

func (o *organization) isTarget(id string) error {
	if id == o.RootID || o.Units[id] != nil || o.account(id) != nil {
		return nil
	}
	return &types.TargetNotFoundException{Message: aws.String("We can't find a root, OU, account, or policy with the TargetId that you specified.")}
}

// ListPoliciesForTarget answers what is attached to the target itself; what it inherits is not among it.
func (s *Service) ListPoliciesForTarget(ctx context.Context, in *organizations.ListPoliciesForTargetInput, _ ...opt) (*organizations.ListPoliciesForTargetOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.knownType(in.Filter); err != nil {
		return nil, err
	}
	if err := o.isTarget(*in.TargetId); err != nil {
		return nil, err
	}
	found := []types.PolicySummary{}
	for _, id := range o.attached(*in.TargetId, in.Filter) {
		found = append(found, *o.describePolicy(o.Policies[id]).PolicySummary)
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListPoliciesForTargetOutput{Policies: some, NextToken: next}, err
}

// ListTargetsForPolicy answers the root, the units and the accounts that a policy is attached to.
func (s *Service) ListTargetsForPolicy(ctx context.Context, in *organizations.ListTargetsForPolicyInput, _ ...opt) (*organizations.ListTargetsForPolicyOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := o.policy(in.PolicyId); err != nil {
		return nil, err
	}
	found := []types.PolicyTargetSummary{}
	for _, id := range o.targetsOf(*in.PolicyId) {
		found = append(found, o.target(id))
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListTargetsForPolicyOutput{Targets: some, NextToken: next}, err
}

func (o *organization) target(id string) types.PolicyTargetSummary {
	if u := o.Units[id]; u != nil {
		return types.PolicyTargetSummary{TargetId: &id, Arn: o.arn("ou", id), Name: aws.String(u.Name), Type: types.TargetTypeOrganizationalUnit}
	}
	if a := o.Accounts[id]; a != nil {
		return types.PolicyTargetSummary{TargetId: &id, Arn: o.arn("account", id), Name: aws.String(a.Name), Type: types.TargetTypeAccount}
	}
	return types.PolicyTargetSummary{TargetId: &id, Arn: o.arn("root", id), Name: aws.String("Root"), Type: types.TargetTypeRoot}
}

// attached are the policies of a type on a target, in the order in which they were attached.
func (o *organization) attached(target string, t types.PolicyType) []string {
	var out []string
	for _, id := range o.Attached[target] {
		if o.Policies[id].Type == t {
			out = append(out, id)
		}
	}
	return out
}

func (o *organization) targetsOf(policyID string) []string {
	var out []string
	for _, target := range slices.Sorted(maps.Keys(o.Attached)) {
		if slices.Contains(o.Attached[target], policyID) {
			out = append(out, target)
		}
	}
	return out
}

func notEnabled() error {
	return &types.PolicyTypeNotEnabledException{Message: aws.String("The specified policy type isn't currently enabled in this root.")}
}
