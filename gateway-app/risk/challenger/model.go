package challenger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/tallystick/tallystick/gateway-app/risk/boosting"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

const (
	fileKind    = "challenger"
	fileVersion = 1
)

// Model is a trained challenger. Any number of callers may ask it at once.
type Model struct {
	schema   dataset.Schema
	encoding dataset.Encoding
	forest   *boosting.Forest
	encoder  *dataset.Encoder
}

// file is the model on disk.
type file struct {
	Kind     string           `json:"kind"`
	Version  int              `json:"version"`
	Schema   dataset.Schema   `json:"schema"`
	Encoding dataset.Encoding `json:"encoding"`
	Forest   *boosting.Forest `json:"forest"`
}

// Options of training.
type Options struct {
	LeastLevelRows int              `json:"least_level_rows"` // for a category's level to be a column
	Boosting       boosting.Options `json:"boosting"`
}

// DefaultOptions suit the figures that the test network begins with: ten thousand rows, of which one in twenty is
// bad. They were chosen on the folds of docs/model-card.md.
func DefaultOptions() Options {
	o := Options{LeastLevelRows: 30, Boosting: boosting.Standard()}
	o.Boosting.Rounds, o.Boosting.LearningRate, o.Boosting.MaxDepth, o.Boosting.Bins = 150, .05, 3, 64
	o.Boosting.L2, o.Boosting.MinChildWeight, o.Boosting.RowShare, o.Boosting.ColumnShare = 10, 5, .6, .3
	return o
}

// The numbers of rows between which DefaultOptions suit.
const (
	fewRows  = 3_000
	manyRows = 20_000
)

// OptionsFor are options for so many rows: few allow many slow and shallow trees that each see few columns, many
// allow deeper ones.
func OptionsFor(rows int) Options {
	o := DefaultOptions()
	switch {
	case rows < fewRows:
		o.LeastLevelRows = 10
		o.Boosting.Rounds, o.Boosting.LearningRate, o.Boosting.MaxDepth = 400, .03, 4
		o.Boosting.MinChildWeight, o.Boosting.ColumnShare, o.Boosting.Bins = 2, .2, 255
	case rows >= manyRows:
		o.Boosting.Rounds, o.Boosting.MaxDepth, o.Boosting.Bins = 300, 5, 255
		o.Boosting.MinChildWeight, o.Boosting.RowShare, o.Boosting.ColumnShare = 10, .7, .5
	}
	return o
}

// Train grows a challenger on rows of a table. It may read the fields named.
func Train(t *dataset.Table, rows []int, fields []string, o Options) (*Model, error) {
	if t.Bad() == nil {
		return nil, errors.New("train a challenger: the figures have no outcomes; add the target column")
	}
	encoding, err := dataset.NewEncoding(t, rows, fields, o.LeastLevelRows)
	if err != nil {
		return nil, fmt.Errorf("train a challenger: %w", err)
	}
	columns, err := encoding.Matrix(t)
	if err != nil {
		return nil, fmt.Errorf("train a challenger: %w", err)
	}
	matrix := boosting.Matrix{Names: encoding.Names(), Columns: columns, Monotone: encoding.Monotone()}
	forest, err := boosting.Train(matrix, t.Bad(), rows, o.Boosting)
	if err != nil {
		return nil, fmt.Errorf("train a challenger: %w", err)
	}
	m := &Model{schema: *t.Schema().Clone(), encoding: encoding, forest: forest}
	return m, m.prepare()
}

func (m *Model) prepare() error {
	encoder, err := dataset.NewEncoder(m.encoding, &m.schema)
	if err != nil {
		return err
	}
	if !slices.Equal(m.encoding.Names(), m.forest.Names()) || !slices.Equal(m.encoding.Monotone(), m.forest.Monotone()) {
		return errors.New("the encoding's columns are not the forest's")
	}
	m.encoder = encoder
	return nil
}

// File writes the model's file. Its numbers are the shortest that read back equal.
func (m *Model) File() ([]byte, error) {
	text, err := json.Marshal(file{fileKind, fileVersion, m.schema, m.encoding, m.forest})
	if err != nil {
		return nil, fmt.Errorf("write a challenger: %w", err)
	}
	return append(text, '\n'), nil
}

// Parse reads a model's file strictly.
func Parse(text []byte) (*Model, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var f file
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("read a challenger: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read a challenger: something follows the model in its file")
	}
	if f.Kind != fileKind || f.Version != fileVersion || f.Forest == nil {
		return nil, fmt.Errorf("read a challenger: kind %q version %d: this program reads %q version %d with a forest",
			f.Kind, f.Version, fileKind, fileVersion)
	}
	if err := f.Schema.Check(); err != nil {
		return nil, fmt.Errorf("read a challenger: %w", err)
	}
	m := &Model{schema: f.Schema, encoding: f.Encoding, forest: f.Forest}
	if err := m.prepare(); err != nil {
		return nil, fmt.Errorf("read a challenger: %w", err)
	}
	return m, nil
}

// Schema is what records for the model are read by. It is not to be changed.
func (m *Model) Schema() *dataset.Schema { return &m.schema }

// Fields lists the fields that the model reads, in the order of its columns.
func (m *Model) Fields() []string {
	var fields []string
	for _, input := range m.encoding.Inputs {
		if !slices.Contains(fields, input.Field) {
			fields = append(fields, input.Field)
		}
	}
	return fields
}

// Trees is how many there are.
func (m *Model) Trees() int { return m.forest.Trees() }

// Probability is that of a bad outcome.
func (m *Model) Probability(record dataset.Record) float64 {
	return m.forest.Probability(m.row(record))
}

func (m *Model) row(record dataset.Record) []float64 {
	row := make([]float64, len(m.encoding.Inputs))
	m.encoder.Row(record, row)
	return row
}

// Part is what one field moved the margin by, the logarithm of the odds of a bad outcome, in millionths.
type Part struct {
	Field     string `json:"field"`
	MarginPPM int64  `json:"margin_ppm"`
}

// Explain is the mean margin, and what each field that moved it added, those that moved it most first.
func (m *Model) Explain(record dataset.Record) (basePPM int64, parts []Part) {
	base, columns := m.forest.Contributions(m.row(record))
	sums := map[string]float64{}
	for i, input := range m.encoding.Inputs {
		sums[input.Field] += columns[i]
	}
	for _, field := range m.Fields() {
		if moved := millionths(sums[field]); moved != 0 {
			parts = append(parts, Part{Field: field, MarginPPM: moved})
		}
	}
	slices.SortStableFunc(parts, func(a, b Part) int { return int(abs(b.MarginPPM) - abs(a.MarginPPM)) })
	return millionths(base), parts
}

func millionths(x float64) int64 { return int64(math.Round(x * 1e6)) }

func abs(n int64) int64 { return max(n, -n) }
