package stack

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// updatable are the states that a stack can be updated in.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-status-codes.html
var updatable = []types.StackStatus{
	types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete, types.StackStatusImportComplete, types.StackStatusImportRollbackComplete,
}

// failed are the states that a stack can only be deleted from.
var failed = []types.StackStatus{types.StackStatusCreateFailed, types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusDeleteFailed}

// bring makes a stack what is wanted, wherever an earlier attempt has left it.
func bring(ctx context.Context, c *cloudformation.Client, want stackState, secrets bool) error {
	have, err := settled(ctx, c, want.Name)
	if err != nil {
		return err
	}
	if have != nil && slices.Contains(failed, have.StackStatus) {
		if err := remove(ctx, c, want.Name); err != nil {
			return err
		}
		have = nil
	}
	kind := types.ChangeSetTypeUpdate
	switch {
	case have == nil:
		kind, secrets = types.ChangeSetTypeCreate, true
	case have.StackStatus == types.StackStatusReviewInProgress:
		if err := ourReview(ctx, c, want.Name); err != nil {
			return err
		}
		kind, secrets = types.ChangeSetTypeCreate, true
	case !slices.Contains(updatable, have.StackStatus):
		return stuck(*have)
	}
	in, err := changeSet(ctx, want, have, kind, secrets)
	if err != nil {
		return err
	}
	changes, err := prepare(ctx, c, in)
	if err != nil || !changes {
		return err
	}
	_, err = c.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: in.StackName, ChangeSetName: in.ChangeSetName, ClientRequestToken: in.ChangeSetName})
	if err != nil {
		return err
	}
	if err := executed(ctx, c, in); err != nil {
		return err
	}
	if kind == types.ChangeSetTypeCreate {
		return guard(ctx, c, want, func(...string) bool { return true })
	}
	return nil
}

// ourReview refuses a stack that somebody else is about to make: executing a change set throws the others away.
func ourReview(ctx context.Context, c *cloudformation.Client, name string) error {
	return changeSets(ctx, c, name, func(s types.ChangeSetSummary) error {
		if set := aws.ToString(s.ChangeSetName); !strings.HasPrefix(set, changeSetPrefix) {
			return fmt.Errorf("stack %s is in review with the change set %s, which is not ours: execute it or delete the stack, or choose another name", name, set)
		}
		return nil
	})
}

