package exposure

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func tcp(from, to int, peer string) rule {
	return rule{Protocol: "tcp", From: from, To: to, Peer: peer}
}

func deny(r rule) rule { r.Deny = true; return r }

func group(rules ...rule) map[string]part { return named("id", firewall{rules: rules}) }

func named(id string, s surface) map[string]part { return surfaces{"it": {s, id}} }

func document1(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

const (
	allowRead = `{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	allowAll  = `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`
	denyHTTP  = `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
)

func TestWhatIsBetween(t *testing.T) {
	bucket := func(statements string) map[string]part {
		return named("b", permits{resource: []string{document1(statements)}, self: "arn:aws:s3:::b"})
	}
	role := func(id string, attached []string, documents ...string) map[string]part {
		return named(id, permits{identity: documents, attached: attached, self: "arn:aws:iam::123456789012:role/r"})
	}
	noData := document1(`{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}`)
	for name, c := range map[string]struct {
		before, now, wanted map[string]part
		more, less          bool
	}{
		"the end":                        {group(tcp(22, 22, "10.0.0.0/8")), group(tcp(80, 80, "10.0.0.0/8")), group(tcp(80, 80, "10.0.0.0/8")), false, false},
		"both":                           {group(tcp(22, 22, "10.0.0.0/8")), group(tcp(22, 22, "10.0.0.0/8"), tcp(80, 80, "10.0.0.0/8")), group(tcp(80, 80, "10.0.0.0/8")), false, false},
		"neither":                        {group(tcp(22, 22, "10.0.0.0/8")), group(), group(tcp(80, 80, "10.0.0.0/8")), false, false},
		"neither, of ports in both":      {group(tcp(20, 30, "10.0.0.0/8")), group(), group(tcp(25, 40, "10.0.0.0/8")), false, true},
		"neither, of addresses in both":  {group(tcp(22, 22, "10.0.0.0/8")), group(), group(tcp(22, 22, "10.1.0.0/16")), false, true},
		"one port more":                  {group(tcp(20, 30, "10.0.0.0/8")), group(tcp(20, 31, "10.0.0.0/8")), group(tcp(20, 25, "10.0.0.0/8")), true, false},
		"one address more":               {group(tcp(22, 22, "10.0.0.0/9")), group(tcp(22, 22, "10.0.0.0/8")), group(), true, false},
		"another group":                  {group(tcp(22, 22, "sg-a")), group(tcp(22, 22, "sg-b")), group(tcp(22, 22, "sg-a")), true, true},
		"a deny that is gone too early":  {group(deny(tcp(22, 22, "10.0.0.0/8")), tcp(0, 65535, "0.0.0.0/0")), group(tcp(0, 65535, "0.0.0.0/0")), group(), true, false},
		"a policy that allows more":      {bucket(allowRead), bucket(allowAll), bucket(""), true, false},
		"a policy that loses its deny":   {bucket(allowRead + "," + denyHTTP), bucket(allowRead), bucket(denyHTTP), true, false},
		"a policy written otherwise":     {bucket(allowRead + "," + denyHTTP), bucket(denyHTTP + "," + allowRead), bucket(allowRead + "," + denyHTTP), false, false},
		"an attachment before its deny":  {nil, role("r", []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}), role("r", []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, noData), true, false},
		"a deny before its attachment":   {nil, role("r", nil, noData), role("r", []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, noData), false, false},
		"a new group that nothing uses":  {nil, named("g", firewall{rules: []rule{tcp(0, 65535, "0.0.0.0/0")}, idle: true}), group(), false, false},
		"a new group in use":             {nil, named("g", firewall{rules: []rule{tcp(0, 65535, "0.0.0.0/0")}}), group(), true, false},
		"what is replaced is not there":  {named("old", firewall{rules: []rule{tcp(22, 22, "10.0.0.0/8")}}), nil, named("new", firewall{rules: []rule{tcp(22, 22, "10.0.0.0/8")}}), false, false},
		"a new bucket without its deny":  {nil, bucket(""), bucket(denyHTTP), false, false},
		"a new bucket for anyone":        {nil, bucket(allowAll), bucket(denyHTTP), true, false},
		"a fact that comes and goes":     {named("f", facts{}), named("f", facts{"open"}), named("f", facts{}), true, false},
		"a fact that goes and comes":     {named("f", facts{"open"}), named("f", facts{}), named("f", facts{"open"}), false, true},
		"a unit with nobody in it":       {nil, named("u", permits{scp: []string{document1(`{"Effect":"Allow","Action":"*","Resource":"*"}`)}, self: ownRole, empty: true}), nil, false, false},
		"the whole world, for a moment":  {group(tcp(22, 22, "203.0.113.0/24")), group(tcp(22, 22, "0.0.0.0/0")), group(tcp(22, 22, "203.0.113.0/25")), true, false},
		"another protocol, for a moment": {group(tcp(53, 53, "10.0.0.0/8")), group(tcp(53, 53, "10.0.0.0/8"), rule{Protocol: "udp", From: 53, To: 53, Peer: "10.0.0.0/8"}), group(), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			more, less := false, false
			for _, v := range between("Call", c.before, c.wanted, c.now) {
				t.Log(v)
				more, less = more || rank(v.Now) > rank(v.Before), less || rank(v.Now) < rank(v.Before)
			}
			require.Equal(t, c.more, more, "more open")
			require.Equal(t, c.less, less, "cut off")
		})
	}
}
