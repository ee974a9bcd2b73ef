package containment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeautoscaling"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeelbv2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func newCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeiam.Install, fakes3.Install, fakekms.Install, fakeec2.Install, fakeelbv2.Install, fakeautoscaling.Install)
}

// onFakes stages the scene in memory.
func onFakes(t testing.TB, scaled bool) (*fakeaws.Cloud, *scene) {
	cloud := newCloud()
	s := stage(t, cloud.Config(), fakeaws.DefaultAccount, scaled)
	cloud.ResetCalls()
	return cloud, s
}

func (s *scene) state() types.InstanceStateName {
	out, err := ec2.NewFromConfig(s.cfg).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{s.Instance}})
	require.NoError(s.t, err)
	return out.Reservations[0].Instances[0].State.Name
}

func (s *scene) snapshots() []types.Snapshot {
	out, err := ec2.NewFromConfig(s.cfg).DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}})
	require.NoError(s.t, err)
	return out.Snapshots
}

var closed = []string{"zerotrust-case-42-closed"}

func (s *scene) isolated() error {
	for eni, groups := range s.interfaces() {
		if !slices.Equal(groups, closed) {
			return fmt.Errorf("%s has the groups %v", eni, groups)
		}
	}
	return nil
}

func TestAPlaybookOverEveryInterfaceIsUndoneExactly(t *testing.T) {
	for _, scaled := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			cloud, s := onFakes(t, scaled)
			s.attach(2, s.Subnets[0], s.SSH, s.Web)
			before, groups := world(t, cloud), s.interfaces()
			require.Len(t, groups, 3)
			c := s.containment()

			cloud.ResetCalls()
			plan, err := c.Plan(ctx, s.cfg)
			require.NoError(t, err)
			require.Empty(t, cloud.Writes())
			require.NotEmpty(t, plan.Planned)

			report, err := c.Contain(ctx, s.cfg)
			require.NoError(t, err)
			require.Empty(t, report.Residual)
			require.NoError(t, s.isolated())
			require.Len(t, s.interfaces(), 3)
			for _, call := range cloud.Calls() {
				require.NotContains(t, []string{"StopInstances", "TerminateInstances", "DeleteAccessKey"}, call.Operation)
			}
			found, err := c.Verify(ctx, s.cfg)
			require.NoError(t, err)
			require.Empty(t, found)

			writes := len(cloud.Writes())
			plan, err = c.Plan(ctx, s.cfg)
			require.NoError(t, err)
			require.Len(t, cloud.Writes(), writes)
			for _, p := range plan.Planned {
				require.Equal(t, "revoke sessions", p.Step, "all else is done")
			}

			late := s.attach(3, s.Subnets[0], s.Web)
			found, err = c.Verify(ctx, s.cfg)
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, late, found[0].Attribute)
			_, err = c.Contain(ctx, s.cfg)
			require.NoError(t, err)
			require.NoError(t, s.isolated())

			time.Sleep(13 * time.Hour)
			report, err = c.Undo(ctx, s.cfg, containment.UndoOptions{})
			require.NoError(t, err)
			require.Contains(t, report.Headline, "Closed")
			now := s.interfaces()
			require.Equal(t, []string{"web"}, now[late])
			delete(now, late)
			require.Equal(t, groups, now)
			s.detach(late)
			require.Equal(t, before, world(t, cloud))
		})
	}
}

func (s *scene) detach(eni string) {
	ec := ec2.NewFromConfig(s.cfg)
	out, err := ec.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{eni}})
	require.NoError(s.t, err)
	_, err = ec.DetachNetworkInterface(ctx, &ec2.DetachNetworkInterfaceInput{AttachmentId: out.NetworkInterfaces[0].Attachment.AttachmentId})
	require.NoError(s.t, err)
	_, err = ec.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni})
	require.NoError(s.t, err)
}

