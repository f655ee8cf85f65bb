package underwriting_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// Who asked for erasure is scored no more and nothing of theirs is stored, nor of those who come with them in one
// call; an officer approves nothing of theirs, and may still refuse.
func TestARestrictedApplicantIsNotScored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		made := w.apply(good(1))
		w.people[handle(1)] = person.Record{Party: handle(1), Status: person.Restricted, Version: 1}
		_, err := w.desk.Decide(t.Context(), "again", []underwriting.Application{good(2), good(1)})
		refusedIn(t, err, "party", 2)
		if !errors.Is(err, fault.New(fault.ProcessingRestricted)) {
			t.Errorf("refused as %v", err)
		}
		var kept int
		w.done(db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM underwriting_application`).Scan(&kept))
		if kept != 1 {
			t.Errorf("%d applications are kept", kept)
		}
		judge := func(request string, action underwriting.Action) error {
			_, err := w.desk.Judge(t.Context(), underwriting.Judgement{Request: request, Decision: made.ID, Action: action, By: "rita", Words: "so"})
			return err
		}
		w.done(judge("1", underwriting.Ask))
		if err := judge("2", underwriting.Approve); !errors.Is(err, fault.New(fault.ProcessingRestricted)) {
			t.Errorf("approved: %v", err)
		}
		w.done(judge("3", underwriting.Refuse))
	})
}

// Models learn nothing of them either.
func TestModelsDoNotLearnOfTheRestricted(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	for n := range 2 {
		made := w.apply(good(n + 1))
		w.loans = append(w.loans, lent(n+1, handle(n+1), made.Application, today.AddDays(-300), loan.WrittenOff))
	}
	w.people[handle(2)] = person.Record{Party: handle(2), Status: person.Restricted, Version: 1}
	w.now = w.now.Add(7*24*time.Hour + time.Second)
	w.done(w.desk.Registry().Weekly(t.Context()))
	list, err := w.desk.Registry().Models(t.Context())
	w.done(err)
	if len(list) != 4 || list[2].OwnRows != 1 {
		t.Errorf("trained on %+v", list)
	}
}
