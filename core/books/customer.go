package books

import (
	"fmt"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func (a *Auditor) party(w Write) error {
	platform, custodian, err := a.pair(w.Collection)
	if err != nil {
		return err
	}
	s, err := fold(a, a.parties, w.Collection+"/"+w.Key, w, party.State{}, func(before party.State, e party.Event) (party.State, error) {
		return a.partyStep(w, before, e)
	})
	switch {
	case err != nil:
		return err
	case s.Handle != tail(w.Key) || !wire.IsHandle(s.Handle):
		return fmt.Errorf("the key is that of another party than %q", s.Handle)
	case s.Platform != platform || s.Custodian != custodian:
		return fmt.Errorf("the party is of %s and %s, whose collection this is not", s.Platform, s.Custodian)
	}
	return nil
}

func (a *Auditor) partyStep(w Write, before party.State, e party.Event) (party.State, error) {
	if _, err := a.today(w.Collection, e.On); err != nil {
		return before, err
	}
	actor, err := a.author(e.By)
	if err != nil {
		return before, err
	}
	command, err := partyCommand(tail(w.Key), e, actor)
	if err != nil {
		return before, err
	}
	decided, refusal := party.Decide(before, command)
	e, err = agreed(string(e.Kind), decided, refusal, e)
	return party.Apply(before, e), err
}

// partyCommand is the command that an event answers. The party's signature is in the event, and is verified
// again with the key that the record holds.
func partyCommand(handle string, e party.Event, by party.Actor) (party.Command, error) {
	switch {
	case e.Kind == party.Attested && e.Identity != nil:
		return party.Attest{Actor: by, On: e.On, Identity: *e.Identity, AccountDigest: e.AccountDigest}, nil
	case e.Kind == party.AccountVerified:
		return party.VerifyAccount{Actor: by, On: e.On, Handle: handle, AccountDigest: e.AccountDigest}, nil
	case (e.Kind == party.Renewed || e.Kind == party.RenewalProposed) && e.Renewal != nil:
		return party.Renew{Actor: by, On: e.On, Handle: handle, Renewal: *e.Renewal}, nil
	case e.Kind == party.KeyRotated && e.Key != nil:
		return party.RotateKey{Actor: by, On: e.On, Handle: handle, Key: *e.Key, Signature: e.Signature}, nil
	case e.Kind == party.Revoked:
		return party.Revoke{Actor: by, On: e.On, Handle: handle, Note: e.Note}, nil
	case e.Kind == party.Frozen && e.Freeze != nil:
		return party.ImposeFreeze{Actor: by, On: e.On, Handle: handle, Order: e.Freeze.Order, Until: e.Freeze.Until}, nil
	case e.Kind == party.Released && e.Freeze != nil:
		return party.ReleaseFreeze{Actor: by, On: e.On, Handle: handle, Order: e.Freeze.Order}, nil
	case e.Kind == party.ConsentGiven && e.Consent != nil:
		return party.GiveConsent{
			Actor: by, On: e.On, Handle: handle, Purpose: e.Consent.Purpose, Text: e.Consent.Text,
			Until: e.Consent.Until, Signature: e.Signature,
		}, nil
	case e.Kind == party.ConsentWithdrawn && e.Consent != nil:
		return party.WithdrawConsent{
			Actor: by, On: e.On, Handle: handle, Sequence: e.Consent.Sequence, Signature: e.Signature,
		}, nil
	}
	return nil, fmt.Errorf("%q is no event of a party, or lacks what it is about", e.Kind)
}

func (a *Auditor) mandate(w Write) error {
	platform, custodian, err := a.pair(w.Collection)
	if err != nil {
		return err
	}
	s, err := fold(a, a.mandates, w.Collection+"/"+w.Key, w, mandate.State{}, func(before mandate.State, e mandate.Event) (mandate.State, error) {
		return a.mandateStep(w, before, e)
	})
	switch {
	case err != nil:
		return err
	case s.Handle != tail(w.Key) || !wire.IsHandle(s.Handle):
		return fmt.Errorf("the key is that of another mandate than %q", s.Handle)
	case s.Platform != platform || s.Custodian != custodian:
		return fmt.Errorf("the mandate is of %s and %s, whose collection this is not", s.Platform, s.Custodian)
	}
	return nil
}

func (a *Auditor) mandateStep(w Write, before mandate.State, e mandate.Event) (mandate.State, error) {
	if _, err := a.today(w.Collection, e.On); err != nil {
		return before, err
	}
	actor, err := a.author(e.By)
	if err != nil {
		return before, err
	}
	command, err := a.mandateCommand(w, before, e, actor)
	if err != nil {
		return before, err
	}
	decided, refusal := mandate.Decide(before, command)
	e, err = agreed(string(e.Kind), decided, refusal, e)
	return mandate.Apply(before, e), err
}

// mandateCommand is the command that an event answers. Keys are read from the party's record, as the
// contract reads them; what counts against a mandate follows from an instruction's step.
func (a *Auditor) mandateCommand(w Write, before mandate.State, e mandate.Event, by party.Actor) (mandate.Command, error) {
	handle := tail(w.Key)
	switch {
	case e.Kind == mandate.Registered && e.Terms != nil:
		key, err := a.partyOf(w.Collection, e.Terms.Party).MaySign(e.On)
		if err != nil {
			return nil, fmt.Errorf("the mandate was registered for a party that may not sign: %w", err)
		}
		return mandate.Register{Actor: by, On: e.On, Terms: *e.Terms, Key: key, Signature: e.Signature}, nil
	case e.Kind == mandate.Confirmed:
		return mandate.Confirm{Actor: by, On: e.On, Handle: handle, Channel: e.Channel, SignedTerms: before.SignedTerms}, nil
	case e.Kind == mandate.Revoked:
		key, _ := a.partyOf(w.Collection, before.Party).Key()
		return mandate.Revoke{Actor: by, On: e.On, Handle: handle, Key: key, Signature: e.Signature}, nil
	case e.Kind == mandate.Used || e.Kind == mandate.Restored:
		return a.counted(w.Collection, handle, e, by)
	}
	return nil, fmt.Errorf("%q is no event of a mandate, or lacks what it is about", e.Kind)
}

// counted is the use of a mandate, or its end, that an instruction's step led to.
func (a *Auditor) counted(collection, handle string, e mandate.Event, by party.Actor) (mandate.Command, error) {
	step, found := a.takeStep(func(c consequence) bool {
		return c.collection == collection && c.action == string(e.Kind) && c.record == handle &&
			c.amount == e.AmountMinor && c.of.Loan == e.Loan
	})
	if !found {
		return nil, fmt.Errorf("no instruction leads to %q", e.Kind)
	}
	if e.Kind == mandate.Restored {
		return mandate.Restore{Actor: by, On: e.On, Handle: handle, AmountMinor: step.amount, Loan: e.Loan}, nil
	}
	return a.use(collection, step, e, by), nil
}

// use counts what was held for a loan against the lender's mandate, and what is to be collected against the
// borrower's.
func (a *Auditor) use(collection string, step consequence, e mandate.Event, by party.Actor) mandate.Use {
	_, _, handle, _ := wire.SplitLoanID(step.of.Loan)
	terms := a.terms[collection+"/"+wire.TermsKey(handle)]
	if step.of.Kind == custody.Hold {
		return terms.Use(loan.Allocation{
			Lender: step.of.Party, Mandate: step.record, Hold: step.of.Handle, PrincipalMinor: step.amount,
		}, by, e.On)
	}
	return mandate.Use{
		Actor: by, On: e.On, Handle: step.record, Party: step.of.Party, Purpose: mandate.Debit,
		Currency: terms.Currency, AmountMinor: step.amount, Loan: step.of.Loan,
	}
}
