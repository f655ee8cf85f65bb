package projection

import (
	"context"
	"fmt"
	"strings"
)

// Borrowers answers whose loans are, by the loans' full ids, without reading the loans. Unknown loans are left out.
func (m *Model) Borrowers(ctx context.Context, loans []string) (map[string]string, error) {
	borrowers := make(map[string]string, len(loans))
	for first := 0; first < len(loans); first += largestLimit {
		some := loans[first:min(first+largestLimit, len(loans))]
		marks, values := make([]string, len(some)), make([]any, len(some))
		for i, loan := range some {
			marks[i], values[i] = fmt.Sprintf("$%d", i+1), loan
		}
		if err := m.borrowers(ctx, borrowers, strings.Join(marks, ", "), values); err != nil {
			return nil, fmt.Errorf("look up borrowers: %w", err)
		}
	}
	return borrowers, nil
}

func (m *Model) borrowers(ctx context.Context, into map[string]string, marks string, loans []any) error {
	rows, err := m.db.QueryContext(ctx, `SELECT loan, borrower FROM rm_loan WHERE loan IN (`+marks+`)`, loans...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var loan, borrower string
		if err := rows.Scan(&loan, &borrower); err != nil {
			return err
		}
		into[loan] = borrower
	}
	return rows.Err()
}
