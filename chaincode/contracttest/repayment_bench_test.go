package contracttest

import (
	"errors"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/contracts"
	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// single is one ledger in memory, without its twin: for measuring.
type single struct {
	*fakeledger.Ledger
	cc shim.Chaincode
}

func (l single) Roots(_ testing.TB, member string) []string { return fakeRoots(member) }

func (l single) Approve(t testing.TB, member, identity, digest string) wire.Approval {
	t.Helper()
	return fakeApproval(t, member, identity, digest)
}

func (l single) Submit(t testing.TB, c Call) Result {
	t.Helper()
	tx, err := l.Ledger.Submit(l.cc, proposal(t, l.Ledger, Approved(t, l, c)))
	var invalid *fakeledger.CommitError
	switch {
	case errors.As(err, &invalid):
		return Result{Verdict: invalid.Verdict, TxID: invalid.TxID}
	case err != nil:
		return Result{Fault: mustBeRefusal(t, c, err)}
	}
	return Result{Answer: tx.Response.GetPayload(), TxID: tx.TxID}
}

func (l single) Evaluate(t testing.TB, c Call) Result {
	t.Helper()
	payload, err := l.Ledger.Evaluate(l.cc, proposal(t, l.Ledger, c))
	if err != nil {
		return Result{Fault: mustBeRefusal(t, c, err)}
	}
	return Result{Answer: payload}
}

// BenchmarkPost measures what one peer does for a transaction of 500 receipts, each for a loan of 36
// rows and ten lenders that has received twelve payments before: from the request to the write set.
// What a network adds is measured on a network.
func BenchmarkPost(b *testing.B) {
	const loans, lenders, paid = 500, 10, 12
	cc, err := contracts.New(wire.FoundersDigest(FakeFounders()))
	if err != nil {
		b.Fatal(err)
	}
	l := single{fakeledger.New(fakeConfig()), cc}
	s := sceneOn(b, l, Sandbox())
	portfolio := s.portfolio(loans, lenders)
	for range paid {
		s.Must(s.Posting(s.monthly(portfolio)...))
	}
	call := proposal(b, l.Ledger, s.Posting(s.monthly(portfolio)...))
	call.Endorsers = call.Endorsers[:1]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Endorse(cc, call); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(loans*float64(b.N)/b.Elapsed().Seconds(), "receipts/s")
}

// monthly is one receipt for each loan, under references of their own.
func (s *Scene) monthly(portfolio []*Loan) []wire.Receipt {
	s.T.Helper()
	receipts, today := make([]wire.Receipt, len(portfolio)), s.Today()
	for i, l := range portfolio {
		receipts[i] = wire.Receipt{
			Account: l.ID(), BankReference: "bank-" + NewHandle(), AmountMinor: 40_000, ValueDate: today,
		}
	}
	return receipts
}

// portfolio leads many loans to where they are paid out, in batches, and a month on.
func (s *Scene) portfolio(count, lenders int) []*Loan {
	s.T.Helper()
	lend := make([]Customer, lenders)
	for i := range lend {
		lend[i] = s.Customer(Harbor)
		lend[i].Mandate = s.InvestMandate(lend[i], money.Minor(count)*tenThousand)
		s.Deposit(lend[i], money.Minor(count)*tenThousand)
	}
	loans := make([]*Loan, count)
	s.bringBorrowers(loans)
	for chunk := range slices.Chunk(loans, 100) {
		s.payOutAll(chunk, lend)
	}
	s.AdvanceTo(s.Today().AddDays(32))
	return loans
}

func (s *Scene) bringBorrowers(loans []*Loan) {
	s.T.Helper()
	var words []wire.Attestation
	var links []wire.PartyLink
	for i := range loans {
		c := Customer{Handle: NewHandle(), Platform: Harbor, Signer: NewSigner(s.T, party.P256)}
		loans[i] = s.NewLoan(c, tenThousand)
		loans[i].Terms.Instalments = 36
		words = append(words, wire.Attestation{Identity: party.Identity{
			Handle: c.Handle, Platform: Harbor, Custodian: Meridian, Kind: party.Natural, KYCLevel: 2,
			Expires: s.Today().AddDays(3650), Key: c.Signer.Key,
		}})
		links = append(links, wire.PartyLink{Handle: c.Handle, Pseudonym: NewHandle()})
	}
	s.Must(s.asPlatform("Party:Attest", Private(Pair, words...)))
	for i := range words {
		words[i].AccountDigest = NewDigest()
	}
	s.Must(s.asBank("Party:Attest", Private(Pair, words...)))
	s.Must(s.asBank("Party:Link", Private(Pair, links...)))
}

func (s *Scene) payOutAll(loans []*Loan, lenders []Customer) {
	s.T.Helper()
	var proposals []wire.ProposeLoan
	var fundings []wire.FundLoan
	var holds, payouts []string
	var disbursals []wire.DisburseLoan
	var settled []wire.Settle
	for _, l := range loans {
		l.Share(lenders...)
		proposals = append(proposals, wire.ProposeLoan{Terms: l.Terms})
		request := s.Funding(l).Request.(wire.Request[wire.FundLoan])
		fundings = append(fundings, request.Items...)
		holds = append(holds, l.Holds()...)
		payouts = append(payouts, l.Disbursement)
		disbursals = append(disbursals, wire.DisburseLoan{Loan: l.ID(), Instruction: l.Disbursement})
		settled = append(settled, wire.Settle{
			Instruction: l.Disbursement, AmountMinor: tenThousand, BankReference: "bank-" + NewHandle(), ValueDate: s.Today(),
		})
	}
	s.Must(s.asPlatform("Loan:Propose", Private(Pair, proposals...)))
	s.Must(s.Clearing(loans...))
	s.Must(s.asPlatform("Loan:Fund", Private(Pair, fundings...)))
	for chunk := range slices.Chunk(holds, 500) {
		s.Must(s.Accepting(chunk...))
	}
	s.Must(s.asPlatform("Loan:Disburse", Private(Pair, disbursals...)))
	s.Must(s.Accepting(payouts...))
	s.Must(s.asBank("Custody:Settle", Private(Pair, settled...)))
}
