package segmentation

import (
	"fmt"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a sound start: development, test and production apart from each other, each with the three tiers of a web
// application. The internet reaches the web tier by TLS, the web tier the application (8443), the application the database
// (5432) and S3 through an endpoint, and nothing else reaches anything.
type Preset struct {
	Name         string           // begins the environments' names, as acme-prod
	Environments []string         // dev, test and prod if they are left out
	CIDRs        []string         // one for each environment; 10.10.0.0/16, 10.20.0.0/16 and so on if they are left out
	Zones        []string         // the region's a and b if they are left out
	S3Policy     policy.Document  // network.OwnAccount() if it is left out
	FlowLogs     network.FlowLogs // nothing is logged if it is left out
	Tags         map[string]string
}

// Design is what the preset declares, to be rendered, proven or extended.
func (p Preset) Design() Design {
	names := p.Environments
	if names == nil {
		names = []string{"dev", "test", "prod"}
	}
	d := Design{Tags: p.Tags}
	for i, name := range names {
		e := Environment{
			Name: p.Name + "-" + name, CIDR: fmt.Sprintf("10.%d.0.0/16", 10*(i+1)), Zones: p.Zones, S3Policy: p.S3Policy, FlowLogs: p.FlowLogs,
			Segments: []Segment{{Name: "web"}, {Name: "app", Uses: []string{"s3"}}, {Name: "db"}},
			Flows: []Flow{
				{From: Internet, To: "web", Port: 443, Because: "customers"},
				{From: "web", To: "app", Port: 8443},
				{From: "app", To: "db", Port: 5432},
			},
		}
		if p.CIDRs != nil {
			e.CIDR = ""
			if i < len(p.CIDRs) {
				e.CIDR = p.CIDRs[i]
			}
		}
		d.Environments = append(d.Environments, e)
	}
	return d
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) { p.Design().Declare(d) }

// Kinds lists the kinds that a design is made of, for ztcore.Prune. They are network's.
func Kinds() []ztcore.AnyKind { return network.Kinds() }
