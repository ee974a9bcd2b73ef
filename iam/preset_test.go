package iam_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestPresetNeedsNothingButAName(t *testing.T) {
	p := iam.Preset{Name: "acme"}
	applied(t, newCloud().Config(), p)
	require.Empty(t, planned(t, newCloud().Config(), nil, p).Findings)
}

func TestPresetWithAlias(t *testing.T) {
	applied(t, newCloud().Config(), iam.Preset{Name: "acme", Alias: "acme-prod", SupportedBy: policy.Trust(ec2)})
}

func TestBoundaryHoldsWhateverPoliciesSay(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/worker"
	boundary, err := policy.Parse(replaceScope(iam.Preset{Name: "acme"}.Boundary().Document.JSON()))
	require.NoError(t, err)
	all := policy.Policies{Identity: []policy.Document{policy.Allow("*").OnAny()}, Boundary: []policy.Document{boundary}}
	for action, c := range map[string]struct {
		resource string
		context  map[string][]string
		want     policy.Outcome
	}{
		"s3:GetObject":                      {"arn:aws:s3:::ledger/x", nil, policy.Allowed},
		"iam:CreateRole":                    {"arn:aws:iam::123456789012:role/new", nil, policy.Denied},
		"iam:PutRolePermissionsBoundary":    {role, map[string][]string{"iam:PermissionsBoundary": {"arn:aws:iam::123456789012:policy/acme-boundary"}}, policy.Allowed},
		"iam:PutUserPermissionsBoundary":    {"arn:aws:iam::123456789012:user/u", map[string][]string{"iam:PermissionsBoundary": {"arn:aws:iam::aws:policy/AdministratorAccess"}}, policy.Denied},
		"iam:DeleteRolePermissionsBoundary": {role, nil, policy.Denied},
		"iam:CreatePolicyVersion":           {"arn:aws:iam::123456789012:policy/acme-boundary", nil, policy.Denied},
		"iam:SetDefaultPolicyVersion":       {"arn:aws:iam::123456789012:policy/other", nil, policy.Allowed},
		"iam:CreateAccessKey":               {"arn:aws:iam::123456789012:user/u", nil, policy.Denied},
		"cloudtrail:StopLogging":            {"arn:aws:cloudtrail:us-east-1:123456789012:trail/main", nil, policy.Denied},
		"organizations:LeaveOrganization":   {"*", nil, policy.Denied},
	} {
		d, err := policy.Evaluate(policy.Request{Principal: role, Action: action, Resource: c.resource, Context: c.context, Complete: true}, all)
		require.NoError(t, err)
		require.Equal(t, c.want, d.Outcome, "%s: %s", action, d)
	}
}
