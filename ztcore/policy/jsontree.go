package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// node is a JSON value that remembers where it stands: encoding/json alone keeps neither positions nor the duplicate
// names that AWS refuses.
type node struct {
	offset  int // of its first byte
	kind    nodeKind
	text    string // of a string, number or bool
	items   []node
	members []member
}

type member struct {
	name   string
	offset int
	value  node
}

type nodeKind string

const (
	kindNull   nodeKind = "null"
	kindBool   nodeKind = "a bool"
	kindNumber nodeKind = "a number"
	kindString nodeKind = "a string"
	kindList   nodeKind = "a list"
	kindObject nodeKind = "an object"
)

// maxDepth is more than twice what a policy nests.
const maxDepth = 16

// treeReader reads JSON into nodes.
type treeReader struct {
	text string
	dec  *json.Decoder
	next int // where the token to come starts, white space and separators aside
}

// jsonError is a fault in the JSON itself, after which nothing more can be read.
type jsonError struct {
	offset  int
	message string
}

func (e *jsonError) Error() string { return e.message }

// read returns the next value.
func (r *treeReader) read(depth int) (node, error) {
	tok, err := r.token()
	if err != nil {
		return node{}, err
	}
	n := node{offset: r.next}
	switch t := tok.(type) {
	case json.Delim:
		if depth == maxDepth {
			return n, &jsonError{n.offset, "nested too deeply for a policy"}
		}
		if t == '[' {
			n.kind = kindList
			return n, r.readList(&n, depth)
		}
		n.kind = kindObject
		return n, r.readObject(&n, depth)
	case string:
		n.kind, n.text = kindString, t
	case json.Number:
		n.kind, n.text = kindNumber, t.String()
	case bool:
		n.kind, n.text = kindBool, fmt.Sprint(t)
	default:
		n.kind = kindNull
	}
	return n, nil
}

func (r *treeReader) readList(n *node, depth int) error {
	for r.dec.More() {
		item, err := r.read(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.token()
	return err
}

func (r *treeReader) readObject(n *node, depth int) error {
	for r.dec.More() {
		name, err := r.token()
		if err != nil {
			return err
		}
		m := member{offset: r.next}
		m.name, _ = name.(string) // the decoder lets nothing else through here
		if m.value, err = r.read(depth + 1); err != nil {
			return err
		}
		n.members = append(n.members, m)
	}
	_, err := r.token()
	return err
}

// token reads one token and leaves in next where it started.
func (r *treeReader) token() (json.Token, error) {
	r.next = int(r.dec.InputOffset())
	for r.next < len(r.text) {
		switch r.text[r.next] {
		case ' ', '\t', '\n', '\r', ',', ':':
			r.next++
			continue
		}
		break
	}
	tok, err := r.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return tok, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &jsonError{len(r.text), "the text ends too early"}
	case errors.As(err, &syntax):
		return nil, &jsonError{r.next, syntax.Error()}
	default:
		return nil, &jsonError{r.next, err.Error()}
	}
}
