package access

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
)

// The states of an approval. A used one has let its command through, once.
const (
	Pending  = "pending"
	Approved = "approved"
	Declined = "declined"
	Used     = "used"
)

// approvalLife is how long an approval is waited for, and how long it is then good.
const approvalLife = 7 * 24 * time.Hour

// Approval is a second user's word on one command: the operation, what it is about, and every byte of
// its body. A command for the ledger is approved as the request that the ledger will see, and signed.
type Approval struct {
	ID          string         `json:"id"`
	Operation   string         `json:"operation"`
	Subject     string         `json:"subject,omitempty"`
	BodyDigest  string         `json:"body_sha256"`
	Ledger      *LedgerRequest `json:"ledger,omitempty"`
	Status      string         `json:"status"`
	RequestedBy string         `json:"requested_by"`
	RequestedAt string         `json:"requested_at"`
	ExpiresAt   string         `json:"expires_at"`
	DecidedBy   string         `json:"decided_by,omitempty"`
	DecidedAt   string         `json:"decided_at,omitempty"`
	UsedAt      string         `json:"used_at,omitempty"`
	CommandID   string         `json:"command_id,omitempty"` // the command that it let through

	sealed []byte // the body
}

// LedgerRequest is the request that an approval is for, as the ledger will see it. Signed is the approver's
// own signature over its digest, once there is one.
type LedgerRequest struct {
	ID         string         `json:"request_id"`
	Function   string         `json:"function"`
	Collection string         `json:"collection,omitempty"`
	Digest     string         `json:"digest"`
	Signed     *wire.Approval `json:"signed,omitempty"`
}

// Ask is a command that may need a second user.
type Ask struct {
	Operation string
	Subject   string
	Body      []byte
	CommandID string
	Ledger    *wire.Approvable // of a command for the ledger: what its approver signs
}

// Signer signs with the certificates of the member's staff.
type Signer interface {
	// Approve signs a digest as an identity, whose certificate and issuers go with the signature.
	Approve(ctx context.Context, identity, digest string) (wire.Approval, error)
}

// ApprovalNeeded says that a command waits for a second user.
type ApprovalNeeded struct{ Approval Approval }

// Error names the approval to be given.
func (a *ApprovalNeeded) Error() string {
	return "a second user must approve " + a.Approval.Operation + " first: approval " + a.Approval.ID
}

// Approvals keeps what waits for four eyes.
type Approvals struct {
	db         *store.DB
	authoriser *Authoriser
	sealer     Sealer
	signer     Signer
	clock      func() time.Time
}

// NewApprovals keeps approvals in the database, and the bodies that they are for under the sealer. Who may
// approve, the authoriser says. The signer may be nil: then nobody can approve what goes to the ledger.
func NewApprovals(db *store.DB, authoriser *Authoriser, sealer Sealer, signer Signer, clock func() time.Time) *Approvals {
	if clock == nil {
		clock = time.Now
	}
	return &Approvals{db: db, authoriser: authoriser, sealer: sealer, signer: signer, clock: clock}
}

// Redeem looks for the approval of a command by the same caller with the same body, and takes it for that
// command: no approval lets two commands through, and the same command comes through again, so that a
// request repeated after a crash needs no second approval. What goes to the ledger was approved as one
// request, under one id, and no other command can take it. It answers the approval.
//
// Where none was given, Redeem records that one is needed and answers *ApprovalNeeded; asking again
// records nothing new. A declined command stays declined until the question expires.
func (a *Approvals) Redeem(ctx context.Context, p Principal, asked Ask) (Approval, error) {
	question, err := a.question(p, asked)
	if err != nil {
		return Approval{}, fmt.Errorf("look for an approval: %w", err)
	}
	var found Approval
	err = a.db.Write(ctx, func(tx *sql.Tx) error {
		const query = `SELECT ` + approvalColumns + ` FROM access_approval
			WHERE requested_by = $1 AND body_digest = $2 AND request_id = $6 AND ledger_digest = $7
				AND (status = $3 AND command_id = $4 OR status <> $3 AND expires_at > $5)
			ORDER BY CASE WHEN status = $3 THEN 0 ELSE 1 END, requested_at DESC, id LIMIT 1`
		var err error
		request := question.request()
		found, err = scanApproval(tx.QueryRowContext(ctx, query, p.ID, question.BodyDigest, Used, asked.CommandID,
			question.RequestedAt, request.ID, request.Digest))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			found = question
			return errors.Join(forget(ctx, tx, question.RequestedAt), ask(ctx, tx, found))
		case err != nil || found.Status != Approved:
			return err
		}
		const take = `UPDATE access_approval SET status = $1, used_at = $2, command_id = $3, body_sealed = NULL WHERE id = $4 RETURNING ` + approvalColumns
		found, err = scanApproval(tx.QueryRowContext(ctx, take, Used, question.RequestedAt, asked.CommandID, found.ID))
		return err
	})
	if err != nil {
		return Approval{}, fmt.Errorf("look for an approval: %w", err)
	}
	if found.Status != Used {
		return Approval{}, &ApprovalNeeded{found}
	}
	return found, nil
}

