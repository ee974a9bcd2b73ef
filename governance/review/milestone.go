package review

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Milestone keeps a workload's answers as they are when it is made. AWS neither changes nor removes one; it goes with its workload.
type Milestone struct {
	Name     string // 3–100 characters, unique in the workload, as "2027 Q1"
	Workload string // the id, or a Workload's ID()
	// After are tokens of what must stand before, as what Answers.Given returns.
	After []string
}

// Declare implements ztcore.Resource.
func (m Milestone) Declare(d *ztcore.Declaration) {
	milestones.Declare(d, m.Name, milestoneState{Workload: m.Workload, Name: m.Name}).After(m.After...)
}

type milestoneState struct {
	Workload string `zt:"key"`
	Name     string `zt:"key"`
	Number   string `zt:"output"`
}

var milestones = &ztcore.Kind[milestoneState]{
	Name: "governance.Milestone", Permissions: &milestonesNeed, Read: readMilestones, Check: checkMilestone, PartOf: true,
	Create: func(ctx context.Context, sc *ztcore.Scope, want milestoneState) error {
		_, err := wellarchitected.NewFromConfig(sc.Config).CreateMilestone(ctx, &wellarchitected.CreateMilestoneInput{WorkloadId: &want.Workload, MilestoneName: &want.Name})
		return err
	},
	Controls: []string{"NIST SP 800-207 tenet 5", "CISA ZTMM Governance"},
}

var milestonesNeed = ztcore.Permissions{Read: []string{"wellarchitected:ListMilestones"}, Write: []string{"wellarchitected:CreateMilestone"}}

func readMilestones(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[milestoneState]) ([]milestoneState, error) {
	seen, out := map[string]bool{}, []milestoneState{}
	for _, w := range q.Want {
		if seen[w.Workload] {
			continue
		}
		seen[w.Workload] = true
		in := &wellarchitected.ListMilestonesInput{WorkloadId: &w.Workload}
		for {
			page, err := wellarchitected.NewFromConfig(sc.Config).ListMilestones(ctx, in)
			if unlessAbsent(err) != nil {
				return nil, err
			} else if err != nil {
				break
			}
			for _, m := range page.MilestoneSummaries {
				out = append(out, milestoneState{Workload: w.Workload, Name: aws.ToString(m.MilestoneName), Number: fmt.Sprint(aws.ToInt32(m.MilestoneNumber))})
			}
			if in.NextToken = page.NextToken; in.NextToken == nil {
				break
			}
		}
	}
	return out, nil
}

func checkMilestone(want milestoneState) []ztcore.Finding {
	var out []ztcore.Finding
	if n := len([]rune(want.Name)); n < 3 || n > 100 {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("has %d characters", n), Fix: "use 3 to 100"})
	}
	if want.Workload == "" {
		out = append(out, ztcore.Finding{Attribute: "Workload", Message: "no workload is named", Fix: "set it to a Workload's ID()"})
	}
	return out
}
