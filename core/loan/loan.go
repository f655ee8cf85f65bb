// Package loan is the life of one loan, from proposal to its end.
//
// A loan is lent by many lenders to one borrower through a platform, and kept by a custodian. Its
// terms are written once; their SHA-256 is the commitment that the borrower signs. Its state is folded
// from events by Apply and changed by nothing else; which action is allowed from which status, and to
// whom, is one table. A receipt is allocated by package repayment and divided by package
// distribution; here is only what becomes of the result.
//
// The package never moves money: customers' cash follows custody instructions and bank receipts. It
// never forgets a claim: a loan that is written off keeps what it is owed.
package loan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/schedule"
)

// Terms are what borrower and lenders agree on. Salt makes their digest tell nothing.
type Terms struct {
	Version         int                   `json:"version"`
	ID              string                `json:"id"`
	Platform        string                `json:"platform"`
	Custodian       string                `json:"custodian"`
	Borrower        string                `json:"borrower"`
	Project         string                `json:"project"` // what the money is for: financed once
	Regime          string                `json:"regime"`
	Currency        money.Currency        `json:"currency"`
	PrincipalMinor  money.Minor           `json:"principal_minor"`
	RatePPM         money.PPM             `json:"rate_ppm"`         // interest, a year
	PenaltyRatePPM  money.PPM             `json:"penalty_rate_ppm"` // on overdue principal, a year, on top of interest
	Instalments     int                   `json:"instalments"`
	Method          schedule.Method       `json:"method"`
	DayCount        calendar.DayCount     `json:"day_count"`
	MonthEnd        calendar.MonthEndRule `json:"month_end"`
	Charges         []schedule.Charge     `json:"charges,omitempty"`
	Grade           string                `json:"grade,omitempty"`         // by the platform's own rules, where it names one
	Related         bool                  `json:"related_party,omitempty"` // the agreement states that the borrower is related to the platform
	AgreementDigest string                `json:"agreement_digest"`        // SHA-256 of the agreement document
	Salt            string                `json:"salt"`
}

// Plan is the schedule's terms once it is known on which day the money left.
func (t Terms) Plan(start calendar.Date) schedule.Terms {
	return schedule.Terms{
		PrincipalMinor: t.PrincipalMinor, RatePPM: t.RatePPM, Instalments: t.Instalments,
		Method: t.Method, DayCount: t.DayCount, Start: start, MonthEnd: t.MonthEnd, Charges: t.Charges,
	}
}

// Commitment is the SHA-256 of the terms' encoding, which is also the hash that Fabric publishes of
// them: the borrower's signature over it fits this one set of terms and no other.
func (t Terms) Commitment() string {
	sum := digest(t)
	return hex.EncodeToString(sum[:])
}

// CommitmentStatement is what the borrower signs: that this borrower takes this loan on these terms.
func CommitmentStatement(id, borrower, commitment string) []byte {
	return party.NewStatement("tallystick/loan/v1").
		Text("loan", id).Text("borrower", borrower).Text("commitment", commitment).Bytes()
}

// Allocation is one lender's part of a loan. Hold is the custody instruction that reserves its cash.
type Allocation struct {
	Lender         string      `json:"lender"`
	Mandate        string      `json:"mandate"`
	Hold           string      `json:"hold"`
	PrincipalMinor money.Minor `json:"principal_minor"`
}

// Funding is who lends, written once. The loan's record keeps only the amounts, in this order.
type Funding struct {
	Version           int          `json:"version"`
	Loan              string       `json:"loan"`
	Allocations       []Allocation `json:"allocations"`
	BorrowerSignature string       `json:"borrower_signature"` // base64, over CommitmentStatement
	Salt              string       `json:"salt"`
}

// Lenders lists the lenders in the order of the allocations.
func (f Funding) Lenders() []string {
	names := make([]string, len(f.Allocations))
	for i, a := range f.Allocations {
		names[i] = a.Lender
	}
	return names
}

// Clearance is the regulator's reservation of the borrower's exposure. The original lives in the
// exposure collection; Digest is the hash that Fabric publishes of it, which everybody can compare.
type Clearance struct {
	Handle    string        `json:"handle"`
	Digest    string        `json:"digest"`
	ExpiresOn calendar.Date `json:"expires_on"`
}

// Parts is an amount taken apart by what it pays. FeesMinor follows the charges of the terms.
type Parts struct {
	FeesMinor      []money.Minor `json:"fees_minor,omitempty"`
	PenaltyMinor   money.Minor   `json:"penalty_minor,omitempty"`
	InterestMinor  money.Minor   `json:"interest_minor,omitempty"`
	PrincipalMinor money.Minor   `json:"principal_minor,omitempty"`
	RefundMinor    money.Minor   `json:"refund_minor,omitempty"` // paid too much: the borrower's again
}

