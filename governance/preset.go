package governance

import (
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a sound start for what no account of an organization can do, whatever its own policies say. With a name and a
// target it enables service control policies and attaches two of them:
//
//   - Name-identity: no IAM users or access keys, no root users, no leaving the organization
//   - Name-platform: what watches the accounts stays on, instances use IMDSv2, and work stays in Regions if given
//
// Two, so that there is room for others': a target takes ten, AWS's own among them.
type Preset struct {
	Name   string                // begins the names of the policies
	Target id.OrganizationTarget // the unit or account that they hold for; the whole organization if empty, which takes a reason
	// RootBecause says why they hold for every account at once, if Target is empty or the root.
	RootBecause string
	BreakGlass  []string // roles for emergencies, whom nothing of it binds: names, patterns or ARNs
	Regions     []string // where work is done, as "eu-central-1"; anywhere if empty
	// Organization is the organization's id, as o-a1b2c3d4e5. With it, resources serve the organization's principals only: the
	// resource control policy DataPerimeter.
	Organization string
	Tags         map[string]string
}

// Identity is the preset's policy about identities.
func (p Preset) Identity() Policy {
	return p.policy("identity", "Identities of "+p.Name+" have no long-lived credentials and stay in the organization", ServiceControl,
		DenyIAMUserCreation(p.BreakGlass...).And(DenyLeaveOrganization(p.BreakGlass...), DenyRootUser()))
}

// Platform is the preset's policy about what watches the accounts, instances and regions.
func (p Preset) Platform() Policy {
	d := ProtectSecurityServices(p.BreakGlass...).And(RequireIMDSv2(p.BreakGlass...))
	if len(p.Regions) > 0 {
		d = d.And(DenyRegionsExcept(p.Regions, p.BreakGlass...))
	}
	return p.policy("platform", "What watches the accounts of "+p.Name+" stays on", ServiceControl, d)
}

// Perimeter is the preset's resource control policy, which needs Organization.
func (p Preset) Perimeter() Policy {
	return p.policy("perimeter", "Data of "+p.Name+" serves the organization only", ResourceControl, DataPerimeter(p.Organization))
}

func (p Preset) policy(name, description string, t Type, d policy.Document) Policy {
	enabled := PolicyType{Type: t}
	target := p.Target
	if target == "" {
		target = enabled.Root()
	}
	return Policy{
		Name: p.Name + "-" + name, Description: description, Type: t, Document: d, Targets: []id.OrganizationTarget{target}, RootBecause: p.RootBecause,
		BreakGlass: p.BreakGlass, After: []string{string(enabled.Root())}, Tags: p.Tags,
	}
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	ztcore.List{PolicyType{Type: ServiceControl}, p.Identity(), p.Platform()}.Declare(d)
	if p.Organization != "" {
		ztcore.List{PolicyType{Type: ResourceControl}, p.Perimeter()}.Declare(d)
	}
}
