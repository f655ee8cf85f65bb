package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/protobuf/proto"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Envelope is a transaction that the members endorsed and the client signed. Its bytes are what an
// outbox keeps: restored, they are the same transaction, which is ordered once however often it is
// sent.
type Envelope struct {
	function    string
	asked       []string // the set of organisations that the proposal named
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

// endorsers lists the MSP ids whose signatures the transaction bears, as far as it opens.
func (e *Envelope) endorsers() []string {
	raw, err := e.Bytes()
	if err != nil {
		return nil
	}
	var prepared gateway.PreparedTransaction
	if !opens(raw, &prepared) {
		return nil
	}
	envelope, err := proto.Marshal(prepared.GetEnvelope())
	if err != nil {
		return nil
	}
	tx, _ := decodeTx(envelope) // what did not open stays empty
	return tx.Endorsers
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

// prepare asks the sets of endorsers in turn, as long as it may be one peer alone that stands in the way:
// one that is silent, or that says otherwise than the others. So a platform whose peer is dead or hostile
// stops nothing that custodian and regulator will endorse.
func (c *Client) prepare(ctx context.Context, o order) (*Envelope, error) {
	var failure error
	for _, orgs := range c.inOrder(o.endorsers) {
		envelope, err := c.endorse(ctx, o, orgs)
		if err == nil || ctx.Err() != nil {
			return envelope, err
		}
		if !isDissent(err) {
			return nil, err
		}
		if failure == nil {
			failure = err
		} else {
			failure = fmt.Errorf("%w; then %w", failure, err)
		}
	}
	return nil, failure
}

// inOrder puts the sets of endorsers in the order in which to ask them: those who failed a moment ago
// come last. A choice that is left to the peer may fall on any platform.
func (c *Client) inOrder(sets [][]string) [][]string {
	platforms := mspIDs(c.profile.ofKind(party.Platform))
	return c.shunned.order(sets, func(set []string) []string {
		if set == nil {
			return platforms
		}
		return set
	})
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
	return &Envelope{function: o.function.Name, asked: orgs, transaction: transaction}, nil
}
