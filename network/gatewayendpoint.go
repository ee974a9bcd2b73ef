package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// GatewayEndpoint leads the traffic of route tables to S3 or DynamoDB without leaving AWS's network. It costs nothing.
type GatewayEndpoint struct {
	Name        string          // the tag Name, by which it can be adopted
	VPC         id.VPC          // a change makes another endpoint
	Service     string          // "s3" or "dynamodb"; a change makes another endpoint
	RouteTables []id.RouteTable // authoritative
	Policy      policy.Document // OwnAccount() if it is left out
	Tags        map[string]string
}

// ID is the endpoint's id, as aws:sourceVpce in a bucket's policy compares it.
func (e GatewayEndpoint) ID() id.VPCEndpoint {
	return id.VPCEndpoint(gatewayEndpoints.Ref(e.Name, "ID"))
}

// PrefixList is the list of the service's addresses, for rules of groups that may reach it and nothing else.
func (e GatewayEndpoint) PrefixList() id.PrefixList {
	return id.PrefixList(gatewayEndpoints.Ref(e.Name, "PrefixList"))
}

// Declare implements ztcore.Resource.
func (e GatewayEndpoint) Declare(d *ztcore.Declaration) {
	if e.Policy.IsZero() {
		e.Policy = OwnAccount()
	}
	tags := named(e.Name, e.Tags)
	gatewayEndpoints.Declare(d, e.Name, gatewayEndpointState{
		Name: tags[nameTag], VPC: string(e.VPC), Service: serviceName(e.Service), RouteTables: texts(e.RouteTables), Policy: e.Policy, Tags: tags,
	})
}

type gatewayEndpointState struct {
	Name        string   `zt:"label,-"` // compared as a tag
	VPC         string   `zt:"immutable"`
	Service     string   `zt:"immutable"`
	RouteTables []string `zt:"set"`
	Policy      policy.Document
	Tags        map[string]string `zt:"tags"`
	ID          string            `zt:"output"`
	PrefixList  string            `zt:"output"`
}

var gatewayEndpoints = &ztcore.Kind[gatewayEndpointState]{
	Name: "network.GatewayEndpoint", Permissions: &gatewayEndpointsNeed, Read: readGatewayEndpoints, Create: createGatewayEndpoint, Update: updateGatewayEndpoint,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have gatewayEndpointState) error {
		return deleteEndpoint(ctx, sc, have.ID)
	},
	Check: func(want gatewayEndpointState) []ztcore.Finding {
		return checkEndpoint(want.VPC, want.Service, want.Policy)
	},
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Data"},
}

var gatewayEndpointsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints"},
	Write:  []string{"ec2:CreateTags", "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"},
	Delete: []string{"ec2:DeleteVpcEndpoints"},
}

func readGatewayEndpoints(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[gatewayEndpointState]) ([]gatewayEndpointState, error) {
	var all []types.VpcEndpoint
	var lists []types.PrefixList
	reads := []func() error{
		func() (err error) { all, err = listEndpoints(ctx, sc, types.VpcEndpointTypeGateway); return err },
		func() (err error) { lists, err = describePrefixLists(ctx, sc); return err },
	}
	err := ztcore.Each(ctx, len(reads), func(_ context.Context, i int) error { return reads[i]() })
	listOf := map[string]string{}
	for _, l := range lists {
		listOf[aws.ToString(l.PrefixListName)] = aws.ToString(l.PrefixListId)
	}
	var out []gatewayEndpointState
	for _, e := range all {
		tags := tagMap(e.Tags)
		out = append(out, gatewayEndpointState{
			Name: tags[nameTag], VPC: aws.ToString(e.VpcId), Service: aws.ToString(e.ServiceName), RouteTables: e.RouteTableIds,
			Policy: readPolicy(e.PolicyDocument), Tags: tags, ID: aws.ToString(e.VpcEndpointId), PrefixList: listOf[aws.ToString(e.ServiceName)],
		})
	}
	return out, err
}

func createGatewayEndpoint(ctx context.Context, sc *ztcore.Scope, want gatewayEndpointState) error {
	_, err := ec2.NewFromConfig(sc.Config).CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: &want.VPC, ServiceName: &want.Service, VpcEndpointType: types.VpcEndpointTypeGateway, RouteTableIds: want.RouteTables,
		PolicyDocument: aws.String(want.Policy.JSON()), TagSpecifications: tagged(types.ResourceTypeVpcEndpoint, want.Tags),
	})
	return err
}

func updateGatewayEndpoint(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[gatewayEndpointState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if !u.Changed("Policy", "RouteTables") {
		return nil
	}
	in := &ec2.ModifyVpcEndpointInput{
		VpcEndpointId: &u.Have.ID, AddRouteTableIds: difference(u.Want.RouteTables, u.Have.RouteTables), RemoveRouteTableIds: difference(u.Have.RouteTables, u.Want.RouteTables),
	}
	if u.Changed("Policy") {
		in.PolicyDocument = aws.String(u.Want.Policy.JSON())
	}
	_, err := ec2.NewFromConfig(sc.Config).ModifyVpcEndpoint(ctx, in)
	return err
}
