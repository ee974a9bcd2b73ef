package instance

import (
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// App is an application on an instance of its own: a role that EC2 alone assumes, the profile that hands it to the
// instance, and the instance. For an App named MyApp they are MyAppRole, MyAppInstanceProfile and MyApp.
type App struct {
	Name     string
	Policies []id.PolicyARN // of the role; AmazonS3ReadOnlyAccess if nil
	Boundary id.PolicyARN   // of the role
	// Instance says the rest. Its name is the App's if empty, and its profile is the App's.
	Instance Instance
	Tags     map[string]string // of the role and the profile
}

// Role is the application's role.
func (a App) Role() iam.Role {
	attached := a.Policies
	if attached == nil {
		attached = []id.PolicyARN{iam.AWSManaged("AmazonS3ReadOnlyAccess")}
	}
	return iam.Role{Name: a.Name + "Role", TrustedBy: policy.Service("ec2.amazonaws.com"), Attached: attached, Boundary: a.Boundary, Tags: a.Tags}
}

// Profile is the profile that hands the role to the instance.
func (a App) Profile() iam.InstanceProfile {
	return iam.InstanceProfile{Name: a.Name + "InstanceProfile", Role: a.Role().RoleName(), Tags: a.Tags}
}

// Server is the application's instance.
func (a App) Server() Instance {
	i := a.Instance
	if i.Name == "" {
		i.Name = a.Name
	}
	i.Profile = a.Profile().ARN()
	return i
}

// Declare implements ztcore.Resource.
func (a App) Declare(d *ztcore.Declaration) {
	ztcore.List{a.Role(), a.Profile(), a.Server()}.Declare(d)
}
