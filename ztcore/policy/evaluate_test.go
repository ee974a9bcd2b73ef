package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const (
	user     = "arn:aws:iam::123456789012:user/team/Ada"
	session  = "arn:aws:sts::123456789012:assumed-role/R/s1"
	root     = "arn:aws:iam::123456789012:root"
	foreign  = "arn:aws:iam::210987654321:role/F"
	object   = "arn:aws:s3:::acme/a"
	key      = "arn:aws:kms:us-east-1:123456789012:key/1"
	roleName = "arn:aws:iam::123456789012:role/Target"
)

type docs = []policy.Document

var (
	read      = policy.Allow("s3:GetObject").On("arn:aws:s3:::acme/*")
	anything  = policy.Allow("*").OnAny()
	denyRead  = policy.Deny("s3:Get*").OnAny().Named("NoRead")
	nothing   = policy.Allow("ec2:DescribeVpcs").OnAny()
	grantTo   = func(p ...policy.Principal) policy.Document { return read.To(p...) }
	onKey     = func(p ...policy.Principal) policy.Document { return policy.Allow("kms:*").OnAny().To(p...) }
	fullSCP   = docs{anything}
	byDefault = policy.Request{Principal: role, Action: "s3:GetObject", Resource: object, Complete: true}
)

func as(principal string) policy.Request {
	r := byDefault
	r.Principal = principal
	return r
}

func asking(principal, action, resource string) policy.Request {
	return policy.Request{Principal: principal, Action: action, Resource: resource, Complete: true}
}

