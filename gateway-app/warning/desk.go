package warning

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Filter narrows a list of warnings. Empty fields ask for nothing.
type Filter struct {
	Loan   string
	Rule   string
	Status Status
	Owner  string
	After  string // where the last page ended
	Limit  int
}

// Warnings lists warnings in the order in which they were raised, and answers where the next page begins.
func (w *Watch) Warnings(ctx context.Context, f Filter) ([]Warning, string, error) {
	after, err := sequenceOf(f.After)
	if err != nil {
		return nil, "", err
	}
	found, err := list(ctx, w.db, scanWarning, selectWarning+`WHERE seq > $1 AND (CAST($2 AS TEXT) = '' OR loan = $2)
		AND (CAST($3 AS TEXT) = '' OR rule = $3) AND (CAST($4 AS TEXT) = '' OR status = $4) AND (CAST($5 AS TEXT) = '' OR owner = $5)
		ORDER BY seq LIMIT $6`, after, f.Loan, f.Rule, string(f.Status), f.Owner, f.Limit)
	if err != nil {
		return nil, "", fmt.Errorf("list warnings: %w", err)
	}
	return found, nextOf(found, f.Limit, func(w Warning) int64 { return w.sequence }), nil
}

// Warning answers one warning.
func (w *Watch) Warning(ctx context.Context, id string) (Warning, error) {
	found, err := scanWarning(w.db.QueryRowContext(ctx, selectWarning+`WHERE id = $1`, id).Scan)
	return found, notFound(err)
}

// LoanFilter narrows a list of watched loans. Empty fields ask for nothing.
type LoanFilter struct {
	Band  Band
	After string
	Limit int
}

// Loans lists watched loans in the order in which they were lent.
func (w *Watch) Loans(ctx context.Context, f LoanFilter) ([]Loan, string, error) {
	after, err := sequenceOf(f.After)
	if err != nil {
		return nil, "", err
	}
	found, err := list(ctx, w.db, scanLoan, selectLoan+`WHERE seq > $1 AND (CAST($2 AS TEXT) = '' OR band = $2) ORDER BY seq LIMIT $3`,
		after, string(f.Band), f.Limit)
	if err != nil {
		return nil, "", fmt.Errorf("list watched loans: %w", err)
	}
	return found, nextOf(found, f.Limit, func(l Loan) int64 { return l.sequence }), nil
}

// Step is a band that a loan came into.
type Step struct {
	On             string `json:"on"`
	Band           Band   `json:"band" enum:"calm,guarded,elevated,acute,settled"`
	ProbabilityPPM int64  `json:"probability_ppm"`
}

// Watched is a loan with the bands that it came through, the oldest first.
type Watched struct {
	Loan
	Steps []Step `json:"steps"`
}

// Loan answers how a loan stands. One that was not lent yet is not found.
func (w *Watch) Loan(ctx context.Context, id string) (Watched, error) {
	l, known, err := loanBefore(ctx, w.db, id)
	switch {
	case err != nil:
		return Watched{}, err
	case !known:
		return Watched{}, fault.In(fault.NotFound, "loan")
	}
	steps, err := list(ctx, w.db, func(scan func(...any) error) (Step, error) {
		var s Step
		err := scan(&s.On, &s.Band, &s.ProbabilityPPM)
		return s, err
	}, `SELECT on_date, band, probability_ppm FROM warning_band WHERE loan = $1 ORDER BY seq`, id)
	return Watched{l, steps}, err
}

// Assign names who looks after an open warning: a user's id. The same again changes nothing.
func (w *Watch) Assign(ctx context.Context, id, owner string) (Warning, error) {
	if owner == "" {
		return Warning{}, fault.In(fault.MissingField, "owner")
	}
	if w.settings.Eligible != nil {
		if err := w.settings.Eligible(ctx, owner); err != nil {
			return Warning{}, err
		}
	}
	return w.change(ctx, id, func(tx *sql.Tx, found *Warning) error {
		found.Owner = owner
		_, err := tx.ExecContext(ctx, `UPDATE warning SET owner = $2 WHERE id = $1`, id, owner)
		return err
	})
}

