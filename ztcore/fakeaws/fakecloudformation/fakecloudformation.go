// Package fakecloudformation is the CloudFormation of a fakeaws.Cloud.
//
// Modelled: stacks by change sets, with every state on the way and AWS's refusals in each; parameters, NoEcho ones masked;
// capabilities; tags, stack policies and termination protection; events; drift detection. Change sets take two seconds of the
// cloud's clock, stacks five. A test makes a resource fail, or drift, with Fail and Drift of the Service that
// fakeaws.Capability[*Service] finds.
//
// Resources are only recorded, not made: a stack with an AWS::S3::Bucket makes no bucket in the fake S3. What AWS would find
// wrong with their properties is not found. Templates are JSON, intrinsic functions are not resolved, and outputs not computed.
// Not modelled: YAML, nested stacks, stack sets, imports, hooks, types, CreateStack and UpdateStack.
package fakecloudformation

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles CloudFormation.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is what CloudFormation holds of one account and region.
type region struct {
	Stacks     map[string]*stack    // by name
	Failures   map[string]Failure   // by logical id
	Detections map[string]detection // of drift, by id
}

// Failure is what goes wrong with a resource.
type Failure struct {
	Reason   string
	Rollback bool // of an update: it can't be taken back either
	Delete   bool // it can't be deleted; nothing else fails then
}

type opt = func(*cloudformation.Options)

// Install adds CloudFormation to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "cloudformation", fakeaws.Regional, func(string, string) *region {
		return &region{Stacks: map[string]*stack{}, Failures: map[string]Failure{}, Detections: map[string]detection{}}
	})}
	fakeaws.Provide(c, s)
	fakeaws.On(c, s.CreateChangeSet, "StackName", "ChangeSetName", "ChangeSetType", "ClientToken", "Description", "TemplateBody", "UsePreviousTemplate", "Parameters", "Tags", "Capabilities", "RoleARN")
	fakeaws.On(c, s.DescribeChangeSet, "StackName", "ChangeSetName", "NextToken")
	fakeaws.On(c, s.ExecuteChangeSet, "StackName", "ChangeSetName", "ClientRequestToken")
	fakeaws.On(c, s.DeleteChangeSet, "StackName", "ChangeSetName")
	fakeaws.On(c, s.ListChangeSets, "StackName", "NextToken")
	fakeaws.On(c, s.DescribeStacks, "StackName", "NextToken")
	fakeaws.On(c, s.DescribeStackEvents, "StackName", "NextToken")
	fakeaws.On(c, s.ListStackResources, "StackName", "NextToken")
	fakeaws.On(c, s.GetTemplate, "StackName", "TemplateStage")
	fakeaws.On(c, s.GetStackPolicy, "StackName")
	fakeaws.On(c, s.SetStackPolicy, "StackName", "StackPolicyBody")
	fakeaws.On(c, s.UpdateTerminationProtection, "StackName", "EnableTerminationProtection")
	fakeaws.On(c, s.ContinueUpdateRollback, "StackName", "ClientRequestToken", "ResourcesToSkip")
	fakeaws.On(c, s.DeleteStack, "StackName", "ClientRequestToken", "RetainResources", "RoleARN")
	fakeaws.On(c, s.DetectStackDrift, "StackName", "LogicalResourceIds")
	fakeaws.On(c, s.DescribeStackDriftDetectionStatus, "StackDriftDetectionId")
	fakeaws.On(c, s.DescribeStackResourceDrifts, "StackName", "StackResourceDriftStatusFilters", "MaxResults", "NextToken")
}

// Fail makes a resource fail from now on, in all stacks of an account and region; the zero Failure ends it.
func (s *Service) Fail(account, in, logicalID string, how Failure) {
	s.regions.Peek(account, in, func(r *region) {
		if how == (Failure{}) {
			delete(r.Failures, logicalID)
		} else {
			r.Failures[logicalID] = how
		}
	})
}

// phase is a status that holds until a time; the last one holds for good.
type phase struct {
	Status types.StackStatus
	Until  time.Time
	Reason string
}

