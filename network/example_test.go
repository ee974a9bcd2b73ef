package network_test

import (
	"context"
	"fmt"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// A private network and a group for it, planned and applied on an AWS in memory.
func Example() {
	net := network.Preset{Name: "main"}
	ssh := network.SecurityGroup{
		Name: "SSHAccess", Description: "Allow SSH from specific IP", VPC: net.VPC().ID(),
		Ingress: []network.Rule{network.AllowTCP(22).From("203.0.113.0/24").Because("operators")},
	}
	baseline := ztcore.NewBaseline("network", net, ssh, network.DefaultVPC{})

	ctx, cfg := context.Background(), fakeaws.New(fakests.Install, fakeec2.Install).Config()
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s)
	}
	if _, err := plan.Apply(ctx); err != nil {
		fmt.Println(err)
		return
	}
	again, err := baseline.Plan(ctx, cfg)
	fmt.Println(err, again.Empty())
	// Output:
	// create network.VPC/main
	// create network.DefaultSecurityGroup/main
	// create network.Subnet/main-a
	// create network.Subnet/main-b
	// create network.RouteTable/main-private
	// create network.GatewayEndpoint/main-s3
	// create network.SecurityGroup/SSHAccess
	// create network.SecurityGroupRules/SSHAccess
	// update network.DefaultVPC/absent
	// <nil> true
}

// Two groups that admit each other are no cycle: a group and its rules are two resources.
func ExampleSecurityGroup() {
	vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	app := network.SecurityGroup{Name: "app", Description: "the application", VPC: vpc.ID()}
	data := network.SecurityGroup{Name: "data", Description: "the database", VPC: vpc.ID()}
	app.Egress = []network.Rule{network.AllowTCP(5432).ToGroup(data.ID())}
	data.Ingress = []network.Rule{network.AllowTCP(5432).FromGroup(app.ID())}
	fmt.Println(ztcore.NewBaseline("ledger", vpc, app, data).Check())
	// Output: <nil>
}

// A guardrail's finding says what is wrong and what to do; Apply is blocked until it is mended or waived.
func ExampleRule() {
	vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	open := network.SecurityGroup{
		Name: "SSHAccess", Description: "Allow SSH from anywhere", VPC: vpc.ID(), Ingress: []network.Rule{network.AllowTCP(22).From("0.0.0.0/0")},
	}
	plan, err := ztcore.PlanOf(context.Background(), fakeaws.New(fakests.Install, fakeec2.Install).Config(), "open", ztcore.List{vpc, open})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range plan.Findings {
		fmt.Println(f.Guardrail)
		fmt.Println(f.Attribute)
		fmt.Println(f.Message)
		fmt.Println(f.Fix)
	}
	// Output:
	// network.admin-port-open
	// ingress from 0.0.0.0/0: tcp 22
	// 22 (SSH): open to the internet
	// use Session Manager, which needs no open port, or name the networks and groups that need it
}
