package funding

import (
	"context"
	"errors"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Pair is a platform and one of its custodians, whose collection is one market.
type Pair struct {
	Collection string
	Platform   string
	Custodian  string
}

// Market is what the ledger says of one pair's mandates, money and loans.
type Market struct {
	On             calendar.Date // the open business day
	PlatformFrozen bool
	Cleared        []projection.Loan // wait for money
	Lent           []projection.Loan // have lenders and are not over
	Holds          []custody.Instruction
	Mandates       []mandate.State // to invest
	Parties        map[string]party.State
	CashMinor      map[string]money.Minor
	IdleSince      map[string]calendar.Date
	Packs          map[string]regime.Pack
}

// ReadModel is what the package looks at.
type ReadModel interface {
	// Market reads a market of the open business day. What is under way while it reads is counted as taken,
	// never as free.
	Market(ctx context.Context, pair Pair) (Market, error)
	// Party answers a party of a collection.
	Party(ctx context.Context, collection, handle string) (party.State, error)
	// Mandate answers a mandate of a collection.
	Mandate(ctx context.Context, collection, handle string) (mandate.State, error)
	// Loan answers a loan by its id.
	Loan(ctx context.Context, id string) (projection.Loan, error)
	// Day answers a custodian's business day.
	Day(ctx context.Context, custodian string) (custody.Day, error)
	// Reach waits until a block has been folded.
	Reach(ctx context.Context, block uint64) error
	// CatchUp waits until everything that is on the ledger now has been folded.
	CatchUp(ctx context.Context) error
}

// Model is the member's read model as runs look at it.
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

// Day answers a custodian's business day; one that was never opened is closed.
func (m Model) Day(ctx context.Context, custodian string) (custody.Day, error) {
	held, err := m.model.Day(ctx, custodian)
	if errors.Is(err, fault.New(fault.NotFound)) {
		err = nil
	}
	return held.State, err
}

// Party answers a party of a collection.
func (m Model) Party(ctx context.Context, collection, handle string) (party.State, error) {
	held, err := m.model.Party(ctx, collection, handle)
	return held.State, err
}

// Mandate answers a mandate of a collection.
func (m Model) Mandate(ctx context.Context, collection, handle string) (mandate.State, error) {
	held, err := m.model.Mandate(ctx, collection, handle)
	return held.State, err
}

// Loan answers a loan by its id.
func (m Model) Loan(ctx context.Context, id string) (projection.Loan, error) {
	return m.model.Loan(ctx, id)
}

// The statuses of loans that have lenders and are not over.
func lentStatuses() []loan.Status {
	return []loan.Status{loan.Collecting, loan.Funded, loan.Disbursing, loan.Active, loan.WrittenOff}
}

// Market reads a market. Loans are read before holds, and holds before mandates and cash: what moves on
// while it reads is seen in both places rather than in none.
func (m Model) Market(ctx context.Context, pair Pair) (Market, error) {
	market := Market{Parties: map[string]party.State{}, Packs: map[string]regime.Pack{}}
	day, err := m.Day(ctx, pair.Custodian)
	if err != nil {
		return market, err
	}
	if market.On, err = day.Require(); err != nil {
		return market, err
	}
	steps := []func(context.Context, Pair, *Market) error{m.freezes, m.loans, m.holds, m.mandates, m.cash, m.packs}
	for _, step := range steps {
		if err := step(ctx, pair, &market); err != nil {
			return market, err
		}
	}
	return market, m.parties(ctx, pair, &market)
}

func (m Model) freezes(ctx context.Context, pair Pair, market *Market) error {
	for held, err := range projection.All(ctx, m.model.Freezes) {
		if err != nil {
			return err
		}
		market.PlatformFrozen = market.PlatformFrozen || held.State.Platform == pair.Platform && held.State.InForce()
	}
	return nil
}

func (m Model) loans(ctx context.Context, pair Pair, market *Market) error {
	list := func(statuses []loan.Status) ([]projection.Loan, error) {
		filter := projection.LoanFilter{Collection: pair.Collection, Statuses: statuses}
		return all(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Loan], error) {
			return m.model.Loans(ctx, filter, page)
		})
	}
	var err error
	if market.Cleared, err = list([]loan.Status{loan.Cleared}); err != nil {
		return err
	}
	market.Lent, err = list(lentStatuses())
	return err
}

func (m Model) holds(ctx context.Context, pair Pair, market *Market) error {
	filter := projection.InstructionFilter{
		Collection: pair.Collection, Statuses: []custody.Status{custody.Instructed},
		Kinds: []custody.Kind{custody.Hold, custody.Withdraw},
	}
	found, err := all(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Held[custody.Instruction]], error) {
		return m.model.Instructions(ctx, filter, page)
	})
	market.Holds = states(found)
	return err
}

func (m Model) mandates(ctx context.Context, pair Pair, market *Market) error {
	filter := projection.MandateFilter{Collection: pair.Collection, Purpose: mandate.Invest}
	found, err := all(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Held[mandate.State]], error) {
		return m.model.Mandates(ctx, filter, page)
	})
	market.Mandates = states(found)
	return err
}

func (m Model) cash(ctx context.Context, pair Pair, market *Market) error {
	market.CashMinor = map[string]money.Minor{}
	filter := projection.AccountFilter{Collection: pair.Collection}
	found, err := all(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Held[custody.Account]], error) {
		return m.model.Accounts(ctx, filter, page)
	})
	if err != nil {
		return err
	}
	for _, held := range found {
		if held.State.AvailableMinor > 0 {
			market.CashMinor[held.ID] = held.State.AvailableMinor
		}
	}
	market.IdleSince, err = m.model.IdleSince(ctx, pair.Collection, market.CashMinor)
	return err
}

// packs are the rules of the loans that wait.
func (m Model) packs(ctx context.Context, _ Pair, market *Market) error {
	for _, l := range market.Cleared {
		if _, known := market.Packs[l.Terms.Regime]; known {
			continue
		}
		held, err := m.model.Regime(ctx, l.Terms.Regime)
		if err != nil {
			return err
		}
		market.Packs[l.Terms.Regime] = held.State
	}
	return nil
}

// parties are all of the collection: almost everybody lends or borrows.
func (m Model) parties(ctx context.Context, pair Pair, market *Market) error {
	filter := projection.PartyFilter{Collection: pair.Collection}
	found, err := all(ctx, func(ctx context.Context, page projection.Page) (projection.List[projection.Held[party.State]], error) {
		return m.model.Parties(ctx, filter, page)
	})
	for _, held := range found {
		market.Parties[held.ID] = held.State
	}
	return err
}

func all[T any](ctx context.Context, list func(context.Context, projection.Page) (projection.List[T], error)) ([]T, error) {
	var items []T
	for item, err := range projection.All(ctx, list) {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func states[S any](found []projection.Held[S]) []S {
	list := make([]S, len(found))
	for i, held := range found {
		list[i] = held.State
	}
	return list
}
