package projection

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
)

// What a party may have open.
const (
	OpenLoans        = "loans"        // borrowed, and neither repaid nor ended before the money left
	OpenParts        = "parts"        // lent into such loans
	OpenCash         = "cash"         // available, held or payable
	OpenInstructions = "instructions" // that the custodian has not carried out yet
)

// Open answers what the books know to be open with a party, in the order of the list above; nothing where the
// business with it is over. Books that are not whole are not asked: they would leave things out.
func (m *Model) Open(ctx context.Context, party string) ([]string, error) {
	standing, err := m.Standing(ctx)
	if err != nil {
		return nil, err
	}
	if !standing.Whole() {
		return nil, fault.In(fault.Unavailable, "books")
	}
	const running = `status NOT IN ($2, $3, $4, $5, $6)`
	ended := []any{
		party, string(loan.Repaid), string(loan.Declined), string(loan.Withdrawn), string(loan.Expired), string(loan.Cancelled),
	}
	var open []string
	for _, question := range []struct {
		name, query string
		args        []any
	}{
		{OpenLoans, `SELECT COUNT(*) FROM rm_loan WHERE borrower = $1 AND ` + running, ended},
		{OpenParts, `SELECT COUNT(*) FROM rm_allocation a JOIN rm_loan l ON l.loan = a.loan WHERE a.lender = $1 AND l.` + running, ended},
		{OpenCash, `SELECT COUNT(*) FROM rm_account WHERE id = $1 AND (available_minor <> 0 OR held_minor <> 0 OR payable_minor <> 0)`, ended[:1]},
		{
			OpenInstructions, `SELECT COUNT(*) FROM rm_instruction WHERE party = $1 AND status IN ($2, $3)`,
			[]any{party, string(custody.Instructed), string(custody.Accepted)},
		},
	} {
		var count int64
		if err := m.db.QueryRowContext(ctx, question.query, question.args...).Scan(&count); err != nil {
			return nil, fmt.Errorf("read what is open with a party: %w", err)
		}
		if count > 0 {
			open = append(open, question.name)
		}
	}
	return open, nil
}
