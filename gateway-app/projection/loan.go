package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

var loans = &noun[loan.State, loan.Event]{
	name: "loan", prefix: wire.LoanKey(""),
	table: recordTable("loan", "loan", "platform", "custodian", "borrower", "regime", "status", "frozen", "principal_minor",
		"outstanding_minor", "owing_minor", "exposed_minor", "expires_on", "started_on", "written_off_on"),
	fresh: func(string) loan.State { return loan.State{} },
	apply: loan.Apply,
	names: func(c ledger.Change, id string, s loan.State) error {
		if _, platform, handle, ok := wire.SplitLoanID(s.ID); !ok || handle != id || platform != s.Platform {
			return malformed("the key is that of another loan than the record names")
		}
		return handled(c, id, id, s.Platform, s.Custodian)
	},
	about:   func(e loan.Event) (string, calendar.Date) { return string(e.Kind), e.On },
	columns: loanColumns,
	tell:    tellLoan,
	further: func(ctx context.Context, b *batch, before, after loan.State, list []loan.Event) error {
		b.turnedDown(before, list)
		if before.Status == loan.None {
			return b.committedTerms(ctx, after)
		}
		return b.reposition(ctx, before, after, list)
	},
}

func loanColumns(s loan.State) []any {
	started := ""
	if s.Plan != nil {
		started = s.Plan.Start.String()
	}
	return []any{
		s.ID, s.Platform, s.Custodian, s.Borrower, s.Regime, string(s.Status), plain(s.Frozen), int64(s.PrincipalMinor),
		int64(s.Outstanding()), int64(owing(s)), int64(exposed(s)), s.ExpiresOn.String(), started, s.WrittenOffOn.String(),
	}
}

// owing is what a payout run would take from the loan: what anybody is due and was not handed over yet, each
// by itself, because what one owes back is no other's to make up for.
func owing(s loan.State) money.Minor {
	var sum money.Minor
	for i := range s.WeightsMinor {
		if i < len(s.PrincipalCredits) {
			sum += max(s.Payable(i), 0)
		}
	}
	for i, fee := range s.Paid.FeesMinor {
		sum += max(fee-s.FeesNetted[i], 0)
	}
	return sum + max(s.Paid.RefundMinor-s.RefundNetted, 0)
}

// exposed is what the loan needs reserved of its borrower's exposure.
func exposed(s loan.State) money.Minor {
	switch s.Status {
	case loan.Cleared, loan.Collecting, loan.Funded, loan.Disbursing:
		return s.PrincipalMinor
	case loan.Active, loan.WrittenOff:
		return s.Outstanding()
	}
	return 0
}

// committedTerms wants the terms to stand beside the proposal, as the ones that it commits to.
func (b *batch) committedTerms(ctx context.Context, after loan.State) error {
	_, _, handle, _ := wire.SplitLoanID(after.ID)
	text, err := b.text(ctx, termsOfLoans.table, wire.TermsKey(handle), handle)
	switch {
	case err != nil:
		return err
	case text == "" || wire.Digest([]byte(text)) != after.Commitment:
		return differs("the loan commits to other terms than those that were written for it")
	}
	return nil
}

// text is a value in the collection in hand; empty where there is none.
func (b *batch) text(ctx context.Context, t *table, key, id string) (string, error) {
	if r, ok := b.dirty[t.name+"\x00"+b.change.Collection+"\x00"+key]; ok {
		text, _ := r.values()[3].(string)
		return text, nil
	}
	var text string
	query := "SELECT state FROM " + t.name + " WHERE collection = $1 AND id = $2"
	switch err := b.tx.QueryRowContext(ctx, query, b.change.Collection, id).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look up %s: %w", t.name, err)
	}
	return text, nil
}

// loanSteps is what the feed calls a loan's steps; receipts have names of their own.
var loanSteps = map[loan.Action]string{
	loan.ActPropose: "loan.proposed", loan.ActClear: "loan.cleared", loan.ActDecline: "loan.declined",
	loan.ActWithdraw: "loan.withdrawn", loan.ActExpire: "loan.expired", loan.ActCancel: "loan.cancelled",
	loan.ActFund: "loan.funding", loan.ActHold: "loan.held", loan.ActDisburse: "loan.disbursing",
	loan.ActReturn: "loan.returned", loan.ActActivate: "loan.active", loan.ActReceive: "repayment.received",
	loan.ActReverse: "repayment.reversed", loan.ActNet: "loan.netted", loan.ActWriteOff: "loan.written_off",
	loan.ActFreeze: "loan.frozen", loan.ActRelease: "loan.released",
}

