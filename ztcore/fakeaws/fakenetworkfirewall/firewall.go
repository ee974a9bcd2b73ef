package fakenetworkfirewall

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html
const mostFirewalls = 5

type firewall struct {
	Name, ID, Token                         string
	Description                             *string
	VPC, Policy                             string
	Endpoints                               []endpoint
	DeleteProtected, PolicyFixed, SubnetFix bool
	Logging                                 []types.LogDestinationConfig
	Tags                                    map[string]string
	Gone                                    time.Time // when its removal will have ended; zero while it stays
}

// endpoint is where the traffic of a zone enters the firewall.
type endpoint struct {
	ID, Subnet, Zone string
	AddressType      types.IPAddressType
	Ready            time.Time
}

const firewallKind = "firewall"

// firewall finds one that is there, if only to be deleted.
func (r *region) firewall(ctx context.Context, arn, name *string) (*firewall, error) {
	f, err := lookup(ctx, r.Firewalls, firewallKind, arn, name)
	if err == nil && f.gone() {
		return nil, notFound(f.Name)
	}
	return f, err
}

func (f *firewall) gone() bool { return f.deleted() && !time.Now().Before(f.Gone) }

func (f *firewall) deleted() bool { return !f.Gone.IsZero() }

// change finds a firewall to be changed, and gives it another token.
func (s *Service) change(ctx context.Context, arn, name, token *string, fixed func(*firewall) string) (*firewall, error) {
	f, err := s.regions.In(ctx).firewall(ctx, arn, name)
	if err != nil {
		return nil, err
	}
	if token != nil && *token != f.Token {
		return nil, staleToken()
	}
	if f.deleted() {
		return nil, impossible("The firewall %s is being deleted", f.Name)
	}
	if fixed != nil {
		if why := fixed(f); why != "" {
			return nil, impossible("%s", why)
		}
	}
	f.Token = s.cloud.UUID()
	return f, nil
}

