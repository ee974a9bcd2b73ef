package monitoring_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// wire is kindtest.Wire, with CloudWatch's client speaking a protocol that moto knows: its own is RPC v2 CBOR.
func wire(t *testing.T) aws.Config {
	cfg := kindtest.Wire(t)
	cfg.ServiceOptions = append(cfg.ServiceOptions, func(_ string, options any) {
		if o, ok := options.(*cloudwatch.Options); ok {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
		}
	})
	return cfg
}

func TestOnTheWire(t *testing.T) {
	for name := range cases("", true) {
		t.Run(name, func(t *testing.T) {
			cfg := wire(t)
			who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
			require.NoError(t, err)
			kindtest.RunOn(t, cfg, cases(*who.Account, true)[name])
		})
	}
}

// The preset stands on the wire as well, at the first try, and nothing differs afterwards. Of Security Hub moto has neither
// standards nor tags; the package detection has its own tests.
func TestPresetOnTheWire(t *testing.T) {
	cfg, p := wire(t), watch
	p.DetectionElsewhere = "moto can't show it"
	apply(t, cfg, p)
	again := replan(t, cfg, p)
	require.True(t, again.Empty(), again)
	var held []ztcore.Address
	for _, s := range replan(t, cfg, p, ztcore.Destroy()).Steps {
		if s.Action == ztcore.Retain {
			held = append(held, s.Address)
		}
	}
	require.Contains(t, held, ztcore.Address("monitoring.Trail/acme-trail"))
	apply(t, cfg, p, ztcore.Destroy(), ztcore.AllowDelete(held...))
	gone := replan(t, cfg, p, ztcore.Destroy())
	require.True(t, gone.Empty(), gone)
}
