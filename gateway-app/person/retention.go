package person

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// DutyKind is why a record must be kept.
type DutyKind string

// The kinds of duties.
const (
	AML        DutyKind = "aml"        // ten years after the relation ended
	Contract   DutyKind = "contract"   // limitation of claims
	Litigation DutyKind = "litigation" // a case at court
	Order      DutyKind = "order"      // a supervisor's
)

// amlMonths is how long records are kept after the relation ended (anti-money-laundering law of 2024).
const amlMonths = 120

// relation is the duty that every record begins with.
const relation = "relation"

// Duty is one reason to keep a record, through its last day; open ones have none yet.
type Duty struct {
	Kind      DutyKind      `json:"kind"`
	Reference string        `json:"reference"`
	Until     calendar.Date `json:"until,omitempty"`
}

func (d Duty) check() error {
	switch {
	case !slices.Contains([]DutyKind{AML, Contract, Litigation, Order}, d.Kind):
		return fault.In(fault.InvalidField, "kind")
	case d.Reference == "" || len(d.Reference) > longestValue:
		return fault.In(fault.InvalidField, "reference")
	}
	return nil
}

func openDuty(ctx context.Context, tx *sql.Tx, person string) error {
	return putDuty(ctx, tx, person, Duty{Kind: AML, Reference: relation})
}

func putDuty(ctx context.Context, tx *sql.Tx, person string, d Duty) error {
	until := ""
	if !d.Until.IsZero() {
		until = d.Until.String()
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO person_duty (person, kind, reference, until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person, kind, reference) DO UPDATE SET until = excluded.until`, person, string(d.Kind), d.Reference, until)
	return err
}

// Keep records a duty, or changes its last day. One that has a last day is only ever prolonged, and none is given a
// day that is past. The relation itself ends by End.
func (p *People) Keep(ctx context.Context, person string, d Duty) error {
	if err := d.check(); err != nil {
		return err
	}
	if d.Kind == AML && d.Reference == relation {
		return fault.In(fault.InvalidField, "reference")
	}
	if !d.Until.IsZero() && d.Until < calendar.Shanghai(p.now().Unix()) {
		return fault.In(fault.InvalidField, "until")
	}
	return p.changeDuty(ctx, person, d, nil)
}

// End says that the business relation ended on a day: from then the ten years run. It cannot have ended before the
// record began, nor end in the future, nor while the books know anything to be open with the party.
func (p *People) End(ctx context.Context, person string, on calendar.Date) error {
	over := func(r Record) error {
		began, err := store.ParseTime(r.CreatedAt)
		if err != nil {
			return err
		}
		if on < calendar.Shanghai(began.Unix()) || on > calendar.Shanghai(p.now().Unix()) {
			return fault.In(fault.InvalidField, "on")
		}
		open, err := p.open(ctx, r.Party)
		if err == nil && len(open) > 0 {
			err = fault.In(fault.WrongStatus, open[0])
		}
		return err
	}
	return p.changeDuty(ctx, person, Duty{Kind: AML, Reference: relation, Until: on.AddMonths(amlMonths)}, over)
}

// changeDuty puts a duty on a record that passes a check, where there is one.
func (p *People) changeDuty(ctx context.Context, person string, d Duty, check func(Record) error) error {
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		r, err := p.find(ctx, tx, `id = $1`, person)
		if err != nil {
			return err
		}
		if r.Status == Purged {
			return fault.In(fault.WrongStatus, "person")
		}
		if check != nil {
			if err := check(r); err != nil {
				return err
			}
		}
		duties, err := dutiesOf(ctx, tx, person)
		if err != nil {
			return err
		}
		for _, before := range duties {
			same := before.Kind == d.Kind && before.Reference == d.Reference
			if same && !before.Until.IsZero() && !d.Until.IsZero() && d.Until < before.Until {
				return fault.In(fault.InvalidField, "until")
			}
		}
		return putDuty(ctx, tx, person, d)
	})
	if err != nil {
		return fmt.Errorf("keep a record: %w", err)
	}
	return nil
}

// Duties answers why a record is kept.
func (p *People) Duties(ctx context.Context, person string) ([]Duty, error) {
	duties, err := dutiesOf(ctx, p.db, person)
	if err != nil {
		return nil, fmt.Errorf("read the duties to keep a record: %w", err)
	}
	return duties, nil
}

func dutiesOf(ctx context.Context, q querier, person string) ([]Duty, error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, reference, until FROM person_duty WHERE person = $1 ORDER BY kind, reference`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var duties []Duty
	for rows.Next() {
		var d Duty
		var until string
		if err := rows.Scan(&d.Kind, &d.Reference, &until); err != nil {
			return nil, err
		}
		if until != "" {
			if d.Until, err = calendar.Parse(until); err != nil {
				return nil, err
			}
		}
		duties = append(duties, d)
	}
	return duties, rows.Err()
}

// Hold is an order that stops a purge, whatever else is true, until it is released.
type Hold struct {
	ID         string `json:"id"`
	Reference  string `json:"reference"`
	PlacedBy   string `json:"placed_by"`
	PlacedAt   string `json:"placed_at"`
	ReleasedBy string `json:"released_by,omitempty"`
	ReleasedAt string `json:"released_at,omitempty"`
}

// Place puts a legal hold on a record.
func (p *People) Place(ctx context.Context, person, reference, by string) (Hold, error) {
	if reference == "" || len(reference) > longestValue {
		return Hold{}, fault.In(fault.InvalidField, "reference")
	}
	h := Hold{ID: random(), Reference: reference, PlacedBy: by, PlacedAt: store.Time(p.now())}
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		r, err := p.find(ctx, tx, `id = $1`, person)
		if err != nil {
			return err
		}
		if r.Status == Purged {
			return fault.In(fault.WrongStatus, "person")
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO person_hold (id, person, reference, placed_by, placed_at, released_by, released_at)
			VALUES ($1, $2, $3, $4, $5, '', '')`, h.ID, person, h.Reference, h.PlacedBy, h.PlacedAt)
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
	holds, err := holdsOf(ctx, p.db, person)
	if err != nil {
		return nil, fmt.Errorf("read the legal holds: %w", err)
	}
	return holds, nil
}

func holdsOf(ctx context.Context, q querier, person string) ([]Hold, error) {
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
		holds = append(holds, h)
	}
	return holds, rows.Err()
}
