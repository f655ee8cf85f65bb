package projection

import (
	"context"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// PartyFilter narrows a list of parties. Empty fields ask for nothing.
type PartyFilter struct {
	Collection string
	Kind       party.Kind
	Attested   *bool  // by both sides, or not
	ExpiresBy  string // attestations whose last day is this one or earlier
}

// Parties lists parties in the order in which they were first attested.
func (m *Model) Parties(ctx context.Context, f PartyFilter, page Page) (List[Held[party.State]], error) {
	q := records(parties.table)
	q.equal("t.collection", f.Collection)
	q.equal("t.kind", string(f.Kind))
	if f.Attested != nil {
		q.that("t.attested = $", flag(*f.Attested))
	}
	if f.ExpiresBy != "" {
		q.that("t.expires_on <= $", f.ExpiresBy)
	}
	return list(ctx, m, q, page, held[party.State])
}

// Party answers a party by its handle.
func (m *Model) Party(ctx context.Context, collection, handle string) (Held[party.State], error) {
	return one(ctx, m, under(records(parties.table), collection, handle), "party", held[party.State])
}

// MandateFilter narrows a list of mandates. Empty fields ask for nothing.
type MandateFilter struct {
	Collection string
	Party      string
	Loan       string
	Purpose    mandate.Purpose
	Confirmed  *bool // by the custodian, or not
	Standing   bool  // only those that were not revoked
}

// Mandates lists mandates in the order in which they were registered.
func (m *Model) Mandates(ctx context.Context, f MandateFilter, page Page) (List[Held[mandate.State]], error) {
	q := records(mandates.table)
	q.equal("t.collection", f.Collection)
	q.equal("t.party", f.Party)
	q.equal("t.loan", f.Loan)
	q.equal("t.purpose", string(f.Purpose))
	switch {
	case f.Confirmed == nil:
	case *f.Confirmed:
		q.where = append(q.where, "t.confirmed_on <> ''")
	default:
		q.where = append(q.where, "t.confirmed_on = ''")
	}
	if f.Standing {
		q.where = append(q.where, "t.revoked_on = ''")
	}
	return list(ctx, m, q, page, held[mandate.State])
}

// Mandate answers a mandate by its handle.
func (m *Model) Mandate(ctx context.Context, collection, handle string) (Held[mandate.State], error) {
	return one(ctx, m, under(records(mandates.table), collection, handle), "mandate", held[mandate.State])
}

// AccountFilter narrows a list of accounts. Empty fields ask for nothing.
type AccountFilter struct {
	Collection string
	Party      string
}

// Accounts lists customers' cash in the order in which the accounts were first used.
func (m *Model) Accounts(ctx context.Context, f AccountFilter, page Page) (List[Held[custody.Account]], error) {
	q := records(accounts.table)
	q.equal("t.collection", f.Collection)
	q.equal("t.id", f.Party)
	return list(ctx, m, q, page, held[custody.Account])
}

// Account answers a party's account. A party that never had cash has none.
func (m *Model) Account(ctx context.Context, collection, handle string) (Held[custody.Account], error) {
	return one(ctx, m, under(records(accounts.table), collection, handle), "account", held[custody.Account])
}

// Link answers the common pseudonym behind a party. Platforms hold none.
func (m *Model) Link(ctx context.Context, handle string) (Held[wire.Link], error) {
	return one(ctx, m, under(values(links.table), wire.Exposure, handle), "party", held[wire.Link])
}

// LinkFilter narrows a list of links. Empty fields ask for nothing.
type LinkFilter struct{ Pseudonym string }

// Links lists which parties are which person, in the order in which they were linked.
func (m *Model) Links(ctx context.Context, f LinkFilter, page Page) (List[Held[wire.Link]], error) {
	q := values(links.table)
	q.equal("t.pseudonym", f.Pseudonym)
	return list(ctx, m, q, page, held[wire.Link])
}

// ExposureOf answers what is reserved for the person behind a party, under the pseudonym that counts now.
func (m *Model) ExposureOf(ctx context.Context, handle string) (Held[wire.ExposureState], error) {
	link, err := m.Link(ctx, handle)
	if err != nil {
		return Held[wire.ExposureState]{}, err
	}
	pseudonym := link.State.Pseudonym
	for range wire.LongestSuccession {
		h, err := m.Exposure(ctx, pseudonym)
		if err != nil || h.State.Successor == "" {
			return h, err
		}
		pseudonym = h.State.Successor
	}
	return Held[wire.ExposureState]{}, fault.In(fault.Internal, "pseudonym")
}

// Exposure answers what is reserved under a common pseudonym, or which one succeeded it. Platforms hold none.
func (m *Model) Exposure(ctx context.Context, pseudonym string) (Held[wire.ExposureState], error) {
	return one(ctx, m, under(records(exposures.table), wire.Exposure, pseudonym), "exposure", held[wire.ExposureState])
}
