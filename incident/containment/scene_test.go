package containment_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

var ctx = context.Background()

// scene is a small service as it may be found: an instance with a role and two interfaces, behind a load balancer.
type scene struct {
	t        testing.TB
	cfg      aws.Config
	Account  string
	VPC      string
	Subnets  []string
	Web, SSH string // security groups
	Role     string
	Instance string
	Second   string // its second interface
	Public   string // its public address

	protected bool   // from scale-in
	TG        string // target group
	Group     string // Auto Scaling group, "" if there is none
	ledger    containment.BucketLedger
}

const responsesBucket = "acme-incident-response"

// stage makes the scene. scaled puts the instance into an Auto Scaling group that is at its minimum.
func stage(t testing.TB, cfg aws.Config, account string, scaled bool, more ...func(*scene)) *scene {
	t.Helper()
	s := &scene{t: t, cfg: cfg, Account: account, Role: "Web", ledger: containment.BucketLedger{Config: cfg, Bucket: id.Bucket(responsesBucket + "-" + account)}}
	for _, m := range more {
		m(s)
	}
	s3c := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil })
	_, err := s3c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: (*string)(&s.ledger.Bucket)})
	require.NoError(t, err)

	ec := ec2.NewFromConfig(cfg)
	vpc, err := ec.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(t, err)
	s.VPC = *vpc.Vpc.VpcId
	for _, n := range []struct{ cidr, zone string }{{"10.0.1.0/24", "us-east-1a"}, {"10.0.2.0/24", "us-east-1a"}} {
		out, err := ec.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &s.VPC, CidrBlock: &n.cidr, AvailabilityZone: &n.zone})
		require.NoError(t, err)
		s.Subnets = append(s.Subnets, *out.Subnet.SubnetId)
	}
	s.Web, s.SSH = s.group("web", 443, "0.0.0.0/0"), s.group("ssh", 22, "203.0.113.0/24")

	ic := iam.NewFromConfig(cfg)
	_, err = ic.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &s.Role, AssumeRolePolicyDocument: aws.String(policy.Trust(policy.Service("ec2.amazonaws.com")).JSON())})
	require.NoError(t, err)
	_, err = ic.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &s.Role})
	require.NoError(t, err)
	_, err = ic.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &s.Role, RoleName: &s.Role})
	require.NoError(t, err)

	lb := elasticloadbalancingv2.NewFromConfig(cfg)
	tg, err := lb.CreateTargetGroup(ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttps, Port: aws.Int32(443), VpcId: &s.VPC, TargetType: elbtypes.TargetTypeEnumInstance,
	})
	require.NoError(t, err)
	s.TG = *tg.TargetGroups[0].TargetGroupArn

	if scaled {
		s.launchScaled()
	} else {
		s.launchAlone()
	}
	_, err = lb.RegisterTargets(ctx, &elasticloadbalancingv2.RegisterTargetsInput{TargetGroupArn: &s.TG, Targets: []elbtypes.TargetDescription{{Id: &s.Instance, Port: aws.Int32(443)}}})
	require.NoError(t, err)
	s.publish()
	s.attachSecond()
	return s
}

// publish gives the instance a way to and from the internet.
func (s *scene) publish() {
	ec := ec2.NewFromConfig(s.cfg)
	igw, err := ec.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	require.NoError(s.t, err)
	_, err = ec.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: igw.InternetGateway.InternetGatewayId, VpcId: &s.VPC})
	require.NoError(s.t, err)
	tables, err := ec.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{s.VPC}}}})
	require.NoError(s.t, err)
	_, err = ec.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: igw.InternetGateway.InternetGatewayId})
	require.NoError(s.t, err)
	ip, err := ec.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc})
	require.NoError(s.t, err)
	out, err := ec.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{s.Instance}})
	require.NoError(s.t, err)
	first := out.Reservations[0].Instances[0].NetworkInterfaces[0].NetworkInterfaceId
	_, err = ec.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: ip.AllocationId, NetworkInterfaceId: first})
	require.NoError(s.t, err)
	s.Public = *ip.PublicIp
}

func (s *scene) group(name string, port int32, from string) string {
	ec := ec2.NewFromConfig(s.cfg)
	out, err := ec.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name, VpcId: &s.VPC})
	require.NoError(s.t, err)
	_, err = ec.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: out.GroupId, IpPermissions: []types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []types.IpRange{{CidrIp: &from}},
	}}})
	require.NoError(s.t, err)
	return *out.GroupId
}

// image is the first that Amazon owns for 64-bit x86.
func (s *scene) image() types.Image {
	out, err := ec2.NewFromConfig(s.cfg).DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}, Filters: []types.Filter{
		{Name: aws.String("architecture"), Values: []string{"x86_64"}}, {Name: aws.String("root-device-type"), Values: []string{"ebs"}},
	}})
	require.NoError(s.t, err)
	require.NotEmpty(s.t, out.Images)
	return out.Images[0]
}

