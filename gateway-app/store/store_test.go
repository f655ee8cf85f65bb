package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

func TestEveryColumnHasADataClass(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		unclassed, missing, err := db.Unclassed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(unclassed)+len(missing) > 0 {
			t.Errorf("without a class: %v; classed and not there: %v", unclassed, missing)
		}
		if columns, err := db.Columns(t.Context()); err != nil || len(columns) < 6 {
			t.Errorf("the database shows %d columns, %v", len(columns), err)
		}
	})
}

func TestAnUnclassedColumnIsNoticed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		exec(t, db, `ALTER TABLE store_lease ADD COLUMN whisper TEXT`)
		unclassed, _, err := db.Unclassed(t.Context())
		if want := (store.Column{Table: "store_lease", Name: "whisper"}); err != nil || len(unclassed) != 1 || unclassed[0] != want {
			t.Errorf("got %v, %v; want %v", unclassed, err, want)
		}
	})
}

// Many goroutines count up one row; none of their increments is lost, and numbers have no gaps.
func TestWritesAreSerializable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const goroutines, each = 8, 10
		var group sync.WaitGroup
		for range goroutines {
			group.Go(func() {
				for range each {
					if err := db.Write(t.Context(), func(tx *sql.Tx) error {
						_, err := store.Next(t.Context(), tx, "count")
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		var last int64
		if err := db.QueryRow(`SELECT last FROM store_sequence WHERE name = $1`, "count").Scan(&last); err != nil || last != goroutines*each {
			t.Errorf("counted to %d, %v", last, err)
		}
	})
}

// Two transactions each read what the other writes. One of them is run again and sees the other.
func TestWriteSkewIsPrevented(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		exec(t, db, `INSERT INTO store_sequence (name, last) VALUES ('a', 1), ('b', 1)`)
		take := func(name string) error {
			return db.Write(t.Context(), func(tx *sql.Tx) error {
				var sum int64
				if err := tx.QueryRow(`SELECT SUM(last) FROM store_sequence WHERE name IN ('a', 'b')`).Scan(&sum); err != nil {
					return err
				}
				time.Sleep(20 * time.Millisecond)
				if sum < 2 {
					return nil
				}
				_, err := tx.Exec(`UPDATE store_sequence SET last = 0 WHERE name = $1`, name)
				return err
			})
		}
		var group sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			group.Go(func() {
				if err := take(name); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		var sum int64
		if err := db.QueryRow(`SELECT SUM(last) FROM store_sequence WHERE name IN ('a', 'b')`).Scan(&sum); err != nil || sum != 1 {
			t.Errorf("%d is left, %v; one of the two may be taken", sum, err)
		}
	})
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		refused := errors.New("refused")
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			if _, err := store.Reserve(t.Context(), tx, "rows", 5); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Fatalf("answered %v", err)
		}
		var first int64
		err = db.Write(t.Context(), func(tx *sql.Tx) (err error) {
			first, err = store.Reserve(t.Context(), tx, "rows", 5)
			return err
		})
		if err != nil || first != 1 {
			t.Errorf("the first of five is %d, %v", first, err)
		}
	})
}

func TestReadsCannotWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := db.Exec(`INSERT INTO store_sequence (name, last) VALUES ('x', 1)`); err == nil {
			t.Error("a write outside Write went through")
		}
		err := db.Read(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO store_sequence (name, last) VALUES ('x', 1)`)
			return err
		})
		if err == nil {
			t.Error("a write inside Read went through")
		}
	})
}

func TestReadSeesOneState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		count := func(tx *sql.Tx) (n int) {
			if err := tx.QueryRow(`SELECT COUNT(*) FROM store_sequence`).Scan(&n); err != nil {
				t.Error(err)
			}
			return n
		}
		err := db.Read(t.Context(), func(tx *sql.Tx) error {
			before := count(tx)
			exec(t, db, `INSERT INTO store_sequence (name, last) VALUES ('x', 1)`)
			if after := count(tx); after != before {
				t.Errorf("saw %d rows and then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestDuplicatesAreTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		insert := func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO store_sequence (name, last) VALUES ('x', 1)`)
			return err
		}
		first, second := db.Write(t.Context(), insert), db.Write(t.Context(), insert)
		if first != nil || !store.Duplicate(second) || store.Duplicate(sql.ErrNoRows) {
			t.Errorf("first %v, second %v", first, second)
		}
	})
}

