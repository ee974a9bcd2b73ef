package endpoint

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// DefaultPatchBaseline holds the instances of an operating system that are in no patch group to a baseline, in place of AWS's own.
// Each operating system has one in each region. Its removal gives AWS's back.
type DefaultPatchBaseline struct {
	Baseline        id.PatchBaseline
	OperatingSystem OperatingSystem // the baseline's; AmazonLinux2023 if empty
}

// Declare implements ztcore.Resource.
func (p DefaultPatchBaseline) Declare(d *ztcore.Declaration) {
	os := string(p.OperatingSystem.orDefault())
	defaultBaselines.Declare(d, os, defaultState{OS: os, Baseline: string(p.Baseline)})
}

type defaultState struct {
	OS       string `zt:"key"`
	Baseline string
}

var defaultBaselines = &ztcore.Kind[defaultState]{
	Name: "endpoint.DefaultPatchBaseline", Permissions: &defaultBaselinesNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want defaultState) (defaultState, bool, error) {
		out, err := ssm.NewFromConfig(sc.Config).GetDefaultPatchBaseline(ctx, &ssm.GetDefaultPatchBaselineInput{OperatingSystem: types.OperatingSystem(want.OS)})
		if err != nil {
			return defaultState{}, false, err
		}
		baseline := aws.ToString(out.BaselineId)
		// AWS's own goes by its ARN, and stands for nothing having been set.
		return defaultState{want.OS, baseline}, !strings.HasPrefix(baseline, "arn:") || baseline == want.Baseline, nil
	},
	Put: setDefault,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have defaultState) error {
		aws, err := awsDefault(ctx, sc, have.OS)
		if err != nil {
			return err
		}
		return setDefault(ctx, sc, defaultState{have.OS, aws})
	},
	Check: func(want defaultState) []ztcore.Finding {
		return append(checkOperatingSystem(want.OS), checkBaselineID(want.Baseline)...)
	},
	CheckAll: checkDefaultSystems,
	Controls: []string{"FSBP SSM.2", "NIST SP 800-207 tenet 5", "CISA ZTMM Devices"},
}

var defaultBaselinesNeed = ztcore.Permissions{
	Read:   []string{"ssm:GetDefaultPatchBaseline"},
	Write:  []string{"ssm:RegisterDefaultPatchBaseline"},
	Delete: []string{"ssm:DescribePatchBaselines", "ssm:RegisterDefaultPatchBaseline"},
}

func setDefault(ctx context.Context, sc *ztcore.Scope, want defaultState) error {
	_, err := ssm.NewFromConfig(sc.Config).RegisterDefaultPatchBaseline(ctx, &ssm.RegisterDefaultPatchBaselineInput{BaselineId: &want.Baseline})
	return err
}

func checkDefaultSystems(g *ztcore.Graph, all []ztcore.Declared[defaultState]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, one := range all {
		out = append(out, sameSystem(g, one.Address, one.Want.Baseline, one.Want.OS)...)
	}
	return out
}

// awsDefault finds AWS's baseline of an operating system that is the default until another is registered. Windows has three.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-predefined-and-custom-patch-baselines.html
func awsDefault(ctx context.Context, sc *ztcore.Scope, os string) (string, error) {
	for in := (&ssm.DescribePatchBaselinesInput{Filters: []types.PatchOrchestratorFilter{
		{Key: aws.String("OWNER"), Values: []string{"AWS"}}, {Key: aws.String("OPERATING_SYSTEM"), Values: []string{os}},
	}}); ; {
		page, err := ssm.NewFromConfig(sc.Config).DescribePatchBaselines(ctx, in)
		if err != nil {
			return "", err
		}
		for _, b := range page.BaselineIdentities {
			if strings.Contains(aws.ToString(b.BaselineName), "Default") {
				return aws.ToString(b.BaselineId), nil
			}
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return "", fmt.Errorf("AWS lists no default patch baseline of its own for %s", os)
		}
	}
}
