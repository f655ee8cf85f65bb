package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"github.com/tallystick/tallystick/core/fault"
)

const (
	writeAttempts     = 60
	firstWritePause   = 2 * time.Millisecond
	longestWritePause = 250 * time.Millisecond
)

// Write runs one write transaction: serializable, and durable when it answers nil. When the database
// finds it in conflict with another, it is rolled back and run again, so the function may run several
// times and must touch nothing but the transaction until Write has answered. An error of the function
// rolls back and is answered as it is. With a context of Hold's, nothing is written unless the lease is
// held. A Write inside a Write waits for itself for ever on SQLite: pass
// the transaction on instead.
func (db *DB) Write(ctx context.Context, run func(tx *sql.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := db.writeOnce(ctx, run)
		if err == nil || !contended(err) {
			return err
		}
		if attempt == writeAttempts {
			return fmt.Errorf("write to the database: %w: in conflict with others %d times: %w", fault.New(fault.Busy), attempt, err)
		}
		if pauseErr := pause(ctx, attempt); pauseErr != nil {
			return errors.Join(pauseErr, err)
		}
	}
}

func (db *DB) writeOnce(ctx context.Context, run func(tx *sql.Tx) error) error {
	tx, err := db.writer.BeginTx(ctx, db.writeOptions())
	if err != nil {
		return fmt.Errorf("begin a write transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it the first error counts
	if err := fenceOf(ctx).check(ctx, db, tx); err != nil {
		return err
	}
	defer db.afterwards.Delete(tx)
	if err := run(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit a write transaction: %w", err)
	}
	db.committed(tx)
	return nil
}

// Afterwards has something done in this process as soon as a transaction of Write is committed, and not at all when
// it is rolled back: others are told of rows once they can be read. It must be quick, and what it tells is lost when
// the process ends between the two. Of several with one key in one transaction only the first is done.
func (db *DB) Afterwards(tx *sql.Tx, key any, do func()) {
	added, _ := db.afterwards.LoadOrStore(tx, &afterwards{done: map[any]bool{}})
	list, ours := added.(*afterwards)
	if !ours || list.done[key] {
		return
	}
	list.done[key] = true
	list.do = append(list.do, do)
}

// afterwards is what is to be done after one transaction, which one goroutine runs.
type afterwards struct {
	done map[any]bool
	do   []func()
}

func (db *DB) committed(tx *sql.Tx) {
	if list, ok := db.afterwards.Load(tx); ok {
		for _, do := range list.(*afterwards).do { //nolint:forcetypeassert // Afterwards stores nothing else
			do()
		}
	}
}

// writeOptions asks PostgreSQL for what SQLite's one writer is anyway.
func (db *DB) writeOptions() *sql.TxOptions {
	if db.dialect == PostgreSQL {
		return &sql.TxOptions{Isolation: sql.LevelSerializable}
	}
	return nil
}

// Read runs several queries on one state of the database: what others commit meanwhile is not seen.
func (db *DB) Read(ctx context.Context, run func(tx *sql.Tx) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if db.dialect == PostgreSQL {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin a read transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return run(tx)
}

// Primary result codes of SQLite, in the low byte of every code.
const (
	sqliteBusy   = 5
	sqliteLocked = 6
)

// Extended result codes of SQLite for two rows with one key.
const (
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
)

// SQLSTATEs of PostgreSQL.
const (
	postgresSerialization = "40001"
	postgresDeadlock      = "40P01"
	postgresUnique        = "23505"
)

// contended reports whether the same transaction may succeed when it is run again.
func contended(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & 0xff
		return primary == sqliteBusy || primary == sqliteLocked
	}
	var postgres *pgconn.PgError
	if errors.As(err, &postgres) {
		return postgres.Code == postgresSerialization || postgres.Code == postgresDeadlock
	}
	return false
}

// Duplicate reports whether an error says that a row with the same key is there already.
func Duplicate(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlitePrimaryKey || lite.Code() == sqliteUnique
	}
	var postgres *pgconn.PgError
	return errors.As(err, &postgres) && postgres.Code == postgresUnique
}

// pause waits up to twice as long each time, and a random part of that, so that those who collided do
// not collide again.
func pause(ctx context.Context, attempt int) error {
	longest := min(firstWritePause<<min(attempt-1, 16), longestWritePause)
	timer := time.NewTimer(rand.N(longest) + time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
