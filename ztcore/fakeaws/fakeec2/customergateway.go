package fakeec2

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// customerGateway is the other side's device of a VPN.
type customerGateway struct {
	ID, IP, Certificate, Device string
	ASN                         int32
}

// CreateCustomerGateway makes a customer gateway. The same address, ASN and certificate again answer the one that there is.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html
func (s *Service) CreateCustomerGateway(ctx context.Context, in *ec2.CreateCustomerGatewayInput, _ ...func(*ec2.Options)) (*ec2.CreateCustomerGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if in.Type != types.GatewayTypeIpsec1 {
		return nil, invalidParameter("Value (%s) for parameter type is invalid. Valid values: ipsec.1", in.Type)
	}
	ip := aws.ToString(in.IpAddress)
	if ip == "" {
		ip = aws.ToString(in.PublicIp)
	}
	if ip == "" && aws.ToString(in.CertificateArn) == "" {
		return nil, missingParameter("ipAddress")
	}
	if a, err := netip.ParseAddr(ip); ip != "" && (err != nil || !a.IsValid()) {
		return nil, invalidParameter("Value (%s) for parameter ipAddress is invalid.", ip)
	}
	asn := aws.ToInt32(in.BgpAsn)
	if asn == 0 {
		asn = 65000
	}
	if asn < 0 {
		return nil, invalidParameter("Value (%d) for parameter bgpAsn is invalid.", asn)
	}
	tags, err := specified(in.TagSpecifications, customerKind.resource)
	if err != nil {
		return nil, err
	}
	wanted := customerGateway{IP: ip, Certificate: aws.ToString(in.CertificateArn), Device: aws.ToString(in.DeviceName), ASN: asn}
	same := r.CustomerGateways.where(func(g *customerGateway) bool {
		return g.IP == wanted.IP && g.ASN == wanted.ASN && g.Certificate == wanted.Certificate
	})
	if len(same) > 0 {
		out := same[0].describe(r)
		return &ec2.CreateCustomerGatewayOutput{CustomerGateway: &out}, nil
	}
	g := &wanted
	g.ID = s.cloud.ID("cgw-", 17)
	r.CustomerGateways.add(g.ID, g)
	r.tag(g.ID, tags)
	out := g.describe(r)
	return &ec2.CreateCustomerGatewayOutput{CustomerGateway: &out}, nil
}

func (g *customerGateway) describe(r *region) types.CustomerGateway {
	return types.CustomerGateway{
		CustomerGatewayId: aws.String(g.ID), IpAddress: text(g.IP), BgpAsn: aws.String(strconv.Itoa(int(g.ASN))), CertificateArn: text(g.Certificate), DeviceName: text(g.Device),
		State: aws.String("available"), Type: aws.String("ipsec.1"), Tags: r.tagsOn(g.ID),
	}
}

var customerQuery = query[customerGateway]{kind: customerKind, id: func(g *customerGateway) string { return g.ID }, columns: columns[customerGateway]{
	"customer-gateway-id": one(func(g *customerGateway) string { return g.ID }),
	"ip-address":          one(func(g *customerGateway) string { return g.IP }),
	"bgp-asn":             one(func(g *customerGateway) string { return strconv.Itoa(int(g.ASN)) }),
	"state":               constant[customerGateway]("available"),
	"type":                constant[customerGateway]("ipsec.1"),
}}

// DescribeCustomerGateways answers customer gateways in the order of their creation. It does not page.
func (s *Service) DescribeCustomerGateways(ctx context.Context, in *ec2.DescribeCustomerGatewaysInput, _ ...func(*ec2.Options)) (*ec2.DescribeCustomerGatewaysOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, err := listAll(r, &r.CustomerGateways, customerQuery, in.CustomerGatewayIds, in.Filters)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeCustomerGatewaysOutput{}
	for _, g := range found {
		out.CustomerGateways = append(out.CustomerGateways, g.describe(r))
	}
	return out, nil
}

// DeleteCustomerGateway removes a gateway that no connection uses.
func (s *Service) DeleteCustomerGateway(ctx context.Context, in *ec2.DeleteCustomerGatewayInput, _ ...func(*ec2.Options)) (*ec2.DeleteCustomerGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.CustomerGateways, customerKind, in.CustomerGatewayId)
	if err != nil {
		return nil, err
	}
	if r.VPNs.any(func(v *vpn) bool { return v.Customer == g.ID }) {
		return nil, fakeaws.Error("IncorrectState", "The customer gateway is in use.")
	}
	r.CustomerGateways.remove(g.ID)
	r.forget(g.ID)
	return &ec2.DeleteCustomerGatewayOutput{}, nil
}

// vpnGateway is the VPC's side of a VPN; VPC is empty while it is detached.
type vpnGateway struct {
	ID, VPC string
	ASN     int64
}

