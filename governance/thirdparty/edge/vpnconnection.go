package edge

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// VPNConnection is a Site-to-Site VPN of two tunnels. AWS makes their pre-shared keys and keeps them in Secrets Manager.
type VPNConnection struct {
	Name            string             // the tag Name, by which it can be adopted
	CustomerGateway id.CustomerGateway // a change makes another connection
	VPNGateway      id.VPNGateway      // a change makes another connection
	// Routes are the blocks behind the other side. With none, routes are learned by BGP. A change from one to the other makes another connection.
	Routes []string
	Suite  Suite  // StrongSuite if zero
	LogTo  id.ARN // a log group for what tunnels meet
	Tags   map[string]string
}

// ID is the connection's id.
func (v VPNConnection) ID() id.VPNConnection { return id.VPNConnection(connections.Ref(v.Name, "ID")) }

// KeysARN is the secret with the tunnels' pre-shared keys, for whoever sets up the other side. Its value is never read.
func (v VPNConnection) KeysARN() id.SecretARN {
	return id.SecretARN(connections.Ref(v.Name, "Keys"))
}

// Declare implements ztcore.Resource.
func (v VPNConnection) Declare(d *ztcore.Declaration) {
	tags := named(v.Name, v.Tags)
	if v.Suite.isZero() {
		v.Suite = StrongSuite()
	}
	log := strings.TrimSuffix(string(v.LogTo), ":*")
	n := connections.Declare(d, v.Name, connectionState{
		Name: tags[nameTag], CustomerGateway: string(v.CustomerGateway), VPNGateway: string(v.VPNGateway), Static: len(v.Routes) > 0, Routes: append([]string{}, v.Routes...),
		Tunnels: []string{v.Suite.text(log), v.Suite.text(log)}, Available: true, Tags: tags, Suite: v.Suite, Log: log,
	})
	if v.Suite.WeakerBecause != "" {
		n.Except("Suite", v.Suite.WeakerBecause)
	}
	if log == "" {
		n.Note("what the tunnels meet is not logged (FSBP EC2.171)")
	}
}

type connectionState struct {
	Name            string            `zt:"label,-"` // compared as a tag
	CustomerGateway string            `zt:"immutable"`
	VPNGateway      string            `zt:"immutable"`
	Static          bool              `zt:"immutable"`
	Routes          []string          `zt:"set"`
	Tunnels         []string          // what each allows, and where it logs to
	Available       bool              // not at first, nor after a change
	Tags            map[string]string `zt:"tags"`
	ID              string            `zt:"output"`
	Keys            string            `zt:"output"` // ARN of the secret
	Suite           Suite             `zt:"-"`
	Log             string            `zt:"-"`
	Outside         []string          `zt:"-"` // the tunnels' addresses, by which they are changed
}

var connections = &ztcore.Kind[connectionState]{
	Name: "governance.VPNConnection", Permissions: &connectionsNeed, Read: readConnections, Create: createConnection, Update: updateConnection, Check: checkConnection, Retry: inUse,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have connectionState) error {
		_, err := ec2.NewFromConfig(sc.Config).DeleteVpnConnection(ctx, &ec2.DeleteVpnConnectionInput{VpnConnectionId: &have.ID})
		return unless(err, "InvalidVpnConnectionID.NotFound")
	},
	Controls: []string{"FSBP EC2.20", "FSBP EC2.171", "NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var connectionsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeVpnConnections"},
	Write:  []string{"ec2:CreateTags", "ec2:CreateVpnConnection", "ec2:CreateVpnConnectionRoute", "ec2:DeleteVpnConnectionRoute", "ec2:ModifyVpnTunnelOptions"},
	Delete: []string{"ec2:DeleteVpnConnection"},
}

// tunnelClient makes a client that writes no answers to the SDK's log, whatever the configuration says: those about connections hold
// pre-shared keys.
func tunnelClient(sc *ztcore.Scope) *ec2.Client {
	return ec2.NewFromConfig(sc.Config, func(o *ec2.Options) {
		o.ClientLogMode &^= aws.LogRequest | aws.LogRequestWithBody | aws.LogResponse | aws.LogResponseWithBody
	})
}

