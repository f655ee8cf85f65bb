package main

import (
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// Habits of borrowers that the data says nothing about, so that the months show more than the even
// payer: every so many of them do something once.
const (
	lateEvery    = 13 // misses the fourth month and pays for it, penalty included, in the fifth
	earlyEvery   = 9  // pays the whole loan off in some month from the sixth on
	overEvery    = 17 // pays two instalments in the third month, the second in advance, and a hundred yuan too much
	misledEvery  = 53 // of receipts: carries a wrong account number, goes to suspense and is placed the month after
	refusedMonth = 2  // in which the bank refuses one payout a platform, which the next run pays
	badFrom      = 3  // the first month in which a loan that went bad may stop being paid
)

// live plays the months after disbursement.
func (s *stage) live(books []*book, months int) error {
	s.months = months
	start := s.scene.Today
	progress := s.chapter("Months lived", months)
	defer progress.finish()
	for month := 1; month <= months; month++ {
		if err := s.scene.CloseDay(s.ctx); err != nil {
			return err
		}
		due := start.AddMonths(month)
		if err := s.scene.OpenDay(s.ctx, max(due, s.scene.Today.AddDays(1))); err != nil {
			return err
		}
		if err := s.side(books, func(b *book) error { return s.month(b, month, due) }); err != nil {
			return fmt.Errorf("month %d: %w", month, err)
		}
		progress.step()
	}
	return nil
}

// month is one platform's business day: what was suspended is placed, receipts are posted, entitlements
// are netted and paid out, and the regulator lowers the exposures.
func (s *stage) month(b *book, month int, due calendar.Date) error {
	if err := s.follower.catchUp(s.ctx); err != nil {
		return err
	}
	if err := s.place(b); err != nil {
		return err
	}
	receipts, err := s.receipts(b, month, due)
	if err != nil {
		return err
	}
	posted, err := scenario.SendAll(s.ctx, s.scene.Cast.Custodian.Machine, scenario.Batch[wire.Receipt]{
		Function: "Repayment:Post", Collection: b.collection, Items: receipts, Size: 200, Lanes: 3,
	})
	if err != nil {
		return err
	}
	if err := s.follower.reach(s.ctx, posted); err != nil {
		return err
	}
	if err := s.net(b); err != nil {
		return err
	}
	// Payouts touch instructions and accounts, exposures the loans' records: they do not meet.
	var group errgroup.Group
	group.Go(func() error { return s.payOut(b, month) })
	group.Go(func() error { return s.relieve(b) })
	return group.Wait()
}

// place moves what was suspended to the loan it was meant for, which the payer has since told the bank.
func (s *stage) place(b *book) error {
	var items []wire.Place
	for _, suspended := range s.follower.suspended(b.collection) {
		if id, ok := b.misled[suspended.BankReference]; ok {
			items = append(items, wire.Place{Suspense: suspended.Handle, Loan: id})
		}
	}
	block, err := scenario.SendAll(s.ctx, s.scene.Cast.Custodian.Machine, scenario.Batch[wire.Place]{
		Function: "Custody:Place", Collection: b.collection, Items: items, Size: 100, Lanes: 1,
	})
	if err != nil {
		return err
	}
	return s.follower.reach(s.ctx, block)
}

// receipts is what the bank receives on a due date, from the borrowers who pay.
func (s *stage) receipts(b *book, month int, due calendar.Date) ([]wire.Receipt, error) {
	var list []wire.Receipt
	for _, l := range b.open() {
		state := s.follower.loan(b.collection, l.Terms.ID)
		if !receives(state) || month > l.instalments || !l.pays(month) {
			continue
		}
		position, err := repayment.At(state, s.scene.Today, due)
		if err != nil {
			return nil, err
		}
		amount := l.amount(position, month)
		if amount <= 0 {
			continue
		}
		r := wire.Receipt{Account: l.Terms.ID, BankReference: s.scene.BankReference("R"), AmountMinor: amount, ValueDate: due}
		if (l.position*7+month)%misledEvery == 0 && month < s.months {
			r.Account = wire.LoanID(b.platform.Profile.Channel, b.platform.Profile.Member, scenario.Handle())
			b.misled[r.BankReference] = l.Terms.ID
		}
		list = append(list, r)
	}
	return list, nil
}

// pays reports whether a borrower pays in a month: a loan that went bad stops part-way.
func (l *agreed) pays(month int) bool {
	if l.bad {
		return month < badFrom+l.position%9
	}
	return l.position%lateEvery != 4 || month != 4
}

// amount is what the borrower pays, given what it owes.
func (l *agreed) amount(p repayment.Position, month int) money.Minor {
	due := p.PastDue.Total() + p.Due.Total()
	switch {
	case l.position%earlyEvery == 5 && month >= 6+l.position%20:
		return p.Total()
	case l.position%overEvery == 2 && month == 3:
		return 2*due + 10_000
	}
	return due
}

// net has the custodian's run take the entitlements of every loan, and what came back from refused
// payouts, in one lane: loans share lenders.
func (s *stage) net(b *book) error {
	run := scenario.Handle()
	var items []wire.Net
	for _, l := range b.open() {
		if owes(s.follower.loan(b.collection, l.Terms.ID)) {
			items = append(items, wire.Net{Run: run, Loan: l.Terms.ID})
		}
	}
	for _, party := range b.bounced {
		items = append(items, wire.Net{Run: run, Party: party})
	}
	b.bounced = nil
	block, err := scenario.SendAll(s.ctx, s.scene.Cast.Custodian.Machine, scenario.Batch[wire.Net]{
		Function: "Custody:Net", Collection: b.collection, Items: items, Size: 150, Lanes: 1,
	})
	if err != nil {
		return err
	}
	return s.follower.reach(s.ctx, block)
}

// payOut has the bank carry out the run's payouts, fees and refunds. Once it refuses one. A payout that
// may not be made at present stays open; one that an interrupted run has left accepted is settled.
func (s *stage) payOut(b *book, month int) error {
	todo, err := s.acceptPayouts(b)
	if err != nil {
		return err
	}
	var settles []wire.Settle
	var refuses []wire.Refuse
	for _, instruction := range todo {
		if month == refusedMonth && len(refuses) == 0 && instruction.Kind == custody.PayOut {
			refuses = append(refuses, wire.Refuse{Instruction: instruction.Handle, Reason: "account_closed"})
			b.bounced = append(b.bounced, instruction.Party)
			continue
		}
		settles = append(settles, wire.Settle{
			Instruction: instruction.Handle, AmountMinor: instruction.AmountMinor,
			BankReference: s.scene.BankReference("P"), ValueDate: s.scene.Today,
		})
	}
	custodian := s.scene.Cast.Custodian.Machine
	if _, err := scenario.SendAll(s.ctx, custodian, scenario.Batch[wire.Refuse]{
		Function: "Custody:Refuse", Collection: b.collection, Items: refuses, Size: 100, Lanes: 1,
	}); err != nil {
		return err
	}
	_, err = scenario.SendAll(s.ctx, custodian, scenario.Batch[wire.Settle]{
		Function: "Custody:Settle", Collection: b.collection, Items: settles, Size: 200, Lanes: 2,
	})
	return err
}

// acceptPayouts has the bank accept what is to be paid, and answers what it has accepted.
func (s *stage) acceptPayouts(b *book) ([]custody.Instruction, error) {
	var accepted, asked []custody.Instruction
	var accepts []wire.InstructionRef
	for _, instruction := range s.follower.payouts(b.collection) {
		if instruction.Status == custody.Accepted {
			accepted = append(accepted, instruction)
			continue
		}
		asked = append(asked, instruction)
		accepts = append(accepts, wire.InstructionRef{Instruction: instruction.Handle})
	}
	out, err := scenario.Send(s.ctx, s.scene.Cast.Custodian.Machine, scenario.Batch[wire.InstructionRef]{
		Function: "Custody:Accept", Collection: b.collection, Items: accepts, Size: 300, Lanes: 2,
	})
	if err != nil {
		return nil, err
	}
	for i, instruction := range asked {
		if _, refused := out.Refused[i]; !refused {
			accepted = append(accepted, instruction)
		}
	}
	return accepted, nil
}

// relieve has the regulator lower the exposure of loans that were repaid since the last time.
func (s *stage) relieve(b *book) error {
	var items []wire.LoanRef
	for _, l := range b.open() {
		state := s.follower.loan(b.collection, l.Terms.ID)
		if repaid := state.Paid.PrincipalMinor; repaid > l.relieved {
			l.relieved = repaid
			items = append(items, wire.LoanRef{Loan: l.Terms.ID})
		}
	}
	_, err := scenario.SendAll(s.ctx, s.scene.Cast.Regulator.Machine, scenario.Batch[wire.LoanRef]{
		Function: "Loan:Relieve", Collection: b.collection, Items: items, Size: 150, Lanes: 2,
	})
	return err
}
