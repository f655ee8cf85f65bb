package alert_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// BenchmarkMovements looks at movements of 200 parties over 36 months, held against the shipped rules, in SQLite.
func BenchmarkMovements(b *testing.B) {
	const parties = 200
	d := newDeskFor(b, storetest.SQLite(b))
	entries := make([]projection.Entry, b.N)
	for i := range entries {
		on := calendar.NewDate(2024, 1, 1).AddDays(i / parties % 1080)
		who := fmt.Sprintf("p%d", i%parties)
		entries[i] = projection.Entry{
			Type: "custody.settled", Kind: "custody", Collection: "harbor-meridian", Subject: "i",
			Payload: projection.Payload{Party: who, Kind: []string{"deposit", "hold", "pay_out", "withdraw"}[i/parties%4], On: on, AmountMinor: 100_000},
		}
		if i%2 == 0 {
			entries[i].Type, entries[i].Kind, entries[i].Payload.Loan = "repayment.received", "repayment", who
		}
	}
	d.ledger.add(entries...)
	b.ResetTimer()
	stop := run(b, d.Alerts)
	defer stop()
	until(b, "all were looked at", func() bool {
		at, err := d.Position(context.Background())
		return err == nil && at >= int64(b.N)
	})
}
