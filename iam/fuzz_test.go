package iam_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// FuzzNames holds that a name, a path, an ARN or a tag is refused before any call, or is one that IAM takes, and answers so that nothing is
// left to do.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{
		"", "a", "A b", "a/b", "/a/", "//", "/a//b/", "/é/", "/aws-service-role/x/", "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/", "arn:aws-cn:iam::aws:policy/x", "arn:aws:iam::1:policy/x",
		"{{zt:account}}", "{{zt:iam.Role/there#ARN}}", "x\n", "%s", "\x00", "+=,.@-_", "arn:aws:iam::{{zt:account}}:policy/x", "aws:x", "zerotrust:x", "AROAEXAMPLE",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trusted := policy.Service("ec2.amazonaws.com")
		there := iam.Role{Name: "there", TrustedBy: trusted}
		for name, r := range map[string]ztcore.Resource{
			"role": iam.Role{Name: text, TrustedBy: trusted}, "path": iam.Role{Name: "r", Path: text, TrustedBy: trusted}, "user": iam.User{Name: text}, "policy": iam.Policy{Name: text, Document: policy.Allow("s3:GetObject").On("arn:aws:s3:::a/b")},
			"group": iam.Group{Name: text}, "profile": iam.InstanceProfile{Name: text, Role: there.RoleName()}, "attached": iam.Role{Name: "r", TrustedBy: trusted, Attached: []id.PolicyARN{id.PolicyARN(text)}},
			"tag": iam.Role{Name: "r", TrustedBy: trusted, Tags: map[string]string{text: "x"}}, "tagged": iam.Role{Name: "r", TrustedBy: trusted, Tags: map[string]string{"x": text}},
		} {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud()
				base := ztcore.NewBaseline("fuzz", there, r)
				p, err := base.Plan(t.Context(), cloud.Config())
				if err != nil {
					var invalid *ztcore.InvalidError
					require.True(t, errors.As(err, &invalid), "%s: %v", name, err)
					require.Empty(t, cloud.Writes())
					return
				}
				_, err = p.Apply(t.Context())
				var blocked *ztcore.BlockedError
				if errors.As(err, &blocked) {
					return
				}
				if err != nil { // whether there is such a policy, and what a token stands for, is known late
					require.True(t, name == "attached" || ztcore.HasToken(text), "%s: IAM refuses %q: %v", name, text, err)
					return
				}
				again, err := base.Plan(t.Context(), cloud.Config())
				require.NoError(t, err)
				require.True(t, again.Empty(), "%s: %s", name, again)
			})
		}
	})
}
