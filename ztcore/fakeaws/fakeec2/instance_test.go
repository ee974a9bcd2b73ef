package fakeec2_test

import (
	"encoding/json"
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
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
)

// run launches one instance of the smallest kind, with what change adds.
func (w *world) run(change ...func(*ec2.RunInstancesInput)) types.Instance {
	w.t.Helper()
	out, err := w.tryRun(change...)
	require.NoError(w.t, err)
	return w.instance(*out.Instances[0].InstanceId)
}

func (w *world) tryRun(change ...func(*ec2.RunInstancesInput)) (*ec2.RunInstancesOutput, error) {
	in := &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: aws.String(al2023), InstanceType: types.InstanceTypeT3Micro}
	for _, f := range change {
		f(in)
	}
	return w.RunInstances(ctx, in)
}

func (w *world) instance(id string) types.Instance {
	w.t.Helper()
	out, err := w.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	require.NoError(w.t, err)
	return out.Reservations[0].Instances[0]
}

func in(subnet string, groups ...string) func(*ec2.RunInstancesInput) {
	return func(in *ec2.RunInstancesInput) { in.SubnetId, in.SecurityGroupIds = &subnet, groups }
}

func TestLaunchDefaults(t *testing.T) {
	w := newWorld(t)
	i := w.run()
	require.Equal(t, types.InstanceStateNameRunning, i.State.Name)
	require.Equal(t, types.HttpTokensStateRequired, i.MetadataOptions.HttpTokens, "Amazon Linux 2023 is registered for IMDSv2")
	require.Equal(t, int32(2), *i.MetadataOptions.HttpPutResponseHopLimit)
	require.Equal(t, types.InstanceMetadataEndpointStateEnabled, i.MetadataOptions.HttpEndpoint)
	require.NotEmpty(t, *i.PublicIpAddress, "the default VPC's subnets assign public addresses")
	require.Equal(t, "default", *i.SecurityGroups[0].GroupName)
	require.True(t, *i.NetworkInterfaces[0].Attachment.DeleteOnTermination)
	require.Equal(t, "/dev/xvda", *i.BlockDeviceMappings[0].DeviceName)
	require.True(t, *i.BlockDeviceMappings[0].Ebs.DeleteOnTermination)
	v, err := w.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*i.BlockDeviceMappings[0].Ebs.VolumeId}})
	require.NoError(t, err)
	require.False(t, *v.Volumes[0].Encrypted)
	require.Equal(t, types.VolumeStateInUse, v.Volumes[0].State)

	// An image without ImdsSupport leaves IMDSv1 on, unless the account says otherwise.
	old := func(in *ec2.RunInstancesInput) {
		in.ImageId = aws.String("resolve:ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2")
	}
	require.Equal(t, types.HttpTokensStateOptional, w.run(old).MetadataOptions.HttpTokens)
	_, err = w.ModifyInstanceMetadataDefaults(ctx, &ec2.ModifyInstanceMetadataDefaultsInput{HttpTokens: types.MetadataDefaultHttpTokensStateRequired})
	require.NoError(t, err)
	require.Equal(t, types.HttpTokensStateRequired, w.run(old).MetadataOptions.HttpTokens)

	_, err = w.EnableEbsEncryptionByDefault(ctx, nil)
	require.NoError(t, err)
	v, err = w.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filter("attachment.instance-id", *w.run().InstanceId)})
	require.NoError(t, err)
	require.True(t, *v.Volumes[0].Encrypted)
}

func TestALostAnswerStartsNoSecondInstance(t *testing.T) {
	w := newWorld(t)
	w.cloud.Inject(t, &fakeaws.Fault{Operation: "RunInstances", After: fakeaws.Lost(), Times: 1})
	w.run()
	token := func(in *ec2.RunInstancesInput) { in.ClientToken = aws.String("same") }
	require.Equal(t, w.run(token).InstanceId, w.run(token).InstanceId)
	_, err := w.tryRun(token, func(in *ec2.RunInstancesInput) { in.InstanceType = types.InstanceTypeT3Small })
	requireCode(t, err, "IdempotentParameterMismatch")
	out, err := w.DescribeInstances(ctx, nil)
	require.NoError(t, err)
	require.Len(t, out.Reservations, 2)
}

