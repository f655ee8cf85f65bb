package projection

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
)

// IdleSince says of the available cash of a collection's accounts since when it has been lying there: the
// business date of the oldest credit that is not yet spent, when what came first is spent first. Cash that a hold
// gave back lies there since then.
func (m *Model) IdleSince(ctx context.Context, collection string, available map[string]money.Minor) (map[string]calendar.Date, error) {
	since := make(map[string]calendar.Date, len(available))
	err := m.db.Read(ctx, func(tx *sql.Tx) error {
		for id, amount := range available {
			found, err := idleSince(ctx, tx, collection, id, amount)
			if err != nil {
				return err
			}
			since[id] = found
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look since when cash is idle: %w", err)
	}
	return since, nil
}

// idleSince goes back from the latest event until the credits make up what is there.
func idleSince(ctx context.Context, tx *sql.Tx, collection, id string, amount money.Minor) (since calendar.Date, err error) {
	const query = `SELECT event FROM rm_event WHERE collection = $1 AND noun = $2 AND id = $3 ORDER BY seq DESC`
	rows, err := tx.QueryContext(ctx, query, collection, accounts.name, id)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for amount > 0 && rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return 0, err
		}
		var event custody.AccountEvent
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			return 0, fmt.Errorf("read an event of account %s: %w: rebuild the read model", id, err)
		}
		if credit := credited(event, id); credit > 0 {
			since, amount = event.On, amount-credit
		}
	}
	return since, rows.Err()
}

// credited is what an event adds to the available cash of a party.
func credited(e custody.AccountEvent, party string) money.Minor {
	own := journal.Available(party)
	var sum money.Minor
	for _, p := range e.Entry {
		if p.Beneficiary == own {
			sum += p.AmountMinor
		}
		if p.Payer == own {
			sum -= p.AmountMinor
		}
	}
	return sum
}
