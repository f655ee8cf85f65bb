package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/outbox"
)

// Commands keeps commands until the ledger has decided them.
type Commands interface {
	// Do stores a command and waits for its outcome as long as ctx allows; then it answers how far it is.
	Do(ctx context.Context, c outbox.Command) (outbox.Outcome, error)
	// Find answers how far a command is.
	Find(ctx context.Context, id string) (outbox.Outcome, bool, error)
	// Origin answers a command's function, and the users who asked for it and approved it.
	Origin(ctx context.Context, id string) (function string, users []string, err error)
}

// CommandBody is the body of every command: a list of items, under one request id.
type CommandBody[T any] struct {
	Mode       wire.Mode `json:"mode,omitempty" enum:"each,atomic" doc:"What becomes of the batch when an item is refused: each (the default) applies the others, atomic none"`
	Collection string    `json:"collection,omitempty" maxLength:"128" pattern:"^[a-z0-9][a-z0-9-]*$" doc:"The private collection that the items live in; public commands have none"`
	Items      []T       `json:"items" minItems:"1"`
}

// CommandAnswer says what became of a command.
type CommandAnswer struct {
	RequestID string    `json:"request_id" doc:"The command's request id on the ledger"`
	Status    string    `json:"status" enum:"stored,sent,committed,refused"`
	TxID      string    `json:"tx_id,omitempty" doc:"The transaction that decided it"`
	Block     uint64    `json:"block,omitempty"`
	Applied   int       `json:"applied" doc:"How many items were applied"`
	Refused   []Refusal `json:"refused" doc:"Why each of the others was not"`
}

// commandInput is a command as it comes in.
type commandInput[T any] struct {
	Prefer string `header:"Prefer" maxLength:"200" doc:"wait=N waits at most N seconds for the outcome, and answers 202 when it takes longer; 30 when not said, 120 at most"`
	Body   CommandBody[T]
}

// commandOutput is what a command answers.
type commandOutput struct {
	Status     int
	Location   string `header:"Location" doc:"Where to ask about a command that is not decided yet"`
	RetryAfter string `header:"Retry-After"`
	Body       CommandAnswer
}

const (
	usualWait   = 30 * time.Second
	longestWait = 120 * time.Second
)

// registerLedgerCommands adds one operation for each function of the chaincode that writes.
func (s *Server) registerLedgerCommands() {
	if s.parts.Commands == nil {
		return
	}
	for _, row := range ledgerCommands {
		row.add(s, row)
	}
}

// addCommand adds the operation of one row, whose items are of type T. Checks find what the ledger cannot: before a
// second person is asked, and again when the command comes.
func addCommand[T any](s *Server, row ledgerCommand, lanes func(T) []string, checks ...func([]T) error) {
	function, known := wire.Lookup(row.function)
	if !known {
		panic("api: the chaincode has no function " + row.function)
	}
	op := operation{
		id: row.id, method: http.MethodPost, path: row.path, summary: row.summary, tag: row.tag(),
		function: row.function, repeatable: true, command: true, mostItems: function.MaxItems,
		approvable: approvable(s, function, checks),
	}
	check := func(ctx context.Context, input *commandInput[T]) error {
		if signsThemselves(callerOf(ctx)) && callerOf(ctx).Certificate == "" {
			return doorProblem(CodeCertificateMissing, "")
		}
		if _, err := waitOf(input.Prefer); err != nil {
			return err
		}
		if f := checkEnvelope(function, input.Body.Collection, len(input.Body.Items)); f != nil {
			return f
		}
		if f := plainItems(input.Body.Items); f != nil {
			return f
		}
		return nil
	}
	registerChecked(s, op, check, func(ctx context.Context, input *commandInput[T]) (*commandOutput, error) {
		wait, err := waitOf(input.Prefer)
		if err != nil {
			return nil, err
		}
		if err := checkAll(input.Body.Items, checks); err != nil {
			return nil, err
		}
		items, err := json.Marshal(input.Body.Items)
		if err != nil {
			return nil, fmt.Errorf("write the items of %s: %w", row.function, err)
		}
		command := s.command(ctx, function, input.Body.Collection, input.Body.Mode)
		command.Items = items
		command.Merge = row.merge && command.Mode == wire.Each
		command.Lanes = gather(input.Body.Items, lanes, row.lanes(command.Collection))
		return s.do(ctx, command, wait)
	})
}

