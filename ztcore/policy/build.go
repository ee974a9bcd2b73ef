package policy

import (
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Allow starts a document with a statement that allows the actions, as in
//
//	policy.Allow("s3:GetObject").On(bucket.ARN() + "/*")
//
// The methods On, To, When, Named and their kin refine the last statement; And appends those of other documents.
func Allow(actions ...string) Document {
	return single(Statement{Effect: EffectAllow, Actions: present(actions)})
}

// Deny starts a document with a statement that denies the actions. A Deny wins over every Allow.
func Deny(actions ...string) Document {
	return single(Statement{Effect: EffectDeny, Actions: present(actions)})
}

// AllowAllExcept starts a document with a statement that allows every action but these (NotAction). It denies nothing:
// another statement may still allow them.
func AllowAllExcept(actions ...string) Document {
	return single(Statement{Effect: EffectAllow, NotActions: present(actions)})
}

// DenyAllExcept starts a document with a statement that denies every action but these (NotAction).
func DenyAllExcept(actions ...string) Document {
	return single(Statement{Effect: EffectDeny, NotActions: present(actions)})
}

// On adds resources to the last statement. A trust policy has none; elsewhere a statement without one is malformed, and
// Lint says so.
func (d Document) On(resources ...id.ARN) Document {
	return d.refine(func(s *Statement) { s.Resources = appendARNs(s.Resources, resources) })
}

// OnAny makes the last statement hold for every resource ("*").
func (d Document) OnAny() Document { return d.On("*") }

// OnAllExcept makes the last statement hold for every resource but these (NotResource).
func (d Document) OnAllExcept(resources ...id.ARN) Document {
	return d.refine(func(s *Statement) { s.NotResources = appendARNs(s.NotResources, resources) })
}

// To adds principals to the last statement. Only resource and trust policies name principals.
func (d Document) To(principals ...Principal) Document {
	return d.refine(func(s *Statement) { s.Principals = append(present(s.Principals), principals...) })
}

// ToAllExcept makes the last statement hold for everyone but these (NotPrincipal). With Deny, name the account of a
// role or user as well, and the session if there is one: AWS matches each form by itself.
func (d Document) ToAllExcept(principals ...Principal) Document {
	return d.refine(func(s *Statement) { s.NotPrincipals = append(present(s.NotPrincipals), principals...) })
}

// When adds a condition to the last statement, as in When("Bool", "aws:MultiFactorAuthPresent", "true"). All conditions
// must hold; of the values of one operator and key, one must match. A second call with the same operator and key adds
// values to choose from, since JSON has one list for them.
func (d Document) When(operator, key string, values ...string) Document {
	return d.refine(func(s *Statement) {
		for i, c := range s.Conditions {
			if strings.EqualFold(c.Operator, operator) && strings.EqualFold(c.Key, key) {
				s.Conditions[i].Values = append(c.Values, values...)
				return
			}
		}
		s.Conditions = append(s.Conditions, Condition{Operator: operator, Key: key, Values: present(values)})
	})
}

// Named sets the Sid of the last statement: what a denial, a plan and a finding call it by. IAM takes letters and
// digits only.
func (d Document) Named(sid string) Document {
	return d.refine(func(s *Statement) { s.Sid = sid })
}

// And appends the statements of the others. Version and Id stay those of d, or if it has none, of the first that does.
func (d Document) And(others ...Document) Document {
	out := d.clone()
	for _, o := range others {
		o = o.clone()
		if out.Version == "" {
			out.Version = o.Version
		}
		if out.ID == "" {
			out.ID = o.ID
		}
		out.Statements = append(out.Statements, o.Statements...)
	}
	return out
}

func single(s Statement) Document { return Document{Statements: []Statement{s}} }

// refine applies f to a copy of the last statement. Without any it starts one: that lacks an effect, so Lint and AWS
// refuse it, whereas dropping the refinement would go unseen.
func (d Document) refine(f func(*Statement)) Document {
	out := d.clone()
	if len(out.Statements) == 0 {
		out.Statements = make([]Statement, 1)
	}
	f(&out.Statements[len(out.Statements)-1])
	return out
}

// present copies a list so that the element counts as present even if it is empty.
func present[T any](list []T) []T {
	return append(make([]T, 0, len(list)), list...)
}

func appendARNs(list []string, arns []id.ARN) []string {
	list = slices.Grow(present(list), len(arns))
	for _, a := range arns {
		list = append(list, string(a))
	}
	return list
}
