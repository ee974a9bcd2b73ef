package ztcore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		require.NoError(t, ztcore.Await(ctx, "x", time.Minute, func() (bool, error) { return time.Since(started) >= 12*time.Second, nil }))
		require.Equal(t, 12750*time.Millisecond, time.Since(started), "0.25, 0.5, 1, 2, 4 and 5 seconds")

		err := ztcore.Await(ctx, "waiting for x", time.Minute, func() (bool, error) { return false, nil })
		require.EqualError(t, err, "waiting for x: not so after 1m0s; plan again to go on waiting")

		denied := errors.New("denied")
		started = time.Now()
		require.ErrorIs(t, ztcore.Await(ctx, "x", time.Minute, func() (bool, error) { return false, denied }), denied)
		require.Zero(t, time.Since(started))

		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		require.ErrorIs(t, ztcore.Await(short, "x", time.Minute, func() (bool, error) { return false, nil }), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(started))
	})
}
