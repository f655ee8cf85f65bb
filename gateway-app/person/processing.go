package person

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
)

// Processing refuses to process a person's data anew once the person has asked for erasure (personal information law,
// art. 47). Whoever begins something with the data of a party asks first, and asks again in the transaction that
// keeps what came of it, so that a restriction that comes between the two counts. It is not asked by what the law
// demands (screening, the regulator's reports) or a running contract (repayments, statements, authorities over
// money). A party without a record is refused nothing.
func (p *People) Processing(ctx context.Context, tx *sql.Tx, party string) error {
	var q querier = p.db
	if tx != nil {
		q = tx
	}
	restricted, err := restrictedParties(ctx, q, ` AND party = $2`, party)
	switch {
	case err != nil:
		return fmt.Errorf("ask whether a person's data may be processed: %w", err)
	case restricted[party]:
		return fault.In(fault.ProcessingRestricted, "party")
	}
	return nil
}

// Restricted are the parties whose data are not processed anew, for who goes through many at a time.
func (p *People) Restricted(ctx context.Context) (map[string]bool, error) {
	restricted, err := restrictedParties(ctx, p.db, "")
	if err != nil {
		return nil, fmt.Errorf("list whose data may not be processed: %w", err)
	}
	return restricted, nil
}

func restrictedParties(ctx context.Context, q querier, and string, args ...any) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, `SELECT party FROM person WHERE party <> '' AND status <> $1`+and, append([]any{string(Active)}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	restricted := map[string]bool{}
	for rows.Next() {
		var party string
		if err := rows.Scan(&party); err != nil {
			return nil, err
		}
		restricted[party] = true
	}
	return restricted, rows.Err()
}

// takes refuses a document about somebody who is restricted or purged.
func (p *People) takes(ctx context.Context, tx *sql.Tx, id string) error {
	var status Status
	err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(status), '') FROM person WHERE id = $1`, id).Scan(&status)
	switch {
	case err != nil:
		return fmt.Errorf("look whose document it is: %w", err)
	case status != Active:
		return fault.In(fault.WrongStatus, "person")
	}
	return nil
}
