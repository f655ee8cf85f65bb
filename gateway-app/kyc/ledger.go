package kyc

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

// ErrNoCertificate is an officer for whom no certificate of their own signs. The ledger says who vouched, so
// nobody's word goes there without one.
var ErrNoCertificate = errors.New("the officer has no certificate of their own: enrol them")

// Request names what the ledger is told, and the certificate of the officer whose word it is; the machine's own
// word has none.
type Request struct{ ID, Certificate string }

// Ledger takes what the ledger is to be told, durably and with the caller's transaction. The same request
// id with the same item is taken once. An attestation without a certificate is refused with ErrNoCertificate.
type Ledger interface {
	Attest(ctx context.Context, tx *sql.Tx, r Request, item wire.Attestation) error
	Renew(ctx context.Context, tx *sql.Tx, r Request, item wire.PartyRenewal) error
}

// attest tells the ledger of a verification: an attestation the first time, a renewal after that.
func (c *Cases) attest(ctx context.Context, tx *sql.Tx, before State, after Case, certificate string) error {
	if before.Status == Verified || after.Status != Verified {
		return nil
	}
	if certificate == "" {
		return ErrNoCertificate
	}
	request := Request{requestID("attestation", after, int64(after.Round)), certificate}
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

// withdraw lets the attestation end today, because it is not right any more: nobody answers for somebody who is
// another than was verified, or who was refused. It is a renewal to today and no revocation, which would be for
// good: the next verification renews it again. It is the machine's word, which takes nobody's judgement.
func (c *Cases) withdraw(ctx context.Context, tx *sql.Tx, after Case, sequence int64) error {
	return c.ledger.Renew(ctx, tx, Request{ID: requestID("withdrawal", after, sequence)}, wire.PartyRenewal{
		Handle: after.Submission.Party, KYCLevel: after.Submission.Level, Expires: after.AttestedTo,
	})
}

// requestID is the same for one step of a case however often it is asked for.
func requestID(purpose string, k Case, number int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "tallystick kyc %s\n%s\n%d", purpose, k.ID, number))
	return hex.EncodeToString(sum[:16])
}

// Outbox is what the adapter needs of the outbox.
type Outbox interface {
	Put(ctx context.Context, tx *sql.Tx, c outbox.Command) error
}

// Approver signs with the key of a member of staff's own certificate.
type Approver interface {
	Approve(ctx context.Context, certificate, digest string) (wire.Approval, error)
}

// OutboxLedger hands attestations to the outbox. Platform and Custodian are the two members of the
// collection; Identity names who signs, and Approver what signs for the officers.
type OutboxLedger struct {
	Outbox     Outbox
	Approver   Approver
	Channel    string
	Platform   string
	Custodian  string
	Collection string
	Identity   string
}

// Attest puts a Party:Attest command, in the party's own lane.
func (l OutboxLedger) Attest(ctx context.Context, tx *sql.Tx, r Request, item wire.Attestation) error {
	item.Identity.Platform, item.Identity.Custodian = l.Platform, l.Custodian
	return l.put(ctx, tx, r, "Party:Attest", item.Identity.Handle, item)
}

// Renew puts a Party:Renew command, in the party's own lane.
func (l OutboxLedger) Renew(ctx context.Context, tx *sql.Tx, r Request, item wire.PartyRenewal) error {
	return l.put(ctx, tx, r, "Party:Renew", item.Handle, item)
}

func (l OutboxLedger) put(ctx context.Context, tx *sql.Tx, r Request, function, handle string, item any) error {
	items, err := json.Marshal([]any{item})
	if err != nil {
		return fmt.Errorf("write an item of %s: %w", function, err)
	}
	signed, err := l.approvals(ctx, r, function, items)
	if err != nil {
		return fmt.Errorf("sign %s for the officer: %w", function, err)
	}
	return l.Outbox.Put(ctx, tx, outbox.Command{
		ID: r.ID, Function: function, Collection: l.Collection, Mode: wire.Each, Items: items,
		Lanes: []string{handle}, Identity: l.Identity, Signed: signed,
	})
}

// approvals has the officer's own key sign what the ledger is told, whole.
func (l OutboxLedger) approvals(ctx context.Context, r Request, function string, items []byte) ([]wire.Approval, error) {
	if r.Certificate == "" {
		return nil, nil
	}
	if l.Approver == nil {
		return nil, ErrNoCertificate
	}
	digest, err := wire.Approvable{
		Channel: l.Channel, Function: function, ID: r.ID, Collection: l.Collection, Mode: wire.Each, Items: items,
	}.Digest()
	if err != nil {
		return nil, err
	}
	approval, err := l.Approver.Approve(ctx, r.Certificate, digest)
	return []wire.Approval{approval}, err
}
