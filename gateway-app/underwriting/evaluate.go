package underwriting

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/risk/challenger"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
	"github.com/tallystick/tallystick/gateway-app/risk/training"
)

// Evaluation says how a model does on the member's own loans that were decided after it was trained and have
// ended since: rows that it cannot have seen. Without outcomes of both sorts there is nothing to measure.
type Evaluation struct {
	Model    string               `json:"model"`
	Since    string               `json:"since"`
	Rows     int                  `json:"rows"`
	Bad      int                  `json:"bad"`
	Measures *evaluation.Measures `json:"measures,omitempty" doc:"At the threshold of the model's training report"`
}

// Evaluate measures a model on what has come of the member's own loans since its training.
func (r *Registry) Evaluate(ctx context.Context, hash string) (Evaluation, error) {
	m, err := r.Model(ctx, hash)
	if err != nil {
		return Evaluation{}, err
	}
	e := Evaluation{Model: hash, Since: m.TrainedAt}
	all, err := r.outcomes(ctx)
	if err != nil {
		return e, err
	}
	var later []outcome
	for _, o := range all {
		if o.at > m.TrainedAt {
			later = append(later, o)
			e.Rows++
			if o.bad {
				e.Bad++
			}
		}
	}
	if e.Bad == 0 || e.Bad == e.Rows {
		return e, nil
	}
	if e.Measures, err = r.measure(ctx, m, later); err != nil {
		return e, fmt.Errorf("evaluate a model: %w", err)
	}
	return e, nil
}

func (r *Registry) measure(ctx context.Context, m Model, rows []outcome) (*evaluation.Measures, error) {
	file, err := r.File(ctx, m.Hash)
	if err != nil {
		return nil, err
	}
	report, err := training.ParseReport(m.Report)
	if err != nil {
		return nil, err
	}
	model, schema, err := parse(m.Kind, file)
	if err != nil {
		return nil, err
	}
	table, err := tableOf(schema, rows, true)
	if err != nil {
		return nil, err
	}
	validation := report.Scorecard
	if m.Kind == Forest {
		validation = report.Challenger
	}
	measures, err := evaluation.Measure(evaluation.Probabilities(model, table, table.All()), table.Bad(), validation.Pooled.Operating.Threshold)
	return &measures, err
}

// parse reads a model's file by its kind.
func parse(kind ModelKind, file []byte) (evaluation.Model, *dataset.Schema, error) {
	if kind == Forest {
		m, err := challenger.Parse(file)
		if err != nil {
			return nil, nil, err
		}
		return m, m.Schema(), nil
	}
	m, err := scorecard.Parse(file)
	if err != nil {
		return nil, nil, err
	}
	return m, &m.Schema, nil
}
