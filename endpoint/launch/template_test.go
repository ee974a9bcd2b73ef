package launch_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint/launch"
	"github.com/seed-08ecc977/zerotrust/endpoint/userdata"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessm"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func cloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeec2.Install, fakessm.Install) }

const profile = id.InstanceProfileARN("arn:aws:iam::123456789012:instance-profile/web")

func web() launch.Template {
	return launch.Template{Name: "web", Profile: profile, SecurityGroups: []id.SecurityGroup{"sg-0123456789abcdef0"}}
}

func templateCase() kindtest.Case {
	plain := web()
	machine := plain
	machine.Machine, machine.InstanceType = userdata.Machine{Run: []string{"systemctl enable --now nginx"}}, "t4g.small"
	disk := machine
	disk.Key, disk.RootGiB, disk.RootDevice = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef", 30, "/dev/sda1"
	net := disk
	net.SecurityGroups, net.Subnet, net.Profile = append([]id.SecurityGroup{"sg-00000000000000001"}, disk.SecurityGroups...), "subnet-0123456789abcdef0", "arn:aws:iam::123456789012:instance-profile/other"
	odd := net
	odd.PublicIPBecause, odd.IMDSv1Because, odd.ContainersBecause, odd.BasicMonitoringBecause = "a probe", "an old library", "they need roles", "it is short-lived"
	tagged := odd
	tagged.InstanceTags, tagged.Tags = map[string]string{"PatchGroup": "web"}, map[string]string{"team": "web"}
	const at = "endpoint.LaunchTemplate/web "
	return kindtest.Case{
		Cloud: cloud, Skip: map[string]string{"without ec2:DeleteLaunchTemplateVersions": "the oldest version goes with the next one"},
		Variants: []kindtest.Variant{
			{Resource: plain},
			{Resource: machine, Changes: []string{at + "UserData", at + "InstanceType", at + "Image"}},
			{Resource: disk, Changes: []string{at + "Key", at + "RootGiB", at + "RootDevice"}},
			{Resource: net, Changes: []string{at + "SecurityGroups", at + "Subnet", at + "Profile"}},
			{Resource: odd, Changes: []string{at + "PublicIP", at + "Tokens", at + "HopLimit", at + "Monitoring"}},
			{Resource: tagged, Changes: []string{at + "InstanceTags", at + "Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := ec2.NewFromConfig(cfg)
			made, err := client.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
				LaunchTemplateName: aws.String("web"), SourceVersion: aws.String("1"),
				LaunchTemplateData: &types.RequestLaunchTemplateData{UserData: aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n")))},
			})
			if err != nil {
				return err
			}
			_, err = client.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateName: aws.String("web"), DefaultVersion: aws.String(fmt.Sprint(*made.LaunchTemplateVersion.VersionNumber))})
			return err
		},
	}
}

func TestTemplate(t *testing.T) { kindtest.Run(t, templateCase()) }

func apply(t *testing.T, cfg aws.Config, r ztcore.Resource) {
	t.Helper()
	plan, err := ztcore.NewBaseline("web", r).Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = plan.Apply(t.Context())
	require.NoError(t, err)
}

// The guide's step 19, put right: what an instance is made from.
func TestZeroTemplateIsTheSafeForm(t *testing.T) {
	cfg := cloud().Config()
	apply(t, cfg, web())
	out, err := ec2.NewFromConfig(cfg).DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("web"), ResolveAlias: aws.Bool(true)})
	require.NoError(t, err)
	d := out.LaunchTemplateVersions[0].LaunchTemplateData
	require.Equal(t, types.LaunchTemplateHttpTokensStateRequired, d.MetadataOptions.HttpTokens)
	require.EqualValues(t, 1, *d.MetadataOptions.HttpPutResponseHopLimit)
	require.True(t, *d.BlockDeviceMappings[0].Ebs.Encrypted)
	require.False(t, *d.NetworkInterfaces[0].AssociatePublicIpAddress)
	require.True(t, *d.Monitoring.Enabled)
	require.Regexp(t, `^ami-[0-9a-f]{17}$`, *d.ImageId, "the parameter is looked up at the launch")
	text, err := userdata.Decode(*d.UserData)
	require.NoError(t, err)
	require.Contains(t, text, "virus-scan.timer")
}

func TestImageOfEverySystemExists(t *testing.T) {
	for _, m := range []launch.Template{
		{}, {InstanceType: "t4g.micro"}, {Machine: userdata.Machine{System: userdata.Ubuntu}}, {Machine: userdata.Machine{System: userdata.Ubuntu}, InstanceType: "c7gn.large"}, {Machine: userdata.Machine{System: userdata.Windows}},
	} {
		cfg := cloud().Config()
		m.Name, m.Profile, m.SecurityGroups = "web", profile, web().SecurityGroups
		apply(t, cfg, m)
		_, err := ec2.NewFromConfig(cfg).DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("web"), ResolveAlias: aws.Bool(true)})
		require.NoError(t, err)
	}
}

