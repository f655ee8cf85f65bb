package warning

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// turn is what all loans of one refreshment share.
type turn struct {
	*Watch
	today calendar.Date
	pack  string
	rules []rule
	speak speaker
}

// prepare reads which rules and which model are in force.
func (w *Watch) prepare(ctx context.Context, today calendar.Date) (turn, error) {
	packs, err := w.packs(ctx)
	if err != nil {
		return turn{}, err
	}
	t := turn{Watch: w, today: today}
	if t.pack, t.rules, err = w.rules.of(packs, today); err != nil {
		return t, err
	}
	t.speak, err = w.speaker(ctx, today)
	return t, err
}

// sight is a loan as it was derived, before it is held against what was known of it.
type sight struct {
	loan     Loan
	event    int64
	onBook   int // rows with principal that have fallen due
	lateDays int
	given    string // the reasons as they are stored
}

// look derives a loan.
func (t turn) look(ctx context.Context, id string, event int64) (sight, error) {
	found, err := t.books.Loan(ctx, id)
	if err != nil {
		return sight{}, err
	}
	s := found.State
	seen := sight{event: event, given: "[]", loan: Loan{
		Loan: s.ID, Borrower: s.Borrower, Grade: found.Terms.Grade, TermMonths: found.Terms.Instalments, Status: string(s.Status),
		OutstandingMinor: s.Outstanding(), Band: Settled, Model: t.speak.name, On: t.today.String(), RefreshedAt: store.Time(t.now()),
	}}
	if s.Plan == nil {
		return seen, nil
	}
	probability, err := t.decisions.ProbabilityOf(ctx, s.Borrower)
	if err != nil {
		return seen, err
	}
	h, err := hazard.HistoryOf(s, probability)
	if err != nil {
		return seen, err
	}
	seen.loan.StartedOn = s.Plan.Start.String()
	seen.loan.PastDueDays = h.PastDueDays(t.today)
	for _, row := range h.Rows {
		if row.Due <= t.today {
			seen.onBook++
		}
	}
	if s.Status != loan.Active || s.Outstanding() == 0 {
		return seen, nil
	}
	answer := t.speak.answer(h, t.today)
	seen.loan.ProbabilityPPM, seen.loan.Reasons, seen.loan.Band = answer.ProbabilityPPM, answer.Reasons, bandOf(answer.ProbabilityPPM)
	reasons, err := json.Marshal(seen.loan.Reasons)
	if err == nil && answer.Reasons != nil {
		seen.given = string(reasons)
	}
	return seen, err
}

// keep writes a loan and what it means.
func (t turn) keep(ctx context.Context, tx *sql.Tx, s sight) error {
	before, known, err := loanBefore(ctx, tx, s.loan.Loan)
	if err != nil {
		return err
	}
	l := s.loan
	l.sequence, l.lowestPPM, l.everOverdue = before.sequence, l.ProbabilityPPM, before.everOverdue || l.PastDueDays > hazard.LateDays
	if !known {
		before = l
		before.Band = ""
		if l.sequence, err = store.Next(ctx, tx, "warning_loan"); err != nil {
			return err
		}
	} else if before.Band != Settled {
		l.lowestPPM = min(l.lowestPPM, before.lowestPPM)
	}
	if err := t.put(ctx, tx, l, s); err != nil {
		return err
	}
	if l.Band != before.Band {
		if err := noteBand(ctx, tx, l); err != nil {
			return err
		}
	}
	if l.PastDueDays > hazard.LateDays {
		const query = `UPDATE warning SET went_overdue = $2 WHERE loan = $1 AND went_overdue = ''`
		if _, err := tx.ExecContext(ctx, query, l.Loan, l.On); err != nil {
			return err
		}
	}
	switch loan.Status(l.Status) {
	case loan.Repaid:
		return t.settle(ctx, tx, l)
	case loan.Active:
		return t.judge(ctx, tx, before, l, s)
	}
	return nil
}

func (t turn) put(ctx context.Context, tx *sql.Tx, l Loan, s sight) error {
	const query = `INSERT INTO warning_loan (loan, seq, borrower, grade, term_months, started_on, status, outstanding_minor, past_due_days,
		ever_overdue, probability_ppm, lowest_ppm, speaker, reasons, band, on_date, event_seq, refreshed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (loan) DO UPDATE SET status = excluded.status, started_on = excluded.started_on, outstanding_minor = excluded.outstanding_minor,
			past_due_days = excluded.past_due_days, ever_overdue = excluded.ever_overdue, probability_ppm = excluded.probability_ppm,
			lowest_ppm = excluded.lowest_ppm, speaker = excluded.speaker, reasons = excluded.reasons, band = excluded.band,
			on_date = excluded.on_date, event_seq = excluded.event_seq, refreshed_at = excluded.refreshed_at`
	ever := 0
	if l.everOverdue {
		ever = 1
	}
	_, err := tx.ExecContext(ctx, query, l.Loan, l.sequence, l.Borrower, l.Grade, l.TermMonths, l.StartedOn, l.Status, l.OutstandingMinor,
		l.PastDueDays, ever, l.ProbabilityPPM, l.lowestPPM, l.Model, s.given, string(l.Band), l.On, s.event, l.RefreshedAt)
	return err
}

