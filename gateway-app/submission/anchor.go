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
	if err := allThere(outcome); err != nil {
		return errors.Join(err, a.release(ctx, request, outcome))
	}
	at := store.Time(a.now())
	return a.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE submission_anchor SET anchored_at = $2, tx_id = $3, block = $4 WHERE request_id = $1`,
			request, at, outcome.TxID, int64(outcome.Block))
		return err
	})
}

// release takes a batch apart that the ledger has refused for good, so that its digests go into another one.
// What may yet be ordered keeps its name.
func (a *anchors) release(ctx context.Context, request string, outcome outbox.Outcome) error {
	if outcome.Status != outbox.Refused {
		return nil
	}
	return a.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE submission_anchor SET request_id = '' WHERE request_id = $1`, request)
		return err
	})
}

// allThere reports why a batch cannot be counted as anchored. What was refused because it stands already is there.
func allThere(outcome outbox.Outcome) error {
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
