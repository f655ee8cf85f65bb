package party

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
)

// MayBorrow refuses a party that may not enter into a new loan as its borrower on the day: unknown,
// not attested by both sides, expired, revoked by either, frozen, identified below the level asked
// for, or affiliated with its platform.
func (s State) MayBorrow(on calendar.Date, minLevel int) error {
	return s.mayContract(on, minLevel)
}

// MayLend refuses a party that may not put money into a new loan on the day, for the same reasons as
// MayBorrow.
func (s State) MayLend(on calendar.Date, minLevel int) error {
	return s.mayContract(on, minLevel)
}

// MayBePaid refuses a party to which nothing that it is owed may leave on the day, be it a payout, a
// refund or a withdrawal: unknown, not attested by both sides, expired, frozen, or without a verified
// account. Its level and affiliation do not matter. A revocation ends its new business and never what it
// is owed; since nobody can renew a revoked party, its expiry no longer counts either. Whoever wants its
// payments stopped freezes it, under an order that lapses.
func (s State) MayBePaid(on calendar.Date) error {
	if err := s.attestedOn(on); err != nil && (s.Revoked == nil || !s.Attested()) {
		return err
	}
	switch {
	case s.FrozenOn(on):
		return fault.New(fault.PartyFrozen)
	case !s.AccountVerified():
		return fault.New(fault.AccountNotVerified)
	}
	return nil
}

// MayDraw refuses a party to which a loan may not be disbursed on the day: one that may not be paid, has
// expired or was revoked by anybody. The money is not yet its own.
func (s State) MayDraw(on calendar.Date) error {
	if err := s.attestedOn(on); err != nil {
		return err
	}
	if s.Revoked != nil {
		return fault.New(fault.PartyRevoked)
	}
	return s.MayBePaid(on)
}

// MaySign returns the key that speaks for the party, or refuses one that is unknown, not attested by
// both sides, expired or revoked. A freeze does not silence a party.
func (s State) MaySign(on calendar.Date) (Key, error) {
	if err := s.attestedOn(on); err != nil {
		return Key{}, err
	}
	if s.Revoked != nil {
		return Key{}, fault.New(fault.PartyRevoked)
	}
	key, ok := s.Key()
	if !ok {
		return Key{}, fault.New(fault.AttestationMissing)
	}
	return key, nil
}

// FrozenOn reports whether a supervisory order holds the party on the day, its last day included.
func (s State) FrozenOn(on calendar.Date) bool {
	return s.Freeze != nil && s.Freeze.From <= on && on <= s.Freeze.Until
}

func (s State) mayContract(on calendar.Date, minLevel int) error {
	if err := s.attestedOn(on); err != nil {
		return err
	}
	switch {
	case s.Revoked != nil:
		return fault.New(fault.PartyRevoked)
	case s.FrozenOn(on):
		return fault.New(fault.PartyFrozen)
	case s.KYCLevel < minLevel:
		return fault.New(fault.KYCLevelTooLow)
	case s.AffiliatedWith(s.Platform):
		return fault.New(fault.SelfFinancing)
	}
	return nil
}

// attestedOn refuses a party without two attestations that hold on the day.
func (s State) attestedOn(on calendar.Date) error {
	switch {
	case !s.Exists():
		return fault.New(fault.PartyUnknown)
	case !s.Attested():
		return fault.New(fault.AttestationMissing)
	case on > s.Expires:
		return fault.New(fault.AttestationExpired)
	}
	return nil
}
