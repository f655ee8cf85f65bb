package kyc

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// List answers cases of a status (empty: any) behind an id, at most limit.
func (c *Cases) List(ctx context.Context, status Status, after string, limit int) ([]Case, error) {
	rows, err := c.db.QueryContext(ctx, `SELECT id, person, state FROM kyc_case
		WHERE ($1 = '' OR status = $1) AND id > $2 ORDER BY id LIMIT $3`, string(status), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the cases: %w", err)
	}
	defer rows.Close()
	var cases []Case
	for rows.Next() {
		var k Case
		var state string
		if err := rows.Scan(&k.ID, &k.Person, &state); err != nil {
			return nil, fmt.Errorf("list the cases: %w", err)
		}
		if err := json.Unmarshal([]byte(state), &k.State); err != nil {
			return nil, fmt.Errorf("read case %s: %w", k.ID, err)
		}
		cases = append(cases, k)
	}
	return cases, rows.Err()
}

// Recorded is an event and when it was recorded.
type Recorded struct {
	At time.Time `json:"at"`
	Event
}

// History answers what happened to a person's case, in order; nothing where there is none.
func (c *Cases) History(ctx context.Context, person string) ([]Recorded, error) {
	rows, err := c.db.QueryContext(ctx, `SELECT e.at, e.event FROM kyc_event e JOIN kyc_case k ON k.id = e.kyc_case
		WHERE k.person = $1 ORDER BY e.sequence`, person)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", person, err)
	}
	defer rows.Close()
	var history []Recorded
	for rows.Next() {
		var at, event string
		if err := rows.Scan(&at, &event); err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", person, err)
		}
		var r Recorded
		if r.At, err = store.ParseTime(at); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(event), &r.Event); err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", person, err)
		}
		history = append(history, r)
	}
	return history, rows.Err()
}

// Forget deletes a person's case, inside the caller's transaction. What the ledger was told stays there,
// under a pseudonym.
func (c *Cases) Forget(ctx context.Context, tx *sql.Tx, person string) error {
	for _, statement := range []string{
		`DELETE FROM kyc_event WHERE kyc_case IN (SELECT id FROM kyc_case WHERE person = $1)`,
		`DELETE FROM kyc_case WHERE person = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, person); err != nil {
			return fmt.Errorf("forget the case of %s: %w", person, err)
		}
	}
	return c.screening.Forget(ctx, tx, person)
}

// random is an id of 128 bits.
func random() string {
	var b [16]byte
	// crypto/rand never answers an error; it ends the process when the system has no randomness.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
