package warning

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/lane"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// turn is what all loans of one refreshment share.
type turn struct {
	*Watch
	today   calendar.Date
	pack    string
	rules   []rule
	speak   speaker
	applied map[string]int64 // by loan, what the decision gave: of those that were watched before
}

// prepare reads which rules and which model are in force, and what is known of loans from the day they were lent.
func (w *Watch) prepare(ctx context.Context, today calendar.Date, loans []string) (turn, error) {
	packs, err := projection.AdoptedPacks(ctx, w.books.Regimes)
	if err != nil {
		return turn{}, err
	}
	t := turn{Watch: w, today: today}
	if t.pack, t.rules, err = w.rules.of(packs, today, w.settings.Logger); err != nil {
		return t, err
	}
	if t.speak, err = w.speaker(ctx, today); err != nil {
		return t, err
	}
	t.applied, err = w.appliedTo(ctx, loans)
	return t, err
}

// appliedTo is what the decisions gave the loans among some that were watched before.
func (w *Watch) appliedTo(ctx context.Context, loans []string) (map[string]int64, error) {
	marks, values := make([]string, len(loans)), make([]any, len(loans))
	for i, l := range loans {
		marks[i], values[i] = "$"+strconv.Itoa(i+1), l
	}
	applied := make(map[string]int64, len(loans))
	_, err := list(ctx, w.db, func(scan func(...any) error) (string, error) {
		var id string
		var ppm int64
		err := scan(&id, &ppm)
		applied[id] = ppm
		return id, err
	}, `SELECT loan, applied_ppm FROM warning_loan WHERE loan IN (`+strings.Join(marks, ", ")+`)`, values...)
	if err != nil {
		return nil, fmt.Errorf("read what loans started from: %w", err)
	}
	return applied, nil
}

// appliedOf is what the decision gave a loan when it was lent.
func (t turn) appliedOf(ctx context.Context, s loan.State) (int64, error) {
	if ppm, known := t.applied[s.ID]; known || t.decisions == nil {
		return ppm, nil
	}
	return t.decisions.ProbabilityOf(ctx, s.Borrower)
}

// sight is a loan as it was derived, before it is held against what was known of it.
type sight struct {
	loan    Loan
	event   int64
	onBook  int    // rows with principal that have fallen due
	given   string // the reasons as they are stored
	applied int64  // what the decision gave
}

// lookAll derives loans.
func (t turn) lookAll(ctx context.Context, loans []string, events map[string]int64) ([]sight, error) {
	seen := make([]sight, len(loans))
	for i, id := range loans {
		found, err := t.books.Loan(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read loan %s: %w", id, err)
		}
		if seen[i], err = t.look(ctx, found, events[id]); err != nil {
			return nil, fmt.Errorf("refresh loan %s: %w", id, err)
		}
	}
	return seen, nil
}

// look derives a loan.
func (t turn) look(ctx context.Context, found projection.Loan, event int64) (sight, error) {
	s := found.State
	seen := sight{event: event, given: "[]", loan: Loan{
		Loan: s.ID, Borrower: s.Borrower, Grade: found.Terms.Grade, TermMonths: found.Terms.Instalments, Status: string(s.Status),
		OutstandingMinor: s.Outstanding(), Band: Settled, Model: t.speak.name, On: t.today.String(), RefreshedAt: store.Time(t.now()),
	}}
	if s.Plan == nil {
		return seen, nil
	}
	var err error
	if seen.applied, err = t.appliedOf(ctx, s); err != nil {
		return seen, err
	}
	h, err := hazard.HistoryOf(s, seen.applied)
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
		if err := t.cameTrue(ctx, tx, l); err != nil {
			return err
		}
	}
	switch loan.Status(l.Status) {
	case loan.Repaid:
		return t.settle(ctx, tx, l, Repaid)
	case loan.WrittenOff:
		return t.settle(ctx, tx, l, WrittenOff)
	case loan.Active:
		return t.judge(ctx, tx, before, l, s)
	}
	return nil
}

// cameTrue notes of the warnings of the horizon before it that the loan went overdue, and on which day.
func (t turn) cameTrue(ctx context.Context, tx *sql.Tx, l Loan) error {
	on := t.today.AddDays(hazard.LateDays + 1 - l.PastDueDays)
	const query = `UPDATE warning SET went_overdue = $2 WHERE loan = $1 AND went_overdue = '' AND raised_on <= $2 AND raised_on >= $3`
	_, err := tx.ExecContext(ctx, query, l.Loan, on.String(), on.AddDays(-hazard.HorizonDays).String())
	return err
}

