package segmentation

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// resolve finds what the names mean and everything that is wrong with the design, all at once and before any call.
func (d Design) resolve() (*layout, []ztcore.Finding) {
	r := &resolver{layout: &layout{tags: d.Tags}, envs: map[string]*env{}, segments: map[string]*segment{}}
	for _, e := range d.Environments {
		r.environment(e)
	}
	r.overlaps()
	for _, p := range d.Peerings {
		r.peering(p)
	}
	for _, e := range r.layout.envs {
		for i, f := range e.Flows {
			r.flow(e, i, f)
		}
	}
	if len(d.Environments) == 0 {
		r.bad("Environments", "none is declared", "declare one, as production")
	}
	if len(r.findings) == 0 {
		r.limits()
	}
	return r.layout, r.findings
}

type resolver struct {
	layout   *layout
	envs     map[string]*env
	segments map[string]*segment // by environment/segment
	findings []ztcore.Finding
}

func (r *resolver) bad(attribute, message, fix string) {
	r.findings = append(r.findings, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
}

// nameRE keeps names fit for tags, groups and diagrams, and apart from blocks of addresses.
var nameRE = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,39}$`)

const nameFix = "use 1–40 letters, digits and hyphens, beginning with a letter"

func (r *resolver) environment(x Environment) {
	at := "Environments[" + x.Name + "]"
	e := &env{Environment: x}
	if !nameRE.MatchString(x.Name) || x.Name == Internet {
		r.bad(at+".Name", fmt.Sprintf("%q can't be an environment's name", x.Name), nameFix)
	}
	if r.envs[x.Name] != nil {
		r.bad(at+".Name", "there are two environments of this name", "give each a name of its own")
	}
	block, err := netip.ParsePrefix(x.CIDR)
	switch {
	case err != nil || !block.Addr().Is4() || block != block.Masked():
		r.bad(at+".CIDR", fmt.Sprintf("%q is no IPv4 block", x.CIDR), "use one such as 10.20.0.0/16, with no host bits set")
	case block.Bits() < 16 || block.Bits() > 22:
		r.bad(at+".CIDR", fmt.Sprintf("%s has a length of %d: sixteen segments of four subnets need /16 to /22", x.CIDR, block.Bits()), "use a length between 16 and 22")
	default:
		e.block = block
	}
	if n := len(x.zones()); n == 0 || n > 1<<zoneBits {
		r.bad(at+".Zones", fmt.Sprintf("%d zones are named", n), "name one to four, two or more for availability")
	}
	if len(x.Segments) == 0 {
		r.bad(at+".Segments", "none is declared", "declare one, as web")
	}
	r.envs[x.Name] = e
	r.layout.envs = append(r.layout.envs, e)
	blocks := map[int]string{}
	for i, s := range x.Segments {
		r.segment(e, i, s, blocks)
	}
}

func (r *resolver) segment(e *env, i int, x Segment, blocks map[int]string) {
	at := "Environments[" + e.Name + "].Segments[" + x.Name + "]"
	if !nameRE.MatchString(x.Name) || x.Name == Internet || x.Name == "nat" || x.Name == "endpoints" {
		r.bad(at+".Name", fmt.Sprintf("%q can't be a segment's name", x.Name), nameFix+`; "internet", "nat" and "endpoints" are taken`)
	}
	if r.segments[e.Name+"/"+x.Name] != nil {
		r.bad(at+".Name", "there are two segments of this name", "give each a name of its own")
	}
	n := cmp.Or(x.Block, i+1)
	if other, taken := blocks[n]; taken {
		r.bad(at+".Block", fmt.Sprintf("%d is that of %s", n, other), "give each segment a block of its own, or leave all zero")
	}
	blocks[n] = x.Name
	if n < 1 || n > lastSegment {
		r.bad(at+".Block", fmt.Sprintf("%d is none of the blocks for segments", n), fmt.Sprintf("an environment has room for %d segments, 1 to %d: split it", lastSegment, lastSegment))
		n = 1
	}
	for j, service := range x.Uses {
		if service == "" || strings.ContainsAny(service, " /:") || slices.Contains(x.Uses[:j], service) {
			r.bad(at+".Uses", fmt.Sprintf("%q is no further AWS service", service), `name each once, as "s3" or "secretsmanager"`)
		}
	}
	s := &segment{Segment: x, env: e}
	if e.block.IsValid() {
		s.block = e.part(n)
	}
	e.segments = append(e.segments, s)
	r.segments[e.Name+"/"+x.Name] = s
}

func (r *resolver) overlaps() {
	for i, a := range r.layout.envs {
		for _, b := range r.layout.envs[:i] {
			if a.block.IsValid() && b.block.IsValid() && a.block.Overlaps(b.block) {
				r.bad("Environments["+a.Name+"].CIDR", fmt.Sprintf("%s overlaps with %s of %s, so the two could never be told apart or connected", a.CIDR, b.CIDR, b.Name), "give each environment addresses of its own")
			}
		}
	}
}

func (r *resolver) peering(x Peering) {
	at := "Peerings[" + x.A + "-" + x.B + "]"
	a, b := r.envs[x.A], r.envs[x.B]
	for _, name := range []string{x.A, x.B} {
		if r.envs[name] == nil {
			r.bad(at, fmt.Sprintf("there is no environment %q", name), "name two of "+strings.Join(sortedKeys(r.envs), ", "))
		}
	}
	if strings.TrimSpace(x.Because) == "" {
		r.bad(at+".Because", "connects two environments without a reason", "say what it is for")
	}
	if x.A == x.B {
		r.bad(at, "connects an environment with itself", "name two environments")
	}
	if r.layout.between(a, b).a != nil && a != b {
		r.bad(at, "is declared twice", "declare it once; flows go both ways over it")
	}
	r.layout.peerings = append(r.layout.peerings, peering{x, a, b})
}

func (r *resolver) flow(e *env, i int, x Flow) {
	at := fmt.Sprintf("Environments[%s].Flows[%d: %s to %s]", e.Name, i, x.From, x.To)
	from, fromOK := r.side(e, at+".From", x.From)
	to, toOK := r.side(e, at+".To", x.To)
	if x.protocol() != "tcp" && x.protocol() != "udp" {
		r.bad(at+".Protocol", fmt.Sprintf("%q is neither tcp nor udp", x.Protocol), `use one of them; "tcp" is the default`)
	}
	if x.Port < 1 || x.last() > 65535 || x.last() < x.Port {
		r.bad(at+".Port", fmt.Sprintf("%d-%d is no range of ports", x.Port, x.last()), "name the port, and LastPort if there are several")
	}
	if !fromOK || !toOK {
		return
	}
	f := flow{x, from, to}
	switch {
	case from.seg == nil && to.seg == nil:
		r.bad(at, "neither side is a segment", "name a segment on one side")
		return
	case from.seg != nil && to.seg != nil:
		if from.seg.env != to.seg.env && r.layout.between(from.seg.env, to.seg.env).a == nil {
			r.bad(at, fmt.Sprintf("there is no way from %s to %s", from.seg.env.Name, to.seg.env.Name), "declare a Peering of the two environments, with its reason")
			return
		}
		if from.seg.env != e && to.seg.env != e {
			r.bad(at, "neither side is of this environment", "declare it with one of its environments")
			return
		}
	default:
		if strings.TrimSpace(x.Because) == "" {
			r.bad(at+".Because", "crosses the border of the VPC without a reason", "say what it is for")
		}
		if what := plainText[x.Port]; (what != "" || x.Port < 80 && x.last() >= 80) && strings.TrimSpace(x.PlainTextBecause) == "" {
			r.bad(at+".Port", fmt.Sprintf("%s crosses the internet unencrypted", cmp.Or(what, "HTTP")), "use TLS (443), or say why not in PlainTextBecause")
		}
	}
	if slices.ContainsFunc(r.layout.flows, func(g flow) bool {
		return g.from == f.from && g.to == f.to && g.protocol() == f.protocol() && g.Port == f.Port && g.last() == f.last()
	}) {
		r.bad(at, "is declared twice", "declare it once")
		return
	}
	r.layout.flows = append(r.layout.flows, f)
}

// plainText are ports whose usual protocols carry what they carry in clear.
var plainText = map[int32]string{20: "FTP", 21: "FTP", 23: "Telnet", 25: "SMTP", 69: "TFTP", 80: "HTTP", 110: "POP3", 143: "IMAP", 389: "LDAP", 1883: "MQTT", 8080: "HTTP"}

// side finds what one end of a flow names.
func (r *resolver) side(e *env, attribute, name string) (side, bool) {
	if name == Internet {
		return side{cidr: world}, true
	}
	if p, err := netip.ParsePrefix(name); err == nil {
		switch {
		case p != p.Masked() || !p.Addr().Is4():
			r.bad(attribute, fmt.Sprintf("%q is no IPv4 block", name), fmt.Sprintf("write it as %s", p.Masked()))
		case p.Addr().IsPrivate() || p.Bits() < 8 && name != world:
			r.bad(attribute, fmt.Sprintf("%s is no public network", name), "name segments; networks behind a VPN or a transit gateway can't be declared here")
		default:
			return side{cidr: p.String()}, true
		}
		return side{}, false
	}
	full := name
	if !strings.Contains(name, "/") {
		full = e.Name + "/" + name
	}
	if s := r.segments[full]; s != nil {
		return side{seg: s}, true
	}
	r.bad(attribute, fmt.Sprintf("there is no segment %q", full), "name one of "+strings.Join(sortedKeys(r.segments), ", ")+`, "internet" or a public network`)
	return side{}, false
}

// limits finds what AWS's quotas would refuse only in the middle of an apply.
func (r *resolver) limits() {
	for _, a := range r.layout.resources().NetworkACLs {
		for direction, n := range map[string]int{"ingress": len(a.Ingress), "egress": len(a.Egress)} {
			if n > maxEntries {
				r.bad("network ACL "+a.Name, fmt.Sprintf("needs %d entries for %s, and AWS's quota is %d", n, direction, maxEntries), "split the segment, or bundle ports of its flows into ranges")
			}
		}
	}
	slices.SortFunc(r.findings, func(a, b ztcore.Finding) int {
		return strings.Compare(a.Attribute+a.Message, b.Attribute+b.Message)
	})
}

func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
