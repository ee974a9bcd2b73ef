package policy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// rewrites are the changes that do not touch a document's meaning. Each returns false if there is nothing to rewrite.
// They are applied to a copy.
var rewrites = []struct {
	name   string
	source string // where AWS says so
	apply  func(*rand.Rand, *policy.Document) bool
}{
	{"order of statements", // evaluation looks at all of them, a Deny wins wherever it stands
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
		func(r *rand.Rand, d *policy.Document) bool {
			r.Shuffle(len(d.Statements), func(i, j int) {
				d.Statements[i], d.Statements[j] = d.Statements[j], d.Statements[i]
			})
			return len(d.Statements) > 1
		}},
	{"a statement said twice",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
		func(r *rand.Rand, d *policy.Document) bool {
			d.Statements = append(d.Statements, d.And().Statements[r.IntN(len(d.Statements))])
			return true
		}},
	{"order and repetition of values", // "the values are evaluated using a logical OR"
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html",
		func(r *rand.Rand, d *policy.Document) bool {
			for i := range d.Statements {
				for _, list := range lists(&d.Statements[i]) {
					if len(*list) > 0 {
						*list = append(*list, (*list)[r.IntN(len(*list))])
						r.Shuffle(len(*list), func(i, j int) { (*list)[i], (*list)[j] = (*list)[j], (*list)[i] })
					}
				}
			}
			return true
		}},
	{"order of conditions", // a JSON object has none
		"https://datatracker.ietf.org/doc/html/rfc8259#section-4",
		func(r *rand.Rand, d *policy.Document) bool {
			for _, s := range d.Statements {
				r.Shuffle(len(s.Conditions), func(i, j int) { s.Conditions[i], s.Conditions[j] = s.Conditions[j], s.Conditions[i] })
			}
			return true
		}},
	{"order of principals",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
		func(_ *rand.Rand, d *policy.Document) bool {
			for _, s := range d.Statements {
				slices.Reverse(s.Principals)
				slices.Reverse(s.NotPrincipals)
			}
			return true
		}},
	{"case of actions", // "The prefix and the action name are case insensitive."
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html",
		func(_ *rand.Rand, d *policy.Document) bool {
			for _, s := range d.Statements {
				for _, list := range [][]string{s.Actions, s.NotActions} {
					for i := range list {
						list[i] = flipCase(list[i])
					}
				}
			}
			return true
		}},
	{"case of condition keys", // "Condition key names are not case-sensitive"
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html",
		func(_ *rand.Rand, d *policy.Document) bool {
			return eachCondition(d, func(c *policy.Condition) bool { c.Key = flipCase(c.Key); return true })
		}},
	{"case of condition operators", // IAM reads them as it reads the keys
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html",
		func(_ *rand.Rand, d *policy.Document) bool {
			return eachCondition(d, func(c *policy.Condition) bool { c.Operator = flipCase(c.Operator); return true })
		}},
	{"account id for the root's ARN", // "You can specify the AWS account identifier in the Principal element in two ways, which mean the same"
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts",
		func(_ *rand.Rand, d *policy.Document) bool {
			return eachPrincipal(d, func(p *policy.Principal) bool {
				switch {
				case p.Type == "AWS" && len(p.ID) == 12:
					p.ID = "arn:aws-cn:iam::" + p.ID + ":root"
				case p.Type == "AWS" && strings.HasSuffix(p.ID, ":root"):
					p.ID = strings.Split(p.ID, ":")[4]
				default:
					return false
				}
				return true
			})
		}},
	{`"*" for {"AWS": "*"}`, // "the following are equivalent"
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
		func(_ *rand.Rand, d *policy.Document) bool {
			return eachPrincipal(d, func(p *policy.Principal) bool {
				if p.ID == "*" && p.Type == "*" {
					p.Type = "AWS"
				} else if p.ID == "*" {
					p.Type = "*"
				}
				return p.ID == "*"
			})
		}},
	{"case of bools",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Boolean",
		eachValue(func(op, v string) (string, bool) { return flipCase(v), op == "Bool" || op == "Null" })},
	{"case of strings compared without it",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String",
		eachValue(func(op, v string) (string, bool) { return flipCase(v), strings.HasSuffix(op, "IgnoreCase") })},
	{"zeros of numbers", // integers and decimals, compared by value
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Numeric",
		eachValue(func(op, v string) (string, bool) {
			return "00" + v + ".0", strings.HasPrefix(op, "Numeric") && !strings.Contains(v, ".")
		})},
	{"time zone of dates", // ISO 8601 or seconds since 1970
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date",
		eachValue(func(op, v string) (string, bool) {
			same := map[string]string{"2026-01-01T00:00:00Z": "2026-01-01T01:00:00+01:00", "2027-06-30": "1814313600"}[v]
			return same, same != "" && strings.HasPrefix(op, "Date")
		})},
	{"length of a single address", // "If you specify an IP address without the associated routing prefix, IAM uses the default prefix value of /32."
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress",
		eachValue(func(op, v string) (string, bool) {
			return v + "/32", strings.HasSuffix(op, "IpAddress") && !strings.Contains(v, "/")
		})},
	{"ArnEquals for ArnLike", // "ArnEquals and ArnLike behave identically"
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN",
		func(_ *rand.Rand, d *policy.Document) bool {
			return eachCondition(d, func(c *policy.Condition) bool {
				other := map[string]string{"ArnEquals": "ArnLike", "ArnLike": "ArnEquals", "ArnNotEquals": "ArnNotLike", "ArnNotLike": "ArnNotEquals"}[c.Operator]
				if other != "" {
					c.Operator = other
				}
				return other != ""
			})
		}},
	{"an empty Condition for none",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
		func(_ *rand.Rand, d *policy.Document) bool {
			found := false
			for i, s := range d.Statements {
				if s.Conditions == nil {
					d.Statements[i].Conditions, found = []policy.Condition{}, true
				}
			}
			return found
		}},
	{"the version spelled out", // Document's own default
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html",
		func(_ *rand.Rand, d *policy.Document) bool { d.Version = policy.Version2012; return true }},
	{"URL-encoded text", // "Policies returned by this operation are URL-encoded compliant with RFC 3986."
		"https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html",
		reparse(func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") })},
	{"white space",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
		reparse(func(text string) string { return policyOf(text).Pretty() })},
	{"lists of one for single values", // "When an element takes only one value, it doesn't need square brackets"
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
		reparse(func(text string) string {
			var doc map[string]any
			if err := json.Unmarshal([]byte(text), &doc); err != nil {
				panic(err)
			}
			for _, s := range doc["Statement"].([]any) {
				for name, v := range s.(map[string]any) {
					if _, single := v.(string); single && (strings.HasSuffix(name, "Action") || strings.HasSuffix(name, "Resource")) {
						s.(map[string]any)[name] = []any{v}
					}
				}
			}
			out, err := json.Marshal(doc)
			if err != nil {
				panic(err)
			}
			return string(out)
		})},
	{"one statement for a list of one",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html",
		func(_ *rand.Rand, d *policy.Document) bool {
			if len(d.Statements) != 1 {
				return false
			}
			text := d.JSON()
			text = strings.Replace(text, `"Statement":[`, `"Statement":`, 1)
			*d = policyOf(text[:len(text)-2] + "}")
			return true
		}},
	{"bare numbers and bools",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
		reparse(func(text string) string {
			return strings.NewReplacer(`"true"`, "true", `"false"`, "false", `"300"`, "300").Replace(text)
		})},
}

// edits are single changes of a document's meaning.
var edits = []struct {
	name  string
	apply func(*rand.Rand, *policy.Document) bool
}{
	{"the effect", func(r *rand.Rand, d *policy.Document) bool {
		s := pick(r, d)
		s.Effect = map[policy.Effect]policy.Effect{policy.EffectAllow: policy.EffectDeny, policy.EffectDeny: policy.EffectAllow}[s.Effect]
		return true
	}},
	{"a statement more", func(_ *rand.Rand, d *policy.Document) bool {
		d.Statements = append(d.Statements, policy.Deny("new:Action").OnAny().Statements[0])
		return true
	}},
	{"a statement less", func(_ *rand.Rand, d *policy.Document) bool {
		d.Statements = d.Statements[1:]
		return true
	}},
	{"the version", func(_ *rand.Rand, d *policy.Document) bool { d.Version = policy.Version2008; return true }},
	{"a value more", func(r *rand.Rand, d *policy.Document) bool {
		list := pickList(r, d)
		*list = append(*list, "added:Value")
		return true
	}},
	{"a value less", func(r *rand.Rand, d *policy.Document) bool {
		list := pickList(r, d)
		last := (*list)[len(*list)-1]
		*list = slices.DeleteFunc(*list, func(v string) bool { return v == last })
		return true
	}},
	{"one character of a value", func(r *rand.Rand, d *policy.Document) bool {
		list := pickList(r, d)
		(*list)[0] += "x"
		return true
	}},
	{"the case of a resource", func(r *rand.Rand, d *policy.Document) bool {
		s := pick(r, d)
		if len(s.Resources) == 0 || flipCase(s.Resources[0]) == s.Resources[0] {
			return false
		}
		s.Resources[0] = flipCase(s.Resources[0])
		return true
	}},
	{"Action for NotAction", func(r *rand.Rand, d *policy.Document) bool {
		s := pick(r, d)
		s.Actions, s.NotActions = s.NotActions, s.Actions
		return true
	}},
	{"Resource for NotResource", func(r *rand.Rand, d *policy.Document) bool {
		s := pick(r, d)
		s.Resources, s.NotResources = s.NotResources, s.Resources
		return true
	}},
	{"Principal for NotPrincipal", func(r *rand.Rand, d *policy.Document) bool {
		s := pick(r, d)
		s.Principals, s.NotPrincipals = s.NotPrincipals, s.Principals
		return s.Principals != nil || s.NotPrincipals != nil
	}},
	{"a principal", func(_ *rand.Rand, d *policy.Document) bool {
		return eachPrincipal(d, func(p *policy.Principal) bool { *p = policy.AWS(p.ID + "1"); return true })
	}},
	{"a principal's type", func(_ *rand.Rand, d *policy.Document) bool {
		return eachPrincipal(d, func(p *policy.Principal) bool { p.Type = "CanonicalUser"; return true })
	}},
	{"a condition less", func(r *rand.Rand, d *policy.Document) bool {
		s := pick(r, d)
		if len(s.Conditions) == 0 {
			return false
		}
		s.Conditions = s.Conditions[1:]
		return true
	}},
	{"a condition's key", func(r *rand.Rand, d *policy.Document) bool {
		return pickCondition(r, d, func(c *policy.Condition) { c.Key += "2" })
	}},
	{"a condition's operator", func(r *rand.Rand, d *policy.Document) bool {
		return pickCondition(r, d, func(c *policy.Condition) { c.Operator = "BinaryEquals" })
	}},
	{"IfExists", func(r *rand.Rand, d *policy.Document) bool {
		return pickCondition(r, d, func(c *policy.Condition) { c.Operator += "IfExists" })
	}},
	{"a set operator", func(r *rand.Rand, d *policy.Document) bool {
		return pickCondition(r, d, func(c *policy.Condition) { c.Operator = "ForAnyValue:" + c.Operator })
	}},
}

func TestRewritesKeepTheMeaning(t *testing.T) {
	for _, rw := range rewrites {
		t.Run(rw.name, func(t *testing.T) {
			r, applied := rand.New(rand.NewPCG(1, 2)), 0
			for range 300 {
				doc := randomDocument(r)
				changed := doc.And()
				if !rw.apply(r, &changed) {
					continue
				}
				applied++
				require.True(t, doc.Equal(changed), "%s\n%s\n%s", rw.source, doc, changed)
				require.True(t, changed.Equal(doc))
				require.Equal(t, doc.Canonical(), changed.Canonical())
			}
			require.Greater(t, applied, 20)
		})
	}
}

func TestManyRewritesKeepTheMeaning(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		doc := randomDocument(r)
		changed := doc.And()
		for range 8 {
			rewrites[r.IntN(len(rewrites))].apply(r, &changed)
		}
		require.True(t, doc.Equal(changed), "%s\n%s", doc, changed)
	}
}

func TestEveryEditChangesTheMeaning(t *testing.T) {
	for _, edit := range edits {
		t.Run(edit.name, func(t *testing.T) {
			r, applied := rand.New(rand.NewPCG(5, 6)), 0
			for range 300 {
				doc := randomDocument(r).Canonical() // without repetitions, so that an edit cannot be undone by one
				changed := doc.And()
				if !edit.apply(r, &changed) {
					continue
				}
				applied++
				require.False(t, doc.Equal(changed), "%s\n%s", doc, changed)
				require.False(t, changed.Equal(doc))
			}
			require.Greater(t, applied, 20)
		})
	}
}

func TestCanonicalIsItsOwnNormalForm(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		doc := randomDocument(r)
		before := doc.JSON()
		once := doc.Canonical()
		require.Equal(t, before, doc.JSON(), "the document itself is not touched")
		require.Equal(t, once, once.Canonical())
		require.True(t, doc.Equal(policyOf(doc.JSON())), "sending a document keeps its meaning: %s", doc)
	}
}

