package serve

import (
	"context"
	"database/sql"
	"errors"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// attestations tells the ledger of verified customers, in the collection that they belong to.
type attestations struct{ f *foundations }

// Attest puts the attestation into the outbox.
func (a attestations) Attest(ctx context.Context, tx *sql.Tx, request kyc.Request, item wire.Attestation) error {
	to, err := a.of(ctx, item.Identity.Handle, item.Identity.Custodian)
	if err != nil {
		return err
	}
	return to.Attest(ctx, tx, request, item)
}

// Renew puts the renewal into the outbox. Where the business date is ahead of the clock's, a renewal to the clock's
// today, which ends the attestation, goes to the business date: the ledger refuses a day that is past.
func (a attestations) Renew(ctx context.Context, tx *sql.Tx, request kyc.Request, item wire.PartyRenewal) error {
	to, err := a.of(ctx, item.Handle, "")
	if err != nil {
		return err
	}
	day, err := a.f.books.Day(ctx, to.Custodian)
	if err != nil && !errors.Is(err, fault.New(fault.NotFound)) {
		return err
	}
	item.Expires = max(item.Expires, day.State.Date)
	return to.Renew(ctx, tx, request, item)
}

// approver signs for officers; a member without an authority of certificates has none.
func (a attestations) approver() kyc.Approver {
	if a.f.staff == nil {
		return nil
	}
	return a.f.staff
}

func (a attestations) of(ctx context.Context, handle, custodian string) (kyc.OutboxLedger, error) {
	pair, err := pairOf(a.f.pairs(), a.f.profile.Kind, custodian, func(collection string) (bool, error) {
		_, err := a.f.books.Party(ctx, collection, handle)
		if errors.Is(err, fault.New(fault.NotFound)) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return kyc.OutboxLedger{}, err
	}
	return kyc.OutboxLedger{
		Outbox: a.f.box, Approver: a.approver(), Channel: a.f.profile.Channel, Platform: pair.Platform, Custodian: pair.Custodian, Collection: wire.PairCollection(pair.Platform, pair.Custodian),
		Identity: machine,
	}, nil
}

// pairOf finds the platform and custodian of a party: those in whose collection it stands already. A new one has
// its platform's custodian where there is one, and else the one that its case names; a custodian attests none that
// its platform has not attested before.
func pairOf(pairs []projection.Pair, kind party.MemberKind, custodian string, stands func(collection string) (bool, error)) (projection.Pair, error) {
	for _, pair := range pairs {
		found, err := stands(wire.PairCollection(pair.Platform, pair.Custodian))
		if err != nil || found {
			return pair, err
		}
	}
	if kind == party.Custodian {
		return projection.Pair{}, fault.In(fault.PartyUnknown, "party")
	}
	var open []projection.Pair
	for _, pair := range pairs {
		if custodian == "" || custodian == pair.Custodian {
			open = append(open, pair)
		}
	}
	switch {
	case len(open) == 1:
		return open[0], nil
	case custodian == "":
		return projection.Pair{}, fault.In(fault.MissingField, "custodian")
	}
	return projection.Pair{}, fault.In(fault.InvalidField, "custodian")
}
