package iam_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// vault is a sink that keeps the last seed.
type vault struct {
	seed iam.MFASeed
	err  error
}

func (v *vault) keep(_ context.Context, seed iam.MFASeed) error {
	v.seed = seed
	return v.err
}

func mfaFor(u iam.User, v *vault) iam.MFA {
	return iam.MFA{Name: u.Name, User: u.UserName(), Sink: v.keep}
}

// codesOf are two consecutive codes of a device that a test has made by itself.
func codesOf(t *testing.T, d *types.VirtualMFADevice) (first, second string) {
	t.Helper()
	seed := iam.SeedForTest(d)
	first, err := seed.Code(time.Now().Add(-30 * time.Second))
	require.NoError(t, err)
	second, err = seed.Code(time.Now())
	require.NoError(t, err)
	return first, second
}

func TestMFA(t *testing.T) { kindtest.Run(t, mfaCase()) }

func mfaCase() kindtest.Case {
	var v vault
	alice, bob := iam.User{Name: "alice"}, iam.User{Name: "bob"}
	m := mfaFor(alice, &v)
	step := func(change func()) ztcore.Resource { change(); return ztcore.List{alice, bob, m} }
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: step(func() {})},
			{Resource: step(func() { m.Tags = map[string]string{"kept": "in the safe"} }), Changes: []string{"iam.MFA/alice Tags"}},
			{Resource: step(func() { m.User = bob.UserName() }), Changes: []string{"iam.MFA/alice User"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := sdk.NewFromConfig(cfg)
			enabled, err := c.ListMFADevices(ctx, &sdk.ListMFADevicesInput{UserName: &alice.Name})
			if err == nil {
				_, err = c.DeactivateMFADevice(ctx, &sdk.DeactivateMFADeviceInput{UserName: &alice.Name, SerialNumber: enabled.MFADevices[0].SerialNumber})
			}
			return err
		},
	}
}

func TestSeedIsWhatAWSMade(t *testing.T) {
	var v vault
	cloud := newCloud()
	applied(t, cloud.Config(), exampleUser, mfaFor(exampleUser, &v))
	require.Equal(t, "arn:aws:iam::123456789012:mfa/example-user", v.seed.Serial)
	require.Equal(t, "example-user", v.seed.User)
	first, err := v.seed.Code(time.Now())
	require.NoError(t, err)
	second, err := v.seed.Code(time.Now().Add(30 * time.Second))
	require.NoError(t, err)
	_, err = sdk.NewFromConfig(cloud.Config()).ResyncMFADevice(context.Background(), &sdk.ResyncMFADeviceInput{
		UserName: aws.String("example-user"), SerialNumber: aws.String(v.seed.Serial), AuthenticationCode1: &first, AuthenticationCode2: &second,
	})
	require.NoError(t, err)
}

func TestSeedAppearsNowhereButInTheSink(t *testing.T) {
	for name, fault := range map[string]*fakeaws.Fault{
		"no fault":     nil,
		"enable fails": {Operation: "EnableMFADevice", Before: &types.InvalidAuthenticationCodeException{Message: aws.String("no")}},
		"answer lost":  {Operation: "CreateVirtualMFADevice", Times: 1, After: fakeaws.Lost()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var v vault
				cloud := newCloud()
				if fault != nil {
					cloud.Inject(t, fault)
				}
				r := ztcore.List{exampleUser, mfaFor(exampleUser, &v)}
				p := planned(t, cloud.Config(), nil, r)
				var shown bytes.Buffer
				log := slog.New(slog.NewJSONHandler(&shown, &slog.HandlerOptions{Level: slog.LevelDebug}))
				report, err := p.Apply(context.Background(), ztcore.WithLogger(log), ztcore.WithProgress(func(e ztcore.Event) { fmt.Fprintf(&shown, "%v %+v %#v", e, e, e) }))
				for _, x := range []any{p, report, err, r} {
					fmt.Fprintf(&shown, "%v %+v %#v\n", x, x, x)
				}
				text, err := json.Marshal([]any{p, report})
				require.NoError(t, err)
				shown.Write(text)
				require.NotEmpty(t, v.seed.Base32())
				require.NotContains(t, shown.String(), v.seed.Base32())
			})
		})
	}
}

func TestDeviceIsNotEnabledUnlessTheSinkHasItsSeed(t *testing.T) {
	v := vault{err: errors.New("the vault is sealed")}
	cloud := newCloud()
	_, err := planned(t, cloud.Config(), nil, exampleUser, mfaFor(exampleUser, &v)).Apply(context.Background())
	require.ErrorIs(t, err, v.err)
	c := sdk.NewFromConfig(cloud.Config())
	left, err := c.ListVirtualMFADevices(context.Background(), nil)
	require.NoError(t, err)
	require.Empty(t, left.VirtualMFADevices)

	v.err = nil
	applied(t, cloud.Config(), exampleUser, mfaFor(exampleUser, &v))
}

func TestCodesMayComeFromWhoHoldsTheDevice(t *testing.T) {
	var v vault
	m := mfaFor(exampleUser, &v)
	var asked string
	m.Codes = func(_ context.Context, serial string) (string, string, error) {
		asked = serial
		now := time.Now()
		first, _ := v.seed.Code(now)
		second, _ := v.seed.Code(now.Add(30 * time.Second))
		return first, second, nil
	}
	applied(t, newCloud().Config(), exampleUser, m)
	require.Equal(t, v.seed.Serial, asked)

	m.Codes = func(context.Context, string) (string, string, error) { return "", "", errors.New("nobody answers") }
	_, err := planned(t, newCloud().Config(), nil, exampleUser, m).Apply(context.Background())
	require.ErrorContains(t, err, "getting two codes of arn:aws:iam::123456789012:mfa/example-user: nobody answers")
}

func TestSeedNeedsASink(t *testing.T) {
	require.Equal(t, []string{"MFA x: nothing takes the seed, which AWS tells only once"}, rejected(t, iam.MFA{Name: "x", User: id.UserName("x")}))
}
