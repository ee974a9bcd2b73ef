package userdata_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint/userdata"
)

// machines are one of each kind, for the tests of what they are built from.
var machines = map[string]userdata.Machine{
	"amazon linux":     {},
	"ubuntu":           {System: userdata.Ubuntu, ScanAt: "01:15", ScanPaths: []string{"/srv"}, Packages: []string{"jq"}, Run: []string{"systemctl restart cron"}},
	"other antivirus":  {NoAntivirusBecause: "the image has another product", Packages: []string{"jq"}},
	"with login":       {System: userdata.Ubuntu, RemoteLoginBecause: "a bastion"},
	"with run, amazon": {Run: []string{"dnf install -y nginx", "systemctl enable --now nginx"}},
}

// parts takes user data apart as cloud-init does: file name → content.
func parts(t *testing.T, text string) map[string]string {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(text))
	require.NoError(t, err)
	kind, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/mixed", kind)
	out := map[string]string{}
	for r := multipart.NewReader(message.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		content, err := io.ReadAll(p)
		require.NoError(t, err)
		out[p.FileName()] = string(content)
	}
}

func TestPackagesAreTheDistributionsOwn(t *testing.T) {
	amazon := parts(t, userdata.Machine{}.Text())
	require.Contains(t, amazon["10-machine.cfg"], `- "clamav1.4-freshclam"`)
	require.Contains(t, amazon["20-machine.sh"], "/etc/freshclam.conf")
	ubuntu := parts(t, userdata.Machine{System: userdata.Ubuntu}.Text())
	require.Contains(t, ubuntu["10-machine.cfg"], `- "clamav-freshclam"`)
	require.NotContains(t, ubuntu["10-machine.cfg"], "clamav1.4")
	require.Contains(t, ubuntu["20-machine.sh"], "snap start --enable amazon-ssm-agent")
}

func TestScansAreScheduled(t *testing.T) {
	cfg := parts(t, userdata.Machine{ScanAt: "01:15", ScanPaths: []string{"/srv"}}.Text())
	require.Contains(t, cfg["10-machine.cfg"], "OnCalendar=*-*-* 01:15:00")
	require.Contains(t, cfg["10-machine.cfg"], "--no-summary /srv\n")
	require.Contains(t, cfg["20-machine.sh"], "enable --now virus-definitions.timer virus-scan.timer")
	windows := userdata.Machine{System: userdata.Windows, ScanAt: "01:15", Run: []string{"Get-Date"}}.Text()
	require.True(t, strings.HasPrefix(windows, "version: 1.1\n"))
	require.Contains(t, windows, "-ScanScheduleDay Everyday -ScanScheduleTime 01:15:00")
	require.Contains(t, windows, "fDenyTSConnections -Value 1")
	require.Contains(t, windows, "      Get-Date\n")
}

func TestExceptionsTakeEffectAndShow(t *testing.T) {
	m := userdata.Machine{NoAntivirusBecause: "another product", RemoteLoginBecause: "a bastion"}
	require.Equal(t, map[string]string{"NoAntivirusBecause": "another product", "RemoteLoginBecause": "a bastion"}, m.Exceptions())
	require.NotContains(t, m.Text(), "clam")
	require.NotContains(t, m.Text(), "sshd.service")
	m.System = userdata.Windows
	require.NotContains(t, m.Text(), "MpPreference")
	require.NotContains(t, m.Text(), "fDenyTSConnections")
}

func TestTextIsTheSameEveryTime(t *testing.T) {
	for name, m := range machines {
		require.Equal(t, m.Text(), m.Text(), name)
		require.Empty(t, m.Check(), name)
		require.Empty(t, userdata.Check(m.Text()), name)
		require.Less(t, len(m.Text()), userdata.MaxBytes/2, "%s leaves room for its owner", name)
	}
}

func TestWhatCannotBeBuiltIsFound(t *testing.T) {
	for want, m := range map[string]userdata.Machine{
		"plan9 is none":        {System: "plan9"},
		"is no time of day":    {ScanAt: "24:00"},
		"can't be scanned":     {ScanPaths: []string{"/srv; rm -rf /"}},
		"is no name of a pack": {Packages: []string{"jq\n  - evil"}},
		"are for Linux alone":  {System: userdata.Windows, Packages: []string{"jq"}},
	} {
		found := m.Check()
		require.Len(t, found, 1, want)
		require.Contains(t, found[0].Message, want)
	}
}

