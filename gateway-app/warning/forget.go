package warning

import (
	"context"
	"database/sql"
	"fmt"
)

// Tables are those that hold something about a borrower.
func Tables() []string { return []string{"warning", "warning_band", "warning_loan"} }

// Forget deletes what is kept about a borrower's loans, inside the purge's transaction.
func Forget(ctx context.Context, tx *sql.Tx, borrower string) error {
	for _, statement := range []string{
		`DELETE FROM warning WHERE borrower = $1`,
		`DELETE FROM warning_band WHERE loan IN (SELECT loan FROM warning_loan WHERE borrower = $1)`,
		`DELETE FROM warning_loan WHERE borrower = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, borrower); err != nil {
			return fmt.Errorf("forget the warnings of a borrower: %w", err)
		}
	}
	return nil
}
