package fakeec2

import (
	"context"
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// vpn is a Site-to-Site VPN connection to a virtual private gateway.
type vpn struct {
	ID, Customer, Gateway string
	Asked                 string // the request, by which a repeated one is recognized
	Static                bool
	Storage               string // of the pre-shared keys: Standard or SecretsManager
	Tunnels               []types.TunnelOption
	Routes                []string
	Ready                 time.Time
}

// CreateVpnConnection makes a connection with two tunnels, whose pre-shared keys are the fake's. The same request again answers the one
// that there is: "This is an idempotent operation." Keys that are kept in Secrets Manager are not answered.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnection.html
func (s *Service) CreateVpnConnection(ctx context.Context, in *ec2.CreateVpnConnectionInput, _ ...func(*ec2.Options)) (*ec2.CreateVpnConnectionOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Type) != "ipsec.1" {
		return nil, invalidParameter("Value (%s) for parameter type is invalid. Valid values: ipsec.1", aws.ToString(in.Type))
	}
	customer, err := find(&r.CustomerGateways, customerKind, in.CustomerGatewayId)
	if err != nil {
		return nil, err
	}
	gateway, err := find(&r.VPNGateways, vpnGatewayKind, in.VpnGatewayId)
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, vpnKind.resource)
	if err != nil {
		return nil, err
	}
	v := &vpn{Customer: customer.ID, Gateway: gateway.ID, Storage: aws.ToString(in.PreSharedKeyStorage), Ready: time.Now().Add(s.settle())}
	if v.Storage == "" {
		v.Storage = "Standard"
	}
	if v.Storage != "Standard" && v.Storage != "SecretsManager" {
		return nil, invalidParameter("Value (%s) for parameter preSharedKeyStorage is invalid.", v.Storage)
	}
	var options []types.VpnTunnelOptionsSpecification
	if in.Options != nil {
		options, v.Static = in.Options.TunnelOptions, aws.ToBool(in.Options.StaticRoutesOnly)
	}
	if len(options) > 2 {
		return nil, invalidParameter("A VPN connection has two tunnels.")
	}
	asked, err := json.Marshal([]any{customer.ID, gateway.ID, in.Options, v.Storage})
	if err != nil {
		return nil, invalidParameter("The options are not valid.")
	}
	v.Asked = string(asked)
	if same := r.VPNs.where(func(o *vpn) bool { return o.Asked == v.Asked }); len(same) > 0 {
		out := same[0].describe(r)
		return &ec2.CreateVpnConnectionOutput{VpnConnection: &out}, nil
	}
	for i := range 2 {
		var o types.VpnTunnelOptionsSpecification
		if i < len(options) {
			o = options[i]
		}
		t := types.TunnelOption{OutsideIpAddress: aws.String(v.outside(r)), PreSharedKey: aws.String(s.cloud.ID("psk_", 28)), TunnelInsideCidr: aws.String(netip.AddrFrom4([4]byte{169, 254, byte(10 + len(r.VPNs.Items)), byte(4 * i)}).String() + "/30")}
		if err := setTunnel(&t, types.ModifyVpnTunnelOptionsSpecification(o)); err != nil {
			return nil, err
		}
		v.Tunnels = append(v.Tunnels, t)
	}
	v.ID = s.cloud.ID("vpn-", 17)
	r.VPNs.add(v.ID, v)
	r.tag(v.ID, tags)
	out := v.describe(r)
	return &ec2.CreateVpnConnectionOutput{VpnConnection: &out}, nil
}

// outside is an address of a network for documentation that no other tunnel has.
func (v *vpn) outside(r *region) string {
	taken := func(o *vpn, a string) bool {
		return slices.ContainsFunc(o.Tunnels, func(t types.TunnelOption) bool { return *t.OutsideIpAddress == a })
	}
	a := netip.MustParseAddr("203.0.113.1")
	for taken(v, a.String()) || r.VPNs.any(func(o *vpn) bool { return taken(o, a.String()) }) {
		a = a.Next()
	}
	return a.String()
}

var (
	ciphers   = []string{"AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"}
	hashes    = []string{"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"}
	groups1   = []int32{2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}
	groups2   = []int32{2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}
	sharedKey = regexp.MustCompile(`^[A-Za-z1-9._][A-Za-z0-9._]{7,63}$`)
)

