package person

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Hold is an order that stops a purge, whatever else is true, until it is released. Its reference is typed by people,
// may name anybody, and is sealed.
type Hold struct {
	ID         string `json:"id" mask:"plain,internal"`
	Reference  string `json:"reference" mask:"plain,secret"`
	PlacedBy   string `json:"placed_by" mask:"plain,internal"`
	PlacedAt   string `json:"placed_at" mask:"plain,internal"`
	ReleasedBy string `json:"released_by,omitempty" mask:"plain,internal"`
	ReleasedAt string `json:"released_at,omitempty" mask:"plain,internal"`
}

// Place puts a legal hold on a record.
func (p *People) Place(ctx context.Context, person, reference, by string) (Hold, error) {
	if reference == "" || len(reference) > longestValue {
		return Hold{}, fault.In(fault.InvalidField, "reference")
	}
	h := Hold{ID: random(), Reference: reference, PlacedBy: by, PlacedAt: store.Time(p.now())}
	sealed, err := p.vault.SealText("person_hold", h.ID, "reference", reference)
	if err != nil {
		return Hold{}, fmt.Errorf("place a legal hold: %w", err)
	}
	err = p.db.Write(ctx, func(tx *sql.Tx) error {
		r, err := p.find(ctx, tx, `id = $1`, person)
		if err != nil {
			return err
		}
		if r.Status == Purged {
			return fault.In(fault.WrongStatus, "person")
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO person_hold (id, person, reference, placed_by, placed_at, released_by, released_at)
			VALUES ($1, $2, $3, $4, $5, '', '')`, h.ID, person, sealed, h.PlacedBy, h.PlacedAt)
		return err
	})
	if err != nil {
		return Hold{}, fmt.Errorf("place a legal hold: %w", err)
	}
	return h, nil
}

// Release lifts a legal hold.
func (p *People) Release(ctx context.Context, person, hold, by string) error {
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE person_hold SET released_by = $3, released_at = $4
			WHERE id = $1 AND person = $2 AND released_at = ''`, hold, person, by, store.Time(p.now()))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fault.In(fault.NotFound, "hold")
	})
	if err != nil {
		return fmt.Errorf("release a legal hold: %w", err)
	}
	return nil
}

// Holds answers every hold that was ever placed on a record.
func (p *People) Holds(ctx context.Context, person string) ([]Hold, error) {
	holds, err := p.holdsOf(ctx, p.db, person)
	if err != nil {
		return nil, fmt.Errorf("read the legal holds: %w", err)
	}
	return holds, nil
}

func (p *People) holdsOf(ctx context.Context, q querier, person string) ([]Hold, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, reference, placed_by, placed_at, released_by, released_at
		FROM person_hold WHERE person = $1 ORDER BY placed_at, id`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var holds []Hold
	for rows.Next() {
		var h Hold
		if err := rows.Scan(&h.ID, &h.Reference, &h.PlacedBy, &h.PlacedAt, &h.ReleasedBy, &h.ReleasedAt); err != nil {
			return nil, err
		}
		if h.Reference, err = p.vault.OpenText("person_hold", h.ID, "reference", h.Reference); err != nil {
			return nil, err
		}
		holds = append(holds, h)
	}
	return holds, rows.Err()
}
