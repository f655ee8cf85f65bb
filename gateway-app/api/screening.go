package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/kyc"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/screening"
)

// listBytes is the longest watch list that is read.
const listBytes = 64 << 20

// registerScreening adds watch lists and what they hit. None of it is for customers.
func (s *Server) registerScreening() {
	if s.parts.Customers == nil {
		return
	}
	const tag = "Screening"
	register(s, operation{
		id: "watch_list.list", method: http.MethodGet, path: "/v1/watch-lists", tag: tag, single: true, summary: "List the watch lists",
	}, s.listWatchLists)
	register(s, operation{
		id: "watch_list.load", method: http.MethodPut, path: "/v1/watch-lists/{name}", tag: tag, repeatable: true, bodyBytes: listBytes,
		summary: "Put a list in CSV in the place of a watch list",
	}, s.loadWatchList)
	register(s, operation{
		id: "watch_list.rescreen", method: http.MethodPost, path: "/v1/watch-lists/rescreen", tag: tag, repeatable: true,
		summary: "Screen everybody whom the present lists have not seen, and do what else is due to the cases",
	}, s.rescreen)
	registerList(s, operation{
		id: "hit.list", method: http.MethodGet, path: "/v1/hits", tag: tag, summary: "List hits",
	}, s.listHits)
	register(s, operation{
		id: "hit.decide", method: http.MethodPost, path: "/v1/hits/{id}/decision", tag: tag, repeatable: true,
		summary: "Confirm or dismiss a hit",
	}, s.decideHit)
}

type watchLists struct {
	Items []screening.List `json:"items"`
}

type watchListsOutput struct{ Body watchLists }

func (s *Server) listWatchLists(ctx context.Context, _ *struct{}) (*watchListsOutput, error) {
	lists, err := s.parts.Customers.Screening.Lists(ctx)
	if lists == nil {
		lists = []screening.List{}
	}
	return &watchListsOutput{Body: watchLists{Items: lists}}, err
}

type loadListInput struct {
	Name    string `path:"name" pattern:"^[a-z][a-z0-9_-]{0,63}$"`
	RawBody []byte `contentType:"text/csv"`
}

type loadedList struct {
	List    screening.List `json:"list"`
	Changed bool           `json:"changed"`
}

type loadListOutput struct{ Body loadedList }

func (s *Server) loadWatchList(ctx context.Context, input *loadListInput) (*loadListOutput, error) {
	list, changed, err := s.parts.Customers.Screening.Load(ctx, input.Name, callerOf(ctx).ID, bytes.NewReader(input.RawBody))
	return &loadListOutput{Body: loadedList{List: list, Changed: changed}}, listProblem(err)
}

// listProblem says where in a list the mistakes are, in words of ours alone.
func listProblem(err error) error {
	var wrong *screening.ListError
	if !errors.As(err, &wrong) {
		return err
	}
	first := fault.Of(err)
	p := faultProblem(first)
	p.Detail = wrong.Mistakes[0].String()
	for _, m := range wrong.Mistakes[:min(len(wrong.Mistakes), mostFindings)] {
		p.Errors = append(p.Errors, Finding{
			Code: string(first.Code), Field: m.Field, Detail: m.Reason, Line: m.Line, Column: m.Column,
		})
	}
	p.Line, p.Column = wrong.Mistakes[0].Line, wrong.Mistakes[0].Column
	return p
}

type upkeepOutput struct{ Body kyc.Upkeep }

func (s *Server) rescreen(ctx context.Context, _ *struct{}) (*upkeepOutput, error) {
	upkeep, err := s.parts.Customers.Cases.Run(ctx)
	return &upkeepOutput{Body: upkeep}, err
}

type hitsInput struct {
	Paging
	Status screening.HitStatus `query:"status" enum:"open,confirmed,dismissed,lapsed" default:"open"`
}

func (s *Server) listHits(ctx context.Context, input *hitsInput, page projection.Page) (projection.List[screening.Hit], error) {
	return idPage(page, func(h screening.Hit) string { return h.ID }, func(after string, limit int) ([]screening.Hit, error) {
		return s.parts.Customers.Screening.Hits(ctx, input.Status, after, limit)
	})
}

type decideHitInput struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Confirmed bool   `json:"confirmed"`
		Reason    string `json:"reason" pattern:"^[a-z][a-z0-9_-]{0,63}$" doc:"A code"`
	}
}

type hitOutput struct{ Body screening.Hit }

func (s *Server) decideHit(ctx context.Context, input *decideHitInput) (*hitOutput, error) {
	hit, err := s.parts.Customers.Screening.Decide(ctx, screening.Decision{
		Hit: input.ID, Confirmed: input.Body.Confirmed, By: callerOf(ctx).ID, Reason: input.Body.Reason,
	})
	return &hitOutput{Body: hit}, err
}