// tellLoan tells the step, and where the amounts decided the status, the status too.
func tellLoan(before, after loan.State, e loan.Event) []Notice {
	base := Payload{Loan: after.ID, Status: string(after.Status), OutstandingMinor: after.Outstanding()}
	step := base
	switch e.Kind {
	case loan.ActPropose, loan.ActFund, loan.ActActivate, loan.ActClear:
		step.Party, step.PrincipalMinor, step.ExpiresOn = after.Borrower, after.PrincipalMinor, after.ExpiresOn
	case loan.ActHold, loan.ActDisburse:
		step.Instruction, step.AmountMinor = e.Instruction, e.AmountMinor
	case loan.ActReceive:
		step.received(*e.Received)
	case loan.ActReverse:
		step.received(e.Reversed.Original)
	case loan.ActNet:
		step.netted(*e.Netted)
	case loan.ActFreeze, loan.ActRelease:
		step.Order = e.Order
	}
	if after.Plan != nil && e.Kind == loan.ActActivate {
		step.ValueDate = after.Plan.Start
	}
	notices := []Notice{{loanSteps[e.Kind], after.Platform, after.ID, step}}
	if then := reached(before, after, e); then != "" {
		notices = append(notices, Notice{then, after.Platform, after.ID, base})
	}
	return notices
}

// reached names the status to which a step led by its amounts.
func reached(before, after loan.State, e loan.Event) string {
	switch {
	case before.Status == after.Status:
		return ""
	case e.Kind == loan.ActHold:
		return "loan.funded"
	case e.Kind == loan.ActReceive:
		return "loan.repaid"
	case e.Kind == loan.ActReverse:
		return "loan.reopened"
	}
	return ""
}

func (p *Payload) received(r loan.Received) {
	p.AmountMinor, p.ValueDate, p.Suspense = r.AmountMinor, r.ValueDate, r.From
	p.PrincipalMinor, p.InterestMinor = r.Parts.PrincipalMinor, r.Parts.InterestMinor
	p.PenaltyMinor, p.RefundMinor = r.Parts.PenaltyMinor, r.Parts.RefundMinor
	for _, fee := range r.Parts.FeesMinor {
		p.FeesMinor += fee
	}
}

func (p *Payload) netted(n loan.Netted) {
	p.Run, p.RefundMinor = n.Run, n.RefundMinor
	for _, credit := range n.Credits {
		p.AmountMinor += credit
	}
	for _, fee := range n.FeesMinor {
		p.FeesMinor += fee
	}
}

var termsOfLoans = &value[loan.Terms]{
	prefix: wire.TermsKey(""),
	table: valueTable("terms", "loan", "borrower", "project", "currency", "principal_minor", "rate_ppm", "penalty_rate_ppm",
		"instalments", "method", "agreement_digest"),
	version: func(t loan.Terms) int { return t.Version },
	names: func(c ledger.Change, id string, t loan.Terms) error {
		if _, _, handle, ok := wire.SplitLoanID(t.ID); !ok || handle != id {
			return malformed("the key is that of another loan than the terms name")
		}
		return handled(c, id, id, t.Platform, t.Custodian)
	},
	columns: func(t loan.Terms) []any {
		return []any{
			t.ID, t.Borrower, t.Project, string(t.Currency), int64(t.PrincipalMinor), int64(t.RatePPM), int64(t.PenaltyRatePPM),
			int64(t.Instalments), string(t.Method), t.AgreementDigest,
		}
	},
}

var allocations = &table{name: "rm_allocation", columns: []string{
	"collection", "loan", "place", "seq", "lender", "mandate", "hold", "principal_minor",
}}

var fundings = &value[loan.Funding]{
	prefix: wire.FundingKey(""), table: valueTable("funding", "loan"),
	version: func(f loan.Funding) int { return f.Version },
	names: func(c ledger.Change, id string, f loan.Funding) error {
		_, platform, handle, ok := wire.SplitLoanID(f.Loan)
		if !ok || handle != id || !strings.HasPrefix(c.Collection, wire.PairCollection(platform, "")) {
			return malformed("the key is that of another loan than the funding names")
		}
		return nil
	},
	columns: func(f loan.Funding) []any { return []any{f.Loan} },
	further: func(b *batch, _ string, f loan.Funding) error {
		for i, a := range f.Allocations {
			b.add(allocations, b.change.Collection, f.Loan, int64(i), b.number(), plain(a.Lender), plain(a.Mandate), plain(a.Hold), int64(a.PrincipalMinor))
		}
		return nil
	},
}

var projects = &value[wire.Project]{
	prefix: wire.ProjectKey(""), table: valueTable("project", "loan"), replaced: true,
	version: func(p wire.Project) int { return p.Version },
	names:   func(_ ledger.Change, id string, _ wire.Project) error { return underHandle(id) },
	columns: func(p wire.Project) []any { return []any{plain(p.Loan)} },
}
