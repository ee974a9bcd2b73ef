// Package fakewellarchitected is the AWS Well-Architected Tool of a fakeaws.Cloud.
//
// Modelled: workloads with tags, the lens wellarchitected with the questions of its pillar of security and their choices, answers,
// risks and risk counts, and milestones, which keep the answers as they were.
//
// Not modelled: the other pillars and lenses, profiles, review templates, shares, consolidated reports, Jira, and the rules by
// which AWS tells a high risk from a medium one: here a question is a high risk if less than half of its choices are selected.
package fakewellarchitected

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles the Well-Architected Tool.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is what the tool holds of one account and region.
type region struct {
	Workloads map[string]*workload // by id
	Tokens    map[string]string    // client token → what it made
}

type workload struct {
	ID, ARN, Name, Description, Owner, Notes string
	Environment                              types.WorkloadEnvironment
	Accounts, Regions, Elsewhere             []string
	Tags                                     map[string]string
	Updated                                  time.Time
	Answers                                  map[string]answer // by question
	Milestones                               []milestone
}

type answer struct {
	Selected      []string
	NotApplicable bool
	Reason        types.AnswerReason
	Notes         string
}

type milestone struct {
	Name    string
	At      time.Time
	Answers map[string]answer
}

type opt = func(*wellarchitected.Options)

// Install adds the Well-Architected Tool to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "wellarchitected", fakeaws.Regional, func(string, string) *region {
		return &region{Workloads: map[string]*workload{}, Tokens: map[string]string{}}
	})}
	fakeaws.On(c, s.CreateWorkload, "WorkloadName", "Description", "Environment", "Lenses", "AccountIds", "AwsRegions", "NonAwsRegions", "ReviewOwner", "Notes", "Tags", "ClientRequestToken")
	fakeaws.On(c, s.UpdateWorkload, "WorkloadId", "WorkloadName", "Description", "Environment", "AccountIds", "AwsRegions", "NonAwsRegions", "ReviewOwner", "IsReviewOwnerUpdateAcknowledged", "Notes")
	fakeaws.On(c, s.GetWorkload, "WorkloadId")
	fakeaws.On(c, s.ListWorkloads, "WorkloadNamePrefix", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteWorkload, "WorkloadId", "ClientRequestToken")
	fakeaws.On(c, s.ListAnswers, "WorkloadId", "LensAlias", "PillarId", "MilestoneNumber", "MaxResults", "NextToken")
	fakeaws.On(c, s.GetAnswer, "WorkloadId", "LensAlias", "QuestionId", "MilestoneNumber")
	fakeaws.On(c, s.UpdateAnswer, "WorkloadId", "LensAlias", "QuestionId", "SelectedChoices", "IsApplicable", "Reason", "Notes")
	fakeaws.On(c, s.GetLensReview, "WorkloadId", "LensAlias", "MilestoneNumber")
	fakeaws.On(c, s.CreateMilestone, "WorkloadId", "MilestoneName", "ClientRequestToken")
	fakeaws.On(c, s.ListMilestones, "WorkloadId", "MaxResults", "NextToken")
	fakeaws.On(c, s.TagResource, "WorkloadArn", "Tags")
	fakeaws.On(c, s.UntagResource, "WorkloadArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "WorkloadArn")
}

// folded is a name as it is compared: without spaces and case.
// https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_CreateWorkload.html
func folded(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }

var accountRE = regexp.MustCompile(`^[0-9]{12}$`)

// check holds a workload to https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_CreateWorkload.html
func (r *region) check(w *workload) error {
	length := func(s string, from, to int) bool { n := len([]rune(s)); return n >= from && n <= to }
	switch {
	case !length(w.Name, 3, 100):
		return invalid("WorkloadName", "must have 3 to 100 characters")
	case !length(w.Description, 3, 250):
		return invalid("Description", "must have 3 to 250 characters")
	case !length(w.Owner, 3, 255):
		return invalid("ReviewOwner", "must have 3 to 255 characters")
	case !slices.Contains(w.Environment.Values(), w.Environment):
		return invalid("Environment", "must be PRODUCTION or PREPRODUCTION")
	case len(w.Regions)+len(w.Elsewhere) == 0:
		return invalid("AwsRegions", "or NonAwsRegions must name where the workload runs")
	case len(w.Regions) > 50 || len(w.Accounts) > 100:
		return invalid("AwsRegions", "may be 50, and AccountIds 100")
	case slices.ContainsFunc(w.Accounts, func(a string) bool { return !accountRE.MatchString(a) }):
		return invalid("AccountIds", "must have 12 digits")
	}
	for _, other := range r.Workloads {
		if other.ID != w.ID && folded(other.Name) == folded(w.Name) {
			return fakeaws.Status(http.StatusConflict, &types.ConflictException{Message: aws.String("A workload named " + w.Name + " already exists"), ResourceId: &other.ID, ResourceType: aws.String("workload")})
		}
	}
	return nil
}