func TestOldVersionsGo(t *testing.T) {
	cfg := cloud().Config()
	for i := range 8 {
		x := web()
		x.RootGiB = int32(20 + i)
		apply(t, cfg, x)
	}
	out, err := ec2.NewFromConfig(cfg).DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("web")})
	require.NoError(t, err)
	var numbers []int64
	for _, v := range out.LaunchTemplateVersions {
		numbers = append(numbers, *v.VersionNumber)
	}
	require.ElementsMatch(t, []int64{8, 7, 6, 5, 4}, numbers)
}

func TestWhatEC2RefusesIsFoundBefore(t *testing.T) {
	with := func(change func(x *launch.Template)) launch.Template {
		x := web()
		change(&x)
		return x
	}
	for want, r := range map[string]launch.Template{
		"can't be the name":        with(func(x *launch.Template) { x.Name = "w" }),
		"names no image":           with(func(x *launch.Template) { x.Image = "ami-12345" }),
		"is no instance type":      with(func(x *launch.Template) { x.InstanceType = "micro" }),
		"is no device":             with(func(x *launch.Template) { x.RootDevice = "xvda" }),
		"an instance has 1 to 16":  with(func(x *launch.Template) { x.SecurityGroups = nil }),
		"is no id of a group":      with(func(x *launch.Template) { x.SecurityGroups[0] = "default" }),
		"is no ARN of an instance": with(func(x *launch.Template) { x.Profile = "web" }),
		"1 to 65,536 GiB":          with(func(x *launch.Template) { x.RootGiB = -1 }),
		"16384 at most are allowed": with(func(x *launch.Template) {
			x.UserData = "<powershell>" + strings.Repeat("Get-Date\n", 2000) + "</powershell>"
		}),
		"is no time of day": with(func(x *launch.Template) { x.Machine.ScanAt = "3:30" }),
	} {
		require.ErrorContains(t, ztcore.NewBaseline("web", r).Check(), want)
	}
}

func TestGuardrails(t *testing.T) {
	secret, bare := web(), web()
	secret.Machine.Run = []string{"export DB_PASSWORD=hunter2canary"}
	bare.Profile = ""
	for guardrail, r := range map[string]launch.Template{"endpoint.secret-in-user-data": secret, "endpoint.unmanaged-instance": bare} {
		plan, err := ztcore.NewBaseline("web", r).Plan(t.Context(), cloud().Config())
		require.NoError(t, err)
		require.Len(t, plan.Findings, 1)
		require.Equal(t, guardrail, plan.Findings[0].Guardrail)
		require.NotContains(t, plan.Findings[0].String(), "hunter2canary")
	}
}

// A secret in user data shows in no plan: neither one that is declared nor one that somebody has put there by hand.
func TestPlansShowNoSecretOfUserData(t *testing.T) {
	aws := cloud()
	leaky := web()
	leaky.Machine.Run = []string{"export DB_PASSWORD=hunter2canary"}
	until := time.Now().AddDate(0, 1, 0)
	waived := ztcore.NewBaseline("web", leaky, ztcore.Waive("endpoint.secret-in-user-data", "endpoint.LaunchTemplate/web", "until the vault is up", until))
	for _, b := range []*ztcore.Baseline{waived, ztcore.NewBaseline("web", web())} {
		plan, err := b.Plan(t.Context(), aws.Config())
		require.NoError(t, err)
		doc, err := json.Marshal(plan)
		require.NoError(t, err)
		for _, text := range []string{plan.String(), string(doc)} {
			require.Contains(t, text, "(a password or key)")
			require.NotContains(t, text, "hunter2canary")
		}
		_, err = plan.Apply(t.Context())
		require.NoError(t, err)
		again, err := b.Plan(t.Context(), aws.Config())
		require.NoError(t, err)
		require.True(t, again.Empty(), again)
	}
}

func TestExceptionsShow(t *testing.T) {
	x := web()
	x.ContainersBecause, x.Machine.NoAntivirusBecause = "pods have roles of their own", "the image has another product"
	plan, err := ztcore.NewBaseline("web", x).Plan(t.Context(), cloud().Config())
	require.NoError(t, err)
	require.Equal(t, []ztcore.Exception{{Attribute: "ContainersBecause", Reason: "pods have roles of their own"}, {Attribute: "NoAntivirusBecause", Reason: "the image has another product"}}, plan.Steps[0].Exceptions)
}

// A whole template, as it is reviewed.
func Example() {
	template := launch.Template{
		Name: "web", Profile: "arn:aws:iam::123456789012:instance-profile/web", SecurityGroups: []id.SecurityGroup{"sg-0123456789abcdef0"},
		Machine: userdata.Machine{Run: []string{"dnf install -y nginx", "systemctl enable --now nginx"}},
	}
	ctx, cfg := context.Background(), cloud().Config() // outside of a test: config.LoadDefaultConfig(ctx)
	plan, err := ztcore.NewBaseline("web", template).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Apply(ctx)
	fmt.Println(report.Count(ztcore.Done), err)
	// Output: 1 <nil>
}