// unexecuted are the change sets of ours that wait for nobody any more.
func unexecuted(ctx context.Context, c *cloudformation.Client, stack string) (names []string, err error) {
	err = changeSets(ctx, c, stack, func(s types.ChangeSetSummary) error {
		made := s.Status == types.ChangeSetStatusFailed || s.Status == types.ChangeSetStatusCreateComplete
		waits := s.ExecutionStatus == types.ExecutionStatusAvailable || s.ExecutionStatus == types.ExecutionStatusUnavailable
		if name := aws.ToString(s.ChangeSetName); made && waits && strings.HasPrefix(name, changeSetPrefix) {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func changeSets(ctx context.Context, c *cloudformation.Client, stack string, see func(types.ChangeSetSummary) error) error {
	in := &cloudformation.ListChangeSetsInput{StackName: &stack}
	for {
		page, err := c.ListChangeSets(ctx, in)
		if err != nil {
			return err
		}
		for _, s := range page.Summaries {
			if err := see(s); err != nil {
				return err
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return nil
		}
	}
}

// changeSetPrefix begins the names of our change sets.
const changeSetPrefix = "zerotrust-"

// stuck says how a stack gets out of a state that no update can change.
func stuck(have types.Stack) error {
	name, reason := aws.ToString(have.StackName), aws.ToString(have.StackStatusReason)
	if have.StackStatus == types.StackStatusUpdateRollbackFailed {
		return fmt.Errorf("stack %s is in %s (%s): mend what kept it from being rolled back, then run "+
			"aws cloudformation continue-update-rollback --stack-name %s, with --resources-to-skip for what can't be mended, and plan again", name, have.StackStatus, reason, name)
	}
	return fmt.Errorf("stack %s is in %s (%s) and can't be updated", name, have.StackStatus, reason)
}

// changeSet is the request that brings a stack from what it is to what is wanted. Its name follows from both, so that a lost
// answer makes no second one, and the same change at another time is another.
func changeSet(ctx context.Context, want stackState, have *types.Stack, kind types.ChangeSetType, secrets bool) (*cloudformation.CreateChangeSetInput, error) {
	in := &cloudformation.CreateChangeSetInput{StackName: &want.Name, ChangeSetType: kind, TemplateBody: aws.String(string(want.Template))}
	if want.Role != "" {
		in.RoleARN = &want.Role
	}
	for _, capability := range want.Capabilities {
		in.Capabilities = append(in.Capabilities, types.Capability(capability))
	}
	for _, key := range slices.Sorted(maps.Keys(want.Parameters)) {
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(want.Parameters[key])})
	}
	for _, key := range slices.Sorted(maps.Keys(want.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(key), Value: aws.String(want.Tags[key])})
	}
	if have != nil {
		in.Tags = append(in.Tags, othersTags(have.Tags, want.Tags)...) // a change set says all tags that the stack is to have
	}
	state := sha256.New()
	if err := json.NewEncoder(state).Encode([]any{in, have}); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(want.Secrets)) {
		p := types.Parameter{ParameterKey: aws.String(key), UsePreviousValue: aws.Bool(true)}
		if secrets {
			value, err := want.Secrets[key](ctx)
			if err != nil {
				return nil, fmt.Errorf("parameter %s: %w", key, err)
			}
			p = types.Parameter{ParameterKey: aws.String(key), ParameterValue: &value}
		}
		in.Parameters = append(in.Parameters, p)
	}
	in.ChangeSetName = aws.String(fmt.Sprintf("%s%x", changeSetPrefix, state.Sum(nil)[:16]))
	in.ClientToken = in.ChangeSetName
	return in, nil
}

func othersTags(have []types.Tag, want map[string]string) []types.Tag {
	return slices.DeleteFunc(slices.Clone(have), func(t types.Tag) bool {
		_, ours := want[aws.ToString(t.Key)]
		return ours || strings.HasPrefix(aws.ToString(t.Key), "aws:")
	})
}

// prepare makes the change set and waits for it. One that changes nothing is removed again.
func prepare(ctx context.Context, c *cloudformation.Client, in *cloudformation.CreateChangeSetInput) (changes bool, err error) {
	_, err = c.CreateChangeSet(ctx, in)
	if made := new(types.AlreadyExistsException); err != nil && !errors.As(err, &made) {
		return false, err
	}
	var out *cloudformation.DescribeChangeSetOutput
	asked := time.Now()
	err = poll(ctx, "change set "+*in.ChangeSetName, func() (bool, error) {
		var err error
		out, err = c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: in.StackName, ChangeSetName: in.ChangeSetName})
		if unseen := new(types.ChangeSetNotFoundException); errors.As(err, &unseen) {
			if time.Since(asked) > time.Minute { // another run has executed its own, which throws the others away
				return false, fmt.Errorf("stack %s: its change set %s is gone, as when another run changes the stack at the same time: plan again", *in.StackName, *in.ChangeSetName)
			}
			return false, nil // not everywhere yet
		}
		return err == nil && !strings.HasSuffix(string(out.Status), "_PENDING") && !strings.HasSuffix(string(out.Status), "_IN_PROGRESS"), err
	})
	if err != nil || out.Status == types.ChangeSetStatusCreateComplete {
		return true, err
	}
	if _, err := c.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: in.StackName, ChangeSetName: in.ChangeSetName}); err != nil {
		return false, err
	}
	reason := aws.ToString(out.StatusReason)
	if strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed") {
		return false, nil
	}
	return false, fmt.Errorf("stack %s: the change set failed: %s", *in.StackName, reason)
}

