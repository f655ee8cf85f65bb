package fakeledger

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// stub is what chaincode sees of one proposal on one peer.
type stub struct {
	simulation *simulation
	envelope   *envelope
	arguments  [][]byte
	batch      *writeBatch
	event      *peer.ChaincodeEvent
}

var _ shim.ChaincodeStubInterface = (*stub)(nil)

func newStub(s *simulation, e *envelope) *stub {
	st := &stub{simulation: s, envelope: e}
	for _, argument := range e.arguments() {
		st.arguments = append(st.arguments, []byte(argument))
	}
	return st
}

// GetArgs answers the function's name and its arguments.
func (s *stub) GetArgs() [][]byte { return s.arguments }

// GetStringArgs answers the function's name and its arguments as text.
func (s *stub) GetStringArgs() []string {
	arguments := make([]string, 0, len(s.arguments))
	for _, argument := range s.arguments {
		arguments = append(arguments, string(argument))
	}
	return arguments
}

// GetFunctionAndParameters splits the first argument from the others.
func (s *stub) GetFunctionAndParameters() (string, []string) {
	arguments := s.GetStringArgs()
	if len(arguments) == 0 {
		return "", []string{}
	}
	return arguments[0], arguments[1:]
}

// GetArgsSlice answers all arguments in one piece.
func (s *stub) GetArgsSlice() ([]byte, error) { return slices.Concat(s.arguments...), nil }

// GetTxID answers the transaction's id.
func (s *stub) GetTxID() string { return s.envelope.txID }

// GetChannelID answers the channel's name.
func (s *stub) GetChannelID() string { return s.simulation.ledger.config.Channel }

// GetCreator answers the client's serialised identity.
func (s *stub) GetCreator() ([]byte, error) {
	return slices.Clone(s.envelope.proposal.Creator.serialized), nil
}

// GetTransient answers a copy of the transient data, so that no peer sees what another did to it.
func (s *stub) GetTransient() (map[string][]byte, error) {
	transient := maps.Clone(s.envelope.proposal.Transient)
	for key, value := range transient {
		transient[key] = slices.Clone(value)
	}
	return transient, nil
}

// GetBinding answers the digest that ties nonce and creator to the proposal.
func (s *stub) GetBinding() ([]byte, error) { return s.envelope.binding(), nil }

// GetDecorations answers nothing: no peer here decorates its proposals.
func (s *stub) GetDecorations() map[string][]byte { return nil }

// GetSignedProposal answers the proposal as the client signed it.
func (s *stub) GetSignedProposal() (*peer.SignedProposal, error) { return s.envelope.signed, nil }

// GetTxTimestamp answers the time that the client claims, the same on every peer.
func (s *stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return timestamppb.New(s.envelope.proposal.Timestamp), nil
}

// SetEvent keeps the last event only.
func (s *stub) SetEvent(name string, payload []byte) error {
	if name == "" {
		return errors.New("event name can not be empty string")
	}
	s.event = &peer.ChaincodeEvent{
		ChaincodeId: s.simulation.ledger.config.Chaincode,
		TxId:        s.envelope.txID,
		EventName:   name,
		Payload:     slices.Clone(payload),
	}
	return nil
}

// InvokeChaincode finds no chaincode to call: the channel has this one alone.
func (s *stub) InvokeChaincode(name string, _ [][]byte, _ string) *peer.Response {
	return shim.Error(fmt.Sprintf("execute failed: failed to execute transaction %s: could not get chaincode code: chaincode definition for '%s' not found",
		s.envelope.txID, name))
}

// StartWriteBatch holds writes back from here on.
func (s *stub) StartWriteBatch() {
	if s.batch == nil {
		s.batch = &writeBatch{records: map[batchKey]record{}}
	}
}

// FinishWriteBatch sends what was held back, and sends further writes at once.
func (s *stub) FinishWriteBatch() error {
	if s.batch == nil {
		return nil
	}
	err := s.batch.flush(s.simulation)
	s.batch = nil
	return err
}

func (s *stub) write(r record) error {
	if s.batch != nil {
		s.batch.add(r)
		return nil
	}
	return s.simulation.write(r)
}
