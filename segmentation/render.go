package segmentation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Matrix is the design as a table in Markdown: a row for who opens connections, a column for who takes them, and in the
// cells the protocols and ports. An empty cell is a way that does not exist. A design with mistakes is an
// *ztcore.InvalidError.
func (d Design) Matrix() (string, error) {
	l, findings := d.resolve()
	if len(findings) > 0 {
		return "", &ztcore.InvalidError{Findings: findings}
	}
	var names []string
	for _, e := range l.envs {
		for _, s := range e.segments {
			names = append(names, e.Name+"/"+s.Name)
		}
	}
	from, to := append(l.outside(func(f flow) side { return f.from }), names...), append(slices.Clone(names), l.outside(func(f flow) side { return f.to })...)
	services := l.services()
	var b strings.Builder
	fmt.Fprintf(&b, "| from ＼ to | %s |\n|---|%s\n", strings.Join(append(slices.Clone(to), services...), " | "), strings.Repeat("---|", len(to)+len(services)))
	for _, row := range from {
		cells := []string{row}
		for _, column := range to {
			var cell []string
			for _, f := range l.flows {
				if called(f.from) == row && called(f.to) == column {
					cell = append(cell, f.protocol()+" "+ports(f.Flow))
				}
			}
			cells = append(cells, strings.Join(cell, ", "))
		}
		for _, service := range services {
			cell := ""
			if l.uses(row, service) {
				cell = "endpoint"
			}
			cells = append(cells, cell)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String(), nil
}

// Mermaid is the design as a flowchart in Mermaid's language, which many viewers of Markdown draw. It shows the same as
// Matrix. A design with mistakes is an *ztcore.InvalidError.
func (d Design) Mermaid() (string, error) {
	l, findings := d.resolve()
	if len(findings) > 0 {
		return "", &ztcore.InvalidError{Findings: findings}
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	ids := map[string]string{}
	node := func(name string) string {
		if ids[name] == "" {
			ids[name] = fmt.Sprintf("n%d", len(ids)+1)
		}
		return ids[name]
	}
	for _, e := range l.envs {
		fmt.Fprintf(&b, "  subgraph %s[\"%s %s\"]\n", "env_"+strings.ReplaceAll(e.Name, "-", "_"), e.Name, e.block)
		for _, s := range e.segments {
			fmt.Fprintf(&b, "    %s[\"%s %s\"]\n", node(e.Name+"/"+s.Name), s.Name, s.block)
		}
		b.WriteString("  end\n")
	}
	for _, name := range append(l.outside(func(f flow) side { return f.from }), l.outside(func(f flow) side { return f.to })...) {
		if ids[name] == "" {
			fmt.Fprintf(&b, "  %s((\"%s\"))\n", node(name), name)
		}
	}
	for _, service := range l.services() {
		fmt.Fprintf(&b, "  %s[(\"%s\")]\n", node(service), service)
	}
	for _, f := range l.flows {
		fmt.Fprintf(&b, "  %s -->|%s %s| %s\n", node(called(f.from)), f.protocol(), ports(f.Flow), node(called(f.to)))
	}
	for _, e := range l.envs {
		for _, s := range e.segments {
			for _, service := range s.Uses {
				fmt.Fprintf(&b, "  %s -.->|endpoint| %s\n", node(e.Name+"/"+s.Name), node(service))
			}
		}
	}
	return b.String(), nil
}

// called is how a side is shown.
func called(s side) string {
	switch {
	case s.seg != nil:
		return s.seg.env.Name + "/" + s.seg.Name
	case s.cidr == world:
		return Internet
	}
	return s.cidr
}

// outside are the networks outside on one side of the flows.
func (l *layout) outside(end func(flow) side) []string {
	var out []string
	for _, f := range l.flows {
		if s := end(f); s.seg == nil && !slices.Contains(out, called(s)) {
			out = append(out, called(s))
		}
	}
	return out
}

func (l *layout) services() []string {
	all := map[string]bool{}
	for _, e := range l.envs {
		for _, s := range e.segments {
			for _, service := range s.Uses {
				all[service] = true
			}
		}
	}
	return sortedKeys(all)
}

func (l *layout) uses(segment, service string) bool {
	for _, e := range l.envs {
		for _, s := range e.segments {
			if e.Name+"/"+s.Name == segment {
				return slices.Contains(s.Uses, service)
			}
		}
	}
	return false
}
