package underwriting_test

import (
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// Four people on one telephone: the second is looked at, the fourth is refused.
func TestADeviceOfManyIdentities(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		want := []string{"approve", "refer", "refer", "refuse"}
		for i, outcome := range want {
			a := good(i + 1)
			a.Device.ID = mark(7)
			made := w.apply(a)
			w.now = w.now.Add(8 * 24 * time.Hour) // far apart, so that no velocity counts
			if made.Outcome != outcome || w.signal(made, "device_identities") != string(rune('1'+i)) {
				t.Errorf("applicant %d: %s with %s identities", i+1, made.Outcome, w.signal(made, "device_identities"))
			}
		}
	})
}

// Applications are counted by the hour, the day and the week, of the device, of the applicant and of the address.
func TestVelocities(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		a := good(1)
		a.Device = underwriting.Device{ID: mark(1), Address: mark(2)}
		var last underwriting.Decision
		for _, later := range []time.Duration{0, 6 * 24 * time.Hour, 4 * time.Hour, 50 * time.Minute} {
			w.now = w.now.Add(later)
			last = w.apply(a)
		}
		for _, of := range []string{"device", "applicant", "address"} {
			for window, want := range map[string]string{"hour": "2", "day": "3", "week": "4"} {
				if got := w.signal(last, of+"_applications_"+window); got != want {
					t.Errorf("%s a %s: %s, want %s", of, window, got, want)
				}
			}
		}
		b := good(2)
		if got := w.signal(w.apply(b), "device_applications_week"); got != "0" {
			t.Errorf("an unknown device has %s applications", got)
		}
	})
}

// A batch counts itself: the second of two applications from one device sees the first.
func TestABatchCountsItself(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	a, b := good(1), good(2)
	a.Device.ID, b.Device.ID = mark(1), mark(1)
	decided, err := w.desk.Decide(t.Context(), "r", []underwriting.Application{a, b})
	w.done(err)
	if w.signal(decided[0], "device_identities") != "1" || w.signal(decided[1], "device_identities") != "2" {
		t.Errorf("identities %s, %s", w.signal(decided[0], "device_identities"), w.signal(decided[1], "device_identities"))
	}
}

// Who names the same contact as somebody in default is looked at; the default is seen on the day that it is one.
func TestContactsSharedWithDefaulters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		bad, fine, newcomer := good(1), good(2), good(3)
		bad.Contacts = []string{mark(1), mark(2)}
		fine.Contacts = []string{mark(2)}
		newcomer.Contacts = []string{mark(1), mark(2), mark(2), mark(9)}
		w.apply(bad)
		w.apply(fine)
		before := w.apply(newcomer)
		if before.Outcome != "approve" || w.signal(before, "contacts_shared") != "2" || w.signal(before, "contacts_defaulted") != "0" {
			t.Errorf("before: %s, %s shared", before.Outcome, w.signal(before, "contacts_shared"))
		}
		for _, defaulted := range []func() (loan.Status, int){
			func() (loan.Status, int) { return loan.WrittenOff, 10 },
			func() (loan.Status, int) { return loan.Active, 122 }, // the first instalment is 91 days late, or 92
		} {
			status, ago := defaulted()
			w.loans = append(w.loans[:0], lent(1, handle(1), handle(901), today.AddDays(-ago), status))
			w.now = w.now.Add(8 * 24 * time.Hour)
			after := w.apply(newcomer)
			if after.Outcome != "refer" || w.signal(after, "contacts_defaulted") != "1" {
				t.Errorf("after %s: %s, %s defaulted", status, after.Outcome, w.signal(after, "contacts_defaulted"))
			}
		}
		w.loans = append(w.loans[:0], lent(1, handle(1), handle(901), today.AddDays(-100), loan.Active))
		w.now = w.now.Add(8 * 24 * time.Hour)
		if late := w.apply(newcomer); w.signal(late, "contacts_defaulted") != "0" {
			t.Error("less than ninety days late is in default")
		}
	})
}

// The first money after a change of profile or key is looked at, and none that comes after.
func TestTheFirstDrawAfterAChange(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.people[handle(1)] = person.Record{ID: handle(51), Version: 2, ChangedAt: store.Time(w.now.Add(-3 * 24 * time.Hour))}
	made := w.apply(good(1))
	if made.Outcome != "refer" || w.signal(made, "first_draw_after_change") != "true" || w.signal(made, "profile_changed_days") != "3" {
		t.Errorf("%s, %s days", made.Outcome, w.signal(made, "profile_changed_days"))
	}
	w.loans = append(w.loans, lent(1, handle(1), handle(901), today.AddDays(-1), loan.Active))
	if again := w.apply(good(1)); w.signal(again, "first_draw_after_change") != "false" {
		t.Error("money was paid out since, and it is still the first")
	}
	w.parties[handle(2)] = party.State{Keys: []party.HeldKey{
		{Sequence: 1, From: calendar.NewDate(2026, 1, 1)}, {Sequence: 2, From: today.AddDays(-30)},
	}}
	if made := w.apply(good(2)); w.signal(made, "key_changed_days") != "30" || w.signal(made, "first_draw_after_change") != "true" {
		t.Errorf("key changed %s days ago", w.signal(made, "key_changed_days"))
	}
	w.parties[handle(3)] = party.State{Keys: []party.HeldKey{{Sequence: 1}, {Sequence: 2, From: today.AddDays(-31)}}}
	if made := w.apply(good(3)); w.signal(made, "first_draw_after_change") != "false" {
		t.Error("a change of long ago still counts")
	}
	if made := w.apply(good(4)); w.signal(made, "key_changed_days") != "-1" || w.signal(made, "profile_changed_days") != "-1" {
		t.Error("nobody changed anything")
	}
}

// The applicant's own loans are among the signals.
func TestOwnStanding(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.loans = append(w.loans, lent(1, handle(1), handle(901), today.AddDays(-70), loan.Active), lent(2, handle(1), handle(902), today, loan.Active))
	made := w.apply(good(1))
	if made.Outcome != "refuse" || w.signal(made, "open_loans") != "2" || w.signal(made, "exposed_minor") != "2400000" {
		t.Errorf("%s, %s loans of %s, %s days", made.Outcome, w.signal(made, "open_loans"), w.signal(made, "exposed_minor"), w.signal(made, "overdue_days"))
	}
}

// Nothing by which device, address or contact could be recognised is in the database.
func TestTracesTellNothing(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	a := good(1)
	a.Device = underwriting.Device{ID: mark(0xd0), Address: mark(0xad)}
	a.Contacts = []string{mark(0xc0)}
	w.apply(a)
	rows, err := w.db.QueryContext(t.Context(), `SELECT kind || mark || party FROM underwriting_trace
		UNION ALL SELECT submission || salt || digest FROM underwriting_application
		UNION ALL SELECT inputs || salt || decision FROM underwriting_decision`)
	w.done(err)
	defer rows.Close()
	found := 0
	for rows.Next() {
		var text string
		w.done(rows.Scan(&text))
		found++
		for _, plain := range []string{mark(0xd0), mark(0xad), mark(0xc0), "education", "annual_inc", "emp_ge_10"} {
			if contains(text, plain) {
				t.Errorf("a row holds %s", plain)
			}
		}
	}
	w.done(rows.Err())
	if found < 6 {
		t.Errorf("%d rows were looked at", found)
	}
}
