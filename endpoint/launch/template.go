package launch

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/endpoint/userdata"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Template is a launch template. See the package comment for what its zero value, with a name and a security group, is.
type Template struct {
	Name string // 3–128 letters, digits and ().-/_; unique in account and region
	// Machine is what an instance becomes at its first boot, and which image it is made from.
	Machine userdata.Machine
	// UserData takes the place of Machine's, as it is: a script, a cloud-config, a multipart of cloud-init, or tasks of EC2Launch.
	UserData string
	// Image is an ami-… or "resolve:ssm:" and the name of a parameter: the newest of Machine.System if empty.
	Image          string
	InstanceType   string                // t3.micro if empty
	Profile        id.InstanceProfileARN // for Session Manager its role needs AmazonSSMManagedInstanceCore
	SecurityGroups []id.SecurityGroup    // at least one: the VPC's default group would take the place of none
	Subnet         id.Subnet             // chosen at launch if empty: by Auto Scaling, or on the interface in RunInstances
	Key            id.KeyARN             // encrypts the root volume; the account's key for EBS if empty
	RootDevice     string                // the image's: /dev/xvda for Amazon Linux, /dev/sda1 otherwise, if empty
	RootGiB        int32                 // the image's if 0

	PublicIPBecause        string // gives instances a public address, and says why
	IMDSv1Because          string // takes requests for metadata without a token, and says why
	ContainersBecause      string // lets tokens of the metadata service travel to containers (a hop limit of 2), and says why
	BasicMonitoringBecause string // has metrics every five minutes in place of one, and says why

	InstanceTags map[string]string // of the instances and volumes that are made
	Tags         map[string]string // of the template
}

type templateState struct {
	Name           string `zt:"key"`
	Image          string
	InstanceType   string
	Profile        string
	SecurityGroups []string `zt:"set"`
	Subnet         string
	Key            string
	RootDevice     string
	RootGiB        int32
	Encrypted      bool
	PublicIP       bool
	Tokens         string
	HopLimit       int32
	Monitoring     bool
	UserData       script
	InstanceTags   map[string]string
	Tags           map[string]string `zt:"tags"`
	ID             string            `zt:"output"`
	Version        string            `zt:"output"` // the default one
}

// script is user data. What looks like a secret in it, ours or what somebody else has put there, shows in no plan.
type script string

// MarshalJSON is what plans show.
func (s script) MarshalJSON() ([]byte, error) { return json.Marshal(userdata.Redacted(string(s))) }

var templates = &ztcore.Kind[templateState]{
	Name: "endpoint.LaunchTemplate", Permissions: &templatesNeed, PermissionsFor: templatesNeedFor,
	Read: readTemplates, Create: createTemplate, Update: updateTemplate, Check: checkTemplate,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have templateState) error {
		_, err := ec2.NewFromConfig(sc.Config).DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &have.ID})
		return unlessGone(err)
	},
	Controls: []string{"FSBP EC2.8", "FSBP EC2.25", "FSBP EC2.170", "FSBP EC2.181", "CIS AWS 3.0 5.6", "NIST SP 800-207 tenet 5", "CISA ZTMM Devices"},
}

var templatesNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"},
	Write:  []string{"ec2:CreateLaunchTemplate", "ec2:CreateLaunchTemplateVersion", "ec2:CreateTags", "ec2:DeleteLaunchTemplateVersions", "ec2:ModifyLaunchTemplate"},
	Delete: []string{"ec2:DeleteLaunchTemplate"},
}

// templatesNeedFor is what an image takes that a parameter names.
func templatesNeedFor(want templateState) ztcore.Permissions {
	if !strings.HasPrefix(want.Image, "resolve:ssm:") {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Write: []string{"ssm:GetParameters"}}
}

// ID is the template's id, which is not known before it exists.
func (t Template) ID() id.LaunchTemplate { return id.LaunchTemplate(templates.Ref(t.Name, "ID")) }

