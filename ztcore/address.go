package ztcore

import (
	"fmt"
	"regexp"
	"strings"
)

// Address names a resource within a baseline: its kind and its name, as in "network.VPC/main". It is also the value of
// the ownership tag TagResource, so it keeps to the characters that every AWS service takes in a tag.
type Address string

// addressOf joins a kind's name and a resource's.
func addressOf(kind, name string) Address { return Address(kind + "/" + name) }

// Kind is the part before the first slash.
func (a Address) Kind() string { k, _, _ := strings.Cut(string(a), "/"); return k }

// Name is the part after the first slash.
func (a Address) Name() string { _, n, _ := strings.Cut(string(a), "/"); return n }

// 256 characters is what a tag's value holds; the set is the one that AWS documents as allowed in all services.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
var nameRE = regexp.MustCompile(`^[A-Za-z0-9_.:/=+@ -]{1,200}$`)

// A token stands for an attribute of a resource that may not exist yet: {{zt:network.VPC/main#ID}}. Tokens are
// plain text, so they survive fmt.Sprintf, JSON and policy documents; the engine finds them wherever they stand.
var tokenRE = regexp.MustCompile(`\{\{zt:([^{}]*)\}\}`)

func token(a Address, field string) string { return "{{zt:" + string(a) + "#" + field + "}}" }

// Tokens for what is known of every run before anything is read. They may stand anywhere in a resource's strings.
const (
	AccountID = "{{zt:account}}"   // the 12 digits of the account that is planned against
	Region    = "{{zt:region}}"    // its region, as us-east-1
	Partition = "{{zt:partition}}" // aws, aws-cn or aws-us-gov
)

// reference is what a token refers to.
type reference struct {
	address Address
	field   string
}

func (r reference) String() string { return string(r.address) + "#" + r.field }

// HasToken reports whether something in s is not known yet: it holds what a resource's method returned for an object that may
// not exist. A kind's checks pass over such strings.
func HasToken(s string) bool { return strings.Contains(s, "{{zt:") && tokenRE.MatchString(s) }

// references lists what the tokens of s refer to, scope tokens left out.
func references(s string) []reference {
	if !strings.Contains(s, "{{zt:") {
		return nil
	}
	var out []reference
	for _, m := range tokenRE.FindAllStringSubmatch(s, -1) {
		if address, field, ok := strings.Cut(m[1], "#"); ok {
			out = append(out, reference{Address(address), field})
		} else if token := "{{zt:" + m[1] + "}}"; token != AccountID && token != Region && token != Partition {
			out = append(out, reference{Address(m[1]), ""})
		}
	}
	return out
}

// resolveString puts values in the place of tokens; value says false for what is not known, which then stays.
func resolveString(s string, value func(token string) (string, bool)) string {
	if !strings.Contains(s, "{{zt:") {
		return s
	}
	return tokenRE.ReplaceAllStringFunc(s, func(tok string) string {
		if v, ok := value(tok); ok {
			return v
		}
		return tok
	})
}

// forReaders shows a string with its tokens as a reviewer wants to see them.
func forReaders(s string) string {
	return tokenRE.ReplaceAllStringFunc(s, func(tok string) string {
		return fmt.Sprintf("(known after apply: %s)", tok[len("{{zt:"):len(tok)-len("}}")])
	})
}