func TestAnInstanceMayBeCutAtAnyCall(t *testing.T) {
	stride := 1
	if testing.Short() {
		stride = 7
	}
	cutEverywhere(t, func(t testing.TB) (*fakeaws.Cloud, aws.Config, containment.Containment) {
		cloud := newCloud()
		s := stage(t, cloud.Config(), fakeaws.DefaultAccount, true, func(s *scene) { s.protected = true })
		return cloud, s.cfg, s.containment()
	}, stride)
}

// From the call on that protects from it, neither a scale-in nor a health check nor a shutdown from inside ends the instance, after
// whichever later write the run is cut off.
func TestNobodyEndsTheInstanceMeanwhile(t *testing.T) {
	suspended := func(call fakeaws.Call) bool { return call.Operation == "SuspendProcesses" }
	for threat, protects := range map[string]func(fakeaws.Call) bool{
		"scale-in": suspended, "health check": suspended,
		"shutdown": func(call fakeaws.Call) bool {
			in, ok := call.Input.(*ec2.ModifyInstanceAttributeInput)
			return ok && in.InstanceInitiatedShutdownBehavior != nil
		},
	} {
		t.Run(threat, func(t *testing.T) {
			for k, more := 0, true; more && !t.Failed(); k++ {
				synctest.Test(t, func(t *testing.T) {
					cloud, s := onFakes(t, true)
					var since atomic.Pointer[string] // the request that protects
					died := cloud.Inject(nil, &fakeaws.Fault{Skip: k, Before: fakeaws.Denied("any"), Match: func(call fakeaws.Call) bool {
						if since.Load() == nil && protects(call) {
							since.Store(&call.RequestID)
						}
						first := since.Load()
						return first != nil && *first != call.RequestID && call.Mutating()
					}})
					_, err := s.containment().Contain(ctx, s.cfg)
					more = err != nil
					cloud.Lift(died)
					require.NotNil(t, since.Load())
					s.threaten(cloud, threat)
					require.NotContains(t, []types.InstanceStateName{"terminated", "shutting-down"}, s.state(), "after write %d", k)
				})
			}
		})
	}
	// Without protection each of them does end it.
	for _, threat := range []string{"scale-in", "health check", "shutdown"} {
		synctest.Test(t, func(t *testing.T) {
			cloud, s := onFakes(t, true)
			s.threaten(cloud, threat)
			require.Contains(t, []types.InstanceStateName{"terminated", "shutting-down"}, s.state(), threat)
		})
	}
}

func (s *scene) threaten(cloud *fakeaws.Cloud, how string) {
	as := autoscaling.NewFromConfig(s.cfg)
	switch how {
	case "scale-in":
		_, err := as.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &s.Group, MinSize: aws.Int32(0), DesiredCapacity: aws.Int32(0)})
		require.NoError(s.t, err)
	case "health check":
		_, err := as.SetInstanceHealth(ctx, &autoscaling.SetInstanceHealthInput{InstanceId: &s.Instance, HealthStatus: aws.String("Unhealthy"), ShouldRespectGracePeriod: aws.Bool(false)})
		if err != nil { // it is in no group any more; the group looks at the ones that it has
			_, err = as.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &s.Group, HealthCheckType: aws.String("ELB")})
		}
		require.NoError(s.t, err)
	case "shutdown":
		require.NoError(s.t, fakeec2.Of(cloud).ShutDown(s.Instance))
		_, err := as.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &s.Group, HealthCheckType: aws.String("ELB")})
		require.NoError(s.t, err)
	}
}

func TestAStepThatFailsStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		denied := cloud.Inject(t, &fakeaws.Fault{Operation: "DescribeTargetGroups", Before: fakeaws.Denied("elasticloadbalancing:DescribeTargetGroups")})
		report, err := s.containment().Contain(ctx, s.cfg)
		var partial *containment.PartialError
		require.ErrorAs(t, err, &partial)
		require.Equal(t, []string{"leave target groups"}, partial.Steps)
		require.Contains(t, report.Headline, "PARTIAL FAILURE: 1 of 12")
		require.NoError(t, s.isolated())
		require.Len(t, s.snapshots(), 2)

		cloud.Lift(denied)
		_, err = s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Len(t, s.snapshots(), 2, "the set is not taken twice")
	})
}

