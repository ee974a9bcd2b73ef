package iam_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestGroup(t *testing.T) { kindtest.Run(t, groupCase()) }

func groupCase() kindtest.Case {
	alice, bob, carol := iam.User{Name: "alice"}, iam.User{Name: "bob"}, iam.User{Name: "carol"}
	g := iam.Group{Name: "auditors", Members: []id.UserName{alice.UserName()}}
	step := func(change func()) ztcore.Resource { change(); return ztcore.List{alice, bob, carol, g} }
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: step(func() {
				g.Inline = map[string]policy.Document{"logs": readLogs}
				g.Attached = []id.PolicyARN{iam.AWSManaged("SecurityAudit")}
			})},
			{Resource: step(func() { g.Members = []id.UserName{bob.UserName()} }), Changes: []string{"iam.GroupMembers/auditors Members"}},
			{Resource: step(func() { g.Inline = map[string]policy.Document{} }), Changes: []string{"iam.GroupPolicies/auditors Members"}},
			{Resource: step(func() { g.Attached = []id.PolicyARN{} }), Changes: []string{"iam.GroupAttachments/auditors Members"}},
			{Resource: step(func() { g.Path = "/security/" }), Changes: []string{"iam.Group/auditors Path"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := sdk.NewFromConfig(cfg).AddUserToGroup(ctx, &sdk.AddUserToGroupInput{GroupName: &g.Name, UserName: &carol.Name})
			return err
		},
	}
}

func TestManyGroupsAreReadFromTheListings(t *testing.T) {
	alice, bob := iam.User{Name: "alice"}, iam.User{Name: "bob"}
	both := []id.UserName{alice.UserName(), bob.UserName()}
	r := []ztcore.Resource{alice, bob, iam.Group{Name: "one", Members: both}, iam.Group{Name: "two", Members: both[:1], Inline: map[string]policy.Document{"logs": readLogs}}, iam.Group{Name: "three", Members: []id.UserName{}, Attached: []id.PolicyARN{}}}
	cloud := newCloud()
	applied(t, cloud.Config(), r...)
	cloud.ResetCalls()
	require.True(t, planned(t, cloud.Config(), nil, r...).Empty())
	require.Len(t, cloud.Calls(), 6, "who am I, users, groups, and the two sets of one group each in three calls")
}