// CreateWorkload makes a workload. Its client token answers with the same one.
func (s *Service) CreateWorkload(ctx context.Context, in *wellarchitected.CreateWorkloadInput, _ ...opt) (*wellarchitected.CreateWorkloadOutput, error) {
	r, call := s.regions.In(ctx), fakeaws.CallFrom(ctx)
	if made := r.Tokens[aws.ToString(in.ClientRequestToken)]; made != "" { // "the result of the original request is returned", though it be gone
		return &wellarchitected.CreateWorkloadOutput{WorkloadId: &made, WorkloadArn: aws.String(workloadARN(call, made))}, nil
	}
	if len(in.Lenses) != 1 || !isLens(in.Lenses[0]) {
		return nil, notFound("lens", strings.Join(in.Lenses, ", "))
	}
	w := &workload{
		Name: *in.WorkloadName, Description: *in.Description, Environment: in.Environment, Owner: aws.ToString(in.ReviewOwner), Notes: aws.ToString(in.Notes),
		Accounts: in.AccountIds, Regions: in.AwsRegions, Elsewhere: in.NonAwsRegions, Tags: map[string]string{}, Updated: time.Now(), Answers: map[string]answer{},
	}
	if err := cmp.Or(r.check(w), checkTags(in.Tags)); err != nil {
		return nil, err
	}
	w.ID = strings.ReplaceAll(s.cloud.UUID(), "-", "")
	w.ARN = workloadARN(call, w.ID)
	maps.Copy(w.Tags, in.Tags)
	r.Workloads[w.ID], r.Tokens[aws.ToString(in.ClientRequestToken)] = w, w.ID
	return &wellarchitected.CreateWorkloadOutput{WorkloadId: &w.ID, WorkloadArn: &w.ARN}, nil
}

func workloadARN(call fakeaws.Call, id string) string {
	return "arn:" + call.Partition() + ":wellarchitected:" + call.Region + ":" + call.Account + ":workload/" + id
}

func (r *region) workload(id *string) (*workload, error) {
	if w := r.Workloads[aws.ToString(id)]; w != nil {
		return w, nil
	}
	return nil, notFound("workload", aws.ToString(id))
}

