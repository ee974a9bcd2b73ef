package events

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// ScheduleGroup holds schedules and goes with all of them: deleting a group deletes what is in it.
type ScheduleGroup struct {
	Name string // 1–64 letters, digits and ._-; not "default", which is there already
	Tags map[string]string
}

// GroupName is the group's name, which makes a schedule wait for it.
func (g ScheduleGroup) GroupName() string { return groups.Ref(g.Name, "Name") }

// Declare implements ztcore.Resource.
func (g ScheduleGroup) Declare(d *ztcore.Declaration) {
	groups.Declare(d, g.Name, groupState{Name: g.Name, Tags: g.Tags})
}

type groupState struct {
	Name string            `zt:"key"`
	Tags map[string]string `zt:"tags"`
	ARN  string            `zt:"output"`
}

var groups = &ztcore.Kind[groupState]{
	Name: "monitoring.ScheduleGroup", Permissions: &groupsNeed, Read: readGroups, Check: checkGroup,
	Create: func(ctx context.Context, sc *ztcore.Scope, want groupState) error {
		_, err := scheduler.NewFromConfig(sc.Config).CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: &want.Name, Tags: groupTags(want.Tags)})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[groupState]) error {
		_, err := scheduler.NewFromConfig(sc.Config).TagResource(ctx, &scheduler.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: groupTags(u.Want.Tags)})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have groupState) error {
		_, err := scheduler.NewFromConfig(sc.Config).DeleteScheduleGroup(ctx, &scheduler.DeleteScheduleGroupInput{Name: &have.Name})
		return unlessNoSchedule(err)
	},
	Predict: func(sc *ztcore.Scope, want *groupState) {
		want.ARN = "arn:" + sc.Partition + ":scheduler:" + sc.Region + ":" + sc.Account + ":schedule-group/" + want.Name
	},
	// A group of the name is still going.
	Retry:    []ztcore.Retry{{Code: "ConflictException", Message: "being deleted"}},
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Automation and Orchestration"},
}

var groupsNeed = ztcore.Permissions{
	Read:   []string{"scheduler:ListScheduleGroups", "scheduler:ListTagsForResource"},
	Write:  []string{"scheduler:CreateScheduleGroup", "scheduler:TagResource"},
	Delete: []string{"scheduler:DeleteSchedule", "scheduler:DeleteScheduleGroup"},
}

// readGroups lists, but for the groups that are going, and asks for each one's tags, which the listing lacks.
func readGroups(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[groupState]) ([]groupState, error) {
	c, in := scheduler.NewFromConfig(sc.Config), &scheduler.ListScheduleGroupsInput{}
	var out []groupState
	for {
		page, err := c.ListScheduleGroups(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, g := range page.ScheduleGroups {
			if g.State == types.ScheduleGroupStateActive {
				out = append(out, groupState{Name: aws.ToString(g.Name), ARN: aws.ToString(g.Arn)})
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	return out, ztcore.Each(ctx, len(out), func(ctx context.Context, i int) error {
		tags, err := c.ListTagsForResource(ctx, &scheduler.ListTagsForResourceInput{ResourceArn: &out[i].ARN})
		if err != nil {
			return unlessNoSchedule(err)
		}
		out[i].Tags = map[string]string{}
		for _, t := range tags.Tags {
			out[i].Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		return nil
	})
}

func groupTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, t := range toTags(tags) {
		out = append(out, types.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

func checkGroup(want groupState) []ztcore.Finding {
	out := checkName("Name", want.Name)
	if strings.EqualFold(want.Name, "default") {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: "default is AWS's own group", Fix: "choose another name; schedules are in default without being told"})
	}
	return out
}
