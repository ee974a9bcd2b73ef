package instance_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

var (
	vpc    = network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	subnet = network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: "us-east-1a"}
	web    = network.SecurityGroup{Name: "web", Description: "the application", VPC: vpc.ID()}
	other  = network.SecurityGroup{Name: "other", Description: "another one", VPC: vpc.ID()}
	place  = ztcore.List{vpc, subnet, web, other}
	server = instance.Instance{Name: "MyApp", Subnet: subnet.ID(), SecurityGroups: []id.SecurityGroup{web.ID()}}
	app    = instance.App{Name: "MyApp", Instance: server}
	team   = map[string]string{"team": "app"}
)

func with(r ...ztcore.Resource) ztcore.Resource { return append(append(ztcore.List{}, place...), r...) }

func at(fields ...string) (out []string) {
	for _, f := range fields {
		out = append(out, "appsec.Instance/MyApp "+f)
	}
	return out
}

// running is the only instance that is there.
func running(ctx context.Context, c *ec2.Client) (*types.Instance, error) {
	out, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("instance-state-name"), Values: []string{"pending", "running"}}}})
	if err != nil || len(out.Reservations) == 0 {
		return nil, err
	}
	return &out.Reservations[0].Instances[0], nil
}

// loosen is drift: somebody lets metadata be read without a session, and takes the protection off.
func loosen(ctx context.Context, cfg aws.Config) error {
	c := ec2.NewFromConfig(cfg)
	i, err := running(ctx, c)
	if err != nil {
		return err
	}
	_, err = c.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: i.InstanceId, HttpTokens: types.HttpTokensStateOptional, HttpPutResponseHopLimit: aws.Int32(64)})
	if err == nil {
		_, err = c.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: i.InstanceId, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(false)}})
	}
	return err
}

func newCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeec2.Install, fakeiam.Install)
}

const theServer = ztcore.Address("appsec.Instance/MyApp")

// apply plans and applies a baseline named "app".
func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p := plan(t, cfg, r, opts...)
	_, err := p.Apply(t.Context())
	require.NoError(t, err, p)
	return p
}

func plan(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("app", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	return p
}

func TestInstanceLife(t *testing.T) {
	role := iam.Role{Name: "r", TrustedBy: app.Role().TrustedBy}
	one := iam.InstanceProfile{Name: "one", Role: role.RoleName()}
	all := func(i instance.Instance) ztcore.Resource { return with(role, one, i) }
	changed := server
	changed.SecurityGroups, changed.Tags, changed.Profile = []id.SecurityGroup{web.ID(), other.ID()}, team, one.ARN()
	changed.DeletableBecause, changed.ContainersBecause = "a test", "a cluster"
	anew := changed
	anew.Profile, anew.Type, anew.UserData, anew.RootGiB, anew.PublicAddressBecause = "", types.InstanceTypeT3Small, "#!/bin/sh\ntrue\n", 20, "a bastion"
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: all(server)},
			{Resource: all(changed), Changes: at("SecurityGroups", "Tags", "Profile", "Protected", "HopLimit")},
			{Resource: all(anew), Changes: at("Profile", "Type", "UserData", "RootGiB", "PublicAddress")},
		},
		Drift: loosen,
	})
}

// The profile of the app is seconds old when the instance is to get it.
func TestAppWaitsForItsProfile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.SetPropagation(15 * time.Second)
		apply(t, cloud.Config(), with(app))
		i, err := running(t.Context(), ec2.NewFromConfig(cloud.Config()))
		require.NoError(t, err)
		require.Equal(t, "arn:aws:iam::123456789012:instance-profile/MyAppInstanceProfile", *i.IamInstanceProfile.Arn)
		require.Equal(t, types.HttpTokensStateRequired, i.MetadataOptions.HttpTokens)
		require.Nil(t, i.PublicIpAddress)
		require.True(t, plan(t, cloud.Config(), with(app)).Empty())
	})
}

// One profile gives way to another in one step, and a lost answer to that does no harm.
func TestProfileIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cfg := cloud.Config()
		apply(t, cfg, with(app))
		role := iam.Role{Name: "other", TrustedBy: app.Role().TrustedBy}
		profile := iam.InstanceProfile{Name: "other", Role: role.RoleName()}
		moved := server
		moved.Profile = profile.ARN()
		cloud.Inject(t, &fakeaws.Fault{Operation: "ReplaceIamInstanceProfileAssociation", After: fakeaws.Lost(), Times: 1})
		apply(t, cfg, with(app.Role(), app.Profile(), role, profile, moved))
		i, err := running(t.Context(), ec2.NewFromConfig(cfg))
		require.NoError(t, err)
		require.Equal(t, "arn:aws:iam::123456789012:instance-profile/other", *i.IamInstanceProfile.Arn)
	})
}

