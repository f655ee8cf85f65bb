package underwriting

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
	phaseApplication = evidence.PhaseApplication
	phaseDecision    = evidence.PhaseDecision
	phaseModel       = evidence.PhaseModel
)

// What is anchored, each as one JSON text.
const (
	applicationMedia = "application/vnd.tallystick.application+json"
	decisionMedia    = evidence.DecisionMedia
	reviewMedia      = evidence.ReviewMedia
	modelMedia       = "application/vnd.tallystick.model+json"
	reportMedia      = "application/vnd.tallystick.training+json"
	rulesMedia       = "application/vnd.tallystick.rules+json"
)

const (
	anchorBatch  = 500 // digests in one transaction
	evidenceLane = "evidence"
	machine      = "machine"
)

// anchor is a digest that is to go to the ledger.
type anchor struct {
	digest   string
	phase    evidence.Phase
	previous string
	media    string
}

// due stores a digest that is to go to the ledger, with the rows that it is of. One that is due already, or
// there, stays as it is: a rule set or a model that comes back is the same document.
func due(ctx context.Context, tx *sql.Tx, a anchor, at time.Time) error {
	seq, err := store.Next(ctx, tx, "underwriting_anchor")
	if err != nil {
		return err
	}
	const insert = `INSERT INTO underwriting_anchor
		(digest, seq, phase, previous, media_type, stored_at, request_id, anchored_at, tx_id, block)
		VALUES ($1, $2, $3, $4, $5, $6, '', '', '', 0) ON CONFLICT (digest) DO NOTHING`
	if _, err := tx.ExecContext(ctx, insert, a.digest, seq, string(a.phase), a.previous, a.media, store.Time(at)); err != nil {
		return fmt.Errorf("store what is to be anchored: %w", err)
	}
	return nil
}

// Anchor sends what is due to the member's evidence log on the ledger, batch by batch, and answers how many
// digests that were. A batch is chosen and named before it is sent, so that after a crash the same batch is
// sent again under the same request id.
func (d *Desk) Anchor(ctx context.Context) (int, error) {
	sent := 0
	for {
		request, batch, err := d.nextBatch(ctx)
		if err != nil || len(batch) == 0 {
			return sent, err
		}
		if err := d.sendBatch(ctx, request, batch); err != nil {
			return sent, fmt.Errorf("anchor %d digests of underwriting: %w", len(batch), err)
		}
		sent += len(batch)
	}
}

// nextBatch is the batch that was not finished, or a new one of what is due.
func (d *Desk) nextBatch(ctx context.Context) (request string, batch []anchor, err error) {
	err = d.db.Write(ctx, func(tx *sql.Tx) error {
		request = ""
		err := tx.QueryRowContext(ctx, `SELECT COALESCE(MIN(request_id), '') FROM underwriting_anchor
			WHERE anchored_at = '' AND request_id <> ''`).Scan(&request)
		if err != nil {
			return err
		}
		if batch, err = readBatch(ctx, tx, request); err != nil || request != "" || len(batch) == 0 {
			return err
		}
		request = lane.Random(16)
		for _, a := range batch {
			if _, err := tx.ExecContext(ctx, `UPDATE underwriting_anchor SET request_id = $2 WHERE digest = $1`, a.digest, request); err != nil {
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

// readBatch reads a batch in its order; of no name, what has none yet.
func readBatch(ctx context.Context, tx *sql.Tx, request string) ([]anchor, error) {
	rows, err := tx.QueryContext(ctx, `SELECT digest, phase, previous, media_type FROM underwriting_anchor
		WHERE anchored_at = '' AND request_id = $1 ORDER BY seq LIMIT $2`, request, anchorBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var batch []anchor
	for rows.Next() {
		var a anchor
		if err := rows.Scan(&a.digest, &a.phase, &a.previous, &a.media); err != nil {
			return nil, err
		}
		batch = append(batch, a)
	}
	return batch, rows.Err()
}

func (d *Desk) sendBatch(ctx context.Context, request string, batch []anchor) error {
	entries := make([]evidence.Entry, len(batch))
	for i, a := range batch {
		entries[i] = evidence.Entry{Digest: a.digest, Phase: a.phase, Previous: a.previous, MediaType: a.media}
	}
	items, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	outcome, err := d.sender.Do(ctx, outbox.Command{
		ID: request, Function: "Evidence:Append", Mode: wire.Each, Items: items, Lanes: []string{evidenceLane}, Identity: machine,
	})
	if err != nil {
		return err
	}
	if err := allThere(outcome); err != nil {
		return errors.Join(err, d.release(ctx, request, outcome))
	}
	at := store.Time(d.now())
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE underwriting_anchor SET anchored_at = $2, tx_id = $3, block = $4 WHERE request_id = $1`,
			request, at, outcome.TxID, int64(outcome.Block))
		return err
	})
}

// release takes a batch apart that the ledger has refused for good, so that its digests go into another one.
// What may yet be ordered keeps its name.
func (d *Desk) release(ctx context.Context, request string, outcome outbox.Outcome) error {
	if outcome.Status != outbox.Refused {
		return nil
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE underwriting_anchor SET request_id = '' WHERE request_id = $1`, request)
		return err
	})
}

// allThere reports why a batch cannot be counted as anchored. What was refused because it stands already is
// there: a database that was restored from a backup finds its later digests on the ledger.
func allThere(outcome outbox.Outcome) error {
	for _, refused := range outcome.Answer.Refused {
		if refused.Code != fault.AlreadyExists {
			return refused
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

// Unanchored counts what is not on the ledger yet.
func (d *Desk) Unanchored(ctx context.Context) (int64, error) {
	var n int64
	err := d.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM underwriting_anchor WHERE anchored_at = ''`).Scan(&n)
	return n, err
}

// anchorEvery is how long decisions are gathered for one transaction.
const anchorEvery = 2 * time.Second

// RunAnchors anchors what is due until the context ends. Failures go to report, and are tried again.
func (d *Desk) RunAnchors(ctx context.Context, report func(error)) error {
	ticker := time.NewTicker(anchorEvery)
	defer ticker.Stop()
	for {
		if _, err := d.Anchor(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
