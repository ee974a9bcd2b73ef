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
