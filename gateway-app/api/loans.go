package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

// registerLoans adds the reads of loans. A loan is named by its handle, which is the last part of its id.
func (s *Server) registerLoans() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Loan"
	registerList(s, operation{
		id: "loan.list", method: http.MethodGet, path: "/v1/loans", tag: tag, summary: "List loans",
	}, s.listLoans)
	register(s, operation{
		id: "loan.read", method: http.MethodGet, path: "/v1/loans/{handle}", tag: tag, single: true,
		summary: "Read a loan: terms, funding and state", function: "Loan:Read",
	}, s.readLoan)
	registerList(s, operation{
		id: "loan.history", method: http.MethodGet, path: "/v1/loans/{handle}/history", tag: tag,
		summary: "List a loan's events in the order of the ledger",
	}, s.listLoanHistory)
	register(s, operation{
		id: "loan.schedule", method: http.MethodGet, path: "/v1/loans/{handle}/schedule", tag: tag, single: true,
		summary: "Work out a loan's schedule and what it owes on a date",
	}, s.readSchedule)
}

type loansInput struct {
	Paging
	Status     string `query:"status" enum:"proposed,cleared,funding,funded,disbursing,active,repaid,written_off,declined,withdrawn,expired,cancelled"`
	Collection string `query:"collection" maxLength:"128"`
	Borrower   string `query:"borrower" pattern:"^[0-9a-f]{32}$" doc:"The borrower's handle"`
}

func (s *Server) listLoans(ctx context.Context, input *loansInput, page Page) ([]Row[loan.State], string, error) {
	filter := LoanFilter{Status: input.Status, Collection: input.Collection, Borrower: input.Borrower}
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		filter.Party = own
	}
	return s.parts.Books.Loans(ctx, filter, page)
}

// handleInput names something by its handle.
type handleInput struct {
	Handle string `path:"handle" pattern:"^[0-9a-f]{32}$" doc:"128 bits in lower-case hexadecimal"`
}

type loanOutput struct{ Body Loan }

func (s *Server) readLoan(ctx context.Context, input *handleInput) (*loanOutput, error) {
	found, err := s.loan(ctx, input.Handle)
	if err != nil {
		return nil, err
	}
	return &loanOutput{Body: found}, nil
}

// loan reads a loan that the caller may see: a customer sees the loans that they borrow or lend in, and of
// others not even that they exist.
func (s *Server) loan(ctx context.Context, handle string) (Loan, error) {
	found, ok, err := s.parts.Books.Loan(ctx, handle)
	if err != nil {
		return Loan{}, err
	}
	own, narrowed := callerOf(ctx).Own()
	if !ok || narrowed && !partOf(found, own) {
		return Loan{}, fault.In(fault.NotFound, "handle")
	}
	return found, nil
}

// partOf reports whether a party borrows or lends in a loan.
func partOf(l Loan, own string) bool {
	if own == "" {
		return false
	}
	if l.Terms.Borrower == own {
		return true
	}
	if l.Funding == nil {
		return false
	}
	for _, allocation := range l.Funding.Allocations {
		if allocation.Lender == own {
			return true
		}
	}
	return false
}

type loanHistoryInput struct {
	Paging
	handleInput
}

func (s *Server) listLoanHistory(ctx context.Context, input *loanHistoryInput, page Page) ([]LoanEvent, string, error) {
	if _, err := s.loan(ctx, input.Handle); err != nil {
		return nil, "", err
	}
	return s.parts.Books.LoanHistory(ctx, input.Handle, page)
}

type scheduleInput struct {
	handleInput
	On calendar.Date `query:"on" doc:"The business date; the custodian's present one when not given"`
}

// Schedule is what a loan's plan comes to, and what it owes on a date. It is worked out each time: nothing
// of it is stored.
type Schedule struct {
	Loan            string         `json:"loan"`
	On              calendar.Date  `json:"on"`
	Final           bool           `json:"final" doc:"The loan is paid out: its interest runs. Before that the schedule starts on the date that was asked for"`
	Rows            []schedule.Row `json:"rows"`
	AllInRatePPM    money.PPM      `json:"all_in_rate_ppm" doc:"Interest and charges as a rate a year"`
	PastDueMinor    money.Minor    `json:"past_due_minor"`
	DueMinor        money.Minor    `json:"due_minor"`
	OutstandingRest money.Minor    `json:"rest_principal_minor" doc:"Principal of rows that are not due yet"`
	PayoffMinor     money.Minor    `json:"payoff_minor" doc:"What pays the loan off on the date"`
	OverdueDays     int            `json:"overdue_days"`
}

type scheduleOutput struct{ Body Schedule }

func (s *Server) readSchedule(ctx context.Context, input *scheduleInput) (*scheduleOutput, error) {
	found, err := s.loan(ctx, input.Handle)
	if err != nil {
		return nil, err
	}
	on := input.On
	if on.IsZero() {
		if on, err = s.businessDate(ctx, found.Terms.Custodian); err != nil {
			return nil, err
		}
	}
	answer, err := scheduleOf(found, on)
	if err != nil {
		return nil, fault.In(fault.InvalidField, "on") // a date so far off that amounts no longer fit
	}
	return &scheduleOutput{Body: answer}, nil
}

// scheduleOf works a schedule out with the functions that the chaincode uses.
func scheduleOf(l Loan, on calendar.Date) (Schedule, error) {
	answer := Schedule{Loan: l.Terms.ID, On: on, Final: l.State.Plan != nil}
	plan := l.Terms.Plan(on)
	if answer.Final {
		plan = *l.State.Plan
	}
	rows, err := schedule.Generate(plan)
	if err != nil {
		return Schedule{}, err
	}
	answer.Rows = rows
	if answer.AllInRatePPM, err = schedule.AllInRatePPM(plan.PrincipalMinor, plan.Start, rows); err != nil {
		return Schedule{}, err
	}
	if !answer.Final {
		answer.OutstandingRest = plan.PrincipalMinor
		return answer, nil
	}
	position, err := repayment.At(l.State, on, on)
	if err != nil {
		return Schedule{}, err
	}
	answer.PastDueMinor, answer.DueMinor = position.PastDue.Total(), position.Due.Total()
	answer.OutstandingRest, answer.PayoffMinor = position.RestPrincipal, position.Total()
	answer.OverdueDays, err = repayment.OverdueDays(l.State, on)
	return answer, err
}
