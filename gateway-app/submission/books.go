package submission

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Books is what a member's read model says: what of *projection.Projection is needed here.
type Books interface {
	Closings(ctx context.Context, f projection.ClosingFilter, page projection.Page) (projection.List[projection.Closing], error)
	LastClosing(ctx context.Context, platform, custodian string, notAfter calendar.Date) (projection.Closing, error)
	Day(ctx context.Context, custodian string) (projection.Held[custody.Day], error)
	Regimes(ctx context.Context, page projection.Page) (projection.List[projection.Regime], error)
	Loans(ctx context.Context, f projection.LoanFilter, page projection.Page) (projection.List[projection.Loan], error)
	History(ctx context.Context, noun, collection, id string, page projection.Page) (projection.List[projection.Step], error)
	BooksOpened(ctx context.Context, collection string) (bool, error)
	Standing(ctx context.Context) (projection.Standing, error)
	Moved() <-chan struct{}
}

// Closing is how a platform stood with a custodian at the close of a business day.
type Closing = projection.Closing

// Ledger answers this package's questions from a read model.
type Ledger struct {
	books Books
	pairs []projection.Pair
}

// NewLedger asks a member's read model about the pairs that the member holds.
func NewLedger(books Books, pairs []projection.Pair) Ledger { return Ledger{books, pairs} }

// LastClosings are the closings that a platform's disclosure of a period is made of, as the member holds them.
func (l Ledger) LastClosings(ctx context.Context, platform string, period disclosure.Period) ([]Closing, error) {
	return LastClosings(ctx, l.books, l.pairs, platform, period)
}

// firstClose is the first business day that was closed with a standing of a platform; none before there is one.
func (l Ledger) firstClose(ctx context.Context, platform string) (calendar.Date, error) {
	found, err := l.books.Closings(ctx, projection.ClosingFilter{Platform: platform}, projection.Page{Limit: 1})
	if err != nil || len(found.Items) == 0 {
		return 0, err
	}
	return found.Items[0].On, nil
}

// platforms lists the platforms whose loans the member holds.
func (l Ledger) platforms() []string {
	var names []string
	for _, pair := range l.pairs {
		if !slices.Contains(names, pair.Platform) {
			names = append(names, pair.Platform)
		}
	}
	slices.Sort(names)
	return names
}

// Lines are all loans of a platform with a custodian that had been disbursed at a closing, as they were then.
func (l Ledger) Lines(ctx context.Context, c Closing) iter.Seq2[Line, error] {
	filter := projection.LoanFilter{Platform: c.Platform, Custodian: c.Custodian}
	all := projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
		return l.books.Loans(ctx, filter, page)
	})
	return func(yield func(Line, error) bool) {
		for found, err := range all {
			var line Line
			if err == nil {
				line, err = l.lineAt(ctx, found, c)
			}
			if err == nil && line.Loan == "" {
				continue // not disbursed by then
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// linesOf are the lines of several closings.
func (l Ledger) linesOf(ctx context.Context, closings []Closing) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, c := range closings {
			for line, err := range l.Lines(ctx, c) {
				if !yield(line, err) {
					return
				}
			}
		}
	}
}

// lineAt is a loan's line at a closing. A loan that went on since is folded again up to the block of the close: all that
// asks for the open day is on one side of that block, because the close has changed the day.
func (l Ledger) lineAt(ctx context.Context, found projection.Loan, c Closing) (Line, error) {
	state := found.State
	if found.Block > c.Block {
		var err error
		if state, err = l.stateAt(ctx, found, c.Block); err != nil {
			return Line{}, err
		}
	}
	position, err := portfolio.PositionOf(state, found.Terms, nil)
	if err != nil || position.Loan == "" {
		return Line{}, err
	}
	line := Line{
		Loan: position.Loan, Status: position.Status, PrincipalMinor: position.PrincipalMinor, OutstandingMinor: position.OutstandingMinor,
	}
	if due := position.DueOn; !due.IsZero() && due < c.On {
		line.OverdueDays = int64(calendar.Days(due, c.On))
	}
	return line, nil
}

// stateAt folds a loan's events up to a block.
func (l Ledger) stateAt(ctx context.Context, found projection.Loan, block uint64) (loan.State, error) {
	var state loan.State
	steps := projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Step], error) {
		return l.books.History(ctx, "loan", found.Collection, found.ID, page)
	})
	for step, err := range steps {
		if err != nil {
			return state, err
		}
		if step.Block > block {
			break
		}
		var event loan.Event
		if err := json.Unmarshal(step.Event, &event); err != nil {
			return state, fmt.Errorf("read an event of loan %s: %w: rebuild the read model", found.State.ID, err)
		}
		state = loan.Apply(state, event)
	}
	return state, nil
}
