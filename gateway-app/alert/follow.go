package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/lull"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

const (
	leaseName   = "alerts"
	rowsAtOnce  = 500
	mostSkipped = 1_000  // rows without a movement after which the position is stored
	mostKept    = 50_000 // parties whose kind is remembered
)

// errOvertaken says that another process has looked at what this one was about to.
var errOvertaken = errors.New("the movements were looked at by another process")

// Run looks at movements until the context ends, whenever no other process of the member does.
func (a *Alerts) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := a.db.Hold(ctx, leaseName, a.settings.Process, a.settings.Lease, a.follow)
		if ctx.Err() != nil {
			break
		}
		a.settings.Logger.ErrorContext(ctx, "alerts begin anew", "error", err)
		lull.For(ctx, a.settings.Poll)
	}
	return ctx.Err()
}

// follow looks at what happened and then at what happens.
func (a *Alerts) follow(ctx context.Context) error {
	f := &follower{Alerts: a, kinds: map[string]party.Kind{}, failed: map[string]bool{}}
	var err error
	if f.position, err = a.Position(ctx); err != nil {
		return err
	}
	f.looked = f.position
	for ctx.Err() == nil {
		began, moved := time.Now(), a.books.Moved() // asked for before looking, so that nothing in between is missed
		more, err := f.turn(ctx)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		lull.Until(ctx, moved, a.settings.Poll)
		lull.For(ctx, a.settings.Pace-time.Since(began))
	}
	return context.Cause(ctx)
}

// Position is the last row of the ledger's feed that was looked at.
func (a *Alerts) Position(ctx context.Context) (int64, error) {
	var at int64
	err := a.db.QueryRowContext(ctx, `SELECT seq FROM alert_position WHERE id = 1`).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read how far alerts were looked for: %w", err)
	}
	return at, nil
}

// follower goes through the feed. What it remembers is only what can be read again.
type follower struct {
	*Alerts
	position int64 // as it is stored
	looked   int64 // up to where the feed was looked at
	book     *rulebook
	kinds    map[string]party.Kind // by collection and party
	failed   map[string]bool       // rules whose failure was logged
}

// batch is a part of the feed with what is needed to judge it.
type batch struct {
	through   int64 // its last row
	movements []Movement
	payees    []named
	customers map[string][]string // by party: the parties that are one customer with it
	hands     map[int64][]string  // by movement: who of the staff had a hand in it
}

// turn looks at the next part of the feed, and says whether there is more.
func (f *follower) turn(ctx context.Context) (more bool, err error) {
	end, err := f.books.FeedEnd(ctx)
	if err != nil || end <= f.looked {
		return false, err
	}
	filter := projection.FeedFilter{Types: []string{
		rowSettled, rowReceived, rowAttested, rowAccount, "regime.proposed", "regime.approved", "regime.retired",
	}}
	entries, err := f.books.Feed(ctx, f.looked, rowsAtOnce, filter)
	if err != nil {
		return false, err
	}
	b := batch{through: end}
	if more = len(entries) == rowsAtOnce; more {
		b.through = entries[rowsAtOnce-1].Sequence
	}
	if err := f.gather(ctx, &b, entries); err != nil {
		return false, err
	}
	if len(b.movements)+len(b.payees) == 0 && b.through-f.position < mostSkipped {
		f.looked = b.through
		return more, nil
	}
	if err := f.db.Write(ctx, func(tx *sql.Tx) error { return f.write(ctx, tx, b) }); err != nil {
		return false, fmt.Errorf("look at movements up to row %d: %w", b.through, err)
	}
	f.position, f.looked = b.through, b.through
	return more, nil
}

// gather reads what the rows of the feed leave out: whose a loan is, what kind of party it is, which account was
// verified, and the rules.
func (f *follower) gather(ctx context.Context, b *batch, entries []projection.Entry) error {
	var loans []string
	for _, e := range entries {
		if e.Type == rowReceived {
			loans = append(loans, e.Payload.Loan)
		}
	}
	borrowers, err := f.books.Borrowers(ctx, loans)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Sequence > b.through {
			break
		}
		switch {
		case e.Kind == kindRegime:
			f.book = nil // it is read anew
		case e.Type == rowAttested || e.Type == rowAccount:
			found, err := f.named(ctx, e)
			if err != nil {
				return err
			}
			b.payees = append(b.payees, found...)
		default:
			if m, ok := movementOf(e, borrowers); ok {
				b.movements = append(b.movements, m)
			}
		}
	}
	if len(b.movements) == 0 {
		return nil
	}
	return f.readAbout(ctx, b)
}

// readAbout reads what the rules ask of the movements beside themselves.
func (f *follower) readAbout(ctx context.Context, b *batch) error {
	if err := f.readKinds(ctx, b.movements); err != nil {
		return err
	}
	if err := f.readCustomers(ctx, b); err != nil {
		return err
	}
	if err := f.readHands(ctx, b); err != nil {
		return err
	}
	return f.readRules(ctx)
}

func (f *follower) readKinds(ctx context.Context, movements []Movement) error {
	for _, m := range movements {
		key := m.Collection + "/" + m.Party
		if _, known := f.kinds[key]; known {
			continue
		}
		held, err := f.books.Party(ctx, m.Collection, m.Party)
		if err != nil && !isNotFound(err) {
			return err
		}
		if len(f.kinds) >= mostKept {
			clear(f.kinds)
		}
		f.kinds[key] = held.State.Kind
	}
	return nil
}

func (f *follower) readRules(ctx context.Context) error {
	if f.book != nil {
		return nil
	}
	var known []projection.Regime
	for r, err := range projection.All(ctx, f.books.Regimes) {
		if err != nil {
			return err
		}
		known = append(known, r)
	}
	book, err := newRulebook(known)
	if err != nil {
		f.settings.Logger.ErrorContext(ctx, "rules of alerts do not compile and are left out", "error", err)
	}
	f.book = &book
	return nil
}

// write keeps the movements, judges each after those before it, and moves the position, all or nothing.
func (f *follower) write(ctx context.Context, tx *sql.Tx, b batch) error {
	if err := f.move(ctx, tx, b.through); err != nil {
		return err
	}
	at := store.Time(f.settings.Now())
	payees, movements := b.payees, b.movements
	for len(payees)+len(movements) > 0 { // in the order of the feed
		if len(movements) == 0 || len(payees) > 0 && payees[0].sequence < movements[0].Sequence {
			if err := payees[0].put(ctx, tx); err != nil {
				return err
			}
			payees = payees[1:]
			continue
		}
		if err := f.judge(ctx, tx, b, movements[0], at); err != nil {
			return err
		}
		movements = movements[1:]
	}
	return nil
}

func (f *follower) move(ctx context.Context, tx *sql.Tx, through int64) error {
	const query = `INSERT INTO alert_position (id, seq) VALUES (1, $1)
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq WHERE alert_position.seq = $2`
	result, err := tx.ExecContext(ctx, query, through, f.position)
	if err != nil {
		return err
	}
	if moved, err := result.RowsAffected(); err != nil {
		return err
	} else if moved == 0 {
		return errOvertaken
	}
	return nil
}
