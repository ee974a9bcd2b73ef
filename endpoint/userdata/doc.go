// Package userdata builds what an EC2 instance runs at its first boot: the antivirus and its schedule, the SSM agent, no SSH.
//
//	machine := userdata.Machine{System: userdata.Ubuntu, Run: []string{"systemctl enable --now ledger"}}
//	text := machine.Text()                  // the same for the same machine, byte for byte
//	encoded, err := userdata.Encode(text)   // base64, compressed if it would not fit otherwise
//
// The zero Machine is an Amazon Linux 2023. For Linux the text is a cloud-init multipart of a cloud-config and shell scripts, for
// Windows a task file of EC2Launch v2. A launch template takes a Machine as it is: see package launch.
//
// Guides install clamav by yum and run it once at boot. Here packages have the distribution's own names, freshclam and the scan are
// systemd timers, and Windows has Defender with its own schedule. Check finds user data that is too large, and what looks like a
// secret in it: whoever may describe the instance, or log on to it, can read user data.
//
// Left out are distributions other than the three, and images whose agent has to be brought from elsewhere.
package userdata
