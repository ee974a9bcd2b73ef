package network_test

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// FuzzCIDR holds that a block is refused before any call, or is one that EC2 takes, and answers so that nothing is left to do.
func FuzzCIDR(f *testing.F) {
	for _, seed := range []string{
		"10.0.0.0/16", "10.0.0.1/16", "10.0.0.0", "010.0.0.0/16", "10.0.0.0/016", "10.0.0.0/+16", " 10.0.0.0/16", "10.0.0.0/16\n", "0.0.0.0/0", "0.0.0.0/16", "224.0.0.0/16", "::/0", "::ffff:10.0.0.0/112", "2001:DB8::/32",
		"fe80::%eth0/64", "10.0.0.0/33", "10.0.0.0/-1", "", "/", "pl-0123456789abcdef0", "{{zt:region}}", "{{zt:network.VPC/main#ID}}", "10.0.0.0/8", "198.19.0.0/28", "169.254.0.0/16",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		main := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
		rule := network.AllowTCP(443).From(text)
		for name, r := range map[string]ztcore.List{
			"vpc":    {network.VPC{Name: "main", CIDR: text}},
			"subnet": {network.VPC{Name: "main", CIDR: "10.0.0.0/16"}, network.Subnet{Name: "a", VPC: main.ID(), CIDR: text, Zone: ztcore.Region + "a"}},
			"rule":   {main, network.SecurityGroup{Name: "group", Description: "group", VPC: main.ID(), Ingress: []network.Rule{rule}}},
			"route":  {main, network.RouteTable{Name: "table", VPC: main.ID(), Subnets: []id.Subnet{}, Routes: []network.Route{{To: text, InternetGateway: network.InternetGateway{Name: "out", VPC: main.ID()}.ID()}}}, network.InternetGateway{Name: "out", VPC: main.ID()}},
		} {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud()
				base := ztcore.NewBaseline("fuzz", r)
				p, err := base.Plan(t.Context(), cloud.Config())
				if err != nil {
					var invalid *ztcore.InvalidError
					require.True(t, errors.As(err, &invalid), "%s: %v", name, err)
					require.Empty(t, cloud.Calls())
					return
				}
				if !ztcore.HasToken(text) {
					block, err := netip.ParsePrefix(text)
					if name != "route" { // which may lead to a prefix list
						require.NoError(t, err, name)
					}
					require.True(t, err != nil || block == block.Masked() && !block.Addr().Is4In6(), "%s: %s", name, text)
				}
				_, err = p.Apply(t.Context())
				var blocked *ztcore.BlockedError
				if errors.As(err, &blocked) {
					return
				}
				if err != nil {
					// What a token stands for is not known in time, nor what EC2 lets lead to a gateway: neither its own blocks, nor lists.
					require.True(t, name == "route" || ztcore.HasToken(text), "%s: EC2 refuses %q: %v", name, text, err)
					return
				}
				again, err := base.Plan(t.Context(), cloud.Config())
				require.NoError(t, err)
				require.True(t, again.Empty(), "%s: %s", name, again)
			})
		}
	})
}
