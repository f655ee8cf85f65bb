package lane

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Batch is a list of items that travels as one command, and what became of it once it is decided. The
// refusals speak of items by their position in the batch, from 1.
type Batch struct {
	Number     int64
	Run        string
	RequestID  string
	Function   string
	Collection string
	Items      []json.RawMessage
	Decided    bool
	Applied    int
	Refused    []*fault.Fault
	Block      uint64

	salt string
}

// whole lists refusals that no other item of the same batch can escape.
var whole = []fault.Code{
	fault.DayNotOpen, fault.NotBootstrapped, fault.WrongMember, fault.WrongRole, fault.UnknownFunction,
	fault.MalformedRequest, fault.RequestIDReused, fault.BatchTooLarge,
}

// take notes the outcome, and answers what has yet to be asked about.
func (b *Batch) take(o outbox.Outcome) *Batch {
	b.Decided = true
	if o.Status == outbox.Committed {
		b.Applied, b.Refused, b.Block = o.Answer.Applied, o.Answer.Refused, o.Block
		return nil
	}
	if len(o.Answer.Refused) == len(b.Items) {
		b.Refused = o.Answer.Refused
		return nil
	}
	refusal := o.Fault
	if refusal == nil {
		refusal = fault.New(fault.Internal)
	}
	if refusal.Item < 1 || refusal.Item > len(b.Items) || slices.Contains(whole, refusal.Code) {
		b.Refused = make([]*fault.Fault, len(b.Items))
		for i := range b.Items {
			b.Refused[i] = refusal.At(i)
		}
		return nil
	}
	b.Refused = []*fault.Fault{refusal}
	if len(b.Items) == 1 {
		return nil
	}
	at := refusal.Item - 1
	return &Batch{
		Run: b.Run, Function: b.Function, Collection: b.Collection,
		Items: slices.Concat(b.Items[:at], b.Items[at+1:]),
	}
}

// store gives a batch its number, id and salt and makes it durable.
func (l *Lane) store(ctx context.Context, b *Batch) error {
	return l.db.Write(ctx, func(tx *sql.Tx) error { return l.insert(ctx, tx, b) })
}

func (l *Lane) insert(ctx context.Context, tx *sql.Tx, b *Batch) error {
	number, err := store.Next(ctx, tx, "lane/"+l.name)
	if err != nil {
		return err
	}
	b.Number, b.salt = number, Random(32)
	b.RequestID = requestID(l.name, number, *b)
	items, err := json.Marshal(b.Items)
	if err != nil {
		return err
	}
	const query = `INSERT INTO lane_batch
		(lane, number, run, request_id, function, collection, items, salt, decided, applied, refused, block, stored_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, 0, '[]', 0, $9)`
	_, err = tx.ExecContext(ctx, query, l.name, number, b.Run, b.RequestID, b.Function, b.Collection,
		string(items), b.salt, store.Time(time.Now()))
	if err != nil {
		return fmt.Errorf("store a batch of lane %s: %w", l.name, err)
	}
	return nil
}

// keep writes a verdict, and with it the batch that it leaves over.
func (l *Lane) keep(ctx context.Context, b Batch, rest *Batch) error {
	refused, err := json.Marshal(append([]*fault.Fault{}, b.Refused...))
	if err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *sql.Tx) error {
		const query = `UPDATE lane_batch SET decided = TRUE, applied = $3, refused = $4, block = $5
			WHERE lane = $1 AND number = $2 AND NOT decided`
		result, err := tx.ExecContext(ctx, query, l.name, b.Number, b.Applied, string(refused), int64(b.Block))
		if err != nil {
			return fmt.Errorf("keep the verdict on batch %d of lane %s: %w", b.Number, l.name, err)
		}
		if kept, err := result.RowsAffected(); err != nil || kept != 1 {
			return errors.Join(err, fmt.Errorf("keep the verdict on batch %d of lane %s: another holder of the lane has it", b.Number, l.name))
		}
		if rest == nil {
			return nil
		}
		return l.insert(ctx, tx, rest)
	})
}

// Batches lists the batches of a run in the order in which they were stored.
func (l *Lane) Batches(ctx context.Context, run string) ([]Batch, error) {
	return l.read(ctx, `lane = $1 AND run = $2`, l.name, run)
}

func (l *Lane) read(ctx context.Context, where string, arguments ...any) ([]Batch, error) {
	query := `SELECT number, run, request_id, function, collection, items, salt, decided, applied, refused, block
		FROM lane_batch WHERE ` + where + ` ORDER BY number`
	rows, err := l.db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, fmt.Errorf("read lane %s: %w", l.name, err)
	}
	defer rows.Close()
	var list []Batch
	for rows.Next() {
		var b Batch
		var items, refused string
		var block int64
		if err := rows.Scan(&b.Number, &b.Run, &b.RequestID, &b.Function, &b.Collection, &items, &b.salt,
			&b.Decided, &b.Applied, &refused, &block); err != nil {
			return nil, fmt.Errorf("read lane %s: %w", l.name, err)
		}
		b.Block = uint64(block)
		if err := json.Unmarshal([]byte(items), &b.Items); err != nil {
			return nil, fmt.Errorf("read lane %s: %w", l.name, err)
		}
		if err := json.Unmarshal([]byte(refused), &b.Refused); err != nil {
			return nil, fmt.Errorf("read lane %s: %w", l.name, err)
		}
		list = append(list, b)
	}
	return list, rows.Err()
}
