// Package storetest runs one test on both databases of the store, so that one SQL text is shown to mean
// the same to SQLite and PostgreSQL.
//
// Where PostgreSQL's programs are installed, the test process starts one server of its own: in a
// temporary folder, on a Unix socket that only its user can reach, without the settings that make commits
// durable. It ends with the test process, however that ends. Where they are not installed the PostgreSQL
// half of a test is skipped and says so; with TALLYSTICK_REQUIRE_POSTGRES=1, as CI sets it, it fails.
//
// The package is for tests only. It never touches a server that it did not start.
package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Each runs a test on a fresh database of each kind, with all migrations applied.
func Each(t *testing.T, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { run(t, PostgreSQL(t)) })
}

// EachBenchmark is Each for benchmarks.
func EachBenchmark(b *testing.B, run func(b *testing.B, db *store.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { run(b, SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { run(b, PostgreSQL(b)) })
}

// SQLite opens a fresh SQLite database in the test's folder.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	image, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path)
}

// PostgreSQL opens a fresh database on the process's server, or skips the test where there is none.
func PostgreSQL(t testing.TB) *store.DB {
	t.Helper()
	s := running(t)
	name, err := s.take()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.giveBack(name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return open(t, s.address(name))
}

// addresses remembers where each database of a test is, for Reopen.
var addresses sync.Map

func open(t testing.TB, address string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	addresses.Store(db, address)
	t.Cleanup(func() {
		addresses.Delete(db)
		if err := db.Close(); err != nil {
			t.Errorf("close the test's database: %v", err)
		}
	})
	return db
}

// Reopen opens the database of a test once more, as another process of the member does.
func Reopen(t testing.TB, db *store.DB) *store.DB {
	t.Helper()
	return open(t, Address(t, db))
}

// Address is what store.Open takes for the database of a test.
func Address(t testing.TB, db *store.DB) string {
	t.Helper()
	address, ok := addresses.Load(db)
	if !ok {
		t.Fatal("the database was not opened by storetest")
	}
	return address.(string)
}

// migratedFile is a SQLite file with all migrations applied, made once a process.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "tallystick-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // the system clears its temporary folder
	path := filepath.Join(folder, "store.db")
	db, err := store.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, fmt.Errorf("close the migrated database: %w", err)
	}
	return os.ReadFile(path)
})
