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

// CutSubnet denies everything to whole subnets by a network ACL of the case's, where Isolate does not do: for an interface whose groups
// could not be changed, and for connections that are tracked whatever the rules are, since their route leads through a NAT
// gateway, say. It hits every other interface in the subnet as well, so it cuts nothing unless the subnet is named; without
// that it says what is left open.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#automatic-tracking
type CutSubnet struct {
	Consent []string // subnets, subnet-…, whose every interface may be cut off
}

// Name implements Step.
func (CutSubnet) Name() string { return "cut subnet" }

// Limits implements Step.
func (CutSubnet) Limits() []string {
	return []string{
		"A network ACL matches the other side's address, so it can't single out an instance, and does not see traffic within the subnet.",
		"An association has another id after the ACL was replaced, and so has the one that undo makes.",
	}
}

func (c CutSubnet) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, cfg aws.Config, s *subject) error {
		all, err := interfacesOf(ctx, cfg, s.ID)
		if err != nil {
			return err
		}
		open, err := r.notIsolated(ctx, cfg, s)
		if err != nil {
			return err
		}
		bySubnet := map[string][]types.NetworkInterface{}
		for _, i := range all {
			bySubnet[aws.ToString(i.SubnetId)] = append(bySubnet[aws.ToString(i.SubnetId)], i)
		}
		subnets := sortedKeys(bySubnet)
		return ztcore.Each(ctx, len(subnets), func(ctx context.Context, k int) error {
			in := bySubnet[subnets[k]]
			left := slices.ContainsFunc(open, func(o types.NetworkInterface) bool { return aws.ToString(o.SubnetId) == subnets[k] })
			return c.consider(ctx, cfg, r, s, subnets[k], aws.ToString(in[0].VpcId), left && !r.planning)
		})
	})
}

// consider decides on one subnet. open says that an interface of the instance in it is not isolated.
func (c CutSubnet) consider(ctx context.Context, cfg aws.Config, r *run, s *subject, subnet, vpc string, open bool) error {
	through, err := tracking(ctx, cfg, subnet, vpc)
	if err != nil {
		return err
	}
	consent := slices.Contains(c.Consent, subnet)
	switch {
	case !open && len(through) == 0:
		return r.note(ctx, Skipped, s.ID, "%s is not cut: its interfaces are isolated by their groups", subnet)
	case !open && !consent:
		return r.note(ctx, Noted, s.ID, "connections through %s may live on until they are idle, and %s is not cut without consent by name", strings.Join(through, ", "), subnet)
	}
	others, err := describeInterfaces(ctx, cfg, filter("subnet-id", subnet))
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.Attachment == nil || aws.ToString(o.Attachment.InstanceId) != s.ID {
			r.affects("%s in %s is cut off as well (%s, %s)", aws.ToString(o.NetworkInterfaceId), subnet, aws.ToString(o.PrivateIpAddress), describeUse(o))
		}
	}
	if !consent {
		return fmt.Errorf("an interface of %s in %s is not isolated, and the subnet with its %d interfaces is not cut without consent by name", s.ID, subnet, len(others))
	}
	if err := r.set(ctx, s.at, isolationACL, vpc+"|"+r.c.Case.ID, true); err != nil {
		return err
	}
	acl := "(new network ACL)"
	if !r.planning {
		if acl, err = findACL(ctx, cfg, vpc+"|"+r.c.Case.ID); err != nil {
			return err
		}
	}
	return r.set(ctx, s.at, subnetACL, subnet, acl)
}

// tracking are the ways out of a subnet whose connections are tracked whatever the groups say.
func tracking(ctx context.Context, cfg aws.Config, subnet, vpc string) ([]string, error) {
	tables, err := describeRouteTables(ctx, cfg, filter("association.subnet-id", subnet))
	if err == nil && len(tables) == 0 {
		tables, err = describeRouteTables(ctx, cfg, filter("vpc-id", vpc), filter("association.main", "true"))
	}
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, errors.New("no route table is found for " + subnet)
	}
	var out []string
	for _, x := range tables[0].Routes {
		for _, via := range []*string{x.NatGatewayId, x.EgressOnlyInternetGatewayId, x.TransitGatewayId, x.GatewayId} {
			id := aws.ToString(via)
			gatewayEndpoint := aws.ToString(x.DestinationPrefixListId) != "" // of S3 or DynamoDB, which tracks nothing
			if id != "" && id != "local" && !strings.HasPrefix(id, "igw-") && !strings.HasPrefix(id, "vgw-") && !gatewayEndpoint && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

func describeUse(i types.NetworkInterface) string {
	if i.Attachment != nil && aws.ToString(i.Attachment.InstanceId) != "" {
		return "on " + aws.ToString(i.Attachment.InstanceId)
	}
	if d := aws.ToString(i.Description); d != "" {
		return d
	}
	return string(i.InterfaceType)
}
