package store

import (
	"context"
	"fmt"
	"slices"
)

// Columns lists every column that the database has, ordered by table and name. It asks the database and
// not the migrations, so that the two can be compared.
func (db *DB) Columns(ctx context.Context) ([]Column, error) {
	query := `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'`
	if db.dialect == PostgreSQL {
		query = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the columns of the database: %w", err)
	}
	defer rows.Close()
	var columns []Column
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Table, &c.Name); err != nil {
			return nil, fmt.Errorf("list the columns of the database: %w", err)
		}
		columns = append(columns, c)
	}
	slices.SortFunc(columns, compareColumns)
	return columns, rows.Err()
}

// Unclassed lists the columns of the database that no migration gives a class, and the classed ones that
// the database lacks. Both lists are empty in a database that a scan of personal data can rely on.
func (db *DB) Unclassed(ctx context.Context) (unclassed, missing []Column, err error) {
	columns, err := db.Columns(ctx)
	if err != nil {
		return nil, nil, err
	}
	declared := Classes()
	for _, c := range columns {
		if _, ok := declared[c.Table][c.Name]; !ok {
			unclassed = append(unclassed, c)
		}
		delete(declared[c.Table], c.Name)
	}
	for table, left := range declared {
		for name := range left {
			missing = append(missing, Column{table, name})
		}
	}
	slices.SortFunc(missing, compareColumns)
	return unclassed, missing, nil
}
