package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerSightings adds the answer to a person who asks who saw their data (PIPL, articles 44 and 45). It is
// the member's staff who ask and tell: a customer is not told of everything, screening least of all. That alerts and reports
// of suspicions were looked at is left out for whoever may not read alerts, and so is what an officer of compliance looked at.
func (s *Server) registerSightings(tag string) {
	registerList(s, operation{
		id: "audit_log.subject", method: http.MethodGet, books: true, path: "/v1/audit/subjects/{party}", tag: tag,
		summary: "List who saw or wrote what of a party: of itself, its record, its users and its loans",
	}, s.listSightings)
}

type sightingsInput struct {
	Paging
	Party string `path:"party" pattern:"^[0-9a-f]{32}$" doc:"The party's handle"`
}

func (s *Server) listSightings(ctx context.Context, input *sightingsInput, page projection.Page) (projection.List[chain.Row], error) {
	none := projection.List[chain.Row]{}
	after, ok := sequenceCursor(page.After)
	if !ok {
		return none, fault.In(fault.InvalidField, "cursor")
	}
	handles, err := s.handlesOf(ctx, input.Party)
	if err != nil {
		return none, err
	}
	about(ctx, input.Party)
	knows, err := s.seesAlerts(ctx)
	if err != nil {
		return none, err
	}
	rows, err := s.parts.AccessLog.For(knows).About(ctx, handles, after, page.Limit)
	return pageOf(rows, page.Limit, func(r chain.Row) string { return strconv.FormatInt(r.Sequence, 10) }), err
}

// handlesOf is everything under which something of a party may have been shown: its own handle, its record's and
// users' ids, and the loans that it has a part in today.
func (s *Server) handlesOf(ctx context.Context, party string) ([]string, error) {
	handles := []string{party}
	if s.parts.Customers != nil {
		found, err := s.parts.Customers.People.FindParty(ctx, party)
		if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
			return nil, err
		}
		if err == nil {
			handles = append(handles, found.ID)
		}
	}
	if s.parts.Users != nil {
		ids, err := s.parts.Users.UsersOf(ctx, party)
		if err != nil {
			return nil, err
		}
		handles = append(handles, ids...)
	}
	if s.parts.Books == nil {
		return handles, nil
	}
	for _, filter := range []projection.LoanFilter{{Borrower: party}, {Lender: party}} {
		loans := projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
			return s.parts.Books.Loans(ctx, filter, page)
		})
		for loan, err := range loans {
			if err != nil {
				return nil, err
			}
			handles = append(handles, handleOf(loan.Terms.ID))
		}
	}
	return handles, nil
}
