package endpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// PatchBaseline says which patches are installed, and when. The zero value with a name approves the security patches of
// Amazon Linux 2023 seven days after their release. It takes effect for the patch groups that are registered with it, and as
// a DefaultPatchBaseline.
type PatchBaseline struct {
	Name            string // 3–128 letters, digits and _-.; not unique in AWS
	Description     string
	OperatingSystem OperatingSystem // AmazonLinux2023 if empty; another makes another baseline
	Rules           []PatchRule     // at most 10; one PatchRule{} if there is none
	Approved        []string        // patches that are installed whatever the rules say, at most 50
	Rejected        []string        // patches that are not, but as dependencies of others, at most 50
	BlockRejected   bool            // rejected patches are not installed as dependencies either
	Tags            map[string]string
}

// PatchRule approves the patches that match all of its lists. Which lists an operating system has, and their values, differs:
// what is another's is found offline. The zero value is the system's security patches after seven days.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-selecting-patches.html
type PatchRule struct {
	Products        []string // as "AmazonLinux2023"; all if empty
	Classifications []string // "Security"; of Windows "CriticalUpdates", "SecurityUpdates"; Debian and Ubuntu have none
	Severities      []string // as "Critical"; all if empty; Debian and Ubuntu have none
	Priorities      []string // of Debian and Ubuntu alone: all five if empty
	Sections        []string // of Debian and Ubuntu alone
	// ApproveAfter is how long after a patch's release it is approved, in whole days up to 360: 7 if zero. Packages of Debian and
	// Ubuntu have no date of release, so that it can't be set there.
	ApproveAfter time.Duration
	AtOnce       bool   // approved as soon as it is released, in place of ApproveAfter
	Compliance   string // how severe a missing patch is: CRITICAL if empty, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED
	NonSecurity  bool   // takes in updates of a matched repository that are not security updates; of Linux alone
}

type patchFilter struct {
	Key    string
	Values []string
}

type patchRule struct {
	Filters     []patchFilter // by key
	Days        int32
	Until       string // a fixed date, which somebody else has set
	Compliance  string
	NonSecurity bool
}

type baselineState struct {
	Name           string `zt:"label"`
	OS             string `zt:"immutable"`
	Description    string
	Rules          []patchRule
	Approved       []string `zt:"set"`
	Rejected       []string `zt:"set"`
	RejectedAction string
	Tags           map[string]string `zt:"tags"`
	ID             string            `zt:"output"`
}

var baselines = &ztcore.Kind[baselineState]{
	Name: "endpoint.PatchBaseline", Permissions: &baselinesNeed,
	Read: readBaselines, Create: createBaseline, Update: updateBaseline, Check: checkBaseline,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have baselineState) error {
		_, err := ssm.NewFromConfig(sc.Config).DeletePatchBaseline(ctx, &ssm.DeletePatchBaselineInput{BaselineId: &have.ID})
		return unlessGone(err)
	},
	Controls: []string{"FSBP SSM.2", "NIST SP 800-207 tenet 5", "CISA ZTMM Devices"},
}

var baselinesNeed = ztcore.Permissions{
	Read:   []string{"ssm:DescribePatchBaselines", "ssm:GetPatchBaseline", "ssm:ListTagsForResource"},
	Write:  []string{"ssm:AddTagsToResource", "ssm:CreatePatchBaseline", "ssm:UpdatePatchBaseline"},
	Delete: []string{"ssm:DeletePatchBaseline"},
}

// ID is the baseline's id, which is not known before it exists.
func (b PatchBaseline) ID() id.PatchBaseline { return id.PatchBaseline(baselines.Ref(b.Name, "ID")) }

// Declare implements ztcore.Resource.
func (b PatchBaseline) Declare(d *ztcore.Declaration) {
	os := b.OperatingSystem.orDefault()
	want := baselineState{
		Name: b.Name, OS: string(os), Description: b.Description, Approved: nonNil(b.Approved), Rejected: nonNil(b.Rejected), Tags: b.Tags,
		RejectedAction: string(types.PatchActionAllowAsDependency),
	}
	if b.BlockRejected {
		want.RejectedAction = string(types.PatchActionBlock)
	}
	rules := b.Rules
	if len(rules) == 0 {
		rules = []PatchRule{{}}
	}
	for _, r := range rules {
		if os.apt() && r.ApproveAfter != 0 || r.AtOnce && r.ApproveAfter != 0 {
			d.Reject(ztcore.Finding{Resource: ztcore.Address("endpoint.PatchBaseline/" + b.Name), Attribute: "Rules.ApproveAfter", Message: "can't be set for " + string(os) + ", or together with AtOnce", Fix: "leave it out"})
		}
		want.Rules = append(want.Rules, r.state(os))
	}
	baselines.Declare(d, b.Name, want)
}

