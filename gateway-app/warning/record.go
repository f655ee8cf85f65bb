package warning

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/hazard"
)

// Band is a probability in words.
type Band string

// The bands, by the probability of going overdue within the horizon.
const (
	Calm     Band = "calm"     // below 5 %
	Guarded  Band = "guarded"  // from 5 %
	Elevated Band = "elevated" // from 15 %
	Acute    Band = "acute"    // from 40 %
	Settled  Band = "settled"  // repaid, or written off: there is nothing left to warn of
)

// The lower bounds of bands, in millionths. They sort loans for those who look; warnings go by the regime's rules.
const (
	guardedPPM  = 50_000
	elevatedPPM = 150_000
	acutePPM    = 400_000
)

func bandOf(ppm int64) Band {
	switch {
	case ppm >= acutePPM:
		return Acute
	case ppm >= elevatedPPM:
		return Elevated
	case ppm >= guardedPPM:
		return Guarded
	}
	return Calm
}

// Bands lists the bands, from the calmest on.
func Bands() []Band { return []Band{Calm, Guarded, Elevated, Acute, Settled} }

// Loan is how a loan stands in this package's eyes.
type Loan struct {
	Loan             string          `json:"loan"`
	Borrower         string          `json:"borrower"`
	Grade            string          `json:"grade,omitempty"`
	TermMonths       int             `json:"term_months"`
	StartedOn        string          `json:"started_on"`
	Status           string          `json:"status"`
	OutstandingMinor money.Minor     `json:"outstanding_minor"`
	PastDueDays      int             `json:"past_due_days"`
	ProbabilityPPM   int64           `json:"probability_ppm" doc:"Of being overdue by more than 30 days within the next 90"`
	Band             Band            `json:"band" enum:"calm,guarded,elevated,acute,settled"`
	Model            string          `json:"model" doc:"The model's hash; start: the rule that stands in before there is one"`
	Reasons          []hazard.Reason `json:"reasons"`
	On               string          `json:"on" doc:"The business day that it is as of"`
	RefreshedAt      string          `json:"refreshed_at"`

	lowestPPM   int64
	everOverdue bool
	sequence    int64
}

// byRule is the speaker's name before there is a model.
const byRule = "start"

const selectLoan = `SELECT loan, seq, borrower, grade, term_months, started_on, status, outstanding_minor, past_due_days, ever_overdue,
	probability_ppm, lowest_ppm, speaker, reasons, band, on_date, refreshed_at FROM warning_loan `

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func scanLoan(scan func(...any) error) (Loan, error) {
	var l Loan
	var reasons string
	var ever int64
	err := scan(&l.Loan, &l.sequence, &l.Borrower, &l.Grade, &l.TermMonths, &l.StartedOn, &l.Status, &l.OutstandingMinor,
		&l.PastDueDays, &ever, &l.ProbabilityPPM, &l.lowestPPM, &l.Model, &reasons, &l.Band, &l.On, &l.RefreshedAt)
	if err != nil {
		return l, err
	}
	l.everOverdue = ever == 1
	return l, json.Unmarshal([]byte(reasons), &l.Reasons)
}

// loanBefore is a loan as it was refreshed last; false: never.
func loanBefore(ctx context.Context, q querier, id string) (Loan, bool, error) {
	l, err := scanLoan(q.QueryRowContext(ctx, selectLoan+`WHERE loan = $1`, id).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return l, false, nil
	case err != nil:
		return l, false, fmt.Errorf("read the probability of loan %s: %w", id, err)
	}
	return l, true, nil
}

// Status is whether somebody still has to look.
type Status string

// The statuses.
const (
	Open   Status = "open"
	Closed Status = "closed"
)

// Outcome is what came of a warning.
type Outcome string

// The outcomes. Repaid and WrittenOff are the loan's own doing.
const (
	Contacted    Outcome = "contacted"
	Restructured Outcome = "restructured"
	NoAction     Outcome = "no_action"
	FalseAlarm   Outcome = "false_alarm"
	Repaid       Outcome = "repaid"
	WrittenOff   Outcome = "written_off"
)

// Outcomes are those that people can name.
func Outcomes() []Outcome { return []Outcome{Contacted, Restructured, NoAction, FalseAlarm} }

// Warning is a loan that somebody must look at, by which rule, who does, and what came of it.
type Warning struct {
	ID               string          `json:"id"`
	Loan             string          `json:"loan"`
	Borrower         string          `json:"borrower"`
	Rule             string          `json:"rule"`
	RuleVersion      int             `json:"rule_version"`
	Pack             string          `json:"pack"`
	Severity         string          `json:"severity" enum:"low,medium,high"`
	Status           Status          `json:"status" enum:"open,closed"`
	BeforePPM        int64           `json:"before_ppm" doc:"Of the refreshment before; the probability itself at the first"`
	ProbabilityPPM   int64           `json:"probability_ppm"`
	PastDueDays      int             `json:"past_due_days"`
	OutstandingMinor money.Minor     `json:"outstanding_minor"`
	Reasons          []hazard.Reason `json:"reasons"`
	RaisedOn         string          `json:"raised_on" doc:"The business day"`
	RaisedAt         string          `json:"raised_at"`
	Owner            string          `json:"owner,omitempty"`
	Outcome          Outcome         `json:"outcome,omitempty" enum:"contacted,restructured,no_action,false_alarm,repaid,written_off"`
	ClosedBy         string          `json:"closed_by,omitempty"`
	ClosedOn         string          `json:"closed_on,omitempty" doc:"The business day"`
	ClosedAt         string          `json:"closed_at,omitempty"`
	WentOverdue      string          `json:"went_overdue,omitempty" doc:"The day, within 90 days of it, on which the loan was past due for more than 30 days"`

	sequence int64
}

const selectWarning = `SELECT id, seq, loan, borrower, rule, rule_version, pack, severity, status, before_ppm, probability_ppm,
	past_due_days, outstanding_minor, reasons, raised_on, raised_at, owner, outcome, closed_by, closed_on, closed_at, went_overdue FROM warning `

func scanWarning(scan func(...any) error) (Warning, error) {
	var w Warning
	var reasons string
	err := scan(&w.ID, &w.sequence, &w.Loan, &w.Borrower, &w.Rule, &w.RuleVersion, &w.Pack, &w.Severity, &w.Status, &w.BeforePPM,
		&w.ProbabilityPPM, &w.PastDueDays, &w.OutstandingMinor, &reasons, &w.RaisedOn, &w.RaisedAt, &w.Owner, &w.Outcome,
		&w.ClosedBy, &w.ClosedOn, &w.ClosedAt, &w.WentOverdue)
	if err != nil {
		return w, err
	}
	return w, json.Unmarshal([]byte(reasons), &w.Reasons)
}

func list[T any](ctx context.Context, q querier, scan func(func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := []T{}
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, rows.Err()
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.In(fault.NotFound, "warning")
	}
	return err
}
