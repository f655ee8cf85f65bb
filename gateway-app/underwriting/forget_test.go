package underwriting_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// After a purge the digests are left, and nothing that they are of; another's stays whole.
func TestAPurgeLeavesDigestsAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		gone := good(1)
		gone.Contacts = []string{mark(1)}
		made, other := w.apply(gone), w.apply(good(2))
		_, err := w.desk.Judge(t.Context(), underwriting.Judgement{Request: "r", Decision: made.ID, Action: underwriting.Ask, By: "bao", Words: "why"})
		w.done(err)
		w.done(db.Write(t.Context(), func(tx *sql.Tx) error { return w.desk.Forget(t.Context(), tx, handle(1)) }))
		left, err := w.desk.Decision(t.Context(), made.ID)
		w.done(err)
		if _, err := left.Export(); !errors.Is(err, fault.New(fault.NotFound)) || left.Digest != made.Digest || left.Result != nil {
			t.Errorf("left is %+v, exported %v", left, err)
		}
		if told, err := left.Told(); err != nil || told.Terms != nil {
			t.Errorf("told %+v, %v", told, err)
		}
		sent, err := w.desk.Submission(t.Context(), made.Application)
		w.done(err)
		reviews, err := w.desk.Reviews(t.Context(), made.Application)
		w.done(err)
		if sent.Party != "" || len(reviews) != 1 || reviews[0].Words != "" {
			t.Errorf("sent in %+v, reviews %+v", sent, reviews)
		}
		var traces int
		w.done(db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM underwriting_trace WHERE party = $1`, handle(1)).Scan(&traces))
		if traces != 0 {
			t.Errorf("%d traces are left", traces)
		}
		if whole, err := w.desk.Decision(t.Context(), other.ID); err != nil || whole.Purged() {
			t.Errorf("another's decision: %+v, %v", whole, err)
		}
	})
}

// Old traces are deleted, contacts later than others.
func TestOldTracesAreDeleted(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	a := good(1)
	a.Device.ID, a.Contacts = mark(1), []string{mark(2)}
	w.apply(a)
	count := func() (n int) {
		w.done(w.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM underwriting_trace`).Scan(&n))
		return n
	}
	for _, step := range []struct{ days, left int }{{89, 3}, {2, 1}, {640, 0}} {
		w.now = w.now.AddDate(0, 0, step.days)
		w.done(w.desk.Tidy(t.Context()))
		if got := count(); got != step.left {
			t.Errorf("%d traces after %d more days, want %d", got, step.days, step.left)
		}
	}
}
