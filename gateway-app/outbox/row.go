package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// sequence numbers commands in the order of storing.
const sequence = "outbox_command"

// row is a command as it is stored.
type row struct {
	command  Command
	items    []json.RawMessage
	body     []byte // the items, compact
	lanes    []byte
	signed   string // empty where nobody signed
	storedAt time.Time
}

func newRow(c Command, now time.Time) (row, error) {
	items, err := c.check()
	if err != nil {
		return row{}, err
	}
	body, err := compactArray(c.Items)
	if err != nil {
		return row{}, fault.In(fault.InvalidField, "items")
	}
	lanes, err := json.Marshal(c.lanes())
	if err != nil {
		return row{}, err
	}
	r := row{command: c, items: items, body: body, lanes: lanes, storedAt: now}
	if len(c.Signed) > 0 {
		signed, err := json.Marshal(c.Signed)
		if err != nil {
			return row{}, err
		}
		r.signed = string(signed)
	}
	return r, nil
}

// put stores the row, or finds it stored.
func (r row) put(ctx context.Context, tx *sql.Tx) error {
	c := r.command
	var salt, digest string
	err := tx.QueryRowContext(ctx, `SELECT salt, digest FROM outbox_command WHERE id = $1`, c.ID).Scan(&salt, &digest)
	switch {
	case err == nil && digest == c.digest(salt, r.body):
		return nil
	case err == nil:
		return fault.In(fault.RequestIDReused, "id")
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("look for command %s: %w", c.ID, err)
	}
	seq, err := store.Next(ctx, tx, sequence)
	if err != nil {
		return err
	}
	if salt = c.Salt; salt == "" {
		salt = newSalt(c.Function)
	}
	const query = `INSERT INTO outbox_command (id, seq, function, collection, mode, identity, approvals, signed, lanes,
		merge, items, size_bytes, salt, body, digest, status, request_id, tx_id, block, answer, fault, stored_at, decided_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', '', 0, '', '', $17, '')`
	_, err = tx.ExecContext(ctx, query, c.ID, seq, c.Function, c.Collection, string(c.Mode), c.Identity, string(c.Approvals), r.signed, string(r.lanes),
		c.mergeable(len(r.items)), len(r.items), len(r.body), salt, r.body, c.digest(salt, r.body), string(Stored), store.Time(r.storedAt))
	if err != nil {
		return fmt.Errorf("insert command %s: %w", c.ID, err)
	}
	return nil
}

// Find answers what has become of a command.
func (o *Outbox) Find(ctx context.Context, id string) (Outcome, bool, error) {
	out := Outcome{ID: id}
	var status, answer, refusal string
	var block int64
	const query = `SELECT status, tx_id, block, answer, fault FROM outbox_command WHERE id = $1`
	err := o.db.QueryRowContext(ctx, query, id).Scan(&status, &out.TxID, &block, &answer, &refusal)
	if errors.Is(err, sql.ErrNoRows) {
		return Outcome{}, false, nil
	}
	if err != nil {
		return Outcome{}, false, fmt.Errorf("find command %s: %w", id, err)
	}
	out.Status, out.Block = Status(status), uint64(block)
	if err := errors.Join(readJSON(answer, &out.Answer), readJSON(refusal, &out.Fault)); err != nil {
		return Outcome{}, false, fmt.Errorf("find command %s: read its outcome: %w", id, err)
	}
	return out, true, nil
}

// readJSON reads a column that is empty until there is something to say.
func readJSON(text string, into any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}

// Origin is what a command is and which users asked for it and approved it; nobody, where the app asked by itself.
func (o *Outbox) Origin(ctx context.Context, id string) (function string, users []string, err error) {
	var approvals string
	err = o.db.QueryRowContext(ctx, `SELECT function, approvals FROM outbox_command WHERE id = $1`, id).Scan(&function, &approvals)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, nil
	}
	if err == nil {
		err = readJSON(approvals, &users)
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the origin of command %s: %w", id, err)
	}
	return function, users, nil
}

// Users are those who asked for what a transaction of this member did, and who approved it; nobody of another's, or
// where the app asked by itself. Of a batch they are those of all its commands. It is known from before the transaction is
// sent until the commands are pruned.
func (o *Outbox) Users(ctx context.Context, txID string) ([]string, error) {
	const query = `SELECT DISTINCT c.approvals FROM outbox_request r JOIN outbox_command c ON c.request_id = r.id
		WHERE r.tx_id = $1 AND c.approvals <> ''`
	rows, err := o.db.QueryContext(ctx, query, txID)
	if err != nil {
		return nil, fmt.Errorf("look who asked for transaction %s: %w", txID, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var approvals string
		var users []string
		err := rows.Scan(&approvals)
		if err == nil {
			err = readJSON(approvals, &users)
		}
		if err != nil {
			return nil, fmt.Errorf("look who asked for transaction %s: %w", txID, err)
		}
		all = append(all, users...)
	}
	slices.Sort(all)
	return slices.Compact(all), rows.Err()
}

// Approvals are what a command was stored with, for who reviews what staff approved.
func (o *Outbox) Approvals(ctx context.Context, id string) (json.RawMessage, bool, error) {
	var approvals string
	err := o.db.QueryRowContext(ctx, `SELECT approvals FROM outbox_command WHERE id = $1`, id).Scan(&approvals)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the approvals of command %s: %w", id, err)
	}
	return json.RawMessage(approvals), true, nil
}