func noteBand(ctx context.Context, tx *sql.Tx, l Loan) error {
	const query = `INSERT INTO warning_band (loan, seq, on_date, band, probability_ppm)
		VALUES ($1, (SELECT COUNT(*) + 1 FROM warning_band WHERE loan = $1), $2, $3, $4)`
	_, err := tx.ExecContext(ctx, query, l.Loan, l.On, string(l.Band), l.ProbabilityPPM)
	return err
}

// judge raises what the rules say.
func (t turn) judge(ctx context.Context, tx *sql.Tx, before, l Loan, s sight) error {
	for _, r := range t.rules {
		raised, err := r.program.Bool(map[string]any{
			"probability_ppm": l.ProbabilityPPM, "before_ppm": before.ProbabilityPPM, "rise_ppm": l.ProbabilityPPM - l.lowestPPM,
			"past_due_days": int64(l.PastDueDays), "outstanding_minor": int64(l.OutstandingMinor),
			"months_on_book": int64(s.onBook), "term_months": int64(l.TermMonths), "grade": l.Grade,
		})
		if err != nil {
			return fmt.Errorf("warning %s version %d: %w", r.ID, r.Version, err)
		}
		if !raised {
			continue
		}
		if err := t.raise(ctx, tx, r, before, l, s); err != nil {
			return err
		}
	}
	return nil
}

// event is what the feed says of a warning: nothing about a person.
type event struct {
	Warning        string  `json:"warning"`
	Loan           string  `json:"loan"`
	Rule           string  `json:"rule"`
	RuleVersion    int     `json:"rule_version"`
	Severity       string  `json:"severity"`
	ProbabilityPPM int64   `json:"probability_ppm"`
	PastDueDays    int     `json:"past_due_days"`
	On             string  `json:"on"`
	Outcome        Outcome `json:"outcome,omitempty"`
}

func (w Warning) event(on string) event {
	return event{w.ID, w.Loan, w.Rule, w.RuleVersion, w.Severity, w.ProbabilityPPM, w.PastDueDays, on, w.Outcome}
}

// raise opens a warning. The same rule warns again of a loan only once the one before is closed and the loan has
// meanwhile been better: somebody has looked.
func (t turn) raise(ctx context.Context, tx *sql.Tx, r rule, before, l Loan, s sight) error {
	var standing int
	const look = `SELECT COUNT(*) FROM warning WHERE loan = $1 AND rule = $2 AND (status = 'open' OR probability_ppm <= $3 AND closed_at <> ''
		AND raised_on >= $4)`
	quiet := t.today.AddDays(-quietDays)
	if err := tx.QueryRowContext(ctx, look, l.Loan, r.ID, l.ProbabilityPPM, quiet.String()).Scan(&standing); err != nil || standing > 0 {
		return err
	}
	seq, err := store.Next(ctx, tx, "warning")
	if err != nil {
		return err
	}
	w := Warning{
		ID: lane.Random(16), Loan: l.Loan, Borrower: l.Borrower, Rule: r.ID, RuleVersion: r.Version, Pack: t.pack, Severity: r.Severity,
		Status: Open, BeforePPM: before.ProbabilityPPM, ProbabilityPPM: l.ProbabilityPPM, PastDueDays: l.PastDueDays, RaisedOn: l.On,
	}
	const query = `INSERT INTO warning (id, seq, loan, borrower, rule, rule_version, pack, severity, status, before_ppm, probability_ppm,
		past_due_days, outstanding_minor, reasons, raised_on, raised_at, owner, outcome, closed_by, closed_at, went_overdue)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $11, $12, $13, $14, $15, '', '', '', '', '')`
	_, err = tx.ExecContext(ctx, query, w.ID, seq, w.Loan, w.Borrower, w.Rule, w.RuleVersion, w.Pack, w.Severity, w.BeforePPM, w.ProbabilityPPM,
		w.PastDueDays, l.OutstandingMinor, s.given, w.RaisedOn, l.RefreshedAt)
	if err != nil {
		return err
	}
	return t.feed.Append(ctx, tx, notice.Notice{Type: notice.Warning + ".raised", Subject: w.ID, Payload: w.event(l.On)})
}

// quietDays is for how long a rule says nothing again of a loan that somebody has looked at.
const quietDays = 30

// settle closes what is open of a loan that was repaid.
func (t turn) settle(ctx context.Context, tx *sql.Tx, l Loan) error {
	open, err := list(ctx, tx, scanWarning, selectWarning+`WHERE loan = $1 AND status = 'open' ORDER BY seq`, l.Loan)
	if err != nil {
		return err
	}
	for _, w := range open {
		w.Outcome = Repaid
		if err := closeIn(ctx, tx, w, "", l.RefreshedAt); err != nil {
			return err
		}
		if err := t.feed.Append(ctx, tx, notice.Notice{Type: notice.Warning + ".closed", Subject: w.ID, Payload: w.event(l.On)}); err != nil {
			return err
		}
	}
	return nil
}

func closeIn(ctx context.Context, tx *sql.Tx, w Warning, by, at string) error {
	const query = `UPDATE warning SET status = 'closed', outcome = $2, closed_by = $3, closed_at = $4 WHERE id = $1 AND status = 'open'`
	_, err := tx.ExecContext(ctx, query, w.ID, string(w.Outcome), by, at)
	return err
}
