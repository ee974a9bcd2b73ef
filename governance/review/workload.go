package review

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected"
	"github.com/aws/aws-sdk-go-v2/service/wellarchitected/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Workload is what is reviewed: a set of resources with somebody who answers for it. It holds the answers of people: removing it
// has to be allowed by name.
type Workload struct {
	Name        string // 3–100 characters, unique in the account and region without regard to case and spaces
	Description string // 3–250 characters
	// Preproduction says that the workload is not in production, which is what a review takes it for otherwise.
	Preproduction bool
	ReviewOwner   string   // 3–255 characters: the person or team that answers for the review
	Regions       []string // of AWS where it runs, as "us-east-1"; at most 50
	Elsewhere     []string // where it runs outside AWS; either of the two names one place at least
	Accounts      []string // of 12 digits, at most 100
	Notes         string   // at most 2,084 characters
	Tags          map[string]string
}

// ID is the workload's id.
func (w Workload) ID() string { return workloads.Ref(w.Name, "ID") }

// ARN is the workload's ARN.
func (w Workload) ARN() id.WorkloadARN { return id.WorkloadARN(workloads.Ref(w.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (w Workload) Declare(d *ztcore.Declaration) {
	want := workloadState{
		Name: w.Name, Description: w.Description, Environment: string(types.WorkloadEnvironmentProduction), ReviewOwner: w.ReviewOwner, Regions: list(w.Regions),
		Elsewhere: list(w.Elsewhere), Accounts: list(w.Accounts), Notes: w.Notes, Tags: w.Tags,
	}
	if w.Preproduction {
		want.Environment = string(types.WorkloadEnvironmentPreproduction)
	}
	workloads.Declare(d, w.Name, want)
}

// list is never nil, which would mean "not managed".
func list(all []string) []string { return append([]string{}, all...) }

type workloadState struct {
	Name        string `zt:"key"`
	Description string
	Environment string
	ReviewOwner string
	Regions     []string `zt:"set"`
	Elsewhere   []string `zt:"set"`
	Accounts    []string `zt:"set"`
	Notes       string
	Tags        map[string]string `zt:"tags"`
	ID          string            `zt:"output"`
	ARN         string            `zt:"output"`
}

var workloads = &ztcore.Kind[workloadState]{
	Name: "governance.Workload", Permissions: &workloadsNeed, Read: readWorkloads, Update: updateWorkload, Check: checkWorkload, HoldsData: true,
	Create: func(ctx context.Context, sc *ztcore.Scope, want workloadState) error {
		_, err := wellarchitected.NewFromConfig(sc.Config).CreateWorkload(ctx, &wellarchitected.CreateWorkloadInput{
			WorkloadName: &want.Name, Description: &want.Description, Environment: types.WorkloadEnvironment(want.Environment), Lenses: []string{lens},
			ReviewOwner: &want.ReviewOwner, AwsRegions: want.Regions, NonAwsRegions: want.Elsewhere, AccountIds: want.Accounts, Notes: &want.Notes, Tags: want.Tags,
		})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have workloadState) error {
		_, err := wellarchitected.NewFromConfig(sc.Config).DeleteWorkload(ctx, &wellarchitected.DeleteWorkloadInput{WorkloadId: &have.ID})
		return unlessAbsent(err)
	},
	Controls: []string{"NIST SP 800-207 tenet 5", "CISA ZTMM Governance"},
}

var workloadsNeed = ztcore.Permissions{
	Read:   []string{"wellarchitected:GetWorkload", "wellarchitected:ListWorkloads"},
	Write:  []string{"wellarchitected:CreateWorkload", "wellarchitected:TagResource", "wellarchitected:UpdateWorkload"},
	Delete: []string{"wellarchitected:DeleteWorkload"},
}

// readWorkloads lists, and asks for what the listing lacks: of those that are wanted, or of all where owners are asked for.
func readWorkloads(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[workloadState]) ([]workloadState, error) {
	c, in := wellarchitected.NewFromConfig(sc.Config), &wellarchitected.ListWorkloadsInput{}
	var ids []string
	for {
		page, err := c.ListWorkloads(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, w := range page.WorkloadSummaries {
			if q.Owned || slices.ContainsFunc(q.Want, func(want workloadState) bool { return want.Name == aws.ToString(w.WorkloadName) }) {
				ids = append(ids, *w.WorkloadId)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	found := make([]*workloadState, len(ids))
	err := ztcore.Each(ctx, len(ids), func(ctx context.Context, i int) error {
		out, err := c.GetWorkload(ctx, &wellarchitected.GetWorkloadInput{WorkloadId: &ids[i]})
		if err != nil {
			return unlessAbsent(err)
		}
		w := out.Workload
		found[i] = &workloadState{
			Name: aws.ToString(w.WorkloadName), Description: aws.ToString(w.Description), Environment: string(w.Environment), ReviewOwner: aws.ToString(w.ReviewOwner), Regions: list(w.AwsRegions),
			Elsewhere: list(w.NonAwsRegions), Accounts: list(w.AccountIds), Notes: aws.ToString(w.Notes), Tags: maps.Clone(w.Tags), ID: ids[i], ARN: aws.ToString(w.WorkloadArn),
		}
		return nil
	})
	var out []workloadState
	for _, w := range found {
		if w != nil {
			out = append(out, *w)
		}
	}
	return out, err
}

func updateWorkload(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[workloadState]) error {
	c, want := wellarchitected.NewFromConfig(sc.Config), u.Want
	if u.Changed("Description", "Environment", "ReviewOwner", "Regions", "Elsewhere", "Accounts", "Notes") {
		_, err := c.UpdateWorkload(ctx, &wellarchitected.UpdateWorkloadInput{
			WorkloadId: &u.Have.ID, Description: &want.Description, Environment: types.WorkloadEnvironment(want.Environment), ReviewOwner: &want.ReviewOwner,
			IsReviewOwnerUpdateAcknowledged: aws.Bool(true), AwsRegions: want.Regions, NonAwsRegions: want.Elsewhere, AccountIds: want.Accounts, Notes: &want.Notes,
		})
		if err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagResource(ctx, &wellarchitected.TagResourceInput{WorkloadArn: &u.Have.ARN, Tags: want.Tags})
		return err
	}
	return nil
}

var (
	accountRE = regexp.MustCompile(`^[0-9]{12}$`)
	regionRE  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
)

// https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_CreateWorkload.html
func checkWorkload(want workloadState) []ztcore.Finding {
	var out []ztcore.Finding
	reject := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	for _, f := range []struct {
		name, value string
		from, to    int
	}{{"Name", want.Name, 3, 100}, {"Description", want.Description, 3, 250}, {"ReviewOwner", want.ReviewOwner, 3, 255}, {"Notes", want.Notes, 0, 2084}} {
		if n := len([]rune(f.value)); n < f.from || n > f.to {
			reject(f.name, fmt.Sprintf("has %d characters", n), fmt.Sprintf("use %d to %d", f.from, f.to))
		}
	}
	if len(want.Regions)+len(want.Elsewhere) == 0 {
		reject("Regions", "nothing says where the workload runs", "name its regions, or in Elsewhere its places outside AWS")
	}
	if len(want.Regions) > 50 || len(want.Accounts) > 100 {
		reject("Regions", "a workload has 50 regions and 100 accounts at most", "divide the workload")
	}
	for _, r := range want.Regions {
		if !regionRE.MatchString(r) && !ztcore.HasToken(r) {
			reject("Regions", r+" is no region", "write it as us-east-1")
		}
	}
	for _, a := range want.Accounts {
		if !accountRE.MatchString(a) && !ztcore.HasToken(a) {
			reject("Accounts", a+" is no account", "use 12 digits")
		}
	}
	return out
}

// Risks are how many questions there are of each risk: HIGH, MEDIUM, NONE, UNANSWERED, NOT_APPLICABLE.
type Risks map[types.Risk]int32

// String is the risks for people, the worst first.
func (r Risks) String() string {
	var parts []string
	for _, k := range []types.Risk{types.RiskHigh, types.RiskMedium, types.RiskUnanswered, types.RiskNone, types.RiskNotApplicable} {
		if r[k] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", strings.ToLower(string(k)), r[k]))
		}
	}
	return strings.Join(parts, ", ")
}

// RisksOf reads the risks of a workload by name, by pillar ("security") and, under "", of all of them.
func RisksOf(ctx context.Context, cfg aws.Config, name string) (map[string]Risks, error) {
	found, err := readWorkloads(ctx, &ztcore.Scope{Config: cfg}, ztcore.Query[workloadState]{Want: []workloadState{{Name: name}}})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("review: there is no workload %s", name)
	}
	out, err := wellarchitected.NewFromConfig(cfg).GetLensReview(ctx, &wellarchitected.GetLensReviewInput{WorkloadId: &found[0].ID, LensAlias: aws.String(lens)})
	if err != nil {
		return nil, err
	}
	risks := map[string]Risks{"": risksIn(out.LensReview.RiskCounts)}
	for _, p := range out.LensReview.PillarReviewSummaries {
		risks[cmp.Or(aws.ToString(p.PillarId), "?")] = risksIn(p.RiskCounts)
	}
	return risks, nil
}

func risksIn(counts map[string]int32) Risks {
	out := Risks{}
	for k, n := range counts {
		out[types.Risk(k)] = n
	}
	return out
}
