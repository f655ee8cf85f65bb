package funding

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The statuses of a run.
const (
	Running  = "running"  // being matched
	Open     = "open"     // matched; some proposals wait for a signature or the ledger
	Finished = "finished" // nothing of it waits
)

// Run is one matching run.
type Run struct {
	Handle       string        `json:"handle"`
	Collection   string        `json:"collection"`
	Date         calendar.Date `json:"date" format:"date" doc:"the business day that was open"`
	Sequence     int           `json:"sequence" doc:"the run's number on its date, from 1"`
	Status       string        `json:"status" enum:"running,open,finished"`
	Started      string        `json:"started" format:"date-time"`
	Matched      string        `json:"matched,omitempty" format:"date-time"`
	Finished     string        `json:"finished,omitempty" format:"date-time"`
	Algorithm    string        `json:"algorithm,omitempty" doc:"and its version"`
	InputDigest  string        `json:"input_digest,omitempty" doc:"SHA-256 of the canonical book"`
	OutputDigest string        `json:"output_digest,omitempty" doc:"SHA-256 of the outcome"`
	RecordDigest string        `json:"record_digest,omitempty" doc:"SHA-256 of the salted record: what is anchored"`
	AnchoredTx   string        `json:"anchored_tx,omitempty" doc:"the transaction that anchored it; - for one before this database"`
	MatchedMinor money.Minor   `json:"matched_minor"`
	BoundMinor   money.Minor   `json:"bound_minor,omitempty" doc:"the most that any match could have placed; not worked out for very large books"`
	GapPPM       money.PPM     `json:"gap_ppm,omitempty" doc:"what is missing to the bound, of the bound, rounded down"`

	salt string
}

const runColumns = `run, collection, business_date, sequence, status, started_at, matched_at, finished_at, algorithm,
	input_digest, output_digest, record_digest, anchored_tx, matched_minor, bound_minor, salt`

func scanRun(from interface{ Scan(...any) error }) (Run, error) {
	var r Run
	var date string
	err := from.Scan(&r.Handle, &r.Collection, &date, &r.Sequence, &r.Status, &r.Started, &r.Matched, &r.Finished,
		&r.Algorithm, &r.InputDigest, &r.OutputDigest, &r.RecordDigest, &r.AnchoredTx, &r.MatchedMinor, &r.BoundMinor, &r.salt)
	if err != nil {
		return r, err
	}
	if r.BoundMinor > 0 {
		r.GapPPM = money.PPM(float64(r.BoundMinor-r.MatchedMinor) / float64(r.BoundMinor) * float64(money.Million))
	}
	r.Date, err = calendar.Parse(date)
	return r, err
}

// begin makes a run of a date, or answers the one that is being matched.
func (f *Funding) begin(ctx context.Context, collection string, date calendar.Date) (Run, error) {
	var run Run
	err := f.db.Write(ctx, func(tx *sql.Tx) error {
		const present = `SELECT ` + runColumns + ` FROM matching_run WHERE collection = $1 AND status = 'running'`
		var err error
		run, err = scanRun(tx.QueryRowContext(ctx, present, collection))
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var last int
		const count = `SELECT COALESCE(MAX(sequence), 0) FROM matching_run WHERE collection = $1 AND business_date = $2`
		if err := tx.QueryRowContext(ctx, count, collection, date.String()).Scan(&last); err != nil {
			return err
		}
		run = Run{
			Handle: lane.Random(16), Collection: collection, Date: date, Sequence: last + 1, Status: Running,
			Started: store.Time(f.now()), salt: lane.Random(32),
		}
		const insert = `INSERT INTO matching_run (` + runColumns + `)
			VALUES ($1, $2, $3, $4, $5, $6, '', '', '', '', '', '', '', 0, 0, $7)`
		_, err = tx.ExecContext(ctx, insert, run.Handle, run.Collection, date.String(), run.Sequence, run.Status, run.Started, run.salt)
		return err
	})
	if err != nil {
		return run, fmt.Errorf("begin a matching run: %w", err)
	}
	return run, nil
}