func checkAll[T any](items []T, checks []func([]T) error) error {
	for _, check := range checks {
		if err := check(items); err != nil {
			return err
		}
	}
	return nil
}

// signsThemselves reports whether somebody of the staff calls, here or by an API key of their own: what they send to the
// ledger is signed by them, and by no machine in their stead.
func signsThemselves(p access.Principal) bool {
	_, customer := p.Own()
	return (p.Kind == access.KindUser || p.Personal) && !customer
}

// command is the part of a command that does not depend on its items. A member of staff signs with their own
// certificate; for machines and customers the machine signs, and says who asked.
func (s *Server) command(ctx context.Context, f wire.Function, collection string, mode wire.Mode) outbox.Command {
	caller := callerOf(ctx)
	if mode == "" {
		mode = wire.Each
	}
	identity := caller.Certificate
	if identity == "" {
		identity = machineIdentity
	}
	return outbox.Command{
		ID: commandIDOf(ctx), Function: f.Name, Collection: collection, Mode: mode, Identity: identity,
		Approvals: approvalsOf(ctx), Signed: exchangeOf(ctx).signed,
	}
}

// machineIdentity is the outbox's name of the member's own machine certificate.
const machineIdentity = "machine"

// approvalsOf names who asked for a command and who else approved it, in the order in which they did.
func approvalsOf(ctx context.Context) json.RawMessage {
	x := exchangeOf(ctx)
	if !x.signedIn {
		return nil
	}
	text, err := json.Marshal(append([]string{x.caller.ID}, x.approvers...))
	if err != nil {
		return nil // a list of texts cannot fail to encode
	}
	return text
}

// checkEnvelope refuses what the chaincode would refuse about a batch before it looks at an item.
func checkEnvelope(function wire.Function, collection string, items int) *fault.Fault {
	switch {
	case items > function.MaxItems:
		return fault.In(fault.BatchTooLarge, "items")
	case function.Private && collection == "":
		return fault.In(fault.MissingField, "collection")
	case !function.Private && collection != "":
		return fault.In(fault.InvalidField, "collection")
	}
	return nil
}

// gather lists every lane once.
func gather[T any](items []T, lanesOf func(T) []string, fixed []string) []string {
	lanes, seen := make([]string, 0, len(items)+len(fixed)), map[string]bool{"": true}
	add := func(names []string) {
		for _, name := range names {
			if !seen[name] {
				seen[name] = true
				lanes = append(lanes, name)
			}
		}
	}
	add(fixed)
	for _, item := range items {
		add(lanesOf(item))
	}
	return lanes
}

var preferWait = regexp.MustCompile(`(?:^|[,;]\s*)wait=(\d{1,6})(?:$|\s*[,;])`)

// waitOf reads how long the caller wants to wait (RFC 7240). Preferences that are unknown are ignored.
func waitOf(prefer string) (time.Duration, error) {
	found := preferWait.FindStringSubmatch(prefer)
	if found == nil {
		return usualWait, nil
	}
	seconds, err := strconv.Atoi(found[1])
	if err != nil {
		return 0, fault.In(fault.InvalidField, "Prefer")
	}
	return min(time.Duration(seconds)*time.Second, longestWait), nil
}

