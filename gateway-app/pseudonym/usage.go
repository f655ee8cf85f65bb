package pseudonym

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
)

// Usage is what one caller had a key holder do on one day, in numbers and nothing else.
type Usage struct {
	Day     string `json:"day" format:"date"`
	Caller  string `json:"caller"`
	Purpose string `json:"purpose" enum:"points,collect,open"`
	Calls   int64  `json:"calls"`
	Points  int64  `json:"points"`
	Refused int64  `json:"refused" doc:"points beyond the day's limit, and openings that did not fit"`
}

// meter counts points against the caller's limit of the day, and reports whether they are within it. What
// is refused is counted too: the count is what the audit looks at.
func (h *Holder) meter(ctx context.Context, caller, purpose string, points int) (bool, error) {
	allowed := false
	err := h.db.Write(ctx, func(tx *sql.Tx) error {
		var used int64
		const sum = `SELECT COALESCE(SUM(elements), 0) FROM pseudonym_usage WHERE day = $1 AND caller = $2 AND purpose = $3`
		if err := tx.QueryRowContext(ctx, sum, h.day(), caller, purpose).Scan(&used); err != nil {
			return err
		}
		if allowed = used+int64(points) <= int64(h.limits.DayPoints); allowed {
			return h.count(ctx, tx, caller, purpose, points, 0)
		}
		return h.count(ctx, tx, caller, purpose, 0, points)
	})
	return allowed, err
}

func (h *Holder) count(ctx context.Context, tx *sql.Tx, caller, purpose string, points, refused int) error {
	const query = `INSERT INTO pseudonym_usage (day, caller, purpose, calls, elements, refused) VALUES ($1, $2, $3, 1, $4, $5)
		ON CONFLICT (day, caller, purpose) DO UPDATE SET calls = pseudonym_usage.calls + 1,
		elements = pseudonym_usage.elements + excluded.elements, refused = pseudonym_usage.refused + excluded.refused`
	_, err := tx.ExecContext(ctx, query, h.day(), caller, purpose, points, refused)
	return err
}

func (h *Holder) day() string { return h.now().UTC().Format("2006-01-02") }

// Usage lists the counts of the days from one to another, both included.
func (h *Holder) Usage(ctx context.Context, from, to calendar.Date) ([]Usage, error) {
	const query = `SELECT day, caller, purpose, calls, elements, refused FROM pseudonym_usage
		WHERE day >= $1 AND day <= $2 ORDER BY day, caller, purpose`
	rows, err := h.db.QueryContext(ctx, query, from.String(), to.String())
	if err != nil {
		return nil, fmt.Errorf("list the uses of the pseudonym key: %w", err)
	}
	defer rows.Close()
	list := []Usage{}
	for rows.Next() {
		var u Usage
		if err := rows.Scan(&u.Day, &u.Caller, &u.Purpose, &u.Calls, &u.Points, &u.Refused); err != nil {
			return nil, fmt.Errorf("list the uses of the pseudonym key: %w", err)
		}
		list = append(list, u)
	}
	return list, rows.Err()
}
