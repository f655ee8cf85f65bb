package ledger_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
	"net"
	"sync"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// standIn is a peer's client side: the gateway and block services over a chain in memory, behind real
// gRPC and TLS. Its scripts are called in turn; without one it endorses, orders and commits.
type standIn struct {
	gateway.UnimplementedGatewayServer
	peer.UnimplementedDeliverServer

	mu       sync.Mutex
	grown    *sync.Cond
	blocks   []*common.Block
	private  map[uint64]map[uint64]*rwset.TxPvtReadWriteSet
	endorsed []*gateway.EndorseRequest
	sent     []string // the ids of transactions, as they came to be ordered
	streams  int
	closed   bool

	onEndorse  []func(*gateway.EndorseRequest) error
	onSubmit   []func(*standIn, *common.Envelope) error
	onEvaluate []func() error
	code       []peer.TxValidationCode // of the next transactions; then all are valid
	answer     []byte
	breakAt    map[uint64]bool // streams break once before these blocks
	refuse     common.Status   // streams end with it at once
	skip       uint64          // streams leave this block out
	sets       *rwset.TxReadWriteSet
	chosen     []string // who endorses where a proposal names nobody
}

func startStandIn(t *testing.T, transport credentials.TransportCredentials) (*standIn, string) {
	t.Helper()
	s := &standIn{answer: []byte(`{"version":1,"applied":2}`), breakAt: map[uint64]bool{}, private: map[uint64]map[uint64]*rwset.TxPvtReadWriteSet{}}
	s.grown = sync.NewCond(&s.mu)
	s.commit(configuration(), peer.TxValidationCode_VALID)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(transport))
	orderer.RegisterAtomicBroadcastServer(server, consenter{s: s})
	gateway.RegisterGatewayServer(server, s)
	peer.RegisterDeliverServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		s.mu.Lock()
		s.closed = true
		s.grown.Broadcast()
		s.mu.Unlock()
		server.Stop()
	})
	return s, listener.Addr().String()
}

// commit appends a block of one transaction.
func (s *standIn) commit(envelope []byte, code peer.TxValidationCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.append(envelope, code)
}

func (s *standIn) append(envelope []byte, code peer.TxValidationCode) {
	number := uint64(len(s.blocks))
	var previous []byte
	if number > 0 {
		previous = hashOf(s.blocks[number-1].GetHeader())
	}
	sum := sha256.Sum256(envelope)
	metadata := make([][]byte, len(common.BlockMetadataIndex_name))
	metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = []byte{byte(code)}
	s.blocks = append(s.blocks, &common.Block{
		Header:   &common.BlockHeader{Number: number, PreviousHash: previous, DataHash: sum[:]},
		Data:     &common.BlockData{Data: [][]byte{envelope}},
		Metadata: &common.BlockMetadata{Metadata: metadata},
	})
	s.grown.Broadcast()
}

// hashOf writes the DER of a header by hand, so that the tests do not share the code under test.
func hashOf(h *common.BlockHeader) []byte {
	der := func(tag byte, content []byte) []byte {
		if len(content) > 127 {
			panic("a header longer than the short form")
		}
		return append([]byte{tag, byte(len(content))}, content...)
	}
	number, err := asn1.Marshal(new(big.Int).SetUint64(h.GetNumber()))
	if err != nil {
		panic(err)
	}
	body := bytes.Join([][]byte{number, der(4, h.GetPreviousHash()), der(4, h.GetDataHash())}, nil)
	sum := sha256.Sum256(der(0x30, body))
	return sum[:]
}

func next[T any](scripts *[]T) (T, bool) {
	var none T
	if len(*scripts) == 0 {
		return none, false
	}
	first := (*scripts)[0]
	*scripts = (*scripts)[1:]
	return first, true
}

func (s *standIn) Endorse(_ context.Context, request *gateway.EndorseRequest) (*gateway.EndorseResponse, error) {
	s.mu.Lock()
	s.endorsed = append(s.endorsed, request)
	script, scripted := next(&s.onEndorse)
	answer, sets := s.answer, s.sets
	s.mu.Unlock()
	if scripted {
		if err := script(request); err != nil {
			return nil, err
		}
	}
	orgs := request.GetEndorsingOrganizations()
	if orgs == nil {
		orgs = s.chosen
	}
	return &gateway.EndorseResponse{PreparedTransaction: endorse(request.GetProposedTransaction(), orgs, answer, sets)}, nil
}

