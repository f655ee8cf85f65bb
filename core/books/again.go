package books

import (
	"fmt"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/wire"
)

// decideAgain lets the same rules decide a loan's event anew, on what the ledger held when it happened.
func (a *Auditor) decideAgain(w Write, before loan.State, e loan.Event) ([]loan.Event, error) {
	actor, err := a.writer(e.By)
	if err != nil {
		return nil, err
	}
	if supervised(e.Kind) {
		if err := permitted(actor.Require(party.Supervisor), actor); err != nil {
			return nil, err
		}
	}
	switch {
	case e.Kind == loan.ActReceive && e.Received != nil:
		return a.receiveAgain(before, e, actor)
	case e.Kind == loan.ActReverse && e.Reversed != nil:
		return distribution.Reverse(before, e.Reversed.Original, actor, e.On)
	}
	command, err := a.loanCommand(w, before, e, actor)
	if err != nil {
		return nil, err
	}
	return loan.Decide(before, command, actor, e.On)
}

// supervised reports whether a step is a supervisor's to take.
func supervised(action loan.Action) bool {
	return action == loan.ActWriteOff || action == loan.ActFreeze || action == loan.ActRelease
}

func (a *Auditor) receiveAgain(before loan.State, e loan.Event, actor party.Actor) ([]loan.Event, error) {
	pack, err := a.pack(before.Regime)
	if err != nil {
		return nil, err
	}
	receipt := distribution.Receipt{
		BankReference: e.Received.BankReference, AmountMinor: e.Received.AmountMinor,
		ValueDate: e.Received.ValueDate, From: e.Received.From,
	}
	order := repayment.Order{Components: pack.Rules.Allocation, Horizontal: pack.Rules.Horizontal}
	return distribution.Decide(before, receipt, order, actor, e.On)
}

// loanCommand is the command that an event answers.
func (a *Auditor) loanCommand(w Write, before loan.State, e loan.Event, actor party.Actor) (loan.Command, error) {
	switch {
	case e.Kind == loan.ActPropose:
		return a.proposal(w, e, actor)
	case e.Kind == loan.ActClear && e.Clearance != nil:
		return loan.Clear{Clearance: *e.Clearance}, a.granted(before, e)
	case e.Kind == loan.ActFund:
		return a.fund(w, before, e, actor)
	case e.Kind == loan.ActHold || e.Kind == loan.ActDisburse || e.Kind == loan.ActActivate || e.Kind == loan.ActReturn:
		return a.bornCommand(w, before, e)
	case e.Kind == loan.ActNet && e.Netted != nil:
		return loan.Net{Run: e.Netted.Run}, a.handedOver(w, before, *e.Netted)
	case e.Kind == loan.ActWriteOff:
		return a.writeOff(before, e)
	}
	return plainCommand(e)
}

// bornCommand is the command that an instruction's step led to.
func (a *Auditor) bornCommand(w Write, before loan.State, e loan.Event) (loan.Command, error) {
	handle := before.Disbursement
	if e.Instruction != "" {
		handle = e.Instruction
	}
	i, err := a.bornOut(w.Collection, e.Kind, before.ID, handle)
	if err != nil {
		return nil, err
	}
	if e.Kind == loan.ActHold {
		return loan.Hold{Instruction: handle, AmountMinor: i.AmountMinor}, nil
	}
	if i.AmountMinor != before.PrincipalMinor || i.Party != before.Borrower {
		return nil, fmt.Errorf("instruction %s does not pay the loan out to its borrower", handle)
	}
	switch e.Kind {
	case loan.ActDisburse:
		return loan.Disburse{Instruction: handle, Borrower: a.partyOf(w.Collection, before.Borrower), On: e.On}, nil
	case loan.ActReturn:
		return loan.Return{Reason: returned(i)}, nil
	}
	return loan.Activate{Terms: a.terms[w.Collection+"/"+wire.TermsKey(tail(w.Key))], ValueDate: i.ValueDate}, nil
}

// plainCommand is a command that carries no more than its event does.
func plainCommand(e loan.Event) (loan.Command, error) {
	switch {
	case e.Kind == loan.ActDecline:
		return loan.Decline{Reason: e.Reason}, nil
	case e.Kind == loan.ActWithdraw:
		return loan.Withdraw{Reason: e.Reason}, nil
	case e.Kind == loan.ActCancel:
		return loan.Cancel{Reason: e.Reason}, nil
	case e.Kind == loan.ActExpire:
		return loan.Expire{On: e.On}, nil
	case e.Kind == loan.ActFreeze:
		return loan.Freeze{Order: e.Order}, nil
	case e.Kind == loan.ActRelease:
		return loan.Release{Order: e.Order}, nil
	}
	return nil, fmt.Errorf("%q is no event of a loan, or lacks what it is about", e.Kind)
}

// proposal gathers what the ledger held under the names in the terms.
func (a *Auditor) proposal(w Write, e loan.Event, actor party.Actor) (loan.Command, error) {
	terms := a.terms[w.Collection+"/"+wire.TermsKey(tail(w.Key))]
	pack, err := a.pack(terms.Regime)
	if err != nil {
		return nil, err
	}
	if _, written := a.projects[w.Collection+"/"+wire.ProjectKey(terms.Project)]; !written {
		return nil, fmt.Errorf("the project is not marked as financed")
	}
	return loan.Propose{
		Terms: terms, Pack: pack, Borrower: a.partyOf(w.Collection, terms.Borrower), Actor: actor,
		On: e.On, PlatformFrozen: a.freezes[terms.Platform].InForce(),
	}, nil
}

