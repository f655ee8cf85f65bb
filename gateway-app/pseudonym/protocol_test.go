package pseudonym

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cloudflare/circl/oprf"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestOnePersonIsOnePseudonymOnEveryPlatform(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, DefaultLimits())
		here, there := w.bring("harbor", aliceNumber, aliceNumber), w.bring("lantern", "110105 19491231 002x", aliceNumber)
		bob := w.bring("harbor", bobNumber, bobNumber)
		for _, r := range append(w.apply("harbor", here, bob), w.apply("lantern", there)...) {
			if !r.Linked || r.Refusal != nil {
				t.Fatalf("%+v", r)
			}
		}
		alice := w.linked(here)
		if alice != w.linked(there) || alice == w.linked(bob) || !wire.IsHandle(alice) {
			t.Errorf("alice is %s and %s, bob %s", alice, w.linked(there), w.linked(bob))
		}
		sent := len(w.chain.commands)
		if again := w.apply("harbor", here, bob); !again[0].Linked || !again[1].Linked || len(w.chain.commands) != sent {
			t.Errorf("applying again: %+v, %d commands after %d", again, len(w.chain.commands), sent)
		}
	})
}

// Each of the two functions is RFC 9497's, so what comes out is what anybody with both keys computes.
func TestThePseudonymFollowsFromBothKeys(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	handle := w.bring("harbor", aliceNumber, aliceNumber)
	w.apply("harbor", handle)
	var outputs [][]byte
	var ids []string
	for _, h := range []*Holder{w.regulator.Holder, w.custodian.Holder} {
		k, err := h.keys.key(1)
		if err != nil {
			t.Fatal(err)
		}
		out, err := oprf.NewVerifiableServer(suite, k.private).FullEvaluate(number(t, aliceNumber).input())
		if err != nil {
			t.Fatal(err)
		}
		outputs, ids = append(outputs, out), append(ids, k.id)
	}
	want, err := derive(ids[0], ids[1], outputs[0], outputs[1])
	if err != nil || want != w.linked(handle) {
		t.Errorf("%s and not %s (%v)", w.linked(handle), want, err)
	}
	if ids[0] == ids[1] {
		t.Error("regulator and custodian hold the same key")
	}
}

func TestAPlatformCannotLinkANumberThatTheCustodianHasNotVerified(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, DefaultLimits())
		handle := w.bring("harbor", bobNumber, aliceNumber)
		for range DefaultLimits().Tries {
			if r := w.apply("harbor", handle)[0]; !refusedWith(r, fault.CommitmentMismatch) {
				t.Fatalf("%+v", r)
			}
		}
		w.claimed["harbor"][handle] = number(t, aliceNumber)
		if r := w.apply("harbor", handle)[0]; !refusedWith(r, fault.WrongStatus) {
			t.Errorf("after the last try: %+v", r)
		}
		if len(w.chain.commands) != 0 {
			t.Error("something was sent to the ledger")
		}
		usage, err := w.custodian.Usage(t.Context(), calendar.NewDate(2020, 1, 1), calendar.NewDate(2999, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		refused := map[string]int64{}
		for _, u := range usage {
			refused[u.Purpose] += u.Refused
		}
		if refused["open"] != int64(DefaultLimits().Tries) {
			t.Errorf("the audit counts %+v", usage)
		}
	})
}

func TestAMistypedNumberIsTriedAgain(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	wrong, right := w.bring("harbor", bobNumber, aliceNumber), w.bring("harbor", bobNumber, bobNumber)
	results := w.apply("harbor", wrong, right)
	if !refusedWith(results[0], fault.CommitmentMismatch) || !results[1].Linked {
		t.Fatalf("%+v", results)
	}
	w.claimed["harbor"][wrong] = number(t, aliceNumber)
	// The platform has lost its database, and finds out which try is next.
	w.platforms["harbor"].db = storetest.SQLite(t)
	if r := w.apply("harbor", wrong)[0]; !r.Linked {
		t.Errorf("%+v", r)
	}
}

