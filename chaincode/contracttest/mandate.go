package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func mandateSuite(t *testing.T, open func(t *testing.T) Ledger) {
	tests := []struct {
		name string
		run  func(t *testing.T, l Ledger)
	}{
		{"a mandate counts once its party has signed and the custodian has confirmed", mandateConfirmed},
		{"a mandate is refused without its party's own signature", mandateSignature},
		{"a mandate must be well formed", mandateRefused},
		{"a confirmation is refused", confirmationRefused},
		{"a party takes its mandate back, through the platform or without it", mandateRevoked},
		{"many mandates are registered in one batch", mandateBatch},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// mandateCall is a command of the contract Mandate in Harbor's and Meridian's collection.
func mandateCall[T any](member, function string, items ...T) Call {
	return Call{Member: member, Role: party.Operator, Function: "Mandate:" + function, Request: Private(Pair, items...)}
}

// InvestTerms are a lender's standing order, with room for anything that tests do.
func InvestTerms(c Person, on calendar.Date) mandate.Terms {
	return mandate.Terms{
		Handle: NewHandle(), Party: c.Handle, Platform: c.Platform, Custodian: Meridian, Purpose: mandate.Invest,
		Currency: money.CNY, TotalMinor: 50_000_000, Expires: on.AddDays(validDays - 1),
		PerLoanMinor: 10_000_000, MinRatePPM: 10_000, MaxInstalments: 60, MaxShareOfLoanPPM: 1_000_000,
	}
}

// DebitTerms are a borrower's authority to be debited for any of its loans.
func DebitTerms(c Person, on calendar.Date) mandate.Terms {
	return mandate.Terms{
		Handle: NewHandle(), Party: c.Handle, Platform: c.Platform, Custodian: Meridian, Purpose: mandate.Debit,
		Currency: money.CNY, Expires: on.AddDays(validDays - 1), PerCollectionMinor: 10_000_000,
	}
}

// Signed is the item that registers terms, signed by their party.
func (c Person) Signed(t testing.TB, terms mandate.Terms) wire.MandateTerms {
	t.Helper()
	return wire.MandateTerms{Terms: terms, Signature: c.Signer.Sign(t, terms.Statement())}
}

// Confirmed registers a customer's terms and has the custodian confirm them. It answers the mandate's
// handle. The terms are a secret.
func (w *World) Confirmed(c Person, terms mandate.Terms) string {
	w.T.Helper()
	w.Secret(terms.Handle, terms.Commitment())
	w.Must(Call{
		Member: c.Platform, Role: party.Machine, Function: "Mandate:Register", Request: Private(c.collection(), c.Signed(w.T, terms)),
	})
	w.Must(Call{
		Member: Meridian, Role: party.Machine, Function: "Mandate:Confirm",
		Request: Private(c.collection(), confirmation(terms)),
	})
	return terms.Handle
}

func confirmation(terms mandate.Terms) wire.MandateConfirmation {
	return wire.MandateConfirmation{Handle: terms.Handle, Channel: "mobile-bank", SignedTerms: terms.Commitment()}
}

// Mandate reads a mandate's record; false where there is none.
func (w *World) Mandate(collection, handle string) (wire.Record[mandate.State, mandate.Event], bool) {
	w.T.Helper()
	return readRecord[mandate.State, mandate.Event](w, "Mandate:Read", collection, handle)
}

func mandateConfirmed(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	for _, algorithm := range []party.Algorithm{party.P256, party.SM2} {
		c := w.Attested(on, algorithm)
		for _, terms := range []mandate.Terms{InvestTerms(c, on), DebitTerms(c, on)} {
			w.Must(mandateCall(Harbor, "Register", c.Signed(t, terms)))
			registered, _ := w.Mandate(Pair, terms.Handle)
			if !registered.State.Confirmed.IsZero() || registered.State.Terms != terms {
				t.Fatalf("after registration: %+v", registered.State)
			}
			w.Must(mandateCall(Meridian, "Confirm", confirmation(terms)))
			confirmed, _ := w.Mandate(Pair, terms.Handle)
			if confirmed.State.Confirmed != on || confirmed.State.Channel != "mobile-bank" || confirmed.Sequence != 2 {
				t.Fatalf("after confirmation: %+v", confirmed.State)
			}
			w.Secret(terms.Handle, terms.Commitment())
		}
	}
}

func mandateSignature(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c, other := w.Attested(on, party.SM2), w.Attested(on, party.P256)
	terms := InvestTerms(c, on)
	register := func(item wire.MandateTerms) Call { return mandateCall(Harbor, "Register", item) }
	forged, widened := other.Signed(t, terms), c.Signed(t, terms)
	w.Refused(register(forged), fault.New(fault.SignatureInvalid).At(0))
	widened.Terms.TotalMinor++
	w.Refused(register(widened), fault.New(fault.SignatureInvalid).At(0))

	stranger := NewPerson(t, party.P256)
	w.Refused(register(stranger.Signed(t, InvestTerms(stranger, on))), fault.New(fault.PartyUnknown).At(0))
	w.Must(partyCall(Harbor, party.Machine, "Attest", wire.Attestation{Identity: stranger.identity(on)}))
	w.Refused(register(stranger.Signed(t, InvestTerms(stranger, on))), fault.New(fault.AttestationMissing).At(0))
	w.Must(partyCall(Harbor, party.Machine, "Revoke", wire.PartyRevocation{Handle: other.Handle}))
	w.Refused(register(other.Signed(t, InvestTerms(other, on))), fault.New(fault.PartyRevoked).At(0))

	next := NewSigner(t, party.P256)
	w.Must(partyCall(Harbor, party.Machine, "RotateKey", wire.KeyRotation{
		Handle: c.Handle, Key: next.Key, Signature: c.Signer.Sign(t, party.RotationStatement(c.Handle, 2, next.Key)),
	}))
	w.Refused(register(c.Signed(t, terms)), fault.New(fault.SignatureInvalid).At(0))
	c.Signer = next
	w.Must(register(c.Signed(t, terms)))
	w.Refused(register(c.Signed(t, terms)), fault.New(fault.AlreadyExists).At(0))
}

func mandateRefused(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.P256)
	cases := []struct {
		alter func(m *mandate.Terms)
		want  string
	}{
		{func(m *mandate.Terms) { m.Handle = "mine" }, "handle"},
		{func(m *mandate.Terms) { m.Party = "alice" }, "terms.party"},
		{func(m *mandate.Terms) { m.Platform = Lantern }, "terms.platform"},
		{func(m *mandate.Terms) { m.Custodian = Authority }, "terms.custodian"},
		{func(m *mandate.Terms) { m.Purpose = "gamble" }, "terms.purpose"},
		{func(m *mandate.Terms) { m.Currency = "shells" }, "terms.currency"},
		{func(m *mandate.Terms) { m.Expires = on.AddDays(-1) }, "terms.expires"},
		{func(m *mandate.Terms) { m.TotalMinor = 0 }, "terms.total_minor"},
		{func(m *mandate.Terms) { m.PerLoanMinor = m.TotalMinor + 1 }, "terms.per_loan_minor"},
		{func(m *mandate.Terms) { m.MinRatePPM = -1 }, "terms.min_rate_ppm"},
		{func(m *mandate.Terms) { m.MaxInstalments = 0 }, "terms.max_instalments"},
		{func(m *mandate.Terms) { m.MaxShareOfLoanPPM = 1_000_001 }, "terms.max_share_of_loan_ppm"},
		{func(m *mandate.Terms) { m.PerCollectionMinor = 1 }, "terms.per_collection_minor"},
		{func(m *mandate.Terms) { m.Loan = NewHandle() }, "terms.loan"},
	}
	for _, test := range cases {
		terms := InvestTerms(c, on)
		test.alter(&terms)
		w.Refused(mandateCall(Harbor, "Register", c.Signed(t, terms)), fault.In(fault.InvalidField, test.want).At(0))
	}
	w.Refused(mandateCall(Meridian, "Register", c.Signed(t, InvestTerms(c, on))), fault.New(fault.WrongMember))
	admin := mandateCall(Harbor, "Register", c.Signed(t, InvestTerms(c, on)))
	admin.Role = party.Admin
	w.Refused(admin, fault.New(fault.WrongRole))
}

func confirmationRefused(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.P256)
	terms := InvestTerms(c, on)
	good := confirmation(terms)
	confirm := func(m wire.MandateConfirmation) Call { return mandateCall(Meridian, "Confirm", m) }
	w.Refused(confirm(good), fault.New(fault.MandateUnknown).At(0))
	w.Must(mandateCall(Harbor, "Register", c.Signed(t, terms)))
	misnamed, silent, altered := good, good, good
	misnamed.Handle = "mine"
	w.Refused(confirm(misnamed), fault.In(fault.InvalidField, "handle").At(0))
	silent.Channel = ""
	w.Refused(confirm(silent), fault.In(fault.MissingField, "channel").At(0))
	altered.SignedTerms = NewDigest()
	w.Refused(confirm(altered), fault.In(fault.CommitmentMismatch, "signed_terms").At(0))
	w.Refused(mandateCall(Harbor, "Confirm", good), fault.New(fault.WrongMember))
	w.Must(confirm(good))
	w.Refused(confirm(good), fault.New(fault.AlreadyExists).At(0))
}

