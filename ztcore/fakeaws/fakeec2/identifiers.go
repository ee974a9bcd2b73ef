package fakeec2

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// kind is how EC2 speaks of one type of object. The codes are those of EC2's "Error codes" page, whose spelling follows no rule.
type kind struct {
	resource  types.ResourceType
	prefix    string
	noun      string
	malformed string
	notFound  string
}

var (
	vpcKind        = kind{types.ResourceTypeVpc, "vpc-", "vpc ID", "InvalidVpcID.Malformed", "InvalidVpcID.NotFound"}
	subnetKind     = kind{types.ResourceTypeSubnet, "subnet-", "subnet ID", "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound"}
	groupKind      = kind{types.ResourceTypeSecurityGroup, "sg-", "security group", "InvalidGroupId.Malformed", "InvalidGroup.NotFound"}
	ruleKind       = kind{types.ResourceTypeSecurityGroupRule, "sgr-", "security group rule ID", "InvalidSecurityGroupRuleId.Malformed", "InvalidSecurityGroupRuleId.NotFound"}
	tableKind      = kind{types.ResourceTypeRouteTable, "rtb-", "routeTable ID", "InvalidRouteTableId.Malformed", "InvalidRouteTableID.NotFound"}
	gatewayKind    = kind{types.ResourceTypeInternetGateway, "igw-", "internetGateway ID", "InvalidInternetGatewayId.Malformed", "InvalidInternetGatewayID.NotFound"}
	natKind        = kind{types.ResourceTypeNatgateway, "nat-", "NAT gateway", "NatGatewayMalformed", "NatGatewayNotFound"}
	addressKind    = kind{types.ResourceTypeElasticIp, "eipalloc-", "allocation ID", "InvalidAllocationID.NotFound", "InvalidAllocationID.NotFound"}
	aclKind        = kind{types.ResourceTypeNetworkAcl, "acl-", "networkAcl ID", "InvalidNetworkAclId.Malformed", "InvalidNetworkAclID.NotFound"}
	interfaceKind  = kind{types.ResourceTypeNetworkInterface, "eni-", "networkInterface ID", "InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceID.NotFound"}
	endpointKind   = kind{types.ResourceTypeVpcEndpoint, "vpce-", "Vpc Endpoint Id", "InvalidVpcEndpointId.Malformed", "InvalidVpcEndpointId.NotFound"}
	listKind       = kind{types.ResourceTypePrefixList, "pl-", "prefix list ID", "InvalidPrefixListId.Malformed", "InvalidPrefixListID.NotFound"}
	flowLogKind    = kind{types.ResourceTypeVpcFlowLog, "fl-", "flow log ID", "InvalidFlowLogId.NotFound", "InvalidFlowLogId.NotFound"}
	dhcpKind       = kind{types.ResourceTypeDhcpOptions, "dopt-", "dhcpOption ID", "InvalidDhcpOptionsId.Malformed", "InvalidDhcpOptionID.NotFound"}
	peeringKind    = kind{types.ResourceTypeVpcPeeringConnection, "pcx-", "vpcPeeringConnection ID", "InvalidVpcPeeringConnectionId.Malformed", "InvalidVpcPeeringConnectionID.NotFound"}
	customerKind   = kind{types.ResourceTypeCustomerGateway, "cgw-", "customerGateway ID", "InvalidCustomerGatewayId.Malformed", "InvalidCustomerGatewayID.NotFound"}
	vpnGatewayKind = kind{types.ResourceTypeVpnGateway, "vgw-", "vpnGateway ID", "InvalidVpnGatewayID.NotFound", "InvalidVpnGatewayID.NotFound"}
	vpnKind        = kind{types.ResourceTypeVpnConnection, "vpn-", "vpnConnection ID", "InvalidVpnConnectionID.NotFound", "InvalidVpnConnectionID.NotFound"}
	templateKind   = kind{types.ResourceTypeLaunchTemplate, "lt-", "launch template ID", "InvalidLaunchTemplateId.Malformed", "InvalidLaunchTemplateId.NotFound"}
	imageKind      = kind{types.ResourceTypeImage, "ami-", "image ID", "InvalidAMIID.Malformed", "InvalidAMIID.NotFound"}
	instanceKind   = kind{types.ResourceTypeInstance, "i-", "instance ID", "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound"}
	volumeKind     = kind{types.ResourceTypeVolume, "vol-", "volume", "InvalidVolumeID.Malformed", "InvalidVolume.NotFound"}
	snapshotKind   = kind{types.ResourceTypeSnapshot, "snap-", "snapshot", "InvalidSnapshotID.Malformed", "InvalidSnapshot.NotFound"}
)

