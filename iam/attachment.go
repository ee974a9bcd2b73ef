package iam

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// attachedSet is a kind: all managed policies attached to one role, user or group. Its members do not vanish with
// the holder: they must be off a policy before that can be deleted.
func (h holder) attachedSet() *ztcore.Kind[ztcore.Set[id.PolicyARN]] {
	return ztcore.SetKind[id.PolicyARN]{
		Name: "iam." + string(h.part) + "Attachments", Permissions: h.attachmentsNeed(), ID: func(a id.PolicyARN) string { return string(a) },
		List: h.attachedTo, Add: h.attachAll, Remove: h.detachAll, Full: overLimit,
		Check: checkAttached, CheckAll: boundariesAttached, Refuse: h.refuseAttached,
		Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Identity"},
	}.Kind()
}

func (h holder) attachmentsNeed() *ztcore.Permissions {
	attach, detach, list := fmt.Sprintf("iam:Attach%sPolicy", h.part), fmt.Sprintf("iam:Detach%sPolicy", h.part), fmt.Sprintf("iam:ListAttached%sPolicies", h.part)
	return &ztcore.Permissions{Read: []string{listing, list}, Write: []string{attach, detach}, Delete: []string{detach}}
}

func (h holder) attachedTo(ctx context.Context, sc *ztcore.Scope, names []string) (map[string][]id.PolicyARN, error) {
	c := iam.NewFromConfig(sc.Config)
	single := func(name string) ([]id.PolicyARN, error) {
		attached, err := allPages(func(marker *string) ([]types.AttachedPolicy, *string, error) {
			return h.listAttached(ctx, c, name, marker)
		})
		return policyARNs(attached), err
	}
	return heldBy(ctx, sc, h.part, names, single, func(a account, name string) ([]id.PolicyARN, bool) {
		_, attached, ok := h.of(a, name)
		return policyARNs(attached), ok
	})
}

func (h holder) attachAll(ctx context.Context, sc *ztcore.Scope, name string, policies []id.PolicyARN) error {
	c := iam.NewFromConfig(sc.Config)
	for _, p := range policies {
		if err := h.attach(ctx, c, name, string(p)); err != nil {
			return err
		}
	}
	return nil
}

func (h holder) detachAll(ctx context.Context, sc *ztcore.Scope, name string, policies []id.PolicyARN) error {
	c := iam.NewFromConfig(sc.Config)
	for _, p := range policies {
		if err := unlessAbsent(h.detach(ctx, c, name, string(p))); err != nil {
			return err
		}
	}
	return nil
}

func policyARNs(attached []types.AttachedPolicy) []id.PolicyARN {
	out := make([]id.PolicyARN, len(attached))
	for i, p := range attached {
		out[i] = id.PolicyARN(*p.PolicyArn)
	}
	return out
}

// overLimit recognizes that a holder has as many policies as it can: only then is one removed before another is added.
func overLimit(err error) bool {
	var full *types.LimitExceededException
	return errors.As(err, &full)
}

// attachmentQuota is how many managed policies one role, user or group has, unless the quota was raised.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const attachmentQuota = 10

// administrators are AWS's policies with which a principal can do anything, or make itself able to.
var administrators = []string{":iam::aws:policy/AdministratorAccess", ":iam::aws:policy/IAMFullAccess"}

func checkAttached(want ztcore.Set[id.PolicyARN]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, a := range want.Members {
		if a == "" {
			out = append(out, ztcore.Finding{Attribute: "Attached", Message: "an empty ARN is attached", Fix: "name the policy, or leave it out"})
		}
		out = append(out, checkPolicyARN("Attached", a)...)
		for _, admin := range administrators {
			if strings.HasSuffix(string(a), admin) {
				out = append(out, ztcore.Finding{
					Attribute: "Attached", Guardrail: "iam.administrator-attached", Controls: guardrails["FULL_ADMINISTRATOR"],
					Message: fmt.Sprintf("%s lets its holder do anything, or give itself that right", a),
					Fix:     "attach what is needed, or waive it for a break-glass role",
				})
			}
		}
	}
	if n := len(want.Members); n > attachmentQuota {
		out = append(out, ztcore.Finding{
			Attribute: "Attached", Guardrail: "iam.attachment-quota", Message: fmt.Sprintf("%d policies are attached, and the quota is %d", n, attachmentQuota),
			Fix: "merge policies, or waive it where the quota was raised",
		})
	}
	return out
}

// boundariesAttached finds policies that are made to limit, and would grant all that they let through.
func boundariesAttached(g *ztcore.Graph, all []ztcore.Declared[ztcore.Set[id.PolicyARN]]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, set := range all {
		for _, a := range set.Want.Members {
			if p, ok := ztcore.Lookup[policyState](g, string(a)); ok && p.Want.Boundary {
				out = append(out, ztcore.Finding{
					Resource: set.Address, Attribute: "Attached", Message: fmt.Sprintf("%s is a permissions boundary, and would give what it is to limit", p.Want.Name),
					Fix: "set it as the Boundary",
				})
			}
		}
	}
	return out
}