// How long things take.
const (
	changeSetTakes = 2 * time.Second
	stackTakes     = 5 * time.Second
	rollbackTakes  = 3 * time.Second
)

// stack is one stack. What an operation brings about is there from its beginning; the phases say what can be seen of it.
type stack struct {
	ID, Name, Template, Policy, Role string
	Parameters                       map[string]parameter
	Tags                             map[string]string
	Capabilities                     []types.Capability
	Protected                        bool
	Created, Updated                 time.Time
	Phases                           []phase
	ChangeSets                       map[string]*changeSet // by name
	Events                           []types.StackEvent    // oldest first
	Tokens                           map[string]string     // of requests → the operation that they began
	Drifts                           map[string][]types.PropertyDifference
	Checked                          time.Time // when drift was detected last
}

type parameter struct {
	Value  string
	NoEcho bool
}

func (k *stack) phase() phase {
	for _, p := range k.Phases {
		if p.Until.After(time.Now()) {
			return p
		}
	}
	return k.Phases[len(k.Phases)-1]
}

func (k *stack) status() types.StackStatus { return k.phase().Status }

// gone reports whether its deletion is over.
func (k *stack) gone() bool { return k.status() == types.StackStatusDeleteComplete }

// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
var (
	stackPattern     = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	changeSetPattern = stackPattern
)

// find is a stack by its name or ARN.
func (s *Service) find(ctx context.Context, ref *string) (*stack, error) {
	name := aws.ToString(ref)
	if strings.HasPrefix(name, "arn:") {
		if parts := strings.Split(name, "/"); len(parts) == 3 {
			name = parts[1]
		}
	}
	k := s.regions.In(ctx).Stacks[name]
	if k == nil || k.gone() || strings.HasPrefix(*ref, "arn:") && k.ID != *ref {
		return nil, fakeaws.Error("ValidationError", "Stack with id %s does not exist", name)
	}
	return k, nil
}

// forget drops the stacks whose deletion is over.
func (r *region) forget() {
	maps.DeleteFunc(r.Stacks, func(_ string, k *stack) bool { return k.gone() })
}

func (k *stack) event(at time.Time, logicalID, kind string, status types.ResourceStatus, reason, token string) {
	e := types.StackEvent{
		EventId: aws.String(fmt.Sprint(logicalID, "-", status, "-", len(k.Events))), StackId: aws.String(k.ID), StackName: aws.String(k.Name), Timestamp: aws.Time(at),
		LogicalResourceId: &logicalID, ResourceType: &kind, ResourceStatus: status,
	}
	if reason != "" {
		e.ResourceStatusReason = &reason
	}
	if token != "" {
		e.ClientRequestToken = &token
	}
	k.Events = append(k.Events, e)
}

// DescribeStacks answers one stack, or all by name.
func (s *Service) DescribeStacks(ctx context.Context, in *cloudformation.DescribeStacksInput, _ ...opt) (*cloudformation.DescribeStacksOutput, error) {
	found := []types.Stack{}
	if in.StackName != nil {
		k, err := s.find(ctx, in.StackName)
		if err != nil {
			return nil, err
		}
		return &cloudformation.DescribeStacksOutput{Stacks: append(found, k.describe())}, nil
	}
	r := s.regions.In(ctx)
	for _, name := range slices.Sorted(maps.Keys(r.Stacks)) {
		if !r.Stacks[name].gone() {
			found = append(found, r.Stacks[name].describe())
		}
	}
	some, next, err := page(ctx, found, in.NextToken)
	return &cloudformation.DescribeStacksOutput{Stacks: some, NextToken: next}, err
}

