package fakeiam

import (
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// account is what IAM holds of one account.
type account struct {
	Users     table[user]
	Groups    table[group]
	Roles     table[role]
	Policies  table[managedPolicy] // the account's own; see awsManaged for the others
	Profiles  table[profile]
	MFA       table[mfaDevice] // by serial number
	OIDC      table[oidcProvider]
	SAML      table[samlProvider]
	Passwords *types.PasswordPolicy
	Alias     string
	Report    *report
	// TokenVersion is what SetSecurityTokenServicePreferences chose; empty is AWS's default, version 1.
	TokenVersion types.GlobalEndpointTokenVersion
}

// entity is what all things with a name have in common.
type entity struct {
	Name    string
	Path    string
	ARN     string
	ID      string
	Created time.Time
	Tags    []types.Tag
}

// grants are what users, groups and roles are given.
type grants struct {
	Inline   map[string]string // policy name → document as it was sent
	Attached []string          // ARNs, sorted by the policy's name
	Boundary string            // ARN; empty for none
}

type user struct {
	Entity entity
	Grants grants
	Groups []string // keys in account.Groups, sorted
	Login  *login
	Keys   []accessKey // oldest first
}

type group struct {
	Entity entity
	Grants grants
}

type role struct {
	Entity      entity
	Grants      grants
	Trust       policy.Document // users and roles in it by unique id
	Description *string
	MaxSession  int32
	Service     string // of a service-linked role: the service it is linked to
}

type profile struct {
	Entity entity
	Role   string // key in account.Roles; empty for none
}

// table holds entities by name without regard to case, as IAM's names are, and in the order that lists show.
type table[T any] struct {
	Order []string
	Items map[string]*T
}

func key(name string) string { return strings.ToLower(name) }

func (t *table[T]) get(name string) *T { return t.Items[key(name)] }

func (t *table[T]) put(name string, item *T) {
	k := key(name)
	if t.Items == nil {
		t.Items = map[string]*T{}
	}
	if _, there := t.Items[k]; !there {
		i := sort.SearchStrings(t.Order, k)
		t.Order = append(t.Order, "")
		copy(t.Order[i+1:], t.Order[i:])
		t.Order[i] = k
	}
	t.Items[k] = item
}

func (t *table[T]) remove(name string) {
	k := key(name)
	if _, there := t.Items[k]; !there {
		return
	}
	i := sort.SearchStrings(t.Order, k)
	t.Order = append(t.Order[:i], t.Order[i+1:]...)
	delete(t.Items, k)
}

// all is every item in order, in a new slice.
func (t *table[T]) all() []*T {
	out := make([]*T, len(t.Order))
	for i, k := range t.Order {
		out[i] = t.Items[k]
	}
	return out
}
