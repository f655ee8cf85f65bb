package ledger

import (
	"errors"

	"github.com/tallystick/tallystick/core/fault"
)

// endorsementFailure tells three kinds of no apart: the contract refused; the endorsers disagree, as
// when one of them is a block behind; a peer did not answer.
func (c *Client) endorsementFailure(o order, orgs []string, txID string, err error) error {
	failure := Failure{Attempt: "propose " + o.function.Name, TxID: txID}
	r := readReply(err)
	silent := r.unreachable()
	refusal, refused := r.refusal()
	switch {
	case refused && len(silent) == 0 && r.refusals() > 0 && r.refusals() < len(orgs):
		failure.Fault = refusal
		return &dissent{failure}
	case refused:
		failure.Fault = refusal
		return &failure
	case r.says(unequalAnswers):
		failure.Fault, failure.Said = fault.New(fault.Conflict), r.said()
		return &dissent{failure}
	case len(silent) > 0:
		c.shunned.add(silent)
		failure.Fault, failure.Said = fault.New(fault.Unavailable), r.said()
		return &silence{failure}
	}
	return failed(failure.Attempt, txID, err)
}

// dissent is an answer that only some of the endorsers give. It is worth another attempt: as a rule one
// of them has not yet seen the latest block.
type dissent struct{ Failure }

// Unwrap gives the failure, and with it the refusal.
func (d *dissent) Unwrap() error { return &d.Failure }

// silence is a set of endorsers of which some did not answer.
type silence struct{ Failure }

// Unwrap gives the failure, and with it the refusal.
func (s *silence) Unwrap() error { return &s.Failure }

func isDissent(err error) bool {
	var d *dissent
	return errors.As(err, &d)
}

// standsAlone reports whether it may be one endorser alone that is in the way, so that another set may
// agree.
func standsAlone(err error) bool {
	var s *silence
	return errors.As(err, &s) || isDissent(err)
}
