// Package events declares what happens when something happens: rules of Amazon EventBridge on the default bus, where the events of
// AWS's own services arrive, and schedules of EventBridge Scheduler.
//
//	rule := events.Rule{
//		Name:    "root-sign-in",
//		Pattern: `{"detail-type": ["AWS Console Sign In via CloudTrail"], "detail": {"userIdentity": {"type": ["Root"]}}}`,
//		Targets: []events.Target{{ID: "security", ARN: id.ARN(topic.ARN())}},
//	}
//	ok, err := events.Match(rule.Pattern, sampleEvent)   // offline, in a test of your own
//
// A rule's targets are a set: what is not declared is removed. Patterns, schedules and templates are checked before any call.
// A topic's or queue's policy must let events.amazonaws.com in; the pillars of those resources have the statements.
//
//	guide                                             resource
//	5   EventBridge routes                            Rule
//	10  44 reminders of training sessions             Schedule, ScheduleGroup
//
// Left out: event buses of one's own and what belongs to them (archives, replays, schemas, pipes, API destinations), and
// targets that need parameters of their own (ECS, Batch, Kinesis, Redshift, SageMaker, Run Command; SSM Automation needs none).
package events

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds are the kinds of this package, for ztcore.Prune. Schedules have no tags, so pruning does not find them; their group does.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{rules, targets, groups, schedules} }
