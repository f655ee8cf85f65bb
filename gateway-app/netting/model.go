package netting

import (
	"context"
	"strings"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Model is the member's read model as payout runs look at it.
type Model struct {
	model   *projection.Model
	reach   func(ctx context.Context, block uint64) error
	catchUp func(ctx context.Context) error
}

// NewModel reads a read model. Reach waits until a block has been folded into it, catchUp until all have
// that are on the ledger.
func NewModel(model *projection.Model, reach func(context.Context, uint64) error, catchUp func(context.Context) error) Model {
	return Model{model, reach, catchUp}
}

// Reach waits until a block has been folded.
func (m Model) Reach(ctx context.Context, block uint64) error { return m.reach(ctx, block) }

// CatchUp waits until everything that is on the ledger now has been folded.
func (m Model) CatchUp(ctx context.Context) error { return m.catchUp(ctx) }

// Day answers a custodian's business day.
func (m Model) Day(ctx context.Context, custodian string) (custody.Day, error) {
	held, err := m.model.Day(ctx, custodian)
	return held.State, err
}

// parties marks places in the second half of the list of debts.
const parties = "parties/"

// Owing lists the loans that owe, and then the parties to whom a payout came back.
func (m Model) Owing(ctx context.Context, collection, after string, limit int) ([]Debt, string, error) {
	list, prefix := m.model.Owing, ""
	if place, second := strings.CutPrefix(after, parties); second {
		list, prefix, after = m.model.OwingParties, parties, place
	}
	found, err := list(ctx, collection, projection.Page{After: after, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	debts := make([]Debt, len(found.Items))
	for i, due := range found.Items {
		debts[i] = Debt{due.Loan, due.Party}
	}
	if found.Next != "" {
		return debts, prefix + found.Next, nil
	}
	if prefix == "" {
		return debts, parties, nil
	}
	return debts, "", nil
}
