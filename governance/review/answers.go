package review

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Answers selects choices in a workload's review: those that a baseline proves, and others that the caller answers for. What
// else is selected stays.
type Answers struct {
	Name     string // in the baseline
	Workload string // the id, or a Workload's ID()
	Proven   []Proof
	Also     []Choice
}

// byQuestion are the choices of each question, in the order in which the questions come.
func (a Answers) byQuestion() (order []string, by map[string][]string) {
	by = map[string][]string{}
	add := func(c Choice) {
		if by[c.Question] == nil {
			order = append(order, c.Question)
		}
		if !slices.Contains(by[c.Question], c.ID) {
			by[c.Question] = append(by[c.Question], c.ID)
		}
	}
	for _, p := range a.Proven {
		add(p.Choice)
	}
	for _, c := range a.Also {
		add(c)
	}
	return order, by
}

// Given are tokens for a Milestone's After, which make it wait until the answers are given.
func (a Answers) Given() []string {
	var out []string
	order, _ := a.byQuestion()
	for _, question := range order {
		out = append(out, answers.Ref(a.Name+"/"+question, "Parent"))
	}
	return out
}

// Declare implements ztcore.Resource.
func (a Answers) Declare(d *ztcore.Declaration) {
	order, by := a.byQuestion()
	for _, question := range order {
		n := answers.Declare(d, a.Name+"/"+question, ztcore.Set[string]{Parent: a.Workload + separator + question, Members: by[question], Foreign: ztcore.LeaveForeign})
		for _, p := range a.Proven {
			if p.Question == question {
				n.Note(fmt.Sprintf("%s is proven by %d resources, as %s", p.ID, len(p.By), p.By[0]))
			}
		}
	}
}

// separator stands between a workload's id and a question's, which have none.
const separator = "#"

var answers = ztcore.SetKind[string]{
	Name: "governance.Answers", Permissions: &answersNeed, ID: func(choice string) string { return choice }, List: listAnswers, Vanishes: true, Check: checkAnswers,
	Add: func(ctx context.Context, sc *ztcore.Scope, parent string, add []string) error {
		return choose(ctx, sc, parent, func(have []string) []string {
			have = slices.DeleteFunc(have, func(c string) bool { return strings.HasSuffix(c, "_no") }) // "none of these" goes with nothing else
			for _, c := range add {
				if !slices.Contains(have, c) {
					have = append(have, c)
				}
			}
			return have
		})
	},
	Remove: func(ctx context.Context, sc *ztcore.Scope, parent string, remove []string) error {
		return choose(ctx, sc, parent, func(have []string) []string {
			return slices.DeleteFunc(have, func(c string) bool { return slices.Contains(remove, c) })
		})
	},
	Domain:   func(want ztcore.Set[string]) string { return "wellarchitected/" + want.Parent },
	Controls: []string{"NIST SP 800-207 tenet 5", "CISA ZTMM Governance"},
}.Kind()

var answersNeed = ztcore.Permissions{Read: []string{"wellarchitected:GetAnswer"}, Write: []string{"wellarchitected:UpdateAnswer"}, Delete: []string{"wellarchitected:UpdateAnswer"}}

func listAnswers(ctx context.Context, sc *ztcore.Scope, parents []string) (map[string][]string, error) {
	found := make([][]string, len(parents))
	err := ztcore.Each(ctx, len(parents), func(ctx context.Context, i int) error {
		workload, question, _ := strings.Cut(parents[i], separator)
		out, err := wellarchitected.NewFromConfig(sc.Config).GetAnswer(ctx, &wellarchitected.GetAnswerInput{WorkloadId: &workload, LensAlias: aws.String(lens), QuestionId: &question})
		if err == nil {
			found[i] = list(out.Answer.SelectedChoices)
		}
		return unlessAbsent(err)
	})
	out := map[string][]string{}
	for i, f := range found {
		if f != nil {
			out[parents[i]] = f
		}
	}
	return out, err
}

// choose writes the whole selection, as UpdateAnswer wants it, made from what is selected now.
func choose(ctx context.Context, sc *ztcore.Scope, parent string, change func([]string) []string) error {
	have, err := listAnswers(ctx, sc, []string{parent})
	if err != nil {
		return err
	}
	workload, question, _ := strings.Cut(parent, separator)
	_, err = wellarchitected.NewFromConfig(sc.Config).UpdateAnswer(ctx, &wellarchitected.UpdateAnswerInput{
		WorkloadId: &workload, LensAlias: aws.String(lens), QuestionId: &question, SelectedChoices: list(change(have[parent])),
	})
	return err
}

var choiceRE = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

func checkAnswers(want ztcore.Set[string]) []ztcore.Finding {
	var out []ztcore.Finding
	workload, question, _ := strings.Cut(want.Parent, separator)
	if workload == "" {
		out = append(out, ztcore.Finding{Attribute: "Workload", Message: "no workload is named", Fix: "set it to a Workload's ID()"})
	}
	if question == "" {
		out = append(out, ztcore.Finding{Attribute: "Question", Message: "a choice names no question", Fix: "name it, as protect-data-rest"})
	}
	for _, c := range want.Members {
		if !choiceRE.MatchString(c) {
			out = append(out, ztcore.Finding{Attribute: "ID", Message: c + " is no choice", Fix: "name it, as sec_protect_data_rest_encrypt"})
		}
	}
	return out
}
