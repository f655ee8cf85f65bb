package disclosure

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// toldReport is a report in JSON, as far as a disclosure is told by it.
type toldReport struct {
	ID    string `json:"id"`
	Facts []struct {
		ID    string          `json:"id"`
		Value json.RawMessage `json:"value"`
	} `json:"facts"`
	Tables []struct {
		ID   string    `json:"id"`
		Rows []toldRow `json:"rows"`
	} `json:"tables"`
}

// toldRow is a row of a table. Amounts are texts, other numbers are numbers, and what is unknown is null.
type toldRow struct {
	ID             string       `json:"id"`
	Name           report.Words `json:"name"`
	AmountMinor    *string      `json:"amount_minor"`
	Count          *int64       `json:"count"`
	SharePPM       *int64       `json:"share_ppm"`
	FormulaVersion int          `json:"formula_version"`
	Source         toldSource   `json:"source"`
	Payee          toldCode     `json:"payee"`
	Basis          toldCode     `json:"basis"`
	FlatMinor      *string      `json:"flat_minor"`
	Loans          int64        `json:"loans"`
}

// toldCode is a code with its words, of which only the code counts.
type toldCode struct {
	Code string `json:"code"`
}

// toldSource is a formula's source, which a report has in both languages apart, or in one.
type toldSource string

// UnmarshalJSON puts the languages together again.
func (s *toldSource) UnmarshalJSON(text []byte) error {
	var words report.Words
	if err := json.Unmarshal(text, &words); err == nil {
		*s = toldSource(words.Source())
		return nil
	}
	return json.Unmarshal(text, (*string)(s))
}

func readReport(text []byte) (toldReport, error) {
	var r toldReport
	if len(text) > LongestText {
		return r, fmt.Errorf("%w: %d bytes, at most %d", ErrForm, len(text), LongestText)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if r.ID != "disclosure" {
		return r, fmt.Errorf("%w: it is the report %q", ErrForm, r.ID)
	}
	return r, nil
}

func (r toldReport) fact(id string) string {
	var text string
	for _, f := range r.Facts {
		if f.ID == id {
			_ = json.Unmarshal(f.Value, &text) // what is no text is told as none, and differs
		}
	}
	return text
}

func (r toldReport) rows(id string) []toldRow {
	for _, t := range r.Tables {
		if t.ID == id {
			return t.Rows
		}
	}
	return nil
}

// readClosings reads what the fact of that name says: "meridian 2016-01-29, other 2016-01-29".
func readClosings(text string) ([]Closing, error) {
	var list []Closing
	for part := range strings.SplitSeq(text, ", ") {
		custodian, day, _ := strings.Cut(part, " ")
		on, err := calendar.Parse(day)
		if err != nil {
			return nil, fmt.Errorf("%w: closed business days %q", ErrForm, text)
		}
		list = append(list, Closing{Custodian: custodian, On: on})
	}
	return list, nil
}

func (row toldRow) indicator(computed Disclosure) (Indicator, error) {
	i := Indicator{ID: row.ID, Version: row.FormulaVersion, Words: row.Name, Source: string(row.Source)}
	switch {
	case row.AmountMinor != nil:
		n, err := strconv.ParseInt(*row.AmountMinor, 10, 64)
		if err != nil {
			return i, fmt.Errorf("%w: the amount of %s", ErrForm, row.ID)
		}
		i.Unit, i.Value = regime.UnitMinor, &n
	case row.Count != nil:
		i.Unit, i.Value = regime.UnitCount, row.Count
	case row.SharePPM != nil:
		i.Unit, i.Value = regime.UnitPPM, row.SharePPM
	default:
		known, _ := computed.Indicator(row.ID)
		i.Unit, i.Failure = known.Unit, known.Failure
	}
	return i, nil
}

func (row toldRow) fee() (FeeStandard, error) {
	f := FeeStandard{Payee: row.Payee.Code, Basis: row.Basis.Code, Loans: row.Loans}
	if row.SharePPM != nil {
		f.PPM = *row.SharePPM
	}
	if row.FlatMinor != nil {
		n, err := strconv.ParseInt(*row.FlatMinor, 10, 64)
		if err != nil {
			return f, fmt.Errorf("%w: the charge of %s", ErrForm, row.Payee.Code)
		}
		f.FlatMinor = n
	}
	return f, nil
}
