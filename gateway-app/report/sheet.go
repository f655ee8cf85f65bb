package report

import (
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// sheetStyles are the looks of cells: those of values by their kind, in a row and in a row of totals.
type sheetStyles struct {
	title, label, header, note int
	value, total               map[Kind]int
}

const (
	sheetFont    = "Noto Sans SC"
	colourInk    = "1F2933"
	colourMuted  = "66727F"
	colourHeader = "E8EEF2"
	colourRule   = "B8C4CE"
)

// exactIn53Bits is the largest whole number up to which a spreadsheet's numbers, which are binary floats, hold each.
const exactIn53Bits = 1 << 53

// epochOfSheets is 1970-01-01 as spreadsheets count days, from 1899-12-30.
const epochOfSheets = 25_569

func newSheetStyles(file *excelize.File, digits int) (sheetStyles, error) {
	made := sheetStyles{value: map[Kind]int{}, total: map[Kind]int{}}
	var failed error
	style := func(s excelize.Style) int {
		id, err := file.NewStyle(&s)
		if err != nil && failed == nil {
			failed = err
		}
		return id
	}
	font := func(size float64, bold bool, colour string) *excelize.Font {
		return &excelize.Font{Family: sheetFont, Size: size, Bold: bold, Color: colour}
	}
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	made.title = style(excelize.Style{Font: font(16, true, colourInk)})
	made.label = style(excelize.Style{Font: font(10, false, colourMuted), Alignment: top})
	made.note = style(excelize.Style{Font: font(9, false, colourMuted), Alignment: top})
	made.header = style(excelize.Style{
		Font: font(10, true, colourInk), Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		Fill:   excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colourHeader}},
		Border: []excelize.Border{{Type: "bottom", Style: 1, Color: colourRule}},
	})
	for _, kind := range []Kind{"", KindText, KindMinor, KindCount, KindPPM, KindDate} {
		format, alignment := numberFormat(kind, digits), &excelize.Alignment{Vertical: "top"}
		alignment.WrapText = kind == KindText
		if kind.rightAligned() {
			alignment.Horizontal = "right"
		} else {
			alignment.Horizontal = "left"
		}
		plain := excelize.Style{Font: font(10, false, colourInk), Alignment: alignment, CustomNumFmt: format}
		made.value[kind] = style(plain)
		plain.Font, plain.Border = font(10, true, colourInk), []excelize.Border{{Type: "top", Style: 1, Color: colourInk}}
		made.total[kind] = style(plain)
	}
	return made, failed
}

func numberFormat(kind Kind, digits int) *string {
	format := map[Kind]string{
		KindText: "@", KindCount: "#,##0", KindPPM: "0.00##%", KindDate: "yyyy-mm-dd",
		KindMinor: strings.TrimSuffix("#,##0."+strings.Repeat("0", digits), "."),
	}[kind]
	if format == "" {
		return nil
	}
	return &format
}

// sheet is one page of a workbook.
type sheet struct {
	file     *excelize.File
	name     string
	styles   sheetStyles
	language Language
}

// overview writes the title, what holds for the whole report, the whole title of every table whose sheet has a shorter
// name, and the notes.
func (s sheet) overview(d Document, names []string) error {
	w, err := s.file.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	if err := s.widths(w, []float64{32, 60}); err != nil {
		return err
	}
	rows := [][]any{{excelize.Cell{StyleID: s.styles.title, Value: printable(s.language.of(d.Title))}}, {}}
	fact := func(label Words, v Value) {
		rows = append(rows, []any{
			excelize.Cell{StyleID: s.styles.label, Value: printable(s.language.of(label))}, s.value(d, v, s.styles.value),
		})
	}
	fact(wordReport, Text(d.ID))
	fact(wordVersion, Count(int64(d.Version)))
	fact(wordCurrency, Text(string(d.Currency)))
	if !d.AsOf.IsZero() {
		fact(wordAsOf, Day(d.AsOf))
	}
	for _, f := range d.Facts {
		fact(f.Words, f.Value)
	}
	rows = append(rows, s.shortened(d, names)...)
	if len(d.Notes) > 0 {
		rows = append(rows, []any{})
	}
	for i, n := range d.Notes {
		label := ""
		if i == 0 {
			label = s.language.of(wordNotes)
		}
		rows = append(rows, s.labelled(label, s.language.of(n)))
	}
	return s.write(w, rows)
}

