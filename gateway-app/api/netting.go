package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/gateway-app/netting"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerPayoutRuns adds the custodian's payout runs.
func (s *Server) registerPayoutRuns() {
	if s.parts.Netting == nil {
		return
	}
	const tag = "Payout run"
	registerList(s, operation{
		id: "payout_run.list", method: http.MethodGet, path: "/v1/payout-runs", tag: tag, summary: "List payout runs, the latest first",
	}, s.listPayoutRuns)
	register(s, operation{
		id: "payout_run.read", method: http.MethodGet, path: "/v1/payout-runs/{handle}", tag: tag, single: true,
		summary: "Read a payout run: what was netted, and what was refused",
	}, s.readPayoutRun)
	register(s, operation{
		id: "payout_run.start", method: http.MethodPost, path: "/v1/payout-runs", tag: tag, repeatable: true,
		summary: "Start a payout run for the open business day, or join the one that is running",
	}, s.startPayoutRun)
}

type payoutRunsInput struct{ Paging }

func (s *Server) listPayoutRuns(ctx context.Context, _ *payoutRunsInput, page projection.Page) (projection.List[netting.Run], error) {
	runs, err := s.parts.Netting.Runs(ctx, page.After, page.Limit)
	list := projection.List[netting.Run]{Items: runs}
	if len(runs) > 0 && len(runs) == page.Limit {
		list.Next = runs[len(runs)-1].Started
	}
	return list, err
}

func (s *Server) readPayoutRun(ctx context.Context, in *handleInput) (*bodyOutput[netting.Result], error) {
	return answerBody(s.parts.Netting.Result(ctx, in.Handle))
}

func (s *Server) startPayoutRun(ctx context.Context, _ *bodyInput[struct{}]) (*bodyOutput[netting.Run], error) {
	return answerBody(s.parts.Netting.Start(ctx))
}
