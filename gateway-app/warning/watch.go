package warning

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/anchoring"
	"github.com/tallystick/tallystick/gateway-app/lull"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Books is what a platform's read model says: what of *projection.Projection is needed here.
type Books interface {
	Feed(ctx context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error)
	FeedEnd(ctx context.Context) (int64, error)
	Moved() <-chan struct{}
	Loan(ctx context.Context, id string) (projection.Loan, error)
	Loans(ctx context.Context, f projection.LoanFilter, page projection.Page) (projection.List[projection.Loan], error)
	LoansDue(ctx context.Context, f projection.LoanDueFilter, page projection.Page) (projection.List[projection.LoanDue], error)
	Days(ctx context.Context, page projection.Page) (projection.List[projection.Held[custody.Day]], error)
	Regimes(ctx context.Context, page projection.Page) (projection.List[projection.Regime], error)
}

// Decisions knows what the platform's last decision to approve said of a borrower: the probability of default over the
// whole term, in millionths; 0 where there is none. A loan is asked about once, when it is lent: what is decided of
// its borrower later is no news about it.
type Decisions interface {
	ProbabilityOf(ctx context.Context, borrower string) (int64, error)
}

// Settings of a watch.
type Settings struct {
	Platform   string
	Custodians []string                                     // whose business days count; every one's where none is named
	Eligible   func(ctx context.Context, user string) error // refuses who may not look after warnings; nil: everybody may
	Gather     time.Duration                                // how long what happens to loans is gathered for one turn; 4 s when not set
	Now        func() time.Time
	Logger     *slog.Logger
}

// Watch keeps the probabilities and the warnings of a platform. Its methods may be called by many at once; Run by one
// process at a time.
type Watch struct {
	db        *store.DB
	books     Books
	decisions Decisions
	feed      *notice.Feed
	anchors   *anchoring.Log
	settings  Settings
	rules     rules
	models    models
}

// New makes the watch of a platform. Decisions may be nil: then loans start from the platform's own rate.
func New(db *store.DB, books Books, decisions Decisions, feed *notice.Feed, sender anchoring.Sender, settings Settings) *Watch {
	if settings.Gather == 0 {
		settings.Gather = 4 * time.Second
	}
	if settings.Now == nil {
		settings.Now = time.Now
	}
	if settings.Logger == nil {
		settings.Logger = slog.New(slog.DiscardHandler)
	}
	anchors := anchoring.New(db, sender, partName, settings.Now)
	return &Watch{db: db, books: books, decisions: decisions, feed: feed, anchors: anchors, settings: settings}
}

// Run refreshes whatever moves until the context ends. What fails is reported and tried again.
func (w *Watch) Run(ctx context.Context, report func(error)) error {
	for ctx.Err() == nil {
		moved := w.books.Moved()
		for {
			more, err := w.Turn(ctx)
			if err != nil && ctx.Err() == nil {
				report(err)
			}
			if err != nil || !more {
				break
			}
		}
		if _, err := w.anchors.Send(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
		lull.For(ctx, w.settings.Gather)
	}
	return ctx.Err()
}

// rowsATurn is how much of the feed one turn looks at, and how many loans it refreshes in one transaction: others wait
// for the database meanwhile.
const rowsATurn = 500

// position is how far the watch has come.
type position struct {
	feed int64
	day  calendar.Date
}

// Turn looks at the next rows of the feed and refreshes the loans in them; when it has come to the feed's end, and the
// business day is new, it refreshes the loans that are past due. It reports whether there is more.
func (w *Watch) Turn(ctx context.Context) (more bool, err error) {
	at, err := w.position(ctx)
	if err != nil {
		return false, err
	}
	today, err := w.today(ctx)
	if err != nil || today.IsZero() {
		return false, err
	}
	end, err := w.books.FeedEnd(ctx)
	if err != nil {
		return false, err
	}
	if end > at.feed {
		if at.feed, more, err = w.follow(ctx, at, end, today); err != nil || more {
			return more, err
		}
	}
	if today > at.day {
		return false, w.newDay(ctx, at, today)
	}
	return false, nil
}

// refreshing are the steps that say anything new about how a borrower pays.
var refreshing = []string{
	"loan.active", "loan.repaid", "loan.reopened", "loan.written_off", "repayment.received", "repayment.reversed",
}

// follow refreshes the loans of the next rows. It answers how far that went, and whether there is more.
func (w *Watch) follow(ctx context.Context, at position, end int64, today calendar.Date) (next int64, more bool, err error) {
	entries, err := w.books.Feed(ctx, at.feed, rowsATurn, projection.FeedFilter{Types: refreshing})
	if err != nil {
		return at.feed, false, err
	}
	next, more = end, len(entries) == rowsATurn
	if more {
		next = entries[len(entries)-1].Sequence
	}
	events := map[string]int64{}
	var loans []string
	for _, e := range entries {
		if e.Sequence > next || e.Platform != w.settings.Platform {
			continue
		}
		if _, known := events[e.Subject]; !known {
			loans = append(loans, e.Subject)
		}
		events[e.Subject] = e.Sequence
	}
	return next, more, w.refresh(ctx, at, position{next, at.day}, loans, events, today)
}

// newDay refreshes the loans that are past due on a day that was opened: nothing has happened to them, which is the
// news.
func (w *Watch) newDay(ctx context.Context, at position, today calendar.Date) error {
	filter := projection.LoanDueFilter{Platform: w.settings.Platform, DueThrough: today.AddDays(-1), Statuses: []loan.Status{loan.Active}}
	due := projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.LoanDue], error) {
		return w.books.LoansDue(ctx, filter, page)
	})
	var loans []string
	for l, err := range due {
		if err != nil {
			return fmt.Errorf("list the loans that are past due on %s: %w", today, err)
		}
		loans = append(loans, l.Loan)
	}
	for part := range slices.Chunk(loans, rowsATurn) {
		if err := w.refresh(ctx, at, at, part, nil, today); err != nil {
			return err
		}
	}
	return w.refresh(ctx, at, position{at.feed, today}, nil, nil, today)
}