// readConnections takes nothing from the answer that holds a pre-shared key: neither the tunnels' own nor the device's configuration.
func readConnections(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[connectionState]) ([]connectionState, error) {
	all, err := tunnelClient(sc).DescribeVpnConnections(ctx, &ec2.DescribeVpnConnectionsInput{})
	if err != nil {
		return nil, err
	}
	var out []connectionState
	for _, v := range all.VpnConnections {
		if v.State == types.VpnStateDeleting || v.State == types.VpnStateDeleted {
			continue // EC2 goes on answering what is gone
		}
		s := connectionState{
			CustomerGateway: aws.ToString(v.CustomerGatewayId), VPNGateway: aws.ToString(v.VpnGatewayId), Available: v.State == types.VpnStateAvailable, Routes: []string{},
			Tags: tagMap(v.Tags), ID: aws.ToString(v.VpnConnectionId), Keys: aws.ToString(v.PreSharedKeyArn),
		}
		s.Name = s.Tags[nameTag]
		for _, r := range v.Routes {
			if r.State != types.VpnStateDeleting && r.State != types.VpnStateDeleted {
				s.Routes = append(s.Routes, aws.ToString(r.DestinationCidrBlock))
			}
		}
		if v.Options != nil {
			s.Static = aws.ToBool(v.Options.StaticRoutesOnly)
			for _, t := range v.Options.TunnelOptions {
				s.Tunnels, s.Outside = append(s.Tunnels, seenTunnel(t)), append(s.Outside, aws.ToString(t.OutsideIpAddress))
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func createConnection(ctx context.Context, sc *ztcore.Scope, want connectionState) error {
	tunnel := types.VpnTunnelOptionsSpecification(want.Suite.options(want.Log))
	out, err := tunnelClient(sc).CreateVpnConnection(ctx, &ec2.CreateVpnConnectionInput{
		Type: aws.String("ipsec.1"), CustomerGatewayId: &want.CustomerGateway, VpnGatewayId: &want.VPNGateway, PreSharedKeyStorage: aws.String("SecretsManager"),
		Options:           &types.VpnConnectionOptionsSpecification{StaticRoutesOnly: &want.Static, TunnelOptions: []types.VpnTunnelOptionsSpecification{tunnel, tunnel}},
		TagSpecifications: tagged(types.ResourceTypeVpnConnection, want.Tags),
	})
	if err != nil {
		return err
	}
	have := connectionState{ID: aws.ToString(out.VpnConnection.VpnConnectionId)}
	if err := awaitConnection(ctx, sc, have.ID); err != nil {
		return err
	}
	return putRoutes(ctx, sc, have, want)
}

func updateConnection(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[connectionState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if err := awaitConnection(ctx, sc, u.Have.ID); err != nil {
		return err
	}
	if u.Changed("Tunnels") {
		if err := putTunnels(ctx, sc, u.Have, u.Want); err != nil {
			return err
		}
	}
	if u.Changed("Routes") {
		return putRoutes(ctx, sc, u.Have, u.Want)
	}
	return nil
}

// putTunnels changes one tunnel after the other, so that one is always up. A connection that is being changed takes no other change for a while.
func putTunnels(ctx context.Context, sc *ztcore.Scope, have, want connectionState) error {
	options := want.Suite.options(want.Log)
	for i, address := range have.Outside {
		if i >= len(want.Tunnels) || have.Tunnels[i] == want.Tunnels[i] {
			continue
		}
		err := poll(ctx, "changing a tunnel of "+have.ID, func() (bool, error) {
			_, err := tunnelClient(sc).ModifyVpnTunnelOptions(ctx, &ec2.ModifyVpnTunnelOptionsInput{VpnConnectionId: &have.ID, VpnTunnelOutsideIpAddress: &address, TunnelOptions: &options})
			return err == nil, unless(err, "IncorrectState")
		})
		if err != nil {
			return err
		}
		if err := awaitConnection(ctx, sc, have.ID); err != nil {
			return err
		}
	}
	return nil
}

func putRoutes(ctx context.Context, sc *ztcore.Scope, have, want connectionState) error {
	client := ec2.NewFromConfig(sc.Config)
	for _, r := range want.Routes {
		if slices.Contains(have.Routes, r) {
			continue
		}
		if _, err := client.CreateVpnConnectionRoute(ctx, &ec2.CreateVpnConnectionRouteInput{VpnConnectionId: &have.ID, DestinationCidrBlock: &r}); err != nil {
			return err
		}
	}
	for _, r := range have.Routes {
		if slices.Contains(want.Routes, r) {
			continue
		}
		if _, err := client.DeleteVpnConnectionRoute(ctx, &ec2.DeleteVpnConnectionRouteInput{VpnConnectionId: &have.ID, DestinationCidrBlock: &r}); unless(err, "InvalidRoute.NotFound") != nil {
			return err
		}
	}
	return nil
}

func awaitConnection(ctx context.Context, sc *ztcore.Scope, connection string) error {
	return poll(ctx, "waiting for "+connection+" to be available", func() (bool, error) {
		out, err := tunnelClient(sc).DescribeVpnConnections(ctx, &ec2.DescribeVpnConnectionsInput{VpnConnectionIds: []string{connection}})
		if err != nil || len(out.VpnConnections) == 0 {
			return false, unless(err, "InvalidVpnConnectionID.NotFound") // it may not show yet
		}
		return out.VpnConnections[0].State == types.VpnStateAvailable, nil
	})
}

func checkConnection(want connectionState) []ztcore.Finding {
	out := want.Suite.check()
	if want.CustomerGateway == "" || want.VPNGateway == "" {
		out = append(out, ztcore.Finding{Attribute: "CustomerGateway", Message: "a connection needs both sides", Fix: "set CustomerGateway and VPNGateway to their ID()"})
	}
	for _, r := range want.Routes {
		if p, err := netip.ParsePrefix(r); err != nil || !p.Addr().Is4() || p.Masked() != p {
			out = append(out, ztcore.Finding{Attribute: "Routes", Message: fmt.Sprintf("%q is no CIDR block of IPv4", r), Fix: "use a block such as 192.168.0.0/16"})
		}
	}
	return out
}
