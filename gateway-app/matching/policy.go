package matching

import (
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// Classes is how many classes of investors there are.
const Classes = 6

// Risks is how many levels of product risk there are.
const Risks = 5

// Precedence is whom a loan asks first.
type Precedence string

// The precedences. What they cost and whom they serve, docs/matching.md measures.
const (
	// FewestOptions asks who fits the fewest open loans, and among equals whose money is idle longest.
	FewestOptions Precedence = "fewest_options"
	// OptionsDoubling holds lenders equal while one has less than about twice the other's options.
	OptionsDoubling Precedence = "options_doubling"
	// LongestIdle asks whose money is idle longest, whatever else it could do.
	LongestIdle Precedence = "longest_idle"
)

// Policy is how a platform matches.
type Policy struct {
	Precedence  Precedence  `json:"precedence"`
	UnitMinor   money.Minor `json:"unit_minor"`   // parts are multiples of it, whole yuan
	TicketMinor money.Minor `json:"ticket_minor"` // the least part, a multiple of the unit
	MaxLenders  int         `json:"max_lenders"`  // of one loan
	// ClassMostMinor is the most that a lender of class 1 to 6 may have out in all; 0 is no limit.
	ClassMostMinor [Classes]money.Minor `json:"class_most_minor"`
	// RepairSteps bounds the work of the repair pass, counted in places looked at and not in time, so
	// that a bound that bites bites the same way everywhere.
	RepairSteps int `json:"repair_steps"`
}

// DefaultPolicy is what a platform starts with: whole yuan, parts of ¥100 and more, as many lenders as
// the contract takes, and no limit but the mandates' own.
func DefaultPolicy() Policy {
	return Policy{
		Precedence: FewestOptions, UnitMinor: 100, TicketMinor: 100_00, MaxLenders: loan.MaxLenders,
		RepairSteps: 3_000_000,
	}
}
