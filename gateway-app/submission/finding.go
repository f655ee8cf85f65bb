package submission

// Finding is one reason why a statement is rejected: a rule that it breaks, or a figure that is another in the
// regulator's own read model.
type Finding struct {
	Rule      string `json:"rule" doc:"The rule of validation, or one of: indicator, loan_missing, loan_unknown, loan_repeated, field, refused; rule_does_not_compile names in field a rule of the pack that was left out, for which nothing is rejected"`
	Version   int    `json:"version,omitempty" doc:"Of the rule, or of the indicator's formula"`
	Indicator string `json:"indicator,omitempty" doc:"The indicator that differs"`
	Line      int64  `json:"line,omitempty" doc:"Of a loan book: in CSV the line of the file, whose head is line 1; in JSON the item, from 1"`
	Loan      string `json:"loan,omitempty"`
	Field     string `json:"field,omitempty"`
	Stated    string `json:"stated,omitempty"`
	Computed  string `json:"computed,omitempty" doc:"What the regulator's own read model says"`
}

// What a finding says besides rules of validation.
const (
	differs      = "indicator"     // a figure of the disclosure is another
	loanMissing  = "loan_missing"  // the ledger has a loan that the book has not
	loanUnknown  = "loan_unknown"  // the book has a loan that was never disbursed on the ledger
	loanRepeated = "loan_repeated" // the book has a loan twice
	fieldDiffers = "field"         // a line says something else of a loan than the ledger
	refused      = "refused"       // the regulator's door did not take the statement

	ruleDoesNotCompile = "rule_does_not_compile" // a rule of the pack was left out: no reason to reject
)

// mostFindings bounds what is kept of a statement that is wrong all over; all of it is counted.
const mostFindings = 1_000

// Verdict is what the regulator found, and by which rules.
type Verdict struct {
	Pack       string    `json:"pack,omitempty"`
	PackDigest string    `json:"pack_digest,omitempty"`
	Compared   int64     `json:"compared" doc:"How many indicators or lines were held against the regulator's own"`
	Found      int64     `json:"found" doc:"How many findings there are, also those beyond the list"`
	Findings   []Finding `json:"findings,omitempty"`

	Book *BookTotal `json:"book,omitempty" doc:"Of a loan book that was judged: what its lines come to"`
}

// add takes in a finding.
func (v *Verdict) add(f Finding) {
	v.Found++
	if len(v.Findings) < mostFindings {
		v.Findings = append(v.Findings, f)
	}
}

// note keeps a finding that is no fault of the statement, and does not count.
func (v *Verdict) note(f Finding) {
	if len(v.Findings) < mostFindings {
		v.Findings = append(v.Findings, f)
	}
}

// action is what the verdict means for the statement.
func (v *Verdict) action() Action {
	if v.Found > 0 {
		return Reject
	}
	return Acknowledge
}