// state fills in what is left out.
func (r PatchRule) state(os OperatingSystem) patchRule {
	severity := "SEVERITY"
	if os == Windows {
		severity = "MSRC_SEVERITY"
	}
	classes, priorities := r.Classifications, r.Priorities
	if len(classes) == 0 {
		switch {
		case os == Windows:
			classes = []string{"CriticalUpdates", "SecurityUpdates"}
		case os.apt() && len(priorities) == 0:
			priorities = aptKeys["PRIORITY"]
		case !os.apt() && os != MacOS:
			classes = []string{"Security"}
		}
	}
	out := patchRule{Days: 7, Compliance: cmp.Or(r.Compliance, string(types.PatchComplianceLevelCritical)), NonSecurity: r.NonSecurity}
	for _, f := range []patchFilter{{"CLASSIFICATION", classes}, {"PRIORITY", priorities}, {"PRODUCT", r.Products}, {"SECTION", r.Sections}, {severity, r.Severities}} {
		if len(f.Values) > 0 {
			f.Values = slices.Sorted(slices.Values(f.Values))
			out.Filters = append(out.Filters, f)
		}
	}
	if len(out.Filters) == 0 {
		out.Filters = []patchFilter{{"PRODUCT", []string{"*"}}}
	}
	sortFilters(out.Filters)
	switch {
	case os.apt() || r.AtOnce:
		out.Days = 0
	case r.ApproveAfter != 0:
		out.Days = wholeDays(r.ApproveAfter)
	}
	return out
}

