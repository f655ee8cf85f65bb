package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func partyFrozen(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.P256)
	order := "order-" + NewHandle()
	w.Secret(order)
	freeze := func(member string, role party.Role, f wire.PartyFreeze) Call {
		return partyCall(member, role, "Freeze", f)
	}
	release := func(order string) Call {
		return partyCall(Authority, party.Supervisor, "Release", wire.PartyRelease{Handle: c.Handle, Order: order})
	}
	good := wire.PartyFreeze{Handle: c.Handle, Order: order, Until: on.AddDays(30)}
	w.Refused(release(order), fault.New(fault.WrongStatus).At(0))
	w.Refused(freeze(Authority, party.Operator, good), fault.New(fault.WrongRole))
	w.Refused(freeze(Meridian, party.Supervisor, good), fault.New(fault.WrongMember))
	w.Refused(freeze(Authority, party.Supervisor, wire.PartyFreeze{Handle: c.Handle, Order: order, Until: on.AddDays(-1)}),
		fault.In(fault.InvalidField, "until").At(0))
	w.Must(freeze(Authority, party.Supervisor, good))
	w.Refused(freeze(Authority, party.Supervisor, good), fault.In(fault.AlreadyExists, "order").At(0))
	got, _ := w.Party(c)
	for what, err := range map[string]error{
		"borrow": got.State.MayBorrow(on, 2), "lend": got.State.MayLend(on, 2), "be paid": got.State.MayBePaid(on),
	} {
		if fault.Of(err) == nil || fault.Of(err).Code != fault.PartyFrozen {
			t.Errorf("a frozen party may %s: %v", what, err)
		}
	}
	w.Refused(release("order-of-another"), fault.In(fault.NotFound, "order").At(0))
	w.Must(release(order))
	if got, _ := w.Party(c); got.State.MayBePaid(on) != nil {
		t.Fatal("a released party may not be paid")
	}
}

func partyConsented(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.SM2)
	text, until := NewDigest(), on.AddDays(90)
	w.Secret(text)
	consent := func(member string, signature []byte) Call {
		return partyCall(member, party.Operator, "Consent", wire.PartyConsent{
			Handle: c.Handle, Purpose: "credit-report", Text: text, Until: until, Signature: signature,
		})
	}
	first := c.Signer.Sign(t, party.ConsentStatement(c.Handle, 1, "credit-report", text, until))
	w.Refused(consent(Harbor, c.Signer.Sign(t, []byte("anything"))), fault.New(fault.SignatureInvalid).At(0))
	w.Refused(consent(Authority, first), fault.New(fault.WrongMember))
	w.Must(consent(Harbor, first))
	w.Refused(consent(Harbor, first), fault.New(fault.SignatureInvalid).At(0)) // it was for the first
	got, _ := w.Party(c)
	if !got.State.Consented("credit-report", on) || got.State.Consented("marketing", on) {
		t.Fatalf("the consents are %+v", got.State.Consents)
	}

	withdraw := func(sequence int, signature []byte) Call {
		return partyCall(Meridian, party.Operator, "WithdrawConsent",
			wire.ConsentWithdrawal{Handle: c.Handle, Sequence: sequence, Signature: signature})
	}
	signature := c.Signer.Sign(t, party.WithdrawalStatement(c.Handle, 1))
	w.Refused(withdraw(2, signature), fault.In(fault.NotFound, "sequence").At(0))
	w.Refused(withdraw(1, first), fault.New(fault.SignatureInvalid).At(0))
	w.Must(withdraw(1, signature))
	w.Refused(withdraw(1, signature), fault.New(fault.WrongStatus).At(0))
	if got, _ := w.Party(c); got.State.Consented("credit-report", on) {
		t.Fatal("a withdrawn consent holds")
	}
}

func partyLinked(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := NewPerson(t, party.P256)
	pseudonym := NewHandle()
	w.Secret(c.Handle, pseudonym)
	link := func(member, handle, pseudonym string) Call {
		return partyCall(member, party.Machine, "Link", wire.PartyLink{Handle: handle, Pseudonym: pseudonym})
	}
	w.Refused(link(Meridian, c.Handle, pseudonym), fault.New(fault.PartyUnknown).At(0))
	w.Must(partyCall(Harbor, party.Machine, "Attest", wire.Attestation{Identity: c.identity(on)}))
	w.Refused(link(Meridian, c.Handle, pseudonym), fault.New(fault.AttestationMissing).At(0))
	w.Must(partyCall(Meridian, party.Machine, "Attest", wire.Attestation{Identity: c.identity(on)}))
	w.Refused(link(Meridian, "alice", pseudonym), fault.In(fault.InvalidField, "handle").At(0))
	w.Refused(link(Meridian, c.Handle, "alice"), fault.In(fault.InvalidField, "pseudonym").At(0))
	w.Refused(link(Authority, c.Handle, pseudonym), fault.New(fault.WrongMember))
	w.Must(link(Meridian, c.Handle, pseudonym))
	w.Refused(link(Meridian, c.Handle, NewHandle()), fault.New(fault.AlreadyExists).At(0))
}

// partyUnknown sends every command about a party that nobody attested.
func partyUnknown(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	handle := NewHandle()
	signer := NewSigner(t, party.P256)
	unknown, malformed := fault.New(fault.PartyUnknown).At(0), fault.In(fault.InvalidField, "handle").At(0)
	for handle, want := range map[string]*fault.Fault{handle: unknown, "alice": malformed} {
		for _, c := range []Call{
			partyCall(Meridian, party.Operator, "VerifyAccount", wire.PartyAccount{Handle: handle, AccountDigest: NewDigest()}),
			partyCall(Meridian, party.Operator, "Renew", wire.PartyRenewal{Handle: handle, KYCLevel: 2, Expires: on}),
			partyCall(Harbor, party.Operator, "RotateKey", wire.KeyRotation{Handle: handle, Key: signer.Key, Signature: []byte{1}}),
			partyCall(Harbor, party.Operator, "Revoke", wire.PartyRevocation{Handle: handle}),
			partyCall(Authority, party.Supervisor, "Freeze", wire.PartyFreeze{Handle: handle, Order: "order-1", Until: on}),
			partyCall(Authority, party.Supervisor, "Release", wire.PartyRelease{Handle: handle, Order: "order-1"}),
			partyCall(Harbor, party.Operator, "Consent", wire.PartyConsent{Handle: handle, Purpose: "p", Text: NewDigest(), Signature: []byte{1}}),
			partyCall(Harbor, party.Operator, "WithdrawConsent", wire.ConsentWithdrawal{Handle: handle, Sequence: 1, Signature: []byte{1}}),
		} {
			w.Refused(c, want)
		}
	}
}

func partyEndorsed(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	attest := func() Call {
		return partyCall(Harbor, party.Machine, "Attest", wire.Attestation{Identity: NewPerson(t, party.P256).identity(on)})
	}
	w.Invalid(attest(), Harbor)
	w.Invalid(attest(), Harbor, Harbor)
	w.Invalid(attest(), Harbor, Authority)
	w.Invalid(attest(), Meridian, Meridian)
	guarded := attest()
	guarded.EndorseBy = []string{Meridian, Authority} // the platform's peer may be dead
	w.Must(guarded)
}
