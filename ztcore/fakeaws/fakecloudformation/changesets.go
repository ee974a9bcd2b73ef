package fakecloudformation

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type changeSet struct {
	ID, Name, Token, Template, Description, Role string
	Type                                         types.ChangeSetType
	Parameters                                   map[string]parameter
	Tags                                         map[string]string
	Capabilities                                 []types.Capability
	Changes                                      []types.Change
	Created, Ready                               time.Time
	Empty                                        bool // it changes nothing
	Executed                                     time.Time
	Ends                                         time.Time // of its execution
	Fails                                        bool
}

// updatable are the states that a stack can be updated in.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-status-codes.html
var updatable = []types.StackStatus{types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete, types.StackStatusImportComplete, types.StackStatusImportRollbackComplete}

// CreateChangeSet starts to compare a template with a stack. For a new one it makes a stack in review, which holds nothing.
func (s *Service) CreateChangeSet(ctx context.Context, in *cloudformation.CreateChangeSetInput, _ ...opt) (*cloudformation.CreateChangeSetOutput, error) {
	r := s.regions.In(ctx)
	r.forget()
	if !stackPattern.MatchString(*in.StackName) && !strings.HasPrefix(*in.StackName, "arn:") || !changeSetPattern.MatchString(*in.ChangeSetName) {
		return nil, fakeaws.Error("ValidationError", "1 validation error detected: a name must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	}
	k, missing := s.find(ctx, in.StackName)
	kind := in.ChangeSetType
	if kind == "" {
		kind = types.ChangeSetTypeUpdate
	}
	if k != nil {
		if c := k.ChangeSets[*in.ChangeSetName]; c != nil {
			if c.Token != "" && c.Token == aws.ToString(in.ClientToken) {
				return &cloudformation.CreateChangeSetOutput{Id: aws.String(c.ID), StackId: aws.String(k.ID)}, nil
			}
			return nil, &types.AlreadyExistsException{Message: aws.String("ChangeSet " + c.ID + " already exists")}
		}
	}
	switch {
	case kind == types.ChangeSetTypeCreate && k != nil && k.status() != types.StackStatusReviewInProgress:
		return nil, &types.AlreadyExistsException{Message: aws.String("Stack [" + k.Name + "] already exists and cannot be created again with the changeSet [" + *in.ChangeSetName + "].")}
	case kind == types.ChangeSetTypeUpdate && k == nil:
		return nil, missing
	case kind == types.ChangeSetTypeUpdate && !slices.Contains(updatable, k.status()):
		return nil, fakeaws.Error("ValidationError", "Stack:%s is in %s state and can not be updated.", k.ID, k.status())
	case kind != types.ChangeSetTypeCreate && kind != types.ChangeSetTypeUpdate:
		return nil, &fakeaws.NotFakedError{Service: "CloudFormation", Operation: "CreateChangeSet", Member: "ChangeSetType", Why: "imports are not modelled"}
	}
	body := aws.ToString(in.TemplateBody)
	if aws.ToBool(in.UsePreviousTemplate) && k != nil {
		body = k.Template
	}
	c := &changeSet{
		Name: *in.ChangeSetName, Token: aws.ToString(in.ClientToken), Template: body, Description: aws.ToString(in.Description), Role: aws.ToString(in.RoleARN), Type: kind,
		Parameters: map[string]parameter{}, Tags: map[string]string{}, Capabilities: in.Capabilities, Created: now(), Ready: now().Add(s.cloud.Takes(changeSetTakes)),
	}
	t, err := check(body, in.Capabilities)
	if err != nil {
		return nil, err
	}
	if err := c.take(t, k, in.Parameters); err != nil {
		return nil, err
	}
	if err := c.tag(in.Tags); err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	prefix := "arn:" + call.Partition() + ":cloudformation:" + call.Region + ":" + call.Account + ":"
	if k == nil {
		k = &stack{
			ID: prefix + "stack/" + *in.StackName + "/" + s.cloud.UUID(), Name: *in.StackName, Created: now(), Phases: []phase{{Status: types.StackStatusReviewInProgress}}, Tags: map[string]string{},
			ChangeSets: map[string]*changeSet{}, Tokens: map[string]string{}, Drifts: map[string][]types.PropertyDifference{},
		}
		r.Stacks[k.Name] = k
	}
	c.ID = prefix + "changeSet/" + c.Name + "/" + s.cloud.UUID()
	c.compare(t, k)
	k.ChangeSets[c.Name] = c
	return &cloudformation.CreateChangeSetOutput{Id: aws.String(c.ID), StackId: aws.String(k.ID)}, nil
}

// template is what is looked at of one.
type template struct {
	Parameters map[string]struct {
		Default any
		NoEcho  any
	}
	Resources map[string]struct {
		Type       string
		Properties map[string]any
	}
	Transform any
	whole     map[string]any
}

func parse(body string) (template, error) {
	var t template
	if !strings.HasPrefix(strings.TrimSpace(body), "{") {
		return t, &fakeaws.NotFakedError{Service: "CloudFormation", Operation: "CreateChangeSet", Member: "TemplateBody", Why: "templates in YAML are not modelled"}
	}
	if err := json.Unmarshal([]byte(body), &t); err != nil {
		return t, fakeaws.Error("ValidationError", "Template format error: JSON not well-formed. (%s)", err)
	}
	return t, json.Unmarshal([]byte(body), &t.whole)
}

// sections are those that a template may have.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
var sections = []string{"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources", "Outputs", "Hooks"}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	largestTemplate = 51200
	mostResources   = 500
	mostTags        = 50
)

func check(body string, have []types.Capability) (template, error) {
	if body == "" {
		return template{}, fakeaws.Error("ValidationError", "Either Template URL or Template Body must be specified.")
	}
	if len(body) > largestTemplate {
		return template{}, fakeaws.Error("ValidationError", "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200")
	}
	t, err := parse(body)
	if err != nil {
		return t, err
	}
	for _, section := range slices.Sorted(maps.Keys(t.whole)) {
		if !slices.Contains(sections, section) {
			return t, fakeaws.Error("ValidationError", "Invalid template property or properties [%s]", section)
		}
	}
	if len(t.Resources) == 0 {
		return t, fakeaws.Error("ValidationError", "Template format error: At least one Resources member must be defined.")
	}
	if len(t.Resources) > mostResources {
		return t, fakeaws.Error("ValidationError", "Template format error: Number of resources, %d, is greater than maximum allowed, 500", len(t.Resources))
	}
	need := types.Capability("")
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		kind := t.Resources[id].Type
		if strings.Count(kind, "::") < 2 {
			return t, fakeaws.Error("ValidationError", "Template format error: [/Resources/%s] Every Resources object must contain a Type member.", id)
		}
		if strings.HasPrefix(kind, "AWS::IAM::") {
			need = max(need, types.CapabilityCapabilityIam)
			for _, name := range []string{"RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"} {
				if t.Resources[id].Properties[name] != nil {
					need = types.CapabilityCapabilityNamedIam
				}
			}
		}
	}
	named := slices.Contains(have, types.CapabilityCapabilityNamedIam)
	if need != "" && !named && !slices.Contains(have, need) {
		return t, &types.InsufficientCapabilitiesException{Message: aws.String("Requires capabilities : [" + string(need) + "]")}
	}
	if t.Transform != nil && !slices.Contains(have, types.CapabilityCapabilityAutoExpand) {
		return t, &types.InsufficientCapabilitiesException{Message: aws.String("Requires capabilities : [CAPABILITY_AUTO_EXPAND]")}
	}
	return t, nil
}

