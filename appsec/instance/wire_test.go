package instance_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// onMoto is an instance that moto launches as it is told: at launch it passes over an interface's groups and the protection
// from termination, and takes both later. Its images have their root volume at /dev/sda1, and it wants to be told its size.
func onMoto() instance.Instance {
	return instance.Instance{Name: "MyApp", Subnet: subnet.ID(), RootGiB: 8, RootDevice: "/dev/sda1", DeletableBecause: "a test"}
}

func TestWireInstance(t *testing.T) {
	changed := onMoto()
	changed.SecurityGroups, changed.Tags, changed.DeletableBecause, changed.ContainersBecause = []id.SecurityGroup{web.ID(), other.ID()}, team, "", "a cluster"
	kindtest.RunOn(t, kindtest.Wire(t), kindtest.Case{
		Variants: []kindtest.Variant{
			{Resource: with(onMoto())},
			{Resource: with(changed), Changes: at("SecurityGroups", "Tags", "Protected", "HopLimit")},
		},
		Drift: loosen,
	})
}

func TestWireApp(t *testing.T) {
	kindtest.RunOn(t, kindtest.Wire(t), kindtest.Case{
		Variants: []kindtest.Variant{{Resource: with(instance.App{Name: "MyApp", Instance: onMoto()})}}, Drift: loosen,
	})
}