func (s *scene) launchAlone() {
	// Its first interface is made beforehand: to those of instances that are launched with groups, moto always adds these.
	ec := ec2.NewFromConfig(s.cfg)
	eni, err := ec.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &s.Subnets[0], Groups: []string{s.Web, s.SSH}})
	require.NoError(s.t, err)
	out, err := ec.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: s.image().ImageId, InstanceType: types.InstanceTypeM7iLarge, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		NetworkInterfaces:  []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), NetworkInterfaceId: eni.NetworkInterface.NetworkInterfaceId}},
		IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: &s.Role},
		BlockDeviceMappings: []types.BlockDeviceMapping{
			{DeviceName: s.image().RootDeviceName, Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(8), DeleteOnTermination: aws.Bool(true)}},
			{DeviceName: aws.String("/dev/sdf"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(20), DeleteOnTermination: aws.Bool(true)}},
		},
	})
	require.NoError(s.t, err)
	s.Instance = *out.Instances[0].InstanceId
	s.wait()
}

func (s *scene) launchScaled() {
	ec := ec2.NewFromConfig(s.cfg)
	lt, err := ec.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"), LaunchTemplateData: &types.RequestLaunchTemplateData{
		ImageId: s.image().ImageId, InstanceType: types.InstanceTypeM7iLarge, SecurityGroupIds: []string{s.Web, s.SSH}, InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorTerminate,
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: &s.Role},
	}})
	require.NoError(s.t, err)
	s.Group = "web"
	as := autoscaling.NewFromConfig(s.cfg)
	_, err = as.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &s.Group, MinSize: aws.Int32(1), MaxSize: aws.Int32(2), DesiredCapacity: aws.Int32(1), VPCZoneIdentifier: &s.Subnets[0],
		LaunchTemplate:  &astypes.LaunchTemplateSpecification{LaunchTemplateId: lt.LaunchTemplate.LaunchTemplateId, Version: aws.String("$Latest")},
		HealthCheckType: aws.String("ELB"), HealthCheckGracePeriod: aws.Int32(0), TargetGroupARNs: []string{s.TG},
	})
	require.NoError(s.t, err)
	for range 30 {
		out, err := as.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{s.Group}})
		require.NoError(s.t, err)
		if members := out.AutoScalingGroups[0].Instances; len(members) == 1 && members[0].LifecycleState == astypes.LifecycleStateInService {
			s.Instance = *members[0].InstanceId
			_, err := as.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: &s.Group, InstanceIds: []string{s.Instance}, ProtectedFromScaleIn: aws.Bool(s.protected)})
			require.NoError(s.t, err)
			s.wait()
			return
		}
		time.Sleep(10 * time.Second)
	}
	s.t.Fatal("the group has launched no instance")
}

// wait until the instance runs.
func (s *scene) wait() {
	require.NoError(s.t, ec2.NewInstanceRunningWaiter(ec2.NewFromConfig(s.cfg)).Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{s.Instance}}, 5*time.Minute))
}

func (s *scene) attachSecond() {
	s.Second = s.attach(1, s.Subnets[1], s.SSH)
}

// attach makes an interface and attaches it to the instance.
func (s *scene) attach(index int32, subnet string, groups ...string) string {
	ec := ec2.NewFromConfig(s.cfg)
	eni, err := ec.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, Groups: groups})
	require.NoError(s.t, err)
	_, err = ec.AttachNetworkInterface(ctx, &ec2.AttachNetworkInterfaceInput{NetworkInterfaceId: eni.NetworkInterface.NetworkInterfaceId, InstanceId: &s.Instance, DeviceIndex: &index})
	require.NoError(s.t, err)
	return *eni.NetworkInterface.NetworkInterfaceId
}

func (s *scene) interfaces() map[string][]string {
	out, err := ec2.NewFromConfig(s.cfg).DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: []types.Filter{{Name: aws.String("attachment.instance-id"), Values: []string{s.Instance}}}})
	require.NoError(s.t, err)
	groups := map[string][]string{}
	for _, i := range out.NetworkInterfaces {
		for _, g := range i.Groups {
			groups[*i.NetworkInterfaceId] = append(groups[*i.NetworkInterfaceId], *g.GroupName)
		}
	}
	return groups
}

func (s *scene) target() containment.Target {
	return containment.Target{Kind: containment.Instance, Account: s.Account, Region: s.cfg.Region, ID: s.Instance}
}

func (s *scene) containment() containment.Containment {
	return containment.Containment{
		Case:    containment.Case{ID: "42", Owner: "security@example.com", Severity: containment.High, Review: time.Now().Add(7 * 24 * time.Hour)},
		Targets: []containment.Target{s.target()}, Ledger: s.ledger, Mode: containment.Execute,
	}
}

// finding is GuardDuty's, for this scene: the instance's credentials are used from outside.
func (s *scene) finding() []byte {
	text, err := os.ReadFile("testdata/findings/guardduty-exfiltration.json")
	require.NoError(s.t, err)
	for old, now := range map[string]string{
		`"i-0123456789abcdef0"`: `"` + s.Instance + `"`, `"accountId": "123456789012"`: `"accountId": "` + s.Account + `"`,
		"2026-11-24T10:00:00Z": time.Now().Add(-5 * time.Minute).UTC().Format(time.RFC3339),
	} {
		text = bytes.ReplaceAll(text, []byte(old), []byte(now))
	}
	return text
}
