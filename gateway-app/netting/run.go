package netting

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The statuses of a run.
const (
	Running  = "running"
	Finished = "finished"
)

// Run is one payout run.
type Run struct {
	Handle    string        `json:"handle" doc:"names the run on the ledger"`
	Custodian string        `json:"custodian"`
	Date      calendar.Date `json:"date" format:"date"`
	Sequence  int           `json:"sequence" doc:"the run's number on its date, from 1"`
	Status    string        `json:"status" enum:"running,finished"`
	Started   string        `json:"started" format:"date-time"`
	Finished  string        `json:"finished,omitempty" format:"date-time"`
}

// Refusal is a debt that a run could not take, and why.
type Refusal struct {
	Collection string     `json:"collection"`
	Loan       string     `json:"loan,omitempty"`
	Party      string     `json:"party,omitempty"`
	Code       fault.Code `json:"code"`
}

// Result is a run with what it did so far.
type Result struct {
	Run
	Batches int       `json:"batches"`
	Netted  int       `json:"netted" doc:"loans and parties taken into the run"`
	Refused []Refusal `json:"refused"`
	Block   uint64    `json:"block" doc:"the last block that holds a part of the run; 0 when there is none"`
}

const runColumns = `run, custodian, business_date, sequence, status, started_at, finished_at`

func scanRun(from interface{ Scan(...any) error }) (Run, error) {
	var r Run
	var date string
	if err := from.Scan(&r.Handle, &r.Custodian, &date, &r.Sequence, &r.Status, &r.Started, &r.Finished); err != nil {
		return r, err
	}
	var err error
	r.Date, err = calendar.Parse(date)
	return r, err
}

// begin makes a run of a date, or answers the one that is running. The daily run is the first of its date
// or none.
func (n *Netting) begin(ctx context.Context, date calendar.Date, daily bool) (Run, error) {
	var run Run
	err := n.db.Write(ctx, func(tx *sql.Tx) error {
		var last int
		const count = `SELECT COALESCE(MAX(sequence), 0) FROM payout_run WHERE custodian = $1 AND business_date = $2`
		if err := tx.QueryRowContext(ctx, count, n.settings.Custodian, date.String()).Scan(&last); err != nil {
			return err
		}
		const present = `SELECT ` + runColumns + ` FROM payout_run WHERE custodian = $1 AND status = 'running'`
		var err error
		run, err = scanRun(tx.QueryRowContext(ctx, present, n.settings.Custodian))
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if daily && last > 0 {
			return nil
		}
		run = Run{
			Handle: Handle(n.settings.Custodian, date, last+1), Custodian: n.settings.Custodian, Date: date,
			Sequence: last + 1, Status: Running, Started: store.Time(n.now()),
		}
		const insert = `INSERT INTO payout_run (` + runColumns + `) VALUES ($1, $2, $3, $4, $5, $6, '')`
		_, err = tx.ExecContext(ctx, insert, run.Handle, run.Custodian, date.String(), run.Sequence, run.Status, run.Started)
		return err
	})
	if err != nil {
		return run, fmt.Errorf("begin a payout run: %w", err)
	}
	return run, nil
}

func (n *Netting) finish(ctx context.Context, handle string) error {
	return n.db.Write(ctx, func(tx *sql.Tx) error {
		const query = `UPDATE payout_run SET status = 'finished', finished_at = $2 WHERE run = $1`
		_, err := tx.ExecContext(ctx, query, handle, store.Time(n.now()))
		return err
	})
}

func (n *Netting) running(ctx context.Context) ([]Run, error) {
	return n.runs(ctx, `custodian = $1 AND status = 'running' ORDER BY business_date, sequence`, n.settings.Custodian)
}

// Runs lists the custodian's runs before a place in time, the latest first.
func (n *Netting) Runs(ctx context.Context, before string, limit int) ([]Run, error) {
	if before == "" {
		before = store.Time(n.now().Add(time.Hour))
	}
	return n.runs(ctx, `custodian = $1 AND started_at < $2 ORDER BY started_at DESC LIMIT $3`, n.settings.Custodian, before, limit)
}

func (n *Netting) runs(ctx context.Context, where string, arguments ...any) ([]Run, error) {
	rows, err := n.db.QueryContext(ctx, `SELECT `+runColumns+` FROM payout_run WHERE `+where, arguments...)
	if err != nil {
		return nil, fmt.Errorf("list payout runs: %w", err)
	}
	defer rows.Close()
	list := []Run{}
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return nil, fmt.Errorf("list payout runs: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// Result answers a run with what it did.
func (n *Netting) Result(ctx context.Context, handle string) (Result, error) {
	found, err := n.runs(ctx, `run = $1`, handle)
	if err != nil {
		return Result{}, err
	}
	if len(found) == 0 {
		return Result{}, fault.In(fault.NotFound, "run")
	}
	result := Result{Run: found[0], Refused: []Refusal{}}
	batches, err := n.lane.Batches(ctx, handle)
	if err != nil {
		return result, err
	}
	for _, b := range batches {
		result.Batches++
		result.Netted += b.Applied
		result.Block = max(result.Block, b.Block)
		for _, refusal := range b.Refused {
			item, err := netOf(b.Items[refusal.Item-1])
			if err != nil {
				return result, err
			}
			result.Refused = append(result.Refused, Refusal{b.Collection, item.Loan, item.Party, refusal.Code})
		}
	}
	return result, nil
}

// refusedIn is what a run was refused before it was cut off.
func (n *Netting) refusedIn(ctx context.Context, handle string) (map[Debt]bool, error) {
	result, err := n.Result(ctx, handle)
	refused := map[Debt]bool{}
	for _, r := range result.Refused {
		refused[Debt{r.Loan, r.Party}] = true
	}
	return refused, err
}

func netOf(raw json.RawMessage) (wire.Net, error) {
	var item wire.Net
	err := json.Unmarshal(raw, &item)
	return item, err
}
