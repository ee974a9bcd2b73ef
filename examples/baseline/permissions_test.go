package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// deployer holds the policies of the baseline and nothing else.
const deployer = "arn:aws:iam::" + fakeaws.DefaultAccount + ":user/deployer"

var here = ztcore.Target{Account: fakeaws.DefaultAccount, Region: fakeaws.DefaultRegion}

func asDeployer(cloud *fakeaws.Cloud) aws.Config {
	return cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: deployer, UserID: "AIDADEPLOYER"}, fakeaws.DefaultRegion)
}

// attachable are how many managed policies a role can have unless the quota is raised.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const attachable = 10

func requireAttachable(t *testing.T, docs []policy.Document) (actions []string) {
	t.Helper()
	require.LessOrEqual(t, len(docs), attachable)
	for _, d := range docs {
		require.LessOrEqual(t, d.Size(policy.Identity), policy.Limit(policy.Identity))
		for _, f := range d.Lint(policy.Identity) {
			require.NotEqual(t, policy.SeverityError, f.Severity, f)
		}
		for _, s := range d.Statements {
			require.NotContains(t, strings.Join(s.Actions, " "), "*")
			if slices.Contains(s.Actions, permission.PassRole) {
				require.NotContains(t, strings.Join(s.Resources, " "), "*", "a role that is passed is named")
			}
			actions = append(actions, s.Actions...)
		}
	}
	return actions
}

func TestThePlanPolicyPlansTheWholeGuide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base, cloud := everything(t), newCloud(t)
		docs, err := base.PlanPolicy()
		require.NoError(t, err)
		t.Logf("%d actions in %d documents", len(requireAttachable(t, docs)), len(docs))
		cloud.Restrict(deployer, docs...)
		kinds := [][]ztcore.PlanOption{nil, {ztcore.Prune()}, {ztcore.Destroy()}}
		for _, opts := range kinds {
			_, err = base.Plan(ctx, asDeployer(cloud), opts...)
			require.NoError(t, err)
		}
		_, err = planAndApply(base, cloud.Config())
		require.NoError(t, err)
		cloud.ResetCalls()
		for _, opts := range kinds {
			_, err = base.Plan(ctx, asDeployer(cloud), opts...)
			require.NoError(t, err)
		}
		require.Empty(t, cloud.Writes(), "planning makes no mutating call")
	})
}

func TestTheApplyPolicyMakesRepairsAndRemovesTheWholeGuide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base, cloud := everything(t), newCloud(t)
		for _, s := range stages(base, pillarNames()...) {
			docs, err := base.ApplyPolicy(here, s.opts...)
			require.NoError(t, err)
			t.Logf("%s: %d actions in %d documents", s.name, len(requireAttachable(t, docs)), len(docs))
			s.before(t, cloud)
			cloud.Restrict(deployer, docs...)
			_, err = planAndApply(base, asDeployer(cloud), s.opts...)
			require.NoError(t, err, s.name)
			again, err := base.Plan(ctx, asDeployer(cloud), s.opts...)
			require.NoError(t, err)
			require.True(t, again.Empty(), again)
		}
	})
}

// A run that may not read says so of every kind at once, and asks for no more rights one by one.
func TestWhatMayNotBeReadIsToldAllAtOnce(t *testing.T) {
	base, cloud := everything(t), newCloud(t)
	cloud.Restrict(deployer)
	_, err := base.Plan(ctx, asDeployer(cloud))
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%v", err)
	told := map[string]bool{}
	for _, e := range joined.Unwrap() {
		var read *ztcore.ReadError
		var denied *ztcore.PermissionError
		require.ErrorAs(t, e, &read)
		require.ErrorAs(t, e, &denied)
		require.ErrorContains(t, e, "reading "+read.Kind+": the permission "+denied.Action+" is missing")
		told[read.Kind] = true
	}
	cloud.Unrestrict(deployer)
	plan, err := base.Plan(ctx, asDeployer(cloud))
	require.NoError(t, err)
	waits := 0 // kinds that are found by the ids of others, whose reads never start
	for _, s := range plan.Steps {
		if !told[s.Kind] {
			told[s.Kind] = true
			waits++
		}
	}
	t.Logf("%d of %d kinds, %d wait for others", len(told)-waits, len(told), waits)
	require.Greater(t, len(told)-waits, 50)
}

