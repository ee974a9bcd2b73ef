package ztcore

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Permissions are the IAM actions that a kind needs, each list sorted. What Write and Delete share with Read is left out of them.
type Permissions struct {
	Read   []string // to plan, and to see what has become of a write
	Write  []string // to create and to update
	Delete []string // to delete, alone or for a replacement
	// Roles are passed to a service and named otherwise than by their ARN in the state: names or ARNs.
	Roles []string
}

func (p Permissions) and(q Permissions) Permissions {
	return Permissions{union(p.Read, q.Read), union(p.Write, q.Write), union(p.Delete, q.Delete), union(p.Roles, q.Roles)}
}

func (p Permissions) empty() bool { return len(p.Read)+len(p.Write)+len(p.Delete) == 0 }

// Part is one of the things that a kind does.
type Part int

const (
	Reading  Part = iota // Read, Get and List
	Writing              // Create, Update, Put and what a set adds or takes away in them
	Deleting             // Delete
)

// String is the part's list in Permissions.
func (p Part) String() string { return [...]string{"Read", "Write", "Delete"}[p] }

// Of are the permissions for a part, those for reading among them.
func (p Permissions) Of(part Part) []string {
	switch part {
	case Writing:
		return union(p.Read, p.Write)
	case Deleting:
		return union(p.Read, p.Delete)
	}
	return p.Read
}

// Running is the kind on whose behalf a call is made, and what it is doing.
type Running struct {
	Kind        string
	Part        Part
	Permissions Permissions
}

type runningKey struct{}

// RunningIn tells a middleware of the SDK which kind a call is for. It is false for the engine's own calls.
func RunningIn(ctx context.Context) (Running, bool) {
	r, ok := ctx.Value(runningKey{}).(Running)
	return r, ok
}

// running marks the calls of a kind's functions, which are about these states.
func (k *Kind[S]) running(ctx context.Context, part Part, states ...any) context.Context {
	r := Running{k.Name, part, k.permissions(nil)}
	if k.PermissionsFor != nil {
		for _, s := range states {
			r.Permissions = r.Permissions.and(k.PermissionsFor(s.(S)))
		}
	}
	return context.WithValue(ctx, runningKey{}, r)
}

// permissions are the kind's, with those for one resource unless want is nil.
func (k *Kind[S]) permissions(want any) (p Permissions) {
	if k.Permissions != nil {
		p = *k.Permissions
	}
	if k.PermissionsFor != nil && want != nil {
		p = p.and(k.PermissionsFor(want.(S)))
	}
	return p
}

// PlanPolicy are the minimal identity policies of who plans the baseline: reads, by service. Each document is valid by itself and has
// at most the 6,144 characters of a managed policy; all are to be attached. The options are Plan's. Errors: *InvalidError, and
// *NoPermissionsError for kinds without Permissions. sts:GetCallerIdentity, which the engine calls, needs no permission.
func (b *Baseline) PlanPolicy(opts ...PlanOption) ([]policy.Document, error) {
	n, err := b.needs(Target{}, opts)
	if err != nil {
		return nil, err
	}
	return documents(n.read, nil), nil
}

// ApplyPolicy are the minimal identity policies of who plans the baseline with these options and applies it at a place. Without Destroy
// and Prune they hold no action that only deletion needs; AllowDelete adds those of the kinds that it names. A replacement then fails, naming
// the action that it lacks, and the object stays, though what a deletion does first with an update's rights, as detaching, may have been done.
// So does a run that would remove what it has just made, since another run made the same at the same moment; the error names both.
// With Destroy they are those of a removal: they create nothing. A resource that is declared otherwise than before, as logs that
// went to a bucket and now go to a log group, may take the policies of both declarations.
//
// iam:PassRole is on the roles that the baseline's resources hand to services, by ARN; on all of the account's where the resource names a
// literal instance profile, whose role is not known. Everything else is on "*": narrow it where you can. Of a Target only Account and Region
// count; what is empty stays a token (AccountID, Partition), so that the documents can be part of a baseline themselves.
func (b *Baseline) ApplyPolicy(at Target, opts ...PlanOption) ([]policy.Document, error) {
	n, err := b.needs(at, opts)
	if err != nil {
		return nil, err
	}
	return documents(union(n.read, n.write), n.roles), nil
}

// NoPermissionsError says that a baseline's policies can't be told, since some of its kinds don't say which permissions they need.
type NoPermissionsError struct {
	Baseline string
	Kinds    []string
}

func (e *NoPermissionsError) Error() string {
	return fmt.Sprintf("ztcore: the policies of baseline %q can't be told: Kind.Permissions is not set for %s", e.Baseline, strings.Join(e.Kinds, ", "))
}

// needs are the actions that a run takes, and the roles that it passes.
type needs struct{ read, write, roles []string }

