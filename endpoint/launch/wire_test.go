package launch_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// TestOnTheWire goes through fewer versions than are kept: moto can't delete one.
func TestOnTheWire(t *testing.T) {
	c := templateCase()
	c.Variants = c.Variants[:3]
	kindtest.RunOn(t, kindtest.Wire(t), c)
}