// UpdateWorkload changes what is given. A new owner needs the acknowledgement.
func (s *Service) UpdateWorkload(ctx context.Context, in *wellarchitected.UpdateWorkloadInput, _ ...opt) (*wellarchitected.UpdateWorkloadOutput, error) {
	r := s.regions.In(ctx)
	have, err := r.workload(in.WorkloadId)
	if err != nil {
		return nil, err
	}
	w := *have
	for _, f := range []struct {
		from *string
		to   *string
	}{{in.WorkloadName, &w.Name}, {in.Description, &w.Description}, {in.Notes, &w.Notes}, {in.ReviewOwner, &w.Owner}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	for _, f := range []struct {
		from []string
		to   *[]string
	}{{in.AccountIds, &w.Accounts}, {in.AwsRegions, &w.Regions}, {in.NonAwsRegions, &w.Elsewhere}} {
		if f.from != nil {
			*f.to = f.from
		}
	}
	w.Environment, w.Updated = cmp.Or(in.Environment, w.Environment), time.Now()
	if w.Owner != have.Owner && !aws.ToBool(in.IsReviewOwnerUpdateAcknowledged) {
		return nil, invalid("IsReviewOwnerUpdateAcknowledged", "must be true to change the review owner")
	}
	if err := r.check(&w); err != nil {
		return nil, err
	}
	*have = w
	return &wellarchitected.UpdateWorkloadOutput{Workload: have.full(fakeaws.CallFrom(ctx).Account)}, nil
}

func (w *workload) full(account string) *types.Workload {
	c := *w
	return &types.Workload{
		WorkloadId: &c.ID, WorkloadArn: &c.ARN, WorkloadName: &c.Name, Description: &c.Description, Environment: c.Environment, ReviewOwner: &c.Owner, Notes: &c.Notes,
		AccountIds: slices.Clone(c.Accounts), AwsRegions: slices.Clone(c.Regions), NonAwsRegions: slices.Clone(c.Elsewhere), Lenses: []string{lensAlias}, Owner: &account,
		Tags: maps.Clone(c.Tags), UpdatedAt: &c.Updated, RiskCounts: counts(c.Answers), ImprovementStatus: types.WorkloadImprovementStatusNotApplicable,
	}
}

// GetWorkload answers one workload, with its tags.
func (s *Service) GetWorkload(ctx context.Context, in *wellarchitected.GetWorkloadInput, _ ...opt) (*wellarchitected.GetWorkloadOutput, error) {
	w, err := s.regions.In(ctx).workload(in.WorkloadId)
	if err != nil {
		return nil, err
	}
	return &wellarchitected.GetWorkloadOutput{Workload: w.full(fakeaws.CallFrom(ctx).Account)}, nil
}

// ListWorkloads answers summaries by name.
func (s *Service) ListWorkloads(ctx context.Context, in *wellarchitected.ListWorkloadsInput, _ ...opt) (*wellarchitected.ListWorkloadsOutput, error) {
	all := slices.SortedFunc(maps.Values(s.regions.In(ctx).Workloads), func(a, b *workload) int { return cmp.Compare(a.Name, b.Name) })
	out := []types.WorkloadSummary{}
	for _, w := range all {
		if strings.HasPrefix(folded(w.Name), folded(aws.ToString(in.WorkloadNamePrefix))) {
			full := w.full(fakeaws.CallFrom(ctx).Account)
			out = append(out, types.WorkloadSummary{WorkloadId: full.WorkloadId, WorkloadArn: full.WorkloadArn, WorkloadName: full.WorkloadName, Lenses: full.Lenses, Owner: full.Owner, RiskCounts: full.RiskCounts, UpdatedAt: full.UpdatedAt, ImprovementStatus: full.ImprovementStatus})
		}
	}
	some, next, err := page(ctx, out, in.NextToken, in.MaxResults, 50)
	return &wellarchitected.ListWorkloadsOutput{WorkloadSummaries: some, NextToken: next}, err
}

// DeleteWorkload removes a workload with its answers and milestones.
func (s *Service) DeleteWorkload(ctx context.Context, in *wellarchitected.DeleteWorkloadInput, _ ...opt) (*wellarchitected.DeleteWorkloadOutput, error) {
	r := s.regions.In(ctx)
	w, err := r.workload(in.WorkloadId)
	if err != nil {
		return nil, err
	}
	delete(r.Workloads, w.ID)
	return &wellarchitected.DeleteWorkloadOutput{}, nil
}

func (s *Service) tagged(ctx context.Context, arn *string) (*workload, error) {
	a := aws.ToString(arn)
	w := s.regions.In(ctx).Workloads[a[strings.LastIndexByte(a, '/')+1:]]
	if w == nil || w.ARN != a {
		return nil, notFound("workload", a)
	}
	return w, nil
}

// TagResource adds tags to a workload.
func (s *Service) TagResource(ctx context.Context, in *wellarchitected.TagResourceInput, _ ...opt) (*wellarchitected.TagResourceOutput, error) {
	w, err := s.tagged(ctx, in.WorkloadArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(w.Tags)
	maps.Copy(all, in.Tags)
	if err := checkTags(all); err != nil {
		return nil, err
	}
	w.Tags = all
	return &wellarchitected.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *wellarchitected.UntagResourceInput, _ ...opt) (*wellarchitected.UntagResourceOutput, error) {
	w, err := s.tagged(ctx, in.WorkloadArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(w.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &wellarchitected.UntagResourceOutput{}, nil
}

// ListTagsForResource answers a workload's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *wellarchitected.ListTagsForResourceInput, _ ...opt) (*wellarchitected.ListTagsForResourceOutput, error) {
	w, err := s.tagged(ctx, in.WorkloadArn)
	if err != nil {
		return nil, err
	}
	return &wellarchitected.ListTagsForResourceOutput{Tags: maps.Clone(w.Tags)}, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return invalid("Tags", "may be 50 at most")
	}
	for k, v := range tags {
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("Tags", "must not hold "+k)
		}
	}
	return nil
}

func page[E any](ctx context.Context, items []E, token *string, limit *int32, most int) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || int(*limit) > most) {
		return nil, nil, invalid("MaxResults", "is out of range")
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, most)
	if !ok {
		return nil, nil, invalid("NextToken", "is not valid")
	}
	return out, next, nil
}

func invalid(member, why string) error {
	return &types.ValidationException{
		Message: aws.String("[Validation] " + member + " " + why), Reason: types.ValidationExceptionReasonFieldValidationFailed,
		Fields: []types.ValidationExceptionField{{Name: &member, Message: &why}},
	}
}

func notFound(kind, id string) error {
	return fakeaws.Status(http.StatusNotFound, &types.ResourceNotFoundException{Message: aws.String("The " + kind + " " + id + " does not exist"), ResourceId: &id, ResourceType: &kind})
}
