package exposure

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// ec2State is what is looked at of a region.
type ec2State struct {
	Vpcs, Subnets struct{ Items []ec2Object }
	Groups        struct {
		Items []struct {
			ec2Object
			Rules []struct{ Traffic ec2Traffic }
		}
	}
	ACLs struct {
		Items []struct {
			ec2Object
			Default      bool
			Entries      []ec2Entry
			Associations []struct{ Subnet string }
		}
	}
	RouteTables struct {
		Items []struct {
			ec2Object
			Routes []struct {
				CIDR, IPv6, PrefixList string
				Via                    map[string]string
			}
			Associations []struct {
				Subnet string
				Main   bool
			}
		}
	}
	Interfaces struct {
		Items []struct {
			ec2Object
			Subnet string
			Groups []string
		}
	}
	Endpoints struct {
		Items []struct {
			ec2Object
			Policy      string
			RouteTables []string
			Gone        string
		}
	}
	Profiles struct {
		Items []struct{ Instance, ARN, Ends string }
	}
	Tags     map[string]map[string]string
	Settings struct {
		Snapshots, VPCBlock string
		ImagesBlocked       bool
	}
}

type ec2Object struct{ ID, VPC, Name string }

type ec2Traffic struct {
	Egress                        bool
	Protocol                      string
	From, To                      int
	IPv4, IPv6, PrefixList, Group string
}

type ec2Entry struct {
	Egress                       bool
	Number                       int
	Action, Protocol, CIDR, IPv6 string
	From, To                     int
	ICMPType, ICMPCode           int
}

const never = "0001-01-01T00:00:00Z"

// called is the name by which an object is known when it is replaced.
func (s ec2State) called(id string) string {
	if name := s.Tags[id][tagResource]; name != "" && !strings.HasPrefix(name, "network.DefaultVPC/") { // which marks what it is about to remove
		return name
	}
	return id
}

const tagResource = "zerotrust:resource"

func readEC2(world fakeaws.World) surfaces {
	out := surfaces{}
	for at, text := range world.State("ec2") {
		var s ec2State
		must(json.Unmarshal(text, &s))
		s.groups(out)
		s.subnets(out)
		for _, e := range s.Endpoints.Items {
			if e.Gone != never {
				continue
			}
			name := s.called(e.ID)
			out["policy of endpoint "+name] = part{permits{resource: []string{e.Policy}, self: "arn:aws:s3:::somebucket"}, e.ID}
			var at facts
			for _, table := range e.RouteTables {
				at = append(at, "reached from "+s.called(table))
			}
			out["endpoint "+name] = part{at, e.ID}
		}
		for _, p := range s.Profiles.Items {
			if p.Ends == never {
				out["profile of instance "+s.called(p.Instance)] = part{facts{p.ARN}, p.Instance}
			}
		}
		var open facts
		for what, blocked := range map[string]bool{
			"snapshots may be shared": s.Settings.Snapshots == "block-all-sharing", "images may be shared": s.Settings.ImagesBlocked,
			"the internet is reached from VPCs": s.Settings.VPCBlock == "block-bidirectional", "VPCs are reached from the internet": s.Settings.VPCBlock == "block-bidirectional" || s.Settings.VPCBlock == "block-ingress",
		} {
			if !blocked {
				open = append(open, what)
			}
		}
		out["settings of "+at] = part{open, at}
	}
	return out
}

func (s ec2State) groups(out surfaces) {
	used := map[string]bool{}
	for _, i := range s.Interfaces.Items {
		for _, g := range i.Groups {
			used[g] = true
		}
	}
	for _, g := range s.Groups.Items {
		name := s.called(g.ID)
		if g.Name == "default" {
			name = "default of " + s.called(g.VPC)
		}
		f := firewall{idle: !used[g.ID]}
		for _, r := range g.Rules {
			t := r.Traffic
			peer := t.IPv4 + t.IPv6 + t.PrefixList
			if t.Group != "" {
				peer = s.called(t.Group)
			}
			r := rule{Egress: t.Egress, Protocol: t.Protocol, From: t.From, To: t.To, Peer: peer}
			if t.Protocol == "icmp" || t.Protocol == "icmpv6" {
				r.From, r.To = icmp(t.From, t.To)
			}
			f.rules = append(f.rules, r)
		}
		slices.SortFunc(f.rules, compareRules)
		out["security group "+name] = part{f, g.ID}
	}
}

// subnets are what their ACLs let through and where their routes lead.
func (s ec2State) subnets(out surfaces) {
	used := map[string]bool{}
	for _, i := range s.Interfaces.Items {
		used[i.Subnet] = true
	}
	acls, tables, main := map[string]firewall{}, map[string]routes{}, map[string]routes{}
	standard := map[string]firewall{}
	for _, a := range s.ACLs.Items {
		entries := slices.Clone(a.Entries)
		slices.SortFunc(entries, func(x, y ec2Entry) int { return x.Number - y.Number })
		var f firewall
		for _, e := range entries {
			r := rule{Egress: e.Egress, Protocol: e.Protocol, From: e.From, To: e.To, Peer: e.CIDR + e.IPv6, Deny: e.Action == "deny"}
			switch r.Protocol {
			case "-1":
				r.From, r.To = 0, 65535
			case "1", "58":
				r.From, r.To = icmp(e.ICMPType, e.ICMPCode)
			}
			f.rules = append(f.rules, r)
		}
		if a.Default {
			standard[a.VPC] = f
		}
		for _, at := range a.Associations {
			acls[at.Subnet] = f
		}
	}
	for _, table := range s.RouteTables.Items {
		var f routes
		for _, r := range table.Routes {
			via := ""
			for _, how := range slices.Sorted(maps.Keys(r.Via)) {
				via += s.called(r.Via[how])
			}
			f = append(f, route{r.CIDR + r.IPv6 + r.PrefixList, via})
		}
		for _, a := range table.Associations {
			if a.Main {
				main[table.VPC] = f
			} else {
				tables[a.Subnet] = f
			}
		}
	}
	for _, subnet := range s.Subnets.Items {
		f, ok := acls[subnet.ID]
		if !ok {
			f = standard[subnet.VPC]
		}
		f.idle = !used[subnet.ID]
		r, ok := tables[subnet.ID]
		if !ok {
			r = main[subnet.VPC]
		}
		name := s.called(subnet.ID)
		out["network ACL of subnet "+name], out["routes of subnet "+name] = part{f, subnet.ID}, part{r, subnet.ID}
	}
}
