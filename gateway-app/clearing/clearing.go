package clearing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/lull"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Sizes of batches: a clearing reads five values a loan, in two collections.
const (
	clearBatch   = 150
	relieveBatch = 150
	stepLoans    = 1_000 // the most loans of one kind that a step takes up
)

// Loan is a loan of some collection.
type Loan struct {
	ID         string
	Collection string
	// Standing changes when what the lane would do about the loan may be answered otherwise; it means nothing
	// else. Empty says that this is not known, as of a loan whose borrower has to be linked first.
	Standing string
}

// ReadModel is what the lane looks at. Each list begins with what has waited longest.
type ReadModel interface {
	// Proposed lists loans that wait for clearance.
	Proposed(ctx context.Context, limit int) ([]Loan, error)
	// Unrelieved lists loans whose reservation is not what they still need of it.
	Unrelieved(ctx context.Context, limit int) ([]Loan, error)
	// Closed answers a text that changes when a custodian closes a business day, and means nothing else.
	Closed(ctx context.Context) (string, error)
	// Reach waits until a block has been folded.
	Reach(ctx context.Context, block uint64) error
	// Moved answers a channel that is closed when something is folded next.
	Moved() <-chan struct{}
}

// Settings say how the lane works.
type Settings struct {
	Process  string        // names this process as a holder of the lane
	Interval time.Duration // between steps when nothing waits; a second when zero
	// Relief is the longest that repaid principal waits to be relieved while nothing is proposed and no business
	// day closes; ten seconds when zero.
	Relief time.Duration
	Logger *slog.Logger
}

// Clearing is the lane.
type Clearing struct {
	lane     *lane.Lane
	model    ReadModel
	settings Settings
	pauses   pauses
	relieved relief
}

// New makes the lane of a regulator.
func New(db *store.DB, box lane.Submitter, model ReadModel, settings Settings) *Clearing {
	if settings.Interval <= 0 {
		settings.Interval = time.Second
	}
	if settings.Logger == nil {
		settings.Logger = slog.Default()
	}
	if settings.Relief <= 0 {
		settings.Relief = 10 * time.Second
	}
	through := lane.New(db, box, "clearing", lane.Through("clearing", loanOf))
	return &Clearing{through, model, settings, newPauses(time.Now), relief{now: time.Now}}
}

// loanOf is the lane of an item's loan, whichever of the lane's functions the item is for.
func loanOf(item wire.LoanRef) []string { return lane.Loan(item.Loan) }

// Run works until the context ends. Of several processes one does; the others wait to take its place.
func (c *Clearing) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := c.lane.Hold(ctx, c.settings.Process, c.work)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			c.settings.Logger.ErrorContext(ctx, "the clearing lane begins anew", "error", err)
		}
		lull.For(ctx, c.settings.Interval)
	}
	return ctx.Err()
}

