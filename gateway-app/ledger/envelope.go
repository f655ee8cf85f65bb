package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Envelope is a transaction that the members endorsed and the client signed. Its bytes are what an
// outbox keeps: restored, they are the same transaction, which is ordered once however often it is
// sent.
type Envelope struct {
	function    string
	transaction *client.Transaction
	restored    bool
}

// TxID is the transaction's id.
func (e *Envelope) TxID() string { return e.transaction.TransactionID() }

// Answer is what the contract answered, as its endorsers agreed. It counts once the transaction is
// committed as valid.
func (e *Envelope) Answer() (wire.Answer, error) {
	var answer wire.Answer
	if err := json.Unmarshal(e.transaction.Result(), &answer); err != nil {
		return wire.Answer{}, fmt.Errorf("decode the answer of %s: %w", e.TxID(), err)
	}
	return answer, nil
}

// Bytes is the envelope as it is stored.
func (e *Envelope) Bytes() ([]byte, error) {
	raw, err := e.transaction.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode transaction %s: %w", e.TxID(), err)
	}
	return raw, nil
}

// Restore reads a stored envelope. Only the identity that made it can send it.
func (c *Client) Restore(raw []byte) (*Envelope, error) {
	transaction, err := c.gateway.NewTransaction(raw)
	if err != nil {
		return nil, fmt.Errorf("restore transaction: %w", err)
	}
	return &Envelope{function: "restored transaction", transaction: transaction, restored: true}, nil
}

// Prepare proposes a command and collects its endorsements, without sending it to be ordered. A
// conflict between the endorsers or a busy peer is for the caller to try again.
func (c *Client) Prepare(ctx context.Context, function string, request any, options ...SubmitOption) (*Envelope, error) {
	o, err := c.order(function, request, options)
	if err != nil {
		return nil, err
	}
	return c.prepare(ctx, o)
}

// prepare asks the sets of endorsers in turn, as long as it is a silent peer that stands in the way.
func (c *Client) prepare(ctx context.Context, o order) (*Envelope, error) {
	if o.endorsers == nil {
		return c.endorse(ctx, o, nil)
	}
	var silent error
	for _, orgs := range c.shunned.order(o.endorsers) {
		envelope, err := c.endorse(ctx, o, orgs)
		if err == nil || ctx.Err() != nil {
			return envelope, err
		}
		if !isSilence(err) {
			return nil, err
		}
		silent = err
	}
	return nil, silent
}

// endorse makes one proposal to one set of organisations.
func (c *Client) endorse(ctx context.Context, o order, orgs []string) (*Envelope, error) {
	ctx, cancel := context.WithTimeout(ctx, endorseTimeout)
	defer cancel()
	proposal, err := c.contract.NewProposal(o.function.Name, o.carry(orgs)...)
	if err != nil {
		return nil, fmt.Errorf("propose %s: %w", o.function.Name, err)
	}
	transaction, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		return nil, c.endorsementFailure(o, orgs, proposal.TransactionID(), err)
	}
	return &Envelope{function: o.function.Name, transaction: transaction}, nil
}

// endorsementFailure tells three kinds of no apart: the contract refused; the endorsers disagree,
// because one of them is a block behind; a peer did not answer.
func (c *Client) endorsementFailure(o order, orgs []string, txID string, err error) error {
	attempt := "propose " + o.function.Name
	r := readReply(err)
	f, refused := r.refusal()
	if refused && r.refusals() > 0 && r.refusals() < len(orgs) && len(r.unreachable()) == 0 {
		return &disagreement{Failure{Attempt: attempt, TxID: txID, Fault: f}}
	}
	if refused {
		return &Failure{Attempt: attempt, TxID: txID, Fault: f}
	}
	if orgs := r.unreachable(); len(orgs) > 0 {
		c.shunned.add(orgs)
		return &silence{Failure{Attempt: attempt, TxID: txID, Fault: fault.New(fault.Unavailable), Said: r.said()}}
	}
	return failed(attempt, txID, err)
}

// disagreement is a refusal that only some of the endorsers share. It is worth another attempt: as a
// rule the others have not seen the latest block, or have seen one more.
type disagreement struct{ Failure }

func (d *disagreement) Unwrap() error { return &d.Failure }

// silence is a set of endorsers of which some did not answer. Another set may.
type silence struct{ Failure }

func (s *silence) Unwrap() error { return &s.Failure }

func isSilence(err error) bool {
	var s *silence
	return errors.As(err, &s)
}
