package projection

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// table is one table of the read model: its columns in the order of the migration.
type table struct {
	name    string
	columns []string
	key     []string // of what may be written again; none: rows are only added
}

// The columns that every table of records, and every table of plain values, begins with.
var (
	recordColumns = []string{"collection", "id", "seq", "sequence", "salt", "state", "block", "tx_id", "at"}
	valueColumns  = []string{"collection", "id", "seq", "state", "block", "tx_id", "at"}
	identity      = []string{"collection", "id"}
)

func recordTable(name string, own ...string) *table {
	return &table{"rm_" + name, append(slices.Clone(recordColumns), own...), identity}
}

func valueTable(name string, own ...string) *table {
	return &table{"rm_" + name, append(slices.Clone(valueColumns), own...), identity}
}

// tables lists every table but the checkpoint's.
func tables() []*table {
	return []*table{
		feed, events, roots.table, members.table, regimes.table, freezes.table, days.table, parties.table, mandates.table,
		termsOfLoans.table, projects.table, fundings.table, allocations, loans.table, instructions.table, accounts.table,
		suspended.table, bankEntries.table, openedBooks.table, links.table, exposures.table, reservations, clearances.table,
		evidenceEntries.table, evidenceLogs.table,
	}
}

// insert is the statement that writes a number of rows.
func (t *table) insert(rows int) string {
	var text strings.Builder
	text.WriteString("INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES ")
	number := 0
	for row := range rows {
		separator := ", ("
		if row == 0 {
			separator = "("
		}
		for range t.columns {
			number++
			text.WriteString(separator)
			text.WriteString("$" + strconv.Itoa(number))
			separator = ", "
		}
		text.WriteString(")")
	}
	if len(t.key) == 0 {
		return text.String()
	}
	text.WriteString(" ON CONFLICT (" + strings.Join(t.key, ", ") + ") DO UPDATE SET ")
	separator := ""
	for _, column := range t.columns {
		if slices.Contains(t.key, column) || column == "seq" { // a row keeps its place
			continue
		}
		text.WriteString(separator + column + " = excluded." + column)
		separator = ", "
	}
	return text.String()
}

// rowsAtOnce is how many rows one statement writes: enough that the call no longer counts, few enough for
// the number of parameters that both databases take.
const rowsAtOnce = 32

// write writes rows, as many at once as fit.
func (t *table) write(ctx context.Context, tx *sql.Tx, rows [][]any) error {
	whole := len(rows) - len(rows)%rowsAtOnce
	if whole > 0 {
		statement, err := tx.PrepareContext(ctx, t.insert(rowsAtOnce))
		if err != nil {
			return fmt.Errorf("prepare to write %s: %w", t.name, err)
		}
		defer statement.Close() //nolint:errcheck // the transaction ends with or without it
		for chunk := range slices.Chunk(rows[:whole], rowsAtOnce) {
			if _, err := statement.ExecContext(ctx, slices.Concat(chunk...)...); err != nil {
				return fmt.Errorf("write %s: %w", t.name, err)
			}
		}
	}
	if rest := rows[whole:]; len(rest) > 0 {
		if _, err := tx.ExecContext(ctx, t.insert(len(rest)), slices.Concat(rest...)...); err != nil {
			return fmt.Errorf("write %s: %w", t.name, err)
		}
	}
	return nil
}
