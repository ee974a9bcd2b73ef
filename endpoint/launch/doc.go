// Package launch declares launch templates of EC2: what instances are made from, alone or in a group.
//
//	template := launch.Template{
//		Name:           "web",
//		Profile:        profile.ARN(),
//		SecurityGroups: []id.SecurityGroup{group.ID()},
//		Key:            key.ARN(),
//		Machine:        userdata.Machine{Run: []string{"dnf install -y nginx", "systemctl enable --now nginx"}},
//	}
//	plan, err := ztcore.NewBaseline("web", template).Plan(ctx, cfg)
//
// A template with a name and a security group is the newest Amazon Linux 2023, with an antivirus that is kept up to date (guide step
// 19), an encrypted root volume, no public address, detailed monitoring, no SSH, and instance metadata by IMDSv2 alone, which
// does not leave the machine. An image is named by its public parameter, not by an id that is of one region and one day.
//
// A change makes a new version, which becomes the default; the last five are kept, to go back to. Instances that run stay as they
// are: a group has to be refreshed, for example by its instance refresh.
//
// Left out are further volumes and interfaces, spot and capacity options, and what only some instance types have.
package launch
