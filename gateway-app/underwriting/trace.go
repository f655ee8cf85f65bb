package underwriting

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// kind says what a trace is of.
type kind string

const (
	device    kind = "device"
	address   kind = "address"
	applicant kind = "applicant"
	contact   kind = "contact"
)

const (
	hour = time.Hour
	day  = 24 * hour
	week = 7 * day

	devicesKept  = 90 * day  // how far back the identities of a device are counted, and velocities kept
	contactsKept = 730 * day // how long who named the same contact is remembered

	// countsAtMost bounds what a count reads: beyond it a count says no more than "very many".
	countsAtMost = 1000
	// sharersAtMost bounds how many other applicants with the same contacts are looked at, the latest first.
	sharersAtMost = 200
)

// Counts are the applications of the last hour, day and week, the present one among them.
type Counts struct{ Hour, Day, Week int64 }

// mark is the keyed hash under which a trace is found again. Without the vault's key nobody can try numbers.
func (d *Desk) mark(k kind, value string) string {
	if value == "" {
		return ""
	}
	mac := d.vault.Hash("underwriting " + string(k))
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil))
}

// trace is one thing that an application has in common with others.
type trace struct {
	kind kind
	mark string
}

// traces are those of an application, each once.
func (d *Desk) traces(a Application) []trace {
	list := []trace{{device, d.mark(device, a.Device.ID)}, {address, d.mark(address, a.Device.Address)}, {applicant, d.mark(applicant, a.Party)}}
	seen := map[string]bool{}
	for _, c := range a.Contacts {
		if !seen[c] {
			seen[c] = true
			list = append(list, trace{contact, d.mark(contact, c)})
		}
	}
	return slices.DeleteFunc(list, func(t trace) bool { return t.mark == "" })
}

// leave stores an application's traces.
func leave(ctx context.Context, tx *sql.Tx, application, party, at string, traces []trace) error {
	for _, t := range traces {
		const insert = `INSERT INTO underwriting_trace (kind, mark, at, application, party) VALUES ($1, $2, $3, $4, $5)`
		if _, err := tx.ExecContext(ctx, insert, string(t.kind), t.mark, at, application, party); err != nil {
			return fmt.Errorf("store a trace: %w", err)
		}
	}
	return nil
}

// count counts a mark's applications. Without a mark nothing is known, and nothing counted.
func count(ctx context.Context, tx *sql.Tx, t trace, at time.Time) (Counts, error) {
	var c Counts
	if t.mark == "" {
		return c, nil
	}
	const query = `SELECT COUNT(*) FILTER (WHERE at > $4), COUNT(*) FILTER (WHERE at > $5), COUNT(*) FROM
		(SELECT at FROM underwriting_trace WHERE kind = $1 AND mark = $2 AND at > $3 ORDER BY at DESC LIMIT $6) AS recent`
	err := tx.QueryRowContext(ctx, query, string(t.kind), t.mark, store.Time(at.Add(-week)), store.Time(at.Add(-hour)),
		store.Time(at.Add(-day)), countsAtMost).Scan(&c.Hour, &c.Day, &c.Week)
	if err != nil {
		return c, fmt.Errorf("count applications by %s: %w", t.kind, err)
	}
	return c, nil
}

// identities counts the applicants who used a device lately.
func identities(ctx context.Context, tx *sql.Tx, t trace, at time.Time) (int64, error) {
	if t.mark == "" {
		return 0, nil
	}
	var n int64
	const query = `SELECT COUNT(DISTINCT party) FROM
		(SELECT party FROM underwriting_trace WHERE kind = $1 AND mark = $2 AND at > $3 ORDER BY at DESC LIMIT $4) AS recent`
	err := tx.QueryRowContext(ctx, query, string(t.kind), t.mark, store.Time(at.Add(-devicesKept)), countsAtMost).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the identities of a device: %w", err)
	}
	return n, nil
}

// querier reads from a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// sharers are other applicants who named one of the contacts, the latest first.
func sharers(ctx context.Context, q querier, party string, traces []trace, at time.Time) ([]string, error) {
	args := []any{string(contact), party, store.Time(at.Add(-contactsKept)), sharersAtMost}
	var places []string
	for _, t := range traces {
		if t.kind == contact {
			args = append(args, t.mark)
			places = append(places, "$"+strconv.Itoa(len(args)))
		}
	}
	if len(places) == 0 {
		return nil, nil
	}
	rows, err := q.QueryContext(ctx, `SELECT party FROM underwriting_trace WHERE kind = $1 AND party <> $2 AND at > $3
		AND mark IN (`+strings.Join(places, ", ")+`) GROUP BY party ORDER BY MAX(at) DESC, party LIMIT $4`, args...)
	if err != nil {
		return nil, fmt.Errorf("find who named the same contacts: %w", err)
	}
	return texts(rows)
}

// texts reads rows of one text.
func texts(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// Tidy deletes traces that no longer count.
func (d *Desk) Tidy(ctx context.Context) error {
	now := d.now()
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		const query = `DELETE FROM underwriting_trace WHERE at <= $1 AND kind <> $2 OR at <= $3`
		_, err := tx.ExecContext(ctx, query, store.Time(now.Add(-devicesKept)), string(contact), store.Time(now.Add(-contactsKept)))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete old traces of applications: %w", err)
	}
	return nil
}
