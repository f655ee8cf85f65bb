package screening

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Subject is whom a screening is about. The name is compared and not kept.
type Subject struct{ ID, Name, Born string }

// People hands out everybody who is to be screened, one after the other.
type People interface {
	EachSubject(ctx context.Context, visit func(Subject) error) error
}

// Screen holds one subject against every list and records the hits. A hit that was recorded before keeps
// what was decided of it.
func (s *Screening) Screen(ctx context.Context, subject Subject) (Standing, error) {
	lists, err := s.prepare(ctx)
	if err == nil {
		_, err = s.screen(ctx, lists, subject)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("screen %s: %w", subject.ID, err)
	}
	return s.Standing(ctx, nil, subject.ID)
}

// screen answers how many hits are new.
func (s *Screening) screen(ctx context.Context, lists *prepared, subject Subject) (int64, error) {
	hits := s.compare(lists.entries, subject)
	var added int64
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		added = 0
		for _, h := range hits {
			n, err := recordHit(ctx, tx, h)
			if err != nil {
				return err
			}
			added += n
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO watch_screening (subject, fingerprint, screened_at) VALUES ($1, $2, $3)
			ON CONFLICT (subject) DO UPDATE SET fingerprint = excluded.fingerprint, screened_at = excluded.screened_at`,
			subject.ID, lists.fingerprint, store.Time(time.Now()))
		return err
	})
	return added, err
}

// recordHit adds a hit, opens one again that had lapsed, and leaves any other as it is.
func recordHit(ctx context.Context, tx *sql.Tx, h Hit) (int64, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO watch_hit
		(id, subject, list, entry, score_ppm, rule, status, found_at, decided_by, decided_at, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '')
		ON CONFLICT (subject, list, entry) DO UPDATE SET status = excluded.status, found_at = excluded.found_at WHERE watch_hit.status = $9`,
		h.ID, h.Subject, h.List, h.Entry, h.ScorePPM, string(h.Rule), string(Open), h.FoundAt, string(Lapsed))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// compare finds every entry whose best name reaches the threshold.
func (s *Screening) compare(entries []preparedEntry, subject Subject) []Hit {
	name := ParseName(subject.Name)
	var hits []Hit
	for _, e := range entries {
		var best int64
		var rule Rule
		for _, listed := range e.names {
			if score, by := Score(name, listed); score > best {
				best, rule = score, by
			}
		}
		if best = weighBirth(best, subject.Born, e.born); best >= s.threshold {
			hits = append(hits, Hit{
				ID: random(), Subject: subject.ID, List: e.list, Entry: e.id, ScorePPM: best, Rule: rule, FoundAt: store.Time(time.Now()),
			})
		}
	}
	return hits
}

// Rescreened counts what a re-screening did.
type Rescreened struct {
	Screened int   `json:"screened"`
	Current  int   `json:"current"` // had been screened against these lists before
	Hits     int64 `json:"hits"`    // that are new
}

// Rescreen screens everybody who was not screened against the lists as they are. Interrupted, it goes on
// where it was when it is called again.
func (s *Screening) Rescreen(ctx context.Context, people People) (Rescreened, error) {
	lists, err := s.prepare(ctx)
	if err != nil {
		return Rescreened{}, err
	}
	done, err := s.screenedBy(ctx, lists.fingerprint)
	if err != nil {
		return Rescreened{}, fmt.Errorf("re-screen: %w", err)
	}
	var r Rescreened
	err = people.EachSubject(ctx, func(subject Subject) error {
		if done[subject.ID] {
			r.Current++
			return nil
		}
		added, err := s.screen(ctx, lists, subject)
		r.Screened++
		r.Hits += added
		return err
	})
	if err != nil {
		return r, fmt.Errorf("re-screen, after %d: %w", r.Screened, err)
	}
	return r, nil
}

func (s *Screening) screenedBy(ctx context.Context, fingerprint string) (map[string]bool, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT subject FROM watch_screening WHERE fingerprint = $1`, fingerprint)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	done := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		done[id] = true
	}
	return done, rows.Err()
}
