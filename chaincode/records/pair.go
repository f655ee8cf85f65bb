package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// RequirePair refuses a request for the collection that belongs to no platform: no customer's money is
// kept there.
func RequirePair(tx *ledger.Tx) error {
	if tx.Platform == "" || tx.Custodian == "" {
		return fault.In(fault.InvalidField, "collection")
	}
	return nil
}

// Today answers the custodian's open business day, or refuses with business_day_not_open: money is
// booked on an open day only.
func Today(tx *ledger.Tx) (custody.Day, error) {
	day, err := tx.Day(tx.Custodian)
	if err != nil {
		return custody.Day{}, err
	}
	_, err = day.Require()
	return day, err
}

// Derive makes the handle of something that no client names, from the custodian's secret. It refuses
// until the custodian has opened its books.
func Derive(tx *ledger.Tx, texts ...string) (string, error) {
	books, exists, err := ledger.Get[wire.Books](tx, tx.Collection, wire.BooksKey)
	switch {
	case err != nil:
		return "", err
	case !exists:
		return "", fault.In(fault.NotFound, "books")
	}
	return wire.DerivedHandle(books.Secret, texts...), nil
}
