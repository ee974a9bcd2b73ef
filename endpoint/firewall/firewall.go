package firewall

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Firewall inspects what routes lead to its endpoints. It is protected against deletion and against a change of its policy and subnets;
// this package lifts the protection for as long as a change of its own takes. Making and removing one takes AWS some minutes.
type Firewall struct {
	Name        string // 1–128 letters, digits and hyphens
	Description string
	Policy      id.ARN
	VPC         id.VPC // a change makes another firewall
	// Subnets have the endpoints, one for each Availability Zone by which they are named. They hold nothing else, and their own routes lead out.
	Subnets map[string]id.Subnet
	// UnprotectedBecause says why anybody may delete or change the firewall without lifting a protection first.
	UnprotectedBecause string
	LogTo              Logs // see Logging
	Tags               map[string]string
}

// ARN is the firewall's ARN, known before it exists.
func (f Firewall) ARN() id.ARN { return id.ARN(firewalls.Ref(f.Name, "ARN")) }

// Endpoint is the endpoint of a zone of Subnets, for routes to lead to. AWS chooses it.
func (f Firewall) Endpoint(zone string) id.VPCEndpoint {
	return id.VPCEndpoint(endpoints.Ref(f.Name+"/"+zone, "ID"))
}

// Declare implements ztcore.Resource.
func (f Firewall) Declare(d *ztcore.Declaration) {
	want := firewallState{
		Name: f.Name, Description: f.Description, Policy: string(f.Policy), VPC: string(f.VPC), Subnets: []string{}, Tags: f.Tags, Status: string(types.FirewallStatusValueReady),
		DeleteProtection: f.UnprotectedBecause == "", PolicyProtection: f.UnprotectedBecause == "", SubnetProtection: f.UnprotectedBecause == "",
	}
	for _, zone := range slices.Sorted(maps.Keys(f.Subnets)) {
		want.Subnets = append(want.Subnets, string(f.Subnets[zone]))
		endpoints.Declare(d, f.Name+"/"+zone, endpointState{Firewall: string(f.ARN()), Zone: zone, Subnet: string(f.Subnets[zone])})
	}
	n := firewalls.Declare(d, f.Name, want)
	if f.UnprotectedBecause != "" {
		n.Except("DeleteProtection", f.UnprotectedBecause)
	}
	if f.LogTo == (Logs{}) {
		n.Note("nothing is logged unless a Logging says so")
	} else {
		Logging{Name: f.Name, Firewall: f.ARN(), Logs: f.LogTo}.Declare(d)
	}
}

type firewallState struct {
	Name             string `zt:"key"`
	VPC              string `zt:"immutable"`
	Description      string
	Policy           string
	Subnets          []string `zt:"set"`
	DeleteProtection bool
	PolicyProtection bool
	SubnetProtection bool
	Status           string            // PROVISIONING at first; routes need it READY
	Tags             map[string]string `zt:"tags"`
	ARN              string            `zt:"output"`
}

var firewalls = &ztcore.Kind[firewallState]{
	Name: "endpoint.Firewall", Permissions: &firewallsNeed, Read: readFirewalls, Create: createFirewall, Update: updateFirewall, Delete: deleteFirewall,
	Check:    checkFirewall,
	Predict:  func(sc *ztcore.Scope, want *firewallState) { want.ARN = arn(sc, "firewall", want.Name) },
	Controls: []string{"FSBP NetworkFirewall.9", "FSBP NetworkFirewall.10", "NIST SP 800-207 tenet 3", "CISA ZTMM Networks"},
}

var firewallsNeed = ztcore.Permissions{
	Read: []string{"network-firewall:DescribeFirewall", "network-firewall:ListFirewalls"},
	Write: []string{
		"iam:CreateServiceLinkedRole", "network-firewall:AssociateFirewallPolicy", "network-firewall:AssociateSubnets", "network-firewall:CreateFirewall",
		"network-firewall:DisassociateSubnets", "network-firewall:TagResource", "network-firewall:UpdateFirewallDeleteProtection",
		"network-firewall:UpdateFirewallDescription", "network-firewall:UpdateFirewallPolicyChangeProtection", "network-firewall:UpdateSubnetChangeProtection",
	},
	Delete: []string{
		"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
		"logs:PutResourcePolicy", "logs:UpdateLogDelivery", "network-firewall:DeleteFirewall", "network-firewall:DescribeLoggingConfiguration",
		"network-firewall:UpdateFirewallDeleteProtection", "network-firewall:UpdateLoggingConfiguration", "s3:GetBucketPolicy", "s3:PutBucketPolicy",
	},
}

