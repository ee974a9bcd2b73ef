package instance_test

import (
	"context"
	"fmt"

	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// A role that reads from S3, the profile that hands it out, and an instance that has it.
func ExampleApp() {
	ctx, cfg := context.Background(), newCloud().Config()
	app := instance.App{Name: "MyApp", Instance: instance.Instance{Subnet: subnet.ID(), SecurityGroups: []id.SecurityGroup{web.ID()}}}
	plan, err := ztcore.NewBaseline("app", vpc, subnet, web, app).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		if s.Kind[:3] != "net" {
			fmt.Println(s.Action, s.Address)
		}
	}
	// Output:
	// create iam.Role/MyAppRole
	// create iam.RoleAttachments/MyAppRole
	// create iam.InstanceProfile/MyAppInstanceProfile
	// create appsec.Instance/MyApp
}
