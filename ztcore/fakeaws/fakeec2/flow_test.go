package fakeec2_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const attacker = "198.18.0.7"

// site is an instance that the world may reach at port 22 from one address and at port 80 from everywhere.
type site struct {
	*world
	vpc, subnet, group string
	instance, eni      string
	empty, all         string // groups to isolate with
}

func newSite(t *testing.T) *site {
	w := newWorld(t)
	s := &site{world: w}
	v, _ := w.online("10.0.0.0/16")
	s.vpc, s.subnet, s.group = v, w.subnet(v, "10.0.1.0/24", "us-east-1a"), w.group(v, "web")
	table := w.table(v)
	gateways, err := w.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: filter("attachment.vpc-id", v)})
	require.NoError(t, err)
	_, err = w.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateways.InternetGateways[0].InternetGatewayId})
	require.NoError(t, err)
	_, err = w.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &s.subnet})
	require.NoError(t, err)
	w.allow(s.group, tcp(22, attacker+"/32"), tcp(80, "0.0.0.0/0"))
	i := w.run(func(in *ec2.RunInstancesInput) {
		in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: &s.subnet, Groups: []string{s.group}, AssociatePublicIpAddress: aws.Bool(true)}}
	})
	s.instance, s.eni = *i.InstanceId, *i.NetworkInterfaces[0].NetworkInterfaceId
	s.empty, s.all = w.group(v, "empty"), w.group(v, "all")
	everything := []types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}
	_, err = w.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &s.empty, IpPermissions: everything})
	require.NoError(t, err)
	w.allow(s.all, everything...)
	return s
}

func (s *site) swap(groups ...string) {
	s.t.Helper()
	_, err := s.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &s.eni, Groups: groups})
	require.NoError(s.t, err)
}

func (s *site) open(port int32) *fakeec2.OpenFlow {
	s.t.Helper()
	f, err := fakeec2.Of(s.cloud).OpenFlow(fakeec2.Flow{Instance: s.instance, Remote: attacker, Port: port})
	require.NoError(s.t, err)
	require.True(s.t, f.Alive())
	return f
}

func TestASwapToAnEmptyGroupLeavesTrackedConnectionsAlive(t *testing.T) {
	s := newSite(t)
	ssh, web := s.open(22), s.open(80)
	require.True(t, ssh.State().Tracked)
	require.False(t, web.State().Tracked, "open to all, and so are the answers")
	s.swap(s.empty)
	require.True(t, ssh.Alive())
	require.False(t, web.Alive())
	_, err := fakeec2.Of(s.cloud).OpenFlow(fakeec2.Flow{Instance: s.instance, Remote: attacker, Port: 22})
	require.ErrorContains(t, err, "no security group")
}

func TestUntrackedFirstThenEmptyCuts(t *testing.T) {
	s := newSite(t)
	ssh := s.open(22)
	s.swap(s.all)
	require.True(t, ssh.Alive())
	require.False(t, ssh.State().Tracked)
	s.swap(s.empty)
	require.False(t, ssh.Alive())
}

func TestRevokingARuleLeavesWhatItTracked(t *testing.T) {
	s := newSite(t)
	ssh, web := s.open(22), s.open(80)
	_, err := s.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: []types.IpPermission{tcp(22, attacker+"/32"), tcp(80, "0.0.0.0/0")}})
	require.NoError(t, err)
	require.True(t, ssh.Alive())
	require.False(t, web.Alive())
}

func (s *site) denyAll() (acl string, swap func(to string)) {
	s.t.Helper()
	a, err := s.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &s.vpc})
	require.NoError(s.t, err)
	return *a.NetworkAcl.NetworkAclId, func(to string) {
		s.t.Helper()
		all, err := s.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filter("association.subnet-id", s.subnet)})
		require.NoError(s.t, err)
		for _, x := range all.NetworkAcls[0].Associations {
			if *x.SubnetId == s.subnet {
				_, err = s.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: x.NetworkAclAssociationId, NetworkAclId: &to})
				require.NoError(s.t, err)
			}
		}
	}
}

func TestANetworkACLCutsAtOnceButMustBeHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		def, err := s.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filter("association.subnet-id", s.subnet)})
		require.NoError(t, err)
		before := *def.NetworkAcls[0].NetworkAclId
		deny, swap := s.denyAll()
		ssh := s.open(22)
		swap(deny)
		require.False(t, ssh.Alive())
		require.False(t, ssh.State().Ended)
		time.Sleep(10 * time.Second)
		swap(before)
		require.True(t, ssh.Alive(), "a short interruption only loses packets")
		swap(deny)
		time.Sleep(20 * time.Minute)
		swap(before)
		require.False(t, ssh.Alive())
		require.True(t, ssh.State().Ended)
	})
}