// question is what is put to a second user where no answer is on record.
func (a *Approvals) question(p Principal, asked Ask) (Approval, error) {
	question := Approval{
		ID: newID(), Operation: asked.Operation, Subject: asked.Subject, Status: Pending,
		BodyDigest: commandDigest(asked.Operation, asked.Subject, asked.Body), RequestedBy: p.ID,
		RequestedAt: store.Time(a.clock()), ExpiresAt: store.Time(a.clock().Add(approvalLife)),
	}
	if asked.Ledger != nil {
		digest, err := asked.Ledger.Digest()
		if err != nil {
			return question, err
		}
		question.Ledger = &LedgerRequest{
			ID: asked.Ledger.ID, Function: asked.Ledger.Function, Collection: asked.Ledger.Collection, Digest: digest,
		}
	}
	var err error
	question.sealed, err = a.sealer.Seal(approvalTable, question.ID, approvalColumn, asked.Body)
	return question, err
}

// request is the ledger's request, empty where there is none.
func (a Approval) request() LedgerRequest {
	if a.Ledger == nil {
		return LedgerRequest{}
	}
	return *a.Ledger
}

func ask(ctx context.Context, tx *sql.Tx, question Approval) error {
	const insert = `INSERT INTO access_approval (` + approvalColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12, $13, '', '', '', '')`
	request := question.request()
	_, err := tx.ExecContext(ctx, insert, question.ID, question.Operation, question.Subject, question.BodyDigest, question.sealed,
		request.ID, request.Function, request.Collection, request.Digest, question.Status,
		question.RequestedBy, question.RequestedAt, question.ExpiresAt)
	return err
}

// forget drops the bodies of questions that have expired.
func forget(ctx context.Context, tx *sql.Tx, now string) error {
	const drop = `UPDATE access_approval SET body_sealed = NULL WHERE body_sealed IS NOT NULL AND expires_at <= $1`
	_, err := tx.ExecContext(ctx, drop, now)
	return err
}

// Forget drops the bodies of questions that have expired. It is for who keeps the database in order.
func (a *Approvals) Forget(ctx context.Context) error {
	err := a.db.Write(ctx, func(tx *sql.Tx) error { return forget(ctx, tx, store.Time(a.clock())) })
	if err != nil {
		return fmt.Errorf("forget what expired approvals were for: %w", err)
	}
	return nil
}

// Body is what an approval is for, for those who may give or decline it: nil once it was used or declined, or
// has expired.
func (a *Approvals) Body(ctx context.Context, p Principal, id string) ([]byte, error) {
	asked, err := a.Approval(ctx, id)
	if err != nil {
		return nil, err
	}
	if own := p.ID == asked.RequestedBy; !own && !a.authoriser.Decide(p, asked.Operation, Resource{Approved: true}).Allowed {
		return nil, nil
	}
	if asked.sealed == nil || asked.ExpiresAt <= store.Time(a.clock()) {
		return nil, nil
	}
	body, err := a.sealer.Open(approvalTable, asked.ID, approvalColumn, asked.sealed)
	if err != nil {
		return nil, fmt.Errorf("open what an approval is for: %w", err)
	}
	return body, nil
}

// Approve gives a second user's word. Nobody approves what they asked for themselves, what they might not
// do themselves, or with a key instead of in person.
func (a *Approvals) Approve(ctx context.Context, p Principal, id string) (Approval, error) {
	return a.decide(ctx, p, id, Approved)
}

// Decline refuses. Whoever asked may take it back so, too.
func (a *Approvals) Decline(ctx context.Context, p Principal, id string) (Approval, error) {
	return a.decide(ctx, p, id, Declined)
}

func (a *Approvals) decide(ctx context.Context, p Principal, id, verdict string) (Approval, error) {
	decided, err := a.decided(ctx, p, id, verdict)
	if err != nil {
		return Approval{}, fmt.Errorf("decide on an approval: %w", err)
	}
	return decided, nil
}

// decided signs before it writes: a signature that nobody gets to see binds nobody.
func (a *Approvals) decided(ctx context.Context, p Principal, id, verdict string) (Approval, error) {
	asked, err := approvalBy(ctx, a.db, id)
	if err != nil {
		return asked, err
	}
	if err := a.mayDecide(p, asked, verdict); err != nil {
		return asked, err
	}
	now := store.Time(a.clock())
	if asked.Status != Pending || asked.ExpiresAt <= now {
		return asked, fault.In(fault.WrongStatus, "id")
	}
	signed, err := a.sign(ctx, p, asked, verdict)
	if err != nil {
		return asked, err
	}
	err = a.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `UPDATE access_approval SET status = $1, decided_by = $2, decided_at = $3, signed = $6,
				body_sealed = CASE WHEN $1 = $7 THEN NULL ELSE body_sealed END
			WHERE id = $4 AND status = $5 AND expires_at > $3 RETURNING ` + approvalColumns
		asked, err = scanApproval(tx.QueryRowContext(ctx, update, verdict, p.ID, now, id, Pending, signed, Declined))
		if errors.Is(err, sql.ErrNoRows) {
			return fault.In(fault.WrongStatus, "id")
		}
		return err
	})
	return asked, err
}

// sign has the approver's own key sign what goes to the ledger. Who has no certificate cannot approve it.
func (a *Approvals) sign(ctx context.Context, p Principal, asked Approval, verdict string) (string, error) {
	if asked.Ledger == nil || verdict != Approved {
		return "", nil
	}
	if a.signer == nil || p.Certificate == "" {
		return "", fault.In(fault.ApprovalInvalid, "certificate")
	}
	signed, err := a.signer.Approve(ctx, p.Certificate, asked.Ledger.Digest)
	if err != nil {
		return "", fmt.Errorf("sign an approval: %w", err)
	}
	text, err := wire.Encode(signed)
	return string(text), err
}

func (a *Approvals) mayDecide(p Principal, asked Approval, verdict string) error {
	own := p.ID == asked.RequestedBy
	if own && verdict == Declined {
		return nil
	}
	allowed := a.authoriser.Decide(p, asked.Operation, Resource{Approved: true}).Allowed
	if own || !allowed || p.Kind != KindUser {
		return fault.New(fault.WrongRole)
	}
	return nil
}

const (
	approvalTable  = "access_approval"
	approvalColumn = "body_sealed"

	approvalColumns = `id, operation, subject, body_digest, body_sealed, request_id, function, collection, ledger_digest, signed,
		status, requested_by, requested_at, expires_at, decided_by, decided_at, used_at, command_id`
)

func scanApproval(row scanner) (Approval, error) {
	var a Approval
	var ledger LedgerRequest
	var signed string
	err := row.Scan(&a.ID, &a.Operation, &a.Subject, &a.BodyDigest, &a.sealed, &ledger.ID, &ledger.Function, &ledger.Collection,
		&ledger.Digest, &signed, &a.Status, &a.RequestedBy, &a.RequestedAt, &a.ExpiresAt, &a.DecidedBy, &a.DecidedAt, &a.UsedAt, &a.CommandID)
	if err == nil && signed != "" {
		err = json.Unmarshal([]byte(signed), &ledger.Signed)
	}
	if ledger.ID != "" {
		a.Ledger = &ledger
	}
	return a, err
}

func approvalBy(ctx context.Context, q querier, id string) (Approval, error) {
	found, err := scanApproval(q.QueryRowContext(ctx, `SELECT `+approvalColumns+` FROM access_approval WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Approval{}, fault.In(fault.NotFound, "id")
	}
	return found, err
}

// Approval finds one.
func (a *Approvals) Approval(ctx context.Context, id string) (Approval, error) {
	found, err := approvalBy(ctx, a.db, id)
	if err != nil {
		return Approval{}, fmt.Errorf("read an approval: %w", err)
	}
	return found, nil
}

// List lists approvals of a status, or of every one where none is named, in the order of their ids.
func (a *Approvals) List(ctx context.Context, status, after string, limit int) ([]Approval, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT `+approvalColumns+` FROM access_approval
		WHERE id > $1 AND (status = $2 OR CAST($2 AS TEXT) = '') ORDER BY id LIMIT $3`, after, status, limit)
	if err != nil {
		return nil, fmt.Errorf("list approvals: %w", err)
	}
	defer rows.Close()
	var list []Approval
	for rows.Next() {
		found, err := scanApproval(rows)
		if err != nil {
			return nil, fmt.Errorf("list approvals: %w", err)
		}
		list = append(list, found)
	}
	return list, rows.Err()
}

// commandDigest names one command, body and all.
func commandDigest(operation, subject string, body []byte) string {
	sum := sha256.Sum256([]byte(operation + "\x00" + subject + "\x00" + string(body)))
	return hex.EncodeToString(sum[:])
}
