package submission

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Regulator is the regulator's side: what platforms handed in, and what was found. Its methods may be called by many at
// once, in several processes.
type Regulator struct {
	archive
	ledger   Ledger
	feed     *notice.Feed
	figures  figures
	settings Settings
	turns    turns
	missed   chan struct{} // something was received and could not be judged at once
}

// judgedAtOnce is the longest content that is judged while its platform waits. A longer one is judged in the background,
// and its platform asks again.
const judgedAtOnce = 4 << 20

// NewRegulator makes the side of a regulator over its own database and read model.
func NewRegulator(db *store.DB, books Books, feed *notice.Feed, settings Settings) *Regulator {
	settings = settings.withDefaults()
	ledger := NewLedger(books, settings.Pairs)
	return &Regulator{
		archive: archive{db, settings.Now}, ledger: ledger, feed: feed, settings: settings,
		turns: newTurns(ledger.platforms()), missed: make(chan struct{}, 1),
	}
}

// Receive keeps a platform's statement and judges it. The same version with the same content is answered as before,
// with another one refused. A platform states of itself alone, of no period that lies ahead, and no more than there is room
// for. One whose business day the read model has not seen closed stays received until it has.
func (r *Regulator) Receive(ctx context.Context, platform string, s Sent) (Record, error) {
	if err := r.admit(ctx, platform, s.Period); err != nil {
		return Record{}, err
	}
	received, err := r.kept(ctx, platform, s)
	if err != nil || received.State != Received {
		return received, err
	}
	if received.Bytes > judgedAtOnce {
		r.remind()
		return received, nil
	}
	if err := r.judgeSoon(ctx, received.Name); err != nil {
		r.settings.Logger.WarnContext(ctx, "a submission was received and could not be judged", "submission", received.Name.String(), "error", err)
		r.remind()
	}
	return r.Read(ctx, received.Name)
}

// kept is the version that a platform hands in, or asks after.
func (r *Regulator) kept(ctx context.Context, platform string, s Sent) (Record, error) {
	if s.Asks() {
		return r.asked(ctx, platform, s)
	}
	received, err := r.check(ctx, platform, s)
	if err != nil {
		return Record{}, err
	}
	if received.CameOn, err = r.ledger.businessDay(ctx, platform); err != nil {
		return Record{}, err
	}
	return r.take(ctx, received, s.Content)
}

// remind has what was received and not judged be judged in the background.
func (r *Regulator) remind() {
	select {
	case r.missed <- struct{}{}:
	default: // that there is something is known
	}
}

// asked answers what became of a version that is here. One that is not, or says something else, the platform must send.
func (r *Regulator) asked(ctx context.Context, platform string, s Sent) (Record, error) {
	period, err := disclosure.ParsePeriod(s.Period)
	if err != nil {
		return Record{}, err
	}
	there, err := r.Read(ctx, Name{platform, s.Kind, period.String(), s.Version})
	if err == nil && there.Digest != s.Content.Digest {
		return Record{}, fault.In(fault.NotFound, "submission")
	}
	return there, err
}

// check refuses what has not the form of a statement.
func (r *Regulator) check(ctx context.Context, platform string, s Sent) (Record, error) {
	period, err := checkForm(ctx, platform, s.Kind, s.Period, s.MediaType, s.Content)
	switch {
	case err != nil:
		return Record{}, err
	case s.Version < 1:
		return Record{}, fault.In(fault.InvalidField, "version")
	case !validReason(s.Reason):
		return Record{}, fault.In(fault.InvalidField, "reason")
	case s.Version > 1 && s.Reason == "":
		return Record{}, fault.In(fault.MissingField, "reason")
	case s.Version > 1 && !wire.IsDigest(s.Former):
		return Record{}, fault.In(fault.InvalidField, "former")
	case s.Version == 1 && s.Former != "":
		return Record{}, fault.In(fault.InvalidField, "former")
	}
	return Record{
		Name:   Name{platform, s.Kind, period.String(), s.Version},
		Digest: s.Content.Digest, Former: s.Former, Reason: s.Reason, MediaType: s.MediaType, Bytes: s.Content.Bytes, State: Received,
	}, nil
}

