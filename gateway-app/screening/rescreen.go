package screening

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/gateway-app/store"
)

// Subject is whom a screening is about. The name is compared and not kept. Mark tells what is compared from what
// was compared before: it changes with the name and the date of birth, and tells neither.
type Subject struct{ ID, Name, Born, Mark string }

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
	return s.Standing(ctx, nil, subject)
}

// screen answers how many hits are new.
func (s *Screening) screen(ctx context.Context, lists *prepared, subject Subject) (int64, error) {
	hits := s.compare(lists.entries, subject)
	var added int64
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		added = 0
		for _, h := range hits {
			n, err := recordHit(ctx, tx, h, subject.Mark)
			if err != nil {
				return err
			}
			added += n
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO watch_screening (subject, mark, fingerprint, screened_at)
			VALUES ($1, $2, $3, $4) ON CONFLICT (subject) DO UPDATE SET
			mark = excluded.mark, fingerprint = excluded.fingerprint, screened_at = excluded.screened_at`,
			subject.ID, subject.Mark, lists.fingerprint, store.Time(time.Now()))
		return err
	})
	return added, err
}

// recordHit adds a hit, opens one again that had lapsed or that was decided of a subject with another name or
// another date of birth, and leaves any other as it is.
func recordHit(ctx context.Context, tx *sql.Tx, h Hit, mark string) (int64, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO watch_hit
		(id, subject, mark, list, entry, score_ppm, rule, status, found_at, decided_by, decided_at, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', '')
		ON CONFLICT (subject, list, entry) DO UPDATE SET mark = excluded.mark, score_ppm = excluded.score_ppm, rule = excluded.rule,
		status = excluded.status, found_at = excluded.found_at WHERE watch_hit.status = $10 OR watch_hit.mark <> excluded.mark`,
		h.ID, h.Subject, mark, h.List, h.Entry, h.ScorePPM, string(h.Rule), string(Open), h.FoundAt, string(Lapsed))
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
	Current  int   `json:"current"` // had been screened against these lists before, as they are now
	Hits     int64 `json:"hits"`    // that are new
}

// Rescreen screens everybody who was not screened, with the name and the date of birth that they have, against
// the lists as they are. Interrupted, it goes on where it was when it is called again.
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
		if mark, screened := done[subject.ID]; screened && mark == subject.Mark {
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

// screenedBy are the subjects that were screened against these lists, and the marks that they had.
func (s *Screening) screenedBy(ctx context.Context, fingerprint string) (map[string]string, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT subject, mark FROM watch_screening WHERE fingerprint = $1`, fingerprint)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	done := map[string]string{}
	for rows.Next() {
		var id, mark string
		if err := rows.Scan(&id, &mark); err != nil {
			return nil, err
		}
		done[id] = mark
	}
	return done, rows.Err()
}
