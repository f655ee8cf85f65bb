package training

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/evaluation"
	"github.com/tallystick/tallystick/gateway-app/risk/fairness"
)

const (
	reportVersion = 1
	heldOutPPM    = 300_000
	leastGroup    = 100 // rows of a group for it to be judged
)

// Settings of a training run.
type Settings struct {
	decision.Options
	Plan dataset.Plan `json:"plan"`
}

// Report is what a training run was and gave.
type Report struct {
	Version         int      `json:"version"`
	Schema          string   `json:"schema"`
	FeaturesVersion int      `json:"features_version"`
	FiguresSHA256   string   `json:"figures_sha256"`
	Rows            int      `json:"rows"`
	Bad             int      `json:"bad"`
	Settings        Settings `json:"settings"`
	Inputs          []string `json:"inputs"`           // that models could read
	Protected       []string `json:"protected"`        // that none can
	Notice          string   `json:"notice,omitempty"` // what a reader must know before the figures

	ScorecardSHA256  string            `json:"scorecard_sha256"`
	ChallengerSHA256 string            `json:"challenger_sha256"`
	Scorecard        evaluation.Report `json:"scorecard"`
	Challenger       evaluation.Report `json:"challenger"`

	Fairness []fairness.Report    `json:"fairness"` // of the scorecard's decisions on rows that it did not see
	HeldOut  HeldOut              `json:"held_out"`
	Profiles []evaluation.Profile `json:"profiles"` // of the inputs
	Score    evaluation.Profile   `json:"score"`    // of the scorecard's probabilities
}

// HeldOut is how far a share of the rows that was drawn by the plan's seed lies from the others: what drift is by
// chance alone.
type HeldOut struct {
	Rows      int                `json:"rows"`
	Stability []evaluation.Drift `json:"stability"` // of each input, then of the score
}

// NothingProtected is the notice of a report on figures whose schema marks no column: nobody can tell from it on whom
// the decisions fall.
const NothingProtected = "the schema marks no column as protected: names were looked at, contents were not, and there is no report of fairness"

// ScoreName is what the score is called among drifts.
const ScoreName = "probability"

// File writes the report's file.
func (r Report) File() ([]byte, error) {
	file, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write a training report: %w", err)
	}
	return append(file, '\n'), nil
}

// ParseReport reads a report's file strictly.
func ParseReport(file []byte) (Report, error) {
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	var r Report
	if err := decoder.Decode(&r); err != nil {
		return Report{}, fmt.Errorf("read a training report: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Report{}, errors.New("read a training report: something follows the report in its file")
	}
	if r.Version != reportVersion {
		return Report{}, fmt.Errorf("read a training report: version is %d, this program reads version %d", r.Version, reportVersion)
	}
	return r, nil
}

// Drift measures how far figures of today lie from those trained on: every input, and the score where a model is
// given.
func (r Report) Drift(t *dataset.Table, model evaluation.Model) ([]evaluation.Drift, error) {
	if t.Schema().Name != r.Schema {
		return nil, fmt.Errorf("measure drift: the figures are of schema %s, the report of %s", t.Schema().Name, r.Schema)
	}
	drifts, err := compare(r.Profiles, t, t.All())
	if err != nil || model == nil {
		return drifts, err
	}
	score, err := r.Score.Scores(evaluation.Probabilities(model, t, t.All()))
	if err != nil {
		return nil, err
	}
	return append(drifts, score), nil
}

func compare(profiles []evaluation.Profile, t *dataset.Table, rows []int) ([]evaluation.Drift, error) {
	var drifts []evaluation.Drift
	for _, p := range profiles {
		drift, err := p.Compare(t, rows)
		if err != nil {
			return nil, err
		}
		drifts = append(drifts, drift)
	}
	return drifts, nil
}
