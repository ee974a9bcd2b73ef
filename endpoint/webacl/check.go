package webacl

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func checkACL(want aclState) []ztcore.Finding {
	out := append(checkName("Name", want.Name), checkScope(Scope(want.Scope))...)
	out = append(out, checkDescription(want.Description)...)
	names := map[string]bool{}
	blocks := want.Default == "BLOCK"
	for _, r := range want.Typed {
		attribute := "Rules[" + r.name() + "]"
		if names[r.name()] {
			out = append(out, ztcore.Finding{Attribute: attribute, Message: "there are two rules of this name", Fix: "give each a name of its own"})
		}
		names[r.name()] = true
		blocks = blocks || r.countBecause() == "" && r.action() != "ALLOW"
		out = append(out, checkName(attribute, r.name())...)
		out = append(out, checkRule(attribute, r)...)
	}
	if c := Capacity(want.Typed...); c > mostCapacity {
		out = append(out, ztcore.Finding{Attribute: "Rules", Message: fmt.Sprintf("use %d WCU, and a web ACL may use %d", c, mostCapacity), Fix: "leave out managed groups that the application has no use for"})
	}
	if !blocks {
		out = append(out, ztcore.Finding{
			Attribute: "Rules", Guardrail: "endpoint.web-acl-passes-all", Controls: []string{"FSBP WAF.10", "NIST SP 800-207 tenet 3"},
			Message: "nothing is ever blocked", Fix: "leave Rules nil for DefaultRules, let one of them block, or set BlockByDefault",
		})
	}
	return out
}

func checkRule(attribute string, r Rule) []ztcore.Finding {
	find := func(message, fix string) []ztcore.Finding {
		return []ztcore.Finding{{Attribute: attribute, Message: message, Fix: fix}}
	}
	switch r := r.(type) {
	case ManagedRules:
		if r.Capacity == 0 && (r.vendor() != "AWS" || groupCapacity[r.Group] == 0) {
			return find(r.vendor()+"'s group is not known here", "check its name, or say in Capacity how many WCU it uses (aws wafv2 describe-managed-rule-group)")
		}
	case RateLimit: // https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
		if r.Requests != 0 && (r.Requests < 10 || r.Requests > 2_000_000_000) {
			return find(fmt.Sprintf("%d requests can't be a limit", r.Requests), "use 10 to 2,000,000,000")
		}
		if !slices.Contains([]time.Duration{0, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}, r.Window) {
			return find(r.Window.String()+" can't be a window", "use 1, 2, 5 or 10 minutes")
		}
	case Addresses:
		if r.In == "" {
			return find("In names no set of addresses", "set it to the ARN of an IPSet")
		}
		if r.Verdict < BlockThose || r.Verdict > AllowThose {
			return find("Verdict is none of the package's", "use BlockThose, BlockOthers or AllowThose")
		}
	}
	return nil
}
