package review_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/governance/review"
	pillar "github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/iam/contact"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccount"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakewellarchitected"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakewellarchitected.Install, fakeiam.Install, fakekms.Install, fakeaccount.Install)
}

func production() review.Workload {
	return review.Workload{Name: "MyWorkload", Description: "Review of production environment", ReviewOwner: "security@example.com", Regions: []string{"us-east-1"}}
}

func workloadID(ctx context.Context, cfg aws.Config) (*string, error) {
	out, err := wellarchitected.NewFromConfig(cfg).ListWorkloads(ctx, &wellarchitected.ListWorkloadsInput{})
	if err != nil {
		return nil, err
	}
	return out.WorkloadSummaries[0].WorkloadId, nil
}

// There is no test on the wire: moto has no Well-Architected Tool.
func TestWorkload(t *testing.T) {
	w := production()
	variants := []kindtest.Variant{{Resource: w}}
	change := func(field string, f func()) {
		f()
		variants = append(variants, kindtest.Variant{Resource: w, Changes: []string{"governance.Workload/MyWorkload " + field}})
	}
	change("Description", func() { w.Description = "Review of the ledger" })
	change("Environment", func() { w.Preproduction = true })
	change("ReviewOwner", func() { w.ReviewOwner = "ledger@example.com" })
	change("Regions", func() { w.Regions = []string{"us-east-1", "eu-west-1"} })
	change("Elsewhere", func() { w.Elsewhere = []string{"Frankfurt"} })
	change("Accounts", func() { w.Accounts = []string{"123456789012"} })
	change("Notes", func() { w.Notes = "twice a year" })
	change("Tags", func() { w.Tags = map[string]string{"team": "ledger"} })
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud, Variants: variants,
		Drift: func(ctx context.Context, cfg aws.Config) error {
			id, err := workloadID(ctx, cfg)
			if err != nil {
				return err
			}
			_, err = wellarchitected.NewFromConfig(cfg).UpdateWorkload(ctx, &wellarchitected.UpdateWorkloadInput{
				WorkloadId: id, Description: aws.String("drifted"), Notes: aws.String("drifted"), Environment: types.WorkloadEnvironmentProduction,
				AccountIds: []string{"210987654321"}, AwsRegions: []string{"ap-south-1"}, NonAwsRegions: []string{"Moon"}, ReviewOwner: aws.String("nobody"), IsReviewOwnerUpdateAcknowledged: aws.Bool(true),
			})
			return err
		},
	})
}

func TestAnswersAndMilestones(t *testing.T) {
	w := production()
	rest := review.Choice{Question: "protect-data-rest", ID: "sec_protect_data_rest_encrypt"}
	keys := review.Choice{Question: "protect-data-rest", ID: "sec_protect_data_rest_key_mgmt"}
	with := func(c ...review.Choice) ztcore.Resource {
		answers := review.Answers{Name: "security", Workload: w.ID(), Also: c}
		return ztcore.List{w, answers, review.Milestone{Name: "2027 Q1", Workload: w.ID(), After: answers.Given()}}
	}
	kindtest.Run(t, kindtest.Case{
		Cloud:    newCloud,
		Variants: []kindtest.Variant{{Resource: with(rest)}, {Resource: with(rest, keys), Changes: []string{"governance.Answers/security/protect-data-rest Members"}}},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			id, err := workloadID(ctx, cfg)
			if err != nil {
				return err
			}
			_, err = wellarchitected.NewFromConfig(cfg).UpdateAnswer(ctx, &wellarchitected.UpdateAnswerInput{WorkloadId: id, LensAlias: aws.String("wellarchitected"), QuestionId: aws.String("protect-data-rest"), SelectedChoices: []string{"sec_protect_data_rest_no"}})
			return err
		},
	})
}

func apply(t *testing.T, cfg aws.Config, b *ztcore.Baseline) {
	t.Helper()
	plan, err := b.Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = plan.Apply(t.Context())
	require.NoError(t, err)
}

func planned(t *testing.T, cfg aws.Config, b *ztcore.Baseline) *ztcore.Plan {
	t.Helper()
	plan, err := b.Plan(t.Context(), cfg)
	require.NoError(t, err)
	return plan
}

