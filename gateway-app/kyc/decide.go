package kyc

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Command is what somebody wants to do to a case. Which fields it needs follows from its action.
type Command struct {
	Action     Action
	Actor      Actor
	By         string
	On         calendar.Date
	Submission *Submission
	Report     *Report
	Expires    calendar.Date
	Reason     string // a code, never free text about a person
	Fields     []string
	Dismissed  []string // who dismissed the person's hits

	Certificate string // of who verifies: the name of what signs for them on the ledger
	Clear       bool   // whether screening stands in nobody's way
}

const (
	lowestLevel  = 1
	highestLevel = 3
	// monthsPerLevel is how long a verification holds at most, by level: the higher, the more was looked at.
	monthsPerLevel = 40
)

// requiredPapers are the kinds of documents that a level needs.
var requiredPapers = map[int][]string{
	1: nil,
	2: {"identity_front", "identity_back"},
	3: {"identity_front", "identity_back", "portrait"},
}

// singlePapers are the kinds of which a person has one: with two, nobody could say which was judged.
var singlePapers = []string{"identity_front", "identity_back", "portrait", "business_licence"}

// PaperKinds lists the kinds of documents that a case may hold.
func PaperKinds() []string {
	return []string{"identity_front", "identity_back", "portrait", "income", "business_licence", "other"}
}

// LongestUntil is the last day to which a verification of a level may hold when it is made on a day.
func LongestUntil(level int, on calendar.Date) calendar.Date {
	return on.AddMonths(level * monthsPerLevel)
}

var handleForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Decide answers the events that a command leads to, or one refusal.
func Decide(s State, c Command) ([]Event, error) {
	if err := Permit(s.Status, c.Action, c.Actor); err != nil {
		return nil, err
	}
	if c.By == "" {
		return nil, fault.In(fault.MissingField, "by")
	}
	check := map[Action]func(State, Command) error{
		ActSubmit: checkSubmit, ActReport: checkReport, ActVerify: checkVerify, ActRefuse: checkRefuse,
		ActExpire: checkExpire, ActFlag: checkFlag, ActClear: checkClear, ActChange: checkChange,
	}[c.Action]
	if err := check(s, c); err != nil {
		return nil, err
	}
	return []Event{{
		Kind: c.Action, On: c.On, By: c.By, Submission: c.Submission, Report: c.Report, Expires: c.Expires, Reason: c.Reason,
		Fields: c.Fields,
	}}, nil
}

func checkSubmit(s State, c Command) error {
	if c.Submission == nil {
		return fault.In(fault.MissingField, "submission")
	}
	sub := *c.Submission
	switch {
	case !handleForm.MatchString(sub.Party):
		return fault.In(fault.InvalidField, "party")
	case s.Attested && sub.Party != s.Submission.Party:
		return fault.In(fault.InvalidField, "party") // the ledger knows the person under the first one
	case !sub.Kind.Valid():
		return fault.In(fault.InvalidField, "kind")
	case sub.Level < lowestLevel || sub.Level > highestLevel:
		return fault.In(fault.InvalidField, "level")
	case sub.Affiliate != "" && !vault.IsFileNumber(sub.Affiliate):
		return fault.In(fault.InvalidField, "affiliate")
	}
	if err := checkPapers(sub); err != nil {
		return err
	}
	return checkKey(sub.Key)
}

// checkPapers refuses papers of no known kind, the same one a second time, and a submission without one that its
// level asks for: a case takes no papers but with its submission.
func checkPapers(sub Submission) error {
	for i, p := range sub.Papers {
		before := sub.Papers[:i]
		switch {
		case !slices.Contains(PaperKinds(), p.Kind):
			return fault.In(fault.InvalidField, fmt.Sprintf("papers[%d].kind", i))
		case p.Document == "":
			return fault.In(fault.MissingField, fmt.Sprintf("papers[%d].document", i))
		case slices.ContainsFunc(before, func(other Paper) bool { return other.Document == p.Document }):
			return fault.In(fault.InvalidField, fmt.Sprintf("papers[%d].document", i))
		case slices.Contains(singlePapers, p.Kind) && slices.ContainsFunc(before, func(other Paper) bool { return other.Kind == p.Kind }):
			return fault.In(fault.InvalidField, fmt.Sprintf("papers[%d].kind", i))
		}
	}
	return requirePapers(sub)
}

func requirePapers(sub Submission) error {
	for _, kind := range requiredPapers[sub.Level] {
		if !slices.ContainsFunc(sub.Papers, func(p Paper) bool { return p.Kind == kind }) {
			return fault.In(fault.MissingField, PaperField(kind))
		}
	}
	return nil
}

func checkKey(key party.Key) error {
	if err := key.Check(); err != nil {
		return fault.In(fault.Of(err).Code, "key")
	}
	return nil
}

func checkReport(_ State, c Command) error {
	if c.Report == nil || (c.Report.Outcome != Match && c.Report.Outcome != Mismatch) {
		return fault.In(fault.InvalidField, "report")
	}
	return nil
}

// checkVerify holds what must be true of a person before the ledger is told so. Four eyes: who took the
// papers does not judge them, nor who changed the record since, nor who dismissed a hit.
func checkVerify(s State, c Command) error {
	switch {
	case c.By == s.SubmittedBy || slices.Contains(s.ChangedBy, c.By) || slices.Contains(c.Dismissed, c.By):
		return fault.In(fault.WrongRole, "by")
	case s.Report == nil || s.Report.Outcome != Match:
		return fault.In(fault.WrongStatus, "report")
	case !c.Clear:
		return fault.In(fault.WrongStatus, "screening")
	case c.Expires <= c.On || c.Expires > LongestUntil(s.Submission.Level, c.On):
		return fault.In(fault.InvalidField, "expires")
	}
	return requirePapers(s.Submission)
}

func checkRefuse(_ State, c Command) error {
	if !vault.IsCode(c.Reason) {
		return fault.In(fault.InvalidField, "reason")
	}
	return nil
}

func checkExpire(s State, c Command) error {
	if c.On <= s.Expires {
		return fault.New(fault.NotYetDue)
	}
	return nil
}

func checkFlag(s State, c Command) error {
	if s.Flagged || c.Clear {
		return fault.In(fault.WrongStatus, "screening")
	}
	return nil
}

func checkChange(_ State, c Command) error {
	if len(c.Fields) == 0 {
		return fault.In(fault.MissingField, "fields")
	}
	return nil
}

func checkClear(s State, c Command) error {
	if !s.Flagged || !c.Clear {
		return fault.In(fault.WrongStatus, "screening")
	}
	return nil
}
