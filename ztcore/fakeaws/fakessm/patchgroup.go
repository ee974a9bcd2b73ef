package fakessm

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// groupName is the pattern of a patch group.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterPatchBaselineForPatchGroup.html
var groupName = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$`)

func checkGroup(name *string) error {
	if !groupName.MatchString(aws.ToString(name)) {
		return invalid("1 validation error detected: Value '%s' at 'patchGroup' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", aws.ToString(name), groupName)
	}
	return nil
}

// RegisterPatchBaselineForPatchGroup registers a group, which may have one baseline for each operating system.
func (s *Service) RegisterPatchBaselineForPatchGroup(ctx context.Context, in *ssm.RegisterPatchBaselineForPatchGroupInput, _ ...opt) (*ssm.RegisterPatchBaselineForPatchGroupOutput, error) {
	r := s.regions.In(ctx)
	if err := checkGroup(in.PatchGroup); err != nil {
		return nil, err
	}
	os, id, err := r.usable(ctx, in.BaselineId)
	if err != nil {
		return nil, err
	}
	key := string(os) + "/" + *in.PatchGroup
	if other, ok := r.Groups[key]; ok && other != id {
		return nil, &types.AlreadyExistsException{Message: aws.String("Patch Group baseline already has a baseline registered for OperatingSystem " + string(os) + ".")}
	}
	if count(r.Groups, id) >= mostGroups && r.Groups[key] != id {
		return nil, &types.ResourceLimitExceededException{Message: aws.String("The maximum number of patch groups of the baseline has been reached.")}
	}
	r.Groups[key] = id
	return &ssm.RegisterPatchBaselineForPatchGroupOutput{BaselineId: &id, PatchGroup: in.PatchGroup}, nil
}

// DeregisterPatchBaselineForPatchGroup removes a registration; one that is not there is no error.
func (s *Service) DeregisterPatchBaselineForPatchGroup(ctx context.Context, in *ssm.DeregisterPatchBaselineForPatchGroupInput, _ ...opt) (*ssm.DeregisterPatchBaselineForPatchGroupOutput, error) {
	r := s.regions.In(ctx)
	if err := checkGroup(in.PatchGroup); err != nil {
		return nil, err
	}
	os, id, err := r.usable(ctx, in.BaselineId)
	if err != nil {
		return nil, err
	}
	if key := string(os) + "/" + *in.PatchGroup; r.Groups[key] == id {
		delete(r.Groups, key)
	}
	return &ssm.DeregisterPatchBaselineForPatchGroupOutput{BaselineId: &id, PatchGroup: in.PatchGroup}, nil
}

// GetPatchBaselineForPatchGroup answers the baseline that a group's nodes are held to: the default one for a group that is not
// registered.
func (s *Service) GetPatchBaselineForPatchGroup(ctx context.Context, in *ssm.GetPatchBaselineForPatchGroupInput, _ ...opt) (*ssm.GetPatchBaselineForPatchGroupOutput, error) {
	r, os := s.regions.In(ctx), cmp.Or(in.OperatingSystem, types.OperatingSystemWindows)
	if err := cmp.Or(checkGroup(in.PatchGroup), oneOf("operatingSystem", os, os.Values())); err != nil {
		return nil, err
	}
	id := cmp.Or(r.Groups[string(os)+"/"+*in.PatchGroup], r.defaultID(ctx, os))
	return &ssm.GetPatchBaselineForPatchGroupOutput{BaselineId: &id, OperatingSystem: os, PatchGroup: in.PatchGroup}, nil
}

// DescribePatchGroups answers all registrations.
func (s *Service) DescribePatchGroups(ctx context.Context, in *ssm.DescribePatchGroupsInput, _ ...opt) (*ssm.DescribePatchGroupsOutput, error) {
	r := s.regions.In(ctx)
	all := []types.PatchGroupPatchBaselineMapping{}
	for _, key := range slices.Sorted(maps.Keys(r.Groups)) {
		os, group, _ := strings.Cut(key, "/")
		identity := types.PatchBaselineIdentity{BaselineId: aws.String(r.Groups[key]), BaselineName: aws.String(awsBaselines[types.OperatingSystem(os)]), OperatingSystem: types.OperatingSystem(os)}
		if b := r.Baselines[r.Groups[key]]; b != nil {
			identity = r.identity(ctx, b)
		}
		all = append(all, types.PatchGroupPatchBaselineMapping{PatchGroup: &group, BaselineIdentity: &identity})
	}
	for _, f := range in.Filters {
		var keep func(m types.PatchGroupPatchBaselineMapping, v string) bool
		switch aws.ToString(f.Key) {
		case "NAME_PREFIX":
			keep = func(m types.PatchGroupPatchBaselineMapping, v string) bool {
				return strings.HasPrefix(*m.PatchGroup, v)
			}
		case "OPERATING_SYSTEM":
			keep = func(m types.PatchGroupPatchBaselineMapping, v string) bool {
				return string(m.BaselineIdentity.OperatingSystem) == v
			}
		default:
			return nil, invalid("Invalid filter key %s", aws.ToString(f.Key))
		}
		all = slices.DeleteFunc(all, func(m types.PatchGroupPatchBaselineMapping) bool {
			return !slices.ContainsFunc(f.Values, func(v string) bool { return keep(m, v) })
		})
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults, 100)
	return &ssm.DescribePatchGroupsOutput{Mappings: some, NextToken: next}, err
}

// RegisterDefaultPatchBaseline makes a baseline, the account's own or one of AWS's, the default of its operating system.
func (s *Service) RegisterDefaultPatchBaseline(ctx context.Context, in *ssm.RegisterDefaultPatchBaselineInput, _ ...opt) (*ssm.RegisterDefaultPatchBaselineOutput, error) {
	r := s.regions.In(ctx)
	os, id, err := r.usable(ctx, in.BaselineId)
	if err != nil {
		return nil, err
	}
	r.Defaults[string(os)] = id
	return &ssm.RegisterDefaultPatchBaselineOutput{BaselineId: &id}, nil
}

// GetDefaultPatchBaseline answers the default of an operating system, Windows if none is named.
func (s *Service) GetDefaultPatchBaseline(ctx context.Context, in *ssm.GetDefaultPatchBaselineInput, _ ...opt) (*ssm.GetDefaultPatchBaselineOutput, error) {
	os := cmp.Or(in.OperatingSystem, types.OperatingSystemWindows)
	if err := oneOf("operatingSystem", os, os.Values()); err != nil {
		return nil, err
	}
	id := s.regions.In(ctx).defaultID(ctx, os)
	return &ssm.GetDefaultPatchBaselineOutput{BaselineId: &id, OperatingSystem: os}, nil
}

func (r *region) defaultID(ctx context.Context, os types.OperatingSystem) string {
	return cmp.Or(r.Defaults[string(os)], awsBaselineID(ctx, os))
}

// usable finds a baseline of the account or of AWS.
func (r *region) usable(ctx context.Context, ref *string) (types.OperatingSystem, string, error) {
	if os, ok := awsBaseline(ctx, aws.ToString(ref)); ok {
		return os, *ref, nil
	}
	b, err := r.baseline(ref)
	if err != nil {
		return "", "", err
	}
	return b.OS, b.ID, nil
}

func count(in map[string]string, value string) (n int) {
	for _, v := range in {
		if v == value {
			n++
		}
	}
	return n
}
