package userdata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// MaxBytes is how large user data may be before it is encoded in base64.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
const MaxBytes = 16 << 10

// Encode is user data as EC2's API takes it. It is compressed if it would be too large otherwise, and cloud-init, which unpacks
// it, is what reads it; EC2Launch does not. The same text gives the same result, byte for byte.
func Encode(text string) (string, error) {
	raw := packed(text)
	if len(raw) > MaxBytes {
		return "", fmt.Errorf("user data has %d bytes, and %d at most are allowed", len(raw), MaxBytes)
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

// packed is the shorter of the text and its compressed form, if the text is too large and may be compressed.
func packed(text string) []byte {
	if len(text) <= MaxBytes || !strings.HasPrefix(text, "Content-Type: multipart/") && !strings.HasPrefix(text, "#") {
		return []byte(text)
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("userdata: a buffer can't be written to: " + err.Error())
	}
	if b.Len() >= len(text) {
		return []byte(text)
	}
	return b.Bytes()
}

// Decode undoes Encode. What is not in base64, or damaged, is an error.
func Decode(encoded string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) < 2 || raw[0] != 0x1f || raw[1] != 0x8b {
		return string(raw), err
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(r, 10<<20))
	return string(text), err
}

// secrets are what never belongs into user data. A value that a command or a variable puts there is none.
var secrets = []struct {
	what string
	re   *regexp.Regexp
}{
	{"an access key of AWS", regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`)},
	{"a private key", keyBegin},
	{"a token of a service", regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_\-]{20}|xox[abprs]-[A-Za-z0-9\-]{10,}|sk_live_[A-Za-z0-9]{16,})`)},
	{"a password or key", assigned},
	{"a password in an address", regexp.MustCompile(`\b[a-z][a-z0-9+.\-]*://[^\s/:@$]+:[^\s/@$]{3,}@`)},
}

// assigned is a value that is given to something whose name says what it is.
var assigned = regexp.MustCompile(`(?i)(password|passwd|pwd|passphrase|secret|secret_access_key|api[_-]?key|auth[_-]?token|access[_-]?token)["']?\s*[:=]\s*["']?[^\s"'$<>{}()` + "`" + `|;&]{4,}`)

// references are what stands after the equals sign and is no secret itself.
var references = regexp.MustCompile(`(?i)[:=]\s*["']?(arn:|ssm:|/|true\b|false\b|none\b|null\b|prompt)`)

// Check finds user data that is too large, and what looks like a secret in it; its messages name the line, never the value.
func Check(text string) []ztcore.Finding {
	var out []ztcore.Finding
	if n := len(packed(text)); n > MaxBytes {
		out = append(out, ztcore.Finding{
			Attribute: "UserData", Message: fmt.Sprintf("has %d bytes, and %d at most are allowed before encoding", n, MaxBytes), Fix: "fetch what is large from a bucket, by the instance's role",
		})
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if what := secretIn(line); what != "" {
			out = append(out, ztcore.Finding{
				Attribute: fmt.Sprintf("UserData line %d", n), Guardrail: "endpoint.secret-in-user-data", Controls: []string{"NIST SP 800-207 tenet 2", "NIST SP 800-207 tenet 6"},
				Message: "holds what looks like " + what + ", and whoever is on the instance can read it", Fix: "read it from Secrets Manager or Parameter Store, by the instance's role",
			})
		}
	}
	return out
}

// secretIn says what a line looks like that should not be in user data, "" if nothing.
func secretIn(line string) string {
	for _, s := range secrets {
		for _, found := range s.re.FindAllString(line, -1) {
			if !(s.re == assigned && references.MatchString(found)) && !ztcore.HasToken(found) {
				return s.what
			}
		}
	}
	return ""
}

// keyBegin and keyEnd are the first and the last line of a private key.
var (
	keyBegin = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	keyEnd   = regexp.MustCompile(`-----END [A-Z ]*PRIVATE KEY-----`)
)

// Redacted is user data for plans and logs: each line in which Check finds a secret, and all lines of a private key, say that they
// are left out, and nothing else of them.
func Redacted(text string) string {
	var b strings.Builder
	inKey := false
	for line := range strings.Lines(text) {
		what := secretIn(line)
		switch {
		case inKey:
			inKey = !keyEnd.MatchString(line)
		case what != "":
			b.WriteString("(" + what + ")\n")
			inKey = keyBegin.MatchString(line) && !keyEnd.MatchString(line)
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}
