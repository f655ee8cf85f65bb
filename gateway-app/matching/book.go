package matching

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
)

// Book is everything that one run looks at.
type Book struct {
	On         calendar.Date  `json:"on"`
	Currency   money.Currency `json:"currency"` // of the purses and the loans; a mandate in another fits none
	Policy     Policy         `json:"policy"`
	Lenders    []Lender       `json:"lenders"`
	Mandates   []Mandate      `json:"mandates"`
	Requests   []Request      `json:"requests"`
	Programmes []Programme    `json:"programmes,omitempty"`
}

// Lender is whose money it is. One who has several mandates has one purse.
type Lender struct {
	ID        string        `json:"id"`
	CashMinor money.Minor   `json:"cash_minor"` // available in the custodian's account, not held for anything
	IdleSince calendar.Date `json:"idle_since"` // since when it has been available
	// Class is 1, the most careful, to 6, by the suitability questionnaire; 0 was never assessed.
	Class        int           `json:"class"`
	ClassThrough calendar.Date `json:"class_through"` // the last day on which the class holds
	LentMinor    money.Minor   `json:"lent_minor"`    // lent and not yet repaid, under any mandate
	// Refused is why the lender may not lend today, as party.State.MayLend says; empty when it may.
	Refused fault.Code `json:"refused,omitempty"`
}

// Mandate is a lender's standing order: the terms that it signed for the ledger, then the wishes that
// it gave its platform besides. Wishes only ever narrow what the ledger allows.
type Mandate struct {
	ID        string         `json:"id"`
	Lender    string         `json:"lender"`
	Platform  string         `json:"platform"`
	Custodian string         `json:"custodian"`
	Currency  money.Currency `json:"currency"`

	Confirmed calendar.Date `json:"confirmed"`
	Revoked   calendar.Date `json:"revoked" unset:"empty"`
	Expires   calendar.Date `json:"expires"` // the last day on which it may be used

	TotalMinor        money.Minor `json:"total_minor"`
	UsedMinor         money.Minor `json:"used_minor"`
	PerLoanMinor      money.Minor `json:"per_loan_minor"`
	MinRatePPM        money.PPM   `json:"min_rate_ppm"`
	MaxInstalments    int         `json:"max_instalments"`
	MaxShareOfLoanPPM money.PPM   `json:"max_share_of_loan_ppm"`

	Grades         []string `json:"grades,omitempty"` // those allowed; none: all
	MinInstalments int      `json:"min_instalments,omitempty"`
	MaxRisk        int      `json:"max_risk,omitempty"` // 0: the class decides alone
	Limits         []Limit  `json:"limits,omitempty"`
	Lent           []Lent   `json:"lent,omitempty"` // what is out under this mandate, for its limits
}

// Dimension is what a concentration is counted by.
type Dimension string

// The dimensions of concentration limits.
const (
	ByBorrower Dimension = "borrower"
	ByGrade    Dimension = "grade"
	ByPlatform Dimension = "platform"
	ByIndustry Dimension = "industry"
)

// Limit bounds what is out with one borrower, or in one grade, platform or industry.
type Limit struct {
	By        Dimension   `json:"by"`
	Value     string      `json:"value,omitempty"` // the one that it speaks of; none: each one by itself
	MostMinor money.Minor `json:"most_minor"`
}

// Lent is what a mandate has out in one place.
type Lent struct {
	Borrower    string      `json:"borrower"`
	Grade       string      `json:"grade"`
	Platform    string      `json:"platform"`
	Industry    string      `json:"industry"`
	AmountMinor money.Minor `json:"amount_minor"`
}

// Shortfall is what becomes of a loan that cannot be filled.
type Shortfall string

// The rules for loans that cannot be filled.
const (
	AllOrNothing   Shortfall = "all_or_nothing"   // waits, and expires after its deadline
	PartAtDeadline Shortfall = "part_at_deadline" // on its last day takes what there is, from LeastMinor up
	PartAtOnce     Shortfall = "part_at_once"     // takes what there is today, from LeastMinor up
)

// Request is a scored loan that looks for money. Its terms are those that the ledger will check.
type Request struct {
	ID             string         `json:"id"`
	Borrower       string         `json:"borrower"`
	Platform       string         `json:"platform"`
	Custodian      string         `json:"custodian"`
	Currency       money.Currency `json:"currency"`
	Industry       string         `json:"industry"`
	Grade          string         `json:"grade"`
	Risk           int            `json:"risk"` // of the product, 1 to 5
	Instalments    int            `json:"instalments"`
	RatePPM        money.PPM      `json:"rate_ppm"`
	PrincipalMinor money.Minor    `json:"principal_minor"`
	MinShareMinor  money.Minor    `json:"min_share_minor,omitempty"` // the least that one lender may bring
	Deadline       calendar.Date  `json:"deadline"`                  // the last day on which it may be funded
	Shortfall      Shortfall      `json:"shortfall"`
	LeastMinor     money.Minor    `json:"least_minor,omitempty"` // the least principal that is worth taking in part
	Programme      string         `json:"programme,omitempty"`   // of joint lending
}

// Programme is an agreement by which institutions fund a fixed ratio of every loan in it. Their
// mandates serve the programme alone. What the ratios leave, the platform's lenders fund.
type Programme struct {
	ID            string         `json:"id"`
	Contributions []Contribution `json:"contributions"`
}

// Contribution is one institution's ratio.
type Contribution struct {
	Mandate  string    `json:"mandate"`
	RatioPPM money.PPM `json:"ratio_ppm"`
}

// digestOf is the SHA-256 of a value's encoding, in hexadecimal.
func digestOf(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
