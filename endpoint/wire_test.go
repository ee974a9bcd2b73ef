package endpoint_test

import (
	"strings"
	"testing"

	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// TestOnTheWire runs against moto. It has no associations, and can't read a baseline back or list patch groups.
func TestOnTheWire(t *testing.T) {
	const yaml = "schemaVersion: '0.3'\nassumeRole: arn:aws:iam::123456789012:role/responder\nmainSteps:\n  - name: wait\n    action: aws:sleep\n    inputs:\n      Duration: PT1M\n"
	const at = "endpoint.Document/Wait "
	inYAML := kindtest.Case{Variants: []kindtest.Variant{
		{Resource: endpoint.Document{Name: "Wait", Content: yaml}},
		{Resource: endpoint.Document{Name: "Wait", Content: strings.Replace(yaml, "PT1M", "PT2M", 1), SharedWith: []string{"111122223333"}}, Changes: []string{at + "Content", at + "SharedWith"}},
	}}
	for name, c := range map[string]kindtest.Case{"document": documentCase(), "document in YAML": inYAML, "sessions": sessionCase()} {
		t.Run(name, func(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), c) })
	}
}
