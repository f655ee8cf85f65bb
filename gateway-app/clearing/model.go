package clearing

import (
	"context"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Model is the member's read model as the lane looks at it.
type Model struct{ *projection.Projection }

// NewModel reads the read model that a projection keeps.
func NewModel(books *projection.Projection) Model { return Model{books} }

// Proposed lists loans that wait for clearance.
func (m Model) Proposed(ctx context.Context, limit int) ([]Loan, error) {
	found, err := m.Model.Proposed(ctx, "", projection.Page{Limit: limit})
	loans := make([]Loan, len(found.Items))
	for i, l := range found.Items {
		loans[i] = Loan{ID: l.State.ID, Collection: l.Collection}
	}
	return loans, err
}

// Unrelieved lists loans whose reservation is not what they still need of it.
func (m Model) Unrelieved(ctx context.Context, limit int) ([]Loan, error) {
	found, err := m.Model.Unrelieved(ctx, "", projection.Page{Limit: limit})
	loans := make([]Loan, len(found.Items))
	for i, r := range found.Items {
		loans[i] = Loan{
			ID: r.Loan, Collection: r.Collection, Standing: fmt.Sprintf("%s %d %d", r.Status, r.ReservedMinor, r.NeededMinor),
		}
	}
	return loans, err
}

// Closed names the custodians' business days that are closed. A closed day is not opened again, so the text
// is never the same for others.
func (m Model) Closed(ctx context.Context) (string, error) {
	var closed strings.Builder
	for after := ""; ; {
		found, err := m.Model.Days(ctx, projection.Page{After: after, Limit: 100})
		if err != nil {
			return "", err
		}
		for _, day := range found.Items {
			if !day.State.Open {
				fmt.Fprintf(&closed, "%s %s;", day.ID, day.State.Date)
			}
		}
		if after = found.Next; after == "" {
			return closed.String(), nil
		}
	}
}
