package screening

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// scoring changes with the rules of the package's comment, so that everybody is screened anew by them.
const scoring = "2"

// Screening is the member's watch lists and what they hit. Its methods may be called by many at once.
type Screening struct {
	db        *store.DB
	threshold int64

	mu     sync.Mutex
	loaded *prepared
}

// New uses the lists in a database. A threshold of 0 is the default one.
func New(db *store.DB, thresholdPPM int64) (*Screening, error) {
	if thresholdPPM == 0 {
		thresholdPPM = DefaultThresholdPPM
	}
	if thresholdPPM < 0 || thresholdPPM > full {
		return nil, fmt.Errorf("screen by a threshold of %d: set one from 1 to %d parts per million", thresholdPPM, full)
	}
	return &Screening{db: db, threshold: thresholdPPM}, nil
}

// List is a watch list as it was last loaded.
type List struct {
	Name     string `json:"name"`
	Digest   string `json:"digest"`
	Entries  int64  `json:"entries"`
	LoadedAt string `json:"loaded_at"`
	LoadedBy string `json:"loaded_by"`
}

// Load puts what is read in the place of a list, in one transaction, and reports whether that changed
// it. Open hits on entries that are no longer listed lapse; what a person decided stays. After a change
// everybody is due to be screened again: see Rescreen.
func (s *Screening) Load(ctx context.Context, list, by string, in io.Reader) (List, bool, error) {
	entries, err := ReadList(in)
	if err != nil {
		return List{}, false, err
	}
	l := List{Name: list, Digest: digestOf(entries), LoadedAt: store.Time(time.Now()), LoadedBy: by}
	changed := false
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		var before string
		err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(digest), '') FROM watch_list WHERE name = $1`, list).Scan(&before)
		if err != nil {
			return err
		}
		if changed = before != l.Digest; !changed {
			return nil
		}
		l.Entries, err = replaceEntries(ctx, tx, l, entries)
		return err
	})
	if err != nil {
		return List{}, false, fmt.Errorf("load the watch list %s: %w", list, err)
	}
	return l, changed, nil
}

func replaceEntries(ctx context.Context, tx *sql.Tx, l List, entries []Entry) (int64, error) {
	if _, err := tx.ExecContext(ctx, `DELETE FROM watch_entry WHERE list = $1`, l.Name); err != nil {
		return 0, err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO watch_list (name, digest, entries, loaded_at, loaded_by) VALUES ($1, $2, 0, $3, $4)
		ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, loaded_at = excluded.loaded_at, loaded_by = excluded.loaded_by`,
		l.Name, l.Digest, l.LoadedAt, l.LoadedBy)
	if err != nil {
		return 0, err
	}
	var count int64
	for _, e := range entries {
		aliases, _ := json.Marshal(e.Aliases) // a list of texts cannot fail to encode
		result, err := tx.ExecContext(ctx, `INSERT INTO watch_entry (list, entry, number, name, aliases, born, program)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (list, entry) DO NOTHING`,
			l.Name, e.ID(), e.Number, e.Name, string(aliases), e.Born, e.Program)
		if err != nil {
			return 0, err
		}
		added, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		count += added
	}
	if _, err := tx.ExecContext(ctx, `UPDATE watch_list SET entries = $2 WHERE name = $1`, l.Name, count); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE watch_hit SET status = $2 WHERE list = $1 AND status = $3
		AND NOT EXISTS (SELECT 1 FROM watch_entry e WHERE e.list = watch_hit.list AND e.entry = watch_hit.entry)`,
		l.Name, string(Lapsed), string(Open))
	return count, err
}

// Lists answers every list.
func (s *Screening) Lists(ctx context.Context) ([]List, error) {
	lists, err := readLists(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("read the watch lists: %w", err)
	}
	return lists, nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func readLists(ctx context.Context, q querier) ([]List, error) {
	rows, err := q.QueryContext(ctx, `SELECT name, digest, entries, loaded_at, loaded_by FROM watch_list ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lists []List
	for rows.Next() {
		var l List
		if err := rows.Scan(&l.Name, &l.Digest, &l.Entries, &l.LoadedAt, &l.LoadedBy); err != nil {
			return nil, err
		}
		lists = append(lists, l)
	}
	return lists, rows.Err()
}

// fingerprint names the lists, the threshold and the scoring that a screening was done by.
func (s *Screening) fingerprint(lists []List) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%d\n", scoring, s.threshold)
	for _, l := range lists {
		fmt.Fprintf(sum, "%q %s\n", l.Name, l.Digest)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// prepared is every list's entries with their names made ready.
type prepared struct {
	fingerprint string
	entries     []preparedEntry
}

type preparedEntry struct {
	list, id, born string
	names          []Name
}

// prepare reads the lists in one state of the database, or answers what was read before if it still holds.
func (s *Screening) prepare(ctx context.Context) (*prepared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.db.Read(ctx, func(tx *sql.Tx) error {
		lists, err := readLists(ctx, tx)
		if err != nil {
			return err
		}
		fingerprint := s.fingerprint(lists)
		if s.loaded != nil && s.loaded.fingerprint == fingerprint {
			return nil
		}
		entries, err := readPrepared(ctx, tx)
		if err == nil {
			s.loaded = &prepared{fingerprint: fingerprint, entries: entries}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the watch lists: %w", err)
	}
	return s.loaded, nil
}

func readPrepared(ctx context.Context, tx *sql.Tx) ([]preparedEntry, error) {
	rows, err := tx.QueryContext(ctx, `SELECT list, entry, name, aliases, born FROM watch_entry ORDER BY list, entry`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []preparedEntry
	for rows.Next() {
		var e preparedEntry
		var name, text string
		if err := rows.Scan(&e.list, &e.id, &name, &text, &e.born); err != nil {
			return nil, err
		}
		var aliases []string
		if err := json.Unmarshal([]byte(text), &aliases); err != nil {
			return nil, err
		}
		for _, n := range slices.Concat([]string{name}, aliases) {
			e.names = append(e.names, ParseName(n))
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// random is an id of 128 bits.
func random() string {
	var b [16]byte
	// crypto/rand never answers an error; it ends the process when the system has no randomness.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
