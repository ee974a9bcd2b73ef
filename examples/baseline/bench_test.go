package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// many is n resources to the engine: roles, and groups with their rules.
func many(n int) *ztcore.Baseline {
	vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	resources := ztcore.List{vpc}
	for i := range n / 4 {
		resources = append(resources,
			iam.Role{Name: fmt.Sprintf("role-%d", i), TrustedBy: policy.Service("ec2.amazonaws.com"), Inline: policy.Allow("s3:GetObject").On("arn:aws:s3:::ledger/*")},
			network.SecurityGroup{Name: fmt.Sprintf("group-%d", i), Description: "one of many", VPC: vpc.ID(), Ingress: []network.Rule{network.AllowTCP(443).From("10.0.0.0/16")}})
	}
	return ztcore.NewBaseline("many", resources)
}

// BenchmarkPlan plans an account in which all is as declared. Time and memory should grow as the resources do.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			cfg := fakeaws.New(fakests.Install, fakeec2.Install, fakeiam.Install).Config()
			base := many(n)
			plan, err := base.Plan(ctx, cfg)
			require.NoError(b, err)
			_, err = plan.Apply(ctx)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				plan, err = base.Plan(ctx, cfg)
				require.NoError(b, err)
			}
			require.True(b, plan.Empty())
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/resource")
		})
	}
}
