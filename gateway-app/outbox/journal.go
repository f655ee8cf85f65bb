package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// journal writes the steps of requests. Every step is one transaction, fenced by the runner's lease, and
// what it says is true before and after whatever follows it.
type journal struct{ *scribe }

// prepared keeps an envelope that is about to be sent.
func (j journal) prepared(ctx context.Context, u *unit) error {
	return j.write(ctx, func(tx *sql.Tx) error {
		const query = `INSERT INTO outbox_request (id, function, commands, body, envelope, tx_id, prepared_at, prepared_height, doubtful, block, decided_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '')
			ON CONFLICT (id) DO UPDATE SET envelope = excluded.envelope, tx_id = excluded.tx_id,
				prepared_at = excluded.prepared_at, prepared_height = excluded.prepared_height`
		_, err := tx.ExecContext(ctx, query, u.id, u.first().function, len(u.commands), u.body, u.envelope, u.txID,
			store.Time(u.preparedAt), int64(u.preparedHeight), u.doubtful)
		if err != nil {
			return fmt.Errorf("keep the envelope of request %s: %w", u.id, err)
		}
		const mark = `UPDATE outbox_command SET status = $1, request_id = $2, tx_id = $3 WHERE decided_at = '' AND id IN`
		return updateCommands(ctx, tx, mark, u.ids(), string(Sent), u.id, u.txID)
	})
}

// givenUp notes that the envelope is too old to be sent and is not on the ledger.
func (j journal) givenUp(ctx context.Context, u *unit) error {
	return j.write(ctx, func(tx *sql.Tx) error {
		const query = `UPDATE outbox_request SET envelope = NULL, doubtful = $2 WHERE id = $1`
		if _, err := tx.ExecContext(ctx, query, u.id, true); err != nil {
			return fmt.Errorf("give up the envelope of request %s: %w", u.id, err)
		}
		return nil
	})
}

// dissolved gives the commands of a batch back, none of which was applied.
func (j journal) dissolved(ctx context.Context, u *unit) error {
	return j.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM outbox_request WHERE id = $1`, u.id); err != nil {
			return fmt.Errorf("dissolve request %s: %w", u.id, err)
		}
		const query = `UPDATE outbox_command SET status = $1, request_id = '', tx_id = '' WHERE decided_at = '' AND id IN`
		return updateCommands(ctx, tx, query, u.ids(), string(Stored))
	})
}

// decided ends a request and its commands. Items and envelope are needed no more.
func (j journal) decided(ctx context.Context, u *unit, outcomes []Outcome, now time.Time) error {
	verdicts, err := byVerdict(outcomes)
	if err != nil {
		return err
	}
	return j.write(ctx, func(tx *sql.Tx) error {
		at := store.Time(now)
		const query = `UPDATE outbox_request SET body = NULL, envelope = NULL, tx_id = $2, block = $3, decided_at = $4 WHERE id = $1`
		if _, err := tx.ExecContext(ctx, query, u.id, outcomes[0].TxID, int64(outcomes[0].Block), at); err != nil {
			return fmt.Errorf("end request %s: %w", u.id, err)
		}
		for v, ids := range verdicts {
			const query = `UPDATE outbox_command SET status = $1, tx_id = $2, block = $3, answer = $4, fault = $5, decided_at = $6, body = NULL
				WHERE decided_at = '' AND id IN`
			if err := updateCommands(ctx, tx, query, ids, string(v.status), v.txID, v.block, v.answer, v.fault, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// verdict is an outcome as its columns hold it. Most commands of a batch share one.
type verdict struct {
	status              Status
	txID, answer, fault string
	block               int64
}

// byVerdict lists the commands of each verdict.
func byVerdict(outcomes []Outcome) (map[verdict][]string, error) {
	groups := map[verdict][]string{}
	for _, out := range outcomes {
		answer, err := json.Marshal(out.Answer)
		if err != nil {
			return nil, fmt.Errorf("encode the answer of %s: %w", out.ID, err)
		}
		v := verdict{status: out.Status, txID: out.TxID, answer: string(answer), block: int64(out.Block)}
		if out.Fault != nil {
			v.fault = out.Fault.Encode()
		}
		groups[v] = append(groups[v], out.ID)
	}
	return groups, nil
}
