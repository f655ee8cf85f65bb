package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
)

// The loans of early 2016, with their source and licence in data/README.md.
//
//go:embed data/loans.csv
var loansCSV []byte

// application is one row of the data: what somebody asked for, what was known of them, and how it ended.
type application struct {
	principal   money.Minor
	ratePPM     money.PPM
	instalments int
	features    map[string]json.RawMessage
	bad         bool // the borrower stopped paying
}

// readApplications takes rows evenly from the whole file, so that a small run sees what a large one
// does.
func readApplications(wanted int) ([]application, error) {
	rows, err := csv.NewReader(bytes.NewReader(loansCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the loans: %w", err)
	}
	header, rows := rows[0], rows[1:]
	if wanted > len(rows) {
		return nil, fmt.Errorf("%w: --loans can be at most %d, the loans that the data holds", errUsage, len(rows))
	}
	column := map[string]int{}
	for i, name := range header {
		column[name] = i
	}
	schema, err := dataset.Shipped("lending_club")
	if err != nil {
		return nil, err
	}
	list := make([]application, wanted)
	for i := range list {
		at := i * len(rows) / wanted
		if list[i], err = parseApplication(rows[at], column); err != nil {
			return nil, fmt.Errorf("read the loans, row %d: %w", at+2, err)
		}
		list[i].features = features(schema, rows[at], column)
	}
	return list, nil
}

// features are what the platform may know before it decides: not how the loan ended, nor its price, nor what no
// model may know. Amount and term stand in the application itself.
func features(schema *dataset.Schema, row []string, column map[string]int) map[string]json.RawMessage {
	known := map[string]json.RawMessage{}
	for _, c := range schema.Columns {
		text := row[column[c.Name]]
		switch {
		case c.Protected || c.Price || text == "" || c.Name == "funded_amnt" || c.Name == "term":
		case c.Kind == dataset.Number:
			known[c.Name] = json.RawMessage(text)
		case c.Kind == dataset.Category:
			known[c.Name] = json.RawMessage(strconv.Quote(text))
		}
	}
	return known
}

func parseApplication(row []string, column map[string]int) (application, error) {
	principal, err := money.CNY.Parse(row[column["funded_amnt"]])
	if err != nil {
		return application{}, err
	}
	rate, err := percentPPM(row[column["int_rate"]])
	if err != nil {
		return application{}, err
	}
	months, err := strconv.Atoi(strings.TrimPrefix(row[column["term"]], "term_"))
	if err != nil {
		return application{}, err
	}
	return application{
		principal: principal, ratePPM: rate, instalments: months, bad: row[column["Class"]] == "bad",
	}, nil
}

// percentPPM reads "13.99" as 139,900 parts per million, without passing through floating point.
func percentPPM(text string) (money.PPM, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > 4 {
		return 0, fmt.Errorf("rate %q has more than four decimal places", text)
	}
	ppm, err := strconv.ParseInt(whole+(fraction + "0000")[:4], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("rate %q: %w", text, err)
	}
	return money.PPM(ppm), nil
}
