package segmentation_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/segmentation"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// shop is a design with everything in it: several environments, a peering, ways out, endpoints of both types.
func shop() segmentation.Design {
	return segmentation.Design{
		Environments: []segmentation.Environment{
			{
				Name: "prod", CIDR: "10.20.0.0/16",
				Segments: []segmentation.Segment{
					{Name: "web", SecurityGroup: "WebServerSG"},
					{Name: "app", Uses: []string{"s3", "secretsmanager"}},
					{Name: "db"},
					{Name: "batch"},
				},
				Flows: []segmentation.Flow{
					{From: segmentation.Internet, To: "web", Port: 443, Because: "customers"},
					{From: "203.0.113.0/24", To: "web", Port: 8443, Because: "callbacks of the partner"},
					{From: "web", To: "app", Port: 8443},
					{From: "app", To: "db", Port: 5432},
					{From: "db", To: "db", Port: 5433, Because: "replication"},
					{From: "batch", To: segmentation.Internet, Port: 443, Because: "rates of the central bank"},
					{From: "batch", To: "db", Port: 5432, LastPort: 5434},
				},
			},
			{
				Name: "ops", CIDR: "10.30.0.0/18", Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"},
				Segments: []segmentation.Segment{{Name: "ci", Block: 5}, {Name: "dns"}},
				Flows: []segmentation.Flow{
					{From: "ci", To: "prod/app", Port: 9000, Because: "deployments"},
					{From: "ci", To: "dns", Port: 53, Protocol: "udp"},
				},
			},
			{Name: "dev", CIDR: "10.40.0.0/22", Segments: []segmentation.Segment{{Name: "all"}}},
		},
		Peerings: []segmentation.Peering{{A: "ops", B: "prod", Because: "deployments"}},
	}
}

func TestExactlyWhatIsDeclaredCanBeReached(t *testing.T) {
	proof, err := shop().Prove()
	require.NoError(t, err)
	require.Empty(t, proof.Undeclared)
	require.Empty(t, proof.Missing)
	require.True(t, proof.Holds())
	var ways []string
	for _, w := range proof.Ways {
		ways = append(ways, w.String())
	}
	require.Equal(t, []string{
		"internet → prod/web tcp 443 (internet gateway prod)",
		"203.0.113.0/24 → prod/web tcp 443 (internet gateway prod)",
		"203.0.113.0/24 → prod/web tcp 8443 (internet gateway prod)",
		"prod/web → prod/app tcp 8443 (VPC)",
		"prod/app → prod/db tcp 5432 (VPC)",
		"prod/db → prod/db tcp 5433 (VPC)",
		"prod/batch → internet tcp 443 (NAT gateway prod-nat)",
		"prod/batch → 203.0.113.0/24 tcp 443 (NAT gateway prod-nat)",
		"prod/batch → prod/db tcp 5432-5434 (VPC)",
		"ops/ci → prod/app tcp 9000 (peering ops-prod)",
		"ops/ci → ops/dns udp 53 (VPC)",
		"prod/app → s3 tcp 443 (gateway endpoint prod-s3)",
		"prod/app → secretsmanager tcp 443 (interface endpoint prod-secretsmanager)",
	}, ways)
	require.Empty(t, proof.Exits("prod/db"))
	require.Len(t, proof.Exits("prod/app"), 2)
}

// Whatever is drawn at random, what can be reached is what was drawn.
func TestRandomDesignsAreProven(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := random(r)
		proof, err := d.Prove()
		require.NoError(t, err, "seed %d", seed)
		require.Empty(t, proof.Undeclared, "seed %d", seed)
		require.Empty(t, proof.Missing, "seed %d", seed)
	}
}

func random(r *rand.Rand) segmentation.Design {
	var d segmentation.Design
	var all []string
	for i := range 1 + r.IntN(3) {
		e := segmentation.Environment{Name: fmt.Sprintf("env%d", i), CIDR: fmt.Sprintf("10.%d.0.0/16", i)}
		for j := range 1 + r.IntN(4) {
			s := segmentation.Segment{Name: fmt.Sprintf("seg%d", j)}
			for _, service := range []string{"s3", "dynamodb", "ssm", "kms"} {
				if r.IntN(4) == 0 {
					s.Uses = append(s.Uses, service)
				}
			}
			e.Segments = append(e.Segments, s)
			all = append(all, e.Name+"/"+s.Name)
		}
		for _, other := range d.Environments {
			d.Peerings = append(d.Peerings, segmentation.Peering{A: other.Name, B: e.Name, Because: "a test"})
		}
		d.Environments = append(d.Environments, e)
	}
	outside := []string{segmentation.Internet, "203.0.113.0/24", "198.51.100.0/25"}
	seen := map[string]bool{}
	for i := range d.Environments {
		for range r.IntN(6) {
			inside := fmt.Sprintf("env%d/seg%d", i, r.IntN(len(d.Environments[i].Segments)))
			other := all[r.IntN(len(all))]
			if r.IntN(3) == 0 {
				other = outside[r.IntN(len(outside))]
			}
			f := segmentation.Flow{From: inside, To: other, Port: int32(2000 + r.IntN(3)), Because: "a test", Protocol: []string{"tcp", "udp"}[r.IntN(2)]}
			if r.IntN(2) == 0 {
				f.From, f.To = f.To, f.From
			}
			if key := fmt.Sprint(f.From, f.To, f.Port, f.Protocol); !seen[key] {
				seen[key] = true
				d.Environments[i].Flows = append(d.Environments[i].Flows, f)
			}
		}
	}
	return d
}

