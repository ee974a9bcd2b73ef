package userdata

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// System is what an instance runs.
type System string

// Systems that user data is built for.
const (
	AmazonLinux2023 System = "amazon-linux-2023"
	Ubuntu          System = "ubuntu"  // 22.04 and later
	Windows         System = "windows" // Windows Server 2022 and later, with EC2Launch v2
)

// Machine is what an instance is to become at its first boot. The zero value is an Amazon Linux 2023 that updates its virus
// definitions every six hours, scans every night, is managed by Systems Manager and takes no SSH.
type Machine struct {
	System System // AmazonLinux2023 if empty
	// ScanAt is when the nightly scan begins, as "03:30" in the machine's own time, which is UTC on AWS's images: "03:30" if
	// empty. On Linux an hour at random is added, so that a fleet does not scan at once.
	ScanAt string
	// ScanPaths are what Linux scans: /home, /opt, /root, /srv, /tmp, /usr/local and /var if there are none.
	ScanPaths []string
	// NoAntivirusBecause leaves the antivirus out, and says why, as where another product is in the image.
	NoAntivirusBecause string
	// RemoteLoginBecause leaves SSH on Linux and Remote Desktop on Windows as the image has them, and says why. Session Manager
	// needs neither.
	RemoteLoginBecause string
	Packages           []string // of the distribution, to be installed as well; not for Windows
	// Run are lines of a script that runs last, as root: of bash, with set -euo pipefail, or of PowerShell. No secrets: read them
	// from Secrets Manager or Parameter Store there, by the instance's role.
	Run []string
}

// Text is the user data, not encoded yet. It may hold tokens of other resources.
func (m Machine) Text() string {
	if m.system() == Windows {
		return m.launchTasks()
	}
	parts := []part{{"text/cloud-config", "10-machine.cfg", m.cloudConfig()}, {"text/x-shellscript", "20-machine.sh", m.script()}}
	if len(m.Run) > 0 {
		parts = append(parts, part{"text/x-shellscript", "30-run.sh", "#!/bin/bash\nset -euo pipefail\n" + strings.Join(m.Run, "\n") + "\n"})
	}
	return multipart(parts)
}

// Exceptions are what departs from the safe form, by attribute, each with its reason.
func (m Machine) Exceptions() map[string]string {
	out := map[string]string{}
	if m.NoAntivirusBecause != "" {
		out["NoAntivirusBecause"] = m.NoAntivirusBecause
	}
	if m.RemoteLoginBecause != "" {
		out["RemoteLoginBecause"] = m.RemoteLoginBecause
	}
	return out
}

func (m Machine) system() System  { return cmp.Or(m.System, AmazonLinux2023) }
func (m Machine) antivirus() bool { return m.NoAntivirusBecause == "" }
func (m Machine) scanAt() string  { return cmp.Or(m.ScanAt, "03:30") }
func (m Machine) scans() []string {
	if len(m.ScanPaths) == 0 {
		return []string{"/home", "/opt", "/root", "/srv", "/tmp", "/usr/local", "/var"}
	}
	return m.ScanPaths
}

var (
	timeOfDay   = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	plainPath   = regexp.MustCompile(`^/[A-Za-z0-9._/\-]*$`)
	packageName = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9+._:~\-]*$`)
)

// Check finds what can't be built. For what the text must not hold, as secrets, see the function Check.
func (m Machine) Check() []ztcore.Finding {
	var out []ztcore.Finding
	add := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	switch m.system() {
	case AmazonLinux2023, Ubuntu, Windows:
	default:
		add("System", string(m.System)+" is none that user data is built for", "use AmazonLinux2023, Ubuntu or Windows, or write the user data yourself")
	}
	if !timeOfDay.MatchString(m.scanAt()) {
		add("ScanAt", m.ScanAt+" is no time of day", "use as 03:30")
	}
	for _, p := range m.ScanPaths {
		if !plainPath.MatchString(p) {
			add("ScanPaths", fmt.Sprintf("%q can't be scanned", p), "use absolute paths of letters, digits and ._-/")
		}
	}
	for _, p := range m.Packages {
		if !packageName.MatchString(p) {
			add("Packages", fmt.Sprintf("%q is no name of a package", p), "use the distribution's names")
		}
	}
	if m.system() == Windows && len(m.Packages)+len(m.ScanPaths) > 0 {
		add("Packages, ScanPaths", "are for Linux alone", "install in Run; Defender scans everything")
	}
	return out
}
