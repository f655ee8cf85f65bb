package underwriting

import (
	"context"
	"database/sql"
	"fmt"
)

// Forget deletes what is kept about a party, inside the purge's transaction: what was sent in, inputs, salts,
// decisions, words and traces. The digests stay, which without their salts tell nothing: such a decision can be
// shown to have been made then, and not be recomputed any more.
func (d *Desk) Forget(ctx context.Context, tx *sql.Tx, party string) error {
	if party == "" {
		return nil
	}
	for _, statement := range []string{
		`DELETE FROM underwriting_trace WHERE party = $1`,
		`UPDATE underwriting_review SET words = '' WHERE application IN (SELECT id FROM underwriting_application WHERE party = $1)`,
		`UPDATE underwriting_decision SET inputs = '', salt = '', decision = '' WHERE party = $1`,
		`UPDATE underwriting_application SET submission = '', salt = '' WHERE party = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, party); err != nil {
			return fmt.Errorf("forget the applications of a party: %w", err)
		}
	}
	return nil
}
