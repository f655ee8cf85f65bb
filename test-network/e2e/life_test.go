package e2e_test

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Two lenders lend 12,000 yuan for three months at 12 % a year. Every fen that the borrower pays
// reaches the lenders or the platform's fee, and every member sees what is its own and nothing else.
func TestALoanFromAttestationToTheLastPayout(t *testing.T) {
	c, s := openScene(t)
	lenders := s.Lenders(2, 700_000)
	l := s.NewLoan(s.Borrower(), 1_200_000)
	l.Terms.Instalments = 3

	s.Do(s.Proposing(l))
	s.Is(l, loan.Proposed)
	anchorAgreement(t, s, l)
	s.Do(s.Clearing(l))
	s.Is(l, loan.Cleared)
	s.Do(s.Funding(l.Share(lenders...)))
	s.Is(l, loan.Collecting)
	s.Do(s.Accepting(l.Holds()...))
	s.Is(l, loan.Funded)
	s.Has(lenders[0], 100_000, 600_000)
	s.Do(s.Disbursing(l))
	s.Is(l, loan.Disbursing)
	s.PayLoanOut(l)
	s.Is(l, loan.Active)
	s.Has(lenders[0], 100_000, 0)

	var collected, fees money.Minor
	received := make([]money.Minor, len(lenders))
	for month := 1; month <= l.Terms.Instalments; month++ {
		_, row := s.ToRow(l, month)
		if month == 1 && row.InterestMinor != 12_000 {
			t.Fatalf("a month's interest on 12,000 yuan at 12 %% a year is %d fen, want 120 yuan", row.InterestMinor)
		}
		paid := s.Receipt(l.ID(), contracttest.Due(row))
		paid.ValueDate = row.Due // a weekend's transfer, which the bank books on Monday
		s.Do(s.Posting(paid))
		collected += paid.AmountMinor
		run := contracttest.NewHandle()
		s.Do(s.Netting(run, l))
		for i, lender := range lenders {
			received[i] += s.PayOut(run, custody.PayOut, lender.Handle)
		}
		fees += s.PayOut(run, custody.Fee, harbor)
	}
	s.Is(l, loan.Repaid)
	if received[0]+received[1]+fees != collected {
		t.Errorf("%d came in, %d + %d went to lenders and %d to the platform", collected, received[0], received[1], fees)
	}
	if received[0] <= 600_000 || received[0] != received[1] {
		t.Errorf("lenders of equal parts received %d and %d, want equal amounts above their principal", received[0], received[1])
	}
	seenByItsOwn(t, c, s, l)
}

// anchorAgreement has the platform put the agreement's digest into its evidence log, and finds it there.
func anchorAgreement(t *testing.T, s *contracttest.Scene, l *contracttest.Loan) {
	t.Helper()
	entry := evidence.Entry{Digest: l.Terms.AgreementDigest, Phase: evidence.PhaseAgreement, MediaType: "application/pdf"}
	s.Do(contracttest.Call{
		Member: harbor, Role: party.Machine, Function: "Evidence:Append", Request: contracttest.Public(entry),
	})
	var places [][]wire.Anchored
	s.Read(contracttest.Call{
		Member: lantern, Role: party.Operator, Function: "Evidence:Find", Request: contracttest.PublicRead(entry.Digest),
	}, &places)
	if len(places) != 1 || len(places[0]) != 1 || places[0][0].Member != harbor || places[0][0].Entry.Digest != entry.Digest {
		t.Errorf("the agreement is anchored at %+v", places)
	}
}

// seenByItsOwn reads the loan through every member's own peer: three see the same, the other platform
// is refused.
func seenByItsOwn(t *testing.T, c *consortium, s *contracttest.Scene, l *contracttest.Loan) {
	t.Helper()
	read := func(member string, role party.Role) contracttest.Result {
		return peers{c}.Evaluate(t, contracttest.Call{
			Member: member, Role: role, Function: "Loan:Read", Request: contracttest.PrivateRead(contracttest.Pair, l.ID()),
		})
	}
	seen := read(harbor, party.Operator)
	if !strings.Contains(string(seen.Answer), l.ID()) {
		t.Errorf("harbor sees %s, %v", seen.Answer, seen.Fault)
	}
	for member, role := range map[string]party.Role{meridian: party.Operator, authority: party.Auditor} {
		if got := read(member, role); string(got.Answer) != string(seen.Answer) {
			t.Errorf("%s sees %s, %v; harbor sees %s", member, got.Answer, got.Fault, seen.Answer)
		}
	}
	s.RefusedRead(contracttest.Call{
		Member: lantern, Role: party.Operator, Function: "Loan:Read", Request: contracttest.PrivateRead(contracttest.Pair, l.ID()),
	}, fault.In(fault.WrongMember, "collection"))
}