// take gives the template's parameters their values.
func (c *changeSet) take(t template, k *stack, given []types.Parameter) error {
	values := map[string]types.Parameter{}
	for _, p := range given {
		if _, ok := t.Parameters[*p.ParameterKey]; !ok {
			return fakeaws.Error("ValidationError", "Parameters: [%s] do not exist in the template", *p.ParameterKey)
		}
		values[*p.ParameterKey] = p
	}
	for _, key := range slices.Sorted(maps.Keys(t.Parameters)) {
		declared, p := t.Parameters[key], values[key]
		value := parameter{NoEcho: declared.NoEcho == true || declared.NoEcho == "true"}
		switch {
		case p.ParameterValue != nil:
			value.Value = *p.ParameterValue
		case aws.ToBool(p.UsePreviousValue) && k != nil && k.Template != "":
			value.Value = k.Parameters[key].Value
		case declared.Default != nil:
			text, _ := json.Marshal(declared.Default)
			value.Value = strings.Trim(string(text), `"`)
		default:
			return fakeaws.Error("ValidationError", "Parameters: [%s] must have values", key)
		}
		c.Parameters[key] = value
	}
	return nil
}

func (c *changeSet) tag(tags []types.Tag) error {
	for _, t := range tags {
		key := aws.ToString(t.Key)
		if key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(aws.ToString(t.Value)) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") || len(tags) > mostTags {
			return fakeaws.Error("ValidationError", "1 validation error detected: a stack has at most 50 tags, with keys of 1 to 128 characters that do not begin with aws:, and values of up to 256")
		}
		c.Tags[key] = aws.ToString(t.Value)
	}
	return nil
}