func TestMemoryComesBeforeIsolationAndMayHold(t *testing.T) {
	late := func(ctx context.Context, _ containment.Target) (string, string, error) {
		<-ctx.Done()
		return "", "", ctx.Err()
	}
	withHook := func(s *scene, h containment.MemoryHook, severity containment.Severity) containment.Containment {
		c := s.containment()
		c.Case.Severity = severity
		c.Playbook = containment.Standard()
		at := slices.IndexFunc(c.Playbook, func(s containment.Step) bool { return s.Name() == containment.CaptureMemory{}.Name() })
		c.Playbook[at] = containment.CaptureMemory{Hook: h, Deadline: 10 * time.Minute}
		return c
	}
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		_, err := withHook(s, late, containment.Medium).Contain(ctx, s.cfg)
		var holding *containment.HoldingError
		require.ErrorAs(t, err, &holding)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Error(t, s.isolated())
		for _, w := range cloud.Writes() {
			require.Contains(t, []string{"CreateTags", "PutObject"}, w.Operation)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, s := onFakes(t, false)
		report, err := withHook(s, late, containment.Critical).Contain(ctx, s.cfg)
		require.ErrorContains(t, err, "was not captured")
		require.NoError(t, s.isolated())
		require.GreaterOrEqual(t, report.TimeToContain, 10*time.Minute)
	})
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		calls := 0
		hook := func(context.Context, containment.Target) (string, string, error) {
			calls++
			for _, w := range cloud.Writes() {
				require.Contains(t, []string{"CreateTags", "PutObject"}, w.Operation)
			}
			return "s3://acme-evidence/memory", "2c26b46b", nil
		}
		for range 2 {
			report, err := withHook(s, hook, containment.Medium).Contain(ctx, s.cfg)
			require.NoError(t, err)
			require.Contains(t, report.Markdown(), "s3://acme-evidence/memory")
		}
		require.Equal(t, 1, calls)
	})
}

// intruder has a connection from outside and one to outside, as the scene's groups let them be.
func (s *scene) intruder(cloud *fakeaws.Cloud) []*fakeec2.OpenFlow {
	var out []*fakeec2.OpenFlow
	for _, f := range []fakeec2.Flow{
		{Instance: s.Instance, Remote: "203.0.113.9", Port: 22}, {Instance: s.Instance, Remote: "198.51.100.66", Port: 443, Outbound: true},
	} {
		flow, err := fakeec2.Of(cloud).OpenFlow(f)
		require.NoError(s.t, err)
		out = append(out, flow)
	}
	return out
}

func alive(flows []*fakeec2.OpenFlow) []bool {
	var out []bool
	for _, f := range flows {
		out = append(out, f.Alive())
	}
	return out
}

// One swap of groups, as published playbooks have it, leaves the intruder's connections alive. Ours does not.
func TestConnectionsThatAreTrackedEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		flows := s.intruder(cloud)
		require.True(t, flows[0].State().Tracked)
		ec := ec2.NewFromConfig(s.cfg)
		empty, err := ec.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("quarantine"), Description: aws.String("none"), VpcId: &s.VPC})
		require.NoError(t, err)
		_, err = ec.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: empty.GroupId, IpPermissions: []types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}})
		require.NoError(t, err)
		out, err := ec.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{s.Instance}})
		require.NoError(t, err)
		primary := out.Reservations[0].Instances[0].NetworkInterfaces[0].NetworkInterfaceId
		_, err = ec.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: primary, Groups: []string{*empty.GroupId}})
		require.NoError(t, err)
		require.Equal(t, []bool{true, true}, alive(flows))
		time.Sleep(time.Hour)
		require.Equal(t, []bool{true, true}, alive(flows))
	})
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		flows := s.intruder(cloud)
		_, err := s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Equal(t, []bool{false, false}, alive(flows))
		for _, f := range []fakeec2.Flow{
			{Instance: s.Instance, Remote: "203.0.113.9", Port: 22}, {Instance: s.Instance, Remote: "198.51.100.66", Port: 443, Outbound: true},
			{Interface: s.Second, Remote: "10.0.1.200", Port: 5432, Outbound: true},
		} {
			_, err := fakeec2.Of(cloud).OpenFlow(f)
			require.Error(t, err)
		}
	})
}