// TestEvaluateFollowsTheLogicOfAWS argues each result from
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
// unless a case names another page.
func TestEvaluateFollowsTheLogicOfAWS(t *testing.T) {
	for _, c := range []struct {
		name     string
		request  policy.Request
		policies policy.Policies
		want     string
	}{
		{"implicit deny by default", byDefault, policy.Policies{}, "denied: no identity policy allows it"},
		{"identity policy", byDefault, policy.Policies{Identity: docs{nothing, read}}, "allowed by identity policy 1, statement 0"},
		{"explicit deny wins", byDefault, policy.Policies{Identity: docs{anything, denyRead}}, "denied by identity policy 1, statement 0 (NoRead)"},
		{"explicit deny of a resource policy", byDefault, policy.Policies{Identity: docs{anything}, Resource: docs{denyRead.To(policy.Anyone())}}, "denied by resource policy 0, statement 0 (NoRead)"},
		{"union within an account: the resource policy alone", byDefault, policy.Policies{Resource: docs{grantTo(policy.AWS(role))}}, "allowed by resource policy 0, statement 0"},
		{"an account as principal leaves it to the account's policies", byDefault, policy.Policies{Resource: docs{grantTo(policy.Account("123456789012"))}}, "denied: no identity policy allows it"},
		{"another role's grant", byDefault, policy.Policies{Resource: docs{grantTo(policy.AWS(role + "2"))}}, "denied: no identity policy allows it"},

		{"boundary limits", byDefault, policy.Policies{Identity: docs{anything}, Boundary: docs{nothing}}, "denied: no permissions boundary allows it"},
		{"boundary grants nothing", byDefault, policy.Policies{Boundary: docs{anything}}, "denied: no identity policy allows it"},
		{"session policy limits", as(session), policy.Policies{Identity: docs{anything}, Session: docs{nothing}}, "denied: no session policy allows it"},
		{"a role's ARN in a resource policy is limited by the boundary", byDefault, policy.Policies{Resource: docs{grantTo(policy.AWS(role))}, Boundary: docs{nothing}}, "denied: no permissions boundary allows it"},
		{"a role's ARN in a resource policy is limited by the session policy", as(session), policy.Policies{Resource: docs{grantTo(policy.AWS(role))}, Session: docs{nothing}}, "denied: no session policy allows it"},
		{"a session's ARN is not", as(session), policy.Policies{Resource: docs{grantTo(policy.AWS(session))}, Session: docs{nothing}, Boundary: docs{nothing}}, "allowed by resource policy 0, statement 0"},
		{"a user's ARN is not", as(user), policy.Policies{Resource: docs{grantTo(policy.AWS(user))}, Boundary: docs{nothing}}, "allowed by resource policy 0, statement 0"},
		{"a session is its role, whatever the role's path", as(session), policy.Policies{Resource: docs{grantTo(policy.AWS("arn:aws:iam::123456789012:role/path/R"))}}, "allowed by resource policy 0, statement 0"},
		{"an explicit deny of the boundary", as(user), policy.Policies{Resource: docs{grantTo(policy.AWS(user))}, Boundary: docs{anything, denyRead}}, "denied by permissions boundary 1, statement 0 (NoRead)"},

		// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
		{"every level has to allow", byDefault, policy.Policies{Identity: docs{anything}, SCP: []docs{fullSCP, {nothing}, fullSCP}}, "denied: no service control policy allows it"},
		{"a level without policies allows nothing", byDefault, policy.Policies{Identity: docs{anything}, SCP: []docs{fullSCP, nil}}, "denied: no service control policy allows it"},
		{"policies of all levels", byDefault, policy.Policies{Identity: docs{anything}, SCP: []docs{fullSCP, {nothing, read}}}, "allowed by identity policy 0, statement 0"},
		{"a deny at any level", byDefault, policy.Policies{Identity: docs{anything}, SCP: []docs{fullSCP, {anything, denyRead}}}, "denied by service control policy 2, statement 0 (NoRead)"},
		{"service control policies grant nothing", byDefault, policy.Policies{SCP: []docs{fullSCP}}, "denied: no identity policy allows it"},
		{"they bind a root", as(root), policy.Policies{SCP: []docs{{anything, denyRead}}}, "denied by service control policy 1, statement 0 (NoRead)"},
		{"they do not bind services", as("cloudtrail.amazonaws.com"), policy.Policies{Resource: docs{grantTo(policy.Service("cloudtrail.amazonaws.com"))}, SCP: []docs{{denyRead}}}, "allowed by resource policy 0, statement 0"},
		{"a resource control policy denies", byDefault, policy.Policies{Identity: docs{anything}, RCP: docs{denyRead.To(policy.Anyone())}}, "denied by resource control policy 0, statement 0 (NoRead)"},
		{"and needs not allow", byDefault, policy.Policies{Identity: docs{anything}, RCP: docs{policy.Deny("kms:*").OnAny().To(policy.Anyone())}}, "allowed by identity policy 0, statement 0"},

		{"a root needs no policy", as(root), policy.Policies{}, "allowed: the account's root needs no policy"},
		{"a root by its account id", as("123456789012"), policy.Policies{Resource: docs{grantTo(policy.AWS(root))}}, "allowed by resource policy 0, statement 0"},
		{"a root is denied by a bucket policy", as(root), policy.Policies{Resource: docs{denyRead.To(policy.Anyone())}}, "denied by resource policy 0, statement 0 (NoRead)"},
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
		{"but not from the bucket's policy itself", asking(root, "s3:PutBucketPolicy", "arn:aws:s3:::acme"), policy.Policies{Resource: docs{policy.Deny("s3:*").OnAny().To(policy.Anyone())}}, "allowed: the account's root needs no policy"},

		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
		{"across accounts both have to allow: identity alone", asking(foreign, "sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q"), policy.Policies{Identity: docs{anything}}, "denied: no resource policy allows it"},
		{"across accounts both have to allow: resource alone", asking(foreign, "kms:Decrypt", key), policy.Policies{Resource: docs{onKey(policy.AWS(foreign))}}, "denied: no identity policy allows it"},
		{"across accounts both have to allow: both", asking(foreign, "kms:Decrypt", key), policy.Policies{Resource: docs{onKey(policy.Account("210987654321"))}, Identity: docs{anything}}, "allowed by identity policy 0, statement 0"},
		{"across accounts the boundary limits a user named by ARN", asking("arn:aws:iam::210987654321:user/U", "kms:Decrypt", key),
			policy.Policies{Resource: docs{onKey(policy.AWS("arn:aws:iam::210987654321:user/U"))}, Identity: docs{anything}, Boundary: docs{nothing}}, "denied: no permissions boundary allows it"},
		{"the bucket's account is told by the context", policy.Request{Principal: foreign, Action: "s3:GetObject", Resource: object, Context: map[string][]string{"aws:ResourceAccount": {"123456789012"}}, Complete: true},
			policy.Policies{Identity: docs{anything}}, "denied: no resource policy allows it"},

		{"across accounts a root needs the resource policy", asking("arn:aws:iam::210987654321:root", "kms:Decrypt", key), policy.Policies{Resource: docs{onKey(policy.Account("210987654321"))}}, "allowed by resource policy 0, statement 0"},
		{"whether an account that is not known yet is the principal's", asking(role, "sqs:SendMessage", "arn:aws:sqs:{{zt:region}}:{{zt:account}}:q"),
			policy.Policies{Identity: docs{policy.Allow("sqs:*").On("arn:aws:sqs:{{zt:region}}:{{zt:account}}:q")}}, "undecided: depends on {{zt:account}}"},

		// https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
		{"a key's policy has to let identity policies count", asking(role, "kms:Decrypt", key), policy.Policies{Identity: docs{anything}, Resource: docs{onKey(policy.AWS(user))}}, "denied: no resource policy allows it"},
		{"a key's policy that lets them", asking(role, "kms:Decrypt", key), policy.Policies{Identity: docs{anything}, Resource: docs{onKey(policy.Account("123456789012"))}}, "allowed by identity policy 0, statement 0"},
		{"a key without its account is lost even to the root", asking(root, "kms:PutKeyPolicy", key), policy.Policies{Resource: docs{onKey(policy.AWS(user))}}, "denied: no resource policy allows it"},
		{"actions on no key need no key policy", asking(role, "kms:ListKeys", "*"), policy.Policies{Identity: docs{anything}}, "allowed by identity policy 0, statement 0"},

		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html; aws-cli#5861: the simulator leaves trust policies out
		{"trust is asked for, identity alone is not enough", asking(role, "sts:AssumeRole", roleName), policy.Policies{Identity: docs{anything}, Resource: docs{policy.Trust(policy.AWS(user))}}, "denied: no resource policy allows it"},
		{"trust in the account and an identity policy", asking(role, "sts:AssumeRole", roleName), policy.Policies{Identity: docs{anything}, Resource: docs{policy.Trust(policy.Account("123456789012"))}}, "allowed by identity policy 0, statement 0"},
		{"trust in the role itself is enough", asking(role, "sts:AssumeRole", roleName), policy.Policies{Resource: docs{policy.Trust(policy.AWS(role))}}, "allowed by resource policy 0, statement 0"},
		{"across accounts it is not", asking(foreign, "sts:AssumeRole", roleName), policy.Policies{Resource: docs{policy.Trust(policy.AWS(foreign))}}, "denied: no identity policy allows it"},
		{"a service", asking("ec2.amazonaws.com", "sts:AssumeRole", roleName), policy.Policies{Resource: docs{policy.Trust(policy.Service("ec2.amazonaws.com"))}}, "allowed by resource policy 0, statement 0"},
		{"another service", asking("ecs.amazonaws.com", "sts:AssumeRole", roleName), policy.Policies{Resource: docs{policy.Trust(policy.Service("ec2.amazonaws.com"))}}, "denied: no resource policy allows it"},
		{"a provider", asking("accounts.google.com", "sts:AssumeRoleWithWebIdentity", roleName), policy.Policies{Resource: docs{policy.Trust(policy.Federated("accounts.google.com"))}}, "allowed by resource policy 0, statement 0"},
		{"a SAML provider", asking("arn:aws:iam::123456789012:saml-provider/Okta", "sts:AssumeRoleWithSAML", roleName),
			policy.Policies{Resource: docs{policy.Trust(policy.Federated("arn:aws:iam::123456789012:saml-provider/Okta"))}}, "allowed by resource policy 0, statement 0"},
		{"an account's trust does not reach its providers", asking("arn:aws:iam::123456789012:saml-provider/Okta", "sts:AssumeRole", roleName),
			policy.Policies{Resource: docs{policy.Trust(policy.Account("123456789012"))}}, "denied: no resource policy allows it"},
		{"anyone may read", as("*"), policy.Policies{Resource: docs{grantTo(policy.Anyone())}}, "allowed by resource policy 0, statement 0"},
		{"an anonymous caller is in no account", as("*"), policy.Policies{Resource: docs{grantTo(policy.Account("123456789012"))}}, "denied: no resource policy allows it"},
		{"a federated user", as("arn:aws:sts::123456789012:federated-user/Bob"), policy.Policies{Identity: docs{read}, Session: docs{read}}, "allowed by identity policy 0, statement 0"},

		{"a deny to the account hits who is in it", byDefault, policy.Policies{Identity: docs{anything}, Resource: docs{denyRead.To(policy.Account("123456789012"))}}, "denied by resource policy 0, statement 0 (NoRead)"},
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
		{"NotPrincipal without the account denies", as(user), policy.Policies{Identity: docs{anything}, Resource: docs{denyRead.ToAllExcept(policy.AWS(user))}}, "denied by resource policy 0, statement 0 (NoRead)"},
		{"NotPrincipal with user and account", as(user), policy.Policies{Identity: docs{anything}, Resource: docs{denyRead.ToAllExcept(policy.AWS(user), policy.AWS(root))}}, "allowed by identity policy 0, statement 0"},
		{"NotPrincipal without the session denies", as(session), policy.Policies{Identity: docs{anything}, Resource: docs{denyRead.ToAllExcept(policy.AWS(role), policy.AWS(root))}}, "denied by resource policy 0, statement 0 (NoRead)"},
		{"NotPrincipal with session, role and account", as(session), policy.Policies{Identity: docs{anything}, Resource: docs{denyRead.ToAllExcept(policy.AWS(session), policy.AWS(role), policy.AWS(root))}}, "allowed by identity policy 0, statement 0"},
		{"NotPrincipal with a root", as(root), policy.Policies{Resource: docs{denyRead.ToAllExcept(policy.Account("123456789012"))}}, "allowed: the account's root needs no policy"},
		{"NotPrincipal with a service", as("logs.amazonaws.com"), policy.Policies{Resource: docs{grantTo(policy.Anyone()).And(denyRead.ToAllExcept(policy.Service("logs.amazonaws.com")))}}, "allowed by resource policy 0, statement 0"},
		{"Allow with NotPrincipal", as("*"), policy.Policies{Resource: docs{read.ToAllExcept(policy.AWS(user))}}, "allowed by resource policy 0, statement 0"},
		{"Allow with NotPrincipal excepts any form", as(user), policy.Policies{Resource: docs{read.ToAllExcept(policy.AWS(user))}}, "denied: no identity policy allows it"},

		{"case of actions", asking(role, "S3:getobject", object), policy.Policies{Identity: docs{read}}, "allowed by identity policy 0, statement 0"},
		{"case of resources counts", asking(role, "s3:GetObject", "arn:aws:s3:::Acme/a"), policy.Policies{Identity: docs{read}}, "denied: no identity policy allows it"},
		{"NotAction", byDefault, policy.Policies{Identity: docs{policy.AllowAllExcept("iam:*").OnAny()}}, "allowed by identity policy 0, statement 0"},
		{"NotAction hits", byDefault, policy.Policies{Identity: docs{policy.AllowAllExcept("s3:Get*").OnAny()}}, "denied: no identity policy allows it"},
		{"NotResource", byDefault, policy.Policies{Identity: docs{policy.Allow("s3:*").OnAllExcept("arn:aws:s3:::other/*")}}, "allowed by identity policy 0, statement 0"},
		{"NotResource hits", byDefault, policy.Policies{Identity: docs{policy.Allow("s3:*").OnAllExcept(okBucket)}}, "denied: no identity policy allows it"},
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
		{"fields of an ARN are matched one by one", asking(role, "sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q"), policy.Policies{Identity: docs{policy.Allow("*").On("arn:aws:sqs:*:q")}}, "denied: no identity policy allows it"},
		{"fields that are left out are wildcards", asking(role, "sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q"), policy.Policies{Identity: docs{policy.Allow("*").On("arn:aws:sqs")}}, "allowed by identity policy 0, statement 0"},
		{"an action without resources needs *", asking(role, "s3:ListAllMyBuckets", "*"), policy.Policies{Identity: docs{policy.Allow("s3:*").On("arn:aws:s3:::*")}}, "denied: no identity policy allows it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := policy.Evaluate(c.request, c.policies)
			require.NoError(t, err)
			require.Equal(t, c.want, got.String())
		})
	}
}

