package storetest

import (
	"database/sql"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Making a database takes PostgreSQL a good part of a second, emptying one a few milliseconds. So a
// database goes from test to test, unless a test has changed more in it than rows.

const (
	layoutQuery = `SELECT string_agg(c.relname || '.' || a.attname || a.atttypid, ' ' ORDER BY c.relname, a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`
	tablesQuery = `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version'`
)

// describe notes what a database is like that no test has used.
func (s *server) describe(db *store.DB) error {
	if err := db.QueryRow(layoutQuery).Scan(&s.layout); err != nil {
		return err
	}
	tables, err := names(db.DB, tablesQuery)
	if err != nil {
		return err
	}
	filled, err := filled(db.DB, tables)
	if len(filled) == 0 {
		s.empty = tables
	}
	return err
}

// take gives a test a database of its own.
func (s *server) take() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		name := s.free[n-1]
		s.free = s.free[:n-1]
		return name, nil
	}
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	if _, err := s.admin.Exec(fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)); err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return name, nil
}

// giveBack empties a database for the next test, or drops it.
func (s *server) giveBack(name string) error {
	if s.clear(name) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.free = append(s.free, name)
		return nil
	}
	_, err := s.admin.Exec(fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name))
	return err
}

// clear reports whether a database is again as the migrations left it.
func (s *server) clear(name string) bool {
	if s.empty == nil {
		return false
	}
	db, err := sql.Open("pgx", s.address(name)+"&lock_timeout=2000")
	if err != nil {
		return false
	}
	defer db.Close()
	var layout string
	if err := db.QueryRow(layoutQuery).Scan(&layout); err != nil || layout != s.layout {
		return false
	}
	filled, err := filled(db, s.empty)
	if err != nil || len(filled) == 0 {
		return err == nil
	}
	_, err = db.Exec("TRUNCATE " + strings.Join(filled, ", ") + " CASCADE")
	return err == nil
}

// filled lists those of the tables that hold rows.
func filled(db *sql.DB, tables []string) ([]string, error) {
	var parts []string
	for _, table := range tables {
		parts = append(parts, fmt.Sprintf("SELECT '%s' WHERE EXISTS (SELECT 1 FROM %s)", table, table))
	}
	return names(db, strings.Join(parts, " UNION ALL "))
}

func names(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, rows.Err()
}
