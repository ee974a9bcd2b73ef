package lease

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

const (
	poll      = 5 * time.Second        // between looks at a lease that is waited for
	firstTry  = 500 * time.Millisecond // between tries of a call; doubles
	mostTries = 6
	cleanup   = 30 * time.Second // for giving a lease back
)

// holding is a run's hold on a lease. After Take it is the renewal's alone, and after that the release's.
type holding struct {
	at     place
	cfg    aws.Config
	length time.Duration
	doc    document

	etag     *string
	from     time.Time // by this machine's monotonic clock: not after the moment from which S3 counts
	unsure   bool      // a write was answered with an error and may have taken effect
	lastTime time.Time // by S3's clock
	lastSeen time.Time // when that was
	lost     context.CancelCauseFunc
	gone     bool // lost was called

	stop context.CancelFunc
	done chan struct{}
}

// Take implements ztcore.Lease. Errors: *HeldError where somebody has the lease, for longer than Wait if that is set; a
// *ztcore.InvalidError for what is wrong with the Bucket, before any call; and S3's.
func (b Bucket) Take(ctx context.Context, sc *ztcore.Scope, lost context.CancelCauseFunc) (release func() error, err error) {
	at, err := b.at(sc)
	if err != nil {
		return nil, err
	}
	h := &holding{at: at, cfg: sc.Config.Copy(), length: b.length(), lost: lost, doc: document{
		Baseline: sc.Baseline, Account: sc.Account, Region: sc.Region, Holder: sc.Caller, Note: b.Note, Length: b.length().String(), Run: rand.Text(),
	}}
	h.cfg.Region = at.region
	// A storm of throttled calls must not use up, or hold up, the tries of a renewal.
	own := retry.NewStandard()
	h.cfg.Retryer = func() aws.Retryer { return own }
	if err := h.acquire(ctx, b.Wait, b.OnWait); err != nil {
		if h.unsure {
			h.abandon(ctx)
		}
		return nil, err
	}
	renewing, stop := context.WithCancel(ctx)
	h.stop, h.done = stop, make(chan struct{})
	go h.keep(renewing)
	return func() error { return h.release(ctx) }, nil
}

// acquire tries until the lease is had, refused, or has been waited for long enough.
func (h *holding) acquire(ctx context.Context, wait time.Duration, onWait func(HeldError)) error {
	started, told := time.Now(), ""
	for {
		held, err := h.try(ctx)
		if err != nil || held == nil {
			return err
		}
		left := wait - time.Since(started)
		if left <= 0 {
			return held
		}
		if told != held.Run && onWait != nil {
			onWait(*held)
		}
		told = held.Run
		if err := sleep(ctx, min(poll, left)); err != nil {
			return fmt.Errorf("while waiting for it: %w; %w", err, held)
		}
	}
}

// try takes the lease if it is free or has expired, and says who has it otherwise. A write whose outcome is not known, or that another
// write was in the way of, is resolved by looking: what bears this run's id is this run's.
func (h *holding) try(ctx context.Context) (*HeldError, error) {
	for tries, pause := 1, firstTry; ; tries, pause = tries+1, 2*pause {
		asked := time.Now()
		seen, err := h.look(ctx)
		switch {
		case err != nil:
			return nil, err
		case seen.there() && seen.doc.Run == h.doc.Run:
			h.doc, h.etag, h.from, h.unsure = seen.doc, seen.etag, asked.Add(-seen.age), false
			return nil, nil
		case seen.there() && seen.live():
			return seen.held(h.at), nil
		}
		h.doc.Since = time.Time{}
		unsure := h.unsure
		err = h.put(ctx, seen.etag)
		if err == nil {
			return nil, nil
		}
		if final(err) {
			h.unsure = unsure
		}
		if final(err) || tries == mostTries || ctx.Err() != nil {
			return nil, err
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// abandon takes back what a failed Take may have written. What arrives at S3 later still ends by itself.
func (h *holding) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	if seen, err := h.look(ctx); err == nil && seen.there() && seen.doc.Run == h.doc.Run {
		h.etag = seen.etag
		_ = h.remove(ctx)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
