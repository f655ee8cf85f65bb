package submission

import (
	"context"
	"iter"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Books is what a member's read model says: what of *projection.Projection is needed here.
type Books interface {
	Closings(ctx context.Context, f projection.ClosingFilter, page projection.Page) (projection.List[projection.Closing], error)
	LastClosing(ctx context.Context, platform, custodian string, notAfter calendar.Date) (projection.Closing, error)
	Day(ctx context.Context, custodian string) (projection.Held[custody.Day], error)
	Regimes(ctx context.Context, page projection.Page) (projection.List[projection.Regime], error)
	LoansAt(ctx context.Context, platform, custodian string, block uint64) iter.Seq2[projection.LoanAt, error]
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

// lines are a platform's loans that had been disbursed at some closings, as they were then, in no order. A loan that has
// gone on since is taken as of the block of the close: all that asks for the open day is on one side of that block, because
// the close has changed the day.
func (l Ledger) lines(ctx context.Context, closings []Closing) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, c := range closings {
			for at, err := range l.books.LoansAt(ctx, c.Platform, c.Custodian, c.Block) {
				if !yield(lineOn(at, c.On), err) || err != nil {
					return
				}
			}
		}
	}
}

// lineOn is a loan's line at the close of a day.
func lineOn(at projection.LoanAt, on calendar.Date) Line {
	line := Line{Loan: at.Loan, Status: at.Status, PrincipalMinor: at.PrincipalMinor, OutstandingMinor: at.OutstandingMinor}
	if due := at.DueOn; !due.IsZero() && due < on {
		line.OverdueDays = int64(calendar.Days(due, on))
	}
	return line
}
