package main

import (
	"encoding/base64"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

// agreed is one loan with what the platform knows about it.
type agreed struct {
	application
	position int
	borrower *person
	terms    loan.Terms
	document []byte
	refused  *fault.Fault
	lenders  []loan.Allocation
	relieved money.Minor // principal that the exposure was lowered by
}

// book is one platform's loans and lenders.
type book struct {
	platform   actor
	collection string
	lenders    []*person
	loans      []*agreed
	anchored   []evidence.Entry
	misled     map[string]string // bank reference of a receipt with a wrong account → the loan it was for
	bounced    []string          // parties whose payout the bank refused
}

// open lists the loans that were not refused.
func (b *book) open() []*agreed {
	var list []*agreed
	for _, l := range b.loans {
		if l.refused == nil {
			list = append(list, l)
		}
	}
	return list
}

// steps of each platform's origination, in order. Platforms go through them side by side: they share
// no key but the regulator's exposures, which the pseudonyms keep apart.
func (s *stage) originationSteps() []struct {
	title string
	run   func(*book) error
} {
	return []struct {
		title string
		run   func(*book) error
	}{
		{"Parties attested", s.bringPeople},
		{"Mandates and deposits", s.bringMandates},
		{"Loans proposed", s.propose},
		{"Exposure cleared", s.clear},
		{"Agreements anchored", s.anchor},
		{"Loans funded", s.fund},
		{"Holds accepted", s.acceptHolds},
		{"Loans disbursed", s.disburse},
	}
}

// originate takes applications all the way to money in the borrower's account.
func (s *stage) originate(applications []application) ([]*book, error) {
	books := make([]*book, len(s.cast.platforms))
	for i, platform := range s.cast.platforms {
		books[i] = &book{platform: platform, collection: s.cast.pair(platform), misled: map[string]string{}}
	}
	for i, a := range applications {
		b := books[i%len(books)]
		b.loans = append(b.loans, &agreed{application: a, position: len(b.loans)})
	}
	for _, step := range s.originationSteps() {
		progress := s.chapter(step.title, len(books))
		err := s.side(books, func(b *book) error {
			defer progress.step()
			return step.run(b)
		})
		progress.finish()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.title, err)
		}
	}
	return books, nil
}

// side runs one step for every platform at once.
func (s *stage) side(books []*book, run func(*book) error) error {
	group, _ := errgroup.WithContext(s.ctx)
	for _, b := range books {
		group.Go(func() error { return run(b) })
	}
	return group.Wait()
}

// bringPeople makes a lender for every four loans, at least twelve, and a borrower for each loan.
func (s *stage) bringPeople(b *book) error {
	lenders, err := s.newPeople(b.platform, max(12, len(b.loans)/4))
	if err != nil {
		return err
	}
	borrowers, err := s.newPeople(b.platform, len(b.loans))
	if err != nil {
		return err
	}
	for i, l := range b.loans {
		l.borrower = borrowers[i]
	}
	b.lenders = lenders
	if err := s.attest(b.platform, append(borrowers, lenders...)); err != nil {
		return err
	}
	return s.link(b.platform, borrowers)
}

// bringMandates has lenders bring a quarter more cash than the loans need, and everybody sign.
func (s *stage) bringMandates(b *book) error {
	var wanted money.Minor
	for _, l := range b.loans {
		wanted += l.principal
	}
	borrowers := make([]*person, len(b.loans))
	for i, l := range b.loans {
		borrowers[i] = l.borrower
	}
	each := wanted*5/4/money.Minor(len(b.lenders)) + 1_000_000
	for _, lender := range b.lenders {
		lender.cash = each
	}
	if err := s.mandates(b.platform, b.lenders, investTerms); err != nil {
		return err
	}
	if err := s.mandates(b.platform, borrowers, debitTerms); err != nil {
		return err
	}
	return s.deposit(b.platform, b.lenders)
}

// propose writes each agreement and puts its terms on the ledger. Refusals are part of the story.
func (s *stage) propose(b *book) error {
	items := make([]wire.ProposeLoan, len(b.loans))
	for i, l := range b.loans {
		l.terms = s.termsOf(b, l)
		l.document = agreement(l)
		l.terms.AgreementDigest = wire.Digest(l.document)
		items[i] = wire.ProposeLoan{Terms: l.terms}
	}
	out, err := send(s.ctx, b.platform.machine, batch[wire.ProposeLoan]{"Loan:Propose", b.collection, items, 50, 2})
	if err != nil {
		return err
	}
	for i, refusal := range out.refused {
		b.loans[i].refused = refusal
	}
	return nil
}

// termsOf makes equal instalments, and equal principal for every fourth loan, with the platform's charge
// of three per cent of the interest and the custodian's of one yuan a month.
func (s *stage) termsOf(b *book, l *agreed) loan.Terms {
	method := schedule.EqualInstalment
	if l.position%4 == 3 {
		method = schedule.EqualPrincipal
	}
	p := b.platform.profile
	return loan.Terms{
		Version: wire.Version, ID: wire.LoanID(p.Channel, p.Member, handle()), Platform: p.Member,
		Custodian: s.cast.custodian.profile.Member, Borrower: l.borrower.handle, Project: handle(),
		Regime: sandboxRegime().ID, Currency: money.CNY, PrincipalMinor: l.principal, RatePPM: l.ratePPM,
		PenaltyRatePPM: min(l.ratePPM/2, sandboxRegime().Rules.PenaltyCapPPM), Instalments: l.instalments, Method: method,
		DayCount: "30/360", MonthEnd: "clamp", Salt: salt(),
		Charges: []schedule.Charge{
			{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 30_000},
			{Payee: schedule.PayeeCustodian, Basis: schedule.BasisFlat, FlatMinor: 100},
		},
	}
}

