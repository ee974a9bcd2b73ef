package containment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	pillar "github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// directory is an account with a role and a user with two keys, and a bucket for the log.
type directory struct {
	cloud  *fakeaws.Cloud
	cfg    aws.Config
	keys   []string
	ledger containment.BucketLedger
}

func newDirectory(t testing.TB) *directory {
	d := &directory{cloud: fakeaws.New(fakests.Install, fakeiam.Install, fakes3.Install)}
	d.cfg = d.cloud.Config()
	d.ledger = containment.BucketLedger{Config: d.cfg, Bucket: responsesBucket}
	_, err := s3.NewFromConfig(d.cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(responsesBucket)})
	require.NoError(t, err)
	d.role(t, d.cfg, "Deployer", policy.AWS(fakeaws.DefaultAccount), 2*time.Hour)
	c := iam.NewFromConfig(d.cfg)
	_, err = c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("deploy")})
	require.NoError(t, err)
	for range 2 {
		out, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("deploy")})
		require.NoError(t, err)
		d.keys = append(d.keys, *out.AccessKey.AccessKeyId)
	}
	return d
}

func (d *directory) role(t testing.TB, cfg aws.Config, name string, trusted policy.Principal, longest time.Duration) {
	_, err := iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(policy.Trust(trusted).JSON()), MaxSessionDuration: aws.Int32(int32(longest / time.Second)),
	})
	require.NoError(t, err)
}

func roleTarget(account, name string) containment.Target {
	return containment.Target{Kind: containment.Role, Account: account, ID: "arn:aws:iam::" + account + ":role/" + name}
}

func (d *directory) containment(targets ...containment.Target) containment.Containment {
	return containment.Containment{
		Case:    containment.Case{ID: "42", Owner: "security@example.com", Severity: containment.High, Review: time.Now().Add(7 * 24 * time.Hour)},
		Targets: targets, Ledger: d.ledger, Mode: containment.Execute,
	}
}

func (d *directory) keyTarget(n int) containment.Target {
	return containment.Target{Kind: containment.AccessKey, Account: fakeaws.DefaultAccount, ID: d.keys[n]}
}

func (d *directory) denial(t testing.TB, cfg aws.Config, role string) (policy.Document, bool) {
	out, err := iam.NewFromConfig(cfg).GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: aws.String("zerotrust-case-42")})
	var none *iamtypes.NoSuchEntityException
	if errors.As(err, &none) {
		return policy.Document{}, false
	}
	require.NoError(t, err)
	doc, err := policy.Parse(*out.PolicyDocument)
	require.NoError(t, err)
	return doc, true
}

func (d *directory) active(t testing.TB) []bool {
	out, err := iam.NewFromConfig(d.cfg).ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String("deploy")})
	require.NoError(t, err)
	var active []bool
	for _, k := range out.AccessKeyMetadata {
		active = append(active, k.Status == iamtypes.StatusTypeActive)
	}
	return active
}

// world is all that there is, but for the log and the evidence.
func world(t testing.TB, c *fakeaws.Cloud) string {
	var all map[string]any
	require.NoError(t, json.Unmarshal([]byte(c.Snapshot()), &all))
	for k := range all {
		if strings.Contains(k, "s3") {
			delete(all, k)
		}
		if region, ok := all[k].(map[string]any); ok && strings.HasPrefix(k, "ec2/") {
			for _, past := range []string{"Snapshots", "Flows", "Changed"} {
				delete(region, past)
			}
			if tags, ok := region["Tags"].(map[string]any); ok {
				maps.DeleteFunc(tags, func(id string, _ any) bool { return strings.HasPrefix(id, "snap-") })
			}
		}
	}
	out, err := json.MarshalIndent(trimmed(all), "", " ")
	require.NoError(t, err)
	return associationID.ReplaceAllString(string(out), "iip-assoc-x") // which is another one when a profile comes back
}

var associationID = regexp.MustCompile(`iip-assoc-[0-9a-f]+`)

// trimmed leaves out what is empty, as a list that held something for a while.
func trimmed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "Joined") // when an instance came to its Auto Scaling group, or came back
		for k, e := range v {
			if v[k] = trimmed(e); v[k] == nil {
				delete(v, k)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i, e := range v {
			v[i] = trimmed(e)
		}
		if len(v) == 0 {
			return nil
		}
	}
	return v
}

