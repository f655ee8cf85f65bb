package scorecard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

const fileVersion = 1

// File writes the model's file. Its numbers are the shortest that read back equal.
func (s *Scorecard) File() ([]byte, error) {
	file, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the scorecard: %w", err)
	}
	return append(file, '\n'), nil
}

// Parse reads a model's file strictly, and refuses one that could not have been written by Train: a protected
// input, a negative weight, bins that do not rise, points that weight and evidence do not make.
func Parse(file []byte) (*Scorecard, error) {
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	var card Scorecard
	if err := decoder.Decode(&card); err != nil {
		return nil, fmt.Errorf("read a scorecard: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read a scorecard: something follows the model in its file")
	}
	if err := card.check(); err != nil {
		return nil, fmt.Errorf("read a scorecard: %w", err)
	}
	return &card, card.prepare()
}

func (s *Scorecard) check() error {
	if s.Version != fileVersion {
		return fmt.Errorf("version is %d, this program reads version %d", s.Version, fileVersion)
	}
	if err := errors.Join(s.Schema.Check(), s.Options.check()); err != nil {
		return err
	}
	if len(s.Variables) == 0 {
		return errors.New("there are no variables")
	}
	fields := s.Schema.Fields()
	for i := range s.Variables {
		v := &s.Variables[i]
		at, known := s.Schema.Index(v.Field)
		if !known || fields[at].Kind != v.Kind {
			return fmt.Errorf("variable %s is no %s of the schema", v.Field, v.Kind)
		}
		if err := s.checkVariable(v); err != nil {
			return fmt.Errorf("variable %s: %w", v.Field, err)
		}
	}
	return s.checkPoints()
}

func (s *Scorecard) checkVariable(v *Variable) error {
	if len(v.Bins) == 0 || v.Weight <= 0 || (v.Kind == dataset.Category) != (v.Rest != nil) {
		return errors.New("it needs bins, a weight above zero, and a rest where it is a category")
	}
	seen := map[string]bool{}
	for i, b := range v.Bins {
		last := i == len(v.Bins)-1
		if v.Kind == dataset.Number {
			if (b.Most == nil) != last || len(b.Levels) > 0 || i > 0 && !last && *b.Most <= *v.Bins[i-1].Most {
				return fmt.Errorf("bin %d does not follow the one before it", i)
			}
			continue
		}
		if b.Most != nil || len(b.Levels) == 0 {
			return fmt.Errorf("bin %d has no levels", i)
		}
		for _, level := range b.Levels {
			if seen[level] {
				return fmt.Errorf("level %q is in two bins", level)
			}
			seen[level] = true
		}
	}
	return nil
}

// checkPoints computes points, means and bests again on a copy.
func (s *Scorecard) checkPoints() error {
	again := *s
	again.Variables = make([]Variable, len(s.Variables))
	for i := range s.Variables {
		again.Variables[i] = s.Variables[i].copy()
	}
	again.assignPoints()
	again.averagePoints()
	if again.BasePoints != s.BasePoints {
		return fmt.Errorf("the base is %d points, the intercept makes %d", s.BasePoints, again.BasePoints)
	}
	for i := range s.Variables {
		was, is := s.Variables[i].all(), again.Variables[i].all()
		for j := range was {
			if was[j].Points != is[j].Points {
				return fmt.Errorf("variable %s, bin %d: %d points, weight and evidence make %d",
					s.Variables[i].Field, j, was[j].Points, is[j].Points)
			}
		}
		if s.Variables[i].MeanPoints != again.Variables[i].MeanPoints || s.Variables[i].BestPoints != again.Variables[i].BestPoints {
			return fmt.Errorf("variable %s: mean or best points are not those of its bins", s.Variables[i].Field)
		}
	}
	return nil
}

func (v Variable) copy() Variable {
	v.Bins, v.BestPoints, v.MeanPoints = append([]Bin(nil), v.Bins...), 0, 0
	if v.Rest != nil {
		rest := *v.Rest
		v.Rest = &rest
	}
	return v
}

// prepare finds each variable's place in a record.
func (s *Scorecard) prepare() error {
	if err := s.Schema.CheckInputs(s.Inputs()); err != nil {
		return fmt.Errorf("prepare the scorecard: %w", err)
	}
	s.from = make([]int, len(s.Variables))
	for i := range s.Variables {
		s.from[i], _ = s.Schema.Index(s.Variables[i].Field)
	}
	return nil
}
