package policy

import (
	"slices"
	"strings"
)

// denyOrder is the order in which an explicit deny is looked for. Any wins; the first is named.
var denyOrder = []Layer{LayerSCP, LayerRCP, LayerResource, LayerIdentity, LayerBoundary, LayerSession}

// decide evaluates the request with all questions answered.
func (e *evaluation) decide(answers []bool) Decision {
	sameAccount := e.sameHome.holds
	if e.sameHome.open {
		sameAccount = answers[e.sameHome.term.atom]
	}
	holds := func(r rule) bool {
		return !slices.ContainsFunc(r.terms, func(t term) bool { return answers[t.atom] == t.negate })
	}
	find := func(is func(rule) bool) *rule {
		for i, r := range e.rules {
			if is(r) && holds(r) {
				return &e.rules[i]
			}
		}
		return nil
	}
	for _, layer := range denyOrder {
		if r := find(func(r rule) bool { return r.layer == layer && !r.allow }); r != nil && !(sameAccount && e.rootKeepsBucket(layer)) {
			return r.decision(Denied)
		}
	}
	allow := func(layer Layer) *rule { return find(func(r rule) bool { return r.layer == layer && r.allow }) }

	resource, named := (*rule)(nil), grantNone
	for i, r := range e.rules {
		if r.layer == LayerResource && r.allow && r.grant > named && holds(r) {
			resource, named = &e.rules[i], r.grant
		}
	}
	if !e.who.holdsPolicies() {
		if named < grantLimited {
			return implicit(LayerResource)
		}
		return resource.decision(Allowed)
	}
	for level := range e.levels {
		if find(func(r rule) bool { return r.layer == LayerSCP && r.level == level && r.allow }) == nil {
			return implicit(LayerSCP)
		}
	}
	if named == grantNone && (!sameAccount || e.resourceDecides()) {
		return implicit(LayerResource)
	}
	if named == grantFull && sameAccount {
		return resource.decision(Allowed)
	}
	if e.who.kind == kindRoot {
		if resource != nil {
			return resource.decision(Allowed)
		}
		return Decision{Outcome: Allowed, Document: -1, Statement: -1}
	}
	decisive := allow(LayerIdentity)
	if named == grantLimited && sameAccount {
		decisive = resource
	}
	if decisive == nil {
		return implicit(LayerIdentity)
	}
	if e.bounded && allow(LayerBoundary) == nil {
		return implicit(LayerBoundary)
	}
	if e.session && allow(LayerSession) == nil {
		return implicit(LayerSession)
	}
	return decisive.decision(Allowed)
}

// rootKeepsBucket reports whether a deny in the policy of a bucket in the root's account is without effect: the root can
// always read, write and delete that policy.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func (e *evaluation) rootKeepsBucket(layer Layer) bool {
	if layer != LayerResource || e.who.kind != kindRoot {
		return false
	}
	switch strings.ToLower(e.request.Action) {
	case "s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy":
		return true
	default:
		return false
	}
}

// resourceDecides reports whether identity policies count only if the resource's policy lets them, even within one
// account: for KMS keys and for roles to be assumed.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
func (e *evaluation) resourceDecides() bool {
	action := strings.ToLower(e.request.Action)
	return strings.HasPrefix(action, "sts:assumerole") || strings.HasPrefix(action, "kms:") && strings.Contains(e.request.Resource, ":key/")
}

func (r *rule) decision(o Outcome) Decision {
	return Decision{Outcome: o, Layer: r.layer, Document: r.document, Statement: r.index, Sid: r.sid}
}

// implicit is the denial of a layer that has no statement to allow.
func implicit(layer Layer) Decision {
	return Decision{Outcome: Denied, Layer: layer, Document: -1, Statement: -1}
}

// KeepsAccess decides whether a principal can still do something to a resource (change its policy back, say) once the
// resource has this policy. The principal is taken to be one whom its own account's policies let do anything and who uses
// TLS; context adds what else is known of its requests.
//
//	decision, err := bucketPolicy.KeepsAccess(deployer, "s3:PutBucketPolicy", "arn:aws:s3:::acme", nil)
//
// Denied is a lock-out. Undecided means that it depends on how the principal calls, as on its address.
func (d Document) KeepsAccess(principal, action, resource string, context map[string][]string) (Decision, error) {
	known := map[string][]string{"aws:securetransport": {"true"}}
	for key, values := range context {
		known[strings.ToLower(key)] = values
	}
	return Evaluate(
		Request{Principal: principal, Action: action, Resource: resource, Context: known},
		Policies{Resource: []Document{d}, Identity: []Document{Allow("*").OnAny()}},
	)
}
