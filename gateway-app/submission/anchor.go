package submission

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Sender takes a command to the ledger and waits for its outcome. The outbox does.
type Sender interface {
	Do(ctx context.Context, c outbox.Command) (outbox.Outcome, error)
}

const (
	anchorBatch  = 500 // digests in one transaction
	evidenceLane = "evidence"
	machine      = "machine"
)

// anchors takes digests to the member's evidence log.
type anchors struct {
	db     *store.DB
	sender Sender
	now    func() time.Time
}

// due stores a digest that is to go to the ledger, with the statement that it is of. One that is due already, or
// there, stays as it is: two versions may say the same.
func (a *anchors) due(ctx context.Context, tx *sql.Tx, digest, media string, at time.Time) error {
	seq, err := store.Next(ctx, tx, "submission_anchor")
	if err != nil {
		return err
	}
	const query = `INSERT INTO submission_anchor (digest, seq, media_type, stored_at, request_id, anchored_at, tx_id, block)
		VALUES ($1, $2, $3, $4, '', '', '', 0) ON CONFLICT (digest) DO NOTHING`
	if _, err := tx.ExecContext(ctx, query, digest, seq, media, store.Time(at)); err != nil {
		return fmt.Errorf("store what is to be anchored: %w", err)
	}
	return nil
}

// send takes what is due to the ledger, batch by batch, and answers how many digests that were. A batch is chosen and
// named before it is sent, so that after a crash the same batch is sent again under the same request id.
func (a *anchors) send(ctx context.Context) (int, error) {
	sent := 0
	for {
		request, batch, err := a.next(ctx)
		if err != nil || len(batch) == 0 {
			return sent, err
		}
		if err := a.sendBatch(ctx, request, batch); err != nil {
			return sent, fmt.Errorf("anchor %d digests of submissions: %w", len(batch), err)
		}
		sent += len(batch)
	}
}

// next is the batch that was not finished, or a new one of what is due.
func (a *anchors) next(ctx context.Context) (request string, batch []evidence.Entry, err error) {
	if waiting, err := a.waiting(ctx); err != nil || waiting == 0 {
		return "", nil, err
	}
	err = a.db.Write(ctx, func(tx *sql.Tx) error {
		request = ""
		err := tx.QueryRowContext(ctx, `SELECT COALESCE(MIN(request_id), '') FROM submission_anchor
			WHERE anchored_at = '' AND request_id <> ''`).Scan(&request)
		if err != nil {
			return err
		}
		if batch, err = readBatch(ctx, tx, request); err != nil || request != "" || len(batch) == 0 {
			return err
		}
		request = lane.Random(16)
		for _, entry := range batch {
			if _, err := tx.ExecContext(ctx, `UPDATE submission_anchor SET request_id = $2 WHERE digest = $1`, entry.Digest, request); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", nil, fmt.Errorf("choose what is to be anchored: %w", err)
	}
	return request, batch, nil
}

// waiting counts what is not on the ledger yet.
func (a *anchors) waiting(ctx context.Context) (int64, error) {
	var n int64
	err := a.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM submission_anchor WHERE anchored_at = ''`).Scan(&n)
	return n, err
}

// readBatch reads a batch in its order; of no name, what has none yet.
func readBatch(ctx context.Context, tx *sql.Tx, request string) ([]evidence.Entry, error) {
	rows, err := tx.QueryContext(ctx, `SELECT digest, media_type FROM submission_anchor
		WHERE anchored_at = '' AND request_id = $1 ORDER BY seq LIMIT $2`, request, anchorBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var batch []evidence.Entry
	for rows.Next() {
		entry := evidence.Entry{Phase: evidence.PhaseDisclosure}
		if err := rows.Scan(&entry.Digest, &entry.MediaType); err != nil {
			return nil, err
		}
		batch = append(batch, entry)
	}
	return batch, rows.Err()
}

func (a *anchors) sendBatch(ctx context.Context, request string, batch []evidence.Entry) error {
	items, err := json.Marshal(batch)
	if err != nil {
		return err
	}
	outcome, err := a.sender.Do(ctx, outbox.Command{
		ID: request, Function: "Evidence:Append", Mode: wire.Each, Items: items, Lanes: []string{evidenceLane}, Identity: machine,
	})
	if err != nil {
		return err
	}
	at := store.Time(a.now())
	return errors.Join(missing(outcome), a.db.Write(ctx, func(tx *sql.Tx) error {
		for i, entry := range batch {
			if err := settleEntry(ctx, tx, entry.Digest, request, outcome, i+1, at); err != nil {
				return err
			}
		}
		return nil
	}))
}

// settleEntry writes what became of one digest of a batch. One that the ledger has refused loses the batch's name, so that
// it goes into another one: the same one would be answered as before for good. What may yet be ordered keeps the name.
func settleEntry(ctx context.Context, tx *sql.Tx, digest, request string, outcome outbox.Outcome, item int, at string) error {
	var err error
	switch there, known := standing(outcome, item); {
	case there:
		_, err = tx.ExecContext(ctx, `UPDATE submission_anchor SET anchored_at = $3, tx_id = $4, block = $5 WHERE digest = $1 AND request_id = $2`,
			digest, request, at, outcome.TxID, int64(outcome.Block))
	case known:
		_, err = tx.ExecContext(ctx, `UPDATE submission_anchor SET request_id = '' WHERE digest = $1 AND request_id = $2`, digest, request)
	}
	return err
}

// standing reports whether an item of a batch, from 1, stands on the ledger, and whether that is known.
func standing(outcome outbox.Outcome, item int) (there, known bool) {
	for _, refusal := range outcome.Answer.Refused {
		if refusal.Item == item || refusal.Item == 0 {
			return refusal.Code == fault.AlreadyExists, true
		}
	}
	if outcome.Status == outbox.Committed || outcome.Fault != nil && outcome.Fault.Code == fault.AlreadyExists {
		return true, true
	}
	return false, outcome.Status == outbox.Refused
}

// missing reports why not all of a batch is there. What was refused because it stands already is.
func missing(outcome outbox.Outcome) error {
	for _, refusal := range outcome.Answer.Refused {
		if refusal.Code != fault.AlreadyExists {
			return refusal
		}
	}
	switch {
	case outcome.Status == outbox.Committed:
		return nil
	case outcome.Fault != nil && outcome.Fault.Code == fault.AlreadyExists:
		return nil
	case outcome.Fault != nil:
		return outcome.Fault
	}
	return fault.New(fault.OutcomeUnknown)
}
