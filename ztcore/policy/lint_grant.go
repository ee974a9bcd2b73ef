package policy

import (
	"slices"
	"strings"
)

// grants looks for statements that allow more than is likely meant. A Deny is none, however wide.
func (l *linter) grants() {
	s := l.statement
	if s.Effect != EffectAllow {
		return
	}
	if s.NotPrincipals != nil {
		l.add(SeveritySecurity, "ALLOW_WITH_NOT_PRINCIPAL", "NotPrincipal", "everyone else is allowed, anonymous callers included", "name the principals, or deny with NotPrincipal")
	}
	switch {
	case l.class == TrustPolicy:
		l.trust()
	case l.class.grantsOnResource():
		l.resourceGrant()
	case l.class.grantsToHolder():
		l.holderGrant()
	}
}

// holderGrant checks what a policy gives the user, group or role that holds it.
func (l *linter) holderGrant() {
	s := l.statement
	if !slices.Contains(s.Resources, "*") {
		return
	}
	if len(s.Conditions) == 0 && (slices.Contains(s.Actions, "*") || slices.Contains(s.Actions, "*:*")) {
		l.add(SeveritySecurity, "FULL_ADMINISTRATOR", "Action", "every action on every resource is allowed", "name the actions and resources that are needed")
		return
	}
	if l.hasKey(func(key string) bool { return key == "iam:passedtoservice" || key == "iam:associatedresourcearn" }) {
		return
	}
	for _, a := range s.Actions {
		switch a = strings.ToLower(a); {
		case a == "iam:passrole":
			l.add(SeveritySecurity, "PASS_ROLE_WITH_STAR_IN_RESOURCE", "Resource", "any role may be passed, those of administrators included", "name the roles, or add a condition on iam:PassedToService")
		case strings.ContainsAny(a, "*?") && glob(a).matches("iam:passrole"):
			l.add(SeveritySecurity, "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "Action", "the wildcard covers iam:PassRole on any role", "name the actions, and the roles that may be passed")
		}
	}
}

// sourceKeys say on whose behalf a service calls.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
var sourceKeys = []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}

// resourceGrant checks whom a resource is opened to.
func (l *linter) resourceGrant() {
	s := l.statement
	if len(s.Conditions) == 0 && slices.ContainsFunc(s.Principals, Principal.isAnyone) {
		l.add(SeveritySecurity, "PUBLIC_ACCESS", "Principal", "anyone is allowed, anonymous callers included", "name the principals, or add a condition on aws:PrincipalOrgID")
	}
	isService := func(p Principal) bool { return p.Type == typeService }
	fromSource := func(key string) bool {
		// CloudWatch Logs tells its groups apart by the encryption context, not by a source.
		return slices.Contains(sourceKeys, key) || strings.HasPrefix(key, "kms:encryptioncontext:")
	}
	if slices.ContainsFunc(s.Principals, isService) && !l.hasKey(fromSource) {
		l.add(SeveritySecurity, "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", "Principal", "the service may be made to call on anyone's behalf", "add a condition on aws:SourceArn, aws:SourceAccount or aws:SourceOrgID")
	}
}

// trust checks who may assume a role.
func (l *linter) trust() {
	s := l.statement
	if len(s.Conditions) == 0 && slices.ContainsFunc(s.Principals, Principal.isAnyone) {
		l.add(SeveritySecurity, "PUBLIC_ACCESS", "Principal", "anyone in any account may assume the role", "name the principals, or add a condition on aws:PrincipalOrgID")
	}
	for _, p := range s.Principals {
		var want string
		switch {
		case p.Type != typeFederated:
			want = "sts:assumerole"
		case isSAML(p.ID):
			want = "sts:assumerolewithsaml"
		case isToken(p.ID):
			continue // of either kind
		default:
			want = "sts:assumerolewithwebidentity"
			l.webIdentity(p.ID)
		}
		if s.Actions != nil && !slices.ContainsFunc(s.Actions, func(a string) bool { return trustAction(a, want) }) {
			l.add(SeverityError, "MISMATCHED_ACTION_FOR_PRINCIPAL", "Action", "none of the actions is one by which "+p.ID+" assumes a role", "use the action that policy.Trust writes for it")
		}
	}
}

// trustAction reports whether an action serves principals that assume a role by the wanted one. Those that only add to
// a session (tags, source identity, context) serve all.
func trustAction(action, want string) bool {
	action = strings.ToLower(action)
	return glob(action).matches(want) || hasToken(action) || slices.Contains([]string{"sts:tagsession", "sts:setsourceidentity", "sts:setcontext"}, action)
}

// webIdentity asks for a condition that tells the tenants of a provider apart.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
func (l *linter) webIdentity(provider string) {
	shared := strings.Contains(provider, "token.actions.githubusercontent.com")
	ok := l.hasKey(func(key string) bool {
		return strings.HasSuffix(key, ":sub") || strings.HasSuffix(key, ":job_workflow_ref") || strings.HasSuffix(key, ":repository") ||
			!shared && (strings.HasSuffix(key, ":aud") || strings.HasSuffix(key, ":app_id"))
	})
	if !ok {
		l.add(SeveritySecurity, "WEB_IDENTITY_WITHOUT_SUBJECT", "Condition", "every identity of "+provider+" may assume the role, those of its other customers included", "add a condition on the provider's sub (and aud)")
	}
}

// hasKey reports whether a condition of the statement uses a key (in lower case) for which is holds.
func (l *linter) hasKey(is func(key string) bool) bool {
	return slices.ContainsFunc(l.statement.Conditions, func(c Condition) bool { return is(lower(c.Key)) })
}
