package alert_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Transactions that break off when all but their end is written leave nothing behind, and what they were about is
// looked at again, once.
func TestWhatBreaksOffIsLookedAtAgainOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.Alerts = alert.New(db, d.vault, d.ledger, &breaking{Feed: d.notices, times: 3}, brisk("first"))
		for i := range 10 {
			d.ledger.move(fmt.Sprintf("p%d", i), "deposit", "2024-03-01", million)
		}
		d.run()
		d.caughtUp()
		d.once(10)
	})
}

// once wants so many alerts, each of one movement, and as many notices with a dense sequence.
func (d *desk) once(count int) {
	d.t.Helper()
	got := d.raised()
	for _, text := range got {
		if text[len(text)-2:] != " 1" {
			d.t.Errorf("%q", text)
		}
	}
	slices.Sort(got)
	if distinct := slices.Compact(slices.Clone(got)); len(got) != count || len(distinct) != count || d.told("alert.raised") != count {
		d.t.Errorf("%d alerts, %d different ones, %d notices; want %d", len(got), len(distinct), d.told("alert.raised"), count)
	}
	if end, err := d.notices.Alerts().End(context.Background()); err != nil || end != int64(count) {
		d.t.Errorf("the last notice is %d, %v", end, err)
	}
	var movements int
	if err := d.db.QueryRow(`SELECT COUNT(*) FROM alert_movement`).Scan(&movements); err != nil || movements != count {
		d.t.Errorf("%d movements, %v", movements, err)
	}
}

// Two processes on one database, of which the one that looks is ended again and again.
func TestTwoProcessesLookOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		other := alert.New(db, d.vault, d.ledger, d.notices, brisk("second"))
		stop := d.run()
		run(t, other)
		const count = 30
		for i := range count {
			d.ledger.move(fmt.Sprintf("p%d", i), "deposit", "2024-03-01", million)
			if i%10 == 5 {
				stop()
				stop = d.run()
			}
			time.Sleep(2 * time.Millisecond)
		}
		d.caughtUp()
		d.once(count)
	})
}

// A read model that is begun anew shows the same rows under the same numbers: nothing is raised again.
func TestARebuildRaisesNothingAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		d.run()
		for i := range 5 {
			d.ledger.move(fmt.Sprintf("p%d", i), "deposit", "2024-03-01", million)
		}
		d.caughtUp()
		for rows := range 6 {
			d.ledger.show(rows)
			time.Sleep(30 * time.Millisecond)
		}
		d.ledger.move("p5", "deposit", "2024-03-01", million)
		d.caughtUp()
		d.once(6)
	})
}
