package fakessm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
const (
	mostBaselines = 50
	mostGroups    = 25 // of a baseline
)

type baseline struct {
	ID, Name, Description string
	OS                    types.OperatingSystem
	Global                *types.PatchFilterGroup
	Rules                 []types.PatchRule
	Approved              []string
	ApprovedLevel         types.PatchComplianceLevel
	ApprovedNonSecurity   bool
	AvailableStatus       types.PatchComplianceStatus
	Rejected              []string
	RejectedAction        types.PatchAction
	Sources               []types.PatchSource
	Created, Modified     time.Time
	Tags                  map[string]string
}

func (s *Service) installPatching(c *fakeaws.Cloud) {
	content := []string{
		"Name", "Description", "GlobalFilters", "ApprovalRules", "ApprovedPatches", "ApprovedPatchesComplianceLevel", "ApprovedPatchesEnableNonSecurity",
		"AvailableSecurityUpdatesComplianceStatus", "RejectedPatches", "RejectedPatchesAction", "Sources",
	}
	fakeaws.On(c, s.CreatePatchBaseline, append([]string{"OperatingSystem", "ClientToken", "Tags"}, content...)...)
	fakeaws.On(c, s.UpdatePatchBaseline, append([]string{"BaselineId", "Replace"}, content...)...)
	fakeaws.On(c, s.GetPatchBaseline, "BaselineId")
	fakeaws.On(c, s.DescribePatchBaselines, "Filters", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeletePatchBaseline, "BaselineId")
	fakeaws.On(c, s.DescribePatchProperties, "OperatingSystem", "Property", "MaxResults", "NextToken")
	fakeaws.On(c, s.RegisterPatchBaselineForPatchGroup, "BaselineId", "PatchGroup")
	fakeaws.On(c, s.DeregisterPatchBaselineForPatchGroup, "BaselineId", "PatchGroup")
	fakeaws.On(c, s.GetPatchBaselineForPatchGroup, "PatchGroup", "OperatingSystem")
	fakeaws.On(c, s.DescribePatchGroups, "Filters", "MaxResults", "NextToken")
	fakeaws.On(c, s.RegisterDefaultPatchBaseline, "BaselineId")
	fakeaws.On(c, s.GetDefaultPatchBaseline, "OperatingSystem")
}

// baselineName is the pattern of CreatePatchBaseline's Name.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreatePatchBaseline.html
var baselineName = regexp.MustCompile(`^[a-zA-Z0-9_\-.]{3,128}$`)

// CreatePatchBaseline makes a baseline, for Windows unless told otherwise.
func (s *Service) CreatePatchBaseline(ctx context.Context, in *ssm.CreatePatchBaselineInput, _ ...opt) (*ssm.CreatePatchBaselineOutput, error) {
	r, operation := s.regions.In(ctx), fakeaws.CallFrom(ctx).Operation
	if before, err := r.repeated(operation, in.ClientToken, *in); err != nil || before != "" {
		return &ssm.CreatePatchBaselineOutput{BaselineId: &before}, err
	}
	if err := oneOf("operatingSystem", in.OperatingSystem, in.OperatingSystem.Values()); err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	b := &baseline{ID: s.cloud.ID("pb-", 17), OS: cmp.Or(in.OperatingSystem, types.OperatingSystemWindows), Created: time.Now(), Modified: time.Now(), Tags: tags}
	if err := b.set(&ssm.UpdatePatchBaselineInput{
		Name: in.Name, Description: in.Description, GlobalFilters: in.GlobalFilters, ApprovalRules: in.ApprovalRules, ApprovedPatches: in.ApprovedPatches,
		ApprovedPatchesComplianceLevel: in.ApprovedPatchesComplianceLevel, ApprovedPatchesEnableNonSecurity: in.ApprovedPatchesEnableNonSecurity,
		AvailableSecurityUpdatesComplianceStatus: in.AvailableSecurityUpdatesComplianceStatus, RejectedPatches: in.RejectedPatches,
		RejectedPatchesAction: in.RejectedPatchesAction, Sources: in.Sources, Replace: aws.Bool(true),
	}); err != nil {
		return nil, err
	}
	if len(r.Baselines) >= mostBaselines {
		return nil, &types.ResourceLimitExceededException{Message: aws.String("The maximum number of patch baselines has been reached.")}
	}
	r.Baselines[b.ID] = b
	r.remember(operation, in.ClientToken, *in, b.ID)
	return &ssm.CreatePatchBaselineOutput{BaselineId: &b.ID}, nil
}

