package fakesecretsmanager

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func (x *Secret) version(id string) *Version {
	for _, v := range x.Versions {
		if v.ID == id {
			return v
		}
	}
	return nil
}

// staged is the version that has a label, or nil.
func (x *Secret) staged(label string) *Version {
	for _, v := range x.Versions {
		if slices.Contains(v.Stages, label) {
			return v
		}
	}
	return nil
}

// put adds a version with labels. The token names it: with the same value it is the same version again, which stays as it is.
func (x *Secret) put(token string, value Value, labels []string) (*Version, error) {
	if v := x.version(token); v != nil {
		if !v.Value.equal(value) {
			return nil, &types.ResourceExistsException{Message: aws.String("You can't use ClientRequestToken " + token + " because that value is already in use for a version of secret " + x.ARN + ".")}
		}
		return v, nil
	}
	v := &Version{ID: token, Value: value, Created: time.Now()}
	x.Versions = append(x.Versions, v)
	for _, l := range labels {
		x.move(l, v)
	}
	if len(x.Versions) == 1 {
		x.move(current, v)
	}
	x.Changed = v.Created
	return v, nil
}

// move puts a label on a version and takes it from the one that had it. What was current becomes the previous version.
func (x *Secret) move(label string, to *Version) {
	from := x.staged(label)
	if from == to {
		return
	}
	if from != nil {
		from.drop(label)
		if label == current {
			x.move(previous, from)
		}
	}
	to.Stages = append(to.Stages, label)
	slices.Sort(to.Stages)
}

func (v *Version) drop(label string) {
	v.Stages = slices.DeleteFunc(slices.Clone(v.Stages), func(l string) bool { return l == label })
}

// PutSecretValue adds a version, current unless other labels are given.
func (s *Service) PutSecretValue(ctx context.Context, in *secretsmanager.PutSecretValueInput, _ ...Options) (*secretsmanager.PutSecretValueOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	value, given, err := newValue(in.SecretString, in.SecretBinary)
	switch {
	case err != nil:
		return nil, err
	case !given:
		return nil, invalidParameter("You must provide either SecretString or SecretBinary.")
	case len(in.VersionStages) > 20:
		return nil, &types.LimitExceededException{Message: aws.String("You can attach at most 20 staging labels to a version.")}
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	if err := s.usableKey(ctx, x.KeyID, encrypting); err != nil {
		return nil, err
	}
	labels := in.VersionStages
	if len(labels) == 0 {
		labels = []string{current}
	}
	v, err := x.put(s.token(in.ClientRequestToken), value, labels)
	if err != nil {
		return nil, err
	}
	return &secretsmanager.PutSecretValueOutput{
		ARN: aws.String(x.ARN), Name: aws.String(x.Name), VersionId: aws.String(v.ID), VersionStages: slices.Clone(v.Stages),
	}, nil
}

// GetSecretValue answers the current version, or the one that an id, a label or both name.
func (s *Service) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...Options) (*secretsmanager.GetSecretValueOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	label := current
	if in.VersionStage != nil {
		label = *in.VersionStage
	}
	v := x.staged(label)
	if in.VersionId != nil {
		if v = x.version(*in.VersionId); v == nil {
			return nil, notFound("secret value for VersionId: " + *in.VersionId)
		}
		if in.VersionStage != nil && !slices.Contains(v.Stages, label) {
			return nil, invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
		}
	}
	if v == nil {
		return nil, notFound("secret value for staging label: " + label)
	}
	if err := s.usableKey(ctx, x.KeyID, decrypting); err != nil {
		return nil, err
	}
	out := &secretsmanager.GetSecretValueOutput{
		ARN: aws.String(x.ARN), Name: aws.String(x.Name), VersionId: aws.String(v.ID), VersionStages: slices.Clone(v.Stages), CreatedDate: aws.Time(v.Created),
	}
	if v.Value.Text != nil {
		out.SecretString = aws.String(*v.Value.Text)
	} else {
		out.SecretBinary = slices.Clone(v.Value.Bytes)
	}
	return out, nil
}

// UpdateSecretVersionStage moves a label, adds it or takes it away. Who moves a label must say from where; AWSCURRENT cannot be
// taken away.
func (s *Service) UpdateSecretVersionStage(ctx context.Context, in *secretsmanager.UpdateSecretVersionStageInput, _ ...Options) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	label := *in.VersionStage
	from, to := aws.ToString(in.RemoveFromVersionId), aws.ToString(in.MoveToVersionId)
	for _, id := range []string{from, to} {
		if id != "" && x.version(id) == nil {
			return nil, notFound("secret value for VersionId: " + id)
		}
	}
	holder := x.staged(label)
	switch {
	case from == "" && to == "":
		return nil, invalidParameter("You must specify either MoveToVersionId or RemoveFromVersionId.")
	case holder != nil && to != "" && holder.ID != to && from != holder.ID:
		return nil, invalidParameter("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", label, holder.ID)
	case from != "" && (holder == nil || holder.ID != from):
		return nil, invalidParameter("Staging label %s isn't currently attached to version %s.", label, from)
	case to == "" && label == current:
		return nil, invalidParameter("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
	case to == "":
		holder.drop(label)
	default:
		x.move(label, x.version(to))
	}
	x.Changed = time.Now()
	return &secretsmanager.UpdateSecretVersionStageOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}, nil
}

// ListSecretVersionIds lists versions, oldest first; those without a label only if asked for.
func (s *Service) ListSecretVersionIds(ctx context.Context, in *secretsmanager.ListSecretVersionIdsInput, _ ...Options) (*secretsmanager.ListSecretVersionIdsOutput, error) {
	x, err := s.find(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	if err := pageSize(in.MaxResults); err != nil {
		return nil, err
	}
	var all []types.SecretVersionsListEntry
	for _, v := range x.Versions {
		if len(v.Stages) > 0 || aws.ToBool(in.IncludeDeprecated) {
			all = append(all, types.SecretVersionsListEntry{VersionId: aws.String(v.ID), VersionStages: slices.Clone(v.Stages), CreatedDate: aws.Time(v.Created)})
		}
	}
	page, next, ok := fakeaws.Page(ctx, all, in.NextToken, in.MaxResults, 100)
	if !ok {
		return nil, badToken()
	}
	return &secretsmanager.ListSecretVersionIdsOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name), Versions: page, NextToken: next}, nil
}
