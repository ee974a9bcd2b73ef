package fakeiam

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// directory knows the users and roles of all accounts, since policies name those of others too.
type directory struct {
	ByARN map[string]identity
	ByID  map[string]string // unique id → ARN
}

type identity struct {
	ID      string
	Created time.Time
}

func (s *Service) register(ctx context.Context, e entity) {
	d := s.directory.In(ctx)
	if d.ByARN == nil {
		d.ByARN, d.ByID = map[string]identity{}, map[string]string{}
	}
	d.ByARN[e.ARN], d.ByID[e.ID] = identity{ID: e.ID, Created: e.Created}, e.ARN
}

func (s *Service) unregister(ctx context.Context, e entity) {
	d := s.directory.In(ctx)
	delete(d.ByARN, e.ARN)
	delete(d.ByID, e.ID)
}

var (
	adminPattern     = regexp.MustCompile(`^arn:aws[\w-]*:iam::(\d{12}):user/administrator$`)
	adminIDPattern   = regexp.MustCompile(`^AIDAADMINISTRATOR(\d{12})$`)
	sessionPattern   = regexp.MustCompile(`^arn:aws[\w-]*:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/([\w+=,.@-]{2,64})$`)
	federatedPattern = regexp.MustCompile(`^arn:aws[\w-]*:sts::(\d{12}):federated-user/([\w+=,.@-]{2,32})$`)
)

// Principal has the form of fakeaws.Principals. It knows users and roles of every account, sessions of roles that exist
// (their id is the role's, a colon and the session's name), the root of any account, and the administrator of Cloud.Config.
func (s *Service) Principal(ctx context.Context, arn string) (uniqueID string, created time.Time, ok bool) {
	if found, ok := s.directory.In(ctx).ByARN[arn]; ok {
		return found.ID, found.Created, true
	}
	if accountPattern.MatchString(arn) {
		return arn, time.Time{}, true
	}
	if rootPattern.MatchString(arn) {
		return strings.Split(arn, ":")[4], time.Time{}, true
	}
	if m := adminPattern.FindStringSubmatch(arn); m != nil {
		return "AIDAADMINISTRATOR" + m[1], time.Time{}, true
	}
	if m := federatedPattern.FindStringSubmatch(arn); m != nil {
		return m[1] + ":" + m[2], time.Time{}, true
	}
	if m := sessionPattern.FindStringSubmatch(arn); m != nil {
		if r := s.accounts.At(ctx, m[1], "").Roles.get(m[2]); r != nil {
			return r.Entity.ID + ":" + m[3], r.Entity.Created, true
		}
	}
	return "", time.Time{}, false
}

// PrincipalARN has the form of fakeaws.Principals.
func (s *Service) PrincipalARN(ctx context.Context, uniqueID string) (arn string, ok bool) {
	if arn, ok = s.directory.In(ctx).ByID[uniqueID]; ok {
		return arn, true
	}
	if m := adminIDPattern.FindStringSubmatch(uniqueID); m != nil {
		return "arn:" + fakeaws.CallFrom(ctx).Partition() + ":iam::" + m[1] + ":user/administrator", true
	}
	return "", false
}

// InstanceProfile has the form of fakeaws.InstanceProfiles. It finds a profile of the caller's account by name or ARN.
func (s *Service) InstanceProfile(ctx context.Context, nameOrARN string) (arn, id, roleARN string, created time.Time, ok bool) {
	a := s.in(ctx)
	name := nameOrARN[strings.LastIndex(nameOrARN, "/")+1:]
	p := a.Profiles.get(name)
	if p == nil || nameOrARN != p.Entity.Name && nameOrARN != p.Entity.ARN {
		return "", "", "", time.Time{}, false
	}
	if r := a.Roles.get(p.Role); r != nil {
		roleARN = r.Entity.ARN
	}
	return p.Entity.ARN, p.Entity.ID, roleARN, p.Entity.Created, true
}

// Role has the form of fakeaws.Roles.
func (s *Service) Role(ctx context.Context, name string) (arn string, ok bool) {
	if r := s.in(ctx).Roles.get(name); r != nil {
		return r.Entity.ARN, true
	}
	return "", false
}
