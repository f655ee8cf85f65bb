package accesslog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/outbox"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Anchor is a head of the log that is on the ledger, or on its way there.
type Anchor struct {
	Sequence   int64  `json:"sequence,string"`
	Hash       string `json:"hash"`
	Previous   string `json:"previous,omitempty"` // the head that was anchored before
	StoredAt   string `json:"stored_at"`
	AnchoredAt string `json:"anchored_at,omitempty"` // empty until the ledger has it
	RequestID  string `json:"request_id"`
	TxID       string `json:"tx_id,omitempty"`
	Block      uint64 `json:"block,omitempty,string"`
}

// Anchor puts the head of the log into the member's evidence log on the ledger, and answers the anchor;
// false: nothing is new since the last. The head is stored before it is sent and its request id follows
// from it, so a crash at any point ends in one entry on the ledger. What was stored and not finished is
// finished first.
func (l *Log) Anchor(ctx context.Context) (Anchor, bool, error) {
	if l.sender == nil {
		return Anchor{}, false, fmt.Errorf("anchor the access log: %w", fault.New(fault.Unavailable))
	}
	due, ok, err := l.due(ctx)
	if err != nil || !ok {
		return Anchor{}, false, err
	}
	outcome, err := l.send(ctx, due)
	if err != nil {
		return Anchor{}, false, fmt.Errorf("anchor the access log at row %d: %w", due.Sequence, err)
	}
	due.AnchoredAt, due.TxID, due.Block = store.Time(l.clock()), outcome.TxID, outcome.Block
	err = l.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE access_anchor SET anchored_at = $1, tx_id = $2, block = $3 WHERE seq = $4`
		_, err := tx.ExecContext(ctx, update, due.AnchoredAt, due.TxID, int64(due.Block), due.Sequence)
		return err
	})
	if err != nil {
		return Anchor{}, false, fmt.Errorf("anchor the access log at row %d: %w", due.Sequence, err)
	}
	return due, true, nil
}

// due is the anchor that was not finished, or a new one for the head.
func (l *Log) due(ctx context.Context) (due Anchor, ok bool, err error) {
	err = l.db.Write(ctx, func(tx *sql.Tx) error {
		last, err := scanAnchor(tx.QueryRowContext(ctx, selectAnchors+` ORDER BY seq DESC LIMIT 1`))
		switch {
		case err == nil && last.AnchoredAt == "":
			due, ok = last, true
			return nil
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		}
		head := chain.Head{}
		err = tx.QueryRowContext(ctx, `SELECT seq, hash FROM access_log ORDER BY seq DESC LIMIT 1`).Scan(&head.Sequence, &head.Hash)
		if errors.Is(err, sql.ErrNoRows) || err == nil && head.Sequence == last.Sequence {
			ok = false
			return nil
		}
		if err != nil {
			return err
		}
		due = Anchor{
			Sequence: head.Sequence, Hash: head.Hash, Previous: last.Hash, StoredAt: store.Time(l.clock()),
			RequestID: l.requestID(head.Hash),
		}
		ok = true
		const insert = `INSERT INTO access_anchor (seq, hash, previous, stored_at, anchored_at, request_id, tx_id, block)
			VALUES ($1, $2, $3, $4, '', $5, '', 0)`
		_, err = tx.ExecContext(ctx, insert, due.Sequence, due.Hash, due.Previous, due.StoredAt, due.RequestID)
		return err
	})
	if err != nil {
		return Anchor{}, false, fmt.Errorf("store the head of the access log: %w", err)
	}
	return due, ok, nil
}

// requestID is the same whenever the same head is sent.
func (l *Log) requestID(hash string) string {
	sum := sha256.Sum256([]byte("access-log\x00" + l.member + "\x00" + hash))
	return hex.EncodeToString(sum[:16])
}

// send anchors a head alone, and not with the digests that package anchoring gathers: each head names the one that was
// anchored before, so the next is chosen only when this one stands, and what is anchored is a row of the log that the
// verifier of a copy has to find with it.
func (l *Log) send(ctx context.Context, due Anchor) (outbox.Outcome, error) {
	command, err := anchoring.Command(due.RequestID, wire.Atomic, evidence.Entry{
		Digest: due.Hash, Phase: evidence.PhaseAudit, Previous: due.Previous, MediaType: chain.MediaType,
	})
	if err != nil {
		return outbox.Outcome{}, err
	}
	outcome, err := l.sender.Do(ctx, command)
	if err == nil {
		err = anchoring.Missing(outcome)
	}
	return outcome, err
}

const selectAnchors = `SELECT seq, hash, previous, stored_at, anchored_at, request_id, tx_id, block FROM access_anchor`

type scanner interface{ Scan(into ...any) error }

func scanAnchor(row scanner) (Anchor, error) {
	var a Anchor
	var block int64
	err := row.Scan(&a.Sequence, &a.Hash, &a.Previous, &a.StoredAt, &a.AnchoredAt, &a.RequestID, &a.TxID, &block)
	a.Block = uint64(block)
	return a, err
}

// Anchors lists every anchor in the order of the log.
func (l *Log) Anchors(ctx context.Context) ([]Anchor, error) {
	rows, err := l.db.QueryContext(ctx, selectAnchors+` ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("list the anchors of the access log: %w", err)
	}
	defer rows.Close()
	var list []Anchor
	for rows.Next() {
		a, err := scanAnchor(rows)
		if err != nil {
			return nil, fmt.Errorf("list the anchors of the access log: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

const (
	anchorEvery = 24 * time.Hour
	lookEvery   = 10 * time.Minute
)

// Run anchors the head a day after it was last anchored, and at once where it never was. It looks every
// few minutes, so that a ledger that was away is tried again soon; failures go to report. The ticks are
// the machine's unless a test gives its own.
func (l *Log) Run(ctx context.Context, ticks <-chan time.Time, report func(error)) error {
	if ticks == nil {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		if err := l.anchorIfDue(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
		}
	}
}

func (l *Log) anchorIfDue(ctx context.Context) error {
	last, err := scanAnchor(l.db.QueryRowContext(ctx, selectAnchors+` ORDER BY seq DESC LIMIT 1`))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the last anchor of the access log: %w", err)
	}
	if last.AnchoredAt > store.Time(l.clock().Add(-anchorEvery)) {
		return nil
	}
	_, _, err = l.Anchor(ctx)
	return err
}
