package books

import (
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// consequence is a step of a loan or a mandate that an instruction's step leads to, in the same transaction.
// Neither happens without the other.
type consequence struct {
	collection string
	action     string // a loan.Action, or a mandate.EventKind
	record     string // the loan's id, or the mandate's handle
	of         custody.Instruction
	amount     money.Minor // of a mandate's use
}

// expectSteps remembers what an instruction's step leads to.
func (a *Auditor) expectSteps(collection string, before, after custody.Instruction, e custody.Event) {
	ended := e.Kind == "refused" || e.Kind == "expired" || e.Kind == "cancelled"
	expect := func(action, record string, amount money.Minor) {
		if record != "" {
			a.steps = append(a.steps, consequence{collection, action, record, after, amount})
		}
	}
	switch {
	case after.Kind == custody.Hold && e.Kind == "accepted":
		expect(string(loan.ActHold), after.Loan, 0)
		expect(string(mandate.Used), after.Mandate, after.AmountMinor)
	case after.Kind == custody.Hold && e.Kind == "cancelled" && before.Status == custody.Accepted:
		a.freedHolds = append(a.freedHolds, consequence{collection: collection, of: after})
		expect(string(mandate.Restored), after.Mandate, after.AmountMinor)
	case after.Kind == custody.Release && e.Kind == "settled":
		a.releases = append(a.releases, consequence{collection: collection, of: after})
	case after.Kind == custody.Collect && e.Kind == "instructed":
		expect(string(mandate.Used), after.Mandate, after.AmountMinor)
	case after.Kind == custody.Collect && ended:
		expect(string(mandate.Restored), after.Mandate, after.AmountMinor)
	case after.Kind == custody.Collect && e.Kind == "settled_in_part":
		expect(string(mandate.Restored), after.Mandate, after.AmountMinor-after.SettledMinor)
	case after.Kind == custody.Disburse && e.Kind == "instructed":
		expect(string(loan.ActDisburse), after.Loan, 0)
	case after.Kind == custody.Disburse && e.Kind == "settled":
		expect(string(loan.ActActivate), after.Loan, 0)
	case after.Kind == custody.Disburse && ended:
		expect(string(loan.ActReturn), after.Loan, 0)
	}
}

// takeStep uses up the one expected step that fits.
func (a *Auditor) takeStep(fits func(consequence) bool) (consequence, bool) {
	at := slices.IndexFunc(a.steps, fits)
	if at < 0 {
		return consequence{}, false
	}
	step := a.steps[at]
	a.steps = slices.Delete(slices.Clone(a.steps), at, at+1)
	return step, true
}

// bornOut wants a loan's step to follow from a step that an instruction took in this transaction.
func (a *Auditor) bornOut(collection string, action loan.Action, id, instruction string) (custody.Instruction, error) {
	step, found := a.takeStep(func(c consequence) bool {
		return c.collection == collection && c.action == string(action) && c.record == id && c.of.Handle == instruction
	})
	if !found {
		return custody.Instruction{}, fmt.Errorf("no instruction %q bears the loan's step out", instruction)
	}
	return step.of, nil
}

// returned names why a disbursement came back to its loan: the bank's own reason, or how it ended.
func returned(i custody.Instruction) string {
	if i.Status == custody.Refused {
		return i.Reason
	}
	return string(i.Status)
}

// settleSteps wants every step to have been taken, every release to have freed its hold, and no hold of a
// loan to be freed while the loan goes on.
func (a *Auditor) settleSteps() error {
	if len(a.steps) > 0 {
		step := a.steps[0]
		return fmt.Errorf("%s is missing from %s, although instruction %s was %s", step.action, step.record, step.of.Handle, step.of.Status)
	}
	for _, r := range a.releases {
		if !slices.ContainsFunc(a.freedHolds, func(hold consequence) bool {
			return hold.collection == r.collection && hold.of.Handle == r.of.Hold && gives(r.of, hold.of)
		}) {
			return fmt.Errorf("hold %s stands, although release %s was settled", r.of.Hold, r.of.Handle)
		}
	}
	for _, hold := range a.freedHolds {
		if hold.of.Loan != "" && !a.loanOf(hold.collection, hold.of.Loan).Status.EndedUnpaid() {
			return fmt.Errorf("hold %s was given back, and loan %s goes on", hold.of.Handle, hold.of.Loan)
		}
	}
	return nil
}

// gives reports whether a release gives back exactly this hold. What is held for a loan, only the loan
// gives back.
func gives(release, hold custody.Instruction) bool {
	return hold.Kind == custody.Hold && hold.Loan == "" && hold.Party == release.Party && hold.AmountMinor == release.AmountMinor
}

// instructionOf is an instruction by its handle; one without a status where there is none.
func (a *Auditor) instructionOf(collection, handle string) custody.Instruction {
	return a.instructions[collection+"/"+wire.InstructionKey(handle)]
}
