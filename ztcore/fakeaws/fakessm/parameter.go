package fakessm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/publicimages"
)

// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
const (
	mostParameters        = 10000
	mostParameterVersions = 100
	standardSize          = 4096
	advancedSize          = 8192
	managedKey            = "alias/aws/ssm" // encrypts SecureStrings that name no key
)

type parameter struct {
	Name     string
	Type     types.ParameterType
	Versions []paramVersion // oldest first
	Tags     map[string]string
}

type paramVersion struct {
	Number                                  int64
	Value                                   value
	Key, Description, Pattern, DataType, By string
	Tier                                    types.ParameterTier
	Modified                                time.Time
	Labels                                  []string
}

// value is what a parameter holds. However it is printed, only its SHA-256 sum shows.
type value struct{ Text string }

func (v value) String() string {
	sum := sha256.Sum256([]byte(v.Text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// MarshalJSON keeps the value out of snapshots.
func (v value) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// Format keeps the value out of every verb of fmt.
func (v value) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

func (s *Service) installParameters(c *fakeaws.Cloud) {
	fakeaws.On(c, s.PutParameter, "Name", "Value", "Type", "Description", "KeyId", "Overwrite", "AllowedPattern", "Tags", "Tier", "DataType")
	fakeaws.On(c, s.GetParameter, "Name", "WithDecryption")
	fakeaws.On(c, s.GetParameters, "Names", "WithDecryption")
	fakeaws.On(c, s.GetParametersByPath, "Path", "Recursive", "WithDecryption", "MaxResults", "NextToken")
	fakeaws.On(c, s.DescribeParameters, "ParameterFilters", "MaxResults", "NextToken")
	fakeaws.On(c, s.GetParameterHistory, "Name", "WithDecryption", "MaxResults", "NextToken")
	fakeaws.On(c, s.LabelParameterVersion, "Name", "ParameterVersion", "Labels")
	fakeaws.On(c, s.DeleteParameter, "Name")
	fakeaws.On(c, s.DeleteParameters, "Names")
	fakeaws.Provide[fakeaws.Parameters](c, s)
	fakeaws.TakeDeliveries(c, "ssm", s.deliver)
}

var (
	parameterName = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)
	reservedParam = regexp.MustCompile(`(?i)^/?(aws|ssm)`)
	label         = regexp.MustCompile(`^[a-zA-Z_.\-][a-zA-Z0-9_.\-]{0,99}$`)
)

// checkParameterName refuses what can't be a parameter of one's own.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
func checkParameterName(name string) error {
	switch {
	case !parameterName.MatchString(name) || strings.Contains(name, "//") || strings.HasSuffix(name, "/"):
		return invalid("Parameter name: can't be empty, and may hold letters, digits and the symbols .-_/ only: %s", name)
	case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
		return invalid("Parameter name must be a fully qualified name.")
	case reservedParam.MatchString(name):
		return fakeaws.Error("AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case len(name) > 1011:
		return invalid("Parameter name is too long: %d characters", len(name))
	case strings.Count(name, "/") > 15:
		return &types.HierarchyLevelLimitExceededException{Message: aws.String("A hierarchy can have a maximum of 15 levels.")}
	}
	return nil
}

// PutParameter makes a parameter, or with Overwrite a version of it.
func (s *Service) PutParameter(ctx context.Context, in *ssm.PutParameterInput, _ ...opt) (*ssm.PutParameterOutput, error) {
	r, name := s.regions.In(ctx), aws.ToString(in.Name)
	if err := cmp.Or(checkParameterName(name), oneOf("type", in.Type, in.Type.Values()), oneOf("tier", in.Tier, in.Tier.Values())); err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	p, overwrite := r.Parameters[name], aws.ToBool(in.Overwrite)
	kind, text := in.Type, aws.ToString(in.Value)
	if p != nil {
		kind = cmp.Or(in.Type, p.Type)
	}
	tier := cmp.Or(in.Tier, types.ParameterTier(r.Settings["/ssm/parameter-store/default-parameter-tier"]), types.ParameterTierStandard)
	if tier == types.ParameterTierIntelligentTiering {
		if tier = types.ParameterTierStandard; len(text) > standardSize {
			tier = types.ParameterTierAdvanced
		}
	}
	switch {
	case overwrite && len(in.Tags) > 0:
		return nil, invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	case p != nil && !overwrite:
		return nil, &types.ParameterAlreadyExists{Message: aws.String("The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")}
	case kind == "":
		return nil, invalid("A parameter type is required when you create a parameter.")
	case p != nil && kind != p.Type:
		return nil, &types.HierarchyTypeMismatchException{Message: aws.String("Parameter Store does not support changing a parameter type. Create a new, unique parameter.")}
	case text == "":
		return nil, invalid("Parameter value can't be empty.")
	case len(text) > standardSize && tier == types.ParameterTierStandard:
		return nil, invalid("Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.")
	case len(text) > advancedSize:
		return nil, invalid("Advanced tier parameters support a maximum parameter value of 8192 characters.")
	case in.KeyId != nil && kind != types.ParameterTypeSecureString:
		return nil, invalid("KeyId is required for SecureString type parameter only.")
	case in.DataType != nil && !slices.Contains([]string{"text", "aws:ec2:image", "aws:ssm:integration"}, *in.DataType):
		return nil, invalid("The following data type is not supported: %s (Data type names are all lowercase.)", *in.DataType)
	case p != nil && p.last().Tier == types.ParameterTierAdvanced && tier == types.ParameterTierStandard && in.Tier == types.ParameterTierStandard:
		return nil, invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.")
	}
	if in.AllowedPattern != nil {
		re, err := regexp.Compile(*in.AllowedPattern)
		if err != nil {
			return nil, &types.InvalidAllowedPatternException{Message: aws.String("The request does not meet the regular expression requirement.")}
		}
		if !re.MatchString(text) {
			return nil, &types.ParameterPatternMismatchException{Message: aws.String("Parameter value, cannot be validated against allowedPattern: " + *in.AllowedPattern)}
		}
	}
	v := paramVersion{
		Number: 1, Value: value{text}, Description: aws.ToString(in.Description), Pattern: aws.ToString(in.AllowedPattern), DataType: cmp.Or(aws.ToString(in.DataType), "text"),
		By: fakeaws.CallFrom(ctx).Caller.ARN, Tier: tier, Modified: time.Now(),
	}
	if kind == types.ParameterTypeSecureString {
		if v.Key, err = s.key(ctx, cmp.Or(aws.ToString(in.KeyId), managedKey)); err != nil {
			return nil, err
		}
	}
	if p == nil {
		if len(r.Parameters) >= mostParameters {
			return nil, &types.ParameterLimitExceeded{Message: aws.String("You have exceeded the number of parameters for this account.")}
		}
		p = &parameter{Name: name, Type: kind, Tags: tags}
		r.Parameters[name] = p
	} else {
		v.Number = p.last().Number + 1
		if len(p.Versions) >= mostParameterVersions {
			if len(p.Versions[0].Labels) > 0 {
				return nil, &types.ParameterMaxVersionLimitExceeded{Message: aws.String("You attempted to create a new version of " + name + " by calling the PutParameter API with the overwrite flag. The oldest version has a label associated with it and can't be deleted.")}
			}
			p.Versions = p.Versions[1:]
		}
	}
	p.Versions = append(slices.Clone(p.Versions), v)
	return &ssm.PutParameterOutput{Version: v.Number, Tier: tier}, nil
}

func (s *Service) key(ctx context.Context, ref string) (string, error) {
	keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud)
	if !ok {
		return ref, nil
	}
	if _, enabled, _, found := keys.Key(ctx, ref); !found || !enabled {
		return "", &types.InvalidKeyId{Message: aws.String("Invalid keyId " + ref)}
	}
	return ref, nil
}

func (p *parameter) last() paramVersion { return p.Versions[len(p.Versions)-1] }

// find looks up name, name:version or name:label, of the account or of AWS, and by ARN.
func (s *Service) find(ctx context.Context, ref string) (*parameter, paramVersion, string, error) {
	absent := &types.ParameterNotFound{Message: aws.String("Parameter " + ref + " not found.")}
	ref = strings.TrimPrefix(ref, arn(ctx, "parameter"))
	name, selector, _ := strings.Cut(ref, ":")
	r := s.regions.In(ctx)
	p := r.Parameters[name]
	if p == nil {
		p = r.Parameters[strings.TrimPrefix(name, "/")] // ARNs have a slash before names that have none
	}
	if p == nil {
		p = public(ctx, name)
	}
	if p == nil && strings.HasPrefix(name, "/aws/service/") {
		return nil, paramVersion{}, "", notFaked(ctx, "Name", "of AWS's own parameters only those of its images are faked, and not "+name)
	}
	if p == nil {
		return nil, paramVersion{}, "", absent
	}
	if selector == "" {
		return p, p.last(), "", nil
	}
	for _, v := range p.Versions {
		if selector == strconv.FormatInt(v.Number, 10) || slices.Contains(v.Labels, selector) {
			return p, v, ":" + selector, nil
		}
	}
	return nil, paramVersion{}, "", &types.ParameterVersionNotFound{Message: aws.String("Systems Manager could not find version " + selector + " of " + name + ". Verify the version and try again.")}
}

// public is one of AWS's own parameters.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
func public(ctx context.Context, name string) *parameter {
	image, ok := publicimages.Named(fakeaws.CallFrom(ctx).Region, name)
	if !ok {
		return nil
	}
	return &parameter{Name: name, Type: types.ParameterTypeString, Versions: []paramVersion{{Number: 1, Value: value{image.ID}, DataType: "aws:ec2:image", Tier: types.ParameterTierStandard}}}
}

// Parameter implements fakeaws.Parameters.
func (s *Service) Parameter(ctx context.Context, name string) (string, bool) {
	_, v, _, err := s.find(ctx, name)
	return v.Value.Text, err == nil
}

func (s *Service) answer(ctx context.Context, p *parameter, v paramVersion, selector string, decrypt *bool) (types.Parameter, error) {
	out := types.Parameter{
		Name: aws.String(p.Name), Type: p.Type, Value: aws.String(v.Value.Text), Version: v.Number, DataType: aws.String(v.DataType), LastModifiedDate: aws.Time(v.Modified),
		ARN: aws.String(p.arn(ctx)), Selector: unlessEmpty(selector),
	}
	if p.Type == types.ParameterTypeSecureString {
		if aws.ToBool(decrypt) {
			if _, err := s.key(ctx, v.Key); err != nil {
				return out, err
			}
		} else {
			out.Value = aws.String("encrypted:" + v.Value.String())
		}
	}
	return out, nil
}

func (p *parameter) arn(ctx context.Context) string {
	if strings.HasPrefix(p.Name, "/aws/service/") {
		call := fakeaws.CallFrom(ctx)
		return "arn:" + call.Partition() + ":ssm:" + call.Region + "::parameter" + p.Name
	}
	return arn(ctx, "parameter/"+strings.TrimPrefix(p.Name, "/"))
}

// GetParameter answers one parameter. A SecureString is answered encrypted unless WithDecryption is set.
func (s *Service) GetParameter(ctx context.Context, in *ssm.GetParameterInput, _ ...opt) (*ssm.GetParameterOutput, error) {
	p, v, selector, err := s.find(ctx, aws.ToString(in.Name))
	if err != nil {
		return nil, err
	}
	out, err := s.answer(ctx, p, v, selector, in.WithDecryption)
	return &ssm.GetParameterOutput{Parameter: &out}, err
}

// GetParameters answers up to ten, and names those that it did not find.
func (s *Service) GetParameters(ctx context.Context, in *ssm.GetParametersInput, _ ...opt) (*ssm.GetParametersOutput, error) {
	if len(in.Names) < 1 || len(in.Names) > 10 {
		return nil, invalid("1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and 10")
	}
	out := &ssm.GetParametersOutput{}
	for _, name := range in.Names {
		p, v, selector, err := s.find(ctx, name)
		if other := new(fakeaws.NotFakedError); errors.As(err, &other) {
			return nil, err
		}
		if err != nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		one, err := s.answer(ctx, p, v, selector, in.WithDecryption)
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, one)
	}
	return out, nil
}

// GetParametersByPath answers what is below a path, AWS's public parameters for images too.
func (s *Service) GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput, _ ...opt) (*ssm.GetParametersByPathOutput, error) {
	path := aws.ToString(in.Path)
	if !strings.HasPrefix(path, "/") {
		return nil, invalid("The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".")
	}
	path = strings.TrimSuffix(path, "/") + "/"
	below := func(name string) bool {
		rest, ok := strings.CutPrefix(name, path)
		return ok && (aws.ToBool(in.Recursive) || !strings.Contains(rest, "/"))
	}
	var names []string
	for _, i := range publicimages.In(fakeaws.CallFrom(ctx).Region) {
		for _, name := range i.Parameters {
			if below(name) {
				names = append(names, name)
			}
		}
	}
	for name := range s.regions.In(ctx).Parameters {
		if below(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	some, next, err := page(ctx, names, in.NextToken, in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	out := &ssm.GetParametersByPathOutput{NextToken: next, Parameters: []types.Parameter{}}
	for _, name := range some {
		p, v, _, err := s.find(ctx, name)
		if err != nil {
			return nil, err
		}
		one, err := s.answer(ctx, p, v, "", in.WithDecryption)
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, one)
	}
	return out, nil
}

// DescribeParameters answers the account's own parameters by name, without values.
func (s *Service) DescribeParameters(ctx context.Context, in *ssm.DescribeParametersInput, _ ...opt) (*ssm.DescribeParametersOutput, error) {
	all := slices.SortedFunc(maps.Values(s.regions.In(ctx).Parameters), func(a, b *parameter) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range in.ParameterFilters {
		key, option := aws.ToString(f.Key), cmp.Or(aws.ToString(f.Option), "Equals")
		tag, tagged := strings.CutPrefix(key, "tag:")
		var keep func(p *parameter, v string) bool
		switch {
		case tagged && option == "Equals":
			keep = func(p *parameter, v string) bool { return p.Tags[tag] == v }
		case key == "Type" && option == "Equals":
			keep = func(p *parameter, v string) bool { return string(p.Type) == v }
		case key == "Name" && option == "Equals":
			keep = func(p *parameter, v string) bool { return p.Name == v }
		case key == "Name" && option == "BeginsWith":
			keep = func(p *parameter, v string) bool { return strings.HasPrefix(p.Name, v) }
		case key == "Name" && option == "Contains":
			keep = func(p *parameter, v string) bool { return strings.Contains(p.Name, v) }
		case key == "Name" || key == "Type" || tagged:
			return nil, &types.InvalidFilterOption{Message: aws.String("The following filter option is not valid: " + option + ". Valid options include: [BeginsWith, Equals].")}
		default:
			return nil, notFaked(ctx, "ParameterFilters", "the key "+key+" is not faked")
		}
		all = slices.DeleteFunc(all, func(p *parameter) bool {
			return !slices.ContainsFunc(f.Values, func(v string) bool { return keep(p, v) })
		})
	}
	found := make([]types.ParameterMetadata, len(all))
	for i, p := range all {
		v := p.last()
		found[i] = types.ParameterMetadata{
			Name: aws.String(p.Name), ARN: aws.String(p.arn(ctx)), Type: p.Type, Version: v.Number, Tier: v.Tier, DataType: aws.String(v.DataType), KeyId: unlessEmpty(v.Key),
			Description: unlessEmpty(v.Description), AllowedPattern: unlessEmpty(v.Pattern), LastModifiedDate: aws.Time(v.Modified), LastModifiedUser: aws.String(v.By),
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults, 50)
	return &ssm.DescribeParametersOutput{Parameters: some, NextToken: next}, err
}

// GetParameterHistory answers the versions that are kept, oldest first.
func (s *Service) GetParameterHistory(ctx context.Context, in *ssm.GetParameterHistoryInput, _ ...opt) (*ssm.GetParameterHistoryOutput, error) {
	p, _, _, err := s.find(ctx, aws.ToString(in.Name))
	if err != nil {
		return nil, err
	}
	var all []types.ParameterHistory
	for _, v := range p.Versions {
		one, err := s.answer(ctx, p, v, "", in.WithDecryption)
		if err != nil {
			return nil, err
		}
		all = append(all, types.ParameterHistory{
			Name: one.Name, Type: p.Type, Value: one.Value, Version: v.Number, DataType: one.DataType, Tier: v.Tier, KeyId: unlessEmpty(v.Key), Description: unlessEmpty(v.Description),
			AllowedPattern: unlessEmpty(v.Pattern), Labels: slices.Clone(v.Labels), LastModifiedDate: aws.Time(v.Modified), LastModifiedUser: aws.String(v.By),
		})
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults, 50)
	return &ssm.GetParameterHistoryOutput{Parameters: some, NextToken: next}, err
}

// LabelParameterVersion moves labels to a version, the latest unless told otherwise.
func (s *Service) LabelParameterVersion(ctx context.Context, in *ssm.LabelParameterVersionInput, _ ...opt) (*ssm.LabelParameterVersionOutput, error) {
	p := s.regions.In(ctx).Parameters[aws.ToString(in.Name)]
	if p == nil {
		return nil, &types.ParameterNotFound{Message: aws.String("Parameter " + aws.ToString(in.Name) + " not found.")}
	}
	number := p.last().Number
	if in.ParameterVersion != nil {
		number = *in.ParameterVersion
	}
	at := slices.IndexFunc(p.Versions, func(v paramVersion) bool { return v.Number == number })
	if at < 0 {
		return nil, &types.ParameterVersionNotFound{Message: aws.String(fmt.Sprintf("Systems Manager could not find version %d of %s. Verify the version and try again.", number, p.Name))}
	}
	out := &ssm.LabelParameterVersionOutput{ParameterVersion: number, InvalidLabels: []string{}}
	labels := slices.Clone(p.Versions[at].Labels)
	for _, l := range in.Labels {
		switch {
		case !label.MatchString(l) || reservedParam.MatchString(l):
			out.InvalidLabels = append(out.InvalidLabels, l)
		case !slices.Contains(labels, l):
			labels = append(labels, l)
		}
	}
	if len(labels) > 10 {
		return nil, &types.ParameterVersionLabelLimitExceeded{Message: aws.String("A parameter version can have a maximum of ten labels.")}
	}
	for i := range p.Versions {
		p.Versions[i].Labels = slices.DeleteFunc(p.Versions[i].Labels, func(l string) bool { return slices.Contains(labels, l) })
	}
	p.Versions[at].Labels = labels
	return out, nil
}

// DeleteParameter deletes one parameter with all versions.
func (s *Service) DeleteParameter(ctx context.Context, in *ssm.DeleteParameterInput, _ ...opt) (*ssm.DeleteParameterOutput, error) {
	r, name := s.regions.In(ctx), aws.ToString(in.Name)
	if r.Parameters[name] == nil {
		return nil, &types.ParameterNotFound{Message: aws.String("Parameter " + name + " not found.")}
	}
	delete(r.Parameters, name)
	return &ssm.DeleteParameterOutput{}, nil
}

// DeleteParameters deletes up to ten, and names those that it did not find.
func (s *Service) DeleteParameters(ctx context.Context, in *ssm.DeleteParametersInput, _ ...opt) (*ssm.DeleteParametersOutput, error) {
	if len(in.Names) < 1 || len(in.Names) > 10 {
		return nil, invalid("1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and 10")
	}
	r, out := s.regions.In(ctx), &ssm.DeleteParametersOutput{}
	for _, name := range in.Names {
		if r.Parameters[name] == nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		delete(r.Parameters, name)
		out.DeletedParameters = append(out.DeletedParameters, name)
	}
	return out, nil
}
