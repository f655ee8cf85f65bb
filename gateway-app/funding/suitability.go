package funding

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Class is what the questionnaire made of a lender. The answers themselves are sealed, and never shown.
type Class struct {
	Party    string        `json:"party"`
	Version  string        `json:"version" doc:"of the questionnaire"`
	Points   int           `json:"points"`
	Class    int           `json:"class" minimum:"1" maximum:"6" doc:"C1, the most careful, to C6"`
	Assessed calendar.Date `json:"assessed" format:"date"`
	Through  calendar.Date `json:"through" format:"date" doc:"the last day on which the class holds"`
}

// Assess scores a lender's answers and keeps them sealed. The latest assessment counts, whatever it says.
func (f *Funding) Assess(ctx context.Context, party string, answers map[string]string) (Class, error) {
	class := Class{Party: party}
	if err := f.knownParty(ctx, party); err != nil {
		return class, err
	}
	class.Assessed = calendar.Shanghai(f.now().Unix())
	if err := score(&class, answers); err != nil {
		return class, err
	}
	raw, err := json.Marshal(answers)
	if err != nil {
		return class, err
	}
	id := lane.Random(16)
	sealed, err := f.vault.Seal("suitability", id, "answers", raw)
	if err != nil {
		return class, err
	}
	err = f.db.Write(ctx, func(tx *sql.Tx) error {
		const insert = `INSERT INTO suitability (id, party, version, answers, points, class, assessed_on, through, assessed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
		_, err := tx.ExecContext(ctx, insert, id, party, class.Version, sealed, class.Points, class.Class,
			class.Assessed.String(), class.Through.String(), store.Time(f.now()))
		return err
	})
	if err != nil {
		return class, fmt.Errorf("keep an assessment: %w", err)
	}
	return class, nil
}

// knownParty wants a party of one of the platform's collections.
func (f *Funding) knownParty(ctx context.Context, party string) error {
	for _, pair := range f.settings.Pairs {
		_, err := f.model.Party(ctx, pair.Collection, party)
		if !errors.Is(err, fault.New(fault.NotFound)) {
			return err
		}
	}
	return fault.In(fault.NotFound, "party")
}

// Class answers a lender's latest assessment.
func (f *Funding) Class(ctx context.Context, party string) (Class, error) {
	found, err := f.readClasses(ctx, `party = $1 ORDER BY assessed_at DESC, id LIMIT 1`, party)
	if err != nil {
		return Class{}, err
	}
	if len(found) == 0 {
		return Class{}, fault.In(fault.NotFound, "party")
	}
	return found[0], nil
}

// classes are the latest assessments of all.
func (f *Funding) classes(ctx context.Context) (map[string]Class, error) {
	found, err := f.readClasses(ctx, `TRUE ORDER BY assessed_at, id DESC`)
	latest := make(map[string]Class, len(found))
	for _, class := range found {
		latest[class.Party] = class
	}
	return latest, err
}

func (f *Funding) readClasses(ctx context.Context, where string, arguments ...any) ([]Class, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT party, version, points, class, assessed_on, through FROM suitability WHERE `+where, arguments...)
	if err != nil {
		return nil, fmt.Errorf("read assessments: %w", err)
	}
	defer rows.Close()
	var list []Class
	for rows.Next() {
		var c Class
		var assessed, through string
		if err := rows.Scan(&c.Party, &c.Version, &c.Points, &c.Class, &assessed, &through); err != nil {
			return nil, fmt.Errorf("read assessments: %w", err)
		}
		if c.Assessed, err = calendar.Parse(assessed); err != nil {
			return nil, err
		}
		if c.Through, err = calendar.Parse(through); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// Forget deletes the answers of everybody whose record was purged. What their class was stays, as the reason
// for what was lent to whom.
func (f *Funding) Forget(ctx context.Context) error {
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE suitability SET answers = NULL
			WHERE answers IS NOT NULL AND party IN (SELECT party FROM person WHERE status = 'purged')`
		if _, err := tx.ExecContext(ctx, update); err != nil {
			return fmt.Errorf("forget the answers of purged records: %w", err)
		}
		return nil
	})
}

// score asks the questionnaire.
func score(c *Class, answers map[string]string) error {
	return fault.In(fault.InvalidField, "answers")
}
