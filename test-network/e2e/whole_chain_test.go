package e2e_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Figures that no clock, counter or certificate brings forth by chance.
const (
	telltaleDeposit money.Minor = 913_572_468_135
	telltaleReceipt money.Minor = 583_920_174_465
)

// Pseudonyms, names of private keys, amounts, request ids, salts, bank references, orders and reasons:
// all of them pass through a deposit, a loan, a refusal, a freeze and a receipt that nobody can place,
// and none of them stands in any block or any log, in any encoding. It comes last of the tests, and
// looks for what the others planted as well.
func TestNothingPrivateStandsInAnyBlockOrLog(t *testing.T) {
	c, s := openScene(t)
	lender := s.Lender(500_000)
	plantCustomer(lender)
	deposit := wire.Instruct{Handle: contracttest.NewHandle(), Kind: custody.Deposit, Party: lender.Handle, AmountMinor: telltaleDeposit}
	plantRequest(s, s.Ordering(deposit))
	s.Do(s.Accepting(deposit.Handle))
	reference := "bank-" + contracttest.NewHandle()
	plantRequest(s, s.SettlingAs(wire.Settle{
		Instruction: deposit.Handle, AmountMinor: deposit.AmountMinor, BankReference: reference, ValueDate: s.Today(),
	}))

	l := s.Active(500_000, lender)
	plantCustomer(l.Borrower)
	plantLoan(l)
	order := "order-" + contracttest.NewHandle()
	plantRequest(s, contracttest.Call{
		Member: authority, Role: party.Supervisor, Function: "Loan:Freeze",
		Request: contracttest.Private(contracttest.Pair, wire.OrderLoan{Loan: l.ID(), Order: order}),
	})
	s.ToRow(l, 1)
	paid := s.Receipt(l.ID(), 1_000)
	plantRequest(s, s.Posting(paid))
	astray := s.Receipt("account-"+contracttest.NewHandle(), telltaleReceipt)
	plantRequest(s, s.Posting(astray))
	reason := "reason-" + contracttest.NewHandle()
	refused := s.Refusing(deposit.Handle) // settled long since
	refused.Request = contracttest.Private(contracttest.Pair, wire.Refuse{Instruction: deposit.Handle, Reason: reason})
	if result := (peers{c}).Submit(t, refused); result.Fault == nil {
		t.Error("a settled deposit was refused")
	}

	secrets.add("the deposit", deposit.Handle, wire.InstructionKey(deposit.Handle), reference)
	secrets.add("the amounts", fmt.Sprint(int64(telltaleDeposit)), fmt.Sprint(int64(telltaleReceipt)))
	secrets.add("the receipts", paid.BankReference, astray.BankReference, astray.Account,
		contracttest.SuspenseOf(astray), wire.SuspenseKey(contracttest.SuspenseOf(astray)))
	secrets.add("orders and reasons", order, reason)
	c.checkBooks(t)
	secrets.search(t, c)
	isThereToBeFound(t, c)
}

func plantCustomer(of contracttest.Customer) {
	secrets.add("a customer", of.Handle, wire.PartyKey(of.Handle), wire.AccountKey(of.Handle), of.Pseudonym,
		wire.LinkKey(of.Handle), wire.ExposureKey(of.Pseudonym), of.Signer.Key.Public)
	if of.Mandate != "" {
		secrets.add("a mandate", of.Mandate, wire.MandateKey(of.Mandate))
	}
}

func plantLoan(l *contracttest.Loan) {
	h := l.Handle()
	secrets.add("a loan", h, l.ID(), wire.LoanKey(h), wire.TermsKey(h), wire.FundingKey(h), l.Terms.Project, l.Terms.Salt,
		l.Terms.AgreementDigest, l.Clearance, wire.ClearanceKey(l.Clearance), l.Disbursement, l.Allocations[0].Hold)
}

// plantRequest submits a private command, whose request id and salt are secrets as well.
func plantRequest(s *contracttest.Scene, call contracttest.Call) {
	s.T.Helper()
	s.Do(call)
	var sent wire.Request[json.RawMessage]
	if err := json.Unmarshal(call.Encoded(s.T), &sent); err != nil {
		s.T.Fatal(err)
	}
	secrets.add("a request", sent.ID, sent.Salt, wire.RequestKey(sent.ID))
}

// isThereToBeFound makes sure that the search would see: what is public by its nature is found in the
// same files.
func isThereToBeFound(t *testing.T, c *consortium) {
	t.Helper()
	public := register{planted: map[string]string{}}
	public.add("what everybody may know", contracttest.Pair, "Repayment:Post")
	for _, member := range c.members() {
		seen := 0
		for _, path := range filesIn(t, c.folder("members", member, "peer", "data", "ledgersData", "chains", "chains")) {
			seen += len(find(readFile(t, path), public.needles()))
		}
		if seen == 0 {
			t.Errorf("the search sees nothing in the blocks of %s", member)
		}
	}
}
