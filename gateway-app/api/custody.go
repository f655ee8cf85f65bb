package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerCustody adds the reads of custody: instructions, cash, what is suspended, and business days.
func (s *Server) registerCustody() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Custody"
	registerList(s, operation{
		id: "instruction.list", method: http.MethodGet, books: true, path: "/v1/custody/instructions", tag: tag,
		summary: "List custody instructions",
	}, s.listInstructions)
	register(s, operation{
		id: "instruction.read", method: http.MethodGet, books: true, path: "/v1/custody/instructions/{handle}", tag: tag, single: true,
		summary: "Read a custody instruction", function: "Custody:Read",
	}, s.readInstruction)
	registerList(s, operation{
		id: "suspense.list", method: http.MethodGet, books: true, path: "/v1/custody/suspense", tag: tag,
		summary: "List suspended receipts",
	}, s.listSuspense)
	registerList(s, operation{
		id: "account.list", method: http.MethodGet, books: true, path: "/v1/custody/accounts", tag: tag,
		summary: "List customers' cash",
	}, s.listAccounts)
	register(s, operation{
		id: "account.read", method: http.MethodGet, books: true, path: "/v1/custody/accounts/{handle}", tag: tag, single: true,
		summary: "Read a customer's cash: available, held and payable",
	}, s.readAccount)
	register(s, operation{
		id: "day.read", method: http.MethodGet, books: true, path: "/v1/business-days/{custodian}", tag: tag, single: true,
		summary: "Read a custodian's business day", function: "Custody:ReadDay",
	}, s.readDay)
}

type instructionsInput struct {
	TurnedPaging
	Collection string `query:"collection" maxLength:"128"`
	Party      string `query:"party" pattern:"^[0-9a-f]{32}$" doc:"A party's handle"`
	Loan       string `query:"loan" maxLength:"200" doc:"A loan's id"`
	Status     string `query:"status" enum:"instructed,accepted,settled,settled_in_part,refused,expired,cancelled"`
	Kind       string `query:"kind" enum:"deposit,hold,release,disburse,collect,pay_out,withdraw,fee,refund"`
}

type instructionList = projection.List[projection.Held[custody.Instruction]]

func (s *Server) listInstructions(ctx context.Context, input *instructionsInput, page projection.Page) (instructionList, error) {
	partyHandle, some, err := s.onlyParty(ctx, input.Party)
	if err != nil || !some {
		return instructionList{}, err
	}
	filter := projection.InstructionFilter{Collection: input.Collection, Party: partyHandle, Loan: input.Loan}
	if input.Status != "" {
		filter.Statuses = []custody.Status{custody.Status(input.Status)}
	}
	if input.Kind != "" {
		filter.Kinds = []custody.Kind{custody.Kind(input.Kind)}
	}
	return s.parts.Books.Instructions(ctx, filter, page)
}

type instructionOutput struct {
	Body projection.Held[custody.Instruction]
}

func (s *Server) readInstruction(ctx context.Context, input *handleInput) (*instructionOutput, error) {
	found, err := among(ctx, s, *input, s.parts.Books.Instruction)
	if err != nil {
		return nil, err
	}
	if err := ownOnly(ctx, found.State.Party); err != nil {
		return nil, err
	}
	return &instructionOutput{Body: found}, nil
}

type suspenseInput struct {
	TurnedPaging
	Collection string `query:"collection" maxLength:"128"`
	Open       bool   `query:"open" doc:"Only what was neither placed nor returned"`
}

// listSuspense lists nothing for a customer: what is suspended is nobody's yet.
func (s *Server) listSuspense(ctx context.Context, input *suspenseInput, page projection.Page) (projection.List[projection.Held[custody.Suspense]], error) {
	if _, narrowed := callerOf(ctx).Own(); narrowed {
		return projection.List[projection.Held[custody.Suspense]]{}, nil
	}
	return s.parts.Books.Suspended(ctx, projection.SuspenseFilter{Collection: input.Collection, Open: input.Open}, page)
}

type accountsInput struct {
	TurnedPaging
	Collection string `query:"collection" maxLength:"128"`
	Party      string `query:"party" pattern:"^[0-9a-f]{32}$" doc:"A party's handle"`
}

func (s *Server) listAccounts(ctx context.Context, input *accountsInput, page projection.Page) (projection.List[projection.Held[custody.Account]], error) {
	partyHandle, some, err := s.onlyParty(ctx, input.Party)
	if err != nil || !some {
		return projection.List[projection.Held[custody.Account]]{}, err
	}
	return s.parts.Books.Accounts(ctx, projection.AccountFilter{Collection: input.Collection, Party: partyHandle}, page)
}

type accountOutput struct {
	Body projection.Held[custody.Account]
}

func (s *Server) readAccount(ctx context.Context, input *handleInput) (*accountOutput, error) {
	if err := ownOnly(ctx, input.Handle); err != nil {
		return nil, err
	}
	found, err := among(ctx, s, *input, s.parts.Books.Account)
	if err != nil {
		return nil, err
	}
	return &accountOutput{Body: found}, nil
}

type dayInput struct {
	Custodian string `path:"custodian" maxLength:"64" doc:"The custodian's member id"`
}

type dayOutput struct{ Body projection.Held[custody.Day] }

func (s *Server) readDay(ctx context.Context, input *dayInput) (*dayOutput, error) {
	found, err := s.parts.Books.Day(ctx, input.Custodian)
	if err != nil {
		return nil, missing(err, "custodian")
	}
	return &dayOutput{Body: found}, nil
}

// businessDate is the custodian's present business date.
func (s *Server) businessDate(ctx context.Context, custodian string) (calendar.Date, error) {
	day, err := s.parts.Books.Day(ctx, custodian)
	if errors.Is(err, fault.New(fault.NotFound)) {
		return 0, fault.New(fault.DayNotOpen)
	}
	return day.State.Date, err
}