// A platform that knows what the custodian's function makes of Bob's number, from an application of Bob's,
// cannot use it for Alice's; nor can it deposit one number and commit to another.
func TestACommitmentHoldsForOneApplicationAndOnePoint(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	ctx, collection := t.Context(), "harbor-meridian"
	alice, bob := w.bring("harbor", aliceNumber, aliceNumber), w.bring("harbor", bobNumber, bobNumber)
	keys, err := w.custodian.Keys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	public, err := readPoint(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	c := call{platform: w.platforms["harbor"], pinned: keys[0], public: public, epoch: 1, collection: collection, members: []member{
		{0, alice, 1, number(t, aliceNumber)}, {1, bob, 1, number(t, bobNumber)},
	}}
	openings, err := c.exchange(ctx)
	if err != nil {
		t.Fatal(err)
	}
	swapped := openings
	swapped.Openings = []Opening{{alice, 1, openings.Openings[1].Sealed}}
	door := asCustodian{w.custodian, "harbor"}
	results, err := door.Open(ctx, swapped)
	if err != nil || !refusedWith(results[0], fault.CommitmentMismatch) {
		t.Errorf("another application's commitment: %+v %v", results, err)
	}
	other := asCustodian{w.custodian, "lantern"}
	if results, err = other.Open(ctx, openings); err != nil || !refusedWith(results[0], fault.WrongMember) {
		t.Errorf("another platform's commitment: %+v %v", results, err)
	}
	// The commitment is to Alice, the point is of Bob's number: the blind fits the one and not the other.
	own, err := oprf.NewVerifiableServer(suite, must(w.custodian.keys.key(1)).private).FullEvaluate(number(t, aliceNumber).input())
	if err != nil {
		t.Fatal(err)
	}
	forged, err := seal(own, 1, collection, alice, 1, suite.Group().HashToScalar([]byte("another blind"), nil))
	if err != nil {
		t.Fatal(err)
	}
	mixed := Openings{1, collection, []Opening{forged, openings.Openings[1]}}
	if results, err = door.Open(ctx, mixed); err != nil || !refusedWith(results[0], fault.CommitmentMismatch) || !results[1].Linked {
		t.Errorf("a blind that does not fit the point: %+v %v", results, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A key holder that answers with another key than the one it announced is found out, whichever it is.
func TestAnEvaluationWithAnotherKeyIsFoundOut(t *testing.T) {
	for _, liar := range []string{"authority", "meridian"} {
		w := newWorld(t, storetest.SQLite(t), DefaultLimits())
		handle := w.bring("harbor", aliceNumber, aliceNumber)
		holder := map[string]*Holder{"authority": w.regulator.Holder, "meridian": w.custodian.Holder}[liar]
		secret := must(must(OpenKeyring(t.TempDir(), nil)).make(1))
		honest := must(holder.keys.key(1))
		holder.keys.held[1] = &key{private: secret.private, id: honest.id, point: honest.point}
		_, err := w.platforms["harbor"].Apply(t.Context(), "harbor-meridian", []string{handle})
		if !errors.Is(err, fault.New(fault.SignatureInvalid)) || len(w.chain.commands) != 0 {
			t.Errorf("%s lies: %v", liar, err)
		}
	}
}

func TestAnAnnouncedKeyDoesNotChange(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	w.apply("harbor", w.bring("harbor", aliceNumber, aliceNumber))
	other := must(must(OpenKeyring(t.TempDir(), nil)).make(1))
	announced := []PublicKey{{"authority", 1, other.id, hex.EncodeToString(other.point), Current}}
	if _, _, err := pin(t.Context(), w.custodian.db, announced, 1); !errors.Is(err, fault.New(fault.CommitmentMismatch)) {
		t.Errorf("another key under a pinned epoch: %v", err)
	}
}

func TestLimitsHoldForEachCaller(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, Limits{DayPoints: 2, Tries: 3})
		w.apply("harbor", w.bring("harbor", aliceNumber, aliceNumber), w.bring("harbor", bobNumber, bobNumber))
		third := w.bring("harbor", aliceNumber, aliceNumber)
		_, err := w.platforms["harbor"].Apply(t.Context(), "harbor-meridian", []string{third})
		if !errors.Is(err, fault.New(fault.Busy)) {
			t.Errorf("beyond the limit: %v", err)
		}
		if err := (asRegulator{w.regulator, "lantern"}).Deposit(t.Context(), Points{
			1, "lantern-meridian", []Point{{w.bring("lantern", bobNumber, bobNumber), 1, onePoint(t)}},
		}); err != nil {
			t.Errorf("another caller: %v", err)
		}
	})
}

func onePoint(t *testing.T) []byte {
	t.Helper()
	raw, err := suite.Group().Generator().MarshalBinaryCompress()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What a stranger, or the wrong member, asks is refused with the item that is at fault.
func TestWhoMayAskWhat(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	ctx := t.Context()
	handle := w.bring("harbor", aliceNumber, aliceNumber)
	unattested := w.bring("harbor", bobNumber, bobNumber)
	state := w.chain.parties[Application{"harbor-meridian", unattested}]
	state.CustodianAttested = 0
	w.chain.parties[Application{"harbor-meridian", unattested}] = state
	point := func(handle string, element []byte) Points {
		return Points{1, "harbor-meridian", []Point{{handle, 1, element}}}
	}
	for name, c := range map[string]struct {
		err  error
		want *fault.Fault
	}{
		"another platform deposits":   {w.regulator.Deposit(ctx, "lantern", point(handle, onePoint(t))), fault.In(fault.WrongMember, "party").At(0)},
		"the custodian deposits":      {w.regulator.Deposit(ctx, "meridian", point(handle, onePoint(t))), fault.In(fault.WrongMember, "party").At(0)},
		"for a party unknown":         {w.regulator.Deposit(ctx, "harbor", point(strings.Repeat("0", 32), onePoint(t))), fault.In(fault.PartyUnknown, "party").At(0)},
		"for a party unverified":      {w.regulator.Deposit(ctx, "harbor", point(unattested, onePoint(t))), fault.In(fault.AttestationMissing, "party").At(0)},
		"no point":                    {w.regulator.Deposit(ctx, "harbor", point(handle, []byte{1, 2})), fault.In(fault.InvalidField, "element").At(0)},
		"the point at infinity":       {w.regulator.Deposit(ctx, "harbor", point(handle, []byte{0})), fault.In(fault.InvalidField, "element").At(0)},
		"no points":                   {w.regulator.Deposit(ctx, "harbor", Points{Epoch: 1}), fault.New(fault.BatchEmpty)},
		"an epoch to come":            {w.regulator.Deposit(ctx, "harbor", Points{Epoch: 2}), fault.In(fault.NotFound, "epoch")},
		"a platform collects":         {second(w.regulator.Collect(ctx, "harbor", Claims{1, "harbor-meridian", []Claim{{handle, 1}}})), fault.In(fault.WrongMember, "party").At(0)},
		"what nobody deposited":       {second(w.regulator.Collect(ctx, "meridian", Claims{1, "harbor-meridian", []Claim{{handle, 1}}})), fault.In(fault.NotFound, "party").At(0)},
		"a try beyond the last":       {w.regulator.Deposit(ctx, "harbor", Points{1, "harbor-meridian", []Point{{handle, 4, onePoint(t)}}}), fault.In(fault.InvalidField, "attempt").At(0)},
		"a party twice":               {w.regulator.Deposit(ctx, "harbor", Points{1, "harbor-meridian", []Point{{handle, 1, onePoint(t)}, {handle, 2, onePoint(t)}}}), fault.In(fault.InvalidField, "party").At(1)},
		"another platform's evaluate": {second(w.custodian.Evaluate(ctx, "lantern", point(handle, onePoint(t)))), fault.In(fault.WrongMember, "party").At(0)},
	} {
		var got *fault.Fault
		if !errors.As(c.err, &got) || *got != *c.want {
			t.Errorf("%s: %v, not %v", name, c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestHundredsInACall(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	handles := make([]string, 300)
	for i := range handles {
		digits := fmt.Sprintf("1101051949123%04d", i)
		handles[i] = w.bring("harbor", digits+residentCheck(digits), digits+residentCheck(digits))
	}
	seen := map[string]bool{}
	for i, r := range w.apply("harbor", handles...) {
		if !r.Linked {
			t.Fatalf("%d: %+v", i, r)
		}
		seen[w.linked(handles[i])] = true
	}
	if len(seen) != len(handles) {
		t.Errorf("%d people are %d pseudonyms", len(handles), len(seen))
	}
}

// Nothing that leaves a member, or lies in a key holder's database, holds the number, and the platform's
// answer does not hold the pseudonym.
func TestNoNumberLeavesAMember(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), DefaultLimits())
	handle := w.bring("harbor", aliceNumber, aliceNumber)
	spy := &spyCustodian{asCustodian{w.custodian, "harbor"}, nil}
	w.platforms["harbor"].custodian = spy
	results := w.apply("harbor", handle)
	seen := append(spy.said, must(json.Marshal(results))...)
	for _, text := range []string{aliceNumber, w.linked(handle)} {
		if bytes.Contains(seen, []byte(text)) {
			t.Errorf("%q was said", text)
		}
	}
	if len(spy.said) == 0 || strings.Contains(fmt.Sprintf("%v %+v %#v", number(t, aliceNumber), number(t, aliceNumber), number(t, aliceNumber)), "1949") {
		t.Error("a number shows itself")
	}
}

type spyCustodian struct {
	asCustodian
	said []byte
}

func (s *spyCustodian) Evaluate(ctx context.Context, p Points) (Evaluation, error) {
	s.said = append(s.said, must(json.Marshal(p))...)
	return s.asCustodian.Evaluate(ctx, p)
}

func (s *spyCustodian) Open(ctx context.Context, o Openings) ([]Result, error) {
	s.said = append(s.said, must(json.Marshal(o))...)
	return s.asCustodian.Open(ctx, o)
}

func TestKeyFilesAreClosedAndSealed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "keys")
	k := must(must(OpenKeyring(folder, reversing{})).make(1))
	path := filepath.Join(folder, "epoch-0001.key")
	if info := must(os.Stat(path)); info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v", info.Mode())
	}
	private := must(k.private.MarshalBinary())
	var file keyFile
	if err := json.Unmarshal(must(os.ReadFile(path)), &file); err != nil || bytes.Equal(file.Key, private) || !file.Sealed {
		t.Errorf("the key lies there as it is (%v)", err)
	}
	again := must(must(OpenKeyring(folder, reversing{})).key(1))
	if again.id != k.id {
		t.Error("another process reads another key")
	}
	if _, err := must(OpenKeyring(folder, nil)).key(1); err == nil {
		t.Error("a sealed key was read without its vault")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := must(OpenKeyring(folder, reversing{})).key(1); err == nil {
		t.Error("a key that others can read was used")
	}
}

// reversing stands for a vault.
type reversing struct{}

func (reversing) Seal(_, _, _ string, plain []byte) ([]byte, error) {
	sealed := bytes.Clone(plain)
	for i := range sealed {
		sealed[i] ^= 0xff
	}
	return sealed, nil
}

func (r reversing) Open(a, b, c string, sealed []byte) ([]byte, error) {
	return r.Seal(a, b, c, sealed)
}

func (reversing) Current([]byte) bool { return true }
