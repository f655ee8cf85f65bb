package funding

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/matching"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Settings say whose runs these are and how they match.
type Settings struct {
	Pairs   []Pair // of the platform
	Process string // names this process as a holder of the lane
	Policy  matching.Policy
	// SignDays is for how many days after its run a proposal may be signed; 3 when zero. A loan's own deadline
	// may end it before.
	SignDays int
	// Scores tells how the platform judged its loans; none: they are graded by their listing, or by rate.
	Scores Scores
	// People knows who has asked for erasure; nobody when nil.
	People People
	Poll   time.Duration // how often a run to be done is looked for; a second when zero
	Logger *slog.Logger
}

// People knows whose data are not processed anew, because they asked for erasure: for them nothing new is matched.
type People interface {
	Processing(ctx context.Context, tx *sql.Tx, party string) error
	Restricted(ctx context.Context) (map[string]bool, error)
}

// Funding starts runs and does them.
type Funding struct {
	db       *store.DB
	vault    *vault.Vault
	lane     *lane.Lane
	box      lane.Submitter
	model    ReadModel
	settings Settings
	now      func() time.Time
	woken    chan struct{}
}

// New makes the matching runs of a platform. Nothing is matched until Run.
func New(db *store.DB, sealer *vault.Vault, box lane.Submitter, model ReadModel, settings Settings) *Funding {
	if settings.Poll <= 0 {
		settings.Poll = time.Second
	}
	if settings.Logger == nil {
		settings.Logger = slog.Default()
	}
	if settings.SignDays <= 0 {
		settings.SignDays = 3
	}
	if settings.Policy == (matching.Policy{}) {
		settings.Policy = matching.DefaultPolicy()
	}
	// Items of both functions that the lane sends name their loan alike.
	through := lane.Through("funding/%", func(item wire.LoanRef) []string { return lane.Loan(item.Loan) })
	return &Funding{db, sealer, lane.New(db, box, "funding", through), box, model, settings, time.Now, make(chan struct{}, 1)}
}

// pairOf is the pair of a collection; the zero one where the platform has none.
func (f *Funding) pairOf(collection string) Pair {
	for _, pair := range f.settings.Pairs {
		if pair.Collection == collection {
			return pair
		}
	}
	return Pair{}
}

// Start begins a run of a collection for the open business day, and answers it; Run does it. While one is
// being matched there, that one is answered. A platform with one custodian need not name the collection.
// Without an open day a run is refused.
func (f *Funding) Start(ctx context.Context, collection string) (Run, error) {
	pair := f.pairOf(collection)
	if collection == "" && len(f.settings.Pairs) == 1 {
		pair = f.settings.Pairs[0]
	}
	if pair.Collection == "" {
		return Run{}, fault.In(fault.InvalidField, "collection")
	}
	day, err := f.model.Day(ctx, pair.Custodian)
	if err != nil {
		return Run{}, err
	}
	date, err := day.Require()
	if err != nil {
		return Run{}, err
	}
	run, err := f.begin(ctx, pair.Collection, date)
	if err == nil {
		f.wake()
	}
	return run, err
}

func (f *Funding) wake() {
	select {
	case f.woken <- struct{}{}:
	default: // it has been told and has not yet looked
	}
}

// Run does the runs that are started until the context ends. Of several processes one does; the others
// wait to take its place.
func (f *Funding) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := f.lane.Hold(ctx, f.settings.Process, f.work)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			f.settings.Logger.ErrorContext(ctx, "the funding lane begins anew", "error", err)
		}
		f.pause(ctx)
	}
	return ctx.Err()
}

func (f *Funding) work(ctx context.Context) error {
	for {
		if err := f.doAll(ctx); err != nil {
			return err
		}
		f.pause(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (f *Funding) pause(ctx context.Context) {
	timer := time.NewTimer(f.settings.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-f.woken:
	case <-timer.C:
	}
}

// Work does everything that can be done of what is started, once, and answers when it is done.
func (f *Funding) Work(ctx context.Context) error {
	return f.lane.Hold(ctx, f.settings.Process, f.doAll)
}

func (f *Funding) doAll(ctx context.Context) error {
	waiting, err := f.runs(ctx, `status <> 'finished' ORDER BY started_at, run`)
	if err != nil {
		return err
	}
	var failed error // of one market: it holds up no other
	for _, run := range waiting {
		if err := f.do(ctx, run); err != nil {
			failed = errors.Join(failed, fmt.Errorf("matching run %d of %s, %s: %w", run.Sequence, run.Date, run.Collection, err))
		}
	}
	return failed
}

// do takes a run as far as it can come today: it is matched, its digest is anchored, what is signed is
// sent, what was not signed in time lapses. A custodian's closed day lets it rest.
func (f *Funding) do(ctx context.Context, run Run) error {
	day, err := f.model.Day(ctx, f.pairOf(run.Collection).Custodian)
	if err != nil || !day.Open {
		return err
	}
	if run.Status == Running {
		if run, err = f.match(ctx, run); err != nil {
			return err
		}
	}
	if run.AnchoredTx == "" {
		if err := f.anchor(ctx, run); err != nil {
			return err
		}
		if err := f.expire(ctx, run); err != nil {
			return err
		}
	}
	if err := f.submit(ctx, run); err != nil {
		return err
	}
	return f.conclude(ctx, run, day.Date)
}

// reach waits for the read model, so that the next look at it sees what was done.
func (f *Funding) reach(ctx context.Context, block uint64) error {
	if block == 0 {
		return nil
	}
	if err := f.model.Reach(ctx, block); err != nil {
		return errors.Join(fmt.Errorf("wait for block %d", block), err)
	}
	return nil
}

// sealedPlace names the table whose values the vault seals for runs.
const sealedPlace = "matching_run"
