package party_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
)

var update = flag.Bool("update", false, "write golden files anew")

// life is every kind of command once, in an order that is accepted.
func life() []party.Command {
	on := func(n int) calendar.Date { return attestedOn.AddDays(n) }
	return []party.Command{
		party.Attest{Actor: harbor, On: on(0), Identity: identity()},
		party.Attest{Actor: meridian, On: on(1), Identity: identity(), AccountDigest: digest},
		party.GiveConsent{
			Actor: harbor, On: on(2), Handle: "p-1", Purpose: "credit_query", Text: digest, Until: on(90),
			Signature: firstKey.sign(party.ConsentStatement("p-1", 1, "credit_query", digest, on(90))),
		},
		party.RotateKey{
			Actor: harbor, On: on(3), Handle: "p-1", Key: secondKey.key(),
			Signature: firstKey.sign(party.RotationStatement("p-1", 2, secondKey.key())),
		},
		party.VerifyAccount{Actor: meridian, On: on(4), Handle: "p-1", AccountDigest: "cd" + digest[2:]},
		party.Renew{Actor: harbor, On: on(5), Handle: "p-1", Renewal: party.Renewal{KYCLevel: 3, Expires: on(700)}},
		party.Renew{Actor: meridian, On: on(6), Handle: "p-1", Renewal: party.Renewal{KYCLevel: 3, Expires: on(700)}},
		party.ImposeFreeze{Actor: authority, On: on(7), Handle: "p-1", Order: "order-7", Until: on(37)},
		party.ReleaseFreeze{Actor: authority, On: on(8), Handle: "p-1", Order: "order-7"},
		party.WithdrawConsent{
			Actor: harbor, On: on(9), Handle: "p-1", Sequence: 1,
			Signature: secondKey.sign(party.WithdrawalStatement("p-1", 1)),
		},
		party.Revoke{Actor: harbor, On: on(10), Handle: "p-1", Note: "K3"},
	}
}

// The golden file holds the event of every kind and the state at the end, as the ledger encodes them.
func TestTheLifeOfAPartyIsGolden(t *testing.T) {
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	var s party.State
	for _, c := range life() {
		events, err := party.Decide(s, c)
		if err != nil {
			t.Fatalf("%T: %v", c, err)
		}
		for _, e := range events {
			if err := encoder.Encode(e); err != nil {
				t.Fatal(err)
			}
			s = party.Apply(s, e)
		}
	}
	if err := encoder.Encode(s); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/life.golden.jsonl"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("differs from %s; if that is meant, run with -update:\n%s", golden, got.Bytes())
	}
}

// Any sequence of commands, whatever is refused: deciding twice gives the same, folding leaves what
// it was given alone, and replaying what was encoded gives the same state with one current key.
func TestReplayGivesTheSameParty(t *testing.T) {
	commands := life()
	rapid.Check(t, func(t *rapid.T) {
		var s party.State
		var written []byte
		for _, i := range rapid.SliceOf(rapid.IntRange(0, len(commands)-1)).Draw(t, "commands") {
			before := encode(t, s)
			events, err := party.Decide(s, commands[i])
			again, errAgain := party.Decide(s, commands[i])
			if verdict(err) != verdict(errAgain) || !bytes.Equal(encode(t, events), encode(t, again)) {
				t.Fatalf("%T decides differently", commands[i])
			}
			next := s
			for _, e := range events {
				next = party.Apply(next, e)
				written = append(written, encode(t, e)...)
			}
			if !bytes.Equal(before, encode(t, s)) {
				t.Fatalf("%T touched the state before", commands[i])
			}
			s = next
		}
		var replayed party.State
		decoder := json.NewDecoder(bytes.NewReader(written))
		for decoder.More() {
			var e party.Event
			if err := decoder.Decode(&e); err != nil {
				t.Fatal(err)
			}
			replayed = party.Apply(replayed, e)
		}
		if !bytes.Equal(encode(t, s), encode(t, replayed)) {
			t.Fatalf("replayed to\n%s, not\n%s", encode(t, replayed), encode(t, s))
		}
		for i, key := range s.Keys {
			if key.Retired.IsZero() != (i == len(s.Keys)-1) {
				t.Fatalf("keys are %+v", s.Keys)
			}
		}
	})
}

func encode(t interface{ Fatal(...any) }, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnUnknownEventChangesNothing(t *testing.T) {
	s := attested(t)
	kinds := []party.EventKind{"", "unheard_of", party.Attested, party.Renewed, party.KeyRotated, party.ConsentGiven}
	for _, kind := range kinds {
		if got := party.Apply(s, party.Event{Kind: kind}); !reflect.DeepEqual(got, s) {
			t.Errorf("%q changed %+v", kind, got)
		}
	}
}
