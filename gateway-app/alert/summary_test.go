package alert_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestSummary(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		now := time.Date(2024, 4, 1, 9, 0, 0, 0, time.UTC)
		settings := brisk("first")
		settings.Now = func() time.Time { return now }
		d.Alerts = alert.New(db, d.vault, d.ledger, d.notices, settings)
		medium, high := d.found()
		stop := d.run()
		d.ledger.move("ann", "deposit", "2024-04-01", million)
		d.ledger.move("ann", "deposit", "2024-04-02", million)
		d.caughtUp()
		stop()
		now = now.Add(90 * time.Minute)
		if _, err := d.Decide(t.Context(), medium.ID, alert.Outcome{Status: alert.Dismissed, Reason: "own_funds", By: "olga"}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Decide(t.Context(), high.ID, alert.Outcome{Status: alert.Escalated, Reason: "unclear", By: "olga"}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			from, to calendar.Date
			want     string
		}{
			{0, 0, "2024-03 large_transfer o0 e0 d1 r0 1h30m0s; 2024-03 no_lending o0 e1 d0 r0 0s; 2024-04 large_transfer o2 e0 d0 r0 0s; "},
			{calendar.NewDate(2024, 4, 1), 0, "2024-04 large_transfer o2 e0 d0 r0 0s; "},
			{0, calendar.NewDate(2024, 3, 1), "2024-03 large_transfer o0 e0 d1 r0 1h30m0s; "},
		} {
			list, err := d.Summary(t.Context(), c.from, c.to)
			got := ""
			for _, one := range list {
				got += fmt.Sprintf("%s %s o%d e%d d%d r%d %s; ", one.Month, one.Rule, one.Counts[alert.Open], one.Counts[alert.Escalated],
					one.Counts[alert.Dismissed], one.Counts[alert.Reported], one.Longest)
			}
			if err != nil || got != c.want {
				t.Errorf("%s to %s: %s, %v; want %s", c.from, c.to, got, err, c.want)
			}
		}
	})
}
