package contracttest

import (
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// InvestMandate registers a customer's signed order to invest up to a total, confirmed by the bank.
func (s *Scene) InvestMandate(c Customer, total money.Minor) string {
	s.T.Helper()
	return s.confirmed(c, mandate.Terms{
		Purpose: mandate.Invest, TotalMinor: total, PerLoanMinor: total, MaxInstalments: 60,
		MaxShareOfLoanPPM: money.Million,
	})
}

// DebitMandate registers a borrower's signed authority to be debited, confirmed by the bank.
func (s *Scene) DebitMandate(c Customer, each, total money.Minor) string {
	s.T.Helper()
	return s.confirmed(c, mandate.Terms{Purpose: mandate.Debit, PerCollectionMinor: each, TotalMinor: total})
}

func (s *Scene) confirmed(c Customer, terms mandate.Terms) string {
	s.T.Helper()
	terms.Handle, terms.Party, terms.Platform, terms.Custodian = NewHandle(), c.Handle, c.Platform, Meridian
	terms.Currency, terms.Expires = s.Rules.Currency, s.Today().AddDays(3000)
	s.Secret(terms.Handle)
	s.Do(Call{
		Member: c.Platform, Role: "operator", Function: "Mandate:Register",
		Request: Private(c.pair(), wire.MandateTerms{Terms: terms, Signature: c.Signer.Sign(s.T, terms.Statement())}),
	})
	s.Do(s.asBank("Mandate:Confirm", Private(c.pair(), wire.MandateConfirmation{
		Handle: terms.Handle, Channel: "bank-app", SignedTerms: terms.Commitment(),
	})))
	return terms.Handle
}

// Mandate reads a mandate.
func (s *Scene) Mandate(handle string) mandate.State {
	s.T.Helper()
	return readOne[mandate.State](s, "Mandate:Read", handle)
}

// RevokeMandate takes a mandate back in person, at the bank.
func (s *Scene) RevokeMandate(handle string) {
	s.T.Helper()
	s.Do(s.asBank("Mandate:Revoke", Private(Pair, wire.MandateRevocation{Handle: handle})))
}
