package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// Dialect names one of the two databases. Only this package and tests have reason to ask for it.
type Dialect string

// The two databases.
const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

// How many connections a process opens. SQLite has one writer by nature.
const (
	readers       = 8
	writers       = 8
	busyTimeoutMS = 10_000
	// How many pages SQLite's journal may hold before they are copied into the file: 32 MB. A page that was
	// written many times is copied once.
	checkpointPages = 8_000
)

// DB is an open database with its migrations applied. The embedded pool only reads; every write goes
// through Write. It is safe for use by many goroutines.
type DB struct {
	*sql.DB
	writer  *sql.DB
	dialect Dialect

	afterwards sync.Map // *afterwards of the transactions of Write that run
}

// Open opens "sqlite:PATH" or "postgres://…", creates what is missing and runs the migrations. Several
// processes may open one PostgreSQL at once; on SQLite the first opening is one process's.
func Open(ctx context.Context, address string) (*DB, error) {
	db, err := connect(address)
	if err != nil {
		return nil, err
	}
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) prepare(ctx context.Context) error {
	if err := db.writer.PingContext(ctx); err != nil {
		return fmt.Errorf("open the %s database: %w: check that it runs, that the address in the settings is right and that this process may use it", db.dialect, err)
	}
	if err := db.checkCollation(ctx); err != nil {
		return err
	}
	return db.migrate(ctx)
}

func connect(address string) (*DB, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	switch scheme {
	case "sqlite":
		return connectSQLite(rest)
	case "postgres", "postgresql":
		return connectPostgreSQL(address)
	}
	return nil, fmt.Errorf("open the database: the address begins with %q: write sqlite:PATH or postgres://USER@HOST/DATABASE", scheme)
}

// connectSQLite opens two pools on one file: many readers that cannot write, and one writer that takes
// the lock when it begins, so that a transaction never fails half way for want of it. Every commit
// reaches the disk before it is answered, because the outbox relies on that.
func connectSQLite(path string) (*DB, error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, errors.New("open the database: sqlite needs the path of a file: write sqlite:PATH")
	}
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("open the database %s: %w: name a place that this process may write to", path, err)
	}
	pragmas := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeoutMS), "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "secure_delete(1)", fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages),
	}}
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	writing, err := sqlite.NewConnector(file + "?" + pragmas.Encode() + "&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	pragmas.Add("_pragma", "query_only(1)")
	reading, err := sqlite.NewConnector(file + "?" + pragmas.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	writer, reader := sql.OpenDB(preparing{writing}), sql.OpenDB(preparing{reading})
	writer.SetMaxOpenConns(1)
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return &DB{DB: reader, writer: writer, dialect: SQLite}, nil
}

// createPrivate creates the file for its owner alone; the files that SQLite lays beside it take over
// its permissions.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// longestStandstill is how long the database waits for a writer's next word within a transaction. One whose
// machine stands still is ended then, so that it holds up the next holder of its lease no longer.
const longestStandstill = "60s"

// connectPostgreSQL opens two pools on one database. Writers prefer indexes: a serializable transaction
// that scans a small table as a whole conflicts with every other one.
func connectPostgreSQL(address string) (*DB, error) {
	write, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("open the database: read its address: %w: write postgres://USER@HOST/DATABASE", err)
	}
	read := write.Copy()
	write.RuntimeParams["enable_seqscan"] = "off"
	write.RuntimeParams["idle_in_transaction_session_timeout"] = longestStandstill
	read.RuntimeParams["default_transaction_read_only"] = "on"
	writer, reader := stdlib.OpenDB(*write), stdlib.OpenDB(*read)
	for pool, size := range map[*sql.DB]int{writer: writers, reader: readers} {
		pool.SetMaxOpenConns(size)
		pool.SetMaxIdleConns(size)
		pool.SetConnMaxIdleTime(5 * time.Minute)
	}
	return &DB{DB: reader, writer: writer, dialect: PostgreSQL}, nil
}

// checkCollation refuses a database in which text has another order than its bytes have: pages of a
// list would skip rows.
func (db *DB) checkCollation(ctx context.Context) error {
	if db.dialect != PostgreSQL {
		return nil
	}
	var collation string
	const query = `SELECT datcollate FROM pg_database WHERE datname = current_database()`
	if err := db.QueryRowContext(ctx, query).Scan(&collation); err != nil {
		return fmt.Errorf("read the collation of the database: %w", err)
	}
	switch collation {
	case "C", "POSIX", "C.UTF-8", "C.utf8":
		return nil
	}
	return fmt.Errorf("open the database: its collation is %s, and text must have the order of its bytes: create it with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'", collation)
}

// Dialect says which of the two databases this is.
func (db *DB) Dialect() Dialect { return db.dialect }

// Close closes every connection.
func (db *DB) Close() error { return errors.Join(db.DB.Close(), db.writer.Close()) }
