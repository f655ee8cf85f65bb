package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Refusal is how many items of one of the member's own commands were refused for one reason, and when that was known.
type Refusal struct {
	Function   string
	Collection string
	Code       fault.Code
	Items      int64
	Block      uint64    // that holds the transaction; 0 where the command was refused before it came into one
	At         time.Time // of the outcome, by the app's clock
}

// Refusals lists what was refused of every command that was decided, in no order. A command that was refused whole
// counts with all its items, under its own code unless they have theirs. Commands that were pruned are not among them.
func (o *Outbox) Refusals(ctx context.Context) ([]Refusal, error) {
	list, err := listRefusals(ctx, o.db)
	if err != nil {
		return nil, fmt.Errorf("list refused commands: %w", err)
	}
	return list, nil
}

func listRefusals(ctx context.Context, db *store.DB) ([]Refusal, error) {
	// The condition is the one of the index outbox_command_refused, in its very words; what is under way has no answer.
	const query = `SELECT function, collection, block, decided_at, items, answer, fault FROM outbox_command
		WHERE (status = 'refused' OR replace(answer, 'refused', '') <> answer) AND decided_at > ''`
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Refusal
	for rows.Next() {
		var r Refusal
		var block int64
		var at, answer, whole string
		if err := rows.Scan(&r.Function, &r.Collection, &block, &at, &r.Items, &answer, &whole); err != nil {
			return nil, err
		}
		r.Block = uint64(block)
		if r.At, err = store.ParseTime(at); err != nil {
			return nil, err
		}
		refused, err := r.byCode(answer, whole)
		if err != nil {
			return nil, err
		}
		list = append(list, refused...)
	}
	return list, rows.Err()
}

// byCode divides a command's refused items by their codes, of its answer and of the fault that it was refused with whole.
func (r Refusal) byCode(answerText, faultText string) ([]Refusal, error) {
	var answer wire.Answer
	var whole *fault.Fault
	if err := readJSON(answerText, &answer); err != nil {
		return nil, err
	}
	if err := readJSON(faultText, &whole); err != nil {
		return nil, err
	}
	if len(answer.Refused) == 0 {
		if whole == nil {
			return nil, nil
		}
		r.Code = whole.Code
		return []Refusal{r}, nil
	}
	items := map[fault.Code]int64{}
	for _, f := range answer.Refused {
		items[f.Code]++
	}
	list := make([]Refusal, 0, len(items))
	for code, n := range items {
		r.Code, r.Items = code, n
		list = append(list, r)
	}
	return list, nil
}