// EC2 answers a client token that it remembers with the instance that was terminated since: a removed one must come back.
func TestInstanceComesBackAfterItWasRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := newCloud().Config()
		apply(t, cfg, with(server))
		first, err := running(t.Context(), ec2.NewFromConfig(cfg))
		require.NoError(t, err)
		kept := apply(t, cfg, with(server), ztcore.Destroy())
		require.Contains(t, kept.String(), "retain", "it may hold data")
		apply(t, cfg, with(server), ztcore.Destroy(), ztcore.AllowDelete(theServer, "network.VPC/main"))
		apply(t, cfg, with(server))
		second, err := running(t.Context(), ec2.NewFromConfig(cfg))
		require.NoError(t, err)
		require.NotEqual(t, *first.InstanceId, *second.InstanceId)
		require.True(t, plan(t, cfg, with(server)).Empty())
	})
}

// An answer that gets lost time and again starts one instance.
func TestLostAnswersStartOneInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.Inject(t, &fakeaws.Fault{Operation: "RunInstances", After: fakeaws.Lost(), Times: 2})
		apply(t, cloud.Config(), with(server))
		out, err := ec2.NewFromConfig(cloud.Config()).DescribeInstances(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, out.Reservations, 1)
		require.Len(t, out.Reservations[0].Instances, 1)
	})
}

// Another parameter means another image, and another instance.
func TestImageIsKnownByItsParameter(t *testing.T) {
	cfg := newCloud().Config()
	apply(t, cfg, with(server))
	i, err := running(t.Context(), ec2.NewFromConfig(cfg))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(*i.ImageId, "ami-"))
	arm := server
	arm.Image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
	p := plan(t, cfg, with(arm))
	require.Contains(t, p.String(), "al2023-ami-kernel-default-arm64")
	require.NotContains(t, p.String(), "ami-0")
}

// What is left empty beside a template is the template's.
func TestInstanceOfATemplate(t *testing.T) {
	cfg := newCloud().Config()
	apply(t, cfg, with())
	c := ec2.NewFromConfig(cfg)
	subnets, err := c.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: aws.String("cidr-block"), Values: []string{"10.0.1.0/24"}}}})
	require.NoError(t, err)
	made, err := c.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"), LaunchTemplateData: &types.RequestLaunchTemplateData{
		ImageId: aws.String(instance.AmazonLinux), InstanceType: types.InstanceTypeT3Small,
		NetworkInterfaces:   []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0), SubnetId: subnets.Subnets[0].SubnetId, AssociatePublicIpAddress: aws.Bool(false)}},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{Encrypted: aws.Bool(true)}}},
	}})
	require.NoError(t, err)
	of := instance.Instance{Name: "MyApp", Template: id.LaunchTemplate(*made.LaunchTemplate.LaunchTemplateId)}
	apply(t, cfg, with(of))
	i, err := running(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, types.InstanceTypeT3Small, i.InstanceType)
	require.Equal(t, types.HttpTokensStateRequired, i.MetadataOptions.HttpTokens)
	require.True(t, plan(t, cfg, with(of)).Empty())
}

func TestWhatEC2RefusesIsFoundBefore(t *testing.T) {
	change := func(f func(*instance.Instance)) instance.Instance {
		i := server
		f(&i)
		return i
	}
	for want, i := range map[string]instance.Instance{
		"is no image":        change(func(i *instance.Instance) { i.Image = "ami-12345678x" }),
		"no subnet is named": change(func(i *instance.Instance) { i.Subnet = "" }),
		"has 16385 bytes":    change(func(i *instance.Instance) { i.UserData = strings.Repeat("x", 16385) }),
		"can't have -1 GiB":  change(func(i *instance.Instance) { i.RootGiB = -1 }),
		"are the template's": change(func(i *instance.Instance) { i.Template, i.RootGiB = "lt-0123456789abcdef0", 8 }),
		"decides about public address": change(func(i *instance.Instance) {
			i.Template, i.Subnet, i.PublicAddressBecause = "lt-0123456789abcdef0", "", "a bastion"
		}),
	} {
		require.ErrorContains(t, ztcore.NewBaseline("app", with(i)).Check(), want)
	}
}