func TestASubnetIsCutOnlyWithConsentAndWhereGroupsDoNotDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		before := world(t, cloud)
		c := s.containment()
		c.Playbook = containment.Playbook{containment.Isolate{}, containment.CutSubnet{}}
		report, err := c.Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Contains(t, report.Markdown(), "is not cut: its interfaces are isolated by their groups")
		_, err = c.Undo(ctx, s.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Equal(t, before, world(t, cloud))

		// Its groups can't be changed, say by a policy of the organization.
		f := cloud.Inject(t, &fakeaws.Fault{Operation: "ModifyNetworkInterfaceAttribute", Before: fakeaws.Denied("ec2:ModifyNetworkInterfaceAttribute")})
		_, err = c.Contain(ctx, s.cfg)
		require.ErrorContains(t, err, "not cut without consent by name")
		ec := ec2.NewFromConfig(s.cfg)
		neighbour, err := ec.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &s.Subnets[0], Description: aws.String("of a database")})
		require.NoError(t, err)
		c.Playbook[1] = containment.CutSubnet{Consent: s.Subnets}
		report, err = c.Contain(ctx, s.cfg)
		var partial *containment.PartialError
		require.ErrorAs(t, err, &partial)
		require.Equal(t, []string{"isolate"}, partial.Steps)
		require.Contains(t, report.Markdown(), "denied by the subnet's network ACL")
		require.Contains(t, strings.Join(report.Collateral, "\n"), *neighbour.NetworkInterface.NetworkInterfaceId+" in "+s.Subnets[0]+" is cut off as well")
		acls, err := ec2.NewFromConfig(s.cfg).DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String("association.subnet-id"), Values: s.Subnets}}})
		require.NoError(t, err)
		require.Len(t, acls.NetworkAcls, 1)
		require.Len(t, acls.NetworkAcls[0].Entries, 2, "nothing but the last rules, which deny")
		cloud.Lift(f)

		_, err = c.Undo(ctx, s.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		acls, err = ec2.NewFromConfig(s.cfg).DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{s.VPC}}}})
		require.NoError(t, err)
		require.Len(t, acls.NetworkAcls, 1)
		require.Len(t, acls.NetworkAcls[0].Associations, 2)
	})
}

// Connections through a NAT gateway are tracked whatever the groups say: only the network ACL ends them.
func TestConnectionsThroughANATGatewayTakeTheSubnet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		s.throughNAT()
		flow, err := fakeec2.Of(cloud).OpenFlow(fakeec2.Flow{Interface: s.Second, Remote: "198.51.100.66", Port: 443, Outbound: true})
		require.NoError(t, err)
		report, err := s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.NoError(t, s.isolated())
		require.True(t, flow.Alive())
		require.Contains(t, report.Markdown(), "may live on until they are idle, and "+s.Subnets[1]+" is not cut without consent by name")

		c := s.containment()
		c.Playbook = containment.Playbook{containment.Isolate{}, containment.CutSubnet{Consent: s.Subnets[1:]}}
		_, err = c.Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.False(t, flow.Alive())
		time.Sleep(13 * time.Hour)
		report, err = c.Undo(ctx, s.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Empty(t, report.Holds)
	})
}

// throughNAT routes the second subnet through a NAT gateway in the first.
func (s *scene) throughNAT() {
	ec := ec2.NewFromConfig(s.cfg)
	ip, err := ec.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc})
	require.NoError(s.t, err)
	nat, err := ec.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &s.Subnets[0], AllocationId: ip.AllocationId})
	require.NoError(s.t, err)
	table, err := ec.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &s.VPC})
	require.NoError(s.t, err)
	_, err = ec.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table.RouteTable.RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: nat.NatGateway.NatGatewayId})
	require.NoError(s.t, err)
	_, err = ec.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: table.RouteTable.RouteTableId, SubnetId: &s.Subnets[1]})
	require.NoError(s.t, err)
}

