package lease

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// givesUp is when a run stops that could not renew its lease: a tenth of the length before anybody can take it over, so that what is under
// way has ended by then.
func (h *holding) givesUp() time.Time { return h.from.Add(h.length - h.length/10) }

// keep renews the lease at each third of its length, until ctx ends or the lease is lost.
func (h *holding) keep(ctx context.Context) {
	defer close(h.done)
	pause := h.length / 3
	for {
		if sleep(ctx, min(pause, time.Until(h.givesUp()))) != nil {
			return
		}
		err := h.renew(ctx)
		var lost *LostError
		switch {
		case err == nil:
			pause = h.length / 3
			continue
		case ctx.Err() != nil:
			return
		case errors.As(err, &lost):
			h.lose(lost)
			return
		case !time.Now().Before(h.givesUp()):
			h.lose(&LostError{Object: h.at.String(), Since: h.doc.Since, Until: h.lastTime.Add(h.from.Add(h.length).Sub(h.lastSeen)), Err: err})
			return
		}
		pause = h.length / 30
	}
}

// renew writes the lease once more. A try takes a sixth of the length at most, so that one that hangs leaves time for others.
func (h *holding) renew(ctx context.Context) error {
	deadline := time.Now().Add(h.length / 6)
	if end := h.givesUp(); end.Before(deadline) {
		deadline = end
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	err := h.put(ctx, h.etag)
	if !contended(err) {
		return err
	}
	// The tag is another: an earlier renewal did take effect, or the lease is somebody else's, or gone.
	if err := h.mine(ctx); err != nil {
		return err
	}
	return h.put(ctx, h.etag)
}

// mine takes up the tag of the object if it is this run's. If it is not, the error is a *LostError.
func (h *holding) mine(ctx context.Context) error {
	seen, err := h.look(ctx)
	switch {
	case err != nil:
		return err
	case !seen.there():
		return &LostError{Object: h.at.String(), Since: h.doc.Since}
	case seen.doc.Run != h.doc.Run:
		return &LostError{Object: h.at.String(), Since: h.doc.Since, By: seen.held(h.at)}
	}
	h.etag = seen.etag
	return nil
}

func (h *holding) lose(why error) {
	h.gone = true
	h.lost(why)
}

// release ends the renewals and gives the lease back, whatever has become of the run. A lease that somebody else has by now is left alone.
func (h *holding) release(ctx context.Context) error {
	h.stop()
	<-h.done
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	var err error
	echo := false // an earlier try may have deleted it
	for tries, pause := 1, firstTry; tries <= mostTries; tries, pause = tries+1, 2*pause {
		if err = h.remove(ctx); err == nil {
			return nil
		}
		if final(err) {
			break
		}
		echo = echo || !contended(err)
		var lost *LostError
		if found := h.mine(ctx); errors.As(found, &lost) {
			if !h.gone && !echo {
				h.lose(lost)
			}
			return nil
		} else if found != nil {
			err = found
		}
		if sleep(ctx, pause) != nil {
			break
		}
	}
	return fmt.Errorf("the lease could not be given back and ends by itself, by %s at the latest; whoever needs it sooner deletes %s: %w", clock(h.time().Add(h.length)), h.at, err)
}