// CreateVpnGateway makes a virtual private gateway that is attached to nothing.
func (s *Service) CreateVpnGateway(ctx context.Context, in *ec2.CreateVpnGatewayInput, _ ...func(*ec2.Options)) (*ec2.CreateVpnGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if in.Type != types.GatewayTypeIpsec1 {
		return nil, invalidParameter("Value (%s) for parameter type is invalid. Valid values: ipsec.1", in.Type)
	}
	asn := aws.ToInt64(in.AmazonSideAsn)
	if asn == 0 {
		asn = 64512
	}
	if (asn < 64512 || asn > 65534) && (asn < 4_200_000_000 || asn > 4_294_967_294) {
		return nil, invalidParameter("Value (%d) for parameter amazonSideAsn is invalid. It must be a private ASN.", asn)
	}
	tags, err := specified(in.TagSpecifications, vpnGatewayKind.resource)
	if err != nil {
		return nil, err
	}
	g := &vpnGateway{ID: s.cloud.ID("vgw-", 17), ASN: asn}
	r.VPNGateways.add(g.ID, g)
	r.tag(g.ID, tags)
	out := g.describe(r)
	return &ec2.CreateVpnGatewayOutput{VpnGateway: &out}, nil
}

func (g *vpnGateway) describe(r *region) types.VpnGateway {
	out := types.VpnGateway{VpnGatewayId: aws.String(g.ID), AmazonSideAsn: aws.Int64(g.ASN), State: types.VpnStateAvailable, Type: types.GatewayTypeIpsec1, Tags: r.tagsOn(g.ID)}
	if g.VPC != "" {
		out.VpcAttachments = []types.VpcAttachment{{VpcId: aws.String(g.VPC), State: types.AttachmentStatusAttached}}
	}
	return out
}

// AttachVpnGateway attaches a gateway to a VPC that has none.
func (s *Service) AttachVpnGateway(ctx context.Context, in *ec2.AttachVpnGatewayInput, _ ...func(*ec2.Options)) (*ec2.AttachVpnGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.VPNGateways, vpnGatewayKind, in.VpnGatewayId)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	if g.VPC != "" && g.VPC != v.ID {
		return nil, fakeaws.Error("VpnGatewayAttachmentLimitExceeded", "The maximum number of VPCs attached to vpnGateway %s has been reached.", g.ID)
	}
	if r.VPNGateways.any(func(o *vpnGateway) bool { return o != g && o.VPC == v.ID }) {
		return nil, invalidParameter("Network %s already has a virtual private gateway attached", v.ID)
	}
	g.VPC = v.ID
	return &ec2.AttachVpnGatewayOutput{VpcAttachment: &types.VpcAttachment{VpcId: aws.String(v.ID), State: types.AttachmentStatusAttached}}, nil
}

// DetachVpnGateway detaches a gateway.
func (s *Service) DetachVpnGateway(ctx context.Context, in *ec2.DetachVpnGatewayInput, _ ...func(*ec2.Options)) (*ec2.DetachVpnGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.VPNGateways, vpnGatewayKind, in.VpnGatewayId)
	if err != nil {
		return nil, err
	}
	if g.VPC == "" || g.VPC != aws.ToString(in.VpcId) {
		return nil, fakeaws.Error("InvalidVpnGatewayAttachment.NotFound", "The attachment with vpn gateway ID '%s' and vpc ID '%s' does not exist", g.ID, aws.ToString(in.VpcId))
	}
	g.VPC = ""
	return &ec2.DetachVpnGatewayOutput{}, nil
}

var vpnGatewayQuery = query[vpnGateway]{kind: vpnGatewayKind, id: func(g *vpnGateway) string { return g.ID }, columns: columns[vpnGateway]{
	"vpn-gateway-id":    one(func(g *vpnGateway) string { return g.ID }),
	"attachment.vpc-id": one(func(g *vpnGateway) string { return g.VPC }),
	"state":             constant[vpnGateway]("available"),
	"type":              constant[vpnGateway]("ipsec.1"),
}}

// DescribeVpnGateways answers virtual private gateways in the order of their creation. It does not page.
func (s *Service) DescribeVpnGateways(ctx context.Context, in *ec2.DescribeVpnGatewaysInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpnGatewaysOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, err := listAll(r, &r.VPNGateways, vpnGatewayQuery, in.VpnGatewayIds, in.Filters)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpnGatewaysOutput{}
	for _, g := range found {
		out.VpnGateways = append(out.VpnGateways, g.describe(r))
	}
	return out, nil
}

// DeleteVpnGateway removes a gateway that is detached and has no connection.
func (s *Service) DeleteVpnGateway(ctx context.Context, in *ec2.DeleteVpnGatewayInput, _ ...func(*ec2.Options)) (*ec2.DeleteVpnGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.VPNGateways, vpnGatewayKind, in.VpnGatewayId)
	if err != nil {
		return nil, err
	}
	if g.VPC != "" || r.VPNs.any(func(v *vpn) bool { return v.Gateway == g.ID }) {
		return nil, fakeaws.Error("IncorrectState", "The vpnGateway %s is in use.", g.ID)
	}
	r.VPNGateways.remove(g.ID)
	r.forget(g.ID)
	return &ec2.DeleteVpnGatewayOutput{}, nil
}

// listAll is list for operations that do not page.
func listAll[T any](r *region, t *table[T], q query[T], ids []string, filters []types.Filter) ([]*T, error) {
	items := t.Items
	if len(ids) > 0 {
		var err error
		if items, err = findAll(t, q.kind, ids); err != nil {
			return nil, err
		}
	}
	conditions, err := compile(r, q, filters)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(items), func(v *T) bool { return !conditions.hold(r, v) }), nil
}

func isVPNGateway(id *string) bool { return strings.HasPrefix(aws.ToString(id), vpnGatewayKind.prefix) }
