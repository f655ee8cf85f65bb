package main

import (
	"fmt"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// conclude writes off the worst loan, verifies every anchored agreement, and counts.
func (s *stage) conclude(all []*book, before books.Summary) (*result, error) {
	if err := s.follower.catchUp(s.ctx); err != nil {
		return nil, err
	}
	if err := s.writeOffWorst(all); err != nil {
		return nil, fmt.Errorf("write off the worst loan: %w", err)
	}
	if err := s.scene.CloseDay(s.ctx); err != nil {
		return nil, err
	}
	if err := s.follower.catchUp(s.ctx); err != nil {
		return nil, err
	}
	r := newResult(all, before, s.follower.summary())
	progress := s.chapter("Evidence verified", len(all))
	defer progress.finish()
	for _, b := range all {
		verified, err := s.follower.verify(b)
		if err != nil {
			return nil, err
		}
		r.EvidenceEntries += len(b.anchored)
		r.EvidenceVerified += verified
		progress.step()
	}
	if err := s.disclose(all, r); err != nil {
		return nil, err
	}
	return r, s.describeNetwork(r)
}

// writeOffWorst finds the loan that is overdue longest, the larger one among equals, and writes it off
// if the regime allows it by now.
func (s *stage) writeOffWorst(all []*book) error {
	var worst *agreed
	var of *book
	most := -1
	for _, b := range all {
		states, err := s.portfolio(b)
		if err != nil {
			return err
		}
		for _, l := range b.open() {
			state := states[l.Terms.ID]
			if state.Status != loan.Active {
				continue
			}
			days, err := repayment.OverdueDays(state, s.scene.Today)
			if err != nil {
				return err
			}
			if days > most || days == most && l.principal > worst.principal {
				worst, of, most = l, b, days
			}
		}
	}
	if most < scenario.Sandbox().Rules.WriteOffDays {
		return nil
	}
	item := []wire.EndLoan{{Loan: worst.Terms.ID, Reason: "uncollectable"}}
	_, err := scenario.SendAll(s.ctx, of.platform.Supervisor, scenario.Batch[wire.EndLoan]{
		Function: "Loan:WriteOff", Collection: of.collection, Items: item, Size: 1, Lanes: 1,
	})
	return err
}

// describeNetwork asks the network itself what it is: how it orders, and how many members' peers answer
// with the same chain.
func (s *stage) describeNetwork(r *result) error {
	ordering, err := s.scene.Cast.Regulator.Peer.Ordering(s.ctx)
	if err != nil {
		return err
	}
	r.Consensus, r.Consenters = ordering.Consensus, len(ordering.Consenters)
	for _, m := range s.scene.Cast.Members {
		chain, err := m.Peer.Chain(s.ctx)
		if err != nil {
			return fmt.Errorf("ask %s's peer: %w", m.Profile.Member, err)
		}
		r.Peers++
		r.Blocks = max(r.Blocks, chain.Height)
	}
	return nil
}