func readBaselines(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[baselineState]) ([]baselineState, error) {
	client, self := ssm.NewFromConfig(sc.Config), []types.PatchOrchestratorFilter{{Key: aws.String("OWNER"), Values: []string{"Self"}}}
	var ids []string
	for in := (&ssm.DescribePatchBaselinesInput{Filters: self}); ; {
		page, err := client.DescribePatchBaselines(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, b := range page.BaselineIdentities {
			ids = append(ids, aws.ToString(b.BaselineId))
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	found := make([]*baselineState, len(ids)) // an account has 50 at most
	err := ztcore.Each(ctx, len(ids), func(ctx context.Context, i int) error {
		b, err := client.GetPatchBaseline(ctx, &ssm.GetPatchBaselineInput{BaselineId: &ids[i]})
		if err != nil {
			return unlessGone(err)
		}
		tags, err := tagsOf(ctx, sc, types.ResourceTypeForTaggingPatchBaseline, ids[i])
		if tags == nil || err != nil {
			return err
		}
		found[i] = &baselineState{
			ID: ids[i], Name: aws.ToString(b.Name), OS: string(b.OperatingSystem), Description: aws.ToString(b.Description), Rules: seenRules(b.ApprovalRules),
			Approved: b.ApprovedPatches, Rejected: b.RejectedPatches, RejectedAction: string(b.RejectedPatchesAction), Tags: tags,
		}
		return nil
	})
	return present(found), err
}

func createBaseline(ctx context.Context, sc *ztcore.Scope, want baselineState) error {
	in := &ssm.CreatePatchBaselineInput{
		Name: &want.Name, OperatingSystem: types.OperatingSystem(want.OS), Description: unlessEmpty(want.Description), ApprovalRules: sentRules(want),
		ApprovedPatches: want.Approved, RejectedPatches: want.Rejected, RejectedPatchesAction: types.PatchAction(want.RejectedAction), Tags: tagList(want.Tags),
	}
	_, err := ssm.NewFromConfig(sc.Config).CreatePatchBaseline(ctx, in)
	return err
}

// updateBaseline replaces the baseline's content as a whole, so that what others have set and plans do not show goes too.
func updateBaseline(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[baselineState]) (err error) {
	want := u.Want
	if u.Changed("Name", "Description", "Rules", "Approved", "Rejected", "RejectedAction") {
		_, err = ssm.NewFromConfig(sc.Config).UpdatePatchBaseline(ctx, &ssm.UpdatePatchBaselineInput{
			BaselineId: &u.Have.ID, Replace: aws.Bool(true), Name: &want.Name, Description: unlessEmpty(want.Description), ApprovalRules: sentRules(want),
			ApprovedPatches: want.Approved, RejectedPatches: want.Rejected, RejectedPatchesAction: types.PatchAction(want.RejectedAction),
		})
	}
	if err == nil && u.Changed("Tags") {
		err = setTags(ctx, sc, types.ResourceTypeForTaggingPatchBaseline, u.Have.ID, want.Tags)
	}
	return err
}

func seenRules(group *types.PatchRuleGroup) []patchRule {
	if group == nil {
		return nil
	}
	var out []patchRule
	for _, r := range group.PatchRules {
		rule := patchRule{Days: aws.ToInt32(r.ApproveAfterDays), Until: aws.ToString(r.ApproveUntilDate), Compliance: string(r.ComplianceLevel), NonSecurity: aws.ToBool(r.EnableNonSecurity)}
		if r.PatchFilterGroup != nil {
			for _, f := range r.PatchFilterGroup.PatchFilters {
				rule.Filters = append(rule.Filters, patchFilter{string(f.Key), slices.Sorted(slices.Values(f.Values))})
			}
		}
		sortFilters(rule.Filters)
		out = append(out, rule)
	}
	return out
}

func sentRules(want baselineState) *types.PatchRuleGroup {
	group := &types.PatchRuleGroup{}
	for _, r := range want.Rules {
		rule := types.PatchRule{ApproveAfterDays: aws.Int32(r.Days), ComplianceLevel: types.PatchComplianceLevel(r.Compliance), PatchFilterGroup: &types.PatchFilterGroup{}}
		if OperatingSystem(want.OS) != Windows {
			rule.EnableNonSecurity = aws.Bool(r.NonSecurity)
		}
		for _, f := range r.Filters {
			rule.PatchFilterGroup.PatchFilters = append(rule.PatchFilterGroup.PatchFilters, types.PatchFilter{Key: types.PatchFilterKey(f.Key), Values: f.Values})
		}
		group.PatchRules = append(group.PatchRules, rule)
	}
	return group
}

func sortFilters(filters []patchFilter) {
	slices.SortFunc(filters, func(a, b patchFilter) int { return cmp.Compare(a.Key, b.Key) })
}

// objectName is the pattern of the names of baselines, associations and documents.
var objectName = regexp.MustCompile(`^[a-zA-Z0-9_\-.]{3,128}$`)

func checkName(name string) []ztcore.Finding {
	if objectName.MatchString(name) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Name", Message: fmt.Sprintf("%q can't be a name in Systems Manager", name), Fix: "use 3–128 letters, digits and _-."}}
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreatePatchBaseline.html
func checkBaseline(want baselineState) []ztcore.Finding {
	os := OperatingSystem(want.OS)
	out := append(checkName(want.Name), checkOperatingSystem(want.OS)...)
	if len(want.Description) > 1024 {
		out = append(out, ztcore.Finding{Attribute: "Description", Message: "has more than 1,024 characters", Fix: "shorten it"})
	}
	if len(want.Rules) > 10 {
		out = append(out, ztcore.Finding{Attribute: "Rules", Message: fmt.Sprintf("a baseline can't have %d rules", len(want.Rules)), Fix: "use 10 at most"})
	}
	for _, list := range []struct {
		name    string
		patches []string
	}{{"Approved", want.Approved}, {"Rejected", want.Rejected}} {
		if len(list.patches) > 50 || slices.ContainsFunc(list.patches, func(p string) bool { return p == "" || len(p) > 100 }) {
			out = append(out, ztcore.Finding{Attribute: list.name, Message: "can't have more than 50 patches, of 1–100 characters each", Fix: "use wildcards, or another baseline"})
		}
	}
	for _, r := range want.Rules {
		if r.Days < 0 || r.Days > 360 {
			out = append(out, ztcore.Finding{Attribute: "Rules.ApproveAfter", Message: "a patch can't be approved later than 360 whole days after its release", Fix: "leave it zero for 7 days"})
		} else if r.Days > 30 {
			out = append(out, ztcore.Finding{
				Attribute: "Rules.ApproveAfter", Guardrail: "endpoint.late-patches", Controls: []string{"FSBP SSM.2", "NIST SP 800-207 tenet 5"},
				Message: fmt.Sprintf("patches are approved %d days after their release", r.Days), Fix: "approve them within 30 days",
			})
		}
		if !slices.Contains(types.PatchComplianceLevel("").Values(), types.PatchComplianceLevel(r.Compliance)) {
			out = append(out, ztcore.Finding{Attribute: "Rules.Compliance", Message: r.Compliance + " is no level of compliance", Fix: "leave it empty for CRITICAL"})
		}
		if r.NonSecurity && os == Windows {
			out = append(out, ztcore.Finding{Attribute: "Rules.NonSecurity", Message: "is for Linux alone", Fix: "name the classifications of Windows, as Updates"})
		}
		for _, f := range r.Filters {
			out = append(out, checkFilter(os, f)...)
		}
	}
	return out
}

// unlessGone takes an object that does not exist for done.
func unlessGone(err error) error {
	var absent *types.DoesNotExistException
	var unknown *types.InvalidResourceId
	var association *types.AssociationDoesNotExist
	var document *types.InvalidDocument
	if errors.As(err, &absent) || errors.As(err, &unknown) || errors.As(err, &association) || errors.As(err, &document) {
		return nil
	}
	return err
}

// wholeDays is -1 for what is none, for the checks to find.
func wholeDays(d time.Duration) int32 {
	if d < 0 || d%(24*time.Hour) != 0 || d > 10000*24*time.Hour {
		return -1
	}
	return int32(d / (24 * time.Hour))
}
