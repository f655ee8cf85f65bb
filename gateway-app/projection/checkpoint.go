package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// checkpoint is how far the read model has come. It is written in the transaction that writes the rows.
type checkpoint struct {
	block int64 // the last one folded; -1 before the first
	hash  string
	seq   int64 // the last number given to a row
	feed  int64 // the last number given to a row of the feed
}

const checkpointTable = "rm_checkpoint"

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readCheckpoint(ctx context.Context, from querier) (checkpoint, error) {
	c := checkpoint{block: -1}
	const query = `SELECT block, hash, seq, feed FROM rm_checkpoint WHERE id = 1`
	err := from.QueryRowContext(ctx, query).Scan(&c.block, &c.hash, &c.seq, &c.feed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("read the checkpoint of the read model: %w", err)
	}
	return c, nil
}

// claim reads the checkpoint and keeps every other process from moving it until the transaction ends: whoever
// comes second waits, and then finds it moved.
func claim(ctx context.Context, tx *sql.Tx) (checkpoint, error) {
	var c checkpoint
	const query = `INSERT INTO rm_checkpoint (id, block, hash, seq, feed) VALUES (1, -1, '', 0, 0)
		ON CONFLICT (id) DO UPDATE SET block = rm_checkpoint.block RETURNING block, hash, seq, feed`
	if err := tx.QueryRowContext(ctx, query).Scan(&c.block, &c.hash, &c.seq, &c.feed); err != nil {
		return c, fmt.Errorf("claim the checkpoint of the read model: %w", err)
	}
	return c, nil
}

func (c checkpoint) write(ctx context.Context, tx *sql.Tx) error {
	const query = `UPDATE rm_checkpoint SET block = $1, hash = $2, seq = $3, feed = $4,
		reached = CASE WHEN reached < $1 THEN $1 ELSE reached END WHERE id = 1`
	if _, err := tx.ExecContext(ctx, query, c.block, c.hash, c.seq, c.feed); err != nil {
		return fmt.Errorf("write the checkpoint of the read model: %w", err)
	}
	return nil
}

// next is the block to fold next.
func (c checkpoint) next() uint64 { return uint64(c.block + 1) }

// admits refuses a block that is not the next one, or that follows another block than the last.
func (c checkpoint) admits(in intake) error {
	switch {
	case in.number != c.next():
		return &Finding{Kind: Gap, Block: in.number, What: fmt.Sprintf("block %d should come next", c.next())}
	case c.block >= 0 && in.previous != c.hash:
		return &Finding{Kind: Gap, Block: in.number, What: "its previous hash is not the hash of the block that was folded before it"}
	}
	return nil
}