func TestNamesCount(t *testing.T) {
	doc := policy.Allow("s3:GetObject").OnAny()
	require.False(t, doc.Equal(doc.Named("A")))
	require.False(t, doc.Equal(policy.Document{ID: "a"}.And(doc)))
	require.False(t, doc.Equal(policy.Document{}))
	require.True(t, policy.Document{}.Equal(policy.Document{}))
}

func TestConditionsThatBothMustHoldStayApart(t *testing.T) {
	both := policy.Allow("a:B").OnAny().When("ArnLike", "aws:SourceArn", "arn:aws:s3:::a").When("ArnEquals", "aws:SourceArn", "arn:aws:s3:::*")
	require.Len(t, both.Canonical().Statements[0].Conditions, 2)
}

func TestConditionsOfOneOperatorHaveNoOrder(t *testing.T) {
	ab := policy.Allow("a:B").OnAny().When("Bool", "aws:a", "true").When("Bool", "aws:b", "${aws:c, 'True'}")
	ba := policy.Allow("a:B").OnAny().When("Bool", "aws:b", "${aws:c, 'True'}").When("Bool", "aws:a", "TRUE")
	require.Equal(t, ab.Canonical(), ba.Canonical())
}

func TestTokensSurviveByteForByte(t *testing.T) {
	const token = "{{zt:iam.Role/Name:X#ARN}}"
	doc := policy.Allow("S3:"+token, token).On("arn:{{zt:partition}}:s3:::"+token+"/*").
		To(policy.AWS("arn:{{zt:partition}}:iam::{{zt:account}}:root"), policy.AWS(token)).
		When("StringEqualsIgnoreCase", "aws:ResourceTag/"+token, "A"+token)
	want := []string{"s3:" + token, token}
	slices.Sort(want)
	got := doc.Canonical().Statements[0]
	require.Equal(t, want, got.Actions)
	require.Equal(t, []string{"arn:{{zt:partition}}:s3:::" + token + "/*"}, got.Resources)
	require.Equal(t, []policy.Principal{policy.Account("{{zt:account}}"), policy.AWS(token)}, got.Principals)
	require.Equal(t, []policy.Condition{{Operator: "StringEqualsIgnoreCase", Key: "aws:resourcetag/" + token, Values: []string{"a" + token}}}, got.Conditions)
	require.Equal(t, doc.JSON(), policyOf(doc.JSON()).JSON())
	require.False(t, doc.Equal(policyOf(strings.ReplaceAll(doc.JSON(), "Name:X", "name:x"))))
}

