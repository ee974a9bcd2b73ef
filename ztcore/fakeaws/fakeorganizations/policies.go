package fakeorganizations

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

type document struct {
	ID, Name, Description, Content string
	Type                           types.PolicyType
	Managed                        bool // by AWS
}

// AWS's own policies, without which nothing would be allowed.
const (
	fullAccess         = "p-FullAWSAccess"
	fullResourceAccess = "p-RCPFullAWSAccess"
)

// quota is what the organization takes of one type of policy.
type quota struct {
	characters  int // of one policy
	attachments int // to one target
	policies    int
}

// quotas have those of service control policies as they are since 15 May 2026, when AWS doubled them from 5,120 characters and 5
// attachments. Copies of the page from before that day have the older figures.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
var quotas = map[types.PolicyType]quota{
	types.PolicyTypeServiceControlPolicy:   {policy.Limit(policy.SCP), 10, 10000},
	types.PolicyTypeResourceControlPolicy:  {policy.Limit(policy.RCP), 5, 1000},
	types.PolicyTypeAiservicesOptOutPolicy: {2500, 5, 1000},
	types.PolicyTypeChatbotPolicy:          {10000, 5, 1000},
}

func quotaOf(t types.PolicyType) quota {
	if q, ok := quotas[t]; ok {
		return q
	}
	return quota{10000, 10, 1000}
}

// addDefaults adds the policies that AWS manages.
func (o *organization) addDefaults() {
	o.Policies[fullAccess] = &document{
		ID: fullAccess, Name: "FullAWSAccess", Description: "Allows access to every operation", Type: types.PolicyTypeServiceControlPolicy, Managed: true,
		Content: policy.Allow("*").OnAny().JSON(),
	}
	o.Policies[fullResourceAccess] = &document{
		ID: fullResourceAccess, Name: "RCPFullAWSAccess", Description: "Allows all access to every resource", Type: types.PolicyTypeResourceControlPolicy, Managed: true,
		Content: policy.Allow("*").To(policy.Anyone()).OnAny().JSON(),
	}
}

// CreatePolicy makes a policy, which is attached to nothing yet. Its type need not be enabled.
func (s *Service) CreatePolicy(ctx context.Context, in *organizations.CreatePolicyInput, _ ...opt) (*organizations.CreatePolicyOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.knownType(in.Type); err != nil {
		return nil, err
	}
	if err := o.checkPolicy(in.Type, "", in.Name, in.Description, in.Content); err != nil {
		return nil, err
	}
	if len(o.ofType(in.Type)) >= quotaOf(in.Type).policies {
		return nil, constraint(types.ConstraintViolationExceptionReasonPolicyNumberLimitExceeded, "You have exceeded the number of policies of this type.")
	}
	tags := map[string]string{}
	if err := addTags(tags, in.Tags); err != nil {
		return nil, err
	}
	p := &document{ID: s.cloud.ID("p-", 8), Name: *in.Name, Description: *in.Description, Content: *in.Content, Type: in.Type}
	o.Policies[p.ID], o.Tags[p.ID] = p, tags
	return &organizations.CreatePolicyOutput{Policy: o.describePolicy(p)}, nil
}

// DescribePolicy answers a policy with its content.
func (s *Service) DescribePolicy(ctx context.Context, in *organizations.DescribePolicyInput, _ ...opt) (*organizations.DescribePolicyOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	p, err := o.policy(in.PolicyId)
	if err != nil {
		return nil, err
	}
	return &organizations.DescribePolicyOutput{Policy: o.describePolicy(p)}, nil
}

// UpdatePolicy changes what is given.
func (s *Service) UpdatePolicy(ctx context.Context, in *organizations.UpdatePolicyInput, _ ...opt) (*organizations.UpdatePolicyOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	p, err := o.policy(in.PolicyId)
	if err != nil {
		return nil, err
	}
	if p.Managed {
		return nil, invalid(types.InvalidInputExceptionReasonImmutablePolicy, "You can't modify a policy that is managed by AWS.")
	}
	changed := *p
	for to, from := range map[*string]*string{&changed.Name: in.Name, &changed.Description: in.Description, &changed.Content: in.Content} {
		if from != nil {
			*to = *from
		}
	}
	if err := o.checkPolicy(p.Type, p.ID, &changed.Name, &changed.Description, &changed.Content); err != nil {
		return nil, err
	}
	*p = changed
	return &organizations.UpdatePolicyOutput{Policy: o.describePolicy(p)}, nil
}

