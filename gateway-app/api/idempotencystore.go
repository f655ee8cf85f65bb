package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
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
	holder string // names this process
	logger *slog.Logger
	now    func() time.Time
}

// slot is a key as the database knows it.
type slot struct {
	name, request, operation string
	repeatable               bool
}

// The states of a key.
const (
	keyRunning  = "running"  // a process is serving it, or died doing so
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
		var request, state, holder string
		err := tx.QueryRowContext(ctx,
			`SELECT request, state, holder, answer FROM http_idempotency WHERE name = $1`, s.name).
			Scan(&request, &state, &holder, &before)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return k.take(ctx, tx, s)
		case err != nil:
			return err
		case request != s.request:
			return doorProblem(CodeKeyReused, keyHeader)
		case state == keyAnswered:
			return nil
		case state == keyRunning && holder == k.holder:
			return doorProblem(CodeKeyInFlight, keyHeader).retryAfter(1)
		case state == keyRunning && !s.repeatable:
			return doorProblem(CodeKeyUnfinished, keyHeader)
		}
		before = nil
		return k.take(ctx, tx, s)
	})
	if err != nil {
		return nil, fmt.Errorf("take an idempotency key: %w", err)
	}
	return before, nil
}

func (k *keyring) take(ctx context.Context, tx *sql.Tx, s slot) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO http_idempotency (name, request, operation, state, holder, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (name) DO UPDATE SET state = excluded.state, holder = excluded.holder,
			changed_at = excluded.changed_at`,
		s.name, s.request, s.operation, keyRunning, k.holder, store.Time(k.now()))
	return err
}

// finish keeps an answer, or opens the key again: a request that was malformed did nothing, and one that
// failed or is not decided yet may be sent again with the same body.
func (k *keyring) finish(ctx context.Context, s slot, key string, h *held) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestSettling)
	defer cancel()
	switch {
	case h.status == http.StatusBadRequest || h.status == http.StatusUnsupportedMediaType:
		return k.change(ctx, `DELETE FROM http_idempotency WHERE name = $1`, s.name)
	case h.status == http.StatusAccepted || h.status >= http.StatusInternalServerError:
		return k.set(ctx, s, keyOpen, nil)
	}
	sealed, err := seal(answer{Status: h.status, Headers: h.header, Body: h.body.Bytes()}, key, s.name)
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
		err = k.change(ctx, `UPDATE http_idempotency SET holder = '' WHERE name = $1`, s.name)
	}
	if err != nil {
		k.logger.ErrorContext(ctx, "an idempotency key was left behind", "operation", s.operation, "error", err)
	}
}

func (k *keyring) set(ctx context.Context, s slot, state string, sealed []byte) error {
	return k.change(ctx, `UPDATE http_idempotency SET state = $1, answer = $2, changed_at = $3 WHERE name = $4`,
		state, sealed, store.Time(k.now()), s.name)
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

// answer is what is kept of an answer.
type answer struct {
	Status  int         `json:"status"`
	Headers http.Header `json:"headers"`
	Body    []byte      `json:"body"`
}

// seal encrypts an answer with a key that only the caller's Idempotency-Key yields: answers may hold
// tokens and personal data, and whoever has the database alone reads none of it.
func seal(a answer, key, name string) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	box, err := boxOf(key, name)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails: it ends the process instead
	return box.Seal(nonce, nonce, plain, []byte(name)), nil
}

func unseal(sealed []byte, key, name string) (answer, error) {
	box, err := boxOf(key, name)
	if err != nil {
		return answer{}, err
	}
	if len(sealed) < box.NonceSize() {
		return answer{}, errors.New("open a kept answer: it is cut short")
	}
	plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(name))
	if err != nil {
		return answer{}, fmt.Errorf("open a kept answer: %w", err)
	}
	var a answer
	if err := json.Unmarshal(plain, &a); err != nil {
		return answer{}, fmt.Errorf("read a kept answer: %w", err)
	}
	return a, nil
}

func boxOf(key, name string) (cipher.AEAD, error) {
	secret, err := hkdf.Key(sha256.New, []byte(key), []byte(name), "tallystick http answer", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
