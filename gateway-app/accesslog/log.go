package accesslog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// What a decision can be.
const (
	Allowed   = "allowed"
	Refused   = "refused"
	Disclosed = "disclosed" // a further part of what was allowed under the same request id
)

// Entry is what a row says. Actor, Subject and Subjects are ids and handles, never names.
type Entry struct {
	At        time.Time
	Actor     string
	Operation string
	Decision  string
	Policy    string
	Subject   string
	RequestID string
	Subjects  []string // the handles of all whose data was shown or written; the row has their number and digest

	// Confidential says that the row itself would tell that a customer's money is looked at: it is withheld from
	// whoever may not know.
	Confidential bool
}

// Log is the member's access log. Several processes may share one database: rows have one order.
type Log struct {
	db     *store.DB
	sender anchoring.Sender
	member string
	clock  func() time.Time
	queue  queue
}

// New keeps the log of a member. The sender takes heads to the ledger; without one, Anchor is refused. The
// clock is the time of anchoring; nil is the machine's.
func New(db *store.DB, member string, sender anchoring.Sender, clock func() time.Time) *Log {
	if clock == nil {
		clock = time.Now
	}
	return &Log{db: db, sender: sender, member: member, clock: clock}
}

// sequence numbers the rows. Taking a number also lets one transaction at a time append.
const sequence = "access log"

// Append writes rows in their order, in the caller's transaction.
func (l *Log) Append(ctx context.Context, tx *sql.Tx, entries ...Entry) error {
	first, err := store.Reserve(ctx, tx, sequence, int64(len(entries)))
	if err != nil {
		return fmt.Errorf("append to the access log: %w", err)
	}
	previous := chain.Genesis
	if first > 1 {
		if err := tx.QueryRowContext(ctx, `SELECT hash FROM access_log WHERE seq = $1`, first-1).Scan(&previous); err != nil {
			return fmt.Errorf("append to the access log: read row %d: %w", first-1, err)
		}
	}
	for i, e := range entries {
		if previous, err = appendRow(ctx, tx, first+int64(i), previous, e); err != nil {
			return fmt.Errorf("append to the access log: %w", err)
		}
	}
	return nil
}

// appendRow writes one row and answers its hash.
func appendRow(ctx context.Context, tx *sql.Tx, number int64, previous string, e Entry) (string, error) {
	shown, err := disclose(e.Subjects)
	if err != nil {
		return "", err
	}
	row, err := chain.Content{
		At: store.Time(e.At), Actor: e.Actor, Operation: e.Operation, Decision: e.Decision, Policy: e.Policy,
		Subject: e.Subject, RequestID: e.RequestID, Count: shown.count(), Disclosed: shown.digest(), Confidential: e.Confidential,
	}.Seal(number, previous, chain.NewSalt())
	if err != nil {
		return "", err
	}
	if err := shown.keep(ctx, tx); err != nil {
		return "", err
	}
	const insert = `INSERT INTO access_log (` + rowColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	_, err = tx.ExecContext(ctx, insert, row.Sequence, row.At, row.Actor, row.Operation, row.Decision, row.Policy,
		row.Subject, row.RequestID, row.Count, row.Disclosed, row.Confidential, row.Salt, row.Digest, row.Previous, row.Hash)
	return row.Hash, err
}

const rowColumns = `seq, at, actor, operation, decision, policy, subject, request_id, count, disclosed,
	confidential, salt, digest, previous, hash`

// Head is the last row. Its sequence is 0 while the log is empty.
func (l *Log) Head(ctx context.Context) (chain.Head, error) {
	head := chain.Head{Hash: chain.Genesis}
	err := l.db.QueryRowContext(ctx, `SELECT seq, hash FROM access_log ORDER BY seq DESC LIMIT 1`).Scan(&head.Sequence, &head.Hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return chain.Head{}, fmt.Errorf("read the head of the access log: %w", err)
	}
	return head, nil
}

// Verify recomputes the whole chain with the content of every row, looks for every head that was anchored, and for
// every list of whose data was shown. What it cannot know is whether the anchors in the database are those on the
// ledger: that is compared from outside, by `tally audit log`.
func (l *Log) Verify(ctx context.Context) (chain.Verdict, error) {
	anchors, err := l.Anchors(ctx)
	if err != nil {
		return chain.Verdict{}, err
	}
	var heads []chain.Head
	for _, anchor := range anchors {
		heads = append(heads, chain.Head{Sequence: anchor.Sequence, Hash: anchor.Hash})
	}
	verdict, err := chain.Verify(l.For(true).rows(ctx), heads)
	if err != nil {
		return verdict, err
	}
	return verdict, l.verifyDisclosures(ctx)
}