func TestLaunchFromTemplate(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	n, g := w.subnet(v, "10.0.1.0/24", "us-east-1a"), w.group(v, "web")
	id := w.template("web", types.RequestLaunchTemplateData{
		ImageId: aws.String(al2023), InstanceType: types.InstanceTypeT3Micro, UserData: aws.String("IyEvYmluL3No"), DisableApiTermination: aws.Bool(true),
		MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: types.LaunchTemplateHttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(1)},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{
			Encrypted: aws.Bool(true), VolumeSize: aws.Int32(20), DeleteOnTermination: aws.Bool(false)}}},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			DeviceIndex: aws.Int32(0), SubnetId: &n, Groups: []string{g}, AssociatePublicIpAddress: aws.Bool(false)}},
		TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}}}},
	})
	i := w.run(func(in *ec2.RunInstancesInput) {
		in.ImageId, in.InstanceType = nil, types.InstanceTypeT3Small
		in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateId: &id}
	})
	require.Equal(t, types.InstanceTypeT3Small, i.InstanceType, "the request wins")
	require.Nil(t, i.PublicIpAddress)
	require.Equal(t, g, *i.SecurityGroups[0].GroupId)
	require.Equal(t, int32(1), *i.MetadataOptions.HttpPutResponseHopLimit)
	require.Equal(t, "team", *i.Tags[0].Key)
	a, err := w.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameUserData})
	require.NoError(t, err)
	require.Equal(t, "IyEvYmluL3No", *a.UserData.Value)

	_, err = w.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}})
	requireCode(t, err, "OperationNotPermitted")
	_, err = w.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: i.InstanceId, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(false)}})
	require.NoError(t, err)
	_, err = w.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}})
	require.NoError(t, err)
	volumes, err := w.DescribeVolumes(ctx, nil)
	require.NoError(t, err)
	require.Len(t, volumes.Volumes, 1, "it was not to go along")
	require.Equal(t, types.VolumeStateAvailable, volumes.Volumes[0].State)
	require.Equal(t, types.InstanceStateNameTerminated, w.instance(*i.InstanceId).State.Name)
	_, err = w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &g})
	require.NoError(t, err)
}

func TestInstanceStatesFollowTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fakeec2.Of(w.cloud).SetSettling(time.Minute)
		i := w.run()
		id := *i.InstanceId
		is := func(want types.InstanceStateName) { t.Helper(); require.Equal(t, want, w.instance(id).State.Name) }
		is(types.InstanceStateNamePending)
		_, err := w.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
		requireCode(t, err, "IncorrectInstanceState")
		time.Sleep(time.Minute)
		is(types.InstanceStateNameRunning)
		public := *w.instance(id).PublicIpAddress

		_, err = w.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
		require.NoError(t, err)
		is(types.InstanceStateNameStopping)
		require.Nil(t, w.instance(id).PublicIpAddress)
		_, err = w.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
		requireCode(t, err, "IncorrectInstanceState")
		require.NoError(t, ec2.NewInstanceStoppedWaiter(w).Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}, time.Hour))
		_, err = w.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
		require.NoError(t, err)
		require.NotEmpty(t, public)
		time.Sleep(time.Minute)

		_, err = w.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
		require.NoError(t, err)
		is(types.InstanceStateNameShuttingDown)
		g := *i.SecurityGroups[0].GroupId
		require.Len(t, w.interfacesWith(g), 1, "the interface is there until the instance is gone")
		time.Sleep(time.Minute)
		is(types.InstanceStateNameTerminated)
		require.Empty(t, w.interfacesWith(g))
		_, err = w.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
		requireCode(t, err, "IncorrectInstanceState")
		time.Sleep(time.Hour)
		_, err = w.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
		requireCode(t, err, "InvalidInstanceID.NotFound")
	})
}

func (w *world) interfacesWith(group string) []types.NetworkInterface {
	w.t.Helper()
	out, err := w.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("group-id", group)})
	require.NoError(w.t, err)
	return out.NetworkInterfaces
}

func TestAYoungProfileIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakeec2.Install, fakeiam.Install)
		cloud.SetPropagation(10 * time.Second)
		w := &world{Client: ec2.NewFromConfig(cloud.Config()), cloud: cloud, t: t}
		c := iam.NewFromConfig(cloud.Config())
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: &trust})
		require.NoError(t, err)
		p, err := c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")})
		require.NoError(t, err)
		with := func(in *ec2.RunInstancesInput) {
			in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("web")}
		}
		_, err = w.tryRun(with)
		requireCode(t, err, "InvalidParameterValue")
		require.ErrorContains(t, err, "Invalid IAM Instance Profile name")
		time.Sleep(10 * time.Second)
		_, err = w.tryRun(with)
		require.ErrorContains(t, err, "has no associated IAM Roles")
		_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("web")})
		require.NoError(t, err)
		i := w.run(with)
		require.Equal(t, *p.InstanceProfile.Arn, *i.IamInstanceProfile.Arn)

		_, err = w.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: i.InstanceId, IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: aws.String("web")}})
		requireCode(t, err, "IncorrectState")
		all, err := w.DescribeIamInstanceProfileAssociations(ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{Filters: filter("instance-id", *i.InstanceId)})
		require.NoError(t, err)
		require.Len(t, all.IamInstanceProfileAssociations, 1)
		replaced, err := w.ReplaceIamInstanceProfileAssociation(ctx, &ec2.ReplaceIamInstanceProfileAssociationInput{
			AssociationId: all.IamInstanceProfileAssociations[0].AssociationId, IamInstanceProfile: &types.IamInstanceProfileSpecification{Arn: p.InstanceProfile.Arn}})
		require.NoError(t, err)
		_, err = w.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: all.IamInstanceProfileAssociations[0].AssociationId})
		requireCode(t, err, "InvalidAssociationID.NotFound")
		_, err = w.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: replaced.IamInstanceProfileAssociation.AssociationId})
		require.NoError(t, err)
		require.Nil(t, w.instance(*i.InstanceId).IamInstanceProfile)
	})
}

func TestLaunchRefusals(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	n, g := w.subnet(v, "10.0.1.0/24", "us-east-1a"), w.group(v, "web")
	other := w.group(w.vpc("10.1.0.0/16"), "web")
	primary := types.InstanceNetworkInterfaceSpecification{DeviceIndex: aws.Int32(0), SubnetId: &n}
	for name, c := range map[string]struct {
		change func(*ec2.RunInstancesInput)
		code   string
	}{
		"unknown image":      {func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("ami-0123456789abcdef0") }, "InvalidAMIID.NotFound"},
		"malformed image":    {func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("al2023") }, "InvalidAMIID.Malformed"},
		"unknown parameter":  {func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("resolve:ssm:/none") }, "InvalidParameterValue"},
		"no image":           {func(in *ec2.RunInstancesInput) { in.ImageId = nil }, "MissingParameter"},
		"other architecture": {func(in *ec2.RunInstancesInput) { in.InstanceType = types.InstanceTypeT4gMicro }, "InvalidParameterValue"},
		"unknown subnet":     {in("subnet-0123456789abcdef0"), "InvalidSubnetID.NotFound"},
		"group of other VPC": {in(n, other), "InvalidGroup.NotFound"},
		"group by name":      {func(in *ec2.RunInstancesInput) { in.SubnetId, in.SecurityGroups = &n, []string{"web"} }, "InvalidParameterCombination"},
		"more than at most":  {func(in *ec2.RunInstancesInput) { in.MinCount = aws.Int32(2) }, "InvalidParameterValue"},
		"interface and subnet": {func(in *ec2.RunInstancesInput) {
			in.SubnetId, in.NetworkInterfaces = &n, []types.InstanceNetworkInterfaceSpecification{primary}
		}, "InvalidParameterCombination"},
		"interface and groups": {func(in *ec2.RunInstancesInput) {
			in.SecurityGroupIds, in.NetworkInterfaces = []string{g}, []types.InstanceNetworkInterfaceSpecification{primary}
		}, "InvalidParameterCombination"},
		"no primary": {func(in *ec2.RunInstancesInput) {
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(1), SubnetId: &n}}
		}, "InvalidParameterCombination"},
		"public with several": {func(in *ec2.RunInstancesInput) {
			public := primary
			public.AssociatePublicIpAddress = aws.Bool(true)
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{public, {DeviceIndex: aws.Int32(1), SubnetId: &n}}
		}, "InvalidParameterCombination"},
		"protected spot": {func(in *ec2.RunInstancesInput) {
			in.InstanceMarketOptions, in.DisableApiTermination = &types.InstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot}, aws.Bool(true)
		}, "UnsupportedOperation"},
		"unknown template": {func(in *ec2.RunInstancesInput) {
			in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("none")}
		}, "InvalidLaunchTemplateName.NotFoundException"},
		"address out of range": {func(in *ec2.RunInstancesInput) { in.SubnetId, in.PrivateIpAddress = &n, aws.String("10.9.0.1") }, "InvalidParameterValue"},
		"root volume too small": {func(in *ec2.RunInstancesInput) {
			in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(4)}}}
		}, "InvalidBlockDeviceMapping"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.tryRun(c.change)
			requireCode(t, err, c.code)
			out, err := w.DescribeInstances(ctx, nil)
			require.NoError(t, err)
			require.Empty(t, out.Reservations, "a refused launch leaves nothing behind")
			require.Empty(t, w.interfacesWith(g))
		})
	}
}

