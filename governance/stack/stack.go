package stack

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Secret gives the value of a parameter with NoEcho, such as what dataprotect's Source reads.
type Secret func(ctx context.Context) (string, error)

// Stack is a CloudFormation stack.
type Stack struct {
	Name       string            // 1–128 letters, digits and -, beginning with a letter; another name is another stack
	Template   string            // JSON of at most 51,200 bytes with at most 500 resources; compared by meaning
	Parameters map[string]string // those without NoEcho; the template's defaults if left out
	// Secrets are the values of parameters with NoEcho, which CloudFormation never shows again: they are sent when the stack is
	// made, and when SecretsVersion has changed.
	Secrets        map[string]Secret
	SecretsVersion string // "1" if empty
	// Capabilities acknowledge what the template can do: "CAPABILITY_IAM" or "CAPABILITY_NAMED_IAM" if it makes identities,
	// "CAPABILITY_AUTO_EXPAND" if it has macros.
	Capabilities []string
	Role         id.RoleARN // what CloudFormation works as; the caller if empty
	// Policy says which resources an update may not touch, as JSON; nil means not managed. AWS never removes one.
	Policy json.RawMessage
	// UnprotectedBecause lets the stack be deleted by anybody who may, and says why.
	UnprotectedBecause string
	Tags               map[string]string // CloudFormation gives them to the resources as well
}

// ID is the stack's ARN, which CloudFormation chooses.
func (s Stack) ID() id.ARN { return id.ARN(stacks.Ref(s.Name, "ID")) }

// secretsTag holds the version of the secrets that the stack was given last.
const secretsTag = "secrets-version"

// Declare implements ztcore.Resource.
func (s Stack) Declare(d *ztcore.Declaration) {
	want := stackState{
		Name: s.Name, Template: text(s.Template), Parameters: values(text(s.Template), s.Parameters), Condition: usable, Unexecuted: []string{}, Protected: s.UnprotectedBecause == "", Tags: s.Tags,
		Secrets: s.Secrets, Capabilities: s.Capabilities, Role: string(s.Role),
	}
	if s.Policy != nil {
		policy := text(s.Policy)
		want.Policy = &policy
	}
	if len(s.Secrets) > 0 {
		want.Tags = maps.Clone(s.Tags)
		if want.Tags == nil {
			want.Tags = map[string]string{}
		}
		if want.Tags[secretsTag] = s.SecretsVersion; s.SecretsVersion == "" {
			want.Tags[secretsTag] = "1"
		}
	}
	n := stacks.Declare(d, s.Name, want)
	if s.UnprotectedBecause != "" {
		n.Except("Protected", s.UnprotectedBecause)
	}
}

// text is JSON that is compared by meaning.
type text string

// Equal reports whether both are the same JSON value.
func (t text) Equal(other text) bool {
	var a, b any
	if json.Unmarshal([]byte(t), &a) != nil || json.Unmarshal([]byte(other), &b) != nil {
		return t == other
	}
	return reflect.DeepEqual(a, b)
}

// usable is the condition of a stack that can be updated; any other is its status.
const usable = "usable"

type stackState struct {
	Name         string `zt:"key"`
	Template     text
	Parameters   map[string]string
	Policy       *text
	Protected    bool
	Condition    string
	Unexecuted   []string          `zt:"set"` // change sets of ours that an interrupted run has left
	Tags         map[string]string `zt:"tags"`
	ID           string            `zt:"output"`
	Secrets      map[string]Secret `zt:"-"`
	Capabilities []string          `zt:"-"`
	Role         string            `zt:"-"`
}

var stacks = &ztcore.Kind[stackState]{
	Name: "governance.Stack", Permissions: &stacksNeed, Read: readStacks, Create: createStack, Update: updateStack, Delete: deleteStack, Check: checkStack,
	Retry:     []ztcore.Retry{{Code: "OperationInProgressException"}, {Code: "InvalidChangeSetStatus"}},
	HoldsData: true,
	Controls:  []string{"FSBP CloudFormation.3", "NIST SP 800-207 tenet 5", "CISA ZTMM Governance"},
}

