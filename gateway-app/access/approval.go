package access

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tallystick/tallystick/core/fault"
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
// its body.
type Approval struct {
	ID          string `json:"id"`
	Operation   string `json:"operation"`
	Subject     string `json:"subject,omitempty"`
	BodyDigest  string `json:"body_sha256"`
	Status      string `json:"status"`
	RequestedBy string `json:"requested_by"`
	RequestedAt string `json:"requested_at"`
	ExpiresAt   string `json:"expires_at"`
	DecidedBy   string `json:"decided_by,omitempty"`
	DecidedAt   string `json:"decided_at,omitempty"`
	UsedAt      string `json:"used_at,omitempty"`
	CommandID   string `json:"command_id,omitempty"` // the command that it let through
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
	clock      func() time.Time
}

// NewApprovals keeps approvals in the database. Who may approve, the authoriser says.
func NewApprovals(db *store.DB, authoriser *Authoriser, clock func() time.Time) *Approvals {
	if clock == nil {
		clock = time.Now
	}
	return &Approvals{db: db, authoriser: authoriser, clock: clock}
}

// Redeem looks for the approval of a command by the same caller with the same body, and takes it for that
// command: no approval lets two commands through, and the same command comes through again, so that a
// request repeated after a crash needs no second approval. It answers the approval.
//
// Where none was given, Redeem records that one is needed and answers *ApprovalNeeded; asking again
// records nothing new. A declined command stays declined until the question expires.
func (a *Approvals) Redeem(ctx context.Context, p Principal, operation, subject string, body []byte, command string) (Approval, error) {
	digest := commandDigest(operation, subject, body)
	var found Approval
	err := a.db.Write(ctx, func(tx *sql.Tx) error {
		now := store.Time(a.clock())
		const query = `SELECT ` + approvalColumns + ` FROM access_approval
			WHERE requested_by = $1 AND body_digest = $2 AND (status = $3 AND command_id = $4 OR status <> $3 AND expires_at > $5)
			ORDER BY CASE WHEN status = $3 THEN 0 ELSE 1 END, requested_at DESC, id LIMIT 1`
		var err error
		found, err = scanApproval(tx.QueryRowContext(ctx, query, p.ID, digest, Used, command, now))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			found = Approval{
				ID: newID(), Operation: operation, Subject: subject, BodyDigest: digest, Status: Pending,
				RequestedBy: p.ID, RequestedAt: now, ExpiresAt: store.Time(a.clock().Add(approvalLife)),
			}
			return ask(ctx, tx, found)
		case err != nil || found.Status != Approved:
			return err
		}
		const take = `UPDATE access_approval SET status = $1, used_at = $2, command_id = $3 WHERE id = $4 RETURNING ` + approvalColumns
		found, err = scanApproval(tx.QueryRowContext(ctx, take, Used, now, command, found.ID))
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

func ask(ctx context.Context, tx *sql.Tx, question Approval) error {
	const insert = `INSERT INTO access_approval (` + approvalColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', '')`
	_, err := tx.ExecContext(ctx, insert, question.ID, question.Operation, question.Subject, question.BodyDigest, question.Status,
		question.RequestedBy, question.RequestedAt, question.ExpiresAt)
	return err
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
	var decided Approval
	err := a.db.Write(ctx, func(tx *sql.Tx) error {
		asked, err := approvalBy(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := a.mayDecide(p, asked, verdict); err != nil {
			return err
		}
		now := store.Time(a.clock())
		const update = `UPDATE access_approval SET status = $1, decided_by = $2, decided_at = $3
			WHERE id = $4 AND status = $5 AND expires_at > $3 RETURNING ` + approvalColumns
		decided, err = scanApproval(tx.QueryRowContext(ctx, update, verdict, p.ID, now, id, Pending))
		if errors.Is(err, sql.ErrNoRows) {
			return fault.In(fault.WrongStatus, "id")
		}
		return err
	})
	if err != nil {
		return Approval{}, fmt.Errorf("decide on an approval: %w", err)
	}
	return decided, nil
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

const approvalColumns = `id, operation, subject, body_digest, status, requested_by, requested_at, expires_at, decided_by, decided_at, used_at, command_id`

func scanApproval(row scanner) (Approval, error) {
	var a Approval
	err := row.Scan(&a.ID, &a.Operation, &a.Subject, &a.BodyDigest, &a.Status, &a.RequestedBy, &a.RequestedAt,
		&a.ExpiresAt, &a.DecidedBy, &a.DecidedAt, &a.UsedAt, &a.CommandID)
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