func TestEvaluateConditions(t *testing.T) {
	present := func(values ...string) []string { return values }
	for _, c := range []struct {
		operator string
		values   []string
		context  []string // nil is absent
		want     bool
	}{
		{"StringEquals", present("a", "b"), present("b"), true},
		{"StringEquals", present("a*"), present("ab"), false},
		{"StringEquals", present("a"), nil, false},
		{"stringequals", present("a"), present("A"), false},
		{"StringNotEquals", present("a", "b"), present("b"), false},
		{"StringNotEquals", present("a", "b"), present("c"), true},
		{"StringNotEquals", present("a"), nil, true},
		{"StringEqualsIgnoreCase", present("Ab"), present("aB"), true},
		{"StringNotEqualsIgnoreCase", present("Ab"), present("aB"), false},
		{"StringLike", present("a*c", "x?"), present("abc"), true},
		{"StringLike", present("a\\*"), present("ab"), false},
		{"StringLike", present("a${*}"), present("ab"), false},
		{"StringLike", present("a${*}"), present("a*"), true},
		{"StringNotLike", present("a*"), present("ab"), false},
		{"StringEqualsIfExists", present("a"), nil, true},
		{"StringEqualsIfExists", present("a"), present("b"), false},
		{"StringEquals", present("${aws:username}"), present("Ada"), true},
		{"StringEquals", present("${aws:nobody}"), present(""), false},
		{"StringEquals", present("${aws:nobody, 'Eve'}"), present("Eve"), true},
		{"StringNotEquals", present("${aws:nobody}"), present("x"), true},
		{"StringLike", present("${aws:star}"), present("ab"), false},
		{"StringEquals", present("${aws:several}"), present("1"), false},
		{"StringEquals", present("${aws:username"), present("${aws:username"), true},
		{"NumericEquals", present("5"), present("5.0"), true},
		{"NumericNotEquals", present("5"), present("6"), true},
		{"NumericLessThan", present("300"), present("299.9"), true},
		{"NumericLessThan", present("300"), present("300"), false},
		{"NumericLessThanEquals", present("300"), present("300"), true},
		{"NumericGreaterThan", present("300"), present("1000"), true},
		{"NumericGreaterThanEquals", present("300"), present("299"), false},
		{"NumericEquals", present("x"), present("x"), false},
		{"DateEquals", present("2026-01-01"), present("2026-01-01T00:00:00Z"), true},
		{"DateNotEquals", present("2026-01-01"), present("2026-01-02"), true},
		{"DateLessThan", present("2026-01-01T00:00:00Z"), present("2025-12-31T23:30:00-01:00"), false},
		{"DateLessThanEquals", present("1767225600"), present("2026-01-01T00:00:00Z"), true},
		{"DateGreaterThan", present("2026-01-01T00:00:00Z"), present("2026-06-01T00:00:00Z"), true},
		{"DateGreaterThanEquals", present("2026-01-01T00:00:00Z"), present("soon"), false},
		{"Bool", present("true"), present("TRUE"), true},
		{"Bool", present("false"), nil, false},
		{"BoolIfExists", present("false"), nil, true},
		{"BinaryEquals", present("QmluYXJ5"), present("QmluYXJ5"), true},
		{"IpAddress", present("203.0.113.0/24", "2001:db8::/32"), present("203.0.113.9"), true},
		{"IpAddress", present("203.0.113.9"), present("203.0.113.9"), true},
		{"IpAddress", present("2001:db8::/32"), present("2001:db8::1"), true},
		{"NotIpAddress", present("203.0.113.0/24"), present("198.51.100.1"), true},
		{"NotIpAddress", present("203.0.113.0/24"), nil, true},
		{"ArnEquals", present("arn:aws:s3:::a*"), present("arn:aws:s3:::abc"), true},
		{"ArnLike", present("arn:aws:sqs:*:q"), present("arn:aws:sqs:us-east-1:123456789012:q"), false},
		{"ArnLike", present("arn:aws:sqs"), present("arn:aws:sqs:us-east-1:123456789012:q"), false},
		{"ArnNotLike", present("arn:aws:iam::*:role/Admin*"), present("arn:aws:iam::123456789012:role/Admin1"), false},
		{"ArnNotEquals", present("arn:aws:iam::*:role/Admin"), nil, true},
		{"Null", present("true"), nil, true},
		{"Null", present("true"), present("x"), false},
		{"Null", present("false"), present("x"), true},
		{"ForAllValues:StringEquals", present("a", "b"), present("b", "a"), true},
		{"ForAllValues:StringEquals", present("a", "b"), present("a", "c"), false},
		{"ForAllValues:StringEquals", present("a"), nil, true},
		{"ForAllValues:StringNotEquals", present("a"), present("b", "c"), true},
		{"ForAllValues:StringNotEquals", present("a"), present("a", "c"), false},
		{"ForAnyValue:StringEquals", present("a"), present("b", "a"), true},
		{"ForAnyValue:StringEquals", present("a"), present("b"), false},
		{"ForAnyValue:StringEquals", present("a"), nil, false},
		{"ForAnyValue:StringEqualsIfExists", present("a"), nil, true},
		{"ForAnyValue:StringNotEquals", present("a"), present("a", "b"), true},
		{"ForAnyValue:StringNotEquals", present("a"), nil, false},
		{"ForAnyValue:StringLike", present("o-1/*"), present("o-2/x", "o-1/y"), true},
		{"StringEquals", nil, present("a"), false},
	} {
		request := as(user)
		request.Context = map[string][]string{"AWS:Key": c.context, "aws:star": {"a*"}, "aws:several": {"1", "2"}}
		doc := policy.Allow("s3:GetObject").OnAny().When(c.operator, "aws:key", c.values...)
		got, err := policy.Evaluate(request, policy.Policies{Identity: docs{doc}})
		require.NoError(t, err)
		require.Equal(t, c.want, got.Outcome == policy.Allowed, "%s %q of %q", c.operator, c.values, c.context)
	}
}

