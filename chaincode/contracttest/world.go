package contracttest

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// The members of the test network.
const (
	Harbor    = "harbor"
	Lantern   = "lantern"
	Meridian  = "meridian"
	Authority = "authority"
)

// Pair is the collection that most tests live in; OtherPair is the other platform's.
var (
	Pair      = wire.PairCollection(Harbor, Meridian)
	OtherPair = wire.PairCollection(Lantern, Meridian)
)

// World is a ledger with the words that scenarios need. What it is told to keep secret it looks for in
// the blocks when the test ends.
type World struct {
	Ledger
	T       testing.TB
	secrets [][]byte
}

// NewWorld is a ledger as it is found, founded or not.
func NewWorld(t testing.TB, l Ledger) *World {
	t.Helper()
	w := &World{Ledger: l, T: t}
	t.Cleanup(w.checkSecrets)
	return w
}

// Founded is a world whose consortium is bootstrapped, if need be by itself.
func Founded(t testing.TB, l Ledger) *World {
	t.Helper()
	w := NewWorld(t, l)
	result := w.Submit(t, Call{
		Member: Authority, Role: party.Admin, Function: "Consortium:Bootstrap", Request: Public(w.Founders()...),
	})
	if result.Fault != nil && result.Fault.Code != fault.AlreadyBootstrapped {
		t.Fatalf("bootstrap the consortium: %v", result.Fault)
	}
	return w
}

// Opened is a founded world in which the custodian has opened a business day under a regime of the
// test's own. It answers the day's date.
func Opened(t testing.TB, l Ledger) (*World, calendar.Date) {
	t.Helper()
	w := Founded(t, l)
	day := w.Day()
	if !day.Open {
		next := calendar.NewDate(2026, 1, 5)
		if !day.Date.IsZero() {
			next = day.Date.AddDays(1)
		}
		for next.Weekday() > 5 {
			next = next.AddDays(1)
		}
		w.Must(Call{
			Member: Meridian, Role: party.Machine, Function: "Custody:OpenDay",
			Request: Public(wire.BusinessDay{Date: next, Regime: w.Adopt(Sandbox())}),
		})
		day = w.Day()
	}
	return w, day.Date
}

// Day reads the custodian's business day.
func (w *World) Day() custody.Day {
	w.T.Helper()
	var records []*wire.Record[custody.Day, json.RawMessage]
	w.Read(Call{Member: Meridian, Role: party.Operator, Function: "Custody:ReadDay", Request: PublicRead(Meridian)}, &records)
	if len(records) == 0 || records[0] == nil {
		return custody.Day{}
	}
	return records[0].State
}

// Founders are the members as a bootstrap of this ledger names them.
func (w *World) Founders() []wire.Member {
	return foundersWith(func(member string) []string { return w.Roots(w.T, member) })
}

func foundersWith(roots func(member string) []string) []wire.Member {
	members := []wire.Member{
		{ID: Harbor, Name: "Harbor", Kind: party.Platform, MSPID: mspOf[Harbor]},
		{ID: Lantern, Name: "Lantern", Kind: party.Platform, MSPID: mspOf[Lantern]},
		{ID: Meridian, Name: "Meridian Bank", Kind: party.Custodian, MSPID: mspOf[Meridian]},
		{ID: Authority, Name: "Authority", Kind: party.Regulator, MSPID: mspOf[Authority]},
	}
	for i := range members {
		members[i].Roots = roots(members[i].ID)
	}
	return members
}

// Public is a public command in the atomic mode under a new request id.
func Public[T any](items ...T) wire.Request[T] {
	return wire.Request[T]{Version: wire.Version, ID: NewHandle(), Mode: wire.Atomic, Items: items}
}

// Private is a private command of a collection in the atomic mode under a new request id and salt.
func Private[T any](collection string, items ...T) wire.Request[T] {
	r := Public(items...)
	r.Collection, r.Salt = collection, NewDigest()
	return r
}

// PublicRead is the request of a public read.
func PublicRead(items ...string) wire.Read { return wire.Read{Version: wire.Version, Items: items} }

// PrivateRead is the request of a read in a collection.
func PrivateRead(collection string, handles ...string) wire.Read {
	return wire.Read{Version: wire.Version, Collection: collection, Items: handles}
}

// Must submits a call that is to be applied, and answers what it answered.
func (w *World) Must(c Call) wire.Answer {
	w.T.Helper()
	result := w.Submit(w.T, c)
	if result.Fault != nil || result.Verdict != peer.TxValidationCode_VALID {
		w.T.Fatalf("%s by %s: refused with %v, verdict %s", c.Function, c.Member, result.Fault, result.Verdict)
	}
	var answer wire.Answer
	if err := json.Unmarshal(result.Answer, &answer); err != nil {
		w.T.Fatalf("read the answer of %s: %v", c.Function, err)
	}
	return answer
}

// Refused submits a call that is to be refused, by the chaincode, with exactly this refusal.
func (w *World) Refused(c Call, want *fault.Fault) {
	w.T.Helper()
	result := w.Submit(w.T, c)
	if result.Fault == nil || !reflect.DeepEqual(result.Fault, want) {
		w.T.Fatalf("%s by %s: got %v, verdict %s, want the refusal %v", c.Function, c.Member, result.Fault, result.Verdict, want)
	}
}

// RefusedRead evaluates a read that is to be refused with exactly this refusal.
func (w *World) RefusedRead(c Call, want *fault.Fault) {
	w.T.Helper()
	result := w.Evaluate(w.T, c)
	if !reflect.DeepEqual(result.Fault, want) {
		w.T.Fatalf("%s by %s: got %v, want the refusal %v", c.Function, c.Member, result.Fault, want)
	}
}

// Invalid submits a call that is endorsed and ordered, and that the peers then find invalid because
// these endorsers do not satisfy a policy.
func (w *World) Invalid(c Call, endorsers ...string) {
	w.T.Helper()
	c.EndorseBy = endorsers
	result := w.Submit(w.T, c)
	if result.Fault != nil || result.Verdict != peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE {
		w.T.Fatalf("%s endorsed by %v: got %v, verdict %s, want %s", c.Function, endorsers,
			result.Fault, result.Verdict, peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE)
	}
}

// Read evaluates a read into a list of records.
func (w *World) Read(c Call, into any) {
	w.T.Helper()
	result := w.Evaluate(w.T, c)
	if result.Fault != nil {
		w.T.Fatalf("%s by %s: refused with %v", c.Function, c.Member, result.Fault)
	}
	if err := json.Unmarshal(result.Answer, into); err != nil {
		w.T.Fatalf("read the answer of %s: %v", c.Function, err)
	}
}

// Secret marks texts that nobody outside their collection may come to see.
func (w *World) Secret(texts ...string) {
	for _, text := range texts {
		w.secrets = append(w.secrets, []byte(text))
	}
}

func (w *World) checkSecrets() {
	w.T.Helper()
	searchable, ok := w.Ledger.(Searchable)
	if !ok {
		return
	}
	for _, secret := range w.secrets {
		for _, place := range searchable.Scan(w.T, secret) {
			w.T.Errorf("a private value is public: %s", place)
		}
	}
}
