// Package resourcepolicy is what the fakes that store resource policies (KMS, S3, Secrets Manager) share: the
// structure that AWS demands of them, principals that are bound to unique ids, and the two questions that AWS itself asks
// of a policy when it is stored: is it public, and does it lock its author out?
package resourcepolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// MalformedError says why a text is no policy that could be attached to a resource.
type MalformedError struct{ Reason string }

func (e *MalformedError) Error() string { return e.Reason }

// Document is a parsed policy.
type Document struct{ policy.Document }

// Parse reads a document and refuses, with a *MalformedError, what no service attaches to a resource.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(text string) (*Document, error) {
	if !json.Valid([]byte(text)) {
		return nil, &MalformedError{"This policy contains invalid Json"}
	}
	doc, err := policy.Parse(text)
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		return nil, &MalformedError{syntax.Problems[0].Message}
	}
	if err != nil {
		return nil, &MalformedError{err.Error()}
	}
	if len(doc.Statements) == 0 {
		return nil, &MalformedError{"Missing required field Statement"}
	}
	sids := map[string]bool{}
	for _, st := range doc.Statements {
		switch {
		case len(st.Principals)+len(st.NotPrincipals) == 0:
			return nil, &MalformedError{"Missing required field Principal"}
		case st.Sid != "" && sids[st.Sid]:
			return nil, &MalformedError{"Statement IDs (SID) in a single policy must be unique."}
		}
		sids[st.Sid] = true
	}
	return &Document{doc}, nil
}

// Complete refuses statements without an action or a resource, which have no effect. KMS alone stores them.
func (d *Document) Complete() error {
	for _, st := range d.Statements {
		switch {
		case len(st.Actions)+len(st.NotActions) == 0:
			return &MalformedError{"Missing required field Action"}
		case len(st.Resources)+len(st.NotResources) == 0:
			return &MalformedError{"Missing required field Resource"}
		}
	}
	return nil
}

// Compact is the document without white space, as S3 re-serializes it.
func Compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return strings.TrimSpace(text)
	}
	return b.String()
}
