// Package regime keeps the rules of lending as dated data.
//
// A pack is one set of figures that a member proposes on the ledger and that counts from its
// effective date once the regulator and a custodian have approved it. A loan remembers the pack that
// it was proposed under, also after the regulator retired that pack from new business. A pack that applies to
// reports holds formulas, checks and thresholds instead. Packs are plural and configured: the package carries no figure of
// any law, and says nothing about whether a configured figure is lawful.
//
// The figures that packs are made of: rate caps follow the form of the Supreme Court's provisions on
// private lending (2020), balance caps the interim measures on online lending (2016, art. 17), the
// order of allocation the Civil Code (art. 561).
package regime

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// Component is one part of what a borrower owes.
type Component string

// The components, in the order of the Civil Code, art. 561: cost, interest, principal; a penalty comes
// last unless a pack says otherwise.
const (
	Fee       Component = "fee"
	Interest  Component = "interest"
	Principal Component = "principal"
	Penalty   Component = "penalty"
)

// Caps bound what one borrower may owe, by kind of borrower.
type Caps struct {
	PlatformMinor money.Minor `json:"platform_minor"`
	NetworkMinor  money.Minor `json:"network_minor"`
}

// Rules are the figures of a pack.
type Rules struct {
	Currency        money.Currency  `json:"currency"`
	RateCapPPM      money.PPM       `json:"rate_cap_ppm"`    // interest and every charge together, a year
	PenaltyCapPPM   money.PPM       `json:"penalty_cap_ppm"` // on overdue principal, a year
	Natural         Caps            `json:"natural"`
	Legal           Caps            `json:"legal"`
	MinKYCLevel     int             `json:"min_kyc_level"`
	MinPrincipal    money.Minor     `json:"min_principal_minor"`
	MaxPrincipal    money.Minor     `json:"max_principal_minor"`
	MaxInstalments  int             `json:"max_instalments"`
	Methods         []string        `json:"methods"`
	Allocation      []Component     `json:"allocation"`
	Horizontal      bool            `json:"horizontal,omitempty"` // oldest instalment whole before the next one
	ClearanceDays   int             `json:"clearance_days"`       // how long a reservation of exposure stands
	FundingDays     int             `json:"funding_days"`         // how long a loan may collect its holds
	BackdatingDays  int             `json:"backdating_days"`      // how old a disbursement's value date may be
	WriteOffDays    int             `json:"write_off_days"`       // how long overdue before a write-off
	Holidays        []calendar.Date `json:"holidays,omitempty"`
	WorkingWeekends []calendar.Date `json:"working_weekends,omitempty"`
	// FourEyes names the functions, as "Loan:WriteOff", that count only with a second person's approval. Which
	// functions can be named is not for this package to say.
	FourEyes []string `json:"four_eyes,omitempty"`
}

// Approval is one member's consent to a pack.
type Approval struct {
	Member string           `json:"member"`
	Kind   party.MemberKind `json:"kind"`
	On     calendar.Date    `json:"on"`
}

// Pack is a dated set of rules with its history of approval.
type Pack struct {
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	Source        string        `json:"source"` // where the figures come from, in words
	EffectiveFrom calendar.Date `json:"effective_from"`
	AppliesTo     string        `json:"applies_to"`          // NewLoans: a loan keeps the rules that it was proposed under; or Reports
	Rules         Rules         `json:"rules,omitzero"`      // of a pack for loans
	Reporting     *Reporting    `json:"reporting,omitempty"` // of a pack for reports
	Proposer      string        `json:"proposer"`
	Approvals     []Approval    `json:"approvals"`
	Until         calendar.Date `json:"until,omitempty"` // the last day of new business, once retired
}
