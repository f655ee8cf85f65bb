package netting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// netBatch is how many loans travel in one command: each reads its funding and writes its lenders'
// instructions.
const netBatch = 150

// pageSize is how many debts are looked at at once.
const pageSize = 1_000

// Debt is something that a run would take: a loan's, or a party's whose payout came back. One of the two is
// named.
type Debt struct {
	Loan  string
	Party string
}

// ReadModel is what a run looks at.
type ReadModel interface {
	// Owing lists debts of a collection, those of loans first, from a place in the list on, and answers the
	// next place; none at its end.
	Owing(ctx context.Context, collection, after string, limit int) (debts []Debt, next string, err error)
	// Day answers a custodian's business day.
	Day(ctx context.Context, custodian string) (custody.Day, error)
	// Reach waits until a block has been folded.
	Reach(ctx context.Context, block uint64) error
	// CatchUp waits until everything that is on the ledger now has been folded.
	CatchUp(ctx context.Context) error
}

// Settings say whose runs these are and when they begin by themselves.
type Settings struct {
	Custodian   string
	Collections []string // those of the custodian and its platforms
	Process     string   // names this process as a holder of the lane
	// Daily is the time of day at which the first run of an open business day begins by itself, since
	// midnight in Zone; none: runs are started by hand.
	Daily  time.Duration
	Zone   *time.Location
	Poll   time.Duration // how often a run to be done is looked for; a second when zero
	Logger *slog.Logger
}

// Netting starts runs and does them.
type Netting struct {
	db       *store.DB
	lane     *lane.Lane
	model    ReadModel
	settings Settings
	now      func() time.Time
	woken    chan struct{}
}

// New makes the payout runs of a custodian. Nothing is netted until Run.
func New(db *store.DB, box lane.Submitter, model ReadModel, settings Settings) *Netting {
	if settings.Poll <= 0 {
		settings.Poll = time.Second
	}
	if settings.Logger == nil {
		settings.Logger = slog.Default()
	}
	if settings.Zone == nil {
		settings.Zone = time.UTC
	}
	return &Netting{db, lane.New(db, box, "netting", lane.Through("netting/%", debtorOf)), model, settings, time.Now, make(chan struct{}, 1)}
}

// debtorOf are the lanes of what an item nets.
func debtorOf(item wire.Net) []string {
	return append(lane.Loan(item.Loan), lane.Account(item.Party)...)
}

// Handle names a run on the ledger. It tells nothing, and nobody needs to guess it: the handles of the
// run's instructions follow from it and from the custodian's secret.
func Handle(custodian string, date calendar.Date, sequence int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "tallystick/payout-run/v1\x00%s\x00%s\x00%d", custodian, date, sequence))
	return hex.EncodeToString(sum[:16])
}

// Start begins a run for the open business day, and answers it; Run does it. While one is running, that
// one is answered. Without an open day it is refused.
func (n *Netting) Start(ctx context.Context) (Run, error) {
	day, err := n.model.Day(ctx, n.settings.Custodian)
	if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
		return Run{}, err
	}
	date, err := day.Require()
	if err != nil {
		return Run{}, err
	}
	run, err := n.begin(ctx, date, false)
	if err == nil {
		n.wake()
	}
	return run, err
}

func (n *Netting) wake() {
	select {
	case n.woken <- struct{}{}:
	default: // it has been told and has not yet looked
	}
}

// Run does the runs that are started, by hand or by the time of day, until the context ends. Of several
// processes one does; the others wait to take its place.
func (n *Netting) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := n.lane.Hold(ctx, n.settings.Process, n.work)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			n.settings.Logger.ErrorContext(ctx, "the netting lane begins anew", "error", err)
		}
		n.pause(ctx)
	}
	return ctx.Err()
}

func (n *Netting) work(ctx context.Context) error {
	for {
		if err := n.startDaily(ctx); err != nil {
			return err
		}
		running, err := n.running(ctx)
		if err != nil {
			return err
		}
		for _, run := range running {
			if err := n.do(ctx, run); err != nil {
				return fmt.Errorf("payout run %d of %s: %w", run.Sequence, run.Date, err)
			}
		}
		n.pause(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (n *Netting) pause(ctx context.Context) {
	timer := time.NewTimer(n.settings.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-n.woken:
	case <-timer.C:
	}
}

// Work does everything that is started, once, and answers when it is done.
func (n *Netting) Work(ctx context.Context) error {
	return n.lane.Hold(ctx, n.settings.Process, func(ctx context.Context) error {
		running, err := n.running(ctx)
		for _, run := range running {
			if err := n.do(ctx, run); err != nil {
				return err
			}
		}
		return err
	})
}

// startDaily begins the day's first run once its time has come.
func (n *Netting) startDaily(ctx context.Context) error {
	if n.settings.Daily <= 0 {
		return nil
	}
	now := n.now().In(n.settings.Zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, n.settings.Zone)
	if now.Sub(midnight) < n.settings.Daily {
		return nil
	}
	day, err := n.model.Day(ctx, n.settings.Custodian)
	if errors.Is(err, fault.New(fault.NotFound)) || err == nil && !day.Open {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = n.begin(ctx, day.Date, true)
	return err
}

// do nets what owes until nothing does that was not refused in this run. Collections share no record, so
// they are netted side by side.
func (n *Netting) do(ctx context.Context, run Run) error {
	if err := n.model.CatchUp(ctx); err != nil {
		return err
	}
	refused, err := n.refusedIn(ctx, run.Handle)
	if err != nil {
		return err
	}
	group, working := errgroup.WithContext(ctx)
	for _, collection := range n.settings.Collections {
		group.Go(func() error { return n.netAll(working, run, collection, maps.Clone(refused)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return n.finish(ctx, run.Handle)
}

// netAll walks a collection's debts. What is netted leaves the list, so a page is taken from where the one
// before ended, and the walk is repeated until it meets nothing new: money may have arrived meanwhile.
func (n *Netting) netAll(ctx context.Context, run Run, collection string, refused map[Debt]bool) error {
	for {
		met := 0
		for after := ""; ; {
			debts, next, err := n.model.Owing(ctx, collection, after, pageSize)
			if err != nil {
				return fmt.Errorf("list what %s owes: %w", collection, err)
			}
			taken, err := n.net(ctx, run, collection, debts, refused)
			if err != nil {
				return err
			}
			met += taken
			if after = next; next == "" {
				break
			}
		}
		if met == 0 {
			return nil
		}
	}
}

// net takes one page of debts, and answers how many it had not met before.
func (n *Netting) net(ctx context.Context, run Run, collection string, debts []Debt, refused map[Debt]bool) (int, error) {
	var items []wire.Net
	for _, d := range debts {
		if !refused[d] {
			items = append(items, wire.Net{Run: run.Handle, Loan: d.Loan, Party: d.Party})
		}
	}
	verdicts, err := lane.Send(ctx, n.lane, run.Handle, "Custody:Net", collection, items, netBatch)
	if err != nil {
		return 0, err
	}
	for i := range verdicts.Refused {
		refused[Debt{items[i].Loan, items[i].Party}] = true
	}
	if verdicts.Block > 0 {
		if err := n.model.Reach(ctx, verdicts.Block); err != nil {
			return 0, fmt.Errorf("wait for block %d: %w", verdicts.Block, err)
		}
	}
	return len(items), nil
}
