package matching

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// MandateOf is a mandate to invest as the ledger holds it, without the wishes that it does not know.
func MandateOf(s mandate.State) Mandate {
	return Mandate{
		ID: s.Handle, Lender: s.Party, Platform: s.Platform, Custodian: s.Custodian, Currency: s.Currency,
		Confirmed: s.Confirmed, Revoked: s.Revoked, Expires: s.Expires,
		TotalMinor: s.TotalMinor, UsedMinor: s.UsedMinor, PerLoanMinor: s.PerLoanMinor, MinRatePPM: s.MinRatePPM,
		MaxInstalments: s.MaxInstalments, MaxShareOfLoanPPM: s.MaxShareOfLoanPPM,
	}
}

// LenderOf is a lender as the ledger holds it: whether it may lend on the day at all, identified to the
// level that the regime asks for. Its cash, class and idle time are the platform's to add.
func LenderOf(p party.State, on calendar.Date, minKYCLevel int) Lender {
	l := Lender{ID: p.Handle}
	if err := p.MayLend(on, minKYCLevel); err != nil {
		l.Refused = fault.Of(err).Code
	}
	return l
}

// RequestOf is a loan's terms as the ledger holds them. Grade, risk, industry and the rules for its
// funding are the platform's to add.
func RequestOf(t loan.Terms) Request {
	return Request{
		ID: t.ID, Borrower: t.Borrower, Platform: t.Platform, Custodian: t.Custodian, Currency: t.Currency,
		Instalments: t.Instalments, RatePPM: t.RatePPM, PrincipalMinor: t.PrincipalMinor, Shortfall: AllOrNothing,
	}
}

// Funded is an outcome as the contract takes it, contributions first, with a fresh handle of a hold for
// each part.
func (o Outcome) Funded(handle func() string) []loan.Allocation {
	list := make([]loan.Allocation, 0, len(o.Contributions)+len(o.Allocations))
	for _, parts := range [][]Allocation{o.Contributions, o.Allocations} {
		for _, a := range parts {
			list = append(list, loan.Allocation{
				Lender: a.Lender, Mandate: a.Mandate, Hold: handle(), PrincipalMinor: a.PrincipalMinor,
			})
		}
	}
	return list
}

// GapPPM is how far a run stays below the most that could have been lent, in millionths of it.
func GapPPM(matched, most money.Minor) money.PPM {
	if most <= 0 {
		return 0
	}
	gap, err := money.MulDiv(most-matched, int64(money.Million), int64(most), money.HalfEven)
	if err != nil {
		return money.Million
	}
	return money.PPM(gap)
}