// agreement is the document that borrower and lenders agree on, in words.
func agreement(l *agreed) []byte {
	t := l.terms
	return fmt.Appendf(nil, "LOAN AGREEMENT 借款合同\n\nNumber: %s\nBorrower: %s\nPrincipal: CNY %s\nInterest: %d parts per million a year\n"+
		"Repaid in %d monthly instalments (%s) to the account that bears the agreement's number at %s.\n",
		t.ID, t.Borrower, money.CNY.Format(t.PrincipalMinor), t.RatePPM, t.Instalments, t.Method, t.Custodian)
}

// clear has the regulator reserve each borrower's exposure.
func (s *stage) clear(b *book) error {
	var items []wire.ClearLoan
	for _, l := range b.open() {
		items = append(items, wire.ClearLoan{Loan: l.terms.ID, Handle: handle(), Salt: salt()})
	}
	_, err := sendAll(s.ctx, s.cast.regulator.machine, batch[wire.ClearLoan]{"Loan:Clear", b.collection, items, 100, 2})
	return err
}

// anchor puts the digest of each agreement into the platform's evidence log.
func (s *stage) anchor(b *book) error {
	b.anchored = nil
	for _, l := range b.open() {
		b.anchored = append(b.anchored, evidence.Entry{Digest: wire.Digest(l.document), Phase: evidence.PhaseAgreement, MediaType: "text/plain"})
	}
	_, err := sendAll(s.ctx, b.platform.machine, batch[evidence.Entry]{"Evidence:Append", "", b.anchored, 500, 1})
	return err
}

// fund allocates each loan to lenders and brings the borrower's signature.
func (s *stage) fund(b *book) error {
	market := market{lenders: b.lenders}
	var items []wire.FundLoan
	for _, l := range b.open() {
		l.lenders = market.allocate(l.principal, 3+l.position%6)
		signature, err := l.borrower.key.Sign(loan.CommitmentStatement(l.terms.ID, l.terms.Borrower, l.terms.Commitment()))
		if err != nil {
			return err
		}
		items = append(items, wire.FundLoan{
			Loan: l.terms.ID, Allocations: l.lenders,
			BorrowerSignature: base64.StdEncoding.EncodeToString(signature), Salt: salt(),
		})
	}
	_, err := sendAll(s.ctx, b.platform.machine, batch[wire.FundLoan]{"Loan:Fund", b.collection, items, 50, 2})
	return err
}

// acceptHolds has the custodian hold every lender's cash, in one lane: lenders share accounts.
func (s *stage) acceptHolds(b *book) error {
	var items []wire.InstructionRef
	for _, l := range b.open() {
		for _, a := range l.lenders {
			items = append(items, wire.InstructionRef{Instruction: a.Hold})
		}
	}
	_, err := sendAll(s.ctx, s.cast.custodian.machine, batch[wire.InstructionRef]{"Custody:Accept", b.collection, items, 300, 1})
	return err
}

// disburse instructs, accepts and settles the payment of each loan to its borrower.
func (s *stage) disburse(b *book) error {
	var instructions []wire.DisburseLoan
	var accepts []wire.InstructionRef
	var settles []wire.Settle
	for _, l := range b.open() {
		h := handle()
		instructions = append(instructions, wire.DisburseLoan{Loan: l.terms.ID, Instruction: h})
		accepts = append(accepts, wire.InstructionRef{Instruction: h})
		settles = append(settles, wire.Settle{
			Instruction: h, AmountMinor: l.principal, BankReference: s.bankReference("L"), ValueDate: s.today,
		})
	}
	custodian := s.cast.custodian.machine
	if _, err := sendAll(s.ctx, b.platform.machine, batch[wire.DisburseLoan]{"Loan:Disburse", b.collection, instructions, 100, 2}); err != nil {
		return err
	}
	if _, err := sendAll(s.ctx, custodian, batch[wire.InstructionRef]{"Custody:Accept", b.collection, accepts, 200, 2}); err != nil {
		return err
	}
	_, err := sendAll(s.ctx, custodian, batch[wire.Settle]{"Custody:Settle", b.collection, settles, 50, 1})
	return err
}

// market hands loans out first come, first served.
type market struct {
	lenders []*person
	next    int
}

// allocate divides a principal among up to parts lenders, in turn, each in whole yuan but the last. It
// relies on the lenders having brought more than all loans need.
func (m *market) allocate(principal money.Minor, parts int) []loan.Allocation {
	var list []loan.Allocation
	left := principal
	for tried := 0; left > 0 && tried < 2*len(m.lenders); tried++ {
		lender := m.lenders[m.next%len(m.lenders)]
		m.next++
		part := (principal/money.Minor(parts) + 99) / 100 * 100
		part = min(part, left, lender.cash)
		if part <= 0 || taken(list, lender.handle) {
			continue
		}
		lender.cash -= part
		left -= part
		list = append(list, loan.Allocation{Lender: lender.handle, Mandate: lender.mandate, Hold: handle(), PrincipalMinor: part})
	}
	return list
}

func taken(list []loan.Allocation, lender string) bool {
	for _, a := range list {
		if a.Lender == lender {
			return true
		}
	}
	return false
}

// receives reports whether the borrower still has something to pay.
func receives(s loan.State) bool { return s.Status == loan.Active }

// owes reports whether a loan's record holds something that a payout run would take.
func owes(s loan.State) bool {
	if s.Plan == nil {
		return false
	}
	for i := range s.WeightsMinor {
		if s.Payable(i) > 0 {
			return true
		}
	}
	return s.Paid.RefundMinor > s.RefundNetted
}