func TestAGroupThatAnotherAdmitsDoesNotIsolate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		ec := ec2.NewFromConfig(s.cfg)
		c := s.containment()
		c.Playbook = containment.Playbook{containment.Isolate{}}
		// Somebody lets the case's group in before anything is put into it.
		cut := cloud.Inject(nil, &fakeaws.Fault{Operation: "ModifyNetworkInterfaceAttribute", Before: fakeaws.Denied("any")})
		_, err := c.Contain(ctx, s.cfg)
		require.Error(t, err)
		cloud.Lift(cut)
		found, err := ec.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{{Name: aws.String("group-name"), Values: closed}}})
		require.NoError(t, err)
		_, err = ec.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &s.Web, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: found.SecurityGroups[0].GroupId}},
		}}})
		require.NoError(t, err)
		_, err = c.Contain(ctx, s.cfg)
		require.ErrorContains(t, err, "rules of "+s.Web+" refer to")
		require.Error(t, s.isolated())
	})
}

func TestAnotherCasesInstanceIsLeftToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := onFakes(t, false)
		_, err := s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		c := s.containment()
		c.Case.ID = "43"
		_, err = c.Contain(ctx, s.cfg)
		var held *containment.HeldError
		require.ErrorAs(t, err, &held)
		require.Equal(t, "42", held.By)
	})
}

func TestResolvingFindsTheOneInstanceOrSaysWhich(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := onFakes(t, false)
		resolve := func(r containment.Reference) ([]containment.Target, error) {
			return containment.Resolve(ctx, s.cfg, nil, r)
		}
		out, err := ec2.NewFromConfig(s.cfg).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{s.Instance}})
		require.NoError(t, err)
		i := out.Reservations[0].Instances[0]
		for _, text := range []string{
			s.Instance, s.Second, *i.PrivateIpAddress, s.Public, *i.BlockDeviceMappings[0].Ebs.VolumeId, "arn:aws:ec2:us-east-1:123456789012:instance/" + s.Instance,
		} {
			ref, err := containment.ParseReference(text)
			require.NoError(t, err)
			found, err := resolve(ref)
			require.NoError(t, err, text)
			require.Equal(t, []containment.Target{s.target()}, found, text)
		}
		found, err := resolve(containment.Reference{Kind: containment.ByProfile, Value: *i.IamInstanceProfile.Arn})
		require.NoError(t, err)
		require.Equal(t, roleTarget(s.Account, "Web"), found[0])

		var none *containment.NotFoundError
		_, err = resolve(containment.Reference{Kind: containment.ByInstance, Value: "i-00000000000000000"})
		require.ErrorAs(t, err, &none)
		_, err = resolve(containment.Reference{Kind: containment.ByAddress, Value: "10.9.9.9"})
		require.ErrorAs(t, err, &none)
		_, err = resolve(containment.Reference{Kind: containment.ByInstance, Value: s.Instance, Account: "999999999999"})
		require.ErrorContains(t, err, "999999999999")

		// The address was another's when the alarm saw it.
		var ambiguous *containment.AmbiguousError
		_, err = resolve(containment.Reference{Kind: containment.ByAddress, Value: *i.PrivateIpAddress, At: time.Now().Add(-48 * time.Hour)})
		require.ErrorAs(t, err, &ambiguous)
		require.Equal(t, s.Instance, ambiguous.Candidates[0].Instance)

		// Two VPCs with one address.
		first := *i.PrivateIpAddress
		twin := s.twin(first)
		_, err = resolve(containment.Reference{Kind: containment.ByAddress, Value: first})
		require.ErrorAs(t, err, &ambiguous)
		require.Len(t, ambiguous.Candidates, 2)
		require.ErrorContains(t, err, twin)
		found, err = resolve(containment.Reference{Kind: containment.ByAddress, Value: first, VPC: s.VPC})
		require.NoError(t, err)
		require.Equal(t, s.Instance, found[0].ID)
	})
}

