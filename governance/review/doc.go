// Package review declares reviews with the AWS Well-Architected Tool: the workload, the answers to the questions on security that a
// baseline proves, and the milestones that keep them.
//
//	workload := review.Workload{
//		Name: "MyWorkload", Description: "Review of production environment",
//		ReviewOwner: "security@example.com", Regions: []string{"us-east-1"},
//	}
//	plan, err := baseline.Plan(ctx, cfg)                       // the baseline whose controls are to count
//	answers := review.Answers{Workload: workload.ID(), Name: "security", Proven: review.Prove(plan)}
//	q1 := review.Milestone{Workload: workload.ID(), Name: "2027 Q1", After: answers.Given()}
//
// Prove counts what is in place as declared, and nothing else: a planned resource proves nothing yet. Choices that people have
// selected are left alone; a choice that the baseline no longer proves is no longer declared, and a person takes it back.
//
//	guide                                             here
//	10  47 Well-Architected workload MyWorkload       Workload, Answers, Milestone, Risks
//
// Left out: custom lenses, profiles, templates, shares, and the tool's other pillars, which no baseline of this module proves.
package review

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/wellarchitected/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Kinds are the kinds of this package, for ztcore.Prune. Answers and milestones have no tags and go with their workload.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{workloads, answers, milestones} }

// lens is the AWS Well-Architected Framework.
const lens = "wellarchitected"

func unlessAbsent(err error) error {
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	return err
}
