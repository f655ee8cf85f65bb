package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/expression"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/submission"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// listInput is the query of a list that is narrowed by nothing.
type listInput struct{ Paging }

// turnedInput is that of one which can be turned around.
type turnedInput struct{ TurnedPaging }

// registerConsortium adds the reads of governance: members, regimes and frozen platforms.
func (s *Server) registerConsortium() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Consortium"
	registerList(s, operation{
		id: "member.list", method: http.MethodGet, books: true, path: "/v1/members", tag: tag, summary: "List members",
		function: "Consortium:ReadMembers",
	}, func(ctx context.Context, _ *turnedInput, page projection.Page) (projection.List[projection.Member], error) {
		return s.parts.Books.Members(ctx, page)
	})
	registerList(s, operation{
		id: "regime.list", method: http.MethodGet, books: true, path: "/v1/regimes", tag: tag, summary: "List regime packs",
		function: "Consortium:ReadRegimes",
	}, func(ctx context.Context, _ *turnedInput, page projection.Page) (projection.List[projection.Regime], error) {
		list, err := s.parts.Books.Regimes(ctx, page)
		for i := range list.Items {
			list.Items[i] = withApprovals(list.Items[i])
		}
		return list, err
	})
	register(s, operation{
		id: "regime.read", method: http.MethodGet, books: true, path: "/v1/regimes/{id}", tag: tag, single: true,
		summary: "Read a regime pack and the digest to approve it by",
	}, s.readRegime)
	registerList(s, operation{
		id: "platform.list", method: http.MethodGet, books: true, path: "/v1/platforms/freezes", tag: tag,
		summary: "List supervisory freezes of platforms", function: "Consortium:ReadFreezes",
	}, func(ctx context.Context, _ *turnedInput, page projection.Page) (projection.List[projection.Held[wire.PlatformFreeze]], error) {
		return s.parts.Books.Freezes(ctx, page)
	})
}

type regimeInput struct {
	ID string `path:"id" maxLength:"64"`
}

type regimeOutput struct{ Body projection.Regime }

func (s *Server) readRegime(ctx context.Context, input *regimeInput) (*regimeOutput, error) {
	found, err := s.parts.Books.Regime(ctx, input.ID)
	if err != nil {
		return nil, missing(err, "id")
	}
	return &regimeOutput{Body: withApprovals(found)}, nil
}

// withApprovals shows that nobody has approved a pack yet as a list of none: the ledger keeps none at all.
func withApprovals(r projection.Regime) projection.Regime {
	if r.State.Approvals == nil {
		r.State.Approvals = []regime.Approval{}
	}
	return r
}

// addProposals adds the proposal of packs, which are held against those that are on the ledger.
func addProposals(s *Server, row ledgerCommand) {
	addCommand(s, row, free[wire.ProposedRegime], func(packs []wire.ProposedRegime) error {
		if err := checkExpressions(packs); err != nil {
			return err
		}
		return s.checkVersions(packs)
	})
}

// checkVersions refuses a pack in which a rule has the id and version of one that is on the ledger and computes
// otherwise: figures are compared by version, so a version must stand for one formula.
func (s *Server) checkVersions(packs []wire.ProposedRegime) error {
	if s.parts.Books == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), approvalPatience)
	defer stop()
	for known, err := range projection.All(ctx, s.parts.Books.Regimes) {
		if err != nil {
			return fmt.Errorf("read the packs that a proposal is held against: %w", err)
		}
		for i, pack := range packs {
			if pack.Reporting == nil || known.State.Reporting == nil {
				continue
			}
			if field := pack.Reporting.Contradiction(*known.State.Reporting); field != "" {
				refusal := fault.In(fault.InvalidField, fmt.Sprintf("items[%d].reporting.%s", i, field))
				refusal.Item = i + 1
				p := faultProblem(refusal)
				p.Detail = "pack " + known.State.ID + " has this rule in this version and computes it otherwise: raise the version"
				return p
			}
		}
	}
	return nil
}

// checkExpressions refuses packs with a rule that does not compile: the ledger keeps expressions and reads none, so
// that a slip would be found only on the day on which the rule is wanted. It names each rule at fault and the place in it.
func checkExpressions(packs []wire.ProposedRegime) error {
	rules := make([]*regime.Reporting, len(packs))
	for i, pack := range packs {
		rules[i] = pack.Reporting
	}
	return refuseExpressions(rules)
}

// addApprovals adds the approval of packs, which are compiled once more: whoever proposed one may have gone around this
// door.
func addApprovals(s *Server, row ledgerCommand) {
	addCommand(s, row, free[wire.ApprovedRegime], s.checkApprovals)
}

// approvalPatience bounds how long the packs that are approved are looked for.
const approvalPatience = 10 * time.Second

// checkApprovals refuses approvals of packs with a rule that does not compile, as far as the read model has the packs; of
// one that it has not, the ledger decides.
func (s *Server) checkApprovals(items []wire.ApprovedRegime) error {
	if s.parts.Books == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), approvalPatience)
	defer stop()
	rules := make([]*regime.Reporting, len(items))
	for i, item := range items {
		found, err := s.parts.Books.Regime(ctx, item.ID)
		if errors.Is(err, fault.New(fault.NotFound)) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read pack %s that is approved: %w", item.ID, err)
		}
		rules[i] = found.State.Reporting
	}
	return refuseExpressions(rules)
}

// refuseExpressions refuses a batch of packs, each with its reporting rules or none, in which a rule does not compile.
func refuseExpressions(rules []*regime.Reporting) error {
	var found []Finding
	for i, r := range rules {
		if r == nil {
			continue
		}
		for _, f := range expressionFindings(*r) {
			f.Field, f.Item = fmt.Sprintf("items[%d].reporting.%s", i, f.Field), i+1
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return nil
	}
	first := found[0]
	p := faultProblem(&fault.Fault{Code: fault.InvalidField, Field: first.Field, Item: first.Item})
	p.Detail, p.Line, p.Column = first.Detail, first.Line, first.Column
	p.Errors = found[:min(len(found), mostFindings)]
	return p
}

// expressionFindings compiles each rule with what its kind may use.
func expressionFindings(r regime.Reporting) []Finding {
	return slices.Concat(
		expressionsOf("formulas", r.Formulas, disclosure.CompileFormula),
		expressionsOf("validations", r.Validations, func(v regime.Validation) (*expression.Program, error) {
			return submission.CompileValidation(v, r.Formulas)
		}),
		expressionsOf("alerts", r.Alerts, alert.CompileRule),
		expressionsOf("warnings", r.Warnings, warning.Compile),
		expressionsOf("deadlines", r.Deadlines, submission.CompileDeadline),
	)
}

func expressionsOf[T any](list string, rules []T, compile func(T) (*expression.Program, error)) []Finding {
	var found []Finding
	for i, rule := range rules {
		_, err := compile(rule)
		if err == nil {
			continue
		}
		text := err.Error()
		f := Finding{
			Code: string(fault.InvalidField), Field: fmt.Sprintf("%s[%d].expression", list, i),
			Detail: strings.ToValidUTF8(text[:min(len(text), longestExplanation)], ""),
		}
		var wrong *expression.Error
		if errors.As(err, &wrong) {
			f.Line, f.Column = wrong.Line, wrong.Column
		}
		found = append(found, f)
	}
	return found
}
