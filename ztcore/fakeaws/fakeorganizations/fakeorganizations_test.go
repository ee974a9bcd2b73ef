package fakeorganizations_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeorganizations"
)

var ctx = context.Background()

const (
	denyUsers = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}}`
	tagPolicy = `{"tags":{"stage":{"tag_key":{"@@assign":"stage"}}}}`
	scp       = types.PolicyTypeServiceControlPolicy
	rcp       = types.PolicyTypeResourceControlPolicy
)

func organized(t *testing.T) (*fakeaws.Cloud, *organizations.Client, *string) {
	t.Helper()
	cloud := fakeaws.New(fakeorganizations.Install)
	c := organizations.NewFromConfig(cloud.Config())
	_, err := c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	require.NoError(t, err)
	out, err := c.ListRoots(ctx, &organizations.ListRootsInput{})
	require.NoError(t, err)
	return cloud, c, out.Roots[0].Id
}

func unit(t *testing.T, c *organizations.Client, parent *string, name string) *string {
	t.Helper()
	out, err := c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{Name: &name, ParentId: parent})
	require.NoError(t, err)
	return out.OrganizationalUnit.Id
}

func scpNamed(t *testing.T, c *organizations.Client, name string) *string {
	t.Helper()
	out, err := c.CreatePolicy(ctx, &organizations.CreatePolicyInput{Name: &name, Description: aws.String(""), Content: aws.String(denyUsers), Type: scp})
	require.NoError(t, err)
	return out.Policy.PolicySummary.Id
}

func member(t *testing.T, c *organizations.Client, name string) *string {
	t.Helper()
	made, err := c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")})
	require.NoError(t, err)
	require.Equal(t, types.CreateAccountStateInProgress, made.CreateAccountStatus.State)
	time.Sleep(10 * time.Second)
	status, err := c.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: made.CreateAccountStatus.Id})
	require.NoError(t, err)
	require.Equal(t, types.CreateAccountStateSucceeded, status.CreateAccountStatus.State)
	return status.CreateAccountStatus.AccountId
}

func attachedTo(t *testing.T, c *organizations.Client, target *string, kind types.PolicyType) []string {
	t.Helper()
	out, err := c.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: target, Filter: kind})
	require.NoError(t, err)
	names := []string{}
	for _, p := range out.Policies {
		names = append(names, *p.Name)
	}
	return names
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

// AWS attaches a policy that allows everything to all there is, as soon as its type is enabled.
func TestFullAccessIsAttachedByAWS(t *testing.T) {
	_, c, root := organized(t)
	work := unit(t, c, root, "Workloads")
	require.Equal(t, []string{"FullAWSAccess"}, attachedTo(t, c, root, scp))
	require.Equal(t, []string{"FullAWSAccess"}, attachedTo(t, c, work, scp))
	require.Empty(t, attachedTo(t, c, work, rcp))
	_, err := c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: root, PolicyType: rcp})
	require.NoError(t, err)
	require.Equal(t, []string{"RCPFullAWSAccess"}, attachedTo(t, c, work, rcp))

	_, err = c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: scpNamed(t, c, "users"), TargetId: work})
	require.NoError(t, err)
	_, err = c.DisablePolicyType(ctx, &organizations.DisablePolicyTypeInput{RootId: root, PolicyType: scp})
	require.NoError(t, err)
	require.Empty(t, attachedTo(t, c, work, scp))
	_, err = c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: root, PolicyType: scp})
	require.NoError(t, err)
	require.Equal(t, []string{"FullAWSAccess"}, attachedTo(t, c, work, scp), "what was attached before is forgotten")
}

func TestAccountsAreMadeAndMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, root := organized(t)
		work := unit(t, c, root, "Workloads")
		account := member(t, c, "audit")
		require.Equal(t, []string{"FullAWSAccess"}, attachedTo(t, c, account, scp))
		_, err := c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: account, SourceParentId: root, DestinationParentId: work})
		require.NoError(t, err)
		parents, err := c.ListParents(ctx, &organizations.ListParentsInput{ChildId: account})
		require.NoError(t, err)
		require.Equal(t, *work, *parents.Parents[0].Id)
		_, err = c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: account, SourceParentId: root, DestinationParentId: work})
		require.Equal(t, "SourceParentNotFoundException", code(err))
		_, err = c.DeleteOrganizationalUnit(ctx, &organizations.DeleteOrganizationalUnitInput{OrganizationalUnitId: work})
		var full *types.OrganizationalUnitNotEmptyException
		require.ErrorAs(t, err, &full)

		twice, err := c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String("audit"), Email: aws.String("AUDIT@example.com")})
		require.NoError(t, err)
		require.Equal(t, types.CreateAccountFailureReasonEmailAlreadyExists, twice.CreateAccountStatus.FailureReason)

		// A member sees its organization, and nothing of what is in it, until it is made a delegated administrator.
		own := organizations.NewFromConfig(cloud.ConfigFor(*account, "us-east-1"))
		described, err := own.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
		require.NoError(t, err)
		require.Equal(t, fakeaws.DefaultAccount, *described.Organization.MasterAccountId)
		_, err = own.ListRoots(ctx, &organizations.ListRootsInput{})
		require.Equal(t, "AccessDeniedException", code(err))
		config := aws.String("config.amazonaws.com")
		_, err = c.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{AccountId: account, ServicePrincipal: config})
		var constraint *types.ConstraintViolationException
		require.ErrorAs(t, err, &constraint)
		require.Equal(t, types.ConstraintViolationExceptionReasonServiceAccessNotEnabled, constraint.Reason)
		_, err = c.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: config})
		require.NoError(t, err)
		_, err = c.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{AccountId: account, ServicePrincipal: config})
		require.NoError(t, err)
		_, err = own.ListRoots(ctx, &organizations.ListRootsInput{})
		require.NoError(t, err)
		_, err = own.CreatePolicy(ctx, &organizations.CreatePolicyInput{Name: aws.String("x"), Description: aws.String(""), Content: aws.String(denyUsers), Type: scp})
		require.Equal(t, "AccessDeniedException", code(err), "writing stays with the management account")
		_, err = c.DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: config})
		require.ErrorAs(t, err, &constraint)
		require.Equal(t, types.ConstraintViolationExceptionReasonDelegatedAdministratorExistsForThisService, constraint.Reason)
		services, err := c.ListDelegatedServicesForAccount(ctx, &organizations.ListDelegatedServicesForAccountInput{AccountId: account})
		require.NoError(t, err)
		require.Equal(t, *config, *services.DelegatedServices[0].ServicePrincipal)
	})
}

func TestRefusals(t *testing.T) {
	_, c, root := organized(t)
	work := unit(t, c, root, "Workloads")
	users := scpNamed(t, c, "users")
	_, err := c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: users, TargetId: work})
	require.NoError(t, err)
	crowded := unit(t, c, root, "Crowded")
	for i := range 9 { // and FullAWSAccess
		_, err := c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: scpNamed(t, c, fmt.Sprint("n", i)), TargetId: crowded})
		require.NoError(t, err)
	}
	deep := root
	for i := range 5 {
		deep = unit(t, c, deep, fmt.Sprint("level", i))
	}
	policy := func(name, content string, kind types.PolicyType) error {
		_, err := c.CreatePolicy(ctx, &organizations.CreatePolicyInput{Name: &name, Description: aws.String(""), Content: &content, Type: kind})
		return err
	}
	attach := func(policy, target *string) error {
		_, err := c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: policy, TargetId: target})
		return err
	}
	detach := func(policy string, target *string) error {
		_, err := c.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: &policy, TargetId: target})
		return err
	}
	newUnit := func(name string, parent *string) error {
		_, err := c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{Name: &name, ParentId: parent})
		return err
	}
	require.NoError(t, policy("tags", tagPolicy, types.PolicyTypeTagPolicy), "a type need not be enabled for a policy to be made")
	tags, err := c.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: types.PolicyTypeTagPolicy})
	require.NoError(t, err)
	for name, r := range map[string]struct {
		err    error
		code   string
		reason string
	}{
		"a second organization":                       {second(c), "AlreadyInOrganizationException", ""},
		"a policy's name twice":                       {policy("users", denyUsers, scp), "DuplicatePolicyException", ""},
		"a principal in an SCP":                       {policy("x", strings.Replace(denyUsers, `"Effect"`, `"Principal":"*","Effect"`, 1), scp), "MalformedPolicyDocumentException", ""},
		"an RCP that allows":                          {policy("x", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`, rcp), "MalformedPolicyDocumentException", ""},
		"a tag policy that is none":                   {policy("x", `[]`, types.PolicyTypeTagPolicy), "MalformedPolicyDocumentException", ""},
		"a policy too large":                          {policy("x", denyUsers+strings.Repeat(" ", 10240), scp), "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED"},
		"an unknown type":                             {policy("x", denyUsers, "HOUSE_RULES"), "InvalidInputException", "INVALID_ENUM_POLICY_TYPE"},
		"an attachment of a type that is not enabled": {attach(tags.Policies[0].Id, work), "PolicyTypeNotEnabledException", ""},
		"an attachment twice":                         {attach(users, work), "DuplicatePolicyAttachmentException", ""},
		"an attachment too many":                      {attach(users, crowded), "ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"},
		"an attachment to nothing":                    {attach(users, aws.String("ou-abcd-12345678")), "TargetNotFoundException", ""},
		"an unknown policy":                           {attach(aws.String("p-12345678"), work), "PolicyNotFoundException", ""},
		"detaching what is not attached":              {detach(*users, root), "PolicyNotAttachedException", ""},
		"detaching the last":                          {detach("p-FullAWSAccess", root), "ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"},
		"a unit's name twice":                         {newUnit("Workloads", root), "DuplicateOrganizationalUnitException", ""},
		"a unit too deep":                             {newUnit("x", deep), "ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED"},
		"a unit in nothing":                           {newUnit("x", aws.String("ou-abcd-12345678")), "ParentNotFoundException", ""},
		"deleting a policy in use": {func() error {
			_, err := c.DeletePolicy(ctx, &organizations.DeletePolicyInput{PolicyId: users})
			return err
		}(), "PolicyInUseException", ""},
		"changing AWS's policy": {func() error {
			_, err := c.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: aws.String("p-FullAWSAccess"), Content: aws.String(denyUsers)})
			return err
		}(), "InvalidInputException", "IMMUTABLE_POLICY"},
		"enabling twice": {func() error {
			_, err := c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: root, PolicyType: scp})
			return err
		}(), "PolicyTypeAlreadyEnabledException", ""},
		"another root": {func() error {
			_, err := c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: aws.String("r-none"), PolicyType: rcp})
			return err
		}(), "RootNotFoundException", ""},
		"a foreign token": {func() error {
			_, err := c.ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: aws.String("x")})
			return err
		}(), "InvalidInputException", "INVALID_NEXT_TOKEN"},
		"a reserved tag": {func() error {
			_, err := c.TagResource(ctx, &organizations.TagResourceInput{ResourceId: work, Tags: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}})
			return err
		}(), "InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER"},
	} {
		require.Equal(t, r.code, code(r.err), "%s: %v", name, r.err)
		var constraint *types.ConstraintViolationException
		var invalid *types.InvalidInputException
		switch {
		case errors.As(r.err, &constraint):
			require.Equal(t, r.reason, string(constraint.Reason), name)
		case errors.As(r.err, &invalid):
			require.Equal(t, r.reason, string(invalid.Reason), name)
		}
	}
}

