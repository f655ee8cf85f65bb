package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"unicode"
)

// byteOrderMark tells spreadsheets that what follows is UTF-8; without it they guess, and Chinese is lost.
const byteOrderMark = "\uFEFF"

// csv writes the document as RFC 4180 has it: the title, the facts, each table with its title and header, the notes,
// with an empty line between two sections. Amounts are decimal, shares are percentages, days are ISO 8601.
func (d Document) csv(l Language) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	write := func(cells ...string) { _ = w.Write(cells) } // a buffer refuses nothing; Error tells
	write(guarded(l.of(d.Title)))
	write(l.of(wordCurrency), string(d.Currency))
	if !d.AsOf.IsZero() {
		write(l.of(wordAsOf), d.AsOf.String())
	}
	for _, f := range d.Facts {
		cells := []string{guarded(l.of(f.Words)), f.Value.cell(d, l)}
		if f.Value.code != "" {
			cells = append(cells, guarded(f.Value.code))
		}
		write(cells...)
	}
	for _, t := range d.Tables {
		write()
		write(guarded(l.of(t.Title)))
		for _, cells := range t.csv(d, l) {
			write(cells...)
		}
	}
	if len(d.Notes) > 0 {
		write()
		write(l.of(wordNotes))
	}
	for _, n := range d.Notes {
		write(guarded(l.of(n)))
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// csv are a table's header and rows. Behind a column of coded values stands one of their codes.
func (t Table) csv(d Document, l Language) [][]string {
	lines := make([][]string, 1, len(t.Rows)+2)
	for _, c := range t.Columns {
		lines[0] = append(lines[0], guarded(l.of(c.Words)))
		if c.Coded {
			lines[0] = append(lines[0], guarded(l.of(c.Words)+l.of(wordItsCode)))
		}
	}
	for _, row := range t.lines() {
		cells := make([]string, 0, len(lines[0]))
		for i, v := range row {
			cells = append(cells, v.cell(d, l))
			if t.Columns[i].Coded {
				cells = append(cells, guarded(v.code))
			}
		}
		lines = append(lines, cells)
	}
	return lines
}

// lines are a table's rows, its total the last.
func (t Table) lines() [][]Value {
	if len(t.Total) == 0 {
		return t.Rows
	}
	return append(t.Rows[:len(t.Rows):len(t.Rows)], t.Total)
}

func (v Value) cell(d Document, l Language) string {
	text := v.plain(d.Currency, l)
	if v.kind == KindText {
		return guarded(text)
	}
	return text // a number that begins with a minus is meant as one
}

// guarded keeps a spreadsheet from running a text as a formula (OWASP, CSV injection): what begins with a sign
// that starts one, or with a blank that hides such a sign, is quoted with an apostrophe.
func guarded(text string) string {
	text = printable(text)
	lead := strings.TrimLeftFunc(text, unicode.IsSpace)
	if lead != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(lead)[0]) {
		return "'" + text
	}
	return text
}

// printable takes out what no format can show: control characters become spaces, broken UTF-8 the replacement
// character. Line breaks are spaces, too, since a cell is one line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
