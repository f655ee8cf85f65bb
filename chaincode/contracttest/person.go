package contracttest

import (
	"encoding/json"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Person is a party as its own side knows it: a handle, and the key that no member holds.
type Person struct {
	Handle    string
	Platform  string
	Kind      party.Kind
	Affiliate string
	Signer    Signer
}

// NewCustomer is a natural person on Harbor whom nobody has attested yet.
func NewPerson(t testing.TB, algorithm party.Algorithm) Person {
	t.Helper()
	return Person{Handle: NewHandle(), Platform: Harbor, Kind: party.Natural, Signer: NewSigner(t, algorithm)}
}

// validDays is for how long an attestation of the tests holds.
const validDays = 365

// identity is what both sides say of the customer.
func (c Person) identity(on calendar.Date) party.Identity {
	return party.Identity{
		Handle: c.Handle, Platform: c.Platform, Custodian: Meridian, Kind: c.Kind, KYCLevel: 3,
		Expires: on.AddDays(validDays), Key: c.Signer.Key, Affiliate: c.Affiliate,
	}
}

// collection is where the customer's records live.
func (c Person) collection() string { return wire.PairCollection(c.Platform, Meridian) }

// Attested is a customer of Harbor whom platform and custodian have attested, with a verified account.
func (w *World) Attested(on calendar.Date, algorithm party.Algorithm) Person {
	w.T.Helper()
	c := NewPerson(w.T, algorithm)
	w.Attest(on, c)
	return c
}

// Attest has both sides attest customers of one platform. Everything about them is a secret.
func (w *World) Attest(on calendar.Date, persons ...Person) {
	w.T.Helper()
	var bySide [2][]wire.Attestation
	for _, c := range persons {
		account := NewDigest()
		w.Secret(c.Handle, c.Signer.Key.Public, account)
		bySide[0] = append(bySide[0], wire.Attestation{Identity: c.identity(on)})
		bySide[1] = append(bySide[1], wire.Attestation{Identity: c.identity(on), AccountDigest: account})
	}
	for i, member := range []string{persons[0].Platform, Meridian} {
		w.Must(Call{
			Member: member, Role: party.Machine, Function: "Party:Attest",
			Request: Private(persons[0].collection(), bySide[i]...),
		})
	}
}

// Party reads a party's record; false where there is none.
func (w *World) Party(c Person) (wire.Record[party.State, party.Event], bool) {
	w.T.Helper()
	return readRecord[party.State, party.Event](w, "Party:Read", c.collection(), c.Handle)
}

// readRecord reads one private record, as the custodian's staff.
func readRecord[S, E any](w *World, function, collection, handle string) (record wire.Record[S, E], exists bool) {
	w.T.Helper()
	var raw []json.RawMessage
	w.Read(Call{
		Member: Meridian, Role: party.Operator, Function: function, Request: PrivateRead(collection, handle),
	}, &raw)
	if len(raw) != 1 {
		w.T.Fatalf("%s answered %d records, want one", function, len(raw))
	}
	if string(raw[0]) == "null" {
		return record, false
	}
	if err := json.Unmarshal(raw[0], &record); err != nil {
		w.T.Fatalf("read a record of %s: %v", function, err)
	}
	w.Secret(record.Salt)
	return record, true
}
