package projection

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// table is one table of the read model: its columns in the order of the migration.
type table struct {
	name    string
	columns []string
	key     []string // of what may be written again; none: rows are only added
	// summed says that a row's columns beside the key are sums: what is written to it again is added to them. Such
	// rows have no place in the order of the ledger.
	summed bool
	// spent is the condition under which rows of sums say nothing any more, and go; none: they stay.
	spent string

	inserts [6]atomic.Pointer[string] // the statements for 1, 2, 4 … rowsAtOnce rows, once they were needed
}

// The columns that every table of records, and every table of plain values, begins with.
var (
	recordColumns = []string{"collection", "id", "seq", "sequence", "salt", "state", "block", "tx_id", "at"}
	valueColumns  = []string{"collection", "id", "seq", "state", "block", "tx_id", "at"}
	identity      = []string{"collection", "id"}
)

func recordTable(name string, own ...string) *table {
	return &table{name: "rm_" + name, columns: append(slices.Clone(recordColumns), own...), key: identity}
}

func valueTable(name string, own ...string) *table {
	return &table{name: "rm_" + name, columns: append(slices.Clone(valueColumns), own...), key: identity}
}

// tables lists every table but the checkpoint's.
func tables() []*table {
	return []*table{
		feed, events, roots.table, members.table, regimes.table, freezes.table, days.table, parties.table, mandates.table,
		termsOfLoans.table, projects.table, fundings.table, allocations, loans.table, instructions.table, accounts.table,
		suspended.table, bankEntries.table, openedBooks.table, links.table, exposures.table, reservations, clearances.table,
		evidenceEntries.table, evidenceLogs.table, positions, closingsTable, portfolioCells, unpaidRows, borrowers, lenders, charges, refusals,
	}
}

// insert is the statement that writes a number of rows, a power of two up to rowsAtOnce.
func (t *table) insert(rows int) string {
	place := bits.TrailingZeros(uint(rows))
	if known := t.inserts[place].Load(); known != nil {
		return *known
	}
	text := t.insertText(rows)
	t.inserts[place].Store(&text)
	return text
}

func (t *table) insertText(rows int) string {
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
		text.WriteString(separator + column + " = ")
		if t.summed {
			text.WriteString(t.name + "." + column + " + ")
		}
		text.WriteString("excluded." + column)
		separator = ", "
	}
	return text.String()
}

// rowsAtOnce is how many rows one statement writes at most: enough that the call no longer counts, few enough
// for the number of parameters that both databases take.
const rowsAtOnce = 32

// write writes rows, as many at once as fit. What is left over goes in halves, so that the texts are few and
// the database keeps them prepared.
func (t *table) write(ctx context.Context, tx *sql.Tx, rows [][]any) error {
	for size := rowsAtOnce; size > 0; size /= 2 {
		for ; len(rows) >= size; rows = rows[size:] {
			if _, err := tx.ExecContext(ctx, t.insert(size), slices.Concat(rows[:size]...)...); err != nil {
				return fmt.Errorf("write %s: %w", t.name, err)
			}
		}
	}
	return nil
}