// twin launches an instance of the same address in another VPC.
func (s *scene) twin(address string) string {
	ec := ec2.NewFromConfig(s.cfg)
	vpc, err := ec.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(s.t, err)
	subnet, err := ec.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0.1.0/24"), AvailabilityZone: aws.String("us-east-1a")})
	require.NoError(s.t, err)
	eni, err := ec.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: subnet.Subnet.SubnetId, PrivateIpAddress: &address})
	require.NoError(s.t, err)
	out, err := ec.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: s.image().ImageId, InstanceType: types.InstanceTypeM7iLarge, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), NetworkInterfaceId: eni.NetworkInterface.NetworkInterfaceId}},
	})
	require.NoError(s.t, err)
	return *out.Instances[0].InstanceId
}

// Profile, metadata and sessions are three things: without the first two the instance gets no new credentials, and only the third ends
// those that it has.
func TestProfileMetadataAndSessionsAreSeparate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		before := world(t, cloud)
		stolen := s.credentials(cloud)
		for _, step := range []containment.Step{containment.DetachProfile{}, containment.CloseMetadata{}} {
			c := s.containment()
			c.Playbook = containment.Playbook{step}
			_, err := c.Contain(ctx, s.cfg)
			require.NoError(t, err)
			_, err = fakeec2.Of(cloud).Credentials(s.Instance, fakeec2.MetadataRequest{})
			require.Error(t, err, step.Name())
			require.NoError(t, s.session(stolen, policy.Allowed), "what was issued goes on")
			_, err = c.Undo(ctx, s.cfg, containment.UndoOptions{})
			require.NoError(t, err)
			require.Equal(t, before, world(t, cloud))
		}
		c := s.containment()
		c.Playbook = containment.Playbook{containment.RevokeSessions{}}
		_, err := c.Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.NoError(t, s.session(stolen, policy.Denied))
		time.Sleep(2 * time.Minute)
		require.NoError(t, s.session(s.credentials(cloud), policy.Allowed), "who is legitimate gets others")

		// The role's maximum is one hour, and the instance's credentials live longer: the denial stays for as long.
		time.Sleep(time.Until(stolen.Expires))
		_, err = c.Undo(ctx, s.cfg, containment.UndoOptions{})
		var early *containment.TooEarlyError
		require.ErrorAs(t, err, &early)
		require.True(t, early.Lift.After(stolen.Expires))
	})
}

// credentials are those that the instance's metadata service hands out now.
func (s *scene) credentials(cloud *fakeaws.Cloud) fakeec2.RoleSession {
	out, err := fakeec2.Of(cloud).Credentials(s.Instance, fakeec2.MetadataRequest{})
	require.NoError(s.t, err)
	return out
}

func TestASpotInstanceIsProtectedAsFarAsAWSOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := onFakes(t, false)
		out, err := ec2.NewFromConfig(s.cfg).RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: s.image().ImageId, InstanceType: types.InstanceTypeM7iLarge, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.Subnets[0],
			SecurityGroupIds: []string{s.Web}, InstanceMarketOptions: &types.InstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot},
		})
		require.NoError(t, err)
		s.Instance = *out.Instances[0].InstanceId
		report, err := s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Empty(t, report.Residual)
		require.Contains(t, report.Markdown(), "AWS offers no termination protection for this instance")
	})
}

