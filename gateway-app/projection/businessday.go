package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// BusinessDay is a business day that a custodian opened, and where on the ledger.
type BusinessDay struct {
	Custodian string
	Date      calendar.Date
	Block     uint64
	At        time.Time // by the claim of whoever sent the transaction
}

// BusinessDays lists every business day that was opened, in the order of the ledger.
func (m *Model) BusinessDays(ctx context.Context) ([]BusinessDay, error) {
	const query = `SELECT block, at, event FROM rm_event WHERE collection = '' AND noun = 'day' AND kind = 'opened' ORDER BY seq`
	rows, err := m.db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list business days: %w", err)
	}
	defer rows.Close()
	var list []BusinessDay
	for rows.Next() {
		var block int64
		var at, text string
		if err := rows.Scan(&block, &at, &text); err != nil {
			return nil, fmt.Errorf("list business days: %w", err)
		}
		var e custody.DayEvent
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("read a business day: %w: rebuild the read model", err)
		}
		d := BusinessDay{Custodian: e.Day.Custodian, Date: e.Day.Date, Block: uint64(block)}
		if d.At, err = store.ParseTime(at); err != nil {
			return nil, fmt.Errorf("read when a business day was opened: %w", err)
		}
		list = append(list, d)
	}
	return list, rows.Err()
}