// granted holds a clearance against its original, as far as the auditor may see that: only custodians and
// the regulator do.
func (a *Auditor) granted(before loan.State, e loan.Event) error {
	pack, err := a.pack(before.Regime)
	if err != nil {
		return err
	}
	if e.Clearance.ExpiresOn != e.On.AddDays(pack.Rules.ClearanceDays) {
		return fmt.Errorf("the clearance stands for another time than the regime's")
	}
	original, seen := a.clearances[e.Clearance.Handle]
	if !seen {
		return nil
	}
	raw, err := wire.Encode(original)
	if err != nil {
		return fmt.Errorf("write the clearance anew: %w", err)
	}
	if wire.Digest(raw) != e.Clearance.Digest || original.Loan != before.ID || original.Handle != e.Clearance.Handle ||
		original.PrincipalMinor != before.PrincipalMinor || original.ExpiresOn != e.Clearance.ExpiresOn {
		return fmt.Errorf("the clearance is not the one that was granted")
	}
	return nil
}

// fund gathers what the ledger held about the lenders, and wants each to have been asked for its hold.
func (a *Auditor) fund(w Write, before loan.State, e loan.Event, actor party.Actor) (loan.Command, error) {
	at := w.Collection + "/"
	funding := a.fundings[at+wire.FundingKey(tail(w.Key))]
	pack, err := a.pack(before.Regime)
	switch {
	case err != nil:
		return nil, err
	case funding.Loan != before.ID || before.Clearance == nil:
		return nil, fmt.Errorf("the record does not fit the funding")
	}
	command := loan.Fund{
		Terms: a.terms[at+wire.TermsKey(tail(w.Key))], Pack: pack, Borrower: a.partyOf(w.Collection, before.Borrower),
		BorrowerSignature: funding.BorrowerSignature, PublishedClearance: before.Clearance.Digest, Actor: actor, On: e.On,
		PlatformFrozen: a.freezes[before.Platform].InForce(),
	}
	for _, allocation := range funding.Allocations {
		hold := custody.Instruction{
			Kind: custody.Hold, Status: custody.Instructed, Loan: before.ID, AmountMinor: allocation.PrincipalMinor,
			Party: allocation.Lender, Mandate: allocation.Mandate, ExpiresOn: e.ExpiresOn,
		}
		if err := a.backed(w, allocation.Hold, hold); err != nil {
			return nil, err
		}
		command.Lenders = append(command.Lenders, loan.Lender{
			Allocation: allocation, Party: a.partyOf(w.Collection, allocation.Lender),
			Mandate: a.mandates[at+wire.MandateKey(allocation.Mandate)],
		})
	}
	return command, nil
}

func (a *Auditor) writeOff(before loan.State, e loan.Event) (loan.Command, error) {
	if before.Plan == nil {
		return nil, fmt.Errorf("the loan was never paid out")
	}
	pack, err := a.pack(before.Regime)
	if err != nil {
		return nil, err
	}
	days, err := repayment.OverdueDays(before, e.On)
	return loan.WriteOff{Reason: e.Reason, OverdueDays: days, AfterDays: pack.Rules.WriteOffDays}, err
}

// handedOver wants the run to have an instruction for everybody whom it owes: one a run, kind and payee.
func (a *Auditor) handedOver(w Write, s loan.State, n loan.Netted) error {
	var missing error
	want := func(kind custody.Kind, holder string, amount money.Minor) {
		handle := wire.DerivedHandle(a.secrets[w.Collection].Secret, n.Run, string(kind), holder)
		i := a.instructions[w.Collection+"/"+wire.InstructionKey(handle)]
		if amount != 0 && (i.Kind != kind || i.Party != holder) {
			missing = fmt.Errorf("run %s has no %s for %s", n.Run, kind, holder)
		}
	}
	lenders := a.fundings[w.Collection+"/"+wire.FundingKey(tail(w.Key))].Lenders()
	if len(n.Credits) != len(lenders) || s.Plan == nil || len(n.FeesMinor) != len(s.Plan.Charges) {
		return fmt.Errorf("the run nets for others than the loan owes")
	}
	for i, credit := range n.Credits {
		want(custody.PayOut, lenders[i], credit)
	}
	for i, fee := range n.FeesMinor {
		want(custody.Fee, s.FeePayee(i), fee)
	}
	want(custody.Refund, s.Borrower, n.RefundMinor)
	return missing
}

// backed wants an instruction to stand as a step of its loan says it does. Fields that want leaves out are
// not looked at.
func (a *Auditor) backed(w Write, handle string, want custody.Instruction) error {
	i := a.instructions[w.Collection+"/"+wire.InstructionKey(handle)]
	ok := i.Kind == want.Kind && i.Status == want.Status && i.Loan == want.Loan && i.AmountMinor == want.AmountMinor &&
		(want.Party == "" || i.Party == want.Party && i.Mandate == want.Mandate && i.ExpiresOn == want.ExpiresOn) &&
		(want.ValueDate.IsZero() || i.ValueDate == want.ValueDate)
	if !ok {
		return fmt.Errorf("no instruction %q bears the loan's step out", handle)
	}
	return nil
}
