package ztcore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// denied is AWS's refusal as the SDK's clients return it.
func denied(operation string) error {
	return &smithy.OperationError{ServiceID: "Toy", OperationName: operation, Err: fakeaws.Denied("toy:" + operation)}
}

func TestADeniedCallNamesThePermissionAndIsTriedOnce(t *testing.T) {
	for call, prepare := range map[string]func(b box) (box, []ztcore.PlanOption){
		"CreateBox": func(b box) (box, []ztcore.PlanOption) { b.Name = "new"; return b, nil },
		"UpdateBox": func(b box) (box, []ztcore.PlanOption) { b.Color = "red"; return b, nil },
		"DeleteBox": func(b box) (box, []ztcore.PlanOption) {
			return b, []ztcore.PlanOption{ztcore.Destroy(), ztcore.AllowDelete("toy.Box/b")}
		},
		"ReadBoxes": func(b box) (box, []ztcore.PlanOption) { b.Color = "red"; return b, nil },
	} {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toy := newToy()
				cfg := toy.config()
				b := box{aws: toy, Name: "b"}
				apply(t, ztcore.NewBaseline("home", b), cfg)
				b, opts := prepare(b)
				p := plan(t, ztcore.NewBaseline("home", b), cfg, opts...)
				toy.fail = func(c string) error {
					if c == call {
						return denied(c)
					}
					return nil
				}
				toy.calls = nil
				started := time.Now()
				_, err := p.Apply(ctx)
				var missing *ztcore.PermissionError
				require.ErrorAs(t, err, &missing)
				require.Equal(t, "toy:"+call, missing.Action)
				require.ErrorContains(t, err, "the permission toy:"+call+" is missing")
				require.Equal(t, 1, count(toy.calls, call))
				require.Equal(t, started, time.Now())
				require.Len(t, toy.boxes, 1)
			})
		})
	}
}

// forbidden is an answer of status 403 that bears a code.
func forbidden(code string) error {
	return &awshttp.ResponseError{RequestID: "req-1", ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusForbidden}}, Err: fakeaws.Error(code, "no"),
	}}
}

func TestOnlyWhatSaysSoIsAMissingPermission(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		denied bool
	}{
		"denied":                     {fakeaws.Error("AccessDenied", "no"), true},
		"denied by EC2":              {fakeaws.Error("UnauthorizedOperation", "no"), true},
		"a bare 403":                 {answered(http.StatusForbidden, "req-1"), true},
		"a 403 of no known code":     {forbidden("UnknownError"), true},
		"a bare 404":                 {answered(http.StatusNotFound, "req-1"), false},
		"a wrong MFA code":           {forbidden("InvalidAuthenticationCode"), false},
		"a wrong secret key":         {forbidden("SignatureDoesNotMatch"), false},
		"a service not subscribed":   {forbidden("OptInRequired"), false},
		"an expired session":         {forbidden("ExpiredToken"), false},
		"a limit, told with a 403":   {forbidden("LimitExceeded"), false},
		"a throttle told with a 403": {forbidden("RequestLimitExceeded"), false},
	} {
		t.Run(name, func(t *testing.T) {
			toy := newToy()
			toy.fail = func(call string) error {
				return &smithy.OperationError{ServiceID: "Toy", OperationName: call, Err: c.answer}
			}
			_, err := ztcore.NewBaseline("home", box{aws: toy, Name: "b"}).Plan(ctx, toy.config())
			require.ErrorIs(t, err, c.answer)
			var missing *ztcore.PermissionError
			require.Equal(t, c.denied, errors.As(err, &missing))
		})
	}
}

func TestADeniedReadIsNeverAbsence(t *testing.T) {
	toy := newToy()
	toy.fail = denied
	_, err := ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, shelf{aws: toy, Name: "s"}).Plan(ctx, toy.config())
	require.ErrorContains(t, err, "reading toy.Box: the permission toy:ReadBoxes is missing")
	require.ErrorContains(t, err, "reading toy.Shelf: the permission toy:ReadShelves is missing", "all that is missing, at once")
}

func TestUpdateChangedKnowsItsFields(t *testing.T) {
	require.PanicsWithValue(t, "ztcore: ztcore_test.boxState has no field Colour", func() { ztcore.Update[boxState]{}.Changed("Colour") })
	require.False(t, ztcore.Update[boxState]{}.Changed("Color", "Size"))
}

