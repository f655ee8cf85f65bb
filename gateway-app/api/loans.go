package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerLoans adds the reads of loans. A loan is named by its id or by its handle, which is
// the last part of the id.
func (s *Server) registerLoans() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Loan"
	registerList(s, operation{
		id: "loan.list", method: http.MethodGet, books: true, path: "/v1/loans", tag: tag, summary: "List loans",
	}, s.listLoans)
	register(s, operation{
		id: "loan.read", method: http.MethodGet, books: true, path: "/v1/loans/{id}", tag: tag, single: true,
		summary: "Read a loan: terms, funding and state", function: "Loan:Read",
	}, s.readLoan)
	registerList(s, operation{
		id: "loan.history", method: http.MethodGet, books: true, path: "/v1/loans/{id}/history", tag: tag,
		summary: "List a loan's events in the order of the ledger",
	}, s.listLoanHistory)
	register(s, operation{
		id: "loan.schedule", method: http.MethodGet, books: true, path: "/v1/loans/{id}/schedule", tag: tag, single: true,
		summary: "Work out a loan's schedule and what it owes on a date",
	}, s.readSchedule)
}

type loansInput struct {
	TurnedPaging
	Status     string `query:"status" enum:"proposed,cleared,funding,funded,disbursing,active,repaid,written_off,declined,withdrawn,expired,cancelled"`
	Collection string `query:"collection" maxLength:"128"`
	Borrower   string `query:"borrower" pattern:"^[0-9a-f]{32}$" doc:"The borrower's handle"`
	Lender     string `query:"lender" pattern:"^[0-9a-f]{32}$" doc:"A lender's handle"`
	Regime     string `query:"regime" maxLength:"64"`
	Frozen     bool   `query:"frozen" doc:"Only those under a supervisory order"`
}

func (s *Server) listLoans(ctx context.Context, input *loansInput, page projection.Page) (projection.List[projection.Loan], error) {
	filter := projection.LoanFilter{
		Collection: input.Collection, Borrower: input.Borrower, Lender: input.Lender, Regime: input.Regime, Frozen: input.Frozen,
	}
	if input.Status != "" {
		filter.Statuses = []loan.Status{loan.Status(input.Status)}
	}
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		if own == "" {
			return projection.List[projection.Loan]{}, nil
		}
		err := errors.Join(s.ownFilter(ctx, "borrower", input.Borrower, own), s.ownFilter(ctx, "lender", input.Lender, own))
		if err != nil {
			return projection.List[projection.Loan]{}, err
		}
		narrowLoans(&filter, callerOf(ctx), own)
		list, err := s.parts.Books.Loans(ctx, filter, page)
		for i := range list.Items {
			list.Items[i] = ownPart(list.Items[i], own)
		}
		return list, err
	}
	return s.parts.Books.Loans(ctx, filter, page)
}

// narrowLoans keeps a customer to the loans in which they lend, if they asked for those or only lend, and
// to those that they borrow otherwise.
func narrowLoans(filter *projection.LoanFilter, caller access.Principal, own string) {
	if caller.Has(access.Lender) && (!caller.Has(access.Borrower) || filter.Lender == own) {
		filter.Lender = own
		return
	}
	filter.Borrower = own
}

// LoanPath names a loan in a path.
type LoanPath struct {
	ID string `path:"id" maxLength:"200" pattern:"^([A-Za-z0-9-]+\\.[A-Za-z0-9-]+\\.)?[0-9a-f]{32}$" doc:"The loan's id, or its handle"`
}

type loanOutput struct{ Body projection.Loan }

func (s *Server) readLoan(ctx context.Context, input *LoanPath) (*loanOutput, error) {
	found, err := s.loan(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		found = ownPart(found, own)
	}
	return &loanOutput{Body: found}, nil
}

// loan reads a loan that the caller may see: a customer sees the loans that they borrow or lend in, and of
// others not even that they exist.
func (s *Server) loan(ctx context.Context, id string) (projection.Loan, error) {
	found, err := s.findLoan(ctx, id)
	if err != nil {
		return found, missing(err, "id")
	}
	if own, narrowed := callerOf(ctx).Own(); narrowed && !partOf(found, own) {
		return projection.Loan{}, fault.In(fault.NotFound, "id")
	}
	about(ctx, found.Terms.ID)
	return found, nil
}

// findLoan looks a loan up by its id or, on each platform whose loans the member holds, by its handle.
func (s *Server) findLoan(ctx context.Context, id string) (projection.Loan, error) {
	if _, _, _, whole := wire.SplitLoanID(id); whole {
		return s.parts.Books.Loan(ctx, id)
	}
	for _, pair := range s.parts.Pairs {
		found, err := s.parts.Books.Loan(ctx, wire.LoanID(s.parts.Channel, pair.Platform, id))
		if !errors.Is(err, fault.New(fault.NotFound)) {
			return found, err
		}
	}
	return projection.Loan{}, fault.New(fault.NotFound)
}

// partOf reports whether a party borrows or lends in a loan.
func partOf(l projection.Loan, own string) bool {
	switch {
	case own == "":
		return false
	case l.Terms.Borrower == own:
		return true
	case l.Funding == nil:
		return false
	}
	return slices.ContainsFunc(l.Funding.Allocations, func(a loan.Allocation) bool { return a.Lender == own })
}

type loanHistoryInput struct {
	TurnedPaging
	LoanPath
}

func (s *Server) listLoanHistory(ctx context.Context, input *loanHistoryInput, page projection.Page) (projection.List[projection.Step], error) {
	found, err := s.loan(ctx, input.ID)
	if err != nil {
		return projection.List[projection.Step]{}, err
	}
	list, err := s.parts.Books.LoanHistory(ctx, found.Terms.ID, page)
	if _, narrowed := callerOf(ctx).Own(); narrowed {
		list = bare(list)
	}
	return list, err
}

type scheduleInput struct {
	LoanPath
	On string `query:"on" format:"date" doc:"The business date; the custodian's present one when not given"`
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
	found, err := s.loan(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	on, err := calendar.Parse(input.On)
	if input.On == "" {
		on, err = s.businessDate(ctx, found.Terms.Custodian)
	} else if err != nil {
		err = fault.In(fault.InvalidField, "on")
	}
	if err != nil {
		return nil, err
	}
	answer, err := scheduleOf(found, on)
	if err != nil {
		return nil, fault.In(fault.InvalidField, "on") // a date so far off that amounts no longer fit
	}
	return &scheduleOutput{Body: answer}, nil
}

// scheduleOf works a schedule out with the functions that the chaincode uses.
func scheduleOf(l projection.Loan, on calendar.Date) (Schedule, error) {
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
