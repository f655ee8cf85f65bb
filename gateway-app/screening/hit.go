package screening

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// HitStatus is what became of a hit.
type HitStatus string

// The statuses. A decision may be taken back by a later one; what lapsed is not decided any more.
const (
	Open      HitStatus = "open"
	Confirmed HitStatus = "confirmed"
	Dismissed HitStatus = "dismissed"
	Lapsed    HitStatus = "lapsed" // the list names the entry no longer
)

// Hit is one subject that looks like one entry.
type Hit struct {
	ID        string    `json:"id"`
	Subject   string    `json:"subject"`
	List      string    `json:"list"`
	Entry     string    `json:"entry"`
	Listed    Entry     `json:"listed"` // what the list says; empty when it says so no longer
	ScorePPM  int64     `json:"score_ppm"`
	Rule      Rule      `json:"rule"`
	Status    HitStatus `json:"status"`
	FoundAt   string    `json:"found_at"`
	DecidedBy string    `json:"decided_by,omitempty"`
	DecidedAt string    `json:"decided_at,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

const selectHit = `SELECT h.id, h.subject, h.list, h.entry, h.score_ppm, h.rule, h.status, h.found_at, h.decided_by, h.decided_at, h.reason,
	COALESCE(e.number, ''), COALESCE(e.name, ''), COALESCE(e.born, ''), COALESCE(e.program, '')
	FROM watch_hit h LEFT JOIN watch_entry e ON e.list = h.list AND e.entry = h.entry `

func scanHits(rows *sql.Rows) ([]Hit, error) {
	defer rows.Close()
	var hits []Hit
	for rows.Next() {
		var h Hit
		err := rows.Scan(&h.ID, &h.Subject, &h.List, &h.Entry, &h.ScorePPM, &h.Rule, &h.Status, &h.FoundAt, &h.DecidedBy,
			&h.DecidedAt, &h.Reason, &h.Listed.Number, &h.Listed.Name, &h.Listed.Born, &h.Listed.Program)
		if err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	return hits, rows.Err()
}

// Hits lists hits of a status behind an id, at most limit.
func (s *Screening) Hits(ctx context.Context, status HitStatus, after string, limit int) ([]Hit, error) {
	rows, err := s.db.QueryContext(ctx, selectHit+`WHERE h.status = $1 AND h.id > $2 ORDER BY h.id LIMIT $3`, string(status), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list hits: %w", err)
	}
	return scanHits(rows)
}

// HitsOf lists a subject's hits.
func (s *Screening) HitsOf(ctx context.Context, subject string) ([]Hit, error) {
	rows, err := s.db.QueryContext(ctx, selectHit+`WHERE h.subject = $1 ORDER BY h.id`, subject)
	if err != nil {
		return nil, fmt.Errorf("list the hits of %s: %w", subject, err)
	}
	return scanHits(rows)
}

// Decision is a person's judgement of a hit. Reason is a code.
type Decision struct {
	Hit       string
	Confirmed bool
	By        string
	Reason    string
}

// Decide records a decision and answers the hit. It needs who and why.
func (s *Screening) Decide(ctx context.Context, d Decision) (Hit, error) {
	switch {
	case d.By == "":
		return Hit{}, fault.In(fault.MissingField, "by")
	case d.Reason == "":
		return Hit{}, fault.In(fault.MissingField, "reason")
	case !vault.IsCode(d.Reason):
		return Hit{}, fault.In(fault.InvalidField, "reason")
	}
	var decided Hit
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectHit+`WHERE h.id = $1`, d.Hit)
		if err != nil {
			return err
		}
		found, err := scanHits(rows)
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return fault.In(fault.NotFound, "hit")
		case found[0].Status == Lapsed:
			return fault.In(fault.WrongStatus, "hit")
		}
		decided = d.apply(found[0], time.Now())
		_, err = tx.ExecContext(ctx, `UPDATE watch_hit SET status = $2, decided_by = $3, decided_at = $4, reason = $5 WHERE id = $1`,
			decided.ID, string(decided.Status), decided.DecidedBy, decided.DecidedAt, decided.Reason)
		return err
	})
	if err != nil {
		return Hit{}, fmt.Errorf("decide a hit: %w", err)
	}
	return decided, nil
}

func (d Decision) apply(h Hit, at time.Time) Hit {
	h.Status, h.DecidedBy, h.DecidedAt, h.Reason = Dismissed, d.By, store.Time(at), d.Reason
	if d.Confirmed {
		h.Status = Confirmed
	}
	return h
}

// Standing is how a subject stands with the lists.
type Standing struct {
	Current   bool // screened against the lists as they are, as the subject is now
	Open      int
	Confirmed int
}

// Clear reports whether nothing keeps the subject from being a customer.
func (s Standing) Clear() bool { return s.Current && s.Open == 0 && s.Confirmed == 0 }

// Standing reads how a subject stands, inside the caller's transaction where it has one. Of the subject it needs the
// id and the mark: who was screened under another name is not screened.
func (s *Screening) Standing(ctx context.Context, tx *sql.Tx, subject Subject) (Standing, error) {
	var q querier = s.db
	if tx != nil {
		q = tx
	}
	standing, err := s.standing(ctx, q, subject)
	if err != nil {
		return Standing{}, fmt.Errorf("read how %s stands with the watch lists: %w", subject.ID, err)
	}
	return standing, nil
}

func (s *Screening) standing(ctx context.Context, q querier, subject Subject) (Standing, error) {
	lists, err := readLists(ctx, q)
	if err != nil {
		return Standing{}, err
	}
	var by, mark string
	err = q.QueryRowContext(ctx, `SELECT fingerprint, mark FROM watch_screening WHERE subject = $1`, subject.ID).Scan(&by, &mark)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Standing{}, err
	}
	standing := Standing{Current: by == s.fingerprint(lists) && mark == subject.Mark}
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FILTER (WHERE status = $2), COUNT(*) FILTER (WHERE status = $3)
		FROM watch_hit WHERE subject = $1`, subject.ID, string(Open), string(Confirmed)).Scan(&standing.Open, &standing.Confirmed)
	return standing, err
}

// DismissedBy answers who dismissed hits of a subject, inside the caller's transaction.
func (s *Screening) DismissedBy(ctx context.Context, tx *sql.Tx, subject string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT decided_by FROM watch_hit WHERE subject = $1 AND status = $2`, subject, string(Dismissed))
	if err != nil {
		return nil, fmt.Errorf("look who dismissed the hits of %s: %w", subject, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var by string
		if err := rows.Scan(&by); err != nil {
			return nil, fmt.Errorf("look who dismissed the hits of %s: %w", subject, err)
		}
		all = append(all, by)
	}
	return all, rows.Err()
}

// Forget deletes what is kept about a subject, inside the caller's transaction.
func (s *Screening) Forget(ctx context.Context, tx *sql.Tx, subject string) error {
	for _, statement := range []string{
		`DELETE FROM watch_hit WHERE subject = $1`, `DELETE FROM watch_screening WHERE subject = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, subject); err != nil {
			return fmt.Errorf("forget the screening of %s: %w", subject, err)
		}
	}
	return nil
}
