package events

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/eventpattern"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/schedule"
)

// Rule passes the events of the default bus that match a pattern to targets, or runs them by a schedule. For schedules with time
// zones, or that end, see Schedule.
type Rule struct {
	Name        string // 1–64 letters, digits and ._-
	Description string // at most 512 characters
	// Pattern is the JSON object that an event must match; Match tries it. Either it or Schedule is set.
	Pattern  string
	Schedule string   // rate(5 minutes) or cron(0 8 ? * MON-FRI *), in UTC
	Targets  []Target // at most 5; there are no others
	// ReadOnlyEvents has the rule take what CloudTrail records of read-only calls (Describe*, Get*, List*) as well.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
	ReadOnlyEvents bool
	// DisabledBecause turns the rule off, and says why.
	DisabledBecause string
	Tags            map[string]string
}

// ARN is the rule's ARN, known before it exists: what a topic's policy names as aws:SourceArn.
func (r Rule) ARN() id.RuleARN { return id.RuleARN(rules.Ref(r.Name, "ARN")) }

// Match tells whether an event, as EventBridge would put it on the bus, matches a pattern. It makes no call. The error says
// what is wrong with either.
func Match(pattern, event string) (bool, error) {
	p, err := eventpattern.Parse(pattern)
	if err != nil {
		return false, err
	}
	return p.Matches(event)
}

// Declare implements ztcore.Resource.
func (r Rule) Declare(d *ztcore.Declaration) {
	want := ruleState{Name: r.Name, Description: r.Description, Pattern: normal(r.Pattern), Schedule: r.Schedule, State: string(types.RuleStateEnabled), Tags: r.Tags}
	if r.ReadOnlyEvents {
		want.State = string(types.RuleStateEnabledWithAllCloudtrailManagementEvents)
	}
	if r.DisabledBecause != "" {
		want.State = string(types.RuleStateDisabled)
	}
	n := rules.Declare(d, r.Name, want)
	if r.DisabledBecause != "" {
		n.Except("State", r.DisabledBecause)
	}
	if len(r.Targets) == 0 {
		n.Note("the rule has no target, so that nothing happens")
	}
	set := ztcore.Set[target]{Parent: rules.Ref(r.Name, "Name"), Members: []target{}}
	for _, t := range r.Targets {
		set.Members = append(set.Members, t.state())
	}
	targets.Declare(d, r.Name, set)
}

// normal writes a pattern as AWS's copy of it is written for comparison, or leaves it to the check.
func normal(pattern string) string {
	if p, err := eventpattern.Parse(pattern); err == nil {
		return p.String()
	}
	return pattern
}

type ruleState struct {
	Name        string `zt:"key"`
	Description string
	Pattern     string
	Schedule    string
	State       string
	Tags        map[string]string `zt:"tags"`
	ARN         string            `zt:"output"`
}

var rules = &ztcore.Kind[ruleState]{
	Name: "monitoring.EventRule", Permissions: &rulesNeed, Read: readRules, Create: putRule, Check: checkRule, Delete: deleteRule,
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[ruleState]) error {
		if u.Changed("Tags") {
			if _, err := eventbridge.NewFromConfig(sc.Config).TagResource(ctx, &eventbridge.TagResourceInput{ResourceARN: &u.Have.ARN, Tags: toTags(u.Want.Tags)}); err != nil {
				return err
			}
		}
		if !u.Changed("Description", "Pattern", "Schedule", "State") {
			return nil
		}
		return putRule(ctx, sc, u.Want)
	},
	Predict: func(sc *ztcore.Scope, want *ruleState) {
		want.ARN = "arn:" + sc.Partition + ":events:" + sc.Region + ":" + sc.Account + ":rule/" + want.Name
	},
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics", "CISA ZTMM Automation and Orchestration"},
}

var rulesNeed = ztcore.Permissions{
	Read:   []string{"events:ListRules", "events:ListTagsForResource"},
	Write:  []string{"events:PutRule", "events:TagResource"},
	Delete: []string{"events:DeleteRule", "events:ListTargetsByRule", "events:RemoveTargets"},
}

