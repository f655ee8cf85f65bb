package main

import (
	"context"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// loanView is a loan as its keys stand.
type loanView struct {
	wire.LoanView
	Collection string        `json:"collection"`
	On         calendar.Date `json:"on"` // the business date that what is due was derived for
}

// loanFolders are the keys that a loan is kept under, and the custodians' business days.
var loanFolders = []string{loans, terms, fundings, days}

// loanAt puts a loan together from its keys.
func (r *replayed) loanAt(at place) (loanView, error) {
	record, err := record[loan.State, loan.Event](r, at)
	if err != nil {
		return loanView{}, err
	}
	view := loanView{LoanView: wire.LoanView{Record: record}, Collection: at.collection, On: r.businessDate()}
	if change, ok := r.latest[place{at.collection, wire.TermsKey(at.handle())}]; ok {
		if view.Terms, err = decode[loan.Terms](change); err != nil {
			return loanView{}, err
		}
	}
	if change, ok := r.latest[place{at.collection, wire.FundingKey(at.handle())}]; ok {
		funding, err := decode[loan.Funding](change)
		if err != nil {
			return loanView{}, err
		}
		view.Funding = &funding
	}
	return view, nil
}

// oneLoan replays the one loan that a person names.
func (s *session) oneLoan(ctx context.Context, c *ledger.Client, named string) (loanView, error) {
	r, err := s.replay(ctx, c, nil, loanFolders...)
	if err != nil {
		return loanView{}, err
	}
	at, err := r.find("loan", loans, named)
	if err != nil {
		return loanView{}, err
	}
	return r.loanAt(at)
}

// amount writes money of the loan's currency.
func (v loanView) amount(m money.Minor) string { return v.Terms.Currency.Format(m) }

// overdue is for how many days the oldest unpaid row has been due; nothing where nothing is.
func (v loanView) overdue() (int, error) {
	state := v.Record.State
	if state.Plan == nil || v.On.IsZero() || state.Status == loan.Repaid {
		return 0, nil
	}
	days, err := repayment.OverdueDays(state, v.On)
	if err != nil {
		return 0, fmt.Errorf("derive how long loan %s is overdue: %w", state.ID, err)
	}
	return days, nil
}
