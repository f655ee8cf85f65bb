package e2e_test

import (
	"testing"
	"time"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// A platform whose peer is dead stops nothing that its customers are owed: receipts are posted, netted
// and paid out without it, by clients that find out for themselves whom to ask instead. When the peer
// is back it has everything, private values included.
func TestCustomersAreServedWhileTheirPlatformIsDead(t *testing.T) {
	c, s := openScene(t)
	lender := s.Lender(500_000)
	l := s.Active(500_000, lender)
	_, row := s.ToRow(l, 1)
	died := c.heights(t)[harbor]
	c.kill(t, harbor+"-peer")

	received := s.Receipt(l.ID(), contracttest.Due(row))
	c.unaided(t, "Repayment:Post", s.Posting(received))
	run := contracttest.NewHandle()
	c.unaided(t, "Custody:Net", s.Netting(run, l))
	payout := contracttest.Payout(run, custody.PayOut, lender.Handle)
	amount := s.Instruction(payout).AmountMinor
	c.unaided(t, "Custody:Accept", s.Accepting(payout))
	c.unaided(t, "Custody:Settle", s.Settling(payout, amount))
	s.Stands(payout, custody.Settled)
	if fee := row.FeesMinor[0]; amount+fee != received.AmountMinor {
		t.Errorf("of %d the lender was paid %d and the platform is owed %d", received.AmountMinor, amount, fee)
	}

	begun := time.Now()
	c.start(t, harbor+"-peer")
	t.Logf("it was up again after %.1fs", time.Since(begun).Seconds())
	c.checkBooks(t)
	c.hasCaughtUp(t, harbor, died)
	t.Logf("it had caught up after %.1fs", time.Since(begun).Seconds())
	view := contracttest.Call{Role: party.Operator, Function: "Loan:Read", Request: contracttest.PrivateRead(contracttest.Pair, l.ID())}
	seen := map[string]string{}
	for _, view.Member = range []string{harbor, meridian} {
		seen[view.Member] = string(peers{c}.Evaluate(t, view).Answer)
	}
	if seen[harbor] != seen[meridian] || seen[harbor] == "" {
		t.Errorf("after the outage harbor sees %s, meridian sees %s", seen[harbor], seen[meridian])
	}
}

// unaided submits a call as the member's own programs would, without naming who is to endorse it.
func (c *consortium) unaided(t *testing.T, function string, call contracttest.Call) {
	t.Helper()
	begun := time.Now()
	result, err := c.client(t, call.Member, string(call.Role)).Submit(within(t, patience), function, call.Request)
	if err != nil {
		t.Fatal(err)
	}
	c.settled(t, result.BlockNumber)
	t.Logf("%s took %.1fs", function, time.Since(begun).Seconds())
}

// hasCaughtUp waits until a member's peer has all blocks since one, and every private value in them
// that the member should have: those that it missed it fetches from the others by and by.
func (c *consortium) hasCaughtUp(t *testing.T, member string, since uint64) {
	t.Helper()
	ctx := within(t, patience)
	client := c.client(t, member, "machine")
	for {
		tip := c.heights(t)[member] - 1
		missing := 0
		for block, err := range client.BlocksWithPrivateData(ctx, since, tip) {
			if err != nil {
				t.Fatal(err)
			}
			missing += len(block.Missing())
		}
		if missing == 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s still lacks %d private values of the blocks from %d to %d", member, missing, since, tip)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// One consenter of four may fail, the one that leads included: the others elect another.
func TestBusinessGoesOnWhenAConsenterDies(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.ToRow(l, 1)
	c.levelConsenters(t)                               // of four, one may fail: let it not be a second one
	for _, member := range []string{harbor, lantern} { // the first to lead, and the one that follows it
		t.Run(member, func(t *testing.T) {
			node := member + "-consenter"
			c.kill(t, node)
			begun := time.Now()
			s.Pays(l, 1_000)
			t.Logf("the first receipt without %s took %.1fs", node, time.Since(begun).Seconds())
			s.Pays(l, 1_000)
			c.start(t, node)
			c.levelConsenters(t)
		})
	}
	s.Is(l, loan.Active)
}

// A member's chaincode process is dead: what needs that member's endorsement is not written, what does
// not is, and the process that takes its place answers.
func TestBusinessGoesOnWhenAPlatformsChaincodeDies(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.ToRow(l, 1)
	c.kill(t, harbor+"-chaincode")
	state := c.auditor.digest()
	proposal := s.Proposing(s.NewLoan(l.Borrower, 100_000))
	_, err := c.client(t, harbor, "machine").Submit(within(t, patience), proposal.Function, proposal.Request,
		ledger.EndorsedBy(c.mspIDs([]string{meridian, harbor})...), ledger.Attempts(1))
	if err == nil || c.auditor.digest() != state {
		t.Errorf("without harbor's chaincode a loan that it should endorse was proposed: %v", err)
	}
	c.unaided(t, "Repayment:Post", s.Posting(s.Receipt(l.ID(), 1_000)))
	c.start(t, harbor+"-chaincode")
	s.Do(proposal)
	if paid := s.State(l).Paid.Total(); paid != money.Minor(1_000) {
		t.Errorf("%d was paid, want 1000", paid)
	}
}
