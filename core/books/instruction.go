package books

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// expected is a receipt that a collection or a placing owes to a loan before the transaction ends.
type expected struct {
	collection, loan string
	custody.Suspense // the bank's entry; its handle is empty for a collection
}

func (a *Auditor) instruction(w Write) error {
	platform, custodian, err := a.pair(w.Collection)
	if err != nil {
		return err
	}
	i, err := fold(a, a.instructions, w.Collection+"/"+w.Key, w, custody.Instruction{},
		func(before custody.Instruction, e custody.Event) (custody.Instruction, error) {
			return a.instructionStep(w.Collection, before, e)
		})
	switch {
	case err != nil:
		return err
	case i.Handle != tail(w.Key):
		return fmt.Errorf("the key is that of another instruction than %s", i.Handle)
	case i.Platform != platform || i.Custodian != custodian:
		return fmt.Errorf("the instruction is of %s and %s, whose collection this is not", i.Platform, i.Custodian)
	}
	return nil
}

func (a *Auditor) instructionStep(collection string, before custody.Instruction, e custody.Event) (custody.Instruction, error) {
	day, err := a.dayOf(collection, e)
	if err != nil {
		return before, err
	}
	command, err := a.commandOf(collection, day, before, e)
	if err != nil {
		return before, err
	}
	if err := a.permits(collection, before, e); err != nil {
		return before, err
	}
	decided, refusal := custody.Decide(before, command)
	if e, err = agreed(e.Kind, decided, refusal, e); err != nil {
		return before, err
	}
	after := custody.Apply(before, e)
	entry := before.Entry(e)
	if err := a.post(entry); err != nil {
		return after, err
	}
	a.expectMoves(collection, after, e, entry)
	a.expectSteps(collection, before, after, e)
	a.owePayout(before, -1)
	a.owePayout(after, 1)
	a.summary.instruction(after, e)
	return after, a.bookSettled(collection, after, e)
}

// dayOf is the business day of a step. Promises and bank movements need it to be open.
func (a *Auditor) dayOf(collection string, e custody.Event) (custody.Day, error) {
	switch e.Kind {
	case "accepted", "settled", "settled_in_part":
		return a.openToday(collection, e.On)
	}
	return a.today(collection, e.On)
}

// commandOf is the command that an event answers, by whoever sent the transaction.
func (a *Auditor) commandOf(collection string, day custody.Day, before custody.Instruction, e custody.Event) (custody.Command, error) {
	actor, err := a.sender()
	if err != nil {
		return nil, err
	}
	if err := permitted(actor.RequireWriter(), actor); err != nil {
		return nil, err
	}
	switch e.Kind {
	case "instructed":
		return a.instructed(e)
	case "added":
		_, err := a.custodian(collection)
		return custody.Add{AmountMinor: e.AmountMinor, On: e.On}, err
	case "accepted":
		return custody.Accept{On: e.On, Actor: actor}, nil
	case "settled", "settled_in_part":
		earliest, err := a.earliest(collection, day, before)
		return custody.Settle{
			AmountMinor: e.AmountMinor, BankReference: e.BankReference, ValueDate: e.ValueDate,
			Earliest: earliest, On: e.On, Actor: actor,
		}, err
	case "refused":
		return custody.Refuse{Reason: e.Reason, On: e.On, Actor: actor}, nil
	case "expired":
		return custody.Expire{On: e.On, Actor: actor}, nil
	case "cancelled":
		return custody.Cancel{On: e.On, Actor: actor}, nil
	}
	return nil, fmt.Errorf("%q is no event of an instruction", e.Kind)
}

func (a *Auditor) instructed(e custody.Event) (custody.Command, error) {
	if e.Instruction == nil {
		return nil, fmt.Errorf("nothing was instructed")
	}
	actor, err := a.writer(e.Instruction.By)
	if err != nil {
		return nil, err
	}
	if actor.Member != e.Instruction.Platform && actor.Member != e.Instruction.Custodian {
		return nil, fmt.Errorf("%s instructed what concerns it not", actor.Member)
	}
	return custody.Instruct{Instruction: *e.Instruction, Actor: actor}, nil
}