// CreateFirewall makes a firewall, which is PROVISIONING at first. A protection that the request does not turn on is off, as users see it,
// though the reference says that a new firewall has all of them.
func (s *Service) CreateFirewall(ctx context.Context, in *networkfirewall.CreateFirewallInput, _ ...opt) (*networkfirewall.CreateFirewallOutput, error) {
	r := s.regions.In(ctx)
	if err := checkName("FirewallName", in.FirewallName); err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	if _, err := lookup(ctx, r.Policies, policyKind, in.FirewallPolicyArn, nil); err != nil {
		return nil, invalid("The firewall policy %s does not exist", aws.ToString(in.FirewallPolicyArn))
	}
	if aws.ToString(in.VpcId) == "" || len(in.SubnetMappings) == 0 {
		return nil, invalid("VpcId and SubnetMappings are required for a firewall that is not attached to a transit gateway")
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(r.Firewalls, func(_ string, f *firewall) bool { return f.gone() })
	if r.Firewalls[*in.FirewallName] != nil {
		return nil, invalid("A resource with the specified name already exists")
	}
	if len(r.Firewalls) >= mostFirewalls {
		return nil, limitExceeded("You may have %d firewalls", mostFirewalls)
	}
	f := &firewall{
		Name: *in.FirewallName, ID: s.cloud.UUID(), Token: s.cloud.UUID(), Description: in.Description, VPC: *in.VpcId, Policy: *in.FirewallPolicyArn,
		DeleteProtected: in.DeleteProtection, PolicyFixed: in.FirewallPolicyChangeProtection, SubnetFix: in.SubnetChangeProtection, Tags: tags,
	}
	if err := s.attach(ctx, f, in.SubnetMappings); err != nil {
		return nil, err
	}
	r.Firewalls[f.Name] = f
	return &networkfirewall.CreateFirewallOutput{Firewall: f.describe(ctx), FirewallStatus: f.status()}, nil
}

// attach makes an endpoint in each subnet, of which every zone has one at most.
func (s *Service) attach(ctx context.Context, f *firewall, mappings []types.SubnetMapping) error {
	subnets, known := fakeaws.Capability[fakeaws.Subnets](s.cloud)
	added := slices.Clone(f.Endpoints)
	for _, m := range mappings {
		id := aws.ToString(m.SubnetId)
		zone := fmt.Sprintf("%s%c", fakeaws.CallFrom(ctx).Region, 'a'+len(added)) // without EC2 there is no other way to tell
		if known {
			vpc, where, ok := subnets.Subnet(ctx, id)
			if !ok || vpc != f.VPC {
				return invalid("The subnet %s does not exist in %s", id, f.VPC)
			}
			zone = where
		}
		if slices.ContainsFunc(added, func(e endpoint) bool { return e.Subnet == id || e.Zone == zone }) {
			return invalid("A firewall can have one subnet in each Availability Zone, and has one in %s", zone)
		}
		kind := m.IPAddressType
		if kind == "" {
			kind = types.IPAddressTypeIpv4
		}
		added = append(added, endpoint{ID: s.cloud.ID("vpce-", 17), Subnet: id, Zone: zone, AddressType: kind, Ready: s.settled()})
	}
	f.Endpoints = added
	return nil
}

// DescribeFirewall answers a firewall with the state of its endpoints.
func (s *Service) DescribeFirewall(ctx context.Context, in *networkfirewall.DescribeFirewallInput, _ ...opt) (*networkfirewall.DescribeFirewallOutput, error) {
	f, err := s.regions.In(ctx).firewall(ctx, in.FirewallArn, in.FirewallName)
	if err != nil {
		return nil, err
	}
	return &networkfirewall.DescribeFirewallOutput{Firewall: f.describe(ctx), FirewallStatus: f.status(), UpdateToken: aws.String(f.Token)}, nil
}

// ListFirewalls answers the firewalls by name, those of some VPCs if these are named.
func (s *Service) ListFirewalls(ctx context.Context, in *networkfirewall.ListFirewallsInput, _ ...opt) (*networkfirewall.ListFirewallsOutput, error) {
	r, all := s.regions.In(ctx), []types.FirewallMetadata{}
	for _, name := range slices.Sorted(maps.Keys(r.Firewalls)) {
		if f := r.Firewalls[name]; !f.gone() && (len(in.VpcIds) == 0 || slices.Contains(in.VpcIds, f.VPC)) {
			all = append(all, types.FirewallMetadata{FirewallName: aws.String(name), FirewallArn: aws.String(arnOf(ctx, firewallKind, name))})
		}
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults)
	return &networkfirewall.ListFirewallsOutput{Firewalls: some, NextToken: next}, err
}

// DeleteFirewall begins the removal of a firewall that is not protected and logs nothing.
// https://docs.aws.amazon.com/network-firewall/latest/developerguide/deleting-firewall.html
func (s *Service) DeleteFirewall(ctx context.Context, in *networkfirewall.DeleteFirewallInput, _ ...opt) (*networkfirewall.DeleteFirewallOutput, error) {
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, nil, func(f *firewall) string {
		switch {
		case f.DeleteProtected:
			return "The firewall is protected against deletion"
		case len(f.Logging) > 0:
			return "The firewall has a logging configuration, which must be removed first"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	f.Gone = s.settled()
	return &networkfirewall.DeleteFirewallOutput{Firewall: f.describe(ctx), FirewallStatus: f.status()}, nil
}

// AssociateFirewallPolicy gives a firewall another policy.
func (s *Service) AssociateFirewallPolicy(ctx context.Context, in *networkfirewall.AssociateFirewallPolicyInput, _ ...opt) (*networkfirewall.AssociateFirewallPolicyOutput, error) {
	if _, err := lookup(ctx, s.regions.In(ctx).Policies, policyKind, in.FirewallPolicyArn, nil); err != nil {
		return nil, err
	}
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, in.UpdateToken, func(f *firewall) string {
		if f.PolicyFixed {
			return "The firewall is protected against a change of its policy"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	f.Policy = *in.FirewallPolicyArn
	return &networkfirewall.AssociateFirewallPolicyOutput{FirewallName: aws.String(f.Name), FirewallArn: aws.String(arnOf(ctx, firewallKind, f.Name)), FirewallPolicyArn: aws.String(f.Policy), UpdateToken: aws.String(f.Token)}, nil
}

func subnetsFixed(f *firewall) string {
	if f.SubnetFix {
		return "The firewall is protected against a change of its subnets"
	}
	return ""
}

// AssociateSubnets adds endpoints.
func (s *Service) AssociateSubnets(ctx context.Context, in *networkfirewall.AssociateSubnetsInput, _ ...opt) (*networkfirewall.AssociateSubnetsOutput, error) {
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, in.UpdateToken, subnetsFixed)
	if err != nil {
		return nil, err
	}
	if err := s.attach(ctx, f, in.SubnetMappings); err != nil {
		return nil, err
	}
	return &networkfirewall.AssociateSubnetsOutput{FirewallName: aws.String(f.Name), FirewallArn: aws.String(arnOf(ctx, firewallKind, f.Name)), SubnetMappings: f.mappings(), UpdateToken: aws.String(f.Token)}, nil
}

// DisassociateSubnets removes endpoints, all but the last.
func (s *Service) DisassociateSubnets(ctx context.Context, in *networkfirewall.DisassociateSubnetsInput, _ ...opt) (*networkfirewall.DisassociateSubnetsOutput, error) {
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, in.UpdateToken, subnetsFixed)
	if err != nil {
		return nil, err
	}
	left := slices.Clone(f.Endpoints)
	for _, id := range in.SubnetIds {
		i := slices.IndexFunc(left, func(e endpoint) bool { return e.Subnet == id })
		if i < 0 {
			return nil, invalid("The subnet %s is not associated", id)
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) == 0 {
		return nil, invalid("A firewall must keep a subnet")
	}
	f.Endpoints = left
	return &networkfirewall.DisassociateSubnetsOutput{FirewallName: aws.String(f.Name), FirewallArn: aws.String(arnOf(ctx, firewallKind, f.Name)), SubnetMappings: f.mappings(), UpdateToken: aws.String(f.Token)}, nil
}

// UpdateFirewallDescription changes the description.
func (s *Service) UpdateFirewallDescription(ctx context.Context, in *networkfirewall.UpdateFirewallDescriptionInput, _ ...opt) (*networkfirewall.UpdateFirewallDescriptionOutput, error) {
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, in.UpdateToken, nil)
	if err != nil {
		return nil, err
	}
	f.Description = in.Description
	return &networkfirewall.UpdateFirewallDescriptionOutput{Description: f.Description, FirewallName: aws.String(f.Name), UpdateToken: aws.String(f.Token)}, nil
}

// UpdateFirewallDeleteProtection turns the protection against deletion on or off.
func (s *Service) UpdateFirewallDeleteProtection(ctx context.Context, in *networkfirewall.UpdateFirewallDeleteProtectionInput, _ ...opt) (*networkfirewall.UpdateFirewallDeleteProtectionOutput, error) {
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, in.UpdateToken, nil)
	if err != nil {
		return nil, err
	}
	f.DeleteProtected = in.DeleteProtection
	return &networkfirewall.UpdateFirewallDeleteProtectionOutput{DeleteProtection: f.DeleteProtected, FirewallName: aws.String(f.Name), UpdateToken: aws.String(f.Token)}, nil
}

// UpdateFirewallPolicyChangeProtection turns the protection against another policy on or off.
func (s *Service) UpdateFirewallPolicyChangeProtection(ctx context.Context, in *networkfirewall.UpdateFirewallPolicyChangeProtectionInput, _ ...opt) (*networkfirewall.UpdateFirewallPolicyChangeProtectionOutput, error) {
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, in.UpdateToken, nil)
	if err != nil {
		return nil, err
	}
	f.PolicyFixed = in.FirewallPolicyChangeProtection
	return &networkfirewall.UpdateFirewallPolicyChangeProtectionOutput{FirewallPolicyChangeProtection: f.PolicyFixed, FirewallName: aws.String(f.Name), UpdateToken: aws.String(f.Token)}, nil
}

// UpdateSubnetChangeProtection turns the protection against other subnets on or off.
func (s *Service) UpdateSubnetChangeProtection(ctx context.Context, in *networkfirewall.UpdateSubnetChangeProtectionInput, _ ...opt) (*networkfirewall.UpdateSubnetChangeProtectionOutput, error) {
	f, err := s.change(ctx, in.FirewallArn, in.FirewallName, in.UpdateToken, nil)
	if err != nil {
		return nil, err
	}
	f.SubnetFix = in.SubnetChangeProtection
	return &networkfirewall.UpdateSubnetChangeProtectionOutput{SubnetChangeProtection: f.SubnetFix, FirewallName: aws.String(f.Name), UpdateToken: aws.String(f.Token)}, nil
}

// RouteEndpoint is offered to EC2, whose routes can lead to the endpoints of firewalls.
func (s *Service) RouteEndpoint(ctx context.Context, id string) (vpc string, ok bool) {
	for _, f := range s.regions.In(ctx).Firewalls {
		if !f.gone() && slices.ContainsFunc(f.Endpoints, func(e endpoint) bool { return e.ID == id }) {
			return f.VPC, true
		}
	}
	return "", false
}

// EndpointIn is offered to EC2, which keeps the subnets of firewalls.
func (s *Service) EndpointIn(ctx context.Context, subnet string) bool {
	for _, f := range s.regions.In(ctx).Firewalls {
		if !f.gone() && slices.ContainsFunc(f.Endpoints, func(e endpoint) bool { return e.Subnet == subnet }) {
			return true
		}
	}
	return false
}

func (f *firewall) mappings() []types.SubnetMapping {
	out := []types.SubnetMapping{}
	for _, e := range f.Endpoints {
		out = append(out, types.SubnetMapping{SubnetId: aws.String(e.Subnet), IPAddressType: e.AddressType})
	}
	return out
}

func (f *firewall) describe(ctx context.Context) *types.Firewall {
	return &types.Firewall{
		FirewallName: aws.String(f.Name), FirewallArn: aws.String(arnOf(ctx, firewallKind, f.Name)), FirewallId: aws.String(f.ID), FirewallPolicyArn: aws.String(f.Policy),
		VpcId: aws.String(f.VPC), SubnetMappings: f.mappings(), Description: f.Description, DeleteProtection: f.DeleteProtected, FirewallPolicyChangeProtection: f.PolicyFixed,
		SubnetChangeProtection: f.SubnetFix, Tags: tagList(f.Tags), EncryptionConfiguration: owned(),
	}
}

// status gives the id of an endpoint from when it is being created.
func (f *firewall) status() *types.FirewallStatus {
	out := &types.FirewallStatus{Status: types.FirewallStatusValueReady, ConfigurationSyncStateSummary: types.ConfigurationSyncStateInSync, SyncStates: map[string]types.SyncState{}}
	for _, e := range f.Endpoints {
		a := &types.Attachment{SubnetId: aws.String(e.Subnet), EndpointId: aws.String(e.ID), Status: types.AttachmentStatusReady}
		if time.Now().Before(e.Ready) {
			a.Status, out.Status, out.ConfigurationSyncStateSummary = types.AttachmentStatusCreating, types.FirewallStatusValueProvisioning, types.ConfigurationSyncStatePending
		}
		if f.deleted() {
			a.Status = types.AttachmentStatusDeleting
		}
		out.SyncStates[e.Zone] = types.SyncState{Attachment: a}
	}
	if f.deleted() {
		out.Status = types.FirewallStatusValueDeleting
	}
	return out
}