func TestMistakesAreFoundAllAtOnce(t *testing.T) {
	d := segmentation.Design{
		Environments: []segmentation.Environment{
			{Name: "prod", CIDR: "10.20.0.0/16", Segments: []segmentation.Segment{{Name: "web"}, {Name: "web"}, {Name: "nat"}, {Name: "x", Block: 14, Uses: []string{"s3", "s3"}}}, Flows: []segmentation.Flow{
				{From: "web", To: "databse", Port: 5432},
				{From: segmentation.Internet, To: "web", Port: 80, Because: "customers"},
				{From: segmentation.Internet, To: "web", Port: 443},
				{From: "web", To: "test/all", Port: 1},
				{From: "10.9.0.0/16", To: "web", Port: 1, Because: "on premises"},
				{From: segmentation.Internet, To: segmentation.Internet, Port: 1},
				{From: "web", To: "x", Port: 70000, Protocol: "sctp"},
			}},
			{Name: "test", CIDR: "10.20.128.0/17", Segments: []segmentation.Segment{{Name: "all"}}},
			{Name: "tiny", CIDR: "10.50.0.0/24", Zones: []string{}},
		},
		Peerings: []segmentation.Peering{{A: "prod", B: "staging"}},
	}
	_, err := d.Prove()
	require.Error(t, err)
	for _, want := range []string{
		"there are two segments of this name", `"nat" can't be a segment's name`, "14 is none of the blocks", `"s3" is no further AWS service`,
		`there is no segment "prod/databse"`, "HTTP crosses the internet unencrypted", "crosses the border of the VPC without a reason", "there is no way from prod to test",
		"10.9.0.0/16 is no public network", "neither side is a segment", "70000-70000 is no range of ports", `"sctp" is neither tcp nor udp`,
		"10.20.128.0/17 overlaps with 10.20.0.0/16 of prod", "has a length of 24", "0 zones are named", `there is no environment "staging"`, "connects two environments without a reason",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestAnACLOverItsQuotaIsFoundBefore(t *testing.T) {
	e := segmentation.Environment{Name: "prod", CIDR: "10.20.0.0/16", Segments: []segmentation.Segment{{Name: "hub"}, {Name: "spoke"}}}
	for port := range int32(25) {
		e.Flows = append(e.Flows, segmentation.Flow{From: "spoke", To: "hub", Port: 1000 + 2*port})
	}
	_, err := segmentation.Design{Environments: []segmentation.Environment{e}}.Prove()
	require.ErrorContains(t, err, "network ACL prod-hub")
	require.ErrorContains(t, err, "AWS's quota is 20")
}

func TestPlainTextIsDeclaredWithItsReason(t *testing.T) {
	d := segmentation.Design{Environments: []segmentation.Environment{{
		Name: "prod", CIDR: "10.20.0.0/16", Segments: []segmentation.Segment{{Name: "web"}},
		Flows: []segmentation.Flow{{From: segmentation.Internet, To: "web", Port: 80, Because: "redirects", PlainTextBecause: "answers with a redirect to TLS only"}},
	}}}
	plan, err := ztcore.NewBaseline("shop", d).Plan(t.Context(), newCloud().Config())
	require.NoError(t, err)
	require.Contains(t, plan.String(), "ingress from 0.0.0.0/0: tcp 80 (redirects; unencrypted: answers with a redirect to TLS only)")
}

// What a workload is started with are tokens of resources that the design declares.
func TestWorkloadsNameTheirSegment(t *testing.T) {
	d := shop()
	user := network.SecurityGroup{
		Name: "user", Description: "refers to what the design declares", VPC: d.VPC("prod"), Egress: []network.Rule{network.AllowTCP(443).ToGroup(d.SecurityGroup("prod", "web"))},
	}
	table := network.RouteTable{Name: "user", VPC: d.VPC("ops"), Subnets: d.Subnets("ops", "ci")}
	require.Len(t, table.Subnets, 3)
	_, err := ztcore.NewBaseline("shop", d, user).Plan(t.Context(), newCloud().Config())
	require.NoError(t, err)
	_, err = ztcore.NewBaseline("shop", d, table).Plan(t.Context(), newCloud().Config())
	require.ErrorContains(t, err, "network.Subnet/ops-ci-c is already of")
}
