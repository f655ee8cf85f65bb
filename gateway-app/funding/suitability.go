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
	"github.com/tallystick/tallystick/gateway-app/matching/suitability"
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

// Questionnaire is what a lender is asked, and its version.
type Questionnaire struct {
	Version   string                 `json:"version"`
	Questions []suitability.Question `json:"questions"`
}

// Questions is the questionnaire in force.
func Questions() Questionnaire { return Questionnaire{suitability.Version, suitability.Questions()} }

// Assessed is an assessment as it is answered once, to whoever brought the answers.
type Assessed struct {
	Class
	Bars           []string `json:"bars,omitempty" doc:"questions whose answers kept the class down, whatever the points"`
	Contradictions []string `json:"contradictions,omitempty" doc:"pairs of answers that somebody should talk to the lender about"`
}

// Assess scores a lender's answers and keeps them sealed. The latest assessment counts, whatever it says.
func (f *Funding) Assess(ctx context.Context, party string, answers suitability.Answers) (Assessed, error) {
	on, err := f.dayOf(ctx, party)
	if err != nil {
		return Assessed{}, err
	}
	if err := f.processing(ctx, nil, party); err != nil {
		return Assessed{}, err
	}
	found, err := suitability.Assess(answers, on)
	if wrong := new(suitability.AnswerError); errors.As(err, &wrong) {
		return Assessed{}, fault.In(fault.InvalidField, "answers."+wrong.Question)
	}
	if errors.Is(err, suitability.ErrAnswers) {
		return Assessed{}, fault.In(fault.InvalidField, "answers")
	}
	if err != nil {
		return Assessed{}, err
	}
	class := Class{party, found.Version, found.Points, found.Class, found.On, found.Through}
	if err := f.keepClass(ctx, class, answers); err != nil {
		return Assessed{}, fmt.Errorf("keep an assessment: %w", err)
	}
	return Assessed{class, found.Bars, found.Contradictions}, nil
}

func (f *Funding) keepClass(ctx context.Context, c Class, answers suitability.Answers) error {
	raw, err := json.Marshal(answers)
	if err != nil {
		return err
	}
	id := lane.Random(16)
	sealed, err := f.vault.Seal("suitability", id, "answers", raw)
	if err != nil {
		return err
	}
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		const insert = `INSERT INTO suitability (id, party, version, answers, points, class, assessed_on, through, assessed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
		_, err := tx.ExecContext(ctx, insert, id, c.Party, c.Version, sealed, c.Points, c.Class,
			c.Assessed.String(), c.Through.String(), store.Time(f.now()))
		return err
	})
}

// dayOf is the business date in the market of a party: runs ask whether a class holds on such dates. Before the
// custodian's first day it is China's date.
func (f *Funding) dayOf(ctx context.Context, party string) (calendar.Date, error) {
	for _, pair := range f.settings.Pairs {
		_, err := f.model.Party(ctx, pair.Collection, party)
		if errors.Is(err, fault.New(fault.NotFound)) {
			continue
		}
		if err != nil {
			return 0, err
		}
		day, err := f.model.Day(ctx, pair.Custodian)
		if err == nil && day.Date.IsZero() {
			return calendar.Shanghai(f.now().Unix()), nil
		}
		return day.Date, err
	}
	return 0, fault.In(fault.NotFound, "party")
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

// Forget deletes a party's answers, in the transaction that purges its record. What its class was stays, as
// the reason for what was lent to whom.
func (f *Funding) Forget(ctx context.Context, tx *sql.Tx, party string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE suitability SET answers = NULL WHERE party = $1`, party); err != nil {
		return fmt.Errorf("forget a lender's answers: %w", err)
	}
	return nil
}
