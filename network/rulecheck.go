package network

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// adminPorts give control of a machine or a database to whoever gets through. CIS names 22 and 3389; the others are
// those of FSBP EC2.19 that do the same.
// https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
var adminPorts = []struct {
	port int32
	what string
}{
	{22, "SSH"}, {23, "Telnet"}, {1433, "SQL Server"}, {1521, "Oracle"}, {3306, "MySQL"}, {3389, "RDP"}, {5432, "PostgreSQL"}, {5439, "Redshift"},
	{5985, "WinRM"}, {5986, "WinRM"}, {6379, "Redis"}, {9200, "OpenSearch"}, {11211, "memcached"}, {27017, "MongoDB"},
}

// isWorld reports whether a block is the internet, or so large a part of it that it might as well be.
func isWorld(cidr string) bool {
	p, err := netip.ParsePrefix(cidr)
	return err == nil && (p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 16)
}

// groupText is what EC2 takes in names and descriptions of groups and rules.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
var groupText = regexp.MustCompile(`^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$`)

const groupTextFix = "use at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"

const portsFix = `use "tcp" or "udp" with ports from 0 to 65535, "icmp" or "icmpv6" with type and code, a number, or "-1" for all`

func checkRules(want ztcore.Set[member]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, m := range want.Members {
		bad := func(message, fix string) {
			out = append(out, ztcore.Finding{Attribute: m.traffic(), Message: message, Fix: fix})
		}
		if len(m.Description) > 255 || !groupText.MatchString(m.Description) {
			bad(fmt.Sprintf("the description %q is not one that EC2 takes", m.Description), groupTextFix)
		}
		if problem := m.ports(); problem != "" {
			bad(problem, portsFix)
		}
		peers := 0
		for _, p := range []string{m.CIDR, string(m.Group), string(m.PrefixList)} {
			if p != "" {
				peers++
			}
		}
		if peers != 1 {
			bad(fmt.Sprintf("%d of CIDR, Group and PrefixList are set", peers), "set exactly one")
		}
		if m.CIDR != "" && !ztcore.HasToken(m.CIDR) {
			if _, err := parseCIDR(m.CIDR); err != nil {
				bad(err.Error(), "use a block such as 203.0.113.0/24")
			}
		}
		if !m.Egress && isWorld(m.CIDR) {
			out = append(out, m.openToWorld()...)
		}
	}
	return out
}

// ports says what is wrong with the protocol and ports of a rule.
func (m member) ports() string {
	switch n, err := strconv.Atoi(m.Protocol); {
	case m.Protocol == "tcp" || m.Protocol == "udp":
		if m.FromPort < 0 || m.ToPort > 65535 || m.FromPort > m.ToPort {
			return fmt.Sprintf("%d-%d is no range of ports from 0 to 65535", m.FromPort, m.ToPort)
		}
	case hasPorts(m.Protocol):
		if m.FromPort < -1 || m.FromPort > 255 || m.ToPort < -1 || m.ToPort > 255 || m.FromPort == -1 && m.ToPort != -1 {
			return fmt.Sprintf("type %d and code %d are none of ICMP's", m.FromPort, m.ToPort)
		}
		if m.CIDR != "" && !ztcore.HasToken(m.CIDR) && strings.Contains(m.CIDR, ":") != (m.Protocol == "icmpv6") {
			return "icmp is for IPv4 and icmpv6 for IPv6"
		}
	case m.Protocol == allProtocols:
	case err != nil || n < 0 || n > 255:
		return fmt.Sprintf("%q is no protocol", m.Protocol)
	}
	return ""
}

// openToWorld is the guardrail against administration from anywhere.
func (m member) openToWorld() []ztcore.Finding {
	control := "CIS AWS 3.0 5.2"
	if strings.Contains(m.CIDR, ":") {
		control = "CIS AWS 3.0 5.3"
	}
	if m.Protocol == allProtocols || hasPorts(m.Protocol) && m.FromPort <= 1 && m.ToPort == 65535 {
		return []ztcore.Finding{{
			Attribute: m.traffic(), Guardrail: "network.all-ports-open", Controls: []string{control, "FSBP EC2.18", "NIST SP 800-207 tenet 2"},
			Message: "every port is open to the internet", Fix: "open the ports that are served, to those who need them",
		}}
	}
	if m.Protocol != "tcp" && m.Protocol != "udp" {
		return nil
	}
	var open []string
	for _, a := range adminPorts {
		if m.FromPort <= a.port && a.port <= m.ToPort {
			open = append(open, fmt.Sprintf("%d (%s)", a.port, a.what))
		}
	}
	if len(open) == 0 {
		return nil
	}
	return []ztcore.Finding{{
		Attribute: m.traffic(), Guardrail: "network.admin-port-open", Controls: []string{control, "FSBP EC2.19", "NIST SP 800-207 tenet 2"},
		Message: strings.Join(open, ", ") + ": open to the internet",
		Fix:     "use Session Manager, which needs no open port, or name the networks and groups that need it",
	}}
}
