package ztcore_test

import (
	"errors"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func answered(status int, requestID string) error {
	return &awshttp.ResponseError{RequestID: requestID, ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: errors.New("undecodable"),
	}}
}

func TestUnsupportedIsToldFromFailing(t *testing.T) {
	require.True(t, ztcore.IsUnsupported(fakeaws.Error("InvalidAction", "no such action")))
	require.True(t, ztcore.IsUnsupported(answered(500, "")), "an emulator's page")
	require.False(t, ztcore.IsUnsupported(answered(500, "req-1")), "AWS failed")
	require.False(t, ztcore.IsUnsupported(answered(503, "")), "a proxy is down")
	require.False(t, ztcore.IsUnsupported(fakeaws.Denied("x")))

	toy := newToy()
	base := ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, shelf{aws: toy, Name: "s"})
	toy.fail = func(call string) error {
		if call == "ReadBoxes" {
			return answered(500, "")
		}
		return nil
	}
	_, err := base.Plan(ctx, toy.config())
	require.Equal(t, []string{"toy.Box"}, ztcore.Unsupported(err))
	p, err := base.Plan(ctx, toy.config(), ztcore.LeaveOut("toy.Box"))
	require.NoError(t, err)
	require.Equal(t, []ztcore.Address{"toy.Box/b"}, p.LeftOut)
	require.Contains(t, p.String(), "left out, since the endpoint does not offer it: toy.Box/b")
	require.Len(t, p.Steps, 1)

	toy.fail = func(call string) error {
		if call == "ReadBoxes" {
			return answered(500, "")
		}
		return fakeaws.Denied(call)
	}
	_, err = base.Plan(ctx, toy.config())
	require.Empty(t, ztcore.Unsupported(err), "something else went wrong too")
}

func TestAReferenceToALeftOutKindIsToldOfInThePlan(t *testing.T) {
	toy := newToy()
	c, cfg := newCellar(), toy.config()
	b := box{aws: toy, Name: "b"}
	base := ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"x"}}, c.declare("c", crate{Name: "c", On: shelf{aws: toy, Name: "s"}.ARN()}))
	_, err := base.Plan(ctx, cfg, ztcore.LeaveOut("toy.Box"))
	var invalid *ztcore.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, []ztcore.Finding{{
		Resource: "toy.Shelf/s", Message: "refers to ID of toy.Box/b, which is never known, since LeaveOut names the kind toy.Box",
		Fix: "leave toy.Shelf out as well, ignore this resource, or use a literal",
	}}, invalid.Findings)

	p := plan(t, base, cfg, ztcore.LeaveOut("toy.Box", "toy.Shelf", "toy.Labels"))
	require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Crate/c": ztcore.Create}, actions(p), "a shelf's ARN follows from its name")
	_, err = p.Apply(ctx)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:toy:::s", c.crates["c"].On)
}
