package exposure

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// permits are policy documents that bear on one identity or one resource.
type permits struct {
	identity []string // documents of a user or role
	boundary []string
	resource []string // documents of a resource; for a role its trust policy
	scp      []string // documents of one level of an organization
	self     string   // ARN of the identity, or of the resource
	attached []string // AWS's own policies
	empty    bool     // of a unit: no account is in it
	fresh    bool     // the resource is new: only who has nothing from identity policies is asked about
}

// unused reports a unit of an organization that no account is in.
func (p permits) unused() bool { return p.empty }

func (p permits) text() string {
	out, _ := json.Marshal([]any{p.identity, p.boundary, p.resource, p.scp, p.attached})
	return string(out)
}

// request is a probe in parts.
type request struct {
	Principal, Action, Resource string
	Trusted                     bool // by an identity policy that allows everything
}

func (p permits) probe(into map[string]bool) {
	for _, a := range p.attached {
		into["attached "+a] = true
	}
	principals, actions, resources := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, list := range [][]string{p.identity, p.boundary, p.resource, p.scp} {
		for _, text := range list {
			for _, s := range document(text).Statements {
				for _, who := range append(s.Principals, s.NotPrincipals...) {
					principals[concrete(who)] = true
				}
				for _, a := range append(s.Actions, s.NotActions...) {
					actions[action(a)] = true
				}
				for _, r := range append(s.Resources, s.NotResources...) {
					resources[p.concrete(r)] = true
				}
			}
		}
	}
	if len(p.resource) > 0 {
		principals[ownRole], principals[foreignRole] = true, true
		resources[p.self] = true
	} else {
		principals = map[string]bool{p.self: true}
		resources["*"] = true
	}
	assumptions := []bool{false}
	if len(p.resource) > 0 {
		assumptions = []bool{false, true}
	}
	for who := range principals {
		for a := range actions {
			for r := range resources {
				for _, trusted := range assumptions {
					text, _ := json.Marshal(request{who, a, r, trusted})
					into[string(text)] = true
				}
			}
		}
	}
}

const (
	ownRole     = "arn:aws:iam::123456789012:role/somebody"
	foreignRole = "arn:aws:iam::999999999999:role/somebody"
)

// concrete is somebody whom a principal element matches.
func concrete(p policy.Principal) string {
	switch {
	case p.Type == "*" || p.ID == "*":
		return foreignRole
	case p.Type == "AWS" && !strings.HasPrefix(p.ID, "arn:"):
		return "arn:aws:iam::" + p.ID + ":role/somebody"
	case p.Type == "AWS" && strings.HasSuffix(p.ID, ":root"):
		return strings.TrimSuffix(p.ID, "root") + "role/somebody"
	}
	return p.ID
}

// action is one that a pattern matches.
func action(pattern string) string {
	if pattern == "*" {
		return "iam:CreateUser"
	}
	return wild.Replace(pattern)
}

func (p permits) concrete(pattern string) string {
	if pattern == "*" {
		return p.self
	}
	return wild.Replace(pattern)
}

var wild = strings.NewReplacer("*", "x", "?", "x")

func (p permits) allows(probe string) int {
	if arn, ok := strings.CutPrefix(probe, "attached "); ok {
		return facts(p.attached).allows(arn)
	}
	var r request
	if err := json.Unmarshal([]byte(probe), &r); err != nil {
		return 0
	}
	if p.fresh && r.Trusted {
		return 0
	}
	return p.decide(r)
}

func (p permits) decide(r request) int {
	key := p.text() + "\x00" + r.Principal + "\x00" + r.Action + "\x00" + r.Resource
	if r.Trusted {
		key += "\x00trusted"
	}
	if known, ok := decided.Load(key); ok {
		return known.(int)
	}
	in := policy.Policies{Identity: documents(p.identity), Resource: documents(p.resource)}
	if len(p.boundary) > 0 {
		in.Boundary = documents(p.boundary)
	}
	if len(p.scp) > 0 {
		in.SCP = [][]policy.Document{documents(p.scp)}
	}
	if r.Trusted || len(p.attached) > 0 { // what AWS's own policies allow is not known here: everything, so that each deny counts
		in.Identity = append(in.Identity, policy.Allow("*").On("*"))
	}
	out := 0
	d, err := policy.Evaluate(policy.Request{Principal: r.Principal, Action: r.Action, Resource: r.Resource}, in)
	switch {
	case err != nil:
		panic("exposure: " + err.Error())
	case d.Outcome == policy.Allowed:
		out = 2
	case d.Outcome == policy.Undecided:
		out = 1
	}
	decided.Store(key, out)
	return out
}

// decided remembers decisions, for sweeps ask the same thing thousands of times.
var decided sync.Map

var parsed sync.Map

func document(text string) policy.Document {
	if d, ok := parsed.Load(text); ok {
		return d.(policy.Document)
	}
	d, err := policy.Parse(text)
	if err != nil {
		panic("exposure: the fake holds a policy that can't be read: " + err.Error())
	}
	parsed.Store(text, d)
	return d
}

func documents(texts []string) []policy.Document {
	out := []policy.Document{}
	for _, t := range texts {
		out = append(out, document(t))
	}
	return out
}
