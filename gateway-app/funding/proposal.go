package funding

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/lane"
)

// The statuses of a proposal.
const (
	ProposalOpen    = "open"    // waits for the borrower's signature
	ProposalSigned  = "signed"  // waits for the ledger
	ProposalFunded  = "funded"  // the ledger took it, and the custodian is told to hold the lenders' cash
	ProposalRefused = "refused" // by the ledger, or because somebody asked for erasure; the loan belongs to the next run
	ProposalLapsed  = "lapsed"  // was not signed in time
)

// Proposal is a filled loan on its way to the ledger.
type Proposal struct {
	Run            string            `json:"run"`
	Loan           string            `json:"loan"`
	Collection     string            `json:"collection"`
	Status         string            `json:"status" enum:"open,signed,funded,refused,lapsed"`
	Borrower       string            `json:"borrower"`
	Commitment     string            `json:"commitment" doc:"SHA-256 of the salted terms"`
	Statement      string            `json:"statement" doc:"base64: the bytes that the borrower signs"`
	Grade          string            `json:"grade"`
	Industry       string            `json:"industry,omitempty"`
	PrincipalMinor money.Minor       `json:"principal_minor"`
	Allocations    []loan.Allocation `json:"allocations"`
	ExpiresOn      calendar.Date     `json:"expires_on" format:"date" doc:"the last day on which it may be signed"`
	Code           fault.Code        `json:"code,omitempty" doc:"why the ledger refused it"`
	Block          uint64            `json:"block,omitempty" doc:"that took it"`

	signature, salt string
}

const proposalColumns = `run, loan, collection, status, borrower, commitment, grade, industry, principal_minor, allocations, salt,
	signature, expires_on, code, block`

