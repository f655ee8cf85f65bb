package mandate

import (
	"cmp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// Use counts an amount against a mandate: cash held for a loan, or a collection instructed. The
// caller has made sure that a mandate is used once a loan, so that PerLoanMinor bounds each use.
type Use struct {
	Actor       party.Actor    `json:"actor"`
	On          calendar.Date  `json:"on"`
	Handle      string         `json:"handle"`
	Party       string         `json:"party"`
	Purpose     Purpose        `json:"purpose"`
	Currency    money.Currency `json:"currency"`
	AmountMinor money.Minor    `json:"amount_minor"`
	Loan        string         `json:"loan"`

	// The loan's conditions, for a use that invests.
	RatePPM        money.PPM   `json:"rate_ppm,omitempty"`
	Instalments    int         `json:"instalments,omitempty"`
	PrincipalMinor money.Minor `json:"principal_minor,omitempty"`
}

// Restore gives an amount back to the limits, when a hold is released unspent or a collection came
// to nothing. The caller vouches for that fact; more than was used is refused. It works on a mandate
// that was revoked or has expired, because the count must stay true.
type Restore struct {
	Actor       party.Actor   `json:"actor"`
	On          calendar.Date `json:"on"`
	Handle      string        `json:"handle"`
	AmountMinor money.Minor   `json:"amount_minor"`
	Loan        string        `json:"loan"`
}

func (c Use) decide(s State) (Event, error) {
	if err := cmp.Or(party.RequireDate(c.On, "on"), party.RequireID(c.Handle, "handle"),
		party.RequireID(c.Loan, "loan"), requirePositive(c.AmountMinor, "amount_minor")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.Actor.RequireEither(s.Platform, s.Custodian)); err != nil {
		return Event{}, err
	}
	used, err := money.Add(s.UsedMinor, c.AmountMinor)
	if err != nil {
		return Event{}, fault.In(fault.Overflow, "amount_minor")
	}
	if err := cmp.Or(s.usableOn(c.On), s.allows(c, used), s.fits(c)); err != nil {
		return Event{}, err
	}
	event := newEvent(Used, c.Handle, c.Actor, c.On)
	event.AmountMinor, event.Loan = c.AmountMinor, c.Loan
	return event, nil
}

func (c Restore) decide(s State) (Event, error) {
	if err := cmp.Or(party.RequireDate(c.On, "on"), party.RequireID(c.Handle, "handle"),
		party.RequireID(c.Loan, "loan"), requirePositive(c.AmountMinor, "amount_minor")); err != nil {
		return Event{}, err
	}
	if err := cmp.Or(s.known(c.Handle), c.mayRestore(s)); err != nil {
		return Event{}, err
	}
	if c.AmountMinor > s.UsedMinor {
		return Event{}, fault.In(fault.AmountMismatch, "amount_minor")
	}
	event := newEvent(Restored, c.Handle, c.Actor, c.On)
	event.AmountMinor, event.Loan = c.AmountMinor, c.Loan
	return event, nil
}

// mayRestore lets the regulator give back too what it ends: cash it frees must count as free.
func (c Restore) mayRestore(s State) error {
	if c.Actor.Kind == party.Regulator {
		return c.Actor.RequireWriter()
	}
	return c.Actor.RequireEither(s.Platform, s.Custodian)
}

// usableOn refuses a mandate that is revoked, past its last day or not confirmed.
func (s State) usableOn(on calendar.Date) error {
	switch {
	case !s.Revoked.IsZero():
		return fault.New(fault.MandateRevoked)
	case on > s.Expires:
		return fault.New(fault.MandateExpired)
	case s.Confirmed.IsZero():
		return fault.New(fault.MandateNotConfirmed)
	}
	return nil
}

// allows refuses an amount beyond a limit; used is what the count would become.
func (s State) allows(c Use, used money.Minor) error {
	each := s.PerLoanMinor
	if s.Purpose == Debit {
		each = s.PerCollectionMinor
	}
	switch {
	case s.TotalMinor > 0 && used > s.TotalMinor:
		return fault.In(fault.MandateLimitExceeded, "total_minor")
	case c.AmountMinor > each:
		return fault.In(fault.MandateLimitExceeded, "amount_minor")
	case s.Purpose == Invest && c.AmountMinor > s.shareOf(c.PrincipalMinor):
		return fault.In(fault.MandateLimitExceeded, "principal_minor")
	}
	return nil
}

// shareOf is the most that may be put into a loan of this principal. It rounds down, so that a share
// never exceeds the proportion signed.
func (s State) shareOf(principal money.Minor) money.Minor {
	if principal < 0 {
		return 0
	}
	share, err := s.MaxShareOfLoanPPM.Of(principal, money.Down)
	if err != nil {
		// A proportion is at most one, which Register has made sure of.
		return 0
	}
	return share
}

// fits refuses a use that is not what the mandate is for.
func (s State) fits(c Use) error {
	switch {
	case c.Purpose != s.Purpose:
		return fault.In(fault.MandateMismatch, "purpose")
	case c.Party != s.Party:
		return fault.In(fault.MandateMismatch, "party")
	case s.Loan != "" && c.Loan != s.Loan:
		return fault.In(fault.MandateMismatch, "loan")
	case s.Purpose == Invest && c.RatePPM < s.MinRatePPM:
		return fault.In(fault.MandateMismatch, "rate_ppm")
	case s.Purpose == Invest && (c.Instalments < 1 || c.Instalments > s.MaxInstalments):
		return fault.In(fault.MandateMismatch, "instalments")
	case c.Currency != s.Currency:
		return fault.In(fault.CurrencyMismatch, "currency")
	}
	return nil
}

// requirePositive refuses an amount that moves nothing or the wrong way.
func requirePositive(amount money.Minor, field string) error {
	if amount < 1 {
		return fault.In(fault.InvalidField, field)
	}
	return nil
}
