package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity is how bad a finding is. The levels are those of IAM Access Analyzer.
type Severity string

// The severities, worst first.
const (
	SeverityError      Severity = "ERROR"            // AWS refuses the document, or the statement can never do what it says
	SeveritySecurity   Severity = "SECURITY_WARNING" // it gives more than is likely meant
	SeverityWarning    Severity = "WARNING"          // it likely does not do what is meant
	SeveritySuggestion Severity = "SUGGESTION"       // it could be said better
)

// Finding is one thing that Lint has to say.
type Finding struct {
	Statement int    // index of the statement, or -1 for the document
	Sid       string // of that statement
	Element   string // Action, Condition.StringEquals.aws:SourceArn, …; "" for the statement as a whole
	Code      string // the issue code of IAM Access Analyzer where it has one, as MISSING_RESOURCE
	Message   string
	Fix       string
	Severity  Severity
}

// String is the finding in one line.
func (f Finding) String() string {
	where := "document"
	if f.Statement >= 0 {
		where = fmt.Sprintf("Statement[%d]", f.Statement)
		if f.Sid != "" {
			where += " (" + f.Sid + ")"
		}
	}
	if f.Element != "" {
		where += "." + f.Element
	}
	return fmt.Sprintf("%s %s %s: %s; %s", f.Severity, f.Code, where, f.Message, f.Fix)
}

// Lint checks the document as one of a class, offline: what AWS would refuse, what gives too much, and what is likely a
// mistake. A Deny is never said to be too wide. Findings come in the order of the statements, the document's own first. The zero
// Document, which is no policy, has none.
//
// Codes are those of IAM Access Analyzer where it has one for the same thing. Not checked, since it takes AWS's own
// tables: whether a service, action, resource type or condition key exists.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
func (d Document) Lint(c Class) []Finding {
	if d.IsZero() {
		return nil
	}
	l := linter{class: c, rules: classes[c], version: cmp.Or(d.Version, Version2012)}
	l.document(d)
	for i, s := range d.Statements {
		l.index, l.statement = i, s
		l.elements()
		l.sid()
		l.actions()
		l.resources("Resource", s.Resources)
		l.resources("NotResource", s.NotResources)
		l.principals("Principal", s.Principals)
		l.principals("NotPrincipal", s.NotPrincipals)
		l.conditions()
		l.grants()
	}
	return l.findings
}

// linter collects the findings of one document.
type linter struct {
	class     Class
	rules     class
	version   string
	index     int // of statement
	statement Statement
	sids      []string // those of the statements before it
	findings  []Finding
}

func (l *linter) add(severity Severity, code, element, message, fix string) {
	l.findings = append(l.findings, Finding{
		Statement: l.index, Sid: l.statement.Sid, Element: element, Code: code, Message: message, Fix: fix, Severity: severity,
	})
}

func (l *linter) document(d Document) {
	l.index = -1
	switch l.version {
	case Version2012:
	case Version2008:
		l.add(SeveritySuggestion, "OUTDATED_VERSION", "Version", "version 2008-10-17 takes policy variables as plain text", "set Version to "+Version2012)
	default:
		l.add(SeverityError, "INVALID_VERSION", "Version", fmt.Sprintf("there is no version %q", l.version), "set Version to "+Version2012)
	}
	if len(d.Statements) == 0 {
		l.add(SeverityError, "MISSING_STATEMENT", "Statement", "the document has no statement", "add one, or attach no policy")
	}
	if l.rules.strictSids {
		l.characters(d.JSON())
	}
	l.size(d.Size(l.class))
}

// characters checks for what IAM takes in a document.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (l *linter) characters(text string) {
	for _, r := range text {
		if r > 0xff {
			l.add(SeverityError, "INVALID_CHARACTER", "", fmt.Sprintf("IAM takes no %q in a document", r), "use characters up to U+00FF")
			return
		}
	}
}

func (l *linter) size(size int) {
	limit := l.rules.limit
	if limit == 0 || size <= limit {
		return
	}
	severity, fix := SeverityError, "split the document, use wildcards or drop Sids"
	if size <= l.rules.raisable {
		severity, fix = SeverityWarning, "ask for a higher quota or shorten the document"
	}
	l.add(severity, "POLICY_SIZE_EXCEEDS_QUOTA", "",
		fmt.Sprintf("a %s has at most %d characters, this has %d (%s)", l.class, limit, size, l.rules.source), fix)
}