func TestANetworkACLDoesNotSeeTrafficWithinTheSubnet(t *testing.T) {
	s := newSite(t)
	other := s.run(in(s.subnet, s.all))
	deny, swap := s.denyAll()
	s.allow(s.group, tcp(8443, "10.0.1.0/24"))
	inside, err := fakeec2.Of(s.cloud).OpenFlow(fakeec2.Flow{Instance: s.instance, Remote: *other.PrivateIpAddress, Port: 8443})
	require.NoError(t, err)
	outside := s.open(22)
	swap(deny)
	require.True(t, inside.Alive())
	require.False(t, outside.Alive())
	_, err = s.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{*other.InstanceId}})
	require.NoError(t, err)
	require.False(t, inside.Alive(), "the other end is gone")
}

func TestWithoutItsPublicAddressAFlowEnds(t *testing.T) {
	s := newSite(t)
	ssh := s.open(22)
	_, err := s.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &s.eni, AssociatePublicIpAddress: aws.Bool(false)})
	require.NoError(t, err)
	require.True(t, ssh.State().Ended)

	// An instance that AWS gave an address gets another when its Elastic IP address is taken off.
	_, err = s.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &s.eni, AssociatePublicIpAddress: aws.Bool(true)})
	require.NoError(t, err)
	eip := s.address()
	a, err := s.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: &eip, InstanceId: &s.instance})
	require.NoError(t, err)
	ssh = s.open(22)
	_, err = s.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: a.AssociationId})
	require.NoError(t, err)
	require.True(t, ssh.State().Ended)
	require.NotNil(t, s.world.instance(s.instance).PublicIpAddress)
}

func TestGroupsOfSeveralInterfacesAreEachInterfacesOwn(t *testing.T) {
	s := newSite(t)
	second, err := s.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &s.subnet, Groups: []string{s.group}})
	require.NoError(t, err)
	_, err = s.AttachNetworkInterface(ctx, &ec2.AttachNetworkInterfaceInput{NetworkInterfaceId: second.NetworkInterface.NetworkInterfaceId, InstanceId: &s.instance, DeviceIndex: aws.Int32(1)})
	require.NoError(t, err)
	_, err = s.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &s.instance, Groups: []string{s.empty}})
	requireCode(t, err, "InvalidInstanceID")
	require.ErrorContains(t, err, "specify an interface ID")
	require.Len(t, s.world.instance(s.instance).NetworkInterfaces, 2)
	_, err = s.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &s.group})
	requireCode(t, err, "DependencyViolation")
}

func TestAShutdownInsideTheGuestObeysItsBehavior(t *testing.T) {
	s := newSite(t)
	ssh := s.open(22)
	on := &types.AttributeBooleanValue{Value: aws.Bool(true)}
	_, err := s.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &s.instance, DisableApiTermination: on})
	require.NoError(t, err)
	guest := fakeec2.Of(s.cloud)
	require.NoError(t, guest.ShutDown(s.instance))
	require.Equal(t, types.InstanceStateNameStopped, s.world.instance(s.instance).State.Name)
	require.True(t, ssh.State().Ended)

	_, err = s.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{s.instance}})
	require.NoError(t, err)
	_, err = s.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &s.instance, InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: aws.String("terminate")}})
	require.NoError(t, err)
	require.NoError(t, guest.ShutDown(s.instance))
	require.Equal(t, types.InstanceStateNameTerminated, s.world.instance(s.instance).State.Name, "protection is about the API alone")
}

func TestIssuedCredentialsOutliveTheProfileAndAreRevokedByIssueTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakeec2.Install, fakeiam.Install)
		w := &world{Client: ec2.NewFromConfig(cloud.Config()), cloud: cloud, t: t}
		c := iam.NewFromConfig(cloud.Config())
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: &trust})
		require.NoError(t, err)
		_, err = c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")})
		require.NoError(t, err)
		_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("web")})
		require.NoError(t, err)
		i := w.run(func(in *ec2.RunInstancesInput) {
			in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("web")}
		})

		guest := fakeec2.Of(cloud)
		_, err = guest.Credentials(*i.InstanceId, fakeec2.MetadataRequest{Version1: true})
		require.ErrorContains(t, err, "requires a token")
		stolen, err := guest.Credentials(*i.InstanceId, fakeec2.MetadataRequest{})
		require.NoError(t, err)
		require.Equal(t, "arn:aws:sts::123456789012:assumed-role/web/"+*i.InstanceId, stolen.Caller.ARN)
		time.Sleep(time.Second)
		cutoff := time.Now()
		clean, err := guest.Credentials(*i.InstanceId, fakeec2.MetadataRequest{})
		require.NoError(t, err)

		revoke := policy.Deny("*").On("*").When("DateLessThan", "aws:TokenIssueTime", cutoff.UTC().Format(time.RFC3339))
		for session, want := range map[*fakeec2.RoleSession]policy.Outcome{&stolen: policy.Denied, &clean: policy.Allowed} {
			d, err := policy.Evaluate(policy.Request{Principal: session.Caller.ARN, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: session.Context(), Complete: true},
				policy.Policies{Identity: []policy.Document{policy.Allow("s3:*").On("*"), revoke}})
			require.NoError(t, err)
			require.Equal(t, want, d.Outcome, fmt.Sprint(session.Issued))
		}
	})
}
