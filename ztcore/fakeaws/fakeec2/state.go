package fakeec2

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// region is the EC2 of one account in one region.
type region struct {
	Account, Name    string
	Vpcs             table[vpc]
	Subnets          table[subnet]
	Groups           table[group]
	RouteTables      table[routeTable]
	Gateways         table[gateway]
	NATs             table[natGateway]
	Addresses        table[address]
	ACLs             table[networkACL]
	Interfaces       table[networkInterface]
	Endpoints        table[endpoint]
	PrefixLists      table[prefixList]
	FlowLogs         table[flowLog]
	DHCPOptions      table[dhcpOptions]
	Peerings         table[peering]
	Templates        table[launchTemplate]
	CustomerGateways table[customerGateway]
	VPNGateways      table[vpnGateway]
	VPNs             table[vpn]
	Instances        table[instance]
	Profiles         table[profileAssociation]
	Volumes          table[volume]
	Snapshots        table[snapshot]
	Tags             map[string]map[string]string // resource id → key → value
	Settings         settings
	Flows            []*flow            `json:"-"` // traffic, which is no part of a snapshot
	Changed          time.Time          `json:"-"` // when the last change began
	Requests         map[string]request `json:"-"` // by operation and client token; random, so no part of a snapshot
}

// table keeps objects in the order of their creation.
type table[T any] struct {
	Items []*T
	Index map[string]*T `json:"-"` // by id
}

func (t *table[T]) add(id string, v *T) {
	if t.Index == nil {
		t.Index = map[string]*T{}
	}
	t.Items = append(t.Items, v)
	t.Index[id] = v
}

func (t *table[T]) remove(id string) {
	v := t.Index[id]
	delete(t.Index, id)
	if i := slices.Index(t.Items, v); i >= 0 {
		t.Items = slices.Delete(t.Items, i, i+1)
	}
}

// where are the objects that a condition holds for.
func (t *table[T]) where(holds func(*T) bool) []*T {
	var out []*T
	for _, v := range t.Items {
		if holds(v) {
			out = append(out, v)
		}
	}
	return out
}

// any reports whether a condition holds for at least one object.
func (t *table[T]) any(holds func(*T) bool) bool { return slices.ContainsFunc(t.Items, holds) }

// request is what a client token stands for.
type request struct {
	Asked string // the whole input
	ID    string // of what it made
	At    time.Time
}

// tokenLife is how long a token is remembered. AWS says so of instances only: "at least 24 hours after the termination of the instance".
const tokenLife = 24 * time.Hour

// replay returns the id that an earlier request with the same client token made, or "". The retry "succeeds without performing any
// further actions", so what was made and is gone by now is answered again: handlers answer its id, as it were alive.
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
func (r *region) replay(operation string, token *string, in any) (string, error) {
	if aws.ToString(token) == "" {
		return "", nil
	}
	if len(*token) > 64 {
		return "", invalidParameter("Value (%s) for parameter clientToken is invalid. It must be 64 characters or fewer.", *token)
	}
	old, ok := r.Requests[operation+"/"+*token]
	if !ok || time.Since(old.At) > tokenLife {
		return "", nil
	}
	if old.Asked != fingerprint(in) {
		return "", fakeaws.Error("IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request.")
	}
	return old.ID, nil
}

func (r *region) remember(operation string, token *string, in any, id string) {
	if aws.ToString(token) != "" {
		r.Requests[operation+"/"+*token] = request{Asked: fingerprint(in), ID: id, At: time.Now()}
	}
}

func fingerprint(in any) string {
	b, err := json.Marshal(in)
	if err != nil {
		panic("fakeec2: an input of the SDK cannot be serialized: " + err.Error())
	}
	return string(b)
}

// forget removes what hangs on an object that is being deleted: its tags and flow logs.
func (r *region) forget(id string) {
	delete(r.Tags, id)
	for _, f := range r.FlowLogs.where(func(f *flowLog) bool { return f.Resource == id }) {
		r.FlowLogs.remove(f.ID)
		delete(r.Tags, f.ID)
	}
}

// sweep removes what has finished deleting.
func (r *region) sweep(now time.Time) {
	r.follow(now)
	r.Changed = now
	r.sweepCompute(now)
	for _, n := range r.Interfaces.where(func(n *networkInterface) bool { return n.gone(now) }) {
		r.dropInterface(n)
	}
	for _, e := range r.Endpoints.where(func(e *endpoint) bool { return e.gone(now) }) {
		r.Endpoints.remove(e.ID)
		r.forget(e.ID)
	}
	for _, n := range r.NATs.where(func(n *natGateway) bool { return n.gone(now) }) {
		r.NATs.remove(n.ID)
		r.forget(n.ID)
	}
}

// arn is the ARN of one of the region's own objects, as arn("subnet", id).
func (r *region) arn(resource, id string) *string {
	return aws.String("arn:" + fakeaws.Partition(r.Name) + ":ec2:" + r.Name + ":" + r.Account + ":" + resource + "/" + id)
}
