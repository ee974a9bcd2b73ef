package containment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Candidate is an instance that an address may stand for.
type Candidate struct {
	Instance  string
	VPC       string
	Interface string
	State     string
	Since     time.Time // when the interface was attached, or the instance launched
}

// AmbiguousError says that an address stands for more than one instance, or for one that did not have it when the alarm saw it.
type AmbiguousError struct {
	Reference  Reference
	Candidates []Candidate
}

func (e *AmbiguousError) Error() string {
	lines := []string{fmt.Sprintf("%s is ambiguous; name the instance, or the VPC:", e.Reference)}
	for _, c := range e.Candidates {
		lines = append(lines, fmt.Sprintf("  %s in %s has had it since %s on %s (%s)", c.Instance, c.VPC, c.Since.UTC().Format(time.RFC3339), c.Interface, c.State))
	}
	if !e.Reference.At.IsZero() {
		lines = append(lines, "  the alarm saw it at "+e.Reference.At.UTC().Format(time.RFC3339))
	}
	return strings.Join(lines, "\n")
}

// NotFoundError says that what a reference names is not in the account and region where it was looked for.
type NotFoundError struct {
	Reference       Reference
	Account, Region string
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%s is not in account %s, region %s", e.Reference, e.Account, e.Region)
}

// Resolve finds what references stand for: the instance of an address, a volume or an interface, the ARN of a role, the user of a key.
// configs gives configurations for other accounts than that of cfg; nil means that there are none. The result has each target
// once, in the order of the references. Errors are joined: *NotFoundError, *AmbiguousError, AWS's.
func Resolve(ctx context.Context, cfg aws.Config, configs func(ctx context.Context, account, region string) (aws.Config, error), refs ...Reference) ([]Target, error) {
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	r := &run{c: Containment{Configs: configs}, cfg: cfg, home: place{aws.ToString(me.Account), cfg.Region}, caller: aws.ToString(me.Arn)}
	var out []Target
	var errs []error
	for _, ref := range refs {
		at := place{ref.Account, ref.Region}
		if at.Account == "" {
			at.Account = r.home.Account
		}
		if at.Region == "" {
			at.Region = cfg.Region
		}
		there, err := r.config(ctx, at)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", ref, err))
			continue
		}
		t, err := resolveOne(ctx, there, at, ref)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out, errors.Join(errs...)
}

func resolveOne(ctx context.Context, cfg aws.Config, at place, ref Reference) (Target, error) {
	absent := &NotFoundError{ref, at.Account, at.Region}
	target := func(kind TargetKind, id string, err error) (Target, error) {
		t := Target{Kind: kind, Account: at.Account, ID: id}
		if kind == Instance {
			t.Region = at.Region
		}
		switch {
		case refusedWith(err, append(gone, "InvalidAllocationID.NotFound")...), err == nil && id == "":
			return Target{}, absent
		case err != nil:
			return Target{}, fmt.Errorf("%s can't be resolved: %w", ref, err)
		}
		return t, nil
	}
	switch ref.Kind {
	case ByInstance, ByVolume, ByInterface, ByAllocation, ByAddress:
		id, err := instanceOf(ctx, cfg, ref)
		return target(Instance, id, err)
	case ByRole, ByProfile:
		id, err := roleOf(ctx, cfg, ref)
		return target(Role, id, err)
	case ByUser:
		out, err := iam.NewFromConfig(cfg).GetUser(ctx, &iam.GetUserInput{UserName: aws.String(nameIn(ref.Value))})
		if err != nil {
			return target(User, "", err)
		}
		return target(User, aws.ToString(out.User.Arn), nil)
	case ByAccessKey:
		out, err := iam.NewFromConfig(cfg).GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &ref.Value})
		if err != nil || aws.ToString(out.UserName) == "" {
			return target(AccessKey, "", err)
		}
		return target(AccessKey, ref.Value, nil)
	case ByBucket:
		return target(Bucket, ref.Value, nil)
	case ByTemporaryKey:
		return Target{}, fmt.Errorf("%s can't be deactivated: name the role that it was issued for, whose sessions can be revoked", ref)
	}
	return Target{}, fmt.Errorf("%s is of no kind that is known", ref)
}

func roleOf(ctx context.Context, cfg aws.Config, ref Reference) (string, error) {
	if ref.Kind == ByProfile {
		return roleOfProfile(ctx, cfg, ref.Value)
	}
	out, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(nameIn(ref.Value))})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Role.Arn), nil
}

// instanceOf is the id of the instance that a reference leads to, "" for none.
func instanceOf(ctx context.Context, cfg aws.Config, ref Reference) (string, error) {
	switch ref.Kind {
	case ByInstance:
		i, err := describeInstance(ctx, cfg, ref.Value)
		return aws.ToString(i.InstanceId), err
	case ByVolume:
		out, err := ec2.NewFromConfig(cfg).DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{ref.Value}})
		if err != nil {
			return "", err
		}
		for _, v := range out.Volumes {
			for _, a := range v.Attachments {
				return aws.ToString(a.InstanceId), nil // of several, as io2 volumes allow, the first
			}
		}
		return "", nil
	case ByInterface:
		return byInterfaces(ctx, cfg, ref, filter("network-interface-id", ref.Value))
	case ByAllocation:
		return byInterfaces(ctx, cfg, ref, filter("association.allocation-id", ref.Value))
	}
	for _, name := range addressFilters(ref.Value) {
		filters := []types.Filter{filter(name, ref.Value)}
		if ref.VPC != "" {
			filters = append(filters, filter("vpc-id", ref.VPC))
		}
		if id, err := byInterfaces(ctx, cfg, ref, filters...); id != "" || err != nil {
			return id, err
		}
	}
	return "", nil
}

func addressFilters(ip string) []string {
	if strings.Contains(ip, ":") {
		return []string{"ipv6-addresses.ipv6-address"}
	}
	return []string{"association.public-ip", "addresses.private-ip-address"}
}

// byInterfaces takes the one instance whose interface matches, if it had it when the alarm saw it.
func byInterfaces(ctx context.Context, cfg aws.Config, ref Reference, filters ...types.Filter) (string, error) {
	found, err := describeInterfaces(ctx, cfg, filters...)
	if err != nil {
		return "", err
	}
	var candidates []Candidate
	for _, i := range found {
		if a := i.Attachment; a != nil && aws.ToString(a.InstanceId) != "" {
			candidates = append(candidates, Candidate{
				Instance: aws.ToString(a.InstanceId), VPC: aws.ToString(i.VpcId), Interface: aws.ToString(i.NetworkInterfaceId),
				State: string(a.Status), Since: aws.ToTime(a.AttachTime),
			})
		}
	}
	switch {
	case len(candidates) == 0:
		return "", nil
	case len(candidates) > 1, !ref.At.IsZero() && candidates[0].Since.After(ref.At):
		return "", &AmbiguousError{ref, candidates}
	}
	return candidates[0].Instance, nil
}
