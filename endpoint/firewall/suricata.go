package firewall

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// domainRE is a name, or with a dot in front a name and all below.
// https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_RulesSourceList.html
var domainRE = regexp.MustCompile(`^\.?([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)+[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

func checkRuleGroup(want ruleGroupState) []ztcore.Finding {
	out := checkName(want.Name, want.Description)
	find := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if want.Capacity < 1 || want.Capacity > 30_000 {
		find("Capacity", fmt.Sprintf("%d is out of range", want.Capacity), "use 1 to 30,000")
	}
	rules := suricataLines(want.Rules)
	if (len(want.Domains) == 0) == (len(rules) == 0) {
		find("AllowDomains", "exactly one of AllowDomains and Rules is needed", "set one; another RuleGroup can serve the other")
	}
	if n := len(want.Domains) + len(rules); n > int(want.Capacity) {
		find("Capacity", fmt.Sprintf("%d are needed, and Capacity is %d", n, want.Capacity), "raise it, with room to grow: it can't be changed later")
	}
	for _, d := range want.Domains {
		switch {
		case strings.HasPrefix(d, "*."):
			find("AllowDomains["+d+"]", "a wildcard is a dot here", "use "+d[1:])
		case strings.HasPrefix(d, ".") && strings.Count(d, ".") == 1 && len(d) > 1:
			find("AllowDomains["+d+"]", "allows a whole top-level domain", "name the domains that are needed")
		case !ztcore.HasToken(d) && !domainRE.MatchString(d):
			find("AllowDomains["+d+"]", "is no domain", "use example.com, or .example.com for all names below as well")
		}
	}
	for _, b := range want.HomeNet {
		if p, err := netip.ParsePrefix(b); !ztcore.HasToken(b) && (err != nil || p.Masked() != p) {
			find("HomeNet["+b+"]", "is no CIDR block", "use a block such as 10.0.0.0/8")
		}
	}
	return append(out, checkSuricata(rules)...)
}

// suricataLines are those that hold rules.
func suricataLines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out
}

// The parts of a rule: action, protocol, source, port, direction, destination, port, options.
// https://docs.suricata.io/en/latest/rules/intro.html
var (
	suricataRE = regexp.MustCompile(`^(\S+)\s+(\S+)\s+(\S+|\[.*?\])\s+(\S+|\[.*?\])\s+(\S+)\s+(\S+|\[.*?\])\s+(\S+|\[.*?\])\s+\((.*)\)$`)
	sidRE      = regexp.MustCompile(`(?:^|;)\s*sid\s*:\s*(\d+)\s*;`)
	allTraffic = regexp.MustCompile(`^pass\s+ip\s+any\s+any\s+(->|<>)\s+any\s+any\s`)
)

// checkSuricata finds what the engine would refuse of a rule's form, and rules that let everything pass. It does not know the keywords.
func checkSuricata(rules []string) []ztcore.Finding {
	var out []ztcore.Finding
	sids := map[string]bool{}
	for i, r := range rules {
		find := func(message, fix string) {
			out = append(out, ztcore.Finding{Attribute: fmt.Sprintf("Rules[%d]", i+1), Message: message, Fix: fix})
		}
		parts := suricataRE.FindStringSubmatch(r)
		if parts == nil {
			find(fmt.Sprintf("%q is no rule", r), `write it in one line, as: pass tls $HOME_NET any -> any 443 (tls.sni; content:"example.com"; sid:1;)`)
			continue
		}
		// https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-rule-evaluation-order.html
		if action := parts[1]; action != "pass" && action != "drop" && action != "reject" && action != "alert" {
			find(action+" is no action of Network Firewall", "use pass, drop, reject or alert")
		}
		if parts[5] != "->" && parts[5] != "<>" {
			find(parts[5]+" is no direction", "use -> or <>")
		}
		options := strings.TrimSpace(parts[8])
		if !strings.HasSuffix(options, ";") {
			find("the last option lacks its semicolon", "end every option with one")
		}
		switch sid := sidRE.FindStringSubmatch(options); {
		case sid == nil:
			find("has no sid", "give it one, as sid:1000001;")
		case sids[sid[1]]:
			find("sid "+sid[1]+" is used twice", "give each rule its own")
		default:
			sids[sid[1]] = true
		}
		if allTraffic.MatchString(r) && strings.Count(options, ";") <= strings.Count(options, "msg:")+strings.Count(options, "sid:")+strings.Count(options, "rev:") {
			out = append(out, ztcore.Finding{
				Attribute: fmt.Sprintf("Rules[%d]", i+1), Guardrail: "endpoint.firewall-passes-all", Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Networks"},
				Message: "lets all traffic pass", Fix: "name protocol, addresses, ports or names",
			})
		}
	}
	return out
}
