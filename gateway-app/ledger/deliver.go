package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tallystick/tallystick/core/fault"
)

// Forever, as the last block to read, follows the chain until the context ends.
const Forever uint64 = math.MaxUint64

// deliverStream is what the peer's three block services have in common. They are spoken to directly,
// because Fabric's client closes its channels without saying why.
type deliverStream interface {
	Send(*common.Envelope) error
	Recv() (*peer.DeliverResponse, error)
}

func (c *Client) openBlocks(ctx context.Context) (deliverStream, error) {
	return c.deliver.Deliver(ctx)
}

func (c *Client) openFiltered(ctx context.Context) (deliverStream, error) {
	return c.deliver.DeliverFiltered(ctx)
}

func (c *Client) openPrivate(ctx context.Context) (deliverStream, error) {
	return c.deliver.DeliverWithPrivateData(ctx)
}

// stream reads blocks in order, each once, across as many connections as it takes.
type stream struct {
	client   *Client
	open     func(context.Context) (deliverStream, error)
	from, to uint64
}

// taker handles one response. It answers the number of the block in it, or false when there is none;
// an error of the taker ends the stream.
type taker func(*peer.DeliverResponse) (number uint64, ok bool, err error)

// errEnded says that the peer ended a stream as it was asked to.
var errEnded = errors.New("the stream ended at its last block")

// follow hands every block from the first to the last to take. A connection that breaks is opened
// anew at the first block not yet taken. Reading for ever never gives up; reading to a block does
// when the peer has given nothing for as long as the client's patience.
func (s stream) follow(ctx context.Context, take taker) error {
	next, lastNews := s.from, time.Now()
	for failures := 0; ; {
		before := next
		err := s.once(ctx, &next, take)
		switch {
		case errors.Is(err, errEnded) || s.to != Forever && next > s.to:
			return nil
		case !reconnects(err):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if next > before {
			failures, lastNews = 0, time.Now()
		}
		failures++
		if s.to != Forever && time.Since(lastNews) > s.client.settings.streamPatience {
			return failed(fmt.Sprintf("read block %d", next), "", err)
		}
		if s.client.settings.pause(ctx, failures) != nil {
			return ctx.Err()
		}
	}
}

// once reads over one connection until it breaks or ends.
func (s stream) once(ctx context.Context, next *uint64, take taker) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the call at the peer, whichever way this returns
	calls, err := s.open(ctx)
	if err != nil {
		return err
	}
	seek, err := s.client.seek(position(*next), position(s.to))
	if err != nil {
		return &verdict{err}
	}
	if err := calls.Send(seek); err != nil {
		return err
	}
	for {
		response, err := calls.Recv()
		if err != nil {
			return err
		}
		if ended, ok := response.GetType().(*peer.DeliverResponse_Status); ok {
			return s.end(ended.Status)
		}
		number, ok, err := take(response)
		if err != nil {
			return &verdict{err}
		}
		if !ok {
			continue
		}
		if number != *next {
			return &verdict{fmt.Errorf("read blocks: the peer sent block %d where %d was due", number, *next)}
		}
		if *next++; s.to != Forever && *next > s.to {
			return errEnded
		}
	}
}

// end turns the status with which a peer ends a stream into an error.
func (s stream) end(ended common.Status) error {
	switch ended {
	case common.Status_SUCCESS:
		return errEnded
	case common.Status_FORBIDDEN:
		return &verdict{&Failure{Attempt: "read blocks", Fault: fault.New(fault.WrongMember), Said: "the peer answered FORBIDDEN"}}
	case common.Status_NOT_FOUND:
		return &verdict{&Failure{Attempt: "read blocks", Fault: fault.New(fault.NotFound), Said: "the peer answered NOT_FOUND"}}
	}
	return status.Errorf(codes.Unavailable, "the peer ended the stream with %s", ended)
}

// verdict is an error that another connection would not mend.
type verdict struct{ error }

func (v *verdict) Unwrap() error { return v.error }

func reconnects(err error) bool {
	var final *verdict
	return !errors.As(err, &final)
}

// seek asks for a range of blocks, waiting for those that are not there yet.
func (c *Client) seek(from, to *orderer.SeekPosition) (*common.Envelope, error) {
	channel, err := proto.Marshal(&common.ChannelHeader{
		Type: int32(common.HeaderType_DELIVER_SEEK_INFO), ChannelId: c.profile.Channel, Timestamp: timestamppb.Now(),
	})
	if err != nil {
		return nil, fmt.Errorf("ask for blocks: %w", err)
	}
	signature, err := proto.Marshal(&common.SignatureHeader{Creator: c.signer.creator})
	if err != nil {
		return nil, fmt.Errorf("ask for blocks: %w", err)
	}
	info, err := proto.Marshal(&orderer.SeekInfo{
		Start: from, Stop: to, Behavior: orderer.SeekInfo_BLOCK_UNTIL_READY,
	})
	if err != nil {
		return nil, fmt.Errorf("ask for blocks: %w", err)
	}
	payload, err := proto.Marshal(&common.Payload{
		Header: &common.Header{ChannelHeader: channel, SignatureHeader: signature}, Data: info,
	})
	if err != nil {
		return nil, fmt.Errorf("ask for blocks: %w", err)
	}
	signed, err := c.signer.signed(payload)
	if err != nil {
		return nil, fmt.Errorf("ask for blocks: sign: %w", err)
	}
	return &common.Envelope{Payload: payload, Signature: signed}, nil
}

func position(number uint64) *orderer.SeekPosition {
	return &orderer.SeekPosition{Type: &orderer.SeekPosition_Specified{Specified: &orderer.SeekSpecified{Number: number}}}
}