// UpdatePatchBaseline changes the members that are given, or with Replace all of them.
func (s *Service) UpdatePatchBaseline(ctx context.Context, in *ssm.UpdatePatchBaselineInput, _ ...opt) (*ssm.UpdatePatchBaselineOutput, error) {
	b, err := s.regions.In(ctx).baseline(in.BaselineId)
	if err != nil {
		return nil, err
	}
	changed := *b
	if err := changed.set(in); err != nil {
		return nil, err
	}
	changed.Modified = time.Now()
	*b = changed
	d := b.describe(nil)
	return &ssm.UpdatePatchBaselineOutput{
		BaselineId: d.BaselineId, Name: d.Name, Description: d.Description, OperatingSystem: d.OperatingSystem, GlobalFilters: d.GlobalFilters, ApprovalRules: d.ApprovalRules,
		ApprovedPatches: d.ApprovedPatches, ApprovedPatchesComplianceLevel: d.ApprovedPatchesComplianceLevel, ApprovedPatchesEnableNonSecurity: d.ApprovedPatchesEnableNonSecurity,
		AvailableSecurityUpdatesComplianceStatus: d.AvailableSecurityUpdatesComplianceStatus, RejectedPatches: d.RejectedPatches, RejectedPatchesAction: d.RejectedPatchesAction,
		Sources: d.Sources, CreatedDate: d.CreatedDate, ModifiedDate: d.ModifiedDate,
	}, nil
}

// set checks what is given and puts it into the baseline, with AWS's defaults.
func (b *baseline) set(in *ssm.UpdatePatchBaselineInput) error {
	replace := aws.ToBool(in.Replace)
	switch {
	case in.Name == nil && replace:
		return invalid("Name is required")
	case in.Name != nil && !baselineName.MatchString(*in.Name):
		return invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", *in.Name, baselineName)
	case strings.HasPrefix(aws.ToString(in.Name), "AWS-"):
		return invalid("Patch baseline names that begin with AWS- are reserved")
	case in.Description != nil && length("description", *in.Description, 1, 1024) != nil:
		return length("description", *in.Description, 1, 1024)
	case in.AvailableSecurityUpdatesComplianceStatus != "" && b.OS != types.OperatingSystemWindows:
		return invalid("AvailableSecurityUpdatesComplianceStatus is supported for Windows Server only")
	case b.OS == types.OperatingSystemWindows && (len(in.Sources) > 0 || aws.ToBool(in.ApprovedPatchesEnableNonSecurity)):
		return invalid("Sources and ApprovedPatchesEnableNonSecurity apply to Linux only")
	}
	for _, err := range []error{
		oneOf("approvedPatchesComplianceLevel", in.ApprovedPatchesComplianceLevel, in.ApprovedPatchesComplianceLevel.Values()),
		oneOf("rejectedPatchesAction", in.RejectedPatchesAction, in.RejectedPatchesAction.Values()),
		oneOf("availableSecurityUpdatesComplianceStatus", in.AvailableSecurityUpdatesComplianceStatus, in.AvailableSecurityUpdatesComplianceStatus.Values()),
		checkFilters(b.OS, in.GlobalFilters), checkRules(b.OS, in.ApprovalRules), checkPatches("approvedPatches", in.ApprovedPatches), checkPatches("rejectedPatches", in.RejectedPatches),
	} {
		if err != nil {
			return err
		}
	}
	if in.Name != nil {
		b.Name = *in.Name
	}
	if in.Description != nil || replace {
		b.Description = aws.ToString(in.Description)
	}
	if in.GlobalFilters != nil || replace {
		b.Global = in.GlobalFilters
	}
	if in.ApprovalRules != nil || replace {
		b.Rules = rulesOf(in.ApprovalRules)
	}
	if in.ApprovedPatches != nil || replace {
		b.Approved = slices.Clone(in.ApprovedPatches)
	}
	if in.ApprovedPatchesComplianceLevel != "" || replace {
		b.ApprovedLevel = cmp.Or(in.ApprovedPatchesComplianceLevel, types.PatchComplianceLevelUnspecified)
	}
	if in.ApprovedPatchesEnableNonSecurity != nil || replace {
		b.ApprovedNonSecurity = aws.ToBool(in.ApprovedPatchesEnableNonSecurity)
	}
	if in.AvailableSecurityUpdatesComplianceStatus != "" || replace {
		b.AvailableStatus = in.AvailableSecurityUpdatesComplianceStatus
	}
	if in.RejectedPatches != nil || replace {
		b.Rejected = slices.Clone(in.RejectedPatches)
	}
	if in.RejectedPatchesAction != "" || replace {
		b.RejectedAction = cmp.Or(in.RejectedPatchesAction, types.PatchActionAllowAsDependency)
	}
	if in.Sources != nil || replace {
		b.Sources = slices.Clone(in.Sources)
	}
	return nil
}

