package fakessm

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type execution struct {
	ID, Document, Version, By string
	Mode                      types.ExecutionMode
	Parameters                map[string][]string
	Steps                     []step
	Started                   time.Time
	Stopped                   *time.Time // when it was cancelled
	Tags                      map[string]string
}

func (s *Service) installAutomation(c *fakeaws.Cloud) {
	fakeaws.On(c, s.StartAutomationExecution, "DocumentName", "DocumentVersion", "ClientToken", "Mode", "Parameters", "Tags")
	fakeaws.On(c, s.GetAutomationExecution, "AutomationExecutionId")
	fakeaws.On(c, s.DescribeAutomationExecutions, "Filters", "MaxResults", "NextToken")
	fakeaws.On(c, s.StopAutomationExecution, "AutomationExecutionId", "Type")
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html
var uuid = regexp.MustCompile(`^[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}$`)

// StartAutomationExecution starts a runbook, if its parameters are those that the runbook declares and its role can be assumed.
func (s *Service) StartAutomationExecution(ctx context.Context, in *ssm.StartAutomationExecutionInput, _ ...opt) (*ssm.StartAutomationExecutionOutput, error) {
	r, call := s.regions.In(ctx), fakeaws.CallFrom(ctx)
	if in.ClientToken != nil && !uuid.MatchString(*in.ClientToken) {
		return nil, invalid("1 validation error detected: Value '%s' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", *in.ClientToken, uuid)
	}
	if before, err := r.repeated(call.Operation, in.ClientToken, *in); err != nil || before != "" {
		return &ssm.StartAutomationExecutionOutput{AutomationExecutionId: &before}, err
	}
	e, err := s.prepare(ctx, aws.ToString(in.DocumentName), aws.ToString(in.DocumentVersion), in.Parameters)
	if err != nil {
		return nil, err
	}
	if err := oneOf("mode", in.Mode, in.Mode.Values()); err != nil {
		return nil, err
	}
	if len(in.Tags) > 5 {
		return nil, &types.TooManyTagsError{Message: aws.String("An automation can be started with at most 5 tags.")}
	}
	if e.Tags, err = tagsOf(in.Tags); err != nil {
		return nil, err
	}
	e.Mode = cmp.Or(in.Mode, types.ExecutionModeAuto)
	r.Executions[e.ID] = e
	r.remember(call.Operation, in.ClientToken, *in, e.ID)
	return &ssm.StartAutomationExecutionOutput{AutomationExecutionId: &e.ID}, nil
}

// prepare finds the runbook and holds an execution to it.
func (s *Service) prepare(ctx context.Context, name, version string, parameters map[string][]string) (*execution, error) {
	d, err := s.document(ctx, &name)
	if err != nil {
		d = nil
	}
	return s.prepared(ctx, d, name, version, parameters)
}

func (s *Service) prepared(ctx context.Context, d *document, name, version string, parameters map[string][]string) (*execution, error) {
	call := fakeaws.CallFrom(ctx)
	if d == nil || d.Type != types.DocumentTypeAutomation {
		return nil, &types.AutomationDefinitionNotFoundException{Message: aws.String("Automation definition " + name + " not found")}
	}
	v, err := d.version(unlessEmpty(version), nil)
	if err != nil {
		return nil, &types.AutomationDefinitionVersionNotFoundException{Message: aws.String("Automation definition " + name + " has no version " + version)}
	}
	if v.Format == types.DocumentFormatYaml {
		return nil, notFaked(ctx, "DocumentName", "runbooks in YAML are not run: write it in JSON")
	}
	c, err := parse(v.Content)
	if err != nil {
		return nil, err
	}
	if problem := c.checkParameters(parameters); problem != "" {
		return nil, &types.InvalidAutomationExecutionParametersException{Message: aws.String(problem)}
	}
	if err := s.checkRole(ctx, c, d, parameters); err != nil {
		return nil, err
	}
	return &execution{
		ID: s.cloud.UUID(), Document: d.Name, Version: strconv.Itoa(v.Number), By: call.Caller.ARN, Mode: types.ExecutionModeAuto, Parameters: maps.Clone(parameters), Steps: c.MainSteps,
		Started: time.Now(), Tags: map[string]string{},
	}, nil
}

// checkRole refuses a role that does not exist, or not yet everywhere.
func (s *Service) checkRole(ctx context.Context, c content, d *document, parameters map[string][]string) error {
	role := c.AssumeRole
	if d.Owner == amazon {
		role = "{{ AutomationAssumeRole }}"
	}
	if m := reference.FindStringSubmatch(role); m != nil {
		role, _ = c.Parameters[m[1]].Default.(string)
		if given := parameters[m[1]]; len(given) > 0 {
			role = given[0]
		}
	}
	iam, ok := fakeaws.Capability[fakeaws.Principals](s.cloud)
	if role == "" || !ok || strings.Contains(role, "{{") {
		return nil
	}
	if _, created, found := iam.Principal(ctx, role); !found || time.Since(created) < s.cloud.Propagation() {
		return &types.InvalidAutomationExecutionParametersException{Message: aws.String("The defined assume role is unable to be assumed.")}
	}
	return nil
}

// status is a matter of the clock.
func (e *execution) status() (status types.AutomationExecutionStatus, ended *time.Time) {
	end := e.Started.Add(RunFor)
	switch {
	case e.Stopped != nil:
		return types.AutomationExecutionStatusCancelled, e.Stopped
	case !time.Now().Before(end):
		return types.AutomationExecutionStatusSuccess, &end
	}
	return types.AutomationExecutionStatusInprogress, nil
}

// GetAutomationExecution answers one execution with its steps.
func (s *Service) GetAutomationExecution(ctx context.Context, in *ssm.GetAutomationExecutionInput, _ ...opt) (*ssm.GetAutomationExecutionOutput, error) {
	e, err := s.regions.In(ctx).execution(in.AutomationExecutionId)
	if err != nil {
		return nil, err
	}
	status, ended := e.status()
	out := &types.AutomationExecution{
		AutomationExecutionId: aws.String(e.ID), AutomationExecutionStatus: status, DocumentName: aws.String(e.Document), DocumentVersion: aws.String(e.Version), ExecutedBy: aws.String(e.By),
		ExecutionStartTime: aws.Time(e.Started), ExecutionEndTime: ended, Mode: e.Mode, Parameters: maps.Clone(e.Parameters), Outputs: map[string][]string{},
	}
	for _, st := range e.Steps {
		out.StepExecutions = append(out.StepExecutions, types.StepExecution{
			StepName: aws.String(st.Name), Action: aws.String(st.Action), StepStatus: status, ExecutionStartTime: aws.Time(e.Started), ExecutionEndTime: ended,
		})
	}
	return &ssm.GetAutomationExecutionOutput{AutomationExecution: out}, nil
}

// DescribeAutomationExecutions answers the executions, newest first.
func (s *Service) DescribeAutomationExecutions(ctx context.Context, in *ssm.DescribeAutomationExecutionsInput, _ ...opt) (*ssm.DescribeAutomationExecutionsOutput, error) {
	all := slices.Collect(maps.Values(s.regions.In(ctx).Executions))
	for _, f := range in.Filters {
		var keep func(e *execution, v string) bool
		switch f.Key {
		case types.AutomationExecutionFilterKeyDocumentNamePrefix:
			keep = func(e *execution, v string) bool { return strings.HasPrefix(e.Document, v) }
		case types.AutomationExecutionFilterKeyExecutionStatus:
			keep = func(e *execution, v string) bool { status, _ := e.status(); return string(status) == v }
		case types.AutomationExecutionFilterKeyExecutionId:
			keep = func(e *execution, v string) bool { return e.ID == v }
		case types.AutomationExecutionFilterKeyTagKey:
			keep = func(e *execution, v string) bool { _, ok := e.Tags[v]; return ok }
		default:
			if slices.Contains(f.Key.Values(), f.Key) {
				return nil, notFaked(ctx, "Filters", "the key "+string(f.Key)+" is not faked")
			}
			return nil, &types.InvalidFilterKey{Message: aws.String("The specified key is not valid: " + string(f.Key))}
		}
		all = slices.DeleteFunc(all, func(e *execution) bool {
			return !slices.ContainsFunc(f.Values, func(v string) bool { return keep(e, v) })
		})
	}
	slices.SortFunc(all, func(a, b *execution) int { return cmp.Or(b.Started.Compare(a.Started), strings.Compare(b.ID, a.ID)) })
	found := make([]types.AutomationExecutionMetadata, len(all))
	for i, e := range all {
		status, ended := e.status()
		found[i] = types.AutomationExecutionMetadata{
			AutomationExecutionId: aws.String(e.ID), AutomationExecutionStatus: status, AutomationType: types.AutomationTypeLocal, DocumentName: aws.String(e.Document), DocumentVersion: aws.String(e.Version),
			ExecutedBy: aws.String(e.By), ExecutionStartTime: aws.Time(e.Started), ExecutionEndTime: ended, Mode: e.Mode, Outputs: map[string][]string{},
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults, 50)
	return &ssm.DescribeAutomationExecutionsOutput{AutomationExecutionMetadataList: some, NextToken: next}, err
}

// StopAutomationExecution cancels an execution that is in progress.
func (s *Service) StopAutomationExecution(ctx context.Context, in *ssm.StopAutomationExecutionInput, _ ...opt) (*ssm.StopAutomationExecutionOutput, error) {
	e, err := s.regions.In(ctx).execution(in.AutomationExecutionId)
	if err != nil {
		return nil, err
	}
	if in.Type != "" && in.Type != types.StopTypeCancel {
		return nil, notFaked(ctx, "Type", "only Cancel is faked")
	}
	if status, _ := e.status(); status != types.AutomationExecutionStatusInprogress {
		return nil, &types.InvalidAutomationStatusUpdateException{Message: aws.String("The execution " + e.ID + " is " + string(status) + " and can't be stopped.")}
	}
	e.Stopped = aws.Time(time.Now())
	return &ssm.StopAutomationExecutionOutput{}, nil
}

func (r *region) execution(id *string) (*execution, error) {
	if e := r.Executions[aws.ToString(id)]; e != nil {
		return e, nil
	}
	return nil, &types.AutomationExecutionNotFoundException{Message: aws.String("Automation Execution " + aws.ToString(id) + " does not exist.")}
}
