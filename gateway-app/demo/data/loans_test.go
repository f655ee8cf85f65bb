// Package data_test holds the shipped loan figures to what their note says of them.
package data_test

import (
	"encoding/csv"
	"math/big"
	"os"
	"regexp"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/figurestest"
)

const (
	loanRows    = 9857
	loanColumns = 23
	badLoans    = 517
)

// plainNumber is a decimal without sign or exponent: what a reader of amounts can take as it stands.
var plainNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// wordColumns are the columns that hold words; every other one holds plain numbers.
var wordColumns = map[string]bool{
	"term": true, "sub_grade": true, "addr_state": true, "verification_status": true,
	"emp_length": true, "Class": true,
}

func TestShippedLoansAreWhatTheNoteSays(t *testing.T) {
	rows := readCSV(t, "loans.csv")
	if len(rows) != loanRows+1 || len(rows[0]) != loanColumns {
		t.Fatalf("%d rows of %d columns, the note says %d of %d", len(rows)-1, len(rows[0]), loanRows, loanColumns)
	}
	bad := 0
	for number, row := range rows[1:] {
		for column, cell := range row {
			if name := rows[0][column]; !wordColumns[name] && !plainNumber.MatchString(cell) {
				t.Errorf("row %d: %s is %q, not a plain number", number+1, name, cell)
			}
		}
		if row[loanColumns-1] == "bad" {
			bad++
		}
	}
	if bad != badLoans {
		t.Errorf("%d loans of class bad, the note says %d", bad, badLoans)
	}
}

// The oracle writes some round numbers with an exponent; the shipped file never does. They must be
// equal as numbers, cell by cell.
func TestShippedLoansEqualTheOracle(t *testing.T) {
	want, got := readCSV(t, figurestest.Path(t, "lending_club_2016q1.csv")), readCSV(t, "loans.csv")
	if len(got) != len(want) {
		t.Fatalf("%d rows, the oracle has %d", len(got), len(want))
	}
	for number := range want {
		for column := range want[number] {
			if !sameCell(got[number][column], want[number][column]) {
				t.Errorf("row %d, column %d: %q, the oracle has %q",
					number, column, got[number][column], want[number][column])
			}
		}
	}
}

func sameCell(a, b string) bool {
	if a == b {
		return true
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	return rows
}