// may asks the evaluator whether a session of the role may still do something.
func may(t testing.TB, denial policy.Document, issued time.Time) policy.Outcome {
	decision, err := policy.Evaluate(policy.Request{
		Principal: "arn:aws:sts::123456789012:assumed-role/Deployer/session", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/ledger.csv",
		Context: map[string][]string{"aws:TokenIssueTime": {issued.UTC().Format(time.RFC3339)}}, Complete: true,
	}, policy.Policies{Identity: []policy.Document{policy.Allow("s3:*").OnAny(), denial}})
	require.NoError(t, err)
	return decision.Outcome
}

func TestSessionsFromBeforeAreDeniedAndLaterOnesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		before := world(t, d.cloud)
		c := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"))
		started := time.Now()
		report, err := c.Contain(ctx, d.cfg)
		require.NoError(t, err)
		require.Empty(t, report.Residual)

		denial, ok := d.denial(t, d.cfg, "Deployer")
		require.True(t, ok)
		require.Equal(t, policy.Denied, may(t, denial, started.Add(-time.Second)))
		require.Equal(t, policy.Denied, may(t, denial, started))
		require.Equal(t, policy.Allowed, may(t, denial, time.Now().Add(time.Minute+2*time.Second)))

		// The role can be assumed for two hours, so for as long the denial has to stay.
		require.Len(t, report.Lifts, 1)
		require.Equal(t, report.Lifts[0].CutOff.Add(2*time.Hour), report.Lifts[0].At)
		writes := len(d.cloud.Writes())
		_, err = c.Undo(ctx, d.cfg, containment.UndoOptions{})
		var early *containment.TooEarlyError
		require.ErrorAs(t, err, &early)
		require.Equal(t, report.Lifts[0].At, early.Lift)
		require.Len(t, d.cloud.Writes(), writes)

		// Everything else may be restored at once; the denial, and the truce on the role, stay.
		report, err = c.Undo(ctx, d.cfg, containment.UndoOptions{KeepRevocations: true})
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"truce on a role of Deployer", "denial of a role's older sessions of Deployer|zerotrust-case-42"}, report.Holds)

		time.Sleep(time.Until(early.Lift))
		report, err = c.Undo(ctx, d.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Contains(t, report.Headline, "Closed")
		require.Equal(t, before, world(t, d.cloud))
	})
}

func TestALiftBeforeTheTimeTakesAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		before := world(t, d.cloud)
		c := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"))
		_, err := c.Contain(ctx, d.cfg)
		require.NoError(t, err)
		report, err := c.Undo(ctx, d.cfg, containment.UndoOptions{LiftEarly: "a false alarm"})
		require.NoError(t, err)
		require.Equal(t, before, world(t, d.cloud))
		require.Contains(t, report.Markdown(), "a false alarm")
	})
}

// The credentials that EC2 gives to instances are not subject to the role's maximum.
func TestSessionsThatServicesGetLiveLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		d.role(t, d.cfg, "Web", policy.Service("ec2.amazonaws.com"), time.Hour)
		report, err := d.containment(roleTarget(fakeaws.DefaultAccount, "Web")).Contain(ctx, d.cfg)
		require.NoError(t, err)
		require.Equal(t, report.Lifts[0].CutOff.Add(12*time.Hour), report.Lifts[0].At)
	})
}

func TestACutOffInThePastIsRefused(t *testing.T) {
	d := newDirectory(t)
	c := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"))
	c.Playbook = containment.Playbook{containment.RevokeSessions{Skew: -time.Minute}}
	_, err := c.Contain(ctx, d.cfg)
	var invalid *containment.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "stolen already")
	c.Playbook = containment.Playbook{containment.RevokeSessions{}, containment.Isolate{}}
	_, err = c.Contain(ctx, d.cfg)
	require.ErrorContains(t, err, "revoke them again after it")
}

