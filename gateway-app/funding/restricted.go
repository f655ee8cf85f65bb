package funding

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
)

// processing refuses a party that asked for erasure.
func (f *Funding) processing(ctx context.Context, tx *sql.Tx, party string) error {
	if f.settings.People == nil {
		return nil
	}
	return f.settings.People.Processing(ctx, tx, party)
}

// whole refuses a proposal of which somebody asked for erasure: a loan is not funded without one of its lenders.
func (f *Funding) whole(ctx context.Context, tx *sql.Tx, p Proposal) error {
	if err := f.processing(ctx, tx, p.Borrower); err != nil {
		return err
	}
	for _, a := range p.Allocations {
		if err := f.processing(ctx, tx, a.Lender); err != nil {
			return err
		}
	}
	return nil
}

// restrict refuses what is signed and not yet sent, of which somebody has asked for erasure since. What the ledger
// has taken is a contract, and goes on.
func (f *Funding) restrict(ctx context.Context, run Run) error {
	err := f.db.Write(ctx, func(tx *sql.Tx) error {
		signed, err := f.proposals(ctx, tx, `run = $1 AND status = 'signed' ORDER BY loan`, run.Handle)
		if err != nil {
			return err
		}
		for _, p := range signed {
			err := f.whole(ctx, tx, p)
			if err == nil {
				continue
			}
			refusal := fault.Of(err)
			if refusal == nil || refusal.Code != fault.ProcessingRestricted {
				return err
			}
			const update = `UPDATE matching_proposal SET status = 'refused', code = $3 WHERE run = $1 AND loan = $2 AND status = 'signed'`
			if _, err := tx.ExecContext(ctx, update, run.Handle, p.Loan, string(refusal.Code)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look whose erasure was asked for: %w", err)
	}
	return nil
}
