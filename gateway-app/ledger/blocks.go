package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Blocks reads the public part of blocks, both ends included; Forever as the last follows the chain.
// Each block is verified before it is handed on: the data hash, the link to the block before it and
// the encoding. The sequence ends at the last block, or with an error.
func (c *Client) Blocks(ctx context.Context, from, to uint64) iter.Seq2[Block, error] {
	return c.read(ctx, from, to, c.openBlocks, func(response *peer.DeliverResponse) (Block, bool, error) {
		if response.GetBlock() == nil {
			return Block{}, false, nil
		}
		block, err := DecodeBlock(response.GetBlock())
		return block, true, err
	})
}

// BlocksWithPrivateData reads blocks as Blocks does, with the private data that the member's peer
// holds and this identity may read. Each private value is verified against the hash in its block, and
// each one that the member should have and its peer did not give stands under Missing. To go on after
// an interruption, begin at the block after the last one that was kept.
func (c *Client) BlocksWithPrivateData(ctx context.Context, from, to uint64) iter.Seq2[Block, error] {
	return c.read(ctx, from, to, c.openPrivate, func(response *peer.DeliverResponse) (Block, bool, error) {
		given := response.GetBlockAndPrivateData()
		if given == nil {
			return Block{}, false, nil
		}
		block, err := DecodeBlockWithPrivateData(given, c.profile.Holds)
		return block, true, err
	})
}

// errEnough says that the reader of a sequence wants no more of it.
var errEnough = errors.New("the reader has enough")

func (c *Client) read(
	ctx context.Context, from, to uint64, open func(context.Context) (deliverStream, error),
	decode func(*peer.DeliverResponse) (Block, bool, error),
) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		if to < from {
			return
		}
		previous := ""
		s := stream{client: c, open: open, from: from, to: to}
		err := s.follow(ctx, func(response *peer.DeliverResponse) (uint64, bool, error) {
			block, ok, err := decode(response)
			if err != nil || !ok {
				return 0, ok, err
			}
			if previous != "" && block.PreviousHash != previous {
				return 0, true, &Tampered{Block: block.Number, What: "its previous hash is not the hash of the block before it"}
			}
			previous = block.Hash
			if !yield(block, nil) {
				return 0, true, errEnough
			}
			return block.Number, true, nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Block{}, fmt.Errorf("read blocks from %d: %w", from, err))
		}
	}
}

// Block reads one block with the private data that the member's peer holds.
func (c *Client) Block(ctx context.Context, number uint64) (Block, error) {
	for block, err := range c.BlocksWithPrivateData(ctx, number, number) {
		return block, err
	}
	return Block{}, fmt.Errorf("read block %d: the peer gave none", number)
}