// endorse assembles the envelope that a peer's gateway would.
func endorse(signed *peer.SignedProposal, orgs []string, answer []byte, sets *rwset.TxReadWriteSet) *common.Envelope {
	var endorsements []*peer.Endorsement
	for _, org := range orgs {
		endorsements = append(endorsements, &peer.Endorsement{Endorser: marshal(&msp.SerializedIdentity{Mspid: org})})
	}
	var proposal peer.Proposal
	var header common.Header
	var proposed peer.ChaincodeProposalPayload
	unmarshal(signed.GetProposalBytes(), &proposal)
	unmarshal(proposal.GetHeader(), &header)
	unmarshal(proposal.GetPayload(), &proposed)
	action := &peer.ChaincodeAction{Response: &peer.Response{Status: 200, Payload: answer}}
	if sets != nil {
		action.Results = marshal(sets)
	}
	return &common.Envelope{Payload: marshal(&common.Payload{Header: &header, Data: marshal(&peer.Transaction{
		Actions: []*peer.TransactionAction{{Payload: marshal(&peer.ChaincodeActionPayload{
			ChaincodeProposalPayload: marshal(&peer.ChaincodeProposalPayload{Input: proposed.GetInput()}),
			Action: &peer.ChaincodeEndorsedAction{
				ProposalResponsePayload: marshal(&peer.ProposalResponsePayload{Extension: marshal(action)}),
				Endorsements:            endorsements,
			},
		})}},
	})})}
}

func (s *standIn) Submit(_ context.Context, request *gateway.SubmitRequest) (*gateway.SubmitResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, request.GetTransactionId())
	if script, ok := next(&s.onSubmit); ok {
		if err := script(s, request.GetPreparedTransaction()); err != nil {
			return nil, err
		}
	}
	s.order(request.GetPreparedTransaction())
	return &gateway.SubmitResponse{}, nil
}

func (s *standIn) order(envelope *common.Envelope) {
	code, _ := next(&s.code)
	s.append(marshal(envelope), code)
}

func (s *standIn) Evaluate(_ context.Context, request *gateway.EvaluateRequest) (*gateway.EvaluateResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if script, ok := next(&s.onEvaluate); ok {
		if err := script(); err != nil {
			return nil, err
		}
	}
	function, args := callOf(request.GetProposedTransaction())
	switch function {
	case "GetChainInfo":
		return evaluated(marshal(&common.BlockchainInfo{Height: uint64(len(s.blocks)), CurrentBlockHash: hashOf(s.blocks[len(s.blocks)-1].GetHeader())}))
	case "GetBlockByTxID":
		for _, block := range s.blocks {
			if idOf(block) == args[1] {
				return evaluated(marshal(block))
			}
		}
		return nil, status.Error(codes.Unknown, "evaluate call to endorser returned error: chaincode response 500, Failed to get block for txID "+args[1]+", error no such transaction ID [x] in index")
	}
	return evaluated(s.answer)
}

func evaluated(payload []byte) (*gateway.EvaluateResponse, error) {
	return &gateway.EvaluateResponse{Result: &peer.Response{Status: 200, Payload: payload}}, nil
}

func (s *standIn) Deliver(calls peer.Deliver_DeliverServer) error {
	return s.deliver(calls, func(block *common.Block) *peer.DeliverResponse {
		return &peer.DeliverResponse{Type: &peer.DeliverResponse_Block{Block: block}}
	})
}

func (s *standIn) DeliverFiltered(calls peer.Deliver_DeliverFilteredServer) error {
	return s.deliver(calls, func(block *common.Block) *peer.DeliverResponse {
		code := block.GetMetadata().GetMetadata()[common.BlockMetadataIndex_TRANSACTIONS_FILTER][0]
		return &peer.DeliverResponse{Type: &peer.DeliverResponse_FilteredBlock{FilteredBlock: &peer.FilteredBlock{
			Number: block.GetHeader().GetNumber(),
			FilteredTransactions: []*peer.FilteredTransaction{
				{Txid: idOf(block), TxValidationCode: peer.TxValidationCode(code)},
			},
		}}}
	})
}

func (s *standIn) DeliverWithPrivateData(calls peer.Deliver_DeliverWithPrivateDataServer) error {
	return s.deliver(calls, func(block *common.Block) *peer.DeliverResponse {
		s.mu.Lock()
		defer s.mu.Unlock()
		return &peer.DeliverResponse{Type: &peer.DeliverResponse_BlockAndPrivateData{BlockAndPrivateData: &peer.BlockAndPrivateData{
			Block: block, PrivateDataMap: s.private[block.GetHeader().GetNumber()],
		}}}
	})
}

