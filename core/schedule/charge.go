package schedule

import (
	"github.com/tallystick/tallystick/core/money"
)

// Who receives a charge.
const (
	PayeePlatform  = "platform"
	PayeeCustodian = "custodian"
	PayeeGuarantor = "guarantor"
)

// What a charge is a proportion of.
const (
	BasisPrincipal = "principal" // the principal due in the same row
	BasisInterest  = "interest"  // the interest due in the same row
	BasisFlat      = "flat"      // nothing: the same amount with every row
)

// Charge is what the borrower pays beside interest with each instalment. It counts towards the all-in
// rate like interest does.
type Charge struct {
	Payee     string      `json:"payee"`
	Basis     string      `json:"basis"`
	PPM       money.PPM   `json:"ppm,omitempty"`        // of the basis; none for a flat charge
	FlatMinor money.Minor `json:"flat_minor,omitempty"` // for a flat charge only
}

// invalidField names the field that is at fault, or none.
func (c Charge) invalidField() string {
	switch c.Payee {
	case PayeePlatform, PayeeCustodian, PayeeGuarantor:
	default:
		return "payee"
	}
	switch c.Basis {
	case BasisPrincipal, BasisInterest:
		if c.FlatMinor != 0 {
			return "flat_minor"
		}
	case BasisFlat:
		if c.PPM != 0 {
			return "ppm"
		}
	default:
		return "basis"
	}
	if c.PPM < 0 || c.PPM > money.Million {
		return "ppm"
	}
	if c.FlatMinor < 0 || c.FlatMinor > MaxPrincipalMinor/MaxCharges {
		return "flat_minor"
	}
	return ""
}

// due is what the charge comes to in one row.
func (c Charge) due(row Row, r money.Rounding) (money.Minor, error) {
	switch c.Basis {
	case BasisPrincipal:
		return c.PPM.Of(row.PrincipalMinor, r)
	case BasisInterest:
		return c.PPM.Of(row.InterestMinor, r)
	}
	return c.FlatMinor, nil
}

// charge writes what every charge comes to into the rows. The rows share one array of amounts.
func charge(rows []Row, charges []Charge, r money.Rounding) error {
	if len(charges) == 0 {
		return nil
	}
	amounts := make([]money.Minor, len(rows)*len(charges))
	for i := range rows {
		own := amounts[i*len(charges) : (i+1)*len(charges) : (i+1)*len(charges)]
		for j, c := range charges {
			amount, err := c.due(rows[i], r)
			if err != nil {
				return err
			}
			own[j] = amount
		}
		rows[i].FeesMinor = own
	}
	return nil
}
