// Package fakescheduler is the EventBridge Scheduler of a fakeaws.Cloud.
//
// Modelled: schedules with all of their members but the parameters of templated targets, and schedule groups with tags, the group
// default among them. A deleted group is DELETING for a while and then gone with its schedules. Run invokes a schedule as if its
// time had come, and Invocations tells a test what was done.
//
// Not modelled: the passing of time (a schedule runs by Run only), quotas, and client tokens beyond one attempt of the SDK: the
// name of a schedule is unique as it is.
package fakescheduler

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles EventBridge Scheduler.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is what the Scheduler holds of one account and region.
type region struct {
	Groups      map[string]*group // by name
	Schedules   map[string]*plan  // by group/name
	Invocations []fakeaws.Delivery
	Tokens      map[string]string // client token → the request's operation and name
}

type group struct {
	Name     string
	ARN      string
	Created  time.Time
	Modified time.Time
	Deleted  time.Time // since when it is going; zero if it is not
	Tags     map[string]string
}

// goingFor is how long a deleted group is DELETING. AWS gives no figure.
const goingFor = time.Second

type opt = func(*scheduler.Options)

// Install adds EventBridge Scheduler to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "scheduler", fakeaws.Regional, func(account, regionName string) *region {
		arn := "arn:" + fakeaws.Partition(regionName) + ":scheduler:" + regionName + ":" + account + ":schedule-group/default"
		return &region{Groups: map[string]*group{"default": {Name: "default", ARN: arn, Tags: map[string]string{}}}, Schedules: map[string]*plan{}, Tokens: map[string]string{}}
	})}
	members := []string{
		"Name", "GroupName", "Description", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "StartDate", "EndDate", "FlexibleTimeWindow", "KmsKeyArn",
		"ActionAfterCompletion", "ClientToken", "Target.Arn", "Target.RoleArn", "Target.Input", "Target.DeadLetterConfig", "Target.RetryPolicy", "Target.SqsParameters",
	}
	fakeaws.On(c, s.CreateSchedule, members...)
	fakeaws.On(c, s.UpdateSchedule, members...)
	fakeaws.On(c, s.GetSchedule, "Name", "GroupName")
	fakeaws.On(c, s.ListSchedules, "GroupName", "NamePrefix", "State", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteSchedule, "Name", "GroupName", "ClientToken")
	fakeaws.On(c, s.CreateScheduleGroup, "Name", "Tags", "ClientToken")
	fakeaws.On(c, s.GetScheduleGroup, "Name")
	fakeaws.On(c, s.ListScheduleGroups, "NamePrefix", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteScheduleGroup, "Name", "ClientToken")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
	fakeaws.Provide(c, s)
}

// Run does what a schedule does when its time has come. The error is the target's, or says that there is no such schedule or
// that it is disabled.
func Run(c *fakeaws.Cloud, account, regionName, groupName, name string) (err error) {
	s, ok := fakeaws.Capability[*Service](c)
	if !ok {
		return fmt.Errorf("EventBridge Scheduler is not installed in this cloud")
	}
	s.regions.Peek(account, regionName, func(r *region) {
		p := r.Schedules[groupName+"/"+name]
		if p == nil || p.State == types.ScheduleStateDisabled {
			err = fmt.Errorf("schedule %s/%s does not exist or is disabled", groupName, name)
			return
		}
		d := fakeaws.Delivery{From: p.ARN, By: "scheduler.amazonaws.com", Target: *p.Target.Arn, Role: *p.Target.RoleArn, Input: aws.ToString(p.Target.Input)}
		if err = fakeaws.Deliver(context.Background(), c, d); err == nil {
			r.Invocations = append(r.Invocations, d)
		}
		if p.After == types.ActionAfterCompletionDelete && strings.HasPrefix(p.Expression, "at(") {
			delete(r.Schedules, groupName+"/"+name)
		}
	})
	return err
}

// Invocations lists what Run has delivered so far.
func Invocations(c *fakeaws.Cloud, account, regionName string) (out []fakeaws.Delivery) {
	if s, ok := fakeaws.Capability[*Service](c); ok {
		s.regions.Peek(account, regionName, func(r *region) { out = slices.Clone(r.Invocations) })
	}
	return out
}

// nameRE is that of schedules and groups.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
var nameRE = regexp.MustCompile(`^[0-9a-zA-Z\-_.]{1,64}$`)

func checkName(member string, name *string) error {
	if !nameRE.MatchString(aws.ToString(name)) {
		return invalid(`1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$`, aws.ToString(name), member)
	}
	return nil
}

// live is the group of a name, dead ones being cleared away.
func (r *region) live(name string, now time.Time) *group {
	g := r.Groups[name]
	if g != nil && !g.Deleted.IsZero() && now.Sub(g.Deleted) >= goingFor {
		return nil
	}
	return g
}

