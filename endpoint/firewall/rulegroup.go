package firewall

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// RuleGroup is a stateful rule group in strict order: a list of the domains that may be reached by TLS and HTTP, or rules in the language of
// Suricata. Exactly one of AllowDomains and Rules is set.
type RuleGroup struct {
	Name        string // 1–128 letters, digits and hyphens
	Description string
	// AllowDomains are names, or with a dot in front all names below as well: ".example.com". Every other TLS and HTTP connection is dropped.
	AllowDomains []string
	// Rules are Suricata's, one in each line, each with a sid of its own.
	// https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateful-rule-groups-suricata.html
	Rules string
	// HomeNet are the blocks that count as inside, in place of the VPC's own: needed where a firewall inspects for other VPCs.
	HomeNet []string
	// Capacity is how many rules or domains there may ever be: 1–30,000, 1,000 if zero. A change makes another group.
	Capacity int32
	Tags     map[string]string
}

// ARN is the group's ARN, known before it exists.
func (r RuleGroup) ARN() id.ARN { return id.ARN(ruleGroups.Ref(r.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (r RuleGroup) Declare(d *ztcore.Declaration) {
	want := ruleGroupState{
		Name: r.Name, Description: r.Description, Capacity: r.Capacity, Order: string(types.RuleOrderStrictOrder), Rules: strings.TrimSpace(r.Rules),
		Domains: texts(r.AllowDomains), HomeNet: texts(r.HomeNet), Tags: r.Tags,
	}
	if want.Capacity == 0 {
		want.Capacity = 1000
	}
	if len(r.AllowDomains) > 0 {
		want.List = allowlist
	}
	ruleGroups.Declare(d, r.Name, want)
}

// allowlist is what becomes of the domains.
const allowlist = "ALLOWLIST HTTP_HOST TLS_SNI"

type ruleGroupState struct {
	Name        string `zt:"key"`
	Capacity    int32  `zt:"immutable"`
	Order       string `zt:"immutable"`
	Description string
	List        string   // what becomes of the domains; empty without
	Domains     []string `zt:"set"`
	Rules       string
	HomeNet     []string          `zt:"set"`
	Tags        map[string]string `zt:"tags"`
	ARN         string            `zt:"output"`
	Token       string            `zt:"-"`
}

var ruleGroups = &ztcore.Kind[ruleGroupState]{
	Name: "endpoint.FirewallRuleGroup", Permissions: &ruleGroupsNeed, Read: readRuleGroups, Check: checkRuleGroup, Retry: stillUsed,
	Create: func(ctx context.Context, sc *ztcore.Scope, want ruleGroupState) error {
		_, err := networkfirewall.NewFromConfig(sc.Config).CreateRuleGroup(ctx, &networkfirewall.CreateRuleGroupInput{
			RuleGroupName: &want.Name, Type: types.RuleGroupTypeStateful, Capacity: &want.Capacity, Description: optional(want.Description), RuleGroup: want.request(), Tags: tagList(want.Tags),
		})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[ruleGroupState]) error {
		if u.Changed("Tags") {
			if err := setTags(ctx, sc, u.Have.ARN, u.Want.Tags); err != nil {
				return err
			}
		}
		if !u.Changed("Description", "List", "Domains", "Rules", "HomeNet") {
			return nil
		}
		_, err := networkfirewall.NewFromConfig(sc.Config).UpdateRuleGroup(ctx, &networkfirewall.UpdateRuleGroupInput{
			RuleGroupName: &u.Want.Name, Type: types.RuleGroupTypeStateful, UpdateToken: &u.Have.Token, Description: optional(u.Want.Description), RuleGroup: u.Want.request(),
		})
		return unlessOvertaken(err)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have ruleGroupState) error {
		_, err := networkfirewall.NewFromConfig(sc.Config).DeleteRuleGroup(ctx, &networkfirewall.DeleteRuleGroupInput{RuleGroupName: &have.Name, Type: types.RuleGroupTypeStateful})
		return unlessAbsent(err)
	},
	Predict:  func(sc *ztcore.Scope, want *ruleGroupState) { want.ARN = arn(sc, "stateful-rulegroup", want.Name) },
	Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Networks"},
}

var ruleGroupsNeed = ztcore.Permissions{
	Read:   []string{"network-firewall:DescribeRuleGroup", "network-firewall:ListRuleGroups"},
	Write:  []string{"network-firewall:CreateRuleGroup", "network-firewall:TagResource", "network-firewall:UpdateRuleGroup"},
	Delete: []string{"network-firewall:DeleteRuleGroup"},
}

func (s ruleGroupState) request() *types.RuleGroup {
	out := &types.RuleGroup{RulesSource: &types.RulesSource{}, StatefulRuleOptions: &types.StatefulRuleOptions{RuleOrder: types.RuleOrder(s.Order)}}
	if len(s.Domains) > 0 {
		out.RulesSource.RulesSourceList = &types.RulesSourceList{
			GeneratedRulesType: types.GeneratedRulesTypeAllowlist, TargetTypes: []types.TargetType{types.TargetTypeHttpHost, types.TargetTypeTlsSni}, Targets: s.Domains,
		}
	} else {
		out.RulesSource.RulesString = &s.Rules
	}
	if len(s.HomeNet) > 0 {
		out.RuleVariables = &types.RuleVariables{IPSets: map[string]types.IPSet{"HOME_NET": {Definition: s.HomeNet}}}
	}
	return out
}

func readRuleGroups(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[ruleGroupState]) ([]ruleGroupState, error) {
	client, out := networkfirewall.NewFromConfig(sc.Config), []ruleGroupState{}
	in := &networkfirewall.ListRuleGroupsInput{Type: types.RuleGroupTypeStateful, Scope: types.ResourceManagedStatusAccount}
	for more := true; more; more = in.NextToken != nil {
		page, err := client.ListRuleGroups(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, g := range page.RuleGroups {
			if q.Owned || slices.ContainsFunc(q.Want, func(w ruleGroupState) bool { return w.Name == aws.ToString(g.Name) }) {
				out = append(out, ruleGroupState{Name: aws.ToString(g.Name), ARN: aws.ToString(g.Arn)})
			}
		}
		in.NextToken = page.NextToken
	}
	err := ztcore.Each(ctx, len(out), func(ctx context.Context, i int) error {
		g, err := client.DescribeRuleGroup(ctx, &networkfirewall.DescribeRuleGroupInput{RuleGroupName: &out[i].Name, Type: types.RuleGroupTypeStateful})
		if err != nil {
			return unlessAbsent(err)
		}
		out[i].see(g)
		return nil
	})
	return slices.DeleteFunc(out, func(s ruleGroupState) bool { return s.Token == "" }), err
}

func (s *ruleGroupState) see(g *networkfirewall.DescribeRuleGroupOutput) {
	s.Description, s.Capacity, s.Tags, s.Token = aws.ToString(g.RuleGroupResponse.Description), aws.ToInt32(g.RuleGroupResponse.Capacity), tagMap(g.RuleGroupResponse.Tags), aws.ToString(g.UpdateToken)
	s.Order, s.Domains, s.HomeNet = string(types.RuleOrderDefaultActionOrder), []string{}, []string{}
	if g.RuleGroup == nil {
		return
	}
	if o := g.RuleGroup.StatefulRuleOptions; o != nil && o.RuleOrder != "" {
		s.Order = string(o.RuleOrder)
	}
	if v := g.RuleGroup.RuleVariables; v != nil {
		s.HomeNet = texts(v.IPSets["HOME_NET"].Definition)
	}
	if source := g.RuleGroup.RulesSource; source != nil {
		s.Rules = strings.TrimSpace(aws.ToString(source.RulesString))
		if l := source.RulesSourceList; l != nil {
			kinds := texts(l.TargetTypes)
			slices.Sort(kinds)
			s.Domains, s.List = texts(l.Targets), string(l.GeneratedRulesType)+" "+strings.Join(kinds, " ")
		}
	}
}
