package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// fate is what an attempt at a unit came to: exactly one of its ways is set.
type fate struct {
	outcomes []Outcome // decided
	halves   []*unit   // dissolved: to be proposed as these
	trouble  error     // to be attempted again after a pause
	atOnce   bool      // to be attempted again without one
}

// attempt takes a unit one step of the way to its verdict. An error is the database's, and ends the
// session; everything else is a fate.
func (s *session) attempt(ctx context.Context, u *unit) (fate, error) {
	u.attempts++
	l, err := s.dial(ctx, u.first().identity)
	switch {
	case err != nil && u.envelope == nil && !u.doubtful && final(err):
		return s.refused(ctx, u, err)
	case err != nil:
		return fate{trouble: fmt.Errorf("reach the ledger as %s: %w", u.first().identity, err)}, nil
	case u.envelope != nil:
		return s.resume(ctx, l, u)
	}
	return s.propose(ctx, l, u)
}

// final reports whether an error is a refusal that no repetition mends.
func final(err error) bool {
	var f *fault.Fault
	return errors.As(err, &f) && !f.Code.Retry() && f.Code != fault.Internal
}

// defective reports whether a contract said, more often than chance would have it, that it fails on this
// unit by a defect of its own.
func (u *unit) defective(err error) bool {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.Internal {
		return false
	}
	u.invalid++
	return u.invalid >= mostInvalid
}

// propose has a unit endorsed, keeps the envelope and has it ordered.
func (s *session) propose(ctx context.Context, l Ledger, u *unit) (fate, error) {
	if u.body == nil {
		if err := s.compose(ctx, u); err != nil {
			return fate{}, err
		}
	}
	// The height before is the lowest that the envelope can have been made at.
	height, err := s.height.at(ctx, l)
	if err != nil {
		return troubled(err)
	}
	now := s.settings.now()
	envelope, err := l.Prepare(ctx, u.first().function, u.body)
	if err != nil {
		return s.unprepared(ctx, u, err)
	}
	raw, err := envelope.Bytes()
	if err != nil {
		return troubled(err)
	}
	u.envelope, u.txID, u.preparedAt, u.preparedHeight = raw, envelope.TxID(), now, height
	if err := s.journal.prepared(ctx, u); err != nil {
		return fate{}, err
	}
	return s.settle(ctx, l, u, envelope)
}

// compose makes the request of a unit from the items of its commands.
func (s *session) compose(ctx context.Context, u *unit) error {
	contents, err := loadContents(ctx, s.db, u.ids())
	if err != nil {
		return err
	}
	mode, salt := contents[0].mode, contents[0].salt
	if len(contents) > 1 {
		mode, salt = string(wire.Each), newSalt(u.first().function)
	}
	var all []json.RawMessage
	var signed []wire.Approval
	for _, c := range contents {
		all = append(all, c.items...)
		signed = append(signed, c.signed...) // a command with signatures is a unit of its own
	}
	body, err := encodeRequest(u.id, salt, u.first().collection, wire.Mode(mode), all, signed)
	if err != nil {
		return fmt.Errorf("encode request %s: %w", u.id, err)
	}
	u.body = body
	return nil
}

// unprepared is the fate of a unit that was not endorsed. Nothing was ordered.
func (s *session) unprepared(ctx context.Context, u *unit, err error) (fate, error) {
	if !final(err) && !u.defective(err) {
		if fault.Of(err).Code == fault.Conflict {
			if u.conflicts++; u.conflicts >= conflictsHalf && s.divisible(u) {
				return s.halve(ctx, u)
			}
		}
		return troubled(err)
	}
	// The endorsers looked the request id up before they refused, so an earlier envelope was not applied.
	if len(u.commands) > 1 && !concernsAll(fault.Of(err)) {
		return s.halve(ctx, u)
	}
	return s.refused(ctx, u, err)
}

// concernsAll reports whether a refusal of a batch would be every command's alone too.
func concernsAll(f *fault.Fault) bool {
	return f.Code == fault.WrongMember || f.Code == fault.WrongRole || f.Code == fault.NotBootstrapped
}