// Total is the sum of all parts.
func (p Parts) Total() money.Minor {
	sum := p.PenaltyMinor + p.InterestMinor + p.PrincipalMinor + p.RefundMinor
	for _, f := range p.FeesMinor {
		sum += f
	}
	return sum
}

// plus adds sign × q to p; amounts within one loan are bounded by what its receipts brought, which the
// ledger's 64 bits hold (see Decide).
func (p Parts) plus(q Parts, sign money.Minor) Parts {
	p.FeesMinor = addEach(p.FeesMinor, q.FeesMinor, sign)
	p.PenaltyMinor += sign * q.PenaltyMinor
	p.InterestMinor += sign * q.InterestMinor
	p.PrincipalMinor += sign * q.PrincipalMinor
	p.RefundMinor += sign * q.RefundMinor
	return p
}

// State is a loan as its events left it. The zero value is a loan that does not exist. Vectors that
// follow the lenders are in the order of the Funding's allocations.
type State struct {
	ID               string          `json:"id"`
	Platform         string          `json:"platform"`
	Custodian        string          `json:"custodian"`
	Borrower         string          `json:"borrower"`
	Regime           string          `json:"regime"`
	Status           Status          `json:"status"`
	Frozen           string          `json:"frozen,omitempty"` // the supervisory order's number
	Commitment       string          `json:"commitment"`
	PrincipalMinor   money.Minor     `json:"principal_minor"`
	PenaltyRatePPM   money.PPM       `json:"penalty_rate_ppm,omitempty"`
	ExpiresOn        calendar.Date   `json:"expires_on,omitempty"` // last day of the present stage before disbursement
	Clearance        *Clearance      `json:"clearance,omitempty"`
	Disbursement     string          `json:"disbursement,omitempty"`
	Plan             *schedule.Terms `json:"plan,omitempty"`
	WeightsMinor     []money.Minor   `json:"weights_minor,omitempty"` // each lender's part of the principal
	HeldMinor        money.Minor     `json:"held_minor,omitempty"`
	Paid             Parts           `json:"paid"`
	PrincipalCredits []money.Minor   `json:"principal_credits,omitempty"` // cumulative, a lender
	InterestCredits  []money.Minor   `json:"interest_credits,omitempty"`  // cumulative, penalty included
	Netted           []money.Minor   `json:"netted,omitempty"`            // of the credits, handed to payouts
	Receivable       []money.Minor   `json:"receivable,omitempty"`        // paid out and reversed: owed back
	FeesNetted       []money.Minor   `json:"fees_netted,omitempty"`
	RefundNetted     money.Minor     `json:"refund_netted,omitempty"`
	RefundReceivable money.Minor     `json:"refund_receivable,omitempty"`
	Payoff           *Payoff         `json:"payoff,omitempty"`         // early end of the schedule, while it stands
	WrittenOffOn     calendar.Date   `json:"written_off_on,omitempty"` // kept when the claim is repaid after all
	Receipts         []Seen          `json:"receipts,omitempty"`
}

// Outstanding is the principal that is still owed.
func (s State) Outstanding() money.Minor {
	if s.Plan == nil {
		return 0
	}
	return s.PrincipalMinor - s.Paid.PrincipalMinor
}

// Payable is what lender i has been credited, was not handed to a payout, and does not owe back.
func (s State) Payable(i int) money.Minor {
	return s.PrincipalCredits[i] + s.InterestCredits[i] - s.Netted[i]
}

// HasSeen finds a bank entry among those that the loan has booked: the one that stands, or else the one that
// was reversed last, or answers -1. From names the suspended receipt that it was placed from, if it was.
func (s State) HasSeen(bankReference, from string) int {
	found := -1
	for i, r := range s.Receipts {
		if r.BankReference != bankReference || r.From != from {
			continue
		}
		found = i
		if !r.Reversed {
			return i
		}
	}
	return found
}

// Standing reports whether the loan has booked a bank entry that was not reversed since. One that was reversed
// by mistake may be booked again under its true reference.
func (s State) Standing(bankReference, from string) bool {
	i := s.HasSeen(bankReference, from)
	return i >= 0 && !s.Receipts[i].Reversed
}

// addEach adds sign × b to a, element by element, in fresh memory; a shorter vector counts as zeros.
func addEach(a, b []money.Minor, sign money.Minor) []money.Minor {
	if len(a) == 0 && len(b) == 0 {
		return nil
	}
	sum := make([]money.Minor, max(len(a), len(b)))
	copy(sum, a)
	for i, m := range b {
		sum[i] += sign * m
	}
	return sum
}

// digest is the SHA-256 of a value's encoding. The values it is called with cannot fail to encode.
func digest(v any) [sha256.Size]byte {
	raw, _ := json.Marshal(v)
	return sha256.Sum256(raw)
}