func (k *stack) describe() types.Stack {
	p := k.phase()
	out := types.Stack{
		StackId: aws.String(k.ID), StackName: aws.String(k.Name), CreationTime: aws.Time(k.Created), StackStatus: p.Status, Capabilities: slices.Clone(k.Capabilities),
		EnableTerminationProtection: aws.Bool(k.Protected), DisableRollback: aws.Bool(false), Tags: toTags(k.Tags), DriftInformation: &types.StackDriftInformation{StackDriftStatus: types.StackDriftStatusNotChecked},
	}
	if p.Reason != "" {
		out.StackStatusReason = aws.String(p.Reason)
	}
	if !k.Updated.IsZero() {
		out.LastUpdatedTime = aws.Time(k.Updated)
	}
	if k.Role != "" {
		out.RoleARN = aws.String(k.Role)
	}
	if !k.Checked.IsZero() {
		out.DriftInformation = &types.StackDriftInformation{StackDriftStatus: k.driftStatus(), LastCheckTimestamp: aws.Time(k.Checked)}
	}
	for _, key := range slices.Sorted(maps.Keys(k.Parameters)) {
		value := k.Parameters[key].Value
		if k.Parameters[key].NoEcho {
			value = "****"
		}
		out.Parameters = append(out.Parameters, types.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(value)})
	}
	return out
}

// DescribeStackEvents answers what has happened, the newest first.
func (s *Service) DescribeStackEvents(ctx context.Context, in *cloudformation.DescribeStackEventsInput, _ ...opt) (*cloudformation.DescribeStackEventsOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	found := []types.StackEvent{}
	for _, e := range slices.Backward(k.Events) {
		if !e.Timestamp.After(time.Now()) {
			found = append(found, e)
		}
	}
	some, next, err := page(ctx, found, in.NextToken)
	return &cloudformation.DescribeStackEventsOutput{StackEvents: some, NextToken: next}, err
}

// ListStackResources answers the resources of the template, as if each had been made.
func (s *Service) ListStackResources(ctx context.Context, in *cloudformation.ListStackResourcesInput, _ ...opt) (*cloudformation.ListStackResourcesOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	t, _ := parse(k.Template)
	found := []types.StackResourceSummary{}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		found = append(found, types.StackResourceSummary{
			LogicalResourceId: &id, ResourceType: aws.String(t.Resources[id].Type), PhysicalResourceId: aws.String(k.physical(id)), ResourceStatus: types.ResourceStatusCreateComplete, LastUpdatedTimestamp: aws.Time(k.Created),
		})
	}
	some, next, err := page(ctx, found, in.NextToken)
	return &cloudformation.ListStackResourcesOutput{StackResourceSummaries: some, NextToken: next}, err
}

func (k *stack) physical(logicalID string) string {
	return strings.ToLower(k.Name + "-" + logicalID + "-" + k.ID[max(0, len(k.ID)-12):])
}

// GetTemplate answers the template as it was given.
func (s *Service) GetTemplate(ctx context.Context, in *cloudformation.GetTemplateInput, _ ...opt) (*cloudformation.GetTemplateOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	return &cloudformation.GetTemplateOutput{TemplateBody: aws.String(k.Template), StagesAvailable: []types.TemplateStage{types.TemplateStageOriginal, types.TemplateStageProcessed}}, nil
}

// GetStackPolicy answers the stack's policy; none is no error.
func (s *Service) GetStackPolicy(ctx context.Context, in *cloudformation.GetStackPolicyInput, _ ...opt) (*cloudformation.GetStackPolicyOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	out := &cloudformation.GetStackPolicyOutput{}
	if k.Policy != "" {
		out.StackPolicyBody = aws.String(k.Policy)
	}
	return out, nil
}

// SetStackPolicy gives the stack a policy, which can be changed and never removed.
func (s *Service) SetStackPolicy(ctx context.Context, in *cloudformation.SetStackPolicyInput, _ ...opt) (*cloudformation.SetStackPolicyOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	if !validPolicy(aws.ToString(in.StackPolicyBody)) {
		return nil, fakeaws.Error("ValidationError", "Error validating stack policy: Invalid stack policy")
	}
	k.Policy = *in.StackPolicyBody
	return &cloudformation.SetStackPolicyOutput{}, nil
}

