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
	misledEvery  = 53 // of receipts: carries a wrong account number, goes to suspense and is placed later that day
	refusedMonth = 2  // in which the bank refuses one payout a platform, which the next run pays
	badFrom      = 3  // the first month in which a loan that went bad may stop being paid
)

// live plays the months after disbursement: a business day each, on which receipts are posted, entitlements are
// netted and paid out, and what was suspended is placed.
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
		if err := s.month(books, month, due); err != nil {
			return fmt.Errorf("month %d: %w", month, err)
		}
		progress.step()
	}
	return nil
}

// month is one business day. The custodian's app nets what both platforms' customers are owed in one run;
// the regulator's lowers the exposures by itself.
func (s *stage) month(books []*book, month int, due calendar.Date) error {
	if err := s.side(books, func(b *book) error { return s.collect(b, month, due) }); err != nil {
		return err
	}
	if err := s.runPayouts(); err != nil {
		return err
	}
	group, _ := errgroup.WithContext(s.ctx)
	group.Go(func() error { return s.side(books, s.place) })
	group.Go(func() error { return s.side(books, func(b *book) error { return s.payOut(b, month) }) })
	return group.Wait()
}

// collect posts what the bank received.
func (s *stage) collect(b *book, month int, due calendar.Date) error {
	receipts, err := s.receipts(b, month, due)
	if err != nil {
		return err
	}
	_, err = scenario.SendAll(s.ctx, s.scene.Cast.Custodian.Machine, scenario.Batch[wire.Receipt]{
		Function: "Repayment:Post", Collection: b.collection, Items: receipts, Size: 200, Lanes: 3,
	})
	return err
}

// place moves what was suspended to the loan it was meant for, which the payer has since told the bank. The
// next run nets what the lenders gain.
func (s *stage) place(b *book) error {
	suspense, err := s.suspended(b)
	if err != nil {
		return err
	}
	var items []wire.Place
	for _, suspended := range suspense {
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
	return b.platform.Machine.Reach(s.ctx, block)
}

// receipts is what the bank receives on a due date, from the borrowers who pay.
func (s *stage) receipts(b *book, month int, due calendar.Date) ([]wire.Receipt, error) {
	states, err := s.portfolio(b)
	if err != nil {
		return nil, err
	}
	var list []wire.Receipt
	for _, l := range b.open() {
		state := states[l.Terms.ID]
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

// payOut has the bank carry out the run's payouts, fees and refunds. Once it refuses one. A payout that
// may not be made at present stays open; one that an interrupted run has left accepted is settled.
func (s *stage) payOut(b *book, month int) error {
	todo, err := s.acceptPayouts(b, month)
	if err != nil {
		return err
	}
	var settles []wire.Settle
	var refuses []wire.Refuse
	for _, instruction := range todo {
		if month == refusedMonth && len(refuses) == 0 && instruction.Kind == custody.PayOut {
			refuses = append(refuses, wire.Refuse{Instruction: instruction.Handle, Reason: "account_closed"})
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

// acceptPayouts has the bank accept what is to be paid, and answers what it has accepted. What an interrupted
// run has left accepted is there in the first month.
func (s *stage) acceptPayouts(b *book, month int) ([]custody.Instruction, error) {
	var accepted, asked []custody.Instruction
	var accepts []wire.InstructionRef
	statuses := []custody.Status{custody.Instructed}
	if month == 1 {
		statuses = append(statuses, custody.Accepted)
	}
	open, err := s.instructions(b, statuses, custody.PayOut, custody.Fee, custody.Refund)
	if err != nil {
		return nil, err
	}
	for _, instruction := range open {
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
