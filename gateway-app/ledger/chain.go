package ledger

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// Chain is how far the member's peer has come.
type Chain struct {
	Height    uint64 `json:"height"`     // the number of blocks, so the next block's number
	BlockHash string `json:"block_hash"` // of the last block's header
}

// Chain asks the member's own peer how far it has come.
func (c *Client) Chain(ctx context.Context) (Chain, error) {
	raw, err := ask(ctx, c.query, c.profile, "GetChainInfo")
	if err != nil {
		return Chain{}, failed("ask for the height", "", err)
	}
	info := &common.BlockchainInfo{}
	if err := proto.Unmarshal(raw, info); err != nil {
		return Chain{}, fmt.Errorf("ask for the height: decode the answer: %w", err)
	}
	return Chain{Height: info.GetHeight(), BlockHash: hex.EncodeToString(info.GetCurrentBlockHash())}, nil
}

// Outcome looks up what became of a transaction. It answers not_found while the member's peer has no
// block with it, which says nothing about blocks to come.
func (c *Client) Outcome(ctx context.Context, txID string) (Outcome, error) {
	raw, err := ask(ctx, c.query, c.profile, "GetBlockByTxID", txID)
	if err != nil {
		return Outcome{}, failed("look up transaction", txID, err)
	}
	block := &common.Block{}
	if err := proto.Unmarshal(raw, block); err != nil {
		return Outcome{}, fmt.Errorf("look up transaction %s: decode its block: %w", txID, err)
	}
	decoded, err := DecodeBlock(block)
	if err != nil {
		return Outcome{}, fmt.Errorf("look up transaction %s: %w", txID, err)
	}
	tx, ok := decoded.Transaction(txID)
	if !ok {
		return Outcome{}, fmt.Errorf("look up transaction %s: the peer answered block %d, which does not hold it", txID, decoded.Number)
	}
	return Outcome{TxID: txID, BlockNumber: decoded.Number, Code: tx.Code}, nil
}

// ask calls one of Fabric's own chaincodes about the channel, on the member's own peer.
func ask(ctx context.Context, contract *client.Contract, profile Profile, function string, arguments ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, evaluateTimeout)
	defer cancel()
	arguments = append([]string{profile.Channel}, arguments...)
	proposal, err := contract.NewProposal(function, client.WithArguments(arguments...), client.WithEndorsingOrganizations(profile.MSPID))
	if err != nil {
		return nil, err
	}
	return proposal.EvaluateWithContext(ctx)
}
