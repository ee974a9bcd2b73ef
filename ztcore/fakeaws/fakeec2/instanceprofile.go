package fakeec2

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// profileAssociation ties an instance profile to an instance.
type profileAssociation struct {
	ID, Instance, ARN, ProfileID string
	Since, Ready                 time.Time
	Ends                         time.Time // when it is no more; zero while nobody ends it
}

func (p *profileAssociation) gone(now time.Time) bool { return !p.Ends.IsZero() && !now.Before(p.Ends) }

func (p *profileAssociation) state(now time.Time) types.IamInstanceProfileAssociationState {
	switch {
	case !p.Ends.IsZero():
		return types.IamInstanceProfileAssociationStateDisassociating
	case now.Before(p.Ready):
		return types.IamInstanceProfileAssociationStateAssociating
	}
	return types.IamInstanceProfileAssociationStateAssociated
}

// profileOf is an instance's association that nobody has ended, or nil.
func (r *region) profileOf(instance string, now time.Time) *profileAssociation {
	for _, p := range r.Profiles.Items {
		if p.Instance == instance && p.Ends.IsZero() && !p.gone(now) {
			return p
		}
	}
	return nil
}

// profile finds what a request names in IAM: a profile that has a role and is known everywhere by now.
func (s *Service) profile(ctx context.Context, r *region, spec *types.IamInstanceProfileSpecification) (arn, id string, err error) {
	if err := profileReference(spec); err != nil {
		return "", "", err
	}
	ref, member, noun := aws.ToString(spec.Name), "name", "name"
	if spec.Arn != nil {
		ref, member, noun = *spec.Arn, "arn", "ARN"
	}
	if ref == "" {
		return "", "", missingParameter("iamInstanceProfile")
	}
	iam, ok := fakeaws.Capability[fakeaws.InstanceProfiles](s.cloud)
	if !ok {
		if !strings.HasPrefix(ref, "arn:") {
			ref = "arn:" + fakeaws.Partition(r.Name) + ":iam::" + r.Account + ":instance-profile/" + ref
		}
		return ref, s.cloud.UniqueID("AIPA"), nil
	}
	arn, id, role, created, found := iam.InstanceProfile(ctx, ref)
	if !found || time.Since(created) < s.cloud.Propagation() {
		return "", "", invalidParameter("Value (%s) for parameter iamInstanceProfile.%s is invalid. Invalid IAM Instance Profile %s", ref, member, noun)
	}
	if role == "" {
		return "", "", invalidParameter("IAM Instance Profile \"%s\" has no associated IAM Roles", arn)
	}
	return arn, id, nil
}

func (s *Service) addProfile(r *region, instance, arn, id string) *profileAssociation {
	now := time.Now()
	p := &profileAssociation{ID: s.cloud.ID("iip-assoc-", 17), Instance: instance, ARN: arn, ProfileID: id, Since: now, Ready: now.Add(s.settle())}
	r.Profiles.add(p.ID, p)
	return p
}

func (p *profileAssociation) describe() *types.IamInstanceProfileAssociation {
	return &types.IamInstanceProfileAssociation{
		AssociationId: aws.String(p.ID), InstanceId: aws.String(p.Instance), State: p.state(time.Now()), Timestamp: aws.Time(p.Since),
		IamInstanceProfile: &types.IamInstanceProfile{Arn: aws.String(p.ARN), Id: aws.String(p.ProfileID)},
	}
}

// AssociateIamInstanceProfile gives an instance that has none a profile.
func (s *Service) AssociateIamInstanceProfile(ctx context.Context, in *ec2.AssociateIamInstanceProfileInput, _ ...func(*ec2.Options)) (*ec2.AssociateIamInstanceProfileOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	i, err := r.settled(in.InstanceId)
	if err != nil {
		return nil, err
	}
	if in.IamInstanceProfile == nil {
		return nil, missingParameter("IamInstanceProfile")
	}
	if r.profileOf(i.ID, time.Now()) != nil {
		return nil, fakeaws.Error("IncorrectState", "There is an existing association for instance %s", i.ID)
	}
	arn, id, err := s.profile(ctx, r, in.IamInstanceProfile)
	if err != nil {
		return nil, err
	}
	out := s.addProfile(r, i.ID, arn, id).describe()
	out.State = types.IamInstanceProfileAssociationStateAssociating
	return &ec2.AssociateIamInstanceProfileOutput{IamInstanceProfileAssociation: out}, nil
}