// CreateScheduleGroup makes a group.
func (s *Service) CreateScheduleGroup(ctx context.Context, in *scheduler.CreateScheduleGroupInput, _ ...opt) (*scheduler.CreateScheduleGroupOutput, error) {
	if err := checkName("name", in.Name); err != nil {
		return nil, err
	}
	r, call, now := s.regions.In(ctx), fakeaws.CallFrom(ctx), time.Now()
	if g := r.live(*in.Name, now); g != nil {
		if in.ClientToken != nil && r.Tokens[*in.ClientToken] == "group "+*in.Name {
			return &scheduler.CreateScheduleGroupOutput{ScheduleGroupArn: aws.String(g.ARN)}, nil
		}
		if !g.Deleted.IsZero() {
			return nil, conflict("Schedule group " + *in.Name + " is being deleted.")
		}
		return nil, conflict("Schedule group " + *in.Name + " already exists.")
	}
	tags, err := merged(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	arn := "arn:" + call.Partition() + ":scheduler:" + call.Region + ":" + call.Account + ":schedule-group/" + *in.Name
	r.Groups[*in.Name] = &group{Name: *in.Name, ARN: arn, Created: now, Modified: now, Tags: tags}
	r.Tokens[aws.ToString(in.ClientToken)] = "group " + *in.Name
	return &scheduler.CreateScheduleGroupOutput{ScheduleGroupArn: &arn}, nil
}

func (g *group) state() types.ScheduleGroupState {
	if g.Deleted.IsZero() {
		return types.ScheduleGroupStateActive
	}
	return types.ScheduleGroupStateDeleting
}

func (r *region) group(name *string) (*group, error) {
	if g := r.live(aws.ToString(name), time.Now()); g != nil {
		return g, nil
	}
	return nil, notFound("Schedule group " + aws.ToString(name) + " does not exist.")
}

// GetScheduleGroup answers one group.
func (s *Service) GetScheduleGroup(ctx context.Context, in *scheduler.GetScheduleGroupInput, _ ...opt) (*scheduler.GetScheduleGroupOutput, error) {
	g, err := s.regions.In(ctx).group(in.Name)
	if err != nil {
		return nil, err
	}
	return &scheduler.GetScheduleGroupOutput{Arn: aws.String(g.ARN), Name: aws.String(g.Name), CreationDate: aws.Time(g.Created), LastModificationDate: aws.Time(g.Modified), State: g.state()}, nil
}

// ListScheduleGroups answers the groups by name, without tags.
func (s *Service) ListScheduleGroups(ctx context.Context, in *scheduler.ListScheduleGroupsInput, _ ...opt) (*scheduler.ListScheduleGroupsOutput, error) {
	r, found := s.regions.In(ctx), []types.ScheduleGroupSummary{}
	for _, name := range slices.Sorted(maps.Keys(r.Groups)) {
		if g := r.live(name, time.Now()); g != nil && strings.HasPrefix(name, aws.ToString(in.NamePrefix)) {
			found = append(found, types.ScheduleGroupSummary{Arn: aws.String(g.ARN), Name: aws.String(g.Name), CreationDate: aws.Time(g.Created), LastModificationDate: aws.Time(g.Modified), State: g.state()})
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &scheduler.ListScheduleGroupsOutput{ScheduleGroups: some, NextToken: next}, err
}

// DeleteScheduleGroup starts the deletion of a group; its schedules go at once.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteScheduleGroup.html
func (s *Service) DeleteScheduleGroup(ctx context.Context, in *scheduler.DeleteScheduleGroupInput, _ ...opt) (*scheduler.DeleteScheduleGroupOutput, error) {
	r := s.regions.In(ctx)
	g, err := r.group(in.Name)
	switch {
	case err != nil:
		return nil, err
	case g.Name == "default":
		return nil, invalid("Cannot delete the default schedule group.")
	case !g.Deleted.IsZero():
		return nil, conflict("Schedule group " + g.Name + " is being deleted.")
	}
	g.Deleted = time.Now()
	maps.DeleteFunc(r.Schedules, func(_ string, p *plan) bool { return p.Group == g.Name })
	return &scheduler.DeleteScheduleGroupOutput{}, nil
}

func (s *Service) tagged(ctx context.Context, arn *string) (*group, error) {
	a := aws.ToString(arn)
	name := a[strings.LastIndexByte(a, '/')+1:]
	if g := s.regions.In(ctx).live(name, time.Now()); g != nil && g.ARN == a {
		return g, nil
	}
	return nil, notFound("Schedule group " + name + " does not exist.")
}

// TagResource adds tags to a group; schedules have none.
func (s *Service) TagResource(ctx context.Context, in *scheduler.TagResourceInput, _ ...opt) (*scheduler.TagResourceOutput, error) {
	g, err := s.tagged(ctx, in.ResourceArn)
	if err == nil {
		var tags map[string]string
		if tags, err = merged(g.Tags, in.Tags); err == nil {
			g.Tags = tags
		}
	}
	return &scheduler.TagResourceOutput{}, err
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *scheduler.UntagResourceInput, _ ...opt) (*scheduler.UntagResourceOutput, error) {
	g, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(g.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &scheduler.UntagResourceOutput{}, nil
}

// ListTagsForResource answers a group's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *scheduler.ListTagsForResourceInput, _ ...opt) (*scheduler.ListTagsForResourceOutput, error) {
	g, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &scheduler.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, k := range slices.Sorted(maps.Keys(g.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(k), Value: aws.String(g.Tags[k])})
	}
	return out, nil
}

func merged(have map[string]string, add []types.Tag) (map[string]string, error) {
	out := map[string]string{}
	maps.Copy(out, have)
	for _, t := range add {
		if k := aws.ToString(t.Key); k == "" || len(k) > 128 || len(aws.ToString(t.Value)) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, invalid("The tag %s is not valid.", k)
		}
		out[*t.Key] = aws.ToString(t.Value)
	}
	if len(out) > 50 {
		return nil, invalid("A schedule group has 50 tags at most.")
	}
	return out, nil
}

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || *limit > 100) {
		return nil, nil, invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and 100", *limit)
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, 100)
	if !ok {
		return nil, nil, invalid("Invalid NextToken.")
	}
	return out, next, nil
}

func invalid(format string, args ...any) error {
	return &types.ValidationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func notFound(message string) error {
	return fakeaws.Status(http.StatusNotFound, &types.ResourceNotFoundException{Message: &message})
}

func conflict(message string) error {
	return fakeaws.Status(http.StatusConflict, &types.ConflictException{Message: &message})
}