func TestAChainOfRolesIsRevokedInAllAccountsAndWhatFailsIsTheHeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		const second, third = "222222222222", "333333333333"
		d.role(t, d.cloud.ConfigFor(second, "us-east-1"), "Hop", policy.AWS(fakeaws.DefaultAccount), time.Hour)
		c := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"))
		c.Configs = func(_ context.Context, account, region string) (aws.Config, error) {
			if account == third {
				return aws.Config{}, errors.New("no access to " + account)
			}
			return d.cloud.ConfigFor(account, region), nil
		}
		c.Playbook = containment.Playbook{containment.RevokeSessions{Chain: []id.RoleARN{
			"arn:aws:iam::" + second + ":role/Hop", "arn:aws:iam::" + third + ":role/Hop",
			"arn:aws:iam::" + second + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
		}}}
		d.cloud.SetLatency(time.Second)
		started := time.Now()
		report, err := c.Contain(ctx, d.cfg)
		var partial *containment.PartialError
		require.ErrorAs(t, err, &partial)
		require.ErrorContains(t, err, "no access to "+third)
		var unmodifiable *containment.UnmodifiableRoleError
		require.ErrorAs(t, err, &unmodifiable)
		require.ErrorContains(t, err, "service control policy")
		require.True(t, strings.HasPrefix(report.Headline, "PARTIAL FAILURE"), report.Headline)
		require.Less(t, time.Since(started), 2*time.Minute)
		_, ok := d.denial(t, d.cfg, "Deployer")
		require.True(t, ok)
		_, ok = d.denial(t, d.cloud.ConfigFor(second, "us-east-1"), "Hop")
		require.True(t, ok)
	})
}

func TestARunDoesNotRevokeItsOwnSessions(t *testing.T) {
	d := newDirectory(t)
	own := d.cloud.ConfigAs(fakeaws.Caller{
		Account: fakeaws.DefaultAccount, ARN: "arn:aws:sts::123456789012:assumed-role/Deployer/responder", UserID: "AROAX:responder",
	}, "us-east-1")
	_, err := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer")).Contain(ctx, own)
	require.ErrorContains(t, err, "lock itself out")
	_, ok := d.denial(t, d.cfg, "Deployer")
	require.False(t, ok)
}

func TestKeysAreDeactivatedByIDOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		before := world(t, d.cloud)
		user := containment.Target{Kind: containment.User, Account: fakeaws.DefaultAccount, ID: "arn:aws:iam::123456789012:user/deploy"}
		report, err := d.containment(user).Contain(ctx, d.cfg)
		require.NoError(t, err)
		require.Equal(t, []bool{true, true}, d.active(t), "a user as a target is no reason to touch all keys")
		require.Contains(t, report.Markdown(), "untouched")

		_, err = iam.NewFromConfig(d.cfg).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("deploy"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3")})
		if err == nil { // the fake knows the policy
			report, err = d.containment(d.keyTarget(0)).Contain(ctx, d.cfg)
			require.NoError(t, err)
			require.Contains(t, report.Markdown(), "AWSCompromisedKeyQuarantineV3")
			_, err = iam.NewFromConfig(d.cfg).DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: aws.String("deploy"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3")})
		} else {
			_, err = d.containment(d.keyTarget(0)).Contain(ctx, d.cfg)
		}
		require.NoError(t, err)
		require.Equal(t, []bool{false, true}, d.active(t))

		c := d.containment(d.keyTarget(0))
		report, err = c.Undo(ctx, d.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Equal(t, []bool{false, true}, d.active(t))
		require.NotEmpty(t, report.Holds)
		_, err = c.Undo(ctx, d.cfg, containment.UndoOptions{ReactivateKeys: "it was our own test"})
		require.NoError(t, err)
		require.Equal(t, before, world(t, d.cloud))
	})
}

func TestTooManyKeysAreNoneAtAll(t *testing.T) {
	d := newDirectory(t)
	c := d.containment(d.keyTarget(0), d.keyTarget(1))
	c.Playbook = containment.Playbook{containment.DeactivateKeys{Most: 1}}
	_, err := c.Contain(ctx, d.cfg)
	var ceiling *containment.CeilingError
	require.ErrorAs(t, err, &ceiling)
	require.Equal(t, []bool{true, true}, d.active(t))
}

func TestTheZeroValuePlansOnly(t *testing.T) {
	d := newDirectory(t)
	c := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"), d.keyTarget(0))
	c.Mode = 0
	writes := len(d.cloud.Writes())
	report, err := c.Contain(ctx, d.cfg)
	require.NoError(t, err)
	require.Len(t, d.cloud.Writes(), writes)
	require.True(t, report.PlanOnly)
	text := report.Markdown()
	for _, part := range []string{"nothing was changed", "zerotrust-case-42", "Active → Inactive", "What the playbook does not do", "has to get a new one"} {
		require.Contains(t, text, part)
	}
	c.Ledger = nil
	_, err = c.Plan(ctx, d.cfg)
	require.NoError(t, err)
}

