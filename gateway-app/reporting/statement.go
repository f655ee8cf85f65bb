package reporting

import (
	"context"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/statement"
)

// Histories are what statements read: *projection.Model.
type Histories interface {
	Past(ctx context.Context, party string) (projection.Past, error)
	LoanPast(ctx context.Context, id string) (projection.LoanPast, error)
	Day(ctx context.Context, custodian string) (projection.Held[custody.Day], error)
}

// statementMembers are those who keep statements for their customers: the platform and the custodian.
var statementMembers = []party.MemberKind{party.Platform, party.Custodian}

// LenderStatement reports what one lender had, got and earned in a period. A customer gets their own and finds no
// other.
func LenderStatement(m Member, books Histories) Report {
	return Report{
		ID: "lender_statement", Words: report.Words{EN: "Lender's statement", ZH: "出借人对账单"},
		Members: statementMembers, Personal: true,
		Parameters: []Parameter{
			{Name: "party", Kind: KindParty, Words: report.Words{EN: "The lender's handle; a lender who asks means themselves", ZH: "出借人标识，本人查询时可省略"}},
			{Name: "from", Kind: KindDate, Words: report.Words{EN: "The first day; without it, the first of the last day's month", ZH: "起始日，缺省为截止日所在月的首日"}},
			{Name: "through", Kind: KindDate, Words: report.Words{EN: "The last day; without it, the custodian's business date", ZH: "截止日，缺省为存管银行的当前营业日"}},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			lender, err := q.customer("party")
			if err != nil {
				return report.Document{}, err
			}
			past, err := books.Past(ctx, lender)
			if err != nil {
				return report.Document{}, err
			}
			pair, err := m.pairOf(past.Collection)
			if err != nil {
				return report.Document{}, err
			}
			day, err := books.Day(ctx, pair.Custodian)
			if err != nil {
				return report.Document{}, err
			}
			from, through, err := periodUntil(q, day.State.Date)
			if err != nil {
				return report.Document{}, err
			}
			l, err := lending{party: lender, pair: pair, past: past}.over(from, through)
			if err != nil {
				return report.Document{}, err
			}
			return statement.Lender(l)
		},
	}
}

// BorrowerStatement reports one loan to its borrower: the schedule, what was paid, what is due, and what would pay it
// off on a day, which may be to come.
func BorrowerStatement(_ Member, books Histories) Report {
	return Report{
		ID: "borrower_statement", Words: report.Words{EN: "Borrower's statement", ZH: "借款人对账单"},
		Members: statementMembers, Personal: true,
		Parameters: []Parameter{
			{Name: "loan", Kind: KindLoan, Required: true, Words: report.Words{EN: "The loan's full id", ZH: "贷款标识"}},
			{Name: "on", Kind: KindDate, Words: report.Words{EN: "The day of which it speaks; without it, the custodian's business date", ZH: "对账日，缺省为存管银行的当前营业日"}},
		},
		Make: func(ctx context.Context, q Query) (report.Document, error) {
			past, err := books.LoanPast(ctx, q.Text("loan"))
			if err != nil {
				return report.Document{}, err
			}
			if q.Own != "" && past.Terms.Borrower != q.Own {
				return report.Document{}, fault.In(fault.NotFound, "loan")
			}
			on := q.Date("on")
			if on.IsZero() {
				day, err := books.Day(ctx, past.Terms.Custodian)
				if err != nil {
					return report.Document{}, err
				}
				on = day.State.Date
			}
			events := eventsUntil(past.Events, on)
			if len(events) == 0 {
				return report.Document{}, fault.In(fault.InvalidField, "on")
			}
			return statement.Borrower(statement.Borrowing{Terms: past.Terms, Events: events, On: on})
		},
	}
}

// customer is whom a statement is about: whoever asks, if it is a customer, and nobody else then.
func (q Query) customer(parameter string) (string, error) {
	asked := q.Text(parameter)
	switch {
	case q.Own == "" && asked == "":
		return "", fault.In(fault.MissingField, parameter)
	case q.Own == "":
		return asked, nil
	case asked != "" && asked != q.Own:
		return "", fault.In(fault.NotFound, parameter)
	}
	return q.Own, nil
}

// pairOf finds whose books a collection is.
func (m Member) pairOf(collection string) (projection.Pair, error) {
	for _, p := range m.Pairs {
		if wire.PairCollection(p.Platform, p.Custodian) == collection {
			return p, nil
		}
	}
	return projection.Pair{}, fault.In(fault.NotFound, "party")
}

// periodUntil reads the period of a statement, which ends by the custodian's business date at the latest: what is to
// come is in no statement.
func periodUntil(q Query, today calendar.Date) (from, through calendar.Date, err error) {
	if through = q.Date("through"); through.IsZero() {
		through = today
	}
	if from = q.Date("from"); from.IsZero() {
		from = calendar.NewDate(through.Year(), through.Month(), 1)
	}
	switch {
	case through > today:
		return 0, 0, fault.In(fault.InvalidField, "through")
	case from > through:
		return 0, 0, fault.In(fault.InvalidField, "from")
	}
	return from, through, nil
}

// eventsUntil are a loan's events up to the end of a business day.
func eventsUntil(dated []projection.Dated[loan.Event], until calendar.Date) []loan.Event {
	var events []loan.Event
	for _, d := range dated {
		if d.Event.On <= until {
			events = append(events, d.Event)
		}
	}
	return events
}
