package projection

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
)

// Dated is an event with its place in the ledger.
type Dated[E any] struct {
	Seq   int64
	Event E
}

// LoanPast is a loan with all that happened to it.
type LoanPast struct {
	Terms   loan.Terms
	Funding *loan.Funding // none before it was funded
	Events  []Dated[loan.Event]
}

// Past is all that happened to a party's money, as of one moment of the read model.
type Past struct {
	Collection string
	Account    []Dated[custody.AccountEvent]
	Payouts    map[string][]Dated[custody.Event] // to the party's own bank account, by the handle of the instruction
	Loans      []LoanPast                        // in which the party lends or borrows, in the order of their proposals
}

// Past answers what happened to a party's money.
func (m *Model) Past(ctx context.Context, party string) (Past, error) {
	var p Past
	err := m.db.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT collection FROM rm_party WHERE id = $1`, party).Scan(&p.Collection)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.In(fault.NotFound, "party")
		}
		if err != nil {
			return err
		}
		return p.read(ctx, tx, party)
	})
	if err != nil {
		return Past{}, fmt.Errorf("read what happened to a party's money: %w", err)
	}
	return p, nil
}

// LoanPast answers what happened to a loan, by its full id.
func (m *Model) LoanPast(ctx context.Context, id string) (LoanPast, error) {
	var found []LoanPast
	err := m.db.Read(ctx, func(tx *sql.Tx) (err error) {
		found, err = loansPast(ctx, tx, `l.loan = $1`, id)
		return err
	})
	switch {
	case err != nil:
		return LoanPast{}, fmt.Errorf("read what happened to a loan: %w", err)
	case len(found) == 0:
		return LoanPast{}, fault.In(fault.NotFound, "loan")
	}
	return found[0], nil
}

func (p *Past) read(ctx context.Context, tx *sql.Tx, party string) error {
	const account = `SELECT e.id, e.seq, e.event FROM rm_event e
		WHERE e.collection = $1 AND e.noun = $2 AND e.id = $3 ORDER BY e.seq`
	byParty, err := eventsOf[custody.AccountEvent](ctx, tx, account, p.Collection, accounts.name, party)
	if err != nil {
		return err
	}
	p.Account = byParty[party]
	const payouts = `SELECT e.id, e.seq, e.event FROM rm_instruction i
		JOIN rm_event e ON e.collection = i.collection AND e.noun = $1 AND e.id = i.id
		WHERE i.party = $2 AND i.collection = $3 AND i.kind IN ('pay_out', 'refund') ORDER BY e.seq`
	if p.Payouts, err = eventsOf[custody.Event](ctx, tx, payouts, instructions.name, party, p.Collection); err != nil {
		return err
	}
	p.Loans, err = loansPast(ctx, tx, `(l.borrower = $1 OR l.loan IN (SELECT a.loan FROM rm_allocation a WHERE a.lender = $1))`, party)
	return err
}

// loansPast reads the loans that fulfil a condition of one argument, $1, on a table called l.
func loansPast(ctx context.Context, tx *sql.Tx, condition, argument string) (list []LoanPast, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT l.id, terms.state, COALESCE(funding.state, '') FROM rm_loan l
		JOIN rm_terms terms ON terms.collection = l.collection AND terms.id = l.id
		LEFT JOIN rm_funding funding ON funding.collection = l.collection AND funding.id = l.id
		WHERE `+condition+` ORDER BY l.seq`, argument)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var handles []string
	for rows.Next() {
		var handle, terms, funding string
		if err := rows.Scan(&handle, &terms, &funding); err != nil {
			return nil, err
		}
		var past LoanPast
		if err := json.Unmarshal([]byte(terms), &past.Terms); err != nil {
			return nil, fmt.Errorf("read the terms of %s: %w: rebuild the read model", handle, err)
		}
		if funding != "" {
			if err := json.Unmarshal([]byte(funding), &past.Funding); err != nil {
				return nil, fmt.Errorf("read the funding of %s: %w: rebuild the read model", handle, err)
			}
		}
		list, handles = append(list, past), append(handles, handle)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	events, err := eventsOf[loan.Event](ctx, tx, `SELECT e.id, e.seq, e.event FROM rm_loan l
		JOIN rm_event e ON e.collection = l.collection AND e.noun = 'loan' AND e.id = l.id
		WHERE `+condition+` ORDER BY e.seq`, argument)
	for i, handle := range handles {
		list[i].Events = events[handle]
	}
	return list, err
}

// eventsOf reads id, number and text of events, by id.
func eventsOf[E any](ctx context.Context, tx *sql.Tx, query string, args ...any) (map[string][]Dated[E], error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string][]Dated[E]{}
	for rows.Next() {
		var id, text string
		var dated Dated[E]
		if err := rows.Scan(&id, &dated.Seq, &text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &dated.Event); err != nil {
			return nil, fmt.Errorf("read an event of %s: %w: rebuild the read model", id, err)
		}
		found[id] = append(found[id], dated)
	}
	return found, rows.Err()
}
