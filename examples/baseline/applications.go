package main

import (
	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// applications is section 7 of the guide.
func applications(at place) []step {
	vpc := network.VPC{Name: "applications", CIDR: "10.2.0.0/16"}
	subnet := network.Subnet{Name: "applications-a", VPC: vpc.ID(), CIDR: "10.2.1.0/24", Zone: at.region + "a"}
	pool := appsec.UserPool{Name: "MyUserPool"}
	client := appsec.UserPoolClient{Name: "MyAppClient", Pool: pool.ID(), CallbackURLs: []string{"https://app.example.com/signed-in"}}
	logs := monitoring.LogGroup{Name: "/zero-trust/api"}
	writer := iam.Role{
		Name: "APIGatewayToLogs", TrustedBy: policy.Service("apigateway.amazonaws.com"),
		Attached: []id.PolicyARN{iam.AWSManaged("service-role/AmazonAPIGatewayPushToCloudWatchLogs")},
	}
	account := appsec.Account{LogRole: writer.ARN()}
	api := appsec.API{
		Name: "MySecureAPI", After: []string{account.RoleToken()}, Stage: appsec.Stage{AccessLogs: logs.ARN()},
		Routes: []appsec.Route{{Path: "/myresource", Method: "GET", Integration: appsec.Integration{Mock: true}}},
	}
	group := network.SecurityGroup{Name: "my-app", Description: "The application, which takes nothing and sends by TLS", VPC: vpc.ID(), Egress: []network.Rule{network.AllowTCP(443).To(vpc.CIDR).Because("endpoints")}}
	app := instance.App{Name: "MyApp", Instance: instance.Instance{Type: "t2.micro", RootGiB: 8, Subnet: subnet.ID(), SecurityGroups: []id.SecurityGroup{group.ID()}}}
	if at.emulated {
		api.LegacyTLSBecause, api.AnyHostBecause = "the emulator keeps no security policy", "the emulator keeps no access mode"
		app.Instance.RootDevice = "/dev/sda1" // whatever its images say
	}
	return []step{
		{rows: "23–27", what: "an instance with a role of its own", resources: ztcore.List{vpc, subnet, group, app}},
		{rows: "28–29", what: "a user pool and its client", resources: ztcore.List{pool, client}},
		{rows: "30–32", what: "a REST API that asks for a signature of AWS, deployed", resources: ztcore.List{logs, writer, account, api}},
	}
}