// broken declares one resource of a kind that is mistaken.
func broken[S any](k *ztcore.Kind[S]) func() {
	return func() {
		var zero S
		_ = ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) { k.Declare(d, "x", zero) })).Check()
	}
}

func whole[S any](k ztcore.Kind[S]) *ztcore.Kind[S] {
	k.Name = "toy.Broken"
	k.Read = func(context.Context, *ztcore.Scope, ztcore.Query[S]) ([]S, error) { return nil, nil }
	k.Put = func(context.Context, *ztcore.Scope, S) error { return nil }
	return &k
}

func TestMistakenKindsSayWhatIsWrong(t *testing.T) {
	for says, declare := range map[string]func(){
		`state struct { Name string "zt:\"kee\"" }: field Name: unknown option "kee"`: broken(whole(ztcore.Kind[struct {
			Name string `zt:"kee"`
		}]{})),
		"field name is not exported": broken(whole(ztcore.Kind[struct{ name string }]{})),
		"state string is no struct":  broken(whole(ztcore.Kind[string]{})),
		"tags field Tags is no map[string]string": broken(whole(ztcore.Kind[struct {
			Tags []string `zt:"tags"`
		}]{})),
		"tags are in A and in B": broken(whole(ztcore.Kind[struct {
			A, B map[string]string `zt:"tags"`
		}]{})),
		"field Rules is a set and no slice": broken(whole(ztcore.Kind[struct {
			Rules string `zt:"set"`
		}]{})),
		"field Rules is exclusive and no []string": broken(whole(ztcore.Kind[struct {
			Rules string `zt:"exclusive"`
		}]{})),
		"field Name is part of a name and no text or number": broken(whole(ztcore.Kind[struct {
			Name *string `zt:"key"`
		}]{})),
		"field ARN is set by AWS, and so can't be wanted": broken(whole(ztcore.Kind[struct {
			ARN string `zt:"output,key"`
		}]{})),
		"needs one of Read and Get":                                broken(&ztcore.Kind[boxState]{Name: "toy.Broken"}),
		"needs one of Create and Put":                              broken(&ztcore.Kind[boxState]{Name: "toy.Broken", Read: newToy().Box.Read}),
		"needs Update or Put, since some of its fields can change": broken(&ztcore.Kind[boxState]{Name: "toy.Broken", Read: newToy().Box.Read, Create: newToy().Box.Create}),
	} {
		func() {
			defer func() { require.Contains(t, fmt.Sprint(recover()), says) }()
			declare()
		}()
	}
	require.PanicsWithValue(t, "ztcore: two kinds are named toy.Box", func() {
		_ = ztcore.NewBaseline("home", box{aws: newToy(), Name: "a"}, box{aws: newToy(), Name: "b"}).Check()
	})
}

// Each scope has a retry quota of its own: a storm in one account must not leave another without retries.
func TestAThrottledScopeLeavesAnothersQuotaAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakests.Install)
		caller := func(name string) (*ztcore.Kind[crate], *int) {
			asked := 0
			return &ztcore.Kind[crate]{
				Name: "toy." + name,
				Read: func(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[crate]) ([]crate, error) {
					client := sts.NewFromConfig(sc.Config)
					var last error
					for range 200 {
						asked++
						_, last = client.GetCallerIdentity(ctx, nil)
					}
					return nil, last
				},
				Put: func(context.Context, *ztcore.Scope, crate) error { return nil },
			}, &asked
		}
		stormy, asked := caller("Stormy")
		base := ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) { stormy.Declare(d, "x", crate{Name: "x"}) }))
		calm := ztcore.NewBaseline("home", box{aws: newToy(), Name: "b"})

		cloud.Inject(t, &fakeaws.Fault{Match: func(c fakeaws.Call) bool { return c.Account == "111111111111" }, Skip: 1, Before: fakeaws.Throttled()})
		_, err := base.Plan(ctx, cloud.ConfigFor("111111111111", "us-east-1"))
		require.ErrorContains(t, err, "failed to get rate limit token", "the storm has used up its own quota")
		require.Equal(t, 200, *asked)

		hiccup := cloud.Inject(t, &fakeaws.Fault{Match: func(c fakeaws.Call) bool { return c.Account == "222222222222" }, Before: fakeaws.Throttled(), Times: 2})
		_, err = calm.Plan(ctx, cloud.ConfigFor("222222222222", "us-east-1"))
		require.NoError(t, err, "two retries are still to be had here")
		require.Equal(t, 2, hiccup.Fired())
	})
}
