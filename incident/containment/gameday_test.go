package containment_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeelbv2"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// TestGameDay: an instance with a role is compromised, the finding arrives, the playbook runs. Afterwards the instance reaches
// nothing, its role's old sessions are refused, its disks are preserved, and undo restores service.
func TestGameDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, true)
		fakeelbv2.Of(cloud).SetInUse(s.Account, s.cfg.Region, s.TG, true)
		before := world(t, cloud)
		flows := s.intruder(cloud)
		stolen := s.credentials(cloud)
		time.Sleep(10 * time.Minute)

		c := s.containment()
		c.Targets = nil
		var written strings.Builder
		day, err := containment.GameDay{
			Finding: s.finding(), Containment: c,
			Contained: []containment.Probe{
				{Name: "every interface is isolated", Holds: func(context.Context) error { return s.isolated() }},
				{Name: "the intruder's connections are dead, and it makes no others", Holds: func(context.Context) error {
					if still := alive(flows); still[0] || still[1] {
						return fmt.Errorf("they are alive: %v", still)
					}
					if _, err := fakeec2.Of(cloud).OpenFlow(fakeec2.Flow{Instance: s.Instance, Remote: "198.51.100.66", Port: 443, Outbound: true}); err == nil {
						return errors.New("the instance reaches the outside")
					}
					return nil
				}},
				{Name: "the stolen session is refused", Holds: func(context.Context) error { return s.session(stolen, policy.Denied) }},
				{Name: "a later session works", Holds: func(context.Context) error {
					time.Sleep(2 * time.Minute)
					return s.session(s.credentials(cloud), policy.Allowed)
				}},
				{Name: "the instance runs, and its disks are preserved", Holds: func(context.Context) error {
					if n, state := len(s.snapshots()), s.state(); state != "running" || n == 0 {
						return fmt.Errorf("it is %s, with %d snapshots", state, n)
					}
					return nil
				}},
				{Name: "the load balancer sends it nothing new", Holds: func(context.Context) error { return s.health("draining") }},
			},
			Restored: []containment.Probe{
				{Name: "the load balancer finds it healthy", Holds: func(context.Context) error { return s.health("healthy") }},
				{Name: "everything is as it was", Holds: func(context.Context) error {
					if world(t, cloud) != before {
						return errors.New("it is not")
					}
					return nil
				}},
			},
			Undo: &containment.UndoOptions{},
			Wait: func(_ context.Context, lifts []containment.Lift) error {
				for _, l := range lifts {
					time.Sleep(time.Until(l.At))
				}
				return nil
			},
			Report: &written,
		}.Run(ctx, s.cfg)
		require.NoError(t, err)
		require.NoError(t, day.Err())
		require.Equal(t, containment.Critical, day.Contained.Case.Severity)
		require.Len(t, day.Contained.Targets, 2, "the instance, and the role whose credentials were used")

		// Ten minutes before, the credentials were stolen, and five minutes before, the finding saw them used.
		require.GreaterOrEqual(t, day.Contained.TimeToContain, 5*time.Minute)
		require.Less(t, day.Contained.TimeToContain, 10*time.Minute)
		text := written.String()
		for _, part := range []string{"**PASSED**", "Time to contain", "## Timeline", "ec2:ModifyNetworkInterfaceAttribute", "untracked by the open group", "DNS may carry data", "Afterwards: Closed"} {
			require.Contains(t, text, part)
		}
		records, err := containment.Records(ctx, s.ledger, "42")
		require.NoError(t, err)
		require.NoError(t, containment.VerifyChain(records, day.Undone.Head))

		// Whoever alters the log is found out.
		s.tamper("cases/42/log/000005.json")
		_, err = c.Undo(ctx, s.cfg, containment.UndoOptions{})
		var broken *containment.ChainError
		require.ErrorAs(t, err, &broken)
		require.Equal(t, 5, broken.Seq)
	})
}

// session asks the evaluator about a session of the instance's role, by the policies that the role has now.
func (s *scene) session(of fakeec2.RoleSession, want policy.Outcome) error {
	c := iam.NewFromConfig(s.cfg)
	documents := []policy.Document{policy.Allow("s3:*").OnAny()}
	names, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &s.Role})
	if err != nil {
		return err
	}
	for _, n := range names.PolicyNames {
		out, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &s.Role, PolicyName: &n})
		if err != nil {
			return err
		}
		d, err := policy.Parse(*out.PolicyDocument)
		if err != nil {
			return err
		}
		documents = append(documents, d)
	}
	decision, err := policy.Evaluate(policy.Request{
		Principal: of.Caller.ARN, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/ledger.csv", Context: of.Context(), Complete: true,
	}, policy.Policies{Identity: documents})
	if err == nil && decision.Outcome != want {
		err = fmt.Errorf("it is %s", decision)
	}
	return err
}

// health is what the load balancer says of the instance.
func (s *scene) health(want elbtypes.TargetHealthStateEnum) error {
	out, err := elasticloadbalancingv2.NewFromConfig(s.cfg).DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: &s.TG})
	if err != nil {
		return err
	}
	for _, d := range out.TargetHealthDescriptions {
		if *d.Target.Id == s.Instance && d.TargetHealth.State == want {
			return nil
		}
	}
	return fmt.Errorf("none of %d targets is the instance and %s", len(out.TargetHealthDescriptions), want)
}

func (s *scene) tamper(key string) {
	_, err := s3.NewFromConfig(s.cfg).PutObject(ctx, &s3.PutObjectInput{
		Bucket: (*string)(&s.ledger.Bucket), Key: &key, Body: strings.NewReader(strings.Replace(s.read(key), `"actor":"`, `"actor":"not `, 1)), ContentType: aws.String("application/json"),
	})
	require.NoError(s.t, err)
}

func (s *scene) read(key string) string {
	out, err := s3.NewFromConfig(s.cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: (*string)(&s.ledger.Bucket), Key: &key})
	require.NoError(s.t, err)
	body, err := io.ReadAll(out.Body)
	require.NoError(s.t, err)
	return string(body)
}