// Close ends a warning with what came of it. One without an owner gets the one who closes it.
func (w *Watch) Close(ctx context.Context, id string, outcome Outcome, by string) (Warning, error) {
	if !slices.Contains(Outcomes(), outcome) {
		return Warning{}, fault.In(fault.InvalidField, "outcome")
	}
	today, err := w.today(ctx)
	if err != nil {
		return Warning{}, err
	}
	return w.change(ctx, id, func(tx *sql.Tx, found *Warning) error {
		found.Owner = cmp.Or(found.Owner, by)
		found.Outcome, found.Status, found.ClosedBy = outcome, Closed, by
		found.ClosedOn, found.ClosedAt = today.String(), store.Time(w.now())
		if err := closeIn(ctx, tx, *found); err != nil {
			return err
		}
		return w.feed.Append(ctx, tx, notice.Notice{Type: notice.Warning + ".closed", Subject: found.ID, Payload: found.event(found.ClosedOn)})
	})
}

// change changes an open warning; one that is closed stays as it is.
func (w *Watch) change(ctx context.Context, id string, do func(*sql.Tx, *Warning) error) (Warning, error) {
	var found Warning
	err := w.db.Write(ctx, func(tx *sql.Tx) error {
		var err error
		found, err = scanWarning(tx.QueryRowContext(ctx, selectWarning+`WHERE id = $1`, id).Scan)
		switch {
		case err != nil:
			return notFound(err)
		case found.Status == Closed:
			return fault.In(fault.WrongStatus, "warning")
		}
		return do(tx, &found)
	})
	return found, err
}

// Count is how many warnings of one rule were raised in one month, and what came of them.
type Count struct {
	Rule    string
	Month   string
	Raised  int64
	Open    int64
	Overdue int64 // the loan went overdue by more than 30 days within 90 days of it
	Known   int64 // it did, or the 90 days have passed
}

// Counts adds warnings up by rule and month, within business days that may both be empty.
func (w *Watch) Counts(ctx context.Context, from, through string) ([]Count, error) {
	today, err := w.today(ctx)
	if err != nil {
		return nil, err
	}
	return list(ctx, w.db, func(scan func(...any) error) (Count, error) {
		var c Count
		err := scan(&c.Rule, &c.Month, &c.Raised, &c.Open, &c.Overdue, &c.Known)
		return c, err
	}, `SELECT rule, SUBSTR(raised_on, 1, 7) AS raised_month, COUNT(*), COUNT(CASE WHEN status = 'open' THEN 1 END),
		COUNT(CASE WHEN went_overdue <> '' THEN 1 END), COUNT(CASE WHEN went_overdue <> '' OR raised_on < $3 THEN 1 END)
		FROM warning WHERE (CAST($1 AS TEXT) = '' OR raised_on >= $1) AND (CAST($2 AS TEXT) = '' OR raised_on <= $2)
		GROUP BY rule, SUBSTR(raised_on, 1, 7) ORDER BY 2, 1`, from, through, today.AddDays(-hazard.HorizonDays).String())
}

// InBand is how many loans are in a band, and what they owe.
type InBand struct {
	Band             Band
	Grade            string
	Loans            int64
	OutstandingMinor int64
}

// ByBand adds the watched loans up by band and grade.
func (w *Watch) ByBand(ctx context.Context) ([]InBand, error) {
	return list(ctx, w.db, func(scan func(...any) error) (InBand, error) {
		var b InBand
		err := scan(&b.Band, &b.Grade, &b.Loans, &b.OutstandingMinor)
		return b, err
	}, `SELECT band, grade, COUNT(*), CAST(SUM(outstanding_minor) AS BIGINT) FROM warning_loan GROUP BY band, grade ORDER BY band, grade`)
}

// Unclosed counts the warnings that somebody still has to look at.
func (w *Watch) Unclosed(ctx context.Context) (int64, error) {
	var n int64
	err := w.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM warning WHERE status = 'open'`).Scan(&n)
	return n, err
}

func sequenceOf(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.In(fault.InvalidField, "cursor")
	}
	return n, nil
}

func nextOf[T any](found []T, limit int, sequence func(T) int64) string {
	if len(found) == 0 || len(found) < limit {
		return ""
	}
	return strconv.FormatInt(sequence(found[len(found)-1]), 10)
}
