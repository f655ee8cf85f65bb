package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// sendAttempts is how often one envelope is sent while the consenters do not confirm it.
const sendAttempts = 5

// Pending is a transaction that was sent to be ordered.
type Pending struct {
	client   *Client
	envelope *Envelope
	outcome  <-chan Outcome
}

// TxID is the transaction's id.
func (p *Pending) TxID() string { return p.envelope.TxID() }

// Send has an envelope ordered. While the consenters do not confirm, the same envelope is sent again;
// when they never do, the outcome is unknown and the envelope may be restored and sent later. A
// restored envelope whose transaction is on the ledger already is not sent.
func (c *Client) Send(ctx context.Context, envelope *Envelope) (*Pending, error) {
	outcome, err := c.commits.expect(ctx, envelope.TxID())
	if err != nil {
		return nil, err
	}
	pending := &Pending{client: c, envelope: envelope, outcome: outcome}
	if envelope.restored {
		// The stream began before this question, so no block falls between the two.
		found, err := c.Outcome(ctx, envelope.TxID())
		if err == nil {
			c.commits.resolve(found)
			return pending, nil
		}
		if !errors.Is(err, fault.New(fault.NotFound)) {
			c.commits.forget(envelope.TxID())
			return nil, unknownOutcome("send transaction", envelope.TxID(), err)
		}
	}
	if err := c.broadcast(ctx, envelope, outcome); err != nil {
		c.commits.forget(envelope.TxID())
		return nil, err
	}
	return pending, nil
}

// broadcast sends the same envelope until the consenters confirm, or the ledger shows that they took
// it without saying so.
func (c *Client) broadcast(ctx context.Context, envelope *Envelope, outcome <-chan Outcome) error {
	for attempt := 1; ; attempt++ {
		sending, cancel := context.WithTimeout(ctx, submitTimeout)
		_, err := envelope.transaction.SubmitWithContext(sending)
		cancel()
		if err == nil || len(outcome) > 0 || readReply(err).taken() {
			return nil
		}
		if attempt >= sendAttempts || c.settings.pause(ctx, attempt) != nil {
			return unknownOutcome("send "+envelope.function, envelope.TxID(), err)
		}
	}
}

// Wait waits for the commit. A transaction that was committed as invalid is refused: a conflict is for
// the caller to propose anew. When the wait ends before the commit is seen, the outcome is unknown.
func (p *Pending) Wait(ctx context.Context) (Result, error) {
	patience := time.NewTimer(p.client.settings.commitPatience)
	defer patience.Stop()
	select {
	case outcome := <-p.outcome:
		return p.settle(ctx, outcome)
	case <-ctx.Done():
		return Result{}, p.abandon(ctx.Err())
	case <-p.client.commits.lifetime.Done():
		return Result{}, p.abandon(context.Canceled)
	case <-patience.C:
	}
	// The stream may have been away: the peer's index says whether the block came meanwhile.
	outcome, err := p.client.Outcome(ctx, p.TxID())
	if err != nil {
		return Result{}, p.abandon(err)
	}
	return p.settle(ctx, outcome)
}

func (p *Pending) abandon(err error) error {
	p.client.commits.forget(p.TxID())
	return unknownOutcome("await "+p.envelope.function, p.TxID(), err)
}

// settle turns an outcome into a result. A duplicate is the second copy of a transaction that was
// sent again: what counts is the first.
func (p *Pending) settle(ctx context.Context, outcome Outcome) (Result, error) {
	if outcome.Code == duplicate {
		first, err := p.client.Outcome(ctx, p.TxID())
		if err != nil {
			return Result{}, unknownOutcome("look up the first of", p.TxID(), err)
		}
		outcome = first
	}
	result := Result{TxID: p.TxID(), BlockNumber: outcome.BlockNumber, Code: outcome.Code}
	if outcome.Code == policyNotMet {
		p.client.distrust(p.envelope)
	}
	if f := outcome.Code.refusal(); f != nil {
		return result, &Failure{Attempt: "commit " + p.envelope.function, TxID: p.TxID(), Fault: f, Said: outcome.Code.String()}
	}
	answer, err := p.envelope.Answer()
	if err != nil {
		return result, err
	}
	result.Answer = answer
	return result, nil
}
