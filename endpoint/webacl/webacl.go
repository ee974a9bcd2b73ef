package webacl

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// WebACL looks at every request to what it protects. The zero value with a name has DefaultRules and lets pass what none of them blocks.
//
// A web ACL that something else of the account still uses is not removed: AWS refuses it, since that would be unprotected.
type WebACL struct {
	Name        string // 1–128 letters, digits, - and _
	Description string
	Scope       Scope // Regional if empty; a change makes another web ACL
	// Rules are applied in their order, until one blocks or allows. DefaultRules if nil.
	Rules []Rule
	// BlockByDefault blocks what no rule allows.
	BlockByDefault bool
	// Protects are load balancers, API stages, user pools and more of the region, one Association each.
	Protects []id.ARN
	// LogTo is where requests are logged, see Logging.
	LogTo id.ARN
	Tags  map[string]string
}

// ARN is the web ACL's ARN, which AWS ends in a random id.
func (w WebACL) ARN() id.ARN { return id.ARN(acls.Ref(w.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (w WebACL) Declare(d *ztcore.Declaration) {
	if w.Scope == "" {
		w.Scope = Regional
	}
	if w.Rules == nil {
		w.Rules = DefaultRules()
	}
	want := aclState{Name: w.Name, Scope: string(w.Scope), Description: w.Description, Default: "ALLOW", Rules: []ruleState{}, Metric: w.Name, Sampled: true, Tags: w.Tags, Typed: w.Rules}
	if w.BlockByDefault {
		want.Default = "BLOCK"
	}
	for _, r := range w.Rules {
		want.Rules = append(want.Rules, stateOf(r))
	}
	n := acls.Declare(d, w.Name, want)
	if c := Capacity(w.Rules...); c > basicCapacity {
		n.Note(fmt.Sprintf("uses %d WCU; AWS charges extra for what is over %d", c, basicCapacity))
	}
	if w.LogTo == "" {
		n.Note("no requests are logged unless a Logging says so")
	} else {
		Logging{Name: w.Name, WebACL: w.ARN(), To: w.LogTo}.Declare(d)
	}
	for _, r := range w.Rules {
		except(n, r)
	}
	for _, resource := range w.Protects {
		Association{WebACL: w.ARN(), Resource: resource}.Declare(d)
	}
}

// except declares what a rule lets pass, with the reason.
func except(n *ztcore.Node, r Rule) {
	if why := r.countBecause(); why != "" {
		n.Except("Rules["+r.name()+"]", why)
	}
	switch r := r.(type) {
	case ManagedRules:
		if len(r.CountOnly) > 0 {
			n.Except("Rules["+r.Group+"].CountOnly", r.CountOnlyBecause)
		}
	case SQLInjection:
		if r.PassOversizeBecause != "" {
			n.Except("Rules["+r.Name+"].Oversize", r.PassOversizeBecause)
		}
	}
}

type aclState struct {
	Name        string `zt:"key"`
	Scope       string `zt:"key"`
	Description string
	Default     string // ALLOW or BLOCK
	Rules       []ruleState
	Metric      string
	Sampled     bool
	Tags        map[string]string `zt:"tags"`
	ARN         string            `zt:"output"`
	ID          string            `zt:"output"`
	Lock        string            `zt:"-"`
	Typed       []Rule            `zt:"-"` // as declared, for checks
}

var acls = &ztcore.Kind[aclState]{
	Name: "endpoint.WebACL", Permissions: &aclsNeed, Read: readACLs, Create: createACL, Update: updateACL, Delete: deleteACL,
	Check: checkACL, Retry: notYet,
	Refuse:   func(sc *ztcore.Scope, want aclState) []ztcore.Finding { return elsewhere(sc, Scope(want.Scope)) },
	Controls: []string{"FSBP WAF.10", "FSBP WAF.12", "NIST SP 800-207 tenet 3", "CISA ZTMM Applications and Workloads"},
}

var aclsNeed = ztcore.Permissions{
	Read:   []string{"wafv2:GetWebACL", "wafv2:ListTagsForResource", "wafv2:ListWebACLs"},
	Write:  []string{"wafv2:CreateWebACL", "wafv2:TagResource", "wafv2:UpdateWebACL"},
	Delete: []string{"wafv2:DeleteWebACL"},
}

func readACLs(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[aclState]) ([]aclState, error) {
	client, listed := wafv2.NewFromConfig(sc.Config), []aclState{}
	for _, scope := range scopes(sc) {
		in := &wafv2.ListWebACLsInput{Scope: scope}
		for more := true; more; more = aws.ToString(in.NextMarker) != "" {
			page, err := client.ListWebACLs(ctx, in)
			if err != nil {
				return nil, err
			}
			for _, s := range page.WebACLs {
				named := func(w aclState) bool { return w.Name == aws.ToString(s.Name) && w.Scope == string(scope) }
				if q.Owned || slices.ContainsFunc(q.Want, named) {
					listed = append(listed, aclState{Name: aws.ToString(s.Name), Scope: string(scope), ID: aws.ToString(s.Id), ARN: aws.ToString(s.ARN)})
				}
			}
			in.NextMarker = page.NextMarker
		}
	}
	err := ztcore.Each(ctx, len(listed), func(ctx context.Context, i int) (err error) { return readACL(ctx, sc, &listed[i]) })
	return slices.DeleteFunc(listed, func(s aclState) bool { return s.Lock == "" }), err
}

// readACL completes what was listed; what has gone since keeps no lock token.
func readACL(ctx context.Context, sc *ztcore.Scope, s *aclState) error {
	out, err := wafv2.NewFromConfig(sc.Config).GetWebACL(ctx, &wafv2.GetWebACLInput{Name: &s.Name, Id: &s.ID, Scope: types.Scope(s.Scope)})
	if err != nil {
		return unlessAbsent(err)
	}
	a := out.WebACL
	s.Description, s.Default, s.Rules, s.Lock = aws.ToString(a.Description), "ALLOW", seenRules(a.Rules), aws.ToString(out.LockToken)
	if a.DefaultAction != nil && a.DefaultAction.Block != nil {
		s.Default = "BLOCK"
	}
	if v := a.VisibilityConfig; v != nil {
		s.Sampled = v.SampledRequestsEnabled
		if v.CloudWatchMetricsEnabled {
			s.Metric = aws.ToString(v.MetricName)
		}
	}
	s.Tags, err = tagsOf(ctx, sc, s.ARN)
	return err
}

func createACL(ctx context.Context, sc *ztcore.Scope, want aclState) error {
	rules, err := request(want.Rules)
	if err != nil {
		return err
	}
	_, err = wafv2.NewFromConfig(sc.Config).CreateWebACL(ctx, &wafv2.CreateWebACLInput{
		Name: &want.Name, Scope: types.Scope(want.Scope), Description: optional(want.Description), DefaultAction: defaultAction(want.Default),
		Rules: rules, VisibilityConfig: visibility(want.Metric), Tags: tagList(want.Tags),
	})
	return err
}

// updateACL puts the whole web ACL, with what is not this package's to decide as it stands.
func updateACL(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[aclState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ARN, u.Want.Tags); err != nil {
			return err
		}
	}
	if !u.Changed("Description", "Default", "Rules", "Metric", "Sampled") {
		return nil
	}
	rules, err := request(u.Want.Rules)
	if err != nil {
		return err
	}
	client := wafv2.NewFromConfig(sc.Config)
	now, err := client.GetWebACL(ctx, &wafv2.GetWebACLInput{Name: &u.Have.Name, Id: &u.Have.ID, Scope: types.Scope(u.Have.Scope)})
	if err != nil {
		return err
	}
	a := now.WebACL
	_, err = client.UpdateWebACL(ctx, &wafv2.UpdateWebACLInput{
		Name: &u.Have.Name, Id: &u.Have.ID, Scope: types.Scope(u.Have.Scope), LockToken: &u.Have.Lock, Description: optional(u.Want.Description),
		DefaultAction: defaultAction(u.Want.Default), Rules: rules, VisibilityConfig: visibility(u.Want.Metric),
		ApplicationConfig: a.ApplicationConfig, AssociationConfig: a.AssociationConfig, CaptchaConfig: a.CaptchaConfig, ChallengeConfig: a.ChallengeConfig,
		CustomResponseBodies: a.CustomResponseBodies, DataProtectionConfig: a.DataProtectionConfig, OnSourceDDoSProtectionConfig: a.OnSourceDDoSProtectionConfig, TokenDomains: a.TokenDomains,
	})
	return unlessOvertaken(err)
}

func deleteACL(ctx context.Context, sc *ztcore.Scope, have aclState) error {
	_, err := wafv2.NewFromConfig(sc.Config).DeleteWebACL(ctx, &wafv2.DeleteWebACLInput{Name: &have.Name, Id: &have.ID, Scope: types.Scope(have.Scope), LockToken: &have.Lock})
	return unlessOvertaken(unlessAbsent(err))
}

func defaultAction(name string) *types.DefaultAction {
	if name == "BLOCK" {
		return &types.DefaultAction{Block: &types.BlockAction{}}
	}
	return &types.DefaultAction{Allow: &types.AllowAction{}}
}

// optional is nil for what AWS takes only if it is not empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
