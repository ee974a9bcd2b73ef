package containment

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// roleDeny is the inline policy of a case on a role, as text; its target is "role|policy".
var roleDeny = stateOf(setting{name: "denial of a role's older sessions", ours: true}, func(ctx context.Context, cfg aws.Config, target string) (string, error) {
	role, name, _ := strings.Cut(target, "|")
	out, err := iam.NewFromConfig(cfg).GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
	if refusedWith(err, "NoSuchEntity") {
		return "", roleStands(ctx, cfg, role)
	}
	if err != nil {
		return "", err
	}
	return plainDocument(aws.ToString(out.PolicyDocument)), nil
}, func(ctx context.Context, cfg aws.Config, target, _, want string) error {
	role, name, _ := strings.Cut(target, "|")
	c := iam.NewFromConfig(cfg)
	if want == "" {
		_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &name})
		if refusedWith(err, "NoSuchEntity") {
			return nil
		}
		return err
	}
	_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &want})
	if refusedWith(err, "UnmodifiableEntity") {
		return &UnmodifiableRoleError{Role: role, Err: err}
	}
	return err
})

// roleStands fails if the role itself is not there, since IAM says the same of a role and of a policy.
func roleStands(ctx context.Context, cfg aws.Config, role string) error {
	_, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &role})
	return err
}

// plainDocument decodes a document as IAM answers it, and gives it the form in which it was sent.
func plainDocument(text string) string {
	if d, err := policy.Parse(text); err == nil {
		return d.JSON()
	}
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// UnmodifiableRoleError says that a role takes no policies: AWS's services and IAM Identity Center own it.
type UnmodifiableRoleError struct {
	Role string // name or ARN
	Err  error  // AWS's, if it was asked
}

func (e *UnmodifiableRoleError) Error() string {
	return fmt.Sprintf("%s belongs to an AWS service, and its sessions can't be revoked by a policy: stop what uses it in the service itself, deny its actions by a service control policy where one applies (none does to service-linked roles), or for a role of IAM Identity Center revoke the session there", e.Role)
}

// Unwrap returns AWS's error.
func (e *UnmodifiableRoleError) Unwrap() error { return e.Err }

// unmodifiable tells by the path. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
func unmodifiable(roleARN string) bool {
	return strings.Contains(roleARN, ":role/aws-service-role/") || strings.Contains(roleARN, ":role/aws-reserved/")
}

// revocation denies everything to the sessions of a role that were issued before a time, as IAM's own AWSRevokeOlderSessions.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
func revocation(cutoff time.Time) policy.Document {
	return policy.Deny("*").OnAny().When("DateLessThan", "aws:TokenIssueTime", cutoff.UTC().Format(time.RFC3339)).Named("RevokeOlderSessions")
}

// cutoffOf reads the time back from a revocation.
func cutoffOf(text string) (time.Time, bool) {
	d, err := policy.Parse(text)
	if err != nil || len(d.Statements) != 1 {
		return time.Time{}, false
	}
	for _, c := range d.Statements[0].Conditions {
		if strings.EqualFold(c.Key, "aws:TokenIssueTime") && len(c.Values) == 1 {
			t, err := time.Parse(time.RFC3339, c.Values[0])
			return t, err == nil
		}
	}
	return time.Time{}, false
}

// longestRoleSession is the longest that AWS issues for a role; MaxSessionDuration only limits those who ask STS for one.
const longestRoleSession = 12 * time.Hour

// sessionLength is how long a role's sessions may live. The credentials that EC2 gives to instances are not subject to
// the role's maximum, and nor are those of other services, so for roles that a service assumes it is the longest there is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
func sessionLength(ctx context.Context, cfg aws.Config, role string) (time.Duration, error) {
	out, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &role})
	if err != nil {
		return 0, err
	}
	trust, err := policy.Parse(aws.ToString(out.Role.AssumeRolePolicyDocument))
	if err != nil {
		return longestRoleSession, nil
	}
	for _, s := range trust.Statements {
		for _, p := range s.Principals {
			if p.Type == "Service" {
				return longestRoleSession, nil
			}
		}
	}
	if s := aws.ToInt32(out.Role.MaxSessionDuration); s > 0 {
		return min(time.Duration(s)*time.Second, longestRoleSession), nil
	}
	return longestRoleSession, nil
}

// keyStatus is that of an access key; its target is "user|AKIA…".
var keyStatus = stateOf(setting{name: "status of an access key"}, func(ctx context.Context, cfg aws.Config, target string) (types.StatusType, error) {
	user, key, _ := strings.Cut(target, "|")
	in := &iam.ListAccessKeysInput{UserName: &user}
	for {
		page, err := iam.NewFromConfig(cfg).ListAccessKeys(ctx, in)
		if err != nil {
			return "", err
		}
		for _, k := range page.AccessKeyMetadata {
			if aws.ToString(k.AccessKeyId) == key {
				return k.Status, nil
			}
		}
		if !page.IsTruncated {
			return "", fmt.Errorf("user %s has no access key %s", user, key)
		}
		in.Marker = page.Marker
	}
}, func(ctx context.Context, cfg aws.Config, target string, _, want types.StatusType) error {
	user, key, _ := strings.Cut(target, "|")
	_, err := iam.NewFromConfig(cfg).UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: &user, AccessKeyId: &key, Status: want})
	return err
})

// quarantineOf is the name of AWS's own policy for users whose key was found in public, if the user has it, in any version.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
func quarantineOf(ctx context.Context, cfg aws.Config, user string) (string, error) {
	in := &iam.ListAttachedUserPoliciesInput{UserName: &user}
	for {
		page, err := iam.NewFromConfig(cfg).ListAttachedUserPolicies(ctx, in)
		if err != nil {
			return "", err
		}
		for _, p := range page.AttachedPolicies {
			if isQuarantine(aws.ToString(p.PolicyArn)) {
				return aws.ToString(p.PolicyName), nil
			}
		}
		if !page.IsTruncated {
			return "", nil
		}
		in.Marker = page.Marker
	}
}

// isQuarantine knows any version, those to come included.
func isQuarantine(policyARN string) bool {
	return strings.Contains(policyARN, ":iam::aws:policy/AWSCompromisedKeyQuarantine")
}
