package anchoring_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// world is a part of the app with its digests, and the ledger's evidence log behind an outbox.
type world struct {
	t   *testing.T
	db  *store.DB
	log *anchoring.Log
	now time.Time

	away     error                 // the outbox cannot store
	crash    bool                  // the process dies before it hears the outcome of what was committed
	unsure   bool                  // what was sent may yet be ordered
	whole    *fault.Fault          // refuses whole requests
	refuses  map[string]fault.Code // by digest
	stands   []evidence.Entry
	answered map[string]outbox.Outcome // a request is answered as before, as the outbox does
	asked    []request
}

// request is what the outbox was given.
type request struct {
	id      string
	entries []evidence.Entry
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{
		t: t, db: db, now: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC),
		refuses: map[string]fault.Code{}, answered: map[string]outbox.Outcome{},
	}
	w.log = w.part("decisions")
	return w
}

func (w *world) part(name string) *anchoring.Log {
	return anchoring.New(w.db, w, name, func() time.Time { return w.now })
}

func (w *world) done(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// digest is the n-th of a test.
func digest(n int) string { return fmt.Sprintf("%064x", n) }

// due stores the numbered digests, in that order.
func (w *world) due(numbers ...int) {
	w.t.Helper()
	for _, n := range numbers {
		w.store(w.log, evidence.Entry{Digest: digest(n), Phase: evidence.PhaseDecision, MediaType: evidence.DecisionMedia})
	}
}

func (w *world) store(l *anchoring.Log, e evidence.Entry) {
	w.t.Helper()
	w.done(w.db.Write(w.t.Context(), func(tx *sql.Tx) error { return l.Due(w.t.Context(), tx, e, w.now) }))
}

// waiting is how many digests are not on the ledger yet.
func (w *world) waiting() int64 {
	w.t.Helper()
	n, err := w.log.Unanchored(w.t.Context())
	w.done(err)
	return n
}

// place is where a digest is, as a part that keeps documents reads it beside them.
func (w *world) place(n int) *anchoring.Place {
	w.t.Helper()
	var p anchoring.Place
	query := `SELECT ` + anchoring.PlaceColumns + ` FROM (SELECT CAST($1 AS TEXT) AS digest) d ` + anchoring.PlaceOf("decisions", "d.digest")
	w.done(w.db.QueryRowContext(w.t.Context(), query, digest(n)).Scan(&p.At, &p.TxID, &p.Block))
	return p.Found()
}

// Do appends as outbox and contract do: a request that was decided is answered as before, and one of which nothing is
// applied is refused with the first refusal alone.
func (w *world) Do(_ context.Context, c outbox.Command) (outbox.Outcome, error) {
	if w.away != nil {
		return outbox.Outcome{}, w.away
	}
	var entries []evidence.Entry
	w.done(json.Unmarshal(c.Items, &entries))
	w.asked = append(w.asked, request{c.ID, entries})
	if c.Function != "Evidence:Append" || c.Mode != wire.Each || c.Lanes[0] != anchoring.Lane || c.Identity != "machine" {
		w.t.Errorf("the outbox got %+v", c)
	}
	if w.unsure {
		return outbox.Outcome{ID: c.ID, Status: outbox.Sent}, nil
	}
	outcome, known := w.answered[c.ID]
	if !known {
		outcome = w.decide(c.ID, entries)
		w.answered[c.ID] = outcome
	}
	if w.crash {
		return outbox.Outcome{}, context.Canceled
	}
	return outcome, nil
}

func (w *world) decide(id string, entries []evidence.Entry) outbox.Outcome {
	if w.whole != nil {
		return outbox.Outcome{ID: id, Status: outbox.Refused, Fault: w.whole}
	}
	known := map[string]bool{}
	for _, e := range w.stands {
		known[e.Digest] = true
	}
	answer := wire.Answer{Version: wire.Version}
	for i, e := range entries {
		switch {
		case known[e.Digest]:
			answer.Refused = append(answer.Refused, fault.New(fault.AlreadyExists).At(i))
		case w.refuses[e.Digest] != "":
			answer.Refused = append(answer.Refused, fault.New(w.refuses[e.Digest]).At(i))
		case e.Previous != "" && !known[e.Previous]:
			answer.Refused = append(answer.Refused, fault.In(fault.PreviousUnknown, "previous").At(i))
		default:
			known[e.Digest] = true
			answer.Applied++
			w.stands = append(w.stands, e)
		}
	}
	if answer.Applied == 0 {
		return outbox.Outcome{ID: id, Status: outbox.Refused, Fault: answer.Refused[0]}
	}
	return outbox.Outcome{ID: id, Status: outbox.Committed, TxID: "tx-" + id, Block: uint64(len(w.asked)), Answer: answer}
}