func TestEncodeCompressesWhatWouldNotFit(t *testing.T) {
	small := userdata.Machine{}.Text()
	encoded, err := userdata.Encode(small)
	require.NoError(t, err)
	require.Equal(t, base64.StdEncoding.EncodeToString([]byte(small)), encoded, "what fits stays readable")

	large := userdata.Machine{Run: []string{strings.Repeat("true # a long script\n", 2000)}}.Text()
	require.Greater(t, len(large), userdata.MaxBytes)
	encoded, err = userdata.Encode(large)
	require.NoError(t, err)
	again, err := userdata.Encode(large)
	require.NoError(t, err)
	require.Equal(t, encoded, again)
	decoded, err := userdata.Decode(encoded)
	require.NoError(t, err)
	require.Equal(t, large, decoded)
	require.Empty(t, userdata.Check(large))
}

func TestTooLargeIsRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 20<<10)
	for i := range noise {
		noise[i] = "0123456789abcdef"[r.IntN(16)]
	}
	script := userdata.Machine{Run: []string{"# " + string(noise), "# " + strings.ToUpper(string(noise[:10000])) + string(noise[5000:])}}.Text()
	_, err := userdata.Encode(script)
	require.ErrorContains(t, err, "16384 at most")
	require.Contains(t, userdata.Check(script)[0].Message, "16384 at most are allowed before encoding")
	windows := userdata.Machine{System: userdata.Windows, Run: []string{strings.Repeat("Get-Date\n", 2000)}}.Text()
	_, err = userdata.Encode(windows)
	require.Error(t, err, "EC2Launch unpacks nothing")
	// The limit is that of the raw text, not of its base64 form.
	_, err = userdata.Encode("#!" + strings.Repeat("x", userdata.MaxBytes-2))
	require.NoError(t, err)
}

func TestSecretsAreFoundAndNotShown(t *testing.T) {
	key := "AKIA" + "IOSFODNN7EXAMPLE"
	for what, line := range map[string]string{
		"an access key of AWS":     "aws configure set aws_access_key_id " + key,
		"a private key":            "-----BEGIN RSA " + "PRIVATE KEY-----",
		"a token of a service":     "git clone https://ghp_" + strings.Repeat("a1", 18) + "@github.com/acme/app",
		"a password or key":        "DB_PASSWORD=hunter2canary",
		"a password in an address": "psql postgres://app:hunter2canary@db/app",
	} {
		found := userdata.Check(userdata.Machine{Run: []string{"true", line}}.Text())
		require.Len(t, found, 1, what)
		require.Equal(t, "endpoint.secret-in-user-data", found[0].Guardrail)
		require.Contains(t, found[0].Message, what)
		for _, secret := range []string{key, "hunter2canary", strings.Repeat("a1", 18)} {
			require.NotContains(t, fmt.Sprint(found), secret)
		}
	}
	for _, fine := range []string{`DB_PASSWORD=$(aws secretsmanager get-secret-value)`, `SECRET_ARN=arn:aws:secretsmanager:us-east-1:123456789012:secret:db`, `password_file=/run/secrets/db`, `password="${DB_PASSWORD}"`, "ssh_pwauth: false", "curl https://example.com/a"} {
		require.Empty(t, userdata.Check(fine), fine)
	}
}

func Example() {
	machine := userdata.Machine{System: userdata.Ubuntu, Run: []string{"systemctl enable --now ledger"}}
	encoded, err := userdata.Encode(machine.Text())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(encoded) > 0, len(machine.Check()), len(userdata.Check(machine.Text())))
	// Output: true 0 0
}

func TestRedactedLeavesOutWhatCheckFinds(t *testing.T) {
	text := "#!/bin/sh\nset -e\nPASSWORD_FILE=/run/db DB_PASSWORD=hunter2canary\ncat > key <<E\n-----BEGIN RSA PRIVATE KEY-----\nMIIEcanary\n-----END RSA PRIVATE KEY-----\nE\necho done\n"
	require.Len(t, userdata.Check(text), 2)
	require.Equal(t, "#!/bin/sh\nset -e\n(a password or key)\ncat > key <<E\n(a private key)\nE\necho done\n", userdata.Redacted(text))
	require.Equal(t, userdata.Machine{}.Text(), userdata.Redacted(userdata.Machine{}.Text()), "what holds no secret is as it is")
}
