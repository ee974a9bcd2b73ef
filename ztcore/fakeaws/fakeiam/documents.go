package fakeiam

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// longestDocument is what the API takes, white space and all.
const longestDocument = 131072

var (
	sidPattern      = regexp.MustCompile(`^[0-9A-Za-z]*$`)
	actionPattern   = regexp.MustCompile(`^[A-Za-z0-9-]+:[\w*?-]+$`)
	resourcePattern = regexp.MustCompile(`^arn:[\w*?-]+:[\w*?-]*:[\w*?-]*:[\w*?-]*:.+`)
)

// identityDocument refuses what IAM refuses of the policies of users, groups and roles.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func identityDocument(text *string) (policy.Document, error) {
	d, err := document(text)
	if err != nil {
		return d, err
	}
	if d.Version != policy.Version2012 {
		return d, malformedPolicy("Policy document must be version 2012-10-17 or greater.")
	}
	for _, st := range d.Statements {
		if st.Principals != nil || st.NotPrincipals != nil {
			return d, malformedPolicy("Policy document should not specify a principal.")
		}
		if (len(st.Resources) == 0) == (len(st.NotResources) == 0) {
			return d, malformedPolicy("Policy statement must contain resources.")
		}
		for _, r := range slices.Concat(st.Resources, st.NotResources) {
			if r != "*" && !resourcePattern.MatchString(r) {
				return d, malformedPolicy(`Resource %s must be in ARN format or "*".`, r)
			}
		}
	}
	return d, nil
}

// document checks what holds for policies of every class.
func document(text *string) (policy.Document, error) {
	if text == nil || *text == "" || len(*text) > longestDocument {
		return policy.Document{}, invalid("1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must have length between 1 and %d", longestDocument)
	}
	d, err := policy.Parse(*text)
	if err != nil || strings.HasPrefix(*text, "%") { // Parse takes URL-encoded text, IAM does not
		return d, malformedPolicy("Syntax errors in policy.")
	}
	if len(d.Statements) == 0 {
		return d, malformedPolicy("Syntax errors in policy.")
	}
	sids := map[string]bool{}
	for _, st := range d.Statements {
		switch {
		case st.Effect == "":
			return d, malformedPolicy("Syntax errors in policy.")
		case !sidPattern.MatchString(st.Sid):
			return d, malformedPolicy("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		case st.Sid != "" && sids[st.Sid]:
			return d, malformedPolicy("Statement IDs (SID) in a single policy must be unique.")
		case (len(st.Actions) == 0) == (len(st.NotActions) == 0):
			return d, malformedPolicy("Policy statement must contain actions.")
		}
		sids[st.Sid] = true
		for _, a := range slices.Concat(st.Actions, st.NotActions) {
			if a != "*" && !actionPattern.MatchString(a) {
				return d, malformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
	}
	return d, nil
}

// size counts a document's characters as IAM's quotas do, without white space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func size(text string) int {
	n := utf8.RuneCountInString(text)
	for _, r := range text {
		if r == ' ' || r == '\n' || r == '\t' || r == '\r' {
			n--
		}
	}
	return n
}

// encoded is a document as IAM answers it (RFC 3986).
func encoded(text string) *string {
	s := strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
	return &s
}

// trustDocument checks a role's trust policy and binds the users and roles it names to their unique ids.
func (s *Service) trustDocument(ctx context.Context, text *string) (policy.Document, error) {
	d, err := document(text)
	if err != nil {
		return d, err
	}
	if n := size(*text); n > policy.Limit(policy.TrustPolicy) {
		return d, limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", policy.Limit(policy.TrustPolicy))
	}
	for i := range d.Statements {
		st := &d.Statements[i]
		switch {
		case st.Resources != nil || st.NotResources != nil:
			return d, malformedPolicy("Has prohibited field Resource")
		case len(st.Principals) == 0 && len(st.NotPrincipals) == 0:
			return d, malformedPolicy("Missing required field Principal")
		}
		for _, a := range slices.Concat(st.Actions, st.NotActions) {
			if a != "*" && !strings.HasPrefix(strings.ToLower(a), "sts:") {
				return d, malformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		for _, list := range [][]policy.Principal{st.Principals, st.NotPrincipals} {
			if err := s.bind(ctx, list); err != nil {
				return d, err
			}
		}
	}
	return d, nil
}

var (
	accountPattern  = regexp.MustCompile(`^\d{12}$`)
	rootPattern     = regexp.MustCompile(`^arn:aws[\w-]*:iam::\d{12}:root$`)
	servicePattern  = regexp.MustCompile(`^[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$`)
	providerPattern = regexp.MustCompile(`^(arn:aws[\w-]*:iam::\d{12}:(saml|oidc)-provider/.+|[a-z0-9.-]+)$`)
)

// bind replaces principals by the form in which they are kept, in the order in which they will be answered: AWS keeps a set.
func (s *Service) bind(ctx context.Context, list []policy.Principal) error {
	for i, p := range list {
		known := true
		switch p.Type {
		case "AWS":
			list[i].ID, known = s.stored(ctx, p.ID)
		case "Service":
			known = servicePattern.MatchString(p.ID)
		case "Federated": // that the provider exists is not asked: reports on whether AWS does so differ
			if !providerPattern.MatchString(p.ID) {
				return malformedPolicy("Federated principals must be valid domain names or SAML metadata ARNs")
			}
		}
		if !known {
			return malformedPolicy(`Invalid principal in policy: "%s":"%s"`, strings.ToUpper(p.Type), p.ID)
		}
	}
	slices.SortFunc(list, func(a, b policy.Principal) int { return strings.Compare(a.Type+"\x00"+a.ID, b.Type+"\x00"+b.ID) })
	return nil
}

// stored is how an AWS principal is kept: an account as its root's ARN, a user or role as its unique id.
func (s *Service) stored(ctx context.Context, principal string) (string, bool) {
	switch {
	case principal == "*":
		return principal, true
	case accountPattern.MatchString(principal):
		return "arn:" + fakeaws.CallFrom(ctx).Partition() + ":iam::" + principal + ":root", true
	case rootPattern.MatchString(principal):
		return principal, true
	}
	arn := principal
	if name, ok := s.PrincipalARN(ctx, principal); ok {
		arn = name
	}
	id, created, ok := s.Principal(ctx, arn)
	if !ok || time.Since(created) < s.cloud.Propagation() {
		return "", false
	}
	if strings.Contains(id, ":") { // a session, which AWS keeps as it is written
		return principal, true
	}
	return id, true
}

// shown is a trust policy as IAM answers it now: who is gone appears as the unique id.
func (s *Service) shown(ctx context.Context, trust policy.Document) *string {
	resolve := func(list []policy.Principal) []policy.Principal {
		out := slices.Clone(list)
		for i, p := range out {
			if arn, ok := s.PrincipalARN(ctx, p.ID); ok && p.Type == "AWS" {
				out[i].ID = arn
			}
		}
		return out
	}
	trust.Statements = slices.Clone(trust.Statements)
	for i := range trust.Statements {
		trust.Statements[i].Principals = resolve(trust.Statements[i].Principals)
		trust.Statements[i].NotPrincipals = resolve(trust.Statements[i].NotPrincipals)
	}
	return encoded(trust.JSON())
}
