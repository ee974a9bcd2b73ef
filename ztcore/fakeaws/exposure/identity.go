package exposure

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type iamGrants struct {
	Inline   map[string]string
	Attached []string
	Boundary string
}

type iamState struct {
	Users struct {
		Items map[string]struct {
			Entity struct{ Name, ARN, ID string }
			Grants iamGrants
		}
	}
	Roles struct {
		Items map[string]struct {
			Entity  struct{ Name, ARN, ID string }
			Grants  iamGrants
			Trust   json.RawMessage
			Service string
		}
	}
	Policies struct {
		Items map[string]struct {
			Entity   struct{ ARN string }
			Versions []struct{ ID, Document string }
			Default  string
		}
	}
	Profiles struct {
		Items map[string]struct {
			Entity struct{ Name, ID string }
			Role   string
		}
	}
}

func readIAM(world fakeaws.World) surfaces {
	out := surfaces{}
	for _, text := range world.State("iam") {
		var s iamState
		must(json.Unmarshal(text, &s))
		own := map[string]string{}
		for _, p := range s.Policies.Items {
			for _, v := range p.Versions {
				if v.ID == p.Default {
					own[p.Entity.ARN] = v.Document
				}
			}
		}
		for _, u := range s.Users.Items {
			out["permissions of user "+u.Entity.Name] = part{u.Grants.permits(u.Entity.ARN, own), u.Entity.ID}
		}
		for _, r := range s.Roles.Items {
			out["permissions of role "+r.Entity.Name] = part{r.Grants.permits(r.Entity.ARN, own), r.Entity.ID}
			out["trust of role "+r.Entity.Name] = part{permits{resource: []string{string(r.Trust)}, self: r.Entity.ARN}, r.Entity.ID}
		}
		for _, p := range s.Profiles.Items {
			if p.Role != "" {
				out["role of instance profile "+p.Entity.Name] = part{facts{p.Role}, p.Entity.ID}
			}
		}
	}
	return out
}

func (g iamGrants) permits(arn string, own map[string]string) permits {
	p := permits{self: arn}
	for _, name := range slices.Sorted(maps.Keys(g.Inline)) {
		p.identity = append(p.identity, g.Inline[name])
	}
	for _, a := range g.Attached {
		if text, ok := own[a]; ok {
			p.identity = append(p.identity, text)
		} else {
			p.attached = append(p.attached, a)
		}
	}
	if text, ok := own[g.Boundary]; ok {
		p.boundary = []string{text}
	}
	return p
}

// readOrganizations has, for each root, unit and account, what the policies that are attached to it itself permit.
func readOrganizations(world fakeaws.World) surfaces {
	out := surfaces{}
	for _, text := range world.State("organizations") {
		var s struct {
			Organizations map[string]struct {
				Policies map[string]struct{ Content, Type string }
				Attached map[string][]string
				Accounts map[string]struct{ Parent string }
				Units    map[string]struct{ Parent string }
			}
		}
		must(json.Unmarshal(text, &s))
		for _, o := range s.Organizations {
			peopled := map[string]bool{}
			for id, a := range o.Accounts {
				for at := a.Parent; at != "" && !peopled[at]; at = o.Units[at].Parent {
					peopled[at] = true
				}
				peopled[id] = true
			}
			for target, attached := range o.Attached {
				p := permits{self: ownRole, empty: !peopled[target]}
				for _, id := range attached {
					if o.Policies[id].Type == "SERVICE_CONTROL_POLICY" {
						p.scp = append(p.scp, o.Policies[id].Content)
					}
				}
				if len(p.scp) > 0 {
					p.identity = []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}
					out["service control policies of "+target] = part{p, target}
				}
			}
		}
	}
	return out
}