// UpdateTerminationProtection switches it.
func (s *Service) UpdateTerminationProtection(ctx context.Context, in *cloudformation.UpdateTerminationProtectionInput, _ ...opt) (*cloudformation.UpdateTerminationProtectionOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	if k.status() == types.StackStatusDeleteInProgress {
		return nil, fakeaws.Error("ValidationError", "Termination protection cannot be changed on stack [%s] while it is being deleted", k.Name)
	}
	k.Protected = *in.EnableTerminationProtection
	return &cloudformation.UpdateTerminationProtectionOutput{StackId: aws.String(k.ID)}, nil
}

// DeleteStack starts to delete a stack. One that does not exist is no error.
func (s *Service) DeleteStack(ctx context.Context, in *cloudformation.DeleteStackInput, _ ...opt) (*cloudformation.DeleteStackOutput, error) {
	r := s.regions.In(ctx)
	r.forget()
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return &cloudformation.DeleteStackOutput{}, nil
	}
	status := k.status()
	switch {
	case status == types.StackStatusDeleteInProgress:
		return &cloudformation.DeleteStackOutput{}, nil
	case k.Protected:
		return nil, fakeaws.Error("ValidationError", "Stack [%s] cannot be deleted while TerminationProtection is enabled", k.Name)
	case inProgress(status) && status != types.StackStatusReviewInProgress && status != types.StackStatusCreateInProgress:
		return nil, fakeaws.Error("ValidationError", "Stack [%s] cannot be deleted while in status %s", k.Name, status)
	case len(in.RetainResources) > 0 && status != types.StackStatusDeleteFailed:
		return nil, fakeaws.Error("ValidationError", "Invalid operation on stack [%s]. Specify which resources to retain only when the stack is in the DELETE_FAILED state.", k.Name)
	}
	done, token := now().Add(s.cloud.Takes(stackTakes)), aws.ToString(in.ClientRequestToken)
	k.event(now(), k.Name, "AWS::CloudFormation::Stack", types.ResourceStatusDeleteInProgress, "User Initiated", token)
	k.Phases = []phase{{Status: types.StackStatusDeleteInProgress, Until: done}, {Status: types.StackStatusDeleteComplete}}
	t, _ := parse(k.Template)
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if f, ok := r.Failures[id]; ok && f.Delete && !slices.Contains(in.RetainResources, id) && status != types.StackStatusReviewInProgress {
			k.event(done, id, t.Resources[id].Type, types.ResourceStatusDeleteFailed, f.Reason, token)
			k.Phases[1] = phase{Status: types.StackStatusDeleteFailed, Reason: "The following resource(s) failed to delete: [" + id + "]. "}
		}
	}
	return &cloudformation.DeleteStackOutput{}, nil
}

// ContinueUpdateRollback takes an update back that could not be taken back before.
func (s *Service) ContinueUpdateRollback(ctx context.Context, in *cloudformation.ContinueUpdateRollbackInput, _ ...opt) (*cloudformation.ContinueUpdateRollbackOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	if k.status() != types.StackStatusUpdateRollbackFailed {
		return nil, fakeaws.Error("ValidationError", "Stack:%s is in %s state and can not continue rollback.", k.ID, k.status())
	}
	k.Phases = []phase{{Status: types.StackStatusUpdateRollbackInProgress, Until: now().Add(s.cloud.Takes(rollbackTakes))}, {Status: types.StackStatusUpdateRollbackComplete}}
	return &cloudformation.ContinueUpdateRollbackOutput{}, nil
}

func inProgress(s types.StackStatus) bool { return strings.HasSuffix(string(s), "_IN_PROGRESS") }

// largePage is AWS's for changes and events; it documents no size for stacks.
const largePage = 100

func page[E any](ctx context.Context, items []E, token *string) ([]E, *string, error) {
	out, next, ok := fakeaws.Page(ctx, items, token, new(int32), largePage)
	if !ok {
		return nil, nil, fakeaws.Error("ValidationError", "1 validation error detected: Value at 'nextToken' is not valid")
	}
	return out, next, nil
}

func toTags(tags map[string]string) []types.Tag {
	out := []types.Tag{}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

// now is in UTC and in milliseconds, as the service's dates are.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
