package webacl

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// IPSet is a set of addresses for rules to refer to.
type IPSet struct {
	Name        string // 1–128 letters, digits, - and _
	Description string
	Scope       Scope // Regional if empty; a change makes another set
	// Addresses are CIDR blocks, all of IPv4 or all of IPv6; 10,000 at most. A change from one to the other makes another set.
	Addresses []string
	Tags      map[string]string
}

// ARN is the set's ARN, which AWS ends in a random id.
func (s IPSet) ARN() id.ARN { return id.ARN(ipSets.Ref(s.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (s IPSet) Declare(d *ztcore.Declaration) {
	want := ipSetState{Name: s.Name, Scope: string(s.Scope), Version: string(types.IPAddressVersionIpv4), Description: s.Description, Addresses: []string{}, Tags: s.Tags}
	if want.Scope == "" {
		want.Scope = string(Regional)
	}
	for _, a := range s.Addresses {
		p, err := netip.ParsePrefix(a)
		if err == nil {
			a = p.String() // in the form in which AWS answers it
		}
		if err == nil && p.Addr().Is6() {
			want.Version = string(types.IPAddressVersionIpv6)
		}
		want.Addresses = append(want.Addresses, a)
	}
	ipSets.Declare(d, s.Name, want)
}

type ipSetState struct {
	Name        string `zt:"key"`
	Scope       string `zt:"key"`
	Version     string `zt:"immutable"`
	Description string
	Addresses   []string          `zt:"set"`
	Tags        map[string]string `zt:"tags"`
	ARN         string            `zt:"output"`
	ID          string            `zt:"output"`
	Lock        string            `zt:"-"`
}

var ipSets = &ztcore.Kind[ipSetState]{
	Name: "endpoint.IPSet", Permissions: &ipSetsNeed, Read: readIPSets,
	Create: func(ctx context.Context, sc *ztcore.Scope, want ipSetState) error {
		_, err := wafv2.NewFromConfig(sc.Config).CreateIPSet(ctx, &wafv2.CreateIPSetInput{
			Name: &want.Name, Scope: types.Scope(want.Scope), IPAddressVersion: types.IPAddressVersion(want.Version), Addresses: want.Addresses,
			Description: optional(want.Description), Tags: tagList(want.Tags),
		})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[ipSetState]) error {
		if u.Changed("Tags") {
			if err := setTags(ctx, sc, u.Have.ARN, u.Want.Tags); err != nil {
				return err
			}
		}
		if !u.Changed("Description", "Addresses") {
			return nil
		}
		_, err := wafv2.NewFromConfig(sc.Config).UpdateIPSet(ctx, &wafv2.UpdateIPSetInput{
			Name: &u.Have.Name, Id: &u.Have.ID, Scope: types.Scope(u.Have.Scope), LockToken: &u.Have.Lock, Addresses: u.Want.Addresses, Description: optional(u.Want.Description),
		})
		return unlessOvertaken(err)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have ipSetState) error {
		_, err := wafv2.NewFromConfig(sc.Config).DeleteIPSet(ctx, &wafv2.DeleteIPSetInput{Name: &have.Name, Id: &have.ID, Scope: types.Scope(have.Scope), LockToken: &have.Lock})
		return unlessOvertaken(unlessAbsent(err))
	},
	Check: checkIPSet, Retry: notYet,
	Refuse:   func(sc *ztcore.Scope, want ipSetState) []ztcore.Finding { return elsewhere(sc, Scope(want.Scope)) },
	Controls: []string{"NIST SP 800-207 tenet 3"},
}

var ipSetsNeed = ztcore.Permissions{
	Read:   []string{"wafv2:GetIPSet", "wafv2:ListIPSets", "wafv2:ListTagsForResource"},
	Write:  []string{"wafv2:CreateIPSet", "wafv2:TagResource", "wafv2:UpdateIPSet"},
	Delete: []string{"wafv2:DeleteIPSet"},
}

func readIPSets(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[ipSetState]) ([]ipSetState, error) {
	client, listed := wafv2.NewFromConfig(sc.Config), []ipSetState{}
	for _, scope := range scopes(sc) {
		in := &wafv2.ListIPSetsInput{Scope: scope}
		for more := true; more; more = aws.ToString(in.NextMarker) != "" {
			page, err := client.ListIPSets(ctx, in)
			if err != nil {
				return nil, err
			}
			for _, s := range page.IPSets {
				named := func(w ipSetState) bool { return w.Name == aws.ToString(s.Name) && w.Scope == string(scope) }
				if q.Owned || slices.ContainsFunc(q.Want, named) {
					listed = append(listed, ipSetState{Name: aws.ToString(s.Name), Scope: string(scope), ID: aws.ToString(s.Id), ARN: aws.ToString(s.ARN)})
				}
			}
			in.NextMarker = page.NextMarker
		}
	}
	err := ztcore.Each(ctx, len(listed), func(ctx context.Context, i int) error {
		s := &listed[i]
		out, err := client.GetIPSet(ctx, &wafv2.GetIPSetInput{Name: &s.Name, Id: &s.ID, Scope: types.Scope(s.Scope)})
		if err != nil {
			return unlessAbsent(err)
		}
		s.Version, s.Description, s.Addresses, s.Lock = string(out.IPSet.IPAddressVersion), aws.ToString(out.IPSet.Description), out.IPSet.Addresses, aws.ToString(out.LockToken)
		s.Tags, err = tagsOf(ctx, sc, s.ARN)
		return err
	})
	return slices.DeleteFunc(listed, func(s ipSetState) bool { return s.Lock == "" }), err
}

// https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateIPSet.html
func checkIPSet(want ipSetState) []ztcore.Finding {
	out := append(checkName("Name", want.Name), checkScope(Scope(want.Scope))...)
	out = append(out, checkDescription(want.Description)...)
	if len(want.Addresses) > 10_000 {
		out = append(out, ztcore.Finding{Attribute: "Addresses", Message: fmt.Sprintf("%d are too many", len(want.Addresses)), Fix: "use 10,000 at most"})
	}
	for _, a := range want.Addresses {
		find := func(message, fix string) {
			out = append(out, ztcore.Finding{Attribute: "Addresses[" + a + "]", Message: message, Fix: fix})
		}
		switch p, err := netip.ParsePrefix(a); {
		case err != nil:
			find("is no CIDR block", "use 192.0.2.0/24, and /32 or /128 for a single address")
		case p.Masked() != p:
			find("has bits behind its length", "use "+p.Masked().String())
		case p.Bits() == 0:
			find("stands for everybody, which WAF does not take", "use two halves, 0.0.0.0/1 and 128.0.0.0/1, if that is meant")
		case p.Addr().Is6() != (want.Version == string(types.IPAddressVersionIpv6)):
			find("is of IPv4, and others are of IPv6", "declare two sets")
		}
	}
	return out
}