func (c *Clearing) work(ctx context.Context) error {
	for {
		moved := c.model.Moved()
		done, err := c.step(ctx)
		if err != nil {
			return err
		}
		if done.Applied() == 0 {
			lull.For(ctx, c.settings.Interval)
			lull.Until(ctx, moved, longestRest)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// longestRest is how long the lane rests where nothing moves: pauses end, and relief falls due, by the clock.
const longestRest = time.Second

// Report counts what a step did.
type Report struct {
	Cleared  int `json:"cleared"`
	Declined int `json:"declined"`
	Relieved int `json:"relieved"`
	Deferred int `json:"deferred"` // refused for a cause that passes
}

// Applied is how many loans changed.
func (r Report) Applied() int { return r.Cleared + r.Declined + r.Relieved }

// Step takes the lane for one step: what waits now is cleared, declined or relieved.
func (c *Clearing) Step(ctx context.Context) (Report, error) {
	var report Report
	err := c.lane.Hold(ctx, c.settings.Process, func(ctx context.Context) error {
		var err error
		report, err = c.step(ctx)
		return err
	})
	return report, err
}

func (c *Clearing) step(ctx context.Context) (Report, error) {
	var report Report
	proposed, err := c.model.Proposed(ctx, stepLoans)
	if err != nil {
		return report, fmt.Errorf("list loans to clear: %w", err)
	}
	// Relief comes first: what was repaid makes room for what waits.
	if err := c.relieveDue(ctx, len(proposed) > 0, &report); err != nil {
		return report, err
	}
	for collection, loans := range c.ready("clear", proposed) {
		if err := c.clear(ctx, collection, loans, &report); err != nil {
			return report, err
		}
	}
	return report, nil
}

// relieveDue relieves every loan that needs less of its reservation, or more, when the time for it has come.
func (c *Clearing) relieveDue(ctx context.Context, wanted bool, report *Report) error {
	closed, err := c.model.Closed(ctx)
	if err != nil {
		return fmt.Errorf("look whether a business day was closed: %w", err)
	}
	if !wanted && !c.relieved.due(closed, c.settings.Relief) {
		return nil
	}
	unrelieved, err := c.model.Unrelieved(ctx, stepLoans)
	if err != nil {
		return fmt.Errorf("list loans to relieve: %w", err)
	}
	for collection, loans := range c.ready("relieve", unrelieved) {
		if err := c.relieve(ctx, collection, loans, report); err != nil {
			return err
		}
	}
	if len(unrelieved) < stepLoans {
		c.relieved.done(closed)
	}
	return nil
}

// ready yields the loans whose pause is over, by collection, in the order of names.
func (c *Clearing) ready(what string, loans []Loan) func(yield func(string, []Loan) bool) {
	sorted := map[string][]Loan{}
	for _, l := range loans {
		if c.pauses.over(what, l) {
			sorted[l.Collection] = append(sorted[l.Collection], l)
		}
	}
	return func(yield func(string, []Loan) bool) {
		for _, collection := range slices.Sorted(maps.Keys(sorted)) {
			if !yield(collection, sorted[collection]) {
				return
			}
		}
	}
}

func (c *Clearing) clear(ctx context.Context, collection string, loans []Loan, report *Report) error {
	items := make([]wire.ClearLoan, len(loans))
	for i, l := range loans {
		items[i] = wire.ClearLoan{Loan: l.ID, Handle: lane.Random(16), Salt: lane.Random(32)}
	}
	verdicts, err := lane.Send(ctx, c.lane, "clear", "Loan:Clear", collection, items, clearBatch)
	if err != nil {
		return err
	}
	report.Cleared += verdicts.Applied
	var declined []wire.EndLoan
	for _, i := range slices.Sorted(maps.Keys(verdicts.Refused)) {
		if code := verdicts.Refused[i].Code; final(code) {
			declined = append(declined, wire.EndLoan{Loan: loans[i].ID, Reason: string(code)})
			continue
		}
		c.put(ctx, "clear", loans[i], verdicts.Refused[i], report)
	}
	c.pauses.forget("clear", loans, verdicts.Refused)
	if err := c.decline(ctx, collection, declined, report); err != nil {
		return err
	}
	return c.reach(ctx, verdicts)
}

// final reports whether a refusal is the end of a proposal: the borrower has no room under a cap, or sums
// would not fit the ledger.
func final(code fault.Code) bool {
	return code == fault.PlatformCap || code == fault.NetworkCap || code == fault.Overflow
}

func (c *Clearing) decline(ctx context.Context, collection string, items []wire.EndLoan, report *Report) error {
	verdicts, err := lane.Send(ctx, c.lane, "decline", "Loan:Decline", collection, items, clearBatch)
	if err != nil {
		return err
	}
	report.Declined += verdicts.Applied
	for i, refusal := range verdicts.Refused {
		c.put(ctx, "clear", Loan{ID: items[i].Loan, Collection: collection}, refusal, report)
	}
	return c.reach(ctx, verdicts)
}

func (c *Clearing) relieve(ctx context.Context, collection string, loans []Loan, report *Report) error {
	items := make([]wire.LoanRef, len(loans))
	for i, l := range loans {
		items[i] = wire.LoanRef{Loan: l.ID}
	}
	verdicts, err := lane.Send(ctx, c.lane, "relieve", "Loan:Relieve", collection, items, relieveBatch)
	if err != nil {
		return err
	}
	report.Relieved += verdicts.Applied
	for i, refusal := range verdicts.Refused {
		c.put(ctx, "relieve", loans[i], refusal, report)
	}
	c.pauses.forget("relieve", loans, verdicts.Refused)
	return c.reach(ctx, verdicts)
}

// put sets a loan aside. A refusal is logged when it is first given, and by its code alone: a loan's id
// belongs to its collection.
func (c *Clearing) put(ctx context.Context, what string, l Loan, refusal *fault.Fault, report *Report) {
	report.Deferred++
	set, news := c.pauses.longer(what, l, refusal.Code)
	switch {
	case !news:
	case set.forGood():
		c.settings.Logger.InfoContext(ctx, "a loan is left alone until it changes", "what", what, "code", refusal.Code)
	default:
		c.settings.Logger.WarnContext(ctx, "a loan is tried again later", "what", what, "code", refusal.Code, "pause", set.length)
	}
}

// reach waits for the read model, so that the next look at it sees what was done.
func (c *Clearing) reach(ctx context.Context, v lane.Verdicts) error {
	if v.Block == 0 {
		return nil
	}
	if err := c.model.Reach(ctx, v.Block); err != nil {
		return errors.Join(fmt.Errorf("wait for block %d", v.Block), err)
	}
	return nil
}