func TestABaselineDoesNotRepairWhatACaseHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		baseline := ztcore.NewBaseline("app", pillar.Role{
			Name: "App", TrustedBy: policy.AWS(fakeaws.DefaultAccount), Inline: policy.Allow("s3:GetObject").On("arn:aws:s3:::acme/*"), Attached: []id.PolicyARN{},
		})
		apply := func() *ztcore.Plan {
			p, err := baseline.Plan(ctx, d.cfg)
			require.NoError(t, err)
			_, err = p.Apply(ctx)
			require.NoError(t, err)
			return p
		}
		apply()
		c := d.containment(roleTarget(fakeaws.DefaultAccount, "App"))
		_, err := c.Contain(ctx, d.cfg)
		require.NoError(t, err)

		// Even what differs besides is left, and the denial is in no danger.
		_, err = iam.NewFromConfig(d.cfg).UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: aws.String("App"), Description: aws.String("under investigation")})
		require.NoError(t, err)
		writes := len(d.cloud.Writes())
		require.Contains(t, apply().String(), "held by case 42")
		require.Len(t, d.cloud.Writes(), writes)
		_, ok := d.denial(t, d.cfg, "App")
		require.True(t, ok)

		time.Sleep(13 * time.Hour)
		_, err = c.Undo(ctx, d.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.NotContains(t, apply().String(), "held")
		p, err := baseline.Plan(ctx, d.cfg)
		require.NoError(t, err)
		require.True(t, p.Empty())
	})
}

func TestOverdueCasesAreFindings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		c := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"))
		_, err := c.Contain(ctx, d.cfg)
		require.NoError(t, err)
		found, err := containment.Overdue(ctx, d.ledger, time.Now())
		require.NoError(t, err)
		require.Empty(t, found)
		time.Sleep(8 * 24 * time.Hour)
		found, err = containment.Overdue(ctx, d.ledger, time.Now())
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Contains(t, found[0].String(), "security@example.com")
		_, err = c.Undo(ctx, d.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		found, err = containment.Overdue(ctx, d.ledger, time.Now())
		require.NoError(t, err)
		require.Empty(t, found)
	})
}

func TestWhatSomebodyElseChangedIsNotOverwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		before := world(t, d.cloud)
		c := d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"))
		_, err := c.Contain(ctx, d.cfg)
		require.NoError(t, err)
		_, err = iam.NewFromConfig(d.cfg).TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("Deployer"), Tags: []iamtypes.Tag{{Key: aws.String(ztcore.TagCase), Value: aws.String("43")}}})
		require.NoError(t, err)
		found, err := c.Verify(ctx, d.cfg)
		require.NoError(t, err)
		require.Len(t, found, 1)

		time.Sleep(13 * time.Hour)
		_, err = c.Undo(ctx, d.cfg, containment.UndoOptions{})
		var foreign *containment.ForeignChangeError
		require.ErrorAs(t, err, &foreign)
		require.Contains(t, foreign.Seen, "43")
		_, err = c.Undo(ctx, d.cfg, containment.UndoOptions{Overwrite: "case 43 was opened by mistake"})
		require.NoError(t, err)
		require.Equal(t, before, world(t, d.cloud))
	})
}

// cut makes all calls fail from one on: as when a process dies, or with effect, as when it dies before the answer.
func cut(c *fakeaws.Cloud, at int, effect bool) (lift func(), reached func() bool) {
	died := fakeaws.Error("ExpiredToken", "The security token included in the request is expired")
	if !effect {
		f := c.Inject(nil, &fakeaws.Fault{Skip: at, Before: died})
		return func() { c.Lift(f) }, func() bool { return f.Fired() > 0 }
	}
	last := c.Inject(nil, &fakeaws.Fault{Skip: at, Times: 1, After: died})
	rest := c.Inject(nil, &fakeaws.Fault{Skip: at + 1, Before: died})
	return func() { c.Lift(last); c.Lift(rest) }, func() bool { return last.Fired() > 0 }
}

func TestCredentialsMayBeCutAtAnyCall(t *testing.T) {
	build := func(t testing.TB) (*fakeaws.Cloud, aws.Config, containment.Containment) {
		d := newDirectory(t)
		return d.cloud, d.cfg, d.containment(roleTarget(fakeaws.DefaultAccount, "Deployer"), d.keyTarget(1))
	}
	cutEverywhere(t, build, 1)
}

