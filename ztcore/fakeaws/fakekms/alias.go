package fakekms

import (
	"context"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

var aliasName = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)

func checkAlias(name string) error {
	switch {
	case !strings.HasPrefix(name, "alias/"):
		return invalid("Invalid identifier")
	case strings.HasPrefix(name, "alias/aws/"):
		return fakeaws.Error("NotAuthorizedException", "Aliases that start with alias/aws/ belong to AWS.")
	case !aliasName.MatchString(name):
		return &types.InvalidAliasNameException{Message: aws.String(name + " contains invalid characters for an alias")}
	}
	return nil
}

func aliasARN(ctx context.Context, name string) string {
	call := fakeaws.CallFrom(ctx)
	return "arn:" + call.Partition() + ":kms:" + call.Region + ":" + call.Account + ":" + name
}

// CreateAlias names a key of the same account and region.
func (s *Service) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, _ ...Options) (*kms.CreateAliasOutput, error) {
	st := s.store.In(ctx)
	st.purge()
	name := *in.AliasName
	if err := checkAlias(name); err != nil {
		return nil, err
	}
	k, err := s.target(ctx, in.TargetKeyId, "CreateAlias")
	if err != nil {
		return nil, err
	}
	if _, ok := st.Aliases[name]; ok {
		return nil, &types.AlreadyExistsException{Message: aws.String("An alias with the name " + aliasARN(ctx, name) + " already exists")}
	}
	now := time.Now()
	st.Aliases[name] = &Alias{Name: name, Target: k.ID, Created: now, Updated: now}
	return &kms.CreateAliasOutput{}, nil
}

func (s *Service) target(ctx context.Context, ref *string, action string) (*Key, error) {
	if strings.Contains(aws.ToString(ref), "alias/") {
		return nil, invalid("Aliases must refer to keys. Not aliases")
	}
	k, err := s.manage(ctx, ref, action)
	if err != nil {
		return nil, err
	}
	return k, k.changeable()
}

// UpdateAlias points an alias at another key of the same kind and usage.
func (s *Service) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput, _ ...Options) (*kms.UpdateAliasOutput, error) {
	st := s.store.In(ctx)
	st.purge()
	if err := checkAlias(*in.AliasName); err != nil {
		return nil, err
	}
	k, err := s.target(ctx, in.TargetKeyId, "UpdateAlias")
	if err != nil {
		return nil, err
	}
	a, ok := st.Aliases[*in.AliasName]
	if !ok {
		return nil, notFound("Alias %s is not found.", aliasARN(ctx, *in.AliasName))
	}
	old := st.Keys[a.Target]
	if err := old.changeable(); err != nil {
		return nil, err
	}
	if isSymmetric(old) != isSymmetric(k) || old.Usage != k.Usage {
		return nil, invalid("Alias %s cannot be changed from a %s key to a %s key.", a.Name, old.Usage, k.Usage)
	}
	a.Target, a.Updated = k.ID, time.Now()
	return &kms.UpdateAliasOutput{}, nil
}

func isSymmetric(k *Key) bool {
	return k.Spec == types.KeySpecSymmetricDefault || strings.HasPrefix(string(k.Spec), "HMAC")
}

// DeleteAlias removes a name; the key stays.
func (s *Service) DeleteAlias(ctx context.Context, in *kms.DeleteAliasInput, _ ...Options) (*kms.DeleteAliasOutput, error) {
	st := s.store.In(ctx)
	st.purge()
	if err := checkAlias(*in.AliasName); err != nil {
		return nil, err
	}
	if _, ok := st.Aliases[*in.AliasName]; !ok {
		return nil, notFound("Alias %s is not found.", aliasARN(ctx, *in.AliasName))
	}
	delete(st.Aliases, *in.AliasName)
	return &kms.DeleteAliasOutput{}, nil
}

// ListAliases lists by name. An alias of AWS has no target until its service has used the key.
func (s *Service) ListAliases(ctx context.Context, in *kms.ListAliasesInput, _ ...Options) (*kms.ListAliasesOutput, error) {
	limit, err := pageSize(in.Limit, 50, 100)
	if err != nil {
		return nil, err
	}
	var only *Key
	if in.KeyId != nil {
		if only, err = s.inspect(ctx, in.KeyId, "ListAliases"); err != nil {
			return nil, err
		}
	}
	st := s.store.In(ctx)
	names := make([]string, 0, len(st.Aliases))
	for name := range st.Aliases {
		names = append(names, name)
	}
	sort.Strings(names)
	var all []types.AliasListEntry
	for _, name := range names {
		a := st.Aliases[name]
		k, ok := st.key(a.Target)
		if !ok || only != nil && k.ID != only.ID {
			continue
		}
		entry := types.AliasListEntry{AliasName: aws.String(name), AliasArn: aws.String(aliasARN(ctx, name))}
		if k.Managed == "" || k.Used {
			entry.TargetKeyId, entry.CreationDate, entry.LastUpdatedDate = aws.String(k.ID), aws.Time(a.Created), aws.Time(a.Updated)
		}
		all = append(all, entry)
	}
	page, next, ok := fakeaws.Page(ctx, all, in.Marker, limit, 100)
	if !ok {
		return nil, badMarker()
	}
	return &kms.ListAliasesOutput{Aliases: page, NextMarker: next, Truncated: next != nil}, nil
}
