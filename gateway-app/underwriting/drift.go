package underwriting

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	driftOver  = 28 * day // the applicants who are compared with those of the training
	leastDrift = 100      // decisions; below this a stability index says more about chance than about applicants
	dueAfter   = 7 * day  // how often models are trained anew and drift is measured
	lookEvery  = 10 * time.Minute
)

// DriftReport says how far the applicants of late are from those that the champion was trained on.
type DriftReport struct {
	ID        string             `json:"id"`
	At        string             `json:"at"`
	Cause     string             `json:"cause" enum:"asked,weekly"`
	Training  string             `json:"training"`
	Since     string             `json:"since"`
	Decisions int64              `json:"decisions"`
	Largest   float64            `json:"largest_psi"`
	Fields    []evaluation.Drift `json:"fields" doc:"What models may read, and the score (probability), most moved first"`
}

// MeasureDrift compares the applicants of the last four weeks with those of the champion's training, by the
// population stability index of every field that models may read, and of the score.
func (r *Registry) MeasureDrift(ctx context.Context, cause string) (DriftReport, error) {
	at := r.desk.now()
	since := store.Time(at.Add(-driftOver))
	champion, report, err := r.champion(ctx)
	if err != nil {
		return DriftReport{}, fmt.Errorf("measure drift: %w", err)
	}
	card, err := scorecard.Parse(champion.file)
	if err != nil {
		return DriftReport{}, fmt.Errorf("measure drift: %w", err)
	}
	table, err := r.applicants(ctx, &card.Schema, since)
	if err != nil {
		return DriftReport{}, fmt.Errorf("measure drift: %w", err)
	}
	if table == nil || table.Rows() < leastDrift {
		return DriftReport{}, fmt.Errorf("measure drift on fewer decisions than %d: %w", leastDrift, fault.In(fault.NotYetDue, "decisions"))
	}
	d := DriftReport{
		ID: lane.Random(16), At: store.Time(at), Cause: cause, Training: champion.Training, Since: since, Decisions: int64(table.Rows()),
	}
	if d.Fields, err = report.Drift(table, card); err != nil {
		return DriftReport{}, err
	}
	slices.SortStableFunc(d.Fields, func(a, b evaluation.Drift) int { return cmp.Compare(b.PSI, a.PSI) })
	for _, field := range d.Fields {
		d.Largest = max(d.Largest, field.PSI)
	}
	return d, r.keepDrift(ctx, d)
}

// used is a model with its file.
type used struct {
	Model
	file []byte
}

// champion is the scorecard that decides, and the report of its training.
func (r *Registry) champion(ctx context.Context) (used, training.Report, error) {
	list, err := models(ctx, r.desk.db, `WHERE m.status = $1`, string(Champion))
	if err == nil && len(list) == 0 {
		err = fault.In(fault.NotFound, "model")
	}
	if err != nil {
		return used{}, training.Report{}, err
	}
	report, err := training.ParseReport(list[0].Report)
	if err != nil {
		return used{}, report, err
	}
	file, err := r.File(ctx, list[0].Hash)
	return used{list[0], file}, report, err
}

func (r *Registry) keepDrift(ctx context.Context, d DriftReport) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return r.desk.db.Write(ctx, func(tx *sql.Tx) error {
		seq, err := store.Next(ctx, tx, "underwriting_drift")
		if err != nil {
			return err
		}
		const insert = `INSERT INTO underwriting_drift (id, seq, at, cause, training, since, decisions, largest_ppm, report)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
		_, err = tx.ExecContext(ctx, insert, d.ID, seq, d.At, d.Cause, d.Training, d.Since, d.Decisions, int64(math.Round(d.Largest*1e6)), string(text))
		return err
	})
}

// Drifts lists the last reports, the latest first.
func (r *Registry) Drifts(ctx context.Context, most int) ([]DriftReport, error) {
	rows, err := r.desk.db.QueryContext(ctx, `SELECT report FROM underwriting_drift ORDER BY seq DESC LIMIT $1`, most)
	if err != nil {
		return nil, fmt.Errorf("list reports of drift: %w", err)
	}
	reports, err := texts(rows)
	if err != nil {
		return nil, fmt.Errorf("list reports of drift: %w", err)
	}
	list := make([]DriftReport, len(reports))
	for i, text := range reports {
		if err := json.Unmarshal([]byte(text), &list[i]); err != nil {
			return nil, fmt.Errorf("read a report of drift: %w", err)
		}
	}
	return list, nil
}

// LargestPSI is the largest index of the last report; 0 before the first.
func (r *Registry) LargestPSI(ctx context.Context) (float64, error) {
	var ppm int64
	err := r.desk.db.QueryRowContext(ctx, `SELECT largest_ppm FROM underwriting_drift ORDER BY seq DESC LIMIT 1`).Scan(&ppm)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return float64(ppm) / 1e6, err
}

// RunWeekly trains the first models at once, so that no applicant waits for them, then models anew and measures
// drift a week after each was last done, until the context ends. Failures go to report, and are tried again.
func (r *Registry) RunWeekly(ctx context.Context, ticks <-chan time.Time, report func(error)) error {
	if ticks == nil {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		if err := r.weekly(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
		}
	}
}

// weekly does what is due.
func (r *Registry) weekly(ctx context.Context) error {
	if _, err := r.pointers(ctx); err != nil {
		return err
	}
	last, err := r.lastAt(ctx, `SELECT COALESCE(MAX(at), '') FROM underwriting_training`)
	if err != nil || last == "" {
		return err
	}
	before := store.Time(r.desk.now().Add(-dueAfter))
	if last <= before {
		if _, err := r.Train(ctx, machine, CauseWeekly); err != nil {
			return err
		}
	}
	measured, err := r.lastAt(ctx, `SELECT COALESCE(MAX(at), '') FROM underwriting_drift WHERE cause = 'weekly'`)
	if err != nil || measured > before {
		return err
	}
	_, err = r.MeasureDrift(ctx, CauseWeekly)
	if errors.Is(err, fault.New(fault.NotYetDue)) {
		return nil // too few have applied
	}
	return err
}

func (r *Registry) lastAt(ctx context.Context, query string) (string, error) {
	var at string
	if err := r.desk.db.QueryRowContext(ctx, query).Scan(&at); err != nil {
		return "", fmt.Errorf("read when models were last trained or drift measured: %w", err)
	}
	return at, nil
}
