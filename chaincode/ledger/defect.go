package ledger

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/tallystick/tallystick/core/fault"
)

// flaw is an error that is nobody's refusal: the peer could not answer, or the software is wrong. It
// ends the whole transaction with the code internal.
type flaw struct {
	step     string
	cause    error
	fromPeer bool // the cause is the peer's own text, which names no value
}

// Error states the step and its cause. It is for programmers: a log gets loggable's text, a client
// only the code.
func (f *flaw) Error() string {
	if f.cause == nil {
		return f.step
	}
	return fmt.Sprintf("%s: %v", f.step, f.cause)
}

// Unwrap lets a refusal inside be found.
func (f *flaw) Unwrap() error { return f.cause }

func defect(step string, cause error) error { return &flaw{step: step, cause: cause} }

func peerDefect(step string, cause error) error {
	return &flaw{step: step, cause: cause, fromPeer: true}
}

// loggable says what went wrong without repeating what an error may quote: decoders quote their
// input, so of an unknown cause only the type is told.
func loggable(err error) string {
	var f *flaw
	switch {
	case errors.As(err, &f) && (f.fromPeer || f.cause == nil):
		return f.Error()
	case errors.As(err, &f):
		return fmt.Sprintf("%s (%T)", f.step, f.cause)
	}
	return fmt.Sprintf("%T", err)
}

// refuse turns whatever ended a command into the one text that leaves the chaincode: an encoded
// fault. What was no refusal is logged, without values, because only the operator can mend it.
func (tx *Tx) refuse(err error) error {
	refusal := fault.Of(err)
	if refusal.Code == fault.Internal {
		slog.Error("transaction failed", "function", tx.Function.Name, "tx", tx.TxID, "cause", loggable(err))
	}
	return errors.New(refusal.Encode())
}
