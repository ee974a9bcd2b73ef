package containment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Isolate cuts every interface of an instance off, in two steps: for a moment each has a group that lets everything through, by
// which its connections are no longer tracked, and then one that lets nothing through. Straight to the second, connections that
// are tracked would live on, for days if need be. The groups are made for the case, one of each per VPC.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
type Isolate struct{}

// Name implements Step.
func (Isolate) Name() string { return "isolate" }

// Limits implements Step.
func (Isolate) Limits() []string {
	return []string{
		"For some seconds between its two steps the instance takes connections from anywhere that its routes and network ACLs let in.",
		"Security groups do not filter the instance metadata service, Amazon's DNS resolver, its time service, DHCP and license activation: use DNS Firewall against tunnels through DNS.",
		"ICMP, and what goes through NAT and egress-only gateways, network load balancers, interface endpoints, transit gateways, firewalls or Global Accelerator, is tracked whatever the rules are, and ends when it is idle for its time-out.",
	}
}

const (
	openGroup   = "open"
	closedGroup = "closed"
)

func groupTarget(c Case, vpc, what string) string { return vpc + "|" + c.name(what) + "|" + c.ID }

func (Isolate) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, s *subject) error {
		var err error
		for range 3 { // an interface may be attached meanwhile
			var open []types.NetworkInterface
			if open, err = r.notIsolated(ctx, cfg, s); err != nil || len(open) == 0 {
				break
			}
			if err = r.isolate(ctx, cfg, s, open); err != nil || r.planning {
				break
			}
		}
		if r.planning {
			return err
		}
		return errors.Join(err, r.dropOpenGroups(ctx, cfg, s))
	})
}

// notIsolated are the interfaces that have anything but the case's closed group.
func (r *run) notIsolated(ctx context.Context, cfg aws.Config, s *subject) ([]types.NetworkInterface, error) {
	interfaces, err := interfacesOf(ctx, cfg, s.ID)
	return slices.DeleteFunc(interfaces, func(i types.NetworkInterface) bool {
		return len(i.Groups) == 1 && aws.ToString(i.Groups[0].GroupName) == r.c.Case.name(closedGroup)
	}), err
}

func (r *run) isolate(ctx context.Context, cfg aws.Config, s *subject, interfaces []types.NetworkInterface) error {
	var vpcs []string
	for _, i := range interfaces {
		vpcs = union(vpcs, []string{aws.ToString(i.VpcId)})
	}
	open, closed := make([]string, len(vpcs)), make([]string, len(vpcs))
	err := ztcore.Each(ctx, len(vpcs), func(ctx context.Context, k int) (err error) {
		if closed[k], err = r.makeGroup(ctx, cfg, s, vpcs[k], closedGroup, nil); err == nil {
			open[k], err = r.makeGroup(ctx, cfg, s, vpcs[k], openGroup, everything)
		}
		return err
	})
	return errors.Join(err, ztcore.Each(ctx, len(interfaces), func(ctx context.Context, n int) error {
		eni := aws.ToString(interfaces[n].NetworkInterfaceId)
		k := slices.Index(vpcs, aws.ToString(interfaces[n].VpcId))
		if closed[k] == "" || open[k] == "" {
			return fmt.Errorf("%s is not isolated, for want of groups in %s", eni, vpcs[k])
		}
		if err := r.set(ctx, s.at, interfaceGroups, eni, []string{open[k]}); err != nil {
			return err
		}
		return r.set(ctx, s.at, interfaceGroups, eni, []string{closed[k]})
	}))
}

// makeGroup makes a group for the case, and looks at it again before anything is put in it.
func (r *run) makeGroup(ctx context.Context, cfg aws.Config, s *subject, vpc, what string, rules []string) (string, error) {
	target := groupTarget(r.c.Case, vpc, what)
	if err := r.set(ctx, s.at, isolationGroup, target, caseGroup{true, rules, rules, r.c.Case.ID}); err != nil {
		return "", err
	}
	if r.planning {
		return "(" + r.c.Case.name(what) + ")", nil
	}
	g, err := findGroup(ctx, cfg, target)
	if err != nil || g == nil {
		return "", errors.Join(err, fmt.Errorf("the group %s is not found in %s", r.c.Case.name(what), vpc))
	}
	id := aws.ToString(g.GroupId)
	if have := rulesOf(g.IpPermissions); !slices.Equal(have, rules) {
		return "", fmt.Errorf("%s lets in %v, and should let in %v", id, have, rules)
	}
	if have := rulesOf(g.IpPermissionsEgress); !slices.Equal(have, rules) {
		return "", fmt.Errorf("%s lets out %v, and should let out %v", id, have, rules)
	}
	others, err := admitters(ctx, cfg, id)
	if err == nil && len(others) > 0 {
		err = fmt.Errorf("rules of %s refer to %s, so it does not isolate; take them out", strings.Join(others, ", "), id)
	}
	if err != nil {
		return "", err
	}
	return id, nil
}

// dropOpenGroups deletes the groups that let everything through, once no interface needs them.
func (r *run) dropOpenGroups(ctx context.Context, cfg aws.Config, s *subject) error {
	var errs []error
	for _, h := range r.journal.open() {
		if h.Setting != isolationGroup.name || !strings.HasSuffix(h.Target, "|"+r.c.Case.name(openGroup)+"|"+r.c.Case.ID) || h.Account != s.Account || h.Region != s.Region {
			continue
		}
		g, err := findGroup(ctx, cfg, h.Target)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if g != nil {
			users, err := describeInterfaces(ctx, cfg, filter("group-id", aws.ToString(g.GroupId)))
			if err != nil || len(users) > 0 {
				errs = append(errs, err) // another target is about to leave it, or it could not be isolated, which is an error of its own
				continue
			}
		}
		errs = append(errs, r.restore(ctx, h, UndoOptions{}))
	}
	return errors.Join(errs...)
}
