package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// openDayAfter opens the business day on which the next instalments of every loan are due, the last of
// them on the day itself.
func (f *field) openDayAfter(ctx context.Context, months int) error {
	if err := f.scene.CloseDay(ctx); err != nil {
		return err
	}
	return f.scene.OpenDay(ctx, f.start.AddMonths(f.books[0].paid+months))
}

// repay has every loan pay its next instalments, each as the bank's entry of its due date. Each lane has
// loans of its own and one request under way, and posts a loan's second instalment when the first is
// committed; the phase ends when the last request of all lanes is.
func (f *field) repay(ctx context.Context, o options, months int) (phase, error) {
	p := newPhase()
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range f.books {
		for from := 0; from < len(b.deals); from += o.batch {
			group.Go(func() error { return f.lane(ctx, b, from, from+o.batch, months, p) })
		}
	}
	err := group.Wait()
	p = p.end()
	for _, b := range f.books {
		b.paid += months
	}
	return p, err
}

func (f *field) lane(ctx context.Context, b *book, from, to, months int, p phase) error {
	for month := b.paid; month < b.paid+months; month++ {
		batch := scenario.Batch[wire.Receipt]{Function: "Repayment:Post", Collection: b.collection}
		for i := from; i < to; i++ {
			receipt, err := f.receipt(b.deals[i], b.dues[i][month])
			if err != nil {
				return err
			}
			batch.Items = append(batch.Items, receipt)
		}
		began := time.Now()
		result, err := f.scene.Cast.Custodian.Peer.Submit(ctx, batch.Function, batch.Request())
		if err != nil {
			return err
		}
		if result.Answer.Applied != len(batch.Items) {
			return fmt.Errorf("post %d receipts: %d were applied: %w", len(batch.Items), result.Answer.Applied, result.Answer.Refused[0])
		}
		p.add(result.Answer.Applied, time.Since(began))
	}
	return nil
}

func (f *field) receipt(d *scenario.Deal, due schedule.Row) (wire.Receipt, error) {
	total, err := due.TotalMinor()
	if err != nil {
		return wire.Receipt{}, fmt.Errorf("add up instalment %d of %s: %w", due.Number, d.Terms.ID, err)
	}
	return wire.Receipt{
		Account: d.Terms.ID, BankReference: f.scene.BankReference("R"), AmountMinor: total, ValueDate: due.Due,
	}, nil
}

// verify reads every loan back: as many receipts as were posted, every fen of them allocated as the
// schedule says, and all of the principal and the interest credited to the ten lenders.
func (f *field) verify(ctx context.Context) (verified int, err error) {
	for _, b := range f.books {
		for from := 0; from < len(b.deals); from += 200 {
			n, err := f.verifySome(ctx, b, from, min(from+200, len(b.deals)))
			if err != nil {
				return 0, fmt.Errorf("verify %s: %w", b.collection, err)
			}
			verified += n
		}
	}
	return verified, nil
}

func (f *field) verifySome(ctx context.Context, b *book, from, to int) (verified int, err error) {
	read := wire.Read{Version: wire.Version, Collection: b.collection}
	for _, d := range b.deals[from:to] {
		read.Items = append(read.Items, d.Terms.ID)
	}
	raw, err := f.scene.Cast.Custodian.Peer.Evaluate(ctx, "Loan:Read", read)
	if err != nil {
		return 0, err
	}
	var views []wire.LoanView
	if err := json.Unmarshal(raw, &views); err != nil {
		return 0, fmt.Errorf("decode the loans: %w", err)
	}
	for i, v := range views {
		if err := b.check(from+i, v.Record.State); err != nil {
			return 0, fmt.Errorf("loan %s: %w", v.Record.State.ID, err)
		}
		verified += len(v.Record.State.Receipts)
	}
	return verified, nil
}

func (b *book) check(at int, s loan.State) error {
	var principal, interest, credited money.Minor
	for _, due := range b.dues[at][:b.paid] {
		principal += due.PrincipalMinor
		interest += due.InterestMinor
	}
	for i := range s.WeightsMinor {
		credited += s.PrincipalCredits[i] + s.InterestCredits[i]
	}
	switch {
	case s.ID != b.deals[at].Terms.ID || len(s.WeightsMinor) != lendersEach || len(s.Receipts) != b.paid:
		return fmt.Errorf("%d lenders and %d receipts, where %d receipts were posted", len(s.WeightsMinor), len(s.Receipts), b.paid)
	case s.Paid.PrincipalMinor != principal || s.Paid.InterestMinor != interest || s.Paid.RefundMinor != 0 || s.Paid.PenaltyMinor != 0:
		return fmt.Errorf("allocated %+v, where principal %d and interest %d were paid", s.Paid, principal, interest)
	case credited != principal+interest:
		return fmt.Errorf("lenders are credited %d of %d", credited, principal+interest)
	}
	return nil
}