// DeletePolicy removes a policy that is attached to nothing.
func (s *Service) DeletePolicy(ctx context.Context, in *organizations.DeletePolicyInput, _ ...opt) (*organizations.DeletePolicyOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	p, err := o.policy(in.PolicyId)
	if err != nil {
		return nil, err
	}
	if p.Managed {
		return nil, invalid(types.InvalidInputExceptionReasonImmutablePolicy, "You can't delete a policy that is managed by AWS.")
	}
	if len(o.targetsOf(p.ID)) > 0 {
		return nil, &types.PolicyInUseException{Message: aws.String("The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation.")}
	}
	delete(o.Policies, p.ID)
	delete(o.Tags, p.ID)
	return &organizations.DeletePolicyOutput{}, nil
}

// ListPolicies answers the policies of one type, AWS's own among them, without content.
func (s *Service) ListPolicies(ctx context.Context, in *organizations.ListPoliciesInput, _ ...opt) (*organizations.ListPoliciesOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.knownType(in.Filter); err != nil {
		return nil, err
	}
	found := []types.PolicySummary{}
	for _, p := range o.ofType(in.Filter) {
		found = append(found, *o.describePolicy(p).PolicySummary)
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListPoliciesOutput{Policies: some, NextToken: next}, err
}

func (o *organization) policy(id *string) (*document, error) {
	if p := o.Policies[aws.ToString(id)]; p != nil {
		return p, nil
	}
	return nil, &types.PolicyNotFoundException{Message: aws.String("We can't find a policy with the PolicyId that you specified.")}
}

func (o *organization) ofType(t types.PolicyType) []*document {
	var out []*document
	for _, id := range slices.Sorted(maps.Keys(o.Policies)) {
		if o.Policies[id].Type == t {
			out = append(out, o.Policies[id])
		}
	}
	return out
}

// knownType refuses a type that there is not, or that the organization's features lack.
func (o *organization) knownType(t types.PolicyType) error {
	if !slices.Contains(t.Values(), t) {
		return invalid(types.InvalidInputExceptionReasonInvalidEnumPolicyType, "You specified an invalid value for the policy type.")
	}
	if o.Features != types.OrganizationFeatureSetAll {
		return &types.PolicyTypeNotAvailableForOrganizationException{Message: aws.String("You can't use the specified policy type with the feature set currently enabled for your organization.")}
	}
	return nil
}

func (o *organization) checkPolicy(t types.PolicyType, own string, name, description, content *string) error {
	if n := len(aws.ToString(name)); n == 0 || n > longestName || len(aws.ToString(description)) > 512 {
		return invalid(types.InvalidInputExceptionReasonMaxLengthExceeded, "A name has 1 to 128 characters, a description 0 to 512.")
	}
	if utf8.RuneCountInString(*content) > quotaOf(t).characters {
		return constraint(types.ConstraintViolationExceptionReasonPolicyContentLimitExceeded, "You have exceeded the maximum size of a policy document.")
	}
	if why := malformed(t, *content); why != "" {
		return &types.MalformedPolicyDocumentException{Message: aws.String("The provided policy document does not meet the requirements of the specified policy type: " + why)}
	}
	for _, p := range o.Policies {
		if p.Name == *name && p.ID != own {
			return &types.DuplicatePolicyException{Message: aws.String("A policy with the same name already exists.")}
		}
	}
	return nil
}

// malformed says why a text is no policy of the type. Of management policies only the frame is checked: an object of one key.
func malformed(t types.PolicyType, content string) string {
	class, authorizes := map[types.PolicyType]policy.Class{types.PolicyTypeServiceControlPolicy: policy.SCP, types.PolicyTypeResourceControlPolicy: policy.RCP}[t]
	if !authorizes {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(content), &object); err != nil {
			return err.Error()
		}
		if len(object) == 0 {
			return "it is empty"
		}
		return ""
	}
	d, err := policy.Parse(content)
	if err != nil {
		return err.Error()
	}
	for _, f := range d.Lint(class) {
		if f.Severity == policy.SeverityError {
			return f.String()
		}
	}
	return ""
}

func (o *organization) describePolicy(p *document) *types.Policy {
	arn := o.arn("policy", strings.ToLower(string(p.Type))+"/"+p.ID)
	if p.Managed {
		arn = aws.String("arn:" + o.Partition + ":organizations::aws:policy/" + strings.ToLower(string(p.Type)) + "/" + p.ID)
	}
	return &types.Policy{Content: aws.String(p.Content), PolicySummary: &types.PolicySummary{
		Id: aws.String(p.ID), Arn: arn, Name: aws.String(p.Name), Description: aws.String(p.Description), Type: p.Type, AwsManaged: p.Managed,
	}}
}