// setTunnel changes a tunnel as far as is said. What is not said of a new one, AWS allows altogether.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnTunnelOptionsSpecification.html
func setTunnel(t *types.TunnelOption, o types.ModifyVpnTunnelOptionsSpecification) error {
	refuse := func(what string) error { return invalidParameter("The %s of the tunnel is invalid.", what) }
	for _, v := range o.IKEVersions {
		if !slices.Contains([]string{"ikev1", "ikev2"}, aws.ToString(v.Value)) {
			return refuse("IKE version")
		}
	}
	for _, v := range o.Phase1EncryptionAlgorithms {
		if !slices.Contains(ciphers, aws.ToString(v.Value)) {
			return refuse("phase 1 encryption algorithm")
		}
	}
	for _, v := range o.Phase2EncryptionAlgorithms {
		if !slices.Contains(ciphers, aws.ToString(v.Value)) {
			return refuse("phase 2 encryption algorithm")
		}
	}
	for _, v := range o.Phase1IntegrityAlgorithms {
		if !slices.Contains(hashes, aws.ToString(v.Value)) {
			return refuse("phase 1 integrity algorithm")
		}
	}
	for _, v := range o.Phase2IntegrityAlgorithms {
		if !slices.Contains(hashes, aws.ToString(v.Value)) {
			return refuse("phase 2 integrity algorithm")
		}
	}
	for _, v := range o.Phase1DHGroupNumbers {
		if !slices.Contains(groups1, aws.ToInt32(v.Value)) {
			return refuse("phase 1 Diffie-Hellman group")
		}
	}
	for _, v := range o.Phase2DHGroupNumbers {
		if !slices.Contains(groups2, aws.ToInt32(v.Value)) {
			return refuse("phase 2 Diffie-Hellman group")
		}
	}
	if o.PreSharedKey != nil && !sharedKey.MatchString(*o.PreSharedKey) {
		return refuse("pre-shared key")
	}
	if o.Phase1LifetimeSeconds != nil && (*o.Phase1LifetimeSeconds < 900 || *o.Phase1LifetimeSeconds > 28_800) || o.Phase2LifetimeSeconds != nil && (*o.Phase2LifetimeSeconds < 900 || *o.Phase2LifetimeSeconds > 3600) {
		return refuse("lifetime")
	}
	// The lists of the two types have the same form.
	var change, after types.TunnelOption
	for _, step := range []struct{ from, to any }{{o, &change}, {*t, &after}} {
		b, err := json.Marshal(step.from)
		if err == nil {
			err = json.Unmarshal(b, step.to)
		}
		if err != nil {
			return refuse("options")
		}
	}
	if change.IkeVersions != nil {
		after.IkeVersions = change.IkeVersions
	}
	if change.Phase1EncryptionAlgorithms != nil {
		after.Phase1EncryptionAlgorithms = change.Phase1EncryptionAlgorithms
	}
	if change.Phase2EncryptionAlgorithms != nil {
		after.Phase2EncryptionAlgorithms = change.Phase2EncryptionAlgorithms
	}
	if change.Phase1IntegrityAlgorithms != nil {
		after.Phase1IntegrityAlgorithms = change.Phase1IntegrityAlgorithms
	}
	if change.Phase2IntegrityAlgorithms != nil {
		after.Phase2IntegrityAlgorithms = change.Phase2IntegrityAlgorithms
	}
	if change.Phase1DHGroupNumbers != nil {
		after.Phase1DHGroupNumbers = change.Phase1DHGroupNumbers
	}
	if change.Phase2DHGroupNumbers != nil {
		after.Phase2DHGroupNumbers = change.Phase2DHGroupNumbers
	}
	if change.Phase1LifetimeSeconds != nil {
		after.Phase1LifetimeSeconds = change.Phase1LifetimeSeconds
	}
	if change.Phase2LifetimeSeconds != nil {
		after.Phase2LifetimeSeconds = change.Phase2LifetimeSeconds
	}
	if change.PreSharedKey != nil {
		after.PreSharedKey = change.PreSharedKey
	}
	if change.LogOptions != nil {
		after.LogOptions = change.LogOptions
	}
	*t = after
	return nil
}

// listed is how EC2 answers what a tunnel allows: all of it unless something was said.
func listed(t types.TunnelOption) types.TunnelOption {
	if t.IkeVersions == nil {
		t.IkeVersions = []types.IKEVersionsListValue{{Value: aws.String("ikev1")}, {Value: aws.String("ikev2")}}
	}
	if t.Phase1LifetimeSeconds == nil {
		t.Phase1LifetimeSeconds = aws.Int32(28_800)
	}
	if t.Phase2LifetimeSeconds == nil {
		t.Phase2LifetimeSeconds = aws.Int32(3600)
	}
	return t
}

func (v *vpn) state() types.VpnState {
	if time.Now().Before(v.Ready) {
		return types.VpnStatePending
	}
	return types.VpnStateAvailable
}

func (v *vpn) describe(r *region) types.VpnConnection {
	out := types.VpnConnection{
		VpnConnectionId: aws.String(v.ID), CustomerGatewayId: aws.String(v.Customer), VpnGatewayId: aws.String(v.Gateway), State: v.state(), Type: types.GatewayTypeIpsec1,
		Category: aws.String("VPN"), Tags: r.tagsOn(v.ID), Options: &types.VpnConnectionOptions{StaticRoutesOnly: aws.Bool(v.Static)},
	}
	for _, t := range v.Tunnels {
		t = listed(t)
		if v.Storage == "SecretsManager" {
			t.PreSharedKey = nil
		}
		out.Options.TunnelOptions = append(out.Options.TunnelOptions, t)
		out.VgwTelemetry = append(out.VgwTelemetry, types.VgwTelemetry{OutsideIpAddress: t.OutsideIpAddress, Status: types.TelemetryStatusDown})
	}
	if v.Storage == "SecretsManager" {
		out.PreSharedKeyArn = aws.String("arn:" + fakeaws.Partition(r.Name) + ":secretsmanager:" + r.Name + ":" + r.Account + ":secret:s2svpn!" + v.ID)
	}
	for _, cidr := range v.Routes {
		out.Routes = append(out.Routes, types.VpnStaticRoute{DestinationCidrBlock: aws.String(cidr), Source: types.VpnStaticRouteSourceStatic, State: types.VpnStateAvailable})
	}
	return out
}