// divisible reports whether a batch may be dissolved: it is one, and no envelope of it is without a
// verdict.
func (s *session) divisible(u *unit) bool {
	return len(u.commands) > 1 && !u.doubtful && u.envelope == nil
}

func (s *session) halve(ctx context.Context, u *unit) (fate, error) {
	if err := s.journal.dissolved(ctx, u); err != nil {
		return fate{}, err
	}
	return fate{halves: u.halves()}, nil
}

// troubled leaves a unit to be tried again: what stood in the way is no failure of the outbox itself.
func troubled(err error) (fate, error) { return fate{trouble: err}, nil }

// resume goes on with an envelope of which it is not known what became.
func (s *session) resume(ctx context.Context, l Ledger, u *unit) (fate, error) {
	old, err := s.tooOld(ctx, l, u)
	if err != nil {
		return troubled(err)
	}
	envelope, broken := l.Restore(u.envelope)
	if old || broken != nil {
		_, err := l.Outcome(ctx, u.txID)
		switch {
		case errors.Is(err, fault.New(fault.NotFound)):
			return s.giveUp(ctx, u)
		case err != nil:
			return troubled(err)
		case broken != nil:
			return fate{trouble: fmt.Errorf("read the kept envelope of request %s: %w", u.id, broken)}, nil
		}
	}
	return s.settle(ctx, l, u, envelope)
}

// tooOld reports whether an envelope may no longer be sent.
func (s *session) tooOld(ctx context.Context, l Ledger, u *unit) (bool, error) {
	if s.settings.now().Sub(u.preparedAt) > oldestAge {
		return true, nil
	}
	height, err := l.Height(ctx)
	if err != nil {
		return false, err
	}
	return height > u.preparedHeight+oldestBlocks, nil
}

// giveUp drops an envelope that is not on the ledger and must not be sent. The command is proposed anew
// under the same request id, so that only one of the two can ever count.
func (s *session) giveUp(ctx context.Context, u *unit) (fate, error) {
	if err := s.journal.givenUp(ctx, u); err != nil {
		return fate{}, err
	}
	u.invalidated()
	u.doubtful = true
	return fate{atOnce: true}, nil
}

// settle has an envelope ordered and takes its verdict.
func (s *session) settle(ctx context.Context, l Ledger, u *unit, envelope Envelope) (fate, error) {
	result, err := l.Settle(ctx, envelope)
	known := result.TxID != ""
	switch {
	case err == nil:
		return s.committed(ctx, u, result, share(result.Answer, u.commands))
	case !known:
		return troubled(err)
	case result.Code.Valid():
		// It was applied, and the answer does not open: that is a defect of the contract's.
		out := refuse(fault.New(fault.Internal), u.commands)
		for i := range out {
			out[i].Status = Committed
		}
		return s.committed(ctx, u, result, out)
	}
	u.invalidated()
	return s.invalid(ctx, u, result, err)
}

// invalid is the fate of a unit whose envelope was committed and does not count.
func (s *session) invalid(ctx context.Context, u *unit, result ledger.Result, err error) (fate, error) {
	if fault.Of(err).Code == fault.Conflict {
		if s.divisible(u) {
			return s.halve(ctx, u)
		}
		return troubled(err)
	}
	if u.invalid++; u.invalid < mostInvalid {
		return troubled(err)
	}
	return s.committed(ctx, u, result, refuse(fault.Of(err), u.commands))
}

// committed decides a unit by a transaction.
func (s *session) committed(ctx context.Context, u *unit, result ledger.Result, outcomes []Outcome) (fate, error) {
	for i := range outcomes {
		outcomes[i].TxID, outcomes[i].Block = result.TxID, result.BlockNumber
	}
	return s.decide(ctx, u, outcomes)
}

// refused decides a unit by a refusal that no block holds.
func (s *session) refused(ctx context.Context, u *unit, err error) (fate, error) {
	return s.decide(ctx, u, refuse(fault.Of(err), u.commands))
}

func (s *session) decide(ctx context.Context, u *unit, outcomes []Outcome) (fate, error) {
	if err := s.journal.decided(ctx, u, outcomes, s.settings.now()); err != nil {
		return fate{}, err
	}
	return fate{outcomes: outcomes}, nil
}
