package credit

import (
	"context"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/pseudonym"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// Model is the member's read model as enquiries look at it.
type Model struct {
	db     *store.DB
	model  *projection.Model
	people *pseudonym.Ledger
}

// NewModel reads a read model.
func NewModel(db *store.DB, model *projection.Model, people *pseudonym.Ledger) *Model {
	return &Model{db, model, people}
}

// Party answers a party as the ledger has it.
func (m *Model) Party(ctx context.Context, collection, handle string) (party.State, bool, error) {
	return m.people.Party(ctx, collection, handle)
}

// Today answers a custodian's business date.
func (m *Model) Today(ctx context.Context, custodian string) (calendar.Date, error) {
	held, err := m.model.Day(ctx, custodian)
	if errors.Is(err, fault.New(fault.NotFound)) {
		return 0, fault.New(fault.DayNotOpen)
	}
	return held.State.Date, err
}

// Person answers the common pseudonym that a party leads to now.
func (m *Model) Person(ctx context.Context, handle string) (string, bool, error) {
	_, now, found, err := m.people.Link(ctx, handle)
	return now, found, err
}

// Standing answers what is reserved for a person, and every loan of every party that leads to it.
func (m *Model) Standing(ctx context.Context, person string) (money.Minor, []loan.State, error) {
	held, err := m.model.Exposure(ctx, person)
	if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
		return 0, nil, err
	}
	_, reserved, ok := held.State.Totals("")
	if !ok {
		return 0, nil, fault.New(fault.Overflow)
	}
	names, err := m.Names(ctx, person)
	if err != nil {
		return 0, nil, err
	}
	var loans []loan.State
	for _, name := range names {
		for link, err := range projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Held[wire.Link]], error) {
			return m.model.Links(ctx, projection.LinkFilter{Pseudonym: name}, page)
		}) {
			if err != nil {
				return 0, nil, err
			}
			if loans, err = m.loansOf(ctx, link.State.Party, loans); err != nil {
				return 0, nil, err
			}
		}
	}
	return reserved, loans, nil
}

func (m *Model) loansOf(ctx context.Context, borrower string, loans []loan.State) ([]loan.State, error) {
	for l, err := range projection.All(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
		return m.model.Loans(ctx, projection.LoanFilter{Borrower: borrower}, page)
	}) {
		if err != nil {
			return nil, err
		}
		loans = append(loans, l.State)
	}
	return loans, nil
}

// Names lists every pseudonym that leads to a person, its present one first. Parties that were linked in an
// earlier epoch still lead to the pseudonym of that epoch. There is one exposure a person, so the walk is
// short beside the summary that it is for.
func (m *Model) Names(ctx context.Context, person string) ([]string, error) {
	list := []string{person}
	for i := 0; i < len(list); i++ {
		former, err := m.former(ctx, list[i])
		if err != nil {
			return nil, err
		}
		list = append(list, former...)
	}
	return list, nil
}

func (m *Model) former(ctx context.Context, successor string) ([]string, error) {
	const query = `SELECT id FROM rm_exposure WHERE state LIKE $1`
	rows, err := m.db.QueryContext(ctx, query, `%"successor":"`+successor+`"}`) // the last member of the record's state
	if err != nil {
		return nil, fmt.Errorf("list former pseudonyms: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list former pseudonyms: %w", err)
		}
		list = append(list, id)
	}
	return list, rows.Err()
}