// randomDocument draws statements of every form. Lists are short, so that equal ones are met.
func randomDocument(r *rand.Rand) policy.Document {
	var d policy.Document
	for i := range 1 + r.IntN(3) {
		s := policy.Statement{Effect: policy.EffectAllow}
		if r.IntN(2) == 0 {
			s.Effect = policy.EffectDeny
		}
		if r.IntN(2) == 0 {
			s.Sid = fmt.Sprint("S", i)
		}
		actions := some(r, "s3:GetObject", "s3:Put*", "kms:Decrypt", "*", "{{zt:a.B/c#D}}:Go")
		if s.Actions = actions; r.IntN(4) == 0 {
			s.Actions, s.NotActions = nil, actions
		}
		resources := some(r, "*", "arn:aws:s3:::acme/*", "arn:aws:s3:::Acme", "{{zt:s3.Bucket/A#ARN}}/*", "arn:aws:iam::123456789012:user/${aws:username}")
		if s.Resources = resources; r.IntN(4) == 0 {
			s.Resources, s.NotResources = nil, resources
		}
		if r.IntN(2) == 0 {
			who := some(r, policy.Anyone(), policy.AWS("*"), policy.Account("123456789012"), policy.AWS("arn:aws:iam::210987654321:root"),
				policy.Service("ec2.amazonaws.com"), policy.AWS("{{zt:iam.Role/R#ARN}}"), policy.Federated("accounts.google.com"))
			if slices.ContainsFunc(who, func(p policy.Principal) bool { return p.Type == "*" }) {
				who = []policy.Principal{policy.Anyone()} // "*" stands alone
			}
			if s.Principals = who; r.IntN(4) == 0 {
				s.Principals, s.NotPrincipals = nil, who
			}
		}
		if r.IntN(3) > 0 {
			s.Conditions = some(r, conditionPool(r)...)
		}
		d.Statements = append(d.Statements, s)
	}
	return d
}

