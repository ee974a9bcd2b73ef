package instance

import (
	"cmp"
	"context"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// AmazonLinux is the newest image of Amazon Linux 2023 for x86, by the public parameter that AWS keeps up to date.
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
const AmazonLinux = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

// Instance is one EC2 instance. The zero value with a name and a subnet runs Amazon Linux 2023 on a t3.micro, answers its
// metadata to sessions alone (IMDSv2) and to nothing behind a hop, has no public address, an encrypted root volume and
// protection from being terminated by a slip.
//
// An instance may hold data: it is removed or replaced only when AllowDelete names it. It is found by its ownership tags; a
// terminated one does not count.
type Instance struct {
	Name string // the tag Name, by which it can be adopted

	// Image is an AMI, or resolve:ssm: and the name of a parameter of Systems Manager that has one; AmazonLinux if empty. A
	// parameter is looked up when the instance starts: a newer image behind it replaces nothing, another name does.
	Image          string
	Type           types.InstanceType // t3.micro if empty; a change replaces the instance
	Subnet         id.Subnet          // a change replaces the instance
	SecurityGroups []id.SecurityGroup // the VPC's default group if empty
	Profile        id.InstanceProfileARN
	// UserData runs at the first start, 16 KB at most. It is no place for secrets: whoever may describe the instance can read
	// it. Plans show a sum of it; a change replaces the instance.
	UserData string
	RootKey  id.KeyARN // encrypts the root volume; AWS's own if empty
	RootGiB  int32     // the root volume's size; the image's if zero
	// RootDevice is the image's name for the root volume, /dev/xvda if empty, as on Amazon Linux; /dev/sda1 on most others.
	RootDevice string

	// Template launches from a launch template, which then says all that is left empty above, the image and the root volume
	// included. TemplateVersion is $Default if empty. A change replaces the instance.
	Template        id.LaunchTemplate
	TemplateVersion string

	PublicAddressBecause string // why it has a public address
	ContainersBecause    string // why containers on it, one hop away, get the instance's credentials
	DeletableBecause     string // why termination protection is off

	// After are tokens of what must stand before the instance starts, as a profile's policies.
	After []string
	Tags  map[string]string // of the instance and its volumes
}

// ID is the instance's id.
func (i Instance) ID() id.Instance { return id.Instance(instances.Ref(i.Name, "ID")) }

// Declare implements ztcore.Resource.
func (i Instance) Declare(d *ztcore.Declaration) {
	tags := map[string]string{nameTag: i.Name}
	want := instanceState{
		Name: i.Name, Source: cmp.Or(i.Image, AmazonLinux), Profile: string(i.Profile), IMDSv2: true, HopLimit: 1, PublicAddress: i.PublicAddressBecause != "", RootEncrypted: true,
		Protected: i.DeletableBecause == "", Launch: i,
	}
	if i.Template != "" {
		want.Source = string(i.Template) + "/" + cmp.Or(i.TemplateVersion, "$Default")
	}
	if i.Template == "" || i.Type != "" {
		want.Type = aws.String(string(cmp.Or(i.Type, types.InstanceTypeT3Micro)))
	}
	if i.Template == "" || i.Subnet != "" {
		want.Subnet = aws.String(string(i.Subnet))
	}
	if i.Template == "" || i.UserData != "" {
		want.UserData = aws.String(sum([]byte(i.UserData)))
	}
	for _, g := range i.SecurityGroups {
		want.SecurityGroups = append(want.SecurityGroups, string(g))
	}
	if i.RootKey != "" {
		want.RootKey = aws.String(string(i.RootKey))
	}
	if i.RootGiB != 0 {
		want.RootGiB = &i.RootGiB
	}
	if i.ContainersBecause != "" {
		want.HopLimit = 2
	}
	maps.Copy(tags, i.Tags)
	want.Tags = tags
	n := instances.Declare(d, i.Name, want).After(i.After...)
	for _, e := range []struct{ attribute, why string }{{"PublicAddress", i.PublicAddressBecause}, {"HopLimit", i.ContainersBecause}, {"Protected", i.DeletableBecause}} {
		if e.why != "" {
			n.Except(e.attribute, e.why)
		}
	}
}

const (
	nameTag = "Name" // what the console shows as the instance's name
	// tagSource is what the instance was launched from: the parameter, not the image that it had then. An adopted instance
	// lacks it, and counts as launched from its image.
	tagSource = "zerotrust:launched-from"
)

type instanceState struct {
	Name           string   `zt:"label,-"` // compared as a tag
	Source         string   `zt:"immutable"`
	Type           *string  `zt:"immutable"`
	Subnet         *string  `zt:"immutable"`
	UserData       *string  `zt:"immutable"` // its sum
	PublicAddress  bool     `zt:"immutable"` // of Amazon's own, not an elastic one
	RootEncrypted  bool     `zt:"immutable"`
	RootKey        *string  `zt:"immutable"`
	RootGiB        *int32   `zt:"immutable"`
	SecurityGroups []string `zt:"set"`
	Profile        string
	IMDSv2         bool // and nothing else
	HopLimit       int32
	Protected      bool              // from termination
	Tags           map[string]string `zt:"tags"`
	ID             string            `zt:"output"`
	PrivateAddress string            `zt:"output"`
	Image          string            `zt:"output"` // that it was started from
	Created        time.Time         `zt:"output"`
	Launch         Instance          `zt:"-"` // what launching takes beside
}

var instances = &ztcore.Kind[instanceState]{
	Name: "appsec.Instance", Permissions: &instancesNeed, PermissionsFor: instancesNeedFor, Read: readInstances, Create: launch, Update: updateInstance, Delete: terminate, Check: checkInstance,
	// The profile is new, and not known to EC2 yet.
	Retry:     []ztcore.Retry{{Code: "InvalidParameterValue", Message: "Invalid IAM Instance Profile"}},
	HoldsData: true,
	Controls:  []string{"CIS AWS 3.0 5.6", "FSBP EC2.3", "FSBP EC2.8", "FSBP EC2.9", "NIST SP 800-207 tenet 2", "CISA ZTMM Devices"},
}

var instancesNeed = ztcore.Permissions{
	Read: []string{"ec2:DescribeInstanceAttribute", "ec2:DescribeInstances", "ec2:DescribeVolumes"},
	Write: []string{
		"ec2:CreateTags", "ec2:DescribeIamInstanceProfileAssociations", "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions", "ec2:RunInstances",
	},
	Delete: []string{"ec2:ModifyInstanceAttribute", "ec2:TerminateInstances"},
}

// instancesNeedFor is what a profile takes or having none, an image that a parameter names, and a disk under a key of one's own.
// https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
func instancesNeedFor(want instanceState) (p ztcore.Permissions) {
	if want.Profile != "" {
		p.Write = append(p.Write, "ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation", "iam:PassRole")
	} else {
		p.Write = append(p.Write, "ec2:DisassociateIamInstanceProfile")
	}
	if strings.HasPrefix(want.Source, "resolve:ssm:") {
		p.Write = append(p.Write, "ssm:GetParameters")
	}
	if want.RootKey != nil {
		p.Write = append(p.Write, "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo")
	}
	return p
}

// launch starts one instance, tagged from its first moment.
func launch(ctx context.Context, sc *ztcore.Scope, want instanceState) error {
	_, err := ec2.NewFromConfig(sc.Config).RunInstances(ctx, want.input())
	return err
}

func updateInstance(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[instanceState]) error {
	c, want := ec2.NewFromConfig(sc.Config), u.Want
	if u.Changed("Protected") {
		if err := protect(ctx, c, u.Have.ID, want.Protected); err != nil {
			return err
		}
	}
	if u.Changed("IMDSv2", "HopLimit") {
		_, err := c.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
			InstanceId: &u.Have.ID, HttpEndpoint: types.InstanceMetadataEndpointStateEnabled, HttpTokens: types.HttpTokensStateRequired, HttpPutResponseHopLimit: &want.HopLimit,
		})
		if err != nil {
			return err
		}
	}
	if u.Changed("SecurityGroups") {
		if _, err := c.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &u.Have.ID, Groups: want.SecurityGroups}); err != nil {
			return err
		}
	}
	if u.Changed("Profile") {
		if err := setProfile(ctx, c, u.Have.ID, want.Profile); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{u.Have.ID}, Tags: tagList(want.Tags)})
		return err
	}
	return nil
}

// terminate takes the protection off, and waits until the instance is gone: its interface keeps groups and subnets in use.
func terminate(ctx context.Context, sc *ztcore.Scope, have instanceState) error {
	c := ec2.NewFromConfig(sc.Config)
	if have.Protected {
		if err := protect(ctx, c, have.ID, false); err != nil {
			return unlessGone(err)
		}
	}
	if _, err := c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{have.ID}}); err != nil {
		return unlessGone(err)
	}
	return ztcore.Await(ctx, "instance "+have.ID+" is terminated", 10*time.Minute, func() (bool, error) {
		left, err := describe(ctx, sc, types.Filter{Name: aws.String("instance-id"), Values: []string{have.ID}}, types.Filter{Name: aws.String("instance-state-name"), Values: present})
		return len(left) == 0, err
	})
}
