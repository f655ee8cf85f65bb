package boosting

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

const (
	fileKind    = "boosted_trees"
	fileVersion = 1
)

// forestFile is a forest on disk. Numbers are written with as few digits as name them exactly.
type forestFile struct {
	Kind       string       `json:"kind"`
	Version    int          `json:"version"`
	Columns    []columnFile `json:"columns"`
	Options    Options      `json:"options"`
	Training   Training     `json:"training"`
	BaseMargin float64      `json:"base_margin"`
	Trees      [][]nodeFile `json:"trees"`
}

type columnFile struct {
	Name     string `json:"name"`
	Monotone int    `json:"monotone"`
}

// nodeFile is a question, which has a column, or a leaf, which has a value.
type nodeFile struct {
	Column      *int32   `json:"column,omitempty"`
	AtMost      *float64 `json:"at_most,omitempty"` // this much goes left
	MissingLeft bool     `json:"missing_left,omitempty"`
	Left        int32    `json:"left,omitempty"` // the right child is the next
	Gain        float64  `json:"gain,omitempty"`
	Value       *float64 `json:"value,omitempty"`
	Rows        int32    `json:"rows"`
}

// MarshalJSON writes the forest. The same forest is always the same bytes.
func (f *Forest) MarshalJSON() ([]byte, error) {
	file := forestFile{
		Kind: fileKind, Version: fileVersion, Options: f.options, Training: f.training, BaseMargin: f.base,
		Columns: make([]columnFile, len(f.names)), Trees: make([][]nodeFile, len(f.trees)),
	}
	for c, name := range f.names {
		file.Columns[c] = columnFile{name, f.monotone[c]}
	}
	for i, t := range f.trees {
		file.Trees[i] = make([]nodeFile, len(t))
		for j := range t {
			file.Trees[i][j] = written(&t[j])
		}
	}
	text, err := json.Marshal(file)
	if err != nil {
		return nil, fmt.Errorf("write boosted trees: %w", err)
	}
	return text, nil
}

func written(n *node) nodeFile {
	if n.isLeaf() {
		return nodeFile{Value: &n.at, Rows: n.rows}
	}
	return nodeFile{
		Column: &n.column, AtMost: &n.at, MissingLeft: n.missingLeft, Left: n.left, Gain: n.gain, Rows: n.rows,
	}
}

// UnmarshalJSON reads a forest and refuses one that no training could have made: what it accepts can be
// asked and explained without failing.
func (f *Forest) UnmarshalJSON(text []byte) error {
	var file forestFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return fmt.Errorf("read boosted trees: %w", err)
	}
	read, err := file.forest()
	if err != nil {
		return fmt.Errorf("read boosted trees: %w", err)
	}
	*f = *read
	return nil
}

func (file *forestFile) forest() (*Forest, error) {
	if file.Kind != fileKind || file.Version != fileVersion {
		return nil, fmt.Errorf("kind %q version %d: this program reads %q version %d",
			file.Kind, file.Version, fileKind, fileVersion)
	}
	f := &Forest{options: file.Options, training: file.Training, base: file.BaseMargin}
	for _, column := range file.Columns {
		f.names, f.monotone = append(f.names, column.Name), append(f.monotone, column.Monotone)
	}
	if err := checkColumns(f.names, f.monotone, len(file.Columns)); err != nil {
		return nil, err
	}
	if err := f.options.check(); err != nil {
		return nil, err
	}
	for i, nodes := range file.Trees {
		t, err := readTree(nodes, len(f.names))
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
		f.trees = append(f.trees, t)
	}
	return f, nil
}

// readTree checks that nodes are one tree, children behind their parents, each reached once.
func readTree(nodes []nodeFile, columns int) (tree, error) {
	t, depths := make(tree, len(nodes)), make([]int, len(nodes))
	if len(nodes) == 0 {
		return nil, errors.New("there are no nodes")
	}
	for i, written := range nodes {
		n, err := written.node(columns)
		if err != nil {
			return nil, fmt.Errorf("node %d: %w", i, err)
		}
		t[i] = n
		if i > 0 && depths[i] == 0 {
			return nil, fmt.Errorf("node %d: no question leads to it", i)
		}
		if n.isLeaf() {
			continue
		}
		left := int(n.left)
		switch {
		case left <= i || left+1 >= len(nodes) || depths[left] != 0 || depths[left+1] != 0:
			return nil, fmt.Errorf("node %d: its children are missing or another's", i)
		case depths[i] == mostDepth:
			return nil, fmt.Errorf("node %d: deeper than %d", i, mostDepth)
		case int64(nodes[left].Rows)+int64(nodes[left+1].Rows) != int64(n.rows):
			return nil, fmt.Errorf("node %d: its children do not have its rows", i)
		}
		depths[left], depths[left+1] = depths[i]+1, depths[i]+1
	}
	return t, nil
}

// node turns what was written into a node.
func (w nodeFile) node(columns int) (node, error) {
	switch {
	case w.Rows < 1:
		return node{}, errors.New("no rows came by")
	case w.Column == nil:
		if w.Value == nil || w.AtMost != nil || w.Left != 0 || w.Gain != 0 || w.MissingLeft {
			return node{}, errors.New("a leaf has a value and nothing of a question")
		}
		return node{at: *w.Value, column: leafColumn, rows: w.Rows}, nil
	case *w.Column < 0 || int(*w.Column) >= columns:
		return node{}, fmt.Errorf("there is no column %d", *w.Column)
	case w.AtMost == nil || w.Value != nil || math.Signbit(w.Gain):
		return node{}, errors.New("a question has a bound and no value")
	}
	return node{
		at: *w.AtMost, gain: w.Gain, column: *w.Column, left: w.Left, rows: w.Rows, missingLeft: w.MissingLeft,
	}, nil
}
