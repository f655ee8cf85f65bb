package disclosure

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
)

// formVersion is the only form of disclosures that this package writes and reads. Of formulas it says nothing.
const formVersion = 1

// Disclosure is what a platform makes public for a period.
type Disclosure struct {
	Version      int           `json:"version,string"` // of the form
	Platform     string        `json:"platform"`
	Period       Period        `json:"period"`
	Closings     []Closing     `json:"closings"` // by custodian
	Regime       string        `json:"regime"`   // the reporting pack
	RegimeDigest string        `json:"regime_digest"`
	Indicators   []Indicator   `json:"indicators"` // in the pack's order
	FeeStandards []FeeStandard `json:"fee_standards"`
}

// Closing says which close of a custodian's business day the figures are of.
type Closing struct {
	Custodian string        `json:"custodian"`
	On        calendar.Date `json:"on"`
}

// Indicator is one figure, and which formula made it.
type Indicator struct {
	ID      string       `json:"id"`
	Version int          `json:"version,string"` // of the formula
	Unit    string       `json:"unit"`
	Value   *int64       `json:"value,string"`      // null where it cannot be known
	Failure string       `json:"failure,omitempty"` // why there is no value, where the formula is at fault
	Words   regime.Words `json:"words"`
	Source  string       `json:"source"`
}

// What keeps a formula from having a value: then the indicator says so, and all others count.
const (
	DoesNotCompile  = "does_not_compile"  // the pack was proposed and adopted around the members' apps
	DoesNotEvaluate = "does_not_evaluate" // it divides by zero, or a number does not fit 64 bits
)

// FeeStandard is one charge beside interest, and how many loans were agreed with it since the beginning.
type FeeStandard struct {
	Payee     string `json:"payee"`
	Basis     string `json:"basis"`
	PPM       int64  `json:"ppm,string"`
	FlatMinor int64  `json:"flat_minor,string"`
	Loans     int64  `json:"loans,string"`
}

func (f FeeStandard) charge() schedule.Charge {
	return schedule.Charge{Payee: f.Payee, Basis: f.Basis, PPM: money.PPM(f.PPM), FlatMinor: money.Minor(f.FlatMinor)}
}

// Indicator answers a figure by its id.
func (d Disclosure) Indicator(id string) (Indicator, bool) {
	for _, i := range d.Indicators {
		if i.ID == id {
			return i, true
		}
	}
	return Indicator{}, false
}

// ClosedOn is the last business day that the figures are of.
func (d Disclosure) ClosedOn() calendar.Date {
	var last calendar.Date
	for _, c := range d.Closings {
		last = max(last, c.On)
	}
	return last
}
