package fakeec2

import "github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"

// What each operation honours of its input. Any other member that is set is refused.

func (s *Service) installNetwork() {
	c := s.cloud
	fakeaws.On(c, s.CreateVpc, "CidrBlock", "InstanceTenancy", "AmazonProvidedIpv6CidrBlock", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeVpcs, "VpcIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteVpc, "VpcId", "DryRun")
	fakeaws.On(c, s.ModifyVpcAttribute, "VpcId", "EnableDnsHostnames", "EnableDnsSupport", "EnableNetworkAddressUsageMetrics")
	fakeaws.On(c, s.DescribeVpcAttribute, "VpcId", "Attribute", "DryRun")
	fakeaws.On(c, s.DescribeDhcpOptions, "DhcpOptionsIds", "Filters", "MaxResults", "NextToken", "DryRun")

	fakeaws.On(c, s.CreateSubnet, "VpcId", "CidrBlock", "Ipv6CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeSubnets, "SubnetIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteSubnet, "SubnetId", "DryRun")
	fakeaws.On(c, s.ModifySubnetAttribute, "SubnetId", "MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64",
		"EnableResourceNameDnsARecordOnLaunch", "EnableResourceNameDnsAAAARecordOnLaunch", "PrivateDnsHostnameTypeOnLaunch")

	fakeaws.On(c, s.CreateSecurityGroup, "GroupName", "Description", "VpcId", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeSecurityGroups, "GroupIds", "GroupNames", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteSecurityGroup, "GroupId", "GroupName", "DryRun")
	fakeaws.On(c, s.AuthorizeSecurityGroupIngress, "GroupId", "GroupName", "IpPermissions", "CidrIp", "IpProtocol", "FromPort", "ToPort", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.AuthorizeSecurityGroupEgress, "GroupId", "IpPermissions", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.RevokeSecurityGroupIngress, "GroupId", "GroupName", "IpPermissions", "CidrIp", "IpProtocol", "FromPort", "ToPort", "SecurityGroupRuleIds", "DryRun")
	fakeaws.On(c, s.RevokeSecurityGroupEgress, "GroupId", "IpPermissions", "SecurityGroupRuleIds", "DryRun")
	fakeaws.On(c, s.DescribeSecurityGroupRules, "SecurityGroupRuleIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.ModifySecurityGroupRules, "GroupId", "SecurityGroupRules", "DryRun")
	fakeaws.On(c, s.UpdateSecurityGroupRuleDescriptionsIngress, "GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleDescriptions", "DryRun")
	fakeaws.On(c, s.UpdateSecurityGroupRuleDescriptionsEgress, "GroupId", "GroupName", "IpPermissions", "SecurityGroupRuleDescriptions", "DryRun")

	fakeaws.On(c, s.CreateNetworkAcl, "VpcId", "ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeNetworkAcls, "NetworkAclIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteNetworkAcl, "NetworkAclId", "DryRun")
	fakeaws.On(c, s.CreateNetworkAclEntry, "NetworkAclId", "Egress", "RuleNumber", "RuleAction", "Protocol", "CidrBlock", "Ipv6CidrBlock", "PortRange", "IcmpTypeCode", "DryRun")
	fakeaws.On(c, s.ReplaceNetworkAclEntry, "NetworkAclId", "Egress", "RuleNumber", "RuleAction", "Protocol", "CidrBlock", "Ipv6CidrBlock", "PortRange", "IcmpTypeCode", "DryRun")
	fakeaws.On(c, s.DeleteNetworkAclEntry, "NetworkAclId", "Egress", "RuleNumber", "DryRun")
	fakeaws.On(c, s.ReplaceNetworkAclAssociation, "AssociationId", "NetworkAclId", "DryRun")

	fakeaws.On(c, s.CreateNetworkInterface, "SubnetId", "Groups", "Description", "PrivateIpAddress", "SecondaryPrivateIpAddressCount", "InterfaceType",
		"ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeNetworkInterfaces, "NetworkInterfaceIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.ModifyNetworkInterfaceAttribute, "NetworkInterfaceId", "Groups", "Description", "SourceDestCheck", "Attachment.AttachmentId",
		"Attachment.DeleteOnTermination", "AssociatePublicIpAddress", "DryRun")
	fakeaws.On(c, s.DeleteNetworkInterface, "NetworkInterfaceId", "DryRun")

	fakeaws.On(c, s.CreateFlowLogs, "ResourceIds", "ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName", "LogFormat",
		"DeliverLogsPermissionArn", "MaxAggregationInterval", "DestinationOptions", "ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeFlowLogs, "FlowLogIds", "Filter", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteFlowLogs, "FlowLogIds", "DryRun")
}

func (s *Service) installGateways() {
	c := s.cloud
	fakeaws.On(c, s.CreateRouteTable, "VpcId", "ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeRouteTables, "RouteTableIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteRouteTable, "RouteTableId", "DryRun")
	fakeaws.On(c, s.AssociateRouteTable, "RouteTableId", "SubnetId", "GatewayId", "DryRun")
	fakeaws.On(c, s.DisassociateRouteTable, "AssociationId", "DryRun")
	fakeaws.On(c, s.ReplaceRouteTableAssociation, "AssociationId", "RouteTableId", "DryRun")
	fakeaws.On(c, s.CreateRoute, "RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId",
		"GatewayId", "NatGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId", "VpcEndpointId", "DryRun")
	fakeaws.On(c, s.ReplaceRoute, "RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId",
		"GatewayId", "NatGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId", "VpcEndpointId", "DryRun")
	fakeaws.On(c, s.DeleteRoute, "RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "DryRun")

	fakeaws.On(c, s.CreateInternetGateway, "TagSpecifications", "DryRun")
	fakeaws.On(c, s.AttachInternetGateway, "InternetGatewayId", "VpcId", "DryRun")
	fakeaws.On(c, s.DetachInternetGateway, "InternetGatewayId", "VpcId", "DryRun")
	fakeaws.On(c, s.DescribeInternetGateways, "InternetGatewayIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteInternetGateway, "InternetGatewayId", "DryRun")

	fakeaws.On(c, s.CreateNatGateway, "SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress", "ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeNatGateways, "NatGatewayIds", "Filter", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteNatGateway, "NatGatewayId", "DryRun")
	fakeaws.On(c, s.AllocateAddress, "Domain", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeAddresses, "AllocationIds", "PublicIps", "Filters", "DryRun")
	fakeaws.On(c, s.ReleaseAddress, "AllocationId", "DryRun")

	fakeaws.On(c, s.CreateVpcPeeringConnection, "VpcId", "PeerVpcId", "PeerOwnerId", "PeerRegion", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.AcceptVpcPeeringConnection, "VpcPeeringConnectionId", "DryRun")
	fakeaws.On(c, s.RejectVpcPeeringConnection, "VpcPeeringConnectionId", "DryRun")
	fakeaws.On(c, s.DescribeVpcPeeringConnections, "VpcPeeringConnectionIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteVpcPeeringConnection, "VpcPeeringConnectionId", "DryRun")
}

func (s *Service) installEndpoints() {
	c := s.cloud
	fakeaws.On(c, s.CreateVpcEndpoint, "VpcId", "ServiceName", "VpcEndpointType", "PolicyDocument", "RouteTableIds", "SubnetIds", "SecurityGroupIds",
		"PrivateDnsEnabled", "ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeVpcEndpoints, "VpcEndpointIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.ModifyVpcEndpoint, "VpcEndpointId", "PolicyDocument", "ResetPolicy", "AddRouteTableIds", "RemoveRouteTableIds", "AddSubnetIds",
		"RemoveSubnetIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds", "PrivateDnsEnabled", "DryRun")
	fakeaws.On(c, s.DeleteVpcEndpoints, "VpcEndpointIds", "DryRun")
	fakeaws.On(c, s.DescribeVpcEndpointServices, "ServiceNames", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DescribePrefixLists, "PrefixListIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DescribeManagedPrefixLists, "PrefixListIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.GetManagedPrefixListEntries, "PrefixListId", "MaxResults", "NextToken", "DryRun")
}

func (s *Service) installSettings() {
	c := s.cloud
	fakeaws.On(c, s.DescribeVpcBlockPublicAccessOptions, "DryRun")
	fakeaws.On(c, s.ModifyVpcBlockPublicAccessOptions, "InternetGatewayBlockMode", "DryRun")
	fakeaws.On(c, s.EnableEbsEncryptionByDefault, "DryRun")
	fakeaws.On(c, s.DisableEbsEncryptionByDefault, "DryRun")
	fakeaws.On(c, s.GetEbsEncryptionByDefault, "DryRun")
	fakeaws.On(c, s.GetEbsDefaultKmsKeyId, "DryRun")
	fakeaws.On(c, s.ModifyEbsDefaultKmsKeyId, "KmsKeyId", "DryRun")
	fakeaws.On(c, s.ResetEbsDefaultKmsKeyId, "DryRun")
	fakeaws.On(c, s.GetSnapshotBlockPublicAccessState, "DryRun")
	fakeaws.On(c, s.EnableSnapshotBlockPublicAccess, "State", "DryRun")
	fakeaws.On(c, s.DisableSnapshotBlockPublicAccess, "DryRun")
	fakeaws.On(c, s.GetImageBlockPublicAccessState, "DryRun")
	fakeaws.On(c, s.EnableImageBlockPublicAccess, "ImageBlockPublicAccessState", "DryRun")
	fakeaws.On(c, s.DisableImageBlockPublicAccess, "DryRun")
	fakeaws.On(c, s.GetInstanceMetadataDefaults, "DryRun")
	fakeaws.On(c, s.ModifyInstanceMetadataDefaults, "HttpEndpoint", "HttpPutResponseHopLimit", "HttpTokens", "HttpTokensEnforced", "InstanceMetadataTags", "DryRun")
	fakeaws.On(c, s.DescribeRegions, "RegionNames", "AllRegions", "Filters", "DryRun")
	fakeaws.On(c, s.DescribeAvailabilityZones, "ZoneNames", "ZoneIds", "AllAvailabilityZones", "Filters", "DryRun")
	fakeaws.On(c, s.CreateTags, "Resources", "Tags", "DryRun")
	fakeaws.On(c, s.DeleteTags, "Resources", "Tags", "DryRun")
	fakeaws.On(c, s.DescribeTags, "Filters", "MaxResults", "NextToken", "DryRun")
}