func TestEvaluateReplacesVariablesInResources(t *testing.T) {
	home := policy.Allow("s3:GetObject").On("arn:aws:s3:::acme/${aws:username}/*")
	evaluate := func(principal, object string, doc policy.Document) policy.Outcome {
		got, err := policy.Evaluate(asking(principal, "s3:GetObject", object), policy.Policies{Identity: docs{doc}})
		require.NoError(t, err)
		return got.Outcome
	}
	require.Equal(t, policy.Allowed, evaluate(user, "arn:aws:s3:::acme/Ada/x", home))
	require.Equal(t, policy.Denied, evaluate(user, "arn:aws:s3:::acme/Eve/x", home))
	require.Equal(t, policy.Denied, evaluate(role, "arn:aws:s3:::acme//x", home), "a role has no aws:username")
	home.Version = policy.Version2008
	require.Equal(t, policy.Denied, evaluate(user, "arn:aws:s3:::acme/Ada/x", home))
	require.Equal(t, policy.Allowed, evaluate(user, "arn:aws:s3:::acme/${aws:username}/x", home), "plain text in the old language")
}

func TestEvaluateKnowsThePrincipalsKeys(t *testing.T) {
	for principal, want := range map[string]map[string]string{
		user:                 {"aws:PrincipalArn": user, "aws:PrincipalAccount": "123456789012", "aws:PrincipalType": "User", "aws:username": "Ada"},
		role:                 {"aws:PrincipalArn": role, "aws:PrincipalType": "AssumedRole", "aws:PrincipalIsAWSService": "false"},
		root:                 {"aws:PrincipalArn": root, "aws:PrincipalType": "Account", "aws:ResourceAccount": "123456789012"},
		"logs.amazonaws.com": {"aws:PrincipalIsAWSService": "true"},
		"*":                  {"aws:PrincipalType": "Anonymous"},
	} {
		for key, value := range want {
			doc := policy.Allow("sqs:*").OnAny().To(policy.Anyone()).When("StringEquals", key, value)
			got, err := policy.Evaluate(policy.Request{Principal: principal, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:123456789012:q"},
				policy.Policies{Resource: docs{doc, policy.Deny("sqs:*").OnAny().To(policy.Anyone()).When("StringNotEquals", key, value)}})
			require.NoError(t, err)
			require.Equal(t, policy.Allowed, got.Outcome, "%s of %s", key, principal)
		}
	}
}

func TestEvaluateLeavesNothingOutSilently(t *testing.T) {
	for _, c := range []struct {
		policies policy.Policies
		want     string
	}{
		// Another action: the operator is an error all the same.
		{policy.Policies{Identity: docs{policy.Deny("ec2:*").OnAny().When("StringMatches", "aws:x", "y")}}, `policy: identity policy 0, Statement[0]: unknown condition operator "StringMatches"`},
		{policy.Policies{SCP: []docs{{anything}, {anything, policy.Deny("ec2:*").OnAny().When("NullIfExists", "aws:x", "true")}}}, `policy: service control policy 2, Statement[0]: unknown condition operator "NullIfExists"`},
		{policy.Policies{Identity: docs{statement(policy.Statement{Effect: "allow", Actions: []string{"*"}, Resources: []string{"*"}})}}, `effect "allow" is neither Allow nor Deny`},
		{policy.Policies{Identity: docs{statement(policy.Statement{Effect: "Allow", Resources: []string{"*"}})}}, `it needs either Action or NotAction`},
		{policy.Policies{Identity: docs{anything.OnAllExcept("*")}}, `it has both Resource and NotResource`},
		{policy.Policies{Identity: docs{policy.Allow("*")}}, `it needs a Resource or NotResource`},
		{policy.Policies{Identity: docs{anything.To(policy.Anyone())}}, `no identity policy has a Principal`},
		{policy.Policies{Resource: docs{anything}}, `it needs a Principal`},
		{policy.Policies{Resource: docs{anything.To(policy.Anyone()).ToAllExcept(policy.Anyone())}}, `it has both Principal and NotPrincipal`},
		{policy.Policies{RCP: docs{anything.To(policy.Anyone()).When("Bool", "aws:x", "true")}}, `a resource control policy cannot allow under conditions`},
	} {
		_, err := policy.Evaluate(byDefault, c.policies)
		require.ErrorContains(t, err, c.want)
	}
	_, err := policy.Evaluate(policy.Request{Action: "s3:GetObject"}, policy.Policies{})
	require.ErrorContains(t, err, "a request needs a principal, an action and a resource")
}

func TestKeepsAccess(t *testing.T) {
	const bucket = "arn:aws:s3:::acme"
	deny := policy.Deny("s3:*").OnAny().To(policy.Anyone())
	for _, c := range []struct {
		name      string
		doc       policy.Document
		principal string
		action    string
		resource  string
		want      policy.Outcome
	}{
		{"no policy at all", policy.Document{}, role, "s3:PutBucketPolicy", bucket, policy.Allowed},
		{"TLS only", policy.DenyInsecureTransport(bucket, bucket+"/*"), role, "s3:PutBucketPolicy", bucket, policy.Allowed},
		{"a deny that hits the pipeline itself", deny.When("ArnNotEquals", "aws:PrincipalArn", foreign), role, "s3:PutBucketPolicy", bucket, policy.Denied},
		{"a deny that leaves it out", deny.When("ArnNotEquals", "aws:PrincipalArn", role), role, "s3:PutBucketPolicy", bucket, policy.Allowed},
		{"a deny by address", deny.When("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"), role, "s3:PutBucketPolicy", bucket, policy.Undecided},
		{"the root gets a bucket back", deny, root, "s3:DeleteBucketPolicy", bucket, policy.Allowed},
		{"a key nobody can change", onKey(policy.AWS(user)), root, "kms:PutKeyPolicy", key, policy.Denied},
		{"a key for the account", onKey(policy.Account("123456789012")), role, "kms:PutKeyPolicy", key, policy.Allowed},
		{"a key for the account that is not known yet", onKey(policy.AWS("arn:{{zt:partition}}:iam::{{zt:account}}:root")), "{{zt:account}}", "kms:PutKeyPolicy", "arn:aws:kms:us-east-1:{{zt:account}}:key/*", policy.Allowed},
		{"a key for a role that is not known yet", onKey(policy.AWS("{{zt:iam.Role/R#ARN}}")), "{{zt:iam.Role/R#ARN}}", "kms:PutKeyPolicy", "{{zt:dataprotect.Key/k#ARN}}", policy.Allowed},
		{"use without administration", policy.Allow("kms:Decrypt").OnAny().To(policy.Account("123456789012")), role, "kms:PutKeyPolicy", key, policy.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.doc.KeepsAccess(c.principal, c.action, c.resource, nil)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Outcome, got)
		})
	}
	inside, err := deny.When("NotIpAddress", "aws:SourceIp", "203.0.113.0/24").KeepsAccess(role, "s3:PutBucketPolicy", bucket, map[string][]string{"aws:SourceIp": {"203.0.113.7"}})
	require.NoError(t, err)
	require.Equal(t, policy.Allowed, inside.Outcome)
}
