package api_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// No loan begins for a person from the moment on at which the person has asked for erasure, while others' begin.
func TestNoLoanBeginsForWhoAskedForErasure(t *testing.T) {
	s, _ := withCustomers(t)
	made := want[person.Record](t, s.post("/v1/people", inJSON(t, someone(1))), 200)
	propose := func(n int, borrower string) string {
		return inJSON(t, wire.ProposeLoan{Terms: loan.Terms{ID: loanID(n), Borrower: borrower}})
	}
	both := commandBody(propose(1, handle(9)), propose(2, made.Party))
	if w := s.post("/v1/loans", both); w.Code != 200 {
		t.Fatalf("before: %d %s", w.Code, w.Body)
	}
	want[person.Erasure](t, s.post("/v1/people/"+made.ID+"/erasure", `{"reason":"account_closed"}`, officer()...), 200)
	both = commandBody(propose(3, handle(9)), propose(4, made.Party))
	if p := refusedAs(t, s.post("/v1/loans", both), 403, "processing_restricted", "items[1].terms.borrower"); p.Item != 2 {
		t.Errorf("it speaks of item %d", p.Item)
	}
	if w := s.post("/v1/loans", commandBody(propose(3, handle(9)))); w.Code != 200 {
		t.Errorf("somebody else: %d %s", w.Code, w.Body)
	}
}
