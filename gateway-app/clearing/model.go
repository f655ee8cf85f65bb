package clearing

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Model is the member's read model as the lane looks at it.
type Model struct {
	model *projection.Model
	reach func(ctx context.Context, block uint64) error
}

// NewModel reads a read model. Reach waits until a block has been folded into it.
func NewModel(model *projection.Model, reach func(ctx context.Context, block uint64) error) Model {
	return Model{model, reach}
}

// Reach waits until a block has been folded.
func (m Model) Reach(ctx context.Context, block uint64) error { return m.reach(ctx, block) }

// Proposed lists loans that wait for clearance.
func (m Model) Proposed(ctx context.Context, limit int) ([]Loan, error) {
	found, err := m.model.Proposed(ctx, "", projection.Page{Limit: limit})
	loans := make([]Loan, len(found.Items))
	for i, l := range found.Items {
		loans[i] = Loan{ID: l.State.ID, Collection: l.Collection}
	}
	return loans, err
}

// Unrelieved lists loans whose reservation is not what they still need of it.
func (m Model) Unrelieved(ctx context.Context, limit int) ([]Loan, error) {
	found, err := m.model.Unrelieved(ctx, "", projection.Page{Limit: limit})
	loans := make([]Loan, len(found.Items))
	for i, r := range found.Items {
		loans[i] = Loan{
			ID: r.Loan, Collection: r.Collection, Standing: fmt.Sprintf("%s %d %d", r.Status, r.ReservedMinor, r.NeededMinor),
		}
	}
	return loans, err
}
