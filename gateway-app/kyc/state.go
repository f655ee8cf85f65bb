package kyc

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

// Status is how far a case has come.
type Status string

// The statuses. None is a case that does not exist.
const (
	None      Status = ""
	Submitted Status = "submitted"
	Verified  Status = "verified"
	Refused   Status = "refused"
	Expired   Status = "expired"
	Suspended Status = "suspended" // was verified, and is another than was verified: to be submitted again
)

// Statuses lists every status in the order of a case's life.
func Statuses() []Status { return []Status{None, Submitted, Verified, Suspended, Refused, Expired} }

// Action is what may be done to a case.
type Action string

// The actions.
const (
	ActSubmit Action = "submit"
	ActReport Action = "report" // a provider answered
	ActVerify Action = "verify"
	ActRefuse Action = "refuse"
	ActExpire Action = "expire"
	ActFlag   Action = "flag"   // a re-screening hit somebody who is verified
	ActClear  Action = "clear"  // every such hit was dismissed
	ActChange Action = "change" // what the case was judged by was changed
)

// Actions lists every action.
func Actions() []Action {
	return []Action{ActSubmit, ActReport, ActVerify, ActRefuse, ActExpire, ActFlag, ActClear, ActChange}
}

// Actor is in what part somebody acts.
type Actor string

// The actors.
const (
	Applicant Actor = "applicant" // the person, or the staff member who takes the papers
	Officer   Actor = "officer"   // who answers for the decision
	Machine   Actor = "machine"
)

// Actors lists every actor.
func Actors() []Actor { return []Actor{Applicant, Officer, Machine} }

// Transition is one row of the table. Without a To the status stays.
type Transition struct {
	From   []Status
	Action Action
	Who    []Actor
	To     Status
}

// Transitions is the whole life of a case. What is not in it is refused.
func Transitions() []Transition {
	return []Transition{
		{[]Status{None, Verified, Suspended, Refused, Expired}, ActSubmit, []Actor{Applicant}, Submitted},
		{[]Status{Submitted}, ActReport, []Actor{Machine}, ""},
		{[]Status{Submitted}, ActVerify, []Actor{Officer}, Verified},
		{[]Status{Submitted, Verified, Suspended}, ActRefuse, []Actor{Officer}, Refused},
		{[]Status{Verified}, ActExpire, []Actor{Machine}, Expired},
		{[]Status{Verified}, ActFlag, []Actor{Machine}, ""},
		{[]Status{Verified}, ActClear, []Actor{Machine}, ""},
		{[]Status{Submitted, Refused, Expired}, ActChange, []Actor{Applicant}, ""},
		{[]Status{Verified, Suspended}, ActChange, []Actor{Applicant}, Suspended},
	}
}

// Permit refuses an action that the table does not allow from a status, or not to this actor. Status
// comes before authority, as in the ledger's tables.
func Permit(s Status, a Action, who Actor) error {
	for _, t := range Transitions() {
		if t.Action != a || !slices.Contains(t.From, s) {
			continue
		}
		if slices.Contains(t.Who, who) {
			return nil
		}
		return fault.New(fault.WrongRole)
	}
	if s == None {
		return fault.In(fault.NotFound, "kyc")
	}
	return fault.In(fault.WrongStatus, "kyc")
}

// Outcome is a provider's answer.
type Outcome string

// The outcomes.
const (
	Match    Outcome = "match"
	Mismatch Outcome = "mismatch"
)

// Report is what a provider found, in codes.
type Report struct {
	Provider  string   `json:"provider"`
	Reference string   `json:"reference"`
	Outcome   Outcome  `json:"outcome"`
	Reasons   []string `json:"reasons,omitempty"`
}

// Paper is a document of the documents store and what it shows.
type Paper struct {
	Document string `json:"document"`
	Kind     string `json:"kind"`
}

// Submission is what a case is opened with.
type Submission struct {
	Party         string     `json:"party"` // its handle on the ledger
	Kind          party.Kind `json:"kind"`
	Level         int        `json:"level"`
	Key           party.Key  `json:"key"`
	Affiliate     string     `json:"affiliate,omitempty"`
	Custodian     string     `json:"custodian,omitempty"`      // of a new party, where its platform has several
	AccountDigest string     `json:"account_digest,omitempty"` // where a custodian runs the case
	Papers        []Paper    `json:"papers,omitempty"`
}

// Event is what happened to a case. Which fields are set follows from its kind.
type Event struct {
	Kind       Action        `json:"kind"`
	On         calendar.Date `json:"on"`
	By         string        `json:"by"`
	Submission *Submission   `json:"submission,omitempty"`
	Report     *Report       `json:"report,omitempty"`
	Expires    calendar.Date `json:"expires,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	Fields     []string      `json:"fields,omitempty"` // that were changed, by name; never what they hold
}

// State is a case. The zero value is one that does not exist.
type State struct {
	Status      Status        `json:"status"`
	Round       int           `json:"round"` // how often it was submitted
	SubmittedBy string        `json:"submitted_by"`
	SubmittedOn calendar.Date `json:"submitted_on"`
	Submission  Submission    `json:"submission"`
	Report      *Report       `json:"report,omitempty"` // of this round
	DecidedBy   string        `json:"decided_by,omitempty"`
	DecidedOn   calendar.Date `json:"decided_on,omitempty"`
	Expires     calendar.Date `json:"expires,omitempty"`     // the last day on which it holds
	Attested    bool          `json:"attested"`              // on the ledger, by an earlier round or this one
	AttestedTo  calendar.Date `json:"attested_to,omitempty"` // the last day that the ledger was told
	Altered     bool          `json:"altered"`               // the person is another than was last verified
	Changes     int           `json:"changes"`               // of what this round is judged by
	ChangedBy   []string      `json:"changed_by,omitempty"`
	Flagged     bool          `json:"flagged"`
	Reason      string        `json:"reason,omitempty"`
}

// Good reports whether business may be done with the person on a day.
func (s State) Good(on calendar.Date) bool {
	return s.Status == Verified && !s.Flagged && on <= s.Expires
}

// Apply folds an event into a state. It refuses nothing: Decide did.
func Apply(s State, e Event) State {
	switch e.Kind {
	case ActSubmit:
		return State{
			Status: Submitted, Round: s.Round + 1, SubmittedBy: e.By, SubmittedOn: e.On, Submission: *e.Submission, Attested: s.Attested,
			AttestedTo: s.AttestedTo, Altered: s.Altered,
		}
	case ActReport:
		s.Report = e.Report
	case ActVerify:
		s.Status, s.DecidedBy, s.DecidedOn, s.Expires = Verified, e.By, e.On, e.Expires
		s.Attested, s.AttestedTo, s.Altered = true, e.Expires, false
	case ActRefuse:
		s.Status, s.DecidedBy, s.DecidedOn, s.Reason, s.AttestedTo = Refused, e.By, e.On, e.Reason, min(s.AttestedTo, e.On)
	case ActExpire:
		s.Status = Expired
	case ActFlag:
		s.Flagged = true
	case ActClear:
		s.Flagged = false
	case ActChange:
		return s.changed(e)
	}
	return s
}

// changed voids what was found out about somebody who is another now. Who changed it is remembered: it takes
// another to verify.
func (s State) changed(e Event) State {
	s.Report, s.Altered, s.AttestedTo = nil, true, min(s.AttestedTo, e.On)
	s.Changes++
	if !slices.Contains(s.ChangedBy, e.By) {
		s.ChangedBy = append(slices.Clone(s.ChangedBy), e.By)
	}
	if s.Status == Verified {
		s.Status = Suspended
	}
	return s
}