func rulesOf(group *types.PatchRuleGroup) []types.PatchRule {
	if group == nil {
		return nil
	}
	out := slices.Clone(group.PatchRules)
	for i := range out {
		out[i].ComplianceLevel = cmp.Or(out[i].ComplianceLevel, types.PatchComplianceLevelUnspecified)
		if out[i].EnableNonSecurity == nil {
			out[i].EnableNonSecurity = aws.Bool(false)
		}
	}
	return out
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PatchRule.html
func checkRules(os types.OperatingSystem, group *types.PatchRuleGroup) error {
	if group == nil {
		return nil
	}
	if len(group.PatchRules) > 10 {
		return invalid("1 validation error detected: Value at 'patchRules' failed to satisfy constraint: Member must have length less than or equal to 10")
	}
	for _, rule := range group.PatchRules {
		dated := rule.ApproveUntilDate != nil
		switch {
		case rule.ApproveAfterDays == nil && !dated, rule.ApproveAfterDays != nil && dated:
			return invalid("Each approval rule must have either ApproveAfterDays or ApproveUntilDate")
		case rule.ApproveAfterDays != nil && (*rule.ApproveAfterDays < 0 || *rule.ApproveAfterDays > 360):
			return invalid("1 validation error detected: Value '%d' at 'approveAfterDays' failed to satisfy constraint: Member must have value between 0 and 360", *rule.ApproveAfterDays)
		case os == types.OperatingSystemWindows && aws.ToBool(rule.EnableNonSecurity):
			return invalid("EnableNonSecurity applies to Linux only")
		}
		if dated {
			if _, err := time.Parse(time.DateOnly, *rule.ApproveUntilDate); err != nil {
				return invalid("ApproveUntilDate must have the form YYYY-MM-DD: %s", *rule.ApproveUntilDate)
			}
		}
		if err := oneOf("complianceLevel", rule.ComplianceLevel, rule.ComplianceLevel.Values()); err != nil {
			return err
		}
		if err := checkFilters(os, rule.PatchFilterGroup); err != nil {
			return err
		}
	}
	return nil
}

func checkPatches(member string, patches []string) error {
	if len(patches) > 50 {
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to 50", member)
	}
	for _, p := range patches {
		if err := length(member, p, 1, 100); err != nil {
			return err
		}
	}
	return nil
}

// baseline finds one of the account's own baselines.
func (r *region) baseline(id *string) (*baseline, error) {
	ref := aws.ToString(id)
	if err := length("baselineId", ref, 20, 128); err != nil {
		return nil, err
	}
	if b := r.Baselines[ref[strings.LastIndexByte(ref, '/')+1:]]; b != nil {
		return b, nil
	}
	return nil, &types.DoesNotExistException{Message: aws.String("Patch Baseline " + ref + " does not exist.")}
}

func (b *baseline) describe(groups []string) *ssm.GetPatchBaselineOutput {
	out := &ssm.GetPatchBaselineOutput{
		BaselineId: aws.String(b.ID), Name: aws.String(b.Name), OperatingSystem: b.OS, GlobalFilters: b.Global, ApprovalRules: &types.PatchRuleGroup{PatchRules: slices.Clone(b.Rules)},
		ApprovedPatches: slices.Clone(b.Approved), ApprovedPatchesComplianceLevel: b.ApprovedLevel, ApprovedPatchesEnableNonSecurity: aws.Bool(b.ApprovedNonSecurity),
		AvailableSecurityUpdatesComplianceStatus: b.AvailableStatus, RejectedPatches: slices.Clone(b.Rejected), RejectedPatchesAction: b.RejectedAction,
		Sources: slices.Clone(b.Sources), CreatedDate: aws.Time(b.Created), ModifiedDate: aws.Time(b.Modified), PatchGroups: groups,
	}
	if out.GlobalFilters == nil {
		out.GlobalFilters = &types.PatchFilterGroup{PatchFilters: []types.PatchFilter{}}
	}
	if b.Description != "" {
		out.Description = aws.String(b.Description)
	}
	return out
}

// GetPatchBaseline answers one of the account's own baselines. The rules of AWS's are not modelled.
func (s *Service) GetPatchBaseline(ctx context.Context, in *ssm.GetPatchBaselineInput, _ ...opt) (*ssm.GetPatchBaselineOutput, error) {
	r := s.regions.In(ctx)
	if os, ok := awsBaseline(ctx, aws.ToString(in.BaselineId)); ok {
		return nil, notFaked(ctx, "BaselineId", "the rules of AWS's own baseline of "+string(os)+" are not modelled")
	}
	b, err := r.baseline(in.BaselineId)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, key := range slices.Sorted(maps.Keys(r.Groups)) {
		if r.Groups[key] == b.ID {
			_, group, _ := strings.Cut(key, "/")
			groups = append(groups, group)
		}
	}
	return b.describe(groups), nil
}

// DescribePatchBaselines answers AWS's baselines and the account's own, in the order of their names.
func (s *Service) DescribePatchBaselines(ctx context.Context, in *ssm.DescribePatchBaselinesInput, _ ...opt) (*ssm.DescribePatchBaselinesOutput, error) {
	r := s.regions.In(ctx)
	all := []types.PatchBaselineIdentity{}
	for os, name := range awsBaselines {
		id := awsBaselineID(ctx, os)
		all = append(all, types.PatchBaselineIdentity{BaselineId: &id, BaselineName: &name, OperatingSystem: os, DefaultBaseline: r.defaultID(ctx, os) == id})
	}
	for _, b := range r.Baselines {
		all = append(all, r.identity(ctx, b))
	}
	for _, f := range in.Filters {
		var keep func(types.PatchBaselineIdentity, string) bool
		switch aws.ToString(f.Key) {
		case "OWNER":
			keep = func(b types.PatchBaselineIdentity, v string) bool {
				return (v == "AWS") == strings.HasPrefix(*b.BaselineId, "arn:")
			}
			for _, v := range f.Values {
				if v != "AWS" && v != "Self" {
					return nil, invalid("Invalid value %s for filter OWNER", v)
				}
			}
		case "NAME_PREFIX":
			keep = func(b types.PatchBaselineIdentity, v string) bool { return strings.HasPrefix(*b.BaselineName, v) }
		case "OPERATING_SYSTEM":
			keep = func(b types.PatchBaselineIdentity, v string) bool { return string(b.OperatingSystem) == v }
		default:
			return nil, invalid("Invalid filter key %s", aws.ToString(f.Key))
		}
		all = slices.DeleteFunc(all, func(b types.PatchBaselineIdentity) bool {
			return !slices.ContainsFunc(f.Values, func(v string) bool { return keep(b, v) })
		})
	}
	slices.SortFunc(all, func(a, b types.PatchBaselineIdentity) int {
		return cmp.Or(strings.Compare(*a.BaselineName, *b.BaselineName), strings.Compare(*a.BaselineId, *b.BaselineId))
	})
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults, 100)
	return &ssm.DescribePatchBaselinesOutput{BaselineIdentities: some, NextToken: next}, err
}

