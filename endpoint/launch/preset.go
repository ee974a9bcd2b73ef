package launch

import (
	"maps"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/endpoint/userdata"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a sound start for the instances of one application: a launch template with a role and profile that Systems Manager can
// manage them by, a security group that admits nobody, and a key for their volumes. A name and a VPC are enough.
//
// Auto Scaling launches by a role of its own, which needs to be among the key's users: give a Key then.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
type Preset struct {
	Name         string
	VPC          id.VPC           // of the security group; not needed with SecurityGroups
	Machine      userdata.Machine // an Amazon Linux 2023 with an antivirus if left out
	InstanceType string           // t3.micro if empty
	// Policy is what instances may do besides being managed: endpoint.Preset.InstancePolicy for encrypted sessions, for example.
	Policy   policy.Document
	Boundary id.PolicyARN // permissions boundary of the role
	// SecurityGroups take the place of the preset's own, which lets instances out to TCP ports 443, and 80 for Ubuntu's packages.
	SecurityGroups []id.SecurityGroup
	Key            id.KeyARN // for the volumes; a key is made if it is empty
	PatchGroup     string    // the value of the instances' tag PatchGroup: Name if empty
	Tags           map[string]string
}

// Role is the role of the instances.
func (p Preset) Role() iam.Role {
	return iam.Role{
		Name: p.Name, Description: "Instances of " + p.Name, TrustedBy: policy.Service("ec2.amazonaws.com"), Inline: p.Policy, Boundary: p.Boundary,
		Attached: []id.PolicyARN{iam.AWSManaged("AmazonSSMManagedInstanceCore")}, Tags: p.Tags,
	}
}

// Profile is what gives the role to instances.
func (p Preset) Profile() iam.InstanceProfile {
	return iam.InstanceProfile{Name: p.Name, Role: p.Role().RoleName(), Tags: p.Tags}
}

// SecurityGroup is the preset's group, for others to admit.
func (p Preset) SecurityGroup() network.SecurityGroup {
	out := []network.Rule{network.AllowTCP(443).To("0.0.0.0/0").Because("Systems Manager, packages and virus definitions")}
	if p.Machine.System == userdata.Ubuntu {
		out = append(out, network.AllowTCP(80).To("0.0.0.0/0").Because("signed packages of Ubuntu"))
	}
	return network.SecurityGroup{Name: p.Name, Description: "Instances of " + p.Name, VPC: p.VPC, Ingress: []network.Rule{}, Egress: out, Tags: p.Tags}
}

// VolumeKey is the key that the preset makes if it is given none.
func (p Preset) VolumeKey() dataprotect.Key {
	return dataprotect.Key{Name: p.Name + "-volumes", Description: "Volumes of " + p.Name, Tags: p.Tags}
}

// Template is the preset's launch template.
func (p Preset) Template() Template {
	t := Template{
		Name: p.Name, Machine: p.Machine, InstanceType: p.InstanceType, Profile: p.Profile().ARN(), SecurityGroups: p.SecurityGroups, Key: p.Key, Tags: p.Tags,
		InstanceTags: map[string]string{"Name": p.Name, "PatchGroup": p.PatchGroup},
	}
	if p.PatchGroup == "" {
		t.InstanceTags["PatchGroup"] = p.Name
	}
	maps.Copy(t.InstanceTags, p.Tags)
	if len(t.SecurityGroups) == 0 {
		t.SecurityGroups = []id.SecurityGroup{p.SecurityGroup().ID()}
	}
	if t.Key == "" {
		t.Key = p.VolumeKey().ARN()
	}
	return t
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	all := ztcore.List{p.Role(), p.Profile(), p.Template()}
	if len(p.SecurityGroups) == 0 {
		all = append(all, p.SecurityGroup())
	}
	if p.Key == "" {
		all = append(all, p.VolumeKey())
	}
	all.Declare(d)
}
