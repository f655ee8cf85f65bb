package contracttest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// requestSuite is about what every command has in common, shown on attestations of parties.
func requestSuite(t *testing.T, open func(t *testing.T) Ledger) {
	tests := []struct {
		name string
		run  func(t *testing.T, l Ledger)
	}{
		{"a repeated request is answered as before and books nothing", requestRepeated},
		{"a refusal is not remembered", requestRefusedThenSent},
		{"a request that is not as documented is refused", requestMalformed},
		{"only listed functions exist, by their exact names", requestUnknownFunction},
		{"a batch has its limit", requestTooLarge},
		{"a batch keeps what it can, or nothing", requestModes},
		{"a collection is its members' own", requestCollection},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// attestation is a platform's well-formed command about new parties.
func attestation(persons ...party.Identity) wire.Request[wire.Attestation] {
	items := make([]wire.Attestation, len(persons))
	for i, p := range persons {
		items[i] = wire.Attestation{Identity: p}
	}
	return Private(Pair, items...)
}

// attesting sends a request as Harbor's gateway.
func attesting(request any) Call {
	return Call{Member: Harbor, Role: party.Machine, Function: "Party:Attest", Request: request}
}

func requestRepeated(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := NewPerson(t, party.P256)
	request := attestation(c.identity(on), NewPerson(t, party.P256).identity(on))
	request.Items[1].Identity.KYCLevel = 0
	request.Mode = wire.Each
	first := w.Submit(t, attesting(request))
	again := w.Submit(t, attesting(request))
	if first.Verdict != peer.TxValidationCode_VALID || again.Verdict != first.Verdict || !bytes.Equal(first.Answer, again.Answer) {
		t.Fatalf("answered %s %s, then %s %s", first.Verdict, first.Answer, again.Verdict, again.Answer)
	}
	if got, _ := w.Party(c); got.Sequence != 1 {
		t.Fatalf("the party has version %d after one request sent twice", got.Sequence)
	}
	altered := request
	altered.Mode = wire.Atomic
	w.Refused(attesting(altered), fault.In(fault.RequestIDReused, "id"))
	resalted := request
	resalted.Salt = NewDigest()
	w.Refused(attesting(resalted), fault.In(fault.RequestIDReused, "id"))
}

func requestRefusedThenSent(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := NewPerson(t, party.P256)
	renewal := Call{
		Member: Meridian, Role: party.Machine, Function: "Party:Renew",
		Request: Private(Pair, wire.PartyRenewal{Handle: c.Handle, KYCLevel: 4, Expires: on.AddDays(validDays)}),
	}
	w.Refused(renewal, fault.New(fault.PartyUnknown).At(0))
	w.Attest(on, c)
	w.Must(renewal)
}

func requestMalformed(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	good := attestation(NewPerson(t, party.P256).identity(on))
	text := string(attesting(good).Encoded(t))
	altered := func(alter func(r *wire.Request[wire.Attestation])) any {
		r := good
		alter(&r)
		return r
	}
	cases := []struct {
		request any
		want    *fault.Fault
	}{
		{"{", fault.New(fault.MalformedRequest)},
		{text + text, fault.New(fault.MalformedRequest)},
		{strings.Replace(text, `"mode"`, `"surprise":1,"mode"`, 1), fault.In(fault.MalformedRequest, "?")},
		{strings.Replace(text, `"mode"`, `"MODE"`, 1), fault.In(fault.MalformedRequest, "?")},
		{strings.Replace(text, `"kyc_level":3`, `"kyc_level":3.5`, 1), fault.In(fault.InvalidField, "items[0].identity.kyc_level")},
		{strings.Replace(text, `"kyc_level":3,`, "", 1), fault.In(fault.MissingField, "items[0].identity.kyc_level")},
		{altered(func(r *wire.Request[wire.Attestation]) { r.Version = 2 }), fault.In(fault.InvalidField, "version")},
		{altered(func(r *wire.Request[wire.Attestation]) { r.ID = "1" }), fault.In(fault.InvalidField, "id")},
		{altered(func(r *wire.Request[wire.Attestation]) { r.Salt = "" }), fault.In(fault.MissingField, "salt")},
		{altered(func(r *wire.Request[wire.Attestation]) { r.Salt = r.ID }), fault.In(fault.InvalidField, "salt")},
		{altered(func(r *wire.Request[wire.Attestation]) { r.Mode = "some" }), fault.In(fault.InvalidField, "mode")},
		{altered(func(r *wire.Request[wire.Attestation]) { r.Collection = "" }), fault.In(fault.MissingField, "collection")},
		{altered(func(r *wire.Request[wire.Attestation]) { r.Items = []wire.Attestation{} }), fault.New(fault.BatchEmpty)},
	}
	for _, c := range cases {
		w.Refused(attesting(c.request), c.want)
	}
	w.Must(attesting(text))
}

func requestUnknownFunction(t *testing.T, l Ledger) {
	w := Founded(t, l)
	for _, name := range []string{"Party:attest", "party:Attest", "Attest", "Party:Abolish", "org.hyperledger.fabric:GetMetadata", ""} {
		w.Refused(Call{Member: Harbor, Role: party.Machine, Function: name, Request: "{}"}, fault.New(fault.UnknownFunction))
	}
}

func requestTooLarge(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	function, _ := wire.Lookup("Party:Attest")
	items := make([]party.Identity, function.MaxItems+1)
	for i := range items {
		items[i] = NewPerson(t, party.P256).identity(on)
	}
	w.Refused(attesting(attestation(items...)), fault.New(fault.BatchTooLarge))
	answer := w.Must(attesting(attestation(items[1:]...)))
	if answer.Applied != function.MaxItems {
		t.Fatalf("applied %d of %d", answer.Applied, function.MaxItems)
	}
}

func requestModes(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	good, bad := NewPerson(t, party.P256), NewPerson(t, party.P256)
	unlevelled := bad.identity(on)
	unlevelled.KYCLevel = 0
	refusal := fault.In(fault.InvalidField, "identity.kyc_level")
	w.Refused(attesting(attestation(good.identity(on), unlevelled)), refusal.At(1))
	if _, exists := w.Party(good); exists {
		t.Fatal("an atomic batch was applied in part")
	}
	each := attestation(unlevelled, good.identity(on), unlevelled)
	each.Mode = wire.Each
	answer := w.Must(attesting(each))
	if answer.Applied != 1 || len(answer.Refused) != 2 || *answer.Refused[0] != *refusal.At(0) || *answer.Refused[1] != *refusal.At(2) {
		t.Fatalf("answered %+v", answer)
	}
	if _, exists := w.Party(bad); exists {
		t.Fatal("a refused item left its record")
	}
	none := attestation(unlevelled)
	none.Mode = wire.Each
	w.Refused(attesting(none), refusal.At(0))
}

func requestCollection(t *testing.T, l Ledger) {
	w, on := Opened(t, l)
	c := w.Attested(on, party.P256)
	read := func(member string, role party.Role, collection string) Call {
		return Call{Member: member, Role: role, Function: "Party:Read", Request: PrivateRead(collection, c.Handle)}
	}
	for member, role := range map[string]party.Role{Harbor: party.Operator, Meridian: party.Admin, Authority: party.Auditor} {
		var records []wire.Record[party.State, party.Event]
		w.Read(read(member, role, Pair), &records)
		if len(records) != 1 || records[0].State.Handle != c.Handle {
			t.Errorf("%s reads %+v", member, records)
		}
	}
	w.Refused(Call{
		Member: Meridian, Role: party.Machine, Function: "Party:Renew",
		Request: Private(wire.Exposure, wire.PartyRenewal{Handle: c.Handle, KYCLevel: 3, Expires: on.AddDays(validDays)}),
	}, fault.In(fault.InvalidField, "collection").At(0))
	w.RefusedRead(read(Lantern, party.Operator, Pair), fault.In(fault.WrongMember, "collection"))
	w.RefusedRead(read(Harbor, party.Operator, wire.Exposure), fault.In(fault.WrongMember, "collection"))
	w.RefusedRead(read(Harbor, party.Operator, "harbor-nobody"), fault.In(fault.InvalidField, "collection"))
	w.RefusedRead(read(Harbor, "", Pair), fault.New(fault.WrongRole))
	misnamed := Call{Member: Harbor, Role: party.Operator, Function: "Party:Read", Request: PrivateRead(Pair, "alice")}
	w.RefusedRead(misnamed, fault.In(fault.InvalidField, "items[0]"))
}