func (r *region) identity(ctx context.Context, b *baseline) types.PatchBaselineIdentity {
	out := types.PatchBaselineIdentity{BaselineId: aws.String(b.ID), BaselineName: aws.String(b.Name), OperatingSystem: b.OS, DefaultBaseline: r.defaultID(ctx, b.OS) == b.ID}
	if b.Description != "" {
		out.BaselineDescription = aws.String(b.Description)
	}
	return out
}

// DeletePatchBaseline refuses a baseline that is a default or that patch groups use. One that is not there is no error.
func (s *Service) DeletePatchBaseline(ctx context.Context, in *ssm.DeletePatchBaselineInput, _ ...opt) (*ssm.DeletePatchBaselineOutput, error) {
	r, id := s.regions.In(ctx), aws.ToString(in.BaselineId)
	if err := length("baselineId", id, 20, 128); err != nil {
		return nil, err
	}
	if b := r.Baselines[id]; b != nil {
		for _, used := range r.Groups {
			if used == id {
				return nil, &types.ResourceInUseException{Message: aws.String("Patch Baseline " + id + " is currently registered with one or more patch groups and can't be deleted.")}
			}
		}
		if r.Defaults[string(b.OS)] == id {
			return nil, &types.ResourceInUseException{Message: aws.String("Patch Baseline " + id + " is the default patch baseline and can't be deleted.")}
		}
		delete(r.Baselines, id)
	}
	return &ssm.DeletePatchBaselineOutput{BaselineId: &id}, nil
}