// executed waits until the change set is, and says what went wrong.
func executed(ctx context.Context, c *cloudformation.Client, in *cloudformation.CreateChangeSetInput) error {
	err := poll(ctx, "stack "+*in.StackName, func() (bool, error) {
		out, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: in.StackName, ChangeSetName: in.ChangeSetName})
		if gone := new(types.ChangeSetNotFoundException); errors.As(err, &gone) {
			return true, nil
		}
		return err == nil && (out.ExecutionStatus == types.ExecutionStatusExecuteComplete || out.ExecutionStatus == types.ExecutionStatusExecuteFailed), err
	})
	if err != nil {
		return err
	}
	k, err := settled(ctx, c, *in.StackName)
	if err != nil {
		return err
	}
	if k == nil || k.StackStatus == types.StackStatusCreateComplete || k.StackStatus == types.StackStatusUpdateComplete {
		return nil // reads that lag behind are the engine's to wait for
	}
	if k.StackStatus == types.StackStatusUpdateRollbackFailed {
		return errors.Join(reasons(ctx, c, in, k.StackStatus), stuck(*k))
	}
	return reasons(ctx, c, in, k.StackStatus)
}

// reasons are what the stack's events say of the resources that failed in an operation.
func reasons(ctx context.Context, c *cloudformation.Client, in *cloudformation.CreateChangeSetInput, status types.StackStatus) error {
	var out []string
	events := &cloudformation.DescribeStackEventsInput{StackName: in.StackName}
	for {
		page, err := c.DescribeStackEvents(ctx, events)
		if err != nil {
			return err
		}
		for _, e := range page.StackEvents {
			reason := aws.ToString(e.ResourceStatusReason)
			if aws.ToString(e.ClientRequestToken) == *in.ChangeSetName && strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && !strings.Contains(reason, "cancelled") {
				out = append(out, aws.ToString(e.LogicalResourceId)+": "+reason)
			}
		}
		if events.NextToken = page.NextToken; events.NextToken == nil {
			break
		}
	}
	slices.Reverse(out) // AWS has the newest first
	return fmt.Errorf("stack %s ended in %s: %s", *in.StackName, status, strings.Join(out, "; "))
}

// guard sets what no change set carries.
func guard(ctx context.Context, c *cloudformation.Client, want stackState, changed func(...string) bool) error {
	if want.Policy != nil && changed("Policy") {
		if _, err := c.SetStackPolicy(ctx, &cloudformation.SetStackPolicyInput{StackName: &want.Name, StackPolicyBody: aws.String(string(*want.Policy))}); err != nil {
			return err
		}
	}
	have, err := settled(ctx, c, want.Name)
	if err != nil || have == nil || aws.ToBool(have.EnableTerminationProtection) == want.Protected {
		return err
	}
	_, err = c.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: &want.Name, EnableTerminationProtection: &want.Protected})
	return err
}

// remove deletes a stack and waits until it is gone.
func remove(ctx context.Context, c *cloudformation.Client, name string) error {
	if _, err := c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &name}); err != nil {
		return err
	}
	k, err := settled(ctx, c, name)
	if err == nil && k != nil && k.StackStatus == types.StackStatusDeleteFailed {
		return fmt.Errorf("stack %s could not be deleted: %s empty or release what it names, and plan again", name, aws.ToString(k.StackStatusReason))
	}
	return err
}

// settled is the stack when nothing is being done to it, nil if there is none.
func settled(ctx context.Context, c *cloudformation.Client, name string) (have *types.Stack, err error) {
	err = poll(ctx, "stack "+name, func() (bool, error) {
		out, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
		if absent(err) {
			have = nil
			return true, nil
		}
		if err != nil {
			return false, err
		}
		have = &out.Stacks[0]
		return have.StackStatus == types.StackStatusReviewInProgress || !strings.HasSuffix(string(have.StackStatus), "_IN_PROGRESS"), nil
	})
	return have, err
}

// poll waits for a stack. What one takes is its resources' to say; the caller's context can end it.
func poll(ctx context.Context, what string, done func() (bool, error)) error {
	return ztcore.Await(ctx, what, time.Hour, done)
}

// absent recognizes the answer that a stack does not exist, for which CloudFormation has no code of its own.
func absent(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.HasSuffix(api.ErrorMessage(), "does not exist")
}
