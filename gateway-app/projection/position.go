package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

// positions is what each disbursed loan means for its platform's books. The table is narrow, so that reports walk a
// million loans without reading their records.
var positions = &table{
	name: "rm_position", key: []string{"loan"},
	columns: []string{
		"loan", "seq", "platform", "custodian", "borrower", "status", "grade", "term_months", "vintage", "related",
		"principal_minor", "outstanding_minor", "interest_minor", "due_on", "due_principal_minor", "due_interest_minor",
		"block",
	},
}

// moves reports whether an event can change a loan's position.
func moves(e loan.Event) bool {
	switch e.Kind {
	case loan.ActActivate, loan.ActReceive, loan.ActReverse, loan.ActWriteOff:
		return true
	}
	return false
}

// reposition keeps the loan's position, and what it counts in, after events that may have changed it.
func (b *batch) reposition(ctx context.Context, before, after loan.State, list []loan.Event) error {
	if !slices.ContainsFunc(list, moves) {
		return nil
	}
	was, err := b.position(ctx, before)
	if err != nil {
		return err
	}
	terms := loan.Terms{ID: after.ID, Grade: was.Grade, Related: was.Related}
	if was.Loan == "" {
		if terms, err = b.terms(ctx, after.ID); err != nil {
			return err
		}
	}
	var lenders []string
	if was.Loan == "" || (was.OutstandingMinor > 0) != (after.Outstanding() > 0) {
		if lenders, err = b.lendersOf(ctx, after.ID); err != nil {
			return err
		}
	}
	is, err := portfolio.PositionOf(after, terms, lenders)
	if err != nil {
		return differs("the plan makes no schedule")
	}
	b.place(was, is)
	return nil
}

// place keeps a loan's position in the place of the former one.
func (b *batch) place(was, is portfolio.Position) {
	b.shift(was, is)
	is.Lenders = nil // asked for when they count
	b.positions[is.Loan] = is
	var number int64 // a row keeps its place
	if was.Loan == "" {
		number = b.number()
	}
	if known, ok := b.dirty[positions.name+"\x00"+is.Loan]; ok {
		number = known.seq
	}
	block := int64(b.change.Block)
	b.put(row{table: positions, key: is.Loan, version: version{seq: number}, values: func() []any {
		var next portfolio.Due
		if len(is.Unpaid) > 0 {
			next = is.Unpaid[0]
		}
		return []any{
			is.Loan, number, is.Platform, is.Custodian, is.Borrower, string(is.Status), is.Grade, int64(is.TermMonths),
			vintage(is.StartedOn), flag(is.Related), int64(is.PrincipalMinor), int64(is.OutstandingMinor), int64(is.InterestMinor()),
			is.DueOn.String(), int64(next.PrincipalMinor), int64(next.InterestMinor),
			block,
		}
	}})
}

// position is how a loan counts before the transaction in hand: as the batch has it, as it was kept, or derived from
// its state.
func (b *batch) position(ctx context.Context, before loan.State) (portfolio.Position, error) {
	if before.Plan == nil {
		return portfolio.Position{}, nil
	}
	if p, ok := b.positions[before.ID]; ok {
		return p, nil
	}
	if p, ok := b.cache.positions.get(before.ID); ok {
		return p, nil
	}
	terms, err := b.terms(ctx, before.ID)
	if err != nil {
		return portfolio.Position{}, err
	}
	return portfolio.PositionOf(before, terms, nil)
}

// terms are what was agreed for a loan in the collection in hand.
func (b *batch) terms(ctx context.Context, id string) (terms loan.Terms, err error) {
	_, _, handle, _ := wire.SplitLoanID(id)
	if err = b.valueOf(ctx, termsOfLoans.table, wire.TermsKey(handle), handle, &terms); err == nil {
		terms.Grade = plain(terms.Grade)
	}
	return terms, err
}

// lendersOf names who funds a loan in the collection in hand, each once.
func (b *batch) lendersOf(ctx context.Context, id string) ([]string, error) {
	_, _, handle, _ := wire.SplitLoanID(id)
	var funding loan.Funding
	if err := b.valueOf(ctx, fundings.table, wire.FundingKey(handle), handle, &funding); err != nil {
		return nil, err
	}
	names := funding.Lenders()
	for i, name := range names {
		names[i] = plain(name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// valueOf reads a value in the collection in hand, which must be there.
func (b *batch) valueOf(ctx context.Context, t *table, key, id string, into any) error {
	text, err := b.text(ctx, t, key, id)
	switch {
	case err != nil:
		return err
	case text == "":
		return differs("the loan was paid out, and %s has nothing about it", t.name)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read %s: %w: rebuild the read model", t.name, err)
	}
	return nil
}
