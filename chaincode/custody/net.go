package custody

import (
	"errors"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// prefetchRun reads loans and fundings, then the instructions that the run adds to.
func prefetchRun(tx *ledger.Tx, items []wire.Net) error {
	keys, ids := []string{wire.BooksKey}, []string(nil)
	for _, item := range items {
		if item.Loan != "" {
			ids = append(ids, item.Loan)
		} else {
			keys = append(keys, wire.AccountKey(item.Party))
		}
	}
	keys = append(keys, records.LoanKeys(tx, ids, wire.LoanKey)...)
	keys = append(keys, records.LoanKeys(tx, ids, wire.FundingKey)...)
	if err := tx.Prefetch(tx.Collection, keys...); err != nil {
		return err
	}
	return prefetchPayouts(tx, items)
}

// prefetchPayouts reads the instructions that the loans of a run may add to. What cannot be found is
// refused when its turn comes.
func prefetchPayouts(tx *ledger.Tx, items []wire.Net) error {
	var keys []string
	for _, item := range items {
		funding, err := records.Funding(tx, item.Loan)
		switch {
		case errors.Is(err, fault.New(fault.NotFound)):
			continue
		case err != nil:
			return err
		}
		s, err := records.Loan(tx, item.Loan)
		if err != nil {
			return err
		}
		due := []payee{{custody.Refund, s.Borrower}, {custody.Fee, s.Platform}, {custody.Fee, s.Custodian}}
		for _, lender := range funding.Lenders() {
			due = append(due, payee{custody.PayOut, lender})
		}
		for _, p := range due {
			if handle, err := p.instruction(tx, item.Run); err == nil {
				keys = append(keys, wire.InstructionKey(handle))
			}
		}
	}
	return tx.Prefetch(tx.Collection, keys...)
}

// payee is whom a run pays, and as what.
type payee struct {
	kind   custody.Kind
	holder string
}

// instruction is the handle of the one instruction by which a run pays somebody.
func (p payee) instruction(tx *ledger.Tx, run string) (string, error) {
	return records.Derive(tx, run, string(p.kind), p.holder)
}

// net hands what is owed to a run: of one loan, or to one party whose payouts came back. It pays nobody
// yet. A party that may not be paid at present is netted like any other and paid when it may be.
func net(tx *ledger.Tx, item wire.Net) error {
	switch {
	case !wire.IsHandle(item.Run):
		return fault.In(fault.InvalidField, "run")
	case (item.Loan == "") == (item.Party == ""):
		return fault.In(fault.InvalidField, "loan")
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	r := run{tx, item.Run, on}
	if item.Party != "" {
		return r.netParty(item.Party)
	}
	return r.netLoan(item.Loan)
}

// run is one netting run of the custodian. Its transactions add to the same instructions.
type run struct {
	tx     *ledger.Tx
	handle string
	on     calendar.Date
}

func (r run) netParty(holder string) error {
	amount, err := records.TakePayable(r.tx, holder, r.on)
	if err != nil {
		return err
	}
	return r.add(custody.PayOut, holder, amount)
}

func (r run) netLoan(id string) error {
	s, err := records.Loan(r.tx, id)
	if err != nil {
		return err
	}
	events, err := loan.Decide(s, loan.Net{Run: r.handle}, r.tx.Actor, r.on)
	if err != nil {
		return err
	}
	if _, err := records.SaveLoan(r.tx, s, events); err != nil {
		return err
	}
	funding, err := records.Funding(r.tx, id)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := r.distribute(s, funding, *e.Netted); err != nil {
			return err
		}
	}
	return nil
}

// distribute adds what a loan owes to the payouts of lenders, the fees of members and the borrower's
// refund.
func (r run) distribute(s loan.State, funding loan.Funding, n loan.Netted) error {
	lenders := funding.Lenders()
	for i, credit := range n.Credits {
		if err := r.add(custody.PayOut, lenders[i], credit); err != nil {
			return err
		}
	}
	for i, fee := range n.FeesMinor {
		if err := r.add(custody.Fee, s.FeePayee(i), fee); err != nil {
			return err
		}
	}
	return r.add(custody.Refund, s.Borrower, n.RefundMinor)
}

// add nets an amount into the run's one instruction of a kind for a party.
func (r run) add(kind custody.Kind, holder string, amount money.Minor) error {
	if amount == 0 {
		return nil
	}
	handle, err := payee{kind, holder}.instruction(r.tx, r.handle)
	if err != nil {
		return err
	}
	i, err := records.Instruction(r.tx, handle)
	if err != nil {
		return err
	}
	if i.Status == custody.None {
		return records.Instruct(r.tx, custody.Instruction{
			Handle: handle, Kind: kind, Party: holder, AmountMinor: amount,
		}, r.on)
	}
	return records.StepInstruction(r.tx, i, handle, custody.Add{AmountMinor: amount, On: r.on})
}