func (b *Baseline) needs(at Target, opts []PlanOption) (*needs, error) {
	o := newPlanOptions(opts)
	d, invalid, _ := b.declare(o)
	if len(invalid) > 0 {
		return nil, &InvalidError{b.name, invalid}
	}
	sc := &Scope{Account: cmp.Or(at.Account, b.account, AccountID), Region: cmp.Or(at.Region, Region), Partition: partitionOf(at.Region), Baseline: b.name}
	p := &planner{scope: sc, decl: d, graph: &Graph{nodes: d.nodes, byName: d.byName}, options: o, wants: map[Address]any{}}
	out := &needs{}
	var without []string
	order, _ := p.graph.order()
	for _, n := range order {
		p.wants[n.address] = n.owned(n.kind.predict(sc, p.resolve(n.want, nil)), b.name)
		if n.mode == Ignored {
			continue
		}
		perms := n.kind.permissions(p.wants[n.address])
		if perms.empty() {
			without = append(without, n.kind.kindName())
		}
		out.read = union(out.read, perms.Read)
		if n.mode == Observed {
			continue
		}
		var acts []string
		if !o.destroy {
			acts = perms.Write
		}
		if o.destroy || o.prune || o.allowDelete[n.address] {
			acts = union(acts, perms.Delete)
		}
		if slices.Contains(acts, permission.PassRole) {
			out.roles = union(out.roles, p.passed(n))
			acts = slices.DeleteFunc(slices.Clone(acts), func(a string) bool { return a == permission.PassRole })
		}
		out.write = union(out.write, acts)
	}
	for _, k := range o.kinds {
		t := k.permissions(nil)
		if t.empty() {
			without = append(without, k.kindName())
		}
		out.read, out.write = union(out.read, t.Read), union(out.write, t.Delete)
	}
	if len(without) > 0 {
		return nil, &NoPermissionsError{b.name, union(without, nil)}
	}
	return out, nil
}

var (
	roleRE    = regexp.MustCompile(`^arn:.+:iam::.*:role/.+$`)
	profileRE = regexp.MustCompile(`^arn:.+:iam::.*:instance-profile/.+$`)
)

// passed are the ARNs of the roles that a resource hands to a service.
func (p *planner) passed(n *Node) []string {
	want := p.wants[n.address]
	var out []string
	known := false // through which profile
	visit(reflect.ValueOf(want), func(s string) {
		if roleRE.MatchString(s) {
			out = append(out, s)
		}
	})
	for _, to := range p.graph.edges(n) {
		switch arn, _ := to.schema.text(p.wants[to.address], "ARN"); {
		case roleRE.MatchString(arn):
			out = append(out, arn)
		case slices.Contains(to.kind.permissions(p.wants[to.address]).Write, permission.PassRole):
			out, known = append(out, p.passed(to)...), known || profileRE.MatchString(arn)
		}
	}
	for _, r := range n.kind.permissions(want).Roles {
		switch {
		case strings.HasPrefix(r, "arn:"):
			out = append(out, r)
		case len(out) == 0: // a name tells no path
			out = append(out, p.role(r), p.role("*/"+r))
		}
	}
	visit(reflect.ValueOf(want), func(s string) {
		if profileRE.MatchString(s) && !known && !slices.Contains(outputs(n, want), s) {
			out = append(out, p.role("*"))
		}
	})
	return union(out, nil)
}

func (p *planner) role(name string) string {
	return "arn:" + p.scope.Partition + ":iam::" + p.scope.Account + ":role/" + name
}

// outputs are the texts that a resource does not ask for: what AWS sets, as far as it is predicted.
func outputs(n *Node, want any) []string {
	var out []string
	for _, f := range n.schema.fields {
		if f.output {
			visit(reflect.ValueOf(want).Field(f.index), func(s string) { out = append(out, s) })
		}
	}
	return out
}

// documents lays actions out by service, in as few documents as hold them.
func documents(actions, roles []string) []policy.Document {
	byService := map[string][]string{}
	for _, a := range actions {
		byService[permission.Service(a)] = append(byService[permission.Service(a)], a)
	}
	out := []policy.Document{{}}
	add := func(name string, items []string, statement func([]string) policy.Document) {
		for i := 1; len(items) > 0; i++ {
			last, n := &out[len(out)-1], len(items)
			sid := name
			if i > 1 {
				sid += fmt.Sprint(i)
			}
			for n > 0 && last.And(statement(items[:n]).Named(sid)).Size(policy.Identity) > policy.Limit(policy.Identity) {
				n--
			}
			if whole := n == len(items); !whole && len(last.Statements) > 0 { // a service is kept together where it can be
				out = append(out, policy.Document{})
				i--
				continue
			}
			*last = last.And(statement(items[:n]).Named(sid))
			items = items[n:]
		}
	}
	for _, service := range sortedKeys(byService) {
		add(sidOf(service), byService[service], func(a []string) policy.Document { return policy.Allow(a...).OnAny() })
	}
	add("PassRole", roles, func(r []string) policy.Document {
		d := policy.Allow(permission.PassRole)
		for _, arn := range r {
			d = d.On(id.ARN(arn))
		}
		return d
	})
	if len(out[0].Statements) == 0 {
		return nil
	}
	return out
}

// sidOf is a service's prefix in the letters that IAM takes: "access-analyzer" becomes AccessAnalyzer.
func sidOf(service string) string {
	out := ""
	for _, word := range strings.Split(service, "-") {
		out += strings.ToUpper(word[:1]) + word[1:]
	}
	return out
}

// partitionOf is the partition of a region, or its token while there is none.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func partitionOf(region string) string {
	switch {
	case region == "":
		return Partition
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// union is both lists in one, sorted, each element once.
func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}