// Runs lists runs that were started before a time, the latest first.
func (f *Funding) Runs(ctx context.Context, before string, limit int) ([]Run, error) {
	if before == "" {
		before = store.Time(f.now().Add(time.Hour))
	}
	return f.runs(ctx, `started_at < $1 ORDER BY started_at DESC, run LIMIT $2`, before, limit)
}

func (f *Funding) runs(ctx context.Context, where string, arguments ...any) ([]Run, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT `+runColumns+` FROM matching_run WHERE `+where, arguments...)
	if err != nil {
		return nil, fmt.Errorf("list matching runs: %w", err)
	}
	defer rows.Close()
	list := []Run{}
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return nil, fmt.Errorf("list matching runs: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

func (f *Funding) run(ctx context.Context, handle string) (Run, error) {
	found, err := f.runs(ctx, `run = $1`, handle)
	if err != nil {
		return Run{}, err
	}
	if len(found) == 0 {
		return Run{}, fault.In(fault.NotFound, "handle")
	}
	return found[0], nil
}

// Result is a run with what it decided, why, and what became of it.
type Result struct {
	Run
	Totals    *matching.Totals   `json:"totals,omitempty"`
	Loans     []matching.Outcome `json:"loans" doc:"every request with its reason"`
	Idle      []matching.Idle    `json:"idle" doc:"every mandate whose money stays idle, with its reason"`
	LeftOut   []LeftOut          `json:"left_out" doc:"cleared loans that the run could not look at"`
	Proposals []Proposal         `json:"proposals"`
}

// Result answers a run. While it is being matched it has nothing to tell.
func (f *Funding) Result(ctx context.Context, handle string) (Result, error) {
	run, err := f.run(ctx, handle)
	result := Result{Run: run, Loans: []matching.Outcome{}, Idle: []matching.Idle{}, LeftOut: []LeftOut{}, Proposals: []Proposal{}}
	if err != nil || run.Status == Running {
		return result, err
	}
	kept, err := f.unseal(ctx, run.Handle)
	if err != nil {
		return result, err
	}
	result.Totals, result.Loans, result.Idle = &kept.Outcome.Totals, kept.Outcome.Loans, kept.Outcome.Idle
	result.LeftOut = append(result.LeftOut, kept.LeftOut...)
	result.Proposals, err = f.proposals(ctx, f.db, `run = $1 ORDER BY loan`, handle)
	return result, err
}

// conclude lapses the proposals whose time is over, and finishes the run when nothing of it waits.
func (f *Funding) conclude(ctx context.Context, run Run, on calendar.Date) error {
	waiting, err := f.proposals(ctx, f.db, `run = $1 AND status IN ('open', 'signed') ORDER BY loan`, run.Handle)
	if err != nil {
		return err
	}
	over := func(p Proposal) bool { return p.Status == ProposalOpen && on > p.ExpiresOn }
	if len(waiting) > 0 && !slices.ContainsFunc(waiting, over) {
		return nil
	}
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		const lapse = `UPDATE matching_proposal SET status = 'lapsed' WHERE run = $1 AND status = 'open' AND expires_on < $2`
		if _, err := tx.ExecContext(ctx, lapse, run.Handle, on.String()); err != nil {
			return fmt.Errorf("lapse proposals: %w", err)
		}
		const finish = `UPDATE matching_run SET status = 'finished', finished_at = $2 WHERE run = $1 AND status = 'open'
			AND NOT EXISTS (SELECT 1 FROM matching_proposal p WHERE p.run = matching_run.run AND p.status IN ('open', 'signed'))`
		if _, err := tx.ExecContext(ctx, finish, run.Handle, store.Time(f.now())); err != nil {
			return fmt.Errorf("finish a matching run: %w", err)
		}
		return nil
	})
}
