package anchoring_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func each(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { run(t, newWorld(t, db)) })
}

// What is due goes in one transaction, in the order of storing, and is known by its place from then on.
func TestWhatIsDueIsSentOnceAndInOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(3, 1, 2, 1)
		if p := w.place(1); p != nil || w.waiting() != 3 {
			t.Errorf("before, %d wait, one of them at %+v", w.waiting(), p)
		}
		if n, err := w.log.Send(t.Context()); n != 3 || err != nil {
			t.Fatalf("sent %d, %v", n, err)
		}
		if len(w.asked) != 1 || len(w.stands) != 3 || w.stands[0].Digest != digest(3) || w.stands[2].Digest != digest(2) {
			t.Errorf("%d requests; there is %+v", len(w.asked), w.stands)
		}
		if p := w.place(1); p == nil || p.TxID != "tx-"+w.asked[0].id || p.Block != 1 || p.At != store.Time(w.now) {
			t.Errorf("it stands at %+v", p)
		}
		w.due(1)
		if n, err := w.log.Send(t.Context()); n != 0 || err != nil || len(w.asked) != 1 || w.waiting() != 0 {
			t.Errorf("sent %d again, %v; %d wait", n, err, w.waiting())
		}
	})
}

// A batch that a crash left without an answer is sent again under its name, before what came later.
func TestABatchIsSentAgainUnderItsName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1, 2)
		w.crash = true
		if n, err := w.log.Send(t.Context()); n != 0 || !errors.Is(err, context.Canceled) {
			t.Fatalf("sent %d, %v", n, err)
		}
		w.due(3)
		w.crash = false
		if n, err := w.part("decisions").Send(t.Context()); n != 3 || err != nil {
			t.Errorf("sent %d, %v", n, err)
		}
		if len(w.asked) != 3 || w.asked[0].id != w.asked[1].id || len(w.asked[1].entries) != 2 || w.asked[2].id == w.asked[1].id {
			t.Errorf("asked for %+v", w.asked)
		}
		if p := w.place(1); len(w.stands) != 3 || p == nil || p.TxID != "tx-"+w.asked[0].id {
			t.Errorf("%d are there, the first at %+v", len(w.stands), p)
		}
	})
}

// What may yet be ordered keeps its name.
func TestWhatMayYetBeOrderedKeepsItsName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1)
		w.unsure = true
		if n, err := w.log.Send(t.Context()); n != 0 || !errors.Is(err, fault.New(fault.OutcomeUnknown)) || w.waiting() != 1 {
			t.Fatalf("sent %d, %v", n, err)
		}
		w.unsure = false
		if n, err := w.log.Send(t.Context()); n != 1 || err != nil || w.asked[1].id != w.asked[0].id {
			t.Errorf("sent %d as %v, %v", n, w.asked, err)
		}
	})
}

// A digest that the ledger has refused loses the name of its batch, whose others stand, and goes into another batch.
func TestARefusedDigestGoesIntoAnotherBatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1, 2, 3)
		w.refuses[digest(2)] = fault.MemberUnknown
		n, err := w.log.Send(t.Context())
		if n != 2 || !errors.Is(err, fault.New(fault.MemberUnknown)) || !strings.Contains(err.Error(), digest(2)) || w.waiting() != 1 {
			t.Fatalf("sent %d, %v", n, err)
		}
		delete(w.refuses, digest(2))
		w.due(4)
		w.now = w.now.Add(time.Second)
		if n, err := w.log.Send(t.Context()); n != 2 || err != nil || len(w.stands) != 4 || w.asked[1].id == w.asked[0].id {
			t.Errorf("sent %d, %v; there is %v", n, err, w.stands)
		}
	})
}

// However many digests the ledger refuses for good, those behind them are sent at once, and the refused ones are asked
// about ever less often.
func TestWhatIsRefusedForGoodHoldsNothingUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const many = 520 // more than go in one batch
		for n := range many {
			w.refuses[digest(n)] = fault.DigestMalformed
			w.due(n)
		}
		w.refuses[digest(0)] = "" // so that the first batch is no refusal of its first digest alone
		w.due(many, many+1)
		if n, err := w.log.Send(t.Context()); n != 3 || !errors.Is(err, fault.New(fault.DigestMalformed)) || w.waiting() != many-1 {
			t.Fatalf("sent %d, %v", n, err)
		}
		w.asked = nil
		w.due(many + 2)
		if n, err := w.log.Send(t.Context()); n != 1 || err != nil || len(w.asked) != 1 {
			t.Errorf("at once, sent %d in %d requests, %v", n, len(w.asked), err)
		}
	})
}

// A digest that is refused rests: a moment at first, and ten minutes in the end.
func TestARefusedDigestRests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1)
		w.refuses[digest(1)] = fault.DigestMalformed
		send := func() int {
			before := len(w.asked)
			_, err := w.log.Send(t.Context())
			if len(w.asked) > before && !errors.Is(err, fault.New(fault.DigestMalformed)) {
				t.Errorf("a refusal is answered as %v", err)
			}
			return len(w.asked)
		}
		if first, again := send(), send(); first != 1 || again != 1 {
			t.Errorf("asked %d times, and %d at once", first, again)
		}
		for range 2 * 60 * 6 {
			w.now = w.now.Add(10 * time.Second)
			send()
		}
		if a := len(w.asked); a < 12 || a > 12+12 {
			t.Errorf("in two hours it was asked about %d times", a)
		}
		w.refuses[digest(1)] = ""
		w.now = w.now.Add(10 * time.Minute)
		if n, err := w.log.Send(t.Context()); n != 1 || err != nil {
			t.Errorf("then sent %d, %v", n, err)
		}
	})
}

