package store

import (
	"context"
	"errors"
	"time"
)

// Hold waits for a lease, runs the work with it and gives it up. The lease is renewed all the while; the
// work's context ends with ErrLeaseLost as its cause when it cannot be renewed before it expires. Every
// Write with the work's context, or one made of it, is fenced: it fails with ErrLeaseLost once the lease is
// another's, whatever the work has noticed of that.
func (db *DB) Hold(ctx context.Context, name, holder string, ttl time.Duration, work func(ctx context.Context) error) error {
	lease, err := db.await(ctx, name, holder, ttl)
	if err != nil {
		return err
	}
	working, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		lease.keep(working, stop)
	}()
	err = work(lease.behind(working))
	if cause := context.Cause(working); err != nil && errors.Is(cause, ErrLeaseLost) {
		err = errors.Join(cause, err)
	}
	stop(nil)
	<-renewed
	// The caller's context may have ended, and the next holder should not wait for that.
	releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), ttl)
	defer cancel()
	return errors.Join(err, lease.Release(releasing))
}

// await asks for the lease until it is given.
func (db *DB) await(ctx context.Context, name, holder string, ttl time.Duration) (*Lease, error) {
	ticker := time.NewTicker(max(ttl/10, time.Millisecond))
	defer ticker.Stop()
	for {
		lease, taken, err := db.Lease(ctx, name, holder, ttl)
		if err != nil || taken {
			return lease, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
}

// keep renews the lease at a third of its duration until the work ends. A renewal that fails for another
// reason is tried again while the lease lasts.
func (l *Lease) keep(ctx context.Context, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(max(l.ttl/3, time.Millisecond))
	defer ticker.Stop()
	expires := time.Now().Add(l.ttl)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		began := time.Now()
		renewing, cancel := context.WithDeadline(ctx, expires)
		err := l.Renew(renewing)
		cancel()
		switch {
		case err == nil:
			expires = began.Add(l.ttl)
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrLeaseLost) || !time.Now().Before(expires):
			stop(ErrLeaseLost)
			return
		}
	}
}
