package api

import (
	"context"
	"errors"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Books is the member's read model: what of *projection.Model is shown here.
type Books interface {
	Loans(ctx context.Context, f projection.LoanFilter, page projection.Page) (projection.List[projection.Loan], error)
	Loan(ctx context.Context, id string) (projection.Loan, error)
	LoanHistory(ctx context.Context, id string, page projection.Page) (projection.List[projection.Step], error)

	Parties(ctx context.Context, f projection.PartyFilter, page projection.Page) (projection.List[projection.Held[party.State]], error)
	Party(ctx context.Context, collection, handle string) (projection.Held[party.State], error)
	Mandates(ctx context.Context, f projection.MandateFilter, page projection.Page) (projection.List[projection.Held[mandate.State]], error)
	Mandate(ctx context.Context, collection, handle string) (projection.Held[mandate.State], error)

	Instructions(ctx context.Context, f projection.InstructionFilter, page projection.Page) (projection.List[projection.Held[custody.Instruction]], error)
	Instruction(ctx context.Context, collection, handle string) (projection.Held[custody.Instruction], error)
	Suspended(ctx context.Context, f projection.SuspenseFilter, page projection.Page) (projection.List[projection.Held[custody.Suspense]], error)
	Accounts(ctx context.Context, f projection.AccountFilter, page projection.Page) (projection.List[projection.Held[custody.Account]], error)
	Account(ctx context.Context, collection, handle string) (projection.Held[custody.Account], error)
	Day(ctx context.Context, custodian string) (projection.Held[custody.Day], error)

	Members(ctx context.Context, page projection.Page) (projection.List[projection.Member], error)
	Regimes(ctx context.Context, page projection.Page) (projection.List[projection.Regime], error)
	Regime(ctx context.Context, id string) (projection.Regime, error)
	Freezes(ctx context.Context, page projection.Page) (projection.List[projection.Held[wire.PlatformFreeze]], error)

	EvidenceEntries(ctx context.Context, f projection.EvidenceFilter, page projection.Page) (projection.List[projection.Held[wire.Anchored]], error)
	EvidenceLog(ctx context.Context, member string) (projection.Held[evidence.LogState], error)

	FeedEnd(ctx context.Context) (int64, error)
	Feed(ctx context.Context, after int64, limit int, f projection.FeedFilter) ([]projection.Entry, error)
}

// Folding tells how far the read model has come: what of *projection.Projection is needed here.
type Folding interface {
	Standing(ctx context.Context) (projection.Standing, error)
	Reach(ctx context.Context, block uint64) error
	Moved() <-chan struct{}
}

// among looks a handle up in the collection that the caller named or, when none was named, in each that
// the member has: handles are random, so at most one holds it.
func among[T any](ctx context.Context, s *Server, in handleInput, look func(ctx context.Context, collection, handle string) (T, error)) (T, error) {
	collections := []string{in.Collection}
	if in.Collection == "" {
		collections = collections[:0]
		for _, pair := range s.parts.Pairs {
			collections = append(collections, wire.PairCollection(pair.Platform, pair.Custodian))
		}
	}
	for _, collection := range collections {
		found, err := look(ctx, collection, in.Handle)
		if !errors.Is(err, fault.New(fault.NotFound)) {
			return found, err
		}
	}
	var none T
	return none, fault.In(fault.NotFound, "handle")
}

// missing names the parameter of the path by which nothing was found.
func missing(err error, parameter string) error {
	if errors.Is(err, fault.New(fault.NotFound)) {
		return fault.In(fault.NotFound, parameter)
	}
	return err
}
