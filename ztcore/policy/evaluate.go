package policy

import (
	"fmt"
	"strings"
)

// Request is what a principal asks of AWS.
type Request struct {
	// Principal is the ARN of a user, role, role session, federated user or of an account's root (or its 12 digits), a service
	// principal, the ARN or name of an identity provider, or "*" for an anonymous caller. A role's ARN stands for each of
	// its sessions.
	Principal string
	Action    string // s3:GetObject
	Resource  string // an ARN, or "*" for actions that have none

	// Context has the condition keys of the request, in any case. A key with no values is known to be absent; one that
	// is not in the map is not known, unless Complete is set. What follows from Principal and Resource need not be given:
	// aws:PrincipalArn (unless the principal is a session, whose role may have a path), aws:PrincipalAccount, aws:PrincipalType,
	// aws:PrincipalIsAWSService, aws:username, aws:ResourceAccount.
	Context  map[string][]string
	Complete bool // Context has all keys of the request: others are absent
}

// Policies are all that bear on a request.
type Policies struct {
	Identity []Document // of the principal: its own and its groups'
	Resource []Document // of the resource; for sts:AssumeRole the role's trust policy
	Boundary []Document // nil if the principal has none
	Session  []Document // nil if the session was made without
	// SCP has the service control policies that are attached to the organization's root, to each unit on the way down and to
	// the principal's account: a list for each, every one of which has to allow. Nil if there are none, as in the management account.
	SCP [][]Document
	// RCP has the resource control policies of the resource's account. They only deny: AWS attaches its own that allows, for good.
	RCP []Document
}

// Outcome is what a decision comes to.
type Outcome string

// The outcomes.
const (
	Allowed   Outcome = "allowed"
	Denied    Outcome = "denied"
	Undecided Outcome = "undecided" // it depends on what the request's context does not tell
)

// Layer is a kind of policy that takes part in a decision.
type Layer string

// The layers. LayerNone decides for the account's root, who needs no policy.
const (
	LayerNone     Layer = ""
	LayerIdentity Layer = "identity policy"
	LayerResource Layer = "resource policy"
	LayerBoundary Layer = "permissions boundary"
	LayerSession  Layer = "session policy"
	LayerSCP      Layer = "service control policy"
	LayerRCP      Layer = "resource control policy"
)

// Decision says whether a request is allowed, and by what.
type Decision struct {
	Outcome Outcome
	// Keys are what Undecided depends on, sorted: condition keys in lower case, and tokens that are not replaced yet.
	Keys []string
	// Layer decided. A denial with Statement -1 is implicit: no statement of the layer allows.
	Layer Layer
	// Document is the index in the layer's list (through all lists, for SCPs) and Statement the one in the document; -1
	// if no statement decided.
	Document  int
	Statement int
	Sid       string
}

// String is the decision in one line.
func (d Decision) String() string {
	switch {
	case d.Outcome == Undecided:
		return "undecided: depends on " + strings.Join(d.Keys, ", ")
	case d.Statement >= 0 && d.Sid != "":
		return fmt.Sprintf("%s by %s %d, statement %d (%s)", d.Outcome, d.Layer, d.Document, d.Statement, d.Sid)
	case d.Statement >= 0:
		return fmt.Sprintf("%s by %s %d, statement %d", d.Outcome, d.Layer, d.Document, d.Statement)
	case d.Outcome == Denied:
		return fmt.Sprintf("denied: no %s allows it", d.Layer)
	default:
		return "allowed: the account's root needs no policy"
	}
}

// Evaluate decides a request as AWS documents it: an explicit deny anywhere wins; service control policies, boundary and session
// policy have to allow; within an account, identity and resource policies together have to (for a KMS key and a
// role to be assumed, the resource's policy in any case); across accounts, both. The accounts are those in the ARNs or
// in aws:PrincipalAccount and aws:ResourceAccount; a resource without is taken to be in the principal's.
//
// Nothing is left out silently: an unknown condition operator, or a statement that AWS would not take, is an error.
// Service-linked roles, whom no SCP or RCP binds, are not told apart.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
func Evaluate(request Request, policies Policies) (Decision, error) {
	if request.Action == "" || request.Resource == "" || request.Principal == "" {
		return Decision{}, fmt.Errorf("policy: a request needs a principal, an action and a resource (\"*\" if it has none), this has %q, %q, %q", request.Principal, request.Action, request.Resource)
	}
	e := evaluation{
		request: request,
		who:     newRequester(request.Principal),
		known:   map[string][]string{},
		atoms:   atomTable{index: map[string]int{}},
		levels:  len(policies.SCP),
		bounded: policies.Boundary != nil,
		session: policies.Session != nil,
	}
	e.context()
	if err := e.compile(policies); err != nil {
		return Decision{}, err
	}
	return e.overUnknowns(), nil
}

// evaluation is the state of one call of Evaluate.
type evaluation struct {
	request  Request
	who      requester
	known    map[string][]string // the context by folded key; no values means absent
	atoms    atomTable
	rules    []rule
	levels   int // of service control policies
	bounded  bool
	session  bool
	sameHome verdict // principal and resource are in one account
}

// rule is a statement whose action, resource and principal may fit the request.
type rule struct {
	layer    Layer
	level    int // for service control policies
	document int
	index    int
	sid      string
	allow    bool
	grant    grant  // how an Allow of a resource policy names the principal
	terms    []term // what else must hold
}

// term is an atom or its negation.
type term struct {
	atom   int
	negate bool
}