// elements checks which elements are there.
func (l *linter) elements() {
	s := l.statement
	switch s.Effect {
	case EffectAllow, EffectDeny:
	case "":
		l.add(SeverityError, "MISSING_EFFECT", "Effect", "the statement has no effect", "set it to Allow or Deny")
	default:
		l.add(SeverityError, "INVALID_EFFECT", "Effect", fmt.Sprintf("there is no effect %q", s.Effect), "write Allow or Deny, the case counts")
	}
	l.pair("Action", s.Actions != nil, s.NotActions != nil, required)
	l.pair("Resource", s.Resources != nil, s.NotResources != nil, l.rules.resource)
	l.pair("Principal", s.Principals != nil, s.NotPrincipals != nil, l.rules.principal)

	l.empty("Action", s.Actions != nil && len(s.Actions) == 0, false)
	l.empty("NotAction", s.NotActions != nil && len(s.NotActions) == 0, true)
	l.empty("Resource", s.Resources != nil && len(s.Resources) == 0, false)
	l.empty("NotResource", s.NotResources != nil && len(s.NotResources) == 0, true)
	l.empty("Principal", s.Principals != nil && len(s.Principals) == 0, false)
	l.empty("NotPrincipal", s.NotPrincipals != nil && len(s.NotPrincipals) == 0, true)
	if l.class == RCP {
		l.resourceControl()
	}
}

// pair checks for an element and its negation, of which a statement has one.
func (l *linter) pair(name string, plain, negated bool, rule presence) {
	upper := strings.ToUpper(name)
	switch {
	case plain && negated:
		l.add(SeverityError, "UNSUPPORTED_ELEMENT_COMBINATION", name, fmt.Sprintf("%s and Not%s exclude each other", name, name), "keep one of them")
	case (plain || negated) && rule == forbidden:
		element := name
		if negated {
			element = "Not" + name
		}
		l.add(SeverityError, "UNSUPPORTED_"+upper, element, fmt.Sprintf("a %s has no %s", l.class, element), "remove it")
	case !plain && !negated && rule == required:
		l.add(SeverityError, "MISSING_"+upper, name, fmt.Sprintf("a statement of a %s needs a %s", l.class, name), missingFix[name])
	}
}

var missingFix = map[string]string{
	"Action":    "name at least one action",
	"Resource":  `name the resources, or "*" (OnAny)`,
	"Principal": "name whom it is about (To)",
}

// empty reports a list without elements. With a negated element it says the opposite of what it looks like.
func (l *linter) empty(element string, is, negated bool) {
	switch {
	case is && negated:
		l.add(SeverityError, "EMPTY_ARRAY_"+strings.ToUpper(element), element, "an empty "+element+" excepts nothing, so the statement holds for everything", "fill the list or remove the statement")
	case is:
		l.add(SeverityWarning, "EMPTY_ARRAY_"+strings.ToUpper(element), element, "the list is empty, so the statement never applies", "fill the list or remove the statement")
	}
}

// resourceControl checks what only resource control policies ask for.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
func (l *linter) resourceControl() {
	s := l.statement
	if s.Effect == EffectAllow {
		l.add(SeverityError, "RCP_SYNTAX_ERROR_ALLOW", "Effect", "a resource control policy can only deny", "use Deny with the opposite conditions")
	}
	if s.NotPrincipals != nil || s.Principals != nil && !slices.Equal(canonicalPrincipals(slices.Clone(s.Principals)), []Principal{Anyone()}) {
		l.add(SeverityError, "RCP_SYNTAX_ERROR_PRINCIPAL", "Principal", `the only principal of a resource control policy is "*"`, "except principals with a condition on aws:PrincipalArn or aws:PrincipalOrgID")
	}
	if s.NotActions != nil {
		l.add(SeverityError, "RCP_SYNTAX_ERROR_NOT_ACTION", "NotAction", "a resource control policy takes no NotAction", "list the actions")
	}
	if slices.Contains(s.Actions, "*") {
		l.add(SeverityError, "RCP_SYNTAX_ERROR_ACTION_WILDCARD", "Action", `an action of a resource control policy names its service, "*" is not enough`, "write s3:*, sts:*, kms:*, sqs:*, secretsmanager:* or another service that takes such policies")
	}
}

func (l *linter) sid() {
	sid := l.statement.Sid
	if sid == "" {
		return
	}
	if slices.Contains(l.sids, sid) {
		severity, code := SeverityWarning, "UNIQUE_SIDS_RECOMMENDED"
		if l.rules.strictSids || l.class == TopicPolicy || l.class == QueuePolicy {
			severity, code = SeverityError, "UNIQUE_SIDS_REQUIRED"
		}
		l.add(severity, code, "Sid", fmt.Sprintf("another statement is named %q", sid), "give each its own Sid")
	}
	l.sids = append(l.sids, sid)
	isOther := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if l.rules.strictSids && !hasToken(sid) && strings.ContainsFunc(sid, isOther) {
		l.add(SeverityError, "UNSUPPORTED_SID", "Sid", fmt.Sprintf("the Sid %q has more than letters and digits", sid), "use A-Z, a-z and 0-9")
	}
}
