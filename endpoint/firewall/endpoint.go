package firewall

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// endpointState is a firewall's endpoint in a zone. The firewall makes and removes it; it is a kind of its own so that routes can refer to its id.
type endpointState struct {
	Firewall string `zt:"key"`
	Zone     string `zt:"key"`
	Subnet   string
	ID       string `zt:"output"`
}

var endpoints = &ztcore.Kind[endpointState]{
	Name: "endpoint.FirewallEndpoint", Permissions: &endpointsNeed,
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
	Get: func(ctx context.Context, sc *ztcore.Scope, want endpointState) (endpointState, bool, error) {
		out, err := describe(ctx, sc, nameIn(want.Firewall))
		if err != nil || out == nil || out.FirewallStatus == nil {
			return endpointState{}, false, err
		}
		a := out.FirewallStatus.SyncStates[want.Zone].Attachment
		if a == nil || a.Status != types.AttachmentStatusReady || aws.ToString(a.EndpointId) == "" {
			return endpointState{}, false, nil
		}
		return endpointState{Firewall: want.Firewall, Zone: want.Zone, Subnet: aws.ToString(a.SubnetId), ID: aws.ToString(a.EndpointId)}, true, nil
	},
	// There is nothing to write, since the firewall's own update has: its endpoint is waited for.
	Put: func(ctx context.Context, sc *ztcore.Scope, want endpointState) error {
		return poll(ctx, "waiting for the endpoint in "+want.Zone, func() (bool, error) {
			out, err := describe(ctx, sc, nameIn(want.Firewall))
			if err != nil || out == nil || out.FirewallStatus == nil {
				return false, err
			}
			return placed(out.FirewallStatus, want)
		})
	},
	Check: checkEndpoint, PartOf: true,
}

var endpointsNeed = ztcore.Permissions{Read: []string{"network-firewall:DescribeFirewall"}}

// placed reports whether a zone has its endpoint; a firewall that is ready without is an error, since it will never have it.
func placed(status *types.FirewallStatus, want endpointState) (bool, error) {
	a := status.SyncStates[want.Zone].Attachment
	if a != nil && a.Status == types.AttachmentStatusReady && aws.ToString(a.SubnetId) == want.Subnet {
		return true, nil
	}
	if status.Status != types.FirewallStatusValueReady {
		return false, nil
	}
	for zone, s := range status.SyncStates {
		if s.Attachment != nil && aws.ToString(s.Attachment.SubnetId) == want.Subnet && zone != want.Zone {
			return false, fmt.Errorf("%s is in %s, and Subnets says %s", want.Subnet, zone, want.Zone)
		}
	}
	return false, errors.New(nameIn(want.Firewall) + " is ready and has no endpoint in " + want.Zone)
}

func nameIn(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

var zoneRE = regexp.MustCompile(`^[a-z0-9-]+[0-9][a-z]$`)

func checkEndpoint(want endpointState) []ztcore.Finding {
	if ztcore.HasToken(want.Zone) || zoneRE.MatchString(want.Zone) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Subnets[" + want.Zone + "]", Message: "is no Availability Zone", Fix: `name the subnet by its zone, as us-east-1a`}}
}
