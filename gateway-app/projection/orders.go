package projection

import (
	"context"
	"errors"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// InstructionFilter narrows a list of instructions. Empty fields ask for nothing.
type InstructionFilter struct {
	Collection string
	Party      string
	Loan       string
	By         string // the member that instructed it
	Statuses   []custody.Status
	Kinds      []custody.Kind
}

// Instructions lists orders to the custodian in the order in which they were given.
func (m *Model) Instructions(ctx context.Context, f InstructionFilter, page Page) (List[Held[custody.Instruction]], error) {
	q := records(instructions.table)
	q.equal("t.collection", f.Collection)
	q.equal("t.party", f.Party)
	q.equal("t.loan", f.Loan)
	q.equal("t.instructed_by", f.By)
	among(&q, "t.status", f.Statuses)
	among(&q, "t.kind", f.Kinds)
	return list(ctx, m, q, page, held[custody.Instruction])
}

// Instruction answers an instruction by its handle.
func (m *Model) Instruction(ctx context.Context, collection, handle string) (Held[custody.Instruction], error) {
	return one(ctx, m, under(records(instructions.table), collection, handle), "instruction", held[custody.Instruction])
}

// SuspenseFilter narrows a list of suspended receipts. Empty fields ask for nothing.
type SuspenseFilter struct {
	Collection string
	Open       bool // only those that were neither placed nor returned
}

// Suspended lists receipts that named no loan, in the order in which they came.
func (m *Model) Suspended(ctx context.Context, f SuspenseFilter, page Page) (List[Held[custody.Suspense]], error) {
	q := records(suspended.table)
	q.equal("t.collection", f.Collection)
	if f.Open {
		q.that("t.status = $", "open")
	}
	return list(ctx, m, q, page, held[custody.Suspense])
}

// Suspense answers a suspended receipt by its handle.
func (m *Model) Suspense(ctx context.Context, collection, handle string) (Held[custody.Suspense], error) {
	return one(ctx, m, under(records(suspended.table), collection, handle), "suspense", held[custody.Suspense])
}

// Day answers a custodian's business day, which may be closed.
func (m *Model) Day(ctx context.Context, custodian string) (Held[custody.Day], error) {
	return one(ctx, m, under(records(days.table), "", custodian), "custodian", held[custody.Day])
}

// Days lists the custodians' business days.
func (m *Model) Days(ctx context.Context, page Page) (List[Held[custody.Day]], error) {
	return list(ctx, m, records(days.table), page, held[custody.Day])
}

// BooksOpened reports whether the custodian has opened its books in a collection.
func (m *Model) BooksOpened(ctx context.Context, collection string) (bool, error) {
	_, err := one(ctx, m, under(values(openedBooks.table), collection, ""), "books", held[string])
	if errors.Is(err, fault.New(fault.NotFound)) {
		return false, nil
	}
	return err == nil, err
}

// BankEntry answers what an entry of the custodian's bank account settled or returned, by its handle.
func (m *Model) BankEntry(ctx context.Context, collection, handle string) (Held[wire.BankEntry], error) {
	return one(ctx, m, under(values(bankEntries.table), collection, handle), "entry", held[wire.BankEntry])
}