// compare finds what would change: the resources that differ, and all of them if parameters or tags do.
func (c *changeSet) compare(t template, k *stack) {
	before := template{}
	if k.Template != "" {
		before, _ = parse(k.Template)
	}
	all := !reflect.DeepEqual(c.Parameters, k.Parameters) || !maps.Equal(c.Tags, k.Tags)
	add := func(id, kind string, action types.ChangeAction) {
		c.Changes = append(c.Changes, types.Change{Type: types.ChangeTypeResource, ResourceChange: &types.ResourceChange{Action: action, LogicalResourceId: &id, ResourceType: &kind}})
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		old, there := before.Resources[id]
		switch {
		case !there:
			add(id, t.Resources[id].Type, types.ChangeActionAdd)
		case all || !reflect.DeepEqual(old, t.Resources[id]):
			add(id, t.Resources[id].Type, types.ChangeActionModify)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before.Resources)) {
		if _, there := t.Resources[id]; !there {
			add(id, before.Resources[id].Type, types.ChangeActionRemove)
		}
	}
	c.Empty = len(c.Changes) == 0 && reflect.DeepEqual(t.whole, before.whole)
}

// DescribeChangeSet answers how far a change set is, and what it would change.
func (s *Service) DescribeChangeSet(ctx context.Context, in *cloudformation.DescribeChangeSetInput, _ ...opt) (*cloudformation.DescribeChangeSetOutput, error) {
	k, c, err := s.changeSet(ctx, in.StackName, in.ChangeSetName)
	if err != nil {
		return nil, err
	}
	out := &cloudformation.DescribeChangeSetOutput{
		ChangeSetId: aws.String(c.ID), ChangeSetName: aws.String(c.Name), StackId: aws.String(k.ID), StackName: aws.String(k.Name), CreationTime: aws.Time(c.Created),
		Capabilities: c.Capabilities, Tags: toTags(c.Tags),
	}
	out.Status, out.ExecutionStatus = c.status()
	if c.Description != "" {
		out.Description = aws.String(c.Description)
	}
	switch out.Status {
	case types.ChangeSetStatusFailed:
		out.StatusReason = aws.String("The submitted information didn't contain changes. Submit different information to create a change set.")
	case types.ChangeSetStatusCreateComplete:
		out.Changes, out.NextToken, err = page(ctx, c.Changes, in.NextToken)
	}
	return out, err
}

func (s *Service) changeSet(ctx context.Context, stackName, name *string) (*stack, *changeSet, error) {
	k, err := s.find(ctx, stackName)
	if err != nil {
		return nil, nil, &types.ChangeSetNotFoundException{Message: aws.String("ChangeSet [" + *name + "] does not exist")}
	}
	for _, c := range k.ChangeSets {
		if c.Name == *name || c.ID == *name {
			return k, c, nil
		}
	}
	return nil, nil, &types.ChangeSetNotFoundException{Message: aws.String("ChangeSet [" + *name + "] does not exist")}
}

// ListChangeSets answers a stack's change sets by name.
func (s *Service) ListChangeSets(ctx context.Context, in *cloudformation.ListChangeSetsInput, _ ...opt) (*cloudformation.ListChangeSetsOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	found := []types.ChangeSetSummary{}
	for _, name := range slices.Sorted(maps.Keys(k.ChangeSets)) {
		c := k.ChangeSets[name]
		summary := types.ChangeSetSummary{ChangeSetId: aws.String(c.ID), ChangeSetName: aws.String(c.Name), StackId: aws.String(k.ID), StackName: aws.String(k.Name), CreationTime: aws.Time(c.Created)}
		summary.Status, summary.ExecutionStatus = c.status()
		found = append(found, summary)
	}
	some, next, err := page(ctx, found, in.NextToken)
	return &cloudformation.ListChangeSetsOutput{Summaries: some, NextToken: next}, err
}

// status is how far the change set and its execution are.
func (c *changeSet) status() (types.ChangeSetStatus, types.ExecutionStatus) {
	switch {
	case c.Ready.After(time.Now()):
		return types.ChangeSetStatusCreatePending, types.ExecutionStatusUnavailable
	case c.Empty:
		return types.ChangeSetStatusFailed, types.ExecutionStatusUnavailable
	case c.Executed.IsZero():
		return types.ChangeSetStatusCreateComplete, types.ExecutionStatusAvailable
	case c.Ends.After(time.Now()):
		return types.ChangeSetStatusCreateComplete, types.ExecutionStatusExecuteInProgress
	case c.Fails:
		return types.ChangeSetStatusCreateComplete, types.ExecutionStatusExecuteFailed
	}
	return types.ChangeSetStatusCreateComplete, types.ExecutionStatusExecuteComplete
}