func second(c *organizations.Client) error {
	_, err := c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	return err
}

func TestNoOrganization(t *testing.T) {
	c := organizations.NewFromConfig(fakeaws.New(fakeorganizations.Install).Config())
	_, err := c.ListRoots(ctx, &organizations.ListRootsInput{})
	var none *types.AWSOrganizationsNotInUseException
	require.ErrorAs(t, err, &none)
}

func TestBillingOnlyHasNoPolicies(t *testing.T) {
	c := organizations.NewFromConfig(fakeaws.New(fakeorganizations.Install).Config())
	_, err := c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetConsolidatedBilling})
	require.NoError(t, err)
	_, err = c.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: scp})
	require.Equal(t, "PolicyTypeNotAvailableForOrganizationException", code(err))
}

// A policy type takes as long as the cloud's propagation to be enabled.
func TestPendingPolicyType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, root := organized(t)
		cloud.SetPropagation(time.Minute)
		out, err := c.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: root, PolicyType: types.PolicyTypeTagPolicy})
		require.NoError(t, err)
		require.Equal(t, types.PolicyTypeStatusPendingEnable, out.Root.PolicyTypes[1].Status)
		made, err := c.CreatePolicy(ctx, &organizations.CreatePolicyInput{Name: aws.String("tags"), Description: aws.String(""), Content: aws.String(tagPolicy), Type: types.PolicyTypeTagPolicy})
		require.NoError(t, err)
		attach := &organizations.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: root}
		_, err = c.AttachPolicy(ctx, attach)
		require.Equal(t, "PolicyTypeNotEnabledException", code(err))
		time.Sleep(2 * time.Minute)
		_, err = c.AttachPolicy(ctx, attach)
		require.NoError(t, err)
	})
}

