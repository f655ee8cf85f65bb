package api

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// keyring keeps which keys were used for what, and what was answered.
type keyring struct {
	db     *store.DB
	logger *slog.Logger
	now    func() time.Time
}

// slot is a key as the database knows it, and what only the request has: the key itself, and who came with it.
type slot struct {
	name, request, operation string
	repeatable               bool
	key, caller              string
	holder                   string // names this attempt, and fences off one that lost the slot
}

// The states of a key.
const (
	keyRunning  = "running"  // a process is serving it, or died doing so: then nobody prolongs its hold
	keyOpen     = "open"     // nothing final was answered: the same request may be served again
	keyAnswered = "answered" // the answer is kept
)

// longestSettling bounds writing down an answer whose caller may have left.
const longestSettling = 10 * time.Second

// begin takes the key for this request. It answers the sealed answer when there is one, and a problem
// when the key may not be used for this.
func (k *keyring) begin(ctx context.Context, s slot) ([]byte, error) {
	var before []byte
	err := k.db.Write(ctx, func(tx *sql.Tx) error {
		before = nil
		now, err := k.db.Now(ctx, tx)
		if err != nil {
			return err
		}
		var request, state, heldUntil string
		err = tx.QueryRowContext(ctx,
			`SELECT request, state, held_until, answer FROM http_idempotency WHERE name = $1`, s.name).
			Scan(&request, &state, &heldUntil, &before)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return k.take(ctx, tx, s, now)
		case err != nil:
			return err
		case request != s.request:
			return doorProblem(CodeKeyReused, keyHeader)
		case state == keyAnswered:
			return nil
		case state == keyRunning && heldUntil > store.Time(now):
			return doorProblem(CodeKeyInFlight, keyHeader).retryAfter(1)
		case state == keyRunning && !s.repeatable:
			return doorProblem(CodeKeyUnfinished, keyHeader)
		}
		before = nil
		return k.take(ctx, tx, s, now)
	})
	if err != nil {
		return nil, fmt.Errorf("take an idempotency key: %w", err)
	}
	return before, nil
}

func (k *keyring) take(ctx context.Context, tx *sql.Tx, s slot, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO http_idempotency (name, request, operation, state, holder, held_until, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (name) DO UPDATE SET state = excluded.state, holder = excluded.holder,
			held_until = excluded.held_until, changed_at = excluded.changed_at`,
		s.name, s.request, s.operation, keyRunning, s.holder, store.Time(now.Add(keyLease)), store.Time(k.now()))
	return err
}

// finish keeps an answer, or opens the key again: a request that was malformed did nothing, and one that
// failed or is not decided yet may be sent again with the same body.
//
// Only the attempt that holds the key settles it: one that lost it is refused, whatever it has done meanwhile.
func (k *keyring) finish(ctx context.Context, s slot, h *held) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestSettling)
	defer cancel()
	switch {
	case h.status == http.StatusBadRequest || h.status == http.StatusUnsupportedMediaType:
		return k.settle(ctx, `DELETE FROM http_idempotency WHERE name = $1 AND holder = $2 AND state = $3`, s.name, s.holder, keyRunning)
	case h.status == http.StatusAccepted || h.status >= http.StatusInternalServerError:
		return k.set(ctx, s, keyOpen, nil)
	}
	sealed, err := seal(answer{Status: h.status, Headers: h.header, Body: h.body.Bytes()}, s)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return k.set(ctx, s, keyAnswered, sealed)
}

// abandon opens a key that may be used again at once; another is left as a crash would leave it.
func (k *keyring) abandon(ctx context.Context, s slot) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestSettling)
	defer cancel()
	var err error
	if s.repeatable {
		err = k.set(ctx, s, keyOpen, nil)
	} else {
		err = k.settle(ctx, `UPDATE http_idempotency SET held_until = '' WHERE name = $1 AND holder = $2 AND state = $3`,
			s.name, s.holder, keyRunning)
	}
	if err != nil {
		k.logger.ErrorContext(ctx, "an idempotency key was left behind", "operation", s.operation, "error", err)
	}
}

func (k *keyring) set(ctx context.Context, s slot, state string, sealed []byte) error {
	return k.settle(ctx, `UPDATE http_idempotency SET state = $4, answer = $5, changed_at = $6
		WHERE name = $1 AND holder = $2 AND state = $3`,
		s.name, s.holder, keyRunning, state, sealed, store.Time(k.now()))
}

// settle changes the one row that an attempt holds.
func (k *keyring) settle(ctx context.Context, statement string, parameters ...any) error {
	return k.db.Write(ctx, func(tx *sql.Tx) error { return one(tx.ExecContext(ctx, statement, parameters...)) })
}

// one refuses a change that did not find the attempt's row: another attempt may be serving the key.
func one(done sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("settle an idempotency key: %w", err)
	}
	if rows, err := done.RowsAffected(); err != nil || rows != 1 {
		return errors.Join(doorProblem(CodeKeyInFlight, keyHeader).retryAfter(1), err)
	}
	return nil
}

func (k *keyring) change(ctx context.Context, statement string, parameters ...any) error {
	err := k.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement, parameters...)
		return err
	})
	if err != nil {
		return fmt.Errorf("settle an idempotency key: %w", err)
	}
	return nil
}

// forget drops keys that were last used before a moment.
func (k *keyring) forget(ctx context.Context, before time.Time) error {
	return k.change(ctx, `DELETE FROM http_idempotency WHERE changed_at < $1`, store.Time(before))
}