func readFirewalls(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[firewallState]) ([]firewallState, error) {
	client, out, in := networkfirewall.NewFromConfig(sc.Config), []firewallState{}, &networkfirewall.ListFirewallsInput{}
	for more := true; more; more = in.NextToken != nil {
		page, err := client.ListFirewalls(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, f := range page.Firewalls {
			if q.Owned || slices.ContainsFunc(q.Want, func(w firewallState) bool { return w.Name == aws.ToString(f.FirewallName) }) {
				out = append(out, firewallState{Name: aws.ToString(f.FirewallName)})
			}
		}
		in.NextToken = page.NextToken
	}
	err := ztcore.Each(ctx, len(out), func(ctx context.Context, i int) error {
		f, err := describe(ctx, sc, out[i].Name)
		if err == nil && f != nil {
			out[i].see(f)
		}
		return err
	})
	return slices.DeleteFunc(out, func(s firewallState) bool { return s.ARN == "" }), err
}

func createFirewall(ctx context.Context, sc *ztcore.Scope, want firewallState) error {
	_, err := networkfirewall.NewFromConfig(sc.Config).CreateFirewall(ctx, &networkfirewall.CreateFirewallInput{
		FirewallName: &want.Name, FirewallPolicyArn: &want.Policy, VpcId: &want.VPC, SubnetMappings: mappings(want.Subnets), Description: optional(want.Description),
		DeleteProtection: want.DeleteProtection, FirewallPolicyChangeProtection: want.PolicyProtection, SubnetChangeProtection: want.SubnetProtection, Tags: tagList(want.Tags),
	})
	if err != nil {
		return err
	}
	return awaitReady(ctx, sc, want.Name)
}

func updateFirewall(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[firewallState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ARN, u.Want.Tags); err != nil {
			return err
		}
	}
	if err := (change{ctx, networkfirewall.NewFromConfig(sc.Config), u.Want.Name}).bring(u); err != nil {
		return err
	}
	return awaitReady(ctx, sc, u.Want.Name)
}

// deleteFirewall lifts the protection, ends the logging, which AWS wants first, and returns when the firewall is gone, for only then
// its policy and subnets are free.
func deleteFirewall(ctx context.Context, sc *ztcore.Scope, have firewallState) error {
	client := networkfirewall.NewFromConfig(sc.Config)
	if have.Status != string(types.FirewallStatusValueDeleting) {
		if _, err := client.UpdateFirewallDeleteProtection(ctx, &networkfirewall.UpdateFirewallDeleteProtectionInput{FirewallName: &have.Name, DeleteProtection: false}); unlessAbsent(err) != nil && !leaving(ctx, sc, have.Name) {
			return err
		}
		if err := configure(ctx, sc, loggingState{Firewall: have.ARN}); unlessAbsent(err) != nil && !leaving(ctx, sc, have.Name) {
			return err
		}
		if _, err := client.DeleteFirewall(ctx, &networkfirewall.DeleteFirewallInput{FirewallName: &have.Name}); unlessAbsent(err) != nil && !leaving(ctx, sc, have.Name) {
			return err
		}
	}
	return awaitGone(ctx, sc, have.Name)
}

func (s *firewallState) see(out *networkfirewall.DescribeFirewallOutput) {
	f := out.Firewall
	s.ARN, s.VPC, s.Description, s.Policy, s.Tags = aws.ToString(f.FirewallArn), aws.ToString(f.VpcId), aws.ToString(f.Description), aws.ToString(f.FirewallPolicyArn), tagMap(f.Tags)
	s.DeleteProtection, s.PolicyProtection, s.SubnetProtection, s.Subnets = f.DeleteProtection, f.FirewallPolicyChangeProtection, f.SubnetChangeProtection, []string{}
	for _, m := range f.SubnetMappings {
		s.Subnets = append(s.Subnets, aws.ToString(m.SubnetId))
	}
	if out.FirewallStatus != nil {
		s.Status = string(out.FirewallStatus.Status)
	}
}

func checkFirewall(want firewallState) []ztcore.Finding {
	out := checkName(want.Name, want.Description)
	find := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if want.Policy == "" || !ztcore.HasToken(want.Policy) && !strings.Contains(want.Policy, ":firewall-policy/") {
		find("Policy", fmt.Sprintf("%q is no firewall policy", want.Policy), "set it to a Policy's ARN()")
	}
	if want.VPC == "" {
		find("VPC", "no VPC is named", "set it to a VPC's ID()")
	}
	if len(want.Subnets) == 0 {
		find("Subnets", "without a subnet there is no endpoint, and nothing is inspected", "name one in each Availability Zone that has workloads")
	}
	return out
}