// check refuses an identifier that is not of AWS's form: the prefix and 8 or 17 hexadecimal digits.
func (k kind) check(id string) error {
	digits, ok := strings.CutPrefix(id, k.prefix)
	if !ok || len(digits) != 8 && len(digits) != 17 || strings.Trim(digits, "0123456789abcdef") != "" {
		return fakeaws.Error(k.malformed, "Invalid id: %q (expecting \"%s...\")", id, k.prefix)
	}
	return nil
}

func (k kind) missing(id string) error {
	return fakeaws.Error(k.notFound, "The %s '%s' does not exist", k.noun, id)
}

// find looks up what an operation names by id.
func find[T any](t *table[T], k kind, id *string) (*T, error) {
	if aws.ToString(id) == "" {
		return nil, missingParameter(string(k.resource) + " id")
	}
	if err := k.check(*id); err != nil {
		return nil, err
	}
	if v := t.Index[*id]; v != nil {
		return v, nil
	}
	return nil, k.missing(*id)
}

// findAll is find for several ids; each is answered once.
func findAll[T any](t *table[T], k kind, ids []string) ([]*T, error) {
	var out []*T
	seen := map[string]bool{}
	for _, id := range ids {
		v, err := find(t, k, &id)
		if err != nil {
			return nil, err
		}
		if !seen[id] {
			seen[id] = true
			out = append(out, v)
		}
	}
	return out, nil
}

// exists reports whether the region has an object, whatever its type, and of which type an identifier of its form is.
func (r *region) exists(id string) (k kind, ok bool) {
	has := map[types.ResourceType]bool{
		vpcKind.resource:        r.Vpcs.Index[id] != nil,
		subnetKind.resource:     r.Subnets.Index[id] != nil,
		groupKind.resource:      r.Groups.Index[id] != nil,
		tableKind.resource:      r.RouteTables.Index[id] != nil,
		gatewayKind.resource:    r.Gateways.Index[id] != nil,
		natKind.resource:        r.NATs.Index[id] != nil,
		addressKind.resource:    r.Addresses.Index[id] != nil,
		aclKind.resource:        r.ACLs.Index[id] != nil,
		interfaceKind.resource:  r.Interfaces.Index[id] != nil,
		endpointKind.resource:   r.Endpoints.Index[id] != nil,
		listKind.resource:       r.PrefixLists.Index[id] != nil,
		flowLogKind.resource:    r.FlowLogs.Index[id] != nil,
		dhcpKind.resource:       r.DHCPOptions.Index[id] != nil,
		peeringKind.resource:    r.Peerings.Index[id] != nil,
		customerKind.resource:   r.CustomerGateways.Index[id] != nil,
		vpnGatewayKind.resource: r.VPNGateways.Index[id] != nil,
		vpnKind.resource:        r.VPNs.Index[id] != nil,
		templateKind.resource:   r.Templates.Index[id] != nil,
		instanceKind.resource:   r.Instances.Index[id] != nil,
		volumeKind.resource:     r.Volumes.Index[id] != nil,
		snapshotKind.resource:   r.Snapshots.Index[id] != nil,
	}
	k = kindOf(id)
	if k.resource == ruleKind.resource {
		_, _, ok := r.rule(id)
		return k, ok
	}
	return k, has[k.resource]
}

// kindOf is the type that an identifier's prefix stands for; its prefix is empty where none does.
func kindOf(id string) kind {
	for _, k := range []kind{vpcKind, subnetKind, groupKind, ruleKind, tableKind, gatewayKind, natKind, addressKind, aclKind,
		interfaceKind, endpointKind, listKind, flowLogKind, dhcpKind, peeringKind, customerKind, vpnGatewayKind, vpnKind, templateKind, instanceKind, volumeKind, snapshotKind} {
		if strings.HasPrefix(id, k.prefix) {
			return k
		}
	}
	return kind{}
}
