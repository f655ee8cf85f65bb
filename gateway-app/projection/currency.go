package projection

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/money"
)

// currenciesOf asks for the two ends of the index rm_terms_by_currency, and reads none of the terms between them.
const currenciesOf = `SELECT COALESCE((SELECT currency FROM rm_terms WHERE collection = $1 ORDER BY currency LIMIT 1), ''),
	COALESCE((SELECT currency FROM rm_terms WHERE collection = $1 ORDER BY currency DESC LIMIT 1), '')`

// Currencies are those of the terms of loans in a collection: none where there is no loan, one as a rule; of more than
// two, the first and the last by their codes.
func (m *Model) Currencies(ctx context.Context, collection string) ([]money.Currency, error) {
	var first, last money.Currency
	if err := m.db.QueryRowContext(ctx, currenciesOf, collection).Scan(&first, &last); err != nil {
		return nil, fmt.Errorf("look up the currencies of %s: %w", collection, err)
	}
	switch first {
	case "":
		return nil, nil
	case last:
		return []money.Currency{first}, nil
	}
	return []money.Currency{first, last}, nil
}