func conditionPool(r *rand.Rand) []policy.Condition {
	return []policy.Condition{
		{Operator: "StringEquals", Key: "aws:PrincipalOrgID", Values: some(r, "o-1", "o-2", "{{zt:org/a#ID}}")},
		{Operator: "StringLike", Key: "s3:prefix", Values: some(r, "${aws:username}/*", "Home/*")},
		{Operator: "StringEqualsIgnoreCase", Key: "aws:x", Values: some(r, "Ab", "cD")},
		{Operator: "Bool", Key: "aws:SecureTransport", Values: some(r, "true", "false")},
		{Operator: "Null", Key: "aws:TokenIssueTime", Values: []string{"true"}},
		{Operator: "NumericLessThan", Key: "aws:MultiFactorAuthAge", Values: some(r, "300", "5")},
		{Operator: "DateLessThan", Key: "aws:CurrentTime", Values: some(r, "2026-01-01T00:00:00Z", "2027-06-30")},
		{Operator: "NotIpAddress", Key: "aws:SourceIp", Values: some(r, "203.0.113.7", "10.0.0.0/8")},
		{Operator: "ArnLike", Key: "aws:SourceArn", Values: some(r, "arn:aws:s3:::a", "arn:aws:s3:::b*")},
		{Operator: "ArnNotEquals", Key: "aws:PrincipalArn", Values: some(r, "arn:aws:iam::123456789012:role/Admin")},
	}
}

