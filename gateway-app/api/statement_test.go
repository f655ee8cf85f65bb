package api_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reporting"
)

// histories are those of two lenders who deposited, and of a loan that was proposed.
type histories struct{}

func (histories) Past(_ context.Context, lender string) (projection.Past, error) {
	if lender != handle(1) && lender != handle(2) {
		return projection.Past{}, fault.In(fault.NotFound, "party")
	}
	entry := journal.Entry{}.Move(journal.Cash("meridian"), journal.Available(lender), 700)
	return projection.Past{Collection: "harbor-meridian", Account: []projection.Dated[custody.AccountEvent]{
		{Seq: 1, Event: custody.AccountEvent{Kind: "posted", On: day(2026, 3, 2), Entry: entry}},
	}}, nil
}

func (histories) LoanPast(context.Context, string) (projection.LoanPast, error) {
	terms := loan.Terms{ID: loanID(1), Borrower: handle(1), Custodian: "meridian", Currency: "CNY", PrincipalMinor: 100}
	return projection.LoanPast{Terms: terms, Events: []projection.Dated[loan.Event]{{Event: loan.Event{
		Kind: loan.ActPropose, On: day(2026, 3, 2), Proposal: &loan.Proposal{ID: terms.ID, Borrower: terms.Borrower, PrincipalMinor: 100},
	}}}}, nil
}

func (histories) Day(context.Context, string) (projection.Held[custody.Day], error) {
	return projection.Held[custody.Day]{State: custody.Day{Date: day(2026, 3, 31)}}, nil
}

// Customers get their own statements and nobody else's, staff a customer's that it names, and the journal says whose.
func TestStatementsOverHTTP(t *testing.T) {
	member := reporting.Member{ID: "harbor", Kind: party.Platform, Pairs: []projection.Pair{{Platform: "harbor", Custodian: "meridian"}}}
	s := newScene(t, func(p *api.Parts) {
		p.Reports = reporting.New(party.Platform, reporting.LenderStatement(member, histories{}), reporting.BorrowerStatement(member, histories{}))
	})
	s.door.callers[lenderToken] = access.Principal{ID: "lena", Kind: access.KindUser, Roles: []access.Role{access.Lender}, Party: handle(2)}
	s.door.callers["nobody"] = access.Principal{ID: "noah", Kind: access.KindUser, Roles: []access.Role{access.Lender, access.Borrower}}
	const lender, borrower = "/v1/reports/lender_statement", "/v1/reports/borrower_statement?loan="
	as := func(token string) []string { return []string{"Authorization", "Bearer " + token} }

	for who, path := range map[string]string{lenderToken: lender, operatorToken: lender + "?party=" + handle(2), borrowerToken: borrower + loanID(1)} {
		if w := s.get(path, as(who)...); w.Code != 200 || !strings.Contains(w.Body.String(), `"version":1`) {
			t.Errorf("%s as %s: %d %s", path, who, w.Code, w.Body)
		}
	}
	refusedAs(t, s.get(lender+"?party="+handle(1), as(lenderToken)...), 404, "not_found", "party")
	refusedAs(t, s.get(borrower+loanID(1), as(lenderToken)...), 404, "not_found", "loan")
	refusedAs(t, s.get(lender+"?party="+handle(2), as("nobody")...), 404, "not_found", "party")
	refusedAs(t, s.get(borrower+loanID(1), as("nobody")...), 404, "not_found", "party")
	refusedAs(t, s.get(lender, as(operatorToken)...), 400, "missing_field", "party")
	refusedAs(t, s.get(lender+"?party="+handle(2)+"&through=2026-04-01", as(operatorToken)...), 400, "invalid_field", "through")

	for operation, subject := range map[string]string{"report.lender_statement": handle(2), "report.borrower_statement": handle(1)} {
		if !slices.ContainsFunc(s.door.recorded(), func(e api.Entry) bool {
			return e.Operation == operation && slices.Contains(e.Subjects, subject)
		}) {
			t.Errorf("nobody noted whose statement %s made: %+v", operation, s.door.recorded())
		}
	}
}
