package fakeiam

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// mostVersions is how many versions a policy keeps; AWS deletes none by itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
const mostVersions = 5

var versionPattern = regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)

func (s *Service) installVersions(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreatePolicyVersion, "PolicyArn", "PolicyDocument", "SetAsDefault")
	fakeaws.On(c, s.GetPolicyVersion, "PolicyArn", "VersionId")
	fakeaws.On(c, s.ListPolicyVersions, "PolicyArn", "Marker", "MaxItems")
	fakeaws.On(c, s.SetDefaultPolicyVersion, "PolicyArn", "VersionId")
	fakeaws.On(c, s.DeletePolicyVersion, "PolicyArn", "VersionId")
}

// CreatePolicyVersion adds a version, which is in force only if asked for.
func (s *Service) CreatePolicyVersion(ctx context.Context, in *iam.CreatePolicyVersionInput, _ ...opt) (*iam.CreatePolicyVersionOutput, error) {
	p, err := s.ownPolicy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if err := checkManaged(in.PolicyDocument); err != nil {
		return nil, err
	}
	if len(p.Versions) >= mostVersions {
		return nil, limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", mostVersions)
	}
	out := p.versionInfo(p.add(*in.PolicyDocument, in.SetAsDefault))
	out.Document = nil // the caller has it
	return &iam.CreatePolicyVersionOutput{PolicyVersion: &out}, nil
}

// GetPolicyVersion answers the document, URL-encoded and otherwise as it was sent.
func (s *Service) GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionInput, _ ...opt) (*iam.GetPolicyVersionOutput, error) {
	p, err := s.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	at, err := p.find(in.VersionId)
	if err != nil {
		return nil, err
	}
	out := p.versionInfo(p.Versions[at])
	return &iam.GetPolicyVersionOutput{PolicyVersion: &out}, nil
}

// ListPolicyVersions answers the newest first, without documents.
func (s *Service) ListPolicyVersions(ctx context.Context, in *iam.ListPolicyVersionsInput, _ ...opt) (*iam.ListPolicyVersionsOutput, error) {
	p, err := s.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	found, more, next, err := page(ctx, p.newestFirst(), in.Marker, in.MaxItems)
	for i := range found {
		found[i].Document = nil
	}
	return &iam.ListPolicyVersionsOutput{Versions: found, IsTruncated: more, Marker: next}, err
}

// SetDefaultPolicyVersion puts a version in force.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, in *iam.SetDefaultPolicyVersionInput, _ ...opt) (*iam.SetDefaultPolicyVersionOutput, error) {
	p, err := s.ownPolicy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	at, err := p.find(in.VersionId)
	if err != nil {
		return nil, err
	}
	p.Default, p.Updated = p.Versions[at].ID, now()
	return &iam.SetDefaultPolicyVersionOutput{}, nil
}

// DeletePolicyVersion refuses the version that is in force.
func (s *Service) DeletePolicyVersion(ctx context.Context, in *iam.DeletePolicyVersionInput, _ ...opt) (*iam.DeletePolicyVersionOutput, error) {
	p, err := s.ownPolicy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	at, err := p.find(in.VersionId)
	if err != nil {
		return nil, err
	}
	if p.Versions[at].ID == p.Default {
		return nil, deleteConflict("Cannot delete the default version of a policy.")
	}
	p.Versions = slices.Delete(p.Versions, at, at+1)
	return &iam.DeletePolicyVersionOutput{}, nil
}

func (p *managedPolicy) find(id *string) (int, error) {
	if !versionPattern.MatchString(aws.ToString(id)) {
		return 0, invalid("Value '%s' at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?", aws.ToString(id))
	}
	at := slices.IndexFunc(p.Versions, func(v version) bool { return v.ID == *id })
	if at < 0 {
		return 0, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.Entity.ARN, *id)
	}
	return at, nil
}

func (p *managedPolicy) newestFirst() []types.PolicyVersion {
	out := each(p.Versions, p.versionInfo)
	slices.Reverse(out)
	return out
}

func (p *managedPolicy) versionInfo(v version) types.PolicyVersion {
	return types.PolicyVersion{VersionId: &v.ID, CreateDate: &v.Created, Document: encoded(v.Document), IsDefaultVersion: v.ID == p.Default}
}
