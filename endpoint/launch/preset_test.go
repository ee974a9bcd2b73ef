package launch_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint/launch"
	"github.com/seed-08ecc977/zerotrust/endpoint/userdata"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessm"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func wholeCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeec2.Install, fakessm.Install, fakeiam.Install, fakekms.Install)
}

func TestPreset(t *testing.T) {
	cfg := wholeCloud().Config()
	vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	preset := launch.Preset{Name: "web", VPC: vpc.ID(), Machine: userdata.Machine{System: userdata.Ubuntu}, Tags: map[string]string{"team": "web"}}
	baseline := ztcore.NewBaseline("web", vpc, preset)
	plan := func(opts ...ztcore.PlanOption) *ztcore.Plan {
		p, err := baseline.Plan(t.Context(), cfg, opts...)
		require.NoError(t, err)
		return p
	}
	first := plan()
	require.Empty(t, first.Findings)
	_, err := first.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, plan().Empty(), plan())

	client := ec2.NewFromConfig(cfg)
	got, err := client.DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("web")})
	require.NoError(t, err)
	data := got.LaunchTemplateVersions[0].LaunchTemplateData
	require.Contains(t, *data.BlockDeviceMappings[0].Ebs.KmsKeyId, ":key/")
	require.Contains(t, *data.IamInstanceProfile.Arn, ":instance-profile/web")

	require.NoError(t, templateCase().Drift(t.Context(), cfg))
	drifted := plan()
	require.False(t, drifted.Empty())
	_, err = drifted.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, plan().Empty())

	_, err = plan(ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main")).Apply(t.Context())
	require.NoError(t, err)
	left, err := client.DescribeLaunchTemplates(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, left.LaunchTemplates)
}

// An instance starts from the template as it is: image, profile, group, key and user data are all there.
func TestInstancesStartFromThePreset(t *testing.T) {
	cfg := wholeCloud().Config()
	vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	subnet := network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: "us-east-1a"}
	apply(t, cfg, ztcore.List{vpc, subnet, launch.Preset{Name: "web", VPC: vpc.ID()}})
	client := ec2.NewFromConfig(cfg)
	subnets, err := client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: aws.String("tag:Name"), Values: []string{"a"}}}})
	require.NoError(t, err)
	template, err := client.DescribeLaunchTemplates(t.Context(), nil)
	require.NoError(t, err)
	run, err := client.RunInstances(t.Context(), &ec2.RunInstancesInput{
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplates[0].LaunchTemplateId}, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: subnets.Subnets[0].SubnetId, Groups: groupsOf(t, client), AssociatePublicIpAddress: aws.Bool(false)}},
	})
	require.NoError(t, err)
	got := run.Instances[0]
	require.Equal(t, types.HttpTokensStateRequired, got.MetadataOptions.HttpTokens)
	require.EqualValues(t, 1, *got.MetadataOptions.HttpPutResponseHopLimit)
	require.Nil(t, got.PublicIpAddress)
	require.Contains(t, *got.IamInstanceProfile.Arn, ":instance-profile/web")
	require.Contains(t, got.Tags, types.Tag{Key: aws.String("PatchGroup"), Value: aws.String("web")})
	volumes, err := client.DescribeVolumes(t.Context(), nil)
	require.NoError(t, err)
	require.True(t, *volumes.Volumes[0].Encrypted)
}

func groupsOf(t *testing.T, client *ec2.Client) []string {
	t.Helper()
	out, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{{Name: aws.String("group-name"), Values: []string{"web"}}}})
	require.NoError(t, err)
	return []string{*out.SecurityGroups[0].GroupId}
}

// A name and a VPC are enough.
func ExamplePreset() {
	plan, err := ztcore.NewBaseline("web", launch.Preset{Name: "web", VPC: "vpc-0123456789abcdef0"}).Plan(context.Background(), wholeCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Output:
	// create iam.Role/web
	// create iam.RoleAttachments/web
	// create iam.InstanceProfile/web
	// create dataprotect.Key/web-volumes
	// create network.SecurityGroup/web
	// create endpoint.LaunchTemplate/web
	// create network.SecurityGroupRules/web
}
