package fakesecretsmanager

import (
	"context"
	"regexp"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)

// CreateSecret makes a secret and, with a value, its first version, whose id is the client request token. The same request
// again answers the same secret.
func (s *Service) CreateSecret(ctx context.Context, in *secretsmanager.CreateSecretInput, _ ...Options) (*secretsmanager.CreateSecretOutput, error) {
	call := fakeaws.CallFrom(ctx)
	st := s.store.In(ctx)
	name := *in.Name
	if !secretName.MatchString(name) {
		return nil, fakeaws.Error("ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	value, given, err := newValue(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	if err := addTags(tags, in.Tags); err != nil {
		return nil, err
	}
	if old := st.Secrets[name]; old != nil && !old.gone() {
		if old.Deletion != nil {
			return nil, invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
		}
		if v := old.version(aws.ToString(in.ClientRequestToken)); v != nil && given && v.Value.equal(value) {
			return &secretsmanager.CreateSecretOutput{ARN: aws.String(old.ARN), Name: aws.String(name), VersionId: aws.String(v.ID)}, nil
		}
		return nil, &types.ResourceExistsException{Message: aws.String("The operation failed because the secret " + name + " already exists.")}
	}
	if err := s.usableKey(ctx, aws.ToString(in.KmsKeyId), encrypting); err != nil {
		return nil, err
	}
	now := time.Now()
	x := &Secret{
		Name: name, Account: call.Account, Description: aws.ToString(in.Description), KeyID: aws.ToString(in.KmsKeyId), Created: now, Changed: now, Tags: tags,
		ARN: "arn:" + call.Partition() + ":secretsmanager:" + call.Region + ":" + call.Account + ":secret:" + name + "-" + s.cloud.UniqueID("")[:6],
	}
	out := &secretsmanager.CreateSecretOutput{ARN: aws.String(x.ARN), Name: aws.String(name)}
	if given {
		v, err := x.put(s.token(in.ClientRequestToken), value, []string{current})
		if err != nil {
			return nil, err
		}
		out.VersionId = aws.String(v.ID)
	}
	st.Secrets[name] = x
	return out, nil
}

// checkToken wants 32 to 64 characters.
func checkToken(token *string) error {
	if token != nil && (len(*token) < 32 || len(*token) > 64) {
		return invalidParameter("ClientRequestToken must be 32-64 characters long.")
	}
	return nil
}

// token is the id of a new version: the caller's, or a new one.
func (s *Service) token(given *string) string {
	if given != nil {
		return *given
	}
	return s.cloud.UUID()
}

// DescribeSecret answers everything but the value, also while deletion is scheduled.
func (s *Service) DescribeSecret(ctx context.Context, in *secretsmanager.DescribeSecretInput, _ ...Options) (*secretsmanager.DescribeSecretOutput, error) {
	x, err := s.find(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	e := x.entry()
	return &secretsmanager.DescribeSecretOutput{
		ARN: e.ARN, Name: e.Name, Description: e.Description, KmsKeyId: e.KmsKeyId, CreatedDate: e.CreatedDate, LastChangedDate: e.LastChangedDate,
		DeletedDate: e.DeletedDate, RotationEnabled: e.RotationEnabled, RotationLambdaARN: e.RotationLambdaARN, RotationRules: e.RotationRules,
		NextRotationDate: e.NextRotationDate, Tags: e.Tags, VersionIdsToStages: e.SecretVersionsToStages,
	}, nil
}

// entry is a secret as lists have it.
func (x *Secret) entry() types.SecretListEntry {
	e := types.SecretListEntry{
		ARN: aws.String(x.ARN), Name: aws.String(x.Name), CreatedDate: aws.Time(x.Created), LastChangedDate: aws.Time(x.Changed), Tags: tagList(x.Tags),
	}
	if x.Description != "" {
		e.Description = aws.String(x.Description)
	}
	if x.KeyID != "" {
		e.KmsKeyId = aws.String(x.KeyID)
	}
	if x.Deletion != nil {
		e.DeletedDate = aws.Time(*x.Deletion)
	}
	if r := x.Rotation; r != nil {
		e.RotationEnabled, e.RotationRules, e.NextRotationDate = aws.Bool(r.Enabled), copyRules(r.Rules), r.next()
		if r.Lambda != "" {
			e.RotationLambdaARN = aws.String(r.Lambda)
		}
	}
	for _, v := range x.Versions {
		if len(v.Stages) > 0 {
			if e.SecretVersionsToStages == nil {
				e.SecretVersionsToStages = map[string][]string{}
			}
			e.SecretVersionsToStages[v.ID] = append([]string{}, v.Stages...)
		}
	}
	return e
}

// UpdateSecret changes what is given; a value becomes a new current version.
func (s *Service) UpdateSecret(ctx context.Context, in *secretsmanager.UpdateSecretInput, _ ...Options) (*secretsmanager.UpdateSecretOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	value, given, err := newValue(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	key := x.KeyID
	if in.KmsKeyId != nil {
		key = *in.KmsKeyId
	}
	if given || in.KmsKeyId != nil {
		if err := s.usableKey(ctx, key, encrypting); err != nil {
			return nil, err
		}
	}
	out := &secretsmanager.UpdateSecretOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}
	if given {
		v, err := x.put(s.token(in.ClientRequestToken), value, []string{current})
		if err != nil {
			return nil, err
		}
		out.VersionId = aws.String(v.ID)
	}
	x.KeyID = key
	if in.Description != nil {
		x.Description = *in.Description
	}
	x.Changed = time.Now()
	return out, nil
}

// ListSecrets lists by creation, oldest first unless asked otherwise.
func (s *Service) ListSecrets(ctx context.Context, in *secretsmanager.ListSecretsInput, _ ...Options) (*secretsmanager.ListSecretsOutput, error) {
	if err := pageSize(in.MaxResults); err != nil {
		return nil, err
	}
	if err := checkFilters(in.Filters); err != nil {
		return nil, err
	}
	var found []*Secret
	for _, x := range s.store.In(ctx).Secrets {
		if !x.gone() && (x.Deletion == nil || aws.ToBool(in.IncludePlannedDeletion)) && x.matches(in.Filters) {
			found = append(found, x)
		}
	}
	sort.Slice(found, func(i, j int) bool {
		a, b := found[i], found[j]
		if in.SortOrder == types.SortOrderTypeDesc {
			a, b = b, a
		}
		if !a.Created.Equal(b.Created) {
			return a.Created.Before(b.Created)
		}
		return a.Name < b.Name
	})
	page, next, ok := fakeaws.Page(ctx, found, in.NextToken, in.MaxResults, 100)
	if !ok {
		return nil, badToken()
	}
	out := &secretsmanager.ListSecretsOutput{NextToken: next, SecretList: []types.SecretListEntry{}}
	for _, x := range page {
		out.SecretList = append(out.SecretList, x.entry())
	}
	return out, nil
}
