package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func partySuite(t *testing.T, open func(t *testing.T) Ledger) {
	tests := []struct {
		name string
		run  func(t *testing.T, l Ledger)
	}{
		{"a party counts once platform and custodian have said the same", partyAttested},
		{"an attestation is refused", partyRefused},
		{"an account is the custodian's to verify", partyAccountVerified},
		{"the custodian renews, the platform proposes to", partyRenewed},
		{"a key is rotated by the old key, of either scheme", partyKeyRotated},
		{"a party is revoked for good", partyRevoked},
		{"a party is frozen and released by order", partyFrozen},
		{"a party consents and withdraws with its own key", partyConsented},
		{"a party is linked to its common pseudonym once, out of any platform's sight", partyLinked},
		{"a party is unknown until it is attested", partyUnknown},
		{"a platform's customers need the custodian's endorsement", partyEndorsed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// partyCall is a command of the contract Party in Harbor's and Meridian's collection.
func partyCall[T any](member string, role party.Role, function string, items ...T) Call {
	return Call{Member: member, Role: role, Function: "Party:" + function, Request: Private(Pair, items...)}
}

func partyAttested(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := NewPerson(t, party.P256)
	account := NewDigest()
	w.Secret(c.Handle, c.Signer.Key.Public, account)
	identity := c.identity(on)
	w.Must(partyCall(Harbor, party.Operator, "Attest", wire.Attestation{Identity: identity}))
	half, _ := w.Party(c)
	if half.State.Attested() || half.Sequence != 1 {
		t.Fatalf("after the platform's word: %+v", half)
	}
	w.Must(partyCall(Meridian, party.Operator, "Attest", wire.Attestation{Identity: identity, AccountDigest: account}))
	whole, _ := w.Party(c)
	if err := whole.State.MayBorrow(on, 2); err != nil || whole.State.MayBePaid(on) != nil || whole.Sequence != 2 {
		t.Fatalf("after both words: %v, %+v", err, whole)
	}
	if len(whole.Events) != 1 || whole.Events[0].By != Meridian || whole.Salt == half.Salt {
		t.Fatalf("the second version is %+v", whole)
	}
	_, exists := w.Party(NewPerson(t, party.P256))
	if exists {
		t.Fatal("a party that nobody attested exists")
	}
}

func partyRefused(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := NewPerson(t, party.SM2)
	w.Secret(c.Handle)
	good := wire.Attestation{Identity: c.identity(on)}
	w.Must(partyCall(Harbor, party.Machine, "Attest", good))
	w.Refused(partyCall(Harbor, party.Machine, "Attest", good), fault.New(fault.AlreadyExists).At(0))
	cases := []struct {
		name  string
		alter func(a *wire.Attestation)
		want  *fault.Fault
	}{
		{"a name for a handle", func(a *wire.Attestation) { a.Identity.Handle = "alice" }, fault.In(fault.InvalidField, "handle")},
		{"another platform's", func(a *wire.Attestation) { a.Identity.Platform = Lantern }, fault.In(fault.InvalidField, "identity.platform")},
		{"another custodian's", func(a *wire.Attestation) { a.Identity.Custodian = Authority }, fault.In(fault.InvalidField, "identity.custodian")},
		{"another level", func(a *wire.Attestation) { a.Identity.KYCLevel = 4 }, fault.In(fault.InvalidField, "identity.kyc_level")},
		{"a level of nothing", func(a *wire.Attestation) { a.Identity.KYCLevel = 0 }, fault.In(fault.InvalidField, "identity.kyc_level")},
		{"expired already", func(a *wire.Attestation) { a.Identity.Expires = on.AddDays(-1) }, fault.In(fault.InvalidField, "identity.expires")},
		{"a key of no scheme", func(a *wire.Attestation) { a.Identity.Key.Algorithm = "rsa" }, fault.In(fault.AlgorithmNotAllowed, "key.algorithm")},
		{"a key that is no point", func(a *wire.Attestation) { a.Identity.Key.Public = "AAAA" }, fault.In(fault.InvalidField, "key.public")},
		{"an account that is no digest", func(a *wire.Attestation) { a.AccountDigest = "62220000" }, fault.In(fault.DigestMalformed, "account_digest")},
	}
	for _, test := range cases {
		altered := good
		test.alter(&altered)
		w.Refused(partyCall(Meridian, party.Machine, "Attest", altered), test.want.At(0))
	}
	other := NewPerson(t, party.P256)
	vouching := wire.Attestation{Identity: other.identity(on), AccountDigest: NewDigest()}
	w.Refused(partyCall(Harbor, party.Machine, "Attest", vouching), fault.In(fault.WrongMember, "account_digest").At(0))
	w.Refused(partyCall(Authority, party.Machine, "Attest", good), fault.New(fault.WrongMember))
	w.Refused(partyCall(Harbor, party.Admin, "Attest", good), fault.New(fault.WrongRole))
	w.Refused(partyCall(Lantern, party.Machine, "Attest", good), fault.In(fault.WrongMember, "collection"))
}

func partyAccountVerified(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := NewPerson(t, party.P256)
	verify := func(member, digest string) Call {
		return partyCall(member, party.Operator, "VerifyAccount", wire.PartyAccount{Handle: c.Handle, AccountDigest: digest})
	}
	moved := NewDigest()
	w.Secret(c.Handle, moved)
	w.Must(partyCall(Harbor, party.Machine, "Attest", wire.Attestation{Identity: c.identity(on)}))
	w.Refused(verify(Meridian, moved), fault.New(fault.AttestationMissing).At(0))
	w.Must(partyCall(Meridian, party.Machine, "Attest", wire.Attestation{Identity: c.identity(on)}))
	w.Refused(verify(Harbor, moved), fault.New(fault.WrongMember))
	w.Refused(verify(Meridian, "62220000"), fault.In(fault.DigestMalformed, "account_digest").At(0))
	w.Must(verify(Meridian, moved))
	if got, _ := w.Party(c); got.State.AccountDigest != moved {
		t.Fatalf("the account is not the one that was verified: %+v", got.Events)
	}
}

func partyRenewed(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.P256)
	later := on.AddDays(2 * validDays)
	renew := func(member string, level int) Call {
		return partyCall(member, party.Operator, "Renew", wire.PartyRenewal{Handle: c.Handle, KYCLevel: level, Expires: later})
	}
	w.Must(renew(Harbor, 4))
	if got, _ := w.Party(c); got.State.Expires == later || got.State.Proposed == nil {
		t.Fatalf("after the platform's proposal: %+v", got.State)
	}
	w.Must(renew(Meridian, 4))
	if got, _ := w.Party(c); got.State.Expires != later || got.State.KYCLevel != 4 || got.State.Proposed != nil {
		t.Fatalf("after the custodian's renewal: %+v", got.State)
	}
	w.Refused(renew(Meridian, 10), fault.In(fault.InvalidField, "renewal.kyc_level").At(0))
	w.Refused(partyCall(Meridian, party.Operator, "Renew",
		wire.PartyRenewal{Handle: c.Handle, KYCLevel: 3, Expires: on.AddDays(-1)}),
		fault.In(fault.InvalidField, "renewal.expires").At(0))
	w.Refused(renew(Authority, 4), fault.New(fault.WrongMember))
	fresh := NewPerson(t, party.P256)
	w.Must(partyCall(Harbor, party.Machine, "Attest", wire.Attestation{Identity: fresh.identity(on)}))
	w.Refused(partyCall(Meridian, party.Operator, "Renew",
		wire.PartyRenewal{Handle: fresh.Handle, KYCLevel: 3, Expires: later}),
		fault.New(fault.AttestationMissing).At(0))
}

func partyKeyRotated(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	for _, algorithm := range []party.Algorithm{party.P256, party.SM2} {
		c := w.Attested(on, algorithm)
		next, thief := NewSigner(t, party.SM2), NewSigner(t, party.P256)
		w.Secret(next.Key.Public)
		rotate := func(member string, key party.Key, signature []byte) Call {
			return partyCall(member, party.Operator, "RotateKey", wire.KeyRotation{Handle: c.Handle, Key: key, Signature: signature})
		}
		statement := party.RotationStatement(c.Handle, 2, next.Key)
		signature := c.Signer.Sign(t, statement)
		w.Refused(rotate(Harbor, next.Key, thief.Sign(t, statement)), fault.New(fault.SignatureInvalid).At(0))
		w.Refused(rotate(Harbor, thief.Key, signature), fault.New(fault.SignatureInvalid).At(0))
		w.Refused(rotate(Harbor, c.Signer.Key, signature), fault.In(fault.AlreadyExists, "key").At(0))
		w.Refused(rotate(Authority, next.Key, signature), fault.New(fault.WrongMember))
		w.Must(rotate(Harbor, next.Key, signature))
		got, _ := w.Party(c)
		if key, ok := got.State.Key(); !ok || key != next.Key || len(got.State.Keys) != 2 {
			t.Fatalf("the keys are %+v", got.State.Keys)
		}
		w.Refused(rotate(Harbor, thief.Key, c.Signer.Sign(t, party.RotationStatement(c.Handle, 3, thief.Key))),
			fault.New(fault.SignatureInvalid).At(0))
	}
}

func partyRevoked(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.P256)
	revoke := func(member string, role party.Role, note string) Call {
		return partyCall(member, role, "Revoke", wire.PartyRevocation{Handle: c.Handle, Note: note})
	}
	w.Refused(revoke(Harbor, party.Operator, "left for a reason"), fault.In(fault.InvalidField, "note").At(0))
	w.Refused(revoke(Authority, party.Operator, "R7"), fault.New(fault.WrongRole).At(0))
	w.Must(revoke(Harbor, party.Operator, "R7"))
	got, _ := w.Party(c)
	if got.State.MayBePaid(on) != nil {
		t.Fatal("a platform's revocation keeps the party from its money")
	}
	w.Refused(revoke(Harbor, party.Operator, "R7"), fault.New(fault.PartyRevoked).At(0))
	w.Must(revoke(Authority, party.Supervisor, "R9"))
	w.Refused(revoke(Meridian, party.Operator, "R9"), fault.New(fault.PartyRevoked).At(0))
	w.Refused(partyCall(Meridian, party.Operator, "Renew",
		wire.PartyRenewal{Handle: c.Handle, KYCLevel: 3, Expires: on.AddDays(2 * validDays)}),
		fault.New(fault.PartyRevoked).At(0))
	again := wire.Attestation{Identity: c.identity(on)}
	w.Refused(partyCall(Harbor, party.Operator, "Attest", again), fault.New(fault.AlreadyExists).At(0))
}