func (r *region) profileAssociation(id *string) (*profileAssociation, error) {
	now := time.Now()
	p := r.Profiles.Index[aws.ToString(id)]
	if p == nil || p.gone(now) || !p.Ends.IsZero() {
		return nil, fakeaws.Error("InvalidAssociationID.NotFound", "An invalid association-id of '%s' was given", aws.ToString(id))
	}
	return p, nil
}

// DisassociateIamInstanceProfile takes an instance's profile away. Credentials that were handed out stay good until they expire.
func (s *Service) DisassociateIamInstanceProfile(ctx context.Context, in *ec2.DisassociateIamInstanceProfileInput, _ ...func(*ec2.Options)) (*ec2.DisassociateIamInstanceProfileOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	p, err := r.profileAssociation(in.AssociationId)
	if err != nil {
		return nil, err
	}
	p.Ends = time.Now().Add(s.settle())
	return &ec2.DisassociateIamInstanceProfileOutput{IamInstanceProfileAssociation: p.describe()}, nil
}

// ReplaceIamInstanceProfileAssociation swaps an instance's profile; the association gets a new id.
func (s *Service) ReplaceIamInstanceProfileAssociation(ctx context.Context, in *ec2.ReplaceIamInstanceProfileAssociationInput, _ ...func(*ec2.Options)) (*ec2.ReplaceIamInstanceProfileAssociationOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	p, err := r.profileAssociation(in.AssociationId)
	if err != nil {
		return nil, err
	}
	if in.IamInstanceProfile == nil {
		return nil, missingParameter("IamInstanceProfile")
	}
	arn, id, err := s.profile(ctx, r, in.IamInstanceProfile)
	if err != nil {
		return nil, err
	}
	p.Ends = time.Now().Add(s.settle())
	out := s.addProfile(r, p.Instance, arn, id).describe()
	out.State = types.IamInstanceProfileAssociationStateAssociating
	return &ec2.ReplaceIamInstanceProfileAssociationOutput{IamInstanceProfileAssociation: out}, nil
}

// profileQuery has no tags: associations have none.
var profileQuery = query[profileAssociation]{columns: columns[profileAssociation]{
	"instance-id": one(func(p *profileAssociation) string { return p.Instance }),
	"state":       one(func(p *profileAssociation) string { return string(p.state(time.Now())) }),
}}

// DescribeIamInstanceProfileAssociations answers associations in the order of their making.
func (s *Service) DescribeIamInstanceProfileAssociations(ctx context.Context, in *ec2.DescribeIamInstanceProfileAssociationsInput, _ ...func(*ec2.Options)) (*ec2.DescribeIamInstanceProfileAssociationsOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	items := r.Profiles.where(func(p *profileAssociation) bool { return !p.gone(now) })
	if len(in.AssociationIds) > 0 {
		items = nil
		for _, id := range in.AssociationIds {
			p := r.Profiles.Index[id]
			if p == nil || p.gone(now) {
				return nil, fakeaws.Error("InvalidAssociationID.NotFound", "An invalid association-id of '%s' was given", id)
			}
			items = append(items, p)
		}
	}
	conditions, err := compile(r, profileQuery, in.Filters)
	if err != nil {
		return nil, err
	}
	var found []*profileAssociation
	for _, p := range items {
		if conditions.hold(r, p) {
			found = append(found, p)
		}
	}
	found, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeIamInstanceProfileAssociationsOutput{NextToken: next}
	for _, p := range found {
		out.IamInstanceProfileAssociations = append(out.IamInstanceProfileAssociations, *p.describe())
	}
	return out, nil
}