// cutEverywhere cuts the containment and the undoing at every call, or every n-th, and runs them again.
func cutEverywhere(t *testing.T, build func(testing.TB) (*fakeaws.Cloud, aws.Config, containment.Containment), stride int) {
	options := containment.UndoOptions{ReactivateKeys: "the drill is over"}
	for _, effect := range []bool{false, true} {
		for _, undoing := range []bool{false, true} {
			t.Run(fmt.Sprintf("undoing=%v effect=%v", undoing, effect), func(t *testing.T) {
				t.Parallel()
				more := true
				for at := 0; more && !t.Failed(); at += stride {
					name := fmt.Sprintf("call %d", at)
					synctest.Test(t, func(t *testing.T) {
						cloud, cfg, c := build(t)
						before := world(t, cloud)
						if undoing {
							_, err := c.Contain(ctx, cfg)
							require.NoError(t, err, name)
							time.Sleep(13 * time.Hour)
						}
						lift, reached := cut(cloud, at, effect)
						var err error
						if undoing {
							_, err = c.Undo(ctx, cfg, options)
						} else {
							_, err = c.Contain(ctx, cfg)
						}
						lift()
						more = reached()
						if !more {
							require.NoError(t, err, name)
						}
						if !undoing {
							report, err := c.Contain(ctx, cfg)
							require.NoError(t, err, name)
							require.Empty(t, report.Residual, name)
							time.Sleep(13 * time.Hour)
						}
						report, err := c.Undo(ctx, cfg, options)
						require.NoError(t, err, name)
						require.Empty(t, report.Holds, name)
						require.Equal(t, before, world(t, cloud), name)
						require.NoError(t, containment.VerifyChain(report.Timeline, report.Head), name)
					})
				}
			})
		}
	}
}

func TestABucketIsLockedAndItsPolicyPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t)
		c := s3.NewFromConfig(d.cfg)
		bucket := aws.String("acme-ledger")
		_, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
		require.NoError(t, err)
		own := policy.Allow("s3:GetObject").On("arn:aws:s3:::acme-ledger/*").To(policy.AWS("arn:aws:iam::123456789012:role/Deployer")).JSON()
		_, err = c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &own})
		require.NoError(t, err)
		now := func() policy.Document {
			out, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
			require.NoError(t, err)
			doc, err := policy.Parse(*out.Policy)
			require.NoError(t, err)
			return doc
		}
		may := func(principal string) policy.Outcome {
			decision, err := policy.Evaluate(policy.Request{
				Principal: principal, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ledger/2026.csv",
				Context: map[string][]string{"aws:PrincipalIsAWSService": {"false"}, "aws:ResourceAccount": {"123456789012"}}, Complete: true,
			}, policy.Policies{Identity: []policy.Document{policy.Allow("s3:*").OnAny()}, Resource: []policy.Document{now()}})
			require.NoError(t, err)
			return decision.Outcome
		}
		before := now()
		target := containment.Target{Kind: containment.Bucket, Account: fakeaws.DefaultAccount, ID: *bucket}
		con := d.containment(target)
		report, err := con.Contain(ctx, d.cfg)
		require.NoError(t, err)
		require.Contains(t, report.Markdown(), "the bucket is untouched")
		require.True(t, before.Equal(now()))

		con.Playbook = containment.Playbook{containment.LockBucket{Except: []string{"arn:aws:iam::123456789012:role/Forensics"}}}
		for range 2 { // the second changes nothing
			_, err = con.Contain(ctx, d.cfg)
			require.NoError(t, err)
			require.Len(t, now().Statements, 2)
		}
		require.Equal(t, policy.Denied, may("arn:aws:iam::123456789012:role/Deployer"))
		require.Equal(t, policy.Allowed, may("arn:aws:iam::123456789012:role/Forensics"))
		require.Equal(t, policy.Allowed, may("arn:aws:iam::123456789012:user/administrator"), "the run itself")

		_, err = con.Undo(ctx, d.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Equal(t, before.JSON(), now().JSON())

		con.Targets[0].ID = responsesBucket
		_, err = con.Contain(ctx, d.cfg)
		require.ErrorContains(t, err, "log is in")
	})
}