func (p Proposal) insert(ctx context.Context, tx *sql.Tx) error {
	allocations, err := json.Marshal(p.Allocations)
	if err != nil {
		return err
	}
	const insert = `INSERT INTO matching_proposal (` + proposalColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, '', 0)`
	_, err = tx.ExecContext(ctx, insert, p.Run, p.Loan, p.Collection, p.Status, p.Borrower, p.Commitment, p.Grade, p.Industry,
		int64(p.PrincipalMinor), string(allocations), p.salt, p.ExpiresOn.String())
	if err != nil {
		return fmt.Errorf("keep a proposal: %w", err)
	}
	return nil
}

func (f *Funding) proposals(ctx context.Context, q querier, where string, arguments ...any) ([]Proposal, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+proposalColumns+` FROM matching_proposal WHERE `+where, arguments...)
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	defer rows.Close()
	list := []Proposal{}
	for rows.Next() {
		p, err := scanProposal(rows)
		if err != nil {
			return nil, fmt.Errorf("read proposals: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func scanProposal(rows *sql.Rows) (Proposal, error) {
	var p Proposal
	var allocations, expires string
	var block int64
	err := rows.Scan(&p.Run, &p.Loan, &p.Collection, &p.Status, &p.Borrower, &p.Commitment, &p.Grade, &p.Industry, &p.PrincipalMinor,
		&allocations, &p.salt, &p.signature, &expires, &p.Code, &block)
	if err != nil {
		return p, err
	}
	p.Block = uint64(block)
	p.Statement = base64.StdEncoding.EncodeToString(loan.CommitmentStatement(p.Loan, p.Borrower, p.Commitment))
	if p.ExpiresOn, err = calendar.Parse(expires); err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(allocations), &p.Allocations)
}

// Signature is a borrower's, over the statement of a proposal.
type Signature struct {
	Loan      string `json:"loan" maxLength:"200"`
	Signature string `json:"signature" maxLength:"4096" doc:"base64"`
}

// Signed is what became of a signature.
type Signed struct {
	Loan   string     `json:"loan"`
	Status string     `json:"status,omitempty" doc:"of the proposal"`
	Code   fault.Code `json:"code,omitempty" doc:"why the signature was not taken"`
}

// Sign takes borrowers' signatures of a run's proposals, each by itself. What is good is sent to the ledger
// by Run. A signature that is there already changes nothing.
func (f *Funding) Sign(ctx context.Context, handle string, signatures []Signature) ([]Signed, error) {
	run, err := f.run(ctx, handle)
	if err != nil {
		return nil, err
	}
	found, err := f.proposals(ctx, f.db, `run = $1`, handle)
	if err != nil {
		return nil, err
	}
	day, err := f.model.Day(ctx, f.pairOf(run.Collection).Custodian)
	if err != nil {
		return nil, err
	}
	known := map[string]Proposal{}
	for _, p := range found {
		known[p.Loan] = p
	}
	answers := make([]Signed, len(signatures))
	for i, s := range signatures {
		answers[i] = Signed{Loan: s.Loan}
		p, there := known[s.Loan]
		if !there {
			answers[i].Code = fault.NotFound
			continue
		}
		answers[i].Status = p.Status
		if p.Status != ProposalOpen {
			continue
		}
		if err := f.sign(ctx, p, s.Signature, day.Date); err != nil {
			refusal := fault.Of(err)
			if refusal == nil {
				return nil, err
			}
			answers[i].Code = refusal.Code
			continue
		}
		answers[i].Status = ProposalSigned
	}
	f.wake()
	return answers, nil
}

// sign checks one signature with the borrower's key of today, as the ledger will, and keeps it.
func (f *Funding) sign(ctx context.Context, p Proposal, signature string, on calendar.Date) error {
	if on > p.ExpiresOn {
		return fault.In(fault.WrongStatus, "loan")
	}
	borrower, err := f.model.Party(ctx, p.Collection, p.Borrower)
	if err != nil {
		return err
	}
	key, err := borrower.MaySign(on)
	if err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(raw) == 0 {
		return fault.In(fault.SignatureInvalid, "signature")
	}
	if err := party.Verify(key, loan.CommitmentStatement(p.Loan, p.Borrower, p.Commitment), raw); err != nil {
		return err
	}
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		if err := f.whole(ctx, tx, p); err != nil {
			return err
		}
		const update = `UPDATE matching_proposal SET status = 'signed', signature = $3 WHERE run = $1 AND loan = $2 AND status = 'open'`
		_, err := tx.ExecContext(ctx, update, p.Run, p.Loan, signature)
		return err
	})
}

// Bounds of one command: each allocation is read with three keys, and written as an instruction.
const (
	fundLoans   = 50
	fundLenders = 1_000
)

// submit sends what is signed to the ledger, in batches, and keeps what became of it. What a process that was
// killed had sent is decided by now, and its proposals have to learn it first.
func (f *Funding) submit(ctx context.Context, run Run) error {
	signed, err := f.signed(ctx, run)
	if err != nil || len(signed) == 0 {
		return err
	}
	if err := f.settle(ctx, run); err != nil {
		return err
	}
	if err := f.restrict(ctx, run); err != nil {
		return err
	}
	if signed, err = f.signed(ctx, run); err != nil {
		return err
	}
	for len(signed) > 0 {
		size := batchOf(signed)
		items := make([]wire.FundLoan, size)
		for i, p := range signed[:size] {
			items[i] = wire.FundLoan{Loan: p.Loan, Allocations: p.Allocations, BorrowerSignature: p.signature, Salt: p.salt}
		}
		verdicts, err := lane.Send(ctx, f.lane, run.Handle, fundFunction, run.Collection, items, size)
		if err != nil {
			return err
		}
		if err := f.settle(ctx, run); err != nil {
			return err
		}
		if err := f.reach(ctx, verdicts.Block); err != nil {
			return err
		}
		signed = signed[size:]
	}
	return nil
}

func (f *Funding) signed(ctx context.Context, run Run) ([]Proposal, error) {
	return f.proposals(ctx, f.db, `run = $1 AND status = 'signed' ORDER BY loan`, run.Handle)
}

const fundFunction = "Loan:Fund"

// batchOf is how many of the first proposals go into one command.
func batchOf(list []Proposal) int {
	lenders := 0
	for i, p := range list {
		if lenders += len(p.Allocations); i == fundLoans || i > 0 && lenders > fundLenders {
			return i
		}
	}
	return len(list)
}

// settle tells the proposals of a run what the ledger said, as the lane's batches have it. So a process
// that was killed between the two leaves nothing to guess, and nothing is sent anew that was decided.
func (f *Funding) settle(ctx context.Context, run Run) error {
	batches, err := f.lane.Batches(ctx, run.Handle)
	if err != nil {
		return err
	}
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		for _, b := range batches {
			if !b.Decided || b.Function != fundFunction {
				continue
			}
			if err := settleBatch(ctx, tx, run.Handle, b); err != nil {
				return err
			}
		}
		return nil
	})
}

func settleBatch(ctx context.Context, tx *sql.Tx, run string, b lane.Batch) error {
	refused := map[int]fault.Code{}
	for _, refusal := range b.Refused {
		refused[refusal.Item-1] = refusal.Code
	}
	for i, raw := range b.Items {
		code, no := refused[i]
		if !no && b.Applied == 0 {
			continue // of this batch nothing was applied: it was asked about again, in another
		}
		var item wire.LoanRef
		if err := json.Unmarshal(raw, &item); err != nil {
			return fmt.Errorf("read a batch of fundings: %w", err)
		}
		status, block := ProposalFunded, int64(b.Block)
		if no {
			status, block = ProposalRefused, 0
		}
		const update = `UPDATE matching_proposal SET status = $3, code = $4, block = $5 WHERE run = $1 AND loan = $2 AND status = 'signed'`
		if _, err := tx.ExecContext(ctx, update, run, item.Loan, status, string(code), block); err != nil {
			return fmt.Errorf("keep what became of a proposal: %w", err)
		}
	}
	return nil
}
