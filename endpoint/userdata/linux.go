package userdata

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// antivirusPackages are the distributions' own names. Amazon Linux 2023 calls clamav by its version.
// https://docs.aws.amazon.com/linux/al2023/release-notes/relnotes-2023.7.20250331.html
var antivirusPackages = map[System][]string{
	AmazonLinux2023: {"clamav1.4", "clamav1.4-freshclam"},
	Ubuntu:          {"clamav", "clamav-freshclam"},
}

// freshclamConfig is where each distribution keeps the configuration of freshclam.
var freshclamConfig = map[System]string{AmazonLinux2023: "/etc/freshclam.conf", Ubuntu: "/etc/clamav/freshclam.conf"}

type file struct{ path, permissions, content string }

func (m Machine) files() []file {
	files := []file{{"/etc/sysctl.d/90-machine.conf", "0644", strings.Join([]string{
		"kernel.kptr_restrict = 2", "kernel.dmesg_restrict = 1", "kernel.unprivileged_bpf_disabled = 1", "kernel.yama.ptrace_scope = 1",
		"fs.protected_hardlinks = 1", "fs.protected_symlinks = 1", "fs.suid_dumpable = 0",
		"net.ipv4.conf.all.accept_redirects = 0", "net.ipv4.conf.all.send_redirects = 0", "net.ipv4.conf.all.accept_source_route = 0",
		"net.ipv4.tcp_syncookies = 1", "net.ipv6.conf.all.accept_redirects = 0",
	}, "\n") + "\n"}}
	if !m.antivirus() {
		return files
	}
	return append(files,
		file{"/etc/systemd/system/virus-definitions.service", "0644", "[Unit]\nDescription=Update of the virus definitions\nWants=network-online.target\nAfter=network-online.target\n\n" +
			"[Service]\nType=oneshot\nExecStart=/usr/bin/freshclam --stdout\n"},
		file{"/etc/systemd/system/virus-definitions.timer", "0644", "[Unit]\nDescription=Update of the virus definitions every six hours\n\n" +
			"[Timer]\nOnBootSec=5min\nOnUnitActiveSec=6h\nRandomizedDelaySec=30min\n\n[Install]\nWantedBy=timers.target\n"},
		file{"/etc/systemd/system/virus-scan.service", "0644", "[Unit]\nDescription=Scan for viruses\nConditionPathExistsGlob=/var/lib/clamav/*.c?d\n\n" +
			"[Service]\nType=oneshot\nNice=19\nIOSchedulingClass=idle\nCPUQuota=50%\n" +
			"ExecStart=/usr/bin/clamscan --recursive --infected --no-summary " + strings.Join(m.scans(), " ") + "\n"},
		file{"/etc/systemd/system/virus-scan.timer", "0644", "[Unit]\nDescription=Scan for viruses every night\n\n" +
			"[Timer]\nOnCalendar=*-*-* " + m.scanAt() + ":00\nRandomizedDelaySec=1h\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"},
	)
}

// cloudConfig is YAML, written by hand: everything that varies in it is quoted, or a block of its own.
func (m Machine) cloudConfig() string {
	var b strings.Builder
	b.WriteString("#cloud-config\ndisable_root: true\nssh_pwauth: false\npackage_update: true\n")
	packages := m.Packages
	if m.antivirus() {
		packages = append(append([]string{}, antivirusPackages[m.system()]...), packages...)
	}
	if m.system() == AmazonLinux2023 {
		packages = append([]string{"amazon-ssm-agent"}, packages...)
	}
	if len(packages) > 0 {
		b.WriteString("packages:\n")
		for _, p := range packages {
			fmt.Fprintf(&b, "  - %q\n", p)
		}
	}
	b.WriteString("write_files:\n")
	for _, f := range m.files() {
		fmt.Fprintf(&b, "  - path: %s\n    owner: root:root\n    permissions: '%s'\n    content: |\n", f.path, f.permissions)
		for line := range strings.Lines(f.content) {
			if line != "\n" {
				b.WriteString("      ")
			}
			b.WriteString(line)
		}
	}
	return b.String()
}

// script brings into force what the cloud-config has put in place; cloud-init runs it after the packages are there.
func (m Machine) script() string {
	lines := []string{"#!/bin/bash", "set -euo pipefail", "sysctl --system > /dev/null", "systemctl daemon-reload"}
	if m.system() == Ubuntu {
		lines = append(lines, "# Canonical's images have the agent as a snap.", "if ! snap list amazon-ssm-agent > /dev/null 2>&1; then", "  snap install amazon-ssm-agent --classic", "fi", "snap start --enable amazon-ssm-agent")
	} else {
		lines = append(lines, "systemctl enable --now amazon-ssm-agent.service")
	}
	if m.antivirus() {
		lines = append(lines,
			"# A distribution's own updater would hold the lock that the timer's needs.", "if systemctl cat clamav-freshclam.service > /dev/null 2>&1; then", "  systemctl disable --now clamav-freshclam.service", "fi",
			"sed -i 's/^Example$/#Example/' "+freshclamConfig[m.system()],
			"systemctl enable --now virus-definitions.timer virus-scan.timer", "systemctl start --no-block virus-definitions.service")
	}
	if m.RemoteLoginBecause == "" {
		lines = append(lines,
			"# Session Manager takes the place of SSH.", "for unit in ssh.socket ssh.service sshd.service; do", `  if systemctl cat "$unit" > /dev/null 2>&1; then`, `    systemctl disable --now "$unit"`, "  fi", "done")
	}
	return strings.Join(lines, "\n") + "\n"
}

type part struct{ kind, name, content string }

// multipart is a MIME message of cloud-init. Its boundary follows from the content, so that the same parts make the same text.
// https://cloudinit.readthedocs.io/en/latest/explanation/format.html
func multipart(parts []part) string {
	sum := sha256.New()
	for _, p := range parts {
		sum.Write([]byte(p.kind + "\x00" + p.content + "\x00"))
	}
	boundary := "part-" + hex.EncodeToString(sum.Sum(nil))[:32]
	var b strings.Builder
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=%q\nMIME-Version: 1.0\n", boundary)
	for _, p := range parts {
		fmt.Fprintf(&b, "\n--%s\nContent-Type: %s; charset=\"utf-8\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\nContent-Disposition: attachment; filename=%q\n\n%s", boundary, p.kind, p.name, p.content)
	}
	fmt.Fprintf(&b, "\n--%s--\n", boundary)
	return b.String()
}
