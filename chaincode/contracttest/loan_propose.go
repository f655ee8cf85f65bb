package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

func refusal(code fault.Code, field string) *fault.Fault { return fault.In(code, field) }

func proposalsRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	borrower := s.Borrower()
	for _, c := range []struct {
		name  string
		spoil func(*loan.Terms)
		code  fault.Code
		field string
	}{
		{"an older version", func(l *loan.Terms) { l.Version = 0 }, fault.InvalidField, "terms.version"},
		{"another channel", func(l *loan.Terms) { l.ID = wire.LoanID("other", Harbor, NewHandle()) }, fault.InvalidField, "terms.id"},
		{"another platform", func(l *loan.Terms) { l.Platform = Lantern }, fault.InvalidField, "terms.platform"},
		{"another custodian", func(l *loan.Terms) { l.Custodian = Authority }, fault.InvalidField, "terms.custodian"},
		{"a borrower by name", func(l *loan.Terms) { l.Borrower = "Li Lei" }, fault.InvalidField, "terms.borrower"},
		{"an unknown borrower", func(l *loan.Terms) { l.Borrower = NewHandle() }, fault.PartyUnknown, "terms.borrower"},
		{"a project by name", func(l *loan.Terms) { l.Project = "a new roof" }, fault.InvalidField, "terms.project"},
		{"terms that can be guessed", func(l *loan.Terms) { l.Salt = "salt" }, fault.InvalidField, "terms.salt"},
		{"no agreement", func(l *loan.Terms) { l.AgreementDigest = "none" }, fault.DigestMalformed, "terms.agreement_digest"},
		{"a grade in words", func(l *loan.Terms) { l.Grade = "good" }, fault.InvalidField, "terms.grade"},
		{"a regime that nobody adopted", func(l *loan.Terms) { l.Regime = "own-rules" }, fault.RegimeUnknown, "regime"},
		{"another currency", func(l *loan.Terms) { l.Currency = "USD" }, fault.CurrencyMismatch, "terms.currency"},
		{"too little", func(l *loan.Terms) { l.PrincipalMinor = 1 }, fault.TermNotAllowed, "terms.principal_minor"},
		{"too long", func(l *loan.Terms) { l.Instalments = 61 }, fault.TermNotAllowed, "terms.instalments"},
		{"a rate above the cap", func(l *loan.Terms) { l.RatePPM = 239_900 }, fault.RateAboveCap, "terms.rate_ppm"},
		{"a penalty above the cap", func(l *loan.Terms) { l.PenaltyRatePPM = 240_001 }, fault.PenaltyAboveCap, "terms.penalty_rate_ppm"},
		{"a guarantor", func(l *loan.Terms) { l.Charges[0].Payee = schedule.PayeeGuarantor }, fault.InvalidField, "terms.charges"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := s.NewLoan(borrower, tenThousand)
			c.spoil(&l.Terms)
			s.within(t, func() { s.Refuses(s.Proposing(l), c.code, c.field) })
		})
	}
	refusedToPropose(s, borrower)
}

// refusedToPropose holds who may propose, and what is proposed twice.
func refusedToPropose(s *Scene, borrower Customer) {
	s.T.Helper()
	l := s.NewLoan(borrower, tenThousand)
	call := s.Proposing(l)
	for _, member := range []string{Meridian, Authority} {
		call.Member = member
		s.Refused(call, refusal(fault.WrongMember, ""))
	}
	call.Member = Lantern
	call.EndorseBy = []string{Meridian, Harbor}
	s.Refused(call, refusal(fault.WrongMember, "collection"))
	call = s.Proposing(l)
	for _, role := range []party.Role{party.Admin, party.Auditor, ""} {
		call.Role = role
		s.Refused(call, refusal(fault.WrongRole, ""))
	}
	s.Do(s.Proposing(l))
	again := s.NewLoan(borrower, tenThousand)
	again.Terms.ID = l.Terms.ID
	s.Refuses(s.Proposing(again), fault.AlreadyExists, "loan")
	own := s.affiliate()
	s.Refuses(s.Proposing(s.NewLoan(own, tenThousand)), fault.SelfFinancing, "terms.borrower")
}

// affiliate brings a customer who is controlled by the platform itself.
func (s *Scene) affiliate() Customer {
	s.T.Helper()
	c := Customer{Handle: NewHandle(), Platform: Harbor, Signer: NewSigner(s.T, party.P256)}
	s.attest(party.Identity{
		Handle: c.Handle, Platform: Harbor, Custodian: Meridian, Kind: party.Legal, KYCLevel: 2,
		Expires: s.Today().AddDays(365), Key: c.Signer.Key, Affiliate: Harbor,
	})
	return c
}

// projectFinancedOnce also holds that a loan which never was paid out has financed nothing.
func projectFinancedOnce(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	first := s.Proposed(tenThousand)
	second := s.NewLoan(s.Borrower(), tenThousand)
	second.Terms.Project = first.Terms.Project
	s.Refuses(s.Proposing(second), fault.ProjectFinanced, "terms.project")
	s.Do(s.asPlatform("Loan:Decline", Private(Pair, wire.EndLoan{Loan: first.ID(), Reason: "no-score"})))
	s.Do(s.Proposing(second))

	twins := []*Loan{s.NewLoan(s.Borrower(), tenThousand), s.NewLoan(s.Borrower(), tenThousand)}
	twins[1].Terms.Project = twins[0].Terms.Project
	batch := Private(Pair, wire.ProposeLoan{Terms: twins[0].Terms}, wire.ProposeLoan{Terms: twins[1].Terms})
	batch.Mode = wire.Each
	answer := s.Do(s.asPlatform("Loan:Propose", batch))
	if answer.Applied != 1 || len(answer.Refused) != 1 || answer.Refused[0].Code != fault.ProjectFinanced {
		t.Errorf("one project proposed twice in one batch answers %+v", answer)
	}
}
