package fakeledger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// ErrMismatch says that two peers executed one proposal and disagree. Nothing can be submitted.
var ErrMismatch = errors.New("ProposalResponsePayloads do not match")

// Refusal is the chaincode's own answer that it will not.
type Refusal struct {
	Status  int32
	Message string
}

// Error puts it as Fabric's gateway does.
func (r *Refusal) Error() string {
	return fmt.Sprintf("chaincode response %d, %s", r.Status, r.Message)
}

// Endorse lets every named peer execute the proposal by itself against committed state. It answers
// a transaction that may be committed, a *Refusal from the chaincode, or ErrMismatch. Nothing is
// written. A panic of the chaincode is not caught: on a network it would end the process.
func (l *Ledger) Endorse(cc shim.Chaincode, p Proposal) (*Transaction, error) {
	if len(p.Endorsers) == 0 {
		return nil, errors.New("endorse a transaction: the proposal names no endorsers")
	}
	e, err := l.envelope(p)
	if err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var agreed *Transaction
	for _, endorser := range p.Endorsers {
		tx, err := l.execute(cc, e, endorser)
		if err != nil {
			return nil, err
		}
		if agreed == nil {
			agreed = tx
			continue
		}
		if difference := agreed.differs(tx); difference != "" {
			return nil, fmt.Errorf("%w: %s of %s's peer is not as of %s's",
				ErrMismatch, difference, endorser, p.Endorsers[0])
		}
	}
	return agreed, nil
}

// Evaluate executes the proposal on one peer (the first endorser's, or else one of the creator's
// own member) and answers the payload. Nothing can be committed from it.
func (l *Ledger) Evaluate(cc shim.Chaincode, p Proposal) ([]byte, error) {
	e, err := l.envelope(p)
	if err != nil {
		return nil, err
	}
	endorser := p.Creator.MSP
	if len(p.Endorsers) > 0 {
		endorser = p.Endorsers[0]
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	tx, err := l.execute(cc, e, endorser)
	if err != nil {
		return nil, err
	}
	return tx.Response.GetPayload(), nil
}

// Submit endorses and commits in a block of its own. Beside the errors of Endorse it answers a
// *CommitError, and then the transaction too, where the block holds it as invalid.
func (l *Ledger) Submit(cc shim.Chaincode, p Proposal) (*Transaction, error) {
	tx, err := l.Endorse(cc, p)
	if err != nil {
		return nil, err
	}
	if verdict := l.Commit(tx)[0]; verdict != Valid {
		return tx, &CommitError{TxID: tx.TxID, Verdict: verdict}
	}
	return tx, nil
}

func (l *Ledger) execute(cc shim.Chaincode, e *envelope, endorser string) (*Transaction, error) {
	s := newSimulation(l, e.txID, endorser, e.proposal.Creator.MSP)
	st := newStub(s, e)
	response := cc.Invoke(st)
	if response == nil {
		return nil, errors.New("failed to marshal response: proto: Marshal called with nil")
	}
	if response.GetStatus() < shim.OK || response.GetStatus() >= shim.ERRORTHRESHOLD {
		return nil, &Refusal{Status: response.GetStatus(), Message: response.GetMessage()}
	}
	if err := st.FinishWriteBatch(); err != nil {
		return nil, err
	}
	results, err := s.results()
	if err != nil {
		return nil, err
	}
	return newTransaction(e, s, response, st.event, results)
}

func newTransaction(e *envelope, s *simulation, response *peer.Response, event *peer.ChaincodeEvent, results []byte) (*Transaction, error) {
	tx := &Transaction{
		TxID:      e.txID,
		Creator:   e.proposal.Creator,
		Timestamp: e.proposal.Timestamp,
		Arguments: e.arguments(),
		Endorsers: e.proposal.Endorsers,
		Response:  response,
		Event:     event,
		Results:   results,
		ledger:    s.ledger,
		set:       s,
	}
	var events []byte
	if event != nil {
		var err error
		if events, err = encode(event); err != nil {
			return nil, err
		}
	}
	action, err := encode(&peer.ChaincodeAction{
		Results: results, Events: events, Response: response,
		ChaincodeId: &peer.ChaincodeID{Name: s.ledger.config.Chaincode},
	})
	if err != nil {
		return nil, err
	}
	tx.Action = action
	return tx, nil
}

// differs names the first part in which two executions of one proposal are not equal byte by byte.
func (t *Transaction) differs(other *Transaction) string {
	switch {
	case t.Response.GetStatus() != other.Response.GetStatus() || t.Response.GetMessage() != other.Response.GetMessage():
		return "the response"
	case !bytes.Equal(t.Response.GetPayload(), other.Response.GetPayload()):
		return "the response's payload"
	case !bytes.Equal(t.Event.GetPayload(), other.Event.GetPayload()) || t.Event.GetEventName() != other.Event.GetEventName():
		return "the event"
	case !bytes.Equal(t.Results, other.Results):
		return "the read and write set"
	case !bytes.Equal(t.Action, other.Action):
		return "the signed action"
	}
	return ""
}
