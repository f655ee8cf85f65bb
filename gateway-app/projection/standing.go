package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Standing is how far the rows have come, and how far they must come before they are whole: as far as they were
// once, or as the peer was when they were begun anew.
type Standing struct {
	Block   int64 // the last one folded; -1 before the first
	Reached int64
}

// Whole reports whether the rows leave nothing out that was shown before. Rows that are not whole look like
// complete lists and are none.
func (s Standing) Whole() bool { return s.Block >= s.Reached }

// Standing answers how far the rows have come.
func (m *Model) Standing(ctx context.Context) (Standing, error) {
	s := Standing{Block: -1, Reached: -1}
	const query = `SELECT block, reached FROM rm_checkpoint WHERE id = 1`
	err := m.db.QueryRowContext(ctx, query).Scan(&s.Block, &s.Reached)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("read how far the read model has come: %w", err)
	}
	return s, nil
}

// aim says how far the rows must come before they are whole. It never says less than was said before.
func aim(ctx context.Context, tx *sql.Tx, block int64) error {
	const query = `INSERT INTO rm_checkpoint (id, block, hash, seq, feed, reached) VALUES (1, -1, '', 0, 0, $1)
		ON CONFLICT (id) DO UPDATE SET reached = CASE WHEN rm_checkpoint.reached < $1 THEN $1 ELSE rm_checkpoint.reached END`
	if _, err := tx.ExecContext(ctx, query, block); err != nil {
		return fmt.Errorf("say how far the read model must come: %w", err)
	}
	return nil
}

// begin says, of rows that hold nothing yet, how far the peer is: until then they are not whole.
func (p *Projection) begin(ctx context.Context) error {
	chain, err := p.source.Chain(ctx)
	if err != nil || chain.Height == 0 {
		return err
	}
	return p.db.Write(ctx, func(tx *sql.Tx) error { return aim(ctx, tx, int64(chain.Height)-1) })
}
