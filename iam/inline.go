package iam

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// inlinePolicy is one member of what a role, user or group holds inline.
type inlinePolicy struct {
	Name     string
	Document policy.Document
}

// inlineSet is a kind: all inline policies of one role, user or group.
func (h holder) inlineSet() *ztcore.Kind[ztcore.Set[inlinePolicy]] {
	return ztcore.SetKind[inlinePolicy]{
		Name: "iam." + string(h.part) + "Policies", Permissions: h.inlineNeed(), ID: func(p inlinePolicy) string { return p.Name },
		List: h.inlineOf, Add: h.putAll, Remove: h.deleteAll, Full: overLimit, Check: h.checkInline, Refuse: h.refuseInline,
		Retry: []ztcore.Retry{freshPrincipal}, Vanishes: true,
		Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Identity"},
	}.Kind()
}

func (h holder) inlineNeed() *ztcore.Permissions {
	get, list, put, remove := fmt.Sprintf("iam:Get%sPolicy", h.part), fmt.Sprintf("iam:List%sPolicies", h.part), fmt.Sprintf("iam:Put%sPolicy", h.part), fmt.Sprintf("iam:Delete%sPolicy", h.part)
	return &ztcore.Permissions{Read: []string{listing, get, list}, Write: []string{remove, put}, Delete: []string{remove}}
}

func (h holder) inlineOf(ctx context.Context, sc *ztcore.Scope, names []string) (map[string][]inlinePolicy, error) {
	single := func(name string) ([]inlinePolicy, error) { return h.readInline(ctx, sc, name) }
	return heldBy(ctx, sc, h.part, names, single, func(a account, name string) ([]inlinePolicy, bool) {
		details, _, ok := h.of(a, name)
		inline := make([]inlinePolicy, len(details))
		for i, p := range details {
			inline[i] = inlinePolicy{*p.PolicyName, seenDocument(p.PolicyDocument)}
		}
		return inline, ok
	})
}

func (h holder) readInline(ctx context.Context, sc *ztcore.Scope, name string) ([]inlinePolicy, error) {
	c := iam.NewFromConfig(sc.Config)
	names, err := allPages(func(marker *string) ([]string, *string, error) { return h.listInline(ctx, c, name, marker) })
	if err != nil {
		return nil, err
	}
	out := make([]inlinePolicy, len(names))
	for i, p := range names {
		document, err := h.getInline(ctx, c, name, p)
		if err != nil {
			return nil, err
		}
		out[i] = inlinePolicy{p, seenDocument(document)}
	}
	return out, nil
}

// putAll puts what denies first, deleteAll deletes it last, so that nothing is allowed between that is not before or after.
func (h holder) putAll(ctx context.Context, sc *ztcore.Scope, name string, members []inlinePolicy) error {
	c := iam.NewFromConfig(sc.Config)
	for _, p := range deniersFirst(members) {
		if err := h.putInline(ctx, c, name, p.Name, p.Document.JSON()); err != nil {
			return err
		}
	}
	return nil
}

func (h holder) deleteAll(ctx context.Context, sc *ztcore.Scope, name string, members []inlinePolicy) error {
	c := iam.NewFromConfig(sc.Config)
	for _, p := range slices.Backward(deniersFirst(members)) {
		if err := unlessAbsent(h.deleteInline(ctx, c, name, p.Name)); err != nil {
			return err
		}
	}
	return nil
}

// checkInline holds each document to the rules of its class, and all together to the limit that IAM sets for one holder.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (h holder) checkInline(want ztcore.Set[inlinePolicy]) []ztcore.Finding {
	var out []ztcore.Finding
	size := 0
	for _, p := range want.Members {
		if !nameRE.MatchString(p.Name) || len(p.Name) > 128 {
			out = append(out, ztcore.Finding{Attribute: "Members[" + p.Name + "]", Message: "IAM does not take the name of this policy", Fix: "use 1–128 letters, digits and _+=,.@-"})
		}
		out = append(out, checkDocument("Members["+p.Name+"]", p.Document, h.class)...)
		size += p.Document.Size(h.class)
	}
	if limit := policy.Limit(h.class); len(want.Members) > 1 && size > limit {
		out = append(out, ztcore.Finding{
			Attribute: "Members", Message: fmt.Sprintf("the inline policies together have %d characters, and IAM takes %d", size, limit),
			Fix: "move some to a managed policy",
		})
	}
	return out
}
