package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
)

// registerCustody adds the reads of custody: instructions, cash, what is suspended, and business days.
func (s *Server) registerCustody() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Custody"
	registerList(s, operation{
		id: "instruction.list", method: http.MethodGet, path: "/v1/custody/instructions", tag: tag,
		summary: "List custody instructions",
	}, s.listInstructions)
	register(s, operation{
		id: "instruction.read", method: http.MethodGet, path: "/v1/custody/instructions/{handle}", tag: tag, single: true,
		summary: "Read a custody instruction", function: "Custody:Read",
	}, s.readInstruction)
	registerList(s, operation{
		id: "suspense.list", method: http.MethodGet, path: "/v1/custody/suspense", tag: tag,
		summary: "List suspended receipts",
	}, s.listSuspense)
	registerList(s, operation{
		id: "account.list", method: http.MethodGet, path: "/v1/custody/accounts", tag: tag,
		summary: "List customers' cash",
	}, func(ctx context.Context, input *narrowInput, page Page) ([]Row[custody.Account], string, error) {
		return s.parts.Books.Accounts(ctx, input.narrow(ctx), page)
	})
	register(s, operation{
		id: "account.read", method: http.MethodGet, path: "/v1/custody/accounts/{handle}", tag: tag, single: true,
		summary: "Read a customer's cash: available, held and payable",
	}, s.readAccount)
	register(s, operation{
		id: "day.read", method: http.MethodGet, path: "/v1/business-days/{custodian}", tag: tag, single: true,
		summary: "Read a custodian's business day", function: "Custody:ReadDay",
	}, s.readDay)
}

type instructionsInput struct {
	narrowInput
	Status string `query:"status" enum:"instructed,accepted,settled,settled_in_part,refused,expired,cancelled"`
	Kind   string `query:"kind" enum:"deposit,hold,release,disburse,collect,pay_out,withdraw,fee,refund"`
	Loan   string `query:"loan" maxLength:"256" doc:"A loan's id"`
}

func (s *Server) listInstructions(ctx context.Context, input *instructionsInput, page Page) ([]Row[custody.Instruction], string, error) {
	filter := input.narrow(ctx)
	return s.parts.Books.Instructions(ctx, InstructionFilter{
		Status: input.Status, Kind: input.Kind, Collection: filter.Collection, Party: filter.Party, Loan: input.Loan,
	}, page)
}

type instructionOutput struct{ Body Row[custody.Instruction] }

func (s *Server) readInstruction(ctx context.Context, input *handleInput) (*instructionOutput, error) {
	found, ok, err := s.parts.Books.Instruction(ctx, input.Handle)
	if err != nil {
		return nil, err
	}
	if err := ownOnly(ctx, ok, found.State.Party); err != nil {
		return nil, err
	}
	return &instructionOutput{Body: found}, nil
}

// listSuspense lists nothing for a customer: what is suspended is nobody's yet.
func (s *Server) listSuspense(ctx context.Context, input *narrowInput, page Page) ([]Row[custody.Suspense], string, error) {
	if _, narrowed := callerOf(ctx).Own(); narrowed {
		return nil, "", nil
	}
	return s.parts.Books.Suspended(ctx, Narrow{Collection: input.Collection}, page)
}

type accountOutput struct{ Body Row[custody.Account] }

func (s *Server) readAccount(ctx context.Context, input *handleInput) (*accountOutput, error) {
	found, ok, err := s.parts.Books.Account(ctx, input.Handle)
	if err != nil {
		return nil, err
	}
	if err := ownOnly(ctx, ok, found.State.Party); err != nil {
		return nil, err
	}
	return &accountOutput{Body: found}, nil
}

type dayInput struct {
	Custodian string `path:"custodian" maxLength:"64" doc:"The custodian's member id"`
}

type dayOutput struct{ Body Row[custody.Day] }

func (s *Server) readDay(ctx context.Context, input *dayInput) (*dayOutput, error) {
	found, ok, err := s.parts.Books.Day(ctx, input.Custodian)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.In(fault.NotFound, "custodian")
	}
	return &dayOutput{Body: found}, nil
}

// businessDate is the custodian's present business date.
func (s *Server) businessDate(ctx context.Context, custodian string) (calendar.Date, error) {
	day, ok, err := s.parts.Books.Day(ctx, custodian)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, fault.New(fault.DayNotOpen)
	}
	return day.State.Date, nil
}
