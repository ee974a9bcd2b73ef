package fakewellarchitected

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected/types"
)

const lensAlias = "wellarchitected"

func isLens(name string) bool {
	return name == lensAlias || name == "arn:aws:wellarchitected::aws:lens/"+lensAlias
}

type question struct {
	id, title string
	choices   []string // ids without what they have in common; "none of these" comes on top
}

// questions are those of the pillar of security. The ids of the choices end the addresses of the pillar's best practices, as
// https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_enforce_mechanisms.html
var questions = []question{
	{"securely-operate", "How do you securely operate your workload?", []string{"multi_accounts", "aws_account", "control_objectives", "updated_threats", "reduce_management_scope", "automate_security_controls", "threat_model", "implement_services_features"}},
	{"identities", "How do you manage identities for people and machines?", []string{"enforce_mechanisms", "unique", "secrets", "identity_provider", "audit", "groups_attributes"}},
	{"permissions", "How do you manage permissions for people and machines?", []string{"define", "least_privileges", "emergency_process", "continuous_reduction", "define_guardrails", "lifecycle", "analyze_cross_account", "share_securely", "share_securely_third_party"}},
	{"detect-investigate-events", "How do you detect and investigate security events?", []string{"app_service_logging", "logs", "security_alerts", "noncompliant_resources"}},
	{"network-protection", "How do you protect your network resources?", []string{"create_layers", "layered", "inspection", "auto_protect"}},
	{"protect-compute", "How do you protect your compute resources?", []string{"vulnerability_management", "hardened_images", "reduce_manual_management", "validate_software_integrity", "auto_protection"}},
	{"data-classification", "How do you classify your data?", []string{"identify_data", "define_protection", "auto_classification", "lifecycle_management"}},
	{"protect-data-rest", "How do you protect your data at rest?", []string{"key_mgmt", "encrypt", "automate_protection", "access_control"}},
	{"protect-data-transit", "How do you protect your data in transit?", []string{"key_cert_mgmt", "encrypt", "authentication"}},
	{"incident-response", "How do you anticipate, respond to, and recover from incidents?", []string{"identify_personnel", "develop_management_plans", "prepare_forensic", "playbooks", "pre_provision_access", "pre_deploy_tools", "run_game_days", "establish_incident_framework"}},
}

func (q question) prefix() string { return "sec_" + strings.ReplaceAll(q.id, "-", "_") + "_" }

func (q question) all() []string {
	var out []string
	for _, c := range q.choices {
		out = append(out, q.prefix()+c)
	}
	return append(out, q.prefix()+"no")
}

func find(id *string) (question, error) {
	for _, q := range questions {
		if q.id == aws.ToString(id) {
			return q, nil
		}
	}
	return question{}, notFound("question", aws.ToString(id))
}

func (q question) risk(a answer, answered bool) types.Risk {
	switch n := len(a.Selected); {
	case a.NotApplicable:
		return types.RiskNotApplicable
	case !answered:
		return types.RiskUnanswered
	case n == len(q.choices):
		return types.RiskNone
	case 2*n < len(q.choices), slices.Contains(a.Selected, q.prefix()+"no"):
		return types.RiskHigh
	}
	return types.RiskMedium
}

func counts(answers map[string]answer) map[string]int32 {
	out := map[string]int32{}
	for _, q := range questions {
		a, ok := answers[q.id]
		out[string(q.risk(a, ok))]++
	}
	return out
}

// reviewed are the answers of a workload as they are, or as a milestone has kept them.
func (s *Service) reviewed(ctx context.Context, id, lens *string, number *int32) (map[string]answer, error) {
	w, err := s.regions.In(ctx).workload(id)
	if err != nil {
		return nil, err
	}
	if !isLens(aws.ToString(lens)) {
		return nil, notFound("lens", aws.ToString(lens))
	}
	if number == nil {
		return w.Answers, nil
	}
	if *number < 1 || int(*number) > len(w.Milestones) {
		return nil, notFound("milestone", "of this number")
	}
	return w.Milestones[*number-1].Answers, nil
}

