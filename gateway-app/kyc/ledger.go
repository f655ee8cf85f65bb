package kyc

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

// Ledger takes what the ledger is to be told, durably and with the caller's transaction. The same request
// id with the same item is taken once.
type Ledger interface {
	Attest(ctx context.Context, tx *sql.Tx, request string, item wire.Attestation) error
	Renew(ctx context.Context, tx *sql.Tx, request string, item wire.PartyRenewal) error
}

// attest tells the ledger of a verification: an attestation the first time, a renewal after that.
func (c *Cases) attest(ctx context.Context, tx *sql.Tx, before State, after Case) error {
	if c.ledger == nil || before.Status == Verified || after.Status != Verified {
		return nil
	}
	request := requestID(after)
	sub := after.Submission
	if before.Attested {
		return c.ledger.Renew(ctx, tx, request, wire.PartyRenewal{Handle: sub.Party, KYCLevel: sub.Level, Expires: after.Expires})
	}
	return c.ledger.Attest(ctx, tx, request, wire.Attestation{
		Identity: party.Identity{
			Handle: sub.Party, Kind: sub.Kind, KYCLevel: sub.Level, Expires: after.Expires, Key: sub.Key, Affiliate: sub.Affiliate,
			Custodian: sub.Custodian,
		},
		AccountDigest: sub.AccountDigest,
	})
}

// requestID is the same for a round of a case however often it is asked for.
func requestID(k Case) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "tallystick kyc attestation\n%s\n%d", k.ID, k.Round))
	return hex.EncodeToString(sum[:16])
}

// Outbox is what the adapter needs of the outbox.
type Outbox interface {
	Put(ctx context.Context, tx *sql.Tx, c outbox.Command) error
}

// OutboxLedger hands attestations to the outbox. Platform and Custodian are the two members of the
// collection; Identity names who signs.
type OutboxLedger struct {
	Outbox     Outbox
	Platform   string
	Custodian  string
	Collection string
	Identity   string
}

// Attest puts a Party:Attest command, in the party's own lane.
func (l OutboxLedger) Attest(ctx context.Context, tx *sql.Tx, request string, item wire.Attestation) error {
	item.Identity.Platform, item.Identity.Custodian = l.Platform, l.Custodian
	return l.put(ctx, tx, request, "Party:Attest", item.Identity.Handle, item)
}

// Renew puts a Party:Renew command, in the party's own lane.
func (l OutboxLedger) Renew(ctx context.Context, tx *sql.Tx, request string, item wire.PartyRenewal) error {
	return l.put(ctx, tx, request, "Party:Renew", item.Handle, item)
}

func (l OutboxLedger) put(ctx context.Context, tx *sql.Tx, request, function, handle string, item any) error {
	items, err := json.Marshal([]any{item})
	if err != nil {
		return fmt.Errorf("write an item of %s: %w", function, err)
	}
	return l.Outbox.Put(ctx, tx, outbox.Command{
		ID: request, Function: function, Collection: l.Collection, Mode: wire.Each, Items: items,
		Lanes: []string{handle}, Identity: l.Identity,
	})
}
