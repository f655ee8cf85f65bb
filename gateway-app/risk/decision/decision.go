package decision

import (
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/challenger"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// Algorithm names how this package combines models and rules. It changes when a decision on the same files would
// come out differently.
const Algorithm = "tallystick-decision/1"

// Decision is what was decided, by what, and why. PPM are parts per million; all but the amount are small enough for
// JSON's numbers.
type Decision struct {
	Version     int    `json:"version"`
	Algorithm   string `json:"algorithm"`
	Application string `json:"application"`
	Commitment  string `json:"inputs_commitment"`

	Model      string `json:"model"`                // the scorecard's hash
	Challenger string `json:"challenger,omitempty"` // the challenger's
	RuleSet    string `json:"rule_set"`             // the rules'
	RuleName   string `json:"rule_set_name"`

	Outcome     rules.Outcome   `json:"outcome"`
	RiskLevel   rules.RiskLevel `json:"risk_level"`
	Grade       string          `json:"grade"`
	ProductRisk int             `json:"product_risk"` // 1 to 5
	LimitMinor  money.Minor     `json:"limit_minor,string"`
	RateFromPPM money.PPM       `json:"rate_from_ppm"`
	RateToPPM   money.PPM       `json:"rate_to_ppm"`

	Points         int   `json:"points"`          // by which was graded: the scorecard's, or the average's for a thin file
	ProbabilityPPM int64 `json:"probability_ppm"` // that these points stand for
	ModelPoints    int   `json:"model_points"`    // the scorecard's own, thin file or not
	KnownPPM       int64 `json:"known_ppm"`       // share of the scorecard's fields that were known
	ThinFile       bool  `json:"thin_file"`

	BasePoints int    `json:"base_points"`
	Parts      []Part `json:"parts"` // base and parts sum to the model's points

	ChallengerPPM     int64             `json:"challenger_ppm"` // 0 without a challenger
	ChallengerBasePPM int64             `json:"challenger_base_ppm"`
	ChallengerParts   []challenger.Part `json:"challenger_parts"`

	Fired   []string `json:"fired"`            // the rules that were true, in the set's order
	Failed  []string `json:"failed,omitempty"` // those that could not be computed for this applicant: each refers
	Reasons []Reason `json:"reasons"`          // the weightiest first
	Review  Text     `json:"review"`
}

// Part is the points that one field of the scorecard gave.
type Part struct {
	Field  string `json:"field"`
	Points int    `json:"points"`
}

// Text is a phrase in the two languages of the product.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Source says what a reason comes from.
type Source string

// The sources of reasons.
const (
	FromRule   Source = "rule"
	FromPolicy Source = "policy" // operating points, thin files
	FromScore  Source = "score"
)

// Reason is what the borrower is told. Fields are those of the scorecard that it cost points.
type Reason struct {
	Code   string   `json:"code"`
	From   Source   `json:"from"`
	Fields []string `json:"fields,omitempty"`
	Text
}

// review is the right that every decision states. Its words are part of the algorithm's version.
var review = Text{
	ZH: "本决定由系统依据评分模型与规则自动作出。您有权要求说明理由、拒绝仅通过自动化方式作出的决定，并申请人工复核。",
	EN: "This decision was made by a program from a score and rules. You may ask for an explanation, object to a " +
		"decision made by automated means alone, and have a person look at it.",
}

// Canonical is the decision in RFC 8785 form: what its digest is of.
func (d Decision) Canonical() ([]byte, error) { return canonical(d) }

// Digest is the SHA-256 of the canonical form, in hexadecimal: what is anchored on the ledger.
func (d Decision) Digest() (string, error) {
	text, err := d.Canonical()
	if err != nil {
		return "", err
	}
	return Hash(text), nil
}