// readRules lists, and asks for the tags of what is wanted, or of all if owners are asked for: the listing has none.
func readRules(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[ruleState]) ([]ruleState, error) {
	c, in := eventbridge.NewFromConfig(sc.Config), &eventbridge.ListRulesInput{}
	var out []ruleState
	for {
		page, err := c.ListRules(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Rules {
			wanted := slices.ContainsFunc(q.Want, func(w ruleState) bool { return w.Name == *r.Name })
			if wanted || q.Owned && r.ManagedBy == nil {
				out = append(out, ruleState{
					Name: *r.Name, Description: aws.ToString(r.Description), Pattern: normal(aws.ToString(r.EventPattern)),
					Schedule: aws.ToString(r.ScheduleExpression), State: string(r.State), ARN: *r.Arn,
				})
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	return out, ztcore.Each(ctx, len(out), func(ctx context.Context, i int) error {
		tags, err := c.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: &out[i].ARN})
		if err != nil {
			return unlessAbsent(err) // deleted since it was listed: the next read tells
		}
		out[i].Tags = fromTags(tags.Tags)
		return nil
	})
}

// putRule makes a rule or replaces it; PutRule takes tags of a new rule only and ignores others.
func putRule(ctx context.Context, sc *ztcore.Scope, want ruleState) error {
	in := &eventbridge.PutRuleInput{Name: &want.Name, Description: &want.Description, State: types.RuleState(want.State), Tags: toTags(want.Tags)}
	if want.Pattern != "" {
		in.EventPattern = &want.Pattern
	}
	if want.Schedule != "" {
		in.ScheduleExpression = &want.Schedule
	}
	_, err := eventbridge.NewFromConfig(sc.Config).PutRule(ctx, in)
	return err
}

// deleteRule takes the targets away first, without which AWS deletes no rule.
func deleteRule(ctx context.Context, sc *ztcore.Scope, have ruleState) error {
	all, err := listTargets(ctx, sc, have.Name)
	if err != nil {
		return unlessAbsent(err)
	}
	if err := removeTargets(ctx, sc, have.Name, all); err != nil {
		return err
	}
	_, err = eventbridge.NewFromConfig(sc.Config).DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &have.Name})
	return unlessAbsent(err)
}

func unlessAbsent(err error) error {
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	return err
}

func toTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for k, v := range tags {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	slices.SortFunc(out, func(a, b types.Tag) int { return cmp.Compare(*a.Key, *b.Key) })
	return out
}

func fromTags(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

// nameRE is that of rules, of targets' ids, and of schedules and their groups.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
var nameRE = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)

func checkName(attribute, name string) []ztcore.Finding {
	if nameRE.MatchString(name) || ztcore.HasToken(name) {
		return nil
	}
	return []ztcore.Finding{{Attribute: attribute, Message: name + " can't be a name", Fix: "use 1–64 letters, digits and ._-"}}
}

func checkRule(want ruleState) []ztcore.Finding {
	out := checkName("Name", want.Name)
	if len([]rune(want.Description)) > 512 {
		out = append(out, ztcore.Finding{Attribute: "Description", Message: "has more than 512 characters", Fix: "shorten it"})
	}
	if (want.Pattern == "") == (want.Schedule == "") {
		out = append(out, ztcore.Finding{Attribute: "Pattern", Message: "a rule needs either a pattern or a schedule", Fix: "set Pattern or Schedule; a second rule can serve the other"})
	}
	if want.Pattern != "" {
		if _, err := eventpattern.Parse(want.Pattern); err != nil {
			for _, fault := range strings.Split(err.Error(), "\n") {
				out = append(out, ztcore.Finding{Attribute: "Pattern", Message: fault, Fix: "see the comparisons of package eventpattern"})
			}
		}
	}
	if want.Schedule != "" {
		if err := schedule.Check(want.Schedule); err != nil {
			out = append(out, ztcore.Finding{Attribute: "Schedule", Message: err.Error(), Fix: "write it as rate(5 minutes) or cron(0 8 ? * MON-FRI *)"})
		} else if schedule.OneTime(want.Schedule) {
			out = append(out, ztcore.Finding{Attribute: "Schedule", Message: "a rule can't run once", Fix: "use a Schedule of this package for at(…)"})
		}
	}
	return out
}