// Pillar by pillar: whichever one action is taken away, the run fails and names it; when it is given back, the end is the same as if
// nothing had happened.
func TestWithoutAnyOneAction(t *testing.T) {
	if testing.Short() {
		t.Skip("stands every pillar up some hundred times")
	}
	tried, runs, listed := map[string]bool{}, 0, map[string]bool{}
	for _, pillar := range pillarNames() {
		base := part(t, pillar)
		plan, err := base.PlanPolicy()
		require.NoError(t, err)
		reads, before := requireAttachable(t, plan), []string{}
		for i, s := range stages(base, pillar) {
			var used []string
			var end string
			docs, err := base.ApplyPolicy(here, s.opts...)
			require.NoError(t, err)
			for _, a := range requireAttachable(t, docs) {
				listed[a] = true
			}
			synctest.Test(t, func(t *testing.T) {
				cloud := arrive(t, base, stages(base, pillar), i)
				cloud.Restrict(deployer, docs...)
				cloud.ResetCalls()
				_, err := planAndApply(base, asDeployer(cloud), s.opts...)
				require.NoError(t, err)
				used, end = actionsOf(cloud.Calls()), cloud.Essence(ztcore.TagResource)
			})
			for _, action := range used {
				if slices.Contains(reads, action) && slices.Contains(before, action) {
					continue // planning takes it, and has failed without it at an earlier stage
				}
				before = append(before, action)
				if runs++; raced && runs%20 != 0 {
					continue
				}
				tried[action] = true
				t.Run(pillar+" "+s.name+" "+strings.ReplaceAll(action, ":", " "), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						cloud := arrive(t, base, stages(base, pillar), i)
						takeAway(t, cloud, base, docs, action, s.opts)
						require.Equal(t, end, cloud.Essence(ztcore.TagResource), "the end state is another than without the denial")
					})
				})
			}
		}
	}
	var rest []string // what only other changes take, which kindtest.Run takes away kind by kind
	for a := range listed {
		if !tried[a] {
			rest = append(rest, a)
		}
	}
	slices.Sort(rest)
	t.Logf("%d runs, each without one of %d actions; of the policies' %d the guide's life has not used %d: %s", runs, len(tried), len(listed), len(rest), strings.Join(rest, " "))
	if !raced {
		require.Greater(t, len(tried), len(listed)*3/4)
	}
}

func takeAway(t *testing.T, cloud *fakeaws.Cloud, base *ztcore.Baseline, docs []policy.Document, action string, opts []ztcore.PlanOption) {
	t.Helper()
	cloud.Restrict(deployer, kindtest.Without(docs, action)...)
	_, err := planAndApply(base, asDeployer(cloud), opts...)
	var denied *ztcore.PermissionError
	require.ErrorAs(t, err, &denied, "%s was taken away", action)
	require.Equal(t, action, denied.Action)
	require.ErrorContains(t, err, "the permission "+action)
	var step *ztcore.StepError
	var read *ztcore.ReadError
	require.True(t, errors.As(err, &step) || errors.As(err, &read), "the error names no resource: %v", err)
	cloud.Restrict(deployer, docs...)
	_, err = planAndApply(base, asDeployer(cloud), opts...)
	require.NoError(t, err, "%s was given back", action)
	again, err := base.Plan(ctx, asDeployer(cloud), opts...)
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
}

// stage is something that becomes of a baseline.
type stage struct {
	name   string
	opts   []ztcore.PlanOption
	before func(*testing.T, *fakeaws.Cloud)
}

// stages are the life of some pillars: they are made, repaired where somebody has tampered with them, and removed with what holds data.
func stages(base *ztcore.Baseline, pillars ...string) []stage {
	out := []stage{{"make", nil, func(*testing.T, *fakeaws.Cloud) {}}}
	if slices.ContainsFunc(pillars, func(p string) bool { return len(trouble[p]) > 0 }) {
		out = append(out, stage{"repair", nil, func(t *testing.T, cloud *fakeaws.Cloud) {
			_, err := tamper(ctx, cloud.Config(), pillars)
			require.NoError(t, err)
			for _, p := range pillars {
				for _, deed := range trouble[p] {
					require.NoError(t, deed(cloud.Config()), p)
				}
			}
		}})
	}
	return append(out, stage{"remove", []ztcore.PlanOption{ztcore.Destroy(), ztcore.AllowDelete(ztcore.Addresses(base)...)}, func(t *testing.T, cloud *fakeaws.Cloud) {
		for _, p := range pillars {
			for _, deed := range leftovers[p] {
				require.NoError(t, deed(cloud.Config()), p)
			}
		}
	}})
}

