package loan

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/wire"
)

func prefetchProposals(tx *ledger.Tx, items []wire.ProposeLoan) error {
	keys := make([]string, 0, 4*len(items))
	for _, item := range items {
		if handle, ok := records.Handle(tx, item.Terms.ID); ok {
			keys = append(keys, wire.LoanKey(handle), wire.TermsKey(handle))
		}
		keys = append(keys, wire.PartyKey(item.Terms.Borrower), wire.ProjectKey(item.Terms.Project))
	}
	return tx.Prefetch(tx.Collection, keys...)
}

// propose writes the terms in the one encoding whose hash is the commitment, so that the hash which
// Fabric publishes of them is what the borrower signs.
func propose(tx *ledger.Tx, item wire.ProposeLoan) error {
	t := item.Terms
	handle, err := namedHere(tx, t)
	if err != nil {
		return err
	}
	on, err := tx.BusinessDate()
	if err != nil {
		return err
	}
	command, err := proposal(tx, t)
	if err != nil {
		return err
	}
	command.Actor, command.On = tx.Actor, on
	before, _, err := ledger.Load[loan.State](tx, tx.Collection, wire.LoanKey(handle))
	if err != nil {
		return err
	}
	if _, err := records.StepLoan(tx, before, command, on); err != nil {
		return err
	}
	if err := ledger.Put(tx, tx.Collection, wire.TermsKey(handle), t); err != nil {
		return err
	}
	key := wire.ProjectKey(t.Project)
	return ledger.Put(tx, tx.Collection, key, wire.Project{
		Version: wire.Version, Loan: t.ID, Salt: tx.Salt(tx.Collection, key),
	})
}

// namedHere refuses terms of another version, of other members than those whose collection it is, and
// names that are no handles: they become keys, of which Fabric publishes the hash.
func namedHere(tx *ledger.Tx, t loan.Terms) (handle string, err error) {
	handle, ok := records.Handle(tx, t.ID)
	switch {
	case t.Version != wire.Version:
		return "", fault.In(fault.InvalidField, "terms.version")
	case !ok:
		return "", fault.In(fault.InvalidField, "terms.id")
	case t.Platform != tx.Platform:
		return "", fault.In(fault.InvalidField, "terms.platform")
	case t.Custodian != tx.Custodian:
		return "", fault.In(fault.InvalidField, "terms.custodian")
	case !wire.IsHandle(t.Borrower):
		return "", fault.In(fault.InvalidField, "terms.borrower")
	case !wire.IsHandle(t.Project):
		return "", fault.In(fault.InvalidField, "terms.project")
	case !wire.IsDigest(t.Salt):
		return "", fault.In(fault.InvalidField, "terms.salt")
	case !wire.IsDigest(t.AgreementDigest):
		return "", fault.In(fault.DigestMalformed, "terms.agreement_digest")
	}
	return handle, nil
}

// proposal gathers what the ledger holds under the names in the terms.
func proposal(tx *ledger.Tx, t loan.Terms) (loan.Propose, error) {
	command := loan.Propose{Terms: t}
	var err error
	if command.Pack, err = tx.Regime(t.Regime); err != nil {
		return command, err
	}
	if command.Borrower, err = records.Party(tx, t.Borrower); err != nil {
		return command, err
	}
	if command.PlatformFrozen, err = tx.PlatformFrozen(tx.Platform); err != nil {
		return command, err
	}
	command.ProjectFinanced, err = financed(tx, t.Project)
	return command, err
}

// financed reports whether another loan has the project. A loan that ended before it was paid out has
// financed nothing.
func financed(tx *ledger.Tx, project string) (bool, error) {
	named, exists, err := ledger.Get[wire.Project](tx, tx.Collection, wire.ProjectKey(project))
	if err != nil || !exists {
		return false, err
	}
	holder, err := records.Loan(tx, named.Loan)
	if err != nil {
		return false, err
	}
	return !holder.Status.EndedUnpaid(), nil
}