// Two writes at a time are one too many.
func TestOverlappingWritesAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, root := organized(t)
		cloud.SetLatency(time.Second)
		errs := make(chan error, 2)
		for _, name := range []string{"a", "b"} {
			go func() {
				_, err := c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{Name: &name, ParentId: root})
				errs <- err
			}()
		}
		err := errors.Join(<-errs, <-errs)
		var overlap *types.ConcurrentModificationException
		require.ErrorAs(t, err, &overlap)
		_, err = c.ListRoots(ctx, &organizations.ListRootsInput{})
		require.NoError(t, err)
	})
}

func TestPages(t *testing.T) {
	_, c, root := organized(t)
	for i := range 5 {
		unit(t, c, root, fmt.Sprint("u", i))
	}
	var names []string
	in := &organizations.ListOrganizationalUnitsForParentInput{ParentId: root, MaxResults: aws.Int32(1)}
	for pages := 0; ; pages++ {
		out, err := c.ListOrganizationalUnitsForParent(ctx, in)
		require.NoError(t, err)
		for _, u := range out.OrganizationalUnits {
			names = append(names, *u.Name)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			require.Equal(t, 4, pages)
			break
		}
	}
	require.Equal(t, []string{"u0", "u1", "u2", "u3", "u4"}, names)
}
