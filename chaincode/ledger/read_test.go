package ledger_test

import (
	"errors"
	"testing"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

func TestAReadAnswersWhatStandsAndWritesNothing(t *testing.T) {
	n := founded(t, command(apply))
	mine, nobodys := n.handle(), n.handle()
	n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{mine, 7, ""})))
	p := n.private(authority, "auditor", reading, wire.Read{Version: wire.Version, Collection: pair, Items: []string{nobodys, mine}})
	p.Endorsers = []string{authority}
	got, err := n.Evaluate(p)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[null," + string(n.Ledger().Private(pair, purseKey(mine))) + "]"; string(got) != want {
		t.Fatalf("read %s, want %s", got, want)
	}
	tx, err := n.Endorse(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(tx.Writes())+len(tx.Private())+len(tx.Policies()) > 0 || tx.Event != nil {
		t.Fatal("a read wrote something or raised an event")
	}
}

func TestAReadIsRefused(t *testing.T) {
	n := founded(t, command(apply))
	mine := n.handle()
	good := wire.Read{Version: wire.Version, Collection: pair, Items: []string{mine}}
	altered := func(alter func(r *wire.Read)) wire.Read {
		r := good
		alter(&r)
		return r
	}
	many := make([]string, 501)
	cases := []struct {
		name, member, role string
		request            any
		want               *fault.Fault
	}{
		{"no JSON", harbor, "operator", "[]", fault.In(fault.InvalidField, "")},
		{"another version", harbor, "operator", altered(func(r *wire.Read) { r.Version = 3 }), fault.In(fault.InvalidField, "version")},
		{"no collection", harbor, "operator", altered(func(r *wire.Read) { r.Collection = "" }), fault.In(fault.MissingField, "collection")},
		{"no item", harbor, "operator", altered(func(r *wire.Read) { r.Items = nil }), fault.New(fault.BatchEmpty)},
		{"too many items", harbor, "operator", altered(func(r *wire.Read) { r.Items = many }), fault.New(fault.BatchTooLarge)},
		{"a name for a handle", harbor, "operator", altered(func(r *wire.Read) { r.Items = []string{mine, "alice"} }), fault.In(fault.InvalidField, "items[1]")},
		{"another's pair", lantern, "operator", good, fault.In(fault.WrongMember, "collection")},
		{"no role", harbor, "", good, fault.New(fault.WrongRole)},
	}
	for _, c := range cases {
		t.Log(c.name)
		p := n.private(c.member, c.role, reading, c.request)
		_, err := n.Evaluate(p)
		var got *fakeledger.Refusal
		if !errors.As(err, &got) || got.Message != c.want.Encode() {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want.Encode())
		}
	}
}