// earliest is the oldest value date that the regime of a disbursement's loan allows. Nothing else is bounded.
func (a *Auditor) earliest(collection string, day custody.Day, i custody.Instruction) (calendar.Date, error) {
	if i.Kind != custody.Disburse {
		return 0, nil
	}
	pack, err := a.pack(a.loanOf(collection, i.Loan).Regime)
	return day.Date.AddDays(-pack.Rules.BackdatingDays), err
}

// expectMoves remembers what a step of an instruction must do to its customer's account and to its loan.
func (a *Auditor) expectMoves(collection string, after custody.Instruction, e custody.Event, entry journal.Entry) {
	m := move{collection: collection, account: wire.AccountKey(after.Party), entry: entry, on: e.On}
	payout := after.Kind == custody.PayOut || after.Kind == custody.Refund
	switch {
	case m.touches(after.Party):
		a.moves = append(a.moves, m)
	case payout && e.Kind == "refused":
		m.returned = after.AmountMinor
		a.moves = append(a.moves, m)
	case after.Kind == custody.Collect && after.SettledMinor > 0:
		a.receipts = append(a.receipts, expected{collection, after.Loan, custody.Suspense{
			BankReference: e.BankReference, AmountMinor: e.AmountMinor, ValueDate: e.ValueDate,
		}})
	}
}

// ownEntries stands for the account under which the entries of settled instructions are booked: no payer
// names it.
const ownEntries = "\x00custodian"

// bookSettled books the bank entry that settled an instruction. Holds and releases cross no bank account,
// and a collection's entry is the loan's to book.
func (a *Auditor) bookSettled(collection string, after custody.Instruction, e custody.Event) error {
	switch after.Kind {
	case custody.Collect, custody.Hold, custody.Release:
		return nil
	}
	if e.BankReference == "" {
		return nil
	}
	return a.book(collection, ownEntries, e.BankReference, "instruction "+after.Handle)
}

// owePayout counts an open payout, refund or fee as still owed to its party.
func (a *Auditor) owePayout(i custody.Instruction, sign money.Minor) {
	if i.Status != custody.Instructed && i.Status != custody.Accepted {
		return
	}
	switch i.Kind {
	case custody.PayOut, custody.Refund:
		a.owe(journal.Payable(i.Party), sign*i.AmountMinor)
	case custody.Fee:
		a.owe(journal.Fee(i.Party), sign*i.AmountMinor)
	}
}

// secret keeps what the custodian derives handles from.
func (a *Auditor) secret(w Write) error {
	if _, custodian, err := a.pair(w.Collection); err != nil {
		return err
	} else if _, err := a.author(custodian); err != nil {
		return err
	}
	books, err := once(a.secrets, w.Collection, w)
	if err != nil {
		return err
	}
	return versioned(books.Version)
}

// entry holds the mark of a bank entry against the instruction that it settled or the receipt that it returned.
func (a *Auditor) entry(w Write) error {
	entry, err := once(a.entries, w.Collection+"/"+w.Key, w)
	if err != nil {
		return err
	}
	reference := a.instructions[w.Collection+"/"+wire.InstructionKey(entry.Instruction)].BankReference
	if entry.Suspense != "" {
		reference = a.suspended[w.Collection+"/"+wire.SuspenseKey(entry.Suspense)].ReturnedUnder
	}
	switch {
	case entry.Suspense != "" && entry.Instruction != "":
		return fmt.Errorf("the mark names both an instruction and a suspended receipt")
	case reference == "" || tail(w.Key) != wire.DerivedHandle(a.secrets[w.Collection].Secret, "entry", reference):
		return fmt.Errorf("the mark is not of the bank entry that settled instruction %q or returned receipt %q",
			entry.Instruction, entry.Suspense)
	}
	return versioned(entry.Version)
}
