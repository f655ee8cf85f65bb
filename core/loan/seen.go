package loan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// ErrSeen refuses a text that is no booked receipt.
var ErrSeen = errors.New("not a booked receipt of the form 2016-01-31 + 123 digest reference")

// Seen is a bank entry that the loan has booked. Digest is of the whole Received: whoever wants it
// reversed must bring the other half of the tally. PrincipalMinor is what penalty is derived from. From names
// the suspended receipt that it was placed from, if it was: that entry came on another account, where the
// bank may have used the same reference.
//
// A record is decoded and encoded with every receipt, and most of it are receipts seen before. So each is
// one text: value date, + or - for a reversed one with where it was placed from, principal, digest, and the
// reference as it is.
type Seen struct {
	BankReference  string
	From           string
	ValueDate      calendar.Date
	PrincipalMinor money.Minor
	Digest         string
	Reversed       bool
}

// MarshalText writes the one form that records keep.
func (s Seen) MarshalText() ([]byte, error) {
	sign := byte('+')
	if s.Reversed {
		sign = '-'
	}
	text := make([]byte, 0, len("2016-01-31 + ")+20+len(s.From)+len(s.Digest)+len(s.BankReference)+2)
	text = append(text, s.ValueDate.String()...)
	text = append(text, ' ', sign)
	text = append(text, s.From...)
	text = append(text, ' ')
	text = strconv.AppendInt(text, int64(s.PrincipalMinor), 10)
	text = append(text, ' ')
	text = append(text, s.Digest...)
	text = append(text, ' ')
	return append(text, s.BankReference...), nil
}

// UnmarshalText reads what MarshalText writes.
func (s *Seen) UnmarshalText(text []byte) error {
	date, rest, _ := strings.Cut(string(text), " ")
	sign, rest, _ := strings.Cut(rest, " ")
	principal, rest, _ := strings.Cut(rest, " ")
	digest, reference, ok := strings.Cut(rest, " ")
	if !ok || sign == "" || sign[0] != '+' && sign[0] != '-' {
		return fmt.Errorf("read %q: %w", text, ErrSeen)
	}
	day, err := calendar.Parse(date)
	if err != nil {
		return fmt.Errorf("read %q: %w", text, err)
	}
	amount, err := strconv.ParseInt(principal, 10, 64)
	if err != nil {
		return fmt.Errorf("read %q: %w", text, ErrSeen)
	}
	*s = Seen{reference, sign[1:], day, money.Minor(amount), digest, sign[0] == '-'}
	return nil
}
