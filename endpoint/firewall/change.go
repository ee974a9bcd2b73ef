package firewall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// change is what an update does to a firewall, one call at a time.
type change struct {
	ctx    context.Context
	client *networkfirewall.Client
	name   string
}

// bring lifts the protections that are in its way, and puts them as they are wanted last. An interrupted change is found unprotected, and
// mended, by the next plan.
func (c change) bring(u ztcore.Update[firewallState]) error {
	if u.Changed("Description") {
		if err := c.describe(u.Want.Description); err != nil {
			return err
		}
	}
	if u.Changed("Policy") {
		if err := c.policy(u.Have.PolicyProtection, u.Want.Policy); err != nil {
			return err
		}
	}
	if u.Changed("Subnets") {
		if err := c.subnets(u.Have, u.Want.Subnets); err != nil {
			return err
		}
	}
	return c.protect(u)
}

func (c change) describe(text string) error {
	_, err := c.client.UpdateFirewallDescription(c.ctx, &networkfirewall.UpdateFirewallDescriptionInput{FirewallName: &c.name, Description: optional(text)})
	return err
}

func (c change) policy(protected bool, arn string) error {
	if protected {
		if err := c.protectPolicy(false); err != nil {
			return err
		}
	}
	_, err := c.client.AssociateFirewallPolicy(c.ctx, &networkfirewall.AssociateFirewallPolicyInput{FirewallName: &c.name, FirewallPolicyArn: &arn})
	return err
}

// subnets adds before it removes, but for a zone that changes its subnet, which can have only one. Which zone a subnet is in only AWS
// knows, so that is what happens when adding is refused. So is repeating what was done by an attempt whose answer was lost, so then
// what stands is looked at again.
func (c change) subnets(have firewallState, want []string) error {
	if have.SubnetProtection {
		if err := c.protectSubnets(false); err != nil {
			return err
		}
	}
	stands, full := have.Subnets, false
	var err error
	for range 5 {
		added, removed := difference(want, stands), difference(stands, want)
		switch {
		case len(added)+len(removed) == 0:
			return nil
		case len(added) > 0 && !full:
			_, err = c.client.AssociateSubnets(c.ctx, &networkfirewall.AssociateSubnetsInput{FirewallName: &c.name, SubnetMappings: mappings(added)})
			stands = append(slices.Clone(stands), added...)
		default:
			_, err = c.client.DisassociateSubnets(c.ctx, &networkfirewall.DisassociateSubnetsInput{FirewallName: &c.name, SubnetIds: removed})
			stands = difference(stands, removed)
			if full && err == nil {
				ztcore.Remark(c.ctx, "a zone changed its subnet, which takes its endpoint away until the new one is ready")
			}
			full = false
		}
		if invalid := new(types.InvalidRequestException); errors.As(err, &invalid) {
			now, unread := c.client.DescribeFirewall(c.ctx, &networkfirewall.DescribeFirewallInput{FirewallName: &c.name})
			if unread != nil {
				return unread
			}
			var s firewallState
			s.see(now)
			stands = s.Subnets
			full = len(added) > 0 && len(difference(stands, want)) > 0
		} else if err != nil {
			return err
		}
	}
	return err
}

// protect puts the protections as they are wanted; those that were lifted for a change are among them.
func (c change) protect(u ztcore.Update[firewallState]) error {
	if u.Changed("DeleteProtection") {
		if _, err := c.client.UpdateFirewallDeleteProtection(c.ctx, &networkfirewall.UpdateFirewallDeleteProtectionInput{FirewallName: &c.name, DeleteProtection: u.Want.DeleteProtection}); err != nil {
			return err
		}
	}
	if u.Changed("PolicyProtection", "Policy") {
		if err := c.protectPolicy(u.Want.PolicyProtection); err != nil {
			return err
		}
	}
	if u.Changed("SubnetProtection", "Subnets") {
		return c.protectSubnets(u.Want.SubnetProtection)
	}
	return nil
}

func (c change) protectPolicy(on bool) error {
	_, err := c.client.UpdateFirewallPolicyChangeProtection(c.ctx, &networkfirewall.UpdateFirewallPolicyChangeProtectionInput{FirewallName: &c.name, FirewallPolicyChangeProtection: on})
	return err
}

func (c change) protectSubnets(on bool) error {
	_, err := c.client.UpdateSubnetChangeProtection(c.ctx, &networkfirewall.UpdateSubnetChangeProtectionInput{FirewallName: &c.name, SubnetChangeProtection: on})
	return err
}

func mappings(subnets []string) []types.SubnetMapping {
	out := []types.SubnetMapping{}
	for _, s := range subnets {
		out = append(out, types.SubnetMapping{SubnetId: aws.String(s)})
	}
	return out
}

// difference is what is in a and not in b.
func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// describe is nil if there is no such firewall.
func describe(ctx context.Context, sc *ztcore.Scope, name string) (*networkfirewall.DescribeFirewallOutput, error) {
	out, err := networkfirewall.NewFromConfig(sc.Config).DescribeFirewall(ctx, &networkfirewall.DescribeFirewallInput{FirewallName: &name})
	if err != nil {
		return nil, unlessAbsent(err)
	}
	return out, nil
}

// How often, and for how long, to ask for what AWS takes minutes for.
const (
	pollFor = 30 * time.Minute
)

func awaitReady(ctx context.Context, sc *ztcore.Scope, name string) error {
	return poll(ctx, "waiting for firewall "+name+" to be READY", func() (bool, error) {
		out, err := describe(ctx, sc, name)
		if err != nil || out == nil || out.FirewallStatus == nil {
			return false, err
		}
		for zone, s := range out.FirewallStatus.SyncStates {
			if a := s.Attachment; a != nil && (a.Status == types.AttachmentStatusFailed || a.Status == types.AttachmentStatusError) {
				return false, fmt.Errorf("the endpoint of firewall %s in %s is %s: %s", name, zone, a.Status, aws.ToString(a.StatusMessage))
			}
		}
		return out.FirewallStatus.Status == types.FirewallStatusValueReady, nil
	})
}

// leaving reports that a firewall is being deleted already, by an attempt whose answer was lost, say.
func leaving(ctx context.Context, sc *ztcore.Scope, name string) bool {
	out, err := describe(ctx, sc, name)
	return err == nil && out != nil && out.FirewallStatus != nil && out.FirewallStatus.Status == types.FirewallStatusValueDeleting
}

func awaitGone(ctx context.Context, sc *ztcore.Scope, name string) error {
	return poll(ctx, "waiting for firewall "+name+" to be deleted", func() (bool, error) {
		out, err := describe(ctx, sc, name)
		return out == nil, err
	})
}

func poll(ctx context.Context, what string, done func() (bool, error)) error {
	return ztcore.Await(ctx, what, pollFor, done)
}