// do hands a command to the outbox and waits until the ledger decided it and the member's own books show
// it. What takes longer than the caller wants to wait goes on without it.
func (s *Server) do(ctx context.Context, command outbox.Command, wait time.Duration) (*commandOutput, error) {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	outcome, err := s.parts.Commands.Do(waiting, command)
	if err != nil {
		return nil, err
	}
	if outcome.Status == outbox.Refused {
		return nil, refused(outcome)
	}
	shown := outcome.Status == outbox.Committed
	if shown && s.parts.Folding != nil {
		switch err := s.parts.Folding.Reach(waiting, outcome.Block); {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			shown = false
		case err != nil:
			return nil, fmt.Errorf("wait until the books show the command: %w", err)
		}
	}
	if shown {
		return &commandOutput{Status: http.StatusOK, Body: answerOf(outcome)}, nil
	}
	return &commandOutput{
		Status: http.StatusAccepted, Location: "/v1/commands/" + outcome.ID, RetryAfter: "1", Body: answerOf(outcome),
	}, nil
}

// refused makes a problem of a batch of which nothing was applied: with the first refusal's status, and
// every refusal listed.
func refused(outcome outbox.Outcome) *Problem {
	first := outcome.Fault
	if first == nil && len(outcome.Answer.Refused) > 0 {
		first = outcome.Answer.Refused[0]
	}
	if first == nil {
		first = fault.New(fault.Internal)
	}
	p := faultProblem(first)
	p.Refused = refusals(outcome.Answer.Refused)
	if len(p.Refused) == 0 {
		p.Refused = []Refusal{refusal(first)}
	}
	return p
}

func refusals(faults []*fault.Fault) []Refusal {
	list := make([]Refusal, 0, len(faults))
	for _, f := range faults {
		list = append(list, refusal(f))
	}
	return list
}

func answerOf(o outbox.Outcome) CommandAnswer {
	a := CommandAnswer{
		RequestID: o.ID, Status: string(o.Status), TxID: o.TxID, Block: o.Block, Applied: o.Answer.Applied,
		Refused: refusals(o.Answer.Refused),
	}
	if o.Status == outbox.Refused && len(a.Refused) == 0 && o.Fault != nil {
		a.Refused = []Refusal{refusal(o.Fault)}
	}
	return a
}

// commandStatusInput names a command.
type commandStatusInput struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$" doc:"The command's request id on the ledger"`
}

type commandStatusOutput struct{ Body CommandAnswer }

// registerCommandStatus adds the question what became of a command.
func (s *Server) registerCommandStatus() {
	if s.parts.Commands == nil {
		return
	}
	register(s, operation{
		id: "command.read", method: http.MethodGet, path: "/v1/commands/{id}", tag: "Commands", single: true,
		summary: "Ask what became of a command",
	}, func(ctx context.Context, input *commandStatusInput) (*commandStatusOutput, error) {
		outcome, found, err := s.parts.Commands.Find(ctx, input.ID)
		if err != nil {
			return nil, err
		}
		if found {
			found, err = s.mayKnow(ctx, input.ID)
		}
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fault.In(fault.NotFound, "id")
		}
		return &commandStatusOutput{Body: answerOf(outcome)}, nil
	})
}

// mayKnow reports whether the caller may know what became of a command: who asked for it or approved it, and staff
// who may read what it is about. To all others there is none.
func (s *Server) mayKnow(ctx context.Context, id string) (bool, error) {
	caller := callerOf(ctx)
	function, users, err := s.parts.Commands.Origin(ctx, id)
	if err != nil || slices.Contains(users, caller.ID) {
		return err == nil, err
	}
	if _, customer := caller.Own(); customer || s.parts.Door == nil {
		return s.parts.Door == nil, nil
	}
	decided, err := s.parts.Door.Decide(ctx, caller, Question{Operation: readOf(function)})
	return decided.Allowed, err
}

// readOf is the operation that reads what a function of the chaincode writes.
func readOf(function string) string {
	noun := ""
	for _, row := range ledgerCommands {
		if row.function == function {
			noun, _, _ = strings.Cut(row.id, ".")
		}
	}
	for _, verb := range []string{".list", ".read"} {
		if _, known := access.Lookup(noun + verb); known {
			return noun + verb
		}
	}
	return "account.list" // receipts and the opening of books
}