func (q question) choicesOf() []types.Choice {
	var out []types.Choice
	for _, c := range q.all() {
		out = append(out, types.Choice{ChoiceId: aws.String(c), Title: aws.String(c)})
	}
	return out
}

// ListAnswers answers all questions of the lens, or of one pillar.
func (s *Service) ListAnswers(ctx context.Context, in *wellarchitected.ListAnswersInput, _ ...opt) (*wellarchitected.ListAnswersOutput, error) {
	answers, err := s.reviewed(ctx, in.WorkloadId, in.LensAlias, in.MilestoneNumber)
	if err != nil {
		return nil, err
	}
	out := []types.AnswerSummary{}
	for _, q := range questions {
		if in.PillarId != nil && *in.PillarId != "security" {
			continue
		}
		a, ok := answers[q.id]
		out = append(out, types.AnswerSummary{
			QuestionId: aws.String(q.id), QuestionTitle: aws.String(q.title), PillarId: aws.String("security"), Choices: q.choicesOf(), SelectedChoices: slices.Clone(a.Selected),
			IsApplicable: aws.Bool(!a.NotApplicable), Reason: a.Reason, Risk: q.risk(a, ok),
		})
	}
	some, next, err := page(ctx, out, in.NextToken, in.MaxResults, 50)
	return &wellarchitected.ListAnswersOutput{WorkloadId: in.WorkloadId, LensAlias: aws.String(lensAlias), MilestoneNumber: in.MilestoneNumber, AnswerSummaries: some, NextToken: next}, err
}

func (q question) full(a answer, answered bool) *types.Answer {
	return &types.Answer{
		QuestionId: aws.String(q.id), QuestionTitle: aws.String(q.title), PillarId: aws.String("security"), Choices: q.choicesOf(), SelectedChoices: slices.Clone(a.Selected),
		IsApplicable: aws.Bool(!a.NotApplicable), Reason: a.Reason, Notes: aws.String(a.Notes), Risk: q.risk(a, answered),
	}
}

// GetAnswer answers one question.
func (s *Service) GetAnswer(ctx context.Context, in *wellarchitected.GetAnswerInput, _ ...opt) (*wellarchitected.GetAnswerOutput, error) {
	answers, err := s.reviewed(ctx, in.WorkloadId, in.LensAlias, in.MilestoneNumber)
	if err != nil {
		return nil, err
	}
	q, err := find(in.QuestionId)
	if err != nil {
		return nil, err
	}
	a, ok := answers[q.id]
	return &wellarchitected.GetAnswerOutput{WorkloadId: in.WorkloadId, LensAlias: aws.String(lensAlias), MilestoneNumber: in.MilestoneNumber, Answer: q.full(a, ok)}, nil
}

// UpdateAnswer replaces the choices, and of the rest what is given.
func (s *Service) UpdateAnswer(ctx context.Context, in *wellarchitected.UpdateAnswerInput, _ ...opt) (*wellarchitected.UpdateAnswerOutput, error) {
	answers, err := s.reviewed(ctx, in.WorkloadId, in.LensAlias, nil)
	if err != nil {
		return nil, err
	}
	q, err := find(in.QuestionId)
	if err != nil {
		return nil, err
	}
	for _, c := range in.SelectedChoices {
		if !slices.Contains(q.all(), c) {
			return nil, invalid("SelectedChoices", "holds "+c+", which is no choice of the question")
		}
		if strings.HasSuffix(c, "_no") && len(in.SelectedChoices) > 1 {
			return nil, invalid("SelectedChoices", "holds none of these and others")
		}
	}
	a := answers[q.id]
	if in.SelectedChoices != nil {
		a.Selected = slices.Clone(in.SelectedChoices)
	}
	if in.IsApplicable != nil {
		a.NotApplicable = !*in.IsApplicable
	}
	if in.Reason != "" {
		a.Reason = in.Reason
	}
	if in.Notes != nil {
		a.Notes = *in.Notes
	}
	answers[q.id] = a
	return &wellarchitected.UpdateAnswerOutput{WorkloadId: in.WorkloadId, LensAlias: aws.String(lensAlias), Answer: q.full(a, true)}, nil
}