// Version is the number of the version that is as declared, known once it exists.
func (t Template) Version() string { return templates.Ref(t.Name, "Version") }

// Declare implements ztcore.Resource.
func (t Template) Declare(d *ztcore.Declaration) {
	want := templateState{
		Name: t.Name, Image: cmp.Or(t.Image, t.image()), InstanceType: t.instanceType(), Profile: string(t.Profile), SecurityGroups: []string{}, Subnet: string(t.Subnet), Key: string(t.Key),
		RootDevice: cmp.Or(t.RootDevice, t.rootDevice()), RootGiB: t.RootGiB, Encrypted: true, PublicIP: t.PublicIPBecause != "", Tokens: "required", HopLimit: 1,
		Monitoring: t.BasicMonitoringBecause == "", UserData: script(t.UserData), InstanceTags: map[string]string{}, Tags: t.Tags,
	}
	for _, g := range t.SecurityGroups {
		want.SecurityGroups = append(want.SecurityGroups, string(g))
	}
	maps.Copy(want.InstanceTags, t.InstanceTags)
	reasons := map[string]string{"PublicIPBecause": t.PublicIPBecause, "IMDSv1Because": t.IMDSv1Because, "ContainersBecause": t.ContainersBecause, "BasicMonitoringBecause": t.BasicMonitoringBecause}
	if t.UserData == "" {
		want.UserData = script(t.Machine.Text())
		maps.Copy(reasons, t.Machine.Exceptions())
		for _, f := range t.Machine.Check() {
			f.Resource, f.Attribute = ztcore.Address("endpoint.LaunchTemplate/"+t.Name), "Machine."+f.Attribute
			d.Reject(f)
		}
	}
	if t.IMDSv1Because != "" {
		want.Tokens = "optional"
	}
	if t.ContainersBecause != "" {
		want.HopLimit = 2
	}
	node := templates.Declare(d, t.Name, want)
	for _, attribute := range slices.Sorted(maps.Keys(reasons)) {
		if reasons[attribute] != "" {
			node.Except(attribute, reasons[attribute])
		}
	}
}

func (t Template) instanceType() string { return cmp.Or(t.InstanceType, "t3.micro") }

// graviton recognizes instance types of ARM processors by the letter behind the generation.
var graviton = regexp.MustCompile(`^[a-z]+[0-9]+g[a-z]*\.`)