// Of a request of which nothing is applied the ledger names the first refusal only: that speaks of no other digest.
func TestTheFirstRefusalSpeaksForItselfAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1, 2, 3)
		w.stands = []evidence.Entry{{Digest: digest(1)}, {Digest: digest(3)}}
		w.refuses[digest(2)] = fault.DigestMalformed
		n, err := w.log.Send(t.Context())
		if n != 2 || !errors.Is(err, fault.New(fault.DigestMalformed)) || w.waiting() != 1 || w.place(2) != nil {
			t.Errorf("sent %d, %v; the second stands at %+v", n, err, w.place(2))
		}
		if p := w.place(3); p == nil || p.TxID != "" {
			t.Errorf("what stood before stands at %+v", p)
		}
	})
}

// A database that was restored from a backup finds on the ledger what it had anchored since, and names no transaction
// that it does not know.
func TestWhatStandsAlreadyIsThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1, 2)
		w.stands = []evidence.Entry{{Digest: digest(1)}}
		if n, err := w.log.Send(t.Context()); n != 2 || err != nil || len(w.asked) != 1 {
			t.Fatalf("sent %d in %d requests, %v", n, len(w.asked), err)
		}
		if one, two := w.place(1), w.place(2); one == nil || one.TxID != "" || one.Block != 0 || two == nil || two.TxID == "" {
			t.Errorf("they stand at %+v and %+v", one, two)
		}
	})
}

// A chain goes in order: what is refused because of what comes before it is sent after that.
func TestAChainIsMended(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1)
		w.store(w.log, evidence.Entry{Digest: digest(2), Previous: digest(1), Phase: evidence.PhaseDecision, MediaType: evidence.ReviewMedia})
		w.due(3)
		w.refuses[digest(1)] = fault.MemberUnknown
		if n, err := w.log.Send(t.Context()); n != 1 || err == nil {
			t.Fatalf("sent %d, %v", n, err)
		}
		delete(w.refuses, digest(1))
		w.now = w.now.Add(time.Second)
		if n, err := w.log.Send(t.Context()); n != 2 || err != nil {
			t.Errorf("sent %d, %v", n, err)
		}
	})
}

// A request that is refused whole speaks of each of its digests, and all of them are tried again.
func TestAWholeRefusalIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1, 2)
		w.whole = fault.New(fault.NotBootstrapped)
		if n, err := w.log.Send(t.Context()); n != 0 || !errors.Is(err, w.whole) || len(w.asked) != 1 || w.waiting() != 2 {
			t.Fatalf("sent %d in %d requests, %v", n, len(w.asked), err)
		}
		w.whole, w.now = nil, w.now.Add(time.Second)
		if n, err := w.log.Send(t.Context()); n != 2 || err != nil || w.asked[1].id == w.asked[0].id {
			t.Errorf("then sent %d, %v", n, err)
		}
	})
}

// Parts share the ledger's log and nothing else: each has its own digests, also of the same document.
func TestPartsKeepApart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.due(1)
		other := w.part("disclosures")
		w.store(other, evidence.Entry{Digest: digest(1), Phase: evidence.PhaseDisclosure, MediaType: "text/csv"})
		if n, err := other.Send(t.Context()); n != 1 || err != nil || w.waiting() != 1 || w.place(1) != nil {
			t.Fatalf("sent %d, %v; %d wait", n, err, w.waiting())
		}
		if n, err := w.log.Send(t.Context()); n != 1 || err != nil || len(w.stands) != 1 || w.place(1) == nil {
			t.Errorf("sent %d, %v; there is %v", n, err, w.stands)
		}
	})
}

// Run goes on after a failure.
func TestRunSends(t *testing.T) {
	db := storetest.SQLite(t)
	w := newWorld(t, db)
	w.due(1)
	w.away = errors.New("the peer is away")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reported []error
	w.done(w.log.Run(ctx, func(err error) {
		reported = append(reported, err)
		w.away = nil
		time.AfterFunc(3*time.Second, cancel)
	}))
	if len(reported) != 1 || len(w.stands) != 1 {
		t.Errorf("reported %v, sent %d", reported, len(w.stands))
	}
}

// An entry that was sent alone stands, or there is a reason why not.
func TestMissing(t *testing.T) {
	exists, unknown := fault.New(fault.AlreadyExists), fault.In(fault.PreviousUnknown, "previous")
	for name, c := range map[string]struct {
		outcome outbox.Outcome
		want    error
	}{
		"committed":              {outbox.Outcome{Status: outbox.Committed}, nil},
		"stood before":           {outbox.Outcome{Status: outbox.Refused, Fault: exists.At(0)}, nil},
		"stood before, in whole": {outbox.Outcome{Status: outbox.Refused, Fault: exists}, nil},
		"refused":                {outbox.Outcome{Status: outbox.Refused, Fault: unknown.At(0)}, unknown},
		"on its way":             {outbox.Outcome{Status: outbox.Sent}, fault.New(fault.OutcomeUnknown)},
	} {
		if err := anchoring.Missing(c.outcome); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
