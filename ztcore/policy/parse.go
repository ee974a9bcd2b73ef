package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// SyntaxError lists everything that keeps a text from being a policy document.
type SyntaxError struct {
	Problems []Problem // by position; never empty
}

// Problem is one fault of a text.
type Problem struct {
	Line, Column int    // from 1, columns in characters; of the decoded text if it was URL-encoded
	Path         string // Statement[0].Effect; "" for the document as a whole
	Message      string
}

// Error names every problem with its position.
func (e *SyntaxError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "policy document: " + strings.Join(lines, "; ")
}

// String is "line:column path: message".
func (p Problem) String() string {
	if p.Path == "" {
		return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message)
	}
	return fmt.Sprintf("%d:%d %s: %s", p.Line, p.Column, p.Path, p.Message)
}

// Parse reads a document as AWS answers it: plain or URL-encoded (as IAM does), one statement or a list, one value or a list.
//
// What AWS would refuse as malformed wherever it is attached is a *SyntaxError that lists every fault: broken JSON, duplicate or
// unknown elements, values of the wrong type, an effect other than Allow and Deny (case counts), an unknown version. What
// depends on the class of policy is Lint's.
func Parse(text string) (Document, error) {
	if strings.HasPrefix(text, "%") { // JSON never begins so
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return Document{}, &SyntaxError{[]Problem{{Line: 1, Column: 1, Message: err.Error()}}}
		}
		text = decoded
	}
	r := treeReader{text: text, dec: json.NewDecoder(strings.NewReader(text))}
	r.dec.UseNumber()
	p := parser{text: text}
	root, err := r.read(0)
	if err == nil {
		if rest := strings.TrimLeft(text[r.dec.InputOffset():], " \t\r\n"); rest != "" {
			p.fault(len(text)-len(rest), "", "more text after the end of the document")
		}
	}
	if e := new(jsonError); errors.As(err, &e) {
		p.fault(e.offset, "", "%s", e.message)
		return Document{}, &SyntaxError{p.problems}
	}
	doc := p.document(root)
	if len(p.problems) > 0 {
		slices.SortStableFunc(p.problems, func(a, b Problem) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return a.Column - b.Column
		})
		return Document{}, &SyntaxError{p.problems}
	}
	return doc, nil
}

// parser turns nodes into a document and collects what is wrong with them.
type parser struct {
	text     string
	problems []Problem
}

func (p *parser) fault(offset int, path, format string, args ...any) {
	before := p.text[:min(offset, len(p.text))]
	p.problems = append(p.problems, Problem{
		Line:    1 + strings.Count(before, "\n"),
		Column:  1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]),
		Path:    path,
		Message: fmt.Sprintf(format, args...),
	})
}

func (p *parser) document(n node) Document {
	// A text without a version is of the old language; see Version2008.
	doc := Document{Version: Version2008}
	stated := false
	p.object(n, "", map[string]func(node, string){
		"Version": func(v node, path string) {
			doc.Version = p.str(v, path)
			if v.kind == kindString && doc.Version != Version2012 && doc.Version != Version2008 {
				p.fault(v.offset, path, "unknown version %q: write %q", doc.Version, Version2012)
			}
		},
		"Id": func(v node, path string) { doc.ID = p.str(v, path) },
		"Statement": func(v node, path string) {
			stated = true
			if v.kind != kindList {
				doc.Statements = []Statement{p.statement(v, path)}
				return
			}
			doc.Statements = make([]Statement, len(v.items))
			for i, item := range v.items {
				doc.Statements[i] = p.statement(item, fmt.Sprintf("%s[%d]", path, i))
			}
		},
	})
	if n.kind == kindObject && !stated {
		p.fault(n.offset, "", "no element Statement")
	}
	return doc
}

