package fakessm

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// filters are the keys by which patches of an operating system are chosen, each with its values; nil takes any. "*" always
// stands for all.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribePatchProperties.html
type filters map[types.PatchFilterKey][]string

var (
	priorities = []string{"Required", "Important", "Standard", "Optional", "Extra"}
	yumClasses = []string{"Security", "Bugfix", "Enhancement", "Recommended", "Newpackage"}
	// AWS's documentation has called the third level by both names.
	redHatSeverities = []string{"Critical", "Important", "Moderate", "Medium", "Low", "None"}
)

func amazonLinux(products ...string) filters {
	return filters{types.PatchFilterKeyProduct: products, types.PatchFilterKeyClassification: yumClasses, types.PatchFilterKeySeverity: {"Critical", "Important", "Medium", "Low"}}
}

func redHat() filters {
	return filters{types.PatchFilterKeyProduct: nil, types.PatchFilterKeyClassification: yumClasses, types.PatchFilterKeySeverity: redHatSeverities}
}

func debian() filters {
	return filters{types.PatchFilterKeyProduct: nil, types.PatchFilterKeyPriority: priorities, types.PatchFilterKeySection: nil}
}

var patchFilters = map[types.OperatingSystem]filters{
	types.OperatingSystemAmazonLinux:           amazonLinux("AmazonLinux2012.03", "AmazonLinux2012.09", "AmazonLinux2013.03", "AmazonLinux2013.09", "AmazonLinux2014.03", "AmazonLinux2014.09", "AmazonLinux2015.03", "AmazonLinux2015.09", "AmazonLinux2016.03", "AmazonLinux2016.09", "AmazonLinux2017.03", "AmazonLinux2017.09", "AmazonLinux2018.03"),
	types.OperatingSystemAmazonLinux2:          amazonLinux("AmazonLinux2", "AmazonLinux2.0"),
	types.OperatingSystemAmazonLinux2022:       amazonLinux("AmazonLinux2022"),
	types.OperatingSystemAmazonLinux2023:       amazonLinux("AmazonLinux2023"),
	types.OperatingSystemRedhatEnterpriseLinux: redHat(), types.OperatingSystemCentOS: redHat(), types.OperatingSystemOracleLinux: redHat(),
	types.OperatingSystemRockyLinux: redHat(), types.OperatingSystemAlmaLinux: redHat(),
	types.OperatingSystemSuse: {
		types.PatchFilterKeyProduct: nil, types.PatchFilterKeyClassification: {"Security", "Recommended", "Optional", "Feature", "Document", "Yast"},
		types.PatchFilterKeySeverity: {"Critical", "Important", "Moderate", "Low"},
	},
	types.OperatingSystemUbuntu: debian(), types.OperatingSystemDebian: debian(), types.OperatingSystemRaspbian: debian(),
	types.OperatingSystemMacOS: {types.PatchFilterKeyProduct: nil, types.PatchFilterKeyClassification: nil},
	types.OperatingSystemWindows: {
		types.PatchFilterKeyPatchSet: {"OS", "APPLICATION"}, types.PatchFilterKeyProduct: nil, types.PatchFilterKeyProductFamily: nil,
		types.PatchFilterKeyClassification: {"CriticalUpdates", "DefinitionUpdates", "Drivers", "FeaturePacks", "SecurityUpdates", "ServicePacks", "Tools", "UpdateRollups", "Updates", "Upgrades"},
		types.PatchFilterKeyMsrcSeverity:   {"Critical", "Important", "Moderate", "Low", "Unspecified"},
	},
}

// checkFilters refuses keys and values that are not the operating system's.
func checkFilters(os types.OperatingSystem, group *types.PatchFilterGroup) error {
	if group == nil {
		return nil
	}
	if len(group.PatchFilters) > 4 {
		return invalid("1 validation error detected: Value at 'patchFilters' failed to satisfy constraint: Member must have length less than or equal to 4")
	}
	for _, f := range group.PatchFilters {
		if err := oneOf("patchFilter.key", f.Key, f.Key.Values()); err != nil {
			return err
		}
		values, ok := patchFilters[os][f.Key]
		if !ok {
			return invalid("Invalid Filter Key: %s for operating system %s", f.Key, os)
		}
		if len(f.Values) < 1 || len(f.Values) > 20 {
			return invalid("1 validation error detected: Value at 'patchFilter.values' failed to satisfy constraint: Member must have length between 1 and 20")
		}
		for _, v := range f.Values {
			if err := length("patchFilter.values", v, 1, 64); err != nil {
				return err
			}
			if v != "*" && values != nil && !slices.Contains(values, v) {
				return invalid("Invalid Filter Value: %s for Key: %s, valid values are: %s", v, f.Key, strings.Join(values, ", "))
			}
		}
	}
	return nil
}

// DescribePatchProperties answers the values of a key, where they are modelled.
func (s *Service) DescribePatchProperties(ctx context.Context, in *ssm.DescribePatchPropertiesInput, _ ...opt) (*ssm.DescribePatchPropertiesOutput, error) {
	if err := oneOf("operatingSystem", in.OperatingSystem, in.OperatingSystem.Values()); err != nil {
		return nil, err
	}
	values, ok := patchFilters[in.OperatingSystem][types.PatchFilterKey(in.Property)]
	switch {
	case !ok:
		return nil, invalid("Property %s is not supported for operating system %s", in.Property, in.OperatingSystem)
	case values == nil:
		return nil, notFaked(ctx, "Property", "the values of "+string(in.Property)+" of "+string(in.OperatingSystem)+" are not modelled")
	}
	var all []map[string]string
	for _, v := range values {
		all = append(all, map[string]string{"Name": v})
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults, 50)
	return &ssm.DescribePatchPropertiesOutput{Properties: some, NextToken: next}, err
}
