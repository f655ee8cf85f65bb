package training

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/challenger"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/fairness"
	"github.com/tallystick/tallystick/gateway-app/risk/scorecard"
)

// DefaultSettings suit a table: the scorecard's and challenger's options for its number of rows, five folds, one
// repeat, seed 1.
func DefaultSettings(t *dataset.Table) Settings {
	s := Settings{Options: decision.DefaultOptions(), Plan: dataset.Plan{Folds: 5, Repeats: 1, Seed: 1}}
	s.Challenger = challenger.OptionsFor(t.Rows())
	return s
}

// Run trains both models on all rows and reports on them. The figures' SHA-256 goes into the report as it is given.
func Run(t *dataset.Table, figuresSHA256 string, s Settings) (decision.Models, Report, error) {
	if t.Bad() == nil {
		return decision.Models{}, Report{}, errors.New("train: the figures have no outcomes; add the target column")
	}
	models, err := decision.TrainDefault(t, s.Options)
	if err != nil {
		return decision.Models{}, Report{}, err
	}
	r := Report{
		Version: reportVersion, Schema: t.Schema().Name, FeaturesVersion: t.Schema().FeaturesVersion,
		FiguresSHA256: figuresSHA256, Rows: t.Rows(), Bad: bads(t.Bad()), Settings: s,
		Inputs: t.Schema().Inputs(s.WithPrice), Protected: []string{},
		ScorecardSHA256: decision.Hash(models.ScorecardFile), ChallengerSHA256: decision.Hash(models.ChallengerFile),
	}
	for _, f := range t.Fields() {
		if f.Protected {
			r.Protected = append(r.Protected, f.Name)
		}
	}
	if len(r.Protected) == 0 {
		r.Notice = NothingProtected
	}
	if err := r.fill(t, models); err != nil {
		return decision.Models{}, Report{}, err
	}
	return models, r, nil
}

func bads(outcomes []bool) int {
	count := 0
	for _, bad := range outcomes {
		if bad {
			count++
		}
	}
	return count
}

func (r *Report) fill(t *dataset.Table, models decision.Models) error {
	var err error
	if r.Scorecard, r.Challenger, err = Evaluate(t, r.Settings); err != nil {
		return err
	}
	if r.HeldOut, err = holdOut(t, r.Inputs, r.Settings); err != nil {
		return fmt.Errorf("report on training: %w", err)
	}
	if r.Fairness, err = fair(t, r.Inputs, r.Settings); err != nil {
		return fmt.Errorf("report on training: %w", err)
	}
	if r.Profiles, err = evaluation.Profiles(t, t.All(), r.Inputs); err != nil {
		return fmt.Errorf("report on training: %w", err)
	}
	r.Score = evaluation.ProfileScores(ScoreName, evaluation.Probabilities(models.Scorecard, t, t.All()))
	return nil
}

// Evaluate cross-validates scorecard and challenger on the same folds.
func Evaluate(t *dataset.Table, s Settings) (card, beside evaluation.Report, err error) {
	inputs, with := t.Schema().Inputs(s.WithPrice), "without price"
	if s.WithPrice {
		with = "with price"
	}
	trainCard := func(t *dataset.Table, rows []int) (evaluation.Model, error) {
		return scorecard.Train(t, rows, inputs, s.Scorecard)
	}
	if card, err = evaluation.CrossValidate("scorecard "+with, t, trainCard, s.Plan); err != nil {
		return card, beside, err
	}
	trainBeside := func(t *dataset.Table, rows []int) (evaluation.Model, error) {
		return challenger.Train(t, rows, inputs, s.Challenger)
	}
	beside, err = evaluation.CrossValidate("boosted trees "+with, t, trainBeside, s.Plan)
	return card, beside, err
}

// holdOut trains a scorecard on most rows and compares the rest with them.
func holdOut(t *dataset.Table, inputs []string, s Settings) (HeldOut, error) {
	trainedOn, held, err := dataset.HoldOut(t.Bad(), heldOutPPM, s.Plan.Seed)
	if err != nil {
		return HeldOut{}, err
	}
	card, err := scorecard.Train(t, trainedOn, inputs, s.Scorecard)
	if err != nil {
		return HeldOut{}, err
	}
	profiles, err := evaluation.Profiles(t, trainedOn, inputs)
	if err != nil {
		return HeldOut{}, err
	}
	h := HeldOut{Rows: len(held)}
	if h.Stability, err = compare(profiles, t, held); err != nil {
		return HeldOut{}, err
	}
	before, after := evaluation.Probabilities(card, t, trainedOn), evaluation.Probabilities(card, t, held)
	score, err := evaluation.ProfileScores(ScoreName, before).Scores(after)
	h.Stability = append(h.Stability, score)
	return h, err
}

// fair decides every row by the scorecard of a fold that does not hold it, at the threshold at which that fold's
// training rows would be refused as often as rows are bad, and reports by group.
func fair(t *dataset.Table, inputs []string, s Settings) ([]fairness.Report, error) {
	splits, err := dataset.Plan{Folds: s.Plan.Folds, Repeats: 1, Seed: s.Plan.Seed}.Splits(t.Bad())
	if err != nil {
		return nil, err
	}
	d := fairness.Decisions{Probabilities: make([]float64, t.Rows()), Approved: make([]bool, t.Rows())}
	refused := float64(bads(t.Bad())) / float64(t.Rows())
	for _, split := range splits {
		card, err := scorecard.Train(t, split.Train, inputs, s.Scorecard)
		if err != nil {
			return nil, err
		}
		threshold, err := evaluation.ThresholdFor(evaluation.Probabilities(card, t, split.Train), refused)
		if err != nil {
			return nil, err
		}
		for i, chance := range evaluation.Probabilities(card, t, split.Test) {
			row := split.Test[i]
			d.Probabilities[row], d.Approved[row] = chance, chance < threshold
		}
	}
	reports, err := fairness.ReportAll(t, d, leastGroup)
	return slices.Concat([]fairness.Report{}, reports), err
}