// image is the public parameter of the newest image of a system.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
func (t Template) image() string {
	arm := graviton.MatchString(t.instanceType())
	switch t.Machine.System {
	case userdata.Ubuntu:
		if arm {
			return "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"
		}
		return "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
	case userdata.Windows:
		return "resolve:ssm:/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base"
	}
	if arm {
		return "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
	}
	return "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

func (t Template) rootDevice() string {
	if t.Machine.System == "" || t.Machine.System == userdata.AmazonLinux2023 {
		return "/dev/xvda"
	}
	return "/dev/sda1"
}

// readTemplates reads the default version of every template in one listing, and their tags in another.
func readTemplates(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[templateState]) ([]templateState, error) {
	client, tags := ec2.NewFromConfig(sc.Config), map[string]map[string]string{}
	for in := (&ec2.DescribeLaunchTemplatesInput{}); ; {
		page, err := client.DescribeLaunchTemplates(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, t := range page.LaunchTemplates {
			tags[aws.ToString(t.LaunchTemplateId)] = tagMap(t.Tags)
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	var out []templateState
	for in := (&ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Default"}}); ; {
		page, err := client.DescribeLaunchTemplateVersions(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, v := range page.LaunchTemplateVersions {
			if t, ok := tags[aws.ToString(v.LaunchTemplateId)]; ok { // not one that is younger than the first listing
				out = append(out, seenTemplate(v, t))
			}
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

func createTemplate(ctx context.Context, sc *ztcore.Scope, want templateState) error {
	data, err := want.data()
	if err != nil {
		return err
	}
	_, err = ec2.NewFromConfig(sc.Config).CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &want.Name, LaunchTemplateData: data,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeLaunchTemplate, Tags: tagList(want.Tags)}},
	})
	return err
}

// updateTemplate makes a version and then the default of it, so that what launches in between takes the version of before.
func updateTemplate(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[templateState]) error {
	if u.Changed("Tags") {
		if _, err := ec2.NewFromConfig(sc.Config).CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{u.Have.ID}, Tags: tagList(u.Want.Tags)}); err != nil {
			return err
		}
	}
	if !u.Changed("Image", "InstanceType", "Profile", "SecurityGroups", "Subnet", "Key", "RootDevice", "RootGiB", "Encrypted", "PublicIP", "Tokens", "HopLimit", "Monitoring", "UserData", "InstanceTags") {
		return nil
	}
	return publish(ctx, sc, u.Have, u.Want)
}

// unlessGone takes a template that does not exist for done.
func unlessGone(err error) error {
	for _, code := range []string{"InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"} {
		if hasCode(err, code) {
			return nil
		}
	}
	return err
}

func tagMap(list []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range list {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

var (
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
	templateName = regexp.MustCompile(`^[a-zA-Z0-9().\-/_]{3,128}$`)
	imageForm    = regexp.MustCompile(`^(ami-[0-9a-f]{8}([0-9a-f]{9})?|resolve:ssm:[a-zA-Z0-9_.\-/:]+)$`)
	typeForm     = regexp.MustCompile(`^[a-z0-9\-]+\.[a-z0-9\-]+$`)
	deviceForm   = regexp.MustCompile(`^/dev/[a-z0-9]+$`)
)

func checkTemplate(want templateState) []ztcore.Finding {
	out := userdata.Check(string(want.UserData))
	add := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if !templateName.MatchString(want.Name) {
		add("Name", want.Name+" can't be the name of a launch template", "use 3–128 letters, digits and ().-/_")
	}
	if !imageForm.MatchString(want.Image) && !ztcore.HasToken(want.Image) {
		add("Image", want.Image+" names no image", `use an ami-…, or "resolve:ssm:" and the name of a parameter`)
	}
	if !typeForm.MatchString(want.InstanceType) {
		add("InstanceType", want.InstanceType+" is no instance type", "use as t3.micro")
	}
	if !deviceForm.MatchString(want.RootDevice) {
		add("RootDevice", want.RootDevice+" is no device", "leave it empty, or use what DescribeImages says")
	}
	if len(want.SecurityGroups) == 0 || len(want.SecurityGroups) > 16 {
		add("SecurityGroups", "an instance has 1 to 16 groups; without one it would have the VPC's default group", "name a group of its own")
	}
	for _, g := range want.SecurityGroups {
		if !ztcore.HasToken(g) && !strings.HasPrefix(g, "sg-") {
			add("SecurityGroups", g+" is no id of a group", "use sg-… or a SecurityGroup's ID()")
		}
	}
	if want.RootGiB < 0 || want.RootGiB > 65536 {
		add("RootGiB", "a volume has 1 to 65,536 GiB", "leave it 0 for the image's size")
	}
	if want.Profile != "" && !ztcore.HasToken(want.Profile) && !strings.Contains(want.Profile, ":instance-profile/") {
		add("Profile", want.Profile+" is no ARN of an instance profile", "use an InstanceProfile's ARN()")
	}
	if want.Profile == "" {
		out = append(out, ztcore.Finding{
			Attribute: "Profile", Guardrail: "endpoint.unmanaged-instance", Controls: []string{"FSBP SSM.1", "NIST SP 800-207 tenet 5"},
			Message: "without a role no instance can be managed: no patches, no sessions", Fix: "set it to a profile whose role has AmazonSSMManagedInstanceCore",
		})
	}
	if len(want.InstanceTags) > 50 {
		add("InstanceTags", "an instance can't have more than 50 tags", "leave some out")
	}
	return out
}

// Kinds are the kinds of this package, for ztcore.Prune to look for what is no longer declared.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{templates} }