// DeleteChangeSet removes a change set that was not executed.
func (s *Service) DeleteChangeSet(ctx context.Context, in *cloudformation.DeleteChangeSetInput, _ ...opt) (*cloudformation.DeleteChangeSetOutput, error) {
	k, c, err := s.changeSet(ctx, in.StackName, in.ChangeSetName)
	if err != nil {
		return &cloudformation.DeleteChangeSetOutput{}, nil
	}
	if !c.Executed.IsZero() {
		return nil, &types.InvalidChangeSetStatusException{Message: aws.String("ChangeSet [" + c.ID + "] cannot be deleted in its current status")}
	}
	delete(k.ChangeSets, c.Name)
	return &cloudformation.DeleteChangeSetOutput{}, nil
}

// ExecuteChangeSet starts to make a stack what the change set says. A repeated token changes nothing.
func (s *Service) ExecuteChangeSet(ctx context.Context, in *cloudformation.ExecuteChangeSetInput, _ ...opt) (*cloudformation.ExecuteChangeSetOutput, error) {
	k, c, err := s.changeSet(ctx, in.StackName, in.ChangeSetName)
	if err != nil {
		return nil, err
	}
	token := aws.ToString(in.ClientRequestToken)
	if token != "" && k.Tokens[token] == c.ID {
		return &cloudformation.ExecuteChangeSetOutput{}, nil
	}
	if c.Empty || c.Ready.After(time.Now()) || !c.Executed.IsZero() || inProgress(k.status()) && k.status() != types.StackStatusReviewInProgress {
		return nil, &types.InvalidChangeSetStatusException{Message: aws.String("ChangeSet [" + c.ID + "] cannot be executed in its current status")}
	}
	if token != "" {
		k.Tokens[token] = c.ID
	}
	c.Executed = now()
	s.regions.In(ctx).execute(k, c, token, s.cloud.Takes)
	for name := range k.ChangeSets { // the others are out of date
		if name != c.Name {
			delete(k.ChangeSets, name)
		}
	}
	return &cloudformation.ExecuteChangeSetOutput{}, nil
}

// execute plans the phases of an operation, and takes over what it brings unless it fails.
func (r *region) execute(k *stack, c *changeSet, token string, takes func(time.Duration) time.Duration) {
	creating := c.Type == types.ChangeSetTypeCreate
	running, done, back, undone, failed := types.StackStatusUpdateInProgress, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackInProgress, types.StackStatusUpdateRollbackComplete, types.ResourceStatusUpdateFailed
	if creating {
		running, done, back, undone, failed = types.StackStatusCreateInProgress, types.StackStatusCreateComplete, types.StackStatusRollbackInProgress, types.StackStatusRollbackComplete, types.ResourceStatusCreateFailed
	}
	begun := now()
	ends := begun.Add(takes(stackTakes))
	k.event(begun, k.Name, "AWS::CloudFormation::Stack", types.ResourceStatus(running), "User Initiated", token)
	if !creating {
		k.Updated = begun // whether it succeeds or not
	}
	for _, change := range c.Changes {
		id := *change.ResourceChange.LogicalResourceId
		f, ok := r.Failures[id]
		if !ok || f.Delete {
			continue
		}
		c.Fails, c.Ends = true, ends
		k.event(ends, id, *change.ResourceChange.ResourceType, failed, f.Reason, token)
		final := phase{Status: undone}
		if f.Rollback && !creating {
			final = phase{Status: types.StackStatusUpdateRollbackFailed, Reason: "The following resource(s) failed to update: [" + id + "]. "}
		}
		k.Phases = []phase{{Status: running, Until: ends}, {Status: back, Until: ends.Add(takes(rollbackTakes)), Reason: "The following resource(s) failed: [" + id + "]. "}, final}
		if creating {
			k.Template, k.Parameters, k.Tags, k.Capabilities = c.Template, c.Parameters, c.Tags, c.Capabilities
		}
		return
	}
	c.Ends = ends
	k.Phases = []phase{{Status: running, Until: ends}, {Status: done}}
	k.event(ends, k.Name, "AWS::CloudFormation::Stack", types.ResourceStatus(done), "", token)
	k.Template, k.Parameters, k.Tags, k.Capabilities, k.Role = c.Template, c.Parameters, c.Tags, c.Capabilities, c.Role
}

// validPolicy reports whether a text is a stack policy: statements with effect, action, principal and resource.
func validPolicy(body string) bool {
	var p struct {
		Statement []struct{ Effect string }
	}
	return json.Unmarshal([]byte(body), &p) == nil && len(p.Statement) > 0 && !slices.ContainsFunc(p.Statement, func(s struct{ Effect string }) bool { return s.Effect != "Allow" && s.Effect != "Deny" })
}
