package network

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// occupants names what is in a VPC that AWS did not put there by itself: interfaces, endpoints, peerings, and groups,
// route tables and network ACLs beside the default ones. Subnets and internet gateways are not among it: without the former
// they are of no use to anybody.
func occupants(ctx context.Context, sc *ztcore.Scope, vpc string) ([]string, error) {
	found := make([][]string, 6)
	inVPC := filter("vpc-id", vpc)
	lists := []func(ctx context.Context) ([]string, error){
		func(ctx context.Context) ([]string, error) { return interfaces(ctx, sc, inVPC) },
		func(ctx context.Context) (out []string, err error) {
			all, err := describeEndpoints(ctx, sc, inVPC)
			for _, e := range all {
				if !goneEndpoint(e) {
					out = append(out, fmt.Sprintf("endpoint %s (%s)", aws.ToString(e.VpcEndpointId), aws.ToString(e.ServiceName)))
				}
			}
			return out, err
		},
		func(ctx context.Context) ([]string, error) { return peeringsOf(ctx, sc, vpc) },
		func(ctx context.Context) (out []string, err error) {
			all, err := describeGroups(ctx, sc, inVPC)
			for _, g := range all {
				if aws.ToString(g.GroupName) != "default" {
					out = append(out, fmt.Sprintf("group %s (%s)", aws.ToString(g.GroupId), aws.ToString(g.GroupName)))
				}
			}
			return out, err
		},
		func(ctx context.Context) (out []string, err error) {
			all, err := describeRouteTables(ctx, sc, inVPC)
			for _, t := range all {
				if !isMain(t) {
					out = append(out, "route table "+aws.ToString(t.RouteTableId))
				}
			}
			return out, err
		},
		func(ctx context.Context) (out []string, err error) {
			all, err := describeACLs(ctx, sc, inVPC)
			for _, a := range all {
				if !aws.ToBool(a.IsDefault) {
					out = append(out, "network ACL "+aws.ToString(a.NetworkAclId))
				}
			}
			return out, err
		},
	}
	err := ztcore.Each(ctx, len(lists), func(ctx context.Context, i int) (err error) {
		found[i], err = lists[i](ctx)
		return err
	})
	var out []string
	for _, f := range found {
		out = append(out, f...)
	}
	return out, err
}

// contents names whatever must be gone from a VPC before it can be deleted.
func contents(ctx context.Context, sc *ztcore.Scope, vpc string) ([]string, error) {
	out, err := occupants(ctx, sc, vpc)
	if err != nil {
		return nil, err
	}
	subnets, err := describeSubnets(ctx, sc, filter("vpc-id", vpc))
	if err != nil {
		return nil, err
	}
	for _, s := range subnets {
		out = append(out, fmt.Sprintf("subnet %s (%s)", aws.ToString(s.SubnetId), aws.ToString(s.CidrBlock)))
	}
	gateways, err := describeInternetGateways(ctx, sc, filter("attachment.vpc-id", vpc))
	for _, g := range gateways {
		out = append(out, "internet gateway "+aws.ToString(g.InternetGatewayId))
	}
	return out, err
}

// peeringsOf names the peering connections of a VPC that are in force or may come to be.
func peeringsOf(ctx context.Context, sc *ztcore.Scope, vpc string) ([]string, error) {
	var out []string
	for _, side := range []string{"requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"} {
		all, err := describePeerings(ctx, sc, filter(side, vpc))
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			switch p.Status.Code {
			case types.VpcPeeringConnectionStateReasonCodeActive, types.VpcPeeringConnectionStateReasonCodePendingAcceptance,
				types.VpcPeeringConnectionStateReasonCodeProvisioning, types.VpcPeeringConnectionStateReasonCodeInitiatingRequest:
				out = append(out, "peering "+aws.ToString(p.VpcPeeringConnectionId))
			}
		}
	}
	return out, nil
}
