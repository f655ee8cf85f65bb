// Package mandate keeps what customers have allowed in advance: a lender's standing order to invest
// and a borrower's authority to be debited.
//
// Custody guidelines of 2017 let money move only on the customer's own instruction or authority. So
// the terms are signed with the party's key, which the ledger verifies, and confirmed by the
// custodian through a channel of its own, outside the platform's reach. Every use is counted against
// the limits in the terms when the cash is held or the collection instructed.
//
// The package never moves money, never widens terms (a party signs new ones) and never decides
// whether the party itself is in good standing: core/party does. It never signs.
package mandate

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
)

// Purpose is what a mandate is for.
type Purpose string

// The purposes of mandates.
const (
	Invest Purpose = "invest" // hold the party's cash for loans that meet the conditions
	Debit  Purpose = "debit"  // collect what the party owes from its account
)

// Terms are what the party signs. The fields of the other purpose stay zero.
type Terms struct {
	Handle    string         `json:"handle"`
	Party     string         `json:"party"`
	Platform  string         `json:"platform"`
	Custodian string         `json:"custodian"`
	Purpose   Purpose        `json:"purpose"`
	Currency  money.Currency `json:"currency"`
	// TotalMinor bounds all uses together. A debit mandate may leave it zero: no bound but the debt.
	TotalMinor money.Minor   `json:"total_minor,omitempty"`
	Expires    calendar.Date `json:"expires"` // the last day on which it may be used

	// To invest.
	PerLoanMinor      money.Minor `json:"per_loan_minor,omitempty"` // the most in one use, that is in one loan
	MinRatePPM        money.PPM   `json:"min_rate_ppm,omitempty"`
	MaxInstalments    int         `json:"max_instalments,omitempty"`
	MaxShareOfLoanPPM money.PPM   `json:"max_share_of_loan_ppm,omitempty"` // of the loan's principal

	// To be debited.
	PerCollectionMinor money.Minor `json:"per_collection_minor,omitempty"`
	Loan               string      `json:"loan,omitempty"` // the one loan it is for; none: any of the party's
}

// State is a mandate. The zero value is a mandate that does not exist.
type State struct {
	Terms
	// SignedTerms is the SHA-256 of the statement that the party signed, in hexadecimal. The random
	// handle inside the statement is what keeps it from being guessed.
	SignedTerms string        `json:"signed_terms"`
	Registered  calendar.Date `json:"registered"`
	Confirmed   calendar.Date `json:"confirmed,omitempty"`
	Channel     string        `json:"channel,omitempty"` // through which the custodian had it confirmed
	Revoked     calendar.Date `json:"revoked,omitempty"`
	UsedMinor   money.Minor   `json:"used_minor"`
	Uses        int           `json:"uses"` // how many uses were counted, restored ones too
}

// Exists reports whether the mandate was registered.
func (s State) Exists() bool { return s.Handle != "" }

// RemainingMinor is what may still be used; bounded is false when the terms set no total.
func (s State) RemainingMinor() (remaining money.Minor, bounded bool) {
	if s.TotalMinor == 0 {
		return 0, false
	}
	return s.TotalMinor - s.UsedMinor, true
}

// Statement is what the party signs to give the mandate: every term, zero ones too.
func (t Terms) Statement() []byte {
	return party.NewStatement("tallystick/mandate/v1").
		Text("handle", t.Handle).
		Text("party", t.Party).
		Text("platform", t.Platform).
		Text("custodian", t.Custodian).
		Text("purpose", string(t.Purpose)).
		Text("currency", string(t.Currency)).
		Integer("total_minor", int64(t.TotalMinor)).
		Text("expires", t.Expires.String()).
		Integer("per_loan_minor", int64(t.PerLoanMinor)).
		Integer("min_rate_ppm", int64(t.MinRatePPM)).
		Integer("max_instalments", int64(t.MaxInstalments)).
		Integer("max_share_of_loan_ppm", int64(t.MaxShareOfLoanPPM)).
		Integer("per_collection_minor", int64(t.PerCollectionMinor)).
		Text("loan", t.Loan).
		Bytes()
}

// Commitment is the SHA-256 of the statement, in lower-case hexadecimal.
func (t Terms) Commitment() string {
	digest := sha256.Sum256(t.Statement())
	return hex.EncodeToString(digest[:])
}

// RevocationStatement is what the party signs to take the mandate back.
func (t Terms) RevocationStatement() []byte {
	return party.NewStatement("tallystick/mandate-revocation/v1").
		Text("handle", t.Handle).
		Text("party", t.Party).
		Text("terms", t.Commitment()).
		Bytes()
}