// GetLensReview answers the risks that the answers leave.
func (s *Service) GetLensReview(ctx context.Context, in *wellarchitected.GetLensReviewInput, _ ...opt) (*wellarchitected.GetLensReviewOutput, error) {
	answers, err := s.reviewed(ctx, in.WorkloadId, in.LensAlias, in.MilestoneNumber)
	if err != nil {
		return nil, err
	}
	return &wellarchitected.GetLensReviewOutput{WorkloadId: in.WorkloadId, MilestoneNumber: in.MilestoneNumber, LensReview: &types.LensReview{
		LensAlias: aws.String(lensAlias), LensName: aws.String("AWS Well-Architected Framework"), LensStatus: types.LensStatusCurrent, RiskCounts: counts(answers),
		PillarReviewSummaries: []types.PillarReviewSummary{{PillarId: aws.String("security"), PillarName: aws.String("Security"), RiskCounts: counts(answers)}},
	}}, nil
}

// CreateMilestone keeps the answers as they are. Names are unique in a workload.
// https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_CreateMilestone.html
func (s *Service) CreateMilestone(ctx context.Context, in *wellarchitected.CreateMilestoneInput, _ ...opt) (*wellarchitected.CreateMilestoneOutput, error) {
	r := s.regions.In(ctx)
	w, err := r.workload(in.WorkloadId)
	if err != nil {
		return nil, err
	}
	name, token := aws.ToString(in.MilestoneName), aws.ToString(in.ClientRequestToken)
	if n := len([]rune(name)); n < 3 || n > 100 {
		return nil, invalid("MilestoneName", "must have 3 to 100 characters")
	}
	for i, m := range w.Milestones {
		if folded(m.Name) != folded(name) {
			continue
		}
		if r.Tokens[token] == w.ID+"/"+name {
			return &wellarchitected.CreateMilestoneOutput{WorkloadId: in.WorkloadId, MilestoneNumber: aws.Int32(int32(i + 1))}, nil
		}
		return nil, &types.ConflictException{Message: aws.String("A milestone named " + name + " already exists"), ResourceId: &name, ResourceType: aws.String("milestone")}
	}
	kept := map[string]answer{}
	maps.Copy(kept, w.Answers)
	w.Milestones, r.Tokens[token] = append(w.Milestones, milestone{name, time.Now(), kept}), w.ID+"/"+name
	return &wellarchitected.CreateMilestoneOutput{WorkloadId: in.WorkloadId, MilestoneNumber: aws.Int32(int32(len(w.Milestones)))}, nil
}

// ListMilestones answers the milestones, the oldest first.
func (s *Service) ListMilestones(ctx context.Context, in *wellarchitected.ListMilestonesInput, _ ...opt) (*wellarchitected.ListMilestonesOutput, error) {
	w, err := s.regions.In(ctx).workload(in.WorkloadId)
	if err != nil {
		return nil, err
	}
	out := []types.MilestoneSummary{}
	for i, m := range w.Milestones {
		out = append(out, types.MilestoneSummary{
			MilestoneName: aws.String(m.Name), MilestoneNumber: aws.Int32(int32(i + 1)), RecordedAt: aws.Time(m.At),
			WorkloadSummary: &types.WorkloadSummary{WorkloadId: aws.String(w.ID), WorkloadName: aws.String(w.Name), RiskCounts: counts(m.Answers)},
		})
	}
	some, next, err := page(ctx, out, in.NextToken, in.MaxResults, 50)
	return &wellarchitected.ListMilestonesOutput{WorkloadId: in.WorkloadId, MilestoneSummaries: some, NextToken: next}, err
}
