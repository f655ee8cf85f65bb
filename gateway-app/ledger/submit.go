package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Result is a command that was committed as valid.
type Result struct {
	TxID        string      `json:"tx_id"`
	BlockNumber uint64      `json:"block_number"`
	Code        Code        `json:"code"`
	Answer      wire.Answer `json:"answer"`
}

// Submit proposes a command, has it ordered and waits until the member's own peer has committed it.
// The request is a wire.Request or its bytes.
//
// Conflicts, busy peers and silent ones are tried again as new proposals, and so is a transaction that is
// invalid for its endorsements, with other endorsers where there are any; the request id keeps a command
// that was applied after all from being applied twice. Every error holds a *fault.Fault. When
// it is outcome_unknown the command may have been applied: the *Failure names the transaction to ask
// about, and the same request may be submitted again under its request id.
func (c *Client) Submit(ctx context.Context, function string, request any, options ...SubmitOption) (Result, error) {
	o, err := c.order(function, request, options)
	if err != nil {
		return Result{}, err
	}
	for attempt := 1; ; attempt++ {
		result, err := c.submitOnce(ctx, o)
		if err == nil || attempt >= o.attempts || !worthAnother(err) {
			return result, err
		}
		if c.settings.pause(ctx, attempt) != nil {
			return Result{}, err
		}
	}
}

// submitOnce sees one command through to its commit. A transaction that its endorsements left invalid
// wrote nothing, so it is proposed anew to those sets of endorsers that have not been tried.
func (c *Client) submitOnce(ctx context.Context, o order) (Result, error) {
	for {
		envelope, err := c.prepare(ctx, o)
		if err != nil {
			return Result{}, err
		}
		pending, err := c.Send(ctx, envelope)
		if err != nil {
			return Result{}, err
		}
		result, err := pending.Wait(ctx)
		o = o.without(envelope.asked)
		if !errors.Is(err, fault.New(fault.PolicyNotMet)) || len(o.endorsers) == 0 {
			return result, err
		}
	}
}

// worthAnother reports whether a new proposal may succeed and cannot do harm: nothing of this one was
// applied, and nothing of it is under way.
func worthAnother(err error) bool {
	if isDissent(err) {
		return true
	}
	switch fault.Of(err).Code {
	case fault.Conflict, fault.Busy, fault.Unavailable:
		return true
	}
	return false
}

// pause waits before the next attempt: up to twice as long each time, and a random part of that, so
// that those who collided do not collide again.
func (s settings) pause(ctx context.Context, attempt int) error {
	longest := s.firstPause << min(attempt-1, 16)
	if longest > s.longestPause || longest <= 0 {
		longest = s.longestPause
	}
	timer := time.NewTimer(longest/2 + rand.N(longest/2+1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Submission is a command that another goroutine sees through.
type Submission struct {
	done   chan struct{}
	result Result
	err    error
}

// SubmitAsync begins a Submit and returns at once, so that many commands are under way together.
// They may be committed in any order: commands that depend on each other wait for each other.
func (c *Client) SubmitAsync(ctx context.Context, function string, request any, options ...SubmitOption) *Submission {
	s := &Submission{done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.result, s.err = c.Submit(ctx, function, request, options...)
	}()
	return s
}

// Done is closed once the result is there.
func (s *Submission) Done() <-chan struct{} { return s.done }

// Wait gives what Submit would have given.
func (s *Submission) Wait() (Result, error) {
	<-s.done
	return s.result, s.err
}
