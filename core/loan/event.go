package loan

import (
	"encoding/base64"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// Event is one fact in a loan's life. Kind is the action that made it; the fields that belong to it are
// filled, the others are absent.
type Event struct {
	Kind        Action          `json:"kind"`
	On          calendar.Date   `json:"on"` // business date
	By          string          `json:"by"` // member
	Proposal    *Proposal       `json:"proposal,omitempty"`
	Clearance   *Clearance      `json:"clearance,omitempty"`
	Weights     []money.Minor   `json:"weights_minor,omitempty"`
	ExpiresOn   calendar.Date   `json:"expires_on,omitempty"`
	AmountMinor money.Minor     `json:"amount_minor,omitempty"`
	Instruction string          `json:"instruction,omitempty"`
	Plan        *schedule.Terms `json:"plan,omitempty"`
	Received    *Received       `json:"received,omitempty"`
	Reversed    *Reversed       `json:"reversed,omitempty"`
	Netted      *Netted         `json:"netted,omitempty"`
	Order       string          `json:"order,omitempty"`
	Reason      string          `json:"reason,omitempty"`
}

// Proposal is what the state keeps of the terms.
type Proposal struct {
	ID             string      `json:"id"`
	Platform       string      `json:"platform"`
	Custodian      string      `json:"custodian"`
	Borrower       string      `json:"borrower"`
	Regime         string      `json:"regime"`
	Commitment     string      `json:"commitment"`
	PrincipalMinor money.Minor `json:"principal_minor"`
	PenaltyRatePPM money.PPM   `json:"penalty_rate_ppm,omitempty"`
}

// Received is one bank receipt, taken apart and divided. From names the suspended receipt that it was
// placed from, if it was. The credits follow the lenders; those of interest include penalty.
type Received struct {
	BankReference    string        `json:"ref"`
	AmountMinor      money.Minor   `json:"amount_minor"`
	ValueDate        calendar.Date `json:"value_date"`
	From             string        `json:"from,omitempty"`
	Parts            Parts         `json:"parts"`
	PrincipalCredits []money.Minor `json:"principal_credits,omitempty"`
	InterestCredits  []money.Minor `json:"interest_credits,omitempty"`
	Payoff           *Payoff       `json:"payoff,omitempty"` // the receipt paid the loan off early
	Closes           bool          `json:"closes,omitempty"` // nothing is owed any more
}

// Payoff is an early end of the schedule: on that day everything that was not yet due became due, with
// interest for the days used. While it stands, its row takes the place of all later ones, so a reversal of
// another receipt brings no interest back for time in which the money was not lent.
type Payoff struct {
	On             calendar.Date `json:"on"` // business date
	PrincipalMinor money.Minor   `json:"principal_minor"`
	InterestMinor  money.Minor   `json:"interest_minor,omitempty"`
}

// Digest is what the loan keeps of the receipt: the first 128 bits of the SHA-256 of its encoding, in unpadded
// base64. Nobody gains from two receipts with one digest, which the custodian could look for: the loan books
// the one that it is given. To bring another receipt than the booked one takes a second preimage, 2^128 trials.
func (r Received) Digest() string {
	sum := digest(r)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Reversed undoes a receipt by contrary entry. The credits are what each lender gives back: in sum what
// the original brought them, each up to a unit or two of dust more or less, so that afterwards every lender
// stands where a fair split of what is left puts it. What lenders and borrower had already been paid out
// of it becomes a receivable from each.
type Reversed struct {
	Original         Received      `json:"original"`
	PrincipalCredits []money.Minor `json:"principal_credits,omitempty"`
	InterestCredits  []money.Minor `json:"interest_credits,omitempty"`
	Shortfalls       []money.Minor `json:"shortfalls,omitempty"`
	RefundShortfall  money.Minor   `json:"refund_shortfall,omitempty"`
	Reopens          bool          `json:"reopens,omitempty"` // a loan that was repaid owes again
}

// Netted hands final entitlements to the custodian's payout run.
type Netted struct {
	Run         string        `json:"run"`
	Credits     []money.Minor `json:"credits,omitempty"`
	FeesMinor   []money.Minor `json:"fees_minor,omitempty"`
	RefundMinor money.Minor   `json:"refund_minor,omitempty"`
}

// Apply folds an event into a state. It is total, fails for nothing that Decide let pass, and shares
// no memory that it changes with its input.
func Apply(s State, e Event) State {
	switch e.Kind {
	case ActPropose:
		p := e.Proposal
		return State{
			ID: p.ID, Platform: p.Platform, Custodian: p.Custodian, Borrower: p.Borrower, Regime: p.Regime,
			Status: Proposed, Commitment: p.Commitment, PrincipalMinor: p.PrincipalMinor,
			PenaltyRatePPM: p.PenaltyRatePPM, ExpiresOn: e.ExpiresOn,
		}
	case ActClear:
		s.Status, s.Clearance, s.ExpiresOn = Cleared, e.Clearance, e.Clearance.ExpiresOn
	case ActFund:
		s.Status, s.WeightsMinor, s.ExpiresOn = Collecting, e.Weights, e.ExpiresOn
	case ActHold:
		s.HeldMinor += e.AmountMinor
		if s.HeldMinor == s.PrincipalMinor {
			s.Status = Funded
		}
	case ActDisburse:
		s.Status, s.Disbursement = Disbursing, e.Instruction
	case ActReturn:
		s.Status, s.Disbursement = Funded, ""
	case ActActivate:
		return s.activated(e)
	case ActReceive:
		return s.received(*e.Received)
	case ActReverse:
		return s.reversed(*e.Reversed)
	case ActNet:
		s.Netted = addEach(s.Netted, e.Netted.Credits, 1)
		s.FeesNetted = addEach(s.FeesNetted, e.Netted.FeesMinor, 1)
		s.RefundNetted += e.Netted.RefundMinor
	case ActFreeze:
		s.Frozen = e.Order
	case ActRelease:
		s.Frozen = ""
	case ActWriteOff:
		s.Status, s.WrittenOffOn = WrittenOff, e.On
	default:
		s.Status, s.HeldMinor = ends[e.Kind], 0
	}
	return s
}

// ends is where the actions lead that need no further reckoning.
var ends = map[Action]Status{
	ActDecline: Declined, ActWithdraw: Withdrawn, ActExpire: Expired, ActCancel: Cancelled,
}

func (s State) activated(e Event) State {
	s.Status, s.Plan, s.HeldMinor, s.ExpiresOn = Active, e.Plan, 0, 0
	lenders := len(s.WeightsMinor)
	s.PrincipalCredits, s.InterestCredits = make([]money.Minor, lenders), make([]money.Minor, lenders)
	s.Netted, s.Receivable = make([]money.Minor, lenders), make([]money.Minor, lenders)
	s.Paid.FeesMinor = make([]money.Minor, len(e.Plan.Charges))
	s.FeesNetted = make([]money.Minor, len(e.Plan.Charges))
	return s
}

func (s State) received(r Received) State {
	s.Paid = s.Paid.plus(r.Parts, 1)
	s.PrincipalCredits = addEach(s.PrincipalCredits, r.PrincipalCredits, 1)
	s.InterestCredits = addEach(s.InterestCredits, r.InterestCredits, 1)
	s.Receipts = append(slices.Clone(s.Receipts), Seen{
		BankReference: r.BankReference, From: r.From, ValueDate: r.ValueDate,
		PrincipalMinor: r.Parts.PrincipalMinor, Digest: r.Digest(),
	})
	if r.Payoff != nil {
		s.Payoff = r.Payoff
	}
	if r.Closes {
		s.Status = Repaid
	}
	return s
}

func (s State) reversed(r Reversed) State {
	o := r.Original
	s.Paid = s.Paid.plus(o.Parts, -1)
	s.PrincipalCredits = addEach(s.PrincipalCredits, r.PrincipalCredits, -1)
	s.InterestCredits = addEach(s.InterestCredits, r.InterestCredits, -1)
	s.Netted = addEach(s.Netted, r.Shortfalls, -1)
	s.Receivable = addEach(s.Receivable, r.Shortfalls, 1)
	s.RefundNetted -= r.RefundShortfall
	s.RefundReceivable += r.RefundShortfall
	s.Receipts = slices.Clone(s.Receipts)
	if i := s.HasSeen(o.BankReference, o.From); i >= 0 {
		s.Receipts[i].Reversed = true
	}
	if o.Payoff != nil {
		s.Payoff = nil
	}
	switch {
	case s.Status != Repaid || !r.Reopens:
	case s.WrittenOffOn.IsZero():
		s.Status = Active
	default:
		s.Status = WrittenOff
	}
	return s
}
