package endpoint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// OperatingSystem is what a patch baseline is for: AmazonLinux2023 if empty, where the API's own default is Windows.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreatePatchBaseline.html
type OperatingSystem string

// Operating systems that Patch Manager supports.
const (
	AmazonLinux2023       OperatingSystem = "AMAZON_LINUX_2023"
	AmazonLinux2022       OperatingSystem = "AMAZON_LINUX_2022"
	AmazonLinux2          OperatingSystem = "AMAZON_LINUX_2"
	AmazonLinux           OperatingSystem = "AMAZON_LINUX"
	AlmaLinux             OperatingSystem = "ALMA_LINUX"
	CentOS                OperatingSystem = "CENTOS"
	Debian                OperatingSystem = "DEBIAN"
	MacOS                 OperatingSystem = "MACOS"
	OracleLinux           OperatingSystem = "ORACLE_LINUX"
	Raspbian              OperatingSystem = "RASPBIAN"
	RedHatEnterpriseLinux OperatingSystem = "REDHAT_ENTERPRISE_LINUX"
	RockyLinux            OperatingSystem = "ROCKY_LINUX"
	SUSE                  OperatingSystem = "SUSE"
	Ubuntu                OperatingSystem = "UBUNTU"
	Windows               OperatingSystem = "WINDOWS"
)

// patchKeys are the filter keys of an operating system with their values; nil takes any, and "*" is always taken.
type patchKeys map[string][]string

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribePatchProperties.html
var (
	yumKeys    = patchKeys{"PRODUCT": nil, "CLASSIFICATION": {"Security", "Bugfix", "Enhancement", "Recommended", "Newpackage"}, "SEVERITY": {"Critical", "Important", "Medium", "Low"}}
	redHatKeys = patchKeys{"PRODUCT": nil, "CLASSIFICATION": yumKeys["CLASSIFICATION"], "SEVERITY": {"Critical", "Important", "Moderate", "Medium", "Low", "None"}}
	aptKeys    = patchKeys{"PRODUCT": nil, "PRIORITY": {"Required", "Important", "Standard", "Optional", "Extra"}, "SECTION": nil}

	operatingSystems = map[OperatingSystem]patchKeys{
		AmazonLinux2023: yumKeys, AmazonLinux2022: yumKeys, AmazonLinux2: yumKeys, AmazonLinux: yumKeys,
		AlmaLinux: redHatKeys, CentOS: redHatKeys, OracleLinux: redHatKeys, RedHatEnterpriseLinux: redHatKeys, RockyLinux: redHatKeys,
		Debian: aptKeys, Raspbian: aptKeys, Ubuntu: aptKeys,
		SUSE:  {"PRODUCT": nil, "CLASSIFICATION": {"Security", "Recommended", "Optional", "Feature", "Document", "Yast"}, "SEVERITY": {"Critical", "Important", "Moderate", "Low"}},
		MacOS: {"PRODUCT": nil, "CLASSIFICATION": nil},
		Windows: {
			"PRODUCT": nil, "PRODUCT_FAMILY": nil, "PATCH_SET": {"OS", "APPLICATION"}, "MSRC_SEVERITY": {"Critical", "Important", "Moderate", "Low", "Unspecified"},
			"CLASSIFICATION": {"CriticalUpdates", "DefinitionUpdates", "Drivers", "FeaturePacks", "SecurityUpdates", "ServicePacks", "Tools", "UpdateRollups", "Updates", "Upgrades"},
		},
	}
)

// apt reports the systems whose packages have no dates of release: approval can't wait there.
func (os OperatingSystem) apt() bool { return os == Debian || os == Ubuntu || os == Raspbian }

func (os OperatingSystem) orDefault() OperatingSystem { return cmp.Or(os, AmazonLinux2023) }

func checkOperatingSystem(os string) []ztcore.Finding {
	if _, ok := operatingSystems[OperatingSystem(os)]; ok {
		return nil
	}
	return []ztcore.Finding{{Attribute: "OperatingSystem", Message: os + " is none that Patch Manager knows", Fix: "use one of the package's constants"}}
}

// checkFilter finds a key or a value that is another operating system's.
func checkFilter(os OperatingSystem, f patchFilter) []ztcore.Finding {
	keys, known := operatingSystems[os]
	if !known {
		return nil
	}
	values, ok := keys[f.Key]
	if !ok {
		return []ztcore.Finding{{Attribute: "Rules", Message: fmt.Sprintf("%s has no %s", os, f.Key), Fix: "choose by " + strings.Join(keysOf(keys), ", ")}}
	}
	var out []ztcore.Finding
	for _, v := range f.Values {
		if v == "*" || values == nil || slices.Contains(values, v) {
			continue
		}
		out = append(out, ztcore.Finding{Attribute: "Rules", Message: fmt.Sprintf("%s is no %s of %s", v, f.Key, os), Fix: "use " + strings.Join(values, ", ")})
	}
	return out
}

func keysOf(keys patchKeys) []string {
	var out []string
	for k := range keys {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