// errRebuilt says that the read model was begun anew while it was read. The turn is repeated when it has come so far.
var errRebuilt = errors.New("the read model is being rebuilt")

// refresh derives loans anew and writes what follows, with the position, in one transaction. Another process that was
// faster has the position moved: then nothing is written.
func (w *Watch) refresh(ctx context.Context, from, to position, loans []string, events map[string]int64, today calendar.Date) error {
	var turn turn
	var seen []sight
	if len(loans) > 0 {
		var err error
		if turn, err = w.prepare(ctx, today, loans); err != nil {
			return err
		}
		if seen, err = turn.lookAll(ctx, loans, events); err != nil {
			return err
		}
		if end, err := w.books.FeedEnd(ctx); err != nil || end < to.feed {
			return errors.Join(err, errRebuilt)
		}
	}
	return w.db.Write(ctx, func(tx *sql.Tx) error {
		if moved, err := w.move(ctx, tx, from, to); err != nil || !moved {
			return err
		}
		for _, s := range seen {
			if err := turn.keep(ctx, tx, s); err != nil {
				return fmt.Errorf("keep loan %s: %w", s.loan.Loan, err)
			}
		}
		return nil
	})
}

func (w *Watch) position(ctx context.Context) (position, error) {
	var at position
	var day string
	err := w.db.QueryRowContext(ctx, `SELECT feed, day FROM warning_position WHERE id = 1`).Scan(&at.feed, &day)
	if errors.Is(err, sql.ErrNoRows) {
		return at, nil
	}
	if err != nil {
		return at, fmt.Errorf("read how far loans were watched: %w", err)
	}
	if day != "" {
		at.day, err = calendar.Parse(day)
	}
	return at, err
}

// move moves the position, unless it is no longer where it was.
func (w *Watch) move(ctx context.Context, tx *sql.Tx, from, to position) (bool, error) {
	const begin = `INSERT INTO warning_position (id, feed, day) VALUES (1, 0, '') ON CONFLICT (id) DO NOTHING`
	if _, err := tx.ExecContext(ctx, begin); err != nil {
		return false, err
	}
	const query = `UPDATE warning_position SET feed = $3, day = $4 WHERE id = 1 AND feed = $1 AND day = $2`
	result, err := tx.ExecContext(ctx, query, from.feed, from.day.String(), to.feed, to.day.String())
	if err != nil {
		return false, err
	}
	moved, err := result.RowsAffected()
	return moved == 1, err
}

// today is the earliest business day among the platform's custodians that is open or was closed last: no loan is taken
// for later than it is.
func (w *Watch) today(ctx context.Context) (calendar.Date, error) {
	var first calendar.Date
	for held, err := range projection.All(ctx, w.books.Days) {
		if err != nil {
			return 0, fmt.Errorf("read the business day: %w", err)
		}
		counts := len(w.settings.Custodians) == 0 || slices.Contains(w.settings.Custodians, held.State.Custodian)
		if day := held.State.Date; counts && (first.IsZero() || day < first) {
			first = day
		}
	}
	return first, nil
}

func (w *Watch) now() time.Time { return w.settings.Now() }
