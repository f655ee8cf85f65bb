package mail

import (
	"errors"
	"fmt"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"
)

// Kind says whether it helps to try a message again.
type Kind string

// The kinds of failures.
const (
	Unavailable Kind = "unavailable" // no server, no TLS, not let in: every message would fail, and each may be tried again
	Temporary   Kind = "temporary"   // the server puts this message off (4xx), or it is not known whether it took it
	Permanent   Kind = "permanent"   // the server refuses this message or its recipient for good (5xx), or it is no message
)

// Failure is why a message was not sent, as far as is known. Its text names no address: servers repeat them, so of
// their words only the code is kept.
type Failure struct {
	Kind  Kind
	Code  int    // of the server's answer; 0 where it gave none
	Doing string // what was attempted
	cause error
}

// Error says what was attempted, and what the server answered.
func (f *Failure) Error() string {
	if f.Code != 0 {
		return fmt.Sprintf("%s: %s: the mail server answered %d", f.Doing, f.Kind, f.Code)
	}
	return fmt.Sprintf("%s: %s", f.Doing, f.Kind)
}

// Unwrap is what the network or the library said; it may repeat an address.
func (f *Failure) Unwrap() error { return f.cause }

// KindOf is the kind of an error of this package; Temporary for any other.
func KindOf(err error) Kind {
	var f *Failure
	if errors.As(err, &f) {
		return f.Kind
	}
	return Temporary
}

func unavailable(doing string, err error) error {
	f := &Failure{Kind: Unavailable, Doing: doing, cause: err}
	if answer := (*textproto.Error)(nil); errors.As(err, &answer) {
		f.Code = answer.Code
	}
	return f
}

func unsendable(what string) error {
	return &Failure{Kind: Permanent, Doing: "write a message: " + what}
}

// failed judges what came of handing a message over.
func failed(err error) error {
	var sending *gomail.SendError
	if !errors.As(err, &sending) {
		return unavailable("send a message", err)
	}
	f := &Failure{Kind: Temporary, Code: sending.ErrorCode(), Doing: "send a message", cause: err}
	switch {
	case sending.Reason == gomail.ErrConnCheck:
		f.Kind = Unavailable
	case sending.Reason == gomail.ErrSMTPMailFrom:
		f.Kind = Unavailable // it is the sender that is refused: so would every other message be
	case f.Code >= 500:
		f.Kind = Permanent
	}
	return f
}