var stacksNeed = ztcore.Permissions{
	Read: []string{"cloudformation:DescribeStacks", "cloudformation:GetStackPolicy", "cloudformation:GetTemplate", "cloudformation:ListChangeSets", "cloudformation:ListStacks"},
	Write: []string{
		"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:DeleteStack", "cloudformation:DescribeChangeSet",
		"cloudformation:DescribeStackEvents", "cloudformation:ExecuteChangeSet", "cloudformation:SetStackPolicy",
		"cloudformation:UpdateTerminationProtection", "iam:PassRole",
	},
	Delete: []string{"cloudformation:DeleteStack", "cloudformation:UpdateTerminationProtection", "iam:PassRole"},
}

// readStacks lists all stacks. A stack in review holds nothing yet, so it is not there; templates and policies cost a call each.
func readStacks(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[stackState]) ([]stackState, error) {
	wanted := map[string]bool{}
	for _, w := range q.Want {
		wanted[w.Name] = true
	}
	c := cloudformation.NewFromConfig(sc.Config)
	var found []types.Stack
	in := &cloudformation.DescribeStacksInput{}
	for {
		page, err := c.DescribeStacks(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, k := range page.Stacks {
			if (q.Owned && k.ParentId == nil || wanted[aws.ToString(k.StackName)]) && k.StackStatus != types.StackStatusReviewInProgress && k.StackStatus != types.StackStatusDeleteComplete {
				found = append(found, k)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	out := make([]*stackState, len(found))
	err := ztcore.Each(ctx, len(found), func(ctx context.Context, i int) (err error) {
		if out[i], err = seenStack(ctx, c, found[i]); absent(err) {
			return nil // deleted since it was listed
		}
		return err
	})
	var there []stackState
	for _, s := range out {
		if s != nil {
			there = append(there, *s)
		}
	}
	return there, err
}

func seenStack(ctx context.Context, c *cloudformation.Client, k types.Stack) (*stackState, error) {
	s := &stackState{
		Name: aws.ToString(k.StackName), ID: aws.ToString(k.StackId), Protected: aws.ToBool(k.EnableTerminationProtection), Condition: string(k.StackStatus), Parameters: map[string]string{}, Tags: map[string]string{},
	}
	if slices.Contains(updatable, k.StackStatus) {
		s.Condition = usable
	}
	for _, p := range k.Parameters {
		s.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, t := range k.Tags {
		s.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	body, err := c.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: k.StackName, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return nil, err
	}
	s.Template = text(aws.ToString(body.TemplateBody))
	for _, key := range secretParameters(s.Template) {
		delete(s.Parameters, key) // it is shown as asterisks
	}
	policy, err := c.GetStackPolicy(ctx, &cloudformation.GetStackPolicyInput{StackName: k.StackName})
	if err != nil {
		return nil, err
	}
	p := text(aws.ToString(policy.StackPolicyBody))
	s.Policy = &p
	s.Unexecuted, err = unexecuted(ctx, c, s.Name)
	return s, err
}

// secretClient makes a client that writes no requests to the SDK's log, whatever the configuration says: they hold secrets.
func secretClient(sc *ztcore.Scope) *cloudformation.Client {
	return cloudformation.NewFromConfig(sc.Config, func(o *cloudformation.Options) {
		o.ClientLogMode &^= aws.LogRequest | aws.LogRequestWithBody | aws.LogResponse | aws.LogResponseWithBody
	})
}

func createStack(ctx context.Context, sc *ztcore.Scope, want stackState) error {
	return bring(ctx, secretClient(sc), want, true)
}

func updateStack(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[stackState]) error {
	c := secretClient(sc)
	for _, set := range u.Have.Unexecuted {
		if _, err := c.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: &u.Have.Name, ChangeSetName: &set}); err != nil {
			return err
		}
	}
	if u.Changed("Template", "Parameters", "Tags", "Condition") {
		if err := bring(ctx, c, u.Want, u.Have.Tags[secretsTag] != u.Want.Tags[secretsTag]); err != nil {
			return err
		}
	}
	return guard(ctx, c, u.Want, u.Changed)
}

func deleteStack(ctx context.Context, sc *ztcore.Scope, have stackState) error {
	c := cloudformation.NewFromConfig(sc.Config)
	if have.Protected {
		_, err := c.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: &have.Name, EnableTerminationProtection: aws.Bool(false)})
		if absent(err) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return remove(ctx, c, have.Name)
}
