package segmentation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/segmentation"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// FuzzDesign holds that any names, blocks and ports make a design with findings, or one in which exactly what is declared can be
// reached, and that its table and its diagram hold together whatever the names are.
func FuzzDesign(f *testing.F) {
	for _, seed := range []struct {
		environment, cidr, segment, from string
		block                            int
		port                             int32
	}{
		{"prod", "10.20.0.0/16", "web", "app", 1, 443}, {"prod", "10.20.0.0/22", "db", "203.0.113.0/24", 13, 1}, {"internet", "10.20.0.0/16", "internet", "internet", 0, 65535}, {"a/b", "10.0.0.0/16", "a|b", "a\nb", 14, 0},
		{"{{zt:region}}", "{{zt:region}}", "{{zt:account}}", "{{zt:x", -1, -1}, {"", "", "", "", 0, 0}, {"%s", "0.0.0.0/16", "web", "prod/web", 2, 70000}, {"web", "10.20.0.0/23", "web", "0.0.0.0/0", 3, 80}, {"prod", "10.20.0.1/16", "app", "::/0", 1, 22},
		{"é", "10.20.0.0/16", strings.Repeat("a", 300), "10.0.0.0/8", 1, 53}, {"prod", "255.255.0.0/16", "nat", "10.20.0.0/24", 1, 1024},
	} {
		f.Add(seed.environment, seed.cidr, seed.segment, seed.from, seed.block, seed.port)
	}
	f.Fuzz(func(t *testing.T, environment, cidr, segment, from string, block int, port int32) {
		d := segmentation.Design{Environments: []segmentation.Environment{{
			Name: environment, CIDR: cidr, Segments: []segmentation.Segment{{Name: segment, Block: block}, {Name: "app"}},
			Flows: []segmentation.Flow{{From: from, To: segment, Port: port, Because: "fuzz"}, {From: segment, To: "app", Port: 8443}},
		}}}
		proof, err := d.Prove()
		matrix, errMatrix := d.Matrix()
		diagram, errMermaid := d.Mermaid()
		require.Equal(t, err == nil, errMatrix == nil)
		require.Equal(t, err == nil, errMermaid == nil)
		checked := ztcore.NewBaseline("fuzz", d).Check()
		if err != nil {
			var invalid *ztcore.InvalidError
			require.True(t, errors.As(err, &invalid), "%v", err)
			require.Error(t, checked)
			return
		}
		require.True(t, proof.Holds(), "undeclared %v, missing %v", proof.Undeclared, proof.Missing)
		require.NotEmpty(t, diagram)
		lines := strings.Split(strings.TrimSpace(matrix), "\n")
		for _, line := range lines {
			require.Equal(t, strings.Count(lines[0], "|"), strings.Count(line, "|"), "a name broke the table: %s", matrix)
		}
		require.NoError(t, checked, "what can be proven can be declared")
	})
}