// What is not in service stays in its group, which then does nothing to it until the case is closed.
func TestAnInstanceInAWarmPoolStaysThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, true)
		as := autoscaling.NewFromConfig(s.cfg)
		_, err := as.PutWarmPool(ctx, &autoscaling.PutWarmPoolInput{AutoScalingGroupName: &s.Group, PoolState: "Running"})
		require.NoError(t, err)
		all, err := as.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{})
		require.NoError(t, err)
		at := slices.IndexFunc(all.AutoScalingInstances, func(d astypes.AutoScalingInstanceDetails) bool { return *d.LifecycleState == "Warmed:Running" })
		s.Instance = *all.AutoScalingInstances[at].InstanceId
		before := world(t, cloud)
		report, err := s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Contains(t, report.Markdown(), "the group stays suspended")
		scale := func(n int32) {
			_, err := as.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: &s.Group, DesiredCapacity: &n})
			require.NoError(t, err)
		}
		scale(2)
		all, err = as.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{s.Instance}})
		require.NoError(t, err)
		require.Equal(t, "Warmed:Running", *all.AutoScalingInstances[0].LifecycleState, "it is not put into service")
		scale(1)
		time.Sleep(13 * time.Hour)
		_, err = s.containment().Undo(ctx, s.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Equal(t, before, world(t, cloud))
	})
}

func TestInterfacesAreIsolatedSideBySide(t *testing.T) {
	took := func(more int) (d time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			cloud, s := onFakes(t, false)
			for n := range more {
				s.attach(int32(2+n), s.Subnets[0], s.Web)
			}
			c := s.containment()
			c.Playbook = containment.Playbook{containment.Isolate{}}
			cloud.SetLatencyFunc(func(call fakeaws.Call) time.Duration {
				if call.Service == "EC2" {
					return time.Second
				}
				return 0
			})
			started := time.Now()
			_, err := c.Contain(ctx, s.cfg)
			require.NoError(t, err)
			d = time.Since(started)
		})
		return d
	}
	require.Equal(t, took(0), took(1))
}

func TestACaseMayBeOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, true)
		before := world(t, cloud)
		for range 2 {
			report, err := s.containment().Contain(ctx, s.cfg)
			require.NoError(t, err)
			require.Empty(t, report.Residual)
			require.NoError(t, s.isolated())
			time.Sleep(13 * time.Hour)
			report, err = s.containment().Undo(ctx, s.cfg, containment.UndoOptions{})
			require.NoError(t, err)
			require.Contains(t, report.Headline, "Closed")
			require.Equal(t, before, world(t, cloud))
		}
		report, err := s.containment().Undo(ctx, s.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Contains(t, report.Headline, "Closed")
	})
}

// Of two responders at once, one or both may be stopped; the log stays whole, and another run ends it.
func TestTwoRespondersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, true)
		before := world(t, cloud)
		cloud.SetLatency(50 * time.Millisecond)
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for k := range errs {
			wg.Go(func() { _, errs[k] = s.containment().Contain(ctx, s.cfg) })
		}
		wg.Wait()
		require.ErrorIs(t, errors.Join(errs...), containment.ErrTaken)
		report, err := s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Empty(t, report.Residual)
		require.NoError(t, s.isolated())
		time.Sleep(13 * time.Hour)
		_, err = s.containment().Undo(ctx, s.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Equal(t, before, world(t, cloud))
	})
}

// An instance may have interfaces in several VPCs; each VPC gets groups of its own.
func TestInterfacesInTwoVPCs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, s := onFakes(t, false)
		ec := ec2.NewFromConfig(s.cfg)
		vpc, err := ec.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.7.0.0/16")})
		require.NoError(t, err)
		subnet, err := ec.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.7.1.0/24"), AvailabilityZone: aws.String("us-east-1a")})
		require.NoError(t, err)
		s.attach(2, *subnet.Subnet.SubnetId)
		before := world(t, cloud)
		_, err = s.containment().Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Len(t, s.interfaces(), 3)
		require.NoError(t, s.isolated())
		groups, err := ec.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{{Name: aws.String("group-name"), Values: closed}}})
		require.NoError(t, err)
		require.Len(t, groups.SecurityGroups, 2)
		time.Sleep(13 * time.Hour)
		_, err = s.containment().Undo(ctx, s.cfg, containment.UndoOptions{})
		require.NoError(t, err)
		require.Equal(t, before, world(t, cloud))
	})
}
