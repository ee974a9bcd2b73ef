// Package instance declares EC2 instances for applications, apart from package appsec since EC2's client takes more than a
// minute to compile.
//
//	vpc := network.VPC{Name: "prod", CIDR: "10.0.0.0/16"}
//	subnet := network.Subnet{Name: "app", VPC: vpc.ID(), CIDR: "10.0.0.0/24", Zone: "us-east-1a"}
//	group := network.SecurityGroup{Name: "app", VPC: vpc.ID(), Description: "instances of MyApp"}
//	app := instance.App{Name: "MyApp", Instance: instance.Instance{Subnet: subnet.ID(), SecurityGroups: []id.SecurityGroup{group.ID()}}}
//	plan, err := ztcore.NewBaseline("app", vpc, subnet, group, app).Plan(ctx, cfg)
//
//	guide, rows 23–24  role MyAppRole with AmazonS3ReadOnlyAccess    App.Role
//	           25–26   profile MyAppInstanceProfile with the role    App.Profile
//	           27      an instance with the profile                  Instance, App.Server
//
// The image is looked up by a public parameter of Systems Manager. An instance keeps the image it was started from: newer
// ones behind the parameter replace nothing. What it was launched from is kept in its tag zerotrust:launched-from.
//
// Left out: elastic addresses, more interfaces and volumes than one, placement, spot and auto-scaling, and whether an
// instance runs or is stopped, which plans do not look at.
package instance