func (p *parser) statement(n node, path string) Statement {
	var s Statement
	p.object(n, path, map[string]func(node, string){
		"Sid": func(v node, path string) { s.Sid = p.str(v, path) },
		"Effect": func(v node, path string) {
			s.Effect = Effect(p.str(v, path))
			if v.kind == kindString && s.Effect != EffectAllow && s.Effect != EffectDeny {
				p.fault(v.offset, path, "effect %q: write Allow or Deny, the case counts", s.Effect)
			}
		},
		"Principal":    func(v node, path string) { s.Principals = p.principals(v, path) },
		"NotPrincipal": func(v node, path string) { s.NotPrincipals = p.principals(v, path) },
		"Action":       func(v node, path string) { s.Actions = p.list(v, path) },
		"NotAction":    func(v node, path string) { s.NotActions = p.list(v, path) },
		"Resource":     func(v node, path string) { s.Resources = p.list(v, path) },
		"NotResource":  func(v node, path string) { s.NotResources = p.list(v, path) },
		"Condition":    func(v node, path string) { s.Conditions = p.conditions(v, path) },
	})
	return s
}

func (p *parser) principals(n node, path string) []Principal {
	if n.kind == kindString {
		if n.text != "*" {
			p.fault(n.offset, path, `%q: write "*" or an object such as {"AWS": …}`, n.text)
		}
		return []Principal{Anyone()}
	}
	out := []Principal{}
	of := func(typ string) func(node, string) {
		return func(v node, path string) {
			for _, id := range p.list(v, path) {
				out = append(out, Principal{Type: typ, ID: id})
			}
		}
	}
	p.object(n, path, map[string]func(node, string){
		typeAWS: of(typeAWS), typeService: of(typeService), typeFederated: of(typeFederated), typeCanonicalUser: of(typeCanonicalUser),
	})
	return out
}

func (p *parser) conditions(n node, path string) []Condition {
	out := []Condition{}
	p.members(n, path, func(op member, path string) {
		p.members(op.value, path, func(key member, path string) {
			out = append(out, Condition{Operator: op.name, Key: key.name, Values: p.values(key.value, path)})
		})
	})
	return out
}

// values reads a condition's values, which may be bare numbers and bools: AWS reads 300 and "300" as the same.
func (p *parser) values(n node, path string) []string {
	items := []node{n}
	if n.kind == kindList {
		items = n.items
	}
	out := make([]string, len(items))
	for i, item := range items {
		switch item.kind {
		case kindString, kindNumber, kindBool:
			out[i] = item.text
		default:
			p.fault(item.offset, path, "%s: write a string, number or bool, or a list of them", item.kind)
		}
	}
	return out
}

// list reads a string or a list of strings.
func (p *parser) list(n node, path string) []string {
	if n.kind != kindList {
		return []string{p.str(n, path)}
	}
	out := make([]string, len(n.items))
	for i, item := range n.items {
		out[i] = p.str(item, fmt.Sprintf("%s[%d]", path, i))
	}
	return out
}

func (p *parser) str(n node, path string) string {
	if n.kind != kindString {
		p.fault(n.offset, path, "%s where a string belongs", n.kind)
	}
	return n.text
}

// object reads an object whose members are all known. Their names are matched with their case, as AWS documents them.
func (p *parser) object(n node, path string, known map[string]func(node, string)) {
	p.members(n, path, func(m member, path string) {
		if read, ok := known[m.name]; ok {
			read(m.value, path)
			return
		}
		for name := range known {
			if strings.EqualFold(name, m.name) {
				p.fault(m.offset, path, "unknown element %q: write %q", m.name, name)
				return
			}
		}
		p.fault(m.offset, path, "unknown element %q: known are %s", m.name, strings.Join(sortedKeys(known), ", "))
	})
}

// members visits the members of an object. No two may have the same name, however it is written: JSON would let the
// last win, AWS refuses the document.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func (p *parser) members(n node, path string, visit func(m member, path string)) {
	if n.kind != kindObject {
		p.fault(n.offset, path, "%s where an object belongs", n.kind)
		return
	}
	seen := map[string]bool{}
	for _, m := range n.members {
		at := m.name
		if path != "" {
			at = path + "." + m.name
		}
		if name := strings.ToLower(m.name); seen[name] {
			p.fault(m.offset, at, "duplicate element %q", m.name)
		} else {
			seen[name] = true
		}
		visit(m, at)
	}
}
