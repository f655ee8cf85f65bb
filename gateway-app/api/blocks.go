package api

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// blockInput names a block of the ledger.
type blockInput struct {
	Number uint64 `path:"number" doc:"The block's number, from 0"`
	Wait   int    `query:"wait" minimum:"0" maximum:"60" default:"30" doc:"At most so many seconds"`
}

// ReachedBlock says whether the member's books show a block.
type ReachedBlock struct {
	Number  uint64 `json:"number"`
	Reached bool   `json:"reached"`
}

type blockOutput struct{ Body ReachedBlock }

// registerBlocks adds the wait for what another member did.
func (s *Server) registerBlocks() {
	if s.parts.Folding == nil {
		return
	}
	register(s, operation{
		id: "command.reach", method: http.MethodGet, path: "/v1/blocks/{number}", tag: "Commands",
		summary: "Wait until the member's books show a block",
	}, func(ctx context.Context, input *blockInput) (*blockOutput, error) {
		waiting, cancel := context.WithTimeout(ctx, time.Duration(input.Wait)*time.Second)
		defer cancel()
		err := s.parts.Folding.Reach(waiting, input.Number)
		if err != nil && (!errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil) {
			return nil, err
		}
		return &blockOutput{Body: ReachedBlock{Number: input.Number, Reached: err == nil}}, nil
	})
}
