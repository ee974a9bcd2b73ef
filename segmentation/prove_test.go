package segmentation

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
)

func tiers() Design {
	return Design{Environments: []Environment{{
		Name: "prod", CIDR: "10.20.0.0/16", Segments: []Segment{{Name: "web"}, {Name: "app", Uses: []string{"s3"}}, {Name: "db"}},
		Flows: []Flow{{From: Internet, To: "web", Port: 443, Because: "customers"}, {From: "web", To: "app", Port: 8443}, {From: "app", To: "db", Port: 5432}},
	}}}
}

// A proof that holds for everything proves nothing: here the resources are spoilt, one at a time.
func TestSpoiltResourcesAreFound(t *testing.T) {
	everything := network.ACLEntry{Number: 1, Protocol: "-1", CIDR: "0.0.0.0/0"}
	group := func(r *Resources, name string) *network.SecurityGroup {
		for i := range r.SecurityGroups {
			if r.SecurityGroups[i].Name == name {
				return &r.SecurityGroups[i]
			}
		}
		return nil
	}
	for name, c := range map[string]struct {
		spoil               func(r *Resources)
		undeclared, missing []string
	}{
		"a rule on one side only opens nothing": {
			spoil: func(r *Resources) {
				group(r, "prod-db").Ingress = append(group(r, "prod-db").Ingress, network.AllowTCP(22).From("0.0.0.0/0"))
			},
		},
		"groups on both sides, with the ACL still closed, open nothing": {
			spoil: func(r *Resources) {
				group(r, "prod-web").Egress = append(group(r, "prod-web").Egress, network.AllowTCP(22).ToGroup(group(r, "prod-db").ID()))
				group(r, "prod-db").Ingress = append(group(r, "prod-db").Ingress, network.AllowTCP(22).FromGroup(group(r, "prod-web").ID()))
			},
		},
		"groups and ACLs": {
			spoil: func(r *Resources) {
				group(r, "prod-web").Egress = append(group(r, "prod-web").Egress, network.AllowTCP(22).To("10.20.0.0/16"))
				group(r, "prod-db").Ingress = append(group(r, "prod-db").Ingress, network.AllowTCPRange(20, 30).From("0.0.0.0/0"))
				for i := range r.NetworkACLs {
					r.NetworkACLs[i].Ingress = append(r.NetworkACLs[i].Ingress, everything)
					r.NetworkACLs[i].Egress = append(r.NetworkACLs[i].Egress, everything)
				}
			},
			undeclared: []string{"prod/web → prod/db tcp 22 (VPC)"},
		},
		"a way out": {
			spoil: func(r *Resources) {
				group(r, "prod-web").Egress = append(group(r, "prod-web").Egress, network.AllowAll().To("0.0.0.0/0"))
				for i := range r.NetworkACLs {
					r.NetworkACLs[i].Ingress = append(r.NetworkACLs[i].Ingress, everything)
					r.NetworkACLs[i].Egress = append(r.NetworkACLs[i].Egress, everything)
				}
			},
			undeclared: []string{
				"prod/web → internet tcp 0-65535 (internet gateway prod)", "prod/web → internet udp 0-65535 (internet gateway prod)", "prod/web → internet other any (internet gateway prod)",
				"prod/web → prod/web tcp 443 (VPC)", // which the rule for the internet admits too
			},
		},
		"a service": {
			spoil: func(r *Resources) {
				r.GatewayEndpoints[0].RouteTables = append(r.GatewayEndpoints[0].RouteTables, network.RouteTable{Name: "prod-db"}.ID())
				group(r, "prod-db").Egress = append(group(r, "prod-db").Egress, network.AllowTCP(443).ToPrefixList(r.GatewayEndpoints[0].PrefixList()))
			},
			undeclared: []string{"prod/db → s3 tcp 443 (gateway endpoint prod-s3)"},
		},
		"a route is missing":      {spoil: func(r *Resources) { r.RouteTables[0].Routes = nil }, missing: []string{"internet → prod/web tcp 443 ()"}},
		"a rule is missing":       {spoil: func(r *Resources) { group(r, "prod-app").Egress = nil }, missing: []string{"prod/app → prod/db tcp 5432 (VPC)", "prod/app → s3 tcp 443 ()"}},
		"answers are not let out": {spoil: func(r *Resources) { r.NetworkACLs[2].Egress = nil }, missing: []string{"prod/app → prod/db tcp 5432 (VPC)"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, findings := tiers().resolve()
			require.Empty(t, findings)
			r := l.resources()
			c.spoil(&r)
			proof := prove(l, r)
			require.Equal(t, c.undeclared, texts(proof.Undeclared))
			require.Equal(t, c.missing, texts(proof.Missing))
		})
	}
}

func texts(ways []Way) []string {
	var out []string
	for _, w := range ways {
		out = append(out, w.String())
	}
	return out
}
