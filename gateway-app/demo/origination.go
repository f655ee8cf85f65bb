package main

import (
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

// agreed is one loan with what the platform knows about it.
type agreed struct {
	application
	scenario.Deal
	position  int
	decision  decided
	document  []byte
	refused   *fault.Fault // by the contract, when it was proposed
	unmatched bool         // no lenders' money was found for it
}

// book is one platform's loans and lenders.
type book struct {
	platform   scenario.Actor
	collection string
	lenders    []*scenario.Person
	loans      []*agreed
	anchored   []evidence.Entry
	misled     map[string]string // bank reference of a receipt with a wrong account → the loan it was for
	matched    money.Minor       // of the story's own loans
	placed     money.Minor       // by the run, which matches whatever waits on the platform
	bound      money.Minor       // the most that any run could have placed
}

// open lists the loans that go on: approved, and neither refused nor without lenders.
func (b *book) open() []*agreed {
	var list []*agreed
	for _, l := range b.loans {
		if l.decision.approved() && l.refused == nil && !l.unmatched {
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
		{"Applications decided", s.decide},
		{"Mandates and deposits", s.bringLenders},
		{"Loans proposed", s.propose},
		{"Exposure cleared", s.clear},
		{"Agreements anchored", s.anchor},
		{"Matched and funded", s.match},
		{"Holds accepted", s.acceptHolds},
		{"Loans disbursed", s.disburse},
	}
}

// originate takes applications all the way to money in the borrower's account.
func (s *stage) originate(applications []application) ([]*book, error) {
	books := make([]*book, len(s.scene.Cast.Platforms))
	for i, platform := range s.scene.Cast.Platforms {
		books[i] = &book{platform: platform, collection: s.scene.Cast.Pair(platform), misled: map[string]string{}}
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

// deals are the loans that go on: those that were not refused.
func (b *book) deals() []*scenario.Deal {
	var list []*scenario.Deal
	for _, l := range b.open() {
		list = append(list, &l.Deal)
	}
	return list
}

// bringPeople makes a lender for every eight loans, at least twelve, and a borrower for each loan.
func (s *stage) bringPeople(b *book) error {
	lenders, err := s.scene.NewPeople(b.platform, max(12, len(b.loans)/8))
	if err != nil {
		return err
	}
	borrowers, err := s.scene.NewPeople(b.platform, len(b.loans))
	if err != nil {
		return err
	}
	for i, l := range b.loans {
		l.Borrower = borrowers[i]
	}
	b.lenders = lenders
	if err := s.scene.Attest(s.ctx, b.platform, append(borrowers, lenders...)); err != nil {
		return err
	}
	return s.scene.Link(s.ctx, b.platform, borrowers)
}

// bringMandates has lenders bring a quarter more cash than the loans need, and everybody sign.
func (s *stage) bringMandates(b *book) error {
	var wanted money.Minor
	var borrowers []*scenario.Person
	for _, l := range b.open() {
		wanted += l.principal
		borrowers = append(borrowers, l.Borrower)
	}
	each := wanted*5/4/money.Minor(len(b.lenders)) + 1_000_000
	for _, lender := range b.lenders {
		lender.Cash = each
	}
	if err := s.scene.Authorise(s.ctx, b.platform, b.lenders, scenario.InvestTerms); err != nil {
		return err
	}
	if err := s.scene.Authorise(s.ctx, b.platform, borrowers, scenario.DebitTerms); err != nil {
		return err
	}
	return s.scene.Deposit(s.ctx, b.platform, b.lenders)
}

// propose writes each agreement and puts its terms on the ledger. Refusals are part of the story.
func (s *stage) propose(b *book) error {
	proposed := b.open()
	for _, l := range proposed {
		l.Terms = s.scene.Identify(b.platform, l.Borrower, l.business())
		l.Terms.Project = l.decision.Application // by which the platform finds what it decided
		l.document = agreement(l)
		l.Terms.AgreementDigest = wire.Digest(l.document)
	}
	refused, err := s.scene.Propose(s.ctx, b.platform, b.deals())
	if err != nil {
		return err
	}
	for i, refusal := range refused {
		proposed[i].refused = refusal
	}
	return nil
}

// business makes equal instalments, and equal principal for every fourth loan, with the platform's charge
// of three per cent of the interest and the custodian's of one yuan a month. The grade is the decision's.
func (l *agreed) business() loan.Terms {
	method := schedule.EqualInstalment
	if l.position%4 == 3 {
		method = schedule.EqualPrincipal
	}
	return loan.Terms{
		PrincipalMinor: l.principal, RatePPM: l.ratePPM, PenaltyRatePPM: min(l.ratePPM/2, scenario.Sandbox().Rules.PenaltyCapPPM),
		Grade: l.decision.Terms.Grade, Instalments: l.instalments, Method: method, DayCount: "30/360", MonthEnd: "clamp",
		Charges: []schedule.Charge{
			{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 30_000},
			{Payee: schedule.PayeeCustodian, Basis: schedule.BasisFlat, FlatMinor: 100},
		},
	}
}

// agreement is the document that borrower and lenders agree on, in words.
func agreement(l *agreed) []byte {
	t := l.Terms
	return fmt.Appendf(nil, "LOAN AGREEMENT 借款合同\n\nNumber: %s\nBorrower: %s\nPrincipal: CNY %s\nInterest: %d parts per million a year\n"+
		"Repaid in %d monthly instalments (%s) to the account that bears the agreement's number at %s.\n",
		t.ID, t.Borrower, money.CNY.Format(t.PrincipalMinor), t.RatePPM, t.Instalments, t.Method, t.Custodian)
}

// clear waits for the regulator's app, which reserves each borrower's exposure by itself.
func (s *stage) clear(b *book) error { return s.awaitClearance(b) }

// anchor puts the digest of each agreement into the platform's evidence log.
func (s *stage) anchor(b *book) error {
	b.anchored = nil
	for _, l := range b.open() {
		b.anchored = append(b.anchored, evidence.Entry{Digest: wire.Digest(l.document), Phase: evidence.PhaseAgreement, MediaType: "text/plain"})
	}
	_, err := scenario.SendAll(s.ctx, b.platform.Machine, scenario.Batch[evidence.Entry]{
		Function: "Evidence:Append", Items: b.anchored, Size: 500, Lanes: 1,
	})
	return err
}

func (s *stage) acceptHolds(b *book) error { return s.scene.AcceptHolds(s.ctx, b.platform, b.deals()) }

func (s *stage) disburse(b *book) error { return s.scene.Disburse(s.ctx, b.platform, b.deals()) }

// receives reports whether the borrower still has something to pay.
func receives(s loan.State) bool { return s.Status == loan.Active }
