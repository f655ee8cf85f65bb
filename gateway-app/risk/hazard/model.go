package hazard

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/risk/logistic"
)

const (
	fileKind    = "hazard"
	fileVersion = 1
)

// Model is a fitted regression. It does not change, and any number of callers may ask it at once.
type Model struct {
	file  file
	bytes []byte
}

// file is the model on disk.
type file struct {
	Kind        string    `json:"kind"`
	Version     int       `json:"version"`
	LateDays    int       `json:"late_days"`
	HorizonDays int       `json:"horizon_days"`
	Features    []string  `json:"features"`
	Means       []float64 `json:"means"` // of the training rows: what a reason is measured from
	Intercept   float64   `json:"intercept"`
	Weights     []float64 `json:"weights"`
}

func newModel(f file) (*Model, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write a hazard model: %w", err)
	}
	return &Model{f, append(text, '\n')}, nil
}

// Parse reads a model's file strictly.
func Parse(text []byte) (*Model, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var f file
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("read a hazard model: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read a hazard model: something follows the model in its file")
	}
	switch {
	case f.Kind != fileKind || f.Version != fileVersion:
		return nil, fmt.Errorf("read a hazard model: kind %q version %d: this program reads %q version %d", f.Kind, f.Version, fileKind, fileVersion)
	case f.LateDays != LateDays || f.HorizonDays != HorizonDays:
		return nil, fmt.Errorf("read a hazard model: it is of %d days late within %d: this program asks for %d within %d",
			f.LateDays, f.HorizonDays, LateDays, HorizonDays)
	case !slices.Equal(f.Features, Names()) || len(f.Weights) != len(f.Features) || len(f.Means) != len(f.Features):
		return nil, errors.New("read a hazard model: its features are not those of this program: train it anew")
	}
	return newModel(f)
}

// File is the model's text. Its numbers are the shortest that read back equal.
func (m *Model) File() []byte { return slices.Clone(m.bytes) }

// Hash is the SHA-256 of the file, in hexadecimal, by which an answer names its model.
func (m *Model) Hash() string {
	sum := sha256.Sum256(m.bytes)
	return hex.EncodeToString(sum[:])
}

// Answer is the chance that the model gives a loan on a date.
func (m *Model) Answer(h History, on calendar.Date) Answer {
	values := h.Features(on)
	odds := m.file.Intercept
	moves := make([]move, len(values))
	for i, value := range values {
		// Products are rounded before they are added, so that no processor fuses the two.
		odds += float64(m.file.Weights[i] * value)
		moves[i] = move{features[i].Name, features[i].Words, float64(m.file.Weights[i] * (value - m.file.Means[i]))}
	}
	return answer(odds, moves)
}

// move is one reason before it is rounded.
type move struct {
	feature string
	words   regime.Words
	by      float64
}

// mostReasons is how many an answer gives.
const mostReasons = 3

func answer(odds float64, moves []move) Answer {
	a := Answer{ProbabilityPPM: millionths(logistic.Probability(odds))}
	for _, m := range moves {
		if moved := millionths(m.by); moved != 0 {
			a.Reasons = append(a.Reasons, Reason{m.feature, m.words, moved})
		}
	}
	slices.SortStableFunc(a.Reasons, func(x, y Reason) int { return cmp.Compare(distance(y.Moved), distance(x.Moved)) })
	a.Reasons = a.Reasons[:min(len(a.Reasons), mostReasons)]
	return a
}

func distance(ppm int64) int64 { return max(ppm, -ppm) }

func millionths(x float64) int64 { return int64(math.Round(x * float64(money.Million))) }
