package custody

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

// settlement settles the items of one transaction.
type settlement struct{ rulebook records.Rulebook }

// prefetch reads the instructions with what is around them, the holds of the loans that are disbursed,
// and whether the bank's entries were booked before.
func (c settlement) prefetch(tx *ledger.Tx, items []wire.Settle) error {
	if err := prefetchInstructions(func(s wire.Settle) string { return s.Instruction })(tx, items); err != nil {
		return err
	}
	var entries, loans []string
	for _, item := range items {
		i, _, err := ledger.Load[custody.Instruction](tx, tx.Collection, wire.InstructionKey(item.Instruction))
		if err != nil {
			return err
		}
		if i.Kind == custody.Disburse {
			loans = append(loans, i.Loan)
		}
		if handle, err := entryHandle(tx, item.BankReference); err == nil {
			entries = append(entries, wire.BankEntryKey(handle))
		}
	}
	if err := tx.Prefetch(tx.Collection, entries...); err != nil {
		return err
	}
	return records.PrefetchHolds(tx, loans)
}

func (c settlement) apply(tx *ledger.Tx, item wire.Settle) error {
	day, err := records.Today(tx)
	if err != nil {
		return err
	}
	i, err := records.Instruction(tx, item.Instruction)
	if err != nil {
		return err
	}
	if i.Kind == custody.Hold {
		// A hold is settled by its loan's disbursement, or given back: by itself it pays nobody.
		return fault.In(fault.WrongStatus, "instruction")
	}
	command := custody.Settle{
		AmountMinor: item.AmountMinor, BankReference: item.BankReference, ValueDate: item.ValueDate,
		On: day.Date, Actor: tx.Actor,
	}
	if command.Earliest, err = c.earliest(tx, i, day.Date); err != nil {
		return err
	}
	if err := records.StepInstruction(tx, i, item.Instruction, command); err != nil {
		return err
	}
	if err := bookOnce(tx, i, item.BankReference); err != nil {
		return err
	}
	return c.follow(tx, i, item, day.Date)
}

// earliest is the oldest value date that the regime of a disbursement's loan allows. Nothing else is
// bounded: it is the bank's fact.
func (c settlement) earliest(tx *ledger.Tx, i custody.Instruction, on calendar.Date) (calendar.Date, error) {
	if i.Kind != custody.Disburse {
		return 0, nil
	}
	s, err := records.Loan(tx, i.Loan)
	if err != nil {
		return 0, err
	}
	rules, err := c.rulebook.Rules(tx, s.Regime)
	return on.AddDays(-rules.BackdatingDays), err
}

// bookOnce refuses a bank entry that has settled another instruction. A collection's is a receipt, which
// its loan remembers; a release crosses no bank account.
func bookOnce(tx *ledger.Tx, i custody.Instruction, bankReference string) error {
	if i.Kind == custody.Collect || i.Kind == custody.Release {
		return nil
	}
	return markEntry(tx, bankReference, wire.BankEntry{Instruction: i.Handle})
}

// markEntry marks an entry of the bank as booked by what the mark names, or refuses one that is marked.
func markEntry(tx *ledger.Tx, bankReference string, mark wire.BankEntry) error {
	handle, err := entryHandle(tx, bankReference)
	if err != nil {
		return err
	}
	key := wire.BankEntryKey(handle)
	_, booked, err := ledger.Get[wire.BankEntry](tx, tx.Collection, key)
	switch {
	case err != nil:
		return err
	case booked:
		return fault.In(fault.DuplicateBankReference, "bank_reference")
	}
	mark.Version, mark.Salt = wire.Version, tx.Salt(tx.Collection, key)
	return ledger.Put(tx, tx.Collection, key, mark)
}

func entryHandle(tx *ledger.Tx, bankReference string) (string, error) {
	return records.Derive(tx, "entry", bankReference)
}

// follow is what a settled instruction leads to. Nothing is asked here: the money has moved. A freeze binds
// the custodian when it accepts; a payout that the bank made before it is booked all the same, or it would
// be refused, owed again and paid twice.
func (c settlement) follow(tx *ledger.Tx, i custody.Instruction, item wire.Settle, on calendar.Date) error {
	switch i.Kind {
	case custody.Disburse:
		return activate(tx, i, item.ValueDate, on)
	case custody.Collect:
		return c.collect(tx, i, item, on)
	case custody.Release:
		return giveBack(tx, i, on)
	}
	return nil
}

// activate settles every hold of the loan into its clearing, from which the disbursement has left, and
// lets interest run from its value date.
func activate(tx *ledger.Tx, i custody.Instruction, value, on calendar.Date) error {
	s, err := records.Loan(tx, i.Loan)
	if err != nil {
		return err
	}
	terms, err := records.Terms(tx, i.Loan)
	if err != nil {
		return err
	}
	err = records.EachHold(tx, s, func(hold custody.Instruction) error {
		return records.StepInstruction(tx, hold, hold.Handle, custody.Settle{
			AmountMinor: hold.AmountMinor, ValueDate: value, On: on, Actor: tx.Actor,
		})
	})
	if err != nil {
		return err
	}
	_, err = records.StepLoan(tx, s, loan.Activate{Terms: terms, ValueDate: value}, on)
	return err
}

// collect books what the bank collected as a receipt of the loan. What it did not collect counts no
// longer against the borrower's authority.
func (c settlement) collect(tx *ledger.Tx, i custody.Instruction, item wire.Settle, on calendar.Date) error {
	s, err := records.Loan(tx, i.Loan)
	if err != nil {
		return err
	}
	err = c.rulebook.BookReceipt(tx, s, distribution.Receipt{
		BankReference: item.BankReference, AmountMinor: item.AmountMinor, ValueDate: item.ValueDate,
	}, on)
	if err != nil || item.AmountMinor == i.AmountMinor {
		return err
	}
	return records.RestoreMandate(tx, i, i.AmountMinor-item.AmountMinor, on)
}

// giveBack makes held cash available again.
func giveBack(tx *ledger.Tx, i custody.Instruction, on calendar.Date) error {
	if err := releasable(tx, i.Hold, i.Party, i.AmountMinor); err != nil {
		return err
	}
	hold, err := records.Instruction(tx, i.Hold)
	if err != nil {
		return err
	}
	return records.StepInstruction(tx, hold, hold.Handle, custody.Cancel{On: on, Actor: tx.Actor})
}
