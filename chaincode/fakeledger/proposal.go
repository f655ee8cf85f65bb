package fakeledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Proposal asks peers to execute one function.
type Proposal struct {
	Creator   Identity
	Function  string // "Contract:Function"
	Args      []string
	Transient map[string][]byte
	// Endorsers are the MSP ids of the peers that execute; each occurrence is a peer of its own.
	Endorsers []string
	Timestamp time.Time // a second after the last proposal's when zero
	TxID      string    // derived as Fabric derives it when empty
}

// envelope is a proposal with everything that the client adds when it signs.
type envelope struct {
	proposal Proposal
	txID     string
	nonce    []byte
	signed   *peer.SignedProposal
}

func (l *Ledger) envelope(p Proposal) (*envelope, error) {
	if p.Creator.key == nil {
		return nil, errors.New("propose a transaction: the proposal has no creator; take one from Ledger.Identity")
	}
	if !slices.Contains(l.config.Members, p.Creator.MSP) {
		return nil, fmt.Errorf("access denied: channel [%s] creator org [%s]", l.config.Channel, p.Creator.MSP)
	}
	for _, endorser := range p.Endorsers {
		if !slices.Contains(l.config.Members, endorser) {
			return nil, fmt.Errorf("propose a transaction: no peer of %q is on channel %s", endorser, l.config.Channel)
		}
	}
	count := l.nextProposal()
	if p.Timestamp.IsZero() {
		p.Timestamp = epoch.Add(time.Duration(count) * time.Second)
	}
	e := &envelope{proposal: p, txID: p.TxID}
	e.nonce = nonce(p.TxID, count)
	if e.txID == "" {
		digest := sha256.Sum256(append(slices.Clone(e.nonce), p.Creator.serialized...))
		e.txID = hex.EncodeToString(digest[:])
	}
	if err := e.sign(l.config); err != nil {
		return nil, err
	}
	return e, nil
}

// nonce is reproducible: it follows from the transaction id where one is given, so that two ledgers
// see the same binding, and from the number of the proposal otherwise.
func nonce(txID string, count int64) []byte {
	seed := []byte(txID)
	if txID == "" {
		seed = binary.BigEndian.AppendUint64([]byte("proposal"), uint64(count))
	}
	digest := sha256.Sum256(seed)
	return digest[:24]
}

func (e *envelope) arguments() []string {
	return append([]string{e.proposal.Function}, e.proposal.Args...)
}

func (e *envelope) binding() []byte {
	const epochBytes = 8 // Fabric appends the epoch, which is always zero
	digest := sha256.Sum256(slices.Concat(e.nonce, e.proposal.Creator.serialized, make([]byte, epochBytes)))
	return digest[:]
}

func (e *envelope) sign(config Config) error {
	header, err := e.header(config)
	if err != nil {
		return err
	}
	payload, err := e.payload(config)
	if err != nil {
		return err
	}
	proposal, err := encode(&peer.Proposal{Header: header, Payload: payload})
	if err != nil {
		return err
	}
	signature, err := e.proposal.Creator.sign(proposal)
	if err != nil {
		return err
	}
	e.signed = &peer.SignedProposal{ProposalBytes: proposal, Signature: signature}
	return nil
}

func (e *envelope) header(config Config) ([]byte, error) {
	extension, err := encode(&peer.ChaincodeHeaderExtension{ChaincodeId: &peer.ChaincodeID{Name: config.Chaincode}})
	if err != nil {
		return nil, err
	}
	channel, err := encode(&common.ChannelHeader{
		Type:      int32(common.HeaderType_ENDORSER_TRANSACTION),
		ChannelId: config.Channel,
		TxId:      e.txID,
		Timestamp: timestamppb.New(e.proposal.Timestamp),
		Extension: extension,
	})
	if err != nil {
		return nil, err
	}
	signature, err := encode(&common.SignatureHeader{Creator: e.proposal.Creator.serialized, Nonce: e.nonce})
	if err != nil {
		return nil, err
	}
	return encode(&common.Header{ChannelHeader: channel, SignatureHeader: signature})
}

func (e *envelope) payload(config Config) ([]byte, error) {
	var arguments [][]byte
	for _, argument := range e.arguments() {
		arguments = append(arguments, []byte(argument))
	}
	input, err := encode(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
		Type:        peer.ChaincodeSpec_GOLANG,
		ChaincodeId: &peer.ChaincodeID{Name: config.Chaincode},
		Input:       &peer.ChaincodeInput{Args: arguments},
	}})
	if err != nil {
		return nil, err
	}
	return encode(&peer.ChaincodeProposalPayload{Input: input, TransientMap: e.proposal.Transient})
}
