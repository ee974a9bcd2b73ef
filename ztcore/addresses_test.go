package ztcore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func TestAddressesAreWhatIsDeclared(t *testing.T) {
	toy := newToy()
	b := box{aws: toy, Name: "b", Size: 1}
	require.Equal(t, []ztcore.Address{"toy.Box/b", "toy.Shelf/s", "toy.Labels/s"}, ztcore.Addresses(b, shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"red"}}, b))
	require.Empty(t, ztcore.Addresses())
}