// awsBaselines are the names of AWS's own default baselines.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-predefined-and-custom-patch-baselines.html
var awsBaselines = map[types.OperatingSystem]string{
	types.OperatingSystemAlmaLinux: "AWS-AlmaLinuxDefaultPatchBaseline", types.OperatingSystemAmazonLinux: "AWS-AmazonLinuxDefaultPatchBaseline",
	types.OperatingSystemAmazonLinux2: "AWS-AmazonLinux2DefaultPatchBaseline", types.OperatingSystemAmazonLinux2022: "AWS-AmazonLinux2022DefaultPatchBaseline",
	types.OperatingSystemAmazonLinux2023: "AWS-AmazonLinux2023DefaultPatchBaseline", types.OperatingSystemCentOS: "AWS-CentOSDefaultPatchBaseline",
	types.OperatingSystemDebian: "AWS-DebianDefaultPatchBaseline", types.OperatingSystemMacOS: "AWS-MacOSDefaultPatchBaseline",
	types.OperatingSystemOracleLinux: "AWS-OracleLinuxDefaultPatchBaseline", types.OperatingSystemRaspbian: "AWS-DefaultRaspbianPatchBaseline",
	types.OperatingSystemRedhatEnterpriseLinux: "AWS-RedHatDefaultPatchBaseline", types.OperatingSystemRockyLinux: "AWS-RockyLinuxDefaultPatchBaseline",
	types.OperatingSystemSuse: "AWS-SuseDefaultPatchBaseline", types.OperatingSystemUbuntu: "AWS-UbuntuDefaultPatchBaseline", types.OperatingSystemWindows: "AWS-DefaultPatchBaseline",
}

// awsBaselineID has the form of AWS's: the ARN of an account that is AWS's own.
func awsBaselineID(ctx context.Context, os types.OperatingSystem) string {
	call := fakeaws.CallFrom(ctx)
	sum := sha256.Sum256([]byte(call.Region + string(os)))
	return "arn:" + call.Partition() + ":ssm:" + call.Region + ":075727635805:patchbaseline/pb-" + hex.EncodeToString(sum[:])[:17]
}

func awsBaseline(ctx context.Context, id string) (types.OperatingSystem, bool) {
	for os := range awsBaselines {
		if awsBaselineID(ctx, os) == id {
			return os, true
		}
	}
	return "", false
}
