package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerApprovals adds what waits for four eyes.
func (s *Server) registerApprovals() {
	const tag = "Approvals"
	registerList(s, operation{
		id: "approval.list", method: http.MethodGet, path: "/v1/approvals", tag: tag,
		summary: "List what waits, or waited, for a second user's approval",
	}, s.listApprovals)
	register(s, operation{
		id: "approval.read", method: http.MethodGet, path: "/v1/approvals/{id}", tag: tag, single: true,
		summary: "Read an approval, and what it is for, whole, as long as there is something to decide",
	}, s.readApproval)
	register(s, operation{
		id: "approval.approve", method: http.MethodPost, path: "/v1/approvals/{id}/approve", tag: tag, repeatable: true,
		summary: "Approve what another user asked for; what goes to the ledger is signed with one's own certificate. They then send it again",
	}, s.approve)
	register(s, operation{
		id: "approval.decline", method: http.MethodPost, path: "/v1/approvals/{id}/decline", tag: tag,
		summary: "Decline what another user asked for, or take back what one asked for oneself",
	}, func(ctx context.Context, input *approvalInput) (*approvalOutput, error) {
		decided, err := s.parts.Approvals.Decline(ctx, callerOf(ctx), input.ID)
		return &approvalOutput{Body: decided}, err
	})
}

type approvalInput struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

type approvalOutput struct{ Body access.Approval }

// approve approves once: who has done so already, as a repetition after a crash has, is answered what they did.
func (s *Server) approve(ctx context.Context, input *approvalInput) (*approvalOutput, error) {
	caller := callerOf(ctx)
	decided, err := s.parts.Approvals.Approve(ctx, caller, input.ID)
	if !errors.Is(err, fault.New(fault.WrongStatus)) {
		return &approvalOutput{Body: decided}, err
	}
	found, unread := s.parts.Approvals.Approval(ctx, input.ID)
	given := found.Status == access.Approved || found.Status == access.Used
	if unread != nil || !given || found.DecidedBy != caller.ID {
		return nil, err
	}
	return &approvalOutput{Body: found}, nil
}

// ApprovalView is an approval with what it is for.
type ApprovalView struct {
	access.Approval
	Request json.RawMessage `json:"request,omitempty" doc:"The body that was sent, for those who may decide on it, until it is used, declined or expired"`
}

type approvalViewOutput struct{ Body ApprovalView }

func (s *Server) readApproval(ctx context.Context, input *approvalInput) (*approvalViewOutput, error) {
	found, err := s.parts.Approvals.Approval(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	view := ApprovalView{Approval: found}
	body, err := s.parts.Approvals.Body(ctx, callerOf(ctx), input.ID)
	if err != nil {
		return nil, err
	}
	if json.Valid(body) {
		view.Request = body
	}
	return &approvalViewOutput{Body: view}, nil
}

type approvalsInput struct {
	Paging
	Status string `query:"status" enum:"pending,approved,declined,used"`
}

func (s *Server) listApprovals(ctx context.Context, input *approvalsInput, page projection.Page) (projection.List[access.Approval], error) {
	list, err := s.parts.Approvals.List(ctx, input.Status, page.After, page.Limit)
	return pageOf(list, page.Limit, func(a access.Approval) string { return a.ID }), err
}

// approvable reads a command's body as its handler will, into the request that the ledger will see: what a
// second user signs must be what is proposed, to the byte.
func approvable[T any](s *Server, function wire.Function, checks []func([]T) error) func(body []byte, id string) (*wire.Approvable, error) {
	return func(body []byte, id string) (*wire.Approvable, error) {
		var asked CommandBody[T]
		if err := strictJSON.Unmarshal(body, &asked); err != nil {
			return nil, fault.In(fault.MalformedRequest, "body")
		}
		if f := checkEnvelope(function, asked.Collection, len(asked.Items)); f != nil {
			return nil, f
		}
		if len(asked.Items) == 0 {
			return nil, fault.In(fault.BatchEmpty, "items")
		}
		if err := checkAll(asked.Items, checks); err != nil {
			return nil, err
		}
		items, err := json.Marshal(asked.Items)
		if err != nil {
			return nil, fmt.Errorf("write the items of %s: %w", function.Name, err)
		}
		if asked.Mode == "" {
			asked.Mode = wire.Each
		}
		return &wire.Approvable{
			Channel: s.parts.Channel, Function: function.Name, ID: id, Collection: asked.Collection, Mode: asked.Mode, Items: items,
		}, nil
	}
}
