package policy

import (
	"slices"
	"strings"
)

// requester is the principal of a request with the forms in which policies name it.
type requester struct {
	kind    requesterKind
	id      string
	account string // "" if it has none
	role    string // name of the role of a session
}

type requesterKind string

// The kinds, by the value that aws:PrincipalType has for them where it has one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
const (
	kindRoot      requesterKind = "Account"
	kindUser      requesterKind = "User"
	kindRole      requesterKind = "AssumedRole"
	kindFedUser   requesterKind = "FederatedUser"
	kindAnonymous requesterKind = "Anonymous"
	kindService   requesterKind = "service"
	kindProvider  requesterKind = "provider"
)

// plannedAccount is the engine's token for the account that is planned against.
const plannedAccount = tokenStart + "account" + tokenEnd

func newRequester(id string) requester {
	who := requester{id: id}
	parts := splitN(id, ':', arnFields)
	switch {
	case id == "*":
		who.kind = kindAnonymous
	case accountRE.MatchString(id) || id == plannedAccount:
		who.kind, who.account = kindRoot, id
	case len(parts) == arnFields && (parts[2] == "iam" || parts[2] == "sts"):
		who.account = parts[4]
		typ, rest, _ := strings.Cut(parts[5], "/")
		switch typ {
		case "root":
			who.kind = kindRoot
		case "user":
			who.kind = kindUser
		case "federated-user":
			who.kind = kindFedUser
		case "assumed-role":
			who.kind = kindRole
			who.role, _, _ = strings.Cut(rest, "/")
		case "role":
			who.kind = kindRole
		default:
			who.kind = kindProvider // saml-provider, oidc-provider
		}
	case isToken(id):
		who.kind, who.account = kindRole, plannedAccount // a role that is made by the same plan
	case strings.HasSuffix(id, ".amazonaws.com") && !strings.HasPrefix(id, "cognito-identity."), strings.HasSuffix(id, ".amazonaws.com.cn"):
		who.kind = kindService
	default:
		who.kind = kindProvider
	}
	return who
}

// holdsPolicies reports whether identity policies and service control policies apply to the principal.
func (w requester) holdsPolicies() bool {
	switch w.kind {
	case kindRoot, kindUser, kindRole, kindFedUser:
		return true
	default:
		return false
	}
}

// grant is how a resource policy names a principal, which decides what else the principal needs.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
type grant int

const (
	grantNone    grant = iota
	grantAccount       // its account: that account's own policies decide
	grantLimited       // its role, or anyone: boundary and session policy still limit it
	grantFull          // the user, session, service or provider itself: nothing else has to allow
)

// named is how one entry of a statement names the principal.
func (w requester) named(p Principal) grant {
	if p.isAnyone() {
		switch w.kind {
		case kindUser, kindRole, kindFedUser:
			return grantLimited
		default:
			return grantFull
		}
	}
	account, isRoot := rootAccount(p.ID)
	if !isRoot {
		account = p.ID
	}
	switch {
	case p.Type == typeAWS && w.account != "" && account == w.account && w.kind == kindRoot:
		return grantFull
	case p.Type == typeAWS && w.account != "" && account == w.account && w.kind != kindProvider:
		return grantAccount
	case p.Type == typeAWS && w.role != "" && w.isRole(p.ID):
		return grantLimited
	case p.ID != w.id || (p.Type == typeService) != (w.kind == kindService) || (p.Type == typeFederated) != (w.kind == kindProvider):
		return grantNone
	case w.kind == kindRole && w.role == "":
		return grantLimited
	default:
		return grantFull
	}
}

// isRole reports whether an ARN is that of the session's role. A session's ARN leaves the role's path out; names are unique
// without it.
func (w requester) isRole(arn string) bool {
	parts := splitN(arn, ':', arnFields)
	return len(parts) == arnFields && parts[2] == "iam" && parts[4] == w.account &&
		strings.HasPrefix(parts[5], "role/") && strings.HasSuffix(parts[5], "/"+w.role)
}

// forms are the entries that have to be in a NotPrincipal to except the principal from a Deny: AWS matches each by
// itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (w requester) forms() []func(Principal) bool {
	itself := func(p Principal) bool { return p.isAnyone() || p.ID == w.id && w.named(p) >= grantLimited }
	account := func(p Principal) bool { return p.isAnyone() || w.named(p) == grantAccount }
	role := func(p Principal) bool { return p.isAnyone() || w.isRole(p.ID) }
	switch {
	case w.kind == kindRoot:
		return []func(Principal) bool{func(p Principal) bool { return w.named(p) == grantFull }}
	case w.role != "":
		return []func(Principal) bool{itself, role, account}
	case w.account != "" && w.kind != kindProvider:
		return []func(Principal) bool{itself, account}
	default:
		return []func(Principal) bool{itself}
	}
}

// principal is the verdict on whom a statement is about, and for an Allow how it names the principal.
func (e *evaluation) principal(s Statement) (verdict, grant) {
	list := s.Principals
	if s.NotPrincipals != nil {
		list = s.NotPrincipals
	}
	var open []string // entries whose tokens may come to name the principal
	for _, p := range list {
		if p.ID != e.who.id && (p.Type == typeAWS || p.Type == typeFederated) {
			open = append(open, tokens(p.ID)...)
		}
	}
	undecided := func() verdict {
		name := "principal\x00" + strings.Join(sortedSet(open), "\x00")
		return verdict{open: true, term: term{atom: e.atoms.add(name, atom{keys: open})}}
	}
	if s.NotPrincipals != nil {
		return e.notPrincipal(s, len(open) > 0, undecided)
	}
	best := grantNone
	for _, p := range list {
		best = max(best, e.who.named(p))
	}
	if best == grantNone && len(open) > 0 {
		return undecided(), grantLimited
	}
	return verdict{holds: best > grantNone}, best
}

func (e *evaluation) notPrincipal(s Statement, open bool, undecided func() verdict) (verdict, grant) {
	listed := 0
	forms := e.who.forms()
	for _, form := range forms {
		if slices.ContainsFunc(s.NotPrincipals, form) {
			listed++
		}
	}
	excepted := listed == len(forms)
	if s.Effect == EffectAllow {
		excepted = listed > 0
	}
	if !excepted && open {
		return undecided().not(), grantLimited
	}
	return verdict{holds: !excepted}, grantLimited
}
