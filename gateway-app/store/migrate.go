package store

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/tallystick/tallystick/gateway-app/store/migrations"
)

// versionTable is goose's own.
const versionTable = "goose_db_version"

// migrate applies what has not been applied. A file that failed was rolled back and is tried again at the
// next start.
func (db *DB) migrate(ctx context.Context) error {
	if _, err := classes(); err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	options := []goose.ProviderOption{goose.WithAllowOutofOrder(true), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	dialect := goose.DialectSQLite3
	if db.dialect == PostgreSQL {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	// The provider is not closed: its Close would close the pool, which is ours.
	provider, err := goose.NewProvider(dialect, db.writer, migrations.Files, options...)
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w: it stands as it was before that file; mend the cause and start again", err)
	}
	return nil
}
