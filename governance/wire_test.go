package governance_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// TestOnTheWire runs against moto, which knows five of the types of policies.
func TestOnTheWire(t *testing.T) {
	for name, c := range map[string]kindtest.Case{"policy": policyCase(), "unit": unitCase(), "settings": settingsCase()} {
		t.Run(name, func(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), c) })
	}
}
