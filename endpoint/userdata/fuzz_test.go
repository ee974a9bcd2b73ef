package userdata_test

import (
	"strings"
	"testing"

	"github.com/seed-08ecc977/zerotrust/endpoint/userdata"
)

// FuzzUserData holds that Encode and Decode are each other's inverse, that nothing makes Decode panic, and that what Check finds a secret
// in shows neither in its findings nor in Redacted.
func FuzzUserData(f *testing.F) {
	for _, seed := range []string{
		"", "#!/bin/sh\n", "\x1f\x8b", "\x1f\x8b\x08\x00junk", "#cloud-config\n" + strings.Repeat("a", 100), "export DB_PASSWORD=hunter2canary", "PASSWORD_FILE=/run/db PASSWORD=hunter2canary\r\n",
		"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nx", "-----BEGIN PRIVATE KEY-----", "password={{zt:a#b}}", "https://u:pass@host/", "H4sIAAAAAAAA", "AKIAABCDEFGHIJKLMNOP",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if raw, err := userdata.Decode(text); err == nil && len(raw) == 0 && strings.Trim(text, "\r\n") != "" && !strings.HasPrefix(text, "H4s") {
			t.Fatalf("%q is decoded as nothing", text)
		}
		found := userdata.Check(text)
		redacted := userdata.Redacted(text)
		if len(found) == 0 && redacted != text {
			t.Fatalf("%q holds no secret, and is redacted to %q", text, redacted)
		}
		for _, x := range userdata.Check(redacted) {
			if x.Guardrail != "" {
				t.Fatalf("%q is redacted to %q, in which there is: %s", text, redacted, x)
			}
		}
		encoded, err := userdata.Encode(text)
		if err != nil {
			if len(found) == 0 {
				t.Fatalf("Check finds nothing: %v", err)
			}
			return
		}
		if twice, err := userdata.Encode(text); err != nil || twice != encoded {
			t.Fatal("the same text is encoded in two ways")
		}
		back, err := userdata.Decode(encoded)
		// What is compressed already is unpacked, as cloud-init does.
		if !strings.HasPrefix(text, "\x1f\x8b") && (err != nil || back != text) {
			t.Fatalf("%q comes back as %q: %v", text, back, err)
		}
	})
}