var vpnQuery = query[vpn]{kind: vpnKind, id: func(v *vpn) string { return v.ID }, columns: columns[vpn]{
	"vpn-connection-id":   one(func(v *vpn) string { return v.ID }),
	"customer-gateway-id": one(func(v *vpn) string { return v.Customer }),
	"vpn-gateway-id":      one(func(v *vpn) string { return v.Gateway }),
	"state":               one(func(v *vpn) string { return string(v.state()) }),
	"type":                constant[vpn]("ipsec.1"),
}}

// DescribeVpnConnections answers connections in the order of their creation. It does not page.
func (s *Service) DescribeVpnConnections(ctx context.Context, in *ec2.DescribeVpnConnectionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpnConnectionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, err := listAll(r, &r.VPNs, vpnQuery, in.VpnConnectionIds, in.Filters)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpnConnectionsOutput{}
	for _, v := range found {
		out.VpnConnections = append(out.VpnConnections, v.describe(r))
	}
	return out, nil
}

// ModifyVpnTunnelOptions changes one tunnel of a connection that is available; it is not, for a while after.
func (s *Service) ModifyVpnTunnelOptions(ctx context.Context, in *ec2.ModifyVpnTunnelOptionsInput, _ ...func(*ec2.Options)) (*ec2.ModifyVpnTunnelOptionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.VPNs, vpnKind, in.VpnConnectionId)
	if err != nil {
		return nil, err
	}
	if v.state() != types.VpnStateAvailable {
		return nil, fakeaws.Error("IncorrectState", "The vpnConnection %s is not in state available.", v.ID)
	}
	i := slices.IndexFunc(v.Tunnels, func(t types.TunnelOption) bool {
		return *t.OutsideIpAddress == aws.ToString(in.VpnTunnelOutsideIpAddress)
	})
	if i < 0 {
		return nil, invalidParameter("The vpnConnection %s has no tunnel with the outside address %s", v.ID, aws.ToString(in.VpnTunnelOutsideIpAddress))
	}
	if err := setTunnel(&v.Tunnels[i], *in.TunnelOptions); err != nil {
		return nil, err
	}
	v.Ready = time.Now().Add(s.settle())
	out := v.describe(r)
	return &ec2.ModifyVpnTunnelOptionsOutput{VpnConnection: &out}, nil
}

// CreateVpnConnectionRoute adds a route to a connection with static routing; one that there is already is no error.
func (s *Service) CreateVpnConnectionRoute(ctx context.Context, in *ec2.CreateVpnConnectionRouteInput, _ ...func(*ec2.Options)) (*ec2.CreateVpnConnectionRouteOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.VPNs, vpnKind, in.VpnConnectionId)
	if err != nil {
		return nil, err
	}
	if !v.Static {
		return nil, invalidParameter("The vpnConnection %s does not use static routing", v.ID)
	}
	p, err := networkIPv4(aws.ToString(in.DestinationCidrBlock), "destinationCidrBlock")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(v.Routes, p.String()) {
		v.Routes = append(v.Routes, p.String())
	}
	return &ec2.CreateVpnConnectionRouteOutput{}, nil
}

// DeleteVpnConnectionRoute removes a static route.
func (s *Service) DeleteVpnConnectionRoute(ctx context.Context, in *ec2.DeleteVpnConnectionRouteInput, _ ...func(*ec2.Options)) (*ec2.DeleteVpnConnectionRouteOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.VPNs, vpnKind, in.VpnConnectionId)
	if err != nil {
		return nil, err
	}
	i := slices.Index(v.Routes, aws.ToString(in.DestinationCidrBlock))
	if i < 0 {
		return nil, fakeaws.Error("InvalidRoute.NotFound", "The route with destination %s does not exist", aws.ToString(in.DestinationCidrBlock))
	}
	v.Routes = slices.Delete(v.Routes, i, i+1)
	return &ec2.DeleteVpnConnectionRouteOutput{}, nil
}

// DeleteVpnConnection removes a connection, which AWS goes on answering as deleted for a while, and the fake does not.
func (s *Service) DeleteVpnConnection(ctx context.Context, in *ec2.DeleteVpnConnectionInput, _ ...func(*ec2.Options)) (*ec2.DeleteVpnConnectionOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.VPNs, vpnKind, in.VpnConnectionId)
	if err != nil {
		return nil, err
	}
	r.VPNs.remove(v.ID)
	r.forget(v.ID)
	return &ec2.DeleteVpnConnectionOutput{}, nil
}