func (t turn) put(ctx context.Context, tx *sql.Tx, l Loan, s sight) error {
	const query = `INSERT INTO warning_loan (loan, seq, borrower, grade, term_months, started_on, status, outstanding_minor, past_due_days,
		ever_overdue, applied_ppm, probability_ppm, lowest_ppm, speaker, reasons, band, on_date, event_seq, refreshed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT (loan) DO UPDATE SET status = excluded.status, started_on = excluded.started_on, outstanding_minor = excluded.outstanding_minor,
			past_due_days = excluded.past_due_days, ever_overdue = excluded.ever_overdue, probability_ppm = excluded.probability_ppm,
			lowest_ppm = excluded.lowest_ppm, speaker = excluded.speaker, reasons = excluded.reasons, band = excluded.band,
			on_date = excluded.on_date, event_seq = excluded.event_seq, refreshed_at = excluded.refreshed_at`
	ever := 0
	if l.everOverdue {
		ever = 1
	}
	_, err := tx.ExecContext(ctx, query, l.Loan, l.sequence, l.Borrower, l.Grade, l.TermMonths, l.StartedOn, l.Status, l.OutstandingMinor,
		l.PastDueDays, ever, s.applied, l.ProbabilityPPM, l.lowestPPM, l.Model, s.given, string(l.Band), l.On, s.event, l.RefreshedAt)
	return err
}

func noteBand(ctx context.Context, tx *sql.Tx, l Loan) error {
	const query = `INSERT INTO warning_band (loan, seq, on_date, band, probability_ppm)
		VALUES ($1, (SELECT COUNT(*) + 1 FROM warning_band WHERE loan = $1), $2, $3, $4)`
	_, err := tx.ExecContext(ctx, query, l.Loan, l.On, string(l.Band), l.ProbabilityPPM)
	return err
}

// judge raises what the rules say. A loan that is overdue already is past being warned of: whoever collects has it.
func (t turn) judge(ctx context.Context, tx *sql.Tx, before, l Loan, s sight) error {
	if l.PastDueDays > hazard.LateDays {
		return nil
	}
	values := map[string]any{
		"probability_ppm": l.ProbabilityPPM, "before_ppm": before.ProbabilityPPM, "rise_ppm": l.ProbabilityPPM - l.lowestPPM,
		"past_due_days": int64(l.PastDueDays), "outstanding_minor": int64(l.OutstandingMinor),
		"months_on_book": int64(s.onBook), "term_months": int64(l.TermMonths), "grade": l.Grade,
	}
	for _, r := range t.rules {
		if !t.Watch.rules.met(r, values, t.settings.Logger) {
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

// raise opens a warning, unless the rule's last one of the loan is open, or somebody has closed it within the quiet days.
// Of a loan that was repaid, and whose money then bounced, nobody has looked.
func (t turn) raise(ctx context.Context, tx *sql.Tx, r rule, before, l Loan, s sight) error {
	var standing int
	const look = `SELECT COUNT(*) FROM warning WHERE loan = $1 AND rule = $2 AND (status = 'open' OR closed_by <> '' AND closed_on > $3)`
	quiet := t.today.AddDays(-int(r.Figure(quietFigure, defaultQuietDays)))
	if err := tx.QueryRowContext(ctx, look, l.Loan, r.ID, quiet.String()).Scan(&standing); err != nil || standing > 0 {
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
		past_due_days, outstanding_minor, reasons, raised_on, raised_at, owner, outcome, closed_by, closed_on, closed_at, went_overdue)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $11, $12, $13, $14, $15, '', '', '', '', '', '')`
	_, err = tx.ExecContext(ctx, query, w.ID, seq, w.Loan, w.Borrower, w.Rule, w.RuleVersion, w.Pack, w.Severity, w.BeforePPM, w.ProbabilityPPM,
		w.PastDueDays, l.OutstandingMinor, s.given, w.RaisedOn, l.RefreshedAt)
	if err != nil {
		return err
	}
	return t.feed.Append(ctx, tx, notice.Notice{Type: notice.Warning + ".raised", Subject: w.ID, Payload: w.event(l.On)})
}

// quietFigure is the figure of a rule that says for how many days it says nothing again of a loan that somebody has looked
// at.
const (
	quietFigure      = "quiet_days"
	defaultQuietDays = 30
	mostQuietDays    = 400
)

// settle closes what is open of a loan that has ended.
func (t turn) settle(ctx context.Context, tx *sql.Tx, l Loan, as Outcome) error {
	open, err := list(ctx, tx, scanWarning, selectWarning+`WHERE loan = $1 AND status = 'open' ORDER BY seq`, l.Loan)
	if err != nil {
		return err
	}
	for _, w := range open {
		w.Outcome, w.ClosedOn, w.ClosedAt = as, l.On, l.RefreshedAt
		if err := closeIn(ctx, tx, w); err != nil {
			return err
		}
		if err := t.feed.Append(ctx, tx, notice.Notice{Type: notice.Warning + ".closed", Subject: w.ID, Payload: w.event(l.On)}); err != nil {
			return err
		}
	}
	return nil
}

func closeIn(ctx context.Context, tx *sql.Tx, w Warning) error {
	const query = `UPDATE warning SET status = 'closed', owner = $2, outcome = $3, closed_by = $4, closed_on = $5, closed_at = $6
		WHERE id = $1 AND status = 'open'`
	_, err := tx.ExecContext(ctx, query, w.ID, w.Owner, string(w.Outcome), w.ClosedBy, w.ClosedOn, w.ClosedAt)
	return err
}