// shortened are the rows that give the sheets with shorter names their tables' titles.
func (s sheet) shortened(d Document, names []string) [][]any {
	var rows [][]any
	for i, t := range d.Tables {
		title := s.language.of(t.Title)
		if names[i] == title {
			continue
		}
		if rows == nil {
			rows = append(rows, []any{}, s.labelled(s.language.of(wordSheet), s.language.of(wordTable)))
		}
		rows = append(rows, s.labelled(names[i], title))
	}
	return rows
}

// labelled is a row of a label and a text that may be long.
func (s sheet) labelled(label, text string) []any {
	return []any{
		excelize.Cell{StyleID: s.styles.label, Value: printable(label)},
		excelize.Cell{StyleID: s.styles.note, Value: printable(text)},
	}
}

// table writes a table under a header that stays when the rest is scrolled.
func (s sheet) table(d Document, t Table) error {
	w, err := s.file.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	if err := w.SetPanes(&excelize.Panes{
		Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}},
	}); err != nil {
		return err
	}
	if err := s.widths(w, s.tableWidths(d, t)); err != nil {
		return err
	}
	header := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = excelize.Cell{StyleID: s.styles.header, Value: printable(s.language.of(c.Words))}
	}
	rows := [][]any{header}
	for i, row := range t.lines() {
		styles := s.styles.value
		if i == len(t.Rows) {
			styles = s.styles.total
		}
		cells := make([]any, len(row))
		for j, v := range row {
			cells[j] = s.value(d, v, styles)
		}
		rows = append(rows, cells)
	}
	return s.write(w, rows)
}

func (s sheet) write(w *excelize.StreamWriter, rows [][]any) error {
	for i, cells := range rows {
		name, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := w.SetRow(name, cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (s sheet) widths(w *excelize.StreamWriter, widths []float64) error {
	for i, width := range widths {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	return nil
}

// tableWidths fit each column to its longest value within bounds; a Chinese character is as wide as two letters.
func (s sheet) tableWidths(d Document, t Table) []float64 {
	const least, most, margin = 8, 60, 2
	widths := make([]float64, len(t.Columns))
	fit := func(i int, text string) {
		wide := (len(text) - utf8.RuneCountInString(text)) / 2 // two bytes more than its one rune
		widths[i] = min(max(widths[i], float64(utf8.RuneCountInString(text)+wide+margin)), most)
	}
	for i, c := range t.Columns {
		widths[i] = least
		fit(i, s.language.of(c.Words))
	}
	for _, row := range t.lines() {
		for i, v := range row {
			fit(i, v.written(d.Currency, s.language))
		}
	}
	return widths
}

// value is a cell with a number where the value is one. A number too large for a spreadsheet to hold exactly is a
// text.
func (s sheet) value(d Document, v Value, styles map[Kind]int) excelize.Cell {
	cell := excelize.Cell{StyleID: styles[v.kind]}
	exact := v.number <= exactIn53Bits && v.number >= -exactIn53Bits
	switch {
	case v.kind == "":
		cell.Value = ""
	case v.kind == KindDate:
		cell.Value = v.number + epochOfSheets
	case v.kind == KindMinor && exact:
		cell.Value = float64(v.number) / float64(power(10, d.Currency.Digits()))
	case v.kind == KindPPM && exact:
		cell.Value = float64(v.number) / 1e6
	case v.kind == KindCount && exact:
		cell.Value = v.number
	default:
		cell.Value = printable(v.plain(d.Currency, s.language))
	}
	return cell
}

func power(base, exponent int) int {
	product := 1
	for range exponent {
		product *= base
	}
	return product
}