// Bytes, truth values, large integers and text in the order of its bytes come back as they went in.
func TestValuesComeBackAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		exec(t, db, `CREATE TABLE sample (id TEXT PRIMARY KEY, raw BYTEA NOT NULL, flag BOOLEAN NOT NULL, amount BIGINT NOT NULL)`)
		raw := []byte("12\x00\xff3")
		for i, id := range []string{"b", "B", "_", "银", "a"} {
			exec(t, db, `INSERT INTO sample VALUES ($1, $2, $3, $4)`, id, raw, i%2 == 0, int64(1)<<62+int64(i))
		}
		rows, err := db.Query(`SELECT id, raw, flag, amount FROM sample WHERE flag ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var got []string
		for rows.Next() {
			var id string
			var back []byte
			var flag bool
			var amount int64
			if err := rows.Scan(&id, &back, &flag, &amount); err != nil || !flag || string(back) != string(raw) {
				t.Errorf("%s came back as %q %v, %v", id, back, flag, err)
			}
			got = append(got, fmt.Sprint(id, amount-1<<62))
		}
		if want := "[_2 a4 b0]"; fmt.Sprint(got) != want || rows.Err() != nil {
			t.Errorf("got %v, %v; want %s", got, rows.Err(), want)
		}
	})
}

func TestAReopenedDatabaseKeepsItsRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		exec(t, db, `INSERT INTO store_sequence (name, last) VALUES ('kept', 7)`)
		var last int64
		if err := storetest.Reopen(t, db).QueryRow(`SELECT last FROM store_sequence WHERE name = 'kept'`).Scan(&last); err != nil || last != 7 {
			t.Errorf("read %d, %v", last, err)
		}
	})
}

func TestOpenSaysWhatToDo(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"":                                "write sqlite:PATH",
		"mysql://x":                       "write sqlite:PATH",
		"sqlite:":                         "needs the path of a file",
		"sqlite::memory:":                 "needs the path of a file",
		"sqlite:" + folder + "/file/x.db": "name a place",
		"postgres://%zz":                  "write postgres://",
		"postgres://u@127.0.0.1:1/none?connect_timeout=2": "check that it runs",
	} {
		db, err := store.Open(t.Context(), address)
		if err == nil {
			db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q in it", address, err, want)
		}
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	db := storetest.SQLite(t)
	path := filepath.Join(t.TempDir(), "new", "folder", "with space?.db")
	own, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	exec(t, own, `INSERT INTO store_sequence (name, last) VALUES ('x', 1)`)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(path + suffix); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", suffix, info, err)
		}
	}
	if db.Dialect() != store.SQLite {
		t.Error("wrong dialect")
	}
}

func TestTimesSortAsText(t *testing.T) {
	early := time.Date(2025, 3, 1, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))
	late := early.Add(1500 * time.Microsecond)
	if got := store.Time(early); got != "2025-03-01T01:00:00.000000Z" || got >= store.Time(late) {
		t.Errorf("got %s and %s", got, store.Time(late))
	}
	if back, err := store.ParseTime(store.Time(late)); err != nil || !back.Equal(late) {
		t.Errorf("read back %s, %v", back, err)
	}
	if _, err := store.ParseTime("yesterday"); err == nil {
		t.Error("yesterday is no time")
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			now, err := db.Now(t.Context(), tx)
			if gap := time.Since(now).Abs(); gap > time.Minute {
				t.Errorf("the database's clock is %s away", gap)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func exec(t testing.TB, db *store.DB, query string, args ...any) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
