package underwriting

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/demo/data"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
)

// schemaName is the shipped schema of what applications bring and models are trained on.
const schemaName = "lending_club"

// figures are the rows that models are trained on: the shipped ones, and behind them the member's own loans whose
// outcome is known.
type figures struct {
	table  *dataset.Table
	digest string // SHA-256 of the file
	own    int    // the member's own rows
}

func (r *Registry) figures(ctx context.Context) (figures, error) {
	schema, err := dataset.Shipped(schemaName)
	if err != nil {
		return figures{}, err
	}
	own, err := r.outcomes(ctx)
	if err != nil {
		return figures{}, err
	}
	header, _, _ := bytes.Cut(data.Loans, []byte("\n"))
	text, err := lines(schema, string(bytes.TrimSpace(header)), own)
	if err != nil {
		return figures{}, err
	}
	file := slices.Concat(bytes.TrimSpace(data.Loans), []byte("\n"), text)
	table, err := dataset.Load(bytes.NewReader(file), schema)
	if err != nil {
		return figures{}, fmt.Errorf("read the figures to train on: %w", err)
	}
	return figures{table: table, digest: digestOf(file), own: len(own)}, nil
}

// outcome is one own loan: what was known when it was applied for, and how it ended.
type outcome struct {
	fields map[string]json.RawMessage
	bad    bool
	at     string // of the decision
}

// outcomes are the member's own loans that were applied for here and have ended, one way or the other: repaid
// whole, or written off or more than ninety days overdue. Who was refused never becomes one, so that models
// learn nothing of them: the model card says so.
//
// Nor do they learn of who has asked for erasure: to train is to process anew.
func (r *Registry) outcomes(ctx context.Context) ([]outcome, error) {
	restricted, err := r.desk.people.Restricted(ctx)
	if err != nil {
		return nil, err
	}
	on, err := r.desk.today(ctx, r.desk.now())
	if err != nil {
		return nil, err
	}
	filter := projection.LoanFilter{Platform: r.desk.settings.Member, Statuses: []loan.Status{loan.Active, loan.Repaid, loan.WrittenOff}}
	loans := projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
		return r.desk.books.Loans(ctx, filter, page)
	})
	var list []outcome
	for l, err := range loans {
		if err != nil {
			return nil, fmt.Errorf("read how loans ended: %w", err)
		}
		bad, err := bad(l.State, on)
		if err != nil {
			return nil, err
		}
		if l.State.Status != loan.Repaid && !bad || restricted[l.Terms.Borrower] {
			continue
		}
		o, found, err := r.outcome(ctx, l.Terms.Project, bad)
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, o)
		}
	}
	return list, nil
}

// outcome finds what was known of a loan's application. A loan that names no application has none.
func (r *Registry) outcome(ctx context.Context, application string, bad bool) (outcome, bool, error) {
	d, err := r.desk.Of(ctx, application)
	if missing(err) || err == nil && d.inputs == "" {
		return outcome{}, false, nil
	}
	if err != nil {
		return outcome{}, false, err
	}
	in, err := decision.ParseInputs([]byte(d.inputs))
	if err != nil {
		return outcome{}, false, fmt.Errorf("read the inputs of a decision: %w", err)
	}
	return outcome{fields: in.Fields, bad: bad, at: d.At}, true, nil
}

// lines writes rows in CSV under a header, of which the outcome's column may be missing.
func lines(schema *dataset.Schema, header string, rows []outcome) ([]byte, error) {
	names, err := csv.NewReader(bytes.NewReader([]byte(header))).Read()
	if err != nil {
		return nil, fmt.Errorf("read the header of the figures: %w", err)
	}
	target := schema.Target()
	var text bytes.Buffer
	writer := csv.NewWriter(&text)
	for _, row := range rows {
		cells := make([]string, len(names))
		for i, name := range names {
			if name == target.Name {
				cells[i] = target.Good
				if row.bad {
					cells[i] = target.Bad
				}
				continue
			}
			if cells[i], err = cell(row.fields[name]); err != nil {
				return nil, fmt.Errorf("write %s: %w", name, err)
			}
		}
		if err := writer.Write(cells); err != nil {
			return nil, err
		}
	}
	writer.Flush()
	return text.Bytes(), writer.Error()
}

// cell is a field of an application as a file has it: a word without quotes, a number as it is, nothing for null.
func cell(raw json.RawMessage) (string, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		var word string
		err := json.Unmarshal(raw, &word)
		return word, err
	}
	number, err := strconv.ParseFloat(string(raw), 64)
	return strconv.FormatFloat(number, 'f', -1, 64), err
}

// applicants are the inputs of decisions since a time as a table without outcomes; nil where there are none.
func (r *Registry) applicants(ctx context.Context, schema *dataset.Schema, since string) (*dataset.Table, error) {
	rows, err := r.inputsSince(ctx, since)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return tableOf(schema, rows, false)
}

// tableOf is rows of applications as a table, with their outcomes or without.
func tableOf(schema *dataset.Schema, rows []outcome, ended bool) (*dataset.Table, error) {
	var names []string
	for _, c := range schema.Columns {
		if c.Kind == dataset.Number || c.Kind == dataset.Category || ended && c.Kind == dataset.Outcome {
			names = append(names, c.Name)
		}
	}
	header := strings.Join(names, ",") + "\n"
	text, err := lines(schema, header, rows)
	if err != nil {
		return nil, err
	}
	table, err := dataset.Load(io.MultiReader(strings.NewReader(header), bytes.NewReader(text)), schema)
	if err != nil {
		return nil, fmt.Errorf("read applications as figures: %w", err)
	}
	return table, nil
}

// driftAtMost bounds how many decisions are compared, the latest first.
const driftAtMost = 20_000

func (r *Registry) inputsSince(ctx context.Context, since string) ([]outcome, error) {
	found, err := r.desk.decisions(ctx, r.desk.db, `d.at > $1 AND d.inputs <> '' ORDER BY d.seq DESC LIMIT $2`, since, driftAtMost)
	if err != nil {
		return nil, err
	}
	restricted, err := r.desk.people.Restricted(ctx)
	if err != nil {
		return nil, err
	}
	var rows []outcome
	for _, d := range found {
		if restricted[d.Party] {
			continue
		}
		in, err := decision.ParseInputs([]byte(d.inputs))
		if err != nil {
			return nil, fmt.Errorf("read the inputs of a decision: %w", err)
		}
		rows = append(rows, outcome{fields: in.Fields, at: d.At})
	}
	return rows, nil
}

// missing reports whether something is not there, which is no failure.
func missing(err error) bool { return errors.Is(err, notFound) || errors.Is(err, sql.ErrNoRows) }
