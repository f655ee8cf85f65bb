package loan

import (
	"encoding/base64"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
)

// MaxLenders bounds the lenders of one loan, so that its record stays small enough to be rewritten with
// every receipt.
const MaxLenders = 200

// Lender is an allocation with what the ledger holds about it.
type Lender struct {
	Allocation Allocation
	Party      party.State
	Mandate    mandate.State
}

// Fund allocates a cleared loan to lenders and begins to collect their holds. PublishedClearance is the
// hash that Fabric publishes of the clearance in the exposure collection: a clearance that the
// regulator did not write cannot match it.
type Fund struct {
	Terms              Terms
	Pack               regime.Pack
	Borrower           party.State
	Lenders            []Lender
	BorrowerSignature  string
	PublishedClearance string
	PlatformFrozen     bool
	Actor              party.Actor
	On                 calendar.Date
}

func (Fund) action() Action { return ActFund }

func (c Fund) decide(s State) (Event, error) {
	checks := []func(State) error{c.checkOrders, c.checkClearance, c.checkBorrower, c.checkAmounts, c.checkLenders}
	for _, check := range checks {
		if err := check(s); err != nil {
			return Event{}, err
		}
	}
	weights := make([]money.Minor, len(c.Lenders))
	for i, l := range c.Lenders {
		weights[i] = l.Allocation.PrincipalMinor
	}
	return Event{Weights: weights, ExpiresOn: c.On.AddDays(c.Pack.Rules.FundingDays)}, nil
}

func (c Fund) checkOrders(s State) error {
	switch {
	case c.PlatformFrozen:
		return fault.New(fault.PlatformFrozen)
	case s.Frozen != "":
		return fault.New(fault.LoanFrozen)
	}
	return c.Pack.CheckRetired(c.On)
}

func (c Fund) checkClearance(s State) error {
	switch {
	case s.Clearance == nil || c.PublishedClearance == "" || s.Clearance.Digest != c.PublishedClearance:
		return fault.New(fault.ClearanceMissing)
	case c.On > s.Clearance.ExpiresOn:
		return fault.New(fault.ClearanceExpired)
	}
	return nil
}

// checkBorrower wants the borrower fit to borrow on this very day, and its signature over the terms as
// they stand on the ledger.
func (c Fund) checkBorrower(s State) error {
	if c.Terms.Commitment() != s.Commitment {
		return fault.In(fault.CommitmentMismatch, "terms")
	}
	if c.Borrower.Handle != s.Borrower {
		return fault.In(fault.PartyUnknown, "borrower")
	}
	if err := c.Borrower.MayBorrow(c.On, c.Pack.Rules.MinKYCLevel); err != nil {
		return err
	}
	key, err := c.Borrower.MaySign(c.On)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(c.BorrowerSignature)
	if err != nil || c.BorrowerSignature == "" {
		return fault.In(fault.SignatureInvalid, "borrower_signature")
	}
	if err := party.Verify(key, CommitmentStatement(s.ID, s.Borrower, s.Commitment), signature); err != nil {
		return fault.In(fault.Of(err).Code, "borrower_signature")
	}
	return nil
}

func (c Fund) checkAmounts(s State) error {
	if len(c.Lenders) == 0 || len(c.Lenders) > MaxLenders {
		return fault.In(fault.AllocationMismatch, "allocations")
	}
	var sum money.Minor
	for i, l := range c.Lenders {
		var err error
		if sum, err = money.Add(sum, l.Allocation.PrincipalMinor); err != nil || l.Allocation.PrincipalMinor <= 0 {
			return fault.In(fault.AllocationMismatch, fmt.Sprintf("allocations[%d].principal_minor", i))
		}
		for _, other := range c.Lenders[:i] {
			if other.Allocation.Lender == l.Allocation.Lender || other.Allocation.Hold == l.Allocation.Hold {
				return fault.In(fault.AllocationMismatch, fmt.Sprintf("allocations[%d]", i))
			}
		}
	}
	if sum != s.PrincipalMinor {
		return fault.In(fault.AllocationMismatch, "allocations")
	}
	return nil
}

// checkLenders wants each lender fit to lend, apart from borrower and platform, and covered by a
// mandate that it signed and the custodian confirmed. Usage is counted when the cash is held.
func (c Fund) checkLenders(s State) error {
	for i, l := range c.Lenders {
		field := fmt.Sprintf("allocations[%d]", i)
		if l.Party.Handle == "" || l.Party.Handle != l.Allocation.Lender {
			return fault.In(fault.PartyUnknown, field+".lender")
		}
		if l.Party.Handle == s.Borrower || l.Party.AffiliatedWith(s.Platform) {
			return fault.In(fault.SelfFinancing, field+".lender")
		}
		if err := l.Party.MayLend(c.On, c.Pack.Rules.MinKYCLevel); err != nil {
			return fault.In(fault.Of(err).Code, field+".lender")
		}
		if _, err := mandate.Decide(l.Mandate, c.Terms.Use(l.Allocation, c.Actor, c.On)); err != nil {
			return fault.In(fault.Of(err).Code, field+".mandate")
		}
	}
	return nil
}

// Use is the demand that an allocation makes on a lender's mandate.
func (t Terms) Use(a Allocation, actor party.Actor, on calendar.Date) mandate.Use {
	return mandate.Use{
		Actor: actor, On: on, Handle: a.Mandate, Party: a.Lender, Purpose: mandate.Invest, Currency: t.Currency,
		AmountMinor: a.PrincipalMinor, Loan: t.ID, RatePPM: t.RatePPM, Instalments: t.Instalments,
		PrincipalMinor: t.PrincipalMinor,
	}
}
