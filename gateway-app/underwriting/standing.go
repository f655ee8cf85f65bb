package underwriting

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// defaultDays is from when on a loan counts as defaulted: the trade's and the supervisor's ninety days.
const defaultDays = 90

// recentDays is for how long after a change of profile or key the first withdrawal is looked at: who takes over
// an account draws soon.
const recentDays = 30

// Books are the member's view of the ledger.
type Books interface {
	Party(ctx context.Context, collection, handle string) (projection.Held[party.State], error)
	Loans(ctx context.Context, f projection.LoanFilter, page projection.Page) (projection.List[projection.Loan], error)
	Day(ctx context.Context, custodian string) (projection.Held[custody.Day], error)
}

// People are the member's own records.
type People interface {
	FindParty(ctx context.Context, handle string) (person.Record, error)
	// Processing refuses who has asked for erasure, in the caller's transaction where it has one.
	Processing(ctx context.Context, tx *sql.Tx, handle string) error
	// Restricted are all whom it refuses.
	Restricted(ctx context.Context) (map[string]bool, error)
}

// standing is how an applicant stands on the ledger and in the member's records. It is derived anew for every
// application: no job has to be in time for it.
type standing struct {
	openLoans         int64
	overdueDays       int64 // of the worst loan that is open
	writtenOff        int64
	exposedMinor      int64
	profileDays       int64 // since the last change of the record; -1: it was never changed
	keyDays           int64 // since the key was changed; -1: it is the first
	firstDrawOnChange bool  // one of these is recent, and nothing was paid out since
}

// standing reads how somebody stands on a date.
func (d *Desk) standing(ctx context.Context, handle string, on calendar.Date) (standing, error) {
	s := standing{profileDays: -1, keyDays: -1}
	changed, err := d.changes(ctx, handle, on, &s)
	if err != nil {
		return s, fmt.Errorf("read the changes of an applicant: %w", err)
	}
	drawn := false
	for l, err := range d.loansOf(ctx, handle) {
		if err != nil {
			return s, fmt.Errorf("read the loans of an applicant: %w", err)
		}
		if err := s.add(l.State, on); err != nil {
			return s, err
		}
		drawn = drawn || l.State.Plan != nil && !l.State.Plan.Start.IsZero() && l.State.Plan.Start >= changed
	}
	recently := s.profileDays >= 0 && s.profileDays <= recentDays || s.keyDays >= 0 && s.keyDays <= recentDays
	s.firstDrawOnChange = recently && !drawn
	return s, nil
}

func (d *Desk) loansOf(ctx context.Context, handle string) func(func(projection.Loan, error) bool) {
	return projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
		return d.books.Loans(ctx, projection.LoanFilter{Borrower: handle}, page)
	})
}

func (s *standing) add(l loan.State, on calendar.Date) error {
	switch l.Status {
	case loan.WrittenOff:
		s.writtenOff++
	case loan.Active:
		s.openLoans++
		days, err := repayment.OverdueDays(l, on)
		if err != nil {
			return fmt.Errorf("reckon how long a loan is overdue: %w", err)
		}
		s.overdueDays = max(s.overdueDays, int64(days))
		s.exposedMinor += int64(l.Outstanding())
	}
	return nil
}

// changes reads when record and key were last changed, and answers the later of the two; none: never.
func (d *Desk) changes(ctx context.Context, handle string, on calendar.Date, s *standing) (calendar.Date, error) {
	var last calendar.Date
	record, err := d.people.FindParty(ctx, handle)
	switch {
	case err == nil && record.Version > 1:
		at, err := store.ParseTime(record.ChangedAt)
		if err != nil {
			return last, err
		}
		last = calendar.Shanghai(at.Unix())
		s.profileDays = daysSince(last, calendar.Shanghai(d.now().Unix())) // the record is dated by the clock
	case err != nil && !errors.Is(err, fault.New(fault.NotFound)):
		return last, err
	}
	held, err := d.party(ctx, handle)
	if err != nil || len(held.Keys) < 2 {
		return last, err
	}
	from := held.Keys[len(held.Keys)-1].From
	s.keyDays = daysSince(from, on)
	return max(last, from), nil
}

// daysSince is at least 0: a change dated by the bank's business day can be ahead of the clock.
func daysSince(from, on calendar.Date) int64 { return int64(max(0, calendar.Days(from, on))) }

// party finds a party in whichever of the member's collections it is; a zero state is nobody the ledger knows.
func (d *Desk) party(ctx context.Context, handle string) (party.State, error) {
	for _, collection := range d.settings.Collections {
		held, err := d.books.Party(ctx, collection, handle)
		if err == nil {
			return held.State, nil
		}
		if !errors.Is(err, fault.New(fault.NotFound)) {
			return party.State{}, err
		}
	}
	return party.State{}, nil
}

// defaulted reports whether somebody has a loan that is written off, or overdue for more than ninety days.
func (d *Desk) defaulted(ctx context.Context, handle string, on calendar.Date) (bool, error) {
	for l, err := range d.loansOf(ctx, handle) {
		if err != nil {
			return false, fmt.Errorf("read the loans of who shares a contact: %w", err)
		}
		bad, err := bad(l.State, on)
		if bad || err != nil {
			return bad, err
		}
	}
	return false, nil
}

// bad reports whether a loan is written off, or overdue for more than ninety days.
func bad(l loan.State, on calendar.Date) (bool, error) {
	if !l.WrittenOffOn.IsZero() {
		return true, nil
	}
	if l.Status != loan.Active {
		return false, nil
	}
	days, err := repayment.OverdueDays(l, on)
	return days > defaultDays, err
}

// today is the business date, which decides what is due; before the first one, the date in China.
func (d *Desk) today(ctx context.Context, at time.Time) (calendar.Date, error) {
	held, err := d.books.Day(ctx, d.settings.Custodian)
	switch {
	case err == nil && !held.State.Date.IsZero():
		return held.State.Date, nil
	case err != nil && !errors.Is(err, fault.New(fault.NotFound)):
		return 0, fmt.Errorf("read the business date: %w", err)
	}
	return calendar.Shanghai(at.Unix()), nil
}

// clockDate is the date in China by the clock, from which rule sets are in force.
func (d *Desk) clockDate() calendar.Date { return calendar.Shanghai(d.now().Unix()) }
