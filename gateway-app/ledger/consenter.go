package ledger

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
)

// ConsenterHeight asks one consenter how many blocks it has. It reads the newest block's header and
// believes it: what a block holds is for the peers to verify.
func (c *Client) ConsenterHeight(ctx context.Context, consenter Endpoint) (uint64, error) {
	fail := func(err error) (uint64, error) {
		return 0, failed("ask the consenter of "+consenter.Member+" at "+consenter.Endpoint, "", err)
	}
	conn, err := dial(consenter)
	if err != nil {
		return fail(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	calls, err := orderer.NewAtomicBroadcastClient(conn).Deliver(ctx)
	if err != nil {
		return fail(err)
	}
	newest := &orderer.SeekPosition{Type: &orderer.SeekPosition_Newest{Newest: &orderer.SeekNewest{}}}
	seek, err := c.seek(newest, newest)
	if err != nil {
		return fail(err)
	}
	if err := calls.Send(seek); err != nil {
		return fail(err)
	}
	response, err := calls.Recv()
	if err != nil {
		return fail(err)
	}
	if block := response.GetBlock(); block != nil {
		return block.GetHeader().GetNumber() + 1, nil
	}
	return fail(fmt.Errorf("it answered %s", common.Status_name[int32(response.GetStatus())]))
}