func (s *standIn) deliver(calls interface {
	Context() context.Context
	Recv() (*common.Envelope, error)
	Send(*peer.DeliverResponse) error
}, respond func(*common.Block) *peer.DeliverResponse,
) error {
	envelope, err := calls.Recv()
	if err != nil {
		return err
	}
	var payload common.Payload
	var seek orderer.SeekInfo
	unmarshal(envelope.GetPayload(), &payload)
	unmarshal(payload.GetData(), &seek)
	s.mu.Lock()
	s.streams++
	refuse := s.refuse
	s.mu.Unlock()
	if refuse != common.Status_UNKNOWN {
		return calls.Send(&peer.DeliverResponse{Type: &peer.DeliverResponse_Status{Status: refuse}})
	}
	stop := context.AfterFunc(calls.Context(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.grown.Broadcast()
	})
	defer stop()
	for number := seek.GetStart().GetSpecified().GetNumber(); number <= seek.GetStop().GetSpecified().GetNumber(); number++ {
		block, err := s.await(calls.Context(), number)
		if err != nil {
			return err
		}
		if number == s.skip && number > 0 {
			continue
		}
		if err := calls.Send(respond(block)); err != nil {
			return err
		}
	}
	return calls.Send(&peer.DeliverResponse{Type: &peer.DeliverResponse_Status{Status: common.Status_SUCCESS}})
}

func (s *standIn) await(ctx context.Context, number uint64) (*common.Block, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for uint64(len(s.blocks)) <= number {
		if s.closed || ctx.Err() != nil {
			return nil, errors.New("closing")
		}
		s.grown.Wait()
	}
	if s.breakAt[number] {
		delete(s.breakAt, number)
		return nil, status.Error(codes.Unavailable, "the connection broke")
	}
	return s.blocks[number], nil
}

// asked lists the organisations that each proposal named.
func (s *standIn) asked() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var asked [][]string
	for _, request := range s.endorsed {
		asked = append(asked, request.GetEndorsingOrganizations())
	}
	return asked
}

// callOf reads the function and the arguments of a proposal.
func callOf(signed *peer.SignedProposal) (function string, args []string) {
	spec, _ := openProposal(signed)
	for i, arg := range spec.GetChaincodeSpec().GetInput().GetArgs() {
		if i == 0 {
			function = string(arg)
		} else {
			args = append(args, string(arg))
		}
	}
	return function, args
}

func openProposal(signed *peer.SignedProposal) (*peer.ChaincodeInvocationSpec, map[string][]byte) {
	var proposal peer.Proposal
	var payload peer.ChaincodeProposalPayload
	var spec peer.ChaincodeInvocationSpec
	unmarshal(signed.GetProposalBytes(), &proposal)
	unmarshal(proposal.GetPayload(), &payload)
	unmarshal(payload.GetInput(), &spec)
	return &spec, payload.GetTransientMap()
}

// idOf is the id of a block's one transaction, or nothing where it is none.
func idOf(block *common.Block) string {
	var envelope common.Envelope
	var payload common.Payload
	var channel common.ChannelHeader
	if proto.Unmarshal(block.GetData().GetData()[0], &envelope) != nil ||
		proto.Unmarshal(envelope.GetPayload(), &payload) != nil ||
		proto.Unmarshal(payload.GetHeader().GetChannelHeader(), &channel) != nil {
		return ""
	}
	return channel.GetTxId()
}

func marshal(message proto.Message) []byte {
	raw, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return raw
}

func unmarshal(raw []byte, message proto.Message) {
	if err := proto.Unmarshal(raw, message); err != nil {
		panic(err)
	}
}

// consenter answers for the newest block, as an ordering node does.
type consenter struct {
	orderer.UnimplementedAtomicBroadcastServer
	s *standIn
}

func (c consenter) Deliver(calls orderer.AtomicBroadcast_DeliverServer) error {
	if _, err := calls.Recv(); err != nil {
		return err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.refuse != common.Status_UNKNOWN {
		return calls.Send(&orderer.DeliverResponse{Type: &orderer.DeliverResponse_Status{Status: c.s.refuse}})
	}
	return calls.Send(&orderer.DeliverResponse{Type: &orderer.DeliverResponse_Block{Block: c.s.blocks[len(c.s.blocks)-1]}})
}

// configuration is an envelope that writes nothing, as those of the channel's own settings.
func configuration() []byte {
	return marshal(&common.Envelope{Payload: marshal(&common.Payload{Header: &common.Header{
		ChannelHeader: marshal(&common.ChannelHeader{Type: int32(common.HeaderType_CONFIG)}),
	}})})
}
