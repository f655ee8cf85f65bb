package serve

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// purger is a part that keeps something about customers, and forgets it with their record.
type purger struct {
	tables []string
	forget person.Forget
}

// purgers are all parts, beside the record itself, its documents and its case, that a purge has forget a party. A
// test holds them against the tables that hold secrets.
func (f *foundations) purgers() []purger {
	all := []purger{
		{access.ForgottenTables(), access.Forget},
		{[]string{"credit_report"}, deleting(`DELETE FROM credit_report WHERE party = $1`)},
		{
			[]string{"pseudonym_application", "pseudonym_element"},
			deleting(`DELETE FROM pseudonym_application WHERE party = $1`, `DELETE FROM pseudonym_element WHERE party = $1`),
		},
		{reminder.Tables(), reminder.Forget},
		{alert.Tables(), alert.Forget},
		{warning.Tables(), warning.Forget},
	}
	if f.funding != nil {
		all = append(all, purger{[]string{"suitability"}, f.funding.Forget})
	}
	if f.desk != nil {
		all = append(all, purger{
			[]string{"underwriting_application", "underwriting_decision", "underwriting_review", "underwriting_trace"}, f.desk.Forget,
		})
	}
	return all
}

// deleting runs statements about a party.
func deleting(statements ...string) person.Forget {
	return func(ctx context.Context, tx *sql.Tx, party string) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement, party); err != nil {
				return fmt.Errorf("forget a party: %w", err)
			}
		}
		return nil
	}
}

// openPurging tells the customers' part what else is kept about them, what is open with them, and whose a party is.
func (f *foundations) openPurging() {
	if f.customers == nil {
		return
	}
	f.customers.People.SetBooks(f.books)
	f.customers.People.OnRelink(f.claimed)
	f.customers.People.AlsoKeep(alert.Keeps)
	for _, each := range f.purgers() {
		f.customers.Rights.AlsoForget(each.forget, each.tables...)
	}
	for _, each := range f.exporters() {
		f.customers.Rights.AlsoExport(each.name, each.tell)
	}
}

// claimed reports whether a party is somebody's already: a user signs in as it, or the ledger knows it.
func (f *foundations) claimed(ctx context.Context, tx *sql.Tx, handle string) (bool, error) {
	signsIn, err := access.SignsIn(ctx, tx, handle)
	if err != nil || signsIn {
		return signsIn, err
	}
	for _, collection := range f.collections() {
		_, err := f.books.Party(ctx, collection, handle)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fault.New(fault.NotFound)) {
			return false, err
		}
	}
	return false, nil
}

var _ person.Books = (*projection.Projection)(nil)