func mandateRevoked(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.SM2)
	revoke := func(member, handle string, signature []byte) Call {
		return mandateCall(member, "Revoke", wire.MandateRevocation{Handle: handle, Signature: signature})
	}
	w.Refused(revoke(Meridian, NewHandle(), nil), fault.New(fault.MandateUnknown).At(0))
	w.Refused(revoke(Meridian, "mine", nil), fault.In(fault.InvalidField, "handle").At(0))
	signed, inPerson := InvestTerms(c, on), InvestTerms(c, on)
	w.Must(mandateCall(Harbor, "Register", c.Signed(t, signed), c.Signed(t, inPerson)))
	signature := c.Signer.Sign(t, signed.RevocationStatement())
	w.Refused(revoke(Harbor, signed.Handle, nil), fault.New(fault.SignatureInvalid).At(0))
	w.Refused(revoke(Harbor, inPerson.Handle, signature), fault.New(fault.SignatureInvalid).At(0))
	w.Refused(revoke(Meridian, inPerson.Handle, signature), fault.New(fault.SignatureInvalid).At(0))
	w.Refused(revoke(Authority, signed.Handle, signature), fault.New(fault.WrongMember))

	// What became of the attestation since does not stand in the way.
	w.Must(partyCall(Meridian, party.Machine, "Revoke", wire.PartyRevocation{Handle: c.Handle}))
	w.Must(revoke(Harbor, signed.Handle, signature))
	w.Must(revoke(Meridian, inPerson.Handle, nil))
	w.Refused(revoke(Harbor, signed.Handle, signature), fault.New(fault.MandateRevoked).At(0))
	w.Refused(mandateCall(Meridian, "Confirm", confirmation(signed)), fault.New(fault.MandateRevoked).At(0))
}

func mandateBatch(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.P256)
	stranger := NewPerson(t, party.P256)
	request := Private(Pair, c.Signed(t, InvestTerms(c, on)), stranger.Signed(t, InvestTerms(stranger, on)),
		c.Signed(t, DebitTerms(c, on)))
	request.Mode = wire.Each
	answer := w.Must(Call{Member: Harbor, Role: party.Machine, Function: "Mandate:Register", Request: request})
	if answer.Applied != 2 || len(answer.Refused) != 1 || *answer.Refused[0] != *fault.New(fault.PartyUnknown).At(1) {
		t.Fatalf("answered %+v", answer)
	}
	for i, registered := range []bool{true, false, true} {
		if _, exists := w.Mandate(Pair, request.Items[i].Terms.Handle); exists != registered {
			t.Errorf("mandate %d is on the record: %v, want %v", i, exists, registered)
		}
	}
}
