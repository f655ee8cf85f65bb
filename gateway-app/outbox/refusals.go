package outbox

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Refusals is how many items of the member's own commands were refused in a month, for one reason.
type Refusals struct {
	Function string
	Month    string // "2024-03", in which the outcome was known, UTC
	Code     fault.Code
	Items    int64
}

// Refusals counts, by function, month and code, the items that were refused of commands decided in a span of months,
// both included; an empty month leaves that end open. A command that was refused whole counts with all its items, under its
// own code unless they have theirs. Commands that were pruned are in no count.
func (o *Outbox) Refusals(ctx context.Context, from, to string) ([]Refusals, error) {
	counted, err := countRefusals(ctx, o.db, from, to)
	if err != nil {
		return nil, fmt.Errorf("count refused commands: %w", err)
	}
	list := make([]Refusals, 0, len(counted))
	for key, items := range counted {
		key.Items = items
		list = append(list, key)
	}
	return list, nil
}

// lastMonth sorts behind every month.
const lastMonth = "9999-12"

func countRefusals(ctx context.Context, db *store.DB, from, to string) (map[Refusals]int64, error) {
	if to == "" {
		to = lastMonth
	}
	// The condition is the one of the index outbox_command_refused, in its very words.
	const query = `SELECT function, substr(decided_at, 1, 7), items, answer, fault FROM outbox_command
		WHERE (status = 'refused' OR replace(answer, 'refused', '') <> answer) AND decided_at >= $1 AND substr(decided_at, 1, 7) <= $2`
	rows, err := db.QueryContext(ctx, query, from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counted := map[Refusals]int64{}
	for rows.Next() {
		var key Refusals
		var items int64
		var answerText, faultText string
		if err := rows.Scan(&key.Function, &key.Month, &items, &answerText, &faultText); err != nil {
			return nil, err
		}
		var answer wire.Answer
		var whole *fault.Fault
		if err := readJSON(answerText, &answer); err != nil {
			return nil, err
		}
		if err := readJSON(faultText, &whole); err != nil {
			return nil, err
		}
		for _, f := range answer.Refused {
			key.Code = f.Code
			counted[key]++
		}
		if len(answer.Refused) == 0 && whole != nil {
			key.Code = whole.Code
			counted[key] += items
		}
	}
	return counted, rows.Err()
}
