package userdata

import "strings"

// launchTasks is a task file of EC2Launch v2, with one script that runs once.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2launch-v2-settings.html
func (m Machine) launchTasks() string {
	var b strings.Builder
	b.WriteString("version: 1.1\ntasks:\n- task: executeScript\n  inputs:\n  - frequency: once\n    type: powershell\n    runAs: localSystem\n    content: |-\n")
	for _, line := range m.powerShell() {
		b.WriteString("      " + line + "\n")
	}
	return b.String()
}

// powerShell schedules Defender in place of scanning once.
// https://learn.microsoft.com/powershell/module/defender/set-mppreference
func (m Machine) powerShell() []string {
	lines := []string{
		"$ErrorActionPreference = 'Stop'",
		"Set-Service -Name AmazonSSMAgent -StartupType Automatic",
		"Start-Service -Name AmazonSSMAgent",
		"Set-SmbServerConfiguration -EnableSMB1Protocol $false -Force",
	}
	if m.antivirus() {
		lines = append(lines,
			"Set-MpPreference -DisableRealtimeMonitoring $false -PUAProtection Enabled",
			"Set-MpPreference -SignatureUpdateInterval 6 -CheckForSignaturesBeforeRunningScan $true",
			"Set-MpPreference -ScanParameters FullScan -ScanScheduleDay Everyday -ScanScheduleTime "+m.scanAt()+":00",
			"Update-MpSignature",
		)
	}
	if m.RemoteLoginBecause == "" {
		lines = append(lines,
			"# Session Manager takes the place of Remote Desktop.",
			`Set-ItemProperty -Path 'HKLM:\System\CurrentControlSet\Control\Terminal Server' -Name fDenyTSConnections -Value 1`,
			"Disable-NetFirewallRule -Group '@FirewallAPI.dll,-28752'",
		)
	}
	for _, run := range m.Run {
		lines = append(lines, strings.Split(run, "\n")...)
	}
	return lines
}
