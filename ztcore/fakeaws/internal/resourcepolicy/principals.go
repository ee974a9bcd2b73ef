package resourcepolicy

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Policy is a document as a service stores it. AWS keeps users and roles by unique id, which shows when one is deleted: its
// ARN turns into the id, and a new role of the old name does not inherit its place.
type Policy struct {
	Text  string
	Bound map[string]string // principal as written → its unique id
}

// InvalidPrincipalError names a principal that AWS does not know, or not yet.
type InvalidPrincipalError struct{ Principal string }

func (e *InvalidPrincipalError) Error() string { return "invalid principal in policy: " + e.Principal }

var (
	accountID = regexp.MustCompile(`^\d{12}$`)
	uniqueID  = regexp.MustCompile(`^(AROA|AIDA)[A-Z0-9]{16,}$`)
	root      = regexp.MustCompile(`^arn:aws[\w-]*:iam::\d{12}:root$`)
	entity    = regexp.MustCompile(`^arn:aws[\w-]*:iam::\d{12}:(user|role)/[\w+=,.@/-]+$`)
	session   = regexp.MustCompile(`^arn:aws[\w-]*:sts::\d{12}:(assumed-role/[\w+=,.@-]+/|federated-user/)[\w+=,.@-]+$`)
	canonical = regexp.MustCompile(`^[0-9a-f]{64}$`)
	service   = regexp.MustCompile(`^[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$`)
)

// Bind parses a document and resolves its principals. It fails with a *MalformedError, or with an
// *InvalidPrincipalError for a principal that does not exist or is younger than the cloud's propagation delay. Where IAM
// is not installed, users and roles are taken as existing.
func Bind(ctx context.Context, c *fakeaws.Cloud, text string) (Policy, *Document, error) {
	d, err := Parse(text)
	if err != nil {
		return Policy{}, nil, err
	}
	p := Policy{Text: text, Bound: map[string]string{}}
	for _, st := range d.Statements {
		for _, who := range slices.Concat(st.Principals, st.NotPrincipals) {
			if err := p.bind(ctx, c, who); err != nil {
				return Policy{}, nil, err
			}
		}
	}
	return p, d, nil
}

func (p *Policy) bind(ctx context.Context, c *fakeaws.Cloud, who policy.Principal) error {
	name := who.ID
	invalid := &InvalidPrincipalError{Principal: name}
	switch {
	case who.Type == "Service":
		if !service.MatchString(name) {
			return invalid
		}
		return nil
	case who.Type == "CanonicalUser":
		if !canonical.MatchString(name) {
			return invalid
		}
		return nil
	case who.Type != "AWS", name == "*", accountID.MatchString(name), root.MatchString(name), session.MatchString(name):
		return nil
	case !entity.MatchString(name) && !uniqueID.MatchString(name):
		return invalid
	}
	iam, ok := fakeaws.Capability[fakeaws.Principals](c)
	if !ok {
		return nil
	}
	arn := name
	if uniqueID.MatchString(name) {
		if arn, ok = iam.PrincipalARN(ctx, name); !ok {
			return invalid
		}
	}
	id, created, ok := iam.Principal(ctx, arn)
	if !ok || time.Since(created) < c.Propagation() {
		return invalid
	}
	p.Bound[name] = id
	return nil
}

// Shown is the document as AWS answers it now: users and roles that are gone appear as their unique ids, an account
// number as the ARN of its root. All else is the text that was stored.
func (p Policy) Shown(ctx context.Context, c *fakeaws.Cloud) string {
	iam, known := fakeaws.Capability[fakeaws.Principals](c)
	partition := fakeaws.CallFrom(ctx).Partition()
	return rewritePrincipals(p.Text, func(name string) string {
		if accountID.MatchString(name) {
			return "arn:" + partition + ":iam::" + name + ":root"
		}
		id, bound := p.Bound[name]
		if !bound || !known {
			return name
		}
		if arn, ok := iam.PrincipalARN(ctx, id); ok {
			return arn
		}
		return id
	})
}

// rewritePrincipals replaces the AWS principals of a document and leaves every other byte as it is.
func rewritePrincipals(text string, replace func(string) string) string {
	var out strings.Builder
	from := 0
	walkStrings(text, func(path []string, value string, start, end int) {
		if !isAWSPrincipal(path) {
			return
		}
		out.WriteString(text[from:start])
		fmt.Fprintf(&out, "%q", replace(value))
		from = end
	})
	out.WriteString(text[from:])
	return out.String()
}

func isAWSPrincipal(path []string) bool {
	return len(path) == 3 && path[0] == "Statement" && (path[1] == "Principal" || path[1] == "NotPrincipal") && path[2] == "AWS"
}

// walkStrings calls f for each string value of a JSON text with the names of the objects' members that lead to it
// (arrays add none) and the place of its literal.
func walkStrings(text string, f func(path []string, value string, start, end int)) {
	type frame struct {
		object bool
		name   string
		isKey  bool // the next string is a member's name
	}
	var stack []frame
	d := json.NewDecoder(strings.NewReader(text))
	for {
		tok, err := d.Token()
		if err != nil {
			return
		}
		end := int(d.InputOffset())
		if delim, ok := tok.(json.Delim); ok && (delim == '{' || delim == '[') {
			stack = append(stack, frame{object: delim == '{', isKey: delim == '{'})
			continue
		} else if ok {
			stack = stack[:len(stack)-1]
		} else if s, ok := tok.(string); ok && len(stack) > 0 {
			if top := &stack[len(stack)-1]; top.isKey {
				top.name, top.isKey = s, false
				continue
			}
			var path []string
			for _, fr := range stack {
				if fr.object {
					path = append(path, fr.name)
				}
			}
			f(path, s, literalStart(text, end), end)
		}
		if len(stack) > 0 && stack[len(stack)-1].object {
			stack[len(stack)-1].isKey = true
		}
	}
}

// literalStart finds the opening quote of the string literal that ends before end.
func literalStart(text string, end int) int {
	for i := end - 2; i >= 0; i-- {
		if text[i] != '"' {
			continue
		}
		escapes := 0
		for i-escapes-1 >= 0 && text[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
	return 0
}
