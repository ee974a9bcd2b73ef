package resourcepolicy

import (
	"net/netip"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// narrowing are the condition keys that make a statement for everybody non-public, when their values are fixed.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
var narrowing = map[string]bool{
	"aws:principalarn": true, "aws:principalorgid": true, "aws:principalorgpaths": true, "aws:principalaccount": true,
	"aws:principalserviceorgid": true, "aws:sourcearn": true, "aws:sourceaccount": true, "aws:sourceorgid": true, "aws:sourceorgpaths": true,
	"aws:sourcevpc": true, "aws:sourcevpce": true, "aws:sourceowner": true, "aws:userid": true, "aws:sourceip": true,
	"s3:dataaccesspointarn": true, "s3:dataaccesspointaccount": true, "s3:x-amz-server-side-encryption-aws-kms-key-id": true,
}

// Public reports whether AWS calls the policy public: a statement allows everybody, and no condition with fixed values
// narrows that.
func (d *Document) Public() bool {
	for _, st := range d.Statements {
		everybody := len(st.NotPrincipals) > 0 || isAnyOf(st.Principals, []string{"*"})
		if st.Effect == policy.EffectAllow && everybody && !narrowed(st.Conditions) {
			return true
		}
	}
	return false
}

func narrowed(conditions []policy.Condition) bool {
	for _, c := range conditions {
		op, key := strings.ToLower(c.Operator), strings.ToLower(c.Key)
		if strings.HasSuffix(op, "ifexists") || strings.Contains(op, "not") || strings.HasPrefix(op, "null") {
			continue
		}
		if narrowing[key] && fixed(key, c.Values) {
			return true
		}
	}
	return false
}

func fixed(key string, values []string) bool {
	for _, v := range values {
		if key == "aws:sourceip" {
			if p, err := netip.ParsePrefix(v); err == nil && (p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 32) {
				return false
			}
			continue
		}
		// A wildcard after the account of an ARN still leaves the owner fixed.
		if i := strings.IndexAny(v, "*?"); i >= 0 && strings.Count(v[:i], ":") < 5 {
			return false
		}
	}
	return len(values) > 0
}

// Allows reports whether the document lets caller do action on resource directly: some statement allows it and none denies
// it. Where the document trusts the caller's account, the caller is taken to have the permission from IAM. A condition
// counts as met only if it is on the caller's ARN or account; any other is unknown, and allows nothing and denies nothing.
func (d *Document) Allows(caller fakeaws.Caller, action, resource string) bool {
	allowed := false
	for _, st := range d.Statements {
		if !covers(st, caller, action, resource) {
			continue
		}
		if st.Effect == policy.EffectDeny {
			return false
		}
		allowed = true
	}
	return allowed
}

func covers(st policy.Statement, caller fakeaws.Caller, action, resource string) bool {
	who := names(caller)
	switch {
	case len(st.Actions)+len(st.NotActions) == 0, len(st.Resources)+len(st.NotResources) == 0:
		return false
	case len(st.Principals) > 0 && !isAnyOf(st.Principals, who):
		return false
	case len(st.NotPrincipals) > 0 && isAnyOf(st.NotPrincipals, who):
		return false
	case len(st.Actions) > 0 && !matchesAny(lower(st.Actions), strings.ToLower(action)):
		return false
	case len(st.NotActions) > 0 && matchesAny(lower(st.NotActions), strings.ToLower(action)):
		return false
	case len(st.Resources) > 0 && !matchesAny(st.Resources, resource):
		return false
	case len(st.NotResources) > 0 && matchesAny(st.NotResources, resource):
		return false
	}
	for _, c := range st.Conditions {
		if !met(caller, strings.ToLower(c.Operator), strings.ToLower(c.Key), c.Values) {
			return false
		}
	}
	return true
}

// names are the principals that stand for a caller. The ARN of an assumed role lacks the role's path, so the
// role is known by the end of its ARN.
func names(caller fakeaws.Caller) []string {
	out := []string{"*", caller.Account, caller.ARN, caller.UserID}
	if parts := strings.Split(caller.ARN, ":"); len(parts) == 6 {
		out = append(out, "arn:"+parts[1]+":iam::"+caller.Account+":root")
	}
	if id, _, ok := strings.Cut(caller.UserID, ":"); ok {
		out = append(out, id)
	}
	return out
}

func isAnyOf(principals []policy.Principal, who []string) bool {
	for _, p := range principals {
		if p.Type != "AWS" && p.Type != "*" {
			continue
		}
		for _, w := range who {
			if p.ID == w || isRoleOf(p.ID, w) {
				return true
			}
		}
	}
	return false
}

// isRoleOf reports whether session is an assumed-role session of the role with this ARN.
func isRoleOf(role, session string) bool {
	s, r := strings.Split(session, ":"), strings.Split(role, ":")
	if len(s) != 6 || len(r) != 6 || s[4] != r[4] || !strings.HasPrefix(s[5], "assumed-role/") || !strings.HasPrefix(r[5], "role/") {
		return false
	}
	return strings.Split(s[5], "/")[1] == r[5][strings.LastIndex(r[5], "/")+1:]
}

func met(caller fakeaws.Caller, op, key string, values []string) bool {
	var is string
	switch key {
	case "aws:principalarn":
		is = caller.ARN
	case "aws:principalaccount", "kms:calleraccount":
		is = caller.Account
	default:
		return false
	}
	hit := matchesAny(values, is)
	for _, v := range values {
		hit = hit || isRoleOf(v, is)
	}
	switch strings.TrimSuffix(op, "ifexists") {
	case "stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase":
		return hit
	case "stringnotequals", "stringnotlike", "arnnotequals", "arnnotlike":
		return !hit
	}
	return false
}

func matchesAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if Match(p, s) {
			return true
		}
	}
	return false
}

// Match compares s with a pattern of the policy language: * stands for any characters, ? for one.
func Match(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func lower(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.ToLower(s)
	}
	return out
}