func TestOnlyWhatIsInPlaceProvesAnything(t *testing.T) {
	ctx, cfg := t.Context(), newCloud().Config()
	security := ztcore.NewBaseline("security", dataprotect.Key{Name: "ledger"}, pillar.PasswordPolicy{},
		contact.Alternate{Name: "Security Team", Title: "On call", Email: "security@example.com", Phone: "+1-555-0100"})
	require.Empty(t, review.Prove(planned(t, cfg, security)), "nothing is there yet")
	apply(t, cfg, security)
	proven := review.Prove(planned(t, cfg, security))
	require.Equal(t, []review.Proof{
		{Choice: review.Choice{Question: "securely-operate", ID: "sec_securely_operate_aws_account"}, By: []ztcore.Address{"iam.AlternateContact/SECURITY", "iam.PasswordPolicy/account"}},
		{Choice: review.Choice{Question: "protect-data-rest", ID: "sec_protect_data_rest_key_mgmt"}, By: []ztcore.Address{"dataprotect.Key/ledger"}},
	}, proven)

	w := production()
	governance := ztcore.NewBaseline("governance", w)
	apply(t, cfg, governance)
	id, err := workloadID(ctx, cfg)
	require.NoError(t, err)
	c := wellarchitected.NewFromConfig(cfg)
	byHand := "sec_protect_data_rest_automate_protection"
	_, err = c.UpdateAnswer(ctx, &wellarchitected.UpdateAnswerInput{WorkloadId: id, LensAlias: aws.String("wellarchitected"), QuestionId: aws.String("protect-data-rest"), SelectedChoices: []string{byHand}})
	require.NoError(t, err)
	apply(t, cfg, ztcore.NewBaseline("governance", w, review.Answers{Name: "security", Workload: w.ID(), Proven: proven}))
	got, err := c.GetAnswer(ctx, &wellarchitected.GetAnswerInput{WorkloadId: id, LensAlias: aws.String("wellarchitected"), QuestionId: aws.String("protect-data-rest")})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{byHand, "sec_protect_data_rest_key_mgmt"}, got.Answer.SelectedChoices, "what a person selected stays")
	risks, err := review.RisksOf(ctx, cfg, "MyWorkload")
	require.NoError(t, err)
	require.Equal(t, "high 1, medium 1, unanswered 8", risks["security"].String())
	_, err = review.RisksOf(ctx, cfg, "Another")
	require.ErrorContains(t, err, "there is no workload Another")

	_, err = iam.NewFromConfig(cfg).UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: aws.Int32(6)})
	require.NoError(t, err)
	require.Len(t, review.Prove(planned(t, cfg, security)), 1, "what has drifted proves nothing")
}

// A control that no resource serves would prove nothing, ever: the choices are those that the fake's lens knows.
func TestProvenChoicesExist(t *testing.T) {
	ctx, cfg := t.Context(), newCloud().Config()
	apply(t, cfg, ztcore.NewBaseline("governance", production()))
	id, err := workloadID(ctx, cfg)
	require.NoError(t, err)
	out, err := wellarchitected.NewFromConfig(cfg).ListAnswers(ctx, &wellarchitected.ListAnswersInput{WorkloadId: id, LensAlias: aws.String("wellarchitected"), MaxResults: aws.Int32(50)})
	require.NoError(t, err)
	var known []string
	for _, a := range out.AnswerSummaries {
		for _, c := range a.Choices {
			known = append(known, *a.QuestionId+" "+*c.ChoiceId)
		}
	}
	all := review.Choices()
	require.NotEmpty(t, all)
	for _, c := range all {
		require.True(t, slices.Contains(known, c.Question+" "+c.ID), c)
		require.True(t, strings.HasPrefix(c.ID, "sec_"+strings.ReplaceAll(c.Question, "-", "_")), c)
	}
}

func TestInputIsCheckedAllAtOnce(t *testing.T) {
	err := ztcore.NewBaseline("b", review.Workload{Name: "x", Accounts: []string{"1"}}, review.Workload{Name: "y y", Regions: []string{"Virginia"}},
		review.Milestone{Name: "m"}, review.Answers{Name: "a", Also: []review.Choice{{ID: "No Choice"}}}).Check()
	for _, want := range []string{
		"Name: has 1 characters", "Description: has 0 characters", "ReviewOwner: has 0 characters", "nothing says where", "1 is no account", "Virginia is no region", "no workload is named",
		"No Choice is no choice", "a choice names no question",
	} {
		require.ErrorContains(t, err, want)
	}
}

func Example() {
	ctx, cfg := context.Background(), newCloud().Config()
	workload := production()
	baseline := ztcore.NewBaseline("governance", workload, review.Answers{
		Name: "security", Workload: workload.ID(), Also: []review.Choice{{Question: "protect-data-transit", ID: "sec_protect_data_transit_encrypt"}},
	})
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plan.Apply(ctx); err != nil {
		fmt.Println(err)
		return
	}
	risks, err := review.RisksOf(ctx, cfg, "MyWorkload")
	fmt.Println(risks["security"], err)
	// Output: high 1, unanswered 9 <nil>
}
