package mandate

import (
	"cmp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// check refuses terms whose fields are not in their documented form, or that carry terms of the
// other purpose: what a party signs must mean something.
func (t Terms) check(on calendar.Date) error {
	if err := cmp.Or(party.RequireID(t.Handle, "terms.handle"), party.RequireID(t.Party, "terms.party"),
		party.RequireID(t.Platform, "terms.platform"),
		party.RequireID(t.Custodian, "terms.custodian"),
		party.RequireDate(t.Expires, "terms.expires")); err != nil {
		return err
	}
	switch {
	case t.Expires < on:
		return fault.In(fault.InvalidField, "terms.expires")
	case !t.Currency.Valid():
		return fault.In(fault.InvalidField, "terms.currency")
	}
	switch t.Purpose {
	case Invest:
		return t.checkInvest()
	case Debit:
		return t.checkDebit()
	}
	return fault.In(fault.InvalidField, "terms.purpose")
}

func (t Terms) checkInvest() error {
	switch {
	case t.PerCollectionMinor != 0:
		return fault.In(fault.InvalidField, "terms.per_collection_minor")
	case t.Loan != "":
		return fault.In(fault.InvalidField, "terms.loan")
	case t.TotalMinor < 1:
		return fault.In(fault.InvalidField, "terms.total_minor")
	case t.PerLoanMinor < 1 || t.PerLoanMinor > t.TotalMinor:
		return fault.In(fault.InvalidField, "terms.per_loan_minor")
	case t.MinRatePPM < 0:
		return fault.In(fault.InvalidField, "terms.min_rate_ppm")
	case t.MaxInstalments < 1:
		return fault.In(fault.InvalidField, "terms.max_instalments")
	case t.MaxShareOfLoanPPM < 1 || t.MaxShareOfLoanPPM > money.Million:
		return fault.In(fault.InvalidField, "terms.max_share_of_loan_ppm")
	}
	return nil
}

func (t Terms) checkDebit() error {
	switch {
	case t.PerLoanMinor != 0:
		return fault.In(fault.InvalidField, "terms.per_loan_minor")
	case t.MinRatePPM != 0:
		return fault.In(fault.InvalidField, "terms.min_rate_ppm")
	case t.MaxInstalments != 0:
		return fault.In(fault.InvalidField, "terms.max_instalments")
	case t.MaxShareOfLoanPPM != 0:
		return fault.In(fault.InvalidField, "terms.max_share_of_loan_ppm")
	case t.PerCollectionMinor < 1:
		return fault.In(fault.InvalidField, "terms.per_collection_minor")
	case t.TotalMinor < 0 || t.TotalMinor > 0 && t.TotalMinor < t.PerCollectionMinor:
		return fault.In(fault.InvalidField, "terms.total_minor")
	case t.Loan != "" && !party.ValidID(t.Loan):
		return fault.In(fault.InvalidField, "terms.loan")
	}
	return nil
}
