package ledger

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"google.golang.org/protobuf/proto"
)

// Ordering is how the channel agrees on the order of transactions, as its configuration says now.
type Ordering struct {
	Consensus  string      `json:"consensus"` // "BFT" for SmartBFT
	Consenters []Consenter `json:"consenters"`
}

// Consenter is one node that takes part in ordering.
type Consenter struct {
	ID       uint32 `json:"id"`
	MSPID    string `json:"msp_id"`
	Endpoint string `json:"endpoint"`
}

// Ordering reads the channel's present configuration from the member's own peer.
func (c *Client) Ordering(ctx context.Context) (Ordering, error) {
	raw, err := ask(ctx, c.config, c.profile, "GetConfigBlock")
	if err != nil {
		return Ordering{}, failed("ask for the configuration", "", err)
	}
	group, err := ordererGroup(raw)
	if err != nil {
		return Ordering{}, fmt.Errorf("read the configuration: %w", err)
	}
	var kind orderer.ConsensusType
	if err := decodeValue(group, "ConsensusType", &kind); err != nil {
		return Ordering{}, fmt.Errorf("read the configuration: %w", err)
	}
	var consenters common.Orderers
	if err := decodeValue(group, "Orderers", &consenters); err != nil {
		return Ordering{}, fmt.Errorf("read the configuration: %w", err)
	}
	ordering := Ordering{Consensus: kind.GetType()}
	for _, n := range consenters.GetConsenterMapping() {
		endpoint := fmt.Sprintf("%s:%d", n.GetHost(), n.GetPort())
		ordering.Consenters = append(ordering.Consenters, Consenter{ID: n.GetId(), MSPID: n.GetMspId(), Endpoint: endpoint})
	}
	return ordering, nil
}

// ordererGroup digs the part about ordering out of a configuration block.
func ordererGroup(rawBlock []byte) (*common.ConfigGroup, error) {
	var (
		block    common.Block
		envelope common.Envelope
		payload  common.Payload
		config   common.ConfigEnvelope
	)
	if err := proto.Unmarshal(rawBlock, &block); err != nil {
		return nil, err
	}
	if len(block.GetData().GetData()) != 1 {
		return nil, fmt.Errorf("a configuration block holds one transaction, this one %d", len(block.GetData().GetData()))
	}
	if err := proto.Unmarshal(block.GetData().GetData()[0], &envelope); err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(envelope.GetPayload(), &payload); err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(payload.GetData(), &config); err != nil {
		return nil, err
	}
	group, ok := config.GetConfig().GetChannelGroup().GetGroups()["Orderer"]
	if !ok {
		return nil, fmt.Errorf("it has no part about ordering")
	}
	return group, nil
}

func decodeValue(group *common.ConfigGroup, name string, into proto.Message) error {
	value, ok := group.GetValues()[name]
	if !ok {
		return fmt.Errorf("it lacks %s", name)
	}
	return proto.Unmarshal(value.GetValue(), into)
}
