package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"go.yaml.in/yaml/v3"
)

var formatNames = []string{"table", "json", "yaml", "csv"}

func formats() string { return strings.Join(formatNames, ", ") }

func (s *session) checkFormat() error {
	if !slices.Contains(formatNames, s.format) {
		return misused("--output %s is not known: use one of %s", s.format, formats())
	}
	return nil
}

// sheet is a table for people, and for spreadsheets. The columns named in numbers stand to the right.
type sheet struct {
	title   string
	columns []string
	numbers []string
	rows    [][]string
}

func (t *sheet) add(cells ...string) { t.rows = append(t.rows, cells) }

// facts is a sheet of one thing: a name and a value a row, without those that have none.
func facts(title string, pairs ...string) sheet {
	t := sheet{title: title, columns: []string{"field", "value"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			t.add(pairs[i], pairs[i+1])
		}
	}
	return t
}

// print shows a value in the form that the session asks for: json and yaml show the value whole,
// table and csv show its sheets.
func (s *session) print(value any, sheets ...sheet) error {
	switch s.format {
	case "json":
		encoder := json.NewEncoder(s.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	case "yaml":
		return s.printYAML(value)
	case "csv":
		return s.printCSV(sheets)
	}
	return s.printTables(sheets)
}

// printYAML goes by way of JSON, so that both forms have the same names in the same order.
func (s *session) printYAML(value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(raw, &node); err != nil { // JSON is YAML
		return fmt.Errorf("print: %w", err)
	}
	inBlocks(&node)
	encoder := yaml.NewEncoder(s.out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return encoder.Close()
}

// inBlocks lets YAML use lines and indents for what came in braces and quotes.
func inBlocks(node *yaml.Node) {
	node.Style = 0
	if len(node.Content) == 0 && (node.Kind == yaml.SequenceNode || node.Kind == yaml.MappingNode) {
		node.Style = yaml.FlowStyle
	}
	for _, child := range node.Content {
		inBlocks(child)
	}
}

func (s *session) printCSV(sheets []sheet) error {
	for i, t := range sheets {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		writer := csv.NewWriter(s.out)
		if err := writer.Write(t.columns); err != nil {
			return fmt.Errorf("print: %w", err)
		}
		if err := writer.WriteAll(t.rows); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

func (s *session) printTables(sheets []sheet) error {
	for i, t := range sheets {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if t.title != "" {
			fmt.Fprintln(s.out, t.title)
		}
		if len(t.rows) == 0 {
			fmt.Fprintln(s.out, "none")
			continue
		}
		fmt.Fprintln(s.out, t.render())
	}
	return nil
}

// render lays the sheet out in columns, without lines: a terminal shows it, and tools can split it.
func (t sheet) render() string {
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	w.SetStyle(style)
	if !slices.Equal(t.columns, []string{"field", "value"}) {
		w.AppendHeader(rowOf(t.columns))
	}
	for _, row := range t.rows {
		w.AppendRow(rowOf(row))
	}
	var columns []table.ColumnConfig
	for _, name := range t.numbers {
		columns = append(columns, table.ColumnConfig{Name: name, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(columns)
	lines := strings.Split(w.Render(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func rowOf(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, cell := range cells {
		row[i] = cell
	}
	return row
}
