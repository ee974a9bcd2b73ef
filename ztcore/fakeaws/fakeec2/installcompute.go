package fakeec2

import "github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"

// What each operation on instances and what belongs to them honours of its input. Any other member that is set is refused.

func (s *Service) installTemplates() {
	c := s.cloud
	data := launchMembers("LaunchTemplateData.")
	fakeaws.On(c, s.CreateLaunchTemplate, append(data, "LaunchTemplateName", "VersionDescription", "ClientToken", "TagSpecifications", "DryRun")...)
	fakeaws.On(c, s.CreateLaunchTemplateVersion, append(data, "LaunchTemplateId", "LaunchTemplateName", "SourceVersion", "VersionDescription",
		"ResolveAlias", "ClientToken", "DryRun")...)
	fakeaws.On(c, s.ModifyLaunchTemplate, "LaunchTemplateId", "LaunchTemplateName", "DefaultVersion", "ClientToken", "DryRun")
	fakeaws.On(c, s.DescribeLaunchTemplates, "LaunchTemplateIds", "LaunchTemplateNames", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DescribeLaunchTemplateVersions, "LaunchTemplateId", "LaunchTemplateName", "Versions", "MinVersion", "MaxVersion", "ResolveAlias",
		"Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteLaunchTemplate, "LaunchTemplateId", "LaunchTemplateName", "DryRun")
	fakeaws.On(c, s.DeleteLaunchTemplateVersions, "LaunchTemplateId", "LaunchTemplateName", "Versions", "DryRun")
	fakeaws.On(c, s.DescribeImages, "ImageIds", "Owners", "Filters", "MaxResults", "NextToken", "DryRun")
}

func (s *Service) installInstances() {
	c := s.cloud
	fakeaws.On(c, s.RunInstances, append(launchMembers(""), "MinCount", "MaxCount", "SubnetId", "PrivateIpAddress", "LaunchTemplate", "ClientToken", "DryRun")...)
	fakeaws.On(c, s.DescribeInstances, "InstanceIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DescribeInstanceStatus, "InstanceIds", "IncludeAllInstances", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DescribeInstanceAttribute, "InstanceId", "Attribute", "DryRun")
	fakeaws.On(c, s.ModifyInstanceAttribute, "InstanceId", "DisableApiTermination", "DisableApiStop", "InstanceInitiatedShutdownBehavior", "Groups",
		"SourceDestCheck", "BlockDeviceMappings.DeviceName", "BlockDeviceMappings.Ebs", "UserData", "InstanceType", "EbsOptimized", "DryRun")
	fakeaws.On(c, s.ModifyInstanceMetadataOptions, "InstanceId", "HttpEndpoint", "HttpTokens", "HttpPutResponseHopLimit", "InstanceMetadataTags", "HttpProtocolIpv6", "DryRun")
	fakeaws.On(c, s.StartInstances, "InstanceIds", "DryRun")
	fakeaws.On(c, s.StopInstances, "InstanceIds", "Force", "SkipOsShutdown", "DryRun")
	fakeaws.On(c, s.RebootInstances, "InstanceIds", "DryRun")
	fakeaws.On(c, s.TerminateInstances, "InstanceIds", "Force", "SkipOsShutdown", "DryRun")
	fakeaws.On(c, s.MonitorInstances, "InstanceIds", "DryRun")
	fakeaws.On(c, s.UnmonitorInstances, "InstanceIds", "DryRun")
	fakeaws.On(c, s.AssociateIamInstanceProfile, "InstanceId", "IamInstanceProfile")
	fakeaws.On(c, s.DisassociateIamInstanceProfile, "AssociationId")
	fakeaws.On(c, s.ReplaceIamInstanceProfileAssociation, "AssociationId", "IamInstanceProfile")
	fakeaws.On(c, s.DescribeIamInstanceProfileAssociations, "AssociationIds", "Filters", "MaxResults", "NextToken")

	fakeaws.On(c, s.AttachNetworkInterface, "NetworkInterfaceId", "InstanceId", "DeviceIndex", "DryRun")
	fakeaws.On(c, s.DetachNetworkInterface, "AttachmentId", "Force", "DryRun")
	fakeaws.On(c, s.DescribeNetworkInterfaceAttribute, "NetworkInterfaceId", "Attribute", "DryRun")
	fakeaws.On(c, s.AssignPrivateIpAddresses, "NetworkInterfaceId", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount")
	fakeaws.On(c, s.UnassignPrivateIpAddresses, "NetworkInterfaceId", "PrivateIpAddresses")
	fakeaws.On(c, s.AssociateAddress, "AllocationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress", "AllowReassociation", "DryRun")
	fakeaws.On(c, s.DisassociateAddress, "AssociationId", "DryRun")
}

func (s *Service) installDisks() {
	c := s.cloud
	fakeaws.On(c, s.CreateVolume, "AvailabilityZone", "AvailabilityZoneId", "Size", "SnapshotId", "VolumeType", "Iops", "Throughput", "Encrypted", "KmsKeyId",
		"ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeVolumes, "VolumeIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.DeleteVolume, "VolumeId", "DryRun")
	fakeaws.On(c, s.AttachVolume, "VolumeId", "InstanceId", "Device", "DryRun")
	fakeaws.On(c, s.DetachVolume, "VolumeId", "InstanceId", "Device", "Force", "DryRun")
	fakeaws.On(c, s.CreateSnapshot, "VolumeId", "Description", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.CreateSnapshots, "InstanceSpecification", "CopyTagsFromSource", "Description", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.CopySnapshot, "SourceRegion", "SourceSnapshotId", "Description", "Encrypted", "KmsKeyId", "PresignedUrl", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DeleteSnapshot, "SnapshotId", "DryRun")
	fakeaws.On(c, s.DescribeSnapshots, "SnapshotIds", "OwnerIds", "RestorableByUserIds", "Filters", "MaxResults", "NextToken", "DryRun")
	fakeaws.On(c, s.ModifySnapshotAttribute, "SnapshotId", "Attribute", "CreateVolumePermission", "OperationType", "UserIds", "GroupNames", "DryRun")
	fakeaws.On(c, s.DescribeSnapshotAttribute, "SnapshotId", "Attribute", "DryRun")
	fakeaws.On(c, s.ResetSnapshotAttribute, "SnapshotId", "Attribute", "DryRun")
}
