package dataprotect_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// TestOnTheWire runs against moto, which does not read back a key's rotation period.
func TestOnTheWire(t *testing.T) {
	plain := dataprotect.Key{Name: "ledger"}
	more := plain
	more.Description, more.Services, more.Tags = "S3 encryption key", []string{"cloudtrail.amazonaws.com"}, map[string]string{"team": "ledger"}
	key := kindtest.Case{
		Variants: []kindtest.Variant{
			{Resource: plain},
			{Resource: more, Changes: []string{"dataprotect.Key/ledger Description", "dataprotect.Key/ledger Policy", "dataprotect.Key/ledger Tags"}},
		},
		Drift: disableKey,
	}
	for name, c := range map[string]kindtest.Case{"key": key, "bucket": bucketCase(false), "secret": secretCase("1"), "account": accountCase()} {
		t.Run(name, func(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), c) })
	}
}
