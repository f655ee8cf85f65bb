package rules

import (
	"encoding/json"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// fileVersion is the only form of rule files that this package reads.
const fileVersion = 1

// Outcome is what happens to an application.
type Outcome string

// The outcomes, from the best to the gravest. A referred application is decided by a person.
const (
	Approve Outcome = "approve"
	Refer   Outcome = "refer"
	Refuse  Outcome = "refuse"
)

var gravity = map[Outcome]int{Approve: 1, Refer: 2, Refuse: 3}

// Graver reports whether an outcome outweighs another; every outcome outweighs none.
func (o Outcome) Graver(than Outcome) bool { return gravity[o] > gravity[than] }

// File is a rule set as it is written.
type File struct {
	Version       int           `json:"version"` // of the form, not of the content
	Name          string        `json:"name"`
	EffectiveFrom calendar.Date `json:"effective_from"`
	Source        string        `json:"source"` // who decided on these figures, and by what
	RateCapPPM    money.PPM     `json:"rate_cap_ppm"`
	Measure       Measure       `json:"measure"`
	Operating     Operating     `json:"operating"`
	ThinFile      ThinFile      `json:"thin_file"`
	Income        Income        `json:"income"`
	Grades        []Grade       `json:"grades"` // from the best to the worst
	Variables     []Variable    `json:"variables"`
	Rules         []Rule        `json:"rules"`
}

// Measure is what operating points and grades are bounds of.
type Measure string

// The measures: points fall as risk rises, the probability of a bad outcome in parts per million rises with it.
const (
	Points      Measure = "points"
	Probability Measure = "probability_ppm"
)

// worse reports whether a value is beyond a bound.
func (m Measure) worse(value, bound int64) bool {
	if m == Points {
		return value < bound
	}
	return value > bound
}

// Operating says beyond which measure an application is referred or refused, whatever the rules say.
type Operating struct {
	ReferBeyond  int64  `json:"refer_beyond"`
	RefuseBeyond int64  `json:"refuse_beyond"`
	Reason       Reason `json:"reason"`
}

// ThinFile says what becomes of applicants of whom too little is known for a score to mean much: they are taken
// for average ones with a margin on top, and a person decides.
type ThinFile struct {
	LeastKnownPPM int64  `json:"least_known_ppm"` // share of the scorecard's fields that must be known
	MarginPPM     int64  `json:"margin_ppm"`      // added to the population's probability, as a share of it
	Reason        Reason `json:"reason"`
}

// Income says which variable is a year's income, and what one of its units is worth.
type Income struct {
	Variable          string      `json:"variable"`
	MinorPerUnit      money.Minor `json:"minor_per_unit"`
	UnknownLimitMinor money.Minor `json:"unknown_limit_minor"` // the most that is lent where no income is known
}

// Grade is one class of risk. Bound is the worst measure that is in it; the last grade takes what is worse.
type Grade struct {
	Grade       string      `json:"grade"`
	Bound       int64       `json:"bound"`
	RiskLevel   RiskLevel   `json:"risk_level"`
	ProductRisk int         `json:"product_risk"` // 1 to 5: what class of investor may fund it
	RateFromPPM money.PPM   `json:"rate_from_ppm"`
	RateToPPM   money.PPM   `json:"rate_to_ppm"`
	LimitMinor  money.Minor `json:"limit_minor"`
	IncomePPM   int64       `json:"income_ppm"` // the limit as a share of a year's income
}

// RiskLevel is a grade in one word.
type RiskLevel string

// The levels.
const (
	Low    RiskLevel = "low"
	Medium RiskLevel = "medium"
	High   RiskLevel = "high"
)

// Source says where a variable's value comes from.
type Source string

// The sources: what the engine computed, what was asked for, the applicant's fields by the model's schema, and what
// was noticed about the application (device, velocity, contacts).
const (
	FromDecision  Source = "decision"
	FromRequest   Source = "request"
	FromApplicant Source = "applicant"
	FromSignal    Source = "signal"
)

// Type is what a variable holds.
type Type string

// The types.
const (
	NumberType  Type = "number"
	IntegerType Type = "integer"
	BooleanType Type = "boolean"
	TextType    Type = "text"
)

// Variable is one thing that rules may see. Default stands in where nothing is known; what the engine computes and
// what was asked for are always known and have none.
type Variable struct {
	Name    string          `json:"name"`
	Type    Type            `json:"type"`
	From    Source          `json:"from"`
	Default json.RawMessage `json:"default,omitempty"`
	Meaning string          `json:"meaning"`
}

// Rule says what follows where an expression is true.
type Rule struct {
	ID     string  `json:"id"`
	When   string  `json:"when"`
	Then   Outcome `json:"then"`
	Reason Reason  `json:"reason"`
}

// Reason is what a borrower is told.
type Reason struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}
