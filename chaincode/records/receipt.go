package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/repayment"
)

// Rulebook keeps the regimes that a transaction has asked for: checking a pack against its root key
// costs more than booking a receipt does. The zero value is not usable; see NewRulebook.
type Rulebook struct{ rules map[string]regime.Rules }

// NewRulebook opens an empty one, for one transaction.
func NewRulebook() Rulebook { return Rulebook{rules: map[string]regime.Rules{}} }

// Rules answers the rules of an adopted pack.
func (b Rulebook) Rules(tx *ledger.Tx, id string) (regime.Rules, error) {
	if known, ok := b.rules[id]; ok {
		return known, nil
	}
	pack, err := tx.Regime(id)
	if err != nil {
		return regime.Rules{}, err
	}
	b.rules[id] = pack.Rules
	return pack.Rules, nil
}

// BookReceipt books a receipt on a loan: allocated, divided among lenders, fees and refund, and saved,
// in the order that the loan's own regime wants.
func (b Rulebook) BookReceipt(tx *ledger.Tx, s loan.State, r distribution.Receipt, on calendar.Date) error {
	if err := loan.Permit(s.Status, loan.ActReceive, tx.Actor.Kind); err != nil {
		return err
	}
	rules, err := b.Rules(tx, s.Regime)
	if err != nil {
		return err
	}
	order := repayment.Order{Components: rules.Allocation, Horizontal: rules.Horizontal}
	events, err := distribution.Decide(s, r, order, tx.Actor, on)
	if err != nil {
		return err
	}
	_, err = SaveLoan(tx, s, events)
	return err
}