// some draws a few of the values, in order and without repetition.
func some[T any](r *rand.Rand, from ...T) []T {
	out := []T{from[r.IntN(len(from))]}
	if i := r.IntN(len(from)); r.IntN(2) == 0 {
		out = slices.Clone(from[i:min(i+3, len(from))])
	}
	return out
}

func policyOf(text string) policy.Document {
	d, err := policy.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func reparse(f func(string) string) func(*rand.Rand, *policy.Document) bool {
	return func(_ *rand.Rand, d *policy.Document) bool {
		*d = policyOf(f(d.JSON()))
		return true
	}
}

// flipCase swaps the case of every letter that stands in no token or variable.
func flipCase(s string) string {
	if strings.ContainsAny(s, "{") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// lists are the lists of strings in a statement that are there.
func lists(s *policy.Statement) []*[]string {
	all := []*[]string{&s.Actions, &s.NotActions, &s.Resources, &s.NotResources}
	for i := range s.Conditions {
		all = append(all, &s.Conditions[i].Values)
	}
	return slices.DeleteFunc(all, func(l *[]string) bool { return *l == nil })
}

func pick(r *rand.Rand, d *policy.Document) *policy.Statement {
	return &d.Statements[r.IntN(len(d.Statements))]
}

func pickList(r *rand.Rand, d *policy.Document) *[]string {
	all := lists(pick(r, d))
	return all[r.IntN(len(all))]
}

func pickCondition(r *rand.Rand, d *policy.Document, f func(*policy.Condition)) bool {
	s := pick(r, d)
	if len(s.Conditions) == 0 {
		return false
	}
	f(&s.Conditions[r.IntN(len(s.Conditions))])
	return true
}

func eachCondition(d *policy.Document, f func(*policy.Condition) bool) bool {
	any := false
	for _, s := range d.Statements {
		for i := range s.Conditions {
			any = f(&s.Conditions[i]) || any
		}
	}
	return any
}

func eachPrincipal(d *policy.Document, f func(*policy.Principal) bool) bool {
	any := false
	for _, s := range d.Statements {
		for _, list := range [][]policy.Principal{s.Principals, s.NotPrincipals} {
			for i := range list {
				any = f(&list[i]) || any
			}
		}
	}
	return any
}

// eachValue replaces the condition values for which f answers true.
func eachValue(f func(operator, value string) (string, bool)) func(*rand.Rand, *policy.Document) bool {
	return func(_ *rand.Rand, d *policy.Document) bool {
		return eachCondition(d, func(c *policy.Condition) bool {
			any := false
			for i, v := range c.Values {
				if changed, ok := f(c.Operator, v); ok {
					c.Values[i], any = changed, true
				}
			}
			return any
		})
	}
}
