package books

import (
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// loan folds a loan's record: each event is decided again, posted, and held against the loan's own sums.
func (a *Auditor) loan(w Write) error {
	platform, custodian, err := a.pair(w.Collection)
	if err != nil {
		return err
	}
	s, err := fold(a, a.loans, w.Collection+"/"+w.Key, w, loan.State{},
		func(before loan.State, e loan.Event) (loan.State, error) { return a.loanStep(w, before, e) })
	if err != nil {
		return err
	}
	channel, home, handle, ok := wire.SplitLoanID(s.ID)
	if a.channel == "" {
		a.channel = channel
	}
	switch {
	case !ok || handle != tail(w.Key) || home != platform || channel != a.channel:
		return fmt.Errorf("the key is that of another loan than %s", s.ID)
	case s.Platform != platform || s.Custodian != custodian:
		return fmt.Errorf("the loan is of %s and %s, whose collection this is not", s.Platform, s.Custodian)
	}
	return a.freed(w, s)
}

func (a *Auditor) loanStep(w Write, before loan.State, e loan.Event) (loan.State, error) {
	if err := a.datedOn(w.Collection, e); err != nil {
		return before, err
	}
	decided, refusal := a.decideAgain(w, before, e)
	e, err := agreed(string(e.Kind), decided, refusal, e)
	if err != nil {
		return before, err
	}
	after := loan.Apply(before, e)
	funding := a.fundings[w.Collection+"/"+wire.FundingKey(tail(w.Key))]
	if err := a.post(before.Entry(e, funding.Lenders())); err != nil {
		return after, err
	}
	a.oweLenders(before, funding, -1)
	a.oweLenders(after, funding, 1)
	if err := a.bookReceipts(w.Collection, after.ID, e); err != nil {
		return after, err
	}
	a.summary.loan(before, after, e)
	return after, sums(after)
}

// datedOn holds an event's date against the business day, which must be open for whatever moves money.
func (a *Auditor) datedOn(collection string, e loan.Event) error {
	var err error
	switch e.Kind {
	case loan.ActHold, loan.ActActivate, loan.ActReceive, loan.ActReverse:
		_, err = a.openToday(collection, e.On)
	default:
		_, err = a.today(collection, e.On)
	}
	return err
}

// loanOf is a loan by its id; one without a status where there is none.
func (a *Auditor) loanOf(collection, id string) loan.State {
	_, _, handle, _ := wire.SplitLoanID(id)
	return a.loans[collection+"/"+wire.LoanKey(handle)]
}

// bookReceipts books the bank entry of a receipt, and frees that of one that was reversed: a receipt that was
// reversed by mistake is booked again under its true reference.
func (a *Auditor) bookReceipts(collection, id string, e loan.Event) error {
	switch {
	case e.Kind == loan.ActReceive:
		return a.receive(collection, id, *e.Received)
	case e.Kind == loan.ActReverse && e.Reversed.Original.From == "":
		a.unbook(collection, id, e.Reversed.Original.BankReference)
	}
	return nil
}

// receive books a receipt's bank entry, and holds one that was collected or placed against where it came
// from. One that was placed was booked under the payer's account when it was suspended.
func (a *Auditor) receive(collection, id string, r loan.Received) error {
	at := slices.IndexFunc(a.receipts, func(x expected) bool {
		return x.collection == collection && x.loan == id && x.BankReference == r.BankReference && x.Handle == r.From
	})
	switch {
	case at < 0 && r.From != "":
		return fmt.Errorf("nothing was placed from suspense %s", r.From)
	case at >= 0 && (a.receipts[at].AmountMinor != r.AmountMinor || a.receipts[at].ValueDate != r.ValueDate):
		return fmt.Errorf("the receipt is not what was collected or placed")
	case at >= 0:
		a.receipts = slices.Delete(slices.Clone(a.receipts), at, at+1)
	}
	if r.From != "" {
		return nil
	}
	return a.book(collection, id, r.BankReference, "loan "+id)
}

// freed wants no lender's cash to stay promised to a loan that ended unpaid.
func (a *Auditor) freed(w Write, s loan.State) error {
	if !s.Status.EndedUnpaid() {
		return nil
	}
	for _, allocation := range a.fundings[w.Collection+"/"+wire.FundingKey(tail(w.Key))].Allocations {
		hold := a.instructions[w.Collection+"/"+wire.InstructionKey(allocation.Hold)]
		if hold.Status == custody.Instructed || hold.Status == custody.Accepted {
			return fmt.Errorf("the loan ended and hold %s did not", hold.Handle)
		}
	}
	return nil
}

func (a *Auditor) keepTerms(w Write) error {
	terms, err := once(a.terms, w.Collection+"/"+w.Key, w)
	if err != nil {
		return err
	}
	return versioned(terms.Version)
}

func (a *Auditor) keepFunding(w Write) error {
	funding, err := once(a.fundings, w.Collection+"/"+w.Key, w)
	switch {
	case err != nil:
		return err
	case !wire.IsDigest(funding.Salt):
		return fmt.Errorf("the salt is not 256 bits")
	}
	return versioned(funding.Version)
}

// project refuses a project that another loan finances. One that ended unpaid has financed nothing.
func (a *Auditor) project(w Write) error {
	project, err := read[wire.Project](w.Value)
	if err != nil {
		return err
	}
	before, named := a.projects[w.Collection+"/"+w.Key]
	if named && !a.loanOf(w.Collection, before.Loan).Status.EndedUnpaid() {
		return fmt.Errorf("the project is financed by loan %s", before.Loan)
	}
	_, _, handle, _ := wire.SplitLoanID(project.Loan)
	terms := a.terms[w.Collection+"/"+wire.TermsKey(handle)]
	if terms.Project != tail(w.Key) || terms.ID != project.Loan {
		return fmt.Errorf("the project is not that of loan %s", project.Loan)
	}
	if !wire.IsDigest(project.Salt) {
		return fmt.Errorf("the salt is not 256 bits")
	}
	a.projects[w.Collection+"/"+w.Key] = project
	return versioned(project.Version)
}

func (a *Auditor) clearance(w Write) error {
	switch actor, err := a.sender(); {
	case err != nil:
		return err
	case actor.Kind != party.Regulator:
		return fmt.Errorf("%s is no regulator, and granted a clearance", actor.Member)
	}
	c, err := once(a.clearances, tail(w.Key), w)
	if err != nil {
		return err
	}
	return versioned(c.Version)
}

// oweLenders counts what a loan's record owes to lenders, borrower and members, and what they owe back.
func (a *Auditor) oweLenders(s loan.State, funding loan.Funding, sign money.Minor) {
	if s.Plan == nil {
		return
	}
	for i, lender := range funding.Lenders() {
		a.owe(journal.Payable(lender), sign*s.Payable(i))
		a.owe(journal.Receivable(lender), -sign*s.Receivable[i])
	}
	for i := range s.Paid.FeesMinor {
		a.owe(journal.Fee(s.FeePayee(i)), sign*(s.Paid.FeesMinor[i]-s.FeesNetted[i]))
	}
	a.owe(journal.Payable(s.Borrower), sign*(s.Paid.RefundMinor-s.RefundNetted))
	a.owe(journal.Receivable(s.Borrower), -sign*s.RefundReceivable)
}

// sums holds a loan's own figures against each other.
func sums(s loan.State) error {
	if s.Plan == nil {
		return nil
	}
	var principal, interest money.Minor
	for i := range s.WeightsMinor {
		principal += s.PrincipalCredits[i]
		interest += s.InterestCredits[i]
		if s.PrincipalCredits[i] > s.WeightsMinor[i] {
			return fmt.Errorf("lender %d was credited more principal than it lent", i+1)
		}
	}
	switch {
	case principal != s.Paid.PrincipalMinor:
		return fmt.Errorf("principal credited is not principal paid")
	case interest != s.Paid.InterestMinor+s.Paid.PenaltyMinor:
		return fmt.Errorf("interest credited is not interest and penalty paid")
	case s.Outstanding() < 0:
		return fmt.Errorf("more principal was paid than was lent")
	}
	return nil
}