// take keeps a statement, which ends the versions before it, or answers the one that is there.
func (r *Regulator) take(ctx context.Context, s Record, content Content) (Record, error) {
	kept := s
	err := r.db.Write(ctx, func(tx *sql.Tx) error {
		there, err := read(ctx, tx, s.Name)
		switch {
		case err == nil && there.Digest == s.Digest:
			kept = there
			return nil
		case err == nil:
			return fault.In(fault.AlreadyExists, "version")
		case !errors.Is(err, fault.New(fault.NotFound)):
			return err
		}
		before, err := last(ctx, tx, s.Name, "")
		if err != nil {
			return err
		}
		if before.Version > s.Version {
			return fault.In(fault.AlreadyExists, "version")
		}
		if before.Version > 0 && before.Version == s.Version-1 && before.Digest != s.Former {
			return fault.In(fault.PreviousUnknown, "former")
		}
		if err := r.room(ctx, tx, s); err != nil {
			return err
		}
		kept = s
		kept.MadeAt = r.now()
		if err := insert(ctx, tx, kept, content, ""); err != nil {
			return err
		}
		if err := supersede(ctx, tx, s.Name); err != nil {
			return err
		}
		return tell(ctx, tx, r.feed, kept, Receive, nil)
	})
	if err != nil {
		return Record{}, fmt.Errorf("receive %s: %w", s.Name, err)
	}
	return kept, nil
}

// judgeSoon judges a statement, and waits a little for the read model where that is behind.
func (r *Regulator) judgeSoon(ctx context.Context, n Name) error {
	late := time.NewTimer(r.settings.Patience)
	defer late.Stop()
	for {
		moved := r.ledger.books.Moved()
		judged, err := r.judge(ctx, n)
		if err != nil || judged {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return nil
		case <-moved:
		}
	}
}

// judge says what a statement is worth, if the read model has come as far as its business day.
func (r *Regulator) judge(ctx context.Context, n Name) (bool, error) {
	if whole, err := r.ledger.whole(ctx); err != nil || !whole {
		return false, err
	}
	done, err := r.turns.take(ctx, n.Platform)
	if err != nil {
		return false, err
	}
	defer done()
	s, content, err := r.Open(ctx, n)
	if err != nil || s.State != Received {
		return err == nil, err
	}
	v, ready, err := r.verdict(ctx, s, content)
	if err != nil || !ready {
		return false, err
	}
	return true, r.db.Write(ctx, func(tx *sql.Tx) error {
		moved, err := settle(ctx, tx, n, v.action(), v, r.now())
		if err != nil || !moved {
			return err
		}
		return tell(ctx, tx, r.feed, s, v.action(), v)
	})
}

// Run judges what was received before the read model had come as far, and tells the member's feed of months whose deadline
// passed without a statement, until the context ends.
func (r *Regulator) Run(ctx context.Context, report func(error)) error {
	moved, looked := closed(), map[string]calendar.Date{}
	ticker := time.NewTicker(r.settings.Gather)
	defer ticker.Stop()
	for {
		select {
		case <-r.missed:
			moved = closed()
		default: // nothing waits that nobody has looked at
		}
		select {
		case <-moved:
			moved = r.ledger.books.Moved()
			if err := errors.Join(r.judgeWaiting(ctx), r.tellMissing(ctx, looked)); err != nil && ctx.Err() == nil {
				report(err)
			}
		default: // nothing happened
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// closed is a channel that says at once that something happened.
func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// judgeWaiting judges what waits, platforms in turn, so that none starves the others.
func (r *Regulator) judgeWaiting(ctx context.Context) error {
	var failed error
	var lines [][]Record
	for _, platform := range r.ledger.platforms() {
		line, err := r.query(ctx, `WHERE state = $1 AND platform = $2 ORDER BY seq LIMIT $3`, string(Received), platform, mostAtOnce)
		failed = errors.Join(failed, err)
		lines = append(lines, line)
	}
	for _, s := range inTurn(lines) {
		if _, err := r.judge(ctx, s.Name); err != nil {
			failed = errors.Join(failed, fmt.Errorf("judge %s: %w", s.Name, err))
		}
	}
	return failed
}

// Unjudged counts what was received and waits for the read model.
func (r *Regulator) Unjudged(ctx context.Context) (int64, error) {
	var n int64
	err := r.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM submission WHERE state = $1`, string(Received)).Scan(&n)
	return n, err
}
