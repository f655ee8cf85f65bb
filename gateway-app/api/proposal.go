package api

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
)

// addLoans adds the proposal of loans, of which none begins for a person who has asked for erasure.
func addLoans(s *Server, row ledgerCommand) {
	addCommand(s, row, func(i wire.ProposeLoan) []string { return lane.Loan(i.Terms.ID) }, s.beginsForNobodyRestricted)
}

// beginsForNobodyRestricted refuses loans to people whose data may not be processed anew (personal information law,
// art. 47). Who is only known elsewhere is refused nothing here.
func (s *Server) beginsForNobodyRestricted(loans []wire.ProposeLoan) error {
	if s.parts.Customers == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), approvalPatience)
	defer stop()
	restricted, err := s.parts.Customers.People.Restricted(ctx)
	if err != nil {
		return fmt.Errorf("look for whom no loan may begin: %w", err)
	}
	for i, proposed := range loans {
		if restricted[proposed.Terms.Borrower] {
			return fault.In(fault.ProcessingRestricted, fmt.Sprintf("items[%d].terms.borrower", i)).At(i)
		}
	}
	return nil
}
