package wire

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// ExposureState is a borrower's total across platforms, in the exposure collection, under the borrower's
// common pseudonym. Where the person has another pseudonym by now, Successor names it, and the reservations
// stand there.
type ExposureState struct {
	Pseudonym    string        `json:"pseudonym"`
	Reservations []Reservation `json:"reservations"`
	Successor    string        `json:"successor,omitempty"`
}

// LongestSuccession bounds how many pseudonyms a person may have had, one an epoch of keys, so that whoever
// follows them comes to an end.
const LongestSuccession = 64

// Reservation is one loan's part of a borrower's exposure: the whole principal from clearance on, the
// outstanding principal from each relief on. It may lapse after ExpiresOn, unless the loan was funded by
// then; a reservation without that date lapses never, and ends with the loan.
type Reservation struct {
	Loan        string        `json:"loan"`
	Platform    string        `json:"platform"`
	Custodian   string        `json:"custodian"`
	AmountMinor money.Minor   `json:"amount_minor"`
	ExpiresOn   calendar.Date `json:"expires_on,omitempty"`
}

// The kinds of ExposureEvent.
const (
	ExposureReserved = "reserved" // a loan's reservation was made, or changed
	ExposureDropped  = "dropped"  // a loan's reservation ended

	ExposureSucceeded = "succeeded" // all reservations went to another pseudonym of the same person
)

// ExposureEvent is one step of a borrower's exposure.
type ExposureEvent struct {
	Kind        string        `json:"kind"`
	On          calendar.Date `json:"on"`
	Reservation Reservation   `json:"reservation"`
	Successor   string        `json:"successor,omitempty"` // of a succession, which has no reservation
}

// Apply folds an event into a borrower's exposure. It shares no memory that it changes with its input.
func (s ExposureState) Apply(e ExposureEvent) ExposureState {
	at := s.Find(e.Reservation.Loan)
	s.Reservations = slices.Clone(s.Reservations)
	switch {
	case e.Kind == ExposureDropped && at >= 0:
		s.Reservations = slices.Delete(s.Reservations, at, at+1)
	case e.Kind == ExposureReserved && at >= 0:
		s.Reservations[at] = e.Reservation
	case e.Kind == ExposureReserved:
		s.Reservations = append(s.Reservations, e.Reservation)
	case e.Kind == ExposureSucceeded:
		s.Reservations, s.Successor = nil, e.Successor
	}
	return s
}

// Find answers where the loan's reservation stands, or -1.
func (s ExposureState) Find(loan string) int {
	return slices.IndexFunc(s.Reservations, func(r Reservation) bool { return r.Loan == loan })
}

// Totals answers what is reserved on one platform and on all of them. A sum that does not fit is
// reported as not ok.
func (s ExposureState) Totals(platform string) (onPlatform, inAll money.Minor, ok bool) {
	for _, r := range s.Reservations {
		var err error
		if inAll, err = money.Add(inAll, r.AmountMinor); err != nil {
			return 0, 0, false
		}
		if r.Platform == platform {
			onPlatform += r.AmountMinor // a part of inAll, which fits
		}
	}
	return onPlatform, inAll, true
}
