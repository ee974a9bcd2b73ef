package policy

import "slices"

// Version2012 is the current version of the policy language, and what a Document with an empty Version is written as.
const Version2012 = "2012-10-17"

// Version2008 is what AWS reads a document as that names no version: there, policy variables such as ${aws:username} are plain
// text. Parse therefore fills it in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
const Version2008 = "2008-10-17"

// Document is a policy document. It is a value: no method changes it or what it shares with another one. The zero
// Document stands for "no policy".
type Document struct {
	Version    string // "" is Version2012
	ID         string // the element Id, which some services ask for; no part of the meaning for most
	Statements []Statement
}

// Statement is one rule of a document. A nil list means that the element is absent; an empty one that it is there and
// holds nothing, which is legal and for a "Not" element the opposite of harmless: an empty NotActions matches every action.
type Statement struct {
	Sid           string
	Effect        Effect
	Principals    []Principal
	NotPrincipals []Principal
	Actions       []string
	NotActions    []string
	Resources     []string
	NotResources  []string
	Conditions    []Condition // all must hold
}

// Effect is what a statement does when it applies.
type Effect string

// The two effects. AWS compares them with their case.
const (
	EffectAllow Effect = "Allow"
	EffectDeny  Effect = "Deny"
)

// Condition compares the values of one condition key with Values, of which one must match (or, for a negated operator,
// none). As in JSON there is one list of values for an operator and key: two Conditions that share both are one with the values of both.
type Condition struct {
	Operator string // StringEquals, ForAnyValue:StringLike, BoolIfExists, …
	Key      string // aws:PrincipalOrgID, s3:prefix, …
	Values   []string
}

// Principal is whom a statement of a resource or trust policy is about.
type Principal struct {
	Type string // AWS, Service, Federated, CanonicalUser, or * for anyone
	ID   string // an ARN, account id, service name, provider, canonical user id, or *
}

// IsZero reports whether the document stands for "no policy".
func (d Document) IsZero() bool {
	return d.Version == "" && d.ID == "" && d.Statements == nil
}

// clone copies the document deeply.
func (d Document) clone() Document {
	d.Statements = slices.Clone(d.Statements)
	for i := range d.Statements {
		d.Statements[i] = d.Statements[i].clone()
	}
	return d
}

func (s Statement) clone() Statement {
	s.Principals = slices.Clone(s.Principals)
	s.NotPrincipals = slices.Clone(s.NotPrincipals)
	s.Actions = slices.Clone(s.Actions)
	s.NotActions = slices.Clone(s.NotActions)
	s.Resources = slices.Clone(s.Resources)
	s.NotResources = slices.Clone(s.NotResources)
	s.Conditions = slices.Clone(s.Conditions)
	for i := range s.Conditions {
		s.Conditions[i].Values = slices.Clone(s.Conditions[i].Values)
	}
	return s
}
