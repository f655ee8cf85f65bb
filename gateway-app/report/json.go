package report

import (
	"encoding/json"
	"strconv"

	"github.com/gowebpki/jcs"
)

type jsonFact struct {
	ID    string `json:"id"`
	Words Words  `json:"words"`
	Kind  Kind   `json:"kind,omitempty"`
	Value any    `json:"value"`
}

type jsonColumn struct {
	ID    string `json:"id"`
	Words Words  `json:"words"`
	Kind  Kind   `json:"kind"`
}

type jsonTable struct {
	ID      string           `json:"id"`
	Title   Words            `json:"title"`
	Columns []jsonColumn     `json:"columns"`
	Rows    []map[string]any `json:"rows"`
	Total   map[string]any   `json:"total,omitempty"`
}

// json writes the document in the canonical form of RFC 8785, so that its digest is the document's.
func (d Document) json() ([]byte, error) {
	out := struct {
		ID       string      `json:"id"`
		Version  int         `json:"version"`
		Title    Words       `json:"title"`
		Currency string      `json:"currency"`
		AsOf     string      `json:"as_of,omitempty"`
		Facts    []jsonFact  `json:"facts"`
		Tables   []jsonTable `json:"tables"`
		Notes    []Words     `json:"notes"`
	}{
		ID: d.ID, Version: d.Version, Title: d.Title, Currency: string(d.Currency),
		Facts: []jsonFact{}, Tables: []jsonTable{}, Notes: append([]Words{}, d.Notes...),
	}
	if !d.AsOf.IsZero() {
		out.AsOf = d.AsOf.String()
	}
	for _, f := range d.Facts {
		out.Facts = append(out.Facts, jsonFact{ID: f.ID, Words: f.Words, Kind: f.Value.kind, Value: f.Value.json()})
	}
	for _, t := range d.Tables {
		out.Tables = append(out.Tables, t.json())
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(text)
}

func (t Table) json() jsonTable {
	out := jsonTable{ID: t.ID, Title: t.Title, Rows: make([]map[string]any, 0, len(t.Rows))}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, jsonColumn{ID: c.ID, Words: c.Words, Kind: c.Kind})
	}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, t.jsonRow(row))
	}
	if len(t.Total) > 0 {
		out.Total = t.jsonRow(t.Total)
	}
	return out
}

func (t Table) jsonRow(row []Value) map[string]any {
	out := make(map[string]any, len(row))
	for i, v := range row {
		out[t.Columns[i].ID] = v.json()
	}
	return out
}

// codedWords is a code with its words.
type codedWords struct {
	Code string `json:"code"`
	Words
}

// json is the value as JSON has it: amounts are texts, because a number of JSON is a float to most who read it.
func (v Value) json() any {
	switch v.kind {
	case KindText:
		if v.code != "" {
			return codedWords{v.code, v.words}
		}
		if v.said {
			return v.words
		}
		return v.words.EN
	case KindMinor:
		return strconv.FormatInt(v.number, 10)
	case KindCount, KindPPM:
		return v.number
	case KindDate:
		return v.date().String()
	}
	return nil
}