// compile turns the statements that can apply into rules.
func (e *evaluation) compile(p Policies) error {
	type list struct {
		layer     Layer
		level     int
		first     int
		documents []Document
	}
	all := []list{{layer: LayerResource, documents: p.Resource}, {layer: LayerRCP, documents: p.RCP}}
	if e.who.holdsPolicies() {
		all = append(all, list{layer: LayerIdentity, documents: p.Identity}, list{layer: LayerBoundary, documents: p.Boundary}, list{layer: LayerSession, documents: p.Session})
		first := 0
		for i, documents := range p.SCP {
			all = append(all, list{layer: LayerSCP, level: i, first: first, documents: documents})
			first += len(documents)
		}
	}
	for _, l := range all {
		for i, d := range l.documents {
			for j, s := range d.Statements {
				r := rule{layer: l.layer, level: l.level, document: l.first + i, index: j, sid: s.Sid, allow: s.Effect == EffectAllow}
				applies, err := e.statement(&r, d, s)
				if err != nil {
					return fmt.Errorf("policy: %s %d, Statement[%d]: %w", l.layer, r.document, j, err)
				}
				if applies {
					e.rules = append(e.rules, r)
				}
			}
		}
	}
	return nil
}

// statement fills in what a rule needs to hold, and reports whether it can.
func (e *evaluation) statement(r *rule, d Document, s Statement) (bool, error) {
	if err := s.wellFormed(r.layer); err != nil {
		return false, err
	}
	version := d.Version
	if version == "" {
		version = Version2012
	}
	applies := true
	need := func(v verdict) {
		switch {
		case v.open:
			r.terms = append(r.terms, v.term)
		case !v.holds:
			applies = false
		}
	}
	if s.Principals != nil || s.NotPrincipals != nil {
		var v verdict
		v, r.grant = e.principal(s)
		need(v)
	}
	need(e.action(s))
	need(e.resourceFits(s, version))
	for _, c := range mergeConditions(s.Conditions) { // all are looked at, so that an unknown operator is an error
		op, ok := parseOperator(c.Operator)
		if !ok {
			return false, fmt.Errorf("unknown condition operator %q", c.Operator)
		}
		need(e.condition(op, c, version))
	}
	return applies, nil
}

// wellFormed reports what makes a statement impossible to evaluate.
func (s Statement) wellFormed(layer Layer) error {
	named := s.Principals != nil || s.NotPrincipals != nil
	switch {
	case s.Effect != EffectAllow && s.Effect != EffectDeny:
		return fmt.Errorf("effect %q is neither Allow nor Deny", s.Effect)
	case (s.Actions == nil) == (s.NotActions == nil):
		return fmt.Errorf("it needs either Action or NotAction")
	case s.Resources != nil && s.NotResources != nil:
		return fmt.Errorf("it has both Resource and NotResource")
	case s.Principals != nil && s.NotPrincipals != nil:
		return fmt.Errorf("it has both Principal and NotPrincipal")
	case layer != LayerResource && s.Resources == nil && s.NotResources == nil:
		return fmt.Errorf("it needs a Resource or NotResource")
	case named != (layer == LayerResource || layer == LayerRCP):
		if named {
			return fmt.Errorf("no %s has a Principal", layer)
		}
		return fmt.Errorf("it needs a Principal")
	case layer == LayerRCP && s.Effect == EffectAllow && len(s.Conditions) > 0:
		return fmt.Errorf("a resource control policy cannot allow under conditions")
	default:
		return nil
	}
}

// verdict is what is known of one part of a statement: it holds or not, or that is open and hangs on a term.
type verdict struct {
	holds bool
	open  bool
	term  term
}

func (v verdict) not() verdict {
	v.holds = !v.holds
	v.term.negate = !v.term.negate
	return v
}

func (e *evaluation) action(s Statement) verdict {
	list, negate := s.Actions, false
	if s.NotActions != nil {
		list, negate = s.NotActions, true
	}
	asked := strings.ToLower(e.request.Action)
	v := e.anyFits("action", list, func(text string) (bool, []string) {
		return glob(lower(text)).matches(asked), tokens(text)
	})
	if negate {
		return v.not()
	}
	return v
}

func (e *evaluation) resourceFits(s Statement, version string) verdict {
	list, negate := s.Resources, false
	switch {
	case s.NotResources != nil:
		list, negate = s.NotResources, true
	case s.Resources == nil:
		return verdict{holds: true} // a trust policy, or a resource policy of a service that asks for none
	}
	v := e.anyFits("resource", list, func(text string) (bool, []string) {
		p, unknown, ok := e.resolve(text, version, true)
		return ok && p.matchesARN(e.request.Resource), append(unknown, tokens(text)...)
	})
	if negate {
		return v.not()
	}
	return v
}

// anyFits is the verdict on a list of which one has to fit. What does not fit as it stands, but holds something
// unknown, leaves it open.
func (e *evaluation) anyFits(what string, list []string, fits func(string) (ok bool, unknown []string)) verdict {
	var open, keys []string
	for _, text := range list {
		ok, unknown := fits(text)
		if ok {
			return verdict{holds: true}
		}
		if len(unknown) > 0 {
			open, keys = append(open, text), append(keys, unknown...)
		}
	}
	if len(open) == 0 {
		return verdict{}
	}
	name := what + "\x00" + strings.Join(sortedSet(open), "\x00")
	return verdict{open: true, term: term{atom: e.atoms.add(name, atom{keys: keys})}}
}
