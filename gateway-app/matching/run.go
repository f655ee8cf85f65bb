package matching

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// Run is what a match decided, with a reason for every loan and for all money that stays idle.
type Run struct {
	Version     string        `json:"version"`
	InputDigest string        `json:"input_digest"` // SHA-256 of the canonical book
	On          calendar.Date `json:"on"`
	Totals      Totals        `json:"totals"`
	Loans       []Outcome     `json:"loans"` // every request, by id
	Idle        []Idle        `json:"idle"`  // every mandate that could have lent more, and all that could not, by id
}

// Totals sum a run up.
type Totals struct {
	WantedMinor  money.Minor `json:"wanted_minor"`  // by all requests
	OfferedMinor money.Minor `json:"offered_minor"` // spendable cash of all lenders
	MatchedMinor money.Minor `json:"matched_minor"`
	Filled       int         `json:"filled"`
	InPart       int         `json:"in_part"`
	Waiting      int         `json:"waiting"`
	Expired      int         `json:"expired"`
	Repaired     int         `json:"repaired"` // of the filled, those that the repair pass filled
	// RepairEnded says that the repair pass looked at as many places as the policy lets it, and stopped.
	RepairEnded bool `json:"repair_ended,omitempty"`
}

// Status is what became of a request.
type Status string

// What becomes of requests.
const (
	Filled       Status = "filled"
	FilledInPart Status = "in_part" // FundedMinor is the principal to propose instead
	Waiting      Status = "waiting" // for the next run
	Lapsed       Status = "expired"
)

// Reason is why.
type Reason string

// The reasons of outcomes.
const (
	FilledAtFirst     Reason = "filled"
	FilledByRepair    Reason = "filled_by_moving_others" // lenders who could go elsewhere made way
	FundedInPart      Reason = "funded_in_part"
	DeadlinePassed    Reason = "deadline_passed"
	NoMandateFits     Reason = "no_mandate_fits"
	TooLittleFits     Reason = "too_little_money_fits" // all money that fits would not have filled it
	LentElsewhere     Reason = "money_lent_elsewhere"  // it would have, but for loans scarcer than this one
	LendersTooSmall   Reason = "too_many_small_lenders"
	BelowLeast        Reason = "below_least_principal"
	OddmentLeft       Reason = "oddment_left" // nobody could take what is less than a yuan
	ProgrammeShort    Reason = "programme_without_money"
	ProgrammeLimit    Reason = "programme_limit_reached"
	ProgrammeMisfit   Reason = "programme_mandate_does_not_fit"
	ProgrammeUnusable Reason = "programme_mandate_unusable"
)

// Outcome is what became of one request.
type Outcome struct {
	Loan          string       `json:"loan"`
	Status        Status       `json:"status"`
	Reason        Reason       `json:"reason"`
	WantedMinor   money.Minor  `json:"wanted_minor"`
	FundedMinor   money.Minor  `json:"funded_minor"`
	Fitting       int          `json:"fitting"`       // mandates that it fits
	FittingMinor  money.Minor  `json:"fitting_minor"` // what those could put in before anything was lent
	Obstacles     []Hindered   `json:"obstacles,omitempty"`
	Contributions []Allocation `json:"contributions,omitempty"` // of the programme's institutions
	Allocations   []Allocation `json:"allocations,omitempty"`
}

// Allocation is what one mandate brings. With the handle of a hold it becomes the contract's.
type Allocation struct {
	Lender         string      `json:"lender"`
	Mandate        string      `json:"mandate"`
	PrincipalMinor money.Minor `json:"principal_minor"`
}

// Hindered counts what stood in the way: for a loan that was not filled, of how many mandates; for an
// idle mandate, of how many loans. Each is counted once, under the first obstacle.
type Hindered struct {
	Obstacle Obstacle `json:"obstacle"`
	Count    int      `json:"count"`
}

// Idle is a mandate with money left, or one that cannot be used.
type Idle struct {
	Mandate   string      `json:"mandate"`
	Lender    string      `json:"lender"`
	LentMinor money.Minor `json:"lent_minor"` // in this run
	LeftMinor money.Minor `json:"left_minor"` // that it could still spend; mandates of one lender share it
	Reason    IdleReason  `json:"reason"`
	Obstacles []Hindered  `json:"obstacles,omitempty"`
}

// IdleReason is why a mandate's money stays idle.
type IdleReason string

// Why money stays idle. An unusable mandate has its Obstacle for a reason instead.
const (
	NoCash         IdleReason = "no_cash"      // and nothing lent in this run
	TotalUsed      IdleReason = "total_used"   // the mandate's total allows no more
	ClassLimit     IdleReason = "class_limit"  // the class of investor allows no more
	BelowTicket    IdleReason = "below_ticket" // less is left than any loan takes
	NoLoanFits     IdleReason = "no_loan_fits"
	ProgrammeOnly  IdleReason = "programme_served" // waits for more loans of its programme
	OwnLimits      IdleReason = "own_limits"       // it has all that it wants of the loans that it fits
	LoansFull      IdleReason = "loans_full"       // those loans were filled, by money before it
	LoansNotFilled IdleReason = "loans_not_filled" // they took nothing: together there was too little for them
)
