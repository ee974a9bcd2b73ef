package endpoint

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// PatchGroup holds the instances whose tag "Patch Group" or "PatchGroup" has its name to a baseline. A group has one for each operating
// system; another takes its place after a moment in which the default applies, since AWS knows no exchange.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-patch-groups.html
type PatchGroup struct {
	Name            string // the value of the tag: 1–256 letters, digits, spaces and _.:/=+-@
	Baseline        id.PatchBaseline
	OperatingSystem OperatingSystem // the baseline's; AmazonLinux2023 if empty
}

// Declare implements ztcore.Resource.
func (g PatchGroup) Declare(d *ztcore.Declaration) {
	os := g.OperatingSystem.orDefault()
	patchGroups.Declare(d, g.Name+"-"+string(os), patchGroupState{Group: g.Name, OS: string(os), Baseline: string(g.Baseline)})
}

type patchGroupState struct {
	Group    string `zt:"key"`
	OS       string `zt:"key"`
	Baseline string
}

var patchGroups = &ztcore.Kind[patchGroupState]{
	Name: "endpoint.PatchGroup", Permissions: &patchGroupsNeed, Check: checkPatchGroup, CheckAll: checkGroupSystems,
	Get: func(ctx context.Context, sc *ztcore.Scope, want patchGroupState) (patchGroupState, bool, error) {
		baseline, err := registered(ctx, sc, want)
		return patchGroupState{want.Group, want.OS, baseline}, baseline != "", err
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want patchGroupState) error {
		baseline, err := registered(ctx, sc, want)
		if err == nil && baseline != "" && baseline != want.Baseline {
			err = deregister(ctx, sc, patchGroupState{want.Group, want.OS, baseline})
		}
		if err == nil {
			_, err = ssm.NewFromConfig(sc.Config).RegisterPatchBaselineForPatchGroup(ctx, &ssm.RegisterPatchBaselineForPatchGroupInput{BaselineId: &want.Baseline, PatchGroup: &want.Group})
		}
		return err
	},
	Delete:   deregister,
	Controls: []string{"FSBP SSM.2", "NIST SP 800-207 tenet 5", "CISA ZTMM Devices"},
}

var patchGroupsNeed = ztcore.Permissions{
	Read:   []string{"ssm:DescribePatchGroups"},
	Write:  []string{"ssm:DeregisterPatchBaselineForPatchGroup", "ssm:RegisterPatchBaselineForPatchGroup"},
	Delete: []string{"ssm:DeregisterPatchBaselineForPatchGroup"},
}

// registered is the baseline of a group, "" if it has none. It looks at registrations, for GetPatchBaselineForPatchGroup answers
// the default for a group without.
func registered(ctx context.Context, sc *ztcore.Scope, want patchGroupState) (string, error) {
	for in := (&ssm.DescribePatchGroupsInput{Filters: []types.PatchOrchestratorFilter{{Key: aws.String("OPERATING_SYSTEM"), Values: []string{want.OS}}}}); ; {
		page, err := ssm.NewFromConfig(sc.Config).DescribePatchGroups(ctx, in)
		if err != nil {
			return "", err
		}
		for _, m := range page.Mappings {
			if aws.ToString(m.PatchGroup) == want.Group && m.BaselineIdentity != nil && string(m.BaselineIdentity.OperatingSystem) == want.OS {
				return aws.ToString(m.BaselineIdentity.BaselineId), nil
			}
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return "", nil
		}
	}
}

func deregister(ctx context.Context, sc *ztcore.Scope, have patchGroupState) error {
	_, err := ssm.NewFromConfig(sc.Config).DeregisterPatchBaselineForPatchGroup(ctx, &ssm.DeregisterPatchBaselineForPatchGroupInput{BaselineId: &have.Baseline, PatchGroup: &have.Group})
	return unlessGone(err)
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterPatchBaselineForPatchGroup.html
var patchGroupName = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$`)

func checkPatchGroup(want patchGroupState) []ztcore.Finding {
	out := append(checkOperatingSystem(want.OS), checkBaselineID(want.Baseline)...)
	if !patchGroupName.MatchString(want.Group) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Group + " can't be the value of the tag Patch Group", Fix: "use 1–256 letters, digits, spaces and _.:/=+-@"})
	}
	return out
}

func checkBaselineID(baseline string) []ztcore.Finding {
	if ztcore.HasToken(baseline) || strings.HasPrefix(baseline, "pb-") || strings.HasPrefix(baseline, "arn:") {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Baseline", Message: "no baseline is named", Fix: "set it to a PatchBaseline's ID(), an id as pb-0123456789abcdef0, or the ARN of one of AWS's"}}
}

// checkGroupSystems finds groups whose operating system is not their baseline's.
func checkGroupSystems(g *ztcore.Graph, all []ztcore.Declared[patchGroupState]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, group := range all {
		out = append(out, sameSystem(g, group.Address, group.Want.Baseline, group.Want.OS)...)
	}
	return out
}

func sameSystem(g *ztcore.Graph, at ztcore.Address, baseline, os string) []ztcore.Finding {
	b, ok := ztcore.Lookup[baselineState](g, baseline)
	if !ok || b.Want.OS == os {
		return nil
	}
	return []ztcore.Finding{{Resource: at, Attribute: "OperatingSystem", Message: string(b.Address) + " is for " + b.Want.OS + ", and this is " + os, Fix: "set both to the same"}}
}