// trouble is what else somebody does to a pillar, so that its repair takes rights that making it does not.
var trouble = map[string][]func(aws.Config) error{
	"iam": {func(cfg aws.Config) error {
		_, err := iam.NewFromConfig(cfg).DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("example-user")})
		return err
	}, func(cfg aws.Config) error {
		_, err := iam.NewFromConfig(cfg).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
			RoleName: aws.String("EC2S3AccessRole"), PolicyDocument: aws.String(policy.Trust(policy.Service("lambda.amazonaws.com")).JSON()),
		})
		return err
	}},
	"network": {func(cfg aws.Config) error { // the subnets under the main table, the rule under another description
		c := ec2.NewFromConfig(cfg)
		tables, err := c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})
		if err != nil {
			return err
		}
		for _, t := range tables.RouteTables {
			for _, a := range t.Associations {
				main := slices.IndexFunc(tables.RouteTables, func(o ec2types.RouteTable) bool {
					return *o.VpcId == *t.VpcId && slices.ContainsFunc(o.Associations, func(a ec2types.RouteTableAssociation) bool { return aws.ToBool(a.Main) })
				})
				if aws.ToBool(a.Main) || a.SubnetId == nil || main < 0 {
					continue
				}
				if _, err := c.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: a.RouteTableAssociationId, RouteTableId: tables.RouteTables[main].RouteTableId}); err != nil {
					return err
				}
			}
		}
		return nil
	}, func(cfg aws.Config) error {
		c := ec2.NewFromConfig(cfg)
		groups, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"SSHAccess"}}}})
		if err != nil {
			return err
		}
		_, err = c.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
			GroupId: groups.SecurityGroups[0].GroupId, IpPermissions: []ec2types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("203.0.113.0/24"), Description: aws.String("mine")}},
			}},
		})
		return err
	}},
	"dataprotect": {func(cfg aws.Config) error {
		_, err := kms.NewFromConfig(cfg).ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: keyNamed(cfg, "s3-encryption-key")})
		return err
	}, func(cfg aws.Config) error {
		_, err := secretsmanager.NewFromConfig(cfg).DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("db-credentials")})
		return err
	}},
	"appsec": {func(cfg aws.Config) error { // the instance under another profile
		i, c := iam.NewFromConfig(cfg), ec2.NewFromConfig(cfg)
		if _, err := i.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("Other"), AssumeRolePolicyDocument: aws.String(policy.Trust(policy.Service("ec2.amazonaws.com")).JSON())}); err != nil {
			return err
		}
		if _, err := i.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("Other")}); err != nil {
			return err
		}
		if _, err := i.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("Other"), RoleName: aws.String("Other")}); err != nil {
			return err
		}
		held, err := c.DescribeIamInstanceProfileAssociations(ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{})
		if err != nil {
			return err
		}
		_, err = c.ReplaceIamInstanceProfileAssociation(ctx, &ec2.ReplaceIamInstanceProfileAssociationInput{
			AssociationId: held.IamInstanceProfileAssociations[0].AssociationId, IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String("Other")},
		})
		return err
	}},
	"monitoring": {func(cfg aws.Config) error {
		_, err := cloudwatchlogs.NewFromConfig(cfg).DisassociateKmsKey(ctx, &cloudwatchlogs.DisassociateKmsKeyInput{LogGroupName: aws.String(trailGroup)})
		return err
	}, func(cfg aws.Config) error {
		_, err := cloudtrail.NewFromConfig(cfg).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("my-trail"), IsMultiRegionTrail: aws.Bool(false)})
		return err
	}},
}

// leftovers are what is in the way of a removal.
var leftovers = map[string][]func(aws.Config) error{
	"iam": {func(cfg aws.Config) error {
		_, err := iam.NewFromConfig(cfg).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("example-user")})
		return err
	}},
	"monitoring": {func(cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("my-cloudtrail-bucket"), Key: aws.String("log"), Body: strings.NewReader("x")})
		return err
	}},
}

// keyNamed finds the id of a key by its alias.
func keyNamed(cfg aws.Config, name string) *string {
	out, err := kms.NewFromConfig(cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/" + name)})
	if err != nil {
		return nil
	}
	return out.KeyMetadata.KeyId
}

// arrive is a cloud to which an administrator has done all stages before one.
func arrive(t *testing.T, base *ztcore.Baseline, all []stage, i int) *fakeaws.Cloud {
	t.Helper()
	cloud := newCloud(t)
	for _, s := range all[:i] {
		s.before(t, cloud)
		_, err := planAndApply(base, cloud.Config(), s.opts...)
		require.NoError(t, err)
	}
	all[i].before(t, cloud)
	return cloud
}

// planAndApply plans and applies once.
func planAndApply(base *ztcore.Baseline, cfg aws.Config, opts ...ztcore.PlanOption) (*ztcore.Report, error) {
	plan, err := base.Plan(ctx, cfg, opts...)
	if err != nil {
		return nil, err
	}
	return plan.Apply(ctx)
}

func actionsOf(calls []fakeaws.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, permission.Actions(c.Service, c.Operation, c.Input)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
