package containment_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
)

const account = "123456789012"

var seen = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

func parse(t *testing.T, name string) []containment.Finding {
	t.Helper()
	text, err := os.ReadFile("testdata/findings/" + name + ".json")
	require.NoError(t, err)
	found, err := containment.ParseFinding(text)
	require.NoError(t, err)
	return found
}

func TestFindingsOfGuardDuty(t *testing.T) {
	instance := containment.Reference{Kind: containment.ByInstance, Value: "i-0123456789abcdef0", Account: account, Region: "us-east-1", At: seen}
	for name, want := range map[string]struct {
		severity containment.Severity
		refs     []containment.Reference
	}{
		"guardduty-instance-event": {containment.High, []containment.Reference{instance}},
		"guardduty-instance-api":   {containment.High, []containment.Reference{instance}},
		"guardduty-exfiltration":   {containment.Critical, []containment.Reference{instance, {Kind: containment.ByRole, Value: "Web", Account: account}}},
		"guardduty-user-key":       {containment.Medium, []containment.Reference{{Kind: containment.ByAccessKey, Value: "AKIAIOSFODNN7EXAMPLE", Account: account}}},
		"guardduty-bucket":         {containment.Low, []containment.Reference{{Kind: containment.ByRole, Value: "Web", Account: account}, {Kind: containment.ByBucket, Value: "acme-ledger", Account: account}}},
	} {
		t.Run(name, func(t *testing.T) {
			found := parse(t, name)
			require.Len(t, found, 1)
			require.Equal(t, want.refs, found[0].References)
			require.Equal(t, want.severity, found[0].Severity)
			require.Equal(t, "GuardDuty", found[0].Source)
			require.Equal(t, seen, found[0].At)
			require.NotEmpty(t, found[0].ID)
		})
	}
}

func TestFindingsThatNameNothingToContainSaySo(t *testing.T) {
	for name, why := range map[string]string{"guardduty-root": "root", "guardduty-cluster": "RDSDBInstance"} {
		text, err := os.ReadFile("testdata/findings/" + name + ".json")
		require.NoError(t, err)
		_, err = containment.ParseFinding(text)
		require.ErrorContains(t, err, why)
	}
	for _, text := range []string{"{}", "[", `{"detail":{}}`, `{"Resources":[{"Type":"AwsEc2Instance"}]}`} {
		_, err := containment.ParseFinding([]byte(text))
		require.Error(t, err, text)
	}
}

func TestFindingsOfSecurityHub(t *testing.T) {
	found := parse(t, "securityhub-event")
	require.Len(t, found, 2)
	at := func(kind containment.ReferenceKind, value string) containment.Reference {
		return containment.Reference{Kind: kind, Value: value, Account: account, Region: "us-east-1", At: seen}
	}
	global := func(kind containment.ReferenceKind, value string) containment.Reference {
		return containment.Reference{Kind: kind, Value: value, Account: account}
	}
	require.Equal(t, []containment.Reference{
		at(containment.ByInstance, "i-0123456789abcdef0"), at(containment.ByInterface, "eni-0123456789abcdef0"),
		at(containment.ByVolume, "vol-0123456789abcdef0"), at(containment.ByAllocation, "eipalloc-0123456789abcdef0"),
		global(containment.ByRole, "arn:aws:iam::123456789012:role/app/Web"), global(containment.ByUser, "arn:aws:iam::123456789012:user/deploy"),
		global(containment.ByAccessKey, "AKIAIOSFODNN7EXAMPLE"), global(containment.ByRole, "Batch"), global(containment.ByBucket, "acme-ledger"),
	}, found[0].References)
	require.Len(t, found[0].Untouched, 3) // the group, the policy and the account
	require.Equal(t, containment.Critical, found[0].Severity)
	require.Equal(t, []containment.Reference{global(containment.ByRole, "Web")}, found[1].References)
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]containment.Reference{
		"i-0123456789abcdef0":   {Kind: containment.ByInstance, Value: "i-0123456789abcdef0"},
		" 10.0.1.5\n":           {Kind: containment.ByAddress, Value: "10.0.1.5"},
		"::ffff:10.0.1.5":       {Kind: containment.ByAddress, Value: "10.0.1.5"},
		"2001:DB8::1":           {Kind: containment.ByAddress, Value: "2001:db8::1"},
		"vol-0123456789abcdef0": {Kind: containment.ByVolume, Value: "vol-0123456789abcdef0"},
		"AKIAIOSFODNN7EXAMPLE":  {Kind: containment.ByAccessKey, Value: "AKIAIOSFODNN7EXAMPLE"},
		"ASIAIOSFODNN7EXAMPLE":  {Kind: containment.ByTemporaryKey, Value: "ASIAIOSFODNN7EXAMPLE"},
		"arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-0123456789abcdef0": {Kind: containment.ByInstance, Value: "i-0123456789abcdef0", Account: account, Region: "cn-north-1"},
		"arn:aws:iam::123456789012:instance-profile/Web":                      {Kind: containment.ByProfile, Value: "arn:aws:iam::123456789012:instance-profile/Web", Account: account},
	} {
		got, err := containment.ParseReference(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "web-1", "i-xyz", "10.0.1", "arn:aws:iam::123456789012:root", "arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws", "arn:aws:ec2:us-east-1:123456789012:instance"} {
		_, err := containment.ParseReference(text)
		require.Error(t, err, text)
	}
}