func TestALaunchWithAnUnusableKeyEndsByItself(t *testing.T) {
	cloud := fakeaws.New(fakeec2.Install, fakekms.Install)
	w := &world{Client: ec2.NewFromConfig(cloud.Config()), cloud: cloud, t: t}
	i := w.run(func(in *ec2.RunInstancesInput) {
		in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{Encrypted: aws.Bool(true), KmsKeyId: aws.String("alias/none")}}}
	})
	require.Equal(t, types.InstanceStateNameTerminated, i.State.Name)
	require.Equal(t, "Client.InternalError", *i.StateReason.Code)
}

func TestProtectionAndShutdownBehavior(t *testing.T) {
	w := newWorld(t)
	id := *w.run().InstanceId
	set := func(in ec2.ModifyInstanceAttributeInput) {
		t.Helper()
		in.InstanceId = &id
		_, err := w.ModifyInstanceAttribute(ctx, &in)
		require.NoError(t, err)
	}
	on := &types.AttributeBooleanValue{Value: aws.Bool(true)}
	set(ec2.ModifyInstanceAttributeInput{DisableApiStop: on})
	_, err := w.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
	requireCode(t, err, "OperationNotPermitted")
	set(ec2.ModifyInstanceAttributeInput{InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: aws.String("terminate")}})
	a, err := w.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: types.InstanceAttributeNameInstanceInitiatedShutdownBehavior})
	require.NoError(t, err)
	require.Equal(t, "terminate", *a.InstanceInitiatedShutdownBehavior.Value)
	set(ec2.ModifyInstanceAttributeInput{BlockDeviceMappings: []types.InstanceBlockDeviceMappingSpecification{{
		DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: aws.Bool(false)}}}})
	require.False(t, *w.instance(id).BlockDeviceMappings[0].Ebs.DeleteOnTermination)
	_, err = w.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiStop: on, DisableApiTermination: on})
	requireCode(t, err, "InvalidParameterCombination")
	_, err = w.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: &types.AttributeValue{Value: aws.String("t3.small")}})
	requireCode(t, err, "IncorrectInstanceState")
}

func TestAProtectedInstanceSparesItsZoneAlone(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	a, b := w.subnet(v, "10.0.1.0/24", "us-east-1a"), w.subnet(v, "10.0.2.0/24", "us-east-1b")
	kept := *w.run(in(a), func(in *ec2.RunInstancesInput) { in.DisableApiStop = aws.Bool(true) }).InstanceId
	near, far := *w.run(in(a)).InstanceId, *w.run(in(b)).InstanceId
	_, err := w.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{kept, near, far}})
	requireCode(t, err, "OperationNotPermitted")
	require.ErrorContains(t, err, "disableApiStop")
	require.Equal(t, types.InstanceStateNameRunning, w.instance(kept).State.Name)
	require.Equal(t, types.InstanceStateNameRunning, w.instance(near).State.Name)
	require.Equal(t, types.InstanceStateNameTerminated, w.instance(far).State.Name)
}

func TestInstancesPage(t *testing.T) {
	w := newWorld(t)
	w.cloud.SetPageSize(1)
	_, err := w.tryRun(func(in *ec2.RunInstancesInput) { in.MaxCount = aws.Int32(3) })
	require.NoError(t, err)
	seen := map[string]bool{}
	in := &ec2.DescribeInstancesInput{}
	for {
		out, err := w.DescribeInstances(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.Reservations, 1)
		require.Len(t, out.Reservations[0].Instances, 1)
		seen[*out.Reservations[0].Instances[0].InstanceId] = true
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Len(t, seen, 3)
	require.True(t, json.Valid([]byte(w.cloud.Snapshot())))
}
